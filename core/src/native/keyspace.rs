//! The data: keys, values, expiry, one table a slot.

use std::collections::BTreeSet;

use hashbrown::HashMap;

use crate::base::{SLOTS, Slot};

/// Everything this node holds.
#[derive(Debug)]
pub struct Keyspace {
    slots: Vec<HashMap<Box<[u8]>, Entry>>,
    len: usize,
    /// Keys with an end, the next to end first.
    ends: BTreeSet<(u64, Box<[u8]>)>,
}

/// A value and when it ends.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// The value.
    pub value: Value,
    /// Unix milliseconds after which it is gone.
    pub expires_at: Option<u64>,
}

/// What a key holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Value {
    /// A string of bytes.
    Str(Vec<u8>),
    /// A value of a type this node keeps for others and does not look into: its RDB type and its bytes.
    Opaque {
        /// The type's number in an RDB.
        kind: u8,
        /// What follows the key there.
        body: Vec<u8>,
    },
}

impl Value {
    /// Whether Redis 7.0 cannot read it.
    pub fn is_recent(&self) -> bool {
        matches!(self, Self::Opaque { kind: 20.., .. })
    }

    /// The word of TYPE.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Str(_) | Self::Opaque { kind: 0, .. } => "string",
            Self::Opaque { kind: 1 | 10 | 14 | 18, .. } => "list",
            Self::Opaque { kind: 2 | 11 | 20, .. } => "set",
            Self::Opaque { kind: 3 | 5 | 12 | 17, .. } => "zset",
            Self::Opaque { kind: 15 | 19 | 21, .. } => "stream",
            Self::Opaque { kind: 7, .. } => "module",
            Self::Opaque { .. } => "hash",
        }
    }
}

/// The slot of a key: CRC16 of its tag in braces, or of all of it.
pub fn slot_of(key: &[u8]) -> Slot {
    const CRC: crc::Crc<u16> = crc::Crc::<u16>::new(&crc::CRC_16_XMODEM);
    let tagged = memchr::memchr(b'{', key).and_then(|open| {
        let rest = &key[open + 1..];
        memchr::memchr(b'}', rest).filter(|close| *close > 0).map(|close| &rest[..close])
    });
    let number = CRC.checksum(tagged.unwrap_or(key)) % SLOTS;
    Slot::new(number).unwrap_or_else(|| unreachable!("a remainder of the number of slots is a slot"))
}

impl Default for Keyspace {
    fn default() -> Self {
        Self { slots: vec![HashMap::new(); usize::from(SLOTS)], len: 0, ends: BTreeSet::new() }
    }
}

impl Keyspace {
    fn table(&self, slot: Slot) -> &HashMap<Box<[u8]>, Entry> {
        &self.slots[usize::from(slot.get())]
    }

    fn table_mut(&mut self, slot: Slot) -> &mut HashMap<Box<[u8]>, Entry> {
        &mut self.slots[usize::from(slot.get())]
    }

    /// A key's entry, unless its time is over.
    pub fn get(&self, key: &[u8], now_ms: u64) -> Option<&Entry> {
        self.table(slot_of(key)).get(key).filter(|entry| entry.expires_at.is_none_or(|at| at > now_ms))
    }

    /// A key's value, to change in place.
    pub fn value_mut(&mut self, key: &[u8], now_ms: u64) -> Option<&mut Value> {
        let entry = self.table_mut(slot_of(key)).get_mut(key)?;
        entry.expires_at.is_none_or(|at| at > now_ms).then_some(&mut entry.value)
    }

    /// Puts an entry in the place of whatever the key held.
    pub fn put(&mut self, key: &[u8], entry: Entry) {
        if let Some(at) = entry.expires_at {
            self.ends.insert((at, key.into()));
        }
        let ends = entry.expires_at;
        let table = self.table_mut(slot_of(key));
        let before = match table.get_mut(key) {
            Some(known) => Some(std::mem::replace(known, entry)),
            None => table.insert(key.into(), entry),
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
        *self = Self::default();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

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
}
