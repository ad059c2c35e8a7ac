use super::*;
use crate::base::{Address, NodeId, Offset, ShardId, SlotSet};
use crate::cluster::{Peer, PeerIx};
use crate::wire::NodeFlags;

mod tally;

const T: Duration = Duration::from_secs(3);
const NOW: Instant = Instant::from_millis(50_000);

fn id(letter: char) -> NodeId {
    letter.to_string().repeat(40).parse().expect("an id")
}

fn peer(letter: char, shard: char, flags: NodeFlags) -> Peer {
    let shard: ShardId = shard.to_string().repeat(40).parse().expect("an id");
    Peer::new(id(letter), shard, flags, Address::default(), Instant::ZERO)
}

/// I am replica n of failed primary p in shard m; siblings are added by the tests.
fn orphaned() -> (ClusterView, PeerIx) {
    let mut view = ClusterView::new(peer('n', 'm', NodeFlags::REPLICA));
    let primary = view.add(peer('p', 'm', NodeFlags::PRIMARY | NodeFlags::FAIL));
    view.assign(&SlotSet::from_ranges([(0, 99)]), Some(primary));
    view.set_replica(view.myself(), Some(primary));
    view.peer_mut(primary).failed_at = NOW;
    (view, primary)
}

fn sibling(view: &mut ClusterView, primary: PeerIx, letter: char, offset: u64) -> PeerIx {
    let ix = view.add(peer(letter, 'm', NodeFlags::REPLICA | NodeFlags::MY_PRIMARY_FAIL));
    view.peer_mut(ix).offset = Offset(offset);
    view.set_replica(ix, Some(primary));
    ix
}

fn ranks(view: &ClusterView, offset: u64) -> Ranks {
    Ranks::of(view, &Rules::default(), NOW, Offset(offset), 0, Some(T * 10))
}

fn facts(ranks: Ranks) -> Facts {
    Facts { node_timeout: T, ranks, manual: false, delay: None, quorum: 2 }
}

#[test]
fn rank_counts_siblings_with_more_data_or_as_much_and_a_smaller_id() {
    for (letter, offset, rank) in [('z', 6, 1), ('a', 6, 1), ('a', 5, 1), ('z', 5, 0), ('a', 4, 0)] {
        let (mut view, primary) = orphaned();
        sibling(&mut view, primary, letter, offset);
        assert_eq!(ranks(&view, 5).rank, rank, "{letter} at {offset}");
    }
    let (mut view, primary) = orphaned();
    let ix = sibling(&mut view, primary, 'a', 9);
    view.peer_mut(ix).flags.insert(NodeFlags::NOFAILOVER);
    assert_eq!(ranks(&view, 5).rank, 0, "one that will not stand is not ahead");
    let (mut view, primary) = orphaned();
    sibling(&mut view, primary, 'a', 5);
    let old = Rules { id_tiebreak: false, ..Rules::default() };
    assert_eq!(
        Ranks::of(&view, &old, NOW, Offset(5), 0, None).rank,
        0,
        "without #762 both think they are first"
    );
}

#[test]
fn among_equal_offsets_the_lower_priority_number_goes_first() {
    // The sibling's id is smaller, so without #2204 it is ahead wherever it has as much data.
    for (offset, number, rank, before) in
        [(5, 1, 0, 1), (5, 200, 0, 1), (5, 100, 1, 1), (5, 99, 1, 1), (6, 200, 1, 1), (4, 1, 0, 0)]
    {
        let mine = if number == 1 { 0 } else { 100 };
        let (mut view, primary) = orphaned();
        let ix = sibling(&mut view, primary, 'a', offset);
        let names = crate::cluster::PeerNames { replica_priority: number, ..Default::default() };
        view.peer_mut(ix).names = Some(Box::new(names));
        for (priority_in_rank, rank) in [(true, rank), (false, before)] {
            let rules = Rules { priority_in_rank, ..Rules::default() };
            let ranks = Ranks::of(&view, &rules, NOW, Offset(5), mine, None);
            assert_eq!(ranks.rank, rank, "offset {offset}, {number} against {mine}");
        }
    }
}

