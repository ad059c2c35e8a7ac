//! What one frame does, in Valkey's order (protocol.md §2.11). Re-states `clusterProcessPacket`.

use crate::base::{Epoch, Instant, LinkId};
use crate::cluster::PeerIx;
use crate::protocol::claims::{self, RoleChange};
use crate::protocol::election::RoundEnd;
use crate::protocol::failure;
use crate::protocol::membership::{self, Identity};
use crate::wire::{Body, Extension, Frame, Gossip, Header, Kind, Message, MessageFlags, NodeFlags};

use super::event::EpochCause;
use super::{Durability, Event, Node};

/// Whether the rest of a message counts.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Go {
    On,
    Stop,
}

impl Node {
    pub(super) fn dispatch(&mut self, now: Instant, link: LinkId, frame: Frame) {
        let Some(end) = self.links.get(link) else { return };
        let bound = end.peer;
        let Message { header, body } = match frame {
            Frame::Full(message) => message,
            Frame::Light(body) => return self.light_in(now, link, bound, body),
        };
        let sender = self.resolve(now, link, &header);
        if self.rules.extensions && header.message_flags.contains(MessageFlags::EXT_DATA) {
            if let Some(end) = self.links.get_mut(link) {
                end.extensions = true;
            }
            if let Some(ix) = sender {
                self.view.peer_mut(ix).flags.insert(NodeFlags::EXTENSIONS);
            }
        }
        if let Some(ix) = sender.or(bound) {
            self.view.peer_mut(ix).data_received = now;
        }
        if let Some(ix) = sender.filter(|ix| self.view.peer(*ix).id == header.sender) {
            self.take_header(now, ix, &header);
        }
        match body {
            Body::Ping(gossip) => self.heartbeat_in(now, link, sender, &header, &gossip, Kind::Ping),
            Body::Pong(gossip) => self.heartbeat_in(now, link, sender, &header, &gossip, Kind::Pong),
            Body::Meet(gossip) => self.heartbeat_in(now, link, sender, &header, &gossip, Kind::Meet),
            body => {
                if let Some(ix) = sender {
                    self.notice_in(now, link, ix, &header, body);
                }
            }
        }
    }

    /// Who speaks: the node tied to the link, whatever the header says, or else the one it names (§3.4).
    fn resolve(&mut self, now: Instant, link: LinkId, header: &Header) -> Option<PeerIx> {
        let end = self.links.get(link)?;
        let outbound = end.outbound;
        if let Some(ix) = end.peer.filter(|ix| !self.view.peer(*ix).in_handshake()) {
            return Some(ix);
        }
        let ix = self.view.lookup(header.sender)?;
        if ix == self.view.myself() {
            return None;
        }
        if !outbound {
            let bound = self.view.peer(ix).inbound.and_then(|bound| self.links.get(bound)?.remote);
            if membership::usurps(self.view.peer(ix).address.ip, bound, self.links.get(link)?.remote) {
                return None;
            }
            self.bind_inbound(now, link, ix);
        }
        Some(ix)
    }

    /// Steps 2 to 4: what any message's header shows of a known sender.
    fn take_header(&mut self, now: Instant, ix: PeerIx, header: &Header) {
        let peer = self.view.peer_mut(ix);
        let agreed = peer.flags.contains(NodeFlags::MY_PRIMARY_FAIL);
        membership::copy_capabilities(peer, header, &self.rules);
        let agrees = peer.flags.contains(NodeFlags::MY_PRIMARY_FAIL);
        peer.offset = header.offset;
        if self.rules.prompt_fast_path && agrees && !agreed && self.is_sibling(ix) {
            self.todo.failover = true;
        }
        if header.current_epoch > self.view.current_epoch {
            self.view.current_epoch = header.current_epoch;
            self.notify(Event::EpochAdopted { epoch: header.current_epoch, from: self.id_of(ix) });
        }
        if header.replica_of.is_none() || !self.rules.primary_config_epoch_only {
            self.raise_config_epoch(ix, header.config_epoch);
        }
        if header.message_flags.contains(MessageFlags::PAUSED) && self.view.my_primary() == Some(ix) {
            self.manual_target(now, header.offset);
        }
    }

    pub(super) fn is_sibling(&self, ix: PeerIx) -> bool {
        let mine = self.view.my_primary();
        mine.is_some() && self.view.peer(ix).replica_of == mine
    }

