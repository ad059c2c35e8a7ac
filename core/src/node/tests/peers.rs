//! What peers may send, by mistake or by intent: nothing they say ends a node or makes it believe
//! what only its owner may say.

use std::net::IpAddr;

use super::bus::{Bus, address, id, shard};
use crate::base::{Address, Epoch, Slot, SlotSet};
use crate::cluster::Peer;
use crate::node::*;
use crate::wire::{Body, Extension, Gossip, GossipEntry, Header, Kind, Message, NodeFlags};

fn frame(header: Header, body: Body) -> Frame {
    Frame::Full(Message { header, body })
}

fn entry(node: NodeId, flags: NodeFlags) -> GossipEntry {
    GossipEntry { node, ping_sent: 0, pong_received: 0, address: address(1), flags }
}

fn inbound(bus: &Bus, at: usize, from: usize) -> LinkId {
    bus.nodes[at].view().get(id(from)).and_then(|peer| peer.inbound).expect("linked")
}

/// A cluster that has run for long enough that every link is up and bound.
fn running() -> Bus {
    let mut bus = Bus::formed(Rules::default());
    bus.run(Duration::from_secs(2));
    bus
}

fn hear(bus: &mut Bus, at: usize, link: LinkId, header: Header, body: Body) {
    bus.nodes[at].handle_frame(bus.now, link, frame(header, body));
    bus.settled(at);
}

#[test]
fn a_peer_that_invents_nodes_fills_no_more_than_a_table() {
    let mut bus = running();
    let (link, header) = (inbound(&bus, 0, 1), bus.nodes[1].header());
    let mut rng = Rng::new(3);
    for _ in 0..2 {
        let entries = (0..40_000).map(|_| entry(NodeId::random(&mut rng), NodeFlags::PRIMARY)).collect();
        let body = Body::Pong(Gossip { entries, extensions: Vec::new() });
        bus.nodes[0].handle_frame(bus.now, link, frame(header.clone(), body));
        while bus.nodes[0].poll_output().is_some() {}
    }
    assert!(bus.nodes[0].view().is_full());
    let before = bus.nodes[0].view().len();
    assert_eq!(bus.nodes[0].handle_command(bus.now, Command::Meet(address(9))), Ok(()));
    assert_eq!(bus.nodes[0].view().len(), before);
}

#[test]
fn a_gossiped_node_with_two_roles_gets_one() {
    let mut bus = running();
    let (link, header) = (inbound(&bus, 0, 1), bus.nodes[1].header());
    let stranger = NodeId::random(&mut Rng::new(4));
    let both = NodeFlags::PRIMARY | NodeFlags::REPLICA;
    let gossip = Gossip { entries: vec![entry(stranger, both)], extensions: Vec::new() };
    hear(&mut bus, 0, link, header, Body::Pong(gossip));
    let flags = bus.nodes[0].view().get(stranger).expect("learned").flags;
    assert_eq!(flags & both, NodeFlags::REPLICA);
}

#[test]
fn a_name_that_nodes_conf_cannot_hold_is_not_kept() {
    let mut bus = running();
    let (link, header) = (inbound(&bus, 0, 1), bus.nodes[1].header());
    for (name, kept) in [
        ("host.example", true),
        ("two words", false),
        ("x\nvars currentEpoch 0 lastVoteEpoch 0", false),
        ("a,shard-id=b", false),
    ] {
        let extensions = vec![
            Extension::Hostname(name.to_owned()),
            Extension::ClientIpv6("2001:db8::1".to_owned()),
            Extension::AvailabilityZone(name.to_owned()),
        ];
        hear(&mut bus, 0, link, header.clone(), Body::Pong(Gossip { entries: Vec::new(), extensions }));
        let conf = bus.nodes[0].conf();
        assert_eq!(conf.to_string().parse(), Ok(conf.clone()), "{name:?} comes back as it was");
        let line = conf.nodes.iter().find(|line| line.id == id(1)).expect("known");
        assert_eq!(line.names.hostname == name, kept);
        assert_eq!(line.names.client_ipv6, "2001:db8::1");
    }
}

#[test]
fn what_peers_are_called_survives_a_restart() {
    let mut bus = running();
    let (link, header) = (inbound(&bus, 0, 1), bus.nodes[1].header());
    let extensions = vec![Extension::Hostname("host.example".to_owned())];
    hear(&mut bus, 0, link, header, Body::Pong(Gossip { entries: Vec::new(), extensions }));
    bus.kill(0);
    bus.restart(0, false);
    let names = bus.nodes[0].view().get(id(1)).and_then(|peer| peer.names.clone()).expect("named");
    assert_eq!(names.hostname, "host.example");
}

