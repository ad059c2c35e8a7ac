//! Programs that nobody here wrote, run to their end.

use std::fmt::Write as _;
use std::io::Write as _;
use std::process::{Command, Stdio};
use std::thread::{self, sleep};
use std::time::{Duration, Instant};

use harness::fleet::tool;

/// How long a program may take.
const PATIENCE: Duration = Duration::from_mins(3);

/// What a program printed; it must succeed.
pub(crate) fn said(command: &mut Command) -> String {
    let (well, text) = run(command);
    assert!(well, "{command:?} failed:\n{text}");
    text
}

/// Whether a program succeeded, and what it printed.
pub(crate) fn run(command: &mut Command) -> (bool, String) {
    answered(command, "")
}

/// The same of a program that asks something.
pub(crate) fn answered(command: &mut Command, answers: &str) -> (bool, String) {
    let child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn();
    let mut child = child.unwrap_or_else(|error| panic!("{command:?}: {error}"));
    if let Some(mut input) = child.stdin.take() {
        // A program that asks nothing may have ended.
        let _ = input.write_all(answers.as_bytes());
    }
    let readers = [
        child.stdout.take().map(|out| thread::spawn(move || std::io::read_to_string(out))),
        child.stderr.take().map(|out| thread::spawn(move || std::io::read_to_string(out))),
    ];
    let start = Instant::now();
    let status = loop {
        if let Some(status) = child.try_wait().expect("our own child") {
            break Some(status);
        }
        if start.elapsed() > PATIENCE {
            // It may end this very moment.
            let _ = child.kill();
            let _ = child.wait();
            break None;
        }
        sleep(Duration::from_millis(20));
    };
    let mut text = String::new();
    for reader in readers.into_iter().flatten() {
        text += &reader.join().expect("a reader").unwrap_or_else(|error| error.to_string());
    }
    if status.is_none() {
        let _ = write!(text, "\nstopped after {PATIENCE:?}");
    }
    (status.is_some_and(|status| status.success()), text)
}

/// `redis-cli` to a port.
pub(crate) fn cli(port: u16, words: &[&str]) -> String {
    said(tool("redis-cli").args(["-p", &port.to_string()]).args(words))
}

/// `redis-cli --cluster`, which must succeed and complain of nothing.
pub(crate) fn manage(words: &[&str]) -> String {
    let text = said(tool("redis-cli").arg("--cluster").args(words));
    assert!(!text.contains("[ERR]"), "redis-cli --cluster {words:?}:\n{text}");
    text
}
