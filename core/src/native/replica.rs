//! Following a primary: the handshake, a snapshot if one is sent, then the stream, applied as it comes
//! (native-node.md §4).

use std::io::{self, Seek as _};
use std::net::SocketAddr;
use std::rc::Rc;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::task::{AbortHandle, spawn_local};

use crate::base::{HistoryId, Offset};
use crate::node::{Follow, ReplicationInput};
use crate::protocol::replication::HistoryPoint;

use super::feed::encode;
use super::link::{Link, patient};
use super::loading;
use super::persist::settled;
use super::server::{Server, Shared, sleep};
use super::stream::{Applied, Stream};

/// The version we say we are: from 9.0 on, Valkey sends every type and streams SETSLOT.
const VERSION: &str = "9.1.2";

/// How often a primary is told how far we are.
const ACK: std::time::Duration = std::time::Duration::from_secs(1);

/// How often a primary is shown that its snapshot is being loaded.
const BUSY: std::time::Duration = std::time::Duration::from_secs(1);

/// A replication link of ours; it ends when this is dropped.
#[derive(Debug)]
pub struct Following {
    task: AbortHandle,
}

impl Drop for Following {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// How an attempt ended.
#[derive(Debug)]
enum End {
    /// The primary cannot serve us now.
    Refused(String),
    /// The link broke.
    Broken(io::Error),
}

impl From<io::Error> for End {
    fn from(error: io::Error) -> Self {
        Self::Broken(error)
    }
}

/// Follows a primary in a task of its own.
pub fn follow(server: &Shared, follow: Follow) -> Following {
    let shared = Rc::clone(server);
    let task = spawn_local(async move {
        let end = match attempt(&shared, follow).await {
            Ok(never) => match never {},
            Err(end) => end,
        };
        let mut server = shared.borrow_mut();
        let input = match end {
            End::Refused(why) => {
                server.notice(format_args!("the primary refuses for now: {why}"));
                ReplicationInput::Refused
            }
            End::Broken(error) => {
                server.notice(format_args!("replication link: {error}"));
                ReplicationInput::Lost
            }
        };
        server.input(|node, now| node.handle_replication(now, input));
    });
    Following { task: task.abort_handle() }
}

enum Never {}

async fn attempt(server: &Shared, follow: Follow) -> Result<Never, End> {
    let ip = follow.address.ip.ok_or_else(|| io::Error::other("its address is not known"))?;
    let greeting = greeting(&server.borrow());
    let stream = TcpStream::connect(SocketAddr::new(ip, follow.address.port));
    let stream = patient(server, stream).await?;
    stream.set_nodelay(true)?;
    let mut link = Link::new(server, stream);
    for words in &greeting {
        let words: Vec<&[u8]> = words.iter().map(String::as_bytes).collect();
        let must = matches!(words[0], b"PING" | b"AUTH");
        link.say(&words).await?;
        let answer = link.line().await?;
        let welcome =
            answer.starts_with('+') || answer.starts_with("-NOAUTH") || answer.starts_with("-NOPERM");
        if must && !welcome {
            return Err(End::Refused(answer));
        }
    }
    let asked = match follow.psync {
        Some(point) => (point.history.to_string(), point.offset.next().to_string()),
        None => ("?".to_owned(), "-1".to_owned()),
    };
    link.say(&[b"PSYNC", asked.0.as_bytes(), asked.1.as_bytes()]).await?;
    tell(server, ReplicationInput::Connected);
    let answer = link.answer().await?;
    let mut words = answer.split_whitespace();
    match words.next() {
        Some("+CONTINUE") => {
            let kept = follow.psync.ok_or_else(|| io::Error::other("it continues what was not asked for"))?;
            let history = words.next().and_then(|id| id.parse().ok()).unwrap_or(kept.history);
            tell(server, ReplicationInput::Continued(history));
        }
        Some("+FULLRESYNC") => {
            let point = full_point(words.next(), words.next())?;
            tell(server, ReplicationInput::FullSync(point));
            load(server, &mut link, point).await?;
        }
        _ => return Err(End::Refused(answer)),
    }
    stream_on(server, link).await
}

fn greeting(server: &Server) -> Vec<Vec<String>> {
    let options = &server.options;
    let words = |words: &[&str]| words.iter().map(|word| (*word).to_owned()).collect::<Vec<_>>();
    let mut greeting = vec![words(&["PING"])];
    if !options.primaryauth.is_empty() {
        let user = (!options.primaryuser.is_empty()).then_some(options.primaryuser.as_str());
        let auth: Vec<&str> =
            [Some("AUTH"), user, Some(&options.primaryauth)].into_iter().flatten().collect();
        greeting.push(words(&auth));
    }
    greeting.push(words(&["REPLCONF", "listening-port", &server.node.config().address.port.to_string()]));
    if let Some(ip) = options.announce_ip {
        greeting.push(words(&["REPLCONF", "ip-address", &ip.to_string()]));
    }
    greeting.push(words(&["REPLCONF", "capa", "eof", "capa", "psync2"]));
    greeting.push(words(&["REPLCONF", "version", VERSION]));
    greeting.push(words(&["REPLCONF", "SET-CLUSTER-NODE-ID", &server.node.id().to_string()]));
    greeting
}

fn full_point(history: Option<&str>, offset: Option<&str>) -> io::Result<HistoryPoint> {
    let history = history.and_then(|id| id.parse::<HistoryId>().ok());
    // More than a signed number holds is no offset of anybody's.
    let offset =
        offset.and_then(|text| text.parse::<i64>().ok()).and_then(|offset| u64::try_from(offset).ok());
    let offset = offset.map(Offset);
    let point = history.zip(offset).map(|(history, offset)| HistoryPoint { history, offset });
    point.ok_or_else(|| io::Error::other("an answer to PSYNC that says nothing"))
}

fn tell(server: &Shared, input: ReplicationInput) {
    server.borrow_mut().input(|node, now| node.handle_replication(now, input));
}

/// Takes a snapshot in. The old data goes only when the new is whole and understood.
async fn load(server: &Shared, link: &mut Link, point: HistoryPoint) -> io::Result<()> {
    let file = link.snapshot().await?;
    let total = (&*file).stream_position()?;
    (&*file).rewind()?;
    let progress = server.borrow_mut().begin_loading(total);
    let snapshot = tokio::select! {
        loaded = loading::load(server, &progress, &*file) => loaded,
        never = show_life(&link.stream) => match never {},
    };
    drop(progress);
    let snapshot = snapshot.map_err(|error| io::Error::other(format!("its snapshot: {error}")))?;
    let mut server = server.borrow_mut();
    server.notice(format_args!("loaded {} keys of its snapshot of {total} bytes", snapshot.keyspace.len()));
    server.input(|node, now| node.handle_replication(now, ReplicationInput::Loading));
    server.keyspace.replace(snapshot.keyspace);
    server.feed.restart(point.offset.0);
    server.feed.unlogged.clear();
    server.input(|node, now| node.handle_replication(now, ReplicationInput::Loaded));
    server.log_broken();
    Ok(())
}

/// Who loads for long is not silent: empty lines say so (native-node.md §4.2).
async fn show_life(stream: &TcpStream) -> Never {
    loop {
        sleep(BUSY).await;
        // A link that takes nothing is found out when its stream is read.
        drop(stream.try_write(b"\n"));
    }
}

/// Applies the stream and says how far it is.
async fn stream_on(server: &Shared, link: Link) -> Result<Never, End> {
    let mut stream = Stream::new(link.buffer);
    let (mut reader, mut writer) = link.stream.into_split();
    let mut chunk = vec![0; 64 * 1024];
    let mut ticks = tokio::time::interval(ACK);
    loop {
        loop {
            let applied = stream.apply(&mut server.borrow_mut());
            server.borrow_mut().flush_log();
            match applied {
                Applied::All => break,
                Applied::AckWanted(offset) => {
                    // What is acknowledged must survive this process.
                    settled(server).await;
                    let offset = server.borrow_mut().acknowledged().min(offset);
                    writer.write_all(&ack(server, offset)).await?;
                }
                Applied::Broken(error) => return Err(End::Broken(io::Error::other(error))),
            }
        }
        tokio::select! {
            read = reader.read(&mut chunk) => match read? {
                0 => return Err(End::Broken(io::ErrorKind::UnexpectedEof.into())),
                length => {
                    stream.push(&chunk[..length]);
                    // Half a command is a sign of life, too: what is large comes slowly.
                    let applied = Offset(server.borrow().feed.end());
                    tell(server, ReplicationInput::Applied(applied));
                }
            },
            _ = ticks.tick() => {
                let offset = server.borrow_mut().acknowledged();
                writer.write_all(&ack(server, offset)).await?;
            }
        }
    }
}

/// How far this replica is, and its disk if there is a log on it.
fn ack(server: &Shared, offset: u64) -> Vec<u8> {
    let offset = offset.to_string();
    let Some(durable) = server.borrow().persist.durable() else {
        return encode(&[b"REPLCONF", b"ACK", offset.as_bytes()]);
    };
    encode(&[b"REPLCONF", b"ACK", offset.as_bytes(), b"FACK", durable.to_string().as_bytes()])
}
