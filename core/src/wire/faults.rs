//! Every way a frame can be wrong, and what it costs: the frame or the link (protocol.md §2.3).

use proptest::test_runner::TestRunner;

use super::arbitrary::an_id;
use super::*;
use crate::base::{Address, Epoch, NodeId, Offset, SlotSet};
use proptest::strategy::{Strategy, ValueTree};

fn id() -> NodeId {
    an_id().new_tree(&mut TestRunner::deterministic()).expect("ids are easy").current()
}

fn message(body: Body) -> Vec<u8> {
    let header = Header {
        sender: id(),
        current_epoch: Epoch(1),
        config_epoch: Epoch(1),
        offset: Offset(0),
        slots: SlotSet::EMPTY,
        replica_of: None,
        address: Address::default(),
        flags: NodeFlags::PRIMARY,
        state_fail: false,
        message_flags: MessageFlags::empty(),
    };
    encode_message(&Message { header, body })
}

fn ping() -> Vec<u8> {
    message(Body::Ping(Gossip::default()))
}

/// A ping with these extension bytes behind it.
fn with_extensions(count: u16, extensions: &[u8]) -> Vec<u8> {
    let mut bytes = ping();
    bytes.extend_from_slice(extensions);
    patch(&mut bytes, 2214, &count.to_be_bytes());
    patch(&mut bytes, 2253, &[4]);
    measured(bytes)
}

fn patch(bytes: &mut [u8], at: usize, part: &[u8]) {
    bytes[at..at + part.len()].copy_from_slice(part);
}

fn patched(mut bytes: Vec<u8>, at: usize, part: &[u8]) -> Vec<u8> {
    patch(&mut bytes, at, part);
    bytes
}

/// `totlen` set to what is there.
fn measured(mut bytes: Vec<u8>) -> Vec<u8> {
    let totlen = u32::try_from(bytes.len()).expect("test frames are short");
    patch(&mut bytes, 4, &totlen.to_be_bytes());
    bytes
}

/// The frame's bytes, `extra` more of them or fewer, and `totlen` as if that were right.
fn resized(mut bytes: Vec<u8>, extra: isize) -> Vec<u8> {
    bytes.resize(bytes.len().saturating_add_signed(extra), 0);
    measured(bytes)
}

/// The stream yields `fault`, and goes on to a frame behind it unless that is fatal.
fn check(bytes: &[u8], fault: impl Into<FrameError>) {
    let fault = fault.into();
    let mut deframer = Deframer::default();
    deframer.push(bytes);
    deframer.push(&ping());
    assert_eq!(deframer.next(), Some(Err(fault)));
    if fault.closes_link() {
        deframer.push(&ping());
        assert!(deframer.is_broken());
        assert_eq!((deframer.next(), deframer.pending()), (None, 0));
    } else {
        assert_eq!(decode(bytes), Err(fault), "{fault}");
        assert_eq!(deframer.next().map(|frame| frame.map(|frame| frame.kind())), Some(Ok(Kind::Ping)));
        assert_eq!(deframer.next(), None);
    }
}

fn length(kind: u16, needs: u64, found: u64) -> Malformed {
    Malformed::Length { kind, needs, found }
}

fn fault(index: u16, fault: ExtensionFault) -> Malformed {
    Malformed::Extension { index, fault }
}

#[test]
fn a_stream_that_cannot_be_cut_costs_the_link() {
    check(&patched(ping(), 0, b"RCmB"), Misframed::Signature(*b"RCmB"));
    check(&patched(ping(), 0, b"GET "), Misframed::Signature(*b"GET "));
    for totlen in [0, 15, 16, 2255_u32] {
        let short = patched(ping(), 4, &totlen.to_be_bytes());
        check(&short, Misframed::TooShort { totlen, minimum: 2256 });
    }
    let light = patched(patched(ping(), 12, &[0x80, 4]), 4, &15_u32.to_be_bytes());
    check(&light, Misframed::TooShort { totlen: 15, minimum: 16 });
    for totlen in [MAX_FRAME + 1, u32::MAX] {
        check(&patched(ping(), 4, &totlen.to_be_bytes()), Misframed::TooLong { totlen });
    }
}

#[test]
fn bytes_that_are_not_one_frame_are_told_so() {
    let two = [ping(), ping()].concat();
    for (bytes, totlen) in [(&two[..], 2256), (&two[..2255], 2256), (&two[..13], 0), (&[], 0)] {
        let found = bytes.len() as u64;
        assert_eq!(decode(bytes), Err(Misframed::NotOne { totlen, found }.into()));
    }
}

