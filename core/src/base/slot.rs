//! The 16,384 key ranges and sets of them.

use std::fmt;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

/// How many slots there are.
pub const SLOTS: u16 = 16_384;
/// Bytes of a slot bitmap.
pub const SLOT_BYTES: usize = 2048;

/// One slot, always below [`SLOTS`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Slot(u16);

impl Slot {
    /// The slot with this number, if there is one.
    pub const fn new(number: u16) -> Option<Self> {
        if number < SLOTS { Some(Self(number)) } else { None }
    }

    /// The slot's number.
    pub const fn get(self) -> u16 {
        self.0
    }

    /// All slots in order.
    pub fn all() -> impl DoubleEndedIterator<Item = Self> {
        (0..SLOTS).map(Self)
    }
}

impl fmt::Display for Slot {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// A set of slots as the wire draws it: bit `s & 7` of byte `s >> 3`. Cheap to clone; the empty
/// set costs nothing, which matters because replicas and empty primaries carry it.
#[derive(Clone, Eq, Default)]
pub struct SlotSet(Option<Arc<[u8; SLOT_BYTES]>>);

/// Sets that share their bitmap, as those of one claim mostly do, are equal at a glance.
impl PartialEq for SlotSet {
    fn eq(&self, other: &Self) -> bool {
        match (&self.0, &other.0) {
            (Some(a), Some(b)) => Arc::ptr_eq(a, b) || a == b,
            (None, None) => true,
            _ => false,
        }
    }
}

impl SlotSet {
    /// The set without a slot.
    pub const EMPTY: Self = Self(None);

    /// The set drawn by this bitmap.
    pub fn from_bitmap(bitmap: &[u8; SLOT_BYTES]) -> Self {
        if *bitmap == [0; SLOT_BYTES] { Self::EMPTY } else { Self(Some(Arc::new(*bitmap))) }
    }

    /// The set drawn by this bitmap, as a share of `likely` if it draws the same.
    pub fn from_bitmap_like(bitmap: &[u8; SLOT_BYTES], likely: &Self) -> Self {
        if likely.equals_bitmap(bitmap) { likely.clone() } else { Self::from_bitmap(bitmap) }
    }

    /// The slots of `numbers`, those out of range left out.
    pub fn from_ranges(ranges: impl IntoIterator<Item = (u16, u16)>) -> Self {
        ranges.into_iter().flat_map(|(first, last)| first..=last.min(SLOTS - 1)).map(Slot).collect()
    }

    /// The bitmap; `None` stands for 2048 zero bytes.
    pub fn bitmap(&self) -> Option<&[u8; SLOT_BYTES]> {
        self.0.as_deref()
    }

    /// True if `bitmap` draws the same set, without building one.
    pub fn equals_bitmap(&self, bitmap: &[u8; SLOT_BYTES]) -> bool {
        match &self.0 {
            Some(own) => **own == *bitmap,
            None => *bitmap == [0; SLOT_BYTES],
        }
    }

    /// Whether `slot` is in the set.
    pub fn contains(&self, slot: Slot) -> bool {
        self.0.as_ref().is_some_and(|bits| bits[usize::from(slot.0 >> 3)] & (1 << (slot.0 & 7)) != 0)
    }

    /// Adds `slot`.
    pub fn insert(&mut self, slot: Slot) {
        let bits = self.0.get_or_insert_with(|| Arc::new([0; SLOT_BYTES]));
        if bits[usize::from(slot.0 >> 3)] & (1 << (slot.0 & 7)) == 0 {
            Arc::make_mut(bits)[usize::from(slot.0 >> 3)] |= 1 << (slot.0 & 7);
        }
    }

    /// Takes `slot` out.
    pub fn remove(&mut self, slot: Slot) {
        if !self.contains(slot) {
            return;
        }
        if let Some(bits) = &mut self.0 {
            let bits = Arc::make_mut(bits);
            bits[usize::from(slot.0 >> 3)] &= !(1 << (slot.0 & 7));
            if *bits == [0; SLOT_BYTES] {
                self.0 = None;
            }
        }
    }

