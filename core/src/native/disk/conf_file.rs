//! `nodes.conf`: written aside, synced, renamed, its directory synced (protocol.md §12.3).

use std::fs::{self, File};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use crate::cluster::NodesConf;
use crate::node::Durability;

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
        let aside = self.path.with_extension(format!("tmp-{}", std::process::id()));
        let mut file = File::create(&aside)?;
        file.write_all(conf.to_string().as_bytes())?;
        if durability == Durability::Synced {
            file.sync_all()?;
        }
        fs::rename(&aside, &self.path)?;
        if durability == Durability::Synced
            && let Some(dir) = self.path.parent()
        {
            File::open(if dir.as_os_str().is_empty() { Path::new(".") } else { dir })?.sync_all()?;
        }
        Ok(())
    }
}
