//! What is on the disk becomes the data of a process that begins, before anybody is served.

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use thiserror::Error;

use crate::base::{HistoryId, Offset};
use crate::native::disk::sweep;
use crate::native::loading::{self, Progress};
use crate::native::rdb::{RdbError, Snapshot};
use crate::native::server::{Server, Shared};
use crate::node::ReplicationInput;
use crate::protocol::replication::HistoryPoint;

use super::append::AppendLog;
use super::manifest::{Manifest, ManifestError};
use super::replay::replay;
use super::snapshot::SHARD;

/// Why the data of the disk cannot be used. The node does not start: without it, it would say that it
/// has nothing, and a replica would believe it.
#[derive(Debug, Error)]
pub enum LoadError {
    /// The system refuses.
    #[error("cannot read {path}: {error}")]
    System {
        /// The file.
        path: PathBuf,
        /// What the system says.
        error: io::Error,
    },
    /// A snapshot is damaged.
    #[error(
        "{path}: {error}; put a good copy in its place, or move it away to begin without data and fetch \
         everything from a replica that has taken over"
    )]
    Snapshot {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        error: RdbError,
    },
    /// The list of the log's files is damaged.
    #[error("{path}: {error}; mend the line, or move the folder away to begin without data")]
    Manifest {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        error: ManifestError,
    },
    /// A part of the log is damaged, and not only cut off at its end.
    #[error(
        "{path}: {what} at byte {at}; make a copy, then cut the file there (truncate -s {at}, or \
         valkey-check-aof --fix) and lose what follows, or move the folder away to begin without data"
    )]
    Log {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        what: String,
        /// Where the last good command ends.
        at: u64,
    },
}

pub(super) fn system(path: &Path) -> impl FnOnce(io::Error) -> LoadError {
    let path = path.to_owned();
    move |error| LoadError::System { path, error }
}

/// What of the data may be claimed.
#[derive(Debug, Default)]
pub(super) struct Found {
    /// The history that the data is of, unless none may be claimed.
    pub(super) history: Option<HistoryId>,
    /// Whether every command could be applied.
    pub(super) whole: bool,
}

/// Loads the log if one is wanted and there, else the snapshot if there is one; then the log is open. The bus
/// is served meanwhile.
pub async fn load(server: &Shared) -> Result<(), LoadError> {
    let (settings, dir) = {
        let mut server = server.borrow_mut();
        // Slots that are lost from here on are lost with what comes back of them.
        server.input(|_, _| ());
        server.restoring = true;
        (server.options.persist.clone(), server.options.dir.clone())
    };
    sweep(&dir).map_err(system(&dir))?;
    let folder = dir.join(&settings.folder);
    let manifest_path = folder.join(Manifest::file(&settings.name));
    let snapshot_path = dir.join(&settings.snapshot);
    let mut found = Found { history: None, whole: true };
    if settings.log && manifest_path.exists() {
        sweep(&folder).map_err(system(&folder))?;
        let text = fs::read_to_string(&manifest_path).map_err(system(&manifest_path))?;
        let manifest = Manifest::parse(&text)
            .map_err(|error| LoadError::Manifest { path: manifest_path.clone(), error })?;
        load_log(server, &folder, manifest, &mut found).await?;
    } else if snapshot_path.exists() {
        let progress = server.borrow_mut().begin_loading(size(&snapshot_path));
        load_base(server, &snapshot_path, &progress, &mut found).await?;
    }
    let mut server = server.borrow_mut();
    server.restoring = false;
    restored(&mut server, &found);
    server.persist.saved.last = server.clock.unix_ms() / 1000;
    server.persist.saved.changes = server.feed.commands;
    // What was switched while data came back counts now.
    if server.options.persist.log == server.persist.log.is_some() {
        server.tell_history();
    } else {
        server.switch_log();
    }
    if std::mem::take(&mut server.follows_later) {
        server.input(|node, now| node.handle_replication(now, ReplicationInput::Lost));
    }
    Ok(())
}

/// Bytes of a file, for who wants to know how far it is; that it cannot be read is told when it is.
fn size(path: &Path) -> u64 {
    fs::metadata(path).map_or(0, |data| data.len())
}

