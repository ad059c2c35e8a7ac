//! What each version says of itself and understands of others: flags, extensions, lengths (protocol.md §2).

use super::bus::{Bus, address, id, shard};
use crate::base::rules::PRESETS;
use crate::cluster::{Peer, PeerNames};
use crate::node::*;
use crate::wire::{
    self, Body, Extension, Gossip, GossipEntry, Kind, LightBody, Message, MessageFlags, ModuleMessage,
    NodeFlags, Publication,
};

fn preset(name: &str) -> Rules {
    Rules::preset(name).expect("every name is a preset")
}

fn inbound(bus: &Bus, at: usize, from: usize) -> LinkId {
    bus.nodes[at].view().get(id(from)).and_then(|peer| peer.inbound).expect("linked")
}

fn outbound(bus: &Bus, at: usize, to: usize) -> LinkId {
    bus.nodes[at].view().get(id(to)).and_then(|peer| peer.outbound).expect("linked")
}

/// A cluster of one version, with every link up and every capability told.
fn running(rules: Rules) -> Bus {
    let mut bus = Bus::formed(rules);
    bus.run(Duration::from_secs(3));
    bus
}

fn hear(bus: &mut Bus, at: usize, link: LinkId, frame: Frame) {
    bus.nodes[at].handle_frame(bus.now, link, frame);
    bus.settled(at);
}

/// A frame as one node would say it.
fn said(bus: &Bus, from: usize, flags: MessageFlags, body: Body) -> Frame {
    let mut header = bus.nodes[from].header();
    header.message_flags |= flags;
    Frame::Full(Message { header, body })
}

fn told(node: NodeId, flags: NodeFlags) -> GossipEntry {
    GossipEntry { node, ping_sent: 0, pong_received: 0, address: address(1), flags }
}

fn gossip(entries: Vec<GossipEntry>, extensions: Vec<Extension>) -> Gossip {
    Gossip { entries, extensions }
}

#[test]
fn every_version_shows_its_own_flags() {
    // A primary, a replica, a replica whose primary has failed.
    let table = [
        ("redis-7.0", 0x0011, 0x0012, 0x0012),
        ("valkey-7.2", 0x0011, 0x0012, 0x0012),
        ("valkey-8.0", 0x0811, 0x0812, 0x0812),
        ("valkey-8.1", 0x1811, 0x1812, 0x1812),
        ("valkey-9.0", 0x1c11, 0x1c12, 0x1c12),
        ("valkey-9.1", 0x1c11, 0x1c12, 0x3c12),
        ("valkey-9.2", 0x5c11, 0x5c12, 0x7c12),
        ("splitvote", 0x5c11, 0x5c12, 0x7c12),
    ];
    assert!(table.iter().map(|row| row.0).eq(PRESETS.iter().copied()), "no version is left out");
    for (name, primary, replica, orphan) in table {
        let mut bus = running(preset(name));
        // Whether a shard may be given a replica is no capability.
        let shown = |bus: &Bus, at: usize| (bus.nodes[at].header().flags - NodeFlags::MIGRATE_TO).bits();
        assert_eq!((shown(&bus, 0), shown(&bus, 3)), (primary, replica), "{name}");
        let (link, frame) = (inbound(&bus, 3, 1), said(&bus, 1, MessageFlags::empty(), Body::Fail(id(0))));
        bus.nodes[3].handle_frame(bus.now, link, frame);
        assert_eq!(shown(&bus, 3), orphan, "{name}");
    }
}

fn names() -> PeerNames {
    PeerNames {
        hostname: "host-a.example".to_owned(),
        human_name: "n1".to_owned(),
        client_ipv4: "10.0.0.1".to_owned(),
        client_ipv6: String::new(),
        client_port: 7777,
        client_tls_port: 0,
        availability_zone: "az-1".to_owned(),
        replica_priority: 7,
    }
}

/// The next heartbeat of one node to another.
fn heartbeat(bus: &mut Bus, from: usize, to: usize) -> Message {
    bus.sent.clear();
    let (now, link) = (bus.now, outbound(bus, from, to));
    bus.nodes[from].heartbeat(now, link, Kind::Ping);
    bus.nodes[from].settle(now);
    bus.drain(from);
    bus.sent.pop().expect("it was sent").2
}

fn extensions(message: &Message) -> &[Extension] {
    match &message.body {
        Body::Ping(gossip) | Body::Pong(gossip) | Body::Meet(gossip) => &gossip.extensions,
        _ => &[],
    }
}

