//! A host: a process that runs a node, a disk that outlives it, and what waits for the process.

use std::collections::VecDeque;
use std::sync::Arc;

use crate::base::{Address, Beside, Instant, NodeId, Rng, Rules};
use crate::cluster::{NodesConf, PeerNames};
use crate::node::{Birth, Command, Config, Durability, Node};
use crate::scenario::{DiskState, NodeName, SaveBehavior, Settings};

use super::client::Write;
use super::data::{Data, DataMessage};
use super::network::{ConnId, Parcel};

/// What the machine and the process do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Power {
    /// Both run.
    Up,
    /// The process stands still; the kernel goes on accepting and buffering.
    Paused,
    /// The process is gone; the kernel refuses.
    Down,
    /// The machine is off; nobody answers.
    Off,
}

/// What comes to a process, in the order of coming.
#[derive(Clone, Debug)]
pub(super) enum Input {
    Accept(ConnId),
    Up(ConnId),
    Down(ConnId),
    /// A frame, with its number in flight.
    Frame(ConnId, Arc<Parcel>, u64),
    Data(ConnId, DataMessage),
    Loaded(ConnId),
    Write(Write),
    Command(Command),
    Rules(Rules),
    Config(Box<Config>),
    /// The process has read what it had connections for; its timers are next.
    Timers,
}

impl Input {
    /// The number it had in flight, if it is a frame.
    pub(super) fn packet(&self) -> Option<u64> {
        if let Self::Frame(.., packet) = self { Some(*packet) } else { None }
    }
}

/// A `nodes.conf` on a disk.
#[derive(Clone, Debug)]
pub(super) struct Disk {
    pub(super) state: DiskState,
    /// What a restarted process reads.
    pub(super) written: Arc<NodesConf>,
    /// What a power cut leaves.
    pub(super) synced: Arc<NodesConf>,
    /// What is being synced now.
    pub(super) writing: Option<Arc<NodesConf>>,
}

#[derive(Clone, Debug)]
pub(super) struct Host {
    pub(super) name: NodeName,
    pub(super) id: NodeId,
    pub(super) address: Address,
    pub(super) incarnation: u32,
    pub(super) power: Power,
    pub(super) node: Option<Box<Node>>,
    pub(super) disk: Disk,
    pub(super) settings: Settings,
    pub(super) rules: Rules,
    /// Whether a synced write is under way: the process waits for it.
    pub(super) busy: bool,
    pub(super) inbox: VecDeque<Input>,
    /// The connections of the node's links, by the links' numbers.
    pub(super) links: Beside<ConnId>,
    /// The moment the agenda will wake the node at, and the token of that step.
    pub(super) timer: Option<(Instant, u64)>,
    pub(super) tokens: u64,
    pub(super) data: Data,
    rng: Rng,
}

/// Unix time at time zero; any will do, it only shows in gossip and files.
const UNIX_BIRTH_MS: u64 = 1_700_000_000_000;

impl Disk {
    fn new(conf: NodesConf) -> Self {
        let conf = Arc::new(conf);
        Self { state: DiskState::Ok, written: conf.clone(), synced: conf, writing: None }
    }

    /// Begins or does a write.
    pub(super) fn write(&mut self, conf: Arc<NodesConf>, durability: Durability, takes_time: bool) {
        match durability {
            Durability::Synced if takes_time => self.writing = Some(conf),
            Durability::Synced => {
                self.synced = conf.clone();
                self.written = conf;
            }
            Durability::Written => self.written = conf,
        }
    }

    /// A synced write is done.
    pub(super) fn finish(&mut self) {
        if let Some(conf) = self.writing.take() {
            self.synced = conf.clone();
            self.written = conf;
        }
    }
}

