//! What the table of nodes says.

use crate::language::later;

/// A column: what the node is.
pub const ROLE: &str = later("Role");
/// A column: whether its process runs.
pub const STATE: &str = later("Process");
/// A column.
pub const EPOCH: &str = later("Epoch");
/// A column.
pub const CONFIG: &str = later("Config");
/// A column: the epoch of its last vote.
pub const VOTED: &str = later("Voted in");
/// A column, with the bytes it is behind.
pub const OFFSET: &str = later("Offset");
/// A column: where it stands in its election.
pub const ELECTION: &str = later("Election");
/// A column.
pub const SLOTS: &str = later("Slots");
/// A column: what voters think of it.
pub const OTHERS: &str = later("Others");
/// A role.
pub const PRIMARY: &str = later("primary");
/// A role.
pub const REPLICA: &str = later("replica");
/// A process.
pub const UP: &str = later("runs");
/// A process.
pub const PAUSED: &str = later("paused");
/// A process.
pub const DOWN: &str = later("down");

/// A candidate before its turn.
pub fn waits(rank: u32) -> String {
    format!("waits, rank {rank}")
}

/// A candidate that has asked.
pub fn asks(epoch: u64, have: u32, needed: u32) -> String {
    format!("asks in {epoch}: has {have}, needs {needed}")
}

/// A candidate after a lost round.
pub fn lost(epoch: u64) -> String {
    format!("lost {epoch}")
}

/// A candidate that won.
pub fn won(epoch: u64) -> String {
    format!("won {epoch}")
}

/// Voters that cannot reach it.
pub fn doubted(voters: usize, of: usize) -> String {
    format!("pfail: {voters} of {of}")
}

/// Voters for whom it has failed.
pub fn failed(voters: usize, of: usize) -> String {
    format!("fail: {voters} of {of}")
}
