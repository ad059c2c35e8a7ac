//! Whole nodes on a toy bus: instant links, one fixed latency. The real world is `sim`; this one
//! exists so that the node's own promises are tested on its own floor.

use std::collections::BTreeMap;
use std::net::IpAddr;

use super::*;
use crate::base::{Address, Epoch, HistoryId, SlotSet};
use crate::cluster::NodeLine;
use crate::wire::{Kind, Message, NodeFlags};

const LATENCY: Duration = Duration::from_millis(1);
const T: Duration = Duration::from_secs(3);

/// A frame or a connection on its way.
#[derive(Clone, Debug)]
enum Mail {
    Frame(usize, LinkId, Box<Frame>),
    Up(usize, LinkId),
    Down(usize, LinkId),
}

struct Bus {
    now: Instant,
    nodes: Vec<Node>,
    alive: Vec<bool>,
    ends: BTreeMap<(usize, LinkId), (usize, LinkId)>,
    mail: BTreeMap<(Instant, u64), Mail>,
    sequence: u64,
    events: Vec<(Instant, usize, Event)>,
    sent: Vec<(usize, usize, Message)>,
    /// What each node has on disk, and whether everything it sent since depends on it.
    disk: Vec<NodesConf>,
}

fn id(at: usize) -> NodeId {
    format!("{}{}", ["a0", "b0", "c0", "a1", "b1", "c1"][at], "0".repeat(38)).parse().expect("an id")
}

fn address(at: usize) -> Address {
    Address::new(IpAddr::from([127, 0, 0, 1]), 7000 + u16::try_from(at).expect("few"))
}

fn shard(at: usize) -> ShardId {
    ["a", "b", "c"][at % 3].repeat(40).parse().expect("an id")
}

impl Bus {
    /// Three shards of one primary and one replica, formed and linked: a0 b0 c0 a1 b1 c1.
    fn formed(rules: Rules) -> Self {
        let ranges = [(0, 5460), (5461, 10_922), (10_923, 16_383)];
        let lines: Vec<NodeLine> = (0..6)
            .map(|at| {
                let flags = if at < 3 { NodeFlags::PRIMARY } else { NodeFlags::REPLICA };
                let mut line = NodeLine::new(id(at), address(at), flags);
                line.shard = Some(shard(at));
                line.config_epoch = Epoch(at as u64 % 3 + 1);
                if at < 3 {
                    line.slots = SlotSet::from_ranges([ranges[at]]);
                } else {
                    line.primary = Some(id(at - 3));
                }
                line
            })
            .collect();
        let mut bus = Self::empty();
        for at in 0..6 {
            let mut nodes = lines.clone();
            nodes[at].flags.insert(NodeFlags::MYSELF);
            let conf = NodesConf { nodes, current_epoch: Epoch(3), last_vote_epoch: Epoch::ZERO };
            bus.add(at, conf, rules);
        }
        for at in 0..6 {
            let history: HistoryId = ["a", "b", "c"][at % 3].repeat(40).parse().expect("an id");
            bus.nodes[at].assume_formed(Instant::ZERO, HistoryPoint { history, offset: Offset(100) });
            bus.drain(at);
        }
        bus
    }

    fn empty() -> Self {
        Self {
            now: Instant::ZERO,
            nodes: Vec::new(),
            alive: Vec::new(),
            ends: BTreeMap::new(),
            mail: BTreeMap::new(),
            sequence: 0,
            events: Vec::new(),
            sent: Vec::new(),
            disk: Vec::new(),
        }
    }

    fn add(&mut self, at: usize, conf: NodesConf, rules: Rules) {
        let config = Config { address: address(at), node_timeout: T, ..Config::default() };
        let birth = Birth { conf: conf.clone(), config, rules, rng: Rng::new(at as u64 + 10) };
        self.nodes.push(Node::new(birth, self.now));
        self.alive.push(true);
        self.disk.push(conf);
    }

    fn post(&mut self, mail: Mail) {
        self.sequence += 1;
        self.mail.insert((self.now + LATENCY, self.sequence), mail);
    }

    fn drain(&mut self, at: usize) {
        while let Some(output) = self.nodes[at].poll_output() {
            match output {
                Output::Dial { link, address } => {
                    let to = usize::from(address.port - 7000);
                    if self.alive[to] {
                        let far = self.nodes[to].handle_accept(self.now, IpAddr::from([127, 0, 0, 1]));
                        self.ends.insert((at, link), (to, far));
                        self.ends.insert((to, far), (at, link));
                        self.post(Mail::Up(at, link));
                    } else {
                        self.post(Mail::Down(at, link));
                    }
                }
                Output::Close(link) => {
                    if let Some((to, far)) = self.ends.remove(&(at, link)) {
                        self.ends.remove(&(to, far));
                        self.post(Mail::Down(to, far));
                    }
                }
                Output::Send(link, frame) => {
                    if let Some((to, far)) = self.ends.get(&(at, link)).copied() {
                        if let Frame::Full(message) = frame.as_ref() {
                            self.check_durable(at, message);
                            self.sent.push((at, to, message.clone()));
                        }
                        self.post(Mail::Frame(to, far, frame));
                    }
                }
                Output::Persist(conf, _) => self.disk[at] = *conf,
                Output::Notify(event) => self.events.push((self.now, at, event)),
                Output::Follow(_) | Output::DropReplicas | Output::StreamPing(_) | Output::PauseWrites(_) => {
                }
            }
        }
    }

