//! The candidate: when to ask, whom to count, when to give up (protocol.md §6, §8.6). It sends
//! nothing and knows no messages; [`Election::advance`] answers with a [`Verdict`].

use serde::{Deserialize, Serialize};

use crate::base::{Duration, Epoch, Instant, NodeId, Rng, Rules};
use crate::cluster::ClusterView;

mod ranks;
mod tally;

pub use ranks::Ranks;
pub use tally::{Answer, Reply, Tally, Treatment};

/// Why a round ended without a winner.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", tag = "why")]
pub enum RoundEnd {
    /// Too few votes can still come.
    Hopeless {
        /// Votes given and votes that may still come.
        achievable: u32,
        /// Votes needed.
        needed: u32,
    },
    /// Another primary claimed this epoch or a later one (#1009).
    Claimed {
        /// Who.
        by: NodeId,
    },
    /// Time ran out.
    Expired,
    /// The node follows another primary or is one.
    Moot,
}

/// What the candidate must know of the world to move on.
#[derive(Clone, Copy, Debug)]
pub struct Facts {
    /// The node timeout, T.
    pub node_timeout: Duration,
    /// Its place.
    pub ranks: Ranks,
    /// Whether a manual failover is under way: no delay, no ranks.
    pub manual: bool,
    /// DEBUG CLUSTER-FAILOVER-DELAY.
    pub delay: Option<Duration>,
    /// Votes needed by the present size.
    pub quorum: u32,
}

/// What the node must do next about its election.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Nothing yet.
    Wait,
    /// A round is planned: tell the siblings.
    Scheduled {
        /// It asks after this long.
        delay: Duration,
    },
    /// The plan moved.
    Moved {
        /// It asks after this long from now.
        delay: Duration,
    },
    /// Raise the current epoch, ask everyone, and say so with [`Election::asked`].
    Ask,
    /// The round's time is over.
    Expired {
        /// Its epoch.
        epoch: Epoch,
    },
    /// The round is won.
    Won {
        /// Its epoch.
        epoch: Epoch,
        /// Who voted.
        voters: Vec<NodeId>,
        /// How many were needed.
        needed: u32,
    },
}

/// One round under way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Round {
    /// Its epoch.
    pub epoch: Epoch,
    /// When it was planned to start: retries count from here.
    pub start: Instant,
    /// Votes needed by the size at the request.
    pub quorum: u32,
}

impl Round {
    /// Votes needed when the table's majority is `now`: a table that has lost voters since does not make
    /// a round cheaper (§8.6 rule 6).
    pub fn needed(&self, now: u32, rules: &Rules) -> u32 {
        if rules.stable_quorum { self.quorum.max(now) } else { now }
    }
}

/// Where the present attempt stands.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Phase {
    /// No attempt.
    #[default]
    Idle,
    /// Waiting for its turn.
    Scheduled {
        /// When it asks.
        start: Instant,
        /// Siblings ahead of it.
        rank: u32,
        /// Failed shards ahead of it.
        failed_rank: u32,
    },
    /// Asked, counting.
    Requesting(Round),
    /// Too late to win; the next attempt starts when the retry time has passed.
    Expired {
        /// When it was planned to start.
        start: Instant,
        /// The epoch it asked in; zero if it never did.
        epoch: Epoch,
    },
}

/// A replica's candidacy. None of it is persisted.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Election {
    phase: Phase,
    tally: Tally,
    /// Rounds in a row that ended because they could not be won.
    resets: u32,
    /// No new round before this moment.
    not_before: Instant,
}

/// The unit of all delays: T/30, between 1 and 500 ms (§6.4, appendix E 10), or half a second.
pub fn delay_unit(node_timeout: Duration, rules: &Rules) -> Duration {
    if !rules.scaled_delay {
        return Duration::from_millis(500);
    }
    Duration::from_millis((node_timeout.as_millis() / 30).clamp(1, 500))
}

/// How long a round may collect votes: `max(2 T, 2 s)`.
pub fn auth_timeout(node_timeout: Duration) -> Duration {
    (node_timeout * 2).max(Duration::from_secs(2))
}

/// After how long, counted from the planned start, the next attempt may be planned.
pub fn auth_retry_time(node_timeout: Duration) -> Duration {
    auth_timeout(node_timeout) * 2
}

fn count<T>(items: impl Iterator<Item = T>) -> u32 {
    items.fold(0, |sum, _| sum + 1)
}

