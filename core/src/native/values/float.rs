//! Floating-point numbers of clients: data that is added up for them and decides nothing here.
#![expect(clippy::float_arithmetic, reason = "clients' numbers: no decision of the cluster rests on them")]

/// A number as peers read them: no spaces, no NaN.
pub fn read(word: &[u8]) -> Option<f64> {
    let value: f64 = std::str::from_utf8(word).ok()?.parse().ok()?;
    (!value.is_nan()).then_some(value)
}

/// Both together; the infinities have no sum.
pub fn sum(left: f64, right: f64) -> Option<f64> {
    Some(left + right).filter(|sum| !sum.is_nan())
}

/// One as often as the other says; nothing times infinity is nothing.
pub fn product(left: f64, right: f64) -> f64 {
    Some(left * right).filter(|product| !product.is_nan()).unwrap_or(0.0)
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
        for text in ["", " 1", "1 ", "nan", "-nan", "x", "1x"] {
            assert_eq!(read(text.as_bytes()), None, "{text:?}");
        }
        assert_eq!(sum(f64::INFINITY, f64::NEG_INFINITY), None);
        assert_eq!((product(0.0, f64::INFINITY), product(2.0, 1.5)), (0.0, 3.0));
    }
}