#[test]
fn failed_rank_counts_failed_shards_with_replicas_and_a_smaller_id() {
    let with = |shard, replica, failed_at| {
        let (mut view, _) = orphaned();
        let ix = view.add(peer('q', shard, NodeFlags::PRIMARY | NodeFlags::FAIL));
        view.assign(&SlotSet::from_ranges([(100, 199)]), Some(ix));
        view.peer_mut(ix).failed_at = failed_at;
        if replica {
            let copy = view.add(peer('r', shard, NodeFlags::REPLICA));
            view.set_replica(copy, Some(ix));
        }
        ranks(&view, 5).failed_rank
    };
    assert_eq!(with('a', true, NOW), 1);
    assert_eq!(with('z', true, NOW), 0, "a greater shard id goes later");
    assert_eq!(with('a', false, NOW), 0, "nobody stands for it");
    assert_eq!(with('a', true, Instant::from_millis(19_000)), 0, "failed for longer than T times the factor");
}

#[test]
fn best_needs_data_first_rank_and_every_siblings_word() {
    let (mut view, primary) = orphaned();
    assert!(ranks(&view, 5).best, "a sole replica with data");
    assert!(!ranks(&view, 0).best, "without data");
    let ix = sibling(&mut view, primary, 'z', 5);
    assert!(ranks(&view, 5).best);
    view.peer_mut(ix).flags.remove(NodeFlags::MY_PRIMARY_FAIL);
    assert!(!ranks(&view, 5).best, "a sibling has not marked the primary fail");
    view.peer_mut(ix).flags.insert(NodeFlags::MY_PRIMARY_FAIL);
    view.peer_mut(primary).flags.remove(NodeFlags::FAIL);
    assert!(!ranks(&view, 5).best, "this replica itself has not");
    view.peer_mut(primary).flags.insert(NodeFlags::FAIL);
    let off = Rules { fast_failover: false, ..Rules::default() };
    assert!(!Ranks::of(&view, &off, NOW, Offset(5), 0, None).best);
}

#[test]
fn the_delay_unit_scales_and_is_never_zero() {
    for (timeout_ms, unit_ms) in [(15_000, 500), (60_000, 500), (7_500, 250), (3_000, 100), (20, 1), (0, 1)] {
        let unit = delay_unit(Duration::from_millis(timeout_ms), &Rules::default());
        assert_eq!(unit, Duration::from_millis(unit_ms));
    }
    let fixed = Rules { scaled_delay: false, ..Rules::default() };
    assert_eq!(delay_unit(T, &fixed), Duration::from_millis(500));
}

#[test]
fn retries_count_from_the_planned_start() {
    assert_eq!(auth_timeout(T), Duration::from_secs(6));
    assert_eq!(auth_retry_time(T), Duration::from_secs(12));
    assert_eq!(auth_retry_time(Duration::from_millis(100)), Duration::from_secs(4));
}

#[test]
fn the_delay_is_what_the_formula_says() {
    let rules = Rules::default();
    // D = 100 ms: each row is the least delay; chance adds less than D.
    for (ranks, least) in [
        (Ranks::default(), 100),
        (Ranks { rank: 2, ..Ranks::default() }, 500),
        (Ranks { failed_rank: 3, ..Ranks::default() }, 400),
        (Ranks { empty: true, ..Ranks::default() }, 600),
        (Ranks { empty: true, sibling_has_data: true, ..Ranks::default() }, 1_000),
    ] {
        for seed in 0..20 {
            let mut election = Election::default();
            let verdict = election.advance(NOW, &facts(ranks), &rules, &mut Rng::new(seed));
            let Verdict::Scheduled { delay } = verdict else { panic!("{verdict:?}") };
            let (low, high) = (Duration::from_millis(least), Duration::from_millis(least + 100));
            assert!((low..high).contains(&delay), "{ranks:?}: {delay}");
        }
    }
}

#[test]
fn nobody_waits_who_is_best_or_told_to() {
    let rules = Rules::default();
    let best = facts(Ranks { best: true, ..Ranks::default() });
    let manual = Facts { manual: true, ..facts(Ranks { rank: 3, ..Ranks::default() }) };
    let told = Facts { delay: Some(Duration::ZERO), ..facts(Ranks { rank: 3, ..Ranks::default() }) };
    for facts in [best, manual, told] {
        let (mut election, mut rng) = (Election::default(), Rng::new(1));
        let verdict = election.advance(NOW, &facts, &rules, &mut rng);
        assert_eq!(verdict, Verdict::Scheduled { delay: Duration::ZERO });
        assert_eq!(election.advance(NOW, &facts, &rules, &mut rng), Verdict::Ask);
    }
}

