use super::*;
use crate::base::{Address, Instant, Offset, ShardId, Slot};
use crate::cluster::Peer;
use crate::wire::MessageFlags;

fn id(letter: char) -> NodeId {
    letter.to_string().repeat(40).parse().expect("an id")
}

fn peer(letter: char, shard: char, flags: NodeFlags) -> Peer {
    let shard: ShardId = shard.to_string().repeat(40).parse().expect("an id");
    Peer::new(id(letter), shard, flags, Address::default(), Instant::ZERO)
}

fn slots(first: u16, last: u16) -> SlotSet {
    SlotSet::from_ranges([(first, last)])
}

/// I am primary m with slots 100-199 at epoch 2. In shard s: primary p with slots 0-99 at epoch 3
/// and its replica r. In shard x: primary x with slots 200-299 at epoch 4.
fn world() -> (ClusterView, [PeerIx; 3]) {
    let mut view = ClusterView::new(peer('m', 'm', NodeFlags::PRIMARY));
    let p = view.add(peer('p', 's', NodeFlags::PRIMARY));
    let r = view.add(peer('r', 's', NodeFlags::REPLICA));
    let x = view.add(peer('x', 'x', NodeFlags::PRIMARY));
    view.set_replica(r, Some(p));
    view.assign(&slots(0, 99), Some(p));
    view.assign(&slots(100, 199), Some(view.myself()));
    view.assign(&slots(200, 299), Some(x));
    for (ix, epoch) in [(view.myself(), 2), (p, 3), (x, 4)] {
        view.peer_mut(ix).config_epoch = Epoch(epoch);
    }
    view.current_epoch = Epoch(4);
    (view, [p, r, x])
}

fn header(sender: char, replica_of: Option<char>, epoch: u64, claimed: SlotSet) -> Header {
    let role = if replica_of.is_some() { NodeFlags::REPLICA } else { NodeFlags::PRIMARY };
    Header {
        sender: id(sender),
        current_epoch: Epoch(epoch),
        config_epoch: Epoch(epoch),
        offset: Offset::ZERO,
        slots: claimed,
        replica_of: replica_of.map(id),
        address: Address::default(),
        flags: role | NodeFlags::MYSELF,
        state_fail: false,
        message_flags: MessageFlags::empty(),
    }
}

fn owner(view: &ClusterView, slot: u16) -> Option<PeerIx> {
    view.owners().get(Slot::new(slot).expect("a slot"))
}

#[test]
fn a_slot_moves_to_a_greater_epoch_never_to_an_equal_one() {
    for (epoch, moved) in [(2, 0), (3, 0), (5, 100)] {
        let (mut view, [_, r, _]) = world();
        view.set_primary(r);
        assert_eq!(claim(&mut view, r, Epoch(epoch), &slots(0, 99)).moved, moved, "claim at {epoch}");
        assert_eq!(view.check(), Ok(()));
    }
}

#[test]
fn a_free_slot_goes_to_whoever_claims_it() {
    let (mut view, [p, ..]) = world();
    assert_eq!(claim(&mut view, p, Epoch(0), &slots(0, 109)).moved, 0, "mine is newer than nothing");
    assert_eq!(claim(&mut view, p, Epoch(1), &SlotSet::from_ranges([(0, 99), (300, 309)])).moved, 10);
}

#[test]
fn a_slot_its_owner_no_longer_claims_can_be_taken_by_an_older_epoch() {
    let (mut view, [p, _, x]) = world();
    claim(&mut view, x, Epoch(4), &slots(200, 289));
    assert_eq!(owner(&view, 295), Some(x), "not claimed is not unassigned");
    assert!(view.owners().is_disowned(Slot::new(295).expect("a slot")));
    let taken = claim(&mut view, p, Epoch(3), &SlotSet::from_ranges([(0, 99), (290, 299)]));
    assert_eq!((taken.moved, taken.from), (10, Some(x)));
}

#[test]
fn losing_the_last_slot_is_noticed_and_only_then() {
    let (mut view, [_, _, x]) = world();
    let some = claim(&mut view, x, Epoch(9), &slots(150, 299));
    assert_eq!((some.lost, some.lost_all), (50, false));
    let rest = claim(&mut view, x, Epoch(9), &slots(100, 299));
    assert_eq!((rest.lost, rest.lost_all), (50, true));
}