#[test]
fn every_version_sends_the_extensions_it_has_in_order() {
    // Type and length of each, where all names are set and one node is forgotten.
    let (host, name, forgot, shard) = ((0, 24), (1, 16), (2, 56), (3, 48));
    let (v4, port, zone, priority) = ((4, 24), (6, 16), (8, 16), (9, 16));
    let table: [(&str, &[(u16, usize)]); 8] = [
        ("redis-7.0", &[host]),
        ("valkey-7.2", &[host, name, forgot, shard]),
        ("valkey-8.0", &[host, name, v4, forgot, shard]),
        ("valkey-8.1", &[host, name, v4, forgot, shard]),
        ("valkey-9.0", &[host, name, v4, port, forgot, shard]),
        ("valkey-9.1", &[host, name, v4, port, zone, forgot, shard]),
        ("valkey-9.2", &[host, name, v4, port, zone, priority, forgot, shard]),
        ("splitvote", &[host, name, v4, port, zone, priority, forgot, shard]),
    ];
    for (preset_name, expected) in table {
        let mut bus = running(preset(preset_name));
        let config = Config { names: names(), ..bus.nodes[0].config().clone() };
        bus.nodes[0].set_config(bus.now, config);
        assert_eq!(bus.command(0, Command::Forget(id(5))), Ok(()));
        let message = heartbeat(&mut bus, 0, 1);
        let found: Vec<(u16, usize)> =
            extensions(&message).iter().map(|one| (one.code(), one.encoded_len())).collect();
        assert_eq!(found, expected, "{preset_name}");
        let Body::Ping(gossip) = &message.body else { panic!("a ping") };
        let length = 2256 + 104 * gossip.entries.len() + expected.iter().map(|one| one.1).sum::<usize>();
        assert_eq!(wire::encode_message(&message).len(), length, "{preset_name}");
    }
}

#[test]
fn extensions_are_announced_by_each_heartbeat_since_7_2_and_sent_to_those_who_know_them() {
    for (mine, theirs, announced, codes) in [
        ("redis-7.0", "splitvote", false, &[][..]),
        ("valkey-7.2", "redis-7.0", true, &[]),
        ("valkey-7.2", "valkey-7.2", true, &[3]),
        ("splitvote", "redis-7.0", true, &[]),
        ("splitvote", "valkey-7.2", true, &[3]),
    ] {
        let mut bus = Bus::formed(preset(theirs));
        bus.nodes[0].set_rules(bus.now, preset(mine));
        bus.run(Duration::from_secs(3));
        let message = heartbeat(&mut bus, 0, 1);
        let flag = message.header.message_flags.contains(MessageFlags::EXT_DATA);
        let found: Vec<u16> = extensions(&message).iter().map(Extension::code).collect();
        assert_eq!((flag, &found[..]), (announced, codes), "{mine} to {theirs}");
    }
}

#[test]
fn a_host_name_is_told_to_everyone_by_7_0_and_to_those_who_ask_by_others() {
    for (mine, codes) in [("redis-7.0", &[0][..]), ("valkey-7.2", &[])] {
        let mut bus = Bus::formed(preset("redis-7.0"));
        bus.nodes[0].set_rules(bus.now, preset(mine));
        let config = Config { names: names(), ..bus.nodes[0].config().clone() };
        bus.nodes[0].set_config(bus.now, config);
        bus.run(Duration::from_secs(3));
        let message = heartbeat(&mut bus, 0, 1);
        assert!(message.header.message_flags.contains(MessageFlags::EXT_DATA));
        assert_eq!(extensions(&message).iter().map(Extension::code).collect::<Vec<_>>(), codes, "{mine}");
    }
}

#[test]
fn extensions_that_a_version_does_not_know_are_skipped() {
    // The host name, a name for humans, an address, a port and a zone: what each version keeps.
    let kept = |names: Option<&PeerNames>| {
        let names = names.cloned().unwrap_or_default();
        [
            !names.hostname.is_empty(),
            !names.human_name.is_empty(),
            !names.client_ipv4.is_empty(),
            names.client_port != 0,
            !names.availability_zone.is_empty(),
        ]
    };
    for (name, expected) in [
        ("redis-7.0", [true, false, false, false, false]),
        ("valkey-7.2", [true, true, false, false, false]),
        ("valkey-8.1", [true, true, true, false, false]),
        ("valkey-9.0", [true, true, true, true, false]),
        ("valkey-9.1", [true; 5]),
        ("splitvote", [true; 5]),
    ] {
        let mut bus = running(preset(name));
        let mut all = names().extensions();
        all.push(Extension::Unknown(99, vec![0; 8]));
        let (link, pong) = (inbound(&bus, 0, 1), Body::Pong(gossip(Vec::new(), all)));
        let frame = said(&bus, 1, MessageFlags::EXT_DATA, pong);
        hear(&mut bus, 0, link, frame);
        let peer = bus.nodes[0].view().get(id(1)).expect("known");
        assert_eq!(kept(peer.names.as_deref()), expected, "{name}");
    }
}

