//! A lock on a file that is never renamed: `nodes.conf` itself is, and a lock on it would protect
//! nothing after its first save (protocol.md §12.4).

use std::fs::{File, OpenOptions};
use std::io;
use std::path::Path;

/// Held as long as it lives; the kernel takes it back when the process ends.
#[derive(Debug)]
pub struct Lock {
    _file: File,
}

impl Lock {
    /// Takes the lock, or fails at once if another process has it.
    pub fn take(dir: &Path, name: &str) -> io::Result<Self> {
        let path = dir.join(format!("{name}.lock"));
        let file = OpenOptions::new().create(true).truncate(false).write(true).open(path)?;
        file.try_lock().map_err(io::Error::from)?;
        Ok(Self { _file: file })
    }
}