    /// S15: what a message promises is on disk when it leaves.
    fn check_durable(&self, at: usize, message: &Message) {
        let disk = &self.disk[at];
        let mine = disk.myself().expect("myself").config_epoch;
        match message.body.kind() {
            Kind::AuthAck => assert_eq!(disk.last_vote_epoch, message.header.current_epoch),
            Kind::AuthRequest => assert!(disk.current_epoch >= message.header.current_epoch),
            _ => {}
        }
        if message.header.replica_of.is_none() {
            assert!(mine >= message.header.config_epoch, "a claim left before it was durable");
        }
    }

    fn kill(&mut self, at: usize) {
        self.alive[at] = false;
        let ends: Vec<_> =
            self.ends.iter().filter(|((host, _), _)| *host == at).map(|(a, b)| (*a, *b)).collect();
        for (near, (to, far)) in ends {
            self.ends.remove(&near);
            self.ends.remove(&(to, far));
            self.post(Mail::Down(to, far));
        }
    }

    fn run(&mut self, span: Duration) {
        let end = self.now + span;
        loop {
            let timer = (0..self.nodes.len())
                .filter(|at| self.alive[*at])
                .filter_map(|at| self.nodes[at].poll_timeout().map(|(when, _)| (when, at)))
                .min();
            let mail = self.mail.keys().next().copied();
            match (mail, timer) {
                (Some(key), timer) if key.0 <= end && timer.is_none_or(|(when, _)| key.0 <= when) => {
                    self.now = key.0;
                    let mail = self.mail.remove(&key).expect("a key just seen");
                    self.deliver(mail);
                }
                (_, Some((when, at))) if when <= end => {
                    self.now = when;
                    self.nodes[at].handle_timeout(when);
                    self.drain(at);
                }
                _ => break,
            }
        }
        self.now = end;
    }

    fn deliver(&mut self, mail: Mail) {
        let (Mail::Frame(at, ..) | Mail::Up(at, _) | Mail::Down(at, _)) = mail;
        if !self.alive[at] {
            return;
        }
        match mail {
            Mail::Frame(_, link, frame) => self.nodes[at].handle_frame(self.now, link, *frame),
            Mail::Up(_, link) => self.nodes[at].handle_link_up(self.now, link),
            Mail::Down(_, link) => self.nodes[at].handle_link_down(self.now, link),
        }
        assert_eq!(self.nodes[at].view().check(), Ok(()), "protocol.md §15.3 on node {at}");
        self.drain(at);
    }

    fn saw(&self, at: usize, wanted: impl Fn(&Event) -> bool) -> bool {
        self.events.iter().any(|(_, node, event)| *node == at && wanted(event))
    }

    fn trace(&self) -> String {
        let lines: Vec<String> =
            self.events.iter().map(|(when, at, event)| format!("{when} {:?} {event}", id(*at))).collect();
        lines.join("\n")
    }
}

#[test]
fn a_calm_cluster_stays_as_it_is() {
    let mut bus = Bus::formed(Rules::default());
    bus.run(Duration::from_secs(20));
    assert_eq!(bus.trace(), "");
    for node in &bus.nodes {
        assert_eq!((node.health(), node.view().current_epoch), (Health::Ok, Epoch(3)));
        assert_eq!(node.view().len(), 6);
    }
}

#[test]
fn a_sole_replica_replaces_a_dead_primary_without_delay() {
    let mut bus = Bus::formed(Rules::default());
    bus.run(Duration::from_secs(1));
    bus.kill(0);
    bus.run(Duration::from_secs(8));
    let trace = bus.trace();
    assert!(bus.nodes[3].is_primary(), "{trace}");
    for at in 1..6 {
        assert_eq!(bus.nodes[at].owner_of(Slot::new(0).expect("a slot")), Some(id(3)), "{trace}");
        assert_eq!(bus.nodes[at].health(), Health::Ok, "{trace}");
    }
    let best = |event: &Event| matches!(event, Event::ElectionScheduled { best: true, delay, .. } if delay.is_zero());
    assert!(bus.saw(3, best), "{trace}");
    assert_eq!(bus.nodes[3].view().me().config_epoch, Epoch(4));
}