#[test]
fn forgetting_spreads_since_7_2() {
    for (name, teller, knows) in [
        ("redis-7.0", "splitvote", true),
        ("splitvote", "redis-7.0", true),
        ("valkey-7.2", "valkey-7.2", false),
        ("splitvote", "splitvote", false),
    ] {
        let mut bus = Bus::formed(preset(name));
        bus.nodes[0].set_rules(bus.now, preset(teller));
        bus.run(Duration::from_secs(3));
        assert_eq!(bus.command(0, Command::Forget(id(5))), Ok(()));
        bus.run(Duration::from_secs(3));
        assert_eq!(bus.nodes[1].view().get(id(5)).is_some(), knows, "{teller} tells {name}");
    }
}

#[test]
fn who_was_told_to_forget_does_not_complain_when_asked_to() {
    for (name, again) in
        [("splitvote", Ok(())), ("valkey-7.2", Ok(())), ("redis-7.0", Err(CommandError::UnknownNode(id(5))))]
    {
        let mut bus = Bus::formed(preset(name));
        bus.run(Duration::from_secs(3));
        assert_eq!(bus.command(0, Command::Forget(id(5))), Ok(()));
        assert_eq!(bus.command(0, Command::Forget(id(5))), again, "{name}");
    }
}

fn publication() -> Publication {
    Publication { channel: b"chan".to_vec(), message: b"hello".to_vec() }
}

#[test]
fn a_light_frame_ends_the_link_of_who_does_not_know_of_them() {
    let publish = LightBody::Publish(publication());
    let module = LightBody::Module(ModuleMessage { module: [0; 8], kind: 0, payload: Vec::new() });
    // Whether the link is kept, and whether the frame shows that the peer lives.
    for (name, body, kept, heard) in [
        ("redis-7.0", &publish, false, false),
        ("valkey-7.2", &publish, false, false),
        ("valkey-8.0", &publish, true, true),
        ("valkey-8.0", &module, true, false),
        ("valkey-8.1", &module, true, true),
        ("splitvote", &module, true, true),
    ] {
        let mut bus = running(preset(name));
        let link = inbound(&bus, 0, 1);
        let before = bus.nodes[0].view().get(id(1)).expect("known").data_received;
        bus.now += Duration::from_millis(1);
        bus.nodes[0].handle_frame(bus.now, link, Frame::Light(body.clone()));
        assert_eq!(bus.nodes[0].links.get(link).is_some(), kept, "{name}");
        let after = bus.nodes[0].view().get(id(1)).expect("known").data_received;
        assert_eq!(after > before, heard, "{name}");
    }
}

#[test]
fn a_light_frame_says_nothing_on_a_link_that_nobody_has_spoken_on() {
    let mut bus = running(Rules::default());
    let link = bus.nodes[0].handle_accept(bus.now, address(1).ip.expect("an ip"));
    bus.nodes[0].handle_frame(bus.now, link, Frame::Light(LightBody::Publish(publication())));
    assert!(bus.nodes[0].links.get(link).is_none());
}

#[test]
fn no_node_sends_a_light_frame_of_its_own() {
    for name in PRESETS {
        let mut bus = Bus::formed(preset(name));
        bus.kill(0);
        bus.run(Duration::from_secs(12));
        assert!(bus.saw(3, |event| matches!(event, Event::ElectionWon { .. })), "{name}: {}", bus.trace());
        assert_eq!(bus.light, 0, "{name}");
    }
}

#[test]
fn capabilities_are_taken_from_headers_as_far_as_a_version_knows_them() {
    let all =
        NodeFlags::LIGHT_PUBLISH | NodeFlags::LIGHT_MODULE | NodeFlags::MY_PRIMARY_FAIL | NodeFlags::NACK;
    for (name, known) in [
        ("redis-7.0", NodeFlags::empty()),
        ("valkey-7.2", NodeFlags::empty()),
        ("valkey-8.0", NodeFlags::LIGHT_PUBLISH),
        ("valkey-9.0", NodeFlags::LIGHT_PUBLISH | NodeFlags::LIGHT_MODULE),
        ("valkey-9.1", all - NodeFlags::NACK),
        ("valkey-9.2", all),
        ("splitvote", all),
    ] {
        let mut bus = running(preset(name));
        let (link, mut header) = (inbound(&bus, 0, 1), bus.nodes[1].header());
        header.flags |= all;
        let body = Body::Pong(Gossip::default());
        hear(&mut bus, 0, link, Frame::Full(Message { header, body }));
        let flags = bus.nodes[0].view().get(id(1)).expect("known").flags;
        assert_eq!(flags & all, known, "{name}");
    }
}

