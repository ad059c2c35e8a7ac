//! The voter: one vote an epoch, refused for the first reason that applies (protocol.md §7).

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::base::{Duration, Epoch, Instant, NodeId, Rules, Slot, SlotSet};
use crate::cluster::{ClusterView, PeerIx};
use crate::wire::NackReason;

/// Why a vote was refused: the log line, the NACK's reason and the sentence on the page in one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", tag = "why")]
pub enum Refusal {
    /// Row 0: it has no vote.
    NotAVoter,
    /// Row 1: it has just restarted and may have forgotten a vote.
    NotSafe,
    /// Row 2: its current epoch is newer.
    EpochOld {
        /// The voter's current epoch.
        current: Epoch,
    },
    /// Row 3: it has voted in this epoch.
    AlreadyVoted,
    /// Row 4: it knows the candidate as a primary.
    IsPrimary,
    /// Row 5: it knows no primary of the candidate.
    NoPrimary,
    /// Row 6: the candidate's primary is not failed.
    PrimaryUp,
    /// Row 6a, up to 8.0: it voted about this primary a short while ago.
    VotedRecently,
    /// Row 7: a slot the candidate would take belongs to a newer claim.
    StaleConfig {
        /// The first such slot.
        slot: Slot,
        /// Whose it is.
        owner: NodeId,
        /// Version of that claim.
        epoch: Epoch,
    },
    /// It has no connection to the candidate: the vote would be spent for nothing (appendix E 3).
    NoLink,
}

/// One request for a vote, as a voter sees it.
#[derive(Clone, Copy, Debug)]
pub struct VoteRequest<'a> {
    /// Who asks.
    pub candidate: PeerIx,
    /// In which epoch.
    pub epoch: Epoch,
    /// The version of its primary's claim that it knows.
    pub config_epoch: Epoch,
    /// The slots it would take.
    pub slots: &'a SlotSet,
    /// Whether it asks for a vote although the primary may look well (FORCEACK).
    pub force: bool,
    /// Whether the voter could answer.
    pub linked: bool,
}

/// A voter's memory. [`last_vote_epoch`](Self::last_vote_epoch) must be on disk before a vote leaves.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Ballot {
    /// The last epoch in which this node voted.
    pub last_vote_epoch: Epoch,
    /// For which primary it last voted, and when; kept in memory only, used only by old rules.
    recent: Vec<(NodeId, Instant)>,
}

impl Refusal {
    /// The reason a candidate is told, if it is told at all.
    pub const fn nack(self) -> Option<NackReason> {
        match self {
            Self::NotAVoter | Self::VotedRecently | Self::NoLink => None,
            Self::NotSafe => Some(NackReason::NotSafe),
            Self::EpochOld { .. } => Some(NackReason::EpochOld),
            Self::AlreadyVoted => Some(NackReason::AlreadyVoted),
            Self::IsPrimary => Some(NackReason::IsPrimary),
            Self::NoPrimary => Some(NackReason::NoPrimary),
            Self::PrimaryUp => Some(NackReason::PrimaryUp),
            Self::StaleConfig { .. } => Some(NackReason::StaleConfig),
        }
    }

    /// The refusal in words, with names.
    pub fn tell(&self, name: &dyn Fn(NodeId) -> String) -> String {
        match self {
            Self::NotAVoter => "has no vote".to_owned(),
            Self::NotSafe => "has just restarted".to_owned(),
            Self::EpochOld { current } => format!("is in epoch {current}"),
            Self::AlreadyVoted => "already voted".to_owned(),
            Self::IsPrimary => "knows it as a primary".to_owned(),
            Self::NoPrimary => "knows no primary of it".to_owned(),
            Self::PrimaryUp => "its primary is up".to_owned(),
            Self::VotedRecently => "voted about this primary a short while ago".to_owned(),
            Self::StaleConfig { slot, owner, epoch } => {
                format!("slot {slot} belongs to {} at epoch {epoch}", name(*owner))
            }
            Self::NoLink => "has no link to it".to_owned(),
        }
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.tell(&|id| format!("{id:?}")))
    }
}

impl Ballot {
    /// A voter that last voted in this epoch.
    pub const fn new(last_vote_epoch: Epoch) -> Self {
        Self { last_vote_epoch, recent: Vec::new() }
    }

