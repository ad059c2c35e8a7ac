//! Building messages and queueing them: the only place from which a frame leaves.

use crate::base::{Instant, LinkId, Offset};
use crate::cluster::PeerIx;
use crate::protocol::{gossip, membership};
use crate::wire::{Body, Extension, Frame, Gossip, Header, Kind, Message, MessageFlags, NodeFlags};

use super::{Health, Node, Output};

impl Node {
    /// What every message of this node says of it. A replica shows its primary's slots and config
    /// epoch (protocol.md §2.1).
    pub(super) fn header(&self) -> Header {
        let me = self.view.me();
        let shown = self.view.peer(self.view.primary_of(self.view.myself()));
        let mut message_flags = MessageFlags::empty();
        message_flags.set(MessageFlags::PAUSED, me.is_primary() && self.manual.active());
        Header {
            sender: me.id,
            current_epoch: self.view.current_epoch,
            config_epoch: shown.config_epoch,
            offset: self.announced_offset(),
            slots: shown.slots().clone(),
            replica_of: me.replica_of.map(|ix| self.id_of(ix)),
            address: self.config.address,
            flags: self.shown_flags(),
            state_fail: self.judgement.health() != Health::Ok,
            message_flags,
        }
    }

    /// The offset in headers (§10.3). Nothing is counted for nobody: without a backlog Valkey's stands still.
    pub(super) fn announced_offset(&self) -> Offset {
        if self.rules.silent_offset && self.is_primary() && !self.replication.shared() {
            return Offset::ZERO;
        }
        self.replication.offset()
    }

    fn shown_flags(&self) -> NodeFlags {
        let role = NodeFlags::PRIMARY | NodeFlags::REPLICA | NodeFlags::MIGRATE_TO;
        let mut flags =
            (self.view.me().flags & role) | NodeFlags::MYSELF | membership::understood(&self.rules);
        flags.set(NodeFlags::EXTENSIONS, self.rules.own_extension_flag);
        let unfit = self.config.replica_no_failover || !self.replication.whole();
        flags.set(NodeFlags::NOFAILOVER, unfit);
        flags.set(NodeFlags::MY_PRIMARY_FAIL, self.rules.fast_failover && self.says_primary_failed());
        flags
    }

    /// Worked out when it is needed, never stored; without #4533 what was said once is said for ever (M11).
    fn says_primary_failed(&self) -> bool {
        if !self.rules.primary_fail_cleared {
            return self.view.me().flags.contains(NodeFlags::MY_PRIMARY_FAIL);
        }
        self.view.my_primary().is_some_and(|ix| self.view.peer(ix).failed())
    }

    /// Sends a body on a link.
    pub(super) fn send_on(&mut self, link: LinkId, body: Body, flags: MessageFlags) {
        let mut header = self.header();
        header.message_flags |= flags;
        self.staged.push(Output::Send(link, Box::new(Frame::Full(Message { header, body }))));
    }

    /// Sends a body on the link we opened to a peer. Without one it is lost, as on Valkey's bus.
    pub(super) fn send_to(&mut self, ix: PeerIx, body: Body, flags: MessageFlags) {
        if let Some(link) = self.view.peer(ix).outbound {
            self.send_on(link, body, flags);
        }
    }

    /// Everyone a broadcast reaches: known, introduced, with a link (§2.4).
    pub(super) fn audience(&self) -> Vec<PeerIx> {
        let heard = |peer: &crate::cluster::Peer| !peer.in_handshake() && peer.outbound.is_some();
        self.view
            .iter()
            .filter(|(ix, peer)| *ix != self.view.myself() && heard(peer))
            .map(|(ix, _)| ix)
            .collect()
    }

    /// Sends a body to everyone.
    pub(super) fn broadcast(&mut self, body: &Body, flags: MessageFlags) {
        for ix in self.audience() {
            self.send_to(ix, body.clone(), flags);
        }
    }

    /// Sends an unsolicited PONG to everyone.
    pub(super) fn broadcast_pong(&mut self, now: Instant) {
        for ix in self.audience() {
            self.pong_to(now, ix);
        }
    }

    /// Sends an unsolicited PONG to the other replicas of my primary (§6.2 step 3e).
    pub(super) fn pong_siblings(&mut self, now: Instant) {
        let mine = self.view.my_primary();
        let sibling = |ix: &PeerIx| {
            let peer = self.view.peer(*ix);
            peer.is_replica() && peer.replica_of.is_some() && peer.replica_of == mine
        };
        let siblings: Vec<PeerIx> = self.audience().into_iter().filter(sibling).collect();
        for ix in siblings {
            self.pong_to(now, ix);
        }
    }

    fn pong_to(&mut self, now: Instant, ix: PeerIx) {
        if let Some(link) = self.view.peer(ix).outbound {
            self.heartbeat(now, link, Kind::Pong);
        }
    }

    /// Asks a peer whether it lives, and starts the clock unless it is running.
    pub(super) fn ping(&mut self, now: Instant, ix: PeerIx, kind: Kind) {
        let Some(link) = self.view.peer(ix).outbound else { return };
        let peer = self.view.peer_mut(ix);
        peer.ping_sent = peer.ping_sent.or(Some(now));
        if kind == Kind::Meet {
            peer.meet_sent = Some(now);
        }
        self.heartbeat(now, link, kind);
    }

    /// PING, PONG or MEET with gossip and extensions (§2.9, §3.6).
    pub(super) fn heartbeat(&mut self, now: Instant, link: LinkId, kind: Kind) {
        let Some(end) = self.links.get(link) else { return };
        let receiver = end.peer;
        let understands = end.extensions
            || receiver.is_some_and(|ix| self.view.peer(ix).flags.contains(NodeFlags::EXTENSIONS));
        let (birth, percent) = (self.config.unix_birth_ms, self.config.gossip_percent);
        let entries = gossip::section(&self.view, receiver, percent, birth, &self.rules, &mut self.rng);
        // Before they were negotiated, whoever had a host name to tell told it to everyone (7.0).
        let told = understands || !self.rules.extensions;
        let extensions = if told { self.extensions(now) } else { Vec::new() };
        let announced = self.rules.extensions || !extensions.is_empty();
        let flags = if announced { MessageFlags::EXT_DATA } else { MessageFlags::empty() };
        let gossip = Gossip { entries, extensions };
        let body = match kind {
            Kind::Meet => Body::Meet(gossip),
            Kind::Pong => Body::Pong(gossip),
            _ => Body::Ping(gossip),
        };
        self.send_on(link, body, flags);
    }

    /// All that this version can say, in Valkey's order (§2.9).
    fn extensions(&self, now: Instant) -> Vec<Extension> {
        let forgotten = self.view.blacklist.iter().filter(|(_, until)| now < **until);
        // Whole seconds that are left, never more: told on and on, a rounded-up end would never come.
        let forgotten = forgotten
            .map(|(id, until)| (id, until.since(now).as_millis() / 1000))
            .filter(|(_, seconds)| *seconds > 0)
            .map(|(id, seconds)| Extension::Forgotten(*id, seconds));
        let mut extensions = self.config.names.extensions();
        extensions.extend(forgotten);
        extensions.push(Extension::Shard(self.view.me().shard));
        extensions.retain(|extension| membership::speaks(extension, &self.rules));
        extensions
    }
}
