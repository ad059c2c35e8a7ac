//! Golden bytes: frames observed on real 9.1.2 and 7.0.15 nodes (protocol.md, appendix A), laid
//! down here by offset and by hand, so that a wrong number in `layout` cannot hide.

use super::*;
use crate::base::{Address, Epoch, NodeId, Offset, ShardId, SlotSet};

const SENDER: &[u8; 40] = b"0123456789abcdef0123456789abcdef01234567";
const OTHER: &[u8; 40] = b"89abcdef0123456789abcdef0123456789abcdef";

fn id(bytes: &[u8]) -> NodeId {
    NodeId::from_bytes(bytes).expect("golden ids are ids")
}

/// A header as a 9.1.2 primary sends it in state fail, and `parts` laid over it.
fn bytes(totlen: u32, kind: u16, parts: &[(usize, &[u8])]) -> Vec<u8> {
    let mut bytes = vec![0; totlen as usize];
    let totlen = totlen.to_be_bytes();
    let kind = kind.to_be_bytes();
    let own: [(usize, &[u8]); 8] = [
        (0, b"RCmb"),
        (4, &totlen),
        (8, &[0, 1]),
        (10, &[0x10, 0x05]),
        (12, &kind),
        (40, SENDER),
        // pport 0, cport 14101, flags 0x1c11, state fail, mflags EXT_DATA
        (2246, &[0, 0, 0x37, 0x15, 0x1c, 0x11, 1, 4, 0, 0]),
        (2256, &[]),
    ];
    for (at, part) in own.iter().chain(parts) {
        bytes[*at..at + part.len()].copy_from_slice(part);
    }
    bytes
}

/// The value of the header that [`bytes`] lays down.
fn header() -> Header {
    Header {
        sender: id(SENDER),
        current_epoch: Epoch(0),
        config_epoch: Epoch(0),
        offset: Offset(0),
        slots: SlotSet::EMPTY,
        replica_of: None,
        address: Address { ip: None, port: 4101, pport: 0, cport: 14_101 },
        flags: NodeFlags::PRIMARY
            | NodeFlags::MYSELF
            | NodeFlags::EXTENSIONS
            | NodeFlags::LIGHT_PUBLISH
            | NodeFlags::LIGHT_MODULE,
        state_fail: true,
        message_flags: MessageFlags::EXT_DATA,
    }
}

fn full(header: Header, body: Body) -> Frame {
    Frame::Full(Message { header, body })
}

fn check(bytes: &[u8], frame: &Frame) {
    assert_eq!(decode(bytes).as_ref(), Ok(frame));
    let encoded = encode(frame);
    for (at, (ours, theirs)) in encoded.iter().zip(bytes).enumerate() {
        assert_eq!(ours, theirs, "byte {at}");
    }
    assert_eq!(encoded.len(), bytes.len());
    assert_eq!(encoded_len(frame), bytes.len());
    assert_eq!(encoded.capacity(), bytes.len(), "one allocation, of the right size");
}

#[test]
fn meet_of_a_fresh_9_1_2() {
    let golden = bytes(2256, 2, &[]);
    assert_eq!(golden[..16], *b"RCmb\x00\x00\x08\xd0\x00\x01\x10\x05\x00\x02\x00\x00");
    check(&golden, &full(header(), Body::Meet(Gossip::default())));
}

#[test]
fn meet_of_a_fresh_7_0_15() {
    let golden = bytes(2256, 2, &[(10, &[0x10, 0x06]), (2246, &[0, 0, 0x37, 0x16, 0, 0x11, 1, 0, 0, 0])]);
    let header = Header {
        address: Address { port: 4102, cport: 14_102, ..header().address },
        flags: NodeFlags::PRIMARY | NodeFlags::MYSELF,
        message_flags: MessageFlags::empty(),
        ..header()
    };
    check(&golden, &full(header, Body::Meet(Gossip::default())));
}

