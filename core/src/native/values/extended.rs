//! Sums as peers' machines make them: with the 64 binary digits of an x87, written with 17 decimals.

use std::fmt::Write as _;

use rustc_apfloat::ieee::X87DoubleExtended;
use rustc_apfloat::{Float as _, Round, Status};

/// A number of INCRBYFLOAT and HINCRBYFLOAT.
#[derive(Clone, Copy, Debug)]
pub struct Extended(X87DoubleExtended);

/// Longer texts are no numbers to peers.
const LONGEST: usize = 5 * 1024 - 1;
/// The value of a whole of [`PLACES`] digits behind the point.
const SCALE: u128 = 100_000_000_000_000_000;
/// How many digits stand behind the point.
const PLACES: usize = 17;
/// The exponent's offset, and the places of the fraction behind its first digit.
const BIAS: i32 = 16_383 + 63;
/// Decimal digits of one limb of a large number.
const LIMB: u128 = 1_000_000_000_000_000_000;

impl Extended {
    /// Nothing.
    pub const ZERO: Self = Self(X87DoubleExtended::ZERO);

    /// A number as peers read them: decimal, hexadecimal or infinite, but not too large or too small to be told.
    pub fn read(word: &[u8]) -> Option<Self> {
        let text = std::str::from_utf8(word).ok().filter(|text| text.len() <= LONGEST)?;
        let unsigned = text.strip_prefix(['-', '+']).unwrap_or(text);
        let negative = text.starts_with('-');
        if ["inf", "infinity"].iter().any(|word| unsigned.eq_ignore_ascii_case(word)) {
            let infinity = X87DoubleExtended::INFINITY;
            return Some(Self(if negative { -infinity } else { infinity }));
        }
        let hexadecimal = unsigned.strip_prefix("0x").or_else(|| unsigned.strip_prefix("0X"));
        let read = match hexadecimal {
            None if is_number(unsigned, 'e', 10) => X87DoubleExtended::from_str_r(unsigned, ROUND),
            Some(digits) if is_number(digits, 'p', 16) => {
                let exponent = if digits.contains(['p', 'P']) { "" } else { "p0" };
                X87DoubleExtended::from_str_r(&format!("{unsigned}{exponent}"), ROUND)
            }
            _ => return None,
        };
        let read = read.ok()?;
        let lost = read.status.contains(Status::UNDERFLOW) && read.value.is_zero();
        let whole = !lost && !read.value.is_infinite();
        whole.then_some(Self(if negative { -read.value } else { read.value }))
    }

    /// Whether it has no end.
    pub fn is_infinite(self) -> bool {
        self.0.is_infinite()
    }

    /// Both together, if that is a number with an end.
    pub fn sum(self, other: Self) -> Option<Self> {
        let sum = self.0.add_r(other.0, ROUND).value;
        sum.is_finite().then_some(Self(sum))
    }

    /// Its digits, all before the point and as many behind it as are not zero in vain.
    pub fn text(self) -> String {
        let bits = self.0.to_bits();
        let fraction = bits & u128::from(u64::MAX);
        let exponent = i32::try_from((bits >> 64) & 0x7fff).unwrap_or(0).max(1) - BIAS;
        let digits = match u32::try_from(exponent) {
            Ok(shift) => whole(fraction, shift),
            Err(_) => decimals(rounded(fraction * SCALE, exponent.unsigned_abs())),
        };
        if self.0.is_negative() && digits != "0" { format!("-{digits}") } else { digits }
    }
}

/// As peers' machines do unless told otherwise.
const ROUND: Round = Round::NearestTiesToEven;

/// Whether these are digits with at most one point, and an exponent, if any, behind this letter.
fn is_number(text: &str, letter: char, radix: u32) -> bool {
    let (digits, exponent) = match text.split_once([letter, letter.to_ascii_uppercase()]) {
        None => (text, "0"),
        Some((digits, exponent)) => (digits, exponent.strip_prefix(['-', '+']).unwrap_or(exponent)),
    };
    let (before, behind) = digits.split_once('.').unwrap_or((digits, ""));
    let all = |text: &str, radix| text.chars().all(|digit| digit.is_digit(radix));
    let some = !before.is_empty() || !behind.is_empty();
    some && all(before, radix) && all(behind, radix) && !exponent.is_empty() && all(exponent, 10)
}