#[test]
fn an_old_claim_is_answered_with_the_owner_that_beats_it() {
    let (mut view, [p, r, x]) = world();
    view.set_primary(r);
    assert_eq!(conflict(&view, r, Epoch(2), &slots(0, 99)), Some(p));
    assert_eq!(conflict(&view, r, Epoch(3), &slots(0, 99)), None, "equal epochs are no conflict");
    assert_eq!(conflict(&view, x, Epoch(4), &slots(200, 299)), None);
}

#[test]
fn a_loser_that_follows_its_winner_hands_the_slots_over() {
    // #2301: heard from the loser first.
    let (mut view, [p, r, _]) = world();
    let change = role(&mut view, &Rules::default(), p, &header('p', Some('r'), 5, slots(0, 99)));
    assert_eq!(change, RoleChange::Replica { of: Some(r), moved: 100, promoted: true });
    assert_eq!((owner(&view, 0), view.peer(r).config_epoch), (Some(r), Epoch(5)));
    assert!(view.peer(r).is_primary() && view.peer(p).replica_of == Some(r));
    assert_eq!(view.check(), Ok(()));
}

#[test]
fn a_header_from_before_the_failover_is_stale() {
    // #1777 and #2811: "r replicates p", said before r won epoch 6.
    let (mut view, [p, r, _]) = world();
    view.set_primary(r);
    view.peer_mut(r).config_epoch = Epoch(6);
    let old = header('r', Some('p'), 3, slots(0, 99));
    assert_eq!(role(&mut view, &Rules::default(), r, &old), RoleChange::Stale);
    let unguarded = Rules { stale_guard_sender: false, ..Rules::default() };
    let change = role(&mut view, &unguarded, r, &old);
    assert_eq!(change, RoleChange::Replica { of: Some(p), moved: 0, promoted: false });
}

#[test]
fn a_replica_of_an_unknown_or_foreign_primary_owns_nothing() {
    for (primary, of) in [('q', None), ('x', Some(2))] {
        let (mut view, places) = world();
        let change =
            role(&mut view, &Rules::default(), places[0], &header('p', Some(primary), 9, slots(0, 99)));
        assert_eq!(
            change,
            RoleChange::Replica { of: of.map(|at: usize| places[at]), moved: 0, promoted: false }
        );
        assert_eq!(owner(&view, 0), None);
        assert_eq!(view.check(), Ok(()));
    }
}

#[test]
fn nobody_but_this_node_makes_it_a_primary() {
    let (mut view, [p, ..]) = world();
    let me = view.myself();
    view.hand_over(me, Some(p));
    view.set_replica(me, Some(p));
    view.me_mut().shard = view.peer(p).shard;
    let change = role(&mut view, &Rules::default(), p, &header('p', Some('m'), 9, slots(0, 99)));
    assert_eq!(change, RoleChange::Stale);
    assert!(view.me().is_replica());
}

#[test]
fn a_delayed_packet_does_not_turn_a_replica_back_into_a_primary() {
    // #798.
    for (epoch, change) in [(2, RoleChange::Stale), (3, RoleChange::Primary), (5, RoleChange::Primary)] {
        let (mut view, [_, r, _]) = world();
        let seen = role(&mut view, &Rules::default(), r, &header('r', None, epoch, slots(0, 99)));
        assert_eq!(seen, change, "at epoch {epoch}");
    }
    let (mut view, [_, r, _]) = world();
    let empty = header('r', None, 0, SlotSet::EMPTY);
    assert_eq!(role(&mut view, &Rules::default(), r, &empty), RoleChange::Primary, "it claims nothing");
}

#[test]
fn a_primary_whose_old_primary_moved_on_with_its_epoch_is_believed() {
    // p left the shard and won epoch 9 elsewhere; r took its slots at epoch 7. The table missed r's win.
    let (mut view, [p, r, _]) = world();
    claim(&mut view, p, Epoch(9), &SlotSet::EMPTY);
    view.peer_mut(p).config_epoch = Epoch(9);
    let seen = role(&mut view, &Rules::default(), r, &header('r', None, 7, slots(0, 99)));
    assert_eq!(seen, RoleChange::Primary);
    assert_eq!(claim(&mut view, r, Epoch(7), &slots(0, 99)).moved, 100);
}

