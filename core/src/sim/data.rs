//! The data path of a host: what it holds, whom it copies, who copies it.

use std::collections::VecDeque;

use crate::base::{Duration, HistoryId};
use crate::protocol::replication::{HistoryPoint, PsyncRequest};

use super::client::Write;
use super::history::Place;
use super::network::ConnId;

/// What travels on a replication connection.
#[derive(Clone, Debug)]
pub(super) enum DataMessage {
    /// PSYNC.
    Psync(PsyncRequest),
    /// `+CONTINUE`.
    Continue(HistoryId),
    /// `+FULLRESYNC`.
    Full(HistoryPoint),
    /// The snapshot itself.
    Snapshot { point: HistoryPoint, place: Option<Place>, load: Duration },
    /// The stream, up to here.
    Stream { place: Place },
    /// Not now.
    Refused,
}

#[derive(Clone, Debug, Default)]
pub(super) struct Data {
    /// Where the data set stands; none is an empty one.
    pub(super) place: Option<Place>,
    /// The connection to the primary, and what is asked of it.
    pub(super) following: Option<(ConnId, PsyncRequest)>,
    /// Connections of replicas that receive the stream.
    pub(super) replicas: Vec<ConnId>,
    /// A snapshot that is being loaded.
    pub(super) loading: Option<Loading>,
    /// Whether clients' writes wait (manual failover).
    pub(super) paused: bool,
    /// Writes that wait.
    pub(super) blocked: Vec<Write>,
    /// How much later the stream arrives here.
    pub(super) lag: Duration,
}

/// A snapshot on its way from the wire into memory.
#[derive(Clone, Debug)]
pub(super) struct Loading {
    pub(super) conn: ConnId,
    pub(super) place: Option<Place>,
    /// What the stream brought meanwhile.
    pub(super) behind: VecDeque<Place>,
}
