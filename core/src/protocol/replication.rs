//! Which history a node's data belongs to, how far it goes, and how it is caught up (protocol.md §10).
//!
//! An offset means nothing without its history. That is what #885, #884, #944 and M5 are about, so
//! the two are kept in one type, the same for simulated and for real replication.

use serde::{Deserialize, Serialize};

use crate::base::{Duration, HistoryId, Instant, Offset, Rng, Rules};

/// A point in a write history, as PSYNC names it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct HistoryPoint {
    /// Which history.
    pub history: HistoryId,
    /// How far.
    pub offset: Offset,
}

/// How a replica's data path moves on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", tag = "step")]
pub enum SyncStep {
    /// Goes on from where it stood.
    Partial {
        /// Where.
        offset: Offset,
    },
    /// Starts to receive everything.
    Full {
        /// As of when.
        offset: Offset,
    },
    /// Its old data is gone; loading.
    Loading,
    /// Has everything; streams.
    Loaded {
        /// As of when.
        offset: Offset,
    },
    /// The link to the primary broke.
    Lost {
        /// Where it stands.
        offset: Offset,
    },
    /// Could not apply what its primary has: it will not stand and announces no data.
    NotWhole,
    /// Dropped the history it held, because it belongs to another shard (#885, M5).
    Dropped {
        /// What it no longer announces.
        offset: Offset,
    },
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

/// How old a replica's data is (protocol.md §6.3).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DataAge {
    /// The data is this old.
    Known(Duration),
    /// This node never completed a sync since it became a replica.
    Never,
}

/// Where the data path stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Path {
    /// A primary: it has none.
    Primary,
    /// A replica without a link to its primary.
    Broken,
    /// A replica that has asked.
    Asking,
    /// A replica that is being sent everything as of this point.
    Receiving(HistoryPoint),
    /// A replica that is loading what it was sent; its old data is gone.
    Loading(HistoryPoint),
    /// A replica in the stream.
    Streaming,
}

/// A node's data as the protocol sees it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Replication {
    /// What the data is: the history and how far. For a replica that is not streaming, see `kept`.
    data: HistoryPoint,
    /// The history before the last promotion, valid up to an offset (`replid2`).
    previous: Option<HistoryPoint>,
    /// Whether `data` may be offered for a partial sync (the "cached primary").
    kept: bool,
    path: Path,
    /// Offset of the first byte in the backlog.
    backlog_start: Offset,
    backlog_size: u64,
    /// When a streaming link was lost.
    down_since: Option<Instant>,
    /// When the primary was last heard.
    heard: Instant,
    /// Whether anybody else ever had this data: a replica of this process, or its primary.
    shared: bool,
    /// Whether the data is all that the offset says; false after a command that could not be applied.
    whole: bool,
}

impl Replication {
    /// A node without data.
    pub fn new(rng: &mut Rng, replica: bool, backlog_size: u64) -> Self {
        Self {
            data: HistoryPoint { history: HistoryId::random(rng), offset: Offset::ZERO },
            previous: None,
            kept: false,
            path: if replica { Path::Broken } else { Path::Primary },
            backlog_start: Offset(1),
            backlog_size,
            down_since: None,
            heard: Instant::ZERO,
            shared: replica,
            whole: true,
        }
    }

    /// A node that has been in this history for long; a replica is streaming.
    pub fn formed(point: HistoryPoint, replica: bool, backlog_size: u64, now: Instant) -> Self {
        Self {
            data: point,
            previous: None,
            kept: false,
            path: if replica { Path::Streaming } else { Path::Primary },
            backlog_start: point.offset.next(),
            backlog_size,
            down_since: None,
            shared: replica,
            heard: now,
            whole: true,
        }
    }

    /// The process begins with data that it kept. A replica offers it to its primary. A primary begins a
    /// new history, always: more of the old one may be with others than what it still has, and what it
    /// writes now is not that.
    pub fn restored(&mut self, held: Option<HistoryPoint>, end: Offset, first: Offset) {
        self.backlog_start = first;
        if self.path == Path::Primary {
            self.data.offset = end;
            self.previous = held.map(|point| HistoryPoint { offset: point.offset.next(), ..point });
        } else if let Some(point) = held {
            self.data = point;
            self.kept = true;
        }
    }

