//! Requests, cut out of a client's bytes (RESP arrays of bulk strings, and inline words).

use std::ops::Range;

use thiserror::Error;

/// What a client may send.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Longest line: inline requests and counts.
    pub line: usize,
    /// Most words of one request.
    pub words: i64,
    /// Longest word.
    pub word: i64,
}

impl Limits {
    /// Who has shown a password, or needs none.
    pub const TRUSTED: Self = Self { line: 64 * 1024, words: 1 << 20, word: 64 << 20 };
    /// Who has not.
    pub const STRANGER: Self = Self { line: 64 * 1024, words: 10, word: 16 * 1024 };
}

/// Why a stream is no sequence of requests; the client is told and the link closed.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum ProtocolError {
    /// An inline request does not end.
    #[error("ERR Protocol error: too big inline request")]
    LongInline,
    /// Quotes of an inline request do not close.
    #[error("ERR Protocol error: unbalanced quotes in request")]
    Quotes,
    /// The number of words is none, or over the limit.
    #[error("ERR Protocol error: invalid multibulk length")]
    Count,
    /// The number of words does not end.
    #[error("ERR Protocol error: too big mbulk count string")]
    LongCount,
    /// A stranger sends many words.
    #[error("ERR Protocol error: unauthenticated multibulk length")]
    StrangersCount,
    /// A word does not begin as one.
    #[error("ERR Protocol error: expected '$', got '{}'", char::from(*.0))]
    NoBulk(u8),
    /// A word's length is none, or over the limit.
    #[error("ERR Protocol error: invalid bulk length")]
    Length,
    /// A word's length does not end.
    #[error("ERR Protocol error: too big bulk count string")]
    LongLength,
    /// A stranger sends a long word.
    #[error("ERR Protocol error: unauthenticated bulk length")]
    StrangersLength,
    /// A word does not end where it said.
    #[error("ERR Protocol error: invalid CRLF in request")]
    NoEnd,
}

/// What the bytes hold next.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Next {
    /// A whole request of `used` bytes; its words are in [`Requests::words`]. No words: nothing to answer.
    Request {
        /// Bytes it took.
        used: usize,
    },
    /// Not yet a whole request.
    More,
    /// No request at all.
    Broken(ProtocolError),
}

/// Cuts requests out of a buffer. It keeps where the words of the last one are, so that none is copied.
#[derive(Clone, Debug, Default)]
pub struct Requests {
    words: Vec<Range<usize>>,
    /// An inline request's words after quotes and escapes, where those changed them.
    unquoted: Option<Vec<Vec<u8>>>,
}

impl Requests {
    /// Looks at the front of `bytes`.
    pub fn next(&mut self, bytes: &[u8], limits: Limits) -> Next {
        self.words.clear();
        self.unquoted = None;
        match bytes.first() {
            None => Next::More,
            Some(b'*') => self.array(bytes, limits).unwrap_or_else(Next::Broken),
            Some(_) => self.inline(bytes, limits).unwrap_or_else(Next::Broken),
        }
    }

    /// The words of the last request, which began at the front of `bytes`.
    pub fn words<'a>(&'a self, bytes: &'a [u8]) -> impl ExactSizeIterator<Item = &'a [u8]> {
        (0..self.words.len()).map(move |at| match &self.unquoted {
            Some(words) => words[at].as_slice(),
            None => bytes.get(self.words[at].clone()).unwrap_or_default(),
        })
    }

