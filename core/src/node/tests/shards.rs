//! What a node makes of shards, and of versions that know none: each switch, both ways.

use super::bus::{Bus, address, id, shard};
use crate::base::{Epoch, SlotSet};
use crate::node::*;
use crate::wire::{Body, Extension, Gossip, GossipEntry, Header, Message, NodeFlags};

fn running(rules: Rules) -> Bus {
    let mut bus = Bus::formed(rules);
    bus.run(Duration::from_secs(2));
    bus
}

/// Node `at` hears a PONG of node `from` on the link that `from` opened.
fn hear(bus: &mut Bus, at: usize, from: usize, header: Header, gossip: Gossip) {
    let link = bus.nodes[at].view().get(id(from)).and_then(|peer| peer.inbound).expect("linked");
    let frame = Frame::Full(Message { header, body: Body::Pong(gossip) });
    bus.nodes[at].handle_frame(bus.now, link, frame);
    bus.drain(at);
}

fn nothing() -> Gossip {
    Gossip { entries: Vec::new(), extensions: Vec::new() }
}

fn of_shard(of: usize) -> Gossip {
    Gossip { entries: Vec::new(), extensions: vec![Extension::Shard(shard(of))] }
}

#[test]
fn shards_are_told_and_heard_or_neither() {
    for shard_ids in [true, false] {
        let mut bus = running(Rules { shard_ids, ..Rules::default() });
        let told = bus.sent.iter().any(|(_, _, message)| match &message.body {
            Body::Ping(gossip) | Body::Pong(gossip) => !gossip.extensions.is_empty(),
            _ => false,
        });
        assert_eq!(told, shard_ids);
        let header = bus.nodes[1].header();
        hear(&mut bus, 0, 1, header, of_shard(2));
        let heard = bus.nodes[0].view().get(id(1)).expect("known").shard;
        assert_eq!(heard, shard(if shard_ids { 2 } else { 1 }));
    }
}

#[test]
fn a_replica_that_names_another_shard_is_believed_or_not() {
    // #573.
    for (replica_keeps_shard, believed) in [(true, 1), (false, 2)] {
        let mut bus = running(Rules { replica_keeps_shard, ..Rules::default() });
        let header = bus.nodes[4].header();
        hear(&mut bus, 0, 4, header, of_shard(2));
        assert_eq!(bus.nodes[0].view().get(id(4)).expect("known").shard, shard(believed));
    }
}

#[test]
fn a_soft_reset_ends_the_shard_or_keeps_it() {
    // #2283.
    for soft_reset_new_shard in [true, false] {
        let mut bus = running(Rules { soft_reset_new_shard, ..Rules::default() });
        assert_eq!(bus.command(3, Command::Reset { hard: false, holds_data: true }), Ok(()));
        assert_eq!(bus.nodes[3].shard() == shard(0), !soft_reset_new_shard);
    }
}

#[test]
fn who_gives_its_last_slot_away_follows_at_once_or_waits_for_the_claim() {
    for setslot_follows in [true, false] {
        let mut bus = running(Rules { setslot_follows, ..Rules::default() });
        let slots = SlotSet::from_ranges([(0, 5460)]);
        let given = Command::SetSlots { slots, owner: id(1), imported: false };
        assert_eq!(bus.command(0, given), Ok(()));
        assert_eq!(bus.nodes[0].primary(), setslot_follows.then(|| id(1)));
    }
}

#[test]
fn gossip_moves_the_data_path_or_only_the_bus() {
    // #965.
    for gossip_moves_primary in [true, false] {
        let mut bus = running(Rules { gossip_moves_primary, ..Rules::default() });
        bus.kill(0);
        bus.run(Duration::from_millis(1_700));
        let entries = vec![GossipEntry {
            node: id(0),
            ping_sent: 0,
            pong_received: 0,
            address: address(77),
            flags: NodeFlags::PRIMARY,
        }];
        let ix = bus.nodes[3].view().lookup(id(0)).expect("known");
        bus.nodes[3].view.peer_mut(ix).flags.insert(NodeFlags::PFAIL);
        let header = bus.nodes[1].header();
        hear(&mut bus, 3, 1, header, Gossip { entries, extensions: Vec::new() });
        assert_eq!(bus.nodes[3].view().get(id(0)).expect("known").address, address(77));
        bus.nodes[3].follow_again(bus.now);
        let asked = bus.nodes[3].staged.iter().rev().find_map(|output| match output {
            Output::Follow(Some(follow)) => Some(follow.address),
            _ => None,
        });
        assert_eq!(asked, Some(address(if gossip_moves_primary { 77 } else { 0 })));
    }
}

