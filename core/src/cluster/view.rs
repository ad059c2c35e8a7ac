//! The table of peers and slots, kept whole: bitmaps, counts and owners always agree.

use std::collections::BTreeMap;

use crate::base::{Epoch, Instant, NodeId, Slot, SlotSet};
use crate::wire::NodeFlags;

use super::{Peer, PeerIx, SlotOwners};

/// Rows a table takes in from the network: more primaries than slots make no cluster, and a peer
/// that invents nodes must not fill the memory.
const MAX_NODES: usize = 16_384;

/// What one node believes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClusterView {
    myself: PeerIx,
    peers: Vec<Option<Peer>>,
    index: BTreeMap<NodeId, PeerIx>,
    owners: SlotOwners,
    /// Logical clock: the greatest epoch seen.
    pub current_epoch: Epoch,
    /// Voters as counted by the last update of the cluster's health; lags behind the table (§1.1).
    pub size: u32,
    /// How many of them were failed.
    pub size_failed: u32,
    /// Nodes that must not be learned again before a moment (§3.6).
    pub blacklist: BTreeMap<NodeId, Instant>,
}

impl ClusterView {
    /// A table that knows only its owner.
    pub fn new(myself: Peer) -> Self {
        let ix = PeerIx(0);
        Self {
            myself: ix,
            index: BTreeMap::from([(myself.id, ix)]),
            peers: vec![Some(myself)],
            owners: SlotOwners::default(),
            current_epoch: Epoch::ZERO,
            size: 0,
            size_failed: 0,
            blacklist: BTreeMap::new(),
        }
    }

    /// A table of these rows; all but `myself` get the places of their order, so that tables made of
    /// the same rows agree on places.
    pub fn of_rows(rows: Vec<Peer>, myself: usize) -> Self {
        let mut view = Self::new(rows[myself].clone());
        let myself = u16::try_from(myself).expect("a table holds fewer than 65,536 nodes");
        view.myself = PeerIx(myself);
        view.index = (0..).map(PeerIx).zip(&rows).map(|(ix, peer)| (peer.id, ix)).collect();
        view.peers = rows.into_iter().map(Some).collect();
        view
    }

    /// My own place.
    pub fn myself(&self) -> PeerIx {
        self.myself
    }

    /// My own row.
    pub fn me(&self) -> &Peer {
        self.peer(self.myself)
    }

    /// My own row.
    pub fn me_mut(&mut self) -> &mut Peer {
        self.peer_mut(self.myself)
    }

    /// A row. A place is only handed out for a row that exists, and all who keep one are told of a removal.
    pub fn peer(&self, ix: PeerIx) -> &Peer {
        self.find(ix).expect("a kept place names a row")
    }

    /// A row, to change.
    pub fn peer_mut(&mut self, ix: PeerIx) -> &mut Peer {
        self.peers[ix.get()].as_mut().expect("a kept place names a row")
    }

    /// A row that may have been removed.
    pub fn find(&self, ix: PeerIx) -> Option<&Peer> {
        self.peers.get(ix.get()).and_then(Option::as_ref)
    }

    /// The place of a node.
    pub fn lookup(&self, id: NodeId) -> Option<PeerIx> {
        self.index.get(&id).copied()
    }

    /// The row of a node.
    pub fn get(&self, id: NodeId) -> Option<&Peer> {
        self.lookup(id).map(|ix| self.peer(ix))
    }

    /// Every row, myself included, in the order of their making.
    pub fn iter(&self) -> impl Iterator<Item = (PeerIx, &Peer)> {
        self.peers.iter().enumerate().filter_map(|(at, peer)| {
            let at = u16::try_from(at).ok()?;
            peer.as_ref().map(|peer| (PeerIx(at), peer))
        })
    }

    /// Every place, myself included: for loops that change rows.
    pub fn places(&self) -> Vec<PeerIx> {
        let mut places = Vec::with_capacity(self.len());
        places.extend(self.iter().map(|(ix, _)| ix));
        places
    }

    /// The place with this number, if it is taken: for loops that change rows on a hot path.
    pub fn place(&self, at: usize) -> Option<PeerIx> {
        let ix = PeerIx(u16::try_from(at).ok()?);
        self.find(ix).map(|_| ix)
    }

    /// How many rows there are, myself included.
    pub fn len(&self) -> usize {
        self.index.len()
    }

    /// Never true: a table knows its owner.
    pub fn is_empty(&self) -> bool {
        self.index.is_empty()
    }

    /// One more than the greatest place: the size of a table kept beside this one.
    pub fn places_end(&self) -> usize {
        self.peers.len()
    }

    /// The replicas of a primary.
    pub fn replicas_of(&self, primary: PeerIx) -> impl Iterator<Item = (PeerIx, &Peer)> {
        self.iter().filter(move |(_, peer)| peer.replica_of == Some(primary))
    }

