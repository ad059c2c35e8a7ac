//! Replies, in the version of the protocol that a client asked for.

use super::double::double;

/// Which version a client speaks.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Proto {
    /// Arrays for everything that holds several values.
    #[default]
    Resp2,
    /// Maps, sets, pushes, verbatim text, null.
    Resp3,
}

/// Collects the bytes of replies.
#[derive(Clone, Debug, Default)]
pub struct Writer {
    /// What is to be sent.
    pub bytes: Vec<u8>,
    /// How it is written.
    pub proto: Proto,
}

impl Writer {
    /// A writer for this version.
    pub const fn new(proto: Proto) -> Self {
        Self { bytes: Vec::new(), proto }
    }

    fn line(&mut self, mark: u8, text: &[u8]) {
        self.bytes.push(mark);
        self.bytes.extend_from_slice(text);
        self.bytes.extend_from_slice(b"\r\n");
    }

    fn count(&mut self, mark: u8, count: usize) {
        self.number(mark, i64::try_from(count).unwrap_or(i64::MAX));
    }

    fn number(&mut self, mark: u8, value: i64) {
        self.bytes.push(mark);
        self.bytes.extend_from_slice(itoa::Buffer::new().format(value).as_bytes());
        self.bytes.extend_from_slice(b"\r\n");
    }

    /// `+OK`.
    pub fn ok(&mut self) {
        self.bytes.extend_from_slice(b"+OK\r\n");
    }

    /// A simple string; it holds no line end.
    pub fn simple(&mut self, text: &str) {
        self.line(b'+', text.as_bytes());
    }

    /// An error with its code, such as `ERR syntax error`. Line ends become spaces.
    pub fn error(&mut self, text: &str) {
        let clean: Vec<u8> =
            text.bytes().map(|byte| if matches!(byte, b'\r' | b'\n') { b' ' } else { byte }).collect();
        self.line(b'-', &clean);
    }

    /// A whole number.
    pub fn int(&mut self, value: i64) {
        self.number(b':', value);
    }

    /// How many there are of something.
    pub fn len(&mut self, count: usize) {
        self.count(b':', count);
    }

    /// A floating-point number.
    pub fn double(&mut self, value: f64) {
        let text = double(value);
        if self.proto == Proto::Resp3 { self.line(b',', text.as_bytes()) } else { self.bulk(text.as_bytes()) }
    }

    /// A string of bytes.
    pub fn bulk(&mut self, bytes: &[u8]) {
        self.count(b'$', bytes.len());
        self.bytes.extend_from_slice(bytes);
        self.bytes.extend_from_slice(b"\r\n");
    }

    /// A value that is not there.
    pub fn null(&mut self) {
        self.bytes.extend_from_slice(if self.proto == Proto::Resp3 { b"_\r\n" } else { b"$-1\r\n" });
    }

    /// An array that is not there.
    pub fn null_array(&mut self) {
        self.bytes.extend_from_slice(if self.proto == Proto::Resp3 { b"_\r\n" } else { b"*-1\r\n" });
    }

    /// The head of an array; its elements follow.
    pub fn array(&mut self, len: usize) {
        self.count(b'*', len);
    }

    /// An array of strings.
    pub fn bulks<T: AsRef<[u8]>>(&mut self, strings: &[T]) {
        self.array(strings.len());
        for string in strings {
            self.bulk(string.as_ref());
        }
    }

    /// The head of a map of so many pairs; keys and values follow in turn.
    pub fn map(&mut self, pairs: usize) {
        if self.proto == Proto::Resp3 { self.count(b'%', pairs) } else { self.count(b'*', pairs * 2) }
    }

    /// The head of a set; its elements follow.
    pub fn set(&mut self, len: usize) {
        self.count(if self.proto == Proto::Resp3 { b'~' } else { b'*' }, len);
    }

    /// The head of a message nobody asked for; its elements follow.
    pub fn push(&mut self, len: usize) {
        self.count(if self.proto == Proto::Resp3 { b'>' } else { b'*' }, len);
    }

    /// Text for people.
    pub fn verbatim(&mut self, text: &str) {
        if self.proto == Proto::Resp3 {
            self.count(b'=', text.len() + 4);
            self.bytes.extend_from_slice(b"txt:");
            self.bytes.extend_from_slice(text.as_bytes());
            self.bytes.extend_from_slice(b"\r\n");
        } else {
            self.bulk(text.as_bytes());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_shape_in_both_versions() {
        type Shape = fn(&mut Writer);
        let table: &[(Shape, &str, &str)] = &[
            (Writer::ok, "+OK\r\n", "+OK\r\n"),
            (|out| out.error("ERR a\r\nb"), "-ERR a  b\r\n", "-ERR a  b\r\n"),
            (|out| out.int(-7), ":-7\r\n", ":-7\r\n"),
            (|out| out.bulk(b"a\0b"), "$3\r\na\0b\r\n", "$3\r\na\0b\r\n"),
            (Writer::null, "$-1\r\n", "_\r\n"),
            (Writer::null_array, "*-1\r\n", "_\r\n"),
            (|out| out.array(2), "*2\r\n", "*2\r\n"),
            (|out| out.len(7), ":7\r\n", ":7\r\n"),
            (|out| out.double(1.5), "$3\r\n1.5\r\n", ",1.5\r\n"),
            (|out| out.bulks(&["a", "b"]), "*2\r\n$1\r\na\r\n$1\r\nb\r\n", "*2\r\n$1\r\na\r\n$1\r\nb\r\n"),
            (|out| out.map(2), "*4\r\n", "%2\r\n"),
            (|out| out.set(2), "*2\r\n", "~2\r\n"),
            (|out| out.push(3), "*3\r\n", ">3\r\n"),
            (|out| out.verbatim("hi"), "$2\r\nhi\r\n", "=6\r\ntxt:hi\r\n"),
        ];
        for (shape, two, three) in table {
            for (proto, expected) in [(Proto::Resp2, two), (Proto::Resp3, three)] {
                let mut out = Writer::new(proto);
                shape(&mut out);
                assert_eq!(String::from_utf8_lossy(&out.bytes), **expected);
            }
        }
    }
}
