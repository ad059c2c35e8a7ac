//! A new base for the log: all data as of now, and an increment that begins there.
//!
//! The data is put into bytes in one go, which stops the node for about a second per gigabyte; writing
//! and syncing them happens outside this thread. Forking, as the peers do, would need `unsafe` here.

use std::fs::{self, File};
use std::io;
use std::path::Path;
use std::sync::Arc;

use tokio::task::spawn_local;

use crate::native::disk::{replace, sweep, sync_folder_of};
use crate::native::server::Server;
use crate::node::Durability;

use super::append::AppendLog;
use super::manifest::{Manifest, Part};

/// How the new base relates to what the log holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Chain {
    /// It stands for the same data: until it is there, the old parts and the new increment do.
    Goes,
    /// It stands for other data: until it is there, the old parts tell of the past.
    Broken,
}

/// Seconds after a rewrite that failed in which none begins by itself: each puts all data into bytes first.
const AFTER_FAILURE: u64 = 60;

impl Server {
    /// The stream begins anew, or the data was replaced: what the log holds does not lead here.
    pub fn log_broken(&mut self) {
        self.feed.unlogged.clear();
        if self.persist.log.is_some() {
            self.begin_base(Chain::Broken);
        }
    }

    /// BGREWRITEAOF, or the log has grown enough. False if one is under way.
    pub fn rewrite_log(&mut self) -> bool {
        if self.persist.log.as_ref().is_some_and(|log| log.rewriting) {
            return false;
        }
        self.begin_base(Chain::Goes);
        true
    }

    /// `appendonly` was switched: a log begins with all data, or ends.
    pub fn switch_log(&mut self) {
        if self.restoring {
            // When all data is back, the option is looked at.
            return;
        }
        match (self.options.persist.log, self.persist.log.is_some()) {
            (true, false) => {
                if let Err(error) = self.open_new_log() {
                    self.disk_failed("begin an append log", &error);
                }
            }
            (false, true) => {
                self.flush_log();
                if let Some(log) = self.persist.log.take() {
                    self.persist.closed = (log.generation, log.last_seq);
                }
                self.feed.logging = false;
                self.feed.unlogged.clear();
                self.persist.synced.notify_waiters();
            }
            _ => {}
        }
    }

    /// A log where none was running. Parts of an earlier one stay until the new base is there.
    fn open_new_log(&mut self) -> io::Result<()> {
        let settings = &self.options.persist;
        let folder = self.options.dir.join(&settings.folder);
        fs::create_dir_all(&folder)?;
        sync_folder_of(&folder)?;
        sweep(&folder)?;
        let manifest = fs::read_to_string(folder.join(Manifest::file(&settings.name)));
        let manifest = manifest.ok().and_then(|text| Manifest::parse(&text).ok()).unwrap_or_default();
        // Never written to: the base that is begun below opens an increment of its own.
        let (generation, seq) = self.persist.closed;
        let seq = manifest.next_seq().max(seq.saturating_add(1));
        let part = Manifest::increment_part(&settings.name, seq);
        let file = Arc::new(create(&folder, &part)?);
        let mut log = AppendLog::over(folder, manifest, file);
        log.pending = Some(part.name);
        (log.generation, log.last_seq) = (generation, seq);
        self.persist.log = Some(log);
        self.feed.logging = true;
        self.feed.unlogged.clear();
        self.begin_base(Chain::Broken);
        Ok(())
    }

    fn begin_base(&mut self, chain: Chain) {
        self.flush_log();
        if let Err(error) = self.try_begin_base(chain) {
            self.disk_failed("begin a new base of the log", &error);
        }
    }

