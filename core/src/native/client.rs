//! Clients: one task a connection, which reads, runs and answers.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::rc::Rc;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Notify;
use tokio::task::spawn_local;

use crate::resp::{Limits, Next, Proto, Requests, Writer};

use super::commands::{Flow, execute};
use super::feeding::{self, Announced};
use super::migrate::Job;
use super::server::{Server, Shared};

/// A client's number.
pub type ClientId = u64;

/// What belongs to one connection.
#[derive(Debug)]
pub struct Client {
    /// Its number.
    pub id: ClientId,
    /// Where it comes from.
    pub remote: SocketAddr,
    /// The name it gave itself.
    pub name: Vec<u8>,
    /// Whether it may run commands.
    pub authenticated: bool,
    /// Whether it takes reads of a replica (READONLY).
    pub readonly: bool,
    /// Whether its next command may touch a slot that comes here (ASKING).
    pub asking: bool,
    /// What it said of itself as a replica.
    pub announced: Announced,
    /// The last byte of the stream that it wrote.
    pub wrote: u64,
    /// Commands of a transaction that has not been run.
    pub queue: Option<Vec<Vec<Vec<u8>>>>,
    /// Whether one of them was refused.
    pub spoiled: bool,
    /// Until when it waits for replicas (WAIT), in Unix milliseconds; `u64::MAX` is for ever.
    pub waits_until: Option<u64>,
}

impl Client {
    /// The one who speaks for a primary's stream.
    pub fn upstream() -> Self {
        Self {
            id: 0,
            remote: SocketAddr::from(([0, 0, 0, 0], 0)),
            name: Vec::new(),
            authenticated: true,
            readonly: false,
            asking: true,
            announced: Announced::default(),
            wrote: 0,
            waits_until: None,
            queue: None,
            spoiled: false,
        }
    }
}

/// What others may know of a connection, and how to end it.
#[derive(Debug)]
pub struct Known {
    /// Where it comes from.
    pub remote: SocketAddr,
    /// The name it gave itself.
    pub name: String,
    /// Told to end it.
    pub killed: Rc<Notify>,
}

/// Everyone who is connected.
#[derive(Debug, Default)]
pub struct Clients {
    /// By number.
    pub known: BTreeMap<ClientId, Known>,
    /// How many wait for something.
    pub waiting: usize,
    last: ClientId,
}

impl Clients {
    /// A connection as CLIENT LIST tells it.
    pub fn line(&self, id: ClientId) -> String {
        let Some(known) = self.known.get(&id) else { return String::new() };
        format!("id={id} addr={} name={} db=0 flags=N\n", known.remote, known.name)
    }
}

/// Takes clients for as long as the node lives.
pub async fn accept(server: Shared, listener: TcpListener) {
    loop {
        let Ok((stream, remote)) = listener.accept().await else {
            tokio::task::yield_now().await;
            continue;
        };
        drop(stream.set_nodelay(true));
        if let Some(refusal) = refused(&server.borrow(), remote) {
            // Best effort: who cannot be served need not wait for it.
            drop(stream.try_write(refusal.as_bytes()));
            continue;
        }
        spawn_local(serve(Rc::clone(&server), stream, remote));
    }
}

/// Carries keys elsewhere in a task of its own: it must come to its end even if who asked goes away.
async fn moved(server: &Shared, job: Job, proto: Proto) -> Vec<u8> {
    let (tell, told) = tokio::sync::oneshot::channel();
    let shared = Rc::clone(server);
    spawn_local(async move {
        let done = job.carry_out().await;
        let mut answer = Writer::new(proto);
        job.finish(&mut shared.borrow_mut(), &mut answer, done);
        // Who asked may be gone.
        drop(tell.send(answer.bytes));
    });
    told.await.unwrap_or_default()
}

/// Why a connection is not served, as it is told.
fn refused(server: &Server, remote: SocketAddr) -> Option<&'static str> {
    let options = &server.options;
    if server.clients.known.len() >= options.maxclients {
        return Some("-ERR max number of clients reached\r\n");
    }
    (options.protected_mode && options.requirepass.is_empty() && !remote.ip().is_loopback()).then_some(
        "-DENIED this node runs in protected mode and has no password: connect from the same machine, or set \
         requirepass\r\n",
    )
}

async fn serve(server: Shared, mut stream: TcpStream, remote: SocketAddr) {
    let killed = Rc::new(Notify::new());
    let (id, mut client) = {
        let mut server = server.borrow_mut();
        server.clients.last += 1;
        server.stats.connections += 1;
        let id = server.clients.last;
        server.clients.known.insert(id, Known { remote, name: String::new(), killed: Rc::clone(&killed) });
        let authenticated = server.options.requirepass.is_empty();
        (id, Client { id, remote, authenticated, asking: false, ..Client::upstream() })
    };
    let talk = async {
        if let Ok(Some((start, early))) = converse(&server, &mut stream, &mut client).await {
            feeding::feed(Rc::clone(&server), stream, &client, start, early).await;
        }
    };
    tokio::select! {
        () = talk => {}
        () = killed.notified() => {}
    }
    server.borrow_mut().clients.known.remove(&id);
}

/// Serves a client to its end, or until it turns out to be a replica: what that is to be sent, and
/// what it has said since.
async fn converse(
    server: &Shared,
    stream: &mut TcpStream,
    client: &mut Client,
) -> std::io::Result<Option<(feeding::Start, Vec<u8>)>> {
    let mut requests = Requests::default();
    let mut out = Writer::default();
    let mut buffer: Vec<u8> = Vec::with_capacity(16 * 1024);
    loop {
        let mut at = 0;
        loop {
            let limits = if client.authenticated { Limits::TRUSTED } else { Limits::STRANGER };
            match requests.next(&buffer[at..], limits) {
                Next::Request { used } => {
                    let words: Vec<&[u8]> = requests.words(&buffer[at..]).collect();
                    if !words.is_empty() {
                        loop {
                            let flow = execute(&mut server.borrow_mut(), client, &mut out, &words);
                            match flow {
                                Flow::Done => break,
                                Flow::Close => {
                                    stream.write_all(&out.bytes).await?;
                                    return Ok(None);
                                }
                                Flow::Again(told, patience) => {
                                    stream.write_all(&out.bytes).await?;
                                    out.bytes.clear();
                                    server.borrow_mut().clients.waiting += 1;
                                    // Who waits too long runs again, too, and finds out.
                                    drop(tokio::time::timeout(patience, told.notified()).await);
                                    server.borrow_mut().clients.waiting -= 1;
                                }
                                Flow::Migrate(job) => {
                                    let answer = moved(server, job, out.proto).await;
                                    out.bytes.extend_from_slice(&answer);
                                    break;
                                }
                                Flow::Feed(start) => {
                                    stream.write_all(&out.bytes).await?;
                                    return Ok(Some((start, buffer.split_off(at + used))));
                                }
                            }
                        }
                    }
                    at += used;
                }
                Next::More => break,
                Next::Broken(error) => {
                    out.error(&error.to_string());
                    stream.write_all(&out.bytes).await?;
                    return Ok(None);
                }
            }
        }
        buffer.drain(..at);
        if !out.bytes.is_empty() {
            stream.write_all(&out.bytes).await?;
            out.bytes.clear();
        }
        if stream.read_buf(&mut buffer).await? == 0 {
            return Ok(None);
        }
    }
}
