//! What is hunted, and how a run that shows it is written down.

use std::fmt;

use crate::base::{Duration, Rules};
use crate::scenario::{Action, Condition, Located, NodeName, Run, Script, Selector, Statement};

use super::super::Simulator;
use super::super::properties::{Kind, PROPERTIES, Property};

/// One thing to look for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Target {
    /// A property of the table that breaks.
    Property(&'static Property),
    /// Some slot has no primary for long, where the rules compared with have one again soon.
    Late,
    /// Some slot waits for its primary longer than with the rules compared with, and not by accident: it
    /// does so in most throws of the dice.
    Slow,
    /// A manual failover does not come off, where it does with the rules compared with.
    Manual,
    /// A node that runs is marked failed, where the rules compared with do not mark it.
    Alarm,
    /// Acknowledged writes are lost, where the rules compared with lose none.
    Lost,
}

impl Target {
    /// What a word of `--property` means.
    pub fn named(word: &str) -> Option<Self> {
        match word {
            "late" => Some(Self::Late),
            "lost" => Some(Self::Lost),
            "slow" => Some(Self::Slow),
            "manual" => Some(Self::Manual),
            "alarm" => Some(Self::Alarm),
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

    /// Every property whose breaking tells something about these rules. Releases send before they
    /// save (protocol.md §12.3), so the first election under them breaks S15, and they announce a refused
    /// history until the new one loads (§10.3), so any old primary breaks S22: nothing else would be found.
    pub fn telling(rules: &Rules) -> Vec<Self> {
        Self::any()
            .into_iter()
            .filter(|target| !["S15", "S22"].contains(&target.word()) || target.is_claimed(rules))
            .collect()
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
            Self::Slow => "slow",
            Self::Manual => "manual",
            Self::Alarm => "alarm",
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

    /// What a script that shows it expects; of those that are counted at the end, what `harm` said.
    fn expectation(self) -> Condition {
        match self {
            Self::Property(_) if self.is_eventual() => Condition::Converged,
            Self::Property(_) => Condition::NoViolations,
            Self::Lost => Condition::NoLostWrites,
            Self::Late | Self::Slow | Self::Manual | Self::Alarm => Condition::Covered,
        }
    }

    /// What could be expected, is so in the other world, and is not in this one. Both have come to the
    /// same moment.
    pub(super) fn harm(self, world: &mut Simulator, other: &mut Simulator) -> Option<Condition> {
        let script = world.script().clone();
        match self {
            Self::Manual => told_to_lead(&script).into_iter().find_map(|node| {
                let leads = |world: &Simulator| {
                    world.primary_of(node.shard).is_some_and(|host| world.names().host(host) == node)
                };
                let condition = Condition::PrimaryOf { shard: node.shard, node };
                (!leads(world) && leads(other)).then_some(condition)
            }),
            Self::Alarm => {
                let node = world.slandered().find(|node| other.slandered().all(|known| known != *node))?;
                Some(Condition::Not(Box::new(Condition::Failed(Selector::Node(node)))))
            }
            Self::Lost => (world.lost() >= FEW && other.lost() == 0).then_some(Condition::NoLostWrites),
            Self::Late | Self::Slow => {
                let timeout = script.common_settings().node_timeout;
                let (long, soon) = if self == Self::Late { (4, 2) } else { (0, 0) };
                let harmed = world.uncovered_for().is_some_and(|span| span > timeout * long);
                let better = other.covered_for().is_some_and(|span| span > timeout * soon + timeout / SOME);
                (harmed && better).then_some(Condition::Covered)
            }
            Self::Property(_) => None,
        }
    }

    /// The script that shows it: its own runs and expectations give way to the one run it takes and
    /// the one expectation that is not met. What would happen later is left out.
    pub(super) fn told_by(
        self,
        script: &Script,
        ended: Duration,
        patience: Duration,
        expected: Option<&Condition>,
    ) -> Script {
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
        let expect = Statement::Expect {
            condition: expected.cloned().unwrap_or_else(|| self.expectation()),
            within: None,
        };
        for value in [Statement::Run(run), expect] {
            script.statements.push(Located { line: 0, value });
        }
        script
    }
}

/// So many lost writes are no accident of the moment.
const FEW: u64 = 5;
/// The part of a node timeout that makes a difference.
pub(super) const SOME: u64 = 4;

/// Whom the script tells to take over.
fn told_to_lead(script: &Script) -> Vec<NodeName> {
    let actions = script.statements.iter().filter_map(|statement| statement.value.action());
    let nodes = actions.filter_map(|action| match action {
        Action::Failover { node: Selector::Node(name), .. } => Some(*name),
        _ => None,
    });
    nodes.collect()
}

impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Property(property) => property.id,
            Self::Late | Self::Slow => "Recovery in time",
            Self::Manual => "A manual failover",
            Self::Alarm => "The good name of a node",
            Self::Lost => "The safety of writes",
        })
    }
}
