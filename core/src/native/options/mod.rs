//! What a node is started with: Valkey's names, from a file and from `--name value`, the latter last.
//!
//! `table` has a row for each option that does something, `ignored` those of Valkey that do not; `kinds`
//! reads and writes values, `file` reads and rewrites a configuration file.

mod endpoint;
mod file;
mod ignored;
mod kinds;
mod output;
mod table;

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::path::PathBuf;

use thiserror::Error;

use crate::base::{Address, Duration, Rules};
use crate::node::Config;
use crate::resp::{quoted, unquote};
use crate::scenario::nearest;

use super::log::Level;
use super::persist::Settings;

pub use endpoint::Endpoint;
pub use file::FileError;
pub use ignored::{FIXED, Fixed, IGNORED};
pub use kinds::Kind;
pub use output::{Class, OutputLimit, OutputLimits};
pub use table::{OPTIONS, Spec};

/// Options that have a word in common with one that there is not.
fn hint(name: &str, nearest: Option<&str>) -> String {
    let alike = |option: &&str| {
        let words = || name.split('-').filter(|word| word.len() > 3);
        option.split('-').any(|known| words().any(|word| word == known))
    };
    let names = OPTIONS.iter().map(|option| option.name).filter(|option| Some(*option) != nearest);
    let also: Vec<String> = names.filter(alike).take(5).map(|name| format!("`{name}`")).collect();
    let also = also.join(", ");
    match nearest {
        Some(nearest) if also.is_empty() => format!("; did you mean `{nearest}`?"),
        Some(nearest) => format!("; did you mean `{nearest}`? There are also {also}"),
        None if also.is_empty() => "; options are those of valkey.conf".to_owned(),
        None => format!("; there are {also}"),
    }
}

/// Why a setting cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum OptionError {
    /// There is no such option.
    #[error("unknown option `{name}`{}", hint(name, *nearest))]
    Unknown {
        /// What was asked for.
        name: String,
        /// What was likely meant.
        nearest: Option<&'static str>,
    },
    /// It is not given a value of its kind.
    #[error("{}option `{name}` takes {takes}, not `{value}`", kinds::phrase(name, value))]
    Value {
        /// Which.
        name: &'static str,
        /// What it takes.
        takes: &'static str,
        /// What it was given.
        value: String,
    },
    /// It is given several words, or none.
    #[error("option `{name}` takes one value, not {count}; put quotes around a value with spaces")]
    Count {
        /// Which.
        name: &'static str,
        /// How many it was given.
        count: usize,
    },
    /// It has one value here.
    #[error("option `{}` cannot be `{value}` here: {}", fixed.name, fixed.why)]
    Fixed {
        /// Which.
        fixed: &'static Fixed,
        /// What it was given.
        value: String,
    },
    /// It can only be given at the start.
    #[error("can't set immutable config")]
    Immutable(&'static str),
    /// Quotes do not close.
    #[error("unbalanced quotes")]
    Quotes,
}

impl PartialEq for Fixed {
    fn eq(&self, other: &Self) -> bool {
        self.name == other.name
    }
}

impl Eq for Fixed {}