    /// Grants or refuses one vote.
    ///
    /// The order of the checks is Valkey's, because the first that fails is the reason a candidate
    /// is told. Re-states `clusterSendFailoverAuthIfNeeded`.
    pub fn consider(
        &mut self,
        now: Instant,
        view: &ClusterView,
        rules: &Rules,
        safe_to_join: bool,
        node_timeout: Duration,
        request: &VoteRequest<'_>,
    ) -> Result<Epoch, Refusal> {
        if !view.me().is_voter() {
            return Err(Refusal::NotAVoter);
        }
        if rules.unsafe_join_refuses && !safe_to_join {
            return Err(Refusal::NotSafe);
        }
        if request.epoch < view.current_epoch {
            return Err(Refusal::EpochOld { current: view.current_epoch });
        }
        if self.last_vote_epoch == view.current_epoch {
            return Err(Refusal::AlreadyVoted);
        }
        let candidate = view.peer(request.candidate);
        if candidate.is_primary() {
            return Err(Refusal::IsPrimary);
        }
        let primary = candidate.replica_of.map(|ix| view.peer(ix)).ok_or(Refusal::NoPrimary)?;
        if !primary.failed() && !request.force {
            return Err(Refusal::PrimaryUp);
        }
        if !rules.no_vote_memory && self.voted_within(primary.id, now, node_timeout * 2) {
            return Err(Refusal::VotedRecently);
        }
        if let Some(refusal) = newer_owner(view, request) {
            return Err(refusal);
        }
        if rules.link_before_vote && !request.linked {
            return Err(Refusal::NoLink);
        }
        self.last_vote_epoch = view.current_epoch;
        self.recent.retain(|(id, at)| *id != primary.id && now.since(*at) < node_timeout * 2);
        self.recent.push((primary.id, now));
        Ok(view.current_epoch)
    }

    fn voted_within(&self, primary: NodeId, now: Instant, span: Duration) -> bool {
        self.recent.iter().any(|(id, at)| *id == primary && now.since(*at) < span)
    }
}

