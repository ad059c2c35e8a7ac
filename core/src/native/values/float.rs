//! Floating-point numbers of clients: data that is added up for them and decides nothing here.
#![expect(clippy::float_arithmetic, reason = "clients' numbers: no decision of the cluster rests on them")]

/// A number as peers read them: no spaces, no NaN, no digits beyond what a number can be.
pub fn read(word: &[u8]) -> Option<f64> {
    let value = bound(word).filter(|_| !word.is_empty())?;
    let mut digits = word.iter().take_while(|byte| !byte.eq_ignore_ascii_case(&b'e'));
    let too_large = value.is_infinite() && word.iter().any(u8::is_ascii_digit);
    let too_small = value == 0.0 && digits.any(|byte| (b'1'..=b'9').contains(byte));
    (!too_large && !too_small).then_some(value)
}

/// The end of a range as peers read it: nothing said is 0, and what is too large is infinite.
pub fn bound(word: &[u8]) -> Option<f64> {
    if word.is_empty() {
        return Some(0.0);
    }
    let value: f64 = std::str::from_utf8(word).ok()?.parse().ok()?;
    (!value.is_nan()).then_some(value)
}

/// Both together; the infinities have no sum.
pub fn sum(left: f64, right: f64) -> Option<f64> {
    Some(left + right).filter(|sum| !sum.is_nan())
}

/// One as often as the other says; NaN if nothing is taken infinitely often.
pub fn product(left: f64, right: f64) -> f64 {
    left * right
}

/// The number itself; 0 for NaN.
pub fn or_zero(value: f64) -> f64 {
    if value.is_nan() { 0.0 } else { value }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_read_as_peers_read_them() {
        for (text, value) in
            [("1", 1.0), ("-2.5e3", -2500.0), ("+inf", f64::INFINITY), ("-inf", f64::NEG_INFINITY)]
        {
            assert_eq!(read(text.as_bytes()), Some(value));
        }
        assert_eq!((read(b"0e999"), read(b"1e-320")), (Some(0.0), Some(1e-320)));
        assert_eq!((bound(b""), bound(b"-1e400"), bound(b"x")), (Some(0.0), Some(f64::NEG_INFINITY), None));
        for text in ["", " 1", "1 ", "nan", "-nan", "x", "1x", "1e400", "-0.1e-400"] {
            assert_eq!(read(text.as_bytes()), None, "{text:?}");
        }
        assert_eq!(sum(f64::INFINITY, f64::NEG_INFINITY), None);
        assert_eq!((or_zero(product(0.0, f64::INFINITY)), or_zero(product(2.0, 1.5))), (0.0, 3.0));
    }
}