/// Everything an operator may set.
#[derive(Clone, Debug)]
pub struct Options {
    /// The configuration file, if there is one.
    pub file: Option<PathBuf>,
    /// `bind`.
    pub bind: Vec<IpAddr>,
    /// `port`.
    pub port: u16,
    /// `cluster-port`; 0 is `port` + 10000.
    pub cluster_port: u16,
    /// `tcp-backlog`.
    pub tcp_backlog: u32,
    /// `dir`.
    pub dir: PathBuf,
    /// `logfile`; empty is standard output.
    pub logfile: PathBuf,
    /// `splitvote-event-log`: a file for what the core says, in JSON; empty is none.
    pub event_log: PathBuf,
    /// `loglevel`.
    pub loglevel: Level,
    /// `cluster-config-file`.
    pub cluster_config_file: String,
    /// `cluster-announce-ip`.
    pub announce_ip: Option<IpAddr>,
    /// `cluster-announce-port`; 0 is `port`.
    pub announce_port: u16,
    /// `cluster-announce-bus-port`; 0 is the bus port.
    pub announce_bus_port: u16,
    /// `cluster-preferred-endpoint-type`.
    pub endpoint: Endpoint,
    /// `requirepass`; empty is none.
    pub requirepass: String,
    /// `primaryauth`; empty is none.
    pub primaryauth: String,
    /// `primaryuser`; empty is the default user.
    pub primaryuser: String,
    /// `protected-mode`.
    pub protected_mode: bool,
    /// `enable-debug-command`.
    pub debug_commands: String,
    /// `maxclients`.
    pub maxclients: usize,
    /// `timeout`: how long a client may be silent; zero is for ever.
    pub timeout: Duration,
    /// `tcp-keepalive`; zero is none.
    pub tcp_keepalive: Duration,
    /// `client-query-buffer-limit`.
    pub query_buffer: usize,
    /// `proto-max-bulk-len`.
    pub longest_word: i64,
    /// `client-output-buffer-limit`.
    pub output: OutputLimits,
    /// `cluster-link-sendbuf-limit`; 0 is none.
    pub link_sendbuf: usize,
    /// `cluster-allow-reads-when-down`.
    pub reads_when_down: bool,
    /// `replica-serve-stale-data`.
    pub serve_stale_data: bool,
    /// `min-replicas-to-write`; 0 asks for none.
    pub min_replicas: usize,
    /// `min-replicas-max-lag`.
    pub max_lag: Duration,
    /// `key-load-delay`: microseconds that are lost with each key that is loaded, for tests.
    pub key_load_delay: u64,
    /// `repl-backlog-ttl`: how long the stream's past is kept for nobody; zero is for ever.
    pub backlog_ttl: Duration,
    /// How data is kept.
    pub persist: Settings,
    /// `splitvote-rules`: the behaviour that the core decides by.
    pub rules: Rules,
    /// `splitvote-bus-latency`: between these, a link of the bus is slow in what it sends; drawn once a link.
    pub bus_latency: (Duration, Duration),
    /// What the core reads.
    pub cluster: Config,
    /// What was given of [`IGNORED`].
    pub ignored: BTreeMap<&'static str, String>,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            file: None,
            bind: vec![IpAddr::from([127, 0, 0, 1])],
            port: 6379,
            cluster_port: 0,
            tcp_backlog: 511,
            dir: PathBuf::from("."),
            logfile: PathBuf::new(),
            event_log: PathBuf::new(),
            bus_latency: (Duration::ZERO, Duration::ZERO),
            loglevel: Level::Notice,
            cluster_config_file: "nodes.conf".to_owned(),
            announce_ip: None,
            announce_port: 0,
            announce_bus_port: 0,
            endpoint: Endpoint::Ip,
            requirepass: String::new(),
            primaryauth: String::new(),
            primaryuser: String::new(),
            protected_mode: true,
            debug_commands: "no".to_owned(),
            maxclients: 10_000,
            timeout: Duration::ZERO,
            tcp_keepalive: Duration::from_secs(300),
            query_buffer: 1 << 30,
            longest_word: 512 << 20,
            output: OutputLimits::default(),
            // Valkey has no bound; a peer that does not read would take all memory.
            link_sendbuf: 64 << 20,
            reads_when_down: false,
            serve_stale_data: true,
            min_replicas: 0,
            max_lag: Duration::from_secs(10),
            key_load_delay: 0,
            backlog_ttl: Duration::from_secs(3600),
            persist: Settings::default(),
            rules: Rules::default(),
            cluster: Config::default(),
            ignored: BTreeMap::new(),
        }
    }
}