impl Host {
    pub(super) fn new(name: NodeName, conf: NodesConf, settings: Settings, rules: Rules, seed: &Rng) -> Self {
        let (id, address) = conf.myself().map_or_else(
            || (NodeId::random(&mut seed.clone()), Address::default()),
            |line| (line.id, line.address),
        );
        Self {
            name,
            id,
            address,
            incarnation: 0,
            power: Power::Up,
            node: None,
            disk: Disk::new(conf),
            settings,
            rules,
            busy: false,
            inbox: VecDeque::new(),
            links: Beside::default(),
            timer: None,
            tokens: 0,
            data: Data::default(),
            rng: seed.fork(&format!("host {name}")),
        }
    }

    /// The node, if its process runs and is not paused.
    pub(super) fn running(&self) -> Option<&Node> {
        if self.power == Power::Up { self.node.as_deref() } else { None }
    }

    /// Whether its operator lets nothing leave that could not be saved.
    pub(super) fn must_save(&self) -> bool {
        self.settings.config_save_behavior == SaveBehavior::Sync
    }

    /// Starts the process with what the disk holds.
    pub(super) fn start(&mut self, now: Instant) {
        let birth = Birth {
            conf: self.disk.written.clone(),
            config: self.config(),
            rules: self.rules,
            rng: self.chance("process"),
        };
        self.power = Power::Up;
        self.node = Some(Box::new(Node::new(birth, now)));
    }

    /// Ends the process; what was only in memory is gone.
    pub(super) fn stop(&mut self, power: Power) {
        self.power = power;
        self.node = None;
        self.busy = false;
        self.inbox.clear();
        self.links.clear();
        self.timer = None;
        self.disk.writing = None;
        self.data = Data { lag: self.data.lag, ..Data::default() };
        if power == Power::Off {
            self.disk.written = self.disk.synced.clone();
        }
    }

    /// Puts its timers before all that came on connections which it has not accepted yet: an event loop
    /// reads the sockets it has, looks at its clock, and only then at sockets that are new.
    pub(super) fn cron_before_new_links(&mut self) {
        let accepted = |input: &Input| if let Input::Accept(conn) = input { Some(*conn) } else { None };
        let fresh: Vec<ConnId> = self.inbox.iter().filter_map(accepted).collect();
        let is_late = |input: &Input| match input {
            Input::Accept(conn) | Input::Down(conn) | Input::Frame(conn, ..) | Input::Data(conn, _) => {
                fresh.contains(conn)
            }
            _ => false,
        };
        let (late, early): (VecDeque<Input>, VecDeque<Input>) = self.inbox.drain(..).partition(is_late);
        self.inbox = early;
        self.inbox.push_back(Input::Timers);
        self.inbox.extend(late);
    }

    /// Replaces the disk by that of a node nobody knows.
    pub(super) fn wipe(&mut self, conf: NodesConf) {
        if let Some(line) = conf.myself() {
            self.id = line.id;
        }
        self.disk = Disk { state: self.disk.state, ..Disk::new(conf) };
    }

    /// A stream of chance of this host, another one for each process.
    pub(super) fn chance(&self, what: &str) -> Rng {
        self.rng.fork(&format!("{what} {}", self.incarnation))
    }

    /// Its settings as the node takes them.
    pub(super) fn config(&self) -> Config {
        let s = &self.settings;
        Config {
            address: self.address,
            names: PeerNames { replica_priority: s.replica_priority, ..PeerNames::default() },
            unix_birth_ms: UNIX_BIRTH_MS,
            node_timeout: s.node_timeout,
            ping_interval: Some(s.ping_interval).filter(|interval| !interval.is_zero()),
            gossip_percent: u64::from(s.message_gossip_perc),
            replica_validity_factor: u64::from(s.replica_validity_factor),
            replica_no_failover: s.replica_no_failover,
            manual_failover_timeout: s.manual_failover_timeout,
            migration_barrier: s.migration_barrier,
            allow_replica_migration: s.allow_replica_migration,
            require_full_coverage: s.require_full_coverage,
            blacklist_ttl: s.blacklist_ttl,
            repl_ping_replica_period: s.repl_ping_replica_period,
            repl_timeout: s.repl_timeout,
            repl_backlog_size: s.repl_backlog_size.0,
            election_delay: s.election_delay,
        }
    }
}
