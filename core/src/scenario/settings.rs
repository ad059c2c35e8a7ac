//! What `set` can change, in one table: Valkey's settings under their names without `cluster-`
//! (protocol.md §13), and the world's own.

use std::fmt;

use crate::base::Duration;

use super::ast::{Selector, Share};
use super::value::SettingValue;

/// A span drawn between two bounds: `1ms..5ms`, or `1ms` where both are the same.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Between {
    /// The least.
    pub low: Duration,
    /// The most.
    pub high: Duration,
}

/// A number of bytes: `100`, `64kb`, `10mb`, `1gb`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Bytes(pub u64);

/// So many a second: `20/s`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct PerSecond(pub u32);

/// What follows when `nodes.conf` cannot be written (`cluster-config-save-behavior`, #1032 #3372).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum SaveBehavior {
    /// The process ends.
    #[default]
    Sync,
    /// It goes on, votes and claims included, with what only memory holds.
    BestEffort,
}

/// Whose process sits in a node's place where scenarios are played on real ones.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Program {
    /// Ours.
    #[default]
    Splitvote,
    /// A real Valkey.
    Valkey,
    /// A real Redis.
    Redis,
}

/// One thing that can be set.
pub struct Key {
    /// Its word.
    pub id: &'static str,
    /// What it means, in one sentence.
    pub meaning: &'static str,
    /// What a value looks like, for errors and help.
    pub expected: &'static str,
    /// Values that are words, for "did you mean".
    pub words: &'static [&'static str],
    /// Whether a single node can have its own value; the rest belong to the world.
    pub per_node: bool,
    get: fn(&Settings) -> String,
    set: fn(&mut Settings, &str) -> bool,
}

impl Key {
    /// The key with this word.
    pub fn named(id: &str) -> Option<&'static Self> {
        KEYS.iter().find(|key| key.id == id)
    }

    /// The value in `settings`, in its one canonical spelling.
    pub fn get(&self, settings: &Settings) -> String {
        (self.get)(settings)
    }

    /// The value of a script that sets nothing.
    pub fn default_text(&self) -> String {
        self.get(&Settings::default())
    }

    /// The canonical spelling of `text`, if it is a value of this key.
    pub fn canonical(&self, text: &str) -> Option<String> {
        let mut settings = Settings::default();
        (self.set)(&mut settings, text).then(|| self.get(&settings))
    }
}

impl PartialEq for Key {
    fn eq(&self, other: &Self) -> bool {
        self.id == other.id
    }
}

impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.id)
    }
}

