//! The words of the `rules` and `set` statements, and of `--rules` and `--set`.

use crate::base::ordered;
use crate::base::rules::{PRESETS, SWITCHES, Switch};

use super::cursor::{Cursor, Read, Word, chars, negative};
use super::offer::Wanted;
use crate::scenario::ast::{RuleLine, Selector};
use crate::scenario::error::{Problem, nearest, shown};
use crate::scenario::settings::{Assignment, KEYS, Key, SetLine};

fn is_switch(word: &str) -> bool {
    SWITCHES.iter().any(|switch| switch.id == word)
}

/// A word `key=value`, cut in two.
fn pair(word: Word<'_>) -> Option<(&str, Word<'_>)> {
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
            self.want(Wanted::Switches);
            let preset = PRESETS.iter().find(|preset| **preset == word);
            line.preset = Some(*preset.ok_or_else(|| self.unknown("preset", PRESETS))?);
            self.take();
        }
        while let Some(word) = self.pair_ahead(stops) {
            let Some((id, value)) = pair(word) else {
                self.want(Wanted::Switches);
                return Err(self.unexpected(Some("`switch=value`")));
            };
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
                        expected: crate::scenario::error::list(switch.values, "or"),
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
        ordered::sort_by_key(&mut line.switches, |(id, _)| {
            SWITCHES.iter().position(|switch| switch.id == *id)
        });
        Ok(line)
    }

    /// What follows the word `set`.
    pub(super) fn set_line(&mut self, stops: &[&'static str]) -> Read<SetLine> {
        let mut line = SetLine { nodes: self.owner(&[])?, assignments: Vec::new() };
        while let Some(word) = self.pair_ahead(stops) {
            let Some((id, value)) = pair(word) else {
                self.want(Wanted::Keys { of_one: line.nodes.is_some() });
                return Err(self.unexpected(Some("`key=value`")));
            };
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
        ordered::sort_by_key(&mut line.assignments, |set| KEYS.iter().position(|key| key == set.key));
        Ok(line)
    }

    /// Whose line it is, if it says so. A word that can be nothing else is read as nodes, so that
    /// a wrong name is told as such.
    fn owner(&mut self, others: &[&str]) -> Read<Option<Selector>> {
        let next = self.peek().filter(|word| !word.contains('=') && !others.contains(word));
        match next {
            Some(word) if super::condition::looks_like_nodes(word) => self.selector().map(Some),
            _ => {
                self.want(Wanted::Nodes);
                Ok(None)
            }
        }
    }

    fn pair_ahead(&self, stops: &[&'static str]) -> Option<Word<'a>> {
        self.word().filter(|word| !stops.contains(&word.text))
    }

    fn switch(&self, word: Word<'_>, id: &str) -> Read<&'static Switch> {
        SWITCHES.iter().find(|switch| switch.id == id).ok_or_else(|| {
            let known: Vec<&'static str> = SWITCHES.iter().map(|switch| switch.id).collect();
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
