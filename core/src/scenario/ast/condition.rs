//! What can be waited for and expected of a cluster.

use crate::scenario::name::{NodeName, ShardName};
use crate::wire::NackReason;

use super::Selector;

/// What can be waited for or expected. Where a selector means several nodes, any of them will do.
#[derive(Clone, Debug, PartialEq)]
pub enum Condition {
    /// `covered`: every slot has a live primary that all live nodes agree on.
    Covered,
    /// `converged`: all live nodes agree on everything.
    Converged,
    /// `primary of A is A1`.
    PrimaryOf {
        /// Of which shard.
        shard: ShardName,
        /// Who.
        node: NodeName,
    },
    /// `A0 failed`: someone has marked it fail.
    Failed(Selector),
    /// `A1 asks`: for votes.
    Asks(Selector),
    /// `B0 votes for A1`.
    VotesFor {
        /// Who votes.
        voter: Selector,
        /// For whom.
        candidate: Selector,
    },
    /// `B0 refuses A1 [already-voted]`.
    Refuses {
        /// Who refuses.
        voter: Selector,
        /// Whom.
        candidate: Selector,
        /// Why; none is any reason.
        reason: Option<NackReason>,
    },
    /// `split vote`: two candidates had votes in one epoch and neither won.
    SplitVote,
    /// `A1 won`: an election.
    Won(Selector),
    /// `epoch >= 7`: some live node's current epoch.
    EpochAtLeast(u64),
    /// `offset of A1 >= 1000`.
    OffsetAtLeast {
        /// Whose.
        node: Selector,
        /// How far.
        offset: u64,
    },
    /// `no lost writes`: none that were acknowledged.
    NoLostWrites,
    /// `lost writes <= 10`.
    LostWritesAtMost(u64),
    /// `no violations`: of any property.
    NoViolations,
    /// `no broken promises`: of those properties that the rules of the nodes promise.
    NoBrokenPromises,
    /// `violation S3`.
    Violation(PropertyId),
    /// `rounds of A <= 1`: requests for votes by A's replicas.
    RoundsAtMost {
        /// Of which shard.
        shard: ShardName,
        /// How many.
        rounds: u64,
    },
    /// `not CONDITION`: as an expectation, that what is expected without the `not` is not so.
    Not(Box<Condition>),
}

impl Condition {
    /// True for a state that lasts (judged when the run ends), false for something that happens at a
    /// moment (judged over the whole run).
    pub fn is_standing(&self) -> bool {
        match self {
            Self::Covered
            | Self::Converged
            | Self::PrimaryOf { .. }
            | Self::EpochAtLeast(_)
            | Self::OffsetAtLeast { .. }
            | Self::NoLostWrites
            | Self::LostWritesAtMost(_)
            | Self::NoViolations
            | Self::NoBrokenPromises
            | Self::RoundsAtMost { .. } => true,
            Self::Failed(_)
            | Self::Asks(_)
            | Self::VotesFor { .. }
            | Self::Refuses { .. }
            | Self::SplitVote
            | Self::Won(_)
            | Self::Violation(_) => false,
            Self::Not(inner) => inner.is_standing(),
        }
    }

    /// True for a state in which a cluster is at rest, and which faults take away: expected within a time,
    /// it must come back in that time whenever it is lost.
    pub fn is_lost_to_faults(&self) -> bool {
        matches!(self, Self::Covered | Self::Converged)
    }
}

/// A property of protocol.md §15: `S1`..`S19`, `L1`..`L10`, and ours: `S20` to `S22`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum PropertyId {
    /// Nothing bad happens.
    Safety(u8),
    /// Something good happens in the end.
    Liveness(u8),
}

/// Refusals by the word of their reason.
pub const REASONS: [(&str, NackReason); 7] = [
    ("not-safe", NackReason::NotSafe),
    ("epoch-old", NackReason::EpochOld),
    ("already-voted", NackReason::AlreadyVoted),
    ("is-primary", NackReason::IsPrimary),
    ("no-primary", NackReason::NoPrimary),
    ("primary-up", NackReason::PrimaryUp),
    ("stale-config", NackReason::StaleConfig),
];