    fn array(&mut self, bytes: &[u8], limits: Limits) -> Result<Next, ProtocolError> {
        let Some(end) = line_end(bytes, 1, limits.line, ProtocolError::LongCount)? else {
            return Ok(Next::More);
        };
        let count = number(&bytes[1..end]).ok_or(ProtocolError::Count)?;
        if count > limits.words {
            let stranger = limits.words <= Limits::STRANGER.words;
            return Err(if stranger { ProtocolError::StrangersCount } else { ProtocolError::Count });
        }
        let mut at = end + 2;
        for _ in 0..count.max(0) {
            match bytes.get(at) {
                None => return Ok(Next::More),
                Some(b'$') => {}
                Some(other) => return Err(ProtocolError::NoBulk(*other)),
            }
            let Some(end) = line_end(bytes, at + 1, limits.line, ProtocolError::LongLength)? else {
                return Ok(Next::More);
            };
            let length = number(&bytes[at + 1..end]).filter(|length| *length >= 0);
            let length = length.ok_or(ProtocolError::Length)?;
            if length > limits.word {
                let stranger = limits.word <= Limits::STRANGER.word;
                return Err(if stranger { ProtocolError::StrangersLength } else { ProtocolError::Length });
            }
            let start = end + 2;
            let stop = start + usize::try_from(length).map_err(|_| ProtocolError::Length)?;
            match bytes.get(stop..stop + 2) {
                None => return Ok(Next::More),
                Some(b"\r\n") => {}
                Some(_) => return Err(ProtocolError::NoEnd),
            }
            self.words.push(start..stop);
            at = stop + 2;
        }
        Ok(Next::Request { used: at })
    }

    fn inline(&mut self, bytes: &[u8], limits: Limits) -> Result<Next, ProtocolError> {
        let Some(end) = memchr::memchr(b'\n', &bytes[..bytes.len().min(limits.line + 1)]) else {
            return if bytes.len() > limits.line { Err(ProtocolError::LongInline) } else { Ok(Next::More) };
        };
        let line = bytes[..end].strip_suffix(b"\r").unwrap_or(&bytes[..end]);
        let words = unquote(line).ok_or(ProtocolError::Quotes)?;
        self.words = vec![0..0; words.len()];
        self.unquoted = Some(words);
        Ok(Next::Request { used: end + 1 })
    }
}

/// Where the line that begins at `from` ends, before its CR LF.
fn line_end(
    bytes: &[u8],
    from: usize,
    most: usize,
    long: ProtocolError,
) -> Result<Option<usize>, ProtocolError> {
    let rest = bytes.get(from..).unwrap_or_default();
    match memchr::memchr(b'\r', &rest[..rest.len().min(most)]) {
        Some(at) if rest.len() > at + 1 => Ok(Some(from + at)),
        None if rest.len() >= most => Err(long),
        Some(_) | None => Ok(None),
    }
}

fn number(digits: &[u8]) -> Option<i64> {
    if digits.is_empty() || digits.len() > 20 {
        return None;
    }
    std::str::from_utf8(digits).ok()?.parse().ok()
}

/// Splits a line into words as a shell does: quotes, and in double quotes the escapes of C.
fn unquote(line: &[u8]) -> Option<Vec<Vec<u8>>> {
    let mut words = Vec::new();
    let mut rest = line.iter().copied().peekable();
    loop {
        while rest.next_if(|byte| byte.is_ascii_whitespace() || *byte == 0).is_some() {}
        if rest.peek().is_none() {
            return Some(words);
        }
        let mut word = Vec::new();
        while let Some(byte) = rest.next_if(|byte| !byte.is_ascii_whitespace() && *byte != 0) {
            match byte {
                b'"' => double_quoted(&mut rest, &mut word)?,
                b'\'' => single_quoted(&mut rest, &mut word)?,
                byte => word.push(byte),
            }
        }
        words.push(word);
    }
}

type Rest<I> = std::iter::Peekable<I>;

fn double_quoted(rest: &mut Rest<impl Iterator<Item = u8>>, word: &mut Vec<u8>) -> Option<()> {
    loop {
        match rest.next()? {
            b'"' => return closed(rest),
            b'\\' => match rest.next()? {
                b'n' => word.push(b'\n'),
                b'r' => word.push(b'\r'),
                b't' => word.push(b'\t'),
                b'b' => word.push(8),
                b'a' => word.push(7),
                b'x' => {
                    let digits = [rest.next()?, rest.next()?];
                    let text = std::str::from_utf8(&digits).ok()?;
                    word.push(u8::from_str_radix(text, 16).ok()?);
                }
                other => word.push(other),
            },
            byte => word.push(byte),
        }
    }
}

