//! The words of the `rules` statement.

use crate::base::Rules;
use crate::base::rules::RuleError;

use super::ast::Selector;

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
}
