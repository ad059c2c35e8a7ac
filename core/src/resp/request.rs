//! Requests, cut out of a client's bytes (RESP arrays of bulk strings, and inline words).

use std::ops::Range;

use thiserror::Error;

use super::quotes::unquote;

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

/// Cuts requests out of a buffer. It keeps where the words of the last one are, so that none is copied,
/// and how far it is with a request that has not come to its end, so that no byte is looked at twice.
#[derive(Clone, Debug, Default)]
pub struct Requests {
    words: Vec<Range<usize>>,
    /// An inline request's words after quotes and escapes, where those changed them.
    unquoted: Option<Vec<Vec<u8>>>,
    /// Where the next line or word of this request begins.
    at: usize,
    /// Up to where that line's end was looked for in vain.
    searched: usize,
    /// Words that are still to come, if that was said.
    left: Option<i64>,
    /// Whether the last answer was [`Next::More`].
    within: bool,
}

impl Requests {
    /// Looks at the front of `bytes`. After [`Next::More`] they must begin with those of the call before.
    pub fn next(&mut self, bytes: &[u8], limits: Limits) -> Next {
        if !self.within {
            self.words.clear();
            self.unquoted = None;
            (self.at, self.searched, self.left) = (0, 0, None);
        }
        let next = match bytes.first() {
            None => Ok(Next::More),
            Some(b'*') => self.array(bytes, limits),
            Some(_) => self.inline(bytes, limits),
        };
        let next = next.unwrap_or_else(Next::Broken);
        self.within = next == Next::More;
        next
    }

    /// The words of the last request, which began at the front of `bytes`.
    pub fn words<'a>(&'a self, bytes: &'a [u8]) -> impl ExactSizeIterator<Item = &'a [u8]> {
        (0..self.words.len()).map(move |at| match &self.unquoted {
            Some(words) => words[at].as_slice(),
            None => bytes.get(self.words[at].clone()).unwrap_or_default(),
        })
    }

    fn array(&mut self, bytes: &[u8], limits: Limits) -> Result<Next, ProtocolError> {
        let mut left = match self.left {
            Some(left) => left,
            None => match self.line(bytes, limits, ProtocolError::LongCount)? {
                Some(line) => count(&bytes[line], limits)?,
                None => return Ok(Next::More),
            },
        };
        while left > 0 {
            self.left = Some(left);
            match bytes.get(self.at) {
                None => return Ok(Next::More),
                Some(b'$') => {}
                Some(other) => return Err(ProtocolError::NoBulk(*other)),
            }
            let begin = self.at;
            let Some(line) = self.line(bytes, limits, ProtocolError::LongLength)? else {
                return Ok(Next::More);
            };
            let length = length(&bytes[line], limits)?;
            let stop = self.at + length;
            match bytes.get(stop..stop + 2) {
                None => {
                    // Its length is read again when the rest is there.
                    (self.at, self.searched) = (begin, begin);
                    return Ok(Next::More);
                }
                Some(b"\r\n") => {}
                Some(_) => return Err(ProtocolError::NoEnd),
            }
            self.words.push(self.at..stop);
            self.at = stop + 2;
            left -= 1;
        }
        Ok(Next::Request { used: self.at })
    }

    /// What follows the mark of the line that begins at `at`, which is then behind it.
    fn line(
        &mut self,
        bytes: &[u8],
        limits: Limits,
        long: ProtocolError,
    ) -> Result<Option<Range<usize>>, ProtocolError> {
        let from = self.at + 1;
        let rest = bytes.get(self.searched.max(from)..).unwrap_or_default();
        match memchr::memchr(b'\r', rest) {
            Some(found) if rest.len() > found + 1 => {
                let end = self.searched.max(from) + found;
                if end - from > limits.line {
                    return Err(long);
                }
                self.at = end + 2;
                Ok(Some(from..end))
            }
            Some(_) => Ok(None),
            None if bytes.len().saturating_sub(from) > limits.line => Err(long),
            None => {
                self.searched = bytes.len();
                Ok(None)
            }
        }
    }

    fn inline(&mut self, bytes: &[u8], limits: Limits) -> Result<Next, ProtocolError> {
        let found = bytes.get(self.searched..).and_then(|rest| memchr::memchr(b'\n', rest));
        let end = found.map_or(bytes.len(), |found| self.searched + found);
        if end > limits.line {
            return Err(ProtocolError::LongInline);
        }
        if found.is_none() {
            self.searched = end;
            return Ok(Next::More);
        }
        let line = bytes[..end].strip_suffix(b"\r").unwrap_or(&bytes[..end]);
        let words = unquote(line).ok_or(ProtocolError::Quotes)?;
        self.words = vec![0..0; words.len()];
        self.unquoted = Some(words);
        Ok(Next::Request { used: end + 1 })
    }
}

/// The number of words that a request announces.
fn count(digits: &[u8], limits: Limits) -> Result<i64, ProtocolError> {
    let count = number(digits).ok_or(ProtocolError::Count)?;
    if count > limits.words {
        let stranger = limits.words <= Limits::STRANGER.words;
        return Err(if stranger { ProtocolError::StrangersCount } else { ProtocolError::Count });
    }
    Ok(count)
}

/// The length that a word announces.
fn length(digits: &[u8], limits: Limits) -> Result<usize, ProtocolError> {
    let length = number(digits).filter(|length| *length >= 0).ok_or(ProtocolError::Length)?;
    if length > limits.word {
        let stranger = limits.word <= Limits::STRANGER.word;
        return Err(if stranger { ProtocolError::StrangersLength } else { ProtocolError::Length });
    }
    usize::try_from(length).map_err(|_| ProtocolError::Length)
}

fn number(digits: &[u8]) -> Option<i64> {
    // The usual case by hand: a number of a few digits begins every word.
    if let 1..=9 = digits.len()
        && digits.iter().all(u8::is_ascii_digit)
    {
        return Some(digits.iter().fold(0, |number, digit| number * 10 + i64::from(digit - b'0')));
    }
    std::str::from_utf8(digits.get(..digits.len().min(21))?).ok()?.parse().ok()
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
    fn a_request_in_pieces_is_the_same_request() {
        let bytes = b"*3\r\n$3\r\nSET\r\n$1\r\nk\r\n$12\r\nab\r\n*1\r\n$2\r\n\r\nset k \"v w\"\r\n*0\r\n*1\r\n$4\r\nPING\r\n";
        let (whole, _) = all(bytes, Limits::TRUSTED);
        let (mut requests, mut at, mut seen) = (Requests::default(), 0, Vec::<Vec<String>>::new());
        for end in 0..=bytes.len() {
            while let Next::Request { used } = requests.next(&bytes[at..end], Limits::TRUSTED) {
                let words = requests.words(&bytes[at..end]);
                seen.push(words.map(|word| String::from_utf8_lossy(word).into_owned()).collect());
                at += used;
            }
        }
        assert_eq!(seen, whole);
        assert_eq!(at, bytes.len());
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
