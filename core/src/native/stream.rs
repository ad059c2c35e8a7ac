//! The stream of a primary, applied command by command and kept byte for byte.

use crate::base::Offset;
use crate::node::ReplicationInput;
use crate::resp::{Limits, Next, Requests};

use super::commands::apply;
use super::server::Server;

/// Longest command of a stream: what a primary's client could send, and the dressing.
const STREAM: Limits = Limits { line: 64 * 1024, words: 1 << 24, word: 512 << 20 };

/// How far applying came.
#[derive(Debug, PartialEq, Eq)]
pub enum Applied {
    /// As far as the bytes go.
    All,
    /// The primary wants to be told this offset now.
    AckWanted(u64),
    /// What came is no command.
    Broken(String),
}

/// Bytes of a stream on their way to being applied.
#[derive(Debug, Default)]
pub struct Stream {
    buffer: Vec<u8>,
    requests: Requests,
    /// Whether a transaction has not ended.
    open: bool,
    /// Bytes at the front of the buffer that belong to it.
    held: usize,
}

impl Stream {
    /// A stream of which these bytes came already.
    pub fn new(buffer: Vec<u8>) -> Self {
        Self { buffer, ..Self::default() }
    }

    /// More of it came.
    pub fn push(&mut self, bytes: &[u8]) {
        self.buffer.extend_from_slice(bytes);
    }

    /// Applies every whole command. A transaction is applied at its end, and counts from then on.
    pub fn apply(&mut self, server: &mut Server) -> Applied {
        // More than a primary takes from one client, with room for how it is dressed.
        let most = server.options.query_buffer.saturating_mul(2);
        let mut at = self.held;
        let mut done = 0;
        let outcome = loop {
            let rest = &self.buffer[at..];
            if rest.first().is_some_and(|first| *first != b'*') {
                break Applied::Broken("an inline command in the stream".to_owned());
            }
            match self.requests.next(rest, STREAM) {
                Next::More if self.buffer.len() - done > most => {
                    let what = if self.open { "transaction" } else { "command" };
                    break Applied::Broken(format!(
                        "a {what} of more than {most} bytes, twice `client-query-buffer-limit`"
                    ));
                }
                Next::More => break Applied::All,
                Next::Broken(error) => break Applied::Broken(error.to_string()),
                Next::Request { used } => {
                    let words: Vec<&[u8]> = self.requests.words(rest).collect();
                    let is = |at: usize, name: &[u8]| {
                        words.get(at).is_some_and(|word: &&[u8]| word.eq_ignore_ascii_case(name))
                    };
                    if is(0, b"replconf") && is(1, b"getack") && !self.open {
                        // The answer is the offset before the question (native-node.md §4.9).
                        let offset = server.feed.end() + done as u64;
                        self.held = 0;
                        return self.finish(server, at + used, Applied::AckWanted(offset));
                    }
                    if is(0, b"multi") {
                        self.open = true;
                    } else if is(0, b"exec") {
                        self.open = false;
                        transaction(server, &self.buffer[done..at]);
                    } else if !self.open {
                        one(server, &words);
                    }
                    at += used;
                    if !self.open {
                        done = at;
                    }
                }
            }
        };
        self.held = at - done;
        self.finish(server, done, outcome)
    }

    /// What was applied is part of this node's own stream now.
    fn finish(&mut self, server: &mut Server, done: usize, outcome: Applied) -> Applied {
        if done > 0 {
            let bytes: Vec<u8> = self.buffer.drain(..done).collect();
            server.feed.relay(&bytes);
            server.feed.commands += 1;
            let offset = Offset(server.feed.end());
            server.input(|node, now| node.handle_replication(now, ReplicationInput::Applied(offset)));
        }
        outcome
    }
}

/// The commands of a transaction that has ended, read once more: they were kept as they came.
fn transaction(server: &mut Server, mut bytes: &[u8]) {
    let mut requests = Requests::default();
    while let Next::Request { used } = requests.next(bytes, STREAM) {
        let words: Vec<&[u8]> = requests.words(bytes).collect();
        if !words.first().is_some_and(|name| name.eq_ignore_ascii_case(b"multi")) {
            one(server, &words);
        }
        bytes = &bytes[used..];
    }
}

fn one(server: &mut Server, words: &[&[u8]]) {
    if words.is_empty() {
        return;
    }
    if let Err(why) = apply(server, words) {
        let name = String::from_utf8_lossy(words[0]).into_owned();
        server.warning(format_args!("cannot apply `{name}` of the primary's stream: {why}"));
        // Slots are no data: nothing that was written is missing here.
        if !name.eq_ignore_ascii_case("cluster") {
            server.input(|node, now| node.handle_replication(now, ReplicationInput::NotApplied));
        }
    }
}