impl Election {
    /// Where it stands.
    pub fn phase(&self) -> &Phase {
        &self.phase
    }

    /// How many rounds in a row could not be won.
    pub fn resets(&self) -> u32 {
        self.resets
    }

    /// The round that collects votes.
    pub fn round(&self) -> Option<&Round> {
        match &self.phase {
            Phase::Requesting(round) => Some(round),
            _ => None,
        }
    }

    /// The epoch whose claim by another makes this attempt void (#1009): that of the last request, as long
    /// as its time is not made up; a round that expired still keeps the next one waiting. Before #1339
    /// a round that was only planned had one, too: that of the last request, if there ever was one.
    pub fn void_from(&self, rules: &Rules) -> Option<Epoch> {
        match &self.phase {
            Phase::Requesting(Round { epoch, .. }) => Some(*epoch),
            Phase::Expired { epoch, .. } if *epoch != Epoch::ZERO => Some(*epoch),
            Phase::Expired { .. } | Phase::Scheduled { .. } => {
                (!rules.claim_reset_after_request).then_some(self.tally.asked())
            }
            Phase::Idle => None,
        }
    }

    /// The epoch the present attempt asked in; zero if it did not.
    pub fn asked_epoch(&self) -> Epoch {
        match &self.phase {
            Phase::Requesting(Round { epoch, .. }) | Phase::Expired { epoch, .. } => *epoch,
            Phase::Idle | Phase::Scheduled { .. } => Epoch::ZERO,
        }
    }

    /// Forgets the attempt: the next one starts from scratch.
    pub fn forget(&mut self) {
        let mut tally = std::mem::take(&mut self.tally);
        tally.clear();
        *self = Self { tally, ..Self::default() };
    }

    /// Ends a round that cannot be won, so that the next may start soon (§8.4). With paced restarts, after
    /// `k` such ends in a row at least `k` delay units pass, and at most twice that, chosen by chance:
    /// two candidates that collide must not collide for ever (§8.6 rule 5).
    pub fn reset(&mut self, now: Instant, node_timeout: Duration, rules: &Rules, rng: &mut Rng) {
        self.resets = self.resets.saturating_add(1);
        self.phase = Phase::Idle;
        self.tally.clear();
        if !rules.paced_restarts {
            return;
        }
        let unit = delay_unit(node_timeout, rules);
        let pause = (unit * u64::from(self.resets)).min(auth_retry_time(node_timeout));
        let extra = Duration::from_micros(rng.below(pause.as_micros().max(1)));
        self.not_before = now + pause + extra;
    }

    /// Moves the election on by one step. Re-states `clusterHandleReplicaFailover` from its step 3
    /// on; the preconditions of steps 1 and 2 are the caller's.
    pub fn advance(&mut self, now: Instant, facts: &Facts, rules: &Rules, rng: &mut Rng) -> Verdict {
        let (timeout, retry) = (auth_timeout(facts.node_timeout), auth_retry_time(facts.node_timeout));
        match &mut self.phase {
            Phase::Idle => self.schedule(now, facts, rules, rng),
            Phase::Scheduled { start, .. } if now.since(*start) > timeout => {
                let (start, epoch) = (*start, Epoch::ZERO);
                self.phase = Phase::Expired { start, epoch };
                Verdict::Expired { epoch }
            }
            Phase::Scheduled { .. } => self.wait_or_ask(now, facts, rules),
            Phase::Requesting(Round { epoch, start, .. }) if now.since(*start) > timeout => {
                let (start, epoch) = (*start, *epoch);
                self.phase = Phase::Expired { start, epoch };
                self.resets = 0;
                if rules.exact_acks {
                    self.tally.clear();
                }
                Verdict::Expired { epoch }
            }
            Phase::Requesting(round) => {
                let needed = round.needed(facts.quorum, rules);
                if self.tally.votes() < needed {
                    return Verdict::Wait;
                }
                Verdict::Won { epoch: round.epoch, voters: self.tally.voters(), needed }
            }
            Phase::Expired { start, .. } if now.since(*start) > retry => {
                self.schedule(now, facts, rules, rng)
            }
            Phase::Expired { .. } => Verdict::Wait,
        }
    }