    /// The point of a history that this node's data is, if it may say so.
    pub fn held(&self) -> Option<HistoryPoint> {
        let mine = match self.path {
            Path::Primary => true,
            Path::Streaming => self.whole,
            _ => self.whole && self.kept,
        };
        mine.then_some(self.data)
    }

    /// Where the data path stands.
    pub fn path(&self) -> Path {
        self.path
    }

    /// Whether anybody else ever had this data, as far as this process knows.
    pub fn shared(&self) -> bool {
        self.shared
    }

    /// A replica is being sent the data.
    pub fn share(&mut self) {
        self.shared = true;
    }

    /// The history that the data belongs to.
    pub fn history(&self) -> HistoryId {
        self.data.history
    }

    /// The history before the last promotion, and up to where it is shared.
    pub fn previous(&self) -> Option<HistoryPoint> {
        self.previous
    }

    /// The offset this node announces (§10.3): zero unless its data belongs to its primary's history.
    pub fn offset(&self) -> Offset {
        match self.path {
            Path::Asking | Path::Broken | Path::Streaming if !self.whole => Offset::ZERO,
            Path::Primary | Path::Streaming => self.data.offset,
            _ if self.kept => self.data.offset,
            _ => Offset::ZERO,
        }
    }

    /// A command of the stream could not be applied: the data is less than the offset says, until the
    /// next full sync.
    pub fn broken_stream(&mut self) {
        self.whole = false;
    }

    /// Whether the data is all that the offset says.
    pub fn whole(&self) -> bool {
        self.whole
    }

    /// Whether writes stream in from a primary.
    pub fn streaming(&self) -> bool {
        self.path == Path::Streaming
    }

    /// Primary: bytes entered the stream. A replica's stream is its primary's: it adds nothing.
    pub fn wrote(&mut self, bytes: u64) {
        if self.path != Path::Primary {
            return;
        }
        self.data.offset = Offset(self.data.offset.0.saturating_add(bytes));
        self.trim();
    }

    fn trim(&mut self) {
        let oldest = Offset(self.data.offset.0.saturating_sub(self.backlog_size)).next();
        self.backlog_start = self.backlog_start.max(oldest);
    }

    /// Becomes a primary: a new history begins, the old one stays valid up to here (§10.1).
    pub fn promote(&mut self, rng: &mut Rng) {
        // A replica that had nothing of its primary's history starts with nothing.
        let offset = self.offset();
        if self.kept || self.path == Path::Streaming {
            self.previous = Some(HistoryPoint { history: self.data.history, offset: offset.next() });
        } else if self.path != Path::Primary {
            // Whatever it had before is not what it starts with: nobody may go on from there.
            self.previous = None;
            self.backlog_start = offset.next();
        }
        self.data = HistoryPoint { history: HistoryId::random(rng), offset };
        self.path = Path::Primary;
        self.kept = false;
        self.down_since = None;
    }

    /// Turns to a primary (`replicationSetPrimary`, §10.4). With `full_sync`, whatever is held
    /// belongs to another history and is not offered, however it is held: live link (#885), own
    /// past as a primary (#885), or cache of a dead link (M5).
    pub fn follow(&mut self, now: Instant, full_sync: bool, rules: &Rules) -> Option<SyncStep> {
        let before = self.offset();
        match self.path {
            Path::Primary => self.kept = !full_sync,
            Path::Streaming => {
                self.kept = !full_sync;
                self.down_since = Some(now);
            }
            _ if full_sync && rules.drop_cached_history => self.kept = false,
            _ => {}
        }
        self.path = Path::Broken;
        self.shared = true;
        (before > Offset::ZERO && !self.kept).then_some(SyncStep::Dropped { offset: before })
    }

    /// What to ask a primary for.
    pub fn request(&self) -> PsyncRequest {
        PsyncRequest { from: self.kept.then_some(self.data) }
    }

    /// The request is on its way.
    pub fn asked(&mut self) {
        self.path = Path::Asking;
    }

