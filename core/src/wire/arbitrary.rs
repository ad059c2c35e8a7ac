//! Any legal frame, for properties here and elsewhere in the core's tests.

use std::net::IpAddr;

use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;

use super::*;
use crate::base::{Address, Epoch, NodeId, Offset, ShardId, SlotSet};

/// Any node id.
pub(crate) fn an_id() -> impl Strategy<Value = NodeId> {
    id_bytes().prop_map(|bytes| NodeId::from_bytes(&bytes).expect("the alphabet is right"))
}

fn id_bytes() -> impl Strategy<Value = [u8; 40]> {
    any::<[u8; 40]>()
        .prop_map(|bytes| bytes.map(|byte| b"0123456789abcdefghijklmnopqrstuvwxyz"[usize::from(byte % 36)]))
}

/// Any set of slots, often none, seldom scattered.
pub(crate) fn slots() -> impl Strategy<Value = SlotSet> {
    vec((0..16_384_u16, 0..600_u16), 0..4)
        .prop_map(|ranges| SlotSet::from_ranges(ranges.into_iter().map(|(first, len)| (first, first + len))))
}

fn address() -> impl Strategy<Value = Address> {
    (option::of(any::<IpAddr>()), any::<(u16, u16, u16)>()).prop_map(|(ip, (port, pport, cport))| Address {
        ip,
        port,
        pport,
        cport,
    })
}

fn node_flags() -> impl Strategy<Value = NodeFlags> {
    any::<u16>().prop_map(NodeFlags::from_bits_retain)
}

fn header() -> impl Strategy<Value = Header> {
    let counters = any::<(u64, u64, u64)>();
    (an_id(), counters, slots(), option::of(an_id()), address(), node_flags(), any::<(bool, u8)>()).prop_map(
        |(sender, (current, config, offset), slots, replica_of, address, flags, (state_fail, message))| {
            Header {
                sender,
                current_epoch: Epoch(current),
                config_epoch: Epoch(config),
                offset: Offset(offset),
                slots,
                replica_of,
                address,
                flags,
                state_fail,
                message_flags: MessageFlags::from_bits_retain(message),
            }
        },
    )
}

fn entry() -> impl Strategy<Value = GossipEntry> {
    (an_id(), any::<(u32, u32)>(), address(), node_flags()).prop_map(
        |(node, (ping_sent, pong_received), address, flags)| GossipEntry {
            node,
            ping_sent,
            pong_received,
            address,
            flags,
        },
    )
}

fn text() -> impl Strategy<Value = String> {
    "[^\0]{0,30}"
}

fn extension() -> impl Strategy<Value = Extension> {
    let unknown = (10_u16.., vec(any::<[u8; 8]>(), 0..4))
        .prop_map(|(kind, payload)| Extension::Unknown(kind, payload.concat()));
    let shard = id_bytes()
        .prop_map(|bytes| Extension::Shard(ShardId::from_bytes(&bytes).expect("the alphabet is right")));
    prop_oneof![
        text().prop_map(Extension::Hostname),
        text().prop_map(Extension::HumanName),
        (an_id(), any::<u64>()).prop_map(|(node, ttl)| Extension::Forgotten(node, ttl)),
        shard,
        text().prop_map(Extension::ClientIpv4),
        text().prop_map(Extension::ClientIpv6),
        any::<u16>().prop_map(Extension::ClientPort),
        any::<u16>().prop_map(Extension::ClientTlsPort),
        text().prop_map(Extension::AvailabilityZone),
        any::<u32>().prop_map(Extension::ReplicaPriority),
        unknown,
    ]
}

fn gossip() -> impl Strategy<Value = Gossip> {
    (vec(entry(), 0..4), vec(extension(), 0..5))
        .prop_map(|(entries, extensions)| Gossip { entries, extensions })
}

fn bytes() -> impl Strategy<Value = Vec<u8>> {
    vec(any::<u8>(), 0..40)
}

fn publication() -> impl Strategy<Value = Publication> {
    (bytes(), bytes()).prop_map(|(channel, message)| Publication { channel, message })
}

fn module() -> impl Strategy<Value = ModuleMessage> {
    (any::<[u8; 8]>(), any::<u8>(), bytes()).prop_map(|(module, kind, payload)| ModuleMessage {
        module,
        kind,
        payload,
    })
}

fn body() -> impl Strategy<Value = Body> {
    let update = (any::<u64>(), an_id(), slots()).prop_map(|(epoch, owner, slots)| Body::Update {
        config_epoch: Epoch(epoch),
        owner,
        slots,
    });
    let form = prop_oneof![
        Just(NackForm::Spare),
        Just(NackForm::Plain),
        any::<u64>().prop_map(|epoch| NackForm::Echo(Epoch(epoch))),
    ];
    let nack = (form, any::<u8>())
        .prop_map(|(form, code)| Body::AuthNack { form, reason: NackReason::from_code(code) });
    // Type 11 of these lengths is a nack, not unknown.
    let unknown = (11_u16..0x8000, bytes())
        .prop_filter("a nack", |(kind, payload)| *kind != 11 || ![1, 16, 25].contains(&payload.len()))
        .prop_map(|(kind, payload)| Body::Unknown { kind, payload });
    prop_oneof![
        gossip().prop_map(Body::Ping),
        gossip().prop_map(Body::Pong),
        gossip().prop_map(Body::Meet),
        an_id().prop_map(Body::Fail),
        publication().prop_map(Body::Publish),
        Just(Body::AuthRequest),
        Just(Body::AuthAck),
        update,
        Just(Body::ManualStart),
        module().prop_map(Body::Module),
        publication().prop_map(Body::PublishShard),
        nack,
        unknown,
    ]
}

/// Any legal full message.
pub(crate) fn message() -> impl Strategy<Value = Message> {
    (header(), body()).prop_map(|(mut header, body)| {
        if let Body::Ping(gossip) | Body::Pong(gossip) | Body::Meet(gossip) = &body
            && !gossip.extensions.is_empty()
        {
            header.message_flags |= MessageFlags::EXT_DATA;
        }
        Message { header, body }
    })
}

fn light() -> impl Strategy<Value = LightBody> {
    prop_oneof![
        publication().prop_map(LightBody::Publish),
        module().prop_map(LightBody::Module),
        publication().prop_map(LightBody::PublishShard),
    ]
}

/// Any legal frame.
pub(crate) fn frame() -> impl Strategy<Value = Frame> {
    prop_oneof![4 => message().prop_map(Frame::Full), 1 => light().prop_map(Frame::Light)]
}
