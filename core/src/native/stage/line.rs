//! A client's connection to a node.

use std::io;
use std::net::SocketAddrV4;
use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::time::timeout;

use crate::native::feed::encode;
use crate::resp::{Replies, Reply};

/// A connection, and how long its other end may be silent.
pub(super) struct Connection {
    stream: TcpStream,
    replies: Replies,
    patience: Duration,
}

impl Connection {
    pub(super) async fn to(address: SocketAddrV4, patience: Duration) -> io::Result<Self> {
        let stream = timeout(patience, TcpStream::connect(address)).await??;
        stream.set_nodelay(true)?;
        Ok(Self { stream, replies: Replies::default(), patience })
    }

    /// One command and its answer.
    pub(super) async fn ask(&mut self, words: &[&str]) -> io::Result<Reply> {
        let mut replies = self.ask_all(&[words]).await?;
        replies.pop().ok_or_else(|| io::ErrorKind::UnexpectedEof.into())
    }

    /// Commands in one go and their answers, in order.
    pub(super) async fn ask_all(&mut self, commands: &[&[&str]]) -> io::Result<Vec<Reply>> {
        let mut bytes = Vec::new();
        for words in commands {
            let words: Vec<&[u8]> = words.iter().map(|word| word.as_bytes()).collect();
            bytes.extend_from_slice(&encode(&words));
        }
        let patience = self.patience;
        timeout(patience, self.exchange(&bytes, commands.len())).await?
    }

    async fn exchange(&mut self, bytes: &[u8], count: usize) -> io::Result<Vec<Reply>> {
        // Who sends much must read meanwhile, or both ends wait for each other.
        let (mut reader, mut writer) = self.stream.split();
        let mut answers = Vec::with_capacity(count);
        let mut sent = 0;
        while answers.len() < count {
            if let Some(reply) = self.replies.pop()? {
                answers.push(reply);
                continue;
            }
            tokio::select! {
                written = writer.write(&bytes[sent..]), if sent < bytes.len() => sent += written?,
                read = reader.read_buf(&mut self.replies.buffer) => if read? == 0 {
                    return Err(io::ErrorKind::UnexpectedEof.into());
                },
            }
        }
        Ok(answers)
    }
}

/// One command to a node on a connection of its own.
pub(super) async fn ask(address: SocketAddrV4, words: &[&str]) -> io::Result<Reply> {
    let mut connection = Connection::to(address, PATIENCE).await?;
    connection.ask(words).await
}

/// How long an operator waits for an answer.
pub(super) const PATIENCE: Duration = Duration::from_secs(10);
