//! Who goes first: a candidate's place by what it knows of the others (protocol.md §6.4, §6.6).

use std::cmp::Ordering;

use crate::base::{Duration, Instant, Offset, Rules};
use crate::cluster::ClusterView;
use crate::wire::NodeFlags;

use super::count;

/// Where a candidate stands among those that could stand.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Ranks {
    /// Siblings with more data, or as much and a lower priority number (#2204) or a smaller id (#762).
    pub rank: u32,
    /// Failed primaries whose shards go first (#1018).
    pub failed_rank: u32,
    /// Whether it is provably the best (#2227).
    pub best: bool,
    /// Whether it has nothing to offer.
    pub empty: bool,
    /// Whether a sibling that could stand has something.
    pub sibling_has_data: bool,
}

impl Ranks {
    /// A replica's place by what it knows. Re-states `clusterGetReplicaRank`,
    /// `clusterGetFailedPrimaryRank` and `clusterAllReplicasThinkPrimaryIsFail`.
    pub fn of(
        view: &ClusterView,
        rules: &Rules,
        now: Instant,
        offset: Offset,
        priority: u32,
        give_up_after: Option<Duration>,
    ) -> Self {
        let me = view.me();
        let Some(primary) = view.my_primary() else { return Self::default() };
        let siblings = || view.replicas_of(primary).filter(|(ix, _)| *ix != view.myself());
        let able = |peer: &crate::cluster::Peer| !peer.flags.contains(NodeFlags::NOFAILOVER);
        let place = |peer: &crate::cluster::Peer| {
            let number = peer.names.as_ref().map_or(0, |names| names.replica_priority);
            if rules.priority_in_rank { number.cmp(&priority) } else { Ordering::Equal }
        };
        let ahead = siblings().filter(|(_, peer)| {
            able(peer)
                && match peer.offset.cmp(&offset).then(place(peer).reverse()) {
                    Ordering::Greater => true,
                    Ordering::Equal => rules.id_tiebreak && peer.id < me.id,
                    Ordering::Less => false,
                }
        });
        let rank = count(ahead);
        let failed_rank = if rules.failed_primary_rank {
            count(view.iter().filter(|(ix, peer)| {
                peer.failed()
                    && peer.is_voter()
                    && peer.shard < me.shard
                    && give_up_after.is_none_or(|span| now.since(peer.failed_at) <= span)
                    && view.replicas_of(*ix).next().is_some()
            }))
        } else {
            0
        };
        let agree = rules.primary_fail_cleared || me.flags.contains(NodeFlags::MY_PRIMARY_FAIL);
        let all_agree = view.peer(primary).failed()
            && agree
            && siblings().all(|(_, p)| p.flags.contains(NodeFlags::MY_PRIMARY_FAIL));
        Self {
            rank,
            failed_rank,
            best: rules.fast_failover && all_agree && offset > Offset::ZERO && rank == 0 && failed_rank == 0,
            empty: offset == Offset::ZERO,
            sibling_has_data: siblings().any(|(_, p)| able(p) && !p.failed() && p.offset > Offset::ZERO),
        }
    }
}
