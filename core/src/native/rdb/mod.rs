//! Snapshots and dump payloads in the peers' format (native-node.md §5): what goes over a replication
//! link, onto the disk and between the two ends of a migration.
//!
//! We write `REDIS0010`, which Valkey and Redis 7.0 both read, and read `REDIS` up to 11 and `VALKEY080`.
//! Strings, lists, hashes, sets and sorted sets are read in every form and written in their plain one;
//! values of other types are kept as they came. Bytes come from peers: nothing here may panic or
//! believe a length before the bytes are there.

mod containers;
mod cursor;
mod load;
mod lzf;
mod packed;
mod read;
mod skip;
#[cfg(test)]
mod tests;
mod write;

pub use load::{Loader, Snapshot, read};
pub use read::{is_nothing, restore};
pub use write::{dump, dump_nothing, write};

use thiserror::Error;

use super::values::Value;

/// CRC-64 of snapshots and payloads.
static CRC: crc::Crc<u64> = crc::Crc::<u64>::new(&crc::CRC_64_REDIS);

/// The version written: the newest that every peer reads.
const VERSION: u16 = 10;

/// The checksum of bytes, as payloads have it.
pub fn checksum(bytes: &[u8]) -> u64 {
    CRC.checksum(bytes)
}

/// A value's bytes, the same for equal values: what has no order is put in one.
pub fn digestible(value: &Value) -> Vec<u8> {
    let mut ordered = value.clone();
    match &mut ordered {
        Value::Hash(hash) => hash.sort_keys(),
        Value::Set(set) => set.sort(),
        Value::Str(_) | Value::List(_) | Value::Sorted(_) | Value::Opaque { .. } => {}
    }
    dump(&ordered)
}

/// Why bytes are no snapshot.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum RdbError {
    /// They end too early.
    #[error("the snapshot ends at byte {0}, in the middle of something")]
    Short(u64),
    /// They do not begin as one.
    #[error("wrong signature")]
    Magic,
    /// They are of a version this node does not read.
    #[error("cannot read version {0}")]
    Version(u32),
    /// They hold a type or a mark nobody knows.
    #[error("unknown type or mark {mark} at byte {at}")]
    Kind {
        /// Which.
        mark: u8,
        /// Where.
        at: u64,
    },
    /// They contradict themselves.
    #[error("{what} at byte {at}")]
    Bad {
        /// How.
        what: &'static str,
        /// Where.
        at: u64,
    },
    /// Their checksum is another.
    #[error("wrong checksum")]
    Checksum,
    /// The system does not give them.
    #[error("cannot read it: {0}")]
    Input(String),
}

impl RdbError {
    /// The same about bytes that others came before.
    fn behind(self, before: u64) -> Self {
        match self {
            Self::Short(at) => Self::Short(before + at),
            Self::Kind { mark, at } => Self::Kind { mark, at: before + at },
            Self::Bad { what, at } => Self::Bad { what, at: before + at },
            other => other,
        }
    }
}
