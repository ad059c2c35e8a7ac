//! What the runs of one variant came to, as exact counts.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::scenario::Script;
use crate::sim::{Keep, Simulator};

use super::{Counts, FirstViolation, Seen};

/// Counts over some seeds; those of other seeds can be added.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tally {
    /// How many runs.
    pub runs: u64,
    /// From the first fault until every slot was covered for good, in milliseconds.
    pub recovery_ms: Counts,
    /// The longest time of a run from a primary marked failed to its successor's win, in milliseconds.
    pub after_fail_ms: Counts,
    /// The most rounds that a failover of a run took.
    pub rounds: Counts,
    /// Runs in which a vote was split.
    pub split: u64,
    /// Acknowledged writes that a run lost.
    pub lost_writes: Counts,
    /// Runs with a fault after which not every slot was covered for good.
    pub unrecovered: u64,
    /// How often a property broke, in all runs.
    pub violations: u64,
    /// Runs in which a property broke.
    pub violating: u64,
    /// In how many runs each property broke.
    pub broken: BTreeMap<String, u64>,
    /// In how many runs each expectation of the script was met, in the script's order.
    pub met: Vec<u64>,
    /// The first seed with which a property broke.
    pub first_violation: Option<FirstViolation>,
}

impl Tally {
    /// Runs a script with this seed, and counts what it came to.
    pub fn play(&mut self, script: &Script, seed: u64) -> Seen {
        let mut world = Simulator::keeping(&Script { seed, ..script.clone() }, Keep::Nothing);
        world.run();
        let one = Self::of(&mut world);
        self.merge(&one);
        Seen::of(&one)
    }

    /// What a run came to.
    fn of(world: &mut Simulator) -> Self {
        let met = world.expectations().into_iter().map(|(_, _, met)| u64::from(met)).collect();
        world.count_lost();
        let mut one = Self { runs: 1, met, ..Self::default() };
        if let Some(recovery) = world.recovery() {
            one.recovery_ms.add(recovery.as_millis());
        } else {
            one.unrecovered = u64::from(world.first_fault().is_some());
        }
        let failovers = world.failovers();
        // As the report has it: differences of whole milliseconds.
        let after = failovers.iter().filter_map(|row| Some(row.won.as_millis() - row.fail?.as_millis()));
        after.max().into_iter().for_each(|after| one.after_fail_ms.add(after));
        failovers.iter().map(|row| row.rounds).max().into_iter().for_each(|rounds| one.rounds.add(rounds));
        one.split = u64::from(world.split_votes() > 0);
        one.lost_writes.add(world.writes().lost);
        for (.., violation) in world.violations() {
            one.violations += 1;
            one.violating = 1;
            one.broken.insert(violation.property.clone(), 1);
        }
        if one.violating > 0 {
            one.first_violation = Some(FirstViolation { seed: world.script.seed, link: world.link() });
        }
        one
    }

    /// Adds the counts of other seeds.
    pub fn merge(&mut self, other: &Self) {
        self.runs += other.runs;
        self.recovery_ms.merge(&other.recovery_ms);
        self.after_fail_ms.merge(&other.after_fail_ms);
        self.rounds.merge(&other.rounds);
        self.split += other.split;
        self.lost_writes.merge(&other.lost_writes);
        self.unrecovered += other.unrecovered;
        self.violations += other.violations;
        self.violating += other.violating;
        for (property, runs) in &other.broken {
            *self.broken.entry(property.clone()).or_default() += runs;
        }
        self.met.resize(self.met.len().max(other.met.len()), 0);
        for (sum, met) in self.met.iter_mut().zip(&other.met) {
            *sum += met;
        }
        let firsts = [self.first_violation.take(), other.first_violation.clone()];
        self.first_violation = firsts.into_iter().flatten().min_by_key(|first| first.seed);
    }

    /// Whether no count is larger than there were runs: what was read from a file might say anything.
    pub(super) fn adds_up(&self, runs: u64, expectations: usize) -> bool {
        let values = [&self.recovery_ms, &self.after_fail_ms, &self.rounds, &self.lost_writes];
        let counts = [self.split, self.unrecovered, self.violating];
        self.runs == runs
            && values.iter().all(|counts| counts.total().is_some_and(|total| total <= runs))
            && counts.iter().chain(self.broken.values()).chain(&self.met).all(|count| *count <= runs)
            && (self.met.len() == expectations || runs == 0)
            && self.violating <= self.violations
            && self.violations <= u64::MAX / 2
            && self.first_violation.is_some() == (self.violating > 0)
    }
}
