//! What the lab's figures, counts and variants are called, and how their values are written in a picture.

use splitvote::sim::sweep::Rate;

use crate::lab::vary;
use crate::language::{t, tell};
use crate::words;

/// A variant's name.
pub(super) fn short(name: &str) -> String {
    vary::variant(name)
}

/// A figure's name on the page.
pub(super) fn figure_name(at: usize, english: &'static str) -> &'static str {
    match at {
        0 => t("All slots served again after"),
        1 => t("Election won, after FAIL"),
        2 => t("Rounds of votes"),
        3 => t("Lost writes"),
        _ => english,
    }
}

/// The name of what is counted.
pub(super) fn counted_name(at: usize, english: &'static str) -> &'static str {
    match at {
        0 => t("With a split vote"),
        1 => t("Some slots not served at the end"),
        2 => t("With a broken property"),
        _ => english,
    }
}

/// A value of a figure, short: the table has all its digits.
pub(super) fn value(figure: usize, value: u64) -> String {
    if figure < 2 { tell(&words::span(value.saturating_mul(1000))) } else { words::number(value) }
}

/// `87 % (78–92)`.
pub(super) fn percent(rate: Rate) -> String {
    let whole = |millionths: u32| (millionths + 5000) / 10_000;
    let [low, high] = rate.interval();
    format!("{}\u{a0}% ({}–{})", whole(rate.millionths()), whole(low), whole(high))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rates_and_spans_are_short() {
        assert_eq!(percent(Rate { count: 34, of: 40 }), "85\u{a0}% (71–93)");
        assert_eq!((value(0, 19_076), value(2, 1900)), ("19 s".to_owned(), "1,900".to_owned()));
    }
}