#[test]
fn hearsay_about_capabilities_is_believed_up_to_9_2_and_dropped_by_who_changes_to_ours() {
    let hearsay = NodeFlags::NACK | NodeFlags::LIGHT_MODULE;
    for (name, believed) in [("valkey-9.2", true), ("valkey-9.1", true), ("splitvote", false)] {
        let mut bus = running(preset(name));
        let stranger = NodeId::random(&mut Rng::new(4));
        let entries = vec![told(stranger, NodeFlags::PRIMARY | NodeFlags::FAIL | NodeFlags::PFAIL | hearsay)];
        let (link, pong) = (inbound(&bus, 0, 1), Body::Pong(gossip(entries, Vec::new())));
        let frame = said(&bus, 1, MessageFlags::empty(), pong);
        hear(&mut bus, 0, link, frame);
        let flags = |bus: &Bus| bus.nodes[0].view().get(stranger).expect("learned").flags;
        let expected = if believed { hearsay | NodeFlags::FAIL } else { NodeFlags::empty() };
        assert_eq!(flags(&bus), NodeFlags::PRIMARY | expected, "{name}");
        bus.nodes[0].set_rules(bus.now, Rules::default());
        assert!(!flags(&bus).intersects(hearsay), "{name}");
    }
}

#[test]
fn a_meet_repeated_on_one_link_starts_one_handshake_since_8_1() {
    for (name, rows) in [("valkey-8.0", 3), ("valkey-8.1", 1), ("splitvote", 1)] {
        let mut bus = running(preset(name));
        let mut header = bus.nodes[1].header();
        header.sender = NodeId::random(&mut Rng::new(6));
        let link = bus.nodes[0].handle_accept(bus.now, address(1).ip.expect("an ip"));
        for _ in 0..3 {
            let body = Body::Meet(Gossip::default());
            hear(&mut bus, 0, link, Frame::Full(Message { header: header.clone(), body }));
        }
        let begun = bus.nodes[0].view().iter().filter(|(_, peer)| peer.in_handshake()).count();
        assert_eq!(begun, rows, "{name}");
    }
}

#[test]
fn meet_is_repeated_until_it_is_answered_since_7_2() {
    for (name, met) in [("redis-7.0", false), ("valkey-7.2", true), ("splitvote", true)] {
        let mut bus = Bus::empty();
        for at in 0..2 {
            bus.add(at, NodesConf::fresh(id(at), shard(at), address(at)), preset(name));
            bus.drain(at);
        }
        // The first greeting is lost on a link that then breaks.
        bus.faults.lose = 1_000_000;
        assert_eq!(bus.command(0, Command::Meet(address(1))), Ok(()));
        bus.run(Duration::from_millis(300));
        assert!(bus.sent.iter().any(|(from, _, message)| *from == 0 && message.body.kind() == Kind::Meet));
        bus.faults.lose = 0;
        bus.unlink(|_, _| true);
        bus.run(Duration::from_secs(5));
        assert_eq!(bus.nodes[1].view().get(id(0)).is_some(), met, "{name}: {}", bus.trace());
        assert!(bus.nodes[0].view().get(id(1)).is_some(), "{name}: the other side is content");
    }
}

#[test]
fn a_known_node_that_greets_again_is_called_back_on_a_fresh_link_since_8_1() {
    for (name, fresh) in [("valkey-8.0", false), ("valkey-8.1", true), ("splitvote", true)] {
        let mut bus = running(preset(name));
        bus.run(Duration::from_secs(2));
        let (link, old) = (inbound(&bus, 0, 1), outbound(&bus, 0, 1));
        let frame = said(&bus, 1, MessageFlags::empty(), Body::Meet(Gossip::default()));
        hear(&mut bus, 0, link, frame);
        assert_eq!(
            bus.nodes[0].view().get(id(1)).and_then(|peer| peer.outbound) != Some(old),
            fresh,
            "{name}"
        );
    }
}

