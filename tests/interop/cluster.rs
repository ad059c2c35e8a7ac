//! A cluster of real servers that plays a script.

use std::collections::BTreeMap;
use std::fs;
use std::net::{Ipv4Addr, TcpListener};
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU16, Ordering};
use std::thread::sleep;
use std::time::{Duration, Instant};

use harness::fleet::proxy::{self, Gate, Hall, Passed};
use harness::fleet::{Make, Ports, Process as Server, slot_of};
use splitvote::base::{Address, Epoch, NodeId, ShardId, Slot};
use splitvote::cluster::{NodeLine, NodesConf};
use splitvote::scenario::{Action, FailoverMode, NodeName, Run, Script, Selector, Statement};
use splitvote::wire::NodeFlags;

use super::tale::{Row, Told};

/// How long a cluster may take to be one.
const FORMING: Duration = Duration::from_secs(30);

/// So much of a script has passed when a cluster has formed: nothing happens in that time, and what is
/// said in it tells who everyone is.
const BEFORE: Duration = Duration::from_secs(2);

/// What a run left behind.
pub(crate) struct Recording {
    /// Every frame, in the words of the comparison.
    pub(crate) told: Vec<Told>,
    /// What each node that runs believes at the end.
    pub(crate) views: BTreeMap<NodeName, Vec<Row>>,
    /// Frames our codec did not take or gave back differently.
    pub(crate) odd: Vec<String>,
    /// The frames themselves.
    pub(crate) frames: Vec<Vec<u8>>,
}

pub(crate) struct Cluster {
    names: Vec<NodeName>,
    servers: Vec<Server>,
    hall: Arc<Hall>,
    folder: PathBuf,
    /// A slot of each shard; none of one without slots.
    slots: Vec<Option<u16>>,
}

/// The id of a node: as in the simulator, ids sort as names do.
pub(crate) fn id(name: NodeName) -> NodeId {
    let text = format!("{:0<40}", format!("{}x", name.to_string().to_lowercase()));
    NodeId::from_bytes(text.as_bytes()).expect("letters and digits")
}

fn shard_id(name: NodeName) -> ShardId {
    let text = format!("{:0<40}", format!("{}y", name.shard.to_string().to_lowercase()));
    ShardId::from_bytes(text.as_bytes()).expect("letters and digits")
}

impl Cluster {
    /// The cluster of a script, formed: every node starts with the `nodes.conf` of a cluster that has
    /// been one before, so its ids and epochs are those of the simulator's time zero.
    pub(crate) fn form(make: Make, script: &Script, what: &str) -> Self {
        let names = script.cluster.nodes();
        let hall = Arc::new(Hall::default());
        let doors: Vec<(Ports, TcpListener)> = names.iter().map(|_| ports()).collect();
        let timeout = script.common_settings().node_timeout.as_millis().to_string();
        let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR"))
            .join("../target/tmp/interop")
            .join(format!("{what}-{}", std::process::id()));
        let _ = fs::remove_dir_all(&folder);
        let mut servers = Vec::new();
        for (at, name) in names.iter().enumerate() {
            let conf = conf(make, script, *name, &doors);
            let options = vec!["--cluster-node-timeout".to_owned(), timeout.clone()];
            let server = Server::new(make, doors[at].0, folder.join(name.to_string()), options);
            server.remember(&conf);
            servers.push(server);
        }
        for (door, (ports, listener)) in doors.into_iter().enumerate() {
            proxy::open(listener, door, ports.bus, hall.clone());
        }
        let slots = script.cluster.shards().into_iter().map(|shard| shard.slots.first().map(Slot::get));
        let mut cluster = Self { names, servers, hall, folder, slots: slots.collect() };
        cluster.servers.iter_mut().for_each(Server::start);
        cluster.settle();
        cluster
    }

    /// Waits until everyone says that the cluster works, and every replica has data.
    fn settle(&self) {
        let start = Instant::now();
        let ready = |server: &Server| {
            let info: String = server.try_ask(&["CLUSTER", "INFO"]).unwrap_or_default();
            let replication: String = server.try_ask(&["INFO", "replication"]).unwrap_or_default();
            info.contains("cluster_state:ok") && !replication.contains("master_link_status:down")
        };
        while !self.servers.iter().all(ready) {
            assert!(start.elapsed() < FORMING, "no cluster after {FORMING:?}:\n{}", self.logs());
            sleep(Duration::from_millis(100));
        }
        // Something to replicate, so that no offset is zero; then a round of pings that tell it.
        for at in 0..self.names.len() {
            if self.names[at].index == 0 {
                self.write(at, 10);
            }
        }
        sleep(Duration::from_secs(3));
    }

