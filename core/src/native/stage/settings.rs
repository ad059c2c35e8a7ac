//! Settings of the language as options of servers, and those that no real server has.

use crate::base::Duration;
use crate::native::options::OPTIONS;
use crate::scenario::{NodeName, Program, SaveBehavior, Script, Selector, SetLine, Settings};

use super::make::Make;

/// A setting and the option of servers that it is.
pub(super) struct OptionOf {
    /// The key of the language.
    pub(super) key: &'static str,
    /// The servers' name.
    pub(super) option: &'static str,
    /// Its value as they write it.
    pub(super) value: fn(&Settings) -> String,
}

fn yes(yes: bool) -> String {
    if yes { "yes" } else { "no" }.to_owned()
}

fn millis(span: Duration) -> String {
    span.as_millis().to_string()
}

fn secs(span: Duration) -> String {
    span.as_micros().div_ceil(1_000_000).to_string()
}

macro_rules! options {
    ($($key:literal $option:literal $value:expr;)*) => {
        /// Every setting that servers have.
        pub(super) const OPTIONS_OF: &[OptionOf] =
            &[$(OptionOf { key: $key, option: $option, value: $value },)*];
    };
}

options! {
    "latency" "splitvote-bus-latency" |s| format!("{}..{}", s.latency.low.as_micros(), s.latency.high.as_micros());
    "node-timeout" "cluster-node-timeout" |s| millis(s.node_timeout);
    "ping-interval" "cluster-ping-interval" |s| millis(s.ping_interval);
    "message-gossip-perc" "cluster-message-gossip-perc" |s| s.message_gossip_perc.to_string();
    "replica-validity-factor" "cluster-replica-validity-factor" |s| s.replica_validity_factor.to_string();
    "replica-no-failover" "cluster-replica-no-failover" |s| yes(s.replica_no_failover);
    "replica-priority" "replica-priority" |s| s.replica_priority.to_string();
    "manual-failover-timeout" "cluster-manual-failover-timeout" |s| millis(s.manual_failover_timeout);
    "migration-barrier" "cluster-migration-barrier" |s| s.migration_barrier.to_string();
    "allow-replica-migration" "cluster-allow-replica-migration" |s| yes(s.allow_replica_migration);
    "require-full-coverage" "cluster-require-full-coverage" |s| yes(s.require_full_coverage);
    "blacklist-ttl" "cluster-blacklist-ttl" |s| secs(s.blacklist_ttl);
    "link-sendbuf-limit" "cluster-link-sendbuf-limit" |s| s.link_sendbuf_limit.0.to_string();
    "config-save-behavior" "cluster-config-save-behavior" |s| match s.config_save_behavior {
        SaveBehavior::Sync => "sync".to_owned(),
        SaveBehavior::BestEffort => "best-effort".to_owned(),
    };
    "repl-ping-replica-period" "repl-ping-replica-period" |s| secs(s.repl_ping_replica_period);
    "repl-timeout" "repl-timeout" |s| secs(s.repl_timeout);
    "repl-backlog-size" "repl-backlog-size" |s| s.repl_backlog_size.0.to_string();
    "repl-backlog-ttl" "repl-backlog-ttl" |s| secs(s.repl_backlog_ttl);
}

/// Settings of the simulated world that only describe it: the real one has its own.
pub(super) const OF_THE_WORLD: [&str; 3] = ["jitter", "fsync", "snapshot"];

impl OptionOf {
    pub(super) fn named(key: &str) -> Option<&'static Self> {
        OPTIONS_OF.iter().find(|option| option.key == key)
    }

    /// Whether a program has it. What others have than ours, they say themselves when they start.
    pub(super) fn is_known_to(&self, make: &Make) -> bool {
        make.program != Program::Splitvote || OPTIONS.iter().any(|known| known.name == self.option)
    }
}

/// Whether a selector means a node at time zero.
pub(super) fn means(selector: Selector, name: NodeName) -> bool {
    match selector {
        Selector::Node(node) => node == name,
        Selector::Primary(shard) => name == NodeName { shard, index: 0 },
        Selector::Replicas(shard) => name.shard == shard && name.index > 0,
        Selector::Best(shard) => name == NodeName { shard, index: 1 },
        Selector::Shard(shard) => name.shard == shard,
        Selector::Primaries => name.index == 0,
        Selector::AllReplicas => name.index > 0,
        Selector::All => true,
        Selector::One => false,
    }
}

/// The lines of `set` that touch a node at time zero.
pub(super) fn lines_of(script: &Script, name: NodeName) -> impl Iterator<Item = &SetLine> {
    let lines = script.settings.iter().map(|line| &line.value);
    lines.filter(move |line| line.nodes.is_none_or(|nodes| means(nodes, name)))
}

/// Everything a node is set to at time zero.
pub(super) fn of_node(script: &Script, name: NodeName) -> Settings {
    let mut settings = Settings::default();
    lines_of(script, name).for_each(|line| line.apply(&mut settings));
    settings
}

/// The options that the script says for a node, with their values.
pub(super) fn options_of(script: &Script, name: NodeName) -> Vec<(&'static str, String)> {
    let settings = of_node(script, name);
    let said = |option: &&OptionOf| {
        lines_of(script, name).any(|line| line.assignments.iter().any(|set| set.key.id == option.key))
    };
    OPTIONS_OF.iter().filter(said).map(|option| (option.option, (option.value)(&settings))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scenario::parse;
    use crate::scenario::settings::KEYS;

    #[test]
    fn every_setting_is_an_option_or_is_named_as_none() {
        let others = ["election-delay", "stage", "loss", "writes", "write-size"];
        for key in KEYS {
            let known = OptionOf::named(key.id).is_some()
                || OF_THE_WORLD.contains(&key.id)
                || others.contains(&key.id);
            assert!(known, "{} is not dealt with", key.id);
        }
    }

    #[test]
    fn a_node_is_started_with_what_the_script_says_of_it() {
        let script = parse("set node-timeout=3s\nset A1 replica-no-failover=yes\nset A repl-timeout=1500ms")
            .expect("a good script");
        let options = |shard, index| options_of(&script, NodeName::new(shard, index));
        assert_eq!(options(1, 0), [("cluster-node-timeout", "3000".to_owned())]);
        assert_eq!(options(0, 1)[1], ("cluster-replica-no-failover", "yes".to_owned()));
        assert_eq!(options(0, 0)[1], ("repl-timeout", "2".to_owned()));
    }
}
