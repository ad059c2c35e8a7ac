//! Snapshots and dump payloads in the peers' format (native-node.md §5): what goes over a replication
//! link, onto the disk and between the two ends of a migration.
//!
//! We write `REDIS0010`, which Valkey and Redis 7.0 both read, and read `REDIS` up to 11 and `VALKEY080`.
//! Values that are no strings are kept as they came. Bytes come from peers: nothing here may panic or
//! believe a length before the bytes are there.

mod cursor;
mod lzf;
mod read;
mod skip;
#[cfg(test)]
mod tests;
mod write;

pub use read::{Snapshot, read, restore};
pub use write::{dump, write};

use thiserror::Error;

/// CRC-64 of snapshots and payloads.
const CRC: crc::Crc<u64> = crc::Crc::<u64>::new(&crc::CRC_64_REDIS);

/// The version written: the newest that every peer reads.
const VERSION: u16 = 10;

/// Why bytes are no snapshot.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum RdbError {
    /// They end too early.
    #[error("the snapshot ends at byte {0}, in the middle of something")]
    Short(usize),
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
        at: usize,
    },
    /// They contradict themselves.
    #[error("{what} at byte {at}")]
    Bad {
        /// How.
        what: &'static str,
        /// Where.
        at: usize,
    },
    /// Their checksum is another.
    #[error("wrong checksum")]
    Checksum,
}
