//! Messages as values: only what is legal can be written down.

use std::fmt;

use bitflags::bitflags;
use serde::{Deserialize, Serialize};

use super::kind::Kind;
use super::nack::NackForm;
use crate::base::{Address, Epoch, NodeId, Offset, ShardId, SlotSet};

bitflags! {
    /// What a node says of itself or of another (protocol.md §2.6).
    #[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
    pub struct NodeFlags: u16 {
        /// Owns slots or may own them.
        const PRIMARY = 1;
        /// Copies a primary.
        const REPLICA = 1 << 1;
        /// Whoever says this cannot reach it.
        const PFAIL = 1 << 2;
        /// A majority cannot reach it.
        const FAIL = 1 << 3;
        /// The sender itself.
        const MYSELF = 1 << 4;
        /// Not yet introduced; never gossiped.
        const HANDSHAKE = 1 << 5;
        /// Its address is unknown; never gossiped.
        const NOADDR = 1 << 6;
        /// Send MEET until answered; local.
        const MEET = 1 << 7;
        /// May be given a replica by migration.
        const MIGRATE_TO = 1 << 8;
        /// Will not stand for election.
        const NOFAILOVER = 1 << 9;
        /// Understands ping extensions; 9.0+ says so of itself, others by [`MessageFlags::EXT_DATA`].
        const EXTENSIONS = 1 << 10;
        /// Understands light PUBLISH.
        const LIGHT_PUBLISH = 1 << 11;
        /// Understands light MODULE and survives repeated MEET.
        const LIGHT_MODULE = 1 << 12;
        /// A replica that marked its primary fail (#2227).
        const MY_PRIMARY_FAIL = 1 << 13;
        /// Understands `FAILOVER_AUTH_NACK`, in whatever revision (#3833).
        const NACK = 1 << 14;
        /// Free.
        const BIT_15 = 1 << 15;
    }
}

bitflags! {
    /// Flags of one message (protocol.md §2.7).
    #[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
    pub struct MessageFlags: u8 {
        /// The sender is a primary paused for a manual failover.
        const PAUSED = 1;
        /// Vote even if the primary looks well: of a manual failover and, from 9.1 on, of the
        /// best-ranked replica of an automatic one.
        const FORCEACK = 1 << 1;
        /// Of PING, PONG and MEET: extensions may follow; the sender understands them.
        const EXT_DATA = 1 << 2;
        /// Unassigned bits, kept as they came.
        const OTHER = 0b1111_1000;
    }
}

/// Why a voter says no, on the wire (protocol.md §8.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum NackReason {
    /// 1: the voter has just restarted and may have forgotten a vote.
    NotSafe,
    /// 2: the request's epoch is older than the voter's.
    EpochOld,
    /// 3: the voter has voted in this epoch.
    AlreadyVoted,
    /// 4: the voter knows the candidate as a primary.
    IsPrimary,
    /// 5: the voter knows no primary of the candidate.
    NoPrimary,
    /// 6: the voter thinks the primary is up.
    PrimaryUp,
    /// 7: a slot belongs to someone with a newer config epoch.
    StaleConfig,
    /// 0 or above 7: unassigned.
    Other(u8),
}

impl NackReason {
    /// The byte on the wire.
    pub const fn code(self) -> u8 {
        match self {
            Self::NotSafe => 1,
            Self::EpochOld => 2,
            Self::AlreadyVoted => 3,
            Self::IsPrimary => 4,
            Self::NoPrimary => 5,
            Self::PrimaryUp => 6,
            Self::StaleConfig => 7,
            Self::Other(code) => code,
        }
    }

    /// The reason behind a byte.
    pub const fn from_code(code: u8) -> Self {
        match code {
            1 => Self::NotSafe,
            2 => Self::EpochOld,
            3 => Self::AlreadyVoted,
            4 => Self::IsPrimary,
            5 => Self::NoPrimary,
            6 => Self::PrimaryUp,
            7 => Self::StaleConfig,
            other => Self::Other(other),
        }
    }
}

/// What every full message says of its sender (protocol.md §2.1).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Header {
    /// Who sends.
    pub sender: NodeId,
    /// The sender's current epoch.
    pub current_epoch: Epoch,
    /// The sender's config epoch, or its primary's.
    pub config_epoch: Epoch,
    /// The sender's replication offset; a replica's counts in its primary's history.
    pub offset: Offset,
    /// The sender's slots, or its primary's.
    pub slots: SlotSet,
    /// The sender's primary; `None` if the sender is a primary or does not know its own.
    pub replica_of: Option<NodeId>,
    /// The announced address; without an ip, or with text that is none, the socket's counts.
    pub address: Address,
    /// What the sender says it is.
    pub flags: NodeFlags,
    /// Whether the cluster's state is "fail" in the sender's view: 1 on the wire; 0 is "ok".
    pub state_fail: bool,
    /// Flags of this message. The encoder adds `EXT_DATA` when there are extensions.
    pub message_flags: MessageFlags,
}

/// One word about a third node (protocol.md §2.5).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GossipEntry {
    /// Who it is about.
    pub node: NodeId,
    /// When the gossiper's ping that is still unanswered was sent, unix seconds; 0 if none is.
    pub ping_sent: u32,
    /// When the gossiper last got its pong, unix seconds.
    pub pong_received: u32,
    /// Where the gossiper finds it.
    pub address: Address,
    /// The gossiper's whole flag word for it. Its capability bits are hearsay: only a node's own
    /// headers say what it understands (protocol.md §2.6).
    pub flags: NodeFlags,
}

