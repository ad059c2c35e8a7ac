//! MIGRATE: keys go to another node, and are taken away here when it has them (native-node.md §6).
//!
//! While they travel, commands that would change them wait: what arrives there is what was here.

use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::time::timeout;

use crate::resp::{Replies, Reply, Writer};

use super::feed::encode;
use super::rdb;
use super::server::Server;

/// What is to go where.
#[derive(Debug)]
pub struct Job {
    /// The other node's client port.
    pub to: SocketAddr,
    /// How long the other side may be silent.
    pub patience: Duration,
    /// AUTH's arguments, if there are any.
    pub auth: Vec<Vec<u8>>,
    /// Whether the keys stay here, too.
    pub copy: bool,
    /// The keys and the commands that make them there.
    pub keys: Vec<(Vec<u8>, Vec<u8>)>,
}

impl Job {
    /// Gathers the keys that are there, and holds them still.
    pub fn gather(
        server: &mut Server,
        keys: &[&[u8]],
        replace: bool,
        now_ms: u64,
    ) -> Vec<(Vec<u8>, Vec<u8>)> {
        let found = keys.iter().filter_map(|key| {
            let entry = server.keyspace.get(key, now_ms)?;
            let ttl = entry.expires_at.map_or(0, |at| at.saturating_sub(now_ms).max(1)).to_string();
            let payload = rdb::dump(&entry.value);
            let mut words: Vec<&[u8]> = vec![b"RESTORE-ASKING", key, ttl.as_bytes(), &payload];
            if replace {
                words.push(b"REPLACE");
            }
            Some((key.to_vec(), encode(&words)))
        });
        let found: Vec<_> = found.collect();
        server.moving.extend(found.iter().map(|(key, _)| key.clone()));
        found
    }

    /// Sends the keys; how many were taken, and the first complaint.
    pub async fn carry_out(&self) -> (usize, Option<String>) {
        match timeout(self.patience * 2, self.send()).await {
            Ok(Ok(done)) => done,
            Ok(Err(error)) => {
                (0, Some(format!("IOERR error or timeout talking to target instance: {error}")))
            }
            Err(_) => (0, Some("IOERR error or timeout reading from target instance".to_owned())),
        }
    }

    async fn send(&self) -> io::Result<(usize, Option<String>)> {
        let mut stream = TcpStream::connect(self.to).await?;
        let mut greetings = 1;
        if !self.auth.is_empty() {
            let words: Vec<&[u8]> =
                std::iter::once(&b"AUTH"[..]).chain(self.auth.iter().map(Vec::as_slice)).collect();
            stream.write_all(&encode(&words)).await?;
            greetings += 1;
        }
        stream.write_all(&encode(&[b"SELECT", b"0"])).await?;
        for (_, command) in &self.keys {
            stream.write_all(command).await?;
        }
        let mut answers = Answers { stream, replies: Replies::default() };
        for _ in 0..greetings {
            if let Some(error) = answers.next().await?.error() {
                return Ok((0, Some(format!("ERR Target instance replied with error: {error}"))));
            }
        }
        for at in 0..self.keys.len() {
            if let Some(error) = answers.next().await?.error() {
                return Ok((at, Some(format!("ERR Target instance replied with error: {error}"))));
            }
        }
        Ok((self.keys.len(), None))
    }

    /// Takes away what the other side has, and answers.
    pub fn finish(self, server: &mut Server, out: &mut Writer, (taken, complaint): (usize, Option<String>)) {
        for (key, _) in &self.keys {
            server.moving.remove(key);
        }
        server.resumed.notify_waiters();
        // Who is no primary any more has nothing to say in the stream, and the keys are another's to take away.
        if !self.copy && server.node.is_primary() {
            let now_ms = server.clock.unix_ms();
            for (key, _) in &self.keys[..taken] {
                if server.keyspace.take(key, now_ms).is_some() {
                    server.feed.append(&[b"DEL", key]);
                }
            }
        }
        match complaint {
            Some(error) => out.error(&error),
            None => out.ok(),
        }
    }
}

/// What the other side answers.
struct Answers {
    stream: TcpStream,
    replies: Replies,
}

impl Answers {
    async fn next(&mut self) -> io::Result<Reply> {
        loop {
            if let Some(reply) = self.replies.pop()? {
                return Ok(reply);
            }
            if self.stream.read_buf(&mut self.replies.buffer).await? == 0 {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
        }
    }
}
