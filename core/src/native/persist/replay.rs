//! Commands of a log, applied again: the data, the offset and the recent past come back with them.

use std::fs::File;
use std::io::Read as _;
use std::path::Path;

use crate::native::commands::apply;
use crate::native::loading::Progress;
use crate::native::server::{Server, Shared};
use crate::resp::{Limits, Next, Requests};

use super::append::MARK;
use super::load::{Found, LoadError, system};

/// Bytes read at once.
const CHUNK: u64 = 256 << 10;
/// What a client could send, and the dressing.
const LIMITS: Limits = Limits { line: 64 * 1024, words: 1 << 24, word: 512 << 20 };

/// Applies a part of the log; how many bytes of it are good. Only the last part may be cut off.
pub(super) async fn replay(
    server: &Shared,
    path: &Path,
    last: bool,
    progress: &Progress,
    found: &mut Found,
) -> Result<u64, LoadError> {
    let mut file = File::open(path).map_err(system(path))?;
    let mut part = Replay::default();
    loop {
        let read = file.by_ref().take(CHUNK).read_to_end(&mut part.buffer).map_err(system(path))?;
        if let Err(what) = part.apply(&mut server.borrow_mut(), found) {
            return Err(LoadError::Log { path: path.to_owned(), what, at: part.good });
        }
        progress.done.set(progress.done.get() + read as u64);
        progress.breathe(0).await;
        if read == 0 {
            break;
        }
    }
    let surplus = part.buffer.len();
    if surplus == 0 {
        return Ok(part.good);
    }
    let mut server = server.borrow_mut();
    if !last || !server.options.persist.load_truncated {
        let what = if last { "the log is cut off" } else { "a part that is not the last is cut off" };
        return Err(LoadError::Log { path: path.to_owned(), what: what.to_owned(), at: part.good });
    }
    server.warning(format_args!(
        "{}: the last command or transaction is cut off: {surplus} bytes behind byte {} are dropped",
        path.display(),
        part.good
    ));
    Ok(part.good)
}

/// How far a part is applied.
#[derive(Debug, Default)]
struct Replay {
    /// Bytes behind the good ones.
    buffer: Vec<u8>,
    /// Bytes that were applied.
    good: u64,
    /// Bytes of the buffer that were read into a transaction.
    held: usize,
    transaction: Option<Vec<Vec<Vec<u8>>>>,
    requests: Requests,
}

impl Replay {
    /// Applies what is whole. An error is damage at the first byte that is not good.
    fn apply(&mut self, server: &mut Server, found: &mut Found) -> Result<(), String> {
        let mut buffer = std::mem::take(&mut self.buffer);
        let (mut at, mut done) = (self.held, 0);
        let outcome = loop {
            let rest = &buffer[at..];
            match rest.first() {
                None => break Ok(()),
                Some(b'#') => {
                    let Some(end) = memchr::memchr(b'\n', rest) else { break Ok(()) };
                    if self.transaction.is_none() {
                        annotation(server, found, &rest[..end]);
                        done = at + end + 1;
                    }
                    at += end + 1;
                    continue;
                }
                Some(b'*') => {}
                Some(other) => {
                    break Err(format!("no command begins with `{}`", char::from(*other).escape_default()));
                }
            }
            match self.requests.next(rest, LIMITS) {
                Next::More => break Ok(()),
                Next::Broken(error) => break Err(error.to_string()),
                Next::Request { used } => {
                    let words: Vec<Vec<u8>> = self.requests.words(rest).map(<[u8]>::to_vec).collect();
                    if let Err(error) = self.take(server, found, words) {
                        break Err(error);
                    }
                    at += used;
                    if self.transaction.is_none() {
                        server.feed.relay(&buffer[done..at]);
                        done = at;
                    }
                }
            }
        };
        self.good += done as u64;
        self.held = at - done;
        buffer.drain(..done);
        self.buffer = buffer;
        outcome
    }

    fn take(&mut self, server: &mut Server, found: &mut Found, words: Vec<Vec<u8>>) -> Result<(), String> {
        let name = words.first().map(|name| name.to_ascii_lowercase()).unwrap_or_default();
        match (name.as_slice(), &mut self.transaction) {
            (b"multi", None) => self.transaction = Some(Vec::new()),
            (b"multi", Some(_)) => return Err("a transaction begins in another".to_owned()),
            (b"exec", transaction) => {
                let commands = transaction.take().ok_or("a transaction ends that did not begin")?;
                return commands.iter().try_for_each(|words| one(server, found, words));
            }
            (_, Some(transaction)) => transaction.push(words),
            (_, None) => return one(server, found, &words),
        }
        Ok(())
    }
}

/// Our own line about the history; any other is a peer's and says nothing to us.
fn annotation(server: &Server, found: &mut Found, line: &[u8]) {
    let Some(words) = std::str::from_utf8(line).ok().and_then(|line| line.trim_end().strip_prefix(MARK))
    else {
        return;
    };
    let (history, offset) = words.split_once(' ').unwrap_or((words, ""));
    // An offset that is not where we are was counted by somebody else.
    let here = offset.parse() == Ok(server.feed.end());
    found.history = history.parse().ok().filter(|_| here);
}

/// A primary must have everything: nobody else may. A replica fetches what it lacks.
fn one(server: &mut Server, found: &mut Found, words: &[Vec<u8>]) -> Result<(), String> {
    let words: Vec<&[u8]> = words.iter().map(Vec::as_slice).collect();
    let Some(name) = words.first() else { return Err("an empty command".to_owned()) };
    let name = String::from_utf8_lossy(name).into_owned();
    if name.eq_ignore_ascii_case("cluster") {
        // Who owns a slot is remembered in `nodes.conf`, which is newer than any command here.
        return Ok(());
    }
    match apply(server, &words) {
        Ok(()) => Ok(()),
        Err(why) if server.node.is_primary() => Err(format!("cannot apply `{name}`: {why}")),
        Err(why) => {
            server.warning(format_args!("cannot apply `{name}` of the log: {why}"));
            found.whole = false;
            Ok(())
        }
    }
}
