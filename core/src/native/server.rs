//! The driver: the single owner of the node and of everything around it.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::fmt::Arguments;
use std::net::IpAddr;
use std::rc::{Rc, Weak};

use hashbrown::HashSet;
use tokio::sync::Notify;

use crate::base::{Instant, LinkId, Rng, SlotSet};
use crate::node::{Node, ReplicationInput};
use crate::wire::Kind;

use super::bus::LinkEnd;
use super::client::Clients;
use super::clock::Clock;
use super::commands::COMMANDS;
use super::disk::ConfFile;
use super::event_log::EventLog;
use super::feed::Feed;
use super::keyspace::Keyspace;
use super::loading::Progress;
use super::log::{Level, Log};
use super::options::Options;
use super::persist::Persist;
use super::pubsub::Subscriptions;
use super::pulse;
use super::replica::Following;

/// How tasks hold the server: borrowed between two awaits, never across one.
pub type Shared = Rc<RefCell<Server>>;

/// What was done so far.
#[derive(Debug)]
pub struct Stats {
    /// Connections taken.
    pub connections: u64,
    /// Connections refused because there are too many.
    pub rejected: u64,
    /// Clients that did not read what they were sent.
    pub output_closed: u64,
    /// Commands run.
    pub commands: u64,
    /// Keys whose time was over.
    pub expired: u64,
    /// Errors answered, by their first word.
    pub errors: BTreeMap<String, u64>,
    /// Each command, in the order of the table.
    pub of: Vec<CommandStats>,
}

/// What was done with one command.
#[derive(Clone, Copy, Debug, Default)]
pub struct CommandStats {
    /// Run.
    pub calls: u64,
    /// Refused before it ran.
    pub rejected: u64,
    /// Answered with an error.
    pub failed: u64,
}

impl Default for Stats {
    fn default() -> Self {
        Self {
            connections: 0,
            rejected: 0,
            output_closed: 0,
            commands: 0,
            expired: 0,
            errors: BTreeMap::new(),
            of: vec![CommandStats::default(); COMMANDS.len()],
        }
    }
}

/// Frames of each kind.
#[derive(Debug, Default)]
pub struct Traffic {
    /// Sent.
    pub sent: BTreeMap<Kind, u64>,
    /// Received.
    pub received: BTreeMap<Kind, u64>,
    /// Frames that were none.
    pub misframed: u64,
    /// Links that were closed because too much waited on them.
    pub overflowed: u64,
    /// How many bad frames were written down in which second.
    pub(super) complaints: (u64, u64),
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
    /// How far the loading of data is, while data is being loaded.
    pub loading: Weak<Progress>,
    /// Whether what is loaded is this node's own data of before it began.
    pub restoring: bool,
    /// Whether a primary is to be followed as soon as that is there.
    pub(super) follows_later: bool,
    /// What replicas are sent.
    pub feed: Feed,
    /// Clients for whom the process has descriptors.
    pub most_clients: usize,
    /// What keeps the data.
    pub persist: Persist,
    /// Who is connected.
    pub clients: Clients,
    /// Who listens to which channel.
    pub subscriptions: Subscriptions,
    /// What chance decides for clients, such as which member SPOP takes.
    pub chance: Rng,
    /// Time.
    pub clock: Clock,
    /// Counters.
    pub stats: Stats,
    /// Until when commands wait (CLIENT PAUSE), in Unix milliseconds.
    pub paused_until: u64,
    /// Whether only writes do.
    pub pauses_writes_only: bool,
    /// Frames of this type are dropped on receipt (DEBUG DROP-CLUSTER-PACKET-FILTER); -1 none, -2 all.
    pub dropped_kind: i32,
    /// Whether dropping one closes its link.
    pub drop_closes_link: bool,
    /// Whether keys end by themselves.
    pub active_expire: bool,
    /// The slots this node had after its last input.
    pub(super) owned: SlotSet,
    /// Keys on their way to another node: who would change them waits.
    pub moving: HashSet<Vec<u8>>,
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
    pub(super) events: Option<EventLog>,
    pub(super) me: Weak<RefCell<Self>>,
}

