//! A frame for people: a tree of named values, to be drawn or printed.

use std::fmt::{self, Display};

use super::codec::encoded_len;
use super::message::{
    Body, Extension, Frame, Gossip, GossipEntry, Header, LightBody, ModuleMessage, Publication,
};
use crate::base::{Address, SlotSet};

/// The most bytes of an opaque payload that are shown.
const SHOWN: usize = 64;

/// One named value of a frame and what it consists of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Branch {
    /// The field's name.
    pub name: &'static str,
    /// Its value in words; may be empty if `children` say all.
    pub value: String,
    /// Its parts in wire order.
    pub children: Vec<Branch>,
}

impl Branch {
    /// The frame as a tree.
    pub fn of(frame: &Frame) -> Self {
        let children = match frame {
            Frame::Full(message) => {
                let mut children = vec![header(&message.header)];
                children.extend(body(&message.body));
                children
            }
            Frame::Light(LightBody::Publish(text) | LightBody::PublishShard(text)) => publication(text),
            Frame::Light(LightBody::Module(message)) => module(message),
        };
        let weight = if matches!(frame, Frame::Light(_)) { "light, " } else { "" };
        let value = format!("{weight}{} bytes", encoded_len(frame));
        Self { name: frame.kind().word(), value, children }
    }

    fn leaf(name: &'static str, value: impl Display) -> Self {
        Self { name, value: value.to_string(), children: Vec::new() }
    }

    fn write(&self, depth: usize, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:1$}{2}", "", depth.saturating_mul(2), self.name)?;
        if !self.value.is_empty() {
            write!(f, ": {}", self.value)?;
        }
        for child in &self.children {
            f.write_str("\n")?;
            child.write(depth.saturating_add(1), f)?;
        }
        Ok(())
    }
}

/// One line a branch, two spaces a level.
impl Display for Branch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.write(0, f)
    }
}

fn header(header: &Header) -> Branch {
    let replica_of = header.replica_of.map_or_else(none, |primary| primary.to_string());
    let children = vec![
        Branch::leaf("sender", header.sender),
        Branch::leaf("current epoch", header.current_epoch),
        Branch::leaf("config epoch", header.config_epoch),
        Branch::leaf("offset", header.offset),
        slots(&header.slots),
        Branch::leaf("replica of", replica_of),
        address(&header.address),
        flags(header.flags.iter_names()),
        Branch::leaf("state", if header.state_fail { "fail" } else { "ok" }),
        Branch { name: "message flags", ..flags(header.message_flags.iter_names()) },
    ];
    Branch { name: "header", value: String::new(), children }
}

fn body(body: &Body) -> Vec<Branch> {
    match body {
        Body::Ping(words) | Body::Pong(words) | Body::Meet(words) => gossip(words),
        Body::Fail(node) => vec![Branch::leaf("failing node", node)],
        Body::Publish(text) | Body::PublishShard(text) => publication(text),
        Body::AuthRequest | Body::AuthAck | Body::ManualStart => Vec::new(),
        Body::Update { config_epoch, owner, slots: claimed } => {
            vec![Branch::leaf("config epoch", config_epoch), Branch::leaf("owner", owner), slots(claimed)]
        }
        Body::Module(message) => module(message),
        Body::AuthNack { form, reason } => {
            let epoch = form.epoch().map(|epoch| Branch::leaf("epoch", epoch));
            let reason = Branch::leaf("reason", format!("{}, {reason}", reason.code()));
            epoch.into_iter().chain([reason]).collect()
        }
        Body::Unknown { kind, payload } => {
            vec![Branch::leaf("type", kind), Branch::leaf("payload", opaque(payload))]
        }
    }
}

fn gossip(gossip: &Gossip) -> Vec<Branch> {
    let entries = gossip.entries.iter().map(entry);
    entries.chain(gossip.extensions.iter().map(extension)).collect()
}

fn entry(entry: &GossipEntry) -> Branch {
    let children = vec![
        Branch::leaf("ping sent", entry.ping_sent),
        Branch::leaf("pong received", entry.pong_received),
        address(&entry.address),
        flags(entry.flags.iter_names()),
    ];
    Branch { name: "gossip entry", value: entry.node.to_string(), children }
}

fn extension(extension: &Extension) -> Branch {
    match extension {
        Extension::Hostname(text) => quoted("hostname", text),
        Extension::HumanName(text) => quoted("name for humans", text),
        Extension::Forgotten(node, ttl) => Branch::leaf("forgotten node", format!("{node} for {ttl} s")),
        Extension::Shard(shard) => Branch::leaf("shard", shard),
        Extension::ClientIpv4(text) => quoted("client IPv4", text),
        Extension::ClientIpv6(text) => quoted("client IPv6", text),
        Extension::ClientPort(port) => Branch::leaf("client port", port),
        Extension::ClientTlsPort(port) => Branch::leaf("client TLS port", port),
        Extension::AvailabilityZone(text) => quoted("availability zone", text),
        Extension::ReplicaPriority(number) => Branch::leaf("replica priority", number),
        Extension::Unknown(kind, payload) => {
            Branch::leaf("unknown extension", format!("type {kind}, {}", opaque(payload)))
        }
    }
}

fn publication(text: &Publication) -> Vec<Branch> {
    vec![Branch::leaf("channel", opaque(&text.channel)), Branch::leaf("message", opaque(&text.message))]
}

