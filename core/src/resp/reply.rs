//! Replies, cut out of a server's bytes: RESP2 and RESP3, bounded, and never read twice.

use thiserror::Error;

/// What a server answered.
#[derive(Clone, Debug, PartialEq)]
pub enum Reply {
    /// `+OK`.
    Simple(String),
    /// `-ERR ...`, or RESP3's long form of it.
    Error(String),
    /// `:5`.
    Int(i64),
    /// `$3`, or a verbatim string without its format.
    Bulk(Vec<u8>),
    /// Nothing: `$-1`, `*-1` or `_`.
    Nil,
    /// `#t`.
    Bool(bool),
    /// `,1.5`.
    Double(f64),
    /// `(123`: a number of any length, as it was written.
    Big(String),
    /// `*2`, or a set.
    Array(Vec<Reply>),
    /// `%1`.
    Map(Vec<(Reply, Reply)>),
    /// `>2`: what nobody asked for.
    Push(Vec<Reply>),
}

impl Reply {
    /// The words of a reply that is words: an error's, too.
    pub fn text(&self) -> Option<std::borrow::Cow<'_, str>> {
        match self {
            Self::Simple(text) | Self::Error(text) | Self::Big(text) => Some(text.as_str().into()),
            Self::Bulk(bytes) => Some(String::from_utf8_lossy(bytes)),
            _ => None,
        }
    }

    /// The number of a reply that is one, however it is written.
    pub fn int(&self) -> Option<i64> {
        match self {
            Self::Int(number) => Some(*number),
            other => other.text()?.parse().ok(),
        }
    }

    /// The parts of a list.
    pub fn items(&self) -> &[Self] {
        match self {
            Self::Array(items) | Self::Push(items) => items,
            _ => &[],
        }
    }

    /// The complaint, if it is one.
    pub fn error(&self) -> Option<&str> {
        if let Self::Error(text) = self { Some(text) } else { None }
    }
}

/// How much a server may answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ReplyLimits {
    /// Longest line.
    pub line: usize,
    /// Longest string.
    pub string: usize,
    /// Most parts of one reply, parts of parts included.
    pub parts: usize,
    /// Most lists within lists.
    pub depth: usize,
}

impl Default for ReplyLimits {
    fn default() -> Self {
        Self { line: 64 * 1024, string: 512 << 20, parts: 1 << 20, depth: 32 }
    }
}

/// Why bytes are no reply; nothing after them can be understood.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum ReplyError {
    /// A line does not end.
    #[error("an answer without an end")]
    LongLine,
    /// No type of reply begins so.
    #[error("an answer that begins with byte {0}")]
    Type(u8),
    /// What should be a number is none, or is over a limit.
    #[error("an answer with an impossible `{0}`")]
    Number(String),
    /// A string does not end where it said.
    #[error("an answer that is longer than it said")]
    NoEnd,
    /// Too many lists within lists.
    #[error("an answer that is too deep")]
    Deep,
}

impl From<ReplyError> for std::io::Error {
    fn from(error: ReplyError) -> Self {
        Self::new(std::io::ErrorKind::InvalidData, error)
    }
}

/// A list that is not whole yet.
#[derive(Clone, Debug)]
struct Open {
    kind: Kind,
    left: usize,
    items: Vec<Reply>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Array,
    Map,
    Push,
    /// Said about the reply that follows; dropped.
    Attribute,
}

/// What one line gave.
enum Part {
    Whole(Reply),
    Opened(Kind, usize),
}

/// Cuts replies out of a stream.
#[derive(Clone, Debug, Default)]
pub struct Replies {
    limits: ReplyLimits,
    /// Bytes that came, from `at` on not yet read.
    pub buffer: Vec<u8>,
    at: usize,
    open: Vec<Open>,
    parts: usize,
}

impl Replies {
    /// A reader that takes so much.
    pub fn new(limits: ReplyLimits) -> Self {
        Self { limits, ..Self::default() }
    }

    /// The next whole reply; none if bytes are missing, which go to `buffer`.
    pub fn pop(&mut self) -> Result<Option<Reply>, ReplyError> {
        loop {
            let Some(part) = self.part()? else {
                self.buffer.drain(..self.at);
                self.at = 0;
                return Ok(None);
            };
            self.parts += 1;
            if self.parts > self.limits.parts {
                return Err(ReplyError::Number(self.parts.to_string()));
            }
            let whole = match part {
                Part::Whole(reply) => Some(reply),
                Part::Opened(kind, 0) => closed(kind, Vec::new()),
                Part::Opened(kind, left) => {
                    if self.open.len() >= self.limits.depth {
                        return Err(ReplyError::Deep);
                    }
                    self.open.push(Open { kind, left, items: Vec::new() });
                    None
                }
            };
            if let Some(reply) = whole.and_then(|reply| self.enter(reply)) {
                self.parts = 0;
                return Ok(Some(reply));
            }
        }
    }

