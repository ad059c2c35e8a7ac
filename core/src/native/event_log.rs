//! What the core says, whole and for programs: one JSON object a line, beside the log for people.

use std::fs::{File, OpenOptions};
use std::io::Write as _;
use std::path::Path;

use serde::{Deserialize, Serialize};

use crate::node::Event;

/// Where events go.
#[derive(Debug)]
pub struct EventLog(File);

/// One line of it.
#[derive(Debug, Serialize, Deserialize)]
pub struct EventLine {
    /// Unix microseconds.
    pub unix_us: u64,
    /// What happened.
    pub event: Event,
}

impl EventLog {
    /// One that goes to a file; none for an empty path.
    pub fn open(path: &Path) -> std::io::Result<Option<Self>> {
        if path.as_os_str().is_empty() {
            return Ok(None);
        }
        OpenOptions::new().create(true).append(true).open(path).map(|file| Some(Self(file)))
    }

    /// Writes a line.
    pub fn line(&mut self, unix_us: u64, event: &Event) {
        let line = EventLine { unix_us, event: event.clone() };
        if let Ok(mut text) = serde_json::to_string(&line) {
            text.push('\n');
            // A log that cannot be written must not end a node.
            drop(self.0.write_all(text.as_bytes()));
        }
    }
}
