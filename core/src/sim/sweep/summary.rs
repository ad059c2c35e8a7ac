//! A whole sweep, and the figures that `splitvote sweep --json` prints (design.md §5).

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::scenario::{Located, Statement};

use super::{Bar, Counts, Rate, Scale, Spread, Tally, Variant};

/// A finished sweep: every variant over the same seeds.
#[derive(Clone, Debug, PartialEq)]
pub struct Sweep {
    /// The script's title, or the name it was called by.
    pub scenario: String,
    /// The first seed, and the first that is not among them any more.
    pub seeds: [u64; 2],
    /// The variants and their counts.
    pub variants: Vec<(Variant, Tally)>,
}

/// A run that shows a violation.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FirstViolation {
    /// Its seed.
    pub seed: u64,
    /// The run as a link.
    pub link: String,
}

/// How often an expectation was met.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ExpectationRate {
    /// Its words.
    pub text: String,
    /// In how many runs.
    pub met: u64,
    /// Of these many, as a fraction.
    pub rate: f64,
    /// Wilson's 95 % interval of that.
    pub interval: [f64; 2],
}

/// A sweep's figures. Times are milliseconds, rates fractions of one, intervals Wilson's of 95 %.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Summary {
    /// What was swept.
    pub scenario: String,
    /// The first seed, and the first that is not among them any more.
    pub seeds: [u64; 2],
    /// Side by side.
    pub variants: Vec<VariantSummary>,
}

/// The figures of one variant.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct VariantSummary {
    /// What makes it differ, in the words of `--vary`.
    pub vary: Option<String>,
    /// The rules of all nodes that have none of their own.
    pub rules: String,
    /// How many runs.
    pub runs: u64,
    /// From the first fault until every slot was covered for good.
    pub recovery_ms: Spread,
    /// The longest time of a run from a primary marked failed to its successor's win.
    pub after_fail_ms: Spread,
    /// The most rounds that a failover of a run took.
    pub rounds: Spread,
    /// In which part of the runs a vote was split.
    pub split_vote_rate: f64,
    /// Its interval.
    pub split_vote_interval: [f64; 2],
    /// Acknowledged writes that a run lost.
    pub lost_writes: Spread,
    /// Runs with a fault after which not every slot was covered for good.
    pub unrecovered: u64,
    /// The interval of their rate.
    pub unrecovered_interval: [f64; 2],
    /// How often a property broke, in all runs.
    pub violations: u64,
    /// Runs in which one did.
    pub violating_runs: u64,
    /// The interval of their rate.
    pub violating_interval: [f64; 2],
    /// In how many runs each property broke.
    pub broken: BTreeMap<String, u64>,
    /// What the script expects, and how often it was met.
    pub expectations: Vec<ExpectationRate>,
    /// The first seed with which a property broke.
    pub first_violation: Option<FirstViolation>,
    /// `recovery_ms` in bars, the same bars for every variant.
    pub histogram: Vec<Bar>,
    /// `after_fail_ms` in bars, the same bars for every variant.
    pub after_fail_histogram: Vec<Bar>,
}

/// How many bars a printed histogram has at most.
const BARS: usize = 40;

impl Sweep {
    /// True if no property broke and every run recovered from its faults.
    pub fn good(&self) -> bool {
        self.variants.iter().all(|(_, tally)| tally.violations == 0 && tally.unrecovered == 0)
    }

    /// The finest scale of at most so many bars for one figure of every variant.
    pub fn scale(&self, figure: impl Fn(&Tally) -> &Counts, most: usize) -> Option<Scale> {
        Scale::over(self.variants.iter().map(|(_, tally)| figure(tally)), most)
    }

    /// The figures.
    pub fn summary(&self) -> Summary {
        let recovery = self.scale(|tally| &tally.recovery_ms, BARS);
        let after_fail = self.scale(|tally| &tally.after_fail_ms, BARS);
        let bars = |scale: Option<Scale>, counts: &Counts| {
            scale.map(|scale| counts.histogram(scale)).unwrap_or_default()
        };
        let summary = |(variant, tally): &(Variant, Tally)| {
            let rate = |count| Rate { count, of: tally.runs };
            VariantSummary {
                vary: variant.vary.clone(),
                rules: variant.script.common_rules().to_string(),
                runs: tally.runs,
                recovery_ms: tally.recovery_ms.spread(),
                after_fail_ms: tally.after_fail_ms.spread(),
                rounds: tally.rounds.spread(),
                split_vote_rate: rate(tally.split).fraction(),
                split_vote_interval: rate(tally.split).interval_fractions(),
                lost_writes: tally.lost_writes.spread(),
                unrecovered: tally.unrecovered,
                unrecovered_interval: rate(tally.unrecovered).interval_fractions(),
                violations: tally.violations,
                violating_runs: tally.violating,
                violating_interval: rate(tally.violating).interval_fractions(),
                broken: tally.broken.clone(),
                expectations: variant.expectations(tally),
                first_violation: tally.first_violation.clone(),
                histogram: bars(recovery, &tally.recovery_ms),
                after_fail_histogram: bars(after_fail, &tally.after_fail_ms),
            }
        };
        Summary {
            scenario: self.scenario.clone(),
            seeds: self.seeds,
            variants: self.variants.iter().map(summary).collect(),
        }
    }
}

impl Variant {
    /// What the script expects, and how often that was met.
    pub fn expectations(&self, tally: &Tally) -> Vec<ExpectationRate> {
        let expects =
            self.script.statements.iter().filter(|line| matches!(line.value, Statement::Expect { .. }));
        let met = tally.met.iter().copied().chain(std::iter::repeat(0));
        let row = |(line, met): (&Located<Statement>, u64)| {
            let rate = Rate { count: met, of: tally.runs };
            ExpectationRate {
                text: line.value.to_string(),
                met,
                rate: rate.fraction(),
                interval: rate.interval_fractions(),
            }
        };
        expects.zip(met).map(row).collect()
    }
}
