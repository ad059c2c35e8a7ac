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

/// Takes down one witness's word.
pub fn report(view: &mut ClusterView, about: PeerIx, by: PeerIx, now: Instant) {
    let reports = &mut view.peer_mut(about).reports;
    match reports.iter_mut().find(|report| report.by == by) {
        Some(report) => report.at = now,
        None => reports.push(Report { by, at: now }),
    }
}

/// A witness takes its word back.
pub fn withdraw(view: &mut ClusterView, about: PeerIx, by: PeerIx) {
    if !view.peer(about).reports.is_empty() {
        view.peer_mut(about).reports.retain(|report| report.by != by);
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
        report(&mut view, at[4], at[1], now);
        report(&mut view, at[4], at[1], now);
        assert_eq!(count(&mut view, at[4], &rules, now, T), Count::TooFew);
        report(&mut view, at[4], at[2], now);
        assert_eq!(count(&mut view, at[4], &rules, now, T), Count::Failed { reports: 3, needed: 3 });
        let later = now + T * 2 + Duration::from_micros(1);
        assert_eq!(count(&mut view, at[4], &rules, later, T), Count::TooFew);
    }

    #[test]
    fn a_withdrawn_word_does_not_count() {
        let (mut view, at) = five();
        let now = Instant::from_millis(10_000);
        report(&mut view, at[4], at[1], now);
        report(&mut view, at[4], at[2], now);
        withdraw(&mut view, at[4], at[2]);
        assert_eq!(count(&mut view, at[4], &Rules::default(), now, T), Count::TooFew);
    }

    #[test]
    fn nobody_fails_whom_this_node_can_reach() {
        let (mut view, at) = five();
        let now = Instant::from_millis(10_000);
        for by in [1, 2, 3] {
            report(&mut view, at[4], at[by], now);
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
}
