//! What a candidate makes of answers, rule by rule (protocol.md §6.9 for yes, §8.3 for no).

use serde::{Deserialize, Serialize};

use super::count;
use crate::base::{Epoch, Nack, NodeId, Rules};
use crate::cluster::{ClusterView, Peer};
use crate::wire::NackReason;

/// How a candidate treats an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Treatment {
    /// It changes what can still be reached.
    Counted,
    /// It is of another round or epoch.
    OtherEpoch,
    /// This voter has answered before.
    Repeated,
    /// The sender has no vote.
    NotAVoter,
    /// The sender is failed, so it has been written off already (#3833 as merged).
    VoterFailed,
    /// No round is being asked for.
    NotAsking,
    /// This reason does not end a voter's part in a round (protocol.md §8.6).
    NotFinal,
}

/// What a voter says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Answer {
    /// Yes.
    Acked,
    /// No, and why.
    Nacked {
        /// The refused request's epoch, if this revision of NACK says it.
        of: Option<Epoch>,
        /// Why.
        reason: NackReason,
    },
}

/// An answer with what the candidate knows of who gives it.
#[derive(Clone, Copy, Debug)]
pub struct Reply {
    /// Who.
    pub voter: NodeId,
    /// Whether it has a vote.
    pub has_vote: bool,
    /// Whether it is failed.
    pub failed: bool,
    /// The current epoch in its header.
    pub header_epoch: Epoch,
    /// What it says.
    pub answer: Answer,
}

impl Reply {
    /// What this peer says.
    pub fn of(peer: &Peer, header_epoch: Epoch, answer: Answer) -> Self {
        Self { voter: peer.id, has_vote: peer.is_voter(), failed: peer.failed(), header_epoch, answer }
    }

    /// The epoch it seems to be about: an honest ACK's header shows the epoch of its request.
    pub fn epoch(&self) -> Epoch {
        match self.answer {
            Answer::Nacked { of: Some(epoch), .. } => epoch,
            Answer::Acked | Answer::Nacked { of: None, .. } => self.header_epoch,
        }
    }
}

/// The answers that count. It outlives a round: up to 9.2 it was emptied when a round was planned, not
/// when votes were asked for, so what came in between counted for the next epoch (M12).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    /// The epoch last asked for.
    asked: Epoch,
    /// Who said yes; under the old rule one may stand here twice.
    acks: Vec<NodeId>,
    /// Who said no; likewise.
    nacks: Vec<NodeId>,
}

impl Tally {
    /// The epoch last asked for; zero if none ever was.
    pub fn asked(&self) -> Epoch {
        self.asked
    }

    /// Forgets all answers, not the epoch.
    pub(super) fn clear(&mut self) {
        self.acks.clear();
        self.nacks.clear();
    }

    /// A request for this epoch is out.
    pub(super) fn ask(&mut self, epoch: Epoch, rules: &Rules) {
        self.asked = epoch;
        if rules.exact_acks {
            self.clear();
        }
    }

    /// Votes it has.
    pub fn votes(&self) -> u32 {
        count(self.acks.iter())
    }

    /// Who gave them, in the order of ids.
    pub fn voters(&self) -> Vec<NodeId> {
        let mut voters = self.acks.clone();
        voters.sort_unstable();
        voters
    }

    /// Takes in an answer, or says why not.
    pub(super) fn take(&mut self, rules: &Rules, asking: bool, reply: &Reply) -> Treatment {
        let treatment = match reply.answer {
            Answer::Acked => self.judge_ack(rules, asking, reply),
            Answer::Nacked { of, reason } => self.judge_nack(rules.nack, asking, reply, of, reason),
        };
        if treatment == Treatment::Counted {
            match reply.answer {
                Answer::Acked => self.acks.push(reply.voter),
                Answer::Nacked { .. } => self.nacks.push(reply.voter),
            }
        }
        treatment
    }

    /// §8.6 rules 1 and 2; without them any voter's ACK of this epoch or a later one counts, as often
    /// as it comes and whether or not votes are being asked for (§6.9).
    fn judge_ack(&self, rules: &Rules, asking: bool, reply: &Reply) -> Treatment {
        if rules.exact_acks && !asking {
            Treatment::NotAsking
        } else if !reply.has_vote {
            Treatment::NotAVoter
        } else if reply.header_epoch < self.asked || (rules.exact_acks && reply.header_epoch > self.asked) {
            Treatment::OtherEpoch
        } else if rules.exact_acks && self.has_answered(reply.voter) {
            Treatment::Repeated
        } else {
            Treatment::Counted
        }
    }

    /// The table of §8.3, a column a revision.
    fn judge_nack(
        &self,
        revision: Nack,
        asking: bool,
        reply: &Reply,
        of: Option<Epoch>,
        reason: NackReason,
    ) -> Treatment {
        let of_this_round = match of {
            Some(epoch) => epoch == self.asked,
            None => reply.header_epoch >= self.asked,
        };
        let written_off = matches!(revision, Nack::Merged | Nack::Echoed | Nack::Filtered) && reply.failed;
        let by_reason = matches!(revision, Nack::Filtered | Nack::On);
        if !asking {
            Treatment::NotAsking
        } else if !reply.has_vote {
            Treatment::NotAVoter
        } else if !of_this_round {
            Treatment::OtherEpoch
        } else if written_off {
            Treatment::VoterFailed
        } else if revision == Nack::On && self.has_answered(reply.voter) {
            Treatment::Repeated
        } else if by_reason && !ends_a_part(reason) {
            Treatment::NotFinal
        } else {
            Treatment::Counted
        }
    }

    fn has_answered(&self, voter: NodeId) -> bool {
        self.acks.contains(&voter) || self.nacks.contains(&voter)
    }

    /// How many votes may be reached at most. Revisions before the last take refusals off the number of
    /// voters and so take a voter that refuses and then fails off twice (N2, N3).
    pub(super) fn achievable(&self, view: &ClusterView, revision: Nack) -> u32 {
        let refused = count(self.nacks.iter());
        match revision {
            Nack::Proposed => view.size.saturating_sub(refused),
            Nack::Merged | Nack::Echoed | Nack::Filtered => {
                view.size.saturating_sub(view.size_failed).saturating_sub(refused)
            }
            Nack::Off | Nack::On => {
                let open = view.iter().filter(|(ix, peer)| {
                    let able = *ix != view.myself() && peer.is_voter() && !peer.failed();
                    able && !self.has_answered(peer.id)
                });
                self.votes() + count(open)
            }
        }
    }
}

/// Only these say that the voter will not vote for this candidate in this epoch (#4700).
fn ends_a_part(reason: NackReason) -> bool {
    matches!(reason, NackReason::EpochOld | NackReason::AlreadyVoted | NackReason::StaleConfig)
}
