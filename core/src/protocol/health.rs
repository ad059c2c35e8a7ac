//! Whether the cluster serves, as one node sees it (protocol.md §4.6).

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::base::{Duration, Instant};
use crate::cluster::ClusterView;

/// How long a restarted primary waits before it serves, or votes.
const WRITABLE_DELAY: Duration = Duration::from_secs(2);

/// Whether the cluster serves.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Health {
    /// Every slot has an owner that is not failed, and a majority is reachable.
    Ok,
    /// A slot has no owner that is up.
    NotCovered,
    /// Most voters cannot be reached.
    Minority,
}

/// One node's judgement and what it needs to make the next.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Judgement {
    health: Health,
    first_asked: Option<Instant>,
    minority_at: Option<Instant>,
    safe_to_join: bool,
}

impl Default for Judgement {
    /// A node that has just started: not serving, not safe to vote.
    fn default() -> Self {
        Self { health: Health::NotCovered, first_asked: None, minority_at: None, safe_to_join: false }
    }
}

impl Judgement {
    /// The judgement of a node that has been running for long in a healthy cluster.
    pub const fn settled() -> Self {
        Self { health: Health::Ok, first_asked: Some(Instant::ZERO), minority_at: None, safe_to_join: true }
    }

    /// The present judgement.
    pub const fn health(&self) -> Health {
        self.health
    }

    /// Whether this node may vote: it has been up for long enough to have heard of newer epochs.
    pub const fn safe_to_join(&self) -> bool {
        self.safe_to_join
    }

    /// Judges anew; `Some` if the judgement changed. Also counts the voters. Re-states
    /// `clusterUpdateState`.
    pub fn update(
        &mut self,
        view: &mut ClusterView,
        now: Instant,
        node_timeout: Duration,
        full_coverage: bool,
    ) -> Option<Health> {
        let first = *self.first_asked.get_or_insert(now);
        let primary = view.me().is_primary();
        let voters = || view.iter().filter(|(_, peer)| peer.is_voter());
        let size = u32::try_from(voters().count()).unwrap_or(u32::MAX);
        let reachable = u32::try_from(voters().filter(|(_, peer)| peer.well()).count()).unwrap_or(u32::MAX);
        let failed = u32::try_from(voters().filter(|(_, peer)| peer.failed()).count()).unwrap_or(u32::MAX);
        view.size_failed = failed;
        if primary && self.health != Health::Ok && now.since(first) < WRITABLE_DELAY {
            self.safe_to_join = false;
            // A restarted node still needs to know how many witnesses make a majority.
            view.size = size;
            return None;
        }
        self.safe_to_join = true;
        view.size = size;
        let mut new = if full_coverage && !view.covered() { Health::NotCovered } else { Health::Ok };
        if reachable < view.quorum() {
            new = Health::Minority;
            self.minority_at = Some(now);
        }
        if new == self.health {
            return None;
        }
        let rejoin = node_timeout.clamp(Duration::from_millis(500), Duration::from_secs(5));
        let too_soon = self.minority_at.is_some_and(|at| now.since(at) < rejoin);
        if new == Health::Ok && primary && too_soon {
            return None;
        }
        self.health = new;
        Some(new)
    }
}

impl fmt::Display for Health {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Ok => "ok",
            Self::NotCovered => "fail, slots not covered",
            Self::Minority => "fail, in the minority",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::{Address, NodeId, Rng, ShardId, SlotSet};
    use crate::cluster::{Peer, PeerIx};
    use crate::wire::NodeFlags;

    const T: Duration = Duration::from_secs(3);

    fn three() -> (ClusterView, [PeerIx; 3]) {
        let peer = |seed| {
            let mut rng = Rng::new(seed);
            let (id, shard) = (NodeId::random(&mut rng), ShardId::random(&mut rng));
            Peer::new(id, shard, NodeFlags::PRIMARY, Address::default(), Instant::ZERO)
        };
        let mut view = ClusterView::new(peer(0));
        let at = [view.myself(), view.add(peer(1)), view.add(peer(2))];
        for (ix, range) in at.iter().zip([(0, 5460), (5461, 10_922), (10_923, 16_383)]) {
            view.assign(&SlotSet::from_ranges([range]), Some(*ix));
        }
        (view, at)
    }

    fn mark(view: &mut ClusterView, ix: PeerIx, flag: NodeFlags) {
        view.peer_mut(ix).flags.insert(flag);
    }

    #[test]
    fn a_restarted_primary_is_not_safe_for_two_seconds() {
        let (mut view, _) = three();
        let mut judgement = Judgement::default();
        for ms in [0, 1_999] {
            assert_eq!(judgement.update(&mut view, Instant::from_millis(ms), T, true), None);
            assert!(!judgement.safe_to_join());
        }
        assert_eq!(judgement.update(&mut view, Instant::from_millis(2_000), T, true), Some(Health::Ok));
        assert!(judgement.safe_to_join());
    }

    #[test]
    fn a_failed_owner_uncovers_its_slots_a_suspected_one_does_not() {
        let (mut view, at) = three();
        let mut judgement = Judgement::settled();
        let now = Instant::from_millis(9_000);
        mark(&mut view, at[1], NodeFlags::PFAIL);
        assert_eq!(judgement.update(&mut view, now, T, true), None);
        view.peer_mut(at[1]).flags.remove(NodeFlags::PFAIL);
        mark(&mut view, at[1], NodeFlags::FAIL);
        assert_eq!(judgement.update(&mut view, now, T, true), Some(Health::NotCovered));
        assert_eq!(Judgement::settled().update(&mut view, now, T, false), None);
        assert_eq!(view.size, 3, "a failed voter still counts");
    }

    #[test]
    fn a_primary_back_from_the_minority_waits_before_it_serves() {
        let (mut view, at) = three();
        let mut judgement = Judgement::settled();
        mark(&mut view, at[1], NodeFlags::PFAIL);
        mark(&mut view, at[2], NodeFlags::PFAIL);
        let cut = Instant::from_millis(9_000);
        assert_eq!(judgement.update(&mut view, cut, T, true), Some(Health::Minority));
        for ix in [at[1], at[2]] {
            view.peer_mut(ix).flags.remove(NodeFlags::PFAIL);
        }
        assert_eq!(judgement.update(&mut view, cut + Duration::from_millis(2_999), T, true), None);
        assert_eq!(judgement.update(&mut view, cut + T, T, true), Some(Health::Ok));
    }
}
