//! The words of the `rules` and `set` statements, and of `--rules` and `--set`.

use crate::base::Rules;
use crate::base::rules::{PRESETS, RuleError, SWITCHES, Switch};

use super::ast::Selector;
use super::cursor::{Cursor, Read, Word, chars, negative};
use super::error::{Problem, nearest, shown};
use super::settings::{Assignment, KEYS, Key, SetLine, Settings};

/// `rules [NODE] [PRESET] switch=value...`.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct RuleLine {
    /// Whose rules; none is everyone's.
    pub nodes: Option<Selector>,
    /// What they start from; none keeps what was there.
    pub preset: Option<&'static str>,
    /// Switches and their values, in the order of the table of switches.
    pub switches: Vec<(&'static str, &'static str)>,
}

impl RuleLine {
    /// Changes `rules` as the line says.
    pub fn apply(&self, rules: &mut Rules) -> Result<(), RuleError> {
        if let Some(preset) = self.preset {
            *rules = Rules::preset(preset)?;
        }
        for (switch, value) in &self.switches {
            rules.set(switch, value)?;
        }
        Ok(())
    }

    /// The line for everyone that says what `self` and then `later` say, without what goes without saying.
    pub(super) fn merged(&self, later: &Self) -> Self {
        let name = later.preset.or(self.preset).unwrap_or(PRESETS[0]);
        let base = Rules::preset(name).unwrap_or_default();
        let mut rules = base;
        // A preset forgets what was said before it.
        let earlier = if later.preset.is_some() { &[][..] } else { &self.switches[..] };
        for (switch, value) in earlier.iter().chain(&later.switches) {
            let known = rules.set(switch, value);
            debug_assert!(known.is_ok(), "{switch}={value} was read from the table");
        }
        Self {
            nodes: None,
            preset: (name != PRESETS[0]).then_some(name),
            switches: public_switches()
                .filter(|switch| switch.get(&rules) != switch.get(&base))
                .map(|switch| (switch.id, switch.get(&rules)))
                .collect(),
        }
    }

    /// Takes out what a later line for everyone decides; false if nothing is left.
    pub(super) fn yield_to(&mut self, later: &Self) -> bool {
        if self.nodes.is_none() {
            return true;
        }
        if later.preset.is_some() {
            return false;
        }
        self.switches.retain(|(id, _)| later.switches.iter().all(|(known, _)| known != id));
        !self.is_empty()
    }

    pub(super) fn is_empty(&self) -> bool {
        self.preset.is_none() && self.switches.is_empty()
    }
}

impl SetLine {
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

fn public_switches() -> impl Iterator<Item = &'static Switch> {
    SWITCHES.iter().filter(|switch| switch.public)
}

fn is_switch(word: &str) -> bool {
    public_switches().any(|switch| switch.id == word)
}

/// A word `key=value`, cut in two.
fn pair<'a>(word: Word<'a>) -> Option<(&'a str, Word<'a>)> {
    let (key, value) = word.text.split_once('=')?;
    Some((key, Word { text: value, column: word.column + chars(key) + 1 }))
}