#[test]
fn every_field_of_a_header_has_its_place() {
    let mut slots = [0; 2048];
    slots[0] = 0b1000_0001;
    slots[2047] = 0b1000_0000;
    let golden = bytes(
        2256,
        5,
        &[
            (16, &[0, 0, 0, 0, 0, 0, 1, 4]),
            (24, &[0, 0, 0, 0, 0, 0, 2, 3]),
            (32, &[1, 2, 3, 4, 5, 6, 7, 8]),
            (80, &slots),
            (2128, OTHER),
            (2168, b"10.0.0.1"),
            (2246, &[0x1a, 0x0a, 0x37, 0x15, 0x3c, 0x12, 0, 2, 0, 0]),
        ],
    );
    let header = Header {
        current_epoch: Epoch(260),
        config_epoch: Epoch(515),
        offset: Offset(0x0102_0304_0506_0708),
        slots: SlotSet::from_ranges([(0, 0), (7, 7), (16_383, 16_383)]),
        replica_of: Some(id(OTHER)),
        address: Address { ip: "10.0.0.1".parse().ok(), port: 4101, pport: 6666, cport: 14_101 },
        flags: NodeFlags::from_bits_retain(0x3c12),
        state_fail: false,
        message_flags: MessageFlags::FORCEACK,
        ..header()
    };
    check(&golden, &full(header, Body::AuthRequest));
}

#[test]
fn ping_with_a_shard_id() {
    let golden = bytes(2304, 0, &[(2214, &[0, 1]), (2256, &[0, 0, 0, 0x30, 0, 3, 0, 0]), (2264, OTHER)]);
    let shard = ShardId::from_bytes(OTHER).expect("golden ids are ids");
    let gossip = Gossip { extensions: vec![Extension::Shard(shard)], ..Gossip::default() };
    check(&golden, &full(header(), Body::Ping(gossip)));
}

#[test]
fn pong_of_a_fully_configured_9_1_2_with_two_gossip_entries() {
    let (first, second) = (2256, 2256 + 104);
    let golden = bytes(
        2608,
        1,
        &[
            (14, &[0, 2]),
            (2214, &[0, 6]),
            (first, OTHER),
            (first + 40, &[0, 0, 0, 7, 0x65, 0, 0, 1]),
            (first + 48, b"127.0.0.1"),
            (first + 94, &[0x10, 0x06, 0x37, 0x16, 0x1c, 0x12, 0x1a, 0x0a, 0, 0]),
            (second, SENDER),
            (second + 48, b"2001:db8::7"),
            (second + 94, &[0x10, 0x07, 0x37, 0x17, 0xff, 0xff, 0, 0, 0, 0]),
            (2464, b"\0\0\0\x18\0\x00\0\0host-a.example\0\0"),
            (2488, b"\0\0\0\x10\0\x01\0\0n1\0\0\0\0\0\0"),
            (2504, b"\0\0\0\x18\0\x04\0\0\x31\x30.0.0.1\0\0\0\0\0\0\0\0"),
            (2528, b"\0\0\0\x10\0\x06\0\0\x1e\x61\0\0\0\0\0\0"),
            (2544, b"\0\0\0\x10\0\x08\0\0az-1\0\0\0\0"),
            (2560, b"\0\0\0\x30\0\x03\0\0"),
            (2568, SENDER),
        ],
    );
    let entries = vec![
        GossipEntry {
            node: id(OTHER),
            ping_sent: 7,
            pong_received: 0x6500_0001,
            address: Address { ip: "127.0.0.1".parse().ok(), port: 4102, pport: 6666, cport: 14_102 },
            flags: NodeFlags::from_bits_retain(0x1c12),
        },
        GossipEntry {
            node: id(SENDER),
            ping_sent: 0,
            pong_received: 0,
            address: Address { ip: "2001:db8::7".parse().ok(), port: 4103, pport: 0, cport: 14_103 },
            flags: NodeFlags::all(),
        },
    ];
    let extensions = vec![
        Extension::Hostname("host-a.example".into()),
        Extension::HumanName("n1".into()),
        Extension::ClientIpv4("10.0.0.1".into()),
        Extension::ClientPort(7777),
        Extension::AvailabilityZone("az-1".into()),
        Extension::Shard(ShardId::from_bytes(SENDER).expect("golden ids are ids")),
    ];
    check(&golden, &full(header(), Body::Pong(Gossip { entries, extensions })));
}

