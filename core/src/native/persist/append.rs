//! The append log: the bytes of the replication stream behind a base, and when they are on the disk.
//!
//! Between the bytes stand lines that begin with `#` and say which history the data is of from there on;
//! peers pass such lines by. They are not part of the stream and do not count in its offset.

use std::fs::File;
use std::io::{self, Write as _};
use std::path::PathBuf;
use std::pin::pin;
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use crate::base::HistoryId;
use crate::native::server::{Server, Shared};

use super::manifest::Manifest;
use super::settings::SyncPolicy;

/// What a line about the history begins with.
pub(super) const MARK: &str = "#splitvote history ";

/// An open log.
#[derive(Debug)]
pub struct AppendLog {
    /// Where its files are.
    pub(super) folder: PathBuf,
    /// Its parts.
    pub(super) manifest: Manifest,
    /// The last increment, being written. Shared with the thread that syncs it.
    pub(super) file: Arc<File>,
    /// Bytes in the last increment.
    pub size: u64,
    /// Bytes in all parts before it.
    pub before: u64,
    /// Bytes of the last base.
    pub base_size: u64,
    /// Which history the files say the data is of; `None` is none that may be claimed.
    pub(super) told: Option<HistoryId>,
    /// Whether a new base is being written.
    pub rewriting: bool,
    /// Whether the manifest on the disk leads to this data: not while the first base of a history is written.
    pub whole: bool,
    /// The highest number that a part of it ever had.
    pub(super) last_seq: u64,
    /// The increment that is written while its base is.
    pub(super) pending: Option<String>,
    /// Counts bases, so that a late one knows that it is.
    pub(super) generation: u64,
    /// Bytes of the log that were written and that are on the disk, over the life of the process.
    pub(super) written: u64,
    pub(super) synced: u64,
    /// The stream's offset with them.
    pub(super) written_offset: u64,
    /// The last byte of the stream that is on the disk.
    pub durable: u64,
    /// Bytes of the last increment that are on the disk.
    pub synced_size: u64,
}

impl AppendLog {
    /// A log whose manifest on the disk does not lead to this node's data yet.
    pub(super) fn over(folder: PathBuf, manifest: Manifest, file: Arc<File>) -> Self {
        Self {
            last_seq: manifest.next_seq() - 1,
            pending: None,
            folder,
            manifest,
            file,
            size: 0,
            before: 0,
            base_size: 0,
            told: None,
            rewriting: false,
            whole: false,
            generation: 0,
            written: 0,
            synced: 0,
            written_offset: 0,
            durable: 0,
            synced_size: 0,
        }
    }

    fn write(&mut self, bytes: &[u8], offset: u64) -> io::Result<()> {
        (&*self.file).write_all(bytes)?;
        self.size += bytes.len() as u64;
        self.written += bytes.len() as u64;
        self.written_offset = offset;
        Ok(())
    }

    /// All that was written is on the disk.
    pub(super) fn all_synced(&mut self) {
        self.synced = self.written;
        self.synced_size = self.size;
        if self.whole {
            self.durable = self.written_offset;
        }
    }
}

impl Server {
    /// Hands to the system what entered the stream. It must be there before anybody is told of it: then
    /// the end of this process takes nothing back.
    pub fn flush_log(&mut self) {
        let Some(log) = &mut self.persist.log else { return };
        if self.feed.unlogged.is_empty() {
            return;
        }
        let mut bytes = std::mem::take(&mut self.feed.unlogged);
        if let Err(error) = log.write(&bytes, self.feed.end()) {
            self.disk_failed("append to the log", &error);
        }
        bytes.clear();
        self.feed.unlogged = bytes;
        self.persist.unsynced.notify_one();
    }

    /// What this node may say it has: with a log, what would be there after a kill; with `appendfsync
    /// always`, what is on the disk. Nothing while the base of new data is on its way there.
    pub fn acknowledged(&mut self) -> u64 {
        self.flush_log();
        let end = self.feed.end();
        match &self.persist.log {
            Some(log) if !log.whole => 0,
            Some(log) if self.options.persist.sync == SyncPolicy::Always => log.durable.min(end),
            _ => end,
        }
    }

    /// Says in the log of which history the data is from here on, if that has changed.
    pub(in crate::native) fn tell_history(&mut self) {
        let Some(log) = &mut self.persist.log else { return };
        let history = self.node.replication().held().map(|point| point.history);
        if log.told == history {
            return;
        }
        log.told = history;
        let line = history_line(history, self.feed.end());
        self.feed.unlogged.extend_from_slice(line.as_bytes());
    }
}

/// The line of a log that names the history of the data before it.
pub(super) fn history_line(history: Option<HistoryId>, offset: u64) -> String {
    match history {
        Some(history) => format!("{MARK}{history} {offset}\r\n"),
        None => format!("{MARK}none\r\n"),
    }
}

/// Waits until what was done so far is as safe as was promised. With `appendfsync always` many wait for
/// one sync.
pub async fn settled(server: &Shared) {
    let (target, synced) = {
        let mut server = server.borrow_mut();
        server.flush_log();
        if server.options.persist.sync != SyncPolicy::Always {
            return;
        }
        let Some(log) = &server.persist.log else { return };
        if log.synced >= log.written {
            return;
        }
        // What was written under another policy may still wait for somebody to ask.
        server.persist.unsynced.notify_one();
        (log.written, Rc::clone(&server.persist.synced))
    };
    loop {
        let mut told = pin!(synced.notified());
        // From here on no sync is missed.
        told.as_mut().enable();
        if server.borrow().persist.log.as_ref().is_none_or(|log| log.synced >= target) {
            return;
        }
        told.await;
    }
}

/// Syncs the log as often as was asked for, outside this thread: the bus does not wait for the disk.
pub async fn keep_log(server: Shared) {
    let unsynced = Rc::clone(&server.borrow().persist.unsynced);
    loop {
        unsynced.notified().await;
        let policy = server.borrow().options.persist.sync;
        if policy == SyncPolicy::Never {
            continue;
        }
        let state =
            server.borrow().persist.log.as_ref().map(|log| {
                (Arc::clone(&log.file), log.generation, log.written, log.written_offset, log.size)
            });
        let Some((file, generation, written, offset, size)) = state else { continue };
        let done = tokio::task::spawn_blocking(move || file.sync_data()).await;
        {
            let mut server = server.borrow_mut();
            if let Err(error) = done.map_err(io::Error::other).flatten() {
                server.disk_failed("sync the log", &error);
            }
            if let Some(log) = server.persist.log.as_mut().filter(|log| log.generation == generation) {
                log.synced_size = log.synced_size.max(size);
                if log.whole {
                    log.synced = log.synced.max(written);
                    log.durable = log.durable.max(offset);
                }
            }
            server.persist.synced.notify_waiters();
            // Who waits for replicas may wait for this disk, too.
            server.feed.acked.notify_waiters();
        }
        if policy == SyncPolicy::EverySecond {
            crate::native::server::sleep(Duration::from_secs(1)).await;
        }
    }
}