    /// True if no slot is in the set.
    pub fn is_empty(&self) -> bool {
        self.0.is_none()
    }

    /// How many slots are in the set.
    pub fn len(&self) -> u32 {
        let words = |bits: &[u8; SLOT_BYTES]| {
            bits.as_chunks().0.iter().map(|word| u64::from_le_bytes(*word).count_ones()).sum()
        };
        self.bitmap().map_or(0, words)
    }

    /// The slots that are in this set or in `other`.
    #[must_use]
    pub fn union(&self, other: &Self) -> Self {
        match (&self.0, &other.0) {
            (_, None) => self.clone(),
            (None, _) => other.clone(),
            _ => self.combine(other, |a, b| a | b),
        }
    }

    /// Whether a slot is in this set and in `other`.
    pub fn intersects(&self, other: &Self) -> bool {
        let (Some(a), Some(b)) = (&self.0, &other.0) else { return false };
        // Word by word and without a way out: this loop runs on whole vectors.
        let words = a.as_chunks().0.iter().zip(b.as_chunks().0);
        words.fold(0, |both, (a, b)| both | (u64::from_le_bytes(*a) & u64::from_le_bytes(*b))) != 0
    }

    /// The slots that are in this set and in `other`.
    #[must_use]
    pub fn intersection(&self, other: &Self) -> Self {
        if self.is_empty() || other.is_empty() { Self::EMPTY } else { self.combine(other, |a, b| a & b) }
    }

    /// The slots that are in this set and not in `other`.
    #[must_use]
    pub fn difference(&self, other: &Self) -> Self {
        if other.is_empty() { self.clone() } else { self.combine(other, |a, b| a & !b) }
    }

    fn combine(&self, other: &Self, with: impl Fn(u8, u8) -> u8) -> Self {
        const NOTHING: &[u8; SLOT_BYTES] = &[0; SLOT_BYTES];
        let (a, b) = (self.bitmap().unwrap_or(NOTHING), other.bitmap().unwrap_or(NOTHING));
        let mut bits = *a;
        for (bit, b) in bits.iter_mut().zip(b) {
            *bit = with(*bit, *b);
        }
        Self::from_bitmap(&bits)
    }

    /// The lowest slot of the set.
    pub fn first(&self) -> Option<Slot> {
        self.iter().next()
    }

    /// The slots of the set in order.
    pub fn iter(&self) -> impl Iterator<Item = Slot> + '_ {
        self.runs().flat_map(|(first, last)| (first..=last).map(Slot))
    }

    /// The set as closed ranges in order.
    pub fn ranges(&self) -> Vec<(u16, u16)> {
        self.runs().collect()
    }

    fn runs(&self) -> impl Iterator<Item = (u16, u16)> + '_ {
        let mut at = 0;
        std::iter::from_fn(move || {
            let bits = self.bitmap()?;
            let first = edge(bits, at, false)?;
            at = edge(bits, first, true).unwrap_or(SLOTS);
            Some((first, at - 1))
        })
    }
}

/// The first slot from `at` on that is in the bitmap, or is not; a word of 64 at a time.
fn edge(bits: &[u8; SLOT_BYTES], at: u16, inverted: bool) -> Option<u16> {
    let (start, skipped) = (usize::from(at / 64), u32::from(at % 64));
    for (place, bytes) in bits.as_chunks().0.iter().enumerate().skip(start) {
        let word = u64::from_le_bytes(*bytes);
        let word = if inverted { !word } else { word };
        let word = if place == start { word >> skipped << skipped } else { word };
        if word != 0 {
            return u16::try_from(place * 64)
                .ok()
                .zip(u16::try_from(word.trailing_zeros()).ok())
                .map(|(a, b)| a + b);
        }
    }
    None
}