    /// A primary's claim got a newer version; a round for an older epoch is void (#1009, #1339).
    fn raise_config_epoch(&mut self, ix: PeerIx, epoch: Epoch) {
        if epoch <= self.view.peer(ix).config_epoch {
            return;
        }
        self.view.peer_mut(ix).config_epoch = epoch;
        self.save(Durability::Synced);
        let void_from = self.election.void_from(&self.rules);
        if self.rules.claim_reset && void_from.is_some_and(|from| epoch >= from) {
            let asked = self.election.asked_epoch();
            self.notify(Event::RoundLost { epoch: asked, end: RoundEnd::Claimed { by: self.id_of(ix) } });
            self.election.forget();
            self.todo.failover = true;
        }
    }

    /// Steps 5 and 6: PING, PONG and MEET.
    fn heartbeat_in(
        &mut self,
        now: Instant,
        link: LinkId,
        sender: Option<PeerIx>,
        header: &Header,
        gossip: &Gossip,
        kind: Kind,
    ) {
        let mut trusted = sender;
        if kind == Kind::Meet {
            trusted = self.meet_in(now, link, sender, header);
        }
        if kind != Kind::Pong {
            self.learn_own_ip(link, kind);
            self.heartbeat(now, link, Kind::Pong);
        }
        if let Some(ix) = sender {
            self.view.peer_mut(ix).flags.remove(NodeFlags::MEET);
        }
        if self.identify(now, link, header) == Go::Stop {
            return;
        }
        if let Some(ix) = sender {
            self.address_in(now, link, ix, header, kind);
            if kind == Kind::Pong {
                self.pong_in(now, link, ix);
            }
            self.leave_shard(ix, header, gossip);
            if self.topology_in(now, ix, header) == Go::Stop {
                return;
            }
        } else if kind == Kind::Pong
            && let Some(ix) = self.outbound_peer(link)
        {
            // The answer that ended a handshake: its sender was unknown until a moment ago.
            self.pong_in(now, link, ix);
        }
        if let Some(ix) = trusted.filter(|ix| self.view.find(*ix).is_some()) {
            self.gossip_in(now, ix, gossip);
            if sender == Some(ix) {
                self.extensions_in(now, ix, gossip);
            }
        }
    }

    /// Takes the address at which it was reached for its own, unless a setting says what that is.
    fn learn_own_ip(&mut self, link: LinkId, kind: Kind) {
        let reached = self.links.get(link).and_then(|end| end.local);
        let learned = membership::own_ip(self.config.address.ip, self.learned_ip, reached, kind);
        if learned != self.learned_ip {
            self.learned_ip = learned;
            self.config.address.ip = learned;
            self.save(Durability::Written);
        }
    }

    fn outbound_peer(&self, link: LinkId) -> Option<PeerIx> {
        self.links.get(link).filter(|end| end.outbound).and_then(|end| end.peer)
    }

    /// A MEET: an unknown sender gets a row to be introduced through; its gossip is trusted (§3.2).
    fn meet_in(
        &mut self,
        now: Instant,
        link: LinkId,
        sender: Option<PeerIx>,
        header: &Header,
    ) -> Option<PeerIx> {
        let end = self.links.get(link)?;
        let Some(ix) = sender else {
            let first = end.peer.is_none() || !self.rules.one_handshake_a_link;
            if first && header.sender != self.view.me().id {
                let remote = end.remote?;
                let address = membership::announced(header, remote);
                let ix = membership::met(&mut self.view, address, now, &mut self.rng)?;
                self.bind_inbound(now, link, ix);
            }
            return self.links.get(link)?.peer;
        };
        // A peer that meets us again has lost us: a fresh link of ours makes it bind us (#1307).
        let timeout = membership::handshake_timeout(self.config.node_timeout);
        let peer = self.view.peer(ix);
        if self.rules.meet_again && peer.outbound.is_some() && now.since(peer.born) > timeout {
            self.close_outbound(now, ix);
        }
        sender
    }

