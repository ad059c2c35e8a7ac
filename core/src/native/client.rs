//! Clients: one task a connection, which reads, runs and answers.

use std::collections::{BTreeMap, BTreeSet};
use std::net::SocketAddr;
use std::pin::pin;
use std::rc::Rc;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::sync::Notify;
use tokio::task::spawn_local;

use crate::resp::{Limits, Next, Proto, Requests, Writer};

use super::accept::keep_alive;
use super::commands::{AnnouncedSlot, Flow, Watching, execute, unwatch_all};
use super::feeding::{self, Announced};
use super::migrate::Job;
use super::options::Class;
use super::persist::settled;
use super::pubsub::{Inbox, Topic};
use super::pulse::Pulse;
use super::server::{Server, Shared};

/// A client's number.
pub type ClientId = u64;

/// Which commands a client wants no answers to (CLIENT REPLY).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mute {
    /// It wants every answer.
    Never,
    /// The next one.
    Next,
    /// All, until it says otherwise.
    Always,
}

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
    /// Bytes that they take.
    pub queued: usize,
    /// Whether one of them was refused.
    pub spoiled: bool,
    /// Keys it watches until its next transaction.
    pub watching: Vec<Watching>,
    /// Names it listens to.
    pub listens: BTreeSet<(Topic, Box<[u8]>)>,
    /// What is on its way to it unasked.
    pub inbox: Rc<Inbox>,
    /// Which commands it wants no answers to.
    pub mute: Mute,
    /// Until when it waits for replicas (WAIT), in Unix milliseconds; `u64::MAX` is for ever.
    pub waits_until: Option<u64>,
    /// Its SETSLOT that replicas are to know first.
    pub announced_slot: Option<AnnouncedSlot>,
}

impl Client {
    /// Whether messages come to it in a version that cannot tell them from answers.
    pub fn listens_in_resp2(&self) -> bool {
        !self.listens.is_empty() && self.inbox.proto.get() == Proto::Resp2
    }

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
            announced_slot: None,
            queue: None,
            queued: 0,
            watching: Vec::new(),
            listens: BTreeSet::new(),
            inbox: Rc::default(),
            mute: Mute::Never,
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
    /// What it costs.
    pub pulse: Rc<Pulse>,
}

/// Everyone who is connected.
#[derive(Debug, Default)]
pub struct Clients {
    /// By number.
    pub known: BTreeMap<ClientId, Known>,
    last: ClientId,
}

impl Clients {
    /// How many wait for something.
    pub fn waiting(&self) -> usize {
        self.known.values().filter(|known| known.pulse.waits.get()).count()
    }

    /// A connection as CLIENT LIST tells it.
    pub fn line(&self, id: ClientId) -> String {
        let Some(known) = self.known.get(&id) else { return String::new() };
        format!("id={id} addr={} name={} db=0 flags=N\n", known.remote, known.name)
    }
}

/// A client connected.
pub fn welcome(server: &Shared, stream: TcpStream, remote: SocketAddr) {
    if let Some(refusal) = refused(&mut server.borrow_mut(), remote) {
        // Best effort: who cannot be served need not wait for it.
        drop(stream.try_write(refusal.as_bytes()));
        return;
    }
    spawn_local(serve(Rc::clone(server), stream, remote));
}

/// Carries keys elsewhere in a task of its own: it must come to its end even if who asked goes away.
async fn moved(server: &Shared, job: Job, proto: Proto) -> Vec<u8> {
    let (tell, told) = tokio::sync::oneshot::channel();
    let shared = Rc::clone(server);
    spawn_local(async move {
        let done = job.carry_out().await;
        stream_may_go_on(&shared).await;
        let mut answer = Writer::new(proto);
        job.finish(&mut shared.borrow_mut(), &mut answer, done);
        // Who asked may be gone.
        drop(tell.send(answer.bytes));
    });
    told.await.unwrap_or_default()
}

/// Waits while the stream stands still for a replica that is to reach its end.
async fn stream_may_go_on(server: &Shared) {
    let resumed = Rc::clone(&server.borrow().resumed);
    loop {
        let mut told = pin!(resumed.notified());
        // From here on no word of it is missed.
        told.as_mut().enable();
        if !server.borrow().paused {
            return;
        }
        told.await;
    }
}