#[test]
fn no_header_makes_a_circle() {
    // S10: r follows p; p, a replica by now, says it follows r.
    let (mut view, [p, r, _]) = world();
    view.hand_over(p, None);
    view.set_replica(p, None);
    role(&mut view, &Rules::default(), p, &header('p', Some('r'), 9, SlotSet::EMPTY));
    assert_eq!(view.check(), Ok(()));
    assert_eq!(view.peer(p).replica_of, Some(r));
}

#[test]
fn a_replica_of_a_replica_sees_who_is_above() {
    let (mut view, [p, r, x]) = world();
    let me = view.myself();
    view.hand_over(me, None);
    view.set_replica(me, Some(r));
    assert_eq!(above_my_primary(&view), Some(p));
    view.set_primary(r);
    assert_eq!(above_my_primary(&view), None);
    view.set_replica(r, Some(me));
    assert_eq!(above_my_primary(&view), None, "never under itself");
    let _ = x;
}

#[test]
fn of_two_primaries_with_one_epoch_the_smaller_id_moves_on() {
    for (sender, epoch, moves) in [('p', 2, true), ('p', 3, false), ('a', 2, false)] {
        let (mut view, [p, ..]) = world();
        let ix = if sender == 'p' { p } else { view.add(peer('a', 'a', NodeFlags::PRIMARY)) };
        view.peer_mut(ix).config_epoch = Epoch(epoch);
        let shown = header(sender, None, epoch, SlotSet::EMPTY);
        assert_eq!(collides(&view, ix, &shown), moves, "{sender} at {epoch}");
    }
}

#[test]
fn a_bump_is_needed_only_below_the_greatest_epoch() {
    let (mut view, _) = world();
    assert_eq!(bump(&mut view), Some(Epoch(5)));
    assert_eq!((view.current_epoch, view.me().config_epoch), (Epoch(5), Epoch(5)));
    assert_eq!(bump(&mut view), None, "mine is the greatest already");
}

#[test]
fn an_empty_shard_follows_its_new_primary_without_a_slot_to_tell() {
    let (mut view, [p, r, _]) = world();
    let me = view.myself();
    view.hand_over(me, None);
    view.hand_over(p, None);
    view.set_replica(me, Some(p));
    view.me_mut().shard = view.peer(p).shard;
    view.set_primary(r);
    assert!(empty_shard_moved(&view, r, Epoch(4)));
    assert!(!empty_shard_moved(&view, r, Epoch(3)), "not newer");
    assert!(!empty_shard_moved(&view, p, Epoch(9)), "it is my primary");
}

#[test]
fn a_loser_names_its_winner_or_only_says_that_it_lost() {
    let off = Rules { shard_aware_demotion: false, circle_guard: false, ..Rules::default() };
    let slots_stay = Rules { move_slots_from_loser: false, ..Rules::default() };
    for (rules, promoted, owned_by, after) in [
        (Rules::default(), true, Some(1), Some(1)),
        (off, false, None, Some(1)),
        (slots_stay, true, Some(0), Some(1)),
    ] {
        let (mut view, places) = world();
        let [p, r, _] = places;
        let shown = header('p', Some('r'), 5, slots(0, 99));
        let moved = if owned_by == Some(1) { 100 } else { 0 };
        assert_eq!(role(&mut view, &rules, p, &shown), RoleChange::Replica { of: Some(r), moved, promoted });
        assert_eq!(view.peer(r).is_primary(), promoted);
        assert_eq!(owner(&view, 0), owned_by.map(|at: usize| places[at]));
        // The winner's own word settles it in every version.
        role(&mut view, &rules, r, &header('r', None, 5, slots(0, 99)));
        claim(&mut view, r, Epoch(5), &slots(0, 99));
        assert_eq!(owner(&view, 0), after.map(|at: usize| places[at]));
    }
}

