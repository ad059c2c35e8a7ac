//! A cluster of processes: formed, watched, cleared away.

use std::collections::BTreeMap;
use std::fs;
use std::net::{Ipv4Addr, TcpListener};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::thread::sleep;
use std::time::{Duration, Instant};

use splitvote::base::{NodeId, SLOTS};
use splitvote::cluster::{NodeLine, NodesConf};
use splitvote::wire::NodeFlags;

use super::proxy::{self, Hall};
use splitvote::native::stage::Claim;

use super::ports::{self, Ports};
use super::{Make, Process};
use crate::target;

/// Longer than anything takes on a machine that is busy with other things.
const PATIENCE: Duration = Duration::from_mins(2);

/// Waits until something holds, and panics when it never does.
pub fn until(what: &str, mut holds: impl FnMut() -> bool) {
    let start = Instant::now();
    while !holds() {
        assert!(start.elapsed() < PATIENCE, "waited {PATIENCE:?} in vain until {what}");
        sleep(Duration::from_millis(50));
    }
}

/// What one node believes about another.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Seat {
    /// Whom it follows; nobody if it is a primary.
    pub primary: Option<NodeId>,
    /// Its slots, in words.
    pub slots: String,
    /// Whether it has failed.
    pub failed: bool,
}

/// Processes in one folder, which goes with them unless a test fails.
#[derive(Debug)]
pub struct Fleet {
    /// The nodes; in a formed cluster the primaries are first, then replicas in the same order.
    pub nodes: Vec<Process>,
    folder: PathBuf,
    claims: Vec<Claim>,
    options: Vec<String>,
    /// What passes before every bus port, if that is heard.
    hall: Option<Arc<Hall>>,
}

impl Fleet {
    /// Nodes that do not know each other.
    pub fn start(what: &str, makes: &[Make], options: &[&str]) -> Self {
        Self::start_in(what, makes, options, None)
    }

    fn start_in(what: &str, makes: &[Make], options: &[&str], hall: Option<Arc<Hall>>) -> Self {
        let folder = target("tmp/peers").join(format!("{what}-{}", std::process::id()));
        let _ = fs::remove_dir_all(&folder);
        let options = options.iter().map(|word| (*word).to_owned()).collect();
        let mut fleet = Self { nodes: Vec::new(), folder, claims: Vec::new(), options, hall };
        for make in makes {
            fleet.add(*make);
        }
        fleet.until("every node answers", |fleet| {
            fleet.nodes.iter().all(|node| node.try_ask::<String>(&["PING"]).is_ok())
        });
        fleet
    }

