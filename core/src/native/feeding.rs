//! A client that turned out to be a replica: it is sent a snapshot if it needs one, then the stream.

use std::pin::pin;
use std::rc::Rc;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::net::tcp::{ReadHalf, WriteHalf};
use tokio::time::timeout;

use crate::base::{HistoryId, Offset};
use crate::protocol::replication::{HistoryPoint, PsyncAnswer, PsyncRequest};
use crate::resp::{Limits, Next, Requests};

use super::client::{Client, ClientId};
use super::feed::{Fed, SELECT};
use super::rdb;
use super::server::{Server, Shared};

/// Bytes sent at once.
const CHUNK: usize = 64 * 1024;

/// What a replica is sent before the stream.
#[derive(Debug)]
pub struct Start {
    /// The answer, and the snapshot if there is one.
    pub head: Vec<u8>,
    /// The stream follows behind this byte,
    pub from: u64,
    /// of this history.
    history: HistoryId,
}

/// What a connection has said of itself as a replica (REPLCONF).
#[derive(Clone, Debug, Default)]
pub struct Announced {
    /// Its client port.
    pub port: u16,
    /// Its address.
    pub ip: Option<String>,
    /// Its version.
    pub version: Option<[u32; 3]>,
    /// Whether it understands a change of history (`psync2`).
    pub psync2: bool,
}

/// Answers PSYNC: what is sent first, or why nothing is. With `bare`, SYNC was asked: no line, only data.
pub fn start(
    server: &mut Server,
    client: &Client,
    request: PsyncRequest,
    bare: bool,
) -> Result<Start, String> {
    // The node must know of every byte before it says where the stream stands.
    server.input(|_, _| ());
    let answer = server.node.answer_psync(request);
    let from = request.from.map(|point| point.offset.0);
    let still_there = |from: u64| server.feed.behind(from, 0).is_some();
    match answer {
        PsyncAnswer::NoPrimaryLink => {
            Err("NOMASTERLINK Can't SYNC while not connected with my primary".to_owned())
        }
        PsyncAnswer::Continue(history) if from.is_some_and(still_there) => {
            let id = if client.announced.psync2 { format!(" {history}") } else { String::new() };
            let head = format!("+CONTINUE{id}\r\n").into_bytes();
            Ok(Start { head, from: from.unwrap_or_default(), history })
        }
        PsyncAnswer::Continue(_) | PsyncAnswer::Full(_) => full(server, client, bare),
    }
}

fn full(server: &mut Server, client: &Client, bare: bool) -> Result<Start, String> {
    if client.announced.version.is_none() && server.keyspace.iter().any(|(_, entry)| entry.value.is_recent())
    {
        server.warning(format_args!(
            "replica {} cannot be sent a full sync: this node holds types that Redis 7.0 cannot read",
            client.remote
        ));
        return Err("ERR this data set holds types that the replica cannot read".to_owned());
    }
    let (history, end) = (server.node.replication().history(), server.feed.end());
    let id = history.to_string();
    let snapshot = rdb::write(&server.keyspace, &[("repl-id", &id), ("repl-offset", &end.to_string())]);
    let mut head = if bare { String::new() } else { format!("+FULLRESYNC {history} {end}\r\n") }.into_bytes();
    head.extend_from_slice(format!("${}\r\n", snapshot.len()).as_bytes());
    head.extend_from_slice(&snapshot);
    server.notice(format_args!("full sync for replica {}: {} bytes", client.remote, snapshot.len()));
    Ok(Start { head, from: end, history })
}

/// What PSYNC asks for.
pub fn request(history: &str, next_byte: &str) -> Option<PsyncRequest> {
    let next: i64 = next_byte.parse().ok()?;
    let point = history.to_ascii_lowercase().parse::<HistoryId>().ok().and_then(|history| {
        let offset = u64::try_from(next).ok()?.checked_sub(1)?;
        Some(HistoryPoint { history, offset: Offset(offset) })
    });
    Some(PsyncRequest { from: point })
}

/// Feeds a replica until one side goes.
pub async fn feed(server: Shared, mut stream: TcpStream, client: &Client, start: Start, early: Vec<u8>) {
    let drop_all = {
        let mut server = server.borrow_mut();
        if server.node.replication().history() != start.history {
            // It asked of what is past: it asks again.
            return;
        }
        let fed = Fed {
            remote: client.remote,
            port: client.announced.port,
            ip: client.announced.ip.clone(),
            online: false,
            // What it has it says itself: a snapshot that was sent is not one that was loaded.
            acked: 0,
            synced: 0,
            heard_ms: server.clock.unix_ms(),
            sent: start.from,
            version: client.announced.version,
        };
        server.feed.replicas.insert(client.id, fed);
        // A replica passes its primary's bytes on and adds none; before a manual failover nobody does.
        if server.node.is_primary() && !server.paused {
            server.feed.append(&SELECT);
            server.input(|_, _| ());
        }
        Rc::clone(&server.feed.drop_all)
    };
    let (reader, writer) = stream.split();
    tokio::select! {
        // What was its past may be another's now: it is let go before a byte of that is sent.
        biased;
        () = drop_all.notified() => {}
        () = listen(&server, reader, client.id, early) => {}
        _ = send(&server, writer, client.id, start) => {}
    }
    let mut server = server.borrow_mut();
    server.feed.replicas.remove(&client.id);
    // Who waits for it need not any more.
    server.feed.acked.notify_waiters();
    server.notice(format_args!("replica {} is gone", client.remote));
}

