//! Data that outlives the process: snapshots (`dump.rdb`) and an append log, both in the peers' formats,
//! so that a real Valkey or Redis loads our folder and we load theirs.
//!
//! `snapshot` writes all data at once; `append` writes the bytes of the replication stream behind a base
//! that `rewrite` makes; `load` brings back what is there,
//! `replay` the part of it that is commands. `settings` is what the operator wants,
//! `manifest` the list of a log's files. Whoever answers a client, acknowledges to a primary or feeds a
//! replica calls [`Server::flush_log`](super::server::Server::flush_log) or [`settled`] first.
//!
//! What is *not* here: `nodes.conf` (see `disk`), and whether restored data may be claimed (see
//! `protocol::replication`).

mod append;
mod load;
mod manifest;
mod replay;
mod rewrite;
mod settings;
mod snapshot;
#[cfg(test)]
mod tests;

pub use append::{AppendLog, keep_log, settled};
pub use load::{LoadError, load};
pub use manifest::{Manifest, ManifestError, Part};
pub use settings::{SavePoint, Settings, SyncPolicy, file_name, save_points, save_words};
pub use snapshot::{Saved, keep_snapshots, none_on_its_way};

use std::rc::Rc;

use tokio::sync::Notify;

/// What a server remembers about keeping its data.
#[derive(Debug, Default)]
pub struct Persist {
    /// The append log, while there is one.
    pub log: Option<AppendLog>,
    /// The highest generation and number of a log that was closed: a base of it may still be on its way.
    closed: (u64, u64),
    /// Whether the last rewrite failed,
    pub rewrite_failed: bool,
    /// and when it ended, in Unix seconds.
    pub rewrite_tried: u64,
    /// Whether an orderly end has saved everything already.
    pub ended: bool,
    /// Snapshots.
    pub saved: Saved,
    /// Told when there is something to sync.
    pub unsynced: Rc<Notify>,
    /// Told when something was synced.
    pub synced: Rc<Notify>,
}

impl Persist {
    /// The last byte of the stream that is on the disk; none if there is no log to put it into.
    pub fn durable(&self) -> Option<u64> {
        self.log.as_ref().map(|log| if log.whole { log.durable } else { 0 })
    }
}
