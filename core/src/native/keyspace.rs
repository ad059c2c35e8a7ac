//! The data: keys, values, expiry, and which keys a slot holds.

use hashbrown::HashMap;

use crate::base::Slot;

/// Everything this node holds.
#[derive(Debug, Default)]
pub struct Keyspace {
    entries: HashMap<Box<[u8]>, Entry>,
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
}

/// The slot of a key: CRC16 of its tag in braces, or of all of it.
pub fn slot_of(key: &[u8]) -> Slot {
    const CRC: crc::Crc<u16> = crc::Crc::<u16>::new(&crc::CRC_16_XMODEM);
    let tagged = memchr::memchr(b'{', key).and_then(|open| {
        let rest = &key[open + 1..];
        memchr::memchr(b'}', rest).filter(|close| *close > 0).map(|close| &rest[..close])
    });
    let number = CRC.checksum(tagged.unwrap_or(key)) % crate::base::SLOTS;
    Slot::new(number).unwrap_or_else(|| unreachable!("a remainder of the number of slots is a slot"))
}

impl Keyspace {
    /// A key's entry, unless its time is over.
    pub fn get(&self, key: &[u8], now_ms: u64) -> Option<&Entry> {
        self.entries.get(key).filter(|entry| entry.expires_at.is_none_or(|at| at > now_ms))
    }

    /// Puts an entry.
    pub fn put(&mut self, key: &[u8], entry: Entry) {
        self.entries.insert(key.into(), entry);
    }

    /// Takes a key away; whether it was there.
    pub fn remove(&mut self, key: &[u8]) -> bool {
        self.entries.remove(key).is_some()
    }

    /// How many keys there are.
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// Every key and its entry, in no order.
    pub fn iter(&self) -> impl Iterator<Item = (&[u8], &Entry)> {
        self.entries.iter().map(|(key, entry)| (&**key, entry))
    }

    /// How many keys a slot holds.
    pub fn count_in(&self, slot: Slot) -> usize {
        self.entries.keys().filter(|key| slot_of(key) == slot).count()
    }

    /// Some of the keys a slot holds.
    pub fn keys_in(&self, slot: Slot, most: usize) -> Vec<Box<[u8]>> {
        self.entries.keys().filter(|key| slot_of(key) == slot).take(most).cloned().collect()
    }

    /// Forgets everything.
    pub fn clear(&mut self) {
        self.entries.clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slots_are_those_of_everyone_else() {
        for (key, slot) in
            [("foo", 12_182), ("{foo}bar", 12_182), ("foo{}{bar}", 8_363), ("", 0), ("123456789", 12_739)]
        {
            assert_eq!(slot_of(key.as_bytes()).get(), slot, "{key}");
        }
    }
}
