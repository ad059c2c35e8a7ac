//! S20: epochs do not run away.

use std::collections::{BTreeMap, VecDeque};

use crate::base::{Duration, Epoch, Instant, NodeId};
use crate::wire::Header;

use super::super::HostIx;
use super::checker::{Findings, Scene};

/// In so many epochs may a candidate ask within a node timeout. Growing pauses alone allow seven, and
/// each other shard that wins meanwhile may start a round anew.
const MOST: usize = 12;

/// When each candidate asked in epochs of late, by the requests it sent.
#[derive(Clone, Debug, Default)]
pub(super) struct Paces {
    asked: BTreeMap<NodeId, VecDeque<(Instant, Epoch)>>,
}

impl Paces {
    pub(super) fn requested(
        &mut self,
        findings: &mut Findings,
        scene: Scene<'_>,
        from: HostIx,
        header: &Header,
    ) {
        let Some(node) = scene.node(from) else { return };
        let span = node.config().node_timeout;
        if self.runs_away(scene.now, span, header.sender, header.current_epoch) {
            findings.add("S20", from, || format!("asked in more than {MOST} epochs within {span}"));
        }
    }

    fn runs_away(&mut self, now: Instant, span: Duration, candidate: NodeId, epoch: Epoch) -> bool {
        let asked = self.asked.entry(candidate).or_default();
        // A request goes to everyone; it is one.
        if asked.back().is_some_and(|(_, last)| *last == epoch) {
            return false;
        }
        asked.push_back((now, epoch));
        while asked.front().is_some_and(|(at, _)| *at + span < now) {
            asked.pop_front();
        }
        asked.len() > MOST
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_candidate_that_asks_without_a_pause_is_found() {
        let candidate: NodeId = "a".repeat(40).parse().expect("an id");
        for (every_ms, found) in [(10, true), (80, true), (100, false), (400, false)] {
            let mut paces = Paces::default();
            let late = (0..60_u64).any(|round| {
                let now = Instant::from_millis(round * every_ms);
                let asks = |paces: &mut Paces| {
                    paces.runs_away(now, Duration::from_secs(1), candidate, Epoch(round + 1))
                };
                asks(&mut paces) | asks(&mut paces)
            });
            assert_eq!(late, found, "every {every_ms} ms");
        }
    }
}