fn module(message: &ModuleMessage) -> Vec<Branch> {
    vec![
        Branch::leaf("module", opaque(&message.module)),
        Branch::leaf("type", message.kind),
        Branch::leaf("payload", opaque(&message.payload)),
    ]
}

fn slots(slots: &SlotSet) -> Branch {
    let value = if slots.is_empty() { none() } else { format!("{} ({slots})", slots.len()) };
    Branch::leaf("slots", value)
}

fn address(address: &Address) -> Branch {
    let other = if address.pport == 0 { String::new() } else { format!(", other port {}", address.pport) };
    Branch::leaf("address", format!("{address}{other}"))
}

fn flags<F>(names: impl Iterator<Item = (&'static str, F)>) -> Branch {
    let names: Vec<&str> = names.map(|(name, _)| name).collect();
    Branch::leaf("flags", if names.is_empty() { none() } else { names.join(" ") })
}

fn none() -> String {
    "none".to_owned()
}

// A peer's text goes to terminals and pages, so control characters are escaped.
fn quoted(name: &'static str, text: &str) -> Branch {
    Branch::leaf(name, format!("{text:?}"))
}

fn opaque(bytes: &[u8]) -> String {
    let shown = bytes.get(..SHOWN).unwrap_or(bytes);
    let more = if shown.len() < bytes.len() { ".." } else { "" };
    format!("\"{}{more}\" ({} bytes)", shown.escape_ascii(), bytes.len())
}

#[cfg(test)]
#[allow(clippy::indexing_slicing, clippy::arithmetic_side_effects, reason = "a test may panic")]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::base::{Epoch, NodeId, Offset};
    use crate::wire::arbitrary::frame;
    use crate::wire::{Message, MessageFlags, NackForm, NackReason, NodeFlags};

    fn id(letter: &str) -> NodeId {
        letter.repeat(40).parse().expect("letters make an id")
    }

    fn check(body: Body, expected: &str) {
        let header = Header {
            sender: id("a"),
            current_epoch: Epoch(7),
            config_epoch: Epoch(3),
            offset: Offset(1000),
            slots: SlotSet::from_ranges([(0, 5460)]),
            replica_of: None,
            address: Address { pport: 7443, ..Address::new([10, 0, 0, 1].into(), 7000) },
            flags: NodeFlags::PRIMARY | NodeFlags::MYSELF,
            state_fail: false,
            message_flags: MessageFlags::empty(),
        };
        let tree = Branch::of(&Frame::Full(Message { header, body })).to_string();
        assert_eq!(tree.trim(), expected.trim());
    }

    #[test]
    fn a_ping_reads_as_an_indented_tree() {
        let entry = GossipEntry {
            node: id("b"),
            ping_sent: 0,
            pong_received: 12,
            address: Address::new([10, 0, 0, 2].into(), 7001),
            flags: NodeFlags::REPLICA | NodeFlags::PFAIL,
        };
        let extensions = vec![Extension::Hostname("a\nb".into()), Extension::Unknown(10, vec![0, b'x'])];
        check(
            Body::Ping(Gossip { entries: vec![entry], extensions }),
            "
ping: 2392 bytes
  header
    sender: aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa
    current epoch: 7
    config epoch: 3
    offset: 1000
    slots: 5461 (0-5460)
    replica of: none
    address: 10.0.0.1:7000@17000, other port 7443
    flags: PRIMARY MYSELF
    state: ok
    message flags: none
  gossip entry: bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb
    ping sent: 0
    pong received: 12
    address: 10.0.0.2:7001@17001
    flags: REPLICA PFAIL
  hostname: \"a\\nb\"
  unknown extension: type 10, \"\\x00x\" (2 bytes)",
        );
    }

    #[test]
    fn a_nack_says_why() {
        let nack = Body::AuthNack { form: NackForm::Echo(Epoch(9)), reason: NackReason::AlreadyVoted };
        check(
            nack,
            "
auth-nack: 2272 bytes
  header
    sender: aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa
    current epoch: 7
    config epoch: 3
    offset: 1000
    slots: 5461 (0-5460)
    replica of: none
    address: 10.0.0.1:7000@17000, other port 7443
    flags: PRIMARY MYSELF
    state: ok
    message flags: none
  epoch: 9
  reason: 3, it has already voted",
        );
    }

    #[test]
    fn long_payloads_are_cut() {
        let text = Publication { channel: b"news".to_vec(), message: vec![b'x'; 65] };
        let tree = Branch::of(&Frame::Light(LightBody::Publish(text))).to_string();
        let shown = "x".repeat(64);
        assert_eq!(
            tree,
            format!(
                "publish: light, 93 bytes\n  channel: \"news\" (4 bytes)\n  message: \"{shown}..\" (65 bytes)"
            )
        );
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(100))]

        #[test]
        fn no_frame_can_break_out_of_its_line(frame in frame()) {
            fn lines(branch: &Branch) -> usize {
                1 + branch.children.iter().map(lines).sum::<usize>()
            }
            let tree = Branch::of(&frame);
            prop_assert_eq!(tree.to_string().lines().count(), lines(&tree));
            prop_assert!(!tree.to_string().replace('\n', "").contains(char::is_control));
        }
    }
}