fn single_quoted(rest: &mut Rest<impl Iterator<Item = u8>>, word: &mut Vec<u8>) -> Option<()> {
    loop {
        match rest.next()? {
            b'\'' => return closed(rest),
            b'\\' if rest.next_if_eq(&b'\'').is_some() => word.push(b'\''),
            byte => word.push(byte),
        }
    }
}

/// A closing quote ends its word.
fn closed(rest: &mut Rest<impl Iterator<Item = u8>>) -> Option<()> {
    rest.peek().is_none_or(u8::is_ascii_whitespace).then_some(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all(bytes: &[u8], limits: Limits) -> (Vec<Vec<String>>, Option<ProtocolError>) {
        let (mut requests, mut at, mut seen) = (Requests::default(), 0, Vec::new());
        loop {
            match requests.next(&bytes[at..], limits) {
                Next::Request { used } => {
                    let words = requests.words(&bytes[at..]);
                    seen.push(words.map(|word| String::from_utf8_lossy(word).into_owned()).collect());
                    at += used;
                }
                Next::More => return (seen, None),
                Next::Broken(error) => return (seen, Some(error)),
            }
        }
    }

    #[test]
    fn reads_what_clients_send() {
        let table: &[(&str, &[&[&str]])] = &[
            ("*2\r\n$3\r\nGET\r\n$1\r\nk\r\nPING\r\n", &[&["GET", "k"], &["PING"]]),
            ("PING\n", &[&["PING"]]),
            ("set k \"a\\x41\\n\" 'it\\'s'\r\n", &[&["set", "k", "aA\n", "it's"]]),
            ("\r\n*0\r\n*-1\r\n", &[&[], &[], &[]]),
            ("*1\r\n$4\r\nPI", &[]),
        ];
        for (bytes, expected) in table {
            let (seen, error) = all(bytes.as_bytes(), Limits::TRUSTED);
            assert_eq!(seen, *expected, "{bytes:?}");
            assert_eq!(error, None, "{bytes:?}");
        }
    }

    #[test]
    fn says_what_is_no_request() {
        let long = "x".repeat(65 * 1024);
        let table: &[(String, Limits, ProtocolError)] = &[
            ("*abc\r\n".to_owned(), Limits::TRUSTED, ProtocolError::Count),
            ("*1\r\n:5\r\n".to_owned(), Limits::TRUSTED, ProtocolError::NoBulk(b':')),
            ("*1\r\n$-1\r\n".to_owned(), Limits::TRUSTED, ProtocolError::Length),
            ("*1\r\n$4\r\nPINGxx".to_owned(), Limits::TRUSTED, ProtocolError::NoEnd),
            ("say \"no\r\n".to_owned(), Limits::TRUSTED, ProtocolError::Quotes),
            (long.clone(), Limits::TRUSTED, ProtocolError::LongInline),
            (format!("*{long}"), Limits::TRUSTED, ProtocolError::LongCount),
            ("*11\r\n".to_owned(), Limits::STRANGER, ProtocolError::StrangersCount),
            ("*1\r\n$16385\r\n".to_owned(), Limits::STRANGER, ProtocolError::StrangersLength),
        ];
        for (bytes, limits, expected) in table {
            assert_eq!(all(bytes.as_bytes(), *limits).1.as_ref(), Some(expected));
        }
        let (seen, error) = all(b"*1\r\n$4\r\nPING\r\n*x\r\n*1\r\n$4\r\nPING\r\n", Limits::TRUSTED);
        assert_eq!((seen.len(), error), (1, Some(ProtocolError::Count)));
    }
}
