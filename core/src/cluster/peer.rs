//! One row of a node's table (protocol.md §3.1).

use crate::base::{Address, Epoch, Instant, LinkId, NodeId, Offset, ShardId, SlotSet};
use crate::wire::{Extension, NodeFlags};

use super::nodes_conf::AUX_FORBIDDEN;

/// A row's place in one node's table. Means nothing to any other node.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PeerIx(pub(super) u16);

impl PeerIx {
    /// The place as a number, for tables kept beside the view.
    pub const fn get(self) -> usize {
        self.0 as usize
    }
}

/// One primary's word that a node has failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Report {
    /// Whose word.
    pub by: PeerIx,
    /// When it was last heard.
    pub at: Instant,
}

/// Names and addresses a peer announces for people and clients; the bus never uses them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PeerNames {
    /// Host name.
    pub hostname: String,
    /// Name for humans.
    pub human_name: String,
    /// Address for clients.
    pub client_ipv4: String,
    /// Address for clients.
    pub client_ipv6: String,
    /// Port for clients, 0 if none.
    pub client_port: u16,
    /// TLS port for clients, 0 if none.
    pub client_tls_port: u16,
    /// Where it runs.
    pub availability_zone: String,
    /// Its place among replicas with as much data; lower goes first (#2204). The one number here that an
    /// election asks for.
    pub replica_priority: u32,
}

impl PeerNames {
    /// What is to be announced, in the order in which Valkey writes it; nothing for what is empty.
    pub fn extensions(&self) -> Vec<Extension> {
        let text =
            |text: &String, make: fn(String) -> Extension| (!text.is_empty()).then(|| make(text.clone()));
        let port = |port: u16, make: fn(u16) -> Extension| (port != 0).then(|| make(port));
        let all = [
            text(&self.hostname, Extension::Hostname),
            text(&self.human_name, Extension::HumanName),
            text(&self.client_ipv4, Extension::ClientIpv4),
            text(&self.client_ipv6, Extension::ClientIpv6),
            port(self.client_port, Extension::ClientPort),
            port(self.client_tls_port, Extension::ClientTlsPort),
            text(&self.availability_zone, Extension::AvailabilityZone),
            (self.replica_priority != 0).then_some(Extension::ReplicaPriority(self.replica_priority)),
        ];
        all.into_iter().flatten().collect()
    }

    /// Clears every text that a line of `nodes.conf` cannot hold.
    pub fn drop_unfit(&mut self) {
        let fits = |text: &str| {
            text.chars().all(|c| c.is_ascii_graphic() && c != ',' && c != '=' && !AUX_FORBIDDEN.contains(c))
        };
        // An IPv6 address is the one text with a meaning of its own for colons.
        let texts =
            [&mut self.hostname, &mut self.human_name, &mut self.client_ipv4, &mut self.availability_zone];
        for text in texts.into_iter().filter(|text| !fits(text)) {
            text.clear();
        }
        if self.client_ipv6.parse::<std::net::Ipv6Addr>().is_err() {
            self.client_ipv6.clear();
        }
    }
}

/// What a node knows of another, or of itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Peer {
    /// Who it is; random until a handshake is done.
    pub id: NodeId,
    /// Its shard; random until told.
    pub shard: ShardId,
    /// Its role, suspicions about it, its capabilities.
    pub flags: NodeFlags,
    /// Version of its claims.
    pub config_epoch: Epoch,
    /// Its primary.
    pub replica_of: Option<PeerIx>,
    /// Where it is.
    pub address: Address,
    /// Its last announced replication offset.
    pub offset: Offset,
    /// When this row was made.
    pub born: Instant,
    /// When the ping that is still unanswered was sent.
    pub ping_sent: Option<Instant>,
    /// When it last answered one (or others said so).
    pub pong_received: Instant,
    /// When anything last came from it.
    pub data_received: Instant,
    /// When MEET was last sent to it.
    pub meet_sent: Option<Instant>,
    /// When it was marked fail.
    pub failed_at: Instant,
    /// Since when it is a primary without a working replica.
    pub orphaned_at: Option<Instant>,
    /// When a connection to it was last tried.
    pub dialed_at: Option<Instant>,
    /// When its connection to us was last lost; birth if there never was one.
    pub inbound_lost_at: Instant,
    /// The connection we opened to it.
    pub outbound: Option<LinkId>,
    /// The connection it opened to us.
    pub inbound: Option<LinkId>,
    /// Who says it has failed, and when.
    pub reports: Vec<Report>,
    /// Announced names.
    pub names: Option<Box<PeerNames>>,
    pub(super) slots: SlotSet,
    pub(super) slot_count: u32,
}

impl Peer {
    /// A row for a node just heard of.
    pub fn new(id: NodeId, shard: ShardId, flags: NodeFlags, address: Address, now: Instant) -> Self {
        Self {
            id,
            shard,
            flags,
            config_epoch: Epoch::ZERO,
            replica_of: None,
            address,
            offset: Offset::ZERO,
            born: now,
            ping_sent: None,
            pong_received: Instant::ZERO,
            data_received: Instant::ZERO,
            meet_sent: None,
            failed_at: now,
            orphaned_at: None,
            dialed_at: None,
            inbound_lost_at: now,
            outbound: None,
            inbound: None,
            reports: Vec::new(),
            names: None,
            slots: SlotSet::EMPTY,
            slot_count: 0,
        }
    }

    /// Whether it is a primary.
    pub fn is_primary(&self) -> bool {
        self.flags.contains(NodeFlags::PRIMARY)
    }

    /// Whether it is a replica.
    pub fn is_replica(&self) -> bool {
        self.flags.contains(NodeFlags::REPLICA)
    }

    /// Whether it has a vote: a primary with slots, failed or not (protocol.md §1.1).
    pub fn is_voter(&self) -> bool {
        self.is_primary() && self.slot_count > 0
    }

    /// Whether it is marked fail.
    pub fn failed(&self) -> bool {
        self.flags.contains(NodeFlags::FAIL)
    }

    /// Whether it is suspected.
    pub fn suspected(&self) -> bool {
        self.flags.contains(NodeFlags::PFAIL)
    }

    /// Whether it is neither failed nor suspected.
    pub fn well(&self) -> bool {
        !self.flags.intersects(NodeFlags::FAIL | NodeFlags::PFAIL)
    }

    /// Whether it is not yet introduced.
    pub fn in_handshake(&self) -> bool {
        self.flags.contains(NodeFlags::HANDSHAKE)
    }

    /// The slots it owns in this table.
    pub fn slots(&self) -> &SlotSet {
        &self.slots
    }

    /// How many slots it owns in this table.
    pub fn slot_count(&self) -> u32 {
        self.slot_count
    }
}