    /// Whether the right node answers on a link we opened (§2.11 6b).
    fn identify(&mut self, now: Instant, link: LinkId, header: &Header) -> Go {
        let Some(ix) = self.outbound_peer(link) else { return Go::On };
        match membership::identify(&mut self.view, ix, header) {
            Identity::Same => Go::On,
            Identity::Introduced => {
                self.notify(Event::NodeLearned { node: header.sender });
                self.save(Durability::Written);
                membership::copy_capabilities(self.view.peer_mut(ix), header, &self.rules);
                Go::On
            }
            Identity::Duplicate(known) => {
                let address = self.view.peer(ix).address;
                self.remove_peer(now, ix);
                if known != self.view.myself() && self.view.peer(known).address != address {
                    self.move_peer(now, known, address);
                }
                Go::Stop
            }
            Identity::Mismatch => {
                self.lose_address(now, ix);
                Go::Stop
            }
        }
    }

    /// Another node answers where this one was (§3.7, #1191).
    fn lose_address(&mut self, now: Instant, ix: PeerIx) {
        self.notify(Event::AddressLost { node: self.id_of(ix) });
        self.close_outbound(now, ix);
        let peer = self.view.peer_mut(ix);
        peer.flags.insert(NodeFlags::NOADDR);
        peer.address = crate::base::Address::default();
        self.save(Durability::Written);
        if self.rules.noaddr_fails && !self.view.peer(ix).failed() {
            let node = self.id_of(ix);
            let needed = self.view.quorum();
            self.notify(Event::FailMarked { node, reports: 0, needed });
            self.mark_failed(now, ix);
            self.broadcast(&Body::Fail(node), MessageFlags::empty());
        }
    }

    /// NOFAILOVER and a changed address (§2.11 6c and 6d).
    fn address_in(&mut self, now: Instant, link: LinkId, ix: PeerIx, header: &Header, kind: Kind) {
        let nofailover = header.flags.contains(NodeFlags::NOFAILOVER);
        let peer = self.view.peer_mut(ix);
        if peer.flags.contains(NodeFlags::NOFAILOVER) != nofailover {
            peer.flags.set(NodeFlags::NOFAILOVER, nofailover);
            self.save(Durability::Written);
        }
        let peer = self.view.peer(ix);
        let remote = self.links.get(link).filter(|end| !end.outbound).and_then(|end| end.remote);
        if let Some(remote) = remote.filter(|_| kind == Kind::Ping) {
            let address = membership::announced(header, remote);
            if address != peer.address {
                self.move_peer(now, ix, address);
            }
        }
    }

    /// A peer is somewhere else now, by its own word.
    pub(super) fn move_peer(&mut self, now: Instant, ix: PeerIx, address: crate::base::Address) {
        self.close_outbound(now, ix);
        let peer = self.view.peer_mut(ix);
        peer.address = address;
        peer.flags.remove(NodeFlags::NOADDR);
        self.save(Durability::Written);
        if self.view.my_primary() == Some(ix) {
            self.primary_at = address;
            self.follow_again(now);
        }
    }

    /// An answer on the link we opened (§2.11 6e).
    fn pong_in(&mut self, now: Instant, link: LinkId, ix: PeerIx) {
        if self.view.peer(ix).outbound != Some(link) {
            return;
        }
        let peer = self.view.peer_mut(ix);
        peer.pong_received = now;
        peer.data_received = now;
        peer.ping_sent = None;
        self.sign_of_life(now, ix);
    }

    /// A replica that speaks as the primary of another shard has moved there and won: what its old
    /// primary has claimed since says nothing about whether its header is old.
    fn leave_shard(&mut self, ix: PeerIx, header: &Header, gossip: &Gossip) {
        let peer = self.view.peer(ix);
        let known = peer.replica_of.is_some() && header.flags.contains(NodeFlags::PRIMARY);
        let moved = gossip.extensions.iter().any(|extension| match extension {
            Extension::Shard(shard) => *shard != peer.shard,
            _ => false,
        });
        let moved = moved && self.rules.shard_ids;
        if known && moved && header.config_epoch >= peer.config_epoch {
            self.view.set_replica(ix, None);
        }
    }

