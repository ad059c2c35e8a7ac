//! A toy bus under whole nodes: instant links, one fixed latency, a data path without bytes. The
//! real world is `sim`; this one exists so that the node's own promises are tested on its own floor.

use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;
use std::sync::Arc;

use crate::base::{Address, Epoch, HistoryId, SlotSet};
use crate::cluster::NodeLine;
use crate::node::*;
use crate::wire::{Kind, Message, NodeFlags};

const LATENCY: Duration = Duration::from_millis(1);
pub(super) const T: Duration = Duration::from_secs(3);

/// A frame, a connection or a question on its way.
#[derive(Clone, Debug)]
enum Mail {
    Frame(usize, LinkId, Box<Frame>),
    Up(usize, LinkId),
    Down(usize, LinkId),
    /// A replica's question for data; void if it has asked another since.
    Psync(usize, u64, Follow),
}

/// What may go wrong on the way.
#[derive(Clone, Debug, Default)]
pub(super) struct Faults {
    /// Millionths of frames that get lost.
    pub(super) lose: u32,
    /// Millionths of frames that come twice.
    pub(super) repeat: u32,
    /// Pairs that cannot reach each other, in this direction.
    pub(super) cut: BTreeSet<(usize, usize)>,
}

/// Where a replica gets its data from.
#[derive(Clone, Copy, Debug, Default)]
struct Feed {
    /// Counts the wishes: an answer to an older one is void.
    asked: u64,
    from: Option<usize>,
}

pub(super) struct Bus {
    pub(super) now: Instant,
    pub(super) nodes: Vec<Node>,
    pub(super) alive: Vec<bool>,
    pub(super) faults: Faults,
    pub(super) chance: Rng,
    ends: BTreeMap<(usize, LinkId), (usize, LinkId)>,
    mail: BTreeMap<(Instant, u64), Mail>,
    feeds: Vec<Feed>,
    sequence: u64,
    pub(super) events: Vec<(Instant, usize, Event)>,
    pub(super) sent: Vec<(usize, usize, Message)>,
    /// Light frames that were sent.
    pub(super) light: usize,
    /// What each node has written, and what of that would survive a power cut.
    pub(super) disk: Vec<NodesConf>,
    synced: Vec<NodesConf>,
    /// Who voted for whom in which epoch, over all lives of a voter (S1, S2).
    votes: BTreeMap<(usize, Epoch), usize>,
    winners: BTreeMap<Epoch, usize>,
}

pub(super) fn id(at: usize) -> NodeId {
    format!("{}{}", ["a0", "b0", "c0", "a1", "b1", "c1"][at], "0".repeat(38)).parse().expect("an id")
}

pub(super) fn address(at: usize) -> Address {
    Address::new(IpAddr::from([127, 0, 0, 1]), 7000 + u16::try_from(at).expect("few"))
}

pub(super) fn shard(at: usize) -> ShardId {
    ["a", "b", "c"][at % 3].repeat(40).parse().expect("an id")
}

impl Bus {
    /// Three shards of one primary and one replica, formed and linked: a0 b0 c0 a1 b1 c1.
    pub(super) fn formed(rules: Rules) -> Self {
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
        for at in 3..6 {
            bus.feeds[at].from = Some(at - 3);
        }
        bus
    }

    pub(super) fn empty() -> Self {
        Self {
            now: Instant::ZERO,
            nodes: Vec::new(),
            alive: Vec::new(),
            faults: Faults::default(),
            chance: Rng::new(1),
            ends: BTreeMap::new(),
            mail: BTreeMap::new(),
            feeds: Vec::new(),
            sequence: 0,
            events: Vec::new(),
            sent: Vec::new(),
            light: 0,
            disk: Vec::new(),
            synced: Vec::new(),
            votes: BTreeMap::new(),
            winners: BTreeMap::new(),
        }
    }

    pub(super) fn add(&mut self, at: usize, conf: NodesConf, rules: Rules) {
        let config = Config { address: address(at), node_timeout: T, ..Config::default() };
        let birth = Birth { conf: Arc::new(conf.clone()), config, rules, rng: Rng::new(at as u64 + 10) };
        self.nodes.push(Node::new(birth, self.now));
        self.alive.push(true);
        self.feeds.push(Feed::default());
        self.disk.push(conf.clone());
        self.synced.push(conf);
    }

    pub(super) fn command(&mut self, at: usize, command: Command) -> Result<(), CommandError> {
        let result = self.nodes[at].handle_command(self.now, command);
        self.settled(at);
        result
    }

    fn post(&mut self, mail: Mail) {
        self.sequence += 1;
        self.mail.insert((self.now + LATENCY, self.sequence), mail);
    }

