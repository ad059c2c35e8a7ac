//! Everything that is built in, by name.

use super::library::{Builtin, LIBRARY};
use super::museum::ROOMS;

/// The scenarios, then the rooms of the museum.
pub fn all() -> impl Iterator<Item = &'static Builtin> {
    LIBRARY.iter().chain(ROOMS)
}

/// The one of this name.
pub fn find(name: &str) -> Option<&'static Builtin> {
    all().find(|builtin| builtin.name == name)
}

/// All names in order.
pub fn names() -> impl Iterator<Item = &'static str> {
    all().map(|builtin| builtin.name)
}
