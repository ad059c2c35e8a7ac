//! Events in words: the lines of traces, logs and captions.

use std::fmt;

use crate::base::{Epoch, NodeId};
use crate::protocol::election::{RoundEnd, Treatment};
use crate::protocol::manual::ManualStep;
use crate::protocol::replication::SyncStep;

use super::event::{EpochCause, Event, FollowCause, Unfit};

/// How ids are written: a simulation knows names, a log does not.
pub type Namer<'a> = &'a dyn Fn(NodeId) -> String;

/// An event with the names to tell it by.
pub struct Told<'a> {
    event: &'a Event,
    name: Namer<'a>,
}

impl Event {
    /// The event as a line of a trace: a verb, then details.
    pub fn tell<'a>(&'a self, name: Namer<'a>) -> Told<'a> {
        Told { event: self, name }
    }
}

/// With ids cut to eight characters.
impl fmt::Display for Event {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.tell(&|id| format!("{id:?}")).fmt(f)
    }
}

impl fmt::Display for Treatment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Counted => "counted",
            Self::OtherEpoch => "ignored, other epoch",
            Self::Repeated => "ignored, answered before",
            Self::NotAVoter => "ignored, not a voter",
            Self::VoterFailed => "ignored, it is failed",
            Self::NotAsking => "ignored, not asking",
            Self::NotFinal => "noted, not final",
        })
    }
}