#[test]
fn a_rank_that_changes_moves_the_start_both_ways() {
    let (mut election, mut rng, rules) = (Election::default(), Rng::new(1), Rules::default());
    let at = |rank| facts(Ranks { rank, ..Ranks::default() });
    let Verdict::Scheduled { delay } = election.advance(NOW, &at(1), &rules, &mut rng) else { panic!() };
    let step = Duration::from_millis(200);
    assert_eq!(election.advance(NOW, &at(2), &rules, &mut rng), Verdict::Moved { delay: delay + step });
    assert_eq!(election.advance(NOW, &at(1), &rules, &mut rng), Verdict::Moved { delay });
    let old = Rules { rank_improves: false, ..rules };
    assert_eq!(election.advance(NOW, &at(0), &old, &mut rng), Verdict::Wait, "before #762 ranks only worsen");
}

#[test]
fn a_rank_that_may_only_worsen_is_paid_for_once() {
    let step = Duration::from_millis(200);
    for (improves, moves) in [(true, [1, 0, 1, 2]), (false, [1, 1, 1, 2])] {
        let rules = Rules { rank_improves: improves, ..Rules::default() };
        let (mut election, mut rng) = (Election::default(), Rng::new(1));
        let at = |rank| facts(Ranks { rank, ..Ranks::default() });
        let Verdict::Scheduled { delay } = election.advance(NOW, &at(0), &rules, &mut rng) else { panic!() };
        for (rank, steps) in [1, 0, 1, 2].into_iter().zip(moves) {
            election.advance(NOW, &at(rank), &rules, &mut rng);
            let Phase::Scheduled { start, .. } = election.phase() else { panic!() };
            let late = start.since(NOW + delay);
            assert_eq!(late, step * steps, "{improves}: to rank {rank}");
        }
    }
}

#[test]
fn old_delays_are_a_fixed_half_second_and_whole_seconds_of_rank() {
    let fixed =
        Rules { scaled_delay: false, offset_zero_waits: false, wait_for_data: false, ..Rules::default() };
    for (ranks, least) in [
        (Ranks::default(), 500),
        (Ranks { rank: 2, ..Ranks::default() }, 2_500),
        (Ranks { failed_rank: 3, ..Ranks::default() }, 2_000),
        (Ranks { empty: true, sibling_has_data: true, ..Ranks::default() }, 500),
    ] {
        let mut election = Election::default();
        let verdict = election.advance(NOW, &facts(ranks), &fixed, &mut Rng::new(3));
        let Verdict::Scheduled { delay } = verdict else { panic!("{verdict:?}") };
        let (low, high) = (Duration::from_millis(least), Duration::from_millis(least + 500));
        assert!((low..high).contains(&delay), "{ranks:?}: {delay}");
    }
    let (mut view, _) = orphaned();
    let ix = view.add(peer('q', 'a', NodeFlags::PRIMARY | NodeFlags::FAIL));
    view.assign(&SlotSet::from_ranges([(100, 199)]), Some(ix));
    let copy = view.add(peer('r', 'a', NodeFlags::REPLICA));
    view.set_replica(copy, Some(ix));
    view.peer_mut(ix).failed_at = NOW;
    for (counted, failed_rank) in [(true, 1), (false, 0)] {
        let rules = Rules { failed_primary_rank: counted, ..Rules::default() };
        assert_eq!(Ranks::of(&view, &rules, NOW, Offset(5), 0, None).failed_rank, failed_rank);
    }
}

fn requesting(quorum: u32) -> Election {
    let (mut election, mut rng) = (Election::default(), Rng::new(1));
    let facts = Facts { manual: true, ..facts(Ranks::default()) };
    election.advance(NOW, &facts, &Rules::default(), &mut rng);
    election.asked(Epoch(7), quorum, &Rules::default());
    election
}

