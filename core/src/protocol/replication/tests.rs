use super::*;

const NOW: Instant = Instant::from_millis(1_000);
const SIZE: u64 = 1_000;

fn history(letter: char) -> HistoryId {
    letter.to_string().repeat(40).parse().expect("an id")
}

fn point(letter: char, offset: u64) -> HistoryPoint {
    HistoryPoint { history: history(letter), offset: Offset(offset) }
}

fn primary(letter: char, offset: u64) -> Replication {
    Replication::formed(point(letter, offset), false, SIZE, NOW)
}

fn replica(letter: char, offset: u64) -> Replication {
    Replication::formed(point(letter, offset), true, SIZE, NOW)
}

fn follow(data: &mut Replication, full_sync: bool) -> Option<SyncStep> {
    data.follow(NOW, full_sync, &Rules::default())
}

#[test]
fn the_loser_of_a_failover_offers_its_past_to_the_winner() {
    let mut winner = replica('a', 500);
    winner.promote(&mut Rng::new(1));
    let mut loser = primary('a', 500);
    assert_eq!(follow(&mut loser, false), None);
    assert_eq!(loser.request().from, Some(point('a', 500)));
    assert_eq!(winner.answer(loser.request()), PsyncAnswer::Continue(winner.history()));
    assert!(loser.continued(NOW, winner.history()), "the history has a new name");
    assert_eq!((loser.path(), loser.offset()), (Path::Streaming, Offset(500)));
}

#[test]
fn a_loser_that_wrote_more_must_start_over() {
    let mut winner = replica('a', 500);
    winner.promote(&mut Rng::new(1));
    winner.wrote(100);
    let mut loser = primary('a', 520);
    follow(&mut loser, false);
    assert!(matches!(winner.answer(loser.request()), PsyncAnswer::Full(_)));
}

#[test]
fn an_ex_primary_of_another_shard_announces_nothing() {
    // #885 case 1.
    let mut data = primary('a', 27_000);
    assert_eq!(follow(&mut data, true), Some(SyncStep::Dropped { offset: Offset(27_000) }));
    assert_eq!((data.offset(), data.request().from), (Offset::ZERO, None));
}

#[test]
fn a_replica_that_changes_shards_announces_nothing() {
    // #885 case 2.
    let mut data = replica('a', 27_000);
    follow(&mut data, true);
    assert_eq!((data.offset(), data.request().from), (Offset::ZERO, None));
}

#[test]
fn a_replica_whose_link_was_down_drops_its_history_too() {
    // M5: the hole that releases up to 9.1.2 have.
    let mut data = replica('a', 27_141);
    assert!(data.lost(NOW));
    assert_eq!(data.offset(), Offset(27_141), "still of its primary's history");
    let mut upstream = data.clone();
    follow(&mut data, true);
    assert_eq!(data.offset(), Offset::ZERO);
    upstream.follow(NOW, true, &Rules { drop_cached_history: false, ..Rules::default() });
    assert_eq!(upstream.offset(), Offset(27_141), "what a 9.1.2 node announces");
}

#[test]
fn a_sibling_of_the_winner_keeps_its_place() {
    let mut data = replica('a', 500);
    assert_eq!(follow(&mut data, false), None);
    assert_eq!((data.offset(), data.request().from), (Offset(500), Some(point('a', 500))));
}

#[test]
fn a_full_sync_goes_from_nothing_to_everything() {
    let mut data = replica('a', 500);
    follow(&mut data, true);
    data.asked();
    data.full_sync(point('b', 900), &Rules::default());
    assert_eq!(data.offset(), Offset::ZERO);
    data.loading();
    assert_eq!(data.offset(), Offset::ZERO);
    assert!(data.loaded(NOW));
    assert_eq!((data.offset(), data.history()), (Offset(900), history('b')));
    assert!(!data.loaded(NOW), "nothing is loading any more");
}

#[test]
fn a_broken_full_sync_leaves_nothing_to_announce() {
    let mut data = replica('a', 500);
    data.lost(NOW);
    data.asked();
    data.full_sync(point('b', 900), &Rules::default());
    assert!(!data.lost(NOW));
    assert_eq!((data.offset(), data.path()), (Offset::ZERO, Path::Broken));
}

