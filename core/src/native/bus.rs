//! The cluster bus: one task a connection, bytes to frames and back.

use std::cell::Cell;
use std::net::{IpAddr, SocketAddr};
use std::rc::Rc;
use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tokio::task::{AbortHandle, spawn_local};
use tokio::time::timeout;

use crate::base::{Duration as Span, Instant, LinkId};
use crate::wire::{Deframer, Frame, FrameError, encode};

use super::accept::keep_alive;
use super::server::{Server, Shared, sleep};

/// How long a peer may leave a frame half said, or say nothing at all on a link it has just opened.
const PATIENCE: Duration = Duration::from_micros(PATIENCE_SPAN.as_micros());
const PATIENCE_SPAN: Span = Span::from_secs(15);

/// What a stranger may leave half said: a MEET with the gossip of a large cluster. Whoever is in our table may
/// send what the protocol has room for.
const STRANGERS: usize = 1 << 20;

/// Links that one address may open to a node that knows nobody, and for each node that it knows.
const INBOUND: (usize, usize) = (64, 4);

/// The driver's end of a link.
#[derive(Debug)]
pub struct LinkEnd {
    frames: UnboundedSender<(Instant, Vec<u8>)>,
    queued: Rc<Cell<usize>>,
    from: Option<IpAddr>,
    latency: Span,
    /// When it was made, in Unix milliseconds.
    pub born_ms: u64,
    task: AbortHandle,
}

impl LinkEnd {
    /// Queues a frame now, if no more than `most` bytes wait then (0 is no bound). It is lost in silence if
    /// the link breaks.
    pub fn send(&self, frame: &Frame, now: Instant, most: usize) -> bool {
        let bytes = encode(frame);
        let queued = self.queued.get().saturating_add(bytes.len());
        if most > 0 && queued > most {
            return false;
        }
        self.queued.set(queued);
        // The other side is gone together with its task, which tells the node.
        drop(self.frames.send((now + self.latency, bytes)));
        true
    }

    /// Bytes that wait to be sent.
    pub fn queued(&self) -> usize {
        self.queued.get()
    }
}

