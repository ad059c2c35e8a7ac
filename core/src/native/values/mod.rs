//! What keys hold: strings, lists, hashes, sets, sorted sets, and what is kept for others unread.
//!
//! Each is a plain structure that keeps the order peers show where they show one: lists and sorted sets
//! always, hashes and sets in the order in which things came.

mod collect;
mod extended;
pub mod float;
mod sorted;

use std::collections::VecDeque;

use hashbrown::DefaultHashBuilder;
use indexmap::{IndexMap, IndexSet};

pub use collect::{Held, WRONG_TYPE, forget, forget_field};
pub use extended::Extended;
pub use sorted::{Score, Scored, Sorted};

/// Bytes inside a container.
pub type Bytes = Box<[u8]>;
/// Elements from left to right.
pub type List = VecDeque<Bytes>;
/// Fields and their values.
pub type Hash = IndexMap<Bytes, Bytes, DefaultHashBuilder>;
/// Members.
pub type Set = IndexSet<Bytes, DefaultHashBuilder>;

/// What a key holds. Most hold strings: the others are boxed, so that these pay nothing for them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Value {
    /// A string of bytes.
    Str(Vec<u8>),
    /// A list.
    List(Box<List>),
    /// A hash.
    Hash(Box<Hash>),
    /// A set.
    Set(Box<Set>),
    /// A sorted set.
    Sorted(Box<Sorted>),
    /// A value of a type this node keeps for others and does not look into: its RDB type and its bytes.
    Opaque {
        /// The type's number in an RDB.
        kind: u8,
        /// What follows the key there.
        body: Box<Vec<u8>>,
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
            Self::Str(_) => "string",
            Self::List(_) => "list",
            Self::Set(_) => "set",
            Self::Sorted(_) => "zset",
            Self::Opaque { kind: 15 | 19 | 21, .. } => "stream",
            Self::Opaque { kind: 7, .. } => "module",
            Self::Hash(_) | Self::Opaque { .. } => "hash",
        }
    }

    /// The word of OBJECT ENCODING: how a peer with its default limits would hold it.
    pub fn encoding(&self) -> &'static str {
        let short = |bytes: &[u8]| bytes.len() <= 64;
        match self {
            Self::Str(bytes) if is_integer(bytes) => "int",
            Self::Str(bytes) if bytes.len() <= 44 => "embstr",
            Self::List(list) if list.iter().map(|element| element.len() + 2).sum::<usize>() <= 8192 => {
                "listpack"
            }
            Self::List(_) => "quicklist",
            Self::Hash(hash)
                if hash.len() <= 512 && hash.iter().all(|(field, value)| short(field) && short(value)) =>
            {
                "listpack"
            }
            Self::Set(set) if is_numeric(set) => "intset",
            Self::Set(set) if set.len() <= 128 && set.iter().all(|member| short(member)) => "listpack",
            Self::Hash(_) | Self::Set(_) => "hashtable",
            Self::Sorted(sorted) if sorted.is_packed() => "listpack",
            Self::Sorted(_) => "skiplist",
            Self::Opaque { kind: 15 | 19 | 21, .. } => "stream",
            Self::Str(_) | Self::Opaque { .. } => "raw",
        }
    }

    /// Roughly how many bytes it takes in memory.
    pub fn size(&self) -> usize {
        let each = |bytes: &[u8]| bytes.len() + 32;
        match self {
            Self::Str(bytes) => bytes.len() + 24,
            Self::Opaque { body, .. } => body.len() + 24,
            Self::List(list) => list.iter().map(|element| each(element)).sum(),
            Self::Hash(hash) => hash.iter().map(|(field, value)| each(field) + each(value)).sum(),
            Self::Set(set) => set.iter().map(|member| each(member)).sum(),
            Self::Sorted(sorted) => sorted.iter().map(|(_, member)| 2 * each(member)).sum(),
        }
    }
}

/// A whole number as clients write it: no sign but a minus, no leading zeros.
pub fn integer(bytes: &[u8]) -> Option<i64> {
    let text = std::str::from_utf8(bytes).ok()?;
    let number: i64 = text.parse().ok()?;
    let mut buffer = itoa::Buffer::new();
    (buffer.format(number) == text).then_some(number)
}

fn is_integer(bytes: &[u8]) -> bool {
    integer(bytes).is_some()
}

/// Whether a set is one that peers hold as sorted numbers.
pub fn is_numeric(set: &Set) -> bool {
    set.len() <= 512 && set.iter().all(|member| is_integer(member))
}

/// A set's members in the order in which peers show them.
pub fn members(set: &Set) -> Vec<&[u8]> {
    let mut members: Vec<&[u8]> = set.iter().map(|member| &**member).collect();
    if is_numeric(set) {
        members.sort_by_key(|member| integer(member));
    }
    members
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn encodings_follow_sizes() {
        let text = |text: &str| Value::Str(text.as_bytes().to_vec());
        assert_eq!(text("-12").encoding(), "int");
        assert_eq!(text("012").encoding(), "embstr");
        assert_eq!(text(&"x".repeat(45)).encoding(), "raw");
        let set = |members: &[&str]| members.iter().map(|member| member.as_bytes().into()).collect::<Set>();
        assert_eq!(set(&["3", "-1"]).held().encoding(), "intset");
        assert_eq!(set(&["3", "a"]).held().encoding(), "listpack");
        assert_eq!(set(&[&"a".repeat(65)]).held().encoding(), "hashtable");
        assert_eq!(members(&set(&["10", "9", "-1"])), [&b"-1"[..], b"9", b"10"]);
        assert_eq!(members(&set(&["b", "9", "a"])), [&b"b"[..], b"9", b"a"]);
    }
}