/// Why a connection is not served, as it is told.
fn refused(server: &mut Server, remote: SocketAddr) -> Option<&'static str> {
    let options = &server.options;
    if server.clients.known.len() >= options.maxclients.min(server.most_clients) {
        server.stats.rejected += 1;
        return Some("-ERR max number of clients reached\r\n");
    }
    (options.protected_mode && options.requirepass.is_empty() && !remote.ip().is_loopback()).then_some(
        "-DENIED this node runs in protected mode and has no password: connect from the same machine, or set \
         requirepass\r\n",
    )
}

async fn serve(server: Shared, mut stream: TcpStream, remote: SocketAddr) {
    let killed = Rc::new(Notify::new());
    let (id, mut client, pulse) = {
        let mut server = server.borrow_mut();
        server.clients.last += 1;
        server.stats.connections += 1;
        let id = server.clients.last;
        let pulse = Rc::new(Pulse::new(server.clock.unix_ms()));
        let (killed, shown) = (Rc::clone(&killed), Rc::clone(&pulse));
        server.clients.known.insert(id, Known { remote, name: String::new(), killed, pulse: shown });
        keep_alive(&stream, std::time::Duration::from_micros(server.options.tcp_keepalive.as_micros()));
        let authenticated = server.options.requirepass.is_empty();
        (id, Client { id, remote, authenticated, asking: false, ..Client::upstream() }, pulse)
    };
    let talk = async {
        let mut talk = Talk {
            server: &server,
            stream: &mut stream,
            client: &mut client,
            pulse: &pulse,
            requests: Requests::default(),
            out: Writer::default(),
            buffer: Vec::with_capacity(ROOM),
        };
        // A link that breaks ends its conversation; there is nobody left to tell.
        if let Ok(Over::Feed(start, early)) = talk.converse().await {
            feeding::feed(Rc::clone(&server), stream, &client, start, early).await;
        }
    };
    tokio::select! {
        () = talk => {}
        () = killed.notified() => {}
    }
    let mut server = server.borrow_mut();
    unwatch_all(&mut server.keyspace, &mut client);
    if let Some(announced) = client.announced_slot.take() {
        announced.take_back(&mut server);
    }
    server.subscriptions.leave(&mut client);
    server.clients.known.remove(&id);
}

/// Bytes read at once, and kept for a client that says little.
const ROOM: usize = 16 * 1024;

/// Answers that are collected before they are sent, so that a reader who does not read costs no more.
const FLUSH: usize = 64 * 1024;

/// How a conversation ends.
enum Over {
    /// The connection does.
    End,
    /// It turned out to be a replica: what that is to be sent, and what it has said since.
    Feed(feeding::Start, Vec<u8>),
}

/// A client's requests and our answers.
struct Talk<'a> {
    server: &'a Shared,
    stream: &'a mut TcpStream,
    client: &'a mut Client,
    pulse: &'a Pulse,
    requests: Requests,
    out: Writer,
    buffer: Vec<u8>,
}

