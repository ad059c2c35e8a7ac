//! `nodes.conf`: written aside, synced, renamed, its directory synced (protocol.md §12.3).

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use crate::cluster::NodesConf;
use crate::node::Durability;

use super::replace;

/// The file's place.
#[derive(Clone, Debug)]
pub struct ConfFile {
    path: PathBuf,
}

impl ConfFile {
    /// A file in a directory.
    pub fn new(dir: &Path, name: &str) -> Self {
        Self { path: dir.join(name) }
    }

    /// Its text; `None` if there is none, or nothing in it.
    pub fn read(&self) -> io::Result<Option<String>> {
        match fs::read_to_string(&self.path) {
            Ok(text) if text.is_empty() => Ok(None),
            Ok(text) => Ok(Some(text)),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Replaces it. A reader sees the old text or the new, never half of one.
    pub fn write(&self, conf: &NodesConf, durability: Durability) -> io::Result<()> {
        replace(&self.path, conf.to_string().as_bytes(), durability)
    }
}
