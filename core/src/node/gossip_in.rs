//! What a heartbeat says of third nodes and of its sender's particulars (protocol.md §3.3, §4.2, §2.9).

use crate::base::{Address, Duration, Instant, NodeId, ShardId};
use crate::cluster::{PeerIx, PeerNames};
use crate::protocol::{claims, failure, gossip, membership};
use crate::wire::{Extension, Gossip, GossipEntry, NodeFlags};

use super::event::FollowCause;
use super::{Durability, Event, Node};

impl Node {
    /// Takes in a gossip section. `from` is the sender, or the handshake row of a MEET's sender.
    pub(super) fn gossip_in(&mut self, now: Instant, from: PeerIx, gossip: &Gossip) {
        self.view.expire_blacklist(now);
        for entry in &gossip.entries {
            match self.view.lookup(entry.node) {
                Some(ix) if ix == self.view.myself() => {}
                Some(ix) => self.word_about(now, from, ix, entry),
                None => {
                    if let Some(ix) =
                        membership::learn(&mut self.view, entry, &self.rules, now, &mut self.rng)
                    {
                        self.notify(Event::NodeLearned { node: self.id_of(ix) });
                        self.save(Durability::Written);
                    }
                }
            }
        }
    }

    fn word_about(&mut self, now: Instant, from: PeerIx, ix: PeerIx, entry: &GossipEntry) {
        let ill = entry.flags.intersects(NodeFlags::PFAIL | NodeFlags::FAIL);
        if !ill {
            failure::withdraw(&mut self.view, ix, from, &self.rules);
        } else if failure::is_witness(self.view.peer(from), &self.rules) {
            failure::report(&mut self.view, ix, from, &self.rules, now);
            self.count_witnesses(now, ix);
        }
        let birth = self.config.unix_birth_ms;
        if let Some(at) = gossip::believable_pong(self.view.peer(ix), entry, &self.rules, now, birth) {
            self.view.peer_mut(ix).pong_received = at;
        }
        let peer = self.view.peer(ix);
        let elsewhere = entry.address != peer.address && entry.address.ip.is_some();
        if !peer.well() && !ill && elsewhere && !entry.flags.contains(NodeFlags::NOADDR) {
            self.moved_by_gossip(now, ix, entry.address);
        }
    }

    /// Others say that a peer is somewhere else. Before #965 only its own word moved the data path.
    fn moved_by_gossip(&mut self, now: Instant, ix: PeerIx, address: Address) {
        if self.rules.gossip_moves_primary || self.view.my_primary() != Some(ix) {
            return self.move_peer(now, ix, address);
        }
        self.close_outbound(now, ix);
        self.view.peer_mut(ix).address = address;
        self.save(Durability::Written);
    }

    /// Takes in the extensions of a known sender. What is not shown is cleared; what this version
    /// does not know is skipped.
    pub(super) fn extensions_in(&mut self, now: Instant, from: PeerIx, gossip: &Gossip) {
        let mut names = PeerNames::default();
        let mut shard = None;
        let rules = self.rules;
        for extension in gossip.extensions.iter().filter(|extension| membership::speaks(extension, &rules)) {
            match extension {
                Extension::Hostname(text) => names.hostname.clone_from(text),
                Extension::HumanName(text) => names.human_name.clone_from(text),
                Extension::ClientIpv4(text) => names.client_ipv4.clone_from(text),
                Extension::ClientIpv6(text) => names.client_ipv6.clone_from(text),
                Extension::ClientPort(port) => names.client_port = *port,
                Extension::ClientTlsPort(port) => names.client_tls_port = *port,
                Extension::AvailabilityZone(text) => names.availability_zone.clone_from(text),
                Extension::ReplicaPriority(number) => names.replica_priority = *number,
                Extension::Forgotten(node, ttl) => self.forgotten_in(now, *node, *ttl),
                Extension::Shard(id) => shard = Some(*id),
                Extension::Unknown(..) => {}
            }
        }
        if self.view.find(from).is_none() {
            return;
        }
        // A text that `nodes.conf` cannot hold would make it unreadable, or say what its writer likes.
        names.drop_unfit();
        let names = (names != PeerNames::default()).then(|| Box::new(names));
        if self.view.peer(from).names != names {
            self.view.peer_mut(from).names = names;
            self.save(Durability::Written);
        }
        let fallback = self.view.peer(from).replica_of.map(|ix| self.view.peer(ix).shard);
        if let Some(shard) = shard.or(fallback) {
            self.shard_in(from, shard);
        }
        if self.rules.empty_primary_joins && claims::was_replaced_by(&self.view, from) {
            self.follow(now, from, FollowCause::LostSlots, false);
        }
    }

    /// A node says which shard it is of; a replica may not disagree with its primary (#573, §5.6).
    fn shard_in(&mut self, from: PeerIx, shard: ShardId) {
        let peer = self.view.peer(from);
        let primary = peer.replica_of.map(|ix| self.view.peer(ix).shard);
        let disagrees = primary.is_some_and(|primary| primary != shard);
        if peer.shard == shard || (disagrees && self.rules.replica_keeps_shard) {
            return;
        }
        self.view.peer_mut(from).shard = shard;
        if self.view.my_primary() == Some(from) {
            self.view.me_mut().shard = shard;
            self.save(Durability::Synced);
        } else {
            self.save(Durability::Written);
        }
    }

    /// An operator told another node to forget one (§3.6).
    fn forgotten_in(&mut self, now: Instant, node: NodeId, ttl: u64) {
        let Some(ix) = self.view.lookup(node) else { return };
        let kept = self.view.my_primary() == Some(ix) || membership::is_needed(&self.view, ix, &self.rules);
        if ix == self.view.myself() || kept || ttl == 0 {
            return;
        }
        self.forget_peer(now, ix, Duration::from_secs(ttl));
    }

    /// Removes a node and does not learn it again for a while.
    pub(super) fn forget_peer(&mut self, now: Instant, ix: PeerIx, ttl: Duration) {
        let node = self.id_of(ix);
        self.view.blacklist.insert(node, now + ttl);
        self.remove_peer(now, ix);
        self.notify(Event::NodeForgotten { node });
        self.save(Durability::Written);
        self.recount_votes(now);
    }
}
