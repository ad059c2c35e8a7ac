//! `nodes.conf`: what a node must remember, as values and as Valkey's text (protocol.md §12).

use std::fmt;

use thiserror::Error;

use crate::base::{Address, Epoch, NodeId, ShardId, Slot, SlotSet};
use crate::wire::NodeFlags;

use super::PeerNames;

/// A slot on its way between two nodes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OpenSlot {
    /// Which slot.
    pub slot: Slot,
    /// The other node.
    pub other: NodeId,
    /// Whether it comes here (`-<-`) or goes there (`->-`).
    pub importing: bool,
}

/// One node's line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NodeLine {
    /// Who.
    pub id: NodeId,
    /// Where.
    pub address: Address,
    /// Announced names.
    pub names: PeerNames,
    /// Its shard, if the file says.
    pub shard: Option<ShardId>,
    /// The flags that are kept: role, myself, suspicions, handshake, noaddr, nofailover.
    pub flags: NodeFlags,
    /// Its primary.
    pub primary: Option<NodeId>,
    /// Unix milliseconds; only zero or not matters to a loader.
    pub ping_sent: u64,
    /// Unix milliseconds; only zero or not matters to a loader.
    pub pong_received: u64,
    /// Its config epoch, or its primary's.
    pub config_epoch: Epoch,
    /// Whether a link to it was up.
    pub connected: bool,
    /// Its slots.
    pub slots: SlotSet,
    /// Slots on their way; only on the line of myself.
    pub open: Vec<OpenSlot>,
}

/// The whole file.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct NodesConf {
    /// One line per known node, one of them myself.
    pub nodes: Vec<NodeLine>,
    /// Greatest epoch this node has seen, as of the last save.
    pub current_epoch: Epoch,
    /// The last epoch in which it voted.
    pub last_vote_epoch: Epoch,
}

/// Why a file cannot be used. Nothing is guessed: a wrong guess could vote twice.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum ConfError {
    /// A line is damaged.
    #[error("corrupted cluster config file, line {line}: {what}")]
    Line {
        /// Counted from 1.
        line: usize,
        /// What is wrong with it.
        what: String,
    },
    /// No line says `myself`.
    #[error("corrupted cluster config file: no line is marked `myself`")]
    NoMyself,
}

/// The flags a file keeps, with their words, in the order in which they are written.
pub(super) const WORDS: &[(&str, NodeFlags)] = &[
    ("myself", NodeFlags::MYSELF),
    ("master", NodeFlags::PRIMARY),
    ("slave", NodeFlags::REPLICA),
    ("fail?", NodeFlags::PFAIL),
    ("fail", NodeFlags::FAIL),
    ("handshake", NodeFlags::HANDSHAKE),
    ("noaddr", NodeFlags::NOADDR),
    ("nofailover", NodeFlags::NOFAILOVER),
];

/// Characters that an auxiliary value may not hold (protocol.md §12.1).
pub(super) const AUX_FORBIDDEN: &str = "!#$%&()*+:;<>?@[]^{|}~";

impl NodeLine {
    /// A line with nothing but a name and a place.
    pub fn new(id: NodeId, address: Address, flags: NodeFlags) -> Self {
        Self {
            id,
            address,
            names: PeerNames::default(),
            shard: None,
            flags,
            primary: None,
            ping_sent: 0,
            pong_received: 0,
            config_epoch: Epoch::ZERO,
            connected: flags.contains(NodeFlags::MYSELF),
            slots: SlotSet::EMPTY,
            open: Vec::new(),
        }
    }

    /// The auxiliary fields in Valkey's order; absent ones are left out.
    fn aux(&self) -> Vec<(&'static str, String)> {
        let mut aux = Vec::new();
        let mut text = |name, value: &str| {
            if !value.is_empty() {
                aux.push((name, value.to_owned()));
            }
        };
        let names = &self.names;
        if names.replica_priority != 0 {
            text("replica-priority", &names.replica_priority.to_string());
        }
        text("availability-zone", &names.availability_zone);
        if names.client_tls_port != 0 {
            text("client-tls-port", &names.client_tls_port.to_string());
        }
        if names.client_port != 0 {
            text("client-tcp-port", &names.client_port.to_string());
        }
        text("client-ipv6", &names.client_ipv6);
        text("client-ipv4", &names.client_ipv4);
        text("tls-port", &self.address.pport.to_string());
        text("nodename", &names.human_name);
        if let Some(shard) = &self.shard {
            text("shard-id", shard.as_str());
        }
        aux
    }
}

impl NodesConf {
    /// The file of a node that knows nobody.
    pub fn fresh(id: NodeId, shard: ShardId, address: Address) -> Self {
        let mut line = NodeLine::new(id, address, NodeFlags::MYSELF | NodeFlags::PRIMARY);
        line.shard = Some(shard);
        Self { nodes: vec![line], ..Self::default() }
    }

    /// The line of the node itself.
    pub fn myself(&self) -> Option<&NodeLine> {
        self.nodes.iter().find(|line| line.flags.contains(NodeFlags::MYSELF))
    }
}

impl NodeLine {
    /// The line as CLUSTER NODES shows it: without auxiliary fields (appendix D), and with the address
    /// and the port that the asking client is to use.
    pub fn listing(&self, ip: &str, port: u16) -> String {
        let hostname = &self.names.hostname;
        let comma = if hostname.is_empty() { "" } else { "," };
        format!("{} {ip}:{port}@{}{comma}{hostname}{}", self.id, self.address.cport, Rest(self))
    }
}

/// The line as `nodes.conf` holds it.
impl fmt::Display for NodeLine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {},{}", self.id, self.address, self.names.hostname)?;
        for (name, value) in self.aux() {
            write!(f, ",{name}={value}")?;
        }
        Rest(self).fmt(f)
    }
}

/// What follows the address in both forms.
struct Rest<'a>(&'a NodeLine);

impl fmt::Display for Rest<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let line = self.0;
        let words: Vec<&str> =
            WORDS.iter().filter(|(_, flag)| line.flags.contains(*flag)).map(|(word, _)| *word).collect();
        let words = if words.is_empty() { "noflags".to_owned() } else { words.join(",") };
        let primary = line.primary.map_or_else(|| "-".to_owned(), |id| id.to_string());
        let state = if line.connected { "connected" } else { "disconnected" };
        write!(
            f,
            " {words} {primary} {} {} {} {state}",
            line.ping_sent, line.pong_received, line.config_epoch
        )?;
        if !line.slots.is_empty() {
            write!(f, " {}", line.slots)?;
        }
        for open in &line.open {
            let arrow = if open.importing { "-<-" } else { "->-" };
            write!(f, " [{}{arrow}{}]", open.slot, open.other)?;
        }
        Ok(())
    }
}

/// The whole file as text.
impl fmt::Display for NodesConf {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for line in self.nodes.iter().filter(|line| !line.flags.contains(NodeFlags::HANDSHAKE)) {
            writeln!(f, "{line}")?;
        }
        writeln!(f, "vars currentEpoch {} lastVoteEpoch {}", self.current_epoch, self.last_vote_epoch)
    }
}