    /// Puts a part where it belongs; the whole reply if it was the last.
    fn enter(&mut self, mut reply: Reply) -> Option<Reply> {
        loop {
            let Some(open) = self.open.last_mut() else { return Some(reply) };
            open.items.push(reply);
            open.left -= 1;
            if open.left > 0 {
                return None;
            }
            let Open { kind, items, .. } = self.open.pop()?;
            reply = closed(kind, items)?;
        }
    }

    /// The next line and what belongs to it.
    fn part(&mut self) -> Result<Option<Part>, ReplyError> {
        let rest = self.buffer.get(self.at..).unwrap_or_default();
        let Some(end) = line_end(rest, self.limits.line)? else { return Ok(None) };
        let line = trimmed(&rest[..end]);
        let Some((first, words)) = line.split_first() else { return Err(ReplyError::Type(b'\n')) };
        let text = || String::from_utf8_lossy(words).into_owned();
        let bad = || ReplyError::Number(text());
        let mut used = end + 1;
        let part = match *first {
            b'+' => Part::Whole(Reply::Simple(text())),
            b'-' => Part::Whole(Reply::Error(text())),
            b'(' => Part::Whole(Reply::Big(text())),
            b':' => Part::Whole(Reply::Int(text().parse().map_err(|_| bad())?)),
            b',' => Part::Whole(Reply::Double(text().parse().map_err(|_| bad())?)),
            b'_' => Part::Whole(Reply::Nil),
            b'#' if words == b"t" || words == b"f" => Part::Whole(Reply::Bool(words == b"t")),
            b'#' => return Err(bad()),
            b'$' | b'*' if words == b"-1" => Part::Whole(Reply::Nil),
            kind @ (b'$' | b'=' | b'!') => {
                let length = size(words, self.limits.string).ok_or_else(bad)?;
                let Some(bytes) = rest.get(used..used + length + 2) else { return Ok(None) };
                let bytes = bytes.strip_suffix(b"\r\n").ok_or(ReplyError::NoEnd)?;
                used += length + 2;
                Part::Whole(match kind {
                    b'!' => Reply::Error(String::from_utf8_lossy(bytes).into_owned()),
                    // `txt:` stands before the words.
                    b'=' => Reply::Bulk(bytes.get(4..).unwrap_or_default().to_vec()),
                    _ => Reply::Bulk(bytes.to_vec()),
                })
            }
            kind @ (b'*' | b'~' | b'>' | b'%' | b'|') => {
                let count = size(words, self.limits.parts).ok_or_else(bad)?;
                match kind {
                    b'%' => Part::Opened(Kind::Map, count * 2),
                    b'|' => Part::Opened(Kind::Attribute, count * 2),
                    b'>' => Part::Opened(Kind::Push, count),
                    _ => Part::Opened(Kind::Array, count),
                }
            }
            other => return Err(ReplyError::Type(other)),
        };
        self.at += used;
        Ok(Some(part))
    }
}

/// A list whose parts are all there; nothing if it is one that is dropped.
fn closed(kind: Kind, items: Vec<Reply>) -> Option<Reply> {
    match kind {
        Kind::Array => Some(Reply::Array(items)),
        Kind::Push => Some(Reply::Push(items)),
        Kind::Attribute => None,
        Kind::Map => {
            let mut items = items.into_iter();
            let mut pairs = Vec::with_capacity(items.len() / 2);
            while let Some((key, value)) = items.next().zip(items.next()) {
                pairs.push((key, value));
            }
            Some(Reply::Map(pairs))
        }
    }
}

/// Takes the next line off a buffer, without its end: for talk that is not made of replies only.
pub fn take_line(buffer: &mut Vec<u8>) -> Result<Option<String>, ReplyError> {
    let Some(end) = line_end(buffer, ReplyLimits::default().line)? else { return Ok(None) };
    let line = String::from_utf8_lossy(trimmed(&buffer[..end])).into_owned();
    buffer.drain(..=end);
    Ok(Some(line))
}

fn line_end(bytes: &[u8], most: usize) -> Result<Option<usize>, ReplyError> {
    match memchr::memchr(b'\n', &bytes[..bytes.len().min(most + 2)]) {
        None if bytes.len() > most => Err(ReplyError::LongLine),
        end => Ok(end),
    }
}

fn trimmed(line: &[u8]) -> &[u8] {
    line.strip_suffix(b"\r").unwrap_or(line)
}