#[test]
fn a_stranger_who_answers_for_a_node_says_nothing_of_it() {
    let mut bus = running();
    let link = bus.nodes[0].view().get(id(1)).and_then(|peer| peer.outbound).expect("linked");
    let mut header = bus.nodes[1].header();
    header.sender = NodeId::random(&mut Rng::new(5));
    header.config_epoch = Epoch(77);
    header.current_epoch = Epoch(78);
    hear(&mut bus, 0, link, header, Body::Pong(Gossip::default()));
    let view = bus.nodes[0].view();
    let peer = view.get(id(1)).expect("known");
    assert_eq!((peer.config_epoch, view.current_epoch), (Epoch(2), Epoch(3)));
    assert!(peer.flags.contains(NodeFlags::NOADDR | NodeFlags::FAIL), "§3.7");
}

#[test]
fn a_handshake_that_ends_leaves_the_link_it_came_on_to_its_owner() {
    let mut bus = running();
    let stranger = NodeId::random(&mut Rng::new(6));
    let mut header = bus.nodes[1].header();
    header.sender = stranger;
    header.address = Address::new(IpAddr::from([127, 0, 0, 1]), 7001);
    header.slots = SlotSet::EMPTY;
    let link = bus.nodes[0].handle_accept(bus.now, IpAddr::from([127, 0, 0, 1]));
    bus.nodes[0].handle_frame(bus.now, link, frame(header.clone(), Body::Meet(Gossip::default())));
    // Before its handshake is done, another node tells of it under its true name.
    let gossip = Gossip { entries: vec![entry(stranger, NodeFlags::PRIMARY)], extensions: Vec::new() };
    let (teller, said) = (inbound(&bus, 0, 2), bus.nodes[2].header());
    bus.nodes[0].handle_frame(bus.now, teller, frame(said, Body::Pong(gossip)));
    bus.nodes[0].handle_frame(bus.now, link, frame(header, Body::Ping(Gossip::default())));
    assert_eq!(bus.nodes[0].link_peer(link), Some(stranger));
    while bus.nodes[0].poll_output().is_some() {}
    bus.run(Duration::from_secs(4));
    let view = bus.nodes[0].view();
    assert!(view.iter().all(|(_, peer)| !peer.in_handshake()), "the handshake is over");
    assert_eq!(view.get(stranger).and_then(|peer| peer.inbound), Some(link));
}

#[test]
fn a_node_still_in_handshake_is_not_written_down() {
    let mut bus = running();
    assert_eq!(bus.nodes[0].handle_command(bus.now, Command::Meet(address(9))), Ok(()));
    assert_eq!(bus.nodes[0].conf().nodes.len(), 6);
    let mut conf = bus.nodes[0].conf();
    conf.nodes[1].flags.insert(NodeFlags::HANDSHAKE);
    let birth = Birth {
        conf: conf.into(),
        config: bus.nodes[0].config().clone(),
        rules: Rules::default(),
        rng: Rng::new(1),
    };
    assert_eq!(Node::new(birth, bus.now).view().len(), 5, "nor read");
}

#[test]
fn a_primary_that_others_know_as_replica_is_told_of_the_newer_claim() {
    let mut bus = running();
    let (link, mut header) = (inbound(&bus, 1, 3), bus.nodes[3].header());
    header.flags = NodeFlags::PRIMARY | NodeFlags::MYSELF;
    (header.replica_of, header.config_epoch) = (None, Epoch(0));
    bus.sent.clear();
    hear(&mut bus, 1, link, header, Body::Ping(Gossip::default()));
    let told = |(from, to, message): &(usize, usize, Message)| {
        (*from, *to) == (1, 3) && message.body.kind() == Kind::Update
    };
    assert!(bus.sent.iter().any(told), "{}", bus.trace());
    assert!(bus.nodes[1].view().get(id(3)).is_some_and(Peer::is_replica));
}

#[test]
fn a_paused_primary_pings_on_although_an_answer_is_missing() {
    let mut bus = running();
    bus.faults.cut.insert((3, 0));
    bus.faults.cut.insert((0, 3));
    let (link, header) = (inbound(&bus, 0, 3), bus.nodes[3].header());
    hear(&mut bus, 0, link, header, Body::ManualStart);
    bus.sent.clear();
    bus.run(Duration::from_secs(1));
    let pings = bus
        .sent
        .iter()
        .filter(|(from, to, message)| (*from, *to) == (0, 3) && message.body.kind() == Kind::Ping);
    assert!(pings.count() >= 9, "one a cron (§9)");
}

