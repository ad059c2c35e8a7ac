//! Time, chance, names, slots, addresses: the values every floor speaks in. No protocol here.

pub mod address;
pub mod id;
pub mod numbered;
pub mod ordered;
pub mod rng;
pub mod rules;
pub mod slot;
pub mod time;

pub use address::Address;
pub use id::{Epoch, HistoryId, LinkId, NodeId, Offset, ShardId};
pub use numbered::{Beside, Numbered};
pub use rng::Rng;
pub use rules::{Nack, Rules};
pub use slot::{SLOTS, Slot, SlotSet};
pub use time::{Duration, Instant};