    /// My primary, if I am a replica that knows it.
    pub fn my_primary(&self) -> Option<PeerIx> {
        self.me().replica_of
    }

    /// The primary a node belongs to: itself, or whom it copies.
    pub fn primary_of(&self, ix: PeerIx) -> PeerIx {
        self.peer(ix).replica_of.unwrap_or(ix)
    }

    /// A node's config epoch, or its primary's (`epoch(n)` of protocol.md §5.5).
    pub fn claim_epoch(&self, ix: PeerIx) -> Epoch {
        self.peer(self.primary_of(ix)).config_epoch
    }

    /// Votes needed to win or to fail a node, by the size last counted.
    pub fn quorum(&self) -> u32 {
        self.size / 2 + 1
    }

    /// Whether nobody else is taken in.
    pub fn is_full(&self) -> bool {
        self.len() >= MAX_NODES
    }

    /// Adds a row. A node that is already known keeps its place and its row.
    pub fn add(&mut self, peer: Peer) -> PeerIx {
        if let Some(ix) = self.lookup(peer.id) {
            return ix;
        }
        let free = self.peers.iter().position(Option::is_none).unwrap_or(self.peers.len());
        let ix = PeerIx(u16::try_from(free).expect("a table holds fewer than 65,536 nodes"));
        self.index.insert(peer.id, ix);
        if free == self.peers.len() {
            self.peers.push(Some(peer));
        } else {
            self.peers[free] = Some(peer);
        }
        ix
    }

    /// Gives a node that was in handshake its true id. False if that id is known already.
    pub fn rename(&mut self, ix: PeerIx, id: NodeId) -> bool {
        if self.index.contains_key(&id) {
            return false;
        }
        let old = self.peer(ix).id;
        self.index.remove(&old);
        self.index.insert(id, ix);
        self.peer_mut(ix).id = id;
        true
    }

    /// Removes a row and every mention of it: slots, failure reports, replicas' primary.
    pub fn remove(&mut self, ix: PeerIx) {
        debug_assert_ne!(ix, self.myself);
        self.hand_over(ix, None);
        if let Some(peer) = self.peers[ix.get()].take() {
            self.index.remove(&peer.id);
        }
        for peer in self.peers.iter_mut().flatten() {
            peer.reports.retain(|report| report.by != ix);
            if peer.replica_of == Some(ix) {
                peer.replica_of = None;
            }
        }
    }

    /// The owners of all slots.
    pub fn owners(&self) -> &SlotOwners {
        &self.owners
    }

    /// Gives slots to a node, or to nobody, whoever had them.
    pub fn assign(&mut self, slots: &SlotSet, owner: Option<PeerIx>) {
        if slots.is_empty() {
            return;
        }
        let bare = owner.is_some_and(|ix| self.peer(ix).slot_count == 0);
        if self.owners.any(slots) {
            for peer in self.peers.iter_mut().flatten().filter(|peer| peer.slots.intersects(slots)) {
                peer.slots = peer.slots.difference(slots);
                peer.slot_count = peer.slots.len();
            }
        }
        if let Some(ix) = owner {
            let peer = self.peer_mut(ix);
            peer.slots = peer.slots.union(slots);
            peer.slot_count = peer.slots.len();
        }
        self.owners.set(slots, owner);
        // Its first slot: it may be given a replica, as other primaries have (§11.1).
        if let Some(first) = owner.filter(|_| bare)
            && self.peer(first).is_primary()
            && self.iter().any(|(_, peer)| peer.replica_of.is_some())
        {
            self.peer_mut(first).flags.insert(NodeFlags::MIGRATE_TO);
        }
    }

    /// Gives all of one node's slots to another, or to nobody, and says how many.
    pub fn hand_over(&mut self, from: PeerIx, to: Option<PeerIx>) -> u32 {
        let slots = self.peer(from).slots.clone();
        self.assign(&slots, to);
        slots.len()
    }

    /// The lowest of these slots that a node with a config epoch above `epoch` owns and still claims.
    pub fn newer_owner(&self, slots: &SlotSet, epoch: Epoch) -> Option<(Slot, PeerIx)> {
        let newer = self.iter().filter(|(_, peer)| peer.slot_count > 0 && peer.config_epoch > epoch);
        let first = |(ix, peer): (PeerIx, &Peer)| {
            if !peer.slots.intersects(slots) {
                return None;
            }
            let claimed = peer.slots.intersection(slots).difference(self.owners.disowned());
            claimed.first().map(|slot| (slot, ix))
        };
        newer.filter_map(first).min()
    }

    /// Remembers whether a slot's owner still claims it.
    pub fn set_disowned(&mut self, slot: Slot, disowned: bool) {
        self.owners.set_disowned(slot, disowned);
    }

