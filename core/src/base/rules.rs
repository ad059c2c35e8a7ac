//! Every behaviour that differs between versions, is disputed or is ours, as a named switch.
//!
//! A rule file asks `rules.x` and nothing else: no version numbers appear outside this room. The
//! table [`SWITCHES`] is the one source for the parser, `splitvote rules`, the page and the docs.

use std::fmt;

use serde::{Deserialize, Serialize};
use thiserror::Error;

/// How a refused candidate learns of it (protocol.md §8).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Nack {
    /// It does not: silence until the round expires.
    Off,
    /// Revision C frames, counted per voter, as protocol.md §8.6 recommends.
    #[default]
    On,
}

/// One named switch.
#[derive(Clone, Copy)]
pub struct Switch {
    /// The word of the scenario language.
    pub id: &'static str,
    /// Where it was decided.
    pub source: &'static str,
    /// What `on` means, in one sentence.
    pub meaning: &'static str,
    /// Every value it can take, in the order `--help` shows them.
    pub values: &'static [&'static str],
    /// Whether people may set it yet; the rest are fixed by their preset.
    pub public: bool,
    get: fn(&Rules) -> &'static str,
    set: fn(&mut Rules, &str) -> bool,
}

impl Switch {
    /// The switch's value in `rules`.
    pub fn get(&self, rules: &Rules) -> &'static str {
        (self.get)(rules)
    }
}

impl fmt::Debug for Switch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.id)
    }
}

const ON_OFF: &[&str] = &["on", "off"];