impl Drop for LinkEnd {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// Opens a link to a peer's bus port.
pub fn dial(
    server: &Shared,
    link: LinkId,
    to: SocketAddr,
    from: Option<IpAddr>,
    slow: (Span, Span),
    born_ms: u64,
) -> LinkEnd {
    let (frames, queue) = unbounded_channel();
    let queued = Rc::new(Cell::new(0));
    let latency = latency(slow);
    let (server, left) = (Rc::clone(server), Rc::clone(&queued));
    let task = spawn_local(async move {
        match connect(to, from).await {
            Ok(stream) => {
                server.borrow_mut().input(|node, now| node.handle_link_up(now, link));
                carry(&server, link, stream, (queue, &left)).await;
            }
            Err(error) => server.borrow_mut().debug(format_args!("bus link to {to}: {error}")),
        }
        gone(&server, link);
    });
    LinkEnd { frames, queued, from: None, latency, born_ms, task: task.abort_handle() }
}

/// How slow a new link is. Chance only makes a real network like the simulated one; it decides nothing.
fn latency((low, high): (Span, Span)) -> Span {
    let range = (high.as_micros() - low.as_micros()).saturating_add(1);
    // Without chance a link is as fast as it may be.
    let drawn = if range == 1 { 0 } else { getrandom::u64().unwrap_or(0) % range };
    low + Span::from_micros(drawn)
}

async fn connect(to: SocketAddr, from: Option<IpAddr>) -> std::io::Result<TcpStream> {
    let socket = match to {
        SocketAddr::V4(_) => tokio::net::TcpSocket::new_v4()?,
        SocketAddr::V6(_) => tokio::net::TcpSocket::new_v6()?,
    };
    // The address a peer sees is the one we announce.
    if let Some(from) = from.filter(|from| from.is_ipv4() == to.is_ipv4()) {
        socket.bind(SocketAddr::new(from, 0))?;
    }
    let stream = socket.connect(to).await?;
    stream.set_nodelay(true)?;
    Ok(stream)
}

/// A peer connected.
pub fn welcome(server: &Shared, stream: TcpStream, remote: SocketAddr) {
    let known = server.borrow().node.view().len();
    let inbound = server.borrow().links.values().filter(|end| end.from == Some(remote.ip())).count();
    if inbound >= INBOUND.0 + INBOUND.1 * known {
        let words = format_args!("refuses a bus link from {remote}: it has {inbound} already");
        return server.borrow_mut().warning(words);
    }
    let node_timeout = server.borrow().options.cluster.node_timeout;
    keep_alive(&stream, Duration::from_micros(node_timeout.as_micros() * 2));
    let (frames, queue) = unbounded_channel();
    let queued = Rc::new(Cell::new(0));
    // A link whose own end is gone already is no link.
    let Ok(local) = stream.local_addr() else { return };
    let link = server.borrow_mut().accepted(remote.ip(), local.ip());
    let (shared, left) = (Rc::clone(server), Rc::clone(&queued));
    let task = spawn_local(async move {
        carry(&shared, link, stream, (queue, &left)).await;
        gone(&shared, link);
    });
    let latency = latency(server.borrow().options.bus_latency);
    let born_ms = server.borrow().clock.unix_ms();
    let end =
        LinkEnd { frames, queued, from: Some(remote.ip()), latency, born_ms, task: task.abort_handle() };
    server.borrow_mut().links.insert(link, end);
}

fn gone(server: &Shared, link: LinkId) {
    let mut server = server.borrow_mut();
    // This end goes with its task, which is the one that runs this and awaits nothing any more.
    if server.links.remove(&link).is_some() {
        server.input(|node, now| node.handle_link_down(now, link));
    }
}

async fn carry(
    server: &Shared,
    link: LinkId,
    stream: TcpStream,
    (mut queue, queued): (UnboundedReceiver<(Instant, Vec<u8>)>, &Cell<usize>),
) {
    let (mut reader, mut writer) = stream.into_split();
    let clock = server.borrow().clock;
    let write = async move {
        while let Some((due, bytes)) = queue.recv().await {
            let wait = clock.until(due);
            if !wait.is_zero() {
                sleep(wait).await;
            }
            if writer.write_all(&bytes).await.is_err() {
                return;
            }
            queued.set(queued.get().saturating_sub(bytes.len()));
        }
    };
    let read = async {
        let mut deframer = Deframer::default();
        let mut chunk = vec![0; 16 * 1024];
        let mut spoke = false;
        // Since when a frame is half said.
        let mut since = clock.now();
        loop {
            let read = reader.read(&mut chunk);
            // A link that is silent between two frames is the protocol's business, not ours.
            let read = if spoke && deframer.pending() == 0 {
                read.await
            } else {
                let Ok(read) = timeout(PATIENCE, read).await else {
                    let words = format_args!("closes a bus link: no whole frame came in time");
                    return server.borrow_mut().notice(words);
                };
                read
            };
            let Ok(length @ 1..) = read else { return };
            if deframer.pending() == 0 {
                since = clock.now();
            }
            deframer.push(&chunk[..length]);
            for frame in deframer.by_ref() {
                spoke = true;
                since = clock.now();
                if !take(&mut server.borrow_mut(), link, frame) {
                    return;
                }
            }
            let (waits, slow) = (deframer.pending(), clock.now().since(since) > PATIENCE_SPAN);
            if waits > 0 && (waits > STRANGERS || slow) && !server.borrow().is_of_a_member(link) {
                let words = format_args!("closes a bus link of a stranger: {waits} bytes and no whole frame");
                return server.borrow_mut().notice(words);
            }
        }
    };
    tokio::select! {
        () = write => {}
        () = read => {}
    }
}

impl Server {
    /// Whether a link is one of a node that this one knows.
    fn is_of_a_member(&self, link: LinkId) -> bool {
        self.node.view().iter().any(|(_, peer)| peer.inbound == Some(link) || peer.outbound == Some(link))
    }
}

/// Gives the node a frame; false if the link must be closed.
fn take(server: &mut Server, link: LinkId, frame: Result<Frame, FrameError>) -> bool {
    match frame {
        Ok(frame) => {
            *server.traffic.received.entry(frame.kind()).or_default() += 1;
            if server.drops(frame.kind()) {
                return !server.drop_closes_link;
            }
            server.heard(link, frame);
            true
        }
        Err(error) => {
            server.misheard(error);
            !error.closes_link()
        }
    }
}
