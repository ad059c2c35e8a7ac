//! What followed what: the map by which a search knows that it came to somewhere new.

use std::collections::{BTreeMap, BTreeSet};

use crate::node::Event;
use crate::node::event::FollowCause;
use crate::protocol::election::Treatment;
use crate::protocol::manual::ManualStep;

use super::super::HostIx;

/// Pairs of things that followed each other, on one node or on two.
#[derive(Clone, Debug, Default)]
pub(in crate::sim) struct Trail {
    last_of: BTreeMap<HostIx, &'static str>,
    last: Option<(HostIx, &'static str)>,
    pairs: BTreeSet<(bool, &'static str, &'static str)>,
}

impl Trail {
    pub(super) fn went(&mut self, host: HostIx, what: &'static str) {
        if let Some(before) = self.last_of.insert(host, what) {
            self.pairs.insert((true, before, what));
        }
        if let Some((_, before)) = self.last.replace((host, what)).filter(|(other, _)| *other != host) {
            self.pairs.insert((false, before, what));
        }
    }

    /// Whether it was on one node, what came first, what came next.
    pub(in crate::sim) fn pairs(&self) -> impl Iterator<Item = (bool, &'static str, &'static str)> + '_ {
        self.pairs.iter().copied()
    }
}

/// A word for what is no place of interest by itself.
pub(super) fn step(event: &Event) -> Option<&'static str> {
    Some(match event {
        Event::Started => "started",
        Event::NodeForgotten { .. } => "forgotten",
        Event::FailMarked { .. } | Event::FailTold { .. } => "failed",
        Event::HealthChanged { .. } => "health",
        Event::SlotsMoved { .. } => "slots moved",
        Event::Following { cause: FollowCause::LostSlots, .. } => "follows: lost slots",
        Event::Following { cause: FollowCause::Chain, .. } => "follows: chain",
        Event::Following { cause: FollowCause::Command, .. } => "follows: command",
        Event::Sync(_) => "sync",
        Event::ElectionScheduled { .. } => "scheduled",
        Event::ElectionMoved { .. } => "moved",
        Event::VotesAsked { .. } => "asks",
        Event::VoteGranted { .. } => "votes",
        Event::VoteRefused { .. } => "refuses",
        Event::AckReceived { treatment: Treatment::Counted, .. } => "ack counted",
        Event::AckReceived { .. } => "ack in vain",
        Event::NackReceived { .. } => "nack in vain",
        Event::RoundLost { .. } => "round lost",
        Event::ElectionWon { .. } => "won",
        Event::Promoted { .. } => "promoted",
        Event::Manual(ManualStep::Paused { .. }) => "manual: pauses",
        Event::Manual(ManualStep::TimedOut) => "manual: timed out",
        Event::Manual(_) => "manual",
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pairs_tell_one_node_from_two() {
        let mut trail = Trail::default();
        trail.went(HostIx(0), "asks");
        trail.went(HostIx(1), "votes");
        trail.went(HostIx(0), "won");
        let pairs: Vec<_> = trail.pairs().collect();
        assert_eq!(pairs, [(false, "asks", "votes"), (false, "votes", "won"), (true, "asks", "won")]);
    }
}
