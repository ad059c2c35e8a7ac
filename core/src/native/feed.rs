//! What a node passes on to its replicas: the stream of commands, byte for byte, and its recent past.

use std::collections::VecDeque;

/// The stream's recent past.
#[derive(Debug)]
pub struct Feed {
    backlog: VecDeque<u8>,
    size: usize,
    /// Bytes that entered the stream and of which the node has not been told yet.
    pub untold: u64,
}

impl Feed {
    /// A feed that remembers so many bytes.
    pub fn new(size: usize) -> Self {
        Self { backlog: VecDeque::new(), size, untold: 0 }
    }

    /// A command enters the stream.
    pub fn append(&mut self, words: &[&[u8]]) {
        let mut bytes = Vec::with_capacity(16 + words.iter().map(|word| word.len() + 16).sum::<usize>());
        let mut number = itoa::Buffer::new();
        let mut line = |bytes: &mut Vec<u8>, mark: u8, count: usize| {
            bytes.push(mark);
            bytes.extend_from_slice(number.format(count).as_bytes());
            bytes.extend_from_slice(b"\r\n");
        };
        line(&mut bytes, b'*', words.len());
        for word in words {
            line(&mut bytes, b'$', word.len());
            bytes.extend_from_slice(word);
            bytes.extend_from_slice(b"\r\n");
        }
        self.enter(&bytes);
    }

    /// Bytes enter the stream.
    pub fn enter(&mut self, bytes: &[u8]) {
        self.backlog.extend(bytes);
        let surplus = self.backlog.len().saturating_sub(self.size);
        self.backlog.drain(..surplus);
        self.untold += bytes.len() as u64;
    }
}
