//! What is made of answers, rule by rule.

use super::*;
use crate::base::Nack;
use crate::wire::NackReason;

const OLD_ACKS: Rules = Rules { exact_acks: false, ..Rules::SPLITVOTE };

fn rules(nack: Nack) -> Rules {
    Rules { nack, ..Rules::SPLITVOTE }
}

fn reply(voter: char, header_epoch: u64, answer: Answer) -> Reply {
    Reply { voter: id(voter), has_vote: true, failed: false, header_epoch: Epoch(header_epoch), answer }
}

pub(super) fn ack(election: &mut Election, voter: char, epoch: u64, rules: &Rules) -> Treatment {
    election.answer(rules, &reply(voter, epoch, Answer::Acked))
}

/// An echoed refusal of epoch 7's request.
fn nack(election: &mut Election, voter: char, reason: NackReason, rules: &Rules) -> Treatment {
    election.answer(rules, &reply(voter, 7, Answer::Nacked { of: Some(Epoch(7)), reason }))
}

/// Five voters a to e, of which a is my primary; I ask in epoch 7 and need three.
fn five_voters() -> (ClusterView, Election) {
    let mut view = ClusterView::new(peer('n', 'a', NodeFlags::REPLICA));
    for (at, letter) in (0_u16..).zip("abcde".chars()) {
        let ix = view.add(peer(letter, letter, NodeFlags::PRIMARY));
        view.assign(&SlotSet::from_ranges([(at * 10, at * 10 + 9)]), Some(ix));
    }
    view.size = 5;
    (view, requesting(3))
}

/// A voter fails, and the next update of the cluster's state has counted it.
fn fail(view: &mut ClusterView, letter: char) {
    let ix = view.lookup(id(letter)).expect("known");
    view.peer_mut(ix).flags.insert(NodeFlags::FAIL);
    view.size_failed += 1;
}

#[test]
fn a_vote_counts_once_per_voter_and_only_for_the_epoch_asked_for() {
    use Treatment::{Counted, NotAVoter, OtherEpoch, Repeated};
    // In this order, to one candidate that asks in epoch 7: exactly, and as up to 9.2.
    let table = [
        ('a', true, 6, OtherEpoch, OtherEpoch),
        ('a', true, 8, OtherEpoch, Counted),
        ('a', false, 7, NotAVoter, NotAVoter),
        ('a', true, 7, Counted, Counted),
        ('a', true, 7, Repeated, Counted),
    ];
    let (mut exact, mut old) = (requesting(2), requesting(2));
    for (voter, has_vote, epoch, exactly, before) in table {
        let reply = Reply { has_vote, ..reply(voter, epoch, Answer::Acked) };
        assert_eq!(exact.answer(&Rules::default(), &reply), exactly, "{reply:?}");
        assert_eq!(old.answer(&OLD_ACKS, &reply), before, "{reply:?}");
    }
    assert_eq!((exact.votes(), old.votes()), (1, 3));
    let idle = || Election::default();
    assert_eq!(ack(&mut idle(), 'a', 7, &Rules::default()), Treatment::NotAsking);
    assert_eq!(ack(&mut idle(), 'a', 7, &OLD_ACKS), Counted);
}

/// A round of epoch 7 is forgotten, the next is planned, and what comes meanwhile comes late.
fn asked_again(rules: &Rules, late: &[(char, u64)]) -> (Election, Verdict) {
    let (mut election, mut rng) = (requesting(2), Rng::new(2));
    ack(&mut election, 'a', 7, rules);
    election.forget();
    let facts = facts(Ranks::default());
    election.advance(NOW, &facts, rules, &mut rng);
    assert_eq!(election.votes(), 0, "planning a round sets the count to zero under every rule");
    for (voter, epoch) in late {
        ack(&mut election, *voter, *epoch, rules);
    }
    election.asked(Epoch(8), 2, rules);
    let verdict = election.advance(NOW, &facts, rules, &mut rng);
    (election, verdict)
}

#[test]
fn late_votes_of_a_round_win_the_next_unless_votes_are_taken_exactly() {
    // M12, also by one voter whose vote comes twice.
    for late in [[('a', 7), ('b', 7)], [('b', 7), ('b', 7)]] {
        let (exact, verdict) = asked_again(&Rules::default(), &late);
        assert_eq!((exact.votes(), verdict), (0, Verdict::Wait), "{late:?}");
        let (_, verdict) = asked_again(&OLD_ACKS, &late);
        let voters = late.map(|(voter, _)| id(voter)).to_vec();
        assert_eq!(verdict, Verdict::Won { epoch: Epoch(8), voters, needed: 2 }, "{late:?}");
    }
    let (_, verdict) = asked_again(&OLD_ACKS, &[('a', 6), ('b', 6)]);
    assert_eq!(verdict, Verdict::Wait, "votes before the last request never count");
}