macro_rules! rules {
    ($($(#[$vis:ident])? $field:ident, $id:literal, $source:literal, $meaning:literal;)*) => {
        /// What one node obeys. The default is preset `splitvote`.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
        pub struct Rules {
            /// How a refused candidate learns of it.
            pub nack: Nack,
            $(#[doc = $meaning] pub $field: bool,)*
        }

        impl Rules {
            /// Preset `splitvote`: all fixes.
            pub const SPLITVOTE: Self = Self { nack: Nack::On, $($field: true,)* };
        }

        /// Every switch, in the order in which a canonical script writes them.
        pub const SWITCHES: &[Switch] = &[
            Switch {
                id: "nack",
                source: "#3833",
                meaning: "A voter that refuses says so and why, so a lost round ends at once.",
                values: ON_OFF,
                public: true,
                get: |rules| if rules.nack == Nack::On { "on" } else { "off" },
                set: |rules, value| match value {
                    "on" => { rules.nack = Nack::On; true }
                    "off" => { rules.nack = Nack::Off; true }
                    _ => false,
                },
            },
            $(Switch {
                id: $id,
                source: $source,
                meaning: $meaning,
                values: ON_OFF,
                public: rules!(@public $($vis)?),
                get: |rules| if rules.$field { "on" } else { "off" },
                set: |rules, value| match value {
                    "on" => { rules.$field = true; true }
                    "off" => { rules.$field = false; true }
                    _ => false,
                },
            },)*
        ];
    };
    (@public public) => { true };
    (@public) => { false };
}

rules! {
    #[public] fast_failover, "fast-failover", "#2227",
        "A replica that is provably the best asks for votes without any delay.";
    scaled_delay, "scaled-delay", "#2449",
        "The election delay scales with the node timeout instead of being a fixed half second.";
    offset_zero_waits, "offset-zero-waits", "#2449",
        "A candidate at offset 0 waits half a second longer.";
    wait_for_data, "wait-for-data", "protocol.md E14",
        "A candidate at offset 0 waits a further round while a sibling with data can stand.";
    id_tiebreak, "id-tiebreak", "#762",
        "Equal offsets are ranked by node id instead of sharing a rank.";
    rank_improves, "rank-improves", "#762",
        "A rank that gets better while waiting brings the election forward.";
    failed_primary_rank, "failed-primary-rank", "#1018",
        "Shards whose primaries fail together take turns by shard id.";
    start_on_fail, "start-on-fail", "#2209",
        "An election is prepared the moment the primary is marked fail, not at the next cron.";
    prompt_fast_path, "prompt-fast-path", "protocol.md E13",
        "Being provably the best is noticed when a sibling's header says so, not at the next cron.";
    stand_without_slots, "stand-without-slots", "#445",
        "A replica may stand even if its primary owns no slot.";
    claim_reset, "claim-reset", "#1009",
        "A candidate whose epoch another primary has claimed starts a new round at once.";
    rehoming_resets, "rehoming-resets", "#782",
        "Following another primary forgets the election of the old one.";
    manual_resets, "manual-resets", "#1274",
        "A manual failover does not wait for an earlier election's retry time.";
    win_resets, "win-resets", "#1711",
        "Winning forgets the election that was won.";
    no_vote_memory, "no-vote-memory", "#1305 #1356",
        "A voter may vote about the same primary again before twice the node timeout has passed.";
    link_before_vote, "link-before-vote", "protocol.md E3",
        "A voter without a link to the candidate keeps its vote.";
    unsafe_join_refuses, "unsafe-join-refuses", "#1032",
        "A primary that has just restarted does not vote.";
    update_on_stale, "update-on-stale", "#2178",
        "A candidate refused for an old config epoch is told the newer one.";
    noaddr_fails, "noaddr-fails", "#1191",
        "A node whose address answers with another id is marked fail.";
    broadcast_changes, "broadcast-changes", "#1295 #1813 #1677",
        "A change of role or config epoch is told to everyone at once.";
    stale_guard_target, "stale-guard-target", "#1777",
        "A header naming a primary we know in a newer epoch does not demote its sender.";
    stale_guard_sender, "stale-guard-sender", "#2811",
        "A header older than what we know of its sender does not demote it.";
    checked_promotion, "checked-promotion", "#798",
        "A replica that says it is primary must show an epoch that is not older than ours of it.";
    move_slots_from_loser, "move-slots-from-loser", "#2301",
        "Hearing of a failover from the loser first moves its slots to the winner.";
    reduce_chain_first, "reduce-chain-first", "#944",
        "A replica of a replica moves up before shard ids are updated.";
    full_sync_across_shards, "full-sync-across-shards", "#885",
        "Following a primary of another shard drops the history of the old one.";
    drop_cached_history, "drop-cached-history", "M5",
        "The drop holds for a cached history of a dead link, too.";
    repeat_replicate_is_noop, "repeat-replicate-is-noop", "#884",
        "Telling a replica to follow the primary it follows changes nothing.";
    voters_report, "voters-report", "#634",
        "Only primaries with slots count as witnesses of a failure.";
    report_cleared_by_all, "report-cleared-by-all", "#1184",
        "Any sender that sees a node well again takes back its failure report.";
    primary_config_epoch_only, "primary-config-epoch-only", "8.0",
        "Only headers of primaries raise a stored config epoch.";
    ignore_update_about_self, "ignore-update-about-self", "protocol.md E7",
        "An UPDATE about the receiver itself is ignored.";
    meet_until_answered, "meet-until-answered", "#461 #1307",
        "MEET is repeated until it is answered, and sent again to a peer that never called back.";
    throttle_reconnects, "throttle-reconnects", "#2154",
        "Reconnecting to an unreachable node is paced.";
}

/// Every preset's name, the default first.
pub const PRESETS: &[&str] = &["splitvote"];

/// Why a switch could not be set.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum RuleError {
    /// No switch of this name.
    #[error("no switch is called `{0}`")]
    UnknownSwitch(String),
    /// The switch exists, the value does not.
    #[error("switch `{id}` takes {}, not `{value}`", values.join(" or "))]
    UnknownValue {
        /// The switch.
        id: &'static str,
        /// What was asked for.
        value: String,
        /// What there is.
        values: &'static [&'static str],
    },
    /// No preset of this name.
    #[error("no preset is called `{0}`")]
    UnknownPreset(String),
}

impl Default for Rules {
    fn default() -> Self {
        Self::SPLITVOTE
    }
}

impl Rules {
    /// The rules of a preset.
    pub fn preset(name: &str) -> Result<Self, RuleError> {
        match name {
            "splitvote" => Ok(Self::SPLITVOTE),
            _ => Err(RuleError::UnknownPreset(name.to_owned())),
        }
    }

    /// Sets the public switch `id` to `value`.
    pub fn set(&mut self, id: &str, value: &str) -> Result<(), RuleError> {
        let switch = SWITCHES
            .iter()
            .find(|switch| switch.public && switch.id == id)
            .ok_or_else(|| RuleError::UnknownSwitch(id.to_owned()))?;
        if (switch.set)(self, value) {
            Ok(())
        } else {
            Err(RuleError::UnknownValue { id: switch.id, value: value.to_owned(), values: switch.values })
        }
    }

    /// True if refusals are told.
    pub fn nacks(&self) -> bool {
        self.nack != Nack::Off
    }
}

/// The words of the `rules` statement that give these rules: the preset, then what differs from it.
impl fmt::Display for Rules {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("splitvote")?;
        for switch in SWITCHES {
            let value = switch.get(self);
            if value != switch.get(&Self::SPLITVOTE) {
                write!(f, " {}={value}", switch.id)?;
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_switch_says_what_it_takes() {
        let mut rules = Rules::default();
        assert_eq!(rules.set("nack", "off"), Ok(()));
        assert!(!rules.nacks());
        assert_eq!(rules.to_string(), "splitvote nack=off");
        assert_eq!(
            rules.set("nack", "maybe").map_err(|error| error.to_string()),
            Err("switch `nack` takes on or off, not `maybe`".to_owned())
        );
        assert!(matches!(rules.set("nak", "on"), Err(RuleError::UnknownSwitch(_))));
    }

    #[test]
    fn every_switch_can_be_read_back_and_has_a_sentence() {
        for switch in SWITCHES {
            let mut rules = Rules::default();
            for value in switch.values {
                assert!((switch.set)(&mut rules, value));
                assert_eq!(switch.get(&rules), *value);
            }
            assert!(switch.meaning.ends_with('.'), "{} needs a sentence", switch.id);
        }
    }
}