#[test]
fn another_version_or_a_header_too_light_costs_the_frame() {
    check(&patched(ping(), 8, &[0, 0]), Malformed::Version(0));
    check(&patched(ping(), 8, &[1, 1]), Malformed::Version(257));
    for kind in [0, 1, 2, 3, 5, 6, 7, 8, 11, 12, 0x7fff_u16] {
        let light = patched(ping(), 12, &(kind | 0x8000).to_be_bytes());
        check(&light, Malformed::NotLight(kind));
    }
}

#[test]
fn every_type_with_a_length_insists_on_it() {
    let text = Publication { channel: b"chan".to_vec(), message: b"hello".to_vec() };
    let module = ModuleMessage { module: [1; 8], kind: 1, payload: b"abc".to_vec() };
    let update = Body::Update { config_epoch: Epoch(1), owner: id(), slots: SlotSet::EMPTY };
    for (body, payload) in [
        (Body::Ping(Gossip::default()), 0),
        (Body::Pong(Gossip::default()), 0),
        (Body::Meet(Gossip::default()), 0),
        (Body::Fail(id()), 40),
        (Body::Publish(text.clone()), 17),
        (Body::AuthRequest, 0),
        (Body::AuthAck, 0),
        (update, 2096),
        (Body::ManualStart, 0),
        (Body::Module(module), 16),
        (Body::PublishShard(text), 17),
    ] {
        let (kind, bytes) = (body.code(), message(body));
        assert_eq!(bytes.len(), 2256 + payload, "type {kind}");
        let payload = payload as u64;
        check(&resized(bytes.clone(), 1), length(kind, payload, payload + 1));
        if payload > 0 {
            check(&resized(bytes, -1), length(kind, payload, payload - 1));
        }
    }
}

#[test]
fn lengths_inside_a_payload_must_add_up() {
    let publish = message(Body::Publish(Publication { channel: vec![], message: vec![] }));
    check(&patched(publish.clone(), 2256, &[0xff; 8]), length(4, 8 + 2 * 0xffff_ffff, 8));
    check(&resized(publish, -1), length(4, 8, 7));
    let module = message(Body::Module(ModuleMessage { module: [0; 8], kind: 0, payload: vec![] }));
    check(&patched(module.clone(), 2264, &[0xff; 4]), length(9, 13 + 0xffff_ffff, 13));
    check(&resized(module, -1), length(9, 13, 12));
}

#[test]
fn gossip_that_does_not_fit_is_refused_before_it_is_read() {
    check(&patched(ping(), 14, &[0, 1]), Malformed::GossipCount { count: 1, found: 0 });
    let short = resized(patched(ping(), 14, &[0xff, 0xff]), 104);
    check(&short, Malformed::GossipCount { count: 65_535, found: 104 });
}

#[test]
fn one_bad_id_empties_the_gossip_and_keeps_the_message() {
    let entry = |node| GossipEntry {
        node,
        ping_sent: 0,
        pong_received: 0,
        address: Address::default(),
        flags: NodeFlags::empty(),
    };
    let extensions = vec![Extension::ClientPort(1)];
    let gossip = Gossip { entries: vec![entry(id()), entry(id())], extensions: extensions.clone() };
    let bytes = patched(message(Body::Ping(gossip)), 2256 + 104, b"Z");
    let Ok(Frame::Full(Message { body: Body::Ping(read), .. })) = decode(&bytes) else {
        panic!("the message is kept");
    };
    assert_eq!(read, Gossip { entries: vec![], extensions });
}

#[test]
fn extensions_are_measured_before_they_are_read() {
    let nameless = b"\0\0\0\x10\0\x00\0\0host.exa";
    check(&with_extensions(1, &[]), fault(0, ExtensionFault::NoHeader(0)));
    check(&with_extensions(1, &[0; 7]), fault(0, ExtensionFault::NoHeader(7)));
    check(&with_extensions(1, &[0; 8]), fault(0, ExtensionFault::TooShort(0)));
    check(&with_extensions(1, b"\0\0\0\x07\0\x09\0\0"), fault(0, ExtensionFault::TooShort(7)));
    check(&with_extensions(1, b"\0\0\0\x09\0\x09\0\0\0"), fault(0, ExtensionFault::Unaligned(9)));
    let beyond = ExtensionFault::Beyond { length: 16, left: 8 };
    check(&with_extensions(1, b"\0\0\0\x10\0\x09\0\0"), fault(0, beyond));
    let beyond = ExtensionFault::Beyond { length: 0xffff_fff8, left: 8 };
    check(&with_extensions(1, b"\xff\xff\xff\xf8\0\x09\0\0"), fault(0, beyond));
    check(&with_extensions(1, nameless), fault(0, ExtensionFault::Endless));
    let second = b"\0\0\0\x08\0\x09\0\0\0\0\0\x08\0\x00\0\0";
    check(&with_extensions(2, second), fault(1, ExtensionFault::Endless));
    let tail = length(0, 8, 16);
    check(&with_extensions(1, second), tail);
}