    /// Plans a round: `D + rand(D) + 2 D rank + D failed-rank`, and more for the empty (§6.4).
    fn schedule(&mut self, now: Instant, facts: &Facts, rules: &Rules, rng: &mut Rng) -> Verdict {
        let unit = delay_unit(facts.node_timeout, rules);
        // Drawn always, so that a rule that skips the delay does not move later draws.
        let random = Duration::from_micros(rng.below(unit.as_micros()));
        let ranks = &facts.ranks;
        let delay = if facts.manual || ranks.best {
            Duration::ZERO
        } else if let Some(delay) = facts.delay {
            delay
        } else {
            let mut delay = unit + random + rank_unit(unit, rules) * u64::from(ranks.rank);
            delay += unit * u64::from(ranks.failed_rank);
            if rules.offset_zero_waits && ranks.empty {
                delay += Duration::from_millis(500);
            }
            if rules.wait_for_data && ranks.empty && ranks.sibling_has_data {
                delay += unit * 4;
            }
            delay
        };
        let earliest = if facts.manual { now } else { self.not_before };
        let start = (now + delay).max(earliest);
        let (rank, failed_rank) = if facts.manual { (0, 0) } else { (ranks.rank, ranks.failed_rank) };
        self.phase = Phase::Scheduled { start, rank, failed_rank };
        self.tally.clear();
        Verdict::Scheduled { delay: start.since(now) }
    }

    fn wait_or_ask(&mut self, now: Instant, facts: &Facts, rules: &Rules) -> Verdict {
        let earliest = self.not_before;
        let Phase::Scheduled { start, rank, failed_rank } = &mut self.phase else { return Verdict::Wait };
        let old = *start;
        if !facts.manual && now < *start {
            let unit = delay_unit(facts.node_timeout, rules);
            let ranks = &facts.ranks;
            if facts.delay.is_none() {
                shift(start, rank, ranks.rank, rank_unit(unit, rules), rules.rank_improves);
                shift(start, failed_rank, ranks.failed_rank, unit, rules.rank_improves);
            } else {
                (*rank, *failed_rank) = (ranks.rank, ranks.failed_rank);
            }
            if ranks.best {
                *start = now;
            }
            *start = (*start).max(earliest);
        }
        if now >= *start {
            Verdict::Ask
        } else if *start == old {
            Verdict::Wait
        } else {
            Verdict::Moved { delay: start.since(now) }
        }
    }

    /// The request for `epoch` is out. Nothing of an earlier round counts any more, if answers are
    /// taken exactly (M12).
    pub fn asked(&mut self, epoch: Epoch, quorum: u32, rules: &Rules) {
        let start = match self.phase {
            Phase::Scheduled { start, .. }
            | Phase::Expired { start, .. }
            | Phase::Requesting(Round { start, .. }) => start,
            Phase::Idle => Instant::ZERO,
        };
        self.tally.ask(epoch, rules);
        self.phase = Phase::Requesting(Round { epoch, start, quorum });
    }

    /// Takes in one answer.
    pub fn answer(&mut self, rules: &Rules, reply: &Reply) -> Treatment {
        let asking = self.round().is_some();
        self.tally.take(rules, asking, reply)
    }

    /// Votes given and votes that may still come in this round, as this revision of NACK reckons.
    pub fn achievable(&self, view: &ClusterView, rules: &Rules) -> u32 {
        self.round().map_or(0, |_| self.tally.achievable(view, rules.nack))
    }

    /// Votes it has.
    pub fn votes(&self) -> u32 {
        self.tally.votes()
    }

    /// If the round can no longer be won: what could be reached, and what is needed.
    pub fn hopeless(&self, view: &ClusterView, rules: &Rules) -> Option<RoundEnd> {
        let round = self.round()?;
        let needed = round.needed(view.quorum(), rules);
        let achievable = self.achievable(view, rules);
        (achievable < needed).then_some(RoundEnd::Hopeless { achievable, needed })
    }
}

fn rank_unit(unit: Duration, rules: &Rules) -> Duration {
    if rules.scaled_delay { unit * 2 } else { Duration::from_secs(1) }
}

fn shift(start: &mut Instant, old: &mut u32, new: u32, unit: Duration, may_improve: bool) {
    if new > *old {
        *start += unit * u64::from(new - *old);
    } else if may_improve {
        *start = *start - unit * u64::from(*old - new);
    } else {
        // A rank that only ever worsens is remembered at its worst: it is not paid for twice.
        return;
    }
    *old = new;
}

#[cfg(test)]
mod tests;
