//! Floating-point numbers as peers write them: the shortest digits that say which number it is.

use std::fmt::Write as _;

/// Whole numbers up to here are written to the last digit, as peers do who put them into 64 bits for that.
const WHOLE: f64 = 4_611_686_018_427_387_904.0;

/// The text of a number.
pub fn double(value: f64) -> String {
    if value.is_infinite() {
        return if value > 0.0 { "inf" } else { "-inf" }.to_owned();
    }
    if value.is_nan() {
        return "nan".to_owned();
    }
    if value == 0.0 {
        return if value.is_sign_negative() { "-0" } else { "0" }.to_owned();
    }
    if value.abs() <= WHOLE && value.fract() == 0.0 {
        return format!("{value:.0}");
    }
    let scientific = format!("{:e}", value.abs());
    let (mantissa, exponent) = scientific.split_once('e').unwrap_or((&scientific, "0"));
    let digits: String = mantissa.chars().filter(char::is_ascii_digit).collect();
    let exponent: i32 = exponent.parse().unwrap_or(0);
    let sign = if value < 0.0 { "-" } else { "" };
    format!("{sign}{}", laid_out(&digits, exponent))
}

/// Digits of which the first counts ten to the power of `exponent`, plainly if that is short.
fn laid_out(digits: &str, exponent: i32) -> String {
    let count = i32::try_from(digits.len()).unwrap_or(i32::MAX);
    let last = exponent - (count - 1);
    let zeros = |count: i32| "0".repeat(usize::try_from(count).unwrap_or(0));
    if last >= 0 && exponent.abs() < count + 7 {
        return format!("{digits}{}", zeros(last));
    }
    if last < 0 && (last > -7 || exponent.abs() < 4) {
        let before = count + last;
        return match usize::try_from(before) {
            Ok(before @ 1..) => format!("{}.{}", &digits[..before], &digits[before..]),
            _ => format!("0.{}{digits}", zeros(-before)),
        };
    }
    let mut text = digits[..1].to_owned();
    if count > 1 {
        text.push('.');
        text.push_str(&digits[1..]);
    }
    // Writing to a `String` cannot fail.
    let _ = write!(text, "e{}{}", if exponent < 0 { '-' } else { '+' }, exponent.abs());
    text
}

#[cfg(test)]
mod tests {
    use super::double;

    #[test]
    fn numbers_look_as_they_do_elsewhere() {
        for (value, text) in [
            (0.0, "0"),
            (-0.0, "-0"),
            (3.0, "3"),
            (-17.0, "-17"),
            (1.5, "1.5"),
            (0.1, "0.1"),
            (-0.003, "-0.003"),
            (3.3, "3.3"),
            (0.000_001, "0.000001"),
            (0.000_000_12, "1.2e-7"),
            (100_000_000.0, "100000000"),
            (250_000_000_000_000_000.0, "250000000000000000"),
            (-4_611_686_018_427_387_904.0, "-4611686018427387904"),
            (4_611_686_018_427_388_928.0, "4611686018427389000"),
            (1e20, "1e+20"),
            (-1.25e300, "-1.25e+300"),
            (123_456_789.125, "123456789.125"),
            (f64::INFINITY, "inf"),
            (f64::NEG_INFINITY, "-inf"),
        ] {
            assert_eq!(double(value), text);
        }
    }
}
