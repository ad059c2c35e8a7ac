//! The chromedriver process: started on a free port, with a temporary folder of its own.

use std::fs;
use std::io::{BufRead as _, BufReader};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio, id};
use std::sync::atomic::{AtomicU32, Ordering};
use std::thread;

use crate::{Failure, Outcome, target};

/// A running chromedriver. It must outlive its sessions: killing it leaves Chromium behind, so
/// `Browser` ends the session first.
#[derive(Debug)]
pub(crate) struct Driver {
    process: Child,
    port: u16,
    folder: PathBuf,
}

/// How often a driver is started before that is an error. It looks for a free port by itself, for IPv4
/// first and then for IPv6 the same; when another process has that one, it ends without a word.
const ATTEMPTS: u32 = 5;

impl Driver {
    pub(crate) fn start() -> Outcome<Self> {
        let mut started = Self::start_once();
        for _ in 1..ATTEMPTS {
            if started.is_ok() {
                break;
            }
            started = Self::start_once();
        }
        started
    }

    fn start_once() -> Outcome<Self> {
        let folder = fresh_folder()?;
        let mut process = Command::new("chromedriver")
            .arg("--port=0")
            // Profiles stay behind in the temporary folder, some megabytes a session.
            .env("TMPDIR", &folder)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .map_err(|error| Failure::Driver(error.to_string()))?;
        let port = match listening_port(&mut process) {
            Ok(port) => port,
            Err(failure) => {
                drop(process.kill());
                return Err(failure);
            }
        };
        Ok(Self { process, port, folder })
    }

    pub(crate) fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }
}

impl Drop for Driver {
    fn drop(&mut self) {
        drop(self.process.kill());
        drop(self.process.wait());
        // Chromium may still be writing its last files; what stays is below target/tmp and harmless.
        drop(fs::remove_dir_all(&self.folder));
    }
}

fn fresh_folder() -> Outcome<PathBuf> {
    static NEXT: AtomicU32 = AtomicU32::new(0);
    let number = NEXT.fetch_add(1, Ordering::Relaxed);
    let path = target("tmp").join(format!("browser-{}-{number}", id()));
    let made = fs::create_dir_all(&path).and_then(|()| path.canonicalize());
    made.map_err(|cause| Failure::File { path, cause })
}

/// Reads the driver's greeting, which ends in the port.
fn listening_port(process: &mut Child) -> Outcome<u16> {
    let silent = || Failure::Driver("it ended without saying on which port it listens".into());
    let mut lines = BufReader::new(process.stdout.take().ok_or_else(silent)?).lines();
    let port = lines.by_ref().map_while(Result::ok).find_map(|line| port_in(&line)).ok_or_else(silent)?;
    // Its later lines are read away, or a full pipe would stop it.
    thread::spawn(move || lines.for_each(drop));
    Ok(port)
}

fn port_in(line: &str) -> Option<u16> {
    let (_, port) = line.rsplit_once("was started successfully on port ")?;
    port.trim_end_matches('.').parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_port_is_read_from_the_greeting() {
        assert_eq!(port_in("ChromeDriver was started successfully on port 45123."), Some(45_123));
        assert_eq!(port_in("Starting ChromeDriver 156.0 (abc) on port 0"), None);
        assert_eq!(port_in("Only local connections are allowed."), None);
    }
}