#[test]
fn who_is_given_a_slot_imports_it_no_more() {
    let mut bus = running();
    let slots = SlotSet::from_ranges([(609, 609)]);
    let slot = slots.first().expect("one slot");
    for importing in [true, false] {
        assert_eq!(bus.command(0, Command::OpenSlot { slot, other: id(1), importing }), Ok(()));
    }
    assert_eq!(bus.nodes[0].open_slots().len(), 2);
    assert_eq!(bus.command(0, Command::DelSlots(slots.clone())), Ok(()));
    assert_eq!(bus.command(0, Command::AddSlots(slots)), Ok(()));
    let left: Vec<bool> = bus.nodes[0].open_slots().iter().map(|open| open.importing).collect();
    assert_eq!(left, [false]);
}

#[test]
fn a_replica_takes_no_slots() {
    let mut bus = running();
    let slots = SlotSet::from_ranges([(0, 0)]);
    assert_eq!(bus.command(0, Command::DelSlots(slots.clone())), Ok(()));
    assert_eq!(bus.command(3, Command::DelSlots(slots.clone())), Ok(()));
    assert_eq!(bus.command(3, Command::AddSlots(slots)), Err(CommandError::PrimaryOnly("ADDSLOTS")));
}

#[test]
fn a_clock_is_never_behind_a_vote_or_a_claim() {
    let bus = running();
    for (vote, epoch) in [(9, 9), (1, 3)] {
        let mut conf = bus.nodes[0].conf();
        (conf.current_epoch, conf.last_vote_epoch) = (Epoch(0), Epoch(vote));
        let birth = Birth {
            conf: conf.into(),
            config: bus.nodes[0].config().clone(),
            rules: Rules::default(),
            rng: Rng::new(1),
        };
        assert_eq!(Node::new(birth, bus.now).view().current_epoch, Epoch(epoch));
    }
}

#[test]
fn a_replica_that_moved_and_won_is_believed_although_its_old_primary_is_newer() {
    for (now_in, believed) in [(shard(2), true), (shard(0), false)] {
        let mut bus = running();
        let mut old_primary = bus.nodes[0].header();
        (old_primary.config_epoch, old_primary.current_epoch) = (Epoch(9), Epoch(9));
        let link = inbound(&bus, 1, 0);
        hear(&mut bus, 1, link, old_primary, Body::Pong(Gossip::default()));
        // One slot of what it won has moved on since, so its header alone would look like an old one.
        let newer = Slot::new(16_000).expect("a slot");
        let slots = SlotSet::from_ranges([(16_000, 16_000)]);
        assert_eq!(bus.command(1, Command::SetSlots { slots, owner: id(1), imported: true }), Ok(()));

        let (link, mut header) = (inbound(&bus, 1, 3), bus.nodes[3].header());
        header.flags = NodeFlags::PRIMARY | NodeFlags::MYSELF;
        (header.replica_of, header.config_epoch) = (None, Epoch(7));
        header.slots = SlotSet::from_ranges([(10_923, 16_383)]);
        let gossip = Gossip { entries: Vec::new(), extensions: vec![Extension::Shard(now_in)] };
        hear(&mut bus, 1, link, header, Body::Ping(gossip));

        let node = &bus.nodes[1];
        assert_eq!(node.view().get(id(3)).is_some_and(Peer::is_primary), believed, "{}", bus.trace());
        let won = if believed { id(3) } else { id(2) };
        assert_eq!(node.owner_of(Slot::new(11_000).expect("a slot")), Some(won));
        assert_eq!(node.owner_of(newer), Some(id(1)), "the newer claim stands");
    }
}

#[test]
fn a_ban_is_told_as_shorter_than_it_is_and_never_as_longer() {
    let mut bus = running();
    assert_eq!(bus.command(0, Command::Forget(id(5))), Ok(()));
    bus.sent.clear();
    bus.run(Duration::from_secs(62));
    let start = bus.now - Duration::from_secs(62);
    let told = |(from, _, message): &(usize, usize, Message)| {
        let gossip = match &message.body {
            Body::Ping(gossip) | Body::Pong(gossip) if *from == 0 => gossip,
            _ => return None,
        };
        gossip.extensions.iter().find_map(|extension| match extension {
            Extension::Forgotten(node, seconds) if *node == id(5) => Some(*seconds),
            _ => None,
        })
    };
    let seconds: Vec<u64> = bus.sent.iter().filter_map(told).collect();
    assert!(seconds.contains(&59) && seconds.iter().all(|left| (1..60).contains(left)), "{seconds:?}");
    for node in &bus.nodes[..5] {
        let until = node.view().blacklist.get(&id(5)).copied().unwrap_or_default();
        assert!(until <= start + Duration::from_secs(60), "{:?}: {until:?}", node.id());
    }
}
