//! A whole node: inputs in, outputs out, nothing else. This is the only floor that queues.
//!
//! Four kinds of method. **In:** `handle_*`, each with the moment. **Out:** [`Node::poll_output`]
//! until `None` after every input (*drain*), carried out one after the other (*order*), and
//! [`Node::poll_timeout`]. **Wishes:** [`Node::handle_command`], `set_*`. **Looks:** the rest.
//!
//! What is *not* here: rules (see `protocol`), sockets, files, clocks (see `native`, `sim`).
//! Where to start: `dispatch` for what a frame does, `cron` for what time does, `elect` for how a
//! replica becomes a primary, `settle` for what happens at the end of every input.

pub mod command;
mod commands;
mod conf;
pub mod config;
mod cron;
mod dispatch;
mod elect;
pub mod event;
mod gossip_in;
mod links;
pub mod output;
mod publish;
mod replicate;
pub mod replication_input;
mod roles;
mod send;
mod settle;
mod suspect;
mod told;
mod votes;

use std::collections::VecDeque;
use std::fmt;
use std::net::IpAddr;
use std::sync::Arc;

use crate::base::{Address, Duration, Instant, LinkId, NodeId, Offset, Rng, Rules, ShardId, Slot, SlotSet};
use crate::cluster::{ClusterView, NodesConf, OpenSlot, PeerIx};
use crate::protocol::election::Election;
use crate::protocol::health::{Health, Judgement};
use crate::protocol::manual::Manual;
use crate::protocol::membership;
use crate::protocol::replication::{HistoryPoint, Path, PsyncAnswer, PsyncRequest, Replication};
use crate::protocol::voting::Ballot;
use crate::wire::Frame;

pub use command::{Command, CommandError, FailoverMode};
pub use config::Config;
pub use event::{Event, FollowCause};
pub use output::{Durability, Follow, Output};
pub use replication_input::ReplicationInput;
pub use told::{Namer, Told};

use event::Unfit;
use links::Links;
use settle::Todo;

/// Period of the cluster cron.
pub const CRON: Duration = Duration::from_millis(100);
/// Period of replication upkeep.
const REPLICATION_RETRY: Duration = Duration::from_secs(1);
/// Bytes of a PING in the replication stream (protocol.md §10.7).
const STREAM_PING_BYTES: u64 = 14;

/// Why a node wants to be woken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Timer {
    /// The 100 ms round: pings, suspicions, links, elections.
    Cron,
    /// A replica without a link to its primary tries again.
    ReplicationRetry,
    /// A primary shows its replicas that it lives.
    ReplicationPing,
}

/// What a node is made of.
#[derive(Clone, Debug)]
pub struct Birth {
    /// What it remembers.
    pub conf: Arc<NodesConf>,
    /// What its operator wants.
    pub config: Config,
    /// What it obeys.
    pub rules: Rules,
    /// Its own stream of chance.
    pub rng: Rng,
}

/// A node of the cluster.
#[derive(Clone, Debug)]
pub struct Node {
    config: Config,
    rules: Rules,
    rng: Rng,
    /// Its own address, where no setting says it: peers have shown it (§2.10).
    learned_ip: Option<IpAddr>,
    view: ClusterView,
    open: Vec<OpenSlot>,
    links: Links,
    judgement: Judgement,
    ballot: Ballot,
    election: Election,
    manual: Manual,
    replication: Replication,
    /// Why it may not stand, as last reported.
    unfit: Option<Unfit>,
    /// Where my primary was when it last said so itself (#965).
    primary_at: Address,
    /// Whether a replication link is being opened.
    dialing_primary: bool,
    cron_at: Instant,
    crons: u64,
    retry_at: Instant,
    stream_ping_at: Instant,
    todo: Todo,
    /// Effects of the present input; they follow its `Persist`, if there is one.
    staged: Vec<Output>,
    outputs: VecDeque<Output>,
}