#[test]
fn a_primary_continues_only_what_it_shares_and_still_holds() {
    let mut source = primary('a', 5_000);
    source.wrote(1_500);
    for (from, continues) in [
        (Some(point('a', 6_500)), true),
        (Some(point('a', 6_000)), true),
        (Some(point('a', 5_499)), false),
        (Some(point('a', 6_501)), false),
        (Some(point('b', 6_500)), false),
        (None, false),
    ] {
        let answer = source.answer(PsyncRequest { from });
        assert_eq!(matches!(answer, PsyncAnswer::Continue(_)), continues, "{from:?}");
    }
}

#[test]
fn a_replica_without_a_stream_answers_not_now() {
    let mut data = replica('a', 500);
    assert!(matches!(data.answer(PsyncRequest { from: None }), PsyncAnswer::Full(_)));
    data.lost(NOW);
    assert_eq!(data.answer(PsyncRequest { from: None }), PsyncAnswer::NoPrimaryLink);
}

#[test]
fn data_age_counts_from_the_last_word_or_from_the_loss() {
    let later = NOW + Duration::from_secs(7);
    let mut data = replica('a', 500);
    assert_eq!(data.age(later), DataAge::Known(Duration::from_secs(7)));
    data.lost(NOW + Duration::from_secs(3));
    assert_eq!(data.age(later), DataAge::Known(Duration::from_secs(4)));
    let mut switched = replica('a', 500);
    follow(&mut switched, true);
    assert_eq!(switched.age(later), DataAge::Known(Duration::from_secs(7)), "counts from the switch");
    let mut demoted = primary('a', 500);
    follow(&mut demoted, true);
    assert_eq!(demoted.age(later), DataAge::Never);
}

#[test]
fn a_stream_never_runs_backwards() {
    let mut data = replica('a', 500);
    data.applied(NOW, Offset(510));
    data.applied(NOW, Offset(505));
    assert_eq!(data.offset(), Offset(510));
}

#[test]
fn a_primary_that_began_with_nothing_shares_no_past() {
    let mut empty = replica('a', 500);
    follow(&mut empty, true);
    empty.promote(&mut Rng::new(1));
    assert_eq!((empty.offset(), empty.previous()), (Offset::ZERO, None));
    empty.wrote(50);
    let behind = PsyncRequest { from: Some(HistoryPoint { history: empty.history(), offset: Offset(10) }) };
    assert_eq!(empty.answer(behind), PsyncAnswer::Continue(empty.history()), "its backlog begins with it");
    let stranger = PsyncRequest { from: Some(point('a', 0)) };
    assert!(matches!(empty.answer(stranger), PsyncAnswer::Full(_)));
}

#[test]
fn a_write_on_a_replica_adds_nothing_to_its_primarys_history() {
    let mut data = replica('a', 500);
    data.wrote(7);
    assert_eq!(data.offset(), Offset(500));
}

#[test]
fn a_refused_history_is_announced_no_longer_or_until_the_new_data_loads() {
    for (drop_refused_history, announced) in [(true, Offset::ZERO), (false, Offset(520))] {
        let rules = Rules { drop_refused_history, ..Rules::default() };
        let mut loser = primary('a', 520);
        loser.follow(NOW, false, &rules);
        loser.asked();
        loser.full_sync(point('b', 900), &rules);
        assert_eq!(loser.offset(), announced);
        loser.loading();
        assert_eq!(loser.offset(), Offset::ZERO);
    }
}

#[test]
fn what_a_process_finds_on_its_disk_is_claimed_and_no_more() {
    let mut back = Replication::new(&mut Rng::new(1), false, SIZE);
    back.restored(Some(point('a', 400)), Offset(400), Offset(301));
    assert_ne!(back.history(), history('a'), "others may have more of the old one than what is written now");
    back.wrote(200);
    for (at, goes_on) in [(299, false), (300, true), (400, true), (401, false), (500, false)] {
        let answer = back.answer(PsyncRequest { from: Some(point('a', at)) });
        assert_eq!(answer == PsyncAnswer::Continue(back.history()), goes_on, "asked behind {at}");
    }
    let mut unsure = Replication::new(&mut Rng::new(1), false, SIZE);
    unsure.restored(None, Offset(400), Offset(301));
    assert_eq!((unsure.previous(), unsure.offset()), (None, Offset(400)));
    for held in [None, Some(point('a', 400))] {
        let mut copy = Replication::new(&mut Rng::new(1), true, SIZE);
        copy.restored(held, Offset(400), Offset(301));
        let offset = held.map_or(Offset::ZERO, |point| point.offset);
        assert_eq!((copy.request().from, copy.held(), copy.offset()), (held, held, offset));
    }
}
