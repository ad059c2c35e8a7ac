//! Judges that stand outside the node: they see what is sent, what is said, what is on disk, and never
//! ask the code that they judge. Numbers are those of protocol.md §15.
//!
//! A violation is reported once per property and host; what follows from it would only hide it. Some
//! properties hold under conditions, which [`PROPERTIES`] states.

mod checker;
mod claims;
mod data;
mod elections;
mod paces;
mod refusals;
mod rounds;
mod table;
mod trail;
mod votes;

pub use table::{Kind, PROPERTIES, Property, SOMETIMES};

pub(super) use checker::{Checker, Scene};
