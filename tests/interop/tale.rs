//! What a run's frames tell, in words in which a real run and a simulated one can be compared: the
//! story (who failed, asked, voted, won, followed), and for each sender how each thing that its headers
//! say changed over time.

use std::collections::{BTreeMap, BTreeSet};

use splitvote::base::NodeId;
use splitvote::cluster::NodesConf;
use splitvote::scenario::NodeName;
use splitvote::wire::{Body, Extension, Frame, Header, Kind, MessageFlags, NodeFlags, decode};

/// Who has this id.
pub(crate) type Who<'a> = dyn Fn(NodeId) -> Option<NodeName> + 'a;

/// One frame, told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Told {
    /// Microseconds since time zero.
    pub(crate) at: u64,
    pub(crate) from: NodeName,
    pub(crate) to: NodeName,
    /// Whether it went back on a connection that the receiver opened.
    pub(crate) reply: bool,
    pub(crate) kind: Kind,
    /// What each part of the header says, by its name.
    pub(crate) says: BTreeMap<&'static str, String>,
    /// Whom a FAIL or an UPDATE is about.
    pub(crate) about: Option<NodeName>,
    pub(crate) epoch: u64,
    pub(crate) primary: bool,
    pub(crate) follows: Option<NodeName>,
    pub(crate) paused: bool,
    pub(crate) claim: String,
    /// What it says of third nodes: whom, and the flag word.
    pub(crate) gossip: Vec<(NodeName, u16)>,
}

impl Told {
    /// A frame's words; none for light frames, which name no sender, and for unknown senders.
    pub(crate) fn of(at: u64, bytes: &[u8], who: &Who<'_>) -> Option<Self> {
        let Frame::Full(message) = decode(bytes).ok()? else { return None };
        let header = &message.header;
        let kind = message.body.kind();
        let (about, gossip) = match &message.body {
            Body::Fail(node) => (who(*node), None),
            Body::Update { owner, .. } => (who(*owner), None),
            Body::Ping(gossip) | Body::Pong(gossip) | Body::Meet(gossip) => (None, Some(gossip)),
            _ => (None, None),
        };
        let claim = match &message.body {
            Body::Update { config_epoch, slots, .. } => format!("{config_epoch}:{}", slots.len()),
            _ => format!("{}:{}", header.config_epoch, header.slots.len()),
        };
        let follows = header.replica_of.and_then(who);
        let mut says = says(header, kind, follows);
        if let Some(gossip) = gossip {
            let codes: Vec<String> = gossip.extensions.iter().map(code).collect();
            says.insert("extensions", codes.join(","));
            says.insert("gossip", gossip.entries.len().to_string());
            says.insert("heartbeat mflags", format!("{:02x}", header.message_flags.bits()));
        }
        let entries = gossip.map(|gossip| gossip.entries.as_slice()).unwrap_or_default();
        Some(Self {
            at,
            from: who(header.sender)?,
            to: NodeName::default(),
            reply: false,
            kind,
            says,
            about,
            epoch: header.current_epoch.0,
            primary: header.flags.contains(NodeFlags::PRIMARY),
            follows,
            paused: header.message_flags.contains(MessageFlags::PAUSED),
            claim,
            gossip: entries.iter().filter_map(|entry| Some((who(entry.node)?, entry.flags.bits()))).collect(),
        })
    }
}

impl Told {
    fn role(&self) -> Role {
        (self.primary, self.follows)
    }
}

fn code(extension: &Extension) -> String {
    format!("{}({})", extension.code(), extension.encoded_len())
}

/// Bits that the simulator shows under every preset.
const UNTAUGHT: NodeFlags =
    NodeFlags::EXTENSIONS.union(NodeFlags::LIGHT_PUBLISH).union(NodeFlags::LIGHT_MODULE);

fn says(header: &Header, kind: Kind, follows: Option<NodeName>) -> BTreeMap<&'static str, String> {
    let role = follows.map_or_else(|| "primary".to_owned(), |primary| format!("follows {primary}"));
    let mut says = BTreeMap::from([
        ("flags", format!("{:04x}", (header.flags - UNTAUGHT).bits())),
        ("role", role),
        ("claim", format!("{}:{}", header.config_epoch, header.slots.len())),
        ("current epoch", header.current_epoch.to_string()),
        ("state", if header.state_fail { "fail" } else { "ok" }.to_owned()),
        ("offset", if header.offset.0 == 0 { "zero" } else { "some" }.to_owned()),
    ]);
    if kind == Kind::AuthRequest {
        says.insert("request mflags", format!("{:02x}", header.message_flags.bits()));
    }
    says
}

/// Where a frame comes from and which way it goes.
type Lane = (NodeName, Option<(NodeName, bool)>);
/// Whether it leads, or whom it follows.
type Role = (bool, Option<NodeName>);

/// Bits that come and go within moments, so that it is chance whether they are gossiped.
const FLEETING: NodeFlags = NodeFlags::MY_PRIMARY_FAIL.union(NodeFlags::MIGRATE_TO);

