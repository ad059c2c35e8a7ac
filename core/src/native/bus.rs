//! The cluster bus: one task a connection, bytes to frames and back.

use std::net::{IpAddr, SocketAddr};
use std::rc::Rc;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tokio::task::{AbortHandle, spawn_local};

use crate::base::LinkId;
use crate::wire::{Deframer, Frame, encode};

use super::server::Shared;

/// The driver's end of a link.
#[derive(Debug)]
pub struct LinkEnd {
    frames: UnboundedSender<Vec<u8>>,
    task: AbortHandle,
}

impl LinkEnd {
    /// Queues a frame. It is lost in silence if the link breaks.
    pub fn send(&self, frame: &Frame) {
        // The other side is gone together with its task, which tells the node.
        drop(self.frames.send(encode(frame)));
    }
}

impl Drop for LinkEnd {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// Opens a link to a peer's bus port.
pub fn dial(server: &Shared, link: LinkId, to: SocketAddr, from: Option<IpAddr>) -> LinkEnd {
    let (frames, queue) = unbounded_channel();
    let server = Rc::clone(server);
    let task = spawn_local(async move {
        match connect(to, from).await {
            Ok(stream) => {
                server.borrow_mut().input(|node, now| node.handle_link_up(now, link));
                carry(&server, link, stream, queue).await;
            }
            Err(error) => server.borrow_mut().debug(format_args!("bus link to {to}: {error}")),
        }
        gone(&server, link);
    });
    LinkEnd { frames, task: task.abort_handle() }
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

/// Takes links from peers for as long as the node lives.
pub async fn accept(server: Shared, listener: TcpListener) {
    loop {
        let Ok((stream, remote)) = listener.accept().await else {
            // Out of descriptors, most likely: others may be given back meanwhile.
            tokio::task::yield_now().await;
            continue;
        };
        drop(stream.set_nodelay(true));
        let (frames, queue) = unbounded_channel();
        let link = server.borrow_mut().accepted(remote.ip());
        let shared = Rc::clone(&server);
        let task = spawn_local(async move {
            carry(&shared, link, stream, queue).await;
            gone(&shared, link);
        });
        server.borrow_mut().links.insert(link, LinkEnd { frames, task: task.abort_handle() });
    }
}

fn gone(server: &Shared, link: LinkId) {
    let mut server = server.borrow_mut();
    // The task is at its end: it must not abort itself before it has told the node.
    if let Some(end) = server.links.remove(&link) {
        std::mem::forget(end);
        server.input(|node, now| node.handle_link_down(now, link));
    }
}

async fn carry(server: &Shared, link: LinkId, stream: TcpStream, mut queue: UnboundedReceiver<Vec<u8>>) {
    let (mut reader, mut writer) = stream.into_split();
    let write = async move {
        while let Some(bytes) = queue.recv().await {
            if writer.write_all(&bytes).await.is_err() {
                return;
            }
        }
    };
    let read = async {
        let mut deframer = Deframer::default();
        let mut chunk = vec![0; 16 * 1024];
        loop {
            let Ok(length @ 1..) = reader.read(&mut chunk).await else { return };
            deframer.push(&chunk[..length]);
            for frame in deframer.by_ref() {
                match frame {
                    Ok(frame) => {
                        let mut server = server.borrow_mut();
                        *server.traffic.received.entry(frame.kind()).or_default() += 1;
                        if server.drops(frame.kind()) {
                            if server.drop_closes_link {
                                return;
                            }
                            continue;
                        }
                        server.input(|node, now| node.handle_frame(now, link, frame));
                    }
                    Err(error) => {
                        server.borrow_mut().debug(format_args!("bus frame: {error}"));
                        if error.closes_link() {
                            return;
                        }
                    }
                }
            }
        }
    };
    tokio::select! {
        () = write => {}
        () = read => {}
    }
}
