//! The data: keys, values, expiry, one table a slot.

use std::collections::BTreeSet;

use hashbrown::HashMap;
use smallvec::SmallVec;

use crate::base::{SLOTS, Slot};

use super::values::{Held, WRONG_TYPE};

pub use super::values::Value;

/// A key; a short one lies in the table itself, which saves memory and a look elsewhere.
type Key = SmallVec<[u8; 16]>;
type Table = HashMap<Key, Entry>;

/// Everything this node holds.
#[derive(Debug)]
pub struct Keyspace {
    slots: Vec<Table>,
    len: usize,
    /// Keys with an end, the next to end first.
    ends: BTreeSet<(u64, Box<[u8]>)>,
    watched: HashMap<Box<[u8]>, Watched>,
}

/// A key that clients keep an eye on (WATCH).
#[derive(Debug, Default)]
struct Watched {
    /// How many do.
    by: usize,
    /// How often it changed meanwhile.
    changes: u64,
}

/// A value and when it ends.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// The value.
    pub value: Value,
    /// Unix milliseconds after which it is gone.
    pub expires_at: Option<u64>,
}

/// The slot of a key: CRC16 of its tag in braces, or of all of it.
pub fn slot_of(key: &[u8]) -> Slot {
    // Sixteen bytes at a time, and most keys are not longer.
    static CRC: crc::Crc<u16, crc::Table<16>> = crc::Crc::<u16, crc::Table<16>>::new(&crc::CRC_16_XMODEM);
    let tagged = memchr::memchr(b'{', key).and_then(|open| {
        let rest = &key[open + 1..];
        memchr::memchr(b'}', rest).filter(|close| *close > 0).map(|close| &rest[..close])
    });
    let number = CRC.checksum(tagged.unwrap_or(key)) % SLOTS;
    Slot::new(number).unwrap_or_else(|| unreachable!("a remainder of the number of slots is a slot"))
}

impl Default for Keyspace {
    fn default() -> Self {
        Self {
            slots: vec![Table::new(); usize::from(SLOTS)],
            len: 0,
            ends: BTreeSet::new(),
            watched: HashMap::new(),
        }
    }
}

impl Keyspace {
    fn table(&self, slot: Slot) -> &Table {
        &self.slots[usize::from(slot.get())]
    }

    fn table_mut(&mut self, slot: Slot) -> &mut Table {
        &mut self.slots[usize::from(slot.get())]
    }

    /// A key's entry, unless its time is over.
    pub fn get(&self, key: &[u8], now_ms: u64) -> Option<&Entry> {
        self.table(slot_of(key)).get(key).filter(|entry| entry.expires_at.is_none_or(|at| at > now_ms))
    }

    /// A key's value, to change in place.
    pub fn value_mut(&mut self, key: &[u8], now_ms: u64) -> Option<&mut Value> {
        self.touch(key);
        let entry = self.table_mut(slot_of(key)).get_mut(key)?;
        entry.expires_at.is_none_or(|at| at > now_ms).then_some(&mut entry.value)
    }