/// What is told begins here: a simulated cluster exchanges its first words in its first moments, a real
/// one has done so while it formed. Scripts do nothing before it.
const START: u64 = 900_000;

/// What a whole run tells.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Tale {
    /// What happened, first occurrences in order, and when (microseconds).
    pub(crate) story: Vec<(String, u64)>,
    /// Who voted for whom in which epoch, who was told what: in any order.
    pub(crate) asides: BTreeSet<String>,
    /// By sender and what is said: the values one after the other. One sequence for each lane.
    pub(crate) changes: BTreeMap<(NodeName, &'static str), Vec<Vec<String>>>,
    /// Flag words in gossip, about whom.
    pub(crate) hearsay: BTreeSet<String>,
}

impl Tale {
    /// Tells a run whose frames are in order. With `lanes` the frames of one sender are in order only
    /// where they go the same way: several threads have heard them.
    pub(crate) fn of(told: &[Told], lanes: bool) -> Self {
        let mut tale = Self::default();
        let mut roles: BTreeMap<Lane, Role> = BTreeMap::new();
        let mut by_lane: BTreeMap<(NodeName, &'static str, Lane), Vec<String>> = BTreeMap::new();
        for one in told {
            let lane = if lanes { (one.from, Some((one.to, one.reply))) } else { (one.from, None) };
            let before = roles.insert(lane, one.role());
            if one.at < START {
                continue;
            }
            tale.note(one, before.is_some_and(|before| before != one.role()));
            for (what, value) in &one.says {
                let values = by_lane.entry((one.from, what, lane)).or_default();
                if values.last() != Some(value) {
                    values.push(value.clone());
                }
            }
            for (about, flags) in &one.gossip {
                let flags = NodeFlags::from_bits_retain(*flags) - FLEETING - UNTAUGHT;
                tale.hearsay.insert(format!("{about} {:04x}", flags.bits()));
            }
        }
        for ((from, what, _), values) in by_lane {
            tale.changes.entry((from, what)).or_default().push(values);
        }
        tale
    }

    fn note(&mut self, one: &Told, another_role: bool) {
        let from = one.from;
        let name = |node: Option<NodeName>| node.map_or_else(|| "?".to_owned(), |node| node.to_string());
        if another_role {
            match one.follows {
                Some(primary) => self.tell(one.at, format!("{from} follows {primary}")),
                None => self.tell(one.at, format!("{from} leads with {}", one.claim)),
            }
        }
        if one.paused {
            self.tell(one.at, format!("{from} pauses"));
        }
        match one.kind {
            Kind::Fail => self.tell(one.at, format!("{} failed", name(one.about))),
            Kind::AuthRequest => {
                // Whether its own state is already "fail" depends on what else it read in that round.
                let says = one.says.iter().filter(|(what, _)| **what != "state");
                let says: Vec<&str> = says.map(|(_, value)| value.as_str()).collect();
                self.tell(one.at, format!("{from} asks in {}: {}", one.epoch, says.join(" ")));
            }
            Kind::AuthAck => {
                self.asides.insert(format!("{from} votes in {}", one.epoch));
            }
            Kind::Update => {
                self.asides.insert(format!("{from} tells of {}: {}", name(one.about), one.claim));
            }
            Kind::ManualStart => self.tell(one.at, format!("{from} wants to take over")),
            Kind::Unknown | Kind::AuthNack => self.tell(one.at, format!("{from} sends {}", one.kind.word())),
            _ => {}
        }
    }

    fn tell(&mut self, at: u64, what: String) {
        if !self.story.iter().any(|(told, _)| *told == what) {
            self.story.push((what, at));
        }
    }

    /// The story without its times.
    pub(crate) fn plot(&self) -> Vec<&str> {
        self.story.iter().map(|(what, _)| what.as_str()).collect()
    }

    /// When something that begins like this was first told, microseconds.
    pub(crate) fn when(&self, start: &str) -> Option<u64> {
        self.story.iter().find(|(what, _)| what.starts_with(start)).map(|(_, at)| *at)
    }
}

/// What one node believes of one node.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Row(pub String);

impl Row {
    /// The rows of a table.
    pub(crate) fn all(conf: &NodesConf, who: &Who<'_>) -> Vec<Self> {
        let row = |line: &splitvote::cluster::NodeLine| {
            let kept = NodeFlags::PRIMARY
                | NodeFlags::REPLICA
                | NodeFlags::PFAIL
                | NodeFlags::FAIL
                | NodeFlags::NOADDR;
            let primary = line.primary.and_then(who).map(|name| name.to_string()).unwrap_or_default();
            let Some(name) = who(line.id) else { return Self(format!("a stranger, {}", line.id)) };
            // A replica's own epoch is nobody's business: versions differ in what they keep there.
            let epoch = if line.primary.is_some() { "-".to_owned() } else { line.config_epoch.to_string() };
            let flags = (line.flags & kept).bits();
            Self(format!("{name} flags {flags:04x} primary {primary} epoch {epoch} slots {}", line.slots))
        };
        let mut rows: Vec<Self> = conf.nodes.iter().map(row).collect();
        rows.sort();
        rows
    }
}