/// A number without so many binary digits, ties to even.
fn rounded(number: u128, places: u32) -> u128 {
    // The number is below 2 to the power of 121.
    let Some(half) = 1_u128.checked_shl(places - 1) else { return 0 };
    let floor = number.checked_shr(places).unwrap_or(0);
    let rest = number & (half | (half - 1));
    floor + u128::from(rest > half || (rest == half && floor % 2 == 1))
}

/// A number of which the last digits stand behind the point.
fn decimals(scaled: u128) -> String {
    let digits = format!("{scaled:0width$}", width = PLACES + 1);
    let (before, behind) = digits.split_at(digits.len() - PLACES);
    let behind = behind.trim_end_matches('0');
    if behind.is_empty() { before.to_owned() } else { format!("{before}.{behind}") }
}

/// A number times 2 to the power of `shift`, to the last digit.
fn whole(number: u128, shift: u32) -> String {
    /// So often a limb is doubled at once without leaving 128 bits.
    const STEP: u32 = 60;
    let mut limbs = vec![number % LIMB, number / LIMB];
    let mut left = shift;
    while left > 0 {
        let step = left.min(STEP);
        left -= step;
        let mut carry = 0;
        for limb in &mut limbs {
            let product = (*limb << step) + carry;
            (*limb, carry) = (product % LIMB, product / LIMB);
        }
        if carry > 0 {
            limbs.push(carry);
        }
    }
    let mut digits = String::with_capacity(limbs.len() * 18);
    for limb in limbs.iter().rev() {
        // Writing to a `String` cannot fail.
        let _ = write!(digits, "{limb:018}");
    }
    let digits = digits.trim_start_matches('0');
    if digits.is_empty() { "0" } else { digits }.to_owned()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn sum(left: &str, right: &str) -> Option<String> {
        Some(Extended::read(left.as_bytes())?.sum(Extended::read(right.as_bytes())?)?.text())
    }

    #[test]
    fn sums_are_those_of_valkey() {
        for (left, right, expected) in [
            ("3.0e3", "200", "3200"),
            ("10.50", "0.1", "10.6"),
            ("0.1", "0.2", "0.3"),
            ("1e17", "1.5", "100000000000000001.5"),
            ("1", "1e-17", "1.00000000000000001"),
            ("1", "5e-18", "1"),
            ("0x10", "1", "17"),
            ("1", "0x1p-3", "1.125"),
            ("-0", "-0", "0"),
            ("1e-4950", "0", "0"),
            (".5", "+5.", "5.5"),
            ("0.000000000000000015", "0", "0.00000000000000002"),
            ("-0.000000000000000001", "0", "0"),
            ("-1.5", "0.25", "-1.25"),
            ("123456789012345678901234567890", "0", "123456789012345678899921813504"),
        ] {
            assert_eq!(sum(left, right).as_deref(), Some(expected), "{left} and {right}");
        }
        let large = sum("1e4931", "1e4931").expect("it has an end");
        assert!(large.starts_with("20000000000000000000120378987759277826476755") && large.len() == 4932);
    }

    #[test]
    fn what_is_no_number_is_refused() {
        for text in [
            "",
            " 1",
            "1 ",
            "nan",
            "NaN",
            "x",
            "1x",
            "1e",
            "1e+",
            "0x",
            "0xp1",
            "0x1p",
            ".",
            "-",
            "+-1",
            "1_0",
            "--1",
            "1e5000",
            "1e-5000",
            "1.2.3",
            "1e99999999999",
            "0x1p-99999999999",
            "0x1p99999999999",
            "s1",
            "infi",
        ] {
            assert!(Extended::read(text.as_bytes()).is_none(), "{text:?}");
        }
        assert!(Extended::read(&[b'1'; LONGEST + 1]).is_none());
        assert_eq!((sum("inf", "1"), sum("inf", "-inf"), sum("1e4932", "1e4932")), (None, None, None));
        assert!(Extended::read(b"-Infinity").is_some_and(Extended::is_infinite));
    }

    proptest! {
        #[test]
        fn any_text_is_read_or_refused(text in "[-+]?(0x)?[0-9a-f.]{0,40}([ep][-+]?[0-9]{0,12})?") {
            if let Some(number) = Extended::read(text.as_bytes()) {
                let _ = number.sum(number).map(Extended::text);
            }
        }

        #[test]
        fn whole_numbers_stay_themselves(left in any::<i32>(), right in any::<i32>()) {
            let expected = (i64::from(left) + i64::from(right)).to_string();
            prop_assert_eq!(sum(&left.to_string(), &right.to_string()), Some(expected));
        }
    }
}
