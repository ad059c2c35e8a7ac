//! What is hunted, and how a run that shows it is written down.

use std::fmt;

use crate::base::{Duration, Rules};
use crate::scenario::{Condition, Located, Run, Script, Statement};

use super::super::properties::{Kind, PROPERTIES, Property};

/// One thing to look for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Target {
    /// A property of the table that breaks.
    Property(&'static Property),
    /// Some slot has no primary for long, where the rules compared with have one again soon.
    Late,
    /// Acknowledged writes are lost, where the rules compared with lose none.
    Lost,
}

impl Target {
    /// What a word of `--property` means.
    pub fn named(word: &str) -> Option<Self> {
        match word {
            "late" => Some(Self::Late),
            "lost" => Some(Self::Lost),
            "covered" => Self::named("L2"),
            "converged" => Self::named("L5"),
            _ => Property::named(word).map(Self::Property),
        }
    }

    /// Every property that can break in a run.
    pub fn any() -> Vec<Self> {
        // L1, L7 and L9 are judged by deaths after the run, which are no part of its script.
        let judged = PROPERTIES.iter().filter(|property| !["L1", "L7", "L9"].contains(&property.id));
        judged.map(Self::Property).collect()
    }

    /// The properties that rules promise to keep.
    pub fn claimed(rules: &Rules) -> Vec<Self> {
        let any = Self::any().into_iter();
        any.filter(|target| matches!(target, Self::Property(property) if property.is_claimed(rules)))
            .collect()
    }

    /// The word of `--property`.
    pub fn word(self) -> &'static str {
        match self {
            Self::Property(property) => property.id,
            Self::Late => "late",
            Self::Lost => "lost",
        }
    }

    /// Whether these rules promise that it does not happen. Loss and lateness nobody can exclude.
    pub fn is_claimed(self, rules: &Rules) -> bool {
        matches!(self, Self::Property(property) if property.is_claimed(rules))
    }

    /// Whether it is judged by what was left when faults had ended.
    pub fn is_eventual(self) -> bool {
        matches!(self, Self::Property(Property { kind: Kind::Eventually, .. }))
    }

    /// What a script that shows it expects.
    fn expectation(self) -> Condition {
        match self {
            Self::Property(_) if self.is_eventual() => Condition::Converged,
            Self::Property(_) => Condition::NoViolations,
            Self::Late => Condition::Covered,
            Self::Lost => Condition::NoLostWrites,
        }
    }

    /// The script that shows it: its own runs and expectations give way to the one run it takes and
    /// the one expectation that is not met. What would happen later is left out.
    pub(super) fn told_by(self, script: &Script, ended: Duration, patience: Duration) -> Script {
        let mut script = script.clone();
        script.title = Some(format!("{self} breaks"));
        script.statements.retain(|statement| match &statement.value {
            Statement::Run(_) | Statement::Expect { .. } => false,
            Statement::At { at, .. } => self.is_eventual() || at.as_micros() <= ended.as_micros(),
            Statement::Every { .. } | Statement::When { .. } => true,
        });
        let span = Duration::from_millis(ended.as_millis() + 1);
        let run = if self.is_eventual() {
            Run::Until { condition: Condition::Converged, at_most: patience }
        } else {
            Run::For(span)
        };
        let expect = Statement::Expect { condition: self.expectation(), within: None };
        for value in [Statement::Run(run), expect] {
            script.statements.push(Located { line: 0, value });
        }
        script
    }
}

impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Property(property) => property.id,
            Self::Late => "Recovery in time",
            Self::Lost => "The safety of writes",
        })
    }
}
