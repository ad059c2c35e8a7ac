//! L3: who lost a round tries again in time.

use std::collections::{BTreeMap, BTreeSet};

use crate::base::{Duration, Instant};
use crate::node::{Event, Node};
use crate::protocol::election::RoundEnd;
use crate::scenario::DiskState;

use super::super::HostIx;
use super::super::host::Power;
use super::checker::{Findings, Scene};

/// How much later than it should a process may be: it may just have been held up.
const GRACE: Duration = Duration::from_millis(500);

/// The least time between two rounds (protocol.md §1.2), said once more: a judge asks no rule.
const SHORTEST: Duration = Duration::from_secs(4);

/// A replica whose round was lost.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Wait {
    /// When it must have gone on.
    until: Instant,
    /// Since when it is seen to be late.
    late: Option<Instant>,
}

#[derive(Clone, Debug, Default)]
pub(super) struct Rounds {
    lost: BTreeMap<HostIx, Wait>,
    unfit: BTreeSet<HostIx>,
}

impl Rounds {
    pub(super) fn stopped(&mut self, host: HostIx) {
        self.lost.remove(&host);
        self.unfit.remove(&host);
    }

    pub(super) fn event(&mut self, now: Instant, host: HostIx, node_timeout: Duration, event: &Event) {
        let until = match event {
            Event::RoundLost { end: RoundEnd::Expired, .. } => now + (node_timeout * 4).max(SHORTEST),
            Event::RoundLost { end: RoundEnd::Hopeless { .. }, .. } => now,
            Event::ElectionScheduled { delay, .. } | Event::ElectionMoved { delay, .. } => {
                self.unfit.remove(&host);
                if !self.lost.contains_key(&host) {
                    return;
                }
                now + *delay
            }
            Event::CannotStand(_) => {
                self.lost.remove(&host);
                self.unfit.insert(host);
                return;
            }
            Event::VotesAsked { .. }
            | Event::RoundLost { .. }
            | Event::Following { .. }
            | Event::Promoted { .. }
            | Event::Manual(_) => {
                self.lost.remove(&host);
                return;
            }
            _ => return,
        };
        if !self.unfit.contains(&host) {
            self.lost.insert(host, Wait { until, late: None });
        }
    }

    pub(super) fn settled(&mut self, findings: &mut Findings, scene: Scene<'_>, host: HostIx, node: &Node) {
        if !self.lost.contains_key(&host) {
            return;
        }
        let machine = &scene.hosts[host.get()];
        let held_up = machine.power != Power::Up || machine.disk.state != DiskState::Ok;
        if held_up || !is_called(node) {
            self.lost.remove(&host);
        } else if self.is_late(scene.now, host) {
            findings.add("L3", host, || "lost a round and does not try again".to_owned());
        }
    }

    fn is_late(&mut self, now: Instant, host: HostIx) -> bool {
        let Some(wait) = self.lost.get_mut(&host).filter(|wait| now > wait.until) else { return false };
        let late = now > *wait.late.get_or_insert(now) + GRACE;
        if late {
            self.lost.remove(&host);
        }
        late
    }
}

/// Whether there still is somebody to replace.
fn is_called(node: &Node) -> bool {
    let primary = node.view().my_primary().map(|primary| node.view().peer(primary));
    primary.is_some_and(|primary| primary.failed() && primary.slot_count() > 0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::{Epoch, Offset};

    const T: Duration = Duration::from_secs(1);
    const HOST: HostIx = HostIx(3);

    fn at(ms: u64) -> Instant {
        Instant::from_millis(ms)
    }

    fn lost(end: RoundEnd) -> Event {
        Event::RoundLost { epoch: Epoch(7), end }
    }

    fn scheduled(ms: u64) -> Event {
        let delay = Duration::from_millis(ms);
        Event::ElectionScheduled { delay, rank: 0, failed_rank: 0, offset: Offset(1), best: false }
    }

    fn asks() -> Event {
        Event::VotesAsked { epoch: Epoch(8), needed: 2, force: false }
    }

    const HOPELESS: RoundEnd = RoundEnd::Hopeless { achievable: 1, needed: 2 };

    #[test]
    fn who_does_not_try_again_in_time_is_found() {
        for (told, late_from) in [
            (vec![(0, lost(HOPELESS))], Some(0)),
            (vec![(0, lost(HOPELESS)), (0, scheduled(300))], Some(300)),
            (vec![(0, lost(RoundEnd::Expired))], Some(4000)),
            (vec![(0, lost(RoundEnd::Expired)), (3900, scheduled(50))], Some(3950)),
            (vec![(0, lost(HOPELESS)), (0, scheduled(300)), (310, asks())], None),
            (
                vec![(0, lost(HOPELESS)), (10, Event::CannotStand(crate::node::event::Unfit::NoFailover))],
                None,
            ),
            (vec![(0, scheduled(300))], None),
        ] {
            let mut rounds = Rounds::default();
            for (ms, event) in &told {
                rounds.event(at(*ms), HOST, T, event);
            }
            let found = (0..90).map(|tick| tick * 100).find(|ms| rounds.is_late(at(*ms), HOST));
            let in_time = late_from.map(|from: u64| from..=from + 900);
            assert_eq!(found.is_some(), in_time.is_some(), "{told:?}");
            assert!(
                found.zip(in_time).is_none_or(|(found, span)| span.contains(&found)),
                "{told:?}: {found:?}"
            );
        }
    }
}