#[test]
fn extensions_must_hold_what_their_type_says() {
    for (kind, needs) in [(2, 48), (3, 40), (6, 2), (7, 2)] {
        let short = ExtensionFault::Payload { kind, needs, found: 0 };
        let [high, low] = kind.to_be_bytes();
        check(&with_extensions(1, &[0, 0, 0, 8, high, low, 0, 0]), fault(0, short));
    }
    let mut forgotten = vec![0; 56];
    patch(&mut forgotten, 0, &[0, 0, 0, 56, 0, 2]);
    check(&with_extensions(1, &forgotten), fault(0, ExtensionFault::Id));
    let mut shard = vec![0; 48];
    patch(&mut shard, 0, &[0, 0, 0, 48, 0, 3]);
    check(&with_extensions(1, &shard), fault(0, ExtensionFault::Id));
}

#[test]
fn extensions_without_their_flag_are_none() {
    let bytes = patched(ping(), 2214, &[0xff, 0xff]);
    assert_eq!(decode(&bytes), decode(&ping()));
    let unannounced = patched(with_extensions(1, b"\0\0\0\x08\0\x09\0\0"), 2253, &[0]);
    check(&unannounced, length(0, 0, 8));
}

#[test]
fn fields_that_must_hold_an_id_do() {
    check(&patched(ping(), 40, b"Z"), Malformed::Id(IdField::Sender));
    check(&patched(ping(), 40, &[0; 40]), Malformed::Id(IdField::Sender));
    check(&patched(ping(), 2128, b"a"), Malformed::Id(IdField::ReplicaOf));
    check(&patched(message(Body::Fail(id())), 2256, b"Z"), Malformed::Id(IdField::Failing));
    let update = Body::Update { config_epoch: Epoch(1), owner: id(), slots: SlotSet::EMPTY };
    check(&patched(message(update), 2264, b"-"), Malformed::Id(IdField::Owner));
}

#[test]
fn what_means_nothing_is_ignored() {
    let plain = decode(&ping());
    assert!(plain.is_ok());
    let reserved: [(usize, &[u8]); 2] = [(2216, &[0xff; 30]), (2254, &[0xff; 2])];
    for (at, part) in reserved {
        assert_eq!(decode(&patched(ping(), at, part)), plain, "byte {at}");
    }
    let request = message(Body::AuthRequest);
    assert_eq!(decode(&patched(request.clone(), 14, &[0xff; 2])), decode(&request), "count");
    for (form, at, spare) in [(NackForm::Echo(Epoch(1)), 2265, 7), (NackForm::Spare, 2257, 24)] {
        let nack = message(Body::AuthNack { form, reason: NackReason::NotSafe });
        assert_eq!(decode(&patched(nack.clone(), at, &vec![0xff; spare])), decode(&nack), "reserved");
    }
}

#[test]
fn what_no_peer_could_read_is_not_sent() {
    let long = Extension::Hostname("h".repeat(65_528));
    let kept = Extension::Hostname("h".repeat(65_519));
    let gossip = Gossip { extensions: vec![long, kept.clone()], ..Gossip::default() };
    let Ok(Frame::Full(read)) = decode(&message(Body::Ping(gossip))) else {
        panic!("the frame is legal");
    };
    assert_eq!(read.header.message_flags, MessageFlags::EXT_DATA, "set because there is one");
    assert_eq!(read.body, Body::Ping(Gossip { entries: vec![], extensions: vec![kept] }));

    let cut = Gossip { extensions: vec![Extension::HumanName("a\0b".into())], ..Gossip::default() };
    let Ok(Frame::Full(read)) = decode(&message(Body::Ping(cut))) else {
        panic!("the frame is legal");
    };
    let kept = Gossip { extensions: vec![Extension::HumanName("a".into())], ..Gossip::default() };
    assert_eq!(read.body, Body::Ping(kept), "a text ends at its NUL");

    let entry = GossipEntry {
        node: id(),
        ping_sent: 0,
        pong_received: 0,
        address: Address::default(),
        flags: NodeFlags::empty(),
    };
    let crowd = Gossip { entries: vec![entry; 65_536], ..Gossip::default() };
    let Ok(Frame::Full(Message { body: Body::Ping(read), .. })) = decode(&message(Body::Ping(crowd))) else {
        panic!("the frame is legal");
    };
    assert_eq!(read.entries.len(), 65_535);
}