/// The first slot of the request whose owner has a newer claim than the candidate knows.
fn newer_owner(view: &ClusterView, request: &VoteRequest<'_>) -> Option<Refusal> {
    let (slot, owner) = view.newer_owner(request.slots, request.config_epoch)?;
    let owner = view.peer(owner);
    Some(Refusal::StaleConfig { slot, owner: owner.id, epoch: owner.config_epoch })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::{Address, Rng, ShardId};
    use crate::cluster::Peer;
    use crate::wire::NodeFlags;

    type Change = fn(&mut Case);

    /// A voter V, a failed primary P with slots 0-99 at config epoch 3, its replica R, in epoch 7.
    struct Case {
        view: ClusterView,
        rules: Rules,
        ballot: Ballot,
        safe: bool,
        epoch: u64,
        config_epoch: u64,
        force: bool,
        linked: bool,
        primary: PeerIx,
        replica: PeerIx,
    }

    fn peer(seed: u64, flags: NodeFlags) -> Peer {
        let mut rng = Rng::new(seed);
        let (id, shard) = (NodeId::random(&mut rng), ShardId::random(&mut rng));
        Peer::new(id, shard, flags, Address::default(), Instant::ZERO)
    }

    impl Case {
        fn new() -> Self {
            let mut view = ClusterView::new(peer(1, NodeFlags::PRIMARY));
            let primary = view.add(peer(2, NodeFlags::PRIMARY | NodeFlags::FAIL));
            let replica = view.add(peer(3, NodeFlags::REPLICA));
            view.set_replica(replica, Some(primary));
            view.assign(&SlotSet::from_ranges([(0, 99)]), Some(primary));
            view.assign(&SlotSet::from_ranges([(100, 199)]), Some(view.myself()));
            view.peer_mut(primary).config_epoch = Epoch(3);
            view.current_epoch = Epoch(7);
            Self {
                view,
                rules: Rules::default(),
                ballot: Ballot::default(),
                safe: true,
                epoch: 7,
                config_epoch: 3,
                force: false,
                linked: true,
                primary,
                replica,
            }
        }

        fn with(change: impl FnOnce(&mut Self)) -> Self {
            let mut case = Self::new();
            change(&mut case);
            case
        }

        fn vote(&mut self) -> Result<Epoch, Refusal> {
            let request = VoteRequest {
                candidate: self.replica,
                epoch: Epoch(self.epoch),
                config_epoch: Epoch(self.config_epoch),
                slots: &SlotSet::from_ranges([(0, 99)]),
                force: self.force,
                linked: self.linked,
            };
            let (now, timeout) = (Instant::from_millis(1000), Duration::from_secs(3));
            self.ballot.consider(now, &self.view, &self.rules, self.safe, timeout, &request)
        }
    }

    #[test]
    fn refuses_for_the_first_reason_that_applies() {
        let nobody_left = |case: &mut Case| {
            let me = case.view.myself();
            case.view.hand_over(me, None);
        };
        let table: [(Change, Refusal); 8] = [
            (|case| case.safe = false, Refusal::NotSafe),
            (|case| case.epoch = 6, Refusal::EpochOld { current: Epoch(7) }),
            (|case| case.ballot.last_vote_epoch = Epoch(7), Refusal::AlreadyVoted),
            (|case| case.view.set_primary(case.replica), Refusal::IsPrimary),
            (|case| case.view.set_replica(case.replica, None), Refusal::NoPrimary),
            (|case| case.view.peer_mut(case.primary).flags.remove(NodeFlags::FAIL), Refusal::PrimaryUp),
            (
                |case| case.ballot.recent.push((case.view.peer(case.primary).id, Instant::ZERO)),
                Refusal::VotedRecently,
            ),
            (|case| case.linked = false, Refusal::NoLink),
        ];
        for (change, refusal) in table {
            let mut case = Case::with(change);
            case.rules.no_vote_memory = refusal != Refusal::VotedRecently;
            assert_eq!(case.vote(), Err(refusal));
        }
        assert_eq!(Case::with(nobody_left).vote(), Err(Refusal::NotAVoter));
        let mut stale = Case::with(|case| case.config_epoch = 2);
        let owner = stale.view.peer(stale.primary).id;
        let slot = Slot::new(0).expect("slot 0 exists");
        assert_eq!(stale.vote(), Err(Refusal::StaleConfig { slot, owner, epoch: Epoch(3) }));
    }

    #[test]
    fn an_earlier_row_hides_a_later_one() {
        let mut case = Case::with(|case| {
            case.safe = false;
            case.epoch = 6;
            case.linked = false;
        });
        assert_eq!(case.vote(), Err(Refusal::NotSafe));
        case.safe = true;
        assert_eq!(case.vote(), Err(Refusal::EpochOld { current: Epoch(7) }));
    }

    #[test]
    fn votes_once_an_epoch_whoever_asks() {
        let mut case = Case::new();
        assert_eq!(case.vote(), Ok(Epoch(7)));
        assert_eq!(case.ballot.last_vote_epoch, Epoch(7));
        assert_eq!(case.vote(), Err(Refusal::AlreadyVoted));
    }

    #[test]
    fn force_overrides_only_the_look_of_the_primary() {
        let up = |case: &mut Case| {
            case.view.peer_mut(case.primary).flags.remove(NodeFlags::FAIL);
            case.force = true;
        };
        assert_eq!(Case::with(up).vote(), Ok(Epoch(7)));
        let mut voted = Case::with(up);
        voted.ballot.last_vote_epoch = Epoch(7);
        assert_eq!(voted.vote(), Err(Refusal::AlreadyVoted));
    }

    #[test]
    fn a_slot_its_owner_disowns_blocks_nobody() {
        let mut case = Case::with(|case| case.config_epoch = 2);
        for slot in Slot::all().take(100) {
            case.view.set_disowned(slot, true);
        }
        assert_eq!(case.vote(), Ok(Epoch(7)));
    }

    #[test]
    fn only_numbered_refusals_are_told() {
        assert_eq!(Refusal::NotAVoter.nack(), None);
        assert_eq!(Refusal::NoLink.nack(), None);
        assert_eq!(Refusal::AlreadyVoted.nack(), Some(NackReason::AlreadyVoted));
    }
}
