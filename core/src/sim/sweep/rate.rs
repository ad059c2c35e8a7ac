//! How often something happened, and how sure that is.

/// So many of so many.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rate {
    /// How many did.
    pub count: u64,
    /// Of how many.
    pub of: u64,
}

/// A rate of one, in parts.
const WHOLE: u32 = 1_000_000;
/// 1.96 squared, the quantile of 95 %, times 10^8.
const Z_SQUARED: u128 = 384_160_000;
const SCALE: u128 = 100_000_000;

impl Rate {
    /// The rate in millionths, rounded; zero of nothing is zero.
    pub fn millionths(self) -> u32 {
        rounded(u128::from(self.count) * u128::from(WHOLE), u128::from(self.of))
    }

    /// Wilson's 95 % interval in millionths: where the true rate may well lie. Of nothing it is everything.
    ///
    /// In integers, so that every machine prints the same digits.
    pub fn interval(self) -> [u32; 2] {
        if self.of == 0 {
            return [0, WHOLE];
        }
        // Beyond 2^36 runs the products would not fit, and the digits do not show.
        let shift = (64 - self.of.leading_zeros()).saturating_sub(36);
        let (count, of) = (u128::from(self.count.min(self.of) >> shift), u128::from(self.of >> shift));
        let spread = Z_SQUARED * SCALE * count * (of - count) / of + Z_SQUARED * Z_SQUARED / 4;
        let centre = count * SCALE + Z_SQUARED / 2;
        let root = spread.isqrt();
        let below = of * SCALE + Z_SQUARED;
        [centre.saturating_sub(root), centre + root].map(|end| rounded(end * u128::from(WHOLE), below))
    }

    /// The rate as a fraction of one.
    pub fn fraction(self) -> f64 {
        fraction(self.millionths())
    }

    /// [`Self::interval`] as fractions of one.
    pub fn interval_fractions(self) -> [f64; 2] {
        self.interval().map(fraction)
    }
}

fn rounded(dividend: u128, divisor: u128) -> u32 {
    let rounded = (dividend + divisor / 2).checked_div(divisor).unwrap_or(0);
    u32::try_from(rounded).unwrap_or(WHOLE).min(WHOLE)
}

/// For display alone; a division of two exact numbers gives the same on every machine.
#[expect(clippy::float_arithmetic, reason = "JSON has no other fractions; nothing is decided by it")]
fn fraction(millionths: u32) -> f64 {
    f64::from(millionths) / f64::from(WHOLE)
}

/// `85.00 % (70.93 to 92.94)`.
impl std::fmt::Display for Rate {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let percent = |millionths: u32| {
            let hundredths = (millionths + 50) / 100;
            format!("{}.{:02}", hundredths / 100, hundredths % 100)
        };
        let [low, high] = self.interval();
        write!(f, "{} % ({} to {})", percent(self.millionths()), percent(low), percent(high))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_interval_is_wilsons() {
        // Worked out to 15 digits by the textbook's formula with z = 1.96.
        for (count, of, interval) in [
            (0, 10, [0, 277_540]),
            (10, 10, [722_460, 1_000_000]),
            (1, 10, [17_876, 404_156]),
            (34, 40, [709_274, 929_389]),
            (4_500, 10_000, [440_270, 459_768]),
            (1, 1_000_000, [0, 6]),
        ] {
            assert_eq!(Rate { count, of }.interval(), interval, "{count} of {of}");
        }
        assert_eq!(Rate { count: 0, of: 0 }.interval(), [0, 1_000_000]);
    }

    #[test]
    fn no_numbers_are_too_large() {
        let half = Rate { count: u64::MAX / 2, of: u64::MAX };
        assert_eq!(
            (half.millionths(), half.interval()[0] / 10, half.interval()[1]),
            (500_000, 49_999, 500_004)
        );
        assert_eq!(Rate { count: u64::MAX, of: 1 }.millionths(), 1_000_000);
        assert_eq!(Rate { count: u64::MAX, of: 1 }.interval()[1], 1_000_000);
    }

    #[test]
    fn a_rate_is_said_with_its_interval() {
        assert_eq!(Rate { count: 34, of: 40 }.to_string(), "85.00 % (70.93 to 92.94)");
        assert_eq!(Rate { count: 0, of: 10_000 }.to_string(), "0.00 % (0.00 to 0.04)");
    }
}