impl Talk<'_> {
    /// Serves a client to its end.
    async fn converse(&mut self) -> std::io::Result<Over> {
        loop {
            if let Some(over) = self.answer_all().await? {
                return Ok(over);
            }
            self.send().await?;
            if !self.hear().await? {
                return Ok(Over::End);
            }
        }
    }

    /// Answers every request that is whole.
    async fn answer_all(&mut self) -> std::io::Result<Option<Over>> {
        let mut at = 0;
        let trusted = Limits { word: self.server.borrow().options.longest_word, ..Limits::TRUSTED };
        let over = loop {
            let limits = if self.client.authenticated { trusted } else { Limits::STRANGER };
            match self.requests.next(&self.buffer[at..], limits) {
                Next::Request { used } => {
                    let flow = self.answer(at).await?;
                    at += used;
                    match flow {
                        Flow::Close => break Some(Over::End),
                        Flow::Feed(start) => break Some(Over::Feed(start, self.buffer.split_off(at))),
                        _ if self.out.bytes.len() > FLUSH => self.send().await?,
                        _ => {}
                    }
                }
                Next::More => break None,
                Next::Broken(error) => {
                    self.out.error(&error.to_string());
                    break Some(Over::End);
                }
            }
        };
        if over.is_some() {
            self.send().await?;
        }
        self.buffer.drain(..at.min(self.buffer.len()));
        Ok(over)
    }

    /// Answers the request whose bytes begin at `at`, however long that takes.
    async fn answer(&mut self, at: usize) -> std::io::Result<Flow> {
        let mut few = [&b""[..]; FEW];
        let mut many = Vec::new();
        let found = self.requests.words(&self.buffer[at..]);
        let count = found.len();
        let words: &[&[u8]] = if count <= FEW {
            for (place, word) in few.iter_mut().zip(found) {
                *place = word;
            }
            &few[..count]
        } else {
            many.extend(found);
            &many
        };
        if words.is_empty() {
            return Ok(Flow::Done);
        }
        loop {
            let flow = execute(&mut self.server.borrow_mut(), self.client, &mut self.out, words);
            match flow {
                Flow::Again(told, patience) => {
                    // From here on it is heard, even while what was answered before is being sent.
                    let told = told.notified();
                    send(self.server, self.stream, self.pulse, self.client, &mut self.out).await?;
                    self.pulse.waits.set(true);
                    // Who waits too long runs again, too, and finds out.
                    drop(tokio::time::timeout(patience, told).await);
                    self.pulse.waits.set(false);
                }
                Flow::Migrate(job) => {
                    let answer = moved(self.server, job, self.out.proto).await;
                    self.out.bytes.extend_from_slice(&answer);
                    return Ok(Flow::Done);
                }
                flow => return Ok(flow),
            }
        }
    }

    async fn send(&mut self) -> std::io::Result<()> {
        send(self.server, self.stream, self.pulse, self.client, &mut self.out).await
    }

    /// Waits for the client's next words; false if none will come, or too many came already.
    async fn hear(&mut self) -> std::io::Result<bool> {
        if self.buffer.len() > self.server.borrow().options.query_buffer {
            self.server.borrow_mut().close_client(self.client.id, "reaching the query buffer limit");
            return Ok(false);
        }
        if self.buffer.is_empty() && self.buffer.capacity() > 4 * ROOM {
            // One long request must not cost its size for as long as the connection lives.
            self.buffer = Vec::with_capacity(ROOM);
        }
        if self.buffer.capacity() - self.buffer.len() < ROOM / 4 {
            self.buffer.reserve(ROOM);
        }
        let class = if self.client.listens.is_empty() { Class::Normal } else { Class::Pubsub };
        self.pulse.class.set(class);
        tokio::select! {
            read = self.stream.read_buf(&mut self.buffer) => if read? == 0 {
                return Ok(false);
            },
            () = self.client.inbox.told.notified() => return Ok(true),
        }
        self.pulse.heard_ms.set(self.server.borrow().clock.unix_ms());
        Ok(true)
    }
}

/// Requests of so many words are looked at without asking for memory.
const FEW: usize = 8;

/// Sends what has been answered, if the client's bounds allow so much.
async fn send(
    server: &Shared,
    stream: &mut TcpStream,
    pulse: &Pulse,
    client: &Client,
    out: &mut Writer,
) -> std::io::Result<()> {
    client.inbox.empty_into(out);
    if out.bytes.is_empty() {
        return Ok(());
    }
    pulse.pending.set(out.bytes.len() as u64);
    {
        let mut server = server.borrow_mut();
        let limit = server.options.output.of(pulse.class.get());
        if limit.hard > 0 && out.bytes.len() as u64 > limit.hard {
            server.close_client(client.id, "overcoming of output buffer limits");
            return Err(std::io::ErrorKind::QuotaExceeded.into());
        }
    }
    settled(server).await;
    stream.write_all(&out.bytes).await?;
    pulse.pending.set(0);
    if out.bytes.capacity() > 4 * FLUSH {
        out.bytes = Vec::new();
    } else {
        out.bytes.clear();
    }
    Ok(())
}
