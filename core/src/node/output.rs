//! What a node wants done, in order.

use crate::base::{Address, LinkId, NodeId};
use crate::cluster::NodesConf;
use crate::protocol::replication::HistoryPoint;
use crate::wire::{Frame, Publication};

use super::Event;

/// How hard a configuration must be written before what follows may happen.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Durability {
    /// Written; a crash of the process keeps it, a power cut may not.
    Written,
    /// On disk: a power cut keeps it.
    Synced,
}

/// Where a replica is to get its data from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Follow {
    /// Its primary.
    pub primary: NodeId,
    /// Where that is.
    pub address: Address,
    /// Ask to go on from here; `None` asks for everything.
    pub psync: Option<HistoryPoint>,
}

/// One effect. Two laws bind whoever carries them out: *drain* — after each input, poll until
/// `None`; *order* — an effect begins only when those before it are complete, a
/// [`Persist`](Self::Persist) included.
#[derive(Clone, Debug, PartialEq)]
pub enum Output {
    /// Open this link to that bus address; answer with `handle_link_up` or `handle_link_down`. Frames
    /// sent before it is up wait for it.
    Dial {
        /// The link's number.
        link: LinkId,
        /// Where to: `address.ip` and `address.cport`.
        address: Address,
    },
    /// Close this link. No `handle_link_down` follows.
    Close(LinkId),
    /// Write the configuration this hard.
    Persist(Box<NodesConf>, Durability),
    /// Send a frame; it is lost in silence if the link breaks.
    Send(LinkId, Box<Frame>),
    /// Replicate from there (closing whatever replication link was open, even to the same primary), or from nobody.
    Follow(Option<Follow>),
    /// A primary: disconnect all replicas, they must ask again (protocol.md §10.1).
    DropReplicas,
    /// A primary: this many bytes of upkeep (a PING) enter the replication stream now.
    StreamPing(u64),
    /// A primary: stop (`true`) or resume serving client writes.
    PauseWrites(bool),
    /// A text that another node published is for this node's clients.
    Published {
        /// Whether only for those who listen to a shard's channel.
        shard: bool,
        /// Channel and text.
        text: Box<Publication>,
    },
    /// Something happened that people may want to know.
    Notify(Event),
}