    /// One more node, which knows nobody; its place.
    pub fn add(&mut self, make: Make) -> usize {
        let claim = ports::claim();
        let folder = self.folder.join(format!("{}-{}", self.nodes.len(), make.name()));
        let mut its = Ports::of(&claim);
        if let Some(hall) = &self.hall {
            let door = ports::claim();
            let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, door.port)).expect("a claimed port");
            proxy::open(listener, self.nodes.len(), its.bus, Arc::clone(hall));
            its.announced = door.port;
            self.claims.push(door);
        }
        let mut node = Process::new(make, its, folder, self.options.clone());
        node.start();
        self.nodes.push(node);
        self.claims.push(claim);
        self.nodes.len() - 1
    }

    /// A cluster that serves: `primaries` share the slots, `replicas` follow them in their order, round and
    /// round.
    pub fn form(what: &str, primaries: &[Make], replicas: &[Make], options: &[&str]) -> Self {
        Self::form_in(what, primaries, replicas, options, None)
    }

    /// The same with a door before every bus port, where all frames are heard.
    pub fn form_behind_doors(what: &str, primaries: &[Make], replicas: &[Make], options: &[&str]) -> Self {
        Self::form_in(what, primaries, replicas, options, Some(Arc::default()))
    }

    fn form_in(
        what: &str,
        primaries: &[Make],
        replicas: &[Make],
        options: &[&str],
        hall: Option<Arc<Hall>>,
    ) -> Self {
        let fleet = Self::start_in(what, &[primaries, replicas].concat(), options, hall);
        let count = primaries.len();
        for (at, node) in fleet.nodes.iter().enumerate() {
            if at < count {
                let bound = |at: usize| at * usize::from(SLOTS) / count;
                let (first, last) = (bound(at).to_string(), (bound(at + 1) - 1).to_string());
                let _: String = node.ask(&["CLUSTER", "ADDSLOTSRANGE", &first, &last]);
            }
            let _: String = node.ask(&["CLUSTER", "SET-CONFIG-EPOCH", &(at + 1).to_string()]);
        }
        fleet.meet();
        for at in count..fleet.nodes.len() {
            let id = fleet.id(at % count);
            fleet.until("a primary is known to its replica", |fleet| {
                fleet.nodes[at].try_ask::<String>(&["CLUSTER", "REPLICATE", id.as_str()]).is_ok()
            });
        }
        fleet.settled();
        fleet
    }

    /// Everyone meets everyone.
    pub fn meet(&self) {
        for node in &self.nodes[1..] {
            let (port, bus) = (node.ports.client.to_string(), node.ports.announced.to_string());
            let _: String = self.nodes[0].ask(&["CLUSTER", "MEET", "127.0.0.1", &port, &bus]);
        }
        self.until("everyone knows everyone", |fleet| {
            fleet.nodes.iter().all(|node| {
                let nodes: String = node.ask(&["CLUSTER", "NODES"]);
                nodes.lines().count() == fleet.nodes.len() && !nodes.contains("handshake")
            })
        });
    }

    /// Waits until the nodes that run agree, the cluster serves, and every replica that runs is in step.
    pub fn settled(&self) {
        self.until("the cluster serves, agrees and is in step", Self::is_settled);
    }

    /// Whether the nodes that run agree, the cluster serves, and every replica that runs is in step.
    pub fn is_settled(&self) -> bool {
        let mut running = self.nodes.iter().filter(|node| node.runs());
        let serves = running.clone().all(|node| {
            let info: String = node.try_ask(&["CLUSTER", "INFO"]).unwrap_or_default();
            let replication: String = node.try_ask(&["INFO", "replication"]).unwrap_or_default();
            info.contains("cluster_state:ok")
                && (replication.contains("role:master") || replication.contains("master_link_status:up"))
        });
        let first = running.next().and_then(Self::view);
        serves && first.is_some() && running.all(|node| Self::view(node) == first)
    }

    /// What a node believes about everyone.
    pub fn view(node: &Process) -> Option<BTreeMap<NodeId, Seat>> {
        let conf: NodesConf = node.try_ask::<String>(&["CLUSTER", "NODES"]).ok()?.parse().ok()?;
        let seat = |line: &NodeLine| Seat {
            primary: line.primary,
            slots: format!("{:?}", line.slots),
            failed: line.flags.intersects(NodeFlags::FAIL | NodeFlags::PFAIL),
        };
        Some(conf.nodes.iter().map(|line| (line.id, seat(line))).collect())
    }

    /// A node's id.
    pub fn id(&self, at: usize) -> NodeId {
        let text: String = self.nodes[at].ask(&["CLUSTER", "MYID"]);
        NodeId::from_bytes(text.as_bytes()).expect("an id")
    }

    /// Whether a node that runs says it is a primary.
    pub fn leads(&self, at: usize) -> bool {
        let node = &self.nodes[at];
        node.runs()
            && node.try_ask::<String>(&["INFO", "replication"]).is_ok_and(|info| info.contains("role:master"))
    }

    /// Waits; a wait in vain tells the ends of all logs.
    pub fn until(&self, what: &str, mut holds: impl FnMut(&Self) -> bool) {
        let start = Instant::now();
        while !holds(self) {
            assert!(start.elapsed() < PATIENCE, "waited {PATIENCE:?} in vain until {what}\n{}", self.told());
            sleep(Duration::from_millis(50));
        }
    }

    /// What everyone believes and the ends of all logs, for failures.
    pub fn told(&self) -> String {
        let told = |node: &Process| {
            let nodes = if node.runs() {
                node.try_ask(&["CLUSTER", "NODES"]).unwrap_or_else(|error| error.to_string())
            } else {
                "does not run".to_owned()
            };
            let folder = node.folder().file_name().unwrap_or_default().display();
            format!("--- {folder} port {}\n{nodes}\n{}\n", node.ports.client, node.tail())
        };
        self.nodes.iter().map(told).collect()
    }

    /// What passes before every bus port, if that is heard.
    pub fn hall(&self) -> Option<&Hall> {
        self.hall.as_deref()
    }

    /// Where the nodes keep what they remember.
    pub fn folder(&self) -> &Path {
        &self.folder
    }
}

impl Drop for Fleet {
    fn drop(&mut self) {
        if std::thread::panicking() {
            eprintln!("{}\nlogs are kept in {}", self.told(), self.folder.display());
        }
        self.nodes.clear();
        if !std::thread::panicking() {
            let _ = fs::remove_dir_all(&self.folder);
        }
    }
}
