//! A spare replica moves to a primary that has none left (protocol.md §11.1).

use crate::base::{Duration, Instant};
use crate::cluster::{ClusterView, Peer, PeerIx};
use crate::wire::NodeFlags;

/// How long a primary must have been alone.
const DELAY: Duration = Duration::from_secs(5);

/// Updates since when each primary is alone; true if one is.
pub fn watch(view: &mut ClusterView, now: Instant) -> bool {
    let mut kept = vec![false; view.places_end()];
    for (_, replica) in view.iter().filter(|(_, peer)| !peer.failed()) {
        if let Some(primary) = replica.replica_of {
            kept[primary.get()] = true;
        }
    }
    let mut any = false;
    for (at, kept) in kept.into_iter().enumerate() {
        let Some(ix) = view.place(at) else { continue };
        let peer = view.peer_mut(ix);
        let alone = may_be_orphan(peer) && !kept;
        peer.orphaned_at = if alone { peer.orphaned_at.or(Some(now)) } else { None };
        any |= alone;
    }
    any
}

fn may_be_orphan(peer: &Peer) -> bool {
    peer.is_voter() && !peer.failed() && peer.flags.contains(NodeFlags::MIGRATE_TO)
}

/// The primary this replica should move to, if it is the one to move. Re-states
/// `clusterHandleReplicaMigration`.
pub fn target(view: &ClusterView, now: Instant, barrier: u32) -> Option<PeerIx> {
    let mine = view.my_primary()?;
    let primaries = || view.iter().filter(|(_, peer)| peer.is_primary() && !peer.failed());
    let working = |ix: PeerIx| view.replicas_of(ix).filter(|(_, replica)| !replica.failed()).count();
    let most = primaries().map(|(ix, _)| working(ix)).max()?;
    if most < 2 || working(mine) != most || spare(view, mine) <= barrier {
        return None;
    }
    let smallest = primaries()
        .filter(|(ix, _)| working(*ix) == most)
        .flat_map(|(ix, _)| view.replicas_of(ix))
        .filter(|(_, replica)| replica.well())
        .map(|(_, replica)| replica.id)
        .min();
    if smallest != Some(view.me().id) {
        return None;
    }
    // `watch` has just said who is alone, and since when.
    primaries().find(|(_, peer)| peer.orphaned_at.is_some_and(|at| now.since(at) > DELAY)).map(|(ix, _)| ix)
}

/// Replicas of a primary that are neither failed nor suspected.
fn spare(view: &ClusterView, primary: PeerIx) -> u32 {
    view.replicas_of(primary).filter(|(_, replica)| replica.well()).fold(0, |sum, _| sum + 1)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::{Address, NodeId, ShardId, SlotSet};

    const NOW: Instant = Instant::from_millis(20_000);

    fn peer(letter: char, flags: NodeFlags) -> Peer {
        let text = letter.to_string().repeat(40);
        let (id, shard): (NodeId, ShardId) = (text.parse().expect("id"), text.parse().expect("id"));
        Peer::new(id, shard, flags, Address::default(), Instant::ZERO)
    }

    /// I am replica b of primary p, beside replica c; primary o lost its replica d six seconds ago.
    fn world() -> (ClusterView, [PeerIx; 4]) {
        let mut view = ClusterView::new(peer('b', NodeFlags::REPLICA));
        let p = view.add(peer('p', NodeFlags::PRIMARY));
        let c = view.add(peer('c', NodeFlags::REPLICA));
        let o = view.add(peer('o', NodeFlags::PRIMARY));
        let d = view.add(peer('d', NodeFlags::REPLICA | NodeFlags::FAIL));
        view.assign(&SlotSet::from_ranges([(0, 99)]), Some(p));
        view.assign(&SlotSet::from_ranges([(100, 199)]), Some(o));
        for (replica, primary) in [(view.myself(), p), (c, p), (d, o)] {
            view.set_replica(replica, Some(primary));
        }
        watch(&mut view, Instant::from_millis(14_000));
        (view, [p, c, o, d])
    }

    #[test]
    fn the_smallest_spare_replica_moves_to_the_orphan() {
        let (view, [_, _, orphan, _]) = world();
        assert_eq!(target(&view, NOW, 1), Some(orphan));
    }

    #[test]
    fn nobody_moves_too_soon_or_below_the_barrier_or_out_of_turn() {
        let (view, _) = world();
        assert_eq!(target(&view, Instant::from_millis(19_000), 1), None, "orphan for 5 s, not longer");
        assert_eq!(target(&view, NOW, 2), None, "the primary would keep too few");
        let (mut view, [_, c, ..]) = world();
        view.peer_mut(c).flags.insert(NodeFlags::PFAIL);
        assert_eq!(target(&view, NOW, 1), None, "the sibling is not well, so I am no spare");
    }

    #[test]
    fn an_orphan_that_gets_its_replica_back_is_none() {
        let (mut view, [_, _, orphan, d]) = world();
        view.peer_mut(d).flags.remove(NodeFlags::FAIL);
        assert!(!watch(&mut view, NOW));
        assert_eq!(view.peer(orphan).orphaned_at, None);
    }
}