    /// The primary goes on where this replica stood. True if the history has a new name, in which
    /// case replicas of this replica must ask again (§10.1).
    pub fn continued(&mut self, now: Instant, history: HistoryId) -> bool {
        let renamed = history != self.data.history;
        if renamed {
            self.previous = Some(HistoryPoint { offset: self.data.offset.next(), ..self.data });
            self.data.history = history;
        }
        self.stream_from(now);
        renamed
    }

    /// The primary sends everything: it could not go on from what was kept. Valkey announces that
    /// until the new data is loaded (§10.3).
    pub fn full_sync(&mut self, point: HistoryPoint, rules: &Rules) {
        self.kept &= !rules.drop_refused_history;
        self.path = Path::Receiving(point);
    }

    /// The old data is gone.
    pub fn loading(&mut self) {
        if let Path::Receiving(point) = self.path {
            self.kept = false;
            self.path = Path::Loading(point);
        }
    }

    /// Everything is there; the stream follows. False if nothing was being loaded.
    pub fn loaded(&mut self, now: Instant) -> bool {
        let (Path::Loading(point) | Path::Receiving(point)) = self.path else { return false };
        self.data = point;
        self.whole = true;
        self.previous = None;
        self.backlog_start = point.offset.next();
        self.stream_from(now);
        true
    }

    fn stream_from(&mut self, now: Instant) {
        self.path = Path::Streaming;
        self.kept = false;
        self.down_since = None;
        self.heard = now;
    }

    /// The stream was applied up to an offset.
    pub fn applied(&mut self, now: Instant, offset: Offset) {
        if self.path == Path::Streaming {
            self.data.offset = self.data.offset.max(offset);
            self.heard = now;
            self.trim();
        }
    }

    /// The link to the primary broke. True if it was streaming.
    pub fn lost(&mut self, now: Instant) -> bool {
        let streaming = self.path == Path::Streaming;
        if streaming {
            self.kept = true;
            self.down_since = Some(now);
        }
        if self.path != Path::Primary {
            self.path = Path::Broken;
        }
        streaming
    }

    /// How long ago the primary was last heard, while the link to it is up.
    pub fn silence(&self, now: Instant) -> Option<Duration> {
        self.streaming().then(|| now.since(self.heard))
    }

    /// How long ago a link that streamed was lost, while there is none.
    pub fn down_for(&self, now: Instant) -> Option<Duration> {
        self.down_since.filter(|_| self.path != Path::Primary).map(|since| now.since(since))
    }

    /// Whether the primary has been silent for longer than `repl-timeout`.
    pub fn timed_out(&self, now: Instant, timeout: Duration) -> bool {
        self.silence(now).is_some_and(|silence| silence > timeout)
    }

    /// How old the data is (§6.3), before the node timeout is taken off.
    pub fn age(&self, now: Instant) -> DataAge {
        match (self.path, self.down_since) {
            (Path::Streaming, _) => DataAge::Known(now.since(self.heard)),
            (_, Some(since)) => DataAge::Known(now.since(since)),
            (_, None) => DataAge::Never,
        }
    }

    /// Answers a replica (§10.2).
    pub fn answer(&self, request: PsyncRequest) -> PsyncAnswer {
        // What lacks something must not pass for the whole elsewhere.
        let serves = self.path == Path::Primary || (self.streaming() && self.whole);
        if !serves {
            return PsyncAnswer::NoPrimaryLink;
        }
        match request.from {
            Some(from) if self.shares(from) && self.backlog_holds(from.offset.next()) => {
                PsyncAnswer::Continue(self.data.history)
            }
            _ => PsyncAnswer::Full(self.data),
        }
    }

    fn shares(&self, from: HistoryPoint) -> bool {
        from.history == self.data.history
            || self
                .previous
                .is_some_and(|old| old.history == from.history && from.offset.next() <= old.offset)
    }

    fn backlog_holds(&self, wanted: Offset) -> bool {
        self.backlog_start <= wanted && wanted <= self.data.offset.next()
    }
}

#[cfg(test)]
mod tests;