    /// The structure a key holds: nothing if it holds nothing.
    pub fn held<T: Held>(&self, key: &[u8], now_ms: u64) -> Result<Option<&T>, &'static str> {
        self.get(key, now_ms).map(|entry| T::of(&entry.value).ok_or(WRONG_TYPE)).transpose()
    }

    /// Changes the structure a key holds, and takes the key away if that leaves nothing in it.
    pub fn change<T: Held, R>(
        &mut self,
        key: &[u8],
        now_ms: u64,
        work: impl FnOnce(&mut T) -> R,
    ) -> Result<Option<R>, &'static str> {
        if self.get(key, now_ms).is_none() {
            return Ok(None);
        }
        let Some(entry) = self.table_mut(slot_of(key)).get_mut(key) else { return Ok(None) };
        let held = T::of_mut(&mut entry.value).ok_or(WRONG_TYPE)?;
        let done = work(held);
        if held.is_void() {
            self.take(key, now_ms);
        }
        Ok(Some(done))
    }

    /// The same, beginning with an empty structure if the key holds nothing.
    pub fn grow<T: Held, R>(
        &mut self,
        key: &[u8],
        now_ms: u64,
        work: impl FnOnce(&mut T) -> R,
    ) -> Result<R, &'static str> {
        if self.get(key, now_ms).is_none() {
            let mut held = T::default();
            let done = work(&mut held);
            if !held.is_void() {
                self.put(key, Entry { value: held.held(), expires_at: None });
            }
            return Ok(done);
        }
        self.change(key, now_ms, work)?.ok_or(WRONG_TYPE)
    }

    /// Somebody wants to know whether a key changes: how often it has.
    pub fn watch(&mut self, key: &[u8]) -> u64 {
        let watched = self.watched.entry_ref(key).or_default();
        watched.by += 1;
        watched.changes
    }

    /// Somebody does not want to know any more.
    pub fn unwatch(&mut self, key: &[u8]) {
        if let Some(watched) = self.watched.get_mut(key) {
            watched.by -= 1;
            if watched.by == 0 {
                self.watched.remove(key);
            }
        }
    }

    /// How often a watched key has changed.
    pub fn changes(&self, key: &[u8]) -> Option<u64> {
        self.watched.get(key).map(|watched| watched.changes)
    }

    /// A key has changed.
    pub fn touch(&mut self, key: &[u8]) {
        if self.watched.is_empty() {
            return;
        }
        if let Some(watched) = self.watched.get_mut(key) {
            watched.changes += 1;
        }
    }

    /// Puts a string in the place of whatever the key held, in that string's memory if it fits well.
    pub fn put_string(&mut self, key: &[u8], bytes: &[u8], expires_at: Option<u64>) {
        let known = self.table_mut(slot_of(key)).get_mut(key);
        if let Some(Entry { value: Value::Str(known), expires_at: None }) = known
            && expires_at.is_none()
            && (bytes.len()..=bytes.len() * 2 + 16).contains(&known.capacity())
        {
            known.clear();
            known.extend_from_slice(bytes);
            self.touch(key);
            return;
        }
        self.put(key, Entry { value: Value::Str(bytes.to_vec()), expires_at });
    }

    /// Puts an entry in the place of whatever the key held.
    pub fn put(&mut self, key: &[u8], entry: Entry) {
        self.touch(key);
        if let Some(at) = entry.expires_at {
            self.ends.insert((at, key.into()));
        }
        let ends = entry.expires_at;
        let table = self.table_mut(slot_of(key));
        let before = match table.get_mut(key) {
            Some(known) => Some(std::mem::replace(known, entry)),
            None => table.insert(Key::from_slice(key), entry),
        };
        match before {
            None => self.len += 1,
            Some(Entry { expires_at: Some(at), .. }) if ends != Some(at) => {
                self.ends.remove(&(at, key.into()));
            }
            Some(_) => {}
        }
    }

    /// Sets or takes away a key's end; whether the key is there.
    pub fn expire(&mut self, key: &[u8], at: Option<u64>, now_ms: u64) -> bool {
        if self.get(key, now_ms).is_none() {
            return false;
        }
        self.touch(key);
        let Some(entry) = self.table_mut(slot_of(key)).get_mut(key) else { return false };
        let before = std::mem::replace(&mut entry.expires_at, at);
        if let Some(before) = before {
            self.ends.remove(&(before, key.into()));
        }
        if let Some(at) = at {
            self.ends.insert((at, key.into()));
        }
        true
    }

    /// Takes a key away.
    pub fn take(&mut self, key: &[u8], now_ms: u64) -> Option<Entry> {
        let entry = self.table_mut(slot_of(key)).remove(key)?;
        self.touch(key);
        self.len -= 1;
        if let Some(at) = entry.expires_at {
            self.ends.remove(&(at, key.into()));
        }
        entry.expires_at.is_none_or(|at| at > now_ms).then_some(entry)
    }

    /// Keys whose time is over, at most so many.
    pub fn ended(&self, now_ms: u64, most: usize) -> Vec<Box<[u8]>> {
        let ended = self.ends.iter().take_while(|(at, _)| *at <= now_ms).take(most);
        ended.map(|(_, key)| key.clone()).collect()
    }

    /// Whether any key is there whose time is over.
    pub fn any_ended(&self, now_ms: u64) -> bool {
        self.ends.first().is_some_and(|(at, _)| *at <= now_ms)
    }

    /// Whether a key is there whose time is over.
    pub fn has_ended(&self, key: &[u8], now_ms: u64) -> bool {
        let entry = self.table(slot_of(key)).get(key);
        entry.is_some_and(|entry| entry.expires_at.is_some_and(|at| at <= now_ms))
    }

    /// How many keys there are.
    pub fn len(&self) -> usize {
        self.len
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// How many keys have an end.
    pub fn ending(&self) -> usize {
        self.ends.len()
    }

    /// Every key and its entry, slot by slot.
    pub fn iter(&self) -> impl Iterator<Item = (&[u8], &Entry)> {
        self.slots.iter().flatten().map(|(key, entry)| (&**key, entry))
    }

    /// Every key and its entry, beginning with this slot.
    pub fn iter_from(&self, slot: usize) -> impl Iterator<Item = (&[u8], &Entry)> {
        let (before, after) = self.slots.split_at(slot.min(self.slots.len()));
        after.iter().chain(before).flatten().map(|(key, entry)| (&**key, entry))
    }

    /// The keys of a slot.
    pub fn in_slot(&self, slot: Slot) -> impl Iterator<Item = &[u8]> {
        self.table(slot).keys().map(|key| &**key)
    }

    /// How many keys a slot holds.
    pub fn count_in(&self, slot: Slot) -> usize {
        self.table(slot).len()
    }

    /// Forgets everything.
    pub fn clear(&mut self) {
        self.replace(Self::default());
    }

    /// Holds other data from now on.
    pub fn replace(&mut self, other: Self) {
        let mut watched = std::mem::take(&mut self.watched);
        for (key, watched) in &mut watched {
            let slot = slot_of(key);
            // What was nowhere and is nowhere has not changed.
            if self.table(slot).contains_key(&**key) || other.table(slot).contains_key(&**key) {
                watched.changes += 1;
            }
        }
        *self = Self { watched, ..other };
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::native::values::{List, Set};

    fn text(text: &str, expires_at: Option<u64>) -> Entry {
        Entry { value: Value::Str(text.as_bytes().to_vec()), expires_at }
    }

    #[test]
    fn slots_are_those_of_everyone_else() {
        for (key, slot) in
            [("foo", 12_182), ("{foo}bar", 12_182), ("foo{}{bar}", 8_363), ("", 0), ("123456789", 12_739)]
        {
            assert_eq!(slot_of(key.as_bytes()).get(), slot, "{key}");
        }
    }

    #[test]
    fn counts_and_ends_agree_with_what_is_there() {
        let mut keys = Keyspace::default();
        keys.put(b"a", text("1", None));
        keys.put(b"b", text("2", Some(50)));
        keys.put(b"b", text("3", Some(70)));
        keys.put(b"c", text("4", Some(60)));
        assert_eq!((keys.len(), keys.ending()), (3, 2));
        assert_eq!(keys.ended(65, 9), [Box::from(&b"c"[..])]);
        assert!(
            keys.get(b"c", 60).is_none() && keys.get(b"c", 59).is_some(),
            "its last moment is the one before"
        );
        assert!(keys.expire(b"a", Some(10), 5) && !keys.expire(b"a", Some(90), 10), "it has ended");
        assert!(keys.expire(b"b", None, 0));
        assert_eq!(keys.ending(), 2);
        assert_eq!(keys.take(b"b", 1_000), Some(text("3", None)));
        assert_eq!(keys.take(b"c", 60), None, "it had ended");
        assert_eq!((keys.len(), keys.ending(), keys.iter().count()), (1, 1, 1));
        assert_eq!(keys.count_in(slot_of(b"a")), 1);
        keys.clear();
        assert!(keys.is_empty());
    }

    #[test]
    fn a_structure_vanishes_with_its_last_element() {
        let mut keys = Keyspace::default();
        let push = |list: &mut List| list.push_back(Box::from(&b"x"[..]));
        keys.grow(b"k", 0, push).expect("a list can grow from nothing");
        keys.grow(b"k", 0, push).expect("and on");
        assert_eq!(keys.held::<List>(b"k", 0).map(|list| list.map(List::len)), Ok(Some(2)));
        assert_eq!(keys.held::<Set>(b"k", 0).map(drop), Err(WRONG_TYPE));
        assert_eq!(keys.change(b"k", 0, List::clear), Ok(Some(())));
        assert_eq!((keys.len(), keys.change(b"k", 0, List::clear)), (0, Ok(None)));
        keys.grow(b"k", 0, List::clear).expect("nothing is no wrong type");
        assert!(keys.is_empty(), "nothing leaves nothing");
    }

    #[test]
    fn a_watched_key_tells_every_change() {
        let mut keys = Keyspace::default();
        let before = keys.watch(b"a");
        keys.put(b"b", text("1", None));
        keys.clear();
        assert_eq!(keys.changes(b"a"), Some(before), "it was never there");
        keys.put(b"a", text("1", Some(9)));
        keys.expire(b"a", None, 0);
        keys.clear();
        assert_eq!(keys.changes(b"a"), Some(before + 3));
        keys.unwatch(b"a");
        assert_eq!(keys.changes(b"a"), None);
    }
}
