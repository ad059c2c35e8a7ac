//! Commands on values of several elements, one file a family.

pub(super) mod bits;
pub(super) mod hashes;
pub(super) mod lists;
pub(super) mod longest;
pub(super) mod ranges;
pub(super) mod scan;
pub(super) mod sets;
pub(super) mod sort;
pub(super) mod sorted;
pub(super) mod together;
pub(super) mod waiting;
pub(super) mod whole;

use std::borrow::Cow;

use hashbrown::DefaultHashBuilder;
use indexmap::IndexSet;

use super::strings::{NOT_INTEGER, SYNTAX};
use super::{Call, Effect, Flow};
use crate::base::Rng;
use crate::native::values::{float, integer};

/// The error a command answers.
pub(super) type Refusal = Cow<'static, str>;

/// Runs a command that may refuse; what it has answered by then must be nothing.
pub(super) fn tried(call: &mut Call<'_>, work: impl FnOnce(&mut Call<'_>) -> Result<(), Refusal>) -> Flow {
    if let Err(error) = work(call) {
        call.out.error(&error);
    }
    Flow::Done
}

impl<'a> Call<'a> {
    /// A key has changed by this very command.
    pub(super) fn changed(&mut self, key: &[u8]) {
        self.server.keyspace.touch(key);
        self.effect = Effect::AsTyped;
    }

    /// The keys behind an argument that says how many there are.
    fn counted(&self, at: usize) -> Result<&'a [&'a [u8]], Refusal> {
        let count = integer(self.words[at]).and_then(|count| usize::try_from(count).ok());
        let count = count.filter(|count| *count > 0);
        let count = count.ok_or("ERR numkeys should be greater than 0")?;
        Ok(self.words.get(at + 1..at.saturating_add(count).saturating_add(1)).ok_or(SYNTAX)?)
    }
}

/// A whole number, or the complaint that it is none.
fn number(word: &[u8]) -> Result<i64, Refusal> {
    integer(word).ok_or(Cow::Borrowed(NOT_INTEGER))
}

/// A number of things, or the complaint that it is none.
fn count(word: &[u8]) -> Result<usize, Refusal> {
    let count = integer(word).and_then(|count| usize::try_from(count).ok());
    count.ok_or(Cow::Borrowed("ERR value is out of range, must be positive"))
}

/// How many elements to take from the first that has any.
fn positive(word: &[u8]) -> Result<usize, Refusal> {
    let count = integer(word).and_then(|count| usize::try_from(count).ok()).filter(|count| *count > 0);
    count.ok_or(Cow::Borrowed("ERR count should be greater than 0"))
}

/// A floating-point number, or the complaint that it is none.
pub(super) fn decimal(word: &[u8]) -> Result<f64, Refusal> {
    float::read(word).ok_or(Cow::Borrowed("ERR value is not a valid float"))
}

/// The places from `first` to `last` of `len`, either counted from the end if negative.
fn span(first: i64, last: i64, len: usize) -> std::ops::Range<usize> {
    let signed = i64::try_from(len).unwrap_or(i64::MAX);
    let place = |at: i64| if at < 0 { at.saturating_add(signed).max(0) } else { at };
    let last = if last < 0 { last.saturating_add(signed) } else { last };
    let (first, end) = (place(first), last.min(signed - 1).saturating_add(1));
    if first >= end {
        return 0..0;
    }
    usize::try_from(first).unwrap_or(0)..usize::try_from(end).unwrap_or(0)
}

/// The same of a string: what ends in front of it ends with its first element, unless the ends are turned round.
pub(super) fn text_span(first: i64, last: i64, len: usize) -> std::ops::Range<usize> {
    if first < 0 && last < first {
        return 0..0;
    }
    let signed = i64::try_from(len).unwrap_or(i64::MAX);
    span(first, if last < 0 { last.saturating_add(signed).max(0) } else { last }, len)
}

/// The most elements drawn at once if one may be drawn more than once: the answer needs memory for each.
const DRAWN: u64 = 1 << 20;

/// One of so many places, by chance.
fn one_place(chance: &mut Rng, len: usize) -> usize {
    usize::try_from(chance.below((len as u64).max(1))).unwrap_or(0)
}

/// Places drawn by chance: different ones, or if `wanted` is negative so many, repeated or not.
fn places(chance: &mut Rng, len: usize, wanted: i64) -> Result<Vec<usize>, Refusal> {
    let many = usize::try_from(wanted.unsigned_abs()).unwrap_or(usize::MAX);
    if wanted < 0 {
        if wanted.unsigned_abs() > DRAWN {
            return Err("ERR value is out of range".into());
        }
        return Ok((0..if len == 0 { 0 } else { many }).map(|_| one_place(chance, len)).collect());
    }
    if many >= len {
        return Ok((0..len).collect());
    }
    // Floyd's way: each of the last `many` places, or one before it, whichever is new.
    let mut drawn = IndexSet::with_capacity_and_hasher(many, DefaultHashBuilder::default());
    for last in len - many..len {
        let at = one_place(chance, last + 1);
        if !drawn.insert(at) {
            drawn.insert(last);
        }
    }
    Ok(drawn.into_iter().collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spans_stay_within() {
        for (first, last, len, expected) in [
            (0, -1, 3, 0..3),
            (-2, -1, 3, 1..3),
            (1, 1, 3, 1..2),
            (2, 1, 3, 0..0),
            (-100, 100, 3, 0..3),
            (3, 5, 3, 0..0),
            (0, -4, 3, 0..0),
            (0, -1, 0, 0..0),
            (i64::MIN, i64::MAX, 2, 0..2),
        ] {
            assert_eq!(span(first, last, len), expected, "{first} {last} {len}");
        }
    }

    #[test]
    fn spans_of_strings_have_a_first_element() {
        for (first, last, len, expected) in
            [(-2, -2, 1, 0..1), (-1, -2, 1, 0..0), (0, -9, 3, 0..1), (0, -1, 0, 0..0)]
        {
            assert_eq!(text_span(first, last, len), expected, "{first} {last} {len}");
        }
    }

    #[test]
    fn places_are_drawn_within_and_once_unless_asked_otherwise() {
        let mut chance = Rng::new(7);
        for (len, wanted) in [(10, 3), (10, 9), (10, 10), (10, 50), (0, 5), (1, 1)] {
            let mut drawn = places(&mut chance, len, wanted).expect("it is not too many");
            drawn.sort_unstable();
            drawn.dedup();
            let most = usize::try_from(wanted).expect("it is positive").min(len);
            assert_eq!(drawn.len(), most, "{len} {wanted}");
            assert!(drawn.iter().all(|at| *at < len));
        }
        assert_eq!(places(&mut chance, 3, -10).map(|drawn| drawn.len()), Ok(10));
        assert_eq!(places(&mut chance, 0, -10).map(|drawn| drawn.len()), Ok(0));
        assert!(places(&mut chance, 3, i64::MIN).is_err());
    }
}