#[test]
fn a_loser_whose_winner_is_known_hands_over_or_keeps() {
    for (loser_hands_over, owned_by) in [(true, 1), (false, 0)] {
        let (mut view, places) = world();
        view.set_primary(places[1]);
        view.peer_mut(places[1]).config_epoch = Epoch(5);
        let rules = Rules { loser_hands_over, ..Rules::default() };
        role(&mut view, &rules, places[0], &header('p', Some('r'), 5, slots(0, 99)));
        assert_eq!(owner(&view, 0), Some(places[owned_by]));
    }
}

#[test]
fn an_empty_primary_sees_who_replaced_it() {
    let (mut view, [p, _, x]) = world();
    let me = view.myself();
    view.me_mut().shard = view.peer(p).shard;
    assert!(!was_replaced_by(&view, p), "it has slots");
    view.hand_over(me, Some(p));
    assert!(was_replaced_by(&view, p));
    assert!(!was_replaced_by(&view, x), "another shard's");
    view.me_mut().config_epoch = Epoch(4);
    assert!(!was_replaced_by(&view, p), "an older claim");
}

#[test]
fn without_shards_no_header_of_a_replica_is_stale() {
    let (mut view, [p, r, _]) = world();
    view.set_primary(r);
    view.peer_mut(r).config_epoch = Epoch(6);
    let rules = Rules { shard_aware_demotion: false, ..Rules::default() };
    let change = role(&mut view, &rules, r, &header('r', Some('p'), 3, slots(0, 99)));
    assert_eq!(change, RoleChange::Replica { of: Some(p), moved: 0, promoted: false });
}

#[test]
fn without_its_guard_a_header_makes_a_circle_and_nobody_walks_it_for_ever() {
    let rules = Rules { circle_guard: false, ..Rules::default() };
    let (mut view, [p, r, _]) = world();
    view.hand_over(p, None);
    view.set_replica(p, None);
    role(&mut view, &rules, p, &header('p', Some('r'), 9, SlotSet::EMPTY));
    assert!(view.check().is_err_and(|why| why.contains("S10")));
    assert!(view.copies(p, r) && view.copies(r, p) && view.copies(p, p));
    let me = view.myself();
    view.hand_over(me, None);
    view.set_replica(me, Some(p));
    assert!(view.copies(p, me), "the walk ends, and a circle is trusted with nothing");
    assert_eq!(above_my_primary(&view), Some(r));
}

#[test]
fn without_its_guard_a_header_makes_this_node_a_primary() {
    for (circle_guard, promoted) in [(true, false), (false, true)] {
        let (mut view, [p, ..]) = world();
        let me = view.myself();
        view.hand_over(me, Some(p));
        view.set_replica(me, Some(p));
        view.me_mut().shard = view.peer(p).shard;
        let rules = Rules { circle_guard, ..Rules::default() };
        role(&mut view, &rules, p, &header('p', Some('m'), 9, slots(0, 99)));
        assert_eq!(view.me().is_primary(), promoted);
    }
}

#[test]
fn a_target_or_a_sender_known_in_a_newer_epoch_makes_a_header_stale() {
    // #1777 guards the one that is named, #2811 the one that speaks.
    let (target_off, sender_off) = (
        Rules { stale_guard_target: false, ..Rules::default() },
        Rules { stale_guard_sender: false, ..Rules::default() },
    );
    for (rules, target_stale, sender_stale) in
        [(Rules::default(), true, true), (target_off, false, true), (sender_off, true, false)]
    {
        for (epochs, stale) in [((3, 6), target_stale), ((6, 3), sender_stale), ((4, 4), false)] {
            let (mut view, [p, r, _]) = world();
            view.set_primary(r);
            (view.peer_mut(r).config_epoch, view.peer_mut(p).config_epoch) =
                (Epoch(epochs.0), Epoch(epochs.1));
            let seen = role(&mut view, &rules, r, &header('r', Some('p'), 4, slots(0, 99)));
            assert_eq!(seen == RoleChange::Stale, stale, "{rules} {epochs:?}");
        }
    }
}

#[test]
fn an_old_word_makes_a_primary_where_it_is_not_checked() {
    for (checked_promotion, change) in [(true, RoleChange::Stale), (false, RoleChange::Primary)] {
        let (mut view, [_, r, _]) = world();
        let rules = Rules { checked_promotion, ..Rules::default() };
        assert_eq!(role(&mut view, &rules, r, &header('r', None, 2, slots(0, 99))), change);
    }
}