impl Node {
    /// Starts a node: no links, not serving, nothing replicated.
    ///
    /// # Panics
    /// If `birth.conf` has no line for the node itself, which no parsed file lacks.
    pub fn new(birth: Birth, now: Instant) -> Self {
        let Birth { conf, mut config, rules, mut rng } = birth;
        let (view, open) = conf::view_of(&conf, &mut rng, now);
        let learned_ip = config.address.ip.is_none().then_some(view.me().address.ip).flatten();
        config.address.ip = config.address.ip.or(learned_ip);
        let replication = Replication::new(&mut rng, view.me().is_replica(), config.repl_backlog_size);
        let cron_at = now + Duration::from_micros(rng.below(CRON.as_micros()));
        let primary_at = view.my_primary().map_or_else(Address::default, |ix| view.peer(ix).address);
        let mut node = Self {
            stream_ping_at: now + config.repl_ping_replica_period,
            config,
            rules,
            rng,
            learned_ip,
            view,
            open,
            links: Links::default(),
            judgement: Judgement::default(),
            ballot: Ballot::new(conf.last_vote_epoch),
            election: Election::default(),
            manual: Manual::default(),
            replication,
            unfit: None,
            primary_at,
            dialing_primary: false,
            cron_at,
            crons: 0,
            retry_at: cron_at,
            todo: Todo::default(),
            staged: Vec::new(),
            outputs: VecDeque::new(),
        };
        node.notify(Event::Started);
        node.todo.judge = true;
        node.settle(now);
        node
    }

    /// Makes a node that was just born from a complete `nodes.conf` one that has been running for
    /// long: serving, everybody heard of within the last half timeout, replication in step at
    /// `point`. A world's time zero; never used on real machines.
    pub fn assume_formed(&mut self, now: Instant, point: HistoryPoint) {
        self.outputs.clear();
        self.judgement = Judgement::settled();
        let replica = self.view.me().is_replica();
        self.replication = Replication::formed(point, replica, self.config.repl_backlog_size, now);
        if self.view.replicas_of(self.view.myself()).next().is_some() {
            self.replication.share();
        }
        self.view.me_mut().offset = point.offset;
        let half = self.config.node_timeout.as_micros() / 2;
        for ix in self.view.places() {
            if ix == self.view.myself() {
                continue;
            }
            let ago = Duration::from_micros(self.rng.below(half));
            let peer = self.view.peer_mut(ix);
            peer.pong_received = now - ago;
            peer.data_received = now;
            peer.offset = point.offset;
            self.dial(now, ix);
        }
        self.judgement.update(
            &mut self.view,
            now,
            self.config.node_timeout,
            self.config.require_full_coverage,
        );
        self.settle(now);
    }

    /// An `Output::Dial` succeeded.
    pub fn handle_link_up(&mut self, now: Instant, link: LinkId) {
        self.link_up(now, link);
        self.settle(now);
    }

    /// A peer connected to the bus port from this address. The node numbers its end.
    pub fn handle_accept(&mut self, now: Instant, remote: IpAddr) -> LinkId {
        self.links.accept(now, remote, None)
    }

    /// The same, with the address at which the peer reached this node: it may not know its own (§2.10).
    pub fn handle_accept_at(&mut self, now: Instant, remote: IpAddr, local: IpAddr) -> LinkId {
        self.links.accept(now, remote, Some(local))
    }

    /// A link broke, or an `Output::Dial` failed.
    pub fn handle_link_down(&mut self, now: Instant, link: LinkId) {
        self.link_down(now, link);
        self.settle(now);
    }

    /// A frame arrived.
    pub fn handle_frame(&mut self, now: Instant, link: LinkId, frame: Frame) {
        self.dispatch(now, link, frame);
        self.settle(now);
    }

    /// The data path moved on.
    pub fn handle_replication(&mut self, now: Instant, input: ReplicationInput) {
        self.replicate(now, input);
        self.settle(now);
    }

    /// A replica asks for data.
    pub fn answer_psync(&mut self, request: PsyncRequest) -> PsyncAnswer {
        let answer = self.replication.answer(request);
        if answer != PsyncAnswer::NoPrimaryLink {
            self.replication.share();
        }
        answer
    }

    /// An operator wants something.
    pub fn handle_command(&mut self, now: Instant, command: Command) -> Result<(), CommandError> {
        let result = self.command(now, command);
        self.settle(now);
        result
    }

    /// A moment of [`poll_timeout`](Self::poll_timeout) has come.
    pub fn handle_timeout(&mut self, now: Instant) {
        while let Some((at, timer)) = self.poll_timeout().filter(|(at, _)| *at <= now) {
            match timer {
                Timer::Cron => {
                    self.cron(now);
                    // A node that slept does not catch up on rounds it missed.
                    self.cron_at = (at + CRON).max(now);
                    if self.cron_at == now {
                        self.cron_at = now + CRON;
                    }
                }
                Timer::ReplicationRetry => self.retry_replication(now),
                Timer::ReplicationPing => self.stream_ping(now),
            }
            self.settle(now);
        }
    }