#[test]
fn a_round_is_hopeless_when_too_few_votes_can_still_come() {
    let (on, (mut view, mut election)) = (Rules::default(), five_voters());
    fail(&mut view, 'a');
    assert_eq!(election.achievable(&view, &on), 4);
    nack(&mut election, 'b', NackReason::AlreadyVoted, &on);
    assert_eq!(election.hopeless(&view, &on), None, "three may still say yes");
    nack(&mut election, 'c', NackReason::AlreadyVoted, &on);
    let end = RoundEnd::Hopeless { achievable: 2, needed: 3 };
    assert_eq!(election.hopeless(&view, &on), Some(end));
}

/// What each revision thinks can be reached after a voter's `first` answer, its failure, and then
/// refusals of all of `then`.
fn reached(revision: Nack, first: Answer, then: &str) -> u32 {
    let (rules, (mut view, mut election)) = (rules(revision), five_voters());
    election.answer(&rules, &reply('a', 7, first));
    fail(&mut view, 'a');
    for voter in then.chars() {
        nack(&mut election, voter, NackReason::AlreadyVoted, &rules);
    }
    election.achievable(&view, &rules)
}

#[test]
fn a_voter_that_refused_and_then_failed_is_taken_off_once() {
    // N2: the middle revisions subtract it twice and end a round that could be won.
    let no = Answer::Nacked { of: Some(Epoch(7)), reason: NackReason::AlreadyVoted };
    for (revision, left) in
        [(Nack::Proposed, 3), (Nack::Merged, 2), (Nack::Echoed, 2), (Nack::Filtered, 2), (Nack::On, 3)]
    {
        assert_eq!(reached(revision, no, "b"), left, "{revision:?}");
    }
}

#[test]
fn a_vote_given_stays_given_when_its_voter_fails() {
    // N3. The first revision writes nobody off, dead ones included.
    for (revision, left) in
        [(Nack::Proposed, 3), (Nack::Merged, 2), (Nack::Echoed, 2), (Nack::Filtered, 2), (Nack::On, 3)]
    {
        assert_eq!(reached(revision, Answer::Acked, "bc"), left, "{revision:?}");
    }
}

#[test]
fn a_refusal_of_another_epoch_or_said_twice_counts_by_revision() {
    use Treatment::{Counted, OtherEpoch, Repeated};
    let no = |of| Answer::Nacked { of, reason: NackReason::EpochOld };
    // N1: the request refused was that of epoch 6, the voter has since heard of 7. N4: said again.
    for (revision, stale, again) in [
        (Nack::Proposed, Counted, Counted),
        (Nack::Merged, Counted, Counted),
        (Nack::Echoed, OtherEpoch, Counted),
        (Nack::Filtered, OtherEpoch, Counted),
        (Nack::On, OtherEpoch, Repeated),
    ] {
        let (rules, (_, mut election)) = (rules(revision), five_voters());
        let echoes = !matches!(revision, Nack::Proposed | Nack::Merged);
        let of = |epoch| no(echoes.then_some(Epoch(epoch)));
        assert_eq!(election.answer(&rules, &reply('b', 7, of(6))), stale, "{revision:?}");
        assert_eq!(election.answer(&rules, &reply('c', 7, of(7))), Counted, "{revision:?}");
        assert_eq!(election.answer(&rules, &reply('c', 7, of(7))), again, "{revision:?}");
        assert_eq!(election.answer(&rules, &reply('d', 6, of(6))), OtherEpoch, "{revision:?}");
        let none = Reply { has_vote: false, ..reply('e', 7, of(7)) };
        assert_eq!(election.answer(&rules, &none), Treatment::NotAVoter, "{revision:?}");
        let mut idle = Election::default();
        assert_eq!(idle.answer(&rules, &reply('b', 7, of(7))), Treatment::NotAsking, "{revision:?}");
    }
}

#[test]
fn a_failed_voters_refusal_is_ignored_where_it_is_written_off_by_number() {
    for (revision, treatment) in [
        (Nack::Proposed, Treatment::Counted),
        (Nack::Merged, Treatment::VoterFailed),
        (Nack::Echoed, Treatment::VoterFailed),
        (Nack::Filtered, Treatment::VoterFailed),
        (Nack::On, Treatment::Counted),
    ] {
        let (rules, (_, mut election)) = (rules(revision), five_voters());
        let no = Answer::Nacked { of: Some(Epoch(7)), reason: NackReason::AlreadyVoted };
        let reply = Reply { failed: true, ..reply('b', 7, no) };
        assert_eq!(election.answer(&rules, &reply), treatment, "{revision:?}");
    }
}

#[test]
fn only_refusals_that_cannot_turn_end_a_voters_part_since_4700() {
    // N5: the others make a hot retry loop.
    for (code, ends) in [
        (1, false),
        (2, true),
        (3, true),
        (4, false),
        (5, false),
        (6, false),
        (7, true),
        (0, false),
        (8, false),
    ] {
        for revision in Nack::ALL.into_iter().filter(|revision| *revision != Nack::Off) {
            let (_, mut election) = five_voters();
            let filters = matches!(revision, Nack::Filtered | Nack::On);
            let counted = if ends || !filters { Treatment::Counted } else { Treatment::NotFinal };
            let reason = NackReason::from_code(code);
            let treatment = nack(&mut election, 'b', reason, &rules(revision));
            assert_eq!(treatment, counted, "reason {code}, {revision:?}");
        }
    }
}