    /// Role, claims and collisions (§2.11 6f to 6h).
    fn topology_in(&mut self, now: Instant, ix: PeerIx, header: &Header) -> Go {
        let was_replica = self.view.peer(ix).is_replica();
        match claims::role(&mut self.view, &self.rules, ix, header) {
            RoleChange::None => {}
            RoleChange::Stale => {
                self.notify(Event::StaleHeader { from: self.id_of(ix), epoch: header.config_epoch });
                // One that thinks itself primary must be told, or it will think so for ever.
                if header.replica_of.is_none() {
                    self.correct(ix, header);
                }
                return Go::Stop;
            }
            change => self.role_changed(now, ix, header, change),
        }
        if !was_replica && self.view.peer(ix).is_replica() {
            failure::demoted(&mut self.view, ix, &self.rules);
        }
        if header.replica_of.is_none() && self.view.peer(ix).is_primary() {
            let slots = header.slots.clone();
            if was_replica
                || self.view.peer(ix).slots() != &slots
                || !self.view.owners().disowned().is_empty()
            {
                self.claim_in(now, ix, header.config_epoch, &slots);
            }
            self.correct(ix, header);
            if claims::collides(&self.view, ix, header) {
                let epoch = claims::next_epoch(&mut self.view);
                self.config_epoch_changed(epoch, EpochCause::Collision);
            }
        }
        Go::On
    }

    /// Tells a claimer of the first of its slots that belongs to a newer claim (§5.7, reverse check).
    fn correct(&mut self, ix: PeerIx, header: &Header) {
        if let Some(owner) = claims::conflict(&self.view, ix, header.config_epoch, &header.slots) {
            self.send_update(ix, owner);
        }
    }

    /// My config epoch moved: everyone should know soon (#1813).
    pub(super) fn config_epoch_changed(&mut self, epoch: Epoch, cause: EpochCause) {
        self.notify(Event::ConfigEpochChanged { epoch, cause });
        self.save(Durability::Synced);
        self.todo.broadcast |= self.rules.broadcast_changes;
    }

    /// Tells a node of a claim that is newer than what it shows.
    pub(super) fn send_update(&mut self, to: PeerIx, owner: PeerIx) {
        let claim = self.view.peer(owner);
        let disowned = self.view.owners().disowned();
        let slots = claim.slots().iter().filter(|slot| !disowned.contains(*slot)).collect();
        let (config_epoch, owner) = (claim.config_epoch, claim.id);
        self.notify(Event::UpdateSent { to: self.id_of(to), owner, epoch: config_epoch });
        self.send_to(to, Body::Update { config_epoch, owner, slots }, MessageFlags::empty());
    }

    /// Step 7: everything that is no heartbeat, from a known sender.
    fn notice_in(&mut self, now: Instant, link: LinkId, ix: PeerIx, header: &Header, body: Body) {
        match body {
            Body::Fail(node) => self.fail_in(now, ix, node),
            Body::AuthRequest => self.vote_request_in(now, ix, header),
            Body::AuthAck => self.ack_in(ix, header),
            Body::AuthNack { form, reason } => self.nack_in(now, ix, header, form, reason),
            Body::Update { config_epoch, owner, slots } => self.update_in(now, config_epoch, owner, &slots),
            Body::ManualStart => self.manual_start_in(now, link, ix),
            Body::Publish(text) => self.published(false, text),
            Body::PublishShard(text) => self.published(true, text),
            // Heartbeats are dispatched before; the rest is kept by the wire floor for those who want it.
            Body::Ping(_) | Body::Pong(_) | Body::Meet(_) | Body::Module(_) | Body::Unknown { .. } => {}
        }
    }

    /// Someone counted a majority against a node (§4.4). No suspicion of our own is needed.
    fn fail_in(&mut self, now: Instant, by: PeerIx, node: crate::base::NodeId) {
        let Some(ix) = self.view.lookup(node).filter(|ix| *ix != self.view.myself()) else { return };
        if self.view.peer(ix).failed() || self.view.peer(ix).in_handshake() {
            return;
        }
        self.notify(Event::FailTold { node, by: self.id_of(by) });
        self.mark_failed(now, ix);
    }

    /// Someone knows a newer claim (§5.8).
    fn update_in(
        &mut self,
        now: Instant,
        epoch: Epoch,
        owner: crate::base::NodeId,
        slots: &crate::base::SlotSet,
    ) {
        let Some(ix) = self.view.lookup(owner) else { return };
        let about_me = ix == self.view.myself();
        if (about_me && self.rules.ignore_update_about_self) || epoch <= self.view.peer(ix).config_epoch {
            return;
        }
        if self.view.peer(ix).is_replica() {
            self.view.set_primary(ix);
            self.notify(Event::SeenPrimary { node: owner });
            if about_me {
                self.told_primary(now);
            }
        }
        self.raise_config_epoch(ix, epoch);
        if !about_me {
            self.claim_in(now, ix, epoch, slots);
        }
    }
}
