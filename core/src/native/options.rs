//! What a node is started with: Valkey's names, from a file and from `--name value`, the latter last.

use std::net::IpAddr;
use std::path::PathBuf;

use thiserror::Error;

use crate::base::{Address, Duration};
use crate::node::Config;

use super::log::Level;

/// Why a setting cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum OptionError {
    /// There is no such option.
    #[error("unknown option `{0}`")]
    Unknown(String),
    /// It is not given a value of its kind.
    #[error("option `{name}` takes {takes}, not `{value}`")]
    Value {
        /// Which.
        name: &'static str,
        /// What it takes.
        takes: &'static str,
        /// What it was given.
        value: String,
    },
    /// It can only be given at the start.
    #[error("can't set immutable config `{0}`")]
    Immutable(&'static str),
    /// A line of the file is at fault.
    #[error("line {line}: {error}")]
    Line {
        /// Counted from 1.
        line: usize,
        /// What is wrong with it.
        error: Box<OptionError>,
    },
}

/// Everything an operator may set.
#[derive(Clone, Debug)]
pub struct Options {
    /// `bind`.
    pub bind: Vec<IpAddr>,
    /// `port`.
    pub port: u16,
    /// `cluster-port`; 0 is `port` + 10000.
    pub cluster_port: u16,
    /// `dir`.
    pub dir: PathBuf,
    /// `logfile`; empty is standard output.
    pub logfile: PathBuf,
    /// `loglevel`.
    pub loglevel: Level,
    /// `cluster-config-file`.
    pub cluster_config_file: String,
    /// `cluster-announce-ip`.
    pub announce_ip: Option<IpAddr>,
    /// `requirepass`; empty is none.
    pub requirepass: String,
    /// `primaryauth`; empty is none.
    pub primaryauth: String,
    /// `protected-mode`.
    pub protected_mode: bool,
    /// `maxclients`.
    pub maxclients: usize,
    /// `enable-debug-command`.
    pub debug_commands: bool,
    /// What the core reads.
    pub cluster: Config,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            bind: vec![IpAddr::from([127, 0, 0, 1])],
            port: 6379,
            cluster_port: 0,
            dir: PathBuf::from("."),
            logfile: PathBuf::new(),
            loglevel: Level::Notice,
            cluster_config_file: "nodes.conf".to_owned(),
            announce_ip: None,
            requirepass: String::new(),
            primaryauth: String::new(),
            protected_mode: true,
            maxclients: 10_000,
            debug_commands: false,
            cluster: Config::default(),
        }
    }
}

/// One option.
pub struct Spec {
    /// Its name.
    pub name: &'static str,
    /// An older name of it, or the same.
    pub alias: &'static str,
    /// What it takes, in words.
    pub takes: &'static str,
    /// Whether it may change while the node runs.
    pub live: bool,
    get: fn(&Options) -> String,
    set: fn(&mut Options, &str) -> Option<()>,
}

fn yes(word: &str) -> Option<bool> {
    match word.to_ascii_lowercase().as_str() {
        "yes" => Some(true),
        "no" => Some(false),
        _ => None,
    }
}

const fn word(yes: bool) -> &'static str {
    if yes { "yes" } else { "no" }
}

macro_rules! options {
    ($($live:ident $name:literal $(| $alias:literal)? ($takes:literal): $get:expr, $set:expr;)*) => {
        /// Every option that does something.
        pub const OPTIONS: &[Spec] = &[$(Spec {
            name: $name,
            alias: { let alias = $name; $(let alias = { let _ = alias; $alias };)? alias },
            takes: $takes,
            live: options!(@live $live),
            get: $get,
            set: $set,
        },)*];
    };
    (@live live) => { true };
    (@live start) => { false };
}

