//! A simulated world: hosts that run real nodes, links that carry encoded frames, disks, clients,
//! faults, and nothing that is not repeatable. The same script and seed give the same run, to the last
//! event, on every machine.
//!
//! Start with [`Simulator`]; its read side is in `look`, its verbs in `operate`. A step takes the
//! earliest entry of the `agenda`, `transport` delivers what arrives, `carry` carries out what the node
//! wants, `replicate` moves data. `director` plays the script, `properties` judge from outside.
//!
//! What is *not* here: rules of the protocol (`protocol`), the language (`scenario`), clocks and
//! threads. Nothing here is used by real nodes.

mod agenda;
mod birth;
mod carry;
mod client;
mod compare;
mod cues;
mod data;
mod director;
pub mod export;
mod fault;
mod hand;
mod history;
mod host;
pub mod hunt;
mod ledger;
pub mod lesson;
mod liveness;
mod look;
mod names;
mod network;
mod operate;
pub mod properties;
mod record;
mod replicate;
mod report;
mod select;
pub mod shrink;
mod simulator;
pub mod swarm;
pub mod sweep;
#[cfg(test)]
mod tests;
pub mod tour;
pub mod trace;
pub mod traffic;
mod transport;
mod waits;
mod watch;

pub use client::Writes;
pub use compare::{Parting, parting};
#[cfg(feature = "native")]
pub(crate) use cues::{Cues, again};
pub use ledger::Failover;
#[cfg(feature = "native")]
pub(crate) use ledger::Ledger;
pub use look::{Brief, Cargo, HostView, InFlight, Liveness, ShardView, Wall};
pub use names::{HostIx, Names};
#[cfg(feature = "native")]
pub(crate) use names::{node_id, shard_id};
#[cfg(feature = "native")]
pub(crate) use operate::is_fault;
pub use record::{Digest, Happening, Keep, Record, Violation, What};
pub use report::{ExpectationRow, FailoverRow, Report, ViolationRow, WritesRow};
pub use simulator::Simulator;
#[cfg(feature = "native")]
pub(crate) use waits::{Cast, Wait};
