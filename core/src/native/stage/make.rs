//! Which program sits in which seat.

use std::path::Path;
use std::process::{Command, Stdio};

use crate::base::rules::PRESETS;
use crate::scenario::{NodeName, Program, Script};

use super::settings::of_node;
use super::{Orders, StageError};

/// One program.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Make {
    /// Whose it is.
    pub(super) program: Program,
    /// Where it is.
    pub(super) path: std::path::PathBuf,
    /// Its version, such as `9.1.2`.
    pub(super) version: String,
}

impl Make {
    /// As people call it.
    pub(super) fn name(&self) -> String {
        match self.program {
            Program::Splitvote => "splitvote".to_owned(),
            Program::Valkey => format!("Valkey {}", self.version),
            Program::Redis => format!("Redis {}", self.version),
        }
    }

    /// The preset of rules that a real server behaves by, if there is one for its version.
    pub(super) fn preset(&self) -> Option<&'static str> {
        let family = match self.program {
            Program::Splitvote => return None,
            Program::Valkey => "valkey",
            Program::Redis => "redis",
        };
        let mut numbers = self.version.split('.');
        let minor = format!("{family}-{}.{}", numbers.next()?, numbers.next()?);
        PRESETS.iter().copied().find(|preset| *preset == minor)
    }

    /// Whether it is of this version or later.
    pub(super) fn at_least(&self, major: u32, minor: u32) -> bool {
        let mut numbers = self.version.split('.').map_while(|number| number.parse::<u32>().ok());
        (numbers.next().unwrap_or(0), numbers.next().unwrap_or(0)) >= (major, minor)
    }

    /// Whether elections can be delayed by hand (DEBUG CLUSTER-FAILOVER-DELAY).
    pub(super) fn has_delay(&self) -> bool {
        self.program == Program::Splitvote || (self.program == Program::Valkey && self.at_least(9, 2))
    }

    /// Whether it can be told to drop frames of a kind (DEBUG DROP-CLUSTER-PACKET-FILTER).
    pub(super) fn has_drops(&self) -> bool {
        self.program == Program::Splitvote || (self.program == Program::Valkey && self.at_least(8, 0))
    }

    /// Asks a program who it is.
    fn ask(path: &Path, option: &str) -> Result<Self, StageError> {
        let shown = path.display();
        let done = Command::new(path).arg("--version").stdin(Stdio::null()).output().map_err(|error| {
            StageError::Program(format!("cannot run `{shown}`: {error}; say where it is with {option}"))
        })?;
        let text = String::from_utf8_lossy(&done.stdout).into_owned();
        let version = text.split_whitespace().find_map(|word| word.strip_prefix("v="));
        let program = match text.split_whitespace().next() {
            Some("Valkey") => Some(Program::Valkey),
            Some("Redis") => Some(Program::Redis),
            _ => None,
        };
        match program.zip(version) {
            Some((program, version)) => {
                Ok(Self { program, path: path.to_owned(), version: version.to_owned() })
            }
            None => Err(StageError::Program(format!(
                "`{shown}` is no Valkey or Redis server: it answers `{}` to --version",
                text.lines().next().unwrap_or_default()
            ))),
        }
    }
}

/// The program of every node of the script, in its order.
pub(super) fn cast(script: &Script, orders: &Orders) -> Result<Vec<Make>, StageError> {
    let ours = Make {
        program: Program::Splitvote,
        path: orders.ours.clone(),
        version: env!("CARGO_PKG_VERSION").to_owned(),
    };
    let everywhere = orders.everywhere.as_deref().map(|path| Make::ask(path, "--on PATH")).transpose()?;
    let (mut valkey, mut redis) = (None, None);
    let mut make_of = |name: NodeName| -> Result<Make, StageError> {
        let (wanted, known, path, option) = match of_node(script, name).program {
            Program::Splitvote => return Ok(everywhere.clone().unwrap_or_else(|| ours.clone())),
            Program::Valkey => (Program::Valkey, &mut valkey, &orders.valkey, "--valkey PATH"),
            Program::Redis => (Program::Redis, &mut redis, &orders.redis, "--redis PATH"),
        };
        let make = match known {
            Some(make) => Make::clone(make),
            None => known.insert(Make::ask(path, option)?).clone(),
        };
        if make.program != wanted {
            let text = format!("{option} is needed for {name}, but `{}` is {}", path.display(), make.name());
            return Err(StageError::Program(text));
        }
        Ok(make)
    };
    script.cluster.nodes().into_iter().map(&mut make_of).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_version_has_its_own_rules() {
        let make = |program, version: &str| Make { program, path: "x".into(), version: version.to_owned() };
        assert_eq!(make(Program::Valkey, "9.1.2").preset(), Some("valkey-9.1"));
        assert_eq!(make(Program::Redis, "7.0.15").preset(), Some("redis-7.0"));
        assert_eq!(make(Program::Valkey, "6.1.2").preset(), None);
        assert_eq!(make(Program::Splitvote, "0.1.0").preset(), None);
        let valkey = make(Program::Valkey, "9.1.2");
        assert!(valkey.at_least(9, 1) && valkey.at_least(8, 2) && !valkey.at_least(9, 2));
    }

    #[test]
    fn a_program_that_is_none_says_so() {
        let missing = Make::ask(Path::new("/nowhere/valkey-server"), "--valkey PATH");
        assert!(missing.is_err_and(|error| error.to_string().contains("say where it is with --valkey PATH")));
        let other = Make::ask(Path::new("true"), "--valkey PATH");
        assert!(other.is_err_and(|error| error.to_string().contains("no Valkey or Redis server")));
    }
}