#[test]
fn a_chain_is_shortened_by_a_header_or_by_a_claim() {
    // #944: node 3's primary 0 says that it follows 1 now.
    for chain_from_headers in [true, false] {
        let mut bus = running(Rules { chain_from_headers, ..Rules::default() });
        let follows = Header {
            replica_of: Some(id(1)),
            flags: NodeFlags::REPLICA | NodeFlags::MYSELF,
            config_epoch: Epoch(9),
            ..bus.nodes[0].header()
        };
        hear(&mut bus, 3, 0, follows, nothing());
        let moved = |bus: &Bus| bus.nodes[3].primary() == Some(id(1));
        assert_eq!(moved(&bus), chain_from_headers);
        let claim = Header {
            config_epoch: Epoch(9),
            slots: SlotSet::from_ranges([(0, 10_922)]),
            ..bus.nodes[1].header()
        };
        hear(&mut bus, 3, 1, claim, nothing());
        assert!(moved(&bus), "{}", bus.trace());
    }
}

#[test]
fn whose_history_it_is_is_asked_before_the_shard_is_renamed_or_after() {
    // M4: asked too late, "same shard" is always the answer, and the old offset stays.
    for (reduce_chain_first, offset) in [(true, 0), (false, 100)] {
        let mut bus = running(Rules { reduce_chain_first, ..Rules::default() });
        let header = Header {
            replica_of: Some(id(1)),
            flags: NodeFlags::REPLICA | NodeFlags::MYSELF,
            config_epoch: Epoch(9),
            ..bus.nodes[0].header()
        };
        hear(&mut bus, 3, 0, header, nothing());
        assert_eq!(bus.nodes[3].primary(), Some(id(1)));
        assert_eq!(bus.nodes[3].offset() >= Offset(100), offset == 100);
    }
}

/// Node 0 hears that `by` claims its slots; returns whom it follows then.
fn loses_to(by: usize, slots: SlotSet, rules: Rules) -> Option<NodeId> {
    let mut bus = Bus::formed(rules);
    for node in &mut bus.nodes {
        let config = Config { allow_replica_migration: false, ..node.config().clone() };
        node.set_config(Instant::ZERO, config);
    }
    bus.run(Duration::from_secs(2));
    let header = Header {
        replica_of: None,
        flags: NodeFlags::PRIMARY | NodeFlags::MYSELF,
        config_epoch: Epoch(9),
        slots,
        ..bus.nodes[by].header()
    };
    hear(&mut bus, 0, by, header, nothing());
    bus.nodes[0].primary()
}

#[test]
fn where_replicas_may_not_move_the_winner_is_known_by_shard_or_by_its_claim() {
    let by_shard = Rules { empty_primary_joins: false, ..Rules::default() };
    let by_claim = Rules { same_shard_follows: false, ..by_shard };
    let exactly = SlotSet::from_ranges([(0, 5460)]);
    let more = SlotSet::from_ranges([(0, 10_922)]);
    for (by, slots, rules, follows) in [
        (3, exactly.clone(), by_shard, true),
        (3, exactly, by_claim, true),
        (3, more.clone(), by_shard, true),
        (3, more.clone(), by_claim, false),
        (1, more.clone(), by_shard, false),
        (1, more, by_claim, false),
    ] {
        assert_eq!(loses_to(by, slots, rules).is_some(), follows, "{by} under {rules}");
    }
}

#[test]
fn an_empty_primary_that_learns_of_its_winners_shard_follows_it_or_stays() {
    // M26: the claim came before the shard was known.
    for empty_primary_joins in [true, false] {
        let mut bus = Bus::formed(Rules { empty_primary_joins, setslot_follows: false, ..Rules::default() });
        bus.run(Duration::from_secs(2));
        let slots = SlotSet::from_ranges([(0, 5460)]);
        let given = Command::SetSlots { slots: slots.clone(), owner: id(1), imported: false };
        assert_eq!(bus.command(0, given), Ok(()));
        let header = Header { config_epoch: Epoch(9), ..bus.nodes[1].header() };
        hear(&mut bus, 0, 1, header.clone(), of_shard(1));
        assert_eq!(bus.nodes[0].primary(), None, "it is of another shard");
        hear(&mut bus, 0, 1, header, of_shard(0));
        assert_eq!(bus.nodes[0].primary().is_some(), empty_primary_joins);
    }
}

