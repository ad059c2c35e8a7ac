//! One real server process. Only processes started here are ever ended.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};

/// Which program.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Make {
    /// Valkey 9.1.2.
    Valkey,
    /// Redis 7.0.15.
    Redis,
}

impl Make {
    /// The rules under which the simulator claims to behave like it.
    pub(crate) const fn preset(self) -> &'static str {
        match self {
            Self::Valkey => "valkey-9.1",
            Self::Redis => "redis-7.0",
        }
    }

    /// Where `cargo xtask test interop` puts it.
    fn folder(self) -> PathBuf {
        PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../target/tools/servers")).join(self.name())
    }

    /// Program and version.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Valkey => "valkey-9.1.2",
            Self::Redis => "redis-7.0.15",
        }
    }
}

/// The ports of one server.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Ports {
    pub(crate) client: u16,
    pub(crate) bus: u16,
    /// The bus port that it announces: a proxy's.
    pub(crate) announced: u16,
}

/// One server, running or not.
#[derive(Debug)]
pub(crate) struct Server {
    make: Make,
    pub(crate) ports: Ports,
    folder: PathBuf,
    options: Vec<String>,
    child: Option<Child>,
    paused: bool,
}

impl Server {
    /// A server that does not run yet, with its first `nodes.conf`.
    pub(crate) fn new(make: Make, ports: Ports, folder: PathBuf, conf: &str, options: Vec<String>) -> Self {
        fs::create_dir_all(&folder).expect("a folder below target");
        fs::write(folder.join("nodes.conf"), conf).expect("a nodes.conf");
        Self { make, ports, folder, options, child: None, paused: false }
    }

    /// Starts the process.
    pub(crate) fn start(&mut self) {
        let home = self.make.folder();
        let program = home.join("server");
        assert!(program.is_file(), "{} is missing: `cargo xtask test interop` sets it up", program.display());
        let log = File::options().create(true).append(true).open(self.folder.join("log")).expect("a log");
        let Ports { client, bus, announced } = self.ports;
        let ports = [("port", client), ("cluster-port", bus), ("cluster-announce-bus-port", announced)];
        let mut command = Command::new(program);
        command.env("LD_LIBRARY_PATH", home.join("lib")).arg("/dev/null").current_dir(&self.folder);
        for (name, port) in ports {
            command.arg(format!("--{name}")).arg(port.to_string());
        }
        for (name, value) in OPTIONS {
            command.arg(format!("--{name}")).arg(value);
        }
        command.args(&self.options);
        let child = command.stdin(Stdio::null()).stderr(log.try_clone().expect("a log")).stdout(log).spawn();
        self.child = Some(child.expect("a server starts"));
    }

    /// SIGKILL, and waits until it is gone.
    pub(crate) fn kill(&mut self) {
        self.paused = false;
        if let Some(mut child) = self.child.take() {
            let _ = child.kill();
            let _ = child.wait();
        }
    }

    /// SIGSTOP.
    pub(crate) fn pause(&mut self) {
        self.paused = true;
        self.signal(Signal::STOP);
    }

    /// SIGCONT.
    pub(crate) fn resume(&mut self) {
        self.paused = false;
        self.signal(Signal::CONT);
    }

    fn signal(&self, signal: Signal) {
        let pid =
            self.child.as_ref().and_then(|child| i32::try_from(child.id()).ok()).and_then(Pid::from_raw);
        kill_process(pid.expect("a running server"), signal).expect("our own process");
    }

    /// Whether it can answer.
    pub(crate) fn runs(&self) -> bool {
        self.child.is_some() && !self.paused
    }

    /// A command, with patience for a server that has only just started; no answer is a panic.
    pub(crate) fn ask<T: redis::FromRedisValue>(&self, words: &[&str]) -> T {
        self.try_ask(words).unwrap_or_else(|error| panic!("{words:?} to port {}: {error}", self.ports.client))
    }

    pub(crate) fn try_ask<T: redis::FromRedisValue>(&self, words: &[&str]) -> redis::RedisResult<T> {
        let patience = Duration::from_secs(5);
        let client = redis::Client::open(format!("redis://127.0.0.1:{}/", self.ports.client))?;
        let start = Instant::now();
        let mut connection = loop {
            match client.get_connection_with_timeout(patience) {
                Ok(connection) => break connection,
                Err(error) if start.elapsed() > patience => return Err(error),
                Err(_) => std::thread::sleep(Duration::from_millis(50)),
            }
        };
        connection.set_read_timeout(Some(patience))?;
        redis::cmd(words[0]).arg(&words[1..]).query(&mut connection)
    }

    /// The end of its log, for failures.
    pub(crate) fn log(&self) -> String {
        tail(&self.folder.join("log"))
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.kill();
    }
}

/// No data on disk, one machine, no waiting for a second replica.
const OPTIONS: &[(&str, &str)] = &[
    ("bind", "127.0.0.1"),
    ("cluster-enabled", "yes"),
    ("cluster-config-file", "nodes.conf"),
    ("save", ""),
    ("appendonly", "no"),
    ("repl-diskless-sync-delay", "0"),
    ("protected-mode", "no"),
    ("daemonize", "no"),
];

fn tail(path: &Path) -> String {
    let text = fs::read_to_string(path).unwrap_or_default();
    let lines: Vec<&str> = text.lines().collect();
    lines[lines.len().saturating_sub(12)..].join("\n")
}