fn size(words: &[u8], most: usize) -> Option<usize> {
    let number: usize = std::str::from_utf8(words).ok()?.parse().ok()?;
    (number <= most).then_some(number)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use Reply::{Array, Big, Bool, Bulk, Double, Error, Int, Map, Nil, Push, Simple};

    fn simple(text: &str) -> Reply {
        Simple(text.to_owned())
    }

    fn all(chunks: &[&[u8]]) -> Result<Vec<Reply>, ReplyError> {
        let limits = ReplyLimits { line: 100, string: 1000, parts: 20, depth: 3 };
        let (mut replies, mut seen) = (Replies::new(limits), Vec::new());
        for chunk in chunks {
            replies.buffer.extend_from_slice(chunk);
            while let Some(reply) = replies.pop()? {
                seen.push(reply);
            }
        }
        Ok(seen)
    }

    #[test]
    fn reads_what_servers_answer() {
        let table: Vec<(&str, Vec<Reply>)> = vec![
            ("+OK\r\n-ERR no\r\n:-5\r\n", vec![simple("OK"), Error("ERR no".to_owned()), Int(-5)]),
            ("$3\r\na\nb\r\n$0\r\n\r\n$-1\r\n", vec![Bulk(b"a\nb".to_vec()), Bulk(vec![]), Nil]),
            ("*2\r\n*1\r\n:1\r\n*0\r\n*-1\r\n", vec![Array(vec![Array(vec![Int(1)]), Array(vec![])]), Nil]),
            (
                "_\r\n#t\r\n#f\r\n,1.5\r\n(12\r\n",
                vec![Nil, Bool(true), Bool(false), Double(1.5), Big("12".into())],
            ),
            ("%1\r\n+a\r\n~1\r\n:2\r\n", vec![Map(vec![(simple("a"), Array(vec![Int(2)]))])]),
            ("=6\r\ntxt:ok\r\n!3\r\nERR\r\n", vec![Bulk(b"ok".to_vec()), Error("ERR".to_owned())]),
            ("|1\r\n+ttl\r\n:3\r\n+x\r\n>1\r\n+y\r\n", vec![simple("x"), Push(vec![simple("y")])]),
            ("*1\r\n|1\r\n+ttl\r\n:3\r\n+x\r\n", vec![Array(vec![simple("x")])]),
            ("*2\r\n:1\r\n$5\r\nab", vec![]),
        ];
        for (bytes, expected) in table {
            assert_eq!(all(&[bytes.as_bytes()]).as_ref(), Ok(&expected), "{bytes:?}");
            let single: Vec<&[u8]> = bytes.as_bytes().chunks(1).collect();
            assert_eq!(all(&single).as_ref(), Ok(&expected), "{bytes:?} byte by byte");
        }
    }

    #[test]
    fn says_what_is_no_reply() {
        let (long, deep) = ("+".to_owned() + &"x".repeat(200), "*1\r\n".repeat(4));
        let number = |text: &str| ReplyError::Number(text.to_owned());
        let table = [
            ("?\r\n", ReplyError::Type(b'?')),
            ("\r\n", ReplyError::Type(b'\n')),
            (":x\r\n", number("x")),
            ("#x\r\n", number("x")),
            ("$1001\r\n", number("1001")),
            ("$-2\r\n", number("-2")),
            ("*21\r\n", number("21")),
            ("*18446744073709551616\r\n", number("18446744073709551616")),
            (
                "*2\r\n*18\r\n:0\r\n:0\r\n:0\r\n:0\r\n:0\r\n:0\r\n:0\r\n:0\r\n:0\r\n:0\r\n:0\r\n:0\r\n:0\r\n:0\r\n:0\r\n:0\r\n:0\r\n:0\r\n:1\r\n",
                number("21"),
            ),
            ("$1\r\nabc", ReplyError::NoEnd),
            (&long, ReplyError::LongLine),
            (&deep, ReplyError::Deep),
        ];
        for (bytes, expected) in table {
            assert_eq!(all(&[bytes.as_bytes()]), Err(expected), "{bytes:?}");
        }
    }

    #[test]
    fn words_and_numbers_are_what_they_say() {
        assert_eq!(Bulk(b"12".to_vec()).int(), Some(12));
        assert_eq!((Nil.int(), Nil.text(), Nil.items().len()), (None, None, 0));
        assert_eq!(Error("ERR".to_owned()).error(), Some("ERR"));
        assert_eq!(Array(vec![Int(1)]).items(), [Int(1)]);
    }

    #[test]
    fn lines_are_taken_one_by_one() {
        let mut buffer = b"+OK\r\n\n$EOF:".to_vec();
        let line = |text: &str| Ok(Some(text.to_owned()));
        assert_eq!(take_line(&mut buffer), line("+OK"));
        assert_eq!(take_line(&mut buffer), line(""));
        assert_eq!(take_line(&mut buffer), Ok(None));
        assert_eq!(buffer, b"$EOF:");
        assert_eq!(take_line(&mut vec![b'x'; 70_000]), Err(ReplyError::LongLine));
    }

    proptest! {
        #[test]
        fn no_bytes_can_panic_the_reader(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            drop(all(&[&bytes]));
        }

        #[test]
        fn no_damage_can_panic_the_reader(at in 0_usize..60, with in any::<u8>()) {
            let mut bytes = b"*3\r\n$2\r\nab\r\n%1\r\n+a\r\n=5\r\ntxt:x\r\n|1\r\n+a\r\n:1\r\n,1\r\n".to_vec();
            if let Some(byte) = bytes.get_mut(at) {
                *byte = with;
            }
            drop(all(&[&bytes]));
        }
    }
}