impl Server {
    /// A server around a node, before it serves anybody.
    pub(super) fn shared(
        options: Options,
        node: Node,
        clock: Clock,
        chance: Rng,
        conf_file: ConfFile,
        log: Log,
    ) -> Shared {
        let backlog = usize::try_from(options.cluster.repl_backlog_size).unwrap_or(usize::MAX);
        Rc::new_cyclic(|me| {
            RefCell::new(Self {
                options,
                node,
                links: BTreeMap::new(),
                following: None,
                traffic: Traffic::default(),
                keyspace: Keyspace::default(),
                loading: Weak::new(),
                restoring: false,
                follows_later: false,
                most_clients: usize::MAX,
                feed: Feed::new(backlog, 0),
                persist: Persist::default(),
                clients: Clients::default(),
                subscriptions: Subscriptions::default(),
                chance,
                clock,
                stats: Stats::default(),
                paused_until: 0,
                pauses_writes_only: false,
                dropped_kind: -1,
                drop_closes_link: false,
                active_expire: true,
                moving: HashSet::new(),
                owned: SlotSet::EMPTY,
                paused: false,
                resumed: Rc::new(Notify::new()),
                rearm: Rc::new(Notify::new()),
                ending: Rc::new(Notify::new()),
                conf_file,
                log,
                events: None,
                me: me.clone(),
            })
        })
    }

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
        self.drop_lost();
        self.tell_history();
        if self.node.poll_timeout() != before {
            self.rearm.notify_one();
        }
        answer
    }

    /// Keys of slots that another primary owns now are taken away, and from the replicas (native-node.md §6).
    /// Who lost its last slot becomes a replica and is sent everything anyway.
    fn drop_lost(&mut self) {
        // While data comes back, what is lost is found out when all of it is there.
        if self.restoring || *self.node.view().me().slots() == self.owned {
            return;
        }
        let owned = self.node.view().me().slots().clone();
        let lost = self.owned.difference(&owned);
        self.owned = owned;
        if !self.node.is_primary() {
            return;
        }
        let now_ms = self.clock.unix_ms();
        for slot in lost.iter().filter(|slot| self.node.view().owners().get(*slot).is_some()) {
            let keys: Vec<Vec<u8>> = self.keyspace.in_slot(slot).map(<[u8]>::to_vec).collect();
            for key in keys {
                self.keyspace.take(&key, now_ms);
                self.feed.append(&[b"UNLINK", &key]);
            }
        }
    }

    /// Whether a frame of this kind is to be dropped (DEBUG DROP-CLUSTER-PACKET-FILTER).
    pub fn drops(&self, kind: Kind) -> bool {
        let number = Kind::ALL.iter().position(|known| *known == kind).and_then(|at| i32::try_from(at).ok());
        self.dropped_kind == -2 || Some(self.dropped_kind) == number
    }

    /// A peer connected to the bus port.
    pub fn accepted(&mut self, remote: IpAddr, local: IpAddr) -> LinkId {
        self.input(|node, now| node.handle_accept_at(now, remote, local))
    }

    /// Options changed: the core reads them from now on.
    pub fn reconfigured(&mut self) {
        let config = self.options.config(self.clock.unix_birth_ms());
        let rules = self.options.rules;
        self.log.least = self.options.loglevel;
        self.feed.resize(usize::try_from(config.repl_backlog_size).unwrap_or(usize::MAX));
        self.input(|node, now| {
            node.set_config(now, config);
            node.set_rules(now, rules);
        });
    }

    /// Writes a line about what happened.
    pub fn notice(&mut self, words: Arguments<'_>) {
        self.line(Level::Notice, words);
    }

    /// Writes a line about what should not happen.
    pub fn warning(&mut self, words: Arguments<'_>) {
        self.line(Level::Warning, words);
    }

    /// Writes a line about what happens often.
    pub fn verbose(&mut self, words: Arguments<'_>) {
        self.line(Level::Verbose, words);
    }

    /// Writes a line for who looks for a fault.
    pub fn debug(&mut self, words: Arguments<'_>) {
        self.line(Level::Debug, words);
    }

    fn line(&mut self, level: Level, words: Arguments<'_>) {
        self.log.role = if self.node.is_primary() { 'M' } else { 'S' };
        self.log.line(self.clock.unix_ms(), level, words);
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
            () = sleep => server.borrow_mut().input(Node::handle_timeout),
            () = rearm.notified() => {}
        }
    }
}

/// How often ended keys are looked for, and how many are taken away at once.
const SWEEP: (std::time::Duration, usize) = (std::time::Duration::from_millis(100), 1000);

/// Takes away keys whose time is over. A replica waits for its primary to say so.
pub async fn keep_data(server: Shared) {
    loop {
        sleep(SWEEP.0).await;
        let mut server = server.borrow_mut();
        pulse::sweep(&mut server);
        if server.node.is_primary() {
            let (now_ms, ttl_ms) = (server.clock.unix_ms(), server.options.backlog_ttl.as_millis());
            server.feed.forget_for_nobody(now_ms, ttl_ms);
        }
        if !server.node.is_primary() || server.paused || !server.active_expire {
            continue;
        }
        let now = server.clock.unix_ms();
        for key in server.keyspace.ended(now, SWEEP.1) {
            server.keyspace.take(&key, now);
            server.stats.expired += 1;
            server.feed.append(&[b"UNLINK", &key]);
        }
    }
}

#[expect(clippy::disallowed_methods, reason = "the driver is where time comes from")]
pub(super) async fn sleep(span: std::time::Duration) {
    tokio::time::sleep(span).await;
}
