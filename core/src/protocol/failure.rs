//! Suspicion, witnesses, failure and its end (protocol.md §4).

use crate::base::{Duration, Instant, Rules};
use crate::cluster::{ClusterView, Peer, PeerIx, Report};

/// What a count of witnesses came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Count {
    /// A majority says so: the node has failed.
    Failed {
        /// Witnesses, this node included if it has a vote.
        reports: u32,
        /// Witnesses needed.
        needed: u32,
    },
    /// Not enough.
    TooFew,
    /// This node does not suspect it, or knows it failed already.
    NotSuspected,
}

/// Whether a peer has been silent for too long (§4.1).
pub fn overdue(peer: &Peer, now: Instant, node_timeout: Duration) -> bool {
    peer.ping_sent
        .is_some_and(|sent| now.since(sent).min(now.since(peer.data_received)) > node_timeout && peer.well())
}

/// Whether a sender's word about failures counts (§4.2).
pub fn is_witness(peer: &Peer, rules: &Rules) -> bool {
    if rules.voters_report { peer.is_voter() } else { peer.is_primary() }
}

/// Takes down one witness's word, if it is of interest. Under `whole_second_reports` words of one
/// second bear the same time, so a witness who repeats itself within it changes nothing (§4.3).
pub fn report(view: &mut ClusterView, about: PeerIx, by: PeerIx, rules: &Rules, now: Instant) {
    let peer = view.peer_mut(about);
    if peer.failed() && rules.reports_end_at_fail {
        return;
    }
    let at = if rules.whole_second_reports { next_second(now) } else { now };
    match peer.reports.iter_mut().find(|report| report.by == by) {
        Some(report) => report.at = at,
        None => peer.reports.push(Report { by, at }),
    }
}

/// The moment itself if it is a whole second, else the next that is.
fn next_second(moment: Instant) -> Instant {
    Instant::from_millis(moment.as_micros().div_ceil(1_000_000) * 1000)
}

/// A sender sees a node well: takes its word back, if it may (§4.2).
pub fn withdraw(view: &mut ClusterView, about: PeerIx, by: PeerIx, rules: &Rules) {
    let may = rules.report_cleared_by_all || is_witness(view.peer(by), rules);
    if may && !view.peer(about).reports.is_empty() {
        view.peer_mut(about).reports.retain(|report| report.by != by);
    }
}

/// A primary has become a replica: whether it failed as a primary is no longer of interest (#1184).
pub fn demoted(view: &mut ClusterView, node: PeerIx, rules: &Rules) {
    if rules.demotion_drops_reports {
        view.peer_mut(node).reports.clear();
    }
}

/// Counts the witnesses of a suspected node, dropping those whose word is older than 2 T.
/// Re-states `markNodeAsFailingIfNeeded`.
pub fn count(
    view: &mut ClusterView,
    about: PeerIx,
    rules: &Rules,
    now: Instant,
    node_timeout: Duration,
) -> Count {
    let peer = view.peer_mut(about);
    if !peer.suspected() || peer.failed() {
        return Count::NotSuspected;
    }
    peer.reports.retain(|report| now.since(report.at) <= node_timeout * 2);
    let mut reports = u32::try_from(peer.reports.len()).unwrap_or(u32::MAX);
    if is_witness(view.me(), rules) {
        reports += 1;
    }
    let needed = view.quorum();
    if reports < needed { Count::TooFew } else { Count::Failed { reports, needed } }
}

