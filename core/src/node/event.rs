//! The one vocabulary of what happened: recorder, golden plays, page, logs and reports share it.

use serde::{Deserialize, Serialize};

use crate::base::{Duration, Epoch, NodeId, Offset};
use crate::protocol::election::{RoundEnd, Treatment};
use crate::protocol::health::Health;
use crate::protocol::manual::ManualStep;
use crate::protocol::replication::SyncStep;
use crate::protocol::voting::Refusal;
use crate::wire::NackReason;

/// Why a replica that should stand does not.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", tag = "why")]
pub enum Unfit {
    /// Its data is too old (protocol.md §6.3).
    DataTooOld {
        /// How old; `None` if it never finished a sync.
        age: Option<Duration>,
    },
    /// `cluster-replica-no-failover` is on.
    NoFailover,
}

/// How this node's config epoch changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum EpochCause {
    /// It won an election.
    Won,
    /// Another primary with a greater id had the same one.
    Collision,
    /// An operator said TAKEOVER.
    Takeover,
    /// It received slots, or was told to bump.
    Bump,
}

/// How a node came to follow a primary.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum FollowCause {
    /// That primary took its last slot.
    LostSlots,
    /// Its primary became that node's replica.
    Chain,
    /// An operator said so.
    Command,
    /// That primary had no replica left.
    Migration,
}

/// One thing that happened on one node.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", tag = "event")]
pub enum Event {
    /// The process runs.
    Started,
    /// It learned of a node it had not known.
    NodeLearned {
        /// Who.
        node: NodeId,
    },
    /// It no longer knows a node.
    NodeForgotten {
        /// Who.
        node: NodeId,
    },
    /// A node answers under another id: its address is void.
    AddressLost {
        /// Who.
        node: NodeId,
    },
    /// It cannot reach a node.
    PfailMarked {
        /// Whom.
        node: NodeId,
    },
    /// It reaches a node again.
    PfailCleared {
        /// Whom.
        node: NodeId,
    },
    /// It counted a majority that cannot reach a node, and tells everyone.
    FailMarked {
        /// Whom.
        node: NodeId,
        /// Witnesses; none where another node was found at its address.
        reports: u32,
        /// Witnesses needed.
        needed: u32,
    },
    /// It was told that a node has failed.
    FailTold {
        /// Whom.
        node: NodeId,
        /// By whom.
        by: NodeId,
    },
    /// It considers a failed node well again.
    FailCleared {
        /// Whom.
        node: NodeId,
    },
    /// Its view of the cluster's health changed.
    HealthChanged {
        /// To this.
        health: Health,
    },
    /// Its current epoch rose because of a header.
    EpochAdopted {
        /// The new current epoch.
        epoch: Epoch,
        /// Whose header.
        from: NodeId,
    },
    /// Its own config epoch changed.
    ConfigEpochChanged {
        /// The new config epoch.
        epoch: Epoch,
        /// Why.
        cause: EpochCause,
    },
    /// In its table, slots changed hands.
    SlotsMoved {
        /// The new owner.
        to: NodeId,
        /// The old owner of the first of them.
        from: Option<NodeId>,
        /// How many.
        count: u32,
        /// Version of the claim.
        epoch: Epoch,
    },
    /// In its table, a node turned primary.
    SeenPrimary {
        /// Who.
        node: NodeId,
    },
    /// In its table, a node turned replica.
    SeenReplica {
        /// Who.
        node: NodeId,
        /// Of whom, if known.
        of: Option<NodeId>,
    },
    /// It ignored a header older than what it knows.
    StaleHeader {
        /// Whose.
        from: NodeId,
        /// The header's config epoch.
        epoch: Epoch,
    },
    /// It told a node of a newer claim.
    UpdateSent {
        /// Whom.
        to: NodeId,
        /// Whose claim.
        owner: NodeId,
        /// Its version.
        epoch: Epoch,
    },
    /// It became a replica, or the replica of another primary.
    Following {
        /// Of whom.
        primary: NodeId,
        /// Why.
        cause: FollowCause,
        /// Whether it must fetch everything.
        full_sync: bool,
    },
    /// Its data path moved on.
    Sync(SyncStep),
    /// It should stand but may not.
    CannotStand(Unfit),
    /// It will ask for votes.
    ElectionScheduled {
        /// After this long.
        delay: Duration,
        /// Siblings with more data.
        rank: u32,
        /// Failed shards that go first.
        failed_rank: u32,
        /// Its offset.
        offset: Offset,
        /// Whether it is provably the best and need not wait (#2227).
        best: bool,
    },
    /// Its turn changed while it waited.
    ElectionMoved {
        /// It asks after this long from now.
        delay: Duration,
        /// Siblings with more data.
        rank: u32,
        /// Failed shards that go first.
        failed_rank: u32,
        /// Whether it is provably the best.
        best: bool,
    },
    /// It asks for votes.
    VotesAsked {
        /// In this epoch.
        epoch: Epoch,
        /// Needing this many.
        needed: u32,
        /// Even of voters that think the primary is up.
        force: bool,
    },
    /// It gave its vote.
    VoteGranted {
        /// To whom.
        candidate: NodeId,
        /// In this epoch.
        epoch: Epoch,
    },
    /// It refused its vote.
    VoteRefused {
        /// To whom.
        candidate: NodeId,
        /// In this epoch.
        epoch: Epoch,
        /// Why.
        refusal: Refusal,
        /// Whether it told the candidate.
        told: bool,
    },
    /// It received a vote.
    AckReceived {
        /// From whom.
        voter: NodeId,
        /// Of this epoch.
        epoch: Epoch,
        /// What it made of it.
        treatment: Treatment,
        /// Votes it has.
        have: u32,
        /// Votes it needs.
        needed: u32,
    },
    /// It received a refusal.
    NackReceived {
        /// From whom.
        voter: NodeId,
        /// Of this epoch.
        epoch: Epoch,
        /// Why.
        reason: NackReason,
        /// What it made of it.
        treatment: Treatment,
        /// Votes given and votes that may still come.
        achievable: u32,
    },
    /// A round ended without a winner.
    RoundLost {
        /// Of this epoch; zero if it had not asked yet.
        epoch: Epoch,
        /// Why.
        end: RoundEnd,
    },
    /// It won.
    ElectionWon {
        /// In this epoch.
        epoch: Epoch,
        /// With these votes.
        voters: Vec<NodeId>,
        /// Of so many needed.
        needed: u32,
    },
    /// It is a primary now, in the place of another.
    Promoted {
        /// In whose place.
        instead_of: NodeId,
        /// With how many slots.
        slots: u32,
        /// At this offset.
        offset: Offset,
    },
    /// A manual failover moved on.
    Manual(ManualStep),
}

impl Event {
    /// Whether it belongs to an election: what traces show first, logs call a vote, and a step stops at.
    pub fn is_electoral(&self) -> bool {
        matches!(
            self,
            Self::ElectionScheduled { .. }
                | Self::ElectionMoved { .. }
                | Self::CannotStand(_)
                | Self::VotesAsked { .. }
                | Self::VoteGranted { .. }
                | Self::VoteRefused { .. }
                | Self::AckReceived { .. }
                | Self::NackReceived { .. }
                | Self::RoundLost { .. }
                | Self::ElectionWon { .. }
                | Self::Promoted { .. }
                | Self::Manual(_)
        )
    }
}