const fn first<const N: usize>(texts: [&'static str; N]) -> &'static str {
    texts[0]
}

const NODE: bool = true;
const WORLD: bool = false;

macro_rules! settings {
    ($($field:ident: $kind:ty = $default:expr, $id:literal, $scope:expr, $meaning:literal
       $(, if $valid:expr, $expected:literal)?;)*) => {
        /// Everything `set` can change.
        #[derive(Clone, Debug, PartialEq)]
        pub struct Settings {
            $(#[doc = $meaning] pub $field: $kind,)*
        }

        impl Default for Settings {
            fn default() -> Self {
                Self { $($field: $default,)* }
            }
        }

        /// Every key, in the order in which a canonical script writes them.
        pub const KEYS: &[Key] = &[$(Key {
            id: $id,
            meaning: $meaning,
            expected: first([$($expected,)? <$kind as SettingValue>::EXPECTED]),
            words: <$kind as SettingValue>::WORDS,
            per_node: $scope,
            get: |settings| settings.$field.print(),
            set: |settings, text| match <$kind as SettingValue>::read(text) {
                Some(value) $(if { let valid: fn(&$kind) -> bool = $valid; valid(&value) })? => {
                    settings.$field = value;
                    true
                }
                _ => false,
            },
        },)*];
    };
}

// Valkey's keys have Valkey's defaults. The world's are those of a quiet data centre.
settings! {
    node_timeout: Duration = Duration::from_secs(15), "node-timeout", NODE,
        "How long a node may be silent before it counts as possibly failed.", if |span| *span >= Duration::from_millis(1), "a time such as `3s`, at least `1ms`";
    ping_interval: Duration = Duration::ZERO, "ping-interval", NODE,
        "How often every peer is pinged at least; zero is half the node timeout.", if |span| span.is_zero() || *span >= Duration::from_millis(1), "`0s` or a time such as `500ms`, at least `1ms`";
    message_gossip_perc: u32 = 10, "message-gossip-perc", NODE,
        "How many percent of the known nodes a ping speaks of.", if |percent| (1..=100).contains(percent), "a whole number from 1 to 100";
    replica_validity_factor: u32 = 10, "replica-validity-factor", NODE,
        "How many node timeouts old a replica's data may be for it to stand; zero is any age.";
    replica_no_failover: bool = false, "replica-no-failover", NODE,
        "Whether a replica never stands by itself.";
    replica_priority: u32 = 0, "replica-priority", NODE,
        "Who goes first among replicas with as much data: the lower number.";
    manual_failover_timeout: Duration = Duration::from_secs(5), "manual-failover-timeout", NODE,
        "How long a manual failover may take.", if |span| *span >= Duration::from_millis(1), "a time such as `3s`, at least `1ms`";
    migration_barrier: u32 = 1, "migration-barrier", NODE,
        "How many replicas a primary keeps when one moves to an orphaned primary.";
    allow_replica_migration: bool = true, "allow-replica-migration", NODE,
        "Whether a node moves to another shard when it is needed there or has lost its last slot.";
    require_full_coverage: bool = true, "require-full-coverage", NODE,
        "Whether the cluster state is fail as soon as one slot is not served.";
    blacklist_ttl: Duration = Duration::from_secs(60), "blacklist-ttl", NODE,
        "How long a forgotten node is not learned again.";
    link_sendbuf_limit: Bytes = Bytes(0), "link-sendbuf-limit", NODE,
        "How many unsent bytes end a bus link; zero is no limit.";
    config_save_behavior: SaveBehavior = SaveBehavior::Sync, "config-save-behavior", NODE,
        "What a node does that cannot save its configuration: end, or go on and risk its promises.";
    repl_ping_replica_period: Duration = Duration::from_secs(10), "repl-ping-replica-period", NODE,
        "How often a primary pings its replicas.", if |span| *span >= Duration::from_secs(1), "a time such as `10s`, at least `1s`";
    repl_timeout: Duration = Duration::from_secs(60), "repl-timeout", NODE,
        "How long a replication link may be silent.", if |span| *span >= Duration::from_secs(1), "a time such as `10s`, at least `1s`";
    repl_backlog_size: Bytes = Bytes(10 << 20), "repl-backlog-size", NODE,
        "How many bytes of the stream are kept for partial syncs.", if |size| size.0 > 0, "a size such as `64kb` or `10mb`";
    repl_backlog_ttl: Duration = Duration::from_secs(3600), "repl-backlog-ttl", NODE,
        "How long a primary without replicas keeps its backlog; zero is for ever.";
    fsync: Duration = Duration::from_millis(1), "fsync", NODE,
        "How long a synced write to disk takes.";
    snapshot: Duration = Duration::from_secs(1), "snapshot", NODE,
        "How long a full sync from this node takes.";
    election_delay: Option<Duration> = None, "election-delay", NODE,
        "The delay before asking for votes, instead of the computed one (DEBUG CLUSTER-FAILOVER-DELAY).";
    program: Program = Program::Splitvote, "stage", NODE,
        "Whose process a node is on the stage of real ones; the simulation has `rules` for it and does not ask.";
    latency: Between = Between { low: Duration::from_millis(1), high: Duration::from_millis(1) }, "latency", WORLD,
        "How long a message travels; one draw for each directed link where two bounds are given.";
    jitter: Duration = Duration::ZERO, "jitter", WORLD,
        "How much longer a message may travel; one draw for each message.";
    loss: Share = Share::NONE, "loss", WORLD,
        "How many messages get lost, each taking its link down as a broken connection does.";
    writes: PerSecond = PerSecond(0), "writes", WORLD,
        "How many writes a second the clients send, over the whole cluster.", if |rate| rate.0 <= 10_000, "a rate such as `20/s`, at most `10000/s`";
    write_size: Bytes = Bytes(100), "write-size", WORLD,
        "How many bytes a write adds to the replication stream.", if |size| (1..=1 << 20).contains(&size.0), "a size from `1` to `1mb`";
}

/// A key and the canonical text of a value that it takes.
#[derive(Clone, Debug, PartialEq)]
pub struct Assignment {
    /// What is set.
    pub key: &'static Key,
    /// To what.
    pub value: String,
}

/// `set [NODE] key=value...`.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct SetLine {
    /// Whose; none is the whole world.
    pub nodes: Option<Selector>,
    /// What becomes of it, in the order of the table of keys.
    pub assignments: Vec<Assignment>,
}

impl SetLine {
    /// Changes `settings` as the line says.
    pub fn apply(&self, settings: &mut Settings) {
        for Assignment { key, value } in &self.assignments {
            // An assignment is only ever built from a text its key has read before.
            let taken = (key.set)(settings, value);
            debug_assert!(taken, "{} does not take {value}", key.id);
        }
    }

    /// Takes out what a later line for everyone decides; false if nothing is left.
    pub(super) fn yield_to(&mut self, later: &Self) -> bool {
        if self.nodes.is_none() {
            return true;
        }
        self.assignments.retain(|set| later.assignments.iter().all(|known| known.key != set.key));
        !self.assignments.is_empty()
    }

    /// The line for everyone that says what `self` and then `later` say, without defaults.
    pub(super) fn merged(&self, later: &Self) -> Self {
        let mut settings = Settings::default();
        self.apply(&mut settings);
        later.apply(&mut settings);
        let changed = KEYS.iter().map(|key| Assignment { key, value: key.get(&settings) });
        Self { nodes: None, assignments: changed.filter(|set| set.value != set.key.default_text()).collect() }
    }
}