#[test]
fn extensions_that_no_golden_frame_carries() {
    let golden = bytes(
        2256 + 24 + 16 + 56 + 16 + 16,
        0,
        &[
            (2214, &[0, 5]),
            (2256, b"\0\0\0\x18\0\x05\0\x00\x32001:db8::1\0\0\0\0\0"),
            (2280, b"\0\0\0\x10\0\x07\0\0\x1a\x0a\0\0\0\0\0\0"),
            (2296, b"\0\0\0\x38\0\x02\0\0"),
            (2304, OTHER),
            (2344, &[0, 0, 0, 0, 0, 0, 0, 60]),
            (2352, b"\0\0\0\x10\0\x09\0\0\0\0\0\x64\0\0\0\0"),
            (2368, b"\0\0\0\x10\0\x0a\0\0\x01\0\0\0\0\0\0\0"),
        ],
    );
    let extensions = vec![
        Extension::ClientIpv6("2001:db8::1".into()),
        Extension::ClientTlsPort(6666),
        Extension::Forgotten(id(OTHER), 60),
        Extension::ReplicaPriority(100),
        Extension::Unknown(10, vec![1, 0, 0, 0, 0, 0, 0, 0]),
    ];
    check(&golden, &full(header(), Body::Ping(Gossip { entries: vec![], extensions })));
}

#[test]
fn light_and_full_publish() {
    let text = Publication { channel: b"chan".to_vec(), message: b"hello".to_vec() };
    let golden = b"RCmb\0\0\0\x21\0\x01\0\0\x80\x04\0\0\0\0\0\x04\0\0\0\x05chanhello";
    assert_eq!(golden.len(), 33);
    check(golden, &Frame::Light(LightBody::Publish(text.clone())));
    let golden = bytes(2273, 4, &[(2256, b"\0\0\0\x04\0\0\0\x05chanhello")]);
    check(&golden, &full(header(), Body::Publish(text.clone())));
    let golden = bytes(2273, 10, &[(2256, b"\0\0\0\x04\0\0\0\x05chanhello")]);
    check(&golden, &full(header(), Body::PublishShard(text)));
}

#[test]
fn light_and_full_module() {
    let message =
        ModuleMessage { module: *b"\x01\x02\x03\x04\x05\x06\x07\x08", kind: 9, payload: b"x".to_vec() };
    let payload = b"\x01\x02\x03\x04\x05\x06\x07\x08\0\0\0\x01\x09x";
    let mut golden = b"RCmb\0\0\0\x1e\0\x01\0\0\x80\x09\0\0".to_vec();
    golden.extend_from_slice(payload);
    check(&golden, &Frame::Light(LightBody::Module(message.clone())));
    check(&bytes(2270, 9, &[(2256, payload)]), &full(header(), Body::Module(message)));
}

#[test]
fn fail_update_and_the_words_of_an_election() {
    check(&bytes(2296, 3, &[(2256, OTHER)]), &full(header(), Body::Fail(id(OTHER))));

    let golden = bytes(4352, 7, &[(2256, &[0, 0, 0, 0, 0, 0, 0, 9]), (2264, OTHER), (2304, &[0xff, 1])]);
    let slots = SlotSet::from_ranges([(0, 8)]);
    check(&golden, &full(header(), Body::Update { config_epoch: Epoch(9), owner: id(OTHER), slots }));

    for (flags, byte) in [(MessageFlags::FORCEACK, 2), (MessageFlags::empty(), 0)] {
        let golden = bytes(2256, 5, &[(2253, &[byte, 0, 0])]);
        check(&golden, &full(Header { message_flags: flags, ..header() }, Body::AuthRequest));
    }
    check(&bytes(2256, 6, &[]), &full(header(), Body::AuthAck));
    check(&bytes(2256, 8, &[]), &full(header(), Body::ManualStart));

    let echoed: &[u8] = &[0, 0, 0, 0, 0, 0, 0, 7, 3];
    for (length, payload, form) in [
        (2281, &[3][..], NackForm::Spare),
        (2257, &[3], NackForm::Plain),
        (2272, echoed, NackForm::Echo(Epoch(7))),
    ] {
        let golden = bytes(length, 11, &[(2256, payload)]);
        let nack = Body::AuthNack { form, reason: NackReason::AlreadyVoted };
        check(&golden, &full(header(), nack));
    }
}

#[test]
fn unknown_types_and_other_nacks_keep_their_header() {
    for (kind, length) in
        [(11, 2256), (11, 2258), (11, 2271), (11, 2273), (11, 2280), (12, 2272), (100, 2256)]
    {
        let golden = bytes(length, kind, &[]);
        let payload = vec![0; length as usize - 2256];
        check(&golden, &full(header(), Body::Unknown { kind, payload }));
    }
}
