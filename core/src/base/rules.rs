//! Every behaviour that differs between versions, is disputed or is ours, as a named switch.
//!
//! A rule file asks `rules.x` and nothing else: no version numbers appear outside this room. The
//! table [`SWITCHES`] is the one source for the parser, `splitvote rules`, the page and the docs.
//! A preset is a column of it: what the last patch release of that version does.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use thiserror::Error;

mod table;

pub use table::{Rules, SWITCHES};

/// How a refused candidate learns of it: the revisions of `FAILOVER_AUTH_NACK` (protocol.md §8.1, §8.3).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Nack {
    /// It does not: silence until the round expires.
    Off,
    /// Revision A, as proposed in #3833: a reason and 24 spare bytes, judged by the header's epoch.
    Proposed,
    /// Revision B, as #3833 was merged: a reason alone, judged by the header's epoch.
    Merged,
    /// Revision C (#4654): the refused request's epoch is echoed. Every reason counts.
    Echoed,
    /// Revision C, and only final reasons count (#4700).
    Filtered,
    /// Revision C counted per voter, as protocol.md §8.6 recommends.
    #[default]
    On,
}

impl Nack {
    /// Every revision, the oldest first.
    pub const ALL: [Self; 6] =
        [Self::Off, Self::Proposed, Self::Merged, Self::Echoed, Self::Filtered, Self::On];

    /// The word of the scenario language.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Off => "off",
            Self::Proposed => "proposed",
            Self::Merged => "merged",
            Self::Echoed => "echoed",
            Self::Filtered => "filtered",
            Self::On => "on",
        }
    }
}

/// What a switch is about; tables and the page show switches by it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Group {
    /// What a refused candidate is told.
    Nack,
    /// When a replica stands and what it counts.
    Election,
    /// What a voter grants.
    Voting,
    /// What an operator's failover does.
    Manual,
    /// Who is suspected and who is failed.
    Failure,
    /// Who is primary and who owns what.
    Topology,
    /// Whose data a node has.
    Replication,
    /// Who belongs to the cluster.
    Membership,
    /// What a version can say and read.
    Wire,
}

/// One named switch.
#[derive(Clone, Copy)]
pub struct Switch {
    /// The word of the scenario language.
    pub id: &'static str,
    /// What it is about.
    pub group: Group,
    /// Where it was decided: a pull request, a version, or the section that recommends it.
    pub source: &'static str,
    /// What its first value means, in one sentence.
    pub meaning: &'static str,
    /// Every value it can take, the newest first.
    pub values: &'static [&'static str],
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

/// Every preset's name, the oldest version first.
pub const PRESETS: &[&str] = &[
    "redis-7.0",
    "valkey-7.2",
    "valkey-8.0",
    "valkey-8.1",
    "valkey-9.0",
    "valkey-9.1",
    "valkey-9.2",
    DEFAULT_PRESET,
];

/// The preset of a node of which nothing is said.
pub const DEFAULT_PRESET: &str = "splitvote";

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
        let column = PRESETS.iter().position(|preset| *preset == name);
        column.map(Self::column).ok_or_else(|| RuleError::UnknownPreset(name.to_owned()))
    }

    /// Sets the switch `id` to `value`.
    pub fn set(&mut self, id: &str, value: &str) -> Result<(), RuleError> {
        let switch = SWITCHES
            .iter()
            .find(|switch| switch.id == id)
            .ok_or_else(|| RuleError::UnknownSwitch(id.to_owned()))?;
        if (switch.set)(self, value) {
            Ok(())
        } else {
            Err(RuleError::UnknownValue { id: switch.id, value: value.to_owned(), values: switch.values })
        }
    }

    /// Lays the words of a `rules` statement over these rules: a preset replaces them, `switch=value` one.
    pub fn lay(&mut self, words: &str) -> Result<(), RuleError> {
        for word in words.split_whitespace() {
            match word.split_once('=') {
                Some((id, value)) => self.set(id, value)?,
                None => *self = Self::preset(word)?,
            }
        }
        Ok(())
    }

    /// The preset these rules are nearest to (the newest of equals), and what they change of it.
    pub fn nearest(&self) -> (&'static str, Vec<(&'static str, &'static str)>) {
        let changes = |preset: &Self| -> Vec<(&'static str, &'static str)> {
            let differs = |switch: &&Switch| switch.get(self) != switch.get(preset);
            SWITCHES.iter().filter(differs).map(|switch| (switch.id, switch.get(self))).collect()
        };
        let presets = PRESETS.iter().enumerate().rev();
        let measured = presets.map(|(column, name)| (*name, changes(&Self::column(column))));
        measured.min_by_key(|(_, changes)| changes.len()).unwrap_or((DEFAULT_PRESET, Vec::new()))
    }

    /// True if refusals are told.
    pub fn nacks(&self) -> bool {
        self.nack != Nack::Off
    }
}

/// The words of the `rules` statement that give these rules: a preset, then what differs from it.
impl fmt::Display for Rules {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (preset, changes) = self.nearest();
        f.write_str(preset)?;
        changes.iter().try_for_each(|(id, value)| write!(f, " {id}={value}"))
    }
}

/// The words of the `rules` statement, laid over the preset of a node of which nothing is said.
impl FromStr for Rules {
    type Err = RuleError;

    fn from_str(words: &str) -> Result<Self, RuleError> {
        let mut rules = Self::default();
        rules.lay(words)?;
        Ok(rules)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_read_as_they_are_written() {
        for words in ["splitvote", "splitvote nack=off", "valkey-9.1 nack=filtered exact-acks=on"] {
            assert_eq!(words.parse::<Rules>().map(|rules| rules.to_string()), Ok(words.to_owned()));
        }
        assert_eq!("".parse::<Rules>(), Ok(Rules::default()));
        assert_eq!("valkey-6".parse::<Rules>(), Err(RuleError::UnknownPreset("valkey-6".to_owned())));
    }

    #[test]
    fn a_switch_says_what_it_takes() {
        let mut rules = Rules::default();
        assert_eq!(rules.set("nack", "off"), Ok(()));
        assert!(!rules.nacks());
        assert_eq!(rules.to_string(), "splitvote nack=off");
        assert_eq!(
            rules.set("nack", "maybe").map_err(|error| error.to_string()),
            Err("switch `nack` takes on or filtered or echoed or merged or proposed or off, not `maybe`"
                .to_owned())
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

    #[test]
    fn a_preset_is_said_by_its_name_and_each_differs_from_the_next() {
        for pair in PRESETS.windows(2) {
            let rules = Rules::preset(pair[0]).expect("every name is a preset");
            assert_eq!(rules.to_string(), pair[0]);
            assert_ne!(rules, Rules::preset(pair[1]).expect("every name is a preset"));
        }
        assert_eq!(Rules::preset(DEFAULT_PRESET), Ok(Rules::default()));
        let mut patched = Rules::preset("valkey-9.1").expect("a preset");
        patched.exact_acks = true;
        assert_eq!(patched.to_string(), "valkey-9.1 exact-acks=on");
    }
}