    /// Carries out what a node wants done, then looks whether its table is still whole.
    pub(super) fn settled(&mut self, at: usize) {
        if self.drain(at) {
            assert_eq!(self.nodes[at].view().check(), Ok(()), "§15.3 on node {at}:\n{}", self.trace());
        }
    }

    /// True if something changed that is worth a look.
    pub(super) fn drain(&mut self, at: usize) -> bool {
        let mut changed = false;
        while let Some(output) = self.nodes[at].poll_output() {
            match output {
                Output::Dial { link, address } => self.dial(at, link, address),
                Output::Close(link) => {
                    if let Some((to, far)) = self.ends.remove(&(at, link)) {
                        self.ends.remove(&(to, far));
                        self.post(Mail::Down(to, far));
                    }
                }
                Output::Send(link, frame) => self.send(at, link, frame),
                Output::Persist(conf, durability) => {
                    changed = true;
                    if durability == Durability::Synced {
                        self.synced[at] = (*conf).clone();
                    }
                    self.disk[at] = *conf;
                }
                Output::Notify(event) => {
                    changed = true;
                    if let Event::ElectionWon { epoch, .. } = &event {
                        let first = *self.winners.entry(*epoch).or_insert(at);
                        assert_eq!(first, at, "S4, epoch {epoch}:\n{}", self.trace());
                    }
                    self.events.push((self.now, at, event));
                }
                Output::Follow(follow) => {
                    self.feeds[at].asked += 1;
                    self.feeds[at].from = None;
                    if let Some(follow) = follow {
                        self.post(Mail::Psync(at, self.feeds[at].asked, follow));
                    }
                }
                Output::DropReplicas => self.starve(at),
                Output::StreamPing(_) => self.stream(at),
                Output::PauseWrites(_) | Output::Published { .. } => {}
            }
        }
        changed
    }

    fn dial(&mut self, at: usize, link: LinkId, address: Address) {
        let to = usize::from(address.port - 7000);
        if self.alive[to] && !self.apart(at, to) {
            let far = self.nodes[to].handle_accept(self.now, IpAddr::from([127, 0, 0, 1]));
            self.ends.insert((at, link), (to, far));
            self.ends.insert((to, far), (at, link));
            self.post(Mail::Up(at, link));
        } else {
            self.post(Mail::Down(at, link));
        }
    }

    fn apart(&self, a: usize, b: usize) -> bool {
        self.faults.cut.contains(&(a, b)) || self.faults.cut.contains(&(b, a))
    }

    fn send(&mut self, at: usize, link: LinkId, frame: Box<Frame>) {
        let Some((to, far)) = self.ends.get(&(at, link)).copied() else { return };
        match frame.as_ref() {
            Frame::Full(message) => {
                self.check_promises(at, to, message);
                self.sent.push((at, to, message.clone()));
            }
            Frame::Light(_) => self.light += 1,
        }
        if self.faults.cut.contains(&(at, to)) || self.chance.chance(self.faults.lose) {
            return;
        }
        if self.chance.chance(self.faults.repeat) {
            self.post(Mail::Frame(to, far, frame.clone()));
        }
        self.post(Mail::Frame(to, far, frame));
    }

    /// S1, S2 and S15: a voter votes once an epoch and never backwards, over all its lives; what a
    /// message promises is on disk when it leaves.
    fn check_promises(&mut self, at: usize, to: usize, message: &Message) {
        let epoch = message.header.current_epoch;
        if message.body.kind() == Kind::AuthAck {
            let newest = self.votes.range((at, Epoch::ZERO)..=(at, Epoch(u64::MAX))).next_back();
            assert!(newest.is_none_or(|((_, old), _)| *old < epoch), "S1, S2:\n{}", self.trace());
            self.votes.insert((at, epoch), to);
            assert_eq!(self.synced[at].last_vote_epoch, epoch, "S15:\n{}", self.trace());
        }
        // Versions ask first and write then, if they decide on it while settling (protocol.md appendix C).
        if message.body.kind() == Kind::AuthRequest && self.nodes[at].rules().persist_first {
            assert!(self.synced[at].current_epoch >= epoch, "S15:\n{}", self.trace());
        }
        let mine = self.disk[at].myself().expect("myself").config_epoch;
        if message.header.replica_of.is_none() {
            assert!(mine >= message.header.config_epoch, "a claim left before it was durable");
        }
    }

    /// Everyone who is fed by this node loses the stream.
    fn starve(&mut self, at: usize) {
        for replica in 0..self.nodes.len() {
            if self.feeds[replica].from == Some(at) {
                self.feeds[replica].from = None;
                if self.alive[replica] {
                    self.nodes[replica].handle_replication(self.now, ReplicationInput::Lost);
                    self.settled(replica);
                }
            }
        }
    }

