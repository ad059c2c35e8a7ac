//! Which program a node is.

use std::path::PathBuf;
use std::process::Command;

use crate::target;

/// Which program.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Make {
    /// `splitvote node`.
    Ours,
    /// Valkey 9.1.2.
    Valkey,
    /// Redis 7.0.15.
    Redis,
}

impl Make {
    /// The rules under which the simulator claims to behave like it.
    pub const fn preset(self) -> &'static str {
        match self {
            Self::Ours => "splitvote",
            Self::Valkey => "valkey-9.1",
            Self::Redis => "redis-7.0",
        }
    }

    /// Program and version.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Ours => "splitvote",
            Self::Valkey => "valkey-9.1.2",
            Self::Redis => "redis-7.0.15",
        }
    }

    /// Where the program is.
    pub fn program(self) -> PathBuf {
        let program = match self {
            Self::Ours => ours(),
            Self::Valkey | Self::Redis => self.home().join("server"),
        };
        assert!(program.is_file(), "{} is missing: `cargo xtask test peers` sets it up", program.display());
        program
    }

    /// Where the libraries of a real server are.
    pub fn libraries(self) -> PathBuf {
        self.home().join("lib")
    }

    fn home(self) -> PathBuf {
        target("tools/servers").join(self.name())
    }

    /// The program with what it needs to start; its options are still to come.
    pub(crate) fn command(self) -> Command {
        let mut command = Command::new(self.program());
        match self {
            Self::Ours => command.arg("node"),
            Self::Valkey | Self::Redis => command.env("LD_LIBRARY_PATH", self.libraries()).arg("/dev/null"),
        };
        command
    }

    /// What every test wants of it: one machine, no data on disk, no waiting for a second replica.
    pub(crate) const fn options(self) -> &'static [(&'static str, &'static str)] {
        match self {
            Self::Ours => &[("enable-debug-command", "yes")],
            Self::Valkey | Self::Redis => &[
                ("bind", "127.0.0.1"),
                ("cluster-enabled", "yes"),
                ("cluster-config-file", "nodes.conf"),
                ("save", ""),
                ("appendonly", "no"),
                ("repl-diskless-sync-delay", "0"),
                ("protected-mode", "no"),
                ("daemonize", "no"),
                ("enable-debug-command", "yes"),
            ],
        }
    }
}

/// The program of this build: it lies two folders above the test that runs.
fn ours() -> PathBuf {
    let test = std::env::current_exe().expect("a test is a program");
    test.ancestors().nth(2).expect("it lies in a profile's `deps`").join("splitvote")
}

/// A tool that came with Redis 7.0.15, such as `redis-cli`.
pub fn tool(name: &str) -> Command {
    let home = target("tools/servers/redis-7.0.15");
    let mut command = Command::new(home.join("usr/bin").join(name));
    command.env("LD_LIBRARY_PATH", home.join("lib"));
    command
}