impl FromIterator<Slot> for SlotSet {
    fn from_iter<I: IntoIterator<Item = Slot>>(slots: I) -> Self {
        let mut bits = [0; SLOT_BYTES];
        for slot in slots {
            bits[usize::from(slot.0 >> 3)] |= 1 << (slot.0 & 7);
        }
        Self::from_bitmap(&bits)
    }
}

/// Ranges as operators write them: `0-5460 7000`.
impl fmt::Display for SlotSet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (at, (first, last)) in self.ranges().into_iter().enumerate() {
            if at > 0 {
                f.write_str(" ")?;
            }
            if first == last { write!(f, "{first}")? } else { write!(f, "{first}-{last}")? }
        }
        Ok(())
    }
}

impl fmt::Debug for SlotSet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "[{self}]")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_set_is_what_was_put_in() {
        let mut set = SlotSet::from_ranges([(0, 2), (16_383, 20_000)]);
        assert_eq!(set.to_string(), "0-2 16383");
        assert_eq!(set.len(), 4);
        for number in [0, 1, 2, 16_383] {
            set.remove(Slot(number));
        }
        assert_eq!(set, SlotSet::EMPTY);
    }

    #[test]
    fn ranges_cross_words_and_end_at_the_last_slot() {
        for ranges in [
            vec![(0, 0)],
            vec![(63, 64)],
            vec![(0, 16_383)],
            vec![(1, 62), (64, 127), (129, 129), (16_320, 16_383)],
        ] {
            let set = SlotSet::from_ranges(ranges.clone());
            assert_eq!(set.ranges(), ranges);
            assert_eq!(set.iter().count(), set.len() as usize);
        }
        assert_eq!(SlotSet::EMPTY.ranges(), []);
    }

    #[test]
    fn sets_combine_slot_by_slot() {
        let (a, b) = (SlotSet::from_ranges([(0, 9)]), SlotSet::from_ranges([(5, 14)]));
        assert_eq!(a.union(&b), SlotSet::from_ranges([(0, 14)]));
        assert_eq!(a.intersection(&b), SlotSet::from_ranges([(5, 9)]));
        assert_eq!(a.difference(&b), SlotSet::from_ranges([(0, 4)]));
        assert_eq!(a.difference(&a), SlotSet::EMPTY);
        assert!(a.intersects(&b) && !a.difference(&b).intersects(&b) && !a.intersects(&SlotSet::EMPTY));
        assert_eq!((b.first().map(Slot::get), SlotSet::EMPTY.first()), (Some(5), None));
        for (left, right) in [(&a, &SlotSet::EMPTY), (&SlotSet::EMPTY, &a)] {
            assert_eq!(left.union(right), a);
            assert_eq!(left.intersection(right), SlotSet::EMPTY);
        }
    }

    #[test]
    fn a_likely_set_is_shared_only_if_it_is_the_same() {
        let a = SlotSet::from_ranges([(0, 9)]);
        let bitmap = *a.bitmap().unwrap_or(&[0; SLOT_BYTES]);
        for likely in
            [a.clone(), SlotSet::from_ranges([(0, 9)]), SlotSet::from_ranges([(0, 8)]), SlotSet::EMPTY]
        {
            let read = SlotSet::from_bitmap_like(&bitmap, &likely);
            assert_eq!(read, a);
            let shared = read.0.zip(likely.0.clone()).is_some_and(|(a, b)| Arc::ptr_eq(&a, &b));
            assert_eq!(shared, likely == a);
        }
        assert_eq!(SlotSet::from_bitmap_like(&[0; SLOT_BYTES], &a), SlotSet::EMPTY);
    }

    #[test]
    fn a_slot_is_the_low_bit_first() {
        let set: SlotSet = [Slot(9)].into_iter().collect();
        assert_eq!(set.bitmap().map(|bits| bits[1]), Some(0b10));
        assert!(set.contains(Slot(9)) && !set.contains(Slot(8)));
    }
}