/// A ping extension (protocol.md §2.9).
///
/// Texts are a peer's: anything but NUL may stand in them, and bytes that are no UTF-8 arrive as
/// U+FFFD.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Extension {
    /// 0: announced host name.
    Hostname(String),
    /// 1: name for humans.
    HumanName(String),
    /// 2: a node to forget, and for how many seconds.
    Forgotten(NodeId, u64),
    /// 3: the sender's shard.
    Shard(ShardId),
    /// 4: address for clients only.
    ClientIpv4(String),
    /// 5: address for clients only.
    ClientIpv6(String),
    /// 6: port for clients only.
    ClientPort(u16),
    /// 7: TLS port for clients only.
    ClientTlsPort(u16),
    /// 8: where the sender runs.
    AvailabilityZone(String),
    /// 9: who goes first among replicas with as much data; lower is earlier (#2204).
    ReplicaPriority(u32),
    /// Any other type above 9, and the payload as it came, padding included.
    Unknown(u16, Vec<u8>),
}

/// What PING, PONG and MEET carry.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Gossip {
    /// Words about third nodes; emptied by the decoder if one id among them is invalid.
    pub entries: Vec<GossipEntry>,
    /// Extensions, in wire order; none unless the header has `EXT_DATA`.
    pub extensions: Vec<Extension>,
}

/// A published text (protocol.md §2.8).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Publication {
    /// The channel.
    pub channel: Vec<u8>,
    /// The text.
    pub message: Vec<u8>,
}

/// A module's bytes, opaque.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ModuleMessage {
    /// The module, in the sender's byte order.
    pub module: [u8; 8],
    /// The module's own type.
    pub kind: u8,
    /// The payload.
    pub payload: Vec<u8>,
}

/// What a message says beyond its header (protocol.md §2.4).
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Body {
    /// 0.
    Ping(Gossip),
    /// 1.
    Pong(Gossip),
    /// 2.
    Meet(Gossip),
    /// 3: this node has failed.
    Fail(NodeId),
    /// 4.
    Publish(Publication),
    /// 5: a candidate asks for this voter's vote.
    AuthRequest,
    /// 6: the vote is given.
    AuthAck,
    /// 7: a claim that is newer than the receiver's.
    Update {
        /// Version of the claim.
        config_epoch: Epoch,
        /// Who claims.
        owner: NodeId,
        /// What is claimed.
        slots: SlotSet,
    },
    /// 8 (`MFSTART`): a replica asks its primary to pause for a manual failover.
    ManualStart,
    /// 9.
    Module(ModuleMessage),
    /// 10.
    PublishShard(Publication),
    /// 11: the vote is refused.
    AuthNack {
        /// Which revision it is of, and what that says.
        form: NackForm,
        /// Why.
        reason: NackReason,
    },
    /// Any other type below 0x8000, or type 11 of a length it never had: the header counts, the rest
    /// does not.
    Unknown {
        /// The type on the wire.
        kind: u16,
        /// What follows the header.
        payload: Vec<u8>,
    },
}

/// A full message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Message {
    /// Who says it, and what the sender is.
    pub header: Header,
    /// What is said.
    pub body: Body,
}

/// A message without a sender (8.0+, MODULE 8.1+): the link must know who speaks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LightBody {
    /// 4.
    Publish(Publication),
    /// 9.
    Module(ModuleMessage),
    /// 10.
    PublishShard(Publication),
}

/// One frame of the bus.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Frame {
    /// With a header of 2256 bytes.
    Full(Message),
    /// With a header of 16 bytes.
    Light(LightBody),
}

impl Body {
    /// The message's type.
    pub const fn kind(&self) -> Kind {
        match self {
            Self::Ping(_) => Kind::Ping,
            Self::Pong(_) => Kind::Pong,
            Self::Meet(_) => Kind::Meet,
            Self::Fail(_) => Kind::Fail,
            Self::Publish(_) => Kind::Publish,
            Self::AuthRequest => Kind::AuthRequest,
            Self::AuthAck => Kind::AuthAck,
            Self::Update { .. } => Kind::Update,
            Self::ManualStart => Kind::ManualStart,
            Self::Module(_) => Kind::Module,
            Self::PublishShard(_) => Kind::PublishShard,
            Self::AuthNack { .. } => Kind::AuthNack,
            Self::Unknown { .. } => Kind::Unknown,
        }
    }
}

impl Frame {
    /// The message's type.
    pub const fn kind(&self) -> Kind {
        match self {
            Self::Full(message) => message.body.kind(),
            Self::Light(LightBody::Publish(_)) => Kind::Publish,
            Self::Light(LightBody::Module(_)) => Kind::Module,
            Self::Light(LightBody::PublishShard(_)) => Kind::PublishShard,
        }
    }
}

/// What the voter means, in words.
impl fmt::Display for NackReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotSafe => f.write_str("it has just restarted"),
            Self::EpochOld => f.write_str("the epoch is old"),
            Self::AlreadyVoted => f.write_str("it has already voted"),
            Self::IsPrimary => f.write_str("it knows the candidate as a primary"),
            Self::NoPrimary => f.write_str("it knows no primary of the candidate"),
            Self::PrimaryUp => f.write_str("the primary is up"),
            Self::StaleConfig => f.write_str("a slot has a newer owner"),
            Self::Other(code) => write!(f, "reason {code}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_byte_is_a_reason() {
        for code in 0..=u8::MAX {
            assert_eq!(NackReason::from_code(code).code(), code);
        }
    }
}
