//! What the data path tells a node. The driver moves bytes; the node decides what they mean.

use crate::base::{Duration, HistoryId, Offset};

use super::output::HistoryPoint;

/// One report of the data path.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ReplicationInput {
    /// Replica: the link asked for by `Output::Follow` is up and the request is sent.
    Connected,
    /// Replica: the primary goes on from the offset asked for, in this history (`+CONTINUE`).
    Continued(HistoryId),
    /// Replica: the primary will send everything as of this point (`+FULLRESYNC`).
    FullSync(HistoryPoint),
    /// Replica: the old data set is gone, the snapshot is being loaded.
    Loading,
    /// Replica: the snapshot is loaded; the stream follows.
    Loaded,
    /// Replica: the stream was applied up to this offset; also counts as hearing the primary.
    Applied(Offset),
    /// Replica: the primary refused for now (`-NOMASTERLINK`, `-LOADING`); the link is closed.
    Refused,
    /// Replica: the replication link broke.
    Lost,
    /// Primary: this many bytes of writes entered the stream.
    Wrote(u64),
}

/// A replica's question to its primary.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PsyncRequest {
    /// Where it stands; `None` asks for everything.
    pub from: Option<HistoryPoint>,
}

/// The primary's answer (protocol.md §10.2).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PsyncAnswer {
    /// The stream goes on behind the offset asked for; the history now has this id.
    Continue(HistoryId),
    /// Everything, as of this point.
    Full(HistoryPoint),
    /// Not now: this node is a replica whose own link is not up, or it is loading.
    NoPrimaryLink,
}

/// How stale a replica's data is, and how that was measured (protocol.md §6.3).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DataAge {
    /// The data is this old.
    Known(Duration),
    /// This node never completed a sync since it became a replica.
    Never,
}
