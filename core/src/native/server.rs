//! The driver: the single owner of the node and of everything around it.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::fmt::Arguments;
use std::net::IpAddr;
use std::rc::{Rc, Weak};

use tokio::sync::Notify;

use crate::base::{Instant, LinkId};
use crate::node::{Node, ReplicationInput};
use crate::wire::Kind;

use super::bus::LinkEnd;
use super::client::Clients;
use super::clock::Clock;
use super::disk::ConfFile;
use super::feed::Feed;
use super::keyspace::Keyspace;
use super::log::{Level, Log};
use super::options::Options;
use super::replica::Following;

/// How tasks hold the server: borrowed between two awaits, never across one.
pub type Shared = Rc<RefCell<Server>>;

/// Frames of each kind.
#[derive(Debug, Default)]
pub struct Traffic {
    /// Sent.
    pub sent: BTreeMap<Kind, u64>,
    /// Received.
    pub received: BTreeMap<Kind, u64>,
}

/// A running node.
#[derive(Debug)]
pub struct Server {
    /// What the operator wants.
    pub options: Options,
    /// What decides.
    pub node: Node,
    /// Ends of bus links.
    pub links: BTreeMap<LinkId, LinkEnd>,
    /// Our link to a primary.
    pub following: Option<Following>,
    /// Frames that went and came.
    pub traffic: Traffic,
    /// The data.
    pub keyspace: Keyspace,
    /// What replicas are sent.
    pub feed: Feed,
    /// Who is connected.
    pub clients: Clients,
    /// Time.
    pub clock: Clock,
    /// Whether writes wait for a manual failover.
    pub paused: bool,
    /// Told when writes may go on.
    pub resumed: Rc<Notify>,
    /// Told when the node's next timeout has changed.
    pub rearm: Rc<Notify>,
    /// Told when the process shall end.
    pub ending: Rc<Notify>,
    pub(super) conf_file: ConfFile,
    pub(super) log: Log,
    pub(super) me: Weak<RefCell<Self>>,
}

impl Server {
    /// This moment.
    pub fn now(&self) -> Instant {
        self.clock.now()
    }

    /// Gives the node an input and carries out what comes of it.
    pub fn input<T>(&mut self, input: impl FnOnce(&mut Node, Instant) -> T) -> T {
        let now = self.clock.now();
        // The offset in the next header must be that of the stream.
        let wrote = std::mem::take(&mut self.feed.untold);
        if wrote > 0 {
            self.node.handle_replication(now, ReplicationInput::Wrote(wrote));
        }
        let before = self.node.poll_timeout();
        let answer = input(&mut self.node, now);
        self.carry_all();
        if self.node.poll_timeout() != before {
            self.rearm.notify_one();
        }
        answer
    }

    /// A peer connected to the bus port.
    pub fn accepted(&mut self, remote: IpAddr) -> LinkId {
        self.input(|node, now| node.handle_accept(now, remote))
    }

    /// Options changed: the core reads them from now on.
    pub fn reconfigured(&mut self) {
        let config = self.options.config(self.clock.unix_birth_ms());
        self.input(|node, now| node.set_config(now, config));
    }

    /// Writes a line about what happened.
    pub fn notice(&mut self, words: Arguments<'_>) {
        self.log.line(self.clock.unix_ms(), Level::Notice, words);
    }

    /// Writes a line about what should not happen.
    pub fn warning(&mut self, words: Arguments<'_>) {
        self.log.line(self.clock.unix_ms(), Level::Warning, words);
    }

    /// Writes a line for who looks for a fault.
    pub fn debug(&mut self, words: Arguments<'_>) {
        self.log.line(self.clock.unix_ms(), Level::Debug, words);
    }
}

/// Wakes the node when it wants to be woken.
pub async fn keep_time(server: Shared) {
    let rearm = Rc::clone(&server.borrow().rearm);
    loop {
        let wait = {
            let server = server.borrow();
            server.node.poll_timeout().map(|(at, _)| server.clock.until(at))
        };
        let sleep = async {
            match wait {
                Some(wait) => sleep(wait).await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            () = sleep => server.borrow_mut().input(|node, now| node.handle_timeout(now)),
            () = rearm.notified() => {}
        }
    }
}

#[expect(clippy::disallowed_methods, reason = "the driver is where time comes from")]
async fn sleep(span: std::time::Duration) {
    tokio::time::sleep(span).await;
}