#[test]
fn wins_with_a_quorum_of_now_and_of_when_it_asked() {
    for (asked, now, votes, wins, before) in [
        (2, 2, "ab", true, true),
        (2, 2, "a", false, false),
        (3, 2, "ab", false, true),
        (2, 3, "ab", false, false),
    ] {
        let mut election = requesting(asked);
        for voter in votes.chars() {
            tally::ack(&mut election, voter, 7, &Rules::default());
        }
        let facts = Facts { quorum: now, ..facts(Ranks::default()) };
        for (stable_quorum, wins) in [(true, wins), (false, before)] {
            let rules = Rules { stable_quorum, ..Rules::default() };
            let verdict = election.clone().advance(NOW, &facts, &rules, &mut Rng::new(1));
            assert_eq!(matches!(verdict, Verdict::Won { .. }), wins, "{asked} {now} {votes}");
        }
    }
}

#[test]
fn expires_after_two_timeouts_and_tries_again_after_four() {
    let mut election = requesting(2);
    let (facts, rules, mut rng) = (facts(Ranks::default()), Rules::default(), Rng::new(1));
    let at = |millis| NOW + Duration::from_millis(millis);
    assert_eq!(election.advance(at(6_000), &facts, &rules, &mut rng), Verdict::Wait);
    assert_eq!(election.advance(at(6_001), &facts, &rules, &mut rng), Verdict::Expired { epoch: Epoch(7) });
    assert_eq!(tally::ack(&mut election, 'a', 7, &rules), Treatment::NotAsking);
    assert_eq!(election.void_from(&rules), Some(Epoch(7)), "a claim of epoch 7 still ends the wait (#1009)");
    assert_eq!(election.advance(at(12_000), &facts, &rules, &mut rng), Verdict::Wait);
    let verdict = election.advance(at(12_001), &facts, &rules, &mut rng);
    assert!(matches!(verdict, Verdict::Scheduled { .. }), "{verdict:?}");
}

#[test]
fn the_pause_after_lost_rounds_grows_and_differs_by_chance() {
    let (mut rng, rules) = (Rng::new(3), Rules::default());
    let mut election = requesting(2);
    let told = Facts { delay: Some(Duration::ZERO), ..facts(Ranks::default()) };
    for lost in 1..=5_u64 {
        election.reset(NOW, T, &rules, &mut rng);
        let verdict = election.advance(NOW, &told, &rules, &mut rng);
        let Verdict::Scheduled { delay } = verdict else { panic!("{verdict:?}") };
        let least = Duration::from_millis(100) * lost;
        assert!(least <= delay && delay < least * 2, "after {lost}: {delay}");
        election.asked(Epoch(7 + lost), 2, &rules);
    }
    assert_eq!(election.resets(), 5);
    let manual = Facts { manual: true, ..told };
    election.reset(NOW, T, &rules, &mut rng);
    let verdict = election.advance(NOW, &manual, &rules, &mut rng);
    assert_eq!(verdict, Verdict::Scheduled { delay: Duration::ZERO }, "an operator does not wait");
}

#[test]
fn restarts_follow_at_once_unless_they_are_paced() {
    let (mut rng, rules) = (Rng::new(3), Rules { paced_restarts: false, ..Rules::default() });
    let mut election = requesting(2);
    let told = Facts { delay: Some(Duration::ZERO), ..facts(Ranks::default()) };
    for lost in 1..=5_u64 {
        election.reset(NOW, T, &rules, &mut rng);
        let verdict = election.advance(NOW, &told, &rules, &mut rng);
        assert_eq!(verdict, Verdict::Scheduled { delay: Duration::ZERO }, "after {lost}");
        election.asked(Epoch(7 + lost), 2, &rules);
    }
}

#[test]
fn a_claim_voids_a_round_that_has_asked_and_once_also_one_that_had_not() {
    let (ours, mut rng) = (Rules::default(), Rng::new(1));
    let first = Rules { claim_reset_after_request: false, ..ours };
    let void = |election: &Election| (election.void_from(&ours), election.void_from(&first));
    let mut election = Election::default();
    assert_eq!(void(&election), (None, None), "nothing to void");
    election.advance(NOW, &facts(Ranks::default()), &ours, &mut rng);
    assert_eq!(void(&election), (None, Some(Epoch::ZERO)), "never asked: any claim does (#1339)");
    election.asked(Epoch(7), 2, &ours);
    assert_eq!(void(&election), (Some(Epoch(7)), Some(Epoch(7))));
    election.forget();
    election.advance(NOW, &facts(Ranks::default()), &ours, &mut rng);
    assert_eq!(void(&election), (None, Some(Epoch(7))), "planned again: that of the last request");
}