options! {
    start "port" ("a port"): |o| o.port.to_string(), |o, v| { o.port = v.parse().ok()?; Some(()) };
    start "cluster-port" ("a port"): |o| o.cluster_port.to_string(),
        |o, v| { o.cluster_port = v.parse().ok()?; Some(()) };
    start "bind" ("addresses"): |o| o.bind.iter().map(ToString::to_string).collect::<Vec<_>>().join(" "),
        |o, v| {
            o.bind = v.split_whitespace().map(|ip| ip.trim_start_matches('-').parse().ok()).collect::<Option<_>>()?;
            Some(())
        };
    start "dir" ("a path"): |o| o.dir.display().to_string(), |o, v| { o.dir = v.into(); Some(()) };
    start "logfile" ("a path"): |o| o.logfile.display().to_string(), |o, v| { o.logfile = v.into(); Some(()) };
    live "loglevel" ("debug, verbose, notice or warning"): |o| format!("{:?}", o.loglevel).to_lowercase(),
        |o, v| {
            o.loglevel = match v { "debug" => Level::Debug, "verbose" | "notice" => Level::Notice, "warning" => Level::Warning, _ => return None };
            Some(())
        };
    start "cluster-config-file" ("a file name"): |o| o.cluster_config_file.clone(),
        |o, v| { (!v.is_empty()).then(|| v.clone_into(&mut o.cluster_config_file)) };
    live "cluster-announce-ip" ("an address"): |o| o.announce_ip.map_or_else(String::new, |ip| ip.to_string()),
        |o, v| { o.announce_ip = if v.is_empty() { None } else { Some(v.parse().ok()?) }; Some(()) };
    live "requirepass" ("a password"): |o| o.requirepass.clone(), |o, v| { v.clone_into(&mut o.requirepass); Some(()) };
    live "primaryauth" | "masterauth" ("a password"): |o| o.primaryauth.clone(),
        |o, v| { v.clone_into(&mut o.primaryauth); Some(()) };
    live "protected-mode" ("yes or no"): |o| word(o.protected_mode).to_owned(),
        |o, v| { o.protected_mode = yes(v)?; Some(()) };
    start "enable-debug-command" ("yes, no or local"): |o| word(o.debug_commands).to_owned(),
        |o, v| { o.debug_commands = v == "local" || yes(v)?; Some(()) };
    live "maxclients" ("a number"): |o| o.maxclients.to_string(), |o, v| { o.maxclients = v.parse().ok()?; Some(()) };
    live "cluster-node-timeout" ("milliseconds"): |o| o.cluster.node_timeout.as_millis().to_string(),
        |o, v| { o.cluster.node_timeout = Duration::from_millis(v.parse().ok()?); Some(()) };
    live "cluster-replica-validity-factor" | "cluster-slave-validity-factor" ("a number"):
        |o| o.cluster.replica_validity_factor.to_string(),
        |o, v| { o.cluster.replica_validity_factor = v.parse().ok()?; Some(()) };
    live "cluster-replica-no-failover" | "cluster-slave-no-failover" ("yes or no"):
        |o| word(o.cluster.replica_no_failover).to_owned(),
        |o, v| { o.cluster.replica_no_failover = yes(v)?; Some(()) };
    live "cluster-require-full-coverage" ("yes or no"): |o| word(o.cluster.require_full_coverage).to_owned(),
        |o, v| { o.cluster.require_full_coverage = yes(v)?; Some(()) };
    live "cluster-allow-replica-migration" ("yes or no"): |o| word(o.cluster.allow_replica_migration).to_owned(),
        |o, v| { o.cluster.allow_replica_migration = yes(v)?; Some(()) };
}

/// Options of Valkey that are read and change nothing here.
pub const IGNORED: &[&str] = &["cluster-enabled", "daemonize", "databases", "save", "appendonly", "pidfile"];

impl Options {
    /// Sets an option by name, before the start.
    pub fn set(&mut self, name: &str, value: &str) -> Result<(), OptionError> {
        let name = name.to_ascii_lowercase();
        let Some(spec) = OPTIONS.iter().find(|spec| spec.name == name || spec.alias == name) else {
            return if IGNORED.contains(&name.as_str()) { Ok(()) } else { Err(OptionError::Unknown(name)) };
        };
        let bad = || OptionError::Value { name: spec.name, takes: spec.takes, value: value.to_owned() };
        (spec.set)(self, value).ok_or_else(bad)
    }

    /// Sets an option while the node runs.
    pub fn change(&mut self, name: &str, value: &str) -> Result<(), OptionError> {
        let name = name.to_ascii_lowercase();
        if let Some(spec) =
            OPTIONS.iter().find(|spec| (spec.name == name || spec.alias == name) && !spec.live)
        {
            return Err(OptionError::Immutable(spec.name));
        }
        self.set(&name, value)
    }

    /// Options by a name in which `*` stands for anything, with their values.
    pub fn get<'a>(&'a self, pattern: &'a str) -> impl Iterator<Item = (&'static str, String)> + 'a {
        let pattern = pattern.to_ascii_lowercase();
        OPTIONS
            .iter()
            .filter(move |spec| pattern == "*" || spec.name == pattern || spec.alias == pattern)
            .map(|spec| (spec.name, (spec.get)(self)))
    }

    /// Reads a configuration file's text.
    pub fn read(&mut self, text: &str) -> Result<(), OptionError> {
        for (at, line) in text.lines().enumerate() {
            let line = line.trim();
            if line.is_empty() || line.starts_with('#') {
                continue;
            }
            let (name, value) = line.split_once(char::is_whitespace).unwrap_or((line, ""));
            let value = value.trim().trim_matches(|c| c == '"' || c == '\'');
            self.set(name, value)
                .map_err(|error| OptionError::Line { line: at + 1, error: Box::new(error) })?;
        }
        Ok(())
    }

    /// The bus port.
    pub fn bus_port(&self) -> u16 {
        if self.cluster_port == 0 { self.port.saturating_add(10_000) } else { self.cluster_port }
    }

    /// What the core is told, with the address to announce.
    pub fn config(&self, unix_birth_ms: u64) -> Config {
        let ip = self.announce_ip.or_else(|| self.bind.first().copied().filter(|ip| !ip.is_unspecified()));
        let address = Address { ip, port: self.port, pport: 0, cport: self.bus_port() };
        Config { address, unix_birth_ms, ..self.cluster.clone() }
    }
}