    /// Whether every slot has an owner that is not marked fail.
    pub fn covered(&self) -> bool {
        self.owners.unassigned() == 0 && self.iter().all(|(_, peer)| peer.slot_count == 0 || !peer.failed())
    }

    /// Makes a node a primary in this table.
    pub fn set_primary(&mut self, ix: PeerIx) {
        let peer = self.peer_mut(ix);
        let old = peer.replica_of.take();
        peer.flags.remove(NodeFlags::REPLICA);
        peer.flags.insert(NodeFlags::PRIMARY);
        if let Some(old) = old {
            self.drop_target_if_bare(old);
        }
        if ix != self.myself {
            // It was a replica, so its shard once had more than one node (§11.1).
            self.peer_mut(ix).flags.insert(NodeFlags::MIGRATE_TO);
        }
    }

    /// Makes a node a replica in this table; its slots are the caller's concern.
    pub fn set_replica(&mut self, ix: PeerIx, of: Option<PeerIx>) {
        let peer = self.peer_mut(ix);
        peer.flags.remove(NodeFlags::PRIMARY | NodeFlags::MIGRATE_TO);
        peer.flags.insert(NodeFlags::REPLICA);
        let old = std::mem::replace(&mut peer.replica_of, of);
        if let Some(old) = old.filter(|old| of != Some(*old)) {
            self.drop_target_if_bare(old);
        }
        if let Some(new) = of {
            self.peer_mut(new).flags.insert(NodeFlags::MIGRATE_TO);
        }
    }

    fn drop_target_if_bare(&mut self, primary: PeerIx) {
        if self.replicas_of(primary).next().is_none() {
            self.peer_mut(primary).flags.remove(NodeFlags::MIGRATE_TO);
        }
    }

    /// Forgets blacklist entries whose time is over.
    pub fn expire_blacklist(&mut self, now: Instant) {
        self.blacklist.retain(|_, until| now < *until);
    }

    /// Whether `node` copies `primary`, directly or through others.
    pub fn copies(&self, node: PeerIx, primary: PeerIx) -> bool {
        let mut above = self.peer(node).replica_of;
        for _ in 0..self.len() {
            match above {
                Some(ix) if ix == primary => return true,
                Some(ix) => above = self.peer(ix).replica_of,
                None => return false,
            }
        }
        // A circle that does not hold `primary` ends nowhere.
        above.is_some()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::{Address, Rng, SLOTS, ShardId};

    fn peer(seed: u64) -> Peer {
        let mut rng = Rng::new(seed);
        let (id, shard) = (NodeId::random(&mut rng), ShardId::random(&mut rng));
        Peer::new(id, shard, NodeFlags::PRIMARY, Address::default(), Instant::ZERO)
    }

    #[test]
    fn a_removed_node_leaves_no_trace() {
        let mut view = ClusterView::new(peer(1));
        let (primary, replica) = (view.add(peer(2)), view.add(peer(3)));
        view.assign(&SlotSet::from_ranges([(0, 99)]), Some(primary));
        view.set_replica(replica, Some(primary));
        view.peer_mut(replica).reports.push(super::super::Report { by: primary, at: Instant::ZERO });
        view.remove(primary);
        assert_eq!(view.owners().unassigned(), SLOTS);
        assert_eq!(view.peer(replica).replica_of, None);
        assert!(view.peer(replica).reports.is_empty());
        assert_eq!(view.check(), Ok(()));
    }

    #[test]
    fn a_slot_has_one_owner() {
        let mut view = ClusterView::new(peer(1));
        let (a, b) = (view.add(peer(2)), view.add(peer(3)));
        view.assign(&SlotSet::from_ranges([(0, 9)]), Some(a));
        assert_eq!(view.hand_over(a, Some(b)), 10);
        assert_eq!((view.peer(a).slot_count(), view.peer(b).slot_count()), (0, 10));
        assert_eq!(view.check(), Ok(()));
    }

    #[test]
    fn a_first_slot_makes_a_home_for_spare_replicas() {
        let mut view = ClusterView::new(peer(1));
        let (a, b, replica) = (view.add(peer(2)), view.add(peer(3)), view.add(peer(4)));
        view.assign(&SlotSet::from_ranges([(0, 9)]), Some(a));
        assert!(!view.peer(a).flags.contains(NodeFlags::MIGRATE_TO), "nobody has a replica yet");
        view.set_replica(replica, Some(a));
        view.assign(&SlotSet::from_ranges([(10, 19)]), Some(b));
        assert!(view.peer(b).flags.contains(NodeFlags::MIGRATE_TO));
    }

    #[test]
    fn a_circle_of_replicas_is_found() {
        let mut view = ClusterView::new(peer(1));
        let (a, b) = (view.add(peer(2)), view.add(peer(3)));
        view.set_replica(a, Some(b));
        view.set_replica(b, Some(a));
        assert!(view.check().is_err_and(|why| why.contains("S10")));
    }
}
