//! How often each value was seen, and what is read off that.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// How often each value was seen.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Counts(BTreeMap<u64, u64>);

/// Percentiles by the nearest rank: each is a value that was seen. Empty if nothing was.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Spread {
    /// Half of the values are no larger.
    pub p50: Option<u64>,
    /// 95 of 100 are no larger.
    pub p95: Option<u64>,
    /// 99 of 100 are no larger.
    pub p99: Option<u64>,
    /// The largest.
    pub max: Option<u64>,
}

/// One bar of a histogram: values from `from_ms` on and below `to_ms`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Bar {
    /// The first value that belongs to it.
    pub from_ms: u64,
    /// The first value that does not any more.
    pub to_ms: u64,
    /// How many values do.
    pub count: u64,
}

/// Bars of equal width that several distributions share, so that they can be laid over each other.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Scale {
    /// Where the first bar begins, a multiple of the width.
    pub from: u64,
    /// 1, 2 or 5, and zeros behind it.
    pub width: u64,
    /// How many bars there are.
    pub bars: usize,
}

impl Counts {
    /// Notes a value.
    pub fn add(&mut self, value: u64) {
        *self.0.entry(value).or_default() += 1;
    }

    /// Notes everything that `other` has noted.
    pub fn merge(&mut self, other: &Self) {
        for (value, count) in &other.0 {
            *self.0.entry(*value).or_default() += count;
        }
    }

    /// How many values were noted; `None` if that is beyond counting, which only a forged part can be.
    pub fn total(&self) -> Option<u64> {
        self.0.values().try_fold(0, |sum: u64, count| sum.checked_add(*count))
    }

    /// Percentiles.
    pub fn spread(&self) -> Spread {
        let total = u128::from(self.total().unwrap_or(u64::MAX));
        let at = |percent: u128| {
            let rank = (total * percent).div_ceil(100).max(1);
            let mut seen = 0;
            let found = self.0.iter().find(|(_, count)| {
                seen += u128::from(**count);
                seen >= rank
            });
            found.map(|(value, _)| *value)
        };
        Spread { p50: at(50), p95: at(95), p99: at(99), max: self.0.keys().next_back().copied() }
    }

    /// How many values fall into each bar of a scale that was made over them.
    pub fn histogram(&self, scale: Scale) -> Vec<Bar> {
        let bar = |index: u64| {
            let from_ms = scale.from.saturating_add(index.saturating_mul(scale.width));
            let to_ms = from_ms.saturating_add(scale.width);
            let count = self.0.range(from_ms..to_ms).map(|(_, count)| count).sum();
            Bar { from_ms, to_ms, count }
        };
        (0..).take(scale.bars).map(bar).collect()
    }
}

impl Scale {
    /// The finest scale with at most so many bars over all values of some distributions; `None` if
    /// there is no value.
    pub fn over<'a>(counts: impl Iterator<Item = &'a Counts>, most: usize) -> Option<Self> {
        let ends =
            counts.filter_map(|counts| Some((*counts.0.keys().next()?, *counts.0.keys().next_back()?)));
        let (first, last) = ends.reduce(|one, other| (one.0.min(other.0), one.1.max(other.1)))?;
        let tens = (0..=19).map(|power| 10_u64.pow(power));
        let widths = tens.flat_map(|ten| [1, 2, 5].map(|digit| ten.saturating_mul(digit)));
        let scales = widths.map(|width| (width, last / width - first / width));
        let (width, steps) = scales.into_iter().find(|(_, steps)| *steps < most.max(2) as u64)?;
        Some(Self { from: first / width * width, width, bars: usize::try_from(steps).ok()? + 1 })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn counts(values: &[u64]) -> Counts {
        let mut counts = Counts::default();
        for value in values {
            counts.add(*value);
        }
        counts
    }

    #[test]
    fn a_percentile_is_a_value_that_was_seen() {
        assert_eq!(counts(&[]).spread(), Spread::default());
        let four = counts(&[40, 10, 30, 20]).spread();
        assert_eq!(four, Spread { p50: Some(20), p95: Some(40), p99: Some(40), max: Some(40) });
        let hundred = counts(&(1..=100).collect::<Vec<_>>()).spread();
        assert_eq!(hundred, Spread { p50: Some(50), p95: Some(95), p99: Some(99), max: Some(100) });
    }

    #[test]
    fn distributions_share_one_scale() {
        let (one, other) = (counts(&[7056, 7056, 7790]), counts(&[19_075, 31_246]));
        let scale = Scale::over([&one, &other].into_iter(), 40).expect("there are values");
        assert_eq!(scale, Scale { from: 7000, width: 1000, bars: 25 });
        let bars = one.histogram(scale);
        assert_eq!(bars[0], Bar { from_ms: 7000, to_ms: 8000, count: 3 });
        assert!(bars[1..].iter().all(|bar| bar.count == 0));
        assert_eq!(other.histogram(scale)[24], Bar { from_ms: 31_000, to_ms: 32_000, count: 1 });
        assert_eq!(Scale::over([&counts(&[])].into_iter(), 40), None);
        let single = Scale::over([&counts(&[5])].into_iter(), 40);
        assert_eq!(single, Some(Scale { from: 5, width: 1, bars: 1 }));
    }

    proptest! {
        #[test]
        fn percentiles_are_those_of_the_sorted_values(mut values in proptest::collection::vec(0_u64..50, 1..300)) {
            let spread = counts(&values).spread();
            values.sort_unstable();
            let at = |percent: usize| Some(values[(values.len() * percent).div_ceil(100) - 1]);
            prop_assert_eq!(spread, Spread { p50: at(50), p95: at(95), p99: at(99), max: values.last().copied() });
        }

        #[test]
        fn every_value_is_in_one_bar(values in proptest::collection::vec(any::<u32>(), 1..100), most in 2_usize..90) {
            let values: Vec<u64> = values.into_iter().map(u64::from).collect();
            let counts = counts(&values);
            let scale = Scale::over(std::iter::once(&counts), most).expect("there are values");
            let bars = counts.histogram(scale);
            prop_assert!(bars.len() <= most);
            prop_assert_eq!(bars.iter().map(|bar| bar.count).sum::<u64>(), values.len() as u64);
            prop_assert!(bars[0].count > 0 && bars[bars.len() - 1].count > 0);
        }
    }
}