    fn logs(&self) -> String {
        let log = |(name, server): (&NodeName, &Server)| format!("--- {name}\n{}", server.tail());
        self.names.iter().zip(&self.servers).map(log).collect::<Vec<_>>().join("\n")
    }

    fn write(&self, at: usize, count: u32) {
        let Some(slot) = self.slots[usize::from(self.names[at].shard.0)] else { return };
        let key = key_of(slot);
        for _ in 0..count {
            let _: String = self.servers[at].ask(&["SET", &key, &"x".repeat(100)]);
        }
    }

    /// Plays the statements of the script; those that happen at the same moment in their order.
    pub(crate) fn play(&mut self, script: &Script) -> Recording {
        // The cluster has stood formed for a while: its time zero has passed already.
        let zero = Instant::now().checked_sub(BEFORE).unwrap_or_else(Instant::now);
        let mut end = Duration::ZERO;
        for statement in &script.statements {
            match &statement.value {
                Statement::At { at, action } => {
                    let at = Duration::from_micros(at.as_micros());
                    sleep(at.saturating_sub(zero.elapsed()));
                    self.act(action);
                }
                Statement::Run(Run::For(span)) => end += Duration::from_micros(span.as_micros()),
                Statement::Expect { .. } => {}
                other => panic!("real servers are not taught {other:?}"),
            }
        }
        sleep(end.saturating_sub(zero.elapsed()));
        self.recording(zero)
    }

    fn recording(&self, zero: Instant) -> Recording {
        let views = self.names.iter().zip(&self.servers).filter(|(_, server)| server.runs());
        let views = views.map(|(name, server)| (*name, self.view(server))).collect();
        let mut passed = self.hall.passed.lock().expect("the doors do not panic").clone();
        passed.sort_by_key(|passed| passed.at);
        let name = |id: NodeId| self.names.iter().copied().find(|name| self::id(*name) == id);
        let tell = |passed: &Passed| {
            let at = passed.at.saturating_duration_since(zero).as_micros();
            Told::of(u64::try_from(at).unwrap_or(u64::MAX), &passed.bytes, &name)
        };
        // Whoever speaks to a door is at the other end of what the door answers.
        let inward = passed.iter().filter(|passed| !passed.outward);
        let callers: BTreeMap<u64, NodeName> =
            inward.filter_map(|passed| Some((passed.connection, tell(passed)?.from))).collect();
        let told = passed.iter().filter(|passed| passed.at >= zero).filter_map(|passed| {
            let door = self.names[passed.door];
            let to = if passed.outward { *callers.get(&passed.connection)? } else { door };
            Some(Told { to, reply: passed.outward, ..tell(passed)? })
        });
        Recording {
            told: told.collect(),
            views,
            odd: self.hall.odd.lock().expect("the doors do not panic").clone(),
            frames: passed.iter().map(|passed| passed.bytes.clone()).collect(),
        }
    }

    fn view(&self, server: &Server) -> Vec<Row> {
        let text: String = server.ask(&["CLUSTER", "NODES"]);
        let conf: NodesConf = text.parse().unwrap_or_else(|error| panic!("{error}\n{text}"));
        Row::all(&conf, &|of| self.names.iter().copied().find(|name| id(*name) == of))
    }

    fn place(&self, selector: Selector) -> usize {
        let Selector::Node(name) = selector else { panic!("real servers are called by name: {selector:?}") };
        self.names.iter().position(|other| *other == name).expect("a node of the script")
    }

