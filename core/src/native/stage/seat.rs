//! One node's process, and the files it writes.

use std::fs::{self, File};
use std::io::{self, Read as _, Seek as _, SeekFrom};
use std::net::SocketAddrV4;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use rustix::process::{Pid, Signal, kill_process};

use crate::base::{Epoch, NodeId, Rules};
use crate::native::options::OPTIONS;
use crate::scenario::{NodeName, Program};

use super::make::Make;
use super::{StageError, network, system};

/// What a process does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Power {
    Up,
    Paused,
    Down,
}

/// A node's place: its name, its ports, its folder and, while it runs, its process.
pub(super) struct Seat {
    pub(super) name: NodeName,
    pub(super) make: Make,
    pub(super) address: SocketAddrV4,
    /// The process whose network namespace is its own; none if it shares the machine's.
    room: Option<u32>,
    pub(super) folder: PathBuf,
    /// How often a process was started here.
    pub(super) incarnation: u32,
    /// The epoch of its last request for votes, which its log names only once.
    pub(super) asked: Epoch,
    /// Whom it was last seen to follow: its log is read after it was asked, and a winner follows nobody.
    pub(super) followed: Option<NodeId>,
    /// What it was told to obey.
    pub(super) rules: Rules,
    power: Power,
    options: Vec<(&'static str, String)>,
    child: Option<Child>,
    tail: Tail,
}

const CONF: &str = "nodes.conf";
const LOG: &str = "log";
const EVENTS: &str = "events";

impl Seat {
    /// A seat with its folder and the first memory of its node; nobody sits in it yet.
    pub(super) fn new(
        name: NodeName,
        make: Make,
        (address, room): (SocketAddrV4, Option<u32>),
        folder: PathBuf,
        conf: &str,
        options: Vec<(&'static str, String)>,
    ) -> Result<Self, StageError> {
        fs::create_dir_all(&folder).map_err(system(format!("cannot make {}", folder.display())))?;
        fs::write(folder.join(CONF), conf)
            .map_err(system(format!("cannot write in {}", folder.display())))?;
        let told = if make.program == Program::Splitvote { EVENTS } else { LOG };
        let tail = Tail { path: folder.join(told), at: 0, rest: Vec::new() };
        Ok(Self {
            name,
            make,
            address,
            room,
            folder,
            incarnation: 0,
            asked: Epoch::ZERO,
            followed: None,
            rules: Rules::default(),
            power: Power::Down,
            options,
            child: None,
            tail,
        })
    }

    pub(super) fn power(&self) -> Power {
        self.power
    }

    /// Whether it can act.
    pub(super) fn runs(&self) -> bool {
        self.power == Power::Up
    }

    pub(super) fn pid(&self) -> Option<u32> {
        self.child.as_ref().map(Child::id)
    }

    /// Starts its process.
    pub(super) fn start(&mut self) -> Result<(), StageError> {
        let wrong = || system(format!("cannot start {}", self.make.path.display()));
        let log = File::options().create(true).append(true).open(self.folder.join(LOG)).map_err(wrong())?;
        let mut command = match self.room {
            Some(room) => network::inside(room, &self.make.path),
            None => Command::new(&self.make.path),
        };
        if self.make.program == Program::Splitvote {
            command.arg("node");
        }
        command.arg("--port").arg(self.address.port().to_string()).arg("--dir").arg(&self.folder);
        for (option, value) in self.always().into_iter().chain(self.options.iter().cloned()) {
            command.arg(format!("--{option}")).arg(value);
        }
        // Servers write times of day into their logs, which are read as those of no place.
        command.env("TZ", "UTC").stdin(Stdio::null()).stderr(log.try_clone().map_err(wrong())?).stdout(log);
        self.child = Some(command.spawn().map_err(wrong())?);
        self.power = Power::Up;
        self.incarnation += 1;
        Ok(())
    }

    /// What every process here is started with: no data on disk, as in the simulated world.
    fn always(&self) -> Vec<(&'static str, String)> {
        // Nobody but us is in a network of our own.
        let (debug, protected) = if self.room.is_some() { ("yes", "no") } else { ("local", "yes") };
        let mut options = vec![("cluster-config-file", CONF), ("enable-debug-command", debug)];
        let none = [("save", ""), ("appendonly", "no"), ("repl-diskless-sync-delay", "0")];
        let known = |name: &str| OPTIONS.iter().any(|option| option.name == name);
        if self.make.program == Program::Splitvote {
            options.extend(none.into_iter().filter(|(name, _)| known(name)));
            options.push(("protected-mode", protected));
        } else {
            options.extend(none);
            options.extend([("cluster-enabled", "yes"), ("protected-mode", "no"), ("daemonize", "no")]);
        }
        let mut options: Vec<_> = options.into_iter().map(|(name, value)| (name, value.to_owned())).collect();
        options.push(("bind", self.address.ip().to_string()));
        if self.make.program == Program::Splitvote {
            // A path is meant from where the process is started.
            options.push(("splitvote-event-log", self.folder.join(EVENTS).display().to_string()));
        }
        options
    }

    /// SIGKILL, and waits until it is gone. False if there was no process.
    pub(super) fn kill(&mut self) -> bool {
        self.power = Power::Down;
        let Some(mut child) = self.child.take() else { return false };
        // It may have ended by itself.
        drop(child.kill());
        drop(child.wait());
        true
    }

    /// Empties its disk.
    pub(super) fn wipe(&self) -> io::Result<()> {
        for entry in fs::read_dir(&self.folder)? {
            let path = entry?.path();
            let kept = path.file_name().is_some_and(|name| name == LOG || name == EVENTS);
            if !kept {
                if path.is_dir() { fs::remove_dir_all(path)? } else { fs::remove_file(path)? }
            }
        }
        Ok(())
    }

    /// SIGSTOP. False if it does not run.
    pub(super) fn pause(&mut self) -> bool {
        self.signalled(Power::Up, Signal::STOP, Power::Paused)
    }

    /// SIGCONT. False if it does not stand still.
    pub(super) fn resume(&mut self) -> bool {
        self.signalled(Power::Paused, Signal::CONT, Power::Up)
    }

    fn signalled(&mut self, from: Power, signal: Signal, to: Power) -> bool {
        let pid = self.pid().and_then(|pid| i32::try_from(pid).ok()).and_then(Pid::from_raw);
        let done = self.power == from && pid.is_some_and(|pid| kill_process(pid, signal).is_ok());
        if done {
            self.power = to;
        }
        done
    }

    /// Whether its process has ended though nobody here ended it.
    pub(super) fn has_ended(&mut self) -> bool {
        let ended = self.child.as_mut().is_some_and(|child| matches!(child.try_wait(), Ok(Some(_))));
        if ended {
            self.child = None;
            self.power = Power::Down;
        }
        ended
    }

    /// What it has told since last asked, a line each.
    pub(super) fn told(&mut self) -> Vec<String> {
        self.tail.lines().unwrap_or_default()
    }

    /// The end of its log, for people.
    pub(super) fn last_words(&self) -> String {
        last_lines(&self.folder.join(LOG), 12)
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        self.kill();
    }
}

fn last_lines(path: &Path, count: usize) -> String {
    let bytes = fs::read(path).unwrap_or_default();
    let text = String::from_utf8_lossy(&bytes).into_owned();
    let lines: Vec<&str> = text.lines().collect();
    lines[lines.len().saturating_sub(count)..].join("\n")
}

/// A file that grows.
struct Tail {
    path: PathBuf,
    at: u64,
    /// The beginning of a line that is not whole yet.
    rest: Vec<u8>,
}

impl Tail {
    fn lines(&mut self) -> io::Result<Vec<String>> {
        let mut file = match File::open(&self.path) {
            Ok(file) => file,
            Err(_) if self.at == 0 => return Ok(Vec::new()),
            Err(error) => return Err(error),
        };
        file.seek(SeekFrom::Start(self.at))?;
        let read = file.read_to_end(&mut self.rest)?;
        self.at += read as u64;
        let Some(end) = memchr::memrchr(b'\n', &self.rest) else { return Ok(Vec::new()) };
        let whole: Vec<u8> = self.rest.drain(..=end).collect();
        Ok(String::from_utf8_lossy(&whole).lines().map(str::to_owned).collect())
    }
}