/// Tells the node what it has.
fn restored(server: &mut Server, found: &Found) {
    let (end, first) = (Offset(server.feed.end()), Offset(server.feed.first()));
    let held = found.history.filter(|_| found.whole).map(|history| HistoryPoint { history, offset: end });
    if end > Offset::ZERO || !server.keyspace.is_empty() {
        let claim = held.map_or_else(|| "no history".to_owned(), |held| format!("history {}", held.history));
        server.notice(format_args!("loaded {} keys, offset {end}, {claim}", server.keyspace.len()));
    }
    let input = ReplicationInput::Restored { held, end, first };
    server.input(|node, now| node.handle_replication(now, input));
}

/// A snapshot, whether it stands alone or begins a log.
async fn load_base(
    server: &Shared,
    path: &Path,
    progress: &Progress,
    found: &mut Found,
) -> Result<u64, LoadError> {
    let file = File::open(path).map_err(system(path))?;
    let size = file.metadata().map_err(system(path))?.len();
    let snapshot = loading::load(server, progress, file).await;
    let snapshot = snapshot.map_err(|error| LoadError::Snapshot { path: path.to_owned(), error })?;
    let mut server = server.borrow_mut();
    let text = |name: &str| field(&snapshot, name);
    // More than a signed number holds is no offset of anybody's.
    let offset = text("repl-offset").and_then(|text| text.parse::<i64>().ok());
    let offset = offset.and_then(|offset| u64::try_from(offset).ok());
    // A file of the peers does not name its shard; who moved between shards since is not known.
    let same_shard = text(SHARD).is_none_or(|shard| shard == server.node.shard().to_string());
    found.history = text("repl-id").and_then(|id| id.parse().ok()).filter(|_| offset.is_some() && same_shard);
    server.feed.restart(offset.unwrap_or(0));
    server.keyspace = snapshot.keyspace;
    Ok(size)
}

fn field<'a>(snapshot: &'a Snapshot, name: &str) -> Option<&'a str> {
    let (_, value) = snapshot.aux.iter().rev().find(|(known, _)| known == name.as_bytes())?;
    std::str::from_utf8(value).ok()
}

async fn load_log(
    server: &Shared,
    folder: &Path,
    manifest: Manifest,
    found: &mut Found,
) -> Result<(), LoadError> {
    let parts = manifest.base.iter().chain(&manifest.increments);
    let total = parts.map(|part| size(&folder.join(&part.name))).sum();
    let progress = server.borrow_mut().begin_loading(total);
    let (mut before, mut base_size) = (0, 0);
    if let Some(base) = &manifest.base {
        let path = folder.join(&base.name);
        base_size = if Path::new(&base.name).extension().is_some_and(|kind| kind == "aof") {
            replay(server, &path, false, &progress, found).await?
        } else {
            load_base(server, &path, &progress, found).await?
        };
        before = base_size;
    }
    let Some((last, earlier)) = manifest.increments.split_last() else {
        // A base alone, as a peer leaves it: the log goes on with a base of our own.
        return Ok(());
    };
    for part in earlier {
        before += replay(server, &folder.join(&part.name), false, &progress, found).await?;
    }
    let path = folder.join(&last.name);
    let size = replay(server, &path, true, &progress, found).await?;
    let file = open(&path, size).map_err(system(&path))?;
    let history = found.history.filter(|_| found.whole);
    let mut server = server.borrow_mut();
    let mut log = AppendLog::over(folder.to_owned(), manifest, Arc::new(file));
    (log.before, log.base_size, log.size, log.told, log.whole) = (before, base_size, size, history, true);
    log.written_offset = server.feed.end();
    log.all_synced();
    server.persist.log = Some(log);
    server.feed.logging = true;
    Ok(())
}

/// The last increment, to be continued: all of it is on the disk.
fn open(path: &Path, size: u64) -> io::Result<File> {
    let file = File::options().append(true).open(path)?;
    if file.metadata()?.len() > size {
        file.set_len(size)?;
    }
    file.sync_all()?;
    Ok(file)
}
