//! What is said about single messages, and about causes.

use crate::language::later;

/// A message that a rule or a hand took.
pub const LOST: &str = later("It is lost as it leaves.");

/// A message on its way.
pub fn flies(since: &str) -> String {
    format!("On its way for {since}.")
}

/// A message that was lost on its way.
pub fn lost_after(span: &str) -> String {
    format!("Lost after {span}: its connection ended.")
}

/// A message that nobody read.
pub fn unread(span: &str) -> String {
    format!("It arrives after {span}, and nobody reads it.")
}

/// A message that waited for its receiver.
pub fn read_late(arrived: &str, read: &str) -> String {
    format!("It arrives after {arrived} and is read after {read}.")
}

/// A message that was read as it came.
pub fn arrived(span: &str) -> String {
    format!("It arrives after {span}.")
}

/// The end of a chain: a timer.
pub fn timer(who: &str) -> String {
    format!("{who} did so by its own clock.")
}

/// The end of a chain: a connection.
pub fn link(who: &str) -> String {
    format!("A connection of {who} was opened or lost.")
}

/// The end of a chain: the data path.
pub fn data(who: &str) -> String {
    format!("Data came to {who}.")
}

/// The end of a chain: a client.
pub const CLIENT: &str = later("A client wrote.");
/// The end of a chain: time zero.
pub const BIRTH: &str = later("So it was when the run began.");
/// The end of a chain: what was done, and to whom.
pub fn deed(action: &str, whom: &str) -> String {
    match action.split_once(' ').map_or(action, |split| split.0) {
        _ if whom.is_empty() => format!("You (the script) said: {action}."),
        "kill" => format!("You (the script) killed {whom}."),
        "powercut" => format!("You (the script) cut the power of {whom}."),
        "pause" => format!("You (the script) paused {whom}."),
        "resume" => format!("You (the script) resumed {whom}."),
        "restart" => format!("You (the script) restarted {whom}."),
        _ => format!("You (the script) said: {action}."),
    }
}

/// The end of a chain: the script.
pub const SCRIPT: &str = later("The script says so.");
/// When there is nothing to ask about.
pub const NO_WHY: &str = later("Nothing has happened yet. Choose a message or an event, then ask why.");
/// When a hand is too slow.
pub const TOO_LATE: &str = later("This message arrives before a hand could reach it.");
/// When the message that was chosen is no longer there.
pub const GONE: &str = later("This message is no longer on its way.");
/// When time runs.
pub const PAUSE_FIRST: &str = later("Pause first, then take a message in hand.");
