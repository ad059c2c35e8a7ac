//! Rules for everyone and for one node: each change is a change of the script, and shows the same seed again.

use splitvote::base::Rules;
use splitvote::base::rules::{DEFAULT_PRESET, SWITCHES};
use splitvote::scenario::RuleLine;

use super::Session;
use super::branches::Change;
use crate::museum::{self, Side};
use crate::scene::NodeIndex;
use crate::{script_edit, words};

impl Session {
    /// The rules of everyone who has none of their own, and the preset that the script starts them from.
    pub fn rules(&self) -> (Rules, &'static str) {
        let common = self.script().rules.first().map(|line| &line.value);
        let stated = common.filter(|line: &&RuleLine| line.nodes.is_none()).and_then(|line| line.preset);
        (self.script().common_rules(), stated.unwrap_or(DEFAULT_PRESET))
    }

    /// The rules of a node whose process runs, at the cursor.
    pub fn rules_of(&self, node: NodeIndex) -> Option<Rules> {
        self.reel().here().hosts().nth(node)?.node.map(|node| *node.rules())
    }

    /// Turns a switch for everyone between its first value and its last.
    pub fn flip(&mut self, id: &'static str) -> Result<(), String> {
        let value = if self.rule(id) { "off" } else { "on" };
        self.set_rule(id, value)
    }

    /// Turns a switch for one node, from now on.
    pub fn flip_one(&mut self, node: NodeIndex, id: &'static str) -> Result<(), String> {
        let Some(rules) = self.rules_of(node) else { return Err(words::NO_PROCESS.to_owned()) };
        let value = if is_on(&rules, id) { "off" } else { "on" };
        self.set_rule_of(node, id, value)
    }

    /// Whether a switch is on for everyone, in any revision.
    pub fn rule(&self, id: &str) -> bool {
        is_on(&self.rules().0, id)
    }

    /// Gives everyone this value of a switch, and shows the same run from its first fault.
    pub fn set_rule(&mut self, id: &str, value: &str) -> Result<(), String> {
        let change = Change::Rule(id.to_owned());
        self.again(
            &script_edit::with_switch(self.text(), id, value),
            change,
            (words::side(id, value), &words::switched(id, value)),
        )
    }

    /// Gives everyone this preset and nothing else, and shows the same run from its first fault.
    pub fn set_preset(&mut self, preset: &str) -> Result<(), String> {
        let change = Change::Rule("preset".to_owned());
        self.again(
            &script_edit::with_preset(self.text(), preset),
            change,
            (preset.to_owned(), &words::obeyed("Everyone", preset)),
        )
    }

    /// Gives one node this value of a switch, from now on.
    pub fn set_rule_of(&mut self, node: NodeIndex, id: &str, value: &str) -> Result<(), String> {
        self.say_rules(node, &format!("{id}={value}"))
    }

    /// Gives one node this preset and nothing else, from now on.
    pub fn set_preset_of(&mut self, node: NodeIndex, preset: &str) -> Result<(), String> {
        self.say_rules(node, preset)
    }

    /// The room of the museum that this script is one side of, and which.
    pub fn room(&self) -> Option<(&'static museum::Room, Side)> {
        self.room
    }

    /// Shows the open room with its card's one switch turned, or as it was; with the seed of now.
    pub fn turn(&mut self, fixed: bool) -> Result<(), String> {
        let Some((room, _)) = self.room else { return Ok(()) };
        let text = if self.script().seed == room.script.seed {
            room.built.text.to_owned()
        } else {
            script_edit::with_seed(room.built.text, self.script().seed)
        };
        match room.card.fix.split_once('=').filter(|_| fixed) {
            Some((id, value)) => self.again(
                &script_edit::with_switch(&text, id, value),
                Change::Rule(id.to_owned()),
                (words::side(id, value), &words::switched(id, value)),
            ),
            None => self.again(&text, Change::Opened, (String::new(), words::AS_IT_WAS)),
        }
    }

    fn say_rules(&mut self, node: NodeIndex, said: &str) -> Result<(), String> {
        let Some(name) = self.cast().names.get(node).cloned() else { return Ok(()) };
        self.perform(&format!("rules {name} {said}"))
    }

    fn again(&mut self, text: &str, change: Change, (what, said): (String, &str)) -> Result<(), String> {
        let start = self.first_fault().unwrap_or(0).min(self.now());
        self.change(text, start, change, what)?;
        self.said = Some(words::again(said, start > 0));
        Ok(())
    }
}

fn is_on(rules: &Rules, id: &str) -> bool {
    SWITCHES.iter().any(|known| known.id == id && known.get(rules) != "off")
}
