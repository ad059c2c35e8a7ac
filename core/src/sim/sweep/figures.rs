//! The lines in which a sweep's figures are told: the command line and the page print the same.

use crate::base::Instant;

use super::{Counts, Rate, Spread, Tally};

/// Something of which each run has one value, or none.
#[derive(Clone, Copy, Debug)]
pub struct Figure {
    /// What it is called.
    pub name: &'static str,
    /// Where its values are counted.
    pub counts: fn(&Tally) -> &Counts,
    /// How a value is written.
    pub print: fn(u64) -> String,
}

/// Something that a run shows or does not.
#[derive(Clone, Copy, Debug)]
pub struct Counted {
    /// What it is called.
    pub name: &'static str,
    /// How many runs show it.
    pub count: fn(&Tally) -> u64,
}

/// The figures, in the order in which they are told.
pub const FIGURES: [Figure; 4] = [
    Figure { name: "covered again", counts: |tally| &tally.recovery_ms, print: seconds },
    Figure { name: "won after FAIL", counts: |tally| &tally.after_fail_ms, print: seconds },
    Figure { name: "rounds", counts: |tally| &tally.rounds, print: plain },
    Figure { name: "lost writes", counts: |tally| &tally.lost_writes, print: plain },
];

/// What is counted, in the order in which it is told.
pub const COUNTED: [Counted; 3] = [
    Counted { name: "with a split vote", count: |tally| tally.split },
    Counted { name: "not covered at the end", count: |tally| tally.unrecovered },
    Counted { name: "with a broken property", count: |tally| tally.violating },
];

/// What one run came to: its value of each of [`FIGURES`], and whether it shows each of [`COUNTED`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Seen {
    /// In the order of [`FIGURES`].
    pub values: [Option<u64>; FIGURES.len()],
    /// In the order of [`COUNTED`].
    pub shows: [bool; COUNTED.len()],
}

fn seconds(value: u64) -> String {
    Instant::from_millis(value).to_string()
}

fn plain(value: u64) -> String {
    value.to_string()
}

impl Figure {
    /// Its p50, p95, p99 and maximum as they are written; `-` where no run has a value.
    pub fn cells(&self, tally: &Tally) -> [String; 4] {
        let Spread { p50, p95, p99, max } = (self.counts)(tally).spread();
        [p50, p95, p99, max].map(|value| value.map_or_else(|| "-".to_owned(), self.print))
    }
}

impl Counted {
    /// In which part of the runs it shows.
    pub fn rate(&self, tally: &Tally) -> Rate {
        Rate { count: (self.count)(tally), of: tally.runs }
    }
}

impl Seen {
    /// What the only run of a tally came to.
    pub(super) fn of(one: &Tally) -> Self {
        Self {
            values: FIGURES.map(|figure| (figure.counts)(one).spread().max),
            shows: COUNTED.map(|counted| (counted.count)(one) > 0),
        }
    }
}