    /// Obeys other rules from now on.
    pub fn set_rules(&mut self, now: Instant, rules: Rules) {
        if rules.capabilities_from_headers && !self.rules.capabilities_from_headers {
            // What was believed of gossip may be wrong; the next header of each says what is true.
            for ix in self.view.places() {
                self.view.peer_mut(ix).flags.remove(membership::understood(&rules));
            }
        }
        self.rules = rules;
        self.settle(now);
    }

    /// Changes the operator's settings from now on.
    pub fn set_config(&mut self, now: Instant, mut config: Config) {
        config.address.ip = config.address.ip.or(self.learned_ip);
        self.config = config;
        self.todo.judge = true;
        self.settle(now);
    }

    /// The next effect to carry out.
    pub fn poll_output(&mut self) -> Option<Output> {
        self.outputs.pop_front()
    }

    /// When the node wants to be woken next, and why.
    pub fn poll_timeout(&self) -> Option<(Instant, Timer)> {
        let mut next = (self.cron_at, Timer::Cron);
        if self.wants_replication() {
            next = next.min((self.retry_at, Timer::ReplicationRetry));
        }
        if self.view.me().is_primary() {
            next = next.min((self.stream_ping_at, Timer::ReplicationPing));
        }
        Some(next)
    }

    /// Who it is.
    pub fn id(&self) -> NodeId {
        self.view.me().id
    }

    /// Its shard.
    pub fn shard(&self) -> ShardId {
        self.view.me().shard
    }

    /// What it believes.
    pub fn view(&self) -> &ClusterView {
        &self.view
    }

    /// Its candidacy.
    pub fn election(&self) -> &Election {
        &self.election
    }

    /// Its memory of votes.
    pub fn ballot(&self) -> &Ballot {
        &self.ballot
    }

    /// Its manual failover.
    pub fn manual(&self) -> &Manual {
        &self.manual
    }

    /// Its data, as the protocol sees it.
    pub fn replication(&self) -> &Replication {
        &self.replication
    }

    /// What it obeys.
    pub fn rules(&self) -> &Rules {
        &self.rules
    }

    /// What its operator wants.
    pub fn config(&self) -> &Config {
        &self.config
    }

    /// The offset it announces.
    pub fn offset(&self) -> Offset {
        self.replication.offset()
    }

    /// Whether it thinks the cluster serves.
    pub fn health(&self) -> Health {
        self.judgement.health()
    }

    /// Whether it may vote.
    pub fn safe_to_join(&self) -> bool {
        self.judgement.safe_to_join()
    }

    /// Whether it is a primary.
    pub fn is_primary(&self) -> bool {
        self.view.me().is_primary()
    }

    /// Whom it copies.
    pub fn primary(&self) -> Option<NodeId> {
        self.view.my_primary().map(|ix| self.view.peer(ix).id)
    }

    /// Who owns a slot, as it believes.
    pub fn owner_of(&self, slot: Slot) -> Option<NodeId> {
        self.view.owners().get(slot).map(|ix| self.view.peer(ix).id)
    }

    /// Slots on their way to or from this node.
    pub fn open_slots(&self) -> &[OpenSlot] {
        &self.open
    }

    /// Whether it takes writes for a slot now. Who copies somebody takes none, whatever its table says.
    pub fn serves(&self, slot: Slot) -> bool {
        self.health() == Health::Ok
            && self.is_primary()
            && self.replication.path() == Path::Primary
            && !self.manual.pausing()
            && self.view.owners().get(slot) == Some(self.view.myself())
    }

    /// What a `Persist` would write now.
    pub fn conf(&self) -> NodesConf {
        conf::conf_of(self)
    }

    /// The peer at the other end of a link, if the node knows.
    pub fn link_peer(&self, link: LinkId) -> Option<NodeId> {
        self.links.get(link).and_then(|link| link.peer).map(|ix| self.view.peer(ix).id)
    }

    /// The slots that the next frame on a link will probably show: a guess for `wire::decode_like`.
    pub fn likely_slots(&self, link: LinkId) -> SlotSet {
        let peer = self.links.get(link).and_then(|end| end.peer);
        let shown = peer.and_then(|ix| self.view.find(ix)?.replica_of.map_or(Some(ix), Some));
        shown.map_or(SlotSet::EMPTY, |ix| self.view.peer(ix).slots().clone())
    }

    fn notify(&mut self, event: Event) {
        self.staged.push(Output::Notify(event));
    }

    fn id_of(&self, ix: PeerIx) -> NodeId {
        self.view.peer(ix).id
    }
}

impl fmt::Display for Timer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Cron => "cron",
            Self::ReplicationRetry => "replication retry",
            Self::ReplicationPing => "replication ping",
        })
    }
}

#[cfg(test)]
mod tests;
