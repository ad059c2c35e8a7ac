//! The words of a `rules` line.

use crate::base::Rules;
use crate::base::rules::{DEFAULT_PRESET, RuleError, SWITCHES};

use super::Selector;

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
    pub(in crate::scenario) fn merged(&self, later: &Self) -> Self {
        let name = later.preset.or(self.preset).unwrap_or(DEFAULT_PRESET);
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
            preset: (name != DEFAULT_PRESET).then_some(name),
            switches: SWITCHES
                .iter()
                .filter(|switch| switch.get(&rules) != switch.get(&base))
                .map(|switch| (switch.id, switch.get(&rules)))
                .collect(),
        }
    }

    /// Takes out what a later line for everyone decides; false if nothing is left.
    pub(in crate::scenario) fn yield_to(&mut self, later: &Self) -> bool {
        if self.nodes.is_none() {
            return true;
        }
        if later.preset.is_some() {
            return false;
        }
        self.switches.retain(|(id, _)| later.switches.iter().all(|(known, _)| known != id));
        !self.is_empty()
    }

    pub(in crate::scenario) fn is_empty(&self) -> bool {
        self.preset.is_none() && self.switches.is_empty()
    }
}
