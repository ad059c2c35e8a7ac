//! One server as a process: ours or Valkey's, what it is asked and what it costs.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail};

use super::ports::Claim;
use crate::run::{tools_dir, top};

/// How long anything may take that takes a moment.
const PATIENCE: Duration = Duration::from_mins(1);

/// Which program.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Make {
    Ours,
    Valkey,
}

pub(super) const MAKES: [Make; 2] = [Make::Ours, Make::Valkey];

impl Make {
    fn command(self) -> Command {
        match self {
            Self::Ours => {
                let mut command = Command::new(top().join("target/release/splitvote"));
                command.arg("node");
                command
            }
            Self::Valkey => {
                let home = tools_dir().join("servers/valkey-9.1.2");
                let mut command = Command::new(home.join("server"));
                command.env("LD_LIBRARY_PATH", home.join("lib")).arg("/dev/null");
                command.args(["--cluster-enabled", "yes", "--bind", "127.0.0.1", "--save", ""]);
                command
            }
        }
    }
}

/// A running server; it ends with its value.
pub(super) struct Node {
    child: Child,
    folder: PathBuf,
    pub(super) port: u16,
    _claim: Claim,
}

impl Node {
    pub(super) fn start(make: Make) -> Result<Self> {
        let claim = Claim::take().context("no port between 20000 and 22500 is free")?;
        let port = claim.port;
        let folder = top().join(format!("target/tmp/bench-{port}"));
        if folder.exists() {
            fs::remove_dir_all(&folder)?;
        }
        fs::create_dir_all(&folder)?;
        let log = fs::File::create(folder.join("log"))?;
        let child = make
            .command()
            .args(["--enable-debug-command", "yes", "--port", &port.to_string(), "--dir"])
            .arg(&folder)
            .stdin(Stdio::null())
            .stdout(log.try_clone()?)
            .stderr(log)
            .spawn()
            .with_context(|| format!("starting {make:?}"))?;
        let node = Self { child, folder, port, _claim: claim };
        node.until("it answers", |node| node.ask(&["PING"]).is_ok_and(|text| text == "PONG"))?;
        Ok(node)
    }

    /// Gives it every slot, so that it serves as a cluster of one.
    pub(super) fn own_everything(&self) -> Result<()> {
        self.ask(&["CLUSTER", "ADDSLOTSRANGE", "0", "16383"])?;
        self.until("its cluster is whole", |node| node.whole(1))
    }

    /// Whether it knows so many nodes and a cluster that works.
    pub(super) fn whole(&self, nodes: usize) -> bool {
        self.ask(&["CLUSTER", "INFO"]).is_ok_and(|text| {
            text.contains("cluster_state:ok") && text.contains(&format!("cluster_known_nodes:{nodes}\r"))
        })
    }

    /// What `redis-cli` prints.
    pub(super) fn ask(&self, words: &[&str]) -> Result<String> {
        said(tool("redis-cli").args(["-p", &self.port.to_string()]).args(words))
    }

    pub(super) fn until(&self, what: &str, is: impl Fn(&Self) -> bool) -> Result<()> {
        let start = Instant::now();
        while !is(self) {
            if start.elapsed() > PATIENCE {
                let log = self.folder.join("log");
                bail!("waited for {what} for a minute; what the server says is in {}", log.display());
            }
            sleep(Duration::from_millis(50));
        }
        Ok(())
    }

    /// Memory it holds, in kB.
    pub(super) fn memory(&self) -> Result<u64> {
        let status = fs::read_to_string(self.proc().join("status"))?;
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
        line.and_then(|line| line.split_whitespace().next()?.parse().ok()).context("the kernel says no VmRSS")
    }

    /// Processor time of all its threads so far.
    pub(super) fn processor(&self) -> Result<Duration> {
        let mut sum = 0;
        for task in fs::read_dir(self.proc().join("task"))? {
            let text = fs::read_to_string(task?.path().join("schedstat"))?;
            let time = text.split_whitespace().next().and_then(|word| word.parse::<u64>().ok());
            sum += time.context("the kernel says no schedstat")?;
        }
        Ok(Duration::from_nanos(sum))
    }

    fn proc(&self) -> PathBuf {
        Path::new("/proc").join(self.child.id().to_string())
    }
}

impl Drop for Node {
    fn drop(&mut self) {
        // It may have ended by itself, and its folder may be gone.
        drop(self.child.kill());
        drop(self.child.wait());
        drop(fs::remove_dir_all(&self.folder));
    }
}

/// A tool of Redis 7.0.15.
pub(super) fn tool(name: &str) -> Command {
    let home = tools_dir().join("servers/redis-7.0.15");
    let mut command = Command::new(home.join("usr/bin").join(name));
    command.env("LD_LIBRARY_PATH", home.join("lib"));
    command
}

/// What a tool prints; an error if it fails.
pub(super) fn said(command: &mut Command) -> Result<String> {
    let output = command.stdin(Stdio::null()).output().with_context(|| format!("running {command:?}"))?;
    let text = String::from_utf8_lossy(&output.stdout).trim().to_owned();
    if !output.status.success() {
        bail!("{command:?} ended with {}: {text} {}", output.status, String::from_utf8_lossy(&output.stderr));
    }
    Ok(text)
}