/// Whether a failed node that answers again is well (§4.5). A voter must stay failed for 2 T, so
/// that its replicas have had their chance.
pub fn may_clear(peer: &Peer, now: Instant, node_timeout: Duration) -> bool {
    !peer.is_voter() || now.since(peer.failed_at) > node_timeout * 2
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::{Address, NodeId, Rng, ShardId, SlotSet};
    use crate::wire::NodeFlags;

    const T: Duration = Duration::from_secs(3);

    fn peer(seed: u64) -> Peer {
        let mut rng = Rng::new(seed);
        let (id, shard) = (NodeId::random(&mut rng), ShardId::random(&mut rng));
        Peer::new(id, shard, NodeFlags::PRIMARY, Address::default(), Instant::ZERO)
    }

    /// Myself and four others, each with 10 slots; the last is suspected.
    fn five() -> (ClusterView, Vec<PeerIx>) {
        let mut view = ClusterView::new(peer(0));
        let mut places = vec![view.myself()];
        places.extend((1..5).map(|seed| view.add(peer(seed))));
        for (at, ix) in (0_u16..).zip(&places) {
            view.assign(&SlotSet::from_ranges([(at * 10, at * 10 + 9)]), Some(*ix));
        }
        view.size = 5;
        view.peer_mut(places[4]).flags.insert(NodeFlags::PFAIL);
        (view, places)
    }

    #[test]
    fn a_majority_of_fresh_witnesses_fails_a_node() {
        let rules = Rules::default();
        let (mut view, at) = five();
        let now = Instant::from_millis(10_000);
        assert_eq!(count(&mut view, at[4], &rules, now, T), Count::TooFew);
        report(&mut view, at[4], at[1], &rules, now);
        report(&mut view, at[4], at[1], &rules, now);
        assert_eq!(count(&mut view, at[4], &rules, now, T), Count::TooFew);
        report(&mut view, at[4], at[2], &rules, now);
        assert_eq!(count(&mut view, at[4], &rules, now, T), Count::Failed { reports: 3, needed: 3 });
        let later = now + T * 2 + Duration::from_micros(1);
        assert_eq!(count(&mut view, at[4], &rules, later, T), Count::TooFew);
    }

    #[test]
    fn a_withdrawn_word_does_not_count() {
        let rules = Rules::default();
        let (mut view, at) = five();
        let now = Instant::from_millis(10_000);
        report(&mut view, at[4], at[1], &rules, now);
        report(&mut view, at[4], at[2], &rules, now);
        withdraw(&mut view, at[4], at[2], &rules);
        assert_eq!(count(&mut view, at[4], &Rules::default(), now, T), Count::TooFew);
    }

    #[test]
    fn nobody_fails_whom_this_node_can_reach() {
        let rules = Rules::default();
        let (mut view, at) = five();
        let now = Instant::from_millis(10_000);
        for by in [1, 2, 3] {
            report(&mut view, at[4], at[by], &rules, now);
        }
        view.peer_mut(at[4]).flags.remove(NodeFlags::PFAIL);
        assert_eq!(count(&mut view, at[4], &Rules::default(), now, T), Count::NotSuspected);
    }

    #[test]
    fn a_node_without_slots_is_no_witness() {
        let (mut view, _) = five();
        let bare = view.add(peer(9));
        assert!(!is_witness(view.peer(bare), &Rules::default()));
        let old = Rules { voters_report: false, ..Rules::default() };
        assert!(is_witness(view.peer(bare), &old));
    }

    #[test]
    fn silence_counts_from_the_ping_or_from_the_last_byte() {
        let mut quiet = peer(1);
        let now = Instant::from_millis(10_000);
        assert!(!overdue(&quiet, now, T), "nothing was asked of it");
        quiet.ping_sent = Some(Instant::from_millis(6_999));
        assert!(overdue(&quiet, now, T));
        quiet.data_received = Instant::from_millis(7_000);
        assert!(!overdue(&quiet, now, T), "it spoke within T");
    }

    #[test]
    fn a_voter_stays_failed_for_two_timeouts_others_not_at_all() {
        let (mut view, at) = five();
        view.peer_mut(at[4]).failed_at = Instant::from_millis(1_000);
        assert!(!may_clear(view.peer(at[4]), Instant::from_millis(7_000), T));
        assert!(may_clear(view.peer(at[4]), Instant::from_millis(7_001), T));
        view.hand_over(at[4], None);
        assert!(may_clear(view.peer(at[4]), Instant::from_millis(1_001), T));
    }

    #[test]
    fn a_word_about_a_failed_node_is_of_no_interest_since_9_0() {
        for (reports_end_at_fail, kept) in [(true, 0), (false, 1)] {
            let rules = Rules { reports_end_at_fail, ..Rules::default() };
            let (mut view, at) = five();
            let flags = &mut view.peer_mut(at[4]).flags;
            flags.remove(NodeFlags::PFAIL);
            flags.insert(NodeFlags::FAIL);
            report(&mut view, at[4], at[1], &rules, Instant::from_millis(10_000));
            assert_eq!(view.peer(at[4]).reports.len(), kept);
        }
    }

    #[test]
    fn a_replica_may_take_back_what_it_said_as_a_primary_since_8_1() {
        for (report_cleared_by_all, kept) in [(true, 0), (false, 1)] {
            let rules = Rules { report_cleared_by_all, ..Rules::default() };
            let (mut view, at) = five();
            report(&mut view, at[4], at[1], &rules, Instant::from_millis(10_000));
            view.hand_over(at[1], None);
            view.set_replica(at[1], Some(at[2]));
            withdraw(&mut view, at[4], at[1], &rules);
            assert_eq!(view.peer(at[4]).reports.len(), kept);
            withdraw(&mut view, at[4], at[2], &rules);
            assert_eq!(view.peer(at[4]).reports.len(), kept, "one word is not another's");
        }
    }

    #[test]
    fn words_against_a_primary_end_with_its_demotion_since_8_1() {
        for (demotion_drops_reports, kept) in [(true, 0), (false, 1)] {
            let rules = Rules { demotion_drops_reports, ..Rules::default() };
            let (mut view, at) = five();
            report(&mut view, at[4], at[1], &rules, Instant::from_millis(10_000));
            demoted(&mut view, at[4], &rules);
            assert_eq!(view.peer(at[4]).reports.len(), kept);
        }
    }

    #[test]
    fn a_word_of_9_0_bears_the_time_of_the_next_whole_second() {
        // Said, said again, and the first moment at which it no longer counts.
        for (whole_second_reports, first, again, over) in [
            (true, 10_001, 10_900, 17_001),
            (true, 11_000, 11_000, 17_001),
            (true, 10_900, 11_001, 18_001),
            (false, 10_001, 10_900, 16_901),
            (false, 11_000, 11_000, 17_001),
        ] {
            let rules = Rules { whole_second_reports, ..Rules::default() };
            let (mut view, at) = five();
            for by in [1, 2] {
                report(&mut view, at[4], at[by], &rules, Instant::from_millis(first));
            }
            let before = view.clone();
            for by in [1, 2] {
                report(&mut view, at[4], at[by], &rules, Instant::from_millis(again));
            }
            assert_eq!(view == before, first == again || (whole_second_reports && again < 11_000));
            let counted = |ms| count(&mut view.clone(), at[4], &rules, Instant::from_millis(ms), T);
            assert_eq!(counted(over - 1), Count::Failed { reports: 3, needed: 3 }, "{first} {again}");
            assert_eq!(counted(over), Count::TooFew, "{first} {again}");
        }
    }
}
