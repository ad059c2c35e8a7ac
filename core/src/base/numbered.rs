//! Things under numbers that are never used twice, found without a search.
//!
//! A number is a serial number with the thing's place below it, so numbers grow with every thing and
//! their order is that of making. No thing is ever found under another's number.

/// Bits of a number that hold the place: sixteen million things at once.
const PLACE_BITS: u32 = 24;

fn place_of(number: u64) -> usize {
    usize::try_from(number & ((1 << PLACE_BITS) - 1)).unwrap_or(usize::MAX)
}

/// Things that stand beside those of a [`Numbered`], under the same numbers.
#[derive(Clone, Debug)]
pub struct Beside<T> {
    rows: Vec<Option<(u64, T)>>,
}

impl<T> Default for Beside<T> {
    fn default() -> Self {
        Self { rows: Vec::new() }
    }
}

impl<T> Beside<T> {
    /// Puts a thing under a number; what stood in its place under another is gone.
    pub fn put(&mut self, number: u64, value: T) {
        let place = place_of(number);
        while self.rows.len() <= place {
            self.rows.push(None);
        }
        self.rows[place] = Some((number, value));
    }

    /// The thing under a number.
    pub fn get(&self, number: u64) -> Option<&T> {
        match self.rows.get(place_of(number)) {
            Some(Some((found, value))) if *found == number => Some(value),
            _ => None,
        }
    }

    /// The thing under a number, to change.
    pub fn get_mut(&mut self, number: u64) -> Option<&mut T> {
        match self.rows.get_mut(place_of(number)) {
            Some(Some((found, value))) if *found == number => Some(value),
            _ => None,
        }
    }

    /// Takes a thing out.
    pub fn remove(&mut self, number: u64) -> Option<T> {
        self.get(number)?;
        self.rows[place_of(number)].take().map(|(_, value)| value)
    }

    /// Takes everything out.
    pub fn clear(&mut self) {
        self.rows.clear();
    }

    /// Everything, by place: always in the same order, and in no other.
    pub fn iter(&self) -> impl Iterator<Item = (u64, &T)> {
        self.rows.iter().flatten().map(|(number, value)| (*number, value))
    }
}

/// Things that are given their numbers here.
#[derive(Clone, Debug)]
pub struct Numbered<T> {
    things: Beside<T>,
    free: Vec<usize>,
    last: u64,
}

impl<T> Default for Numbered<T> {
    fn default() -> Self {
        Self { things: Beside::default(), free: Vec::new(), last: 0 }
    }
}

impl<T> Numbered<T> {
    /// Adds a thing under a new number.
    ///
    /// # Panics
    /// Beyond sixteen million things at once.
    pub fn add(&mut self, value: T) -> u64 {
        let place = self.free.pop().unwrap_or(self.things.rows.len());
        assert!(place >> PLACE_BITS == 0, "numbers have room for sixteen million things");
        self.last += 1;
        let number = (self.last << PLACE_BITS) | place as u64;
        self.things.put(number, value);
        number
    }

    /// The thing under a number.
    pub fn get(&self, number: u64) -> Option<&T> {
        self.things.get(number)
    }

    /// The thing under a number, to change.
    pub fn get_mut(&mut self, number: u64) -> Option<&mut T> {
        self.things.get_mut(number)
    }

    /// Takes a thing out; its number is never given again.
    pub fn remove(&mut self, number: u64) -> Option<T> {
        let removed = self.things.remove(number)?;
        self.free.push(place_of(number));
        Some(removed)
    }

    /// Everything, by place: always in the same order, and in no other.
    pub fn iter(&self) -> impl Iterator<Item = (u64, &T)> {
        self.things.iter()
    }

    /// Numbers new things after those of an earlier life.
    pub fn continue_after(&mut self, earlier: &Self) {
        self.last = self.last.max(earlier.last);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_finds_its_thing_and_never_another() {
        let mut things = Numbered::default();
        let (a, b) = (things.add("a"), things.add("b"));
        assert_eq!(things.remove(a), Some("a"));
        let c = things.add("c");
        assert!(a < b && b < c, "numbers grow");
        assert_eq!((things.get(a), things.get(b), things.get(c)), (None, Some(&"b"), Some(&"c")));
        assert_eq!((things.remove(a), things.get_mut(a)), (None, None));
        assert_eq!(
            things.iter().map(|(number, _)| number).collect::<Vec<_>>(),
            [c, b],
            "places are used again"
        );
    }

    #[test]
    fn what_stands_beside_goes_by_the_same_numbers() {
        let (mut things, mut beside) = (Numbered::default(), Beside::default());
        let (a, b) = (things.add(()), things.add(()));
        beside.put(b, 2);
        assert_eq!((beside.get(a), beside.get(b)), (None, Some(&2)));
        beside.put(a, 1);
        assert_eq!(things.remove(b), Some(()));
        let c = things.add(());
        beside.put(c, 3);
        assert_eq!(beside.get(b), None);
        assert_eq!((beside.remove(b), beside.remove(c)), (None, Some(3)));
        beside.clear();
        assert_eq!(beside.iter().count(), 0);
    }

    #[test]
    fn a_later_life_uses_no_number_of_an_earlier_one() {
        let mut earlier = Numbered::default();
        let old = [earlier.add(0), earlier.add(0)];
        let mut later = Numbered::default();
        later.continue_after(&earlier);
        assert!(!old.contains(&later.add(0)));
    }
}
