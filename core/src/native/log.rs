//! One line per event, to standard output or a file.

use std::fmt::{Arguments, Display};
use std::fs::{File, OpenOptions};
use std::io::Write as _;
use std::path::Path;

/// How much a line matters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Level {
    /// For who looks for a fault.
    Debug,
    /// What happens.
    Notice,
    /// What should not happen.
    Warning,
}

/// Where lines go. A log that cannot be written must not end a node.
#[derive(Debug)]
pub struct Log {
    file: Option<File>,
    least: Level,
}

impl Log {
    /// A log to a file, or to standard output for an empty path.
    pub fn open(path: &Path, least: Level) -> std::io::Result<Self> {
        let file = if path.as_os_str().is_empty() {
            None
        } else {
            Some(OpenOptions::new().create(true).append(true).open(path)?)
        };
        Ok(Self { file, least })
    }

    /// Writes a line: the time, the level, the words.
    pub fn line(&mut self, unix_ms: u64, level: Level, words: Arguments<'_>) {
        if level < self.least {
            return;
        }
        let word = match level {
            Level::Debug => "debug",
            Level::Notice => "notice",
            Level::Warning => "warning",
        };
        let (seconds, millis) = (unix_ms / 1000, unix_ms % 1000);
        let line = format!("{} {seconds}.{millis:03} {word} {}\n", std::process::id(), OneLine(words));
        let done = match &mut self.file {
            Some(file) => file.write_all(line.as_bytes()),
            None => std::io::stdout().lock().write_all(line.as_bytes()),
        };
        // Nobody is left to tell.
        drop(done);
    }
}

/// Words without control characters: a name from the network must not forge a line.
struct OneLine<'a>(Arguments<'a>);

impl Display for OneLine<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        for c in self.0.to_string().chars() {
            if c.is_control() { write!(f, "{}", c.escape_default())? } else { write!(f, "{c}")? }
        }
        Ok(())
    }
}