/// What a name stands for.
enum Named {
    Known(&'static Spec),
    Fixed(&'static Fixed),
    Ignored(&'static str),
}

fn named(name: &str) -> Result<Named, OptionError> {
    let name = name.to_ascii_lowercase();
    if let Some(spec) = OPTIONS.iter().find(|spec| spec.is(&name)) {
        return Ok(Named::Known(spec));
    }
    // The names that options had before primaries and replicas were called so.
    let modern = name.replace("slave", "replica");
    if let Some(fixed) = FIXED.iter().find(|fixed| fixed.name == modern) {
        return Ok(Named::Fixed(fixed));
    }
    if let Some((known, _)) = IGNORED.iter().find(|(known, _)| *known == modern) {
        return Ok(Named::Ignored(known));
    }
    let all = OPTIONS.iter().map(|spec| spec.name);
    let all: Vec<&'static str> = all
        .chain(FIXED.iter().map(|fixed| fixed.name))
        .chain(IGNORED.iter().map(|(name, _)| *name))
        .collect();
    let near = nearest(&name, all.iter().copied());
    let nearest = all.into_iter().find(|known| near.as_deref() == Some(*known));
    Err(OptionError::Unknown { name, nearest })
}

impl Options {
    /// Sets an option by name, before the start.
    pub fn set(&mut self, name: &str, words: &[&str]) -> Result<(), OptionError> {
        let value = words.join(" ");
        match named(name)? {
            Named::Known(spec) if !spec.kind.several && words.len() != 1 => {
                Err(OptionError::Count { name: spec.name, count: words.len() })
            }
            Named::Known(spec) => (spec.kind.set)(self, &value).ok_or(OptionError::Value {
                name: spec.name,
                takes: spec.kind.takes,
                value,
            }),
            Named::Fixed(fixed) if fixed.value == value => Ok(()),
            Named::Fixed(fixed) => Err(OptionError::Fixed { fixed, value }),
            Named::Ignored(name) => {
                self.ignored.insert(name, value);
                Ok(())
            }
        }
    }

    /// Sets an option while the node runs.
    pub fn change(&mut self, name: &str, value: &str) -> Result<(), OptionError> {
        if let Ok(Named::Known(spec)) = named(name)
            && !spec.live
        {
            return Err(OptionError::Immutable(spec.name));
        }
        self.set(name, &[value])
    }

    /// Every name with its value, older names included.
    pub fn all(&self) -> impl Iterator<Item = (&'static str, String)> + '_ {
        let known = OPTIONS.iter().flat_map(|spec| {
            let older = (spec.alias != spec.name).then_some(spec.alias);
            [Some(spec.name), older].into_iter().flatten().map(|name| (name, (spec.kind.get)(self)))
        });
        let fixed = FIXED.iter().map(|fixed| (fixed.name, fixed.value.to_owned()));
        let ignored = IGNORED.iter().map(|(name, value)| {
            (*name, self.ignored.get(name).cloned().unwrap_or_else(|| (*value).to_owned()))
        });
        known.chain(fixed).chain(ignored)
    }

    /// The bus port.
    pub fn bus_port(&self) -> u16 {
        if self.cluster_port == 0 { self.port.saturating_add(10_000) } else { self.cluster_port }
    }

    /// An address that others can reach, and that nobody must prove anything to use.
    pub fn open_to_strangers(&self) -> Option<IpAddr> {
        let open = self.protected_mode && self.requirepass.is_empty();
        self.bind.iter().copied().find(|ip| open && !ip.is_loopback())
    }

    /// What the core is told, with the address to announce.
    pub fn config(&self, unix_birth_ms: u64) -> Config {
        let ip = self.announce_ip.or_else(|| self.bind.first().copied().filter(|ip| !ip.is_unspecified()));
        let or = |announced: u16, own: u16| if announced == 0 { own } else { announced };
        let address = Address {
            ip,
            port: or(self.announce_port, self.port),
            pport: 0,
            cport: or(self.announce_bus_port, self.bus_port()),
        };
        Config { address, unix_birth_ms, ..self.cluster.clone() }
    }
}

/// A value as a line of a configuration file has it.
fn written(value: &str, several: bool) -> String {
    let plain = |c: char| c.is_ascii_graphic() && !matches!(c, '"' | '\'' | '\\' | '#');
    if several && !value.is_empty() || !value.is_empty() && value.chars().all(plain) {
        return value.to_owned();
    }
    quoted(value.as_bytes())
}

/// The words of a line, quotes taken away.
fn words(line: &str) -> Result<Vec<String>, OptionError> {
    let words = unquote(line.as_bytes()).ok_or(OptionError::Quotes)?;
    words.into_iter().map(|word| String::from_utf8(word).map_err(|_| OptionError::Quotes)).collect()
}
