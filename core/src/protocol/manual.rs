//! Manual failover: an operator's wish, a deadline, and an offset to reach (protocol.md §9).

use serde::{Deserialize, Serialize};

use crate::base::{Instant, NodeId, Offset, Rules};

/// How a manual failover moves on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", tag = "step")]
pub enum ManualStep {
    /// Replica: asked its primary to pause.
    Asked,
    /// Primary: pauses writes for this replica.
    Paused {
        /// Who asked.
        replica: NodeId,
    },
    /// Replica: must reach this offset.
    Target {
        /// The primary's frozen offset.
        offset: Offset,
    },
    /// Replica: reached it, or was forced; asks for votes.
    Ready,
    /// Replica: takes over without votes.
    Takeover,
    /// Either side: time is up.
    TimedOut,
    /// Primary: resumes writes.
    Resumed,
}

/// The state of a manual failover, on either side.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Manual {
    /// None.
    #[default]
    Idle,
    /// Primary side: paused for a replica.
    Pausing {
        /// Until when.
        end: Instant,
        /// For whom.
        replica: NodeId,
    },
    /// Replica side: waits for the primary's offset, `None` until it is known. Zero is an offset
    /// like any other (redis #8651).
    Waiting {
        /// Until when.
        end: Instant,
        /// What must be reached.
        target: Option<Offset>,
    },
    /// Replica side: may ask for votes.
    Ready {
        /// Until when.
        end: Instant,
    },
}

impl Manual {
    /// Whether one is under way (`mf_end != 0`).
    pub const fn active(&self) -> bool {
        !matches!(self, Self::Idle)
    }

    /// Whether this replica may ask for votes now (`mf_can_start`).
    pub const fn ready(&self) -> bool {
        matches!(self, Self::Ready { .. })
    }

    /// Whether this primary is paused for one.
    pub const fn pausing(&self) -> bool {
        matches!(self, Self::Pausing { .. })
    }

    /// When it is given up.
    pub const fn end(&self) -> Option<Instant> {
        match self {
            Self::Idle => None,
            Self::Pausing { end, .. } | Self::Waiting { end, .. } | Self::Ready { end } => Some(*end),
        }
    }

    /// A header of my primary says it is paused at this offset; true if that is news. Old rules
    /// write "not told yet" as zero, and so never hear of a zero (redis #8651).
    pub fn target_known(&mut self, offset: Offset, rules: &Rules) -> bool {
        match self {
            Self::Waiting { target: target @ None, .. }
                if rules.zero_offset_known || offset > Offset::ZERO =>
            {
                *target = Some(offset);
                true
            }
            _ => false,
        }
    }

    /// Compares my offset with the target, which must be met exactly; true if it just was.
    pub fn reached(&mut self, offset: Offset) -> bool {
        match *self {
            Self::Waiting { end, target: Some(target) } if target == offset => {
                *self = Self::Ready { end };
                true
            }
            _ => false,
        }
    }

    /// Whether the time is up.
    pub fn expired(&self, now: Instant) -> bool {
        self.end().is_some_and(|end| end < now)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_replica_waits_for_the_exact_offset_even_for_zero() {
        let rules = Rules::default();
        for (target, reached, ready) in [(0, 0, true), (5, 4, false), (5, 5, true), (5, 6, false)] {
            let mut manual = Manual::Waiting { end: Instant::from_millis(5_000), target: None };
            assert!(!manual.reached(Offset(reached)), "the target is not known yet");
            assert!(manual.target_known(Offset(target), &rules));
            assert!(!manual.target_known(Offset(99), &rules), "only the first word counts");
            assert_eq!(manual.reached(Offset(reached)), ready);
            assert_eq!(manual.ready(), ready);
        }
    }

    #[test]
    fn a_target_of_zero_is_heard_unless_zero_means_not_told() {
        for (known, target, ready) in [(true, 0, true), (false, 0, false), (false, 5, true)] {
            let rules = Rules { zero_offset_known: known, ..Rules::default() };
            let mut manual = Manual::Waiting { end: Instant::from_millis(5_000), target: None };
            assert_eq!(manual.target_known(Offset(target), &rules), ready, "{known} {target}");
            assert_eq!(manual.reached(Offset(target)), ready, "{known} {target}");
        }
    }

    #[test]
    fn time_is_up_after_the_deadline_not_at_it() {
        let manual = Manual::Ready { end: Instant::from_millis(5_000) };
        assert!(!manual.expired(Instant::from_millis(5_000)));
        assert!(manual.expired(Instant::from_millis(5_001)));
        assert!(!Manual::Idle.expired(Instant::MAX));
    }
}