    fn try_begin_base(&mut self, chain: Chain) -> io::Result<()> {
        let (base, history) = (self.snapshot(true), self.node.replication().held().map(|held| held.history));
        let end = self.feed.end();
        let name = self.options.persist.name.clone();
        let Some(log) = &mut self.persist.log else { return Ok(()) };
        if chain == Chain::Goes && log.whole {
            log.file.sync_data()?;
            log.all_synced();
        }
        log.last_seq += 1;
        let seq = log.last_seq;
        let increment = Manifest::increment_part(&name, seq);
        if let Some(given_up) = log.pending.replace(increment.name.clone()).filter(|_| !log.whole) {
            // It led to data that is gone again.
            drop(fs::remove_file(log.folder.join(given_up)));
        }
        log.file = Arc::new(create(&log.folder, &increment)?);
        // The old parts still lead somewhere: here, or, for a broken chain, to the past.
        let still_leads = chain == Chain::Goes && log.whole;
        let mut next = log.manifest.clone();
        if still_leads {
            next.increments.push(increment.clone());
            write_manifest(&log.folder, &name, &next)?;
            log.manifest = next;
        } else {
            log.whole = false;
            log.durable = 0;
        }
        log.before += log.size;
        (log.size, log.synced_size) = (0, 0);
        log.told = history;
        log.rewriting = true;
        log.generation += 1;
        log.written_offset = end;
        let (generation, folder) = (log.generation, log.folder.clone());
        let part = Manifest::base_part(&name, seq);
        let path = folder.join(&part.name);
        let me = self.me.clone();
        spawn_local(async move {
            let size = base.len() as u64;
            let done = tokio::task::spawn_blocking(move || replace(&path, &base, Durability::Synced)).await;
            let Some(server) = me.upgrade() else { return };
            server.borrow_mut().base_written(
                generation,
                (part, increment),
                size,
                done.map_err(io::Error::other).flatten(),
            );
        });
        Ok(())
    }

    /// The base is on the disk: from now on the log is it and its increment.
    fn base_written(
        &mut self,
        generation: u64,
        (base, increment): (Part, Part),
        size: u64,
        done: io::Result<()>,
    ) {
        let name = self.options.persist.name.clone();
        let Some(log) = self.persist.log.as_mut().filter(|log| log.generation == generation) else {
            // A newer base is on its way, or the log was switched off.
            let folder = self.options.dir.join(&self.options.persist.folder);
            drop(fs::remove_file(folder.join(&base.name)));
            return;
        };
        log.pending = None;
        log.rewriting = false;
        self.persist.rewrite_failed = done.is_err();
        self.persist.rewrite_tried = self.clock.unix_ms() / 1000;
        if let Err(error) = done {
            if log.whole {
                self.warning(format_args!("cannot rewrite the append log: {error}; the old one goes on"));
                return;
            }
            self.disk_failed("write the base of the append log", &error);
        }
        let old = std::mem::take(&mut log.manifest);
        log.manifest = Manifest { base: Some(base), increments: vec![increment] };
        let done = log.file.sync_data().and_then(|()| write_manifest(&log.folder, &name, &log.manifest));
        if let Err(error) = done {
            self.disk_failed("write the manifest of the append log", &error);
        }
        (log.base_size, log.before) = (size, size);
        log.whole = true;
        log.all_synced();
        for part in old.base.iter().chain(&old.increments) {
            if log.manifest.base.as_ref() != Some(part) && !log.manifest.increments.contains(part) {
                // What stays is litter that no manifest names.
                drop(fs::remove_file(log.folder.join(&part.name)));
            }
        }
        self.persist.synced.notify_waiters();
        self.notice(format_args!("append log: new base of {size} bytes"));
    }

    /// Rewrites a log that has outgrown its base.
    pub(super) fn rewrite_if_grown(&mut self) {
        let settings = &self.options.persist;
        let (percent, least) = (settings.growth, settings.growth_least);
        let Some(log) = &self.persist.log else { return };
        let since = (self.clock.unix_ms() / 1000).saturating_sub(self.persist.rewrite_tried);
        if self.persist.rewrite_failed && since < AFTER_FAILURE {
            return;
        }
        let size = log.before + log.size;
        let grown = size.saturating_sub(log.base_size).saturating_mul(100);
        if percent > 0 && size >= least && grown >= log.base_size.max(1).saturating_mul(percent) && log.whole
        {
            self.rewrite_log();
        }
    }
}

fn create(folder: &Path, part: &Part) -> io::Result<File> {
    // A part that no manifest names may be left of a process that was killed.
    File::options().write(true).create(true).truncate(true).open(folder.join(&part.name))
}

pub(super) fn write_manifest(folder: &Path, name: &str, manifest: &Manifest) -> io::Result<()> {
    replace(&folder.join(Manifest::file(name)), manifest.to_string().as_bytes(), Durability::Synced)
}