    /// Everyone who is fed by this node gets what is new.
    fn stream(&mut self, at: usize) {
        let offset = self.nodes[at].offset();
        for replica in 0..self.nodes.len() {
            if self.feeds[replica].from == Some(at) && self.alive[replica] && !self.apart(at, replica) {
                self.nodes[replica].handle_replication(self.now, ReplicationInput::Applied(offset));
                self.settled(replica);
            }
        }
    }

    /// A client writes to a primary.
    pub(super) fn write(&mut self, at: usize, bytes: u64) {
        self.nodes[at].handle_replication(self.now, ReplicationInput::Wrote(bytes));
        self.settled(at);
        self.stream(at);
    }

    fn psync(&mut self, at: usize, follow: Follow) {
        let from = usize::from(follow.address.port - 7000);
        let up = self.alive[from] && !self.apart(at, from) && self.nodes[from].id() == follow.primary;
        let answer = self.nodes[from].answer_psync(PsyncRequest { from: follow.psync });
        let inputs = match answer {
            PsyncAnswer::Continue(history) if up => {
                vec![ReplicationInput::Connected, ReplicationInput::Continued(history)]
            }
            PsyncAnswer::Full(point) if up => vec![
                ReplicationInput::Connected,
                ReplicationInput::FullSync(point),
                ReplicationInput::Loading,
                ReplicationInput::Loaded,
            ],
            _ => vec![ReplicationInput::Refused],
        };
        let asked = self.feeds[at].asked;
        for input in inputs {
            self.nodes[at].handle_replication(self.now, input);
            self.settled(at);
        }
        if up && self.feeds[at].asked == asked && self.nodes[at].replication().streaming() {
            self.feeds[at].from = Some(from);
            self.stream(from);
        }
    }

    pub(super) fn kill(&mut self, at: usize) {
        self.alive[at] = false;
        self.feeds[at].from = None;
        self.starve(at);
        self.unlink(|host, _| host == at);
    }

    /// Ends the links for which `wanted(here, there)` holds.
    pub(super) fn unlink(&mut self, wanted: impl Fn(usize, usize) -> bool) {
        let ends: Vec<_> = self
            .ends
            .iter()
            .filter(|((host, _), (to, _))| wanted(*host, *to))
            .map(|(a, b)| (*a, *b))
            .collect();
        for (near, far) in ends {
            if self.ends.remove(&near).is_some() {
                self.ends.remove(&far);
                self.post(Mail::Down(near.0, near.1));
                self.post(Mail::Down(far.0, far.1));
            }
        }
    }

    /// Starts a dead node from its disk; after a power cut, from what of it was synced.
    pub(super) fn restart(&mut self, at: usize, power_cut: bool) {
        if power_cut {
            self.disk[at] = self.synced[at].clone();
        }
        let conf = Arc::new(self.disk[at].to_string().parse().expect("what was written can be read"));
        let (config, rules) = (self.nodes[at].config().clone(), *self.nodes[at].rules());
        let old = std::mem::take(&mut self.nodes[at].links);
        let rng = Rng::new(self.chance.next_u64());
        self.nodes[at] = Node::new(Birth { conf, config, rules, rng }, self.now);
        // Numbers of links are never used twice, not even by another life of the node.
        self.nodes[at].links.continue_after(&old);
        self.alive[at] = true;
        self.settled(at);
    }

    pub(super) fn run(&mut self, span: Duration) {
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
                    self.settled(at);
                }
                _ => break,
            }
        }
        self.now = end;
    }

    fn deliver(&mut self, mail: Mail) {
        let (Mail::Frame(at, ..) | Mail::Up(at, _) | Mail::Down(at, _) | Mail::Psync(at, ..)) = mail;
        if !self.alive[at] {
            return;
        }
        match mail {
            Mail::Frame(_, link, frame) => self.nodes[at].handle_frame(self.now, link, *frame),
            Mail::Up(_, link) => self.nodes[at].handle_link_up(self.now, link),
            Mail::Down(_, link) => self.nodes[at].handle_link_down(self.now, link),
            Mail::Psync(_, asked, follow) if asked == self.feeds[at].asked => self.psync(at, follow),
            Mail::Psync(..) => {}
        }
        self.settled(at);
    }

    pub(super) fn saw(&self, at: usize, wanted: impl Fn(&Event) -> bool) -> bool {
        self.events.iter().any(|(_, node, event)| *node == at && wanted(event))
    }

    pub(super) fn trace(&self) -> String {
        let lines: Vec<String> =
            self.events.iter().map(|(when, at, event)| format!("{when} {:?} {event}", id(*at))).collect();
        lines.join("\n")
    }
}