impl<'a> Cursor<'a> {
    /// What follows the word `rules`.
    pub(super) fn rule_line(&mut self, stops: &[&'static str]) -> Read<RuleLine> {
        let mut line = RuleLine { nodes: self.owner(PRESETS)?, ..RuleLine::default() };
        if let Some(word) =
            self.peek().filter(|word| !word.contains('=') && !is_switch(word) && !stops.contains(word))
        {
            let preset = PRESETS.iter().find(|preset| **preset == word);
            line.preset = Some(*preset.ok_or_else(|| self.unknown("preset", PRESETS))?);
            self.take();
        }
        while let Some(word) = self.pair_ahead(stops) {
            let (id, value) = pair(word).ok_or_else(|| self.unexpected(Some("`switch=value`")))?;
            let switch = self.switch(word, id)?;
            if line.switches.iter().any(|(known, _)| *known == switch.id) {
                return Err(self.error(Problem::Repeated(switch.id.to_owned())));
            }
            let found = switch.values.iter().find(|known| **known == value.text);
            let found = found.ok_or_else(|| {
                self.error_at(
                    value,
                    Problem::Value {
                        key: switch.id,
                        expected: super::error::list(switch.values, "or"),
                        value: shown(value.text),
                        nearest: nearest(value.text, switch.values.iter().copied()),
                    },
                )
            })?;
            line.switches.push((switch.id, *found));
            self.take();
        }
        if line.is_empty() {
            return Err(self.unexpected(Some("a preset or `switch=value`")));
        }
        line.switches.sort_by_key(|(id, _)| SWITCHES.iter().position(|switch| switch.id == *id));
        Ok(line)
    }

    /// What follows the word `set`.
    pub(super) fn set_line(&mut self, stops: &[&'static str]) -> Read<SetLine> {
        let mut line = SetLine { nodes: self.owner(&[])?, assignments: Vec::new() };
        while let Some(word) = self.pair_ahead(stops) {
            let (id, value) = pair(word).ok_or_else(|| self.unexpected(Some("`key=value`")))?;
            let key = self.key(word, id)?;
            if line.assignments.iter().any(|known| known.key == key) {
                return Err(self.error(Problem::Repeated(key.id.to_owned())));
            }
            if line.nodes.is_some() && !key.per_node {
                return Err(self.error(Problem::WorldKey(key.id)));
            }
            if negative(value.text) {
                return Err(self.error_at(value, Problem::Negative { key: key.id, value: shown(value.text) }));
            }
            let text = key.canonical(value.text).ok_or_else(|| {
                self.error_at(
                    value,
                    Problem::Value {
                        key: key.id,
                        expected: key.expected.to_owned(),
                        value: shown(value.text),
                        nearest: nearest(value.text, key.words.iter().copied()),
                    },
                )
            })?;
            line.assignments.push(Assignment { key, value: text });
            self.take();
        }
        if line.assignments.is_empty() {
            return Err(self.unexpected(Some("`key=value`")));
        }
        line.assignments.sort_by_key(|set| KEYS.iter().position(|key| key == set.key));
        Ok(line)
    }

    /// Whose line it is, if it says so. A word that can be nothing else is read as nodes, so that
    /// a wrong name is told as such.
    fn owner(&mut self, others: &[&str]) -> Read<Option<Selector>> {
        let next = self.peek().filter(|word| !word.contains('=') && !others.contains(word));
        match next {
            Some(word) if super::condition::looks_like_nodes(word) => self.selector().map(Some),
            _ => Ok(None),
        }
    }

    fn pair_ahead(&self, stops: &[&'static str]) -> Option<Word<'a>> {
        self.word().filter(|word| !stops.contains(&word.text))
    }

    fn switch(&self, word: Word<'_>, id: &str) -> Read<&'static Switch> {
        public_switches().find(|switch| switch.id == id).ok_or_else(|| {
            let known: Vec<&'static str> = public_switches().map(|switch| switch.id).collect();
            self.error_at(word, unknown("switch", id, known))
        })
    }

    fn key(&self, word: Word<'_>, id: &str) -> Read<&'static Key> {
        Key::named(id).ok_or_else(|| {
            let known: Vec<&'static str> = KEYS.iter().map(|key| key.id).collect();
            // Who copies from valkey.conf writes the prefix.
            let bare = id.strip_prefix("cluster-").unwrap_or(id);
            let mut problem = unknown("setting", id, known);
            if let (Problem::Unknown { nearest, .. }, Some(key)) = (&mut problem, Key::named(bare)) {
                *nearest = Some(key.id.to_owned());
            }
            self.error_at(word, problem)
        })
    }
}

fn unknown(what: &'static str, word: &str, known: Vec<&'static str>) -> Problem {
    Problem::Unknown { what, word: shown(word), nearest: nearest(word, known.iter().copied()), known }
}
