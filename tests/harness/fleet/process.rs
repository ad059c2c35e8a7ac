//! One node's process.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Child, Stdio};
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};

use super::{Make, Ports};

/// One node, running or not.
#[derive(Debug)]
pub struct Process {
    make: Make,
    /// Where it listens.
    pub ports: Ports,
    folder: PathBuf,
    options: Vec<String>,
    child: Option<Child>,
    paused: bool,
}

/// How long a node that runs may take to answer.
const PATIENCE: Duration = Duration::from_secs(10);

impl Process {
    /// A node that does not run yet.
    pub fn new(make: Make, ports: Ports, folder: PathBuf, options: Vec<String>) -> Self {
        fs::create_dir_all(&folder).expect("a folder below target");
        Self { make, ports, folder, options, child: None, paused: false }
    }

    /// Which program it is.
    pub const fn make(&self) -> Make {
        self.make
    }

    /// From its next start on it is another program, in the same folder.
    pub const fn becomes(&mut self, make: Make) {
        self.make = make;
    }

    /// Writes its first `nodes.conf`.
    pub fn remember(&self, conf: &str) {
        fs::write(self.folder.join("nodes.conf"), conf).expect("a nodes.conf");
    }

    /// Starts the process.
    pub fn start(&mut self) {
        let log = File::options().create(true).append(true).open(self.folder.join("log")).expect("a log");
        let Ports { client, bus, announced } = self.ports;
        let mut command = self.make.command();
        command.current_dir(&self.folder);
        command.args(["--port", &client.to_string(), "--cluster-port", &bus.to_string()]);
        if announced != bus {
            command.args(["--cluster-announce-bus-port", &announced.to_string()]);
        }
        for (name, value) in self.make.options() {
            command.arg(format!("--{name}")).arg(value);
        }
        command.args(&self.options);
        let child = command.stdin(Stdio::null()).stderr(log.try_clone().expect("a log")).stdout(log).spawn();
        self.child = Some(child.expect("a node starts"));
    }

    /// SIGKILL, and waits until it is gone.
    pub fn kill(&mut self) {
        self.paused = false;
        if let Some(mut child) = self.child.take() {
            // It may have ended by itself.
            let _ = child.kill();
            let _ = child.wait();
        }
    }

    /// SIGTERM, and waits until it is gone.
    pub fn stop(&mut self) {
        self.signal(Signal::TERM);
        if let Some(mut child) = self.child.take() {
            child.wait().expect("it ends");
        }
    }

    /// SIGSTOP.
    pub fn pause(&mut self) {
        self.paused = true;
        self.signal(Signal::STOP);
    }

    /// SIGCONT.
    pub fn resume(&mut self) {
        self.paused = false;
        self.signal(Signal::CONT);
    }

    fn signal(&self, signal: Signal) {
        let pid = self.pid().and_then(|pid| i32::try_from(pid).ok()).and_then(Pid::from_raw);
        kill_process(pid.expect("a running node"), signal).expect("our own process");
    }

    /// Its process id.
    pub fn pid(&self) -> Option<u32> {
        self.child.as_ref().map(Child::id)
    }

    /// Whether it can answer.
    pub fn runs(&self) -> bool {
        self.child.is_some() && !self.paused
    }

    /// Whether its process ended by itself.
    pub fn ended(&mut self) -> bool {
        self.child.as_mut().is_some_and(|child| !matches!(child.try_wait(), Ok(None)))
    }

    /// A connection to it, with patience for a node that has only just started.
    pub fn connect(&self) -> redis::RedisResult<redis::Connection> {
        let client = redis::Client::open(format!("redis://127.0.0.1:{}/", self.ports.client))?;
        let start = Instant::now();
        let connection = loop {
            match client.get_connection_with_timeout(PATIENCE) {
                Ok(connection) => break connection,
                Err(error) if start.elapsed() > PATIENCE => return Err(error),
                Err(_) => std::thread::sleep(Duration::from_millis(50)),
            }
        };
        connection.set_read_timeout(Some(PATIENCE))?;
        Ok(connection)
    }

    /// A command; no answer, or an error, is a panic.
    pub fn ask<T: redis::FromRedisValue>(&self, words: &[&str]) -> T {
        self.try_ask(words).unwrap_or_else(|error| {
            panic!(
                "{words:?} to the {} of port {}: {error}\n{}",
                self.make.name(),
                self.ports.client,
                self.tail()
            )
        })
    }

    /// A command.
    pub fn try_ask<T: redis::FromRedisValue>(&self, words: &[&str]) -> redis::RedisResult<T> {
        redis::cmd(words[0]).arg(&words[1..]).query(&mut self.connect()?)
    }

    /// Its log.
    pub fn log(&self) -> String {
        fs::read_to_string(self.folder.join("log")).unwrap_or_default()
    }

    /// The end of its log, for failures.
    pub fn tail(&self) -> String {
        let text = self.log();
        let lines: Vec<&str> = text.lines().collect();
        lines[lines.len().saturating_sub(20)..].join("\n")
    }

    /// Where it keeps what it remembers.
    pub fn folder(&self) -> &Path {
        &self.folder
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        self.kill();
    }
}
