//! What the data path tells a node. The driver moves bytes; the node decides what they mean.

use crate::base::{HistoryId, Offset};
use crate::protocol::replication::HistoryPoint;

/// One report of the data path.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ReplicationInput {
    /// The process begins with data that it found on its disk.
    Restored {
        /// The point of a history that this data is, if that is known for certain.
        held: Option<HistoryPoint>,
        /// Number of the stream's last byte.
        end: Offset,
        /// Number of the oldest byte that can be sent again.
        first: Offset,
    },
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
    /// Replica: something in the stream could not be applied.
    NotApplied,
    /// Replica: the primary refused for now (`-NOMASTERLINK`, `-LOADING`); the link is closed.
    Refused,
    /// Replica: the replication link broke.
    Lost,
    /// Primary: this many bytes of writes entered the stream.
    Wrote(u64),
}
