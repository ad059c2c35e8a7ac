//! Everything that is built in, by name.

use std::sync::OnceLock;

use super::lessons::{GOALS, LESSONS};
use super::library::{Builtin, LIBRARY};
use super::museum::ROOMS;
use super::{Script, parse};

/// The scenarios, the rooms of the museum, the lessons, the goals.
pub fn all() -> impl Iterator<Item = &'static Builtin> {
    LIBRARY.iter().chain(ROOMS).chain(LESSONS).chain(GOALS)
}

/// The one of this name.
pub fn find(name: &str) -> Option<&'static Builtin> {
    all().find(|builtin| builtin.name == name)
}

/// All names in order.
pub fn names() -> impl Iterator<Item = &'static str> {
    all().map(|builtin| builtin.name)
}

/// The one that a script is to the letter, if it is one.
pub fn known(script: &Script) -> Option<&'static Builtin> {
    // A sweep asks after each of its runs: they are read once.
    static READ: OnceLock<Vec<(&Builtin, Script)>> = OnceLock::new();
    let read = READ.get_or_init(|| {
        all().filter_map(|builtin| parse(builtin.text).ok().map(|script| (builtin, script))).collect()
    });
    read.iter().find(|(_, read)| read == script).map(|(builtin, _)| *builtin)
}