#[test]
fn one_who_suspects_counts_the_witnesses_at_once_since_8_1() {
    for (check_at_pfail, failed) in [(true, true), (false, false)] {
        let mut bus = running(Rules { check_at_pfail, ..Rules::default() });
        let ill = told(id(2), NodeFlags::PRIMARY | NodeFlags::PFAIL);
        let (link, pong) = (inbound(&bus, 0, 1), Body::Pong(gossip(vec![ill], Vec::new())));
        let frame = said(&bus, 1, MessageFlags::empty(), pong);
        hear(&mut bus, 0, link, frame);
        let ix = bus.nodes[0].view().lookup(id(2)).expect("known");
        bus.nodes[0].view.peer_mut(ix).ping_sent = Some(bus.now);
        let later = bus.now + bus.nodes[0].config().node_timeout + Duration::from_millis(1);
        bus.nodes[0].suspect_if_silent(later, ix);
        let peer = bus.nodes[0].view().peer(ix);
        assert_eq!((peer.failed(), peer.suspected()), (failed, !failed));
    }
}

#[test]
fn another_id_at_an_address_fails_the_node_since_8_1() {
    for (noaddr_fails, failed) in [(true, true), (false, false)] {
        let mut bus = running(Rules { noaddr_fails, ..Rules::default() });
        let (link, mut header) = (outbound(&bus, 0, 1), bus.nodes[1].header());
        header.sender = NodeId::random(&mut Rng::new(5));
        bus.sent.clear();
        hear(&mut bus, 0, link, Frame::Full(Message { header, body: Body::Pong(Gossip::default()) }));
        let peer = bus.nodes[0].view().get(id(1)).expect("known");
        assert!(peer.flags.contains(NodeFlags::NOADDR));
        assert_eq!(peer.failed(), failed);
        let told = bus.sent.iter().filter(|(_, _, message)| message.body.kind() == Kind::Fail).count();
        assert_eq!(told > 0, failed);
    }
}

#[test]
fn reconnects_to_a_node_that_does_not_call_are_paced_since_9_0() {
    for (throttle_reconnects, at_most) in [(true, 21), (false, 31)] {
        let mut bus = running(Rules { throttle_reconnects, ..Rules::default() });
        bus.kill(1);
        bus.run(Duration::from_millis(100));
        let mut dials = 0;
        for cron in 1..=30 {
            let now = bus.now + Duration::from_millis(cron * 100);
            bus.nodes[0].handle_timeout(now);
            let mut links = Vec::new();
            while let Some(output) = bus.nodes[0].poll_output() {
                if let Output::Dial { link, address: to } = output
                    && to == address(1)
                {
                    links.push(link);
                }
            }
            dials += links.len();
            for link in links {
                bus.nodes[0].handle_link_down(now, link);
            }
        }
        assert!(dials >= at_most - 8 && dials <= at_most, "{throttle_reconnects}: {dials}");
    }
}

#[test]
fn a_demoted_primary_is_not_failed_by_old_words() {
    for (demotion_drops_reports, kept) in [(true, false), (false, true)] {
        let mut bus = running(Rules { demotion_drops_reports, ..Rules::default() });
        let ill = told(id(2), NodeFlags::PRIMARY | NodeFlags::PFAIL);
        let (link, pong) = (inbound(&bus, 0, 1), Body::Pong(gossip(vec![ill], Vec::new())));
        let frame = said(&bus, 1, MessageFlags::empty(), pong);
        hear(&mut bus, 0, link, frame);
        let (link, mut header) = (inbound(&bus, 0, 2), bus.nodes[2].header());
        header.flags = NodeFlags::REPLICA | NodeFlags::MYSELF;
        (header.replica_of, header.config_epoch) = (Some(id(5)), header.config_epoch.next());
        let body = Body::Pong(Gossip::default());
        hear(&mut bus, 0, link, Frame::Full(Message { header, body }));
        let peer = bus.nodes[0].view().get(id(2)).expect("known");
        assert!(Peer::is_replica(peer), "{}", bus.trace());
        assert_eq!(!peer.reports.is_empty(), kept);
    }
}

#[test]
fn a_published_text_goes_to_everyone_or_to_the_shard_and_comes_out_there() {
    let mut bus = running(Rules::default());
    for (shard, reached) in [(false, 5), (true, 1)] {
        let command = Command::Publish { shard, text: publication() };
        bus.nodes[0].handle_command(bus.now, command).expect("it has no way to fail");
        let mut frames = Vec::new();
        while let Some(output) = bus.nodes[0].poll_output() {
            if let Output::Send(_, frame) = output {
                frames.push(*frame);
            }
        }
        assert_eq!(frames.len(), reached);
        let (link, frame) = (inbound(&bus, 3, 0), frames.remove(0));
        assert!(matches!(&frame, Frame::Full(_)), "every version reads a full header");
        bus.nodes[3].handle_frame(bus.now, link, frame);
        let expected = Output::Published { shard, text: Box::new(publication()) };
        assert_eq!(bus.nodes[3].poll_output(), Some(expected));
    }
}