async fn send(server: &Shared, mut writer: WriteHalf<'_>, id: ClientId, start: Start) -> std::io::Result<()> {
    // Who takes nothing of its snapshot would keep it in our memory for ever.
    for chunk in start.head.chunks(CHUNK) {
        let written = timeout(patience(server), writer.write_all(chunk)).await;
        let Ok(written) = written else {
            let words = format_args!("a replica takes nothing of its snapshot for longer than repl-timeout");
            server.borrow_mut().warning(words);
            return Ok(());
        };
        written?;
    }
    drop(start.head);
    let mut sent = start.from;
    let grown = {
        let mut server = server.borrow_mut();
        let now = server.clock.unix_ms();
        if let Some(fed) = server.feed.replicas.get_mut(&id) {
            // Its silence counts from here on.
            (fed.online, fed.heard_ms) = (true, now);
        }
        Rc::clone(&server.feed.grown)
    };
    loop {
        let mut told = pin!(grown.notified());
        // From here on no growth is missed.
        told.as_mut().enable();
        server.borrow_mut().flush_log();
        let Some(bytes) = server.borrow().feed.behind(sent, CHUNK) else { return Ok(()) };
        if bytes.is_empty() {
            told.await;
            continue;
        }
        writer.write_all(&bytes).await?;
        sent += bytes.len() as u64;
        if let Some(fed) = server.borrow_mut().feed.replicas.get_mut(&id) {
            fed.sent = sent;
        }
    }
}

/// How long the other end of a replication link may stand still.
pub fn patience(server: &Shared) -> std::time::Duration {
    std::time::Duration::from_micros(server.borrow().options.cluster.repl_timeout.as_micros())
}

/// How long a replica may still say nothing of how far it is; `None` if it has been silent for too long.
fn patience_left(server: &Shared, id: ClientId) -> Option<std::time::Duration> {
    let whole = patience(server);
    let server = server.borrow();
    let fed = server.feed.replicas.get(&id)?;
    if !fed.online {
        // A snapshot that takes long to send or to load is no silence.
        return Some(whole);
    }
    let silent = std::time::Duration::from_millis(server.clock.unix_ms().saturating_sub(fed.heard_ms));
    whole.checked_sub(silent).filter(|left| !left.is_zero())
}

/// Hears how far the replica is.
async fn listen(server: &Shared, mut reader: ReadHalf<'_>, id: ClientId, mut buffer: Vec<u8>) {
    let mut requests = Requests::default();
    loop {
        let mut at = 0;
        loop {
            match requests.next(&buffer[at..], Limits::TRUSTED) {
                Next::Request { used } => {
                    let words: Vec<&[u8]> = requests.words(&buffer[at..]).collect();
                    heard(&mut server.borrow_mut(), id, &words);
                    at += used;
                }
                Next::More => break,
                Next::Broken(error) => {
                    server.borrow_mut().warning(format_args!("a replica sends what is no command: {error}"));
                    return;
                }
            }
        }
        buffer.drain(..at);
        if buffer.len() > CHUNK {
            return;
        }
        let Some(left) = patience_left(server, id) else {
            server.borrow_mut().warning(format_args!("a replica is silent for longer than repl-timeout"));
            return;
        };
        match timeout(left, reader.read_buf(&mut buffer)).await {
            Ok(Ok(1..)) | Err(_) => {}
            Ok(_) => return,
        }
    }
}

/// A replica's word counts if it says how far it is, or says with an empty line that it is at it.
fn heard(server: &mut Server, id: ClientId, words: &[&[u8]]) {
    let now = server.clock.unix_ms();
    let Some(fed) = server.feed.replicas.get_mut(&id) else { return };
    let number = |word: &[u8]| std::str::from_utf8(word).ok().and_then(|text| text.parse().ok());
    match words {
        [] => fed.heard_ms = now,
        [name, what, offset, more @ ..]
            if name.eq_ignore_ascii_case(b"replconf") && what.eq_ignore_ascii_case(b"ack") =>
        {
            fed.heard_ms = now;
            let Some(offset) = number(offset) else { return };
            fed.acked = offset;
            if let [what, synced, ..] = more
                && what.eq_ignore_ascii_case(b"fack")
            {
                fed.synced = number(synced).unwrap_or(fed.synced);
            }
            server.feed.acked.notify_waiters();
        }
        _ => {}
    }
}