    fn act(&mut self, action: &Action) {
        let places =
            |nodes: &[Selector]| -> Vec<usize> { nodes.iter().map(|node| self.place(*node)).collect() };
        match action {
            Action::Kill(nodes) => {
                for at in places(nodes) {
                    self.hall.closed.lock().expect("the doors do not panic").push(at);
                    self.servers[at].kill();
                }
            }
            Action::Restart { nodes, wiped: false } => {
                for at in places(nodes) {
                    self.hall.closed.lock().expect("the doors do not panic").retain(|closed| *closed != at);
                    self.servers[at].start();
                }
            }
            Action::Pause(nodes) => places(nodes).into_iter().for_each(|at| self.servers[at].pause()),
            Action::Resume(nodes) => places(nodes).into_iter().for_each(|at| self.servers[at].resume()),
            Action::Write { count, to } => self.write(self.place(*to), *count),
            Action::Failover { node, mode } => {
                let mut words = vec!["CLUSTER", "FAILOVER"];
                match mode {
                    FailoverMode::Graceful => {}
                    FailoverMode::Force => words.push("FORCE"),
                    FailoverMode::Takeover => words.push("TAKEOVER"),
                }
                let _: String = self.servers[self.place(*node)].ask(&words);
            }
            Action::Replicate { node, primary } => {
                let whom = id(self.names[self.place(*primary)]);
                let _: String = self.servers[self.place(*node)].ask(&["CLUSTER", "REPLICATE", whom.as_str()]);
            }
            Action::Hold(filter) => self.gates(filter.kind, Some(Gate::Hold)),
            Action::Drop { filter, times: None } => self.gates(filter.kind, Some(Gate::Drop)),
            Action::Release(filter) => self.gates(filter.kind, None),
            other => panic!("real servers are not taught {other:?}"),
        }
    }

    fn gates(&self, kind: Option<splitvote::wire::Kind>, gate: Option<Gate>) {
        let mut gates = self.hall.gates.lock().expect("the doors do not panic");
        gates.retain(|(of, _)| Some(*of) != kind);
        gates.extend(kind.zip(gate));
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        self.servers.clear();
        if !std::thread::panicking() {
            let _ = fs::remove_dir_all(&self.folder);
        }
    }
}

/// A key of this slot, found by trying.
fn key_of(slot: u16) -> String {
    let of = |key: &String| slot_of(key) == slot;
    (0..u32::MAX).map(|number| format!("k{number}")).find(of).unwrap_or_default()
}

static NEXT: AtomicU16 = AtomicU16::new(0);

/// Three ports that nobody has, and the door's listener. From a range below those that systems give
/// to callers; test processes begin at different places.
fn ports() -> (Ports, TcpListener) {
    let base = 10_000 + u16::try_from(std::process::id() % 400).unwrap_or(0) * 50;
    let free = || loop {
        let port = base + NEXT.fetch_add(1, Ordering::Relaxed) % 10_000;
        if let Ok(listener) = TcpListener::bind((Ipv4Addr::LOCALHOST, port)) {
            return (port, listener);
        }
    };
    let ((client, _first), (bus, _second), (announced, listener)) = (free(), free(), free());
    (Ports { client, bus, announced }, listener)
}

/// The first `nodes.conf` of a node. 7.0 knows neither shards nor auxiliary fields.
fn conf(make: Make, script: &Script, me: NodeName, doors: &[(Ports, TcpListener)]) -> String {
    let shards = script.cluster.shards();
    let line = |(name, (ports, _)): (&NodeName, &(Ports, TcpListener))| {
        let role = if name.index == 0 { NodeFlags::PRIMARY } else { NodeFlags::REPLICA };
        let myself = if *name == me { NodeFlags::MYSELF } else { NodeFlags::empty() };
        let address = Address {
            ip: Some(Ipv4Addr::LOCALHOST.into()),
            port: ports.client,
            pport: 0,
            cport: ports.announced,
        };
        let mut line = NodeLine::new(id(*name), address, role | myself);
        line.shard = Some(shard_id(*name));
        line.config_epoch = Epoch(u64::from(name.shard.0) + 1);
        if name.index == 0 {
            line.slots = shards[usize::from(name.shard.0)].slots.clone();
        } else {
            line.primary = Some(id(NodeName::new(name.shard.0, 0)));
        }
        line
    };
    let names = script.cluster.nodes();
    let nodes = names.iter().zip(doors).map(line).collect();
    let conf = NodesConf { nodes, current_epoch: Epoch(shards.len() as u64), last_vote_epoch: Epoch::ZERO };
    let text = conf.to_string();
    match make {
        Make::Valkey | Make::Ours => text,
        Make::Redis => text.lines().map(without_aux).collect(),
    }
}

fn without_aux(line: &str) -> String {
    let words = line.split(' ').enumerate();
    let words = words.map(|(at, word)| if at == 1 { word.split(',').next().unwrap_or(word) } else { word });
    words.collect::<Vec<_>>().join(" ") + "\n"
}
