//! What operators may ask of a node: the CLUSTER family as values.

use thiserror::Error;

use crate::base::{Address, Epoch, NodeId, Slot, SlotSet};
use crate::wire::Publication;

/// How a manual failover proceeds (protocol.md §9).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum FailoverMode {
    /// The primary pauses, the replica catches up, voters agree.
    Default,
    /// Without the primary's help, with votes.
    Force,
    /// Without anyone.
    Takeover,
}

/// One operator command.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Command {
    /// CLUSTER MEET.
    Meet(Address),
    /// CLUSTER FORGET.
    Forget(NodeId),
    /// CLUSTER REPLICATE.
    Replicate(NodeId),
    /// CLUSTER FAILOVER.
    Failover(FailoverMode),
    /// CLUSTER ADDSLOTS.
    AddSlots(SlotSet),
    /// CLUSTER DELSLOTS.
    DelSlots(SlotSet),
    /// CLUSTER SETSLOT NODE for many slots; `imported` says this node has just received their
    /// keys, which makes it bump its config epoch (protocol.md §5.2).
    SetSlots {
        /// Which slots.
        slots: SlotSet,
        /// Their new owner.
        owner: NodeId,
        /// Whether this node received them.
        imported: bool,
    },
    /// CLUSTER SETSLOT IMPORTING or MIGRATING: a slot begins to move.
    OpenSlot {
        /// Which.
        slot: Slot,
        /// Where from, or where to.
        other: NodeId,
        /// Whether it comes here.
        importing: bool,
    },
    /// CLUSTER SETSLOT STABLE: it does not move after all.
    CloseSlot(Slot),
    /// PUBLISH and SPUBLISH: a client's text goes out over the bus.
    Publish {
        /// Whether only to the node's own shard.
        shard: bool,
        /// Channel and text.
        text: Publication,
    },
    /// CLUSTER BUMPEPOCH.
    BumpEpoch,
    /// CLUSTER SET-CONFIG-EPOCH.
    SetConfigEpoch(Epoch),
    /// CLUSTER RESET.
    Reset {
        /// HARD: a new identity.
        hard: bool,
        /// Whether this node holds keys; a primary that does refuses.
        holds_data: bool,
    },
    /// CLUSTER SAVECONFIG.
    SaveConfig,
}

/// Why a command was refused.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum CommandError {
    /// The target is not in the table.
    #[error("Unknown node {0}")]
    UnknownNode(NodeId),
    /// The target is the node itself.
    #[error("I tried hard but I can't {0} myself...")]
    Myself(&'static str),
    /// FORGET of one's own primary.
    #[error("Can't forget my primary!")]
    ForgetPrimary,
    /// FORGET of a node whose replica could still take its slots over.
    #[error("The node owns slots and has a replica that can take them over. Fail over first.")]
    ForgetOwner,
    /// REPLICATE a replica.
    #[error("I can only replicate a primary, not a replica.")]
    TargetIsReplica,
    /// SETSLOT to a replica; in Valkey's words, which tools look for.
    #[error("Target node is not a master")]
    OwnerIsReplica,
    /// REPLICATE by a primary with slots or data.
    #[error("To set a primary the node must be empty and without assigned slots.")]
    NotEmpty,
    /// FAILOVER of a primary.
    #[error("You should send CLUSTER FAILOVER to a replica")]
    NotAReplica,
    /// FAILOVER by a replica without a known primary.
    #[error("I'm a replica but my primary is unknown to me")]
    PrimaryUnknown,
    /// FAILOVER while the primary cannot be reached.
    #[error("Primary is down or failed, please use CLUSTER FAILOVER FORCE")]
    PrimaryDown,
    /// ADDSLOTS of a slot that has an owner, or DELSLOTS of one that has none.
    #[error("Slot {0} is already {1}")]
    SlotTaken(u16, &'static str),
    /// A command only primaries take.
    #[error("{0} can only be used on a primary")]
    PrimaryOnly(&'static str),
    /// SET-CONFIG-EPOCH too late.
    #[error("The user can assign a config epoch only when the node does not know any other node.")]
    NotAlone,
    /// SET-CONFIG-EPOCH twice.
    #[error("Node config epoch is already non-zero")]
    EpochSet,
    /// MEET of something that is no address.
    #[error("Invalid node address specified")]
    BadAddress,
}