#[test]
fn an_empty_shards_loser_follows_or_stays() {
    for empty_shard_moves in [true, false] {
        let mut bus = Bus::formed(Rules { empty_shard_moves, setslot_follows: false, ..Rules::default() });
        for at in 0..6 {
            let slots = SlotSet::from_ranges([(0, 5460)]);
            let given = Command::SetSlots { slots, owner: id(1), imported: at == 1 };
            let given = bus.nodes[at].handle_command(bus.now, given);
            assert_eq!(given, Ok(()));
            bus.drain(at);
        }
        bus.run(Duration::from_secs(2));
        let header = Header {
            replica_of: None,
            flags: NodeFlags::PRIMARY | NodeFlags::MYSELF,
            config_epoch: Epoch(9),
            slots: SlotSet::EMPTY,
            ..bus.nodes[3].header()
        };
        hear(&mut bus, 0, 3, header, nothing());
        assert_eq!(bus.nodes[0].primary().is_some(), empty_shard_moves, "{}", bus.trace());
    }
}

#[test]
fn an_update_about_oneself_is_ignored_or_raises_the_epoch() {
    for ignore_update_about_self in [true, false] {
        let mut bus = running(Rules { ignore_update_about_self, ..Rules::default() });
        let link = bus.nodes[0].view().get(id(1)).and_then(|peer| peer.inbound).expect("linked");
        let body = Body::Update { config_epoch: Epoch(9), owner: id(0), slots: SlotSet::EMPTY };
        let header = bus.nodes[1].header();
        bus.nodes[0].handle_frame(bus.now, link, Frame::Full(Message { header, body }));
        let raised = bus.nodes[0].view().me().config_epoch == Epoch(9);
        assert_eq!(raised, !ignore_update_about_self);
    }
}

#[test]
fn a_replicas_header_raises_no_epoch_of_its_own_or_does() {
    for primary_config_epoch_only in [true, false] {
        let mut bus = running(Rules { primary_config_epoch_only, ..Rules::default() });
        let header = Header { config_epoch: Epoch(9), ..bus.nodes[4].header() };
        hear(&mut bus, 0, 4, header, nothing());
        let raised = bus.nodes[0].view().get(id(4)).expect("known").config_epoch == Epoch(9);
        assert_eq!(raised, !primary_config_epoch_only);
    }
}

#[test]
fn who_is_made_primary_by_anothers_word_stops_copying_in_the_same_step_or_goes_on() {
    // #2510. Ours believes neither word.
    let guarded = Rules::default();
    let open = Rules { circle_guard: false, ignore_update_about_self: false, ..guarded };
    for (rules, atomic_promotion, primary, copies) in
        [(open, true, true, false), (open, false, true, true), (guarded, true, false, true)]
    {
        for by_header in [true, false] {
            let mut bus = running(Rules { atomic_promotion, ..rules });
            let header = bus.nodes[0].header();
            let link = bus.nodes[3].view().get(id(0)).and_then(|peer| peer.inbound).expect("linked");
            if by_header {
                let flags = NodeFlags::REPLICA | NodeFlags::MYSELF;
                let replica = Header { replica_of: Some(id(3)), flags, config_epoch: Epoch(9), ..header };
                hear(&mut bus, 3, 0, replica, nothing());
            } else {
                let body = Body::Update { config_epoch: Epoch(9), owner: id(3), slots: SlotSet::EMPTY };
                bus.nodes[3].handle_frame(bus.now, link, Frame::Full(Message { header, body }));
                bus.drain(3);
            }
            let node = &bus.nodes[3];
            let path = node.replication.path();
            assert_eq!((node.is_primary(), path != Path::Primary), (primary, copies), "{}", bus.trace());
            let serves = node.serves(Slot::new(0).expect("a slot"));
            assert_eq!(serves, by_header && primary && !copies, "its slots came with the header alone");
        }
    }
}
