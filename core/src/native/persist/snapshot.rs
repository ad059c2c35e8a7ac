//! Snapshots: SAVE, BGSAVE, save points, and the last one before an orderly end.

use std::io;
use std::path::PathBuf;
use std::pin::pin;
use std::rc::Rc;
use std::time::Duration;

use tokio::sync::Notify;
use tokio::task::spawn_local;

use crate::native::disk::replace;
use crate::native::rdb;
use crate::native::server::{Server, Shared};
use crate::node::Durability;

/// The field of a snapshot that names the shard its data is of: an offset of another shard's history
/// must never be announced (protocol.md §10.3).
pub(super) const SHARD: &str = "splitvote-shard";

/// How often save points and the log's size are looked at.
const TICK: Duration = Duration::from_secs(1);

/// What was saved so far.
#[derive(Debug, Default)]
pub struct Saved {
    /// Unix seconds of the last snapshot, or of the start.
    pub last: u64,
    /// Unix seconds of the last try.
    pub tried: u64,
    /// Whether one is being written.
    pub saving: bool,
    /// Whether the last one failed.
    pub failed: bool,
    /// How many were written.
    pub count: u64,
    /// Commands in the stream when the last one was made.
    pub changes: u64,
    /// Told when one that was written in the background is there, or failed.
    pub done: Rc<Notify>,
}

impl Server {
    /// All data in bytes, with what is needed to go on from there.
    pub(super) fn snapshot(&mut self, base: bool) -> Vec<u8> {
        let mut aux = vec![
            ("redis-ver", "7.2.4".to_owned()),
            ("ctime", (self.clock.unix_ms() / 1000).to_string()),
            ("aof-base", u8::from(base).to_string()),
            (SHARD, self.node.shard().to_string()),
        ];
        if let Some(held) = self.node.replication().held() {
            aux.push(("repl-stream-db", "0".to_owned()));
            aux.push(("repl-id", held.history.to_string()));
            aux.push(("repl-offset", self.feed.end().to_string()));
        }
        let aux: Vec<(&str, &str)> = aux.iter().map(|(name, value)| (*name, value.as_str())).collect();
        rdb::write(&self.keyspace, &aux)
    }

    fn snapshot_path(&self) -> PathBuf {
        self.options.dir.join(&self.options.persist.snapshot)
    }

    /// How many changes the last snapshot lacks.
    pub fn unsaved(&self) -> u64 {
        self.feed.commands.saturating_sub(self.persist.saved.changes)
    }

    /// SAVE: nobody is served meanwhile.
    pub fn save_now(&mut self) -> io::Result<()> {
        let (bytes, changes) = (self.snapshot(false), self.feed.commands);
        let done = replace(&self.snapshot_path(), &bytes, Durability::Synced);
        self.snapshot_written(changes, &done);
        done
    }

    /// BGSAVE: writing and syncing happen outside this thread. False if one is under way.
    pub fn save_in_background(&mut self) -> bool {
        if self.persist.saved.saving {
            return false;
        }
        self.persist.saved.saving = true;
        let (bytes, changes, path) = (self.snapshot(false), self.feed.commands, self.snapshot_path());
        let me = self.me.clone();
        spawn_local(async move {
            let done = tokio::task::spawn_blocking(move || replace(&path, &bytes, Durability::Synced)).await;
            let Some(server) = me.upgrade() else { return };
            let mut server = server.borrow_mut();
            server.persist.saved.saving = false;
            server.persist.saved.done.notify_waiters();
            server.snapshot_written(changes, &done.map_err(io::Error::other).flatten());
        });
        true
    }

    fn snapshot_written(&mut self, changes: u64, done: &io::Result<()>) {
        let now = self.clock.unix_ms() / 1000;
        let saved = &mut self.persist.saved;
        saved.tried = now;
        saved.failed = done.is_err();
        match done {
            Ok(()) => {
                (saved.last, saved.changes) = (now, changes);
                saved.count += 1;
                self.notice(format_args!("DB saved on disk"));
            }
            Err(error) => self.warning(format_args!("cannot save a snapshot: {error}")),
        }
    }

    fn save_if_due(&mut self) {
        let (changes, now) = (self.unsaved(), self.clock.unix_ms() / 1000);
        let saved = &self.persist.saved;
        let age = now.saturating_sub(saved.last);
        let mut points = self.options.persist.save.iter();
        let due = points.any(|point| changes >= point.changes.max(1) && age >= point.seconds);
        // After a failure not every second.
        if due && !saved.saving && (!saved.failed || now.saturating_sub(saved.tried) >= 5) {
            self.save_in_background();
        }
    }

    /// Before an orderly end: everything in the log is on the disk, and a snapshot if one is wanted.
    pub fn save_at_end(&mut self, snapshot: Option<bool>) -> io::Result<()> {
        if self.restoring {
            // The disk has more than the memory.
            return Ok(());
        }
        self.flush_log();
        if let Some(log) = &self.persist.log {
            log.file.sync_all()?;
        }
        if snapshot.unwrap_or(!self.options.persist.save.is_empty()) { self.save_now() } else { Ok(()) }
    }
}

/// Waits until no snapshot is on its way to the disk: late as it is, it would take a newer one's place.
pub async fn none_on_its_way(server: &Shared) {
    let done = Rc::clone(&server.borrow().persist.saved.done);
    loop {
        let mut told = pin!(done.notified());
        // From here on no end is missed.
        told.as_mut().enable();
        if !server.borrow().persist.saved.saving {
            return;
        }
        told.await;
    }
}

/// Saves when a save point says so, and rewrites a log that has grown.
pub async fn keep_snapshots(server: Shared) {
    loop {
        crate::native::server::sleep(TICK).await;
        let mut server = server.borrow_mut();
        server.save_if_due();
        server.rewrite_if_grown();
    }
}