impl fmt::Display for Told<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = self.name;
        match self.event {
            Event::Started => write!(f, "starts"),
            Event::NodeLearned { node } => write!(f, "learns of {}", name(*node)),
            Event::NodeForgotten { node } => write!(f, "forgets {}", name(*node)),
            Event::AddressLost { node } => write!(f, "loses the address of {}", name(*node)),
            Event::PfailMarked { node } => write!(f, "suspects {}", name(*node)),
            Event::PfailCleared { node } => write!(f, "trusts {} again", name(*node)),
            Event::FailMarked { node, reports, needed } => {
                write!(f, "declares {} failed", name(*node))?;
                match (reports, needed) {
                    // What another server's log does not say.
                    (0, 0) => Ok(()),
                    (0, _) => write!(f, ": another node answers at its address"),
                    (1, _) => write!(f, ": 1 witness, {needed} needed"),
                    _ => write!(f, ": {reports} witnesses, {needed} needed"),
                }
            }
            Event::FailTold { node, by } => write!(f, "hears from {} that {} failed", name(*by), name(*node)),
            Event::FailCleared { node } => write!(f, "sees {} well again", name(*node)),
            Event::HealthChanged { health } => write!(f, "sees the cluster {health}"),
            Event::EpochAdopted { epoch, from } => write!(f, "adopts epoch {epoch} from {}", name(*from)),
            Event::ConfigEpochChanged { epoch, cause } => {
                let cause = match cause {
                    EpochCause::Won => "won",
                    EpochCause::Collision => "collision",
                    EpochCause::Takeover => "takeover",
                    EpochCause::Bump => "bump",
                };
                write!(f, "takes config epoch {epoch}: {cause}")
            }
            Event::SlotsMoved { to, from, count, epoch } => {
                write!(f, "gives {count} slots to {} at epoch {epoch}", name(*to))?;
                from.map_or(Ok(()), |from| write!(f, ", from {}", name(from)))
            }
            Event::SeenPrimary { node } => write!(f, "sees {} as primary", name(*node)),
            Event::SeenReplica { node, of: Some(of) } => {
                write!(f, "sees {} as replica of {}", name(*node), name(*of))
            }
            Event::SeenReplica { node, of: None } => {
                write!(f, "sees {} as replica of an unknown", name(*node))
            }
            Event::StaleHeader { from, epoch } => {
                write!(f, "ignores a stale header of {} at epoch {epoch}", name(*from))
            }
            Event::UpdateSent { to, owner, epoch } => {
                write!(f, "tells {} that {} owns at epoch {epoch}", name(*to), name(*owner))
            }
            Event::Following { primary, cause, full_sync } => {
                let cause = match cause {
                    FollowCause::LostSlots => "lost its last slot to it",
                    FollowCause::Chain => "its primary follows it",
                    FollowCause::Command => "told to",
                    FollowCause::Migration => "it had no replica",
                };
                let sync = if *full_sync { "full sync" } else { "keeps its history" };
                write!(f, "follows {}: {cause}, {sync}", name(*primary))
            }
            Event::Sync(step) => write!(f, "{step}"),
            Event::CannotStand(Unfit::DataTooOld { age: Some(age) }) => {
                write!(f, "cannot stand: its data is {age} old")
            }
            Event::CannotStand(Unfit::DataTooOld { age: None }) => {
                write!(f, "cannot stand: it never finished a sync")
            }
            Event::CannotStand(Unfit::NoFailover) => write!(f, "cannot stand: no-failover is set"),
            Event::ElectionScheduled { delay, rank, failed_rank, offset, best } => {
                write!(f, "schedules an election in {delay}: rank {rank}, offset {offset}")?;
                if *failed_rank > 0 {
                    write!(f, ", behind {failed_rank} failed shards")?;
                }
                if *best { write!(f, ", provably best") } else { Ok(()) }
            }
            Event::ElectionMoved { delay, rank, failed_rank, best } => {
                write!(f, "moves its election, now in {delay}: rank {rank}")?;
                if *failed_rank > 0 {
                    write!(f, ", behind {failed_rank} failed shards")?;
                }
                if *best { write!(f, ", provably best") } else { Ok(()) }
            }
            Event::VotesAsked { epoch, needed, force } => {
                write!(f, "asks for votes in epoch {epoch}, needs {needed}")?;
                if *force { write!(f, ", forced") } else { Ok(()) }
            }
            Event::VoteGranted { candidate, epoch } => {
                write!(f, "votes for {} in epoch {epoch}", name(*candidate))
            }
            Event::VoteRefused { candidate, epoch, refusal, told } => {
                let told = if *told { "" } else { ", in silence" };
                write!(f, "refuses {} in epoch {epoch}: {}{told}", name(*candidate), refusal.tell(name))
            }
            Event::AckReceived { voter, epoch, treatment, have, needed } => {
                write!(
                    f,
                    "gets the vote of {} in epoch {epoch}: {treatment}, has {have}, needs {needed}",
                    name(*voter)
                )
            }
            Event::NackReceived { voter, epoch, reason, treatment, achievable } => write!(
                f,
                "is refused by {} in epoch {epoch}: {reason}, {treatment}, {achievable} achievable",
                name(*voter)
            ),
            Event::RoundLost { epoch, end } => {
                if *epoch == Epoch::ZERO {
                    f.write_str("lets its election pass without asking: ")?;
                } else {
                    write!(f, "loses the round of epoch {epoch}: ")?;
                }
                match end {
                    RoundEnd::Hopeless { achievable, needed } => {
                        write!(f, "{achievable} votes achievable, {needed} needed")
                    }
                    RoundEnd::Claimed { by } => write!(f, "{} claimed a newer epoch", name(*by)),
                    RoundEnd::Expired => write!(f, "time ran out"),
                    RoundEnd::Moot => write!(f, "no longer called for"),
                }
            }
            Event::ElectionWon { epoch, voters, needed } => {
                write!(f, "wins epoch {epoch}")?;
                // What another server's log does not say.
                if *needed == 0 {
                    return Ok(());
                }
                write!(f, " with {}, needed {needed}:", votes(voters.len()))?;
                voters.iter().try_for_each(|voter| write!(f, " {}", name(*voter)))
            }
            Event::Promoted { instead_of, slots, offset } => {
                write!(f, "is primary instead of {}: {slots} slots, offset {offset}", name(*instead_of))
            }
            Event::Manual(step) => match step {
                ManualStep::Asked => write!(f, "asks its primary to pause"),
                ManualStep::Paused { replica } => write!(f, "pauses writes for {}", name(*replica)),
                ManualStep::Target { offset } => write!(f, "must reach offset {offset}"),
                ManualStep::Ready => write!(f, "is ready to fail over"),
                ManualStep::Takeover => write!(f, "takes over without votes"),
                ManualStep::TimedOut => write!(f, "gives up the manual failover"),
                ManualStep::Resumed => write!(f, "resumes writes"),
            },
        }
    }
}

fn votes(count: usize) -> String {
    if count == 1 { "1 vote".to_owned() } else { format!("{count} votes") }
}

impl fmt::Display for SyncStep {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Partial { offset } => write!(f, "goes on from offset {offset}"),
            Self::Full { offset } => write!(f, "starts a full sync as of offset {offset}"),
            Self::Loading => write!(f, "loads a snapshot, its old data is gone"),
            Self::Loaded { offset } => write!(f, "is in sync at offset {offset}"),
            Self::Lost { offset } => write!(f, "loses its primary's stream at offset {offset}"),
            Self::NotWhole => write!(f, "could not apply what its primary has: stands back"),
            Self::Dropped { offset } => write!(f, "drops its old history at offset {offset}"),
        }
    }
}
