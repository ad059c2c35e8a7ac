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
    /// Commands of a transaction that has not ended; its bytes are still in the buffer.
    transaction: Option<Vec<Vec<Vec<u8>>>>,
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
        let mut at = self.held;
        let mut done = 0;
        let outcome = loop {
            let rest = &self.buffer[at..];
            if rest.first().is_some_and(|first| *first != b'*') {
                break Applied::Broken("an inline command in the stream".to_owned());
            }
            match self.requests.next(rest, STREAM) {
                Next::More => break Applied::All,
                Next::Broken(error) => break Applied::Broken(error.to_string()),
                Next::Request { used } => {
                    let words: Vec<Vec<u8>> = self.requests.words(rest).map(<[u8]>::to_vec).collect();
                    let wants_ack = words.len() >= 2
                        && words[0].eq_ignore_ascii_case(b"replconf")
                        && words[1].eq_ignore_ascii_case(b"getack");
                    if wants_ack && self.transaction.is_none() {
                        // The answer is the offset before the question (native-node.md §4.9).
                        let offset = server.feed.end() + done as u64;
                        self.held = 0;
                        return self.finish(server, at + used, Applied::AckWanted(offset));
                    }
                    self.take(server, words);
                    at += used;
                    if self.transaction.is_none() {
                        done = at;
                    }
                }
            }
        };
        self.held = at - done;
        self.finish(server, done, outcome)
    }

    fn take(&mut self, server: &mut Server, words: Vec<Vec<u8>>) {
        let name = words.first().map(|name| name.to_ascii_lowercase()).unwrap_or_default();
        match (name.as_slice(), &mut self.transaction) {
            (b"multi", transaction) => *transaction = Some(Vec::new()),
            (b"exec", transaction) => {
                for words in transaction.take().unwrap_or_default() {
                    one(server, &words);
                }
            }
            (_, Some(transaction)) => transaction.push(words),
            (_, None) => one(server, &words),
        }
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

fn one(server: &mut Server, words: &[Vec<u8>]) {
    let words: Vec<&[u8]> = words.iter().map(Vec::as_slice).collect();
    if words.is_empty() {
        return;
    }
    if let Err(why) = apply(server, &words) {
        let name = String::from_utf8_lossy(words[0]).into_owned();
        server.warning(format_args!("cannot apply `{name}` of the primary's stream: {why}"));
        // Slots are no data: nothing that was written is missing here.
        if !name.eq_ignore_ascii_case("cluster") {
            server.input(|node, now| node.handle_replication(now, ReplicationInput::NotApplied));
        }
    }
}
