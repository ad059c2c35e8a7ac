//! Sorted sets: members by score, and scores by member.

use std::cmp::Ordering;
use std::collections::BTreeSet;
use std::ops::Bound;
use std::sync::Arc;

use hashbrown::HashMap;

/// A score: any number, the infinities included.
#[derive(Clone, Copy, Debug)]
pub struct Score(f64);

impl Score {
    /// The score of this number, unless it is none.
    pub fn new(value: f64) -> Option<Self> {
        (!value.is_nan()).then_some(Self(value))
    }

    /// Its number.
    pub const fn get(self) -> f64 {
        self.0
    }

    /// The same number, zero without a sign.
    fn unsigned_zero(self) -> Self {
        if self.0 == 0.0 { Self(0.0) } else { self }
    }
}

impl Ord for Score {
    fn cmp(&self, other: &Self) -> Ordering {
        // Neither is NaN, so they compare.
        self.0.partial_cmp(&other.0).unwrap_or(Ordering::Equal)
    }
}

impl PartialOrd for Score {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Score {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}

impl Eq for Score {}

/// The most members, and the longest one, that peers keep in one piece of memory.
const PACKED: (usize, usize) = (128, 64);

/// A sorted set.
///
/// What is small and has never been large is what peers keep in one piece of memory, where a zero has no sign.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Sorted {
    order: BTreeSet<(Score, Arc<[u8]>)>,
    scores: HashMap<Arc<[u8]>, Score>,
    outgrown: bool,
}

/// A member and its score.
pub type Scored<'a> = (Score, &'a [u8]);

impl Sorted {
    /// How many members it has.
    pub fn len(&self) -> usize {
        self.scores.len()
    }

    /// Whether it has none.
    pub fn is_empty(&self) -> bool {
        self.scores.is_empty()
    }

    /// A member's score.
    pub fn score(&self, member: &[u8]) -> Option<Score> {
        self.scores.get(member).copied()
    }

    /// Whether a peer would keep it in one piece of memory.
    pub fn is_packed(&self) -> bool {
        !self.outgrown
    }

    /// So many members of at most this length will be put in at once, which a peer may make room for.
    pub fn expect(&mut self, members: usize, longest: usize) {
        self.outgrown |= members > PACKED.0 || (self.is_empty() && longest > PACKED.1);
    }

    /// An empty one that keeps the signs of zeros for now: see [`Sorted::settle`].
    pub fn large() -> Self {
        Self { outgrown: true, ..Self::default() }
    }

    /// Nothing more is put in for now. Peers that build a sorted set as a whole look only then whether it is small.
    pub fn settle(&mut self) {
        self.outgrown = self.len() > PACKED.0 || self.scores.keys().any(|member| member.len() > PACKED.1);
        let Some(zero) = Score::new(0.0).filter(|_| self.is_packed()) else { return };
        let zeros = self.from_score(zero).take_while(|(score, _)| *score == zero);
        for member in zeros.map(|(_, member)| member.to_vec()).collect::<Vec<_>>() {
            self.insert(&member, zero);
        }
    }

    /// Gives a member a score; the one it had.
    pub fn insert(&mut self, member: &[u8], score: Score) -> Option<Score> {
        let before = self.scores.get_key_value(member).map(|(member, score)| (Arc::clone(member), *score));
        self.outgrown |= before.is_none() && (self.len() >= PACKED.0 || member.len() > PACKED.1);
        let score = if self.outgrown { score } else { score.unsigned_zero() };
        if let Some((member, before)) = before {
            // The same number with another sign of zero is written, too.
            self.order.remove(&(before, Arc::clone(&member)));
            self.order.insert((score, Arc::clone(&member)));
            self.scores.insert(member, score);
            return Some(before);
        }
        let member: Arc<[u8]> = member.into();
        self.order.insert((score, Arc::clone(&member)));
        self.scores.insert(member, score);
        None
    }

    /// Takes a member out; the score it had.
    pub fn remove(&mut self, member: &[u8]) -> Option<Score> {
        let (member, score) = self.scores.remove_entry(member)?;
        self.order.remove(&(score, member));
        Some(score)
    }

    /// How many members are in front of this one.
    pub fn rank(&self, member: &[u8]) -> Option<usize> {
        let (member, score) = self.scores.get_key_value(member)?;
        Some(self.order.range(..(*score, Arc::clone(member))).count())
    }

    /// Every member from the lowest score to the highest, by bytes where scores are equal.
    pub fn iter(&self) -> impl DoubleEndedIterator<Item = Scored<'_>> {
        self.order.iter().map(|(score, member)| (*score, &**member))
    }

    /// Members from this score on.
    pub fn from_score(&self, least: Score) -> impl DoubleEndedIterator<Item = Scored<'_>> {
        let start = (least, Arc::from(&b""[..]));
        self.order
            .range((Bound::Included(start), Bound::Unbounded))
            .map(|(score, member)| (*score, &**member))
    }
}

impl FromIterator<(Box<[u8]>, Score)> for Sorted {
    fn from_iter<I: IntoIterator<Item = (Box<[u8]>, Score)>>(pairs: I) -> Self {
        let mut sorted = Self::default();
        for (member, score) in pairs {
            sorted.insert(&member, score);
        }
        sorted
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn score(value: f64) -> Score {
        Score::new(value).expect("it is a number")
    }

    #[test]
    fn both_ways_to_look_agree() {
        let mut sorted = Sorted::default();
        for (member, value) in [("b", 1.0), ("a", 1.0), ("c", f64::NEG_INFINITY), ("d", 7.5), ("a", 9.0)] {
            sorted.insert(member.as_bytes(), score(value));
        }
        let order: Vec<&[u8]> = sorted.iter().map(|(_, member)| member).collect();
        assert_eq!(order, [b"c", b"b", b"d", b"a"]);
        assert_eq!((sorted.rank(b"d"), sorted.rank(b"x"), sorted.len()), (Some(2), None, 4));
        assert_eq!(sorted.from_score(score(1.0)).count(), 3);
        assert_eq!(sorted.remove(b"b"), Some(score(1.0)));
        assert_eq!((sorted.remove(b"b"), sorted.iter().count()), (None, 3));
        assert!(Score::new(f64::NAN).is_none());
        assert_eq!(score(0.0), score(-0.0));
    }

    #[test]
    fn a_zero_keeps_its_sign_in_what_has_been_large() {
        let sign = |sorted: &Sorted, member: &str| {
            sorted.score(member.as_bytes()).is_some_and(|score| score.get().is_sign_negative())
        };
        let mut sorted = Sorted::default();
        sorted.insert(b"small", score(-0.0));
        assert!(!sign(&sorted, "small") && sorted.is_packed());
        let long = "x".repeat(65);
        sorted.insert(long.as_bytes(), score(-0.0));
        sorted.remove(long.as_bytes());
        sorted.insert(b"late", score(-0.0));
        assert!(sign(&sorted, "late") && !sign(&sorted, "small") && !sorted.is_packed());
        sorted.settle();
        assert!(!sign(&sorted, "late") && sorted.is_packed());
        sorted.expect(129, 1);
        assert!(!sorted.is_packed());
    }
}