#[test]
fn three_nodes_that_meet_become_one_cluster() {
    let mut bus = Bus::empty();
    for at in 0..3 {
        bus.add(at, NodesConf::fresh(id(at), shard(at), address(at)), Rules::default());
        bus.drain(at);
    }
    for (at, range) in [(0, 5460), (5461, 10_922), (10_923, 16_383)].into_iter().enumerate() {
        let slots = SlotSet::from_ranges([range]);
        assert_eq!(bus.nodes[at].handle_command(bus.now, Command::AddSlots(slots)), Ok(()));
        bus.drain(at);
    }
    for other in [1, 2] {
        assert_eq!(bus.nodes[0].handle_command(bus.now, Command::Meet(address(other))), Ok(()));
    }
    bus.drain(0);
    bus.run(Duration::from_secs(12));
    let trace = bus.trace();
    let mut epochs = Vec::new();
    for node in &bus.nodes {
        assert_eq!((node.view().len(), node.health()), (3, Health::Ok), "{trace}");
        epochs.push(node.view().me().config_epoch);
    }
    epochs.sort();
    epochs.dedup();
    assert_eq!(epochs.len(), 3, "collisions are resolved: {trace}");
}

#[test]
fn a_node_that_returns_follows_the_one_that_replaced_it() {
    let mut bus = Bus::formed(Rules::default());
    bus.run(Duration::from_secs(1));
    bus.kill(0);
    bus.run(Duration::from_secs(8));
    let conf = bus.disk[0].to_string().parse().expect("what was written can be read");
    let config = bus.nodes[0].config().clone();
    bus.nodes[0] = Node::new(Birth { conf, config, rules: Rules::default(), rng: Rng::new(99) }, bus.now);
    bus.alive[0] = true;
    bus.drain(0);
    bus.run(Duration::from_secs(10));
    let trace = bus.trace();
    assert_eq!(bus.nodes[0].primary(), Some(id(3)), "{trace}");
    for node in &bus.nodes {
        assert_eq!(node.health(), Health::Ok, "{trace}");
        assert_eq!(
            node.view().get(id(0)).and_then(|peer| peer.replica_of),
            node.view().lookup(id(3)),
            "{trace}"
        );
    }
}

#[test]
fn takeover_needs_nobody() {
    let mut bus = Bus::formed(Rules::default());
    bus.run(Duration::from_secs(1));
    assert_eq!(bus.nodes[3].handle_command(bus.now, Command::Failover(FailoverMode::Takeover)), Ok(()));
    bus.drain(3);
    bus.run(Duration::from_secs(2));
    assert!(bus.nodes[3].is_primary() && !bus.nodes[0].is_primary(), "{}", bus.trace());
}

#[test]
fn a_manual_failover_waits_for_the_pause_and_wins_without_a_failure() {
    let mut bus = Bus::formed(Rules::default());
    bus.run(Duration::from_secs(1));
    assert_eq!(bus.nodes[3].handle_command(bus.now, Command::Failover(FailoverMode::Default)), Ok(()));
    bus.drain(3);
    bus.run(Duration::from_secs(2));
    let trace = bus.trace();
    assert!(bus.nodes[3].is_primary() && bus.nodes[0].primary() == Some(id(3)), "{trace}");
    assert!(!bus.nodes[0].manual().active(), "the old primary resumes: {trace}");
    assert!(!bus.saw(3, |event| matches!(event, Event::FailTold { .. } | Event::FailMarked { .. })));
}

#[test]
fn a_minority_elects_nobody() {
    let mut bus = Bus::formed(Rules::default());
    bus.run(Duration::from_secs(1));
    bus.kill(0);
    bus.kill(1);
    bus.run(Duration::from_secs(40));
    assert!(!bus.nodes[3].is_primary() && !bus.nodes[4].is_primary(), "{}", bus.trace());
    assert_eq!(bus.nodes[2].health(), Health::Minority);
}

#[test]
fn a_nack_goes_only_to_those_who_said_they_understand_it() {
    let mut bus = Bus::formed(Rules::default());
    let mut old = Rules::default();
    assert_eq!(old.set("nack", "off"), Ok(()));
    bus.nodes[3].set_rules(Instant::ZERO, old);
    bus.run(Duration::from_secs(2));
    // Asks although nothing is wrong: every voter refuses.
    let config = Config { replica_validity_factor: 0, ..bus.nodes[3].config().clone() };
    bus.nodes[3].set_config(bus.now, config);
    for (at, told) in [(3, 0), (4, 2)] {
        bus.sent.clear();
        let voters: Vec<usize> = (0..3).collect();
        for voter in &voters {
            let candidate = id(at);
            let link = bus.nodes[*voter].view().get(candidate).and_then(|peer| peer.inbound).expect("linked");
            let mut header = bus.nodes[at].header();
            header.current_epoch = header.current_epoch.next();
            let frame = Frame::Full(Message { header, body: crate::wire::Body::AuthRequest });
            bus.nodes[*voter].handle_frame(bus.now, link, frame);
            bus.drain(*voter);
        }
        let nacks = bus.sent.iter().filter(|(_, _, message)| message.body.kind() == Kind::AuthNack).count();
        assert!(nacks >= told && (told > 0 || nacks == 0), "{nacks} nacks to {:?}", id(at));
    }
}
