//! The floors of the core, and which arrows between them are allowed.

use crate::arrows::{Arrow, arrows};
use crate::tree::Source;

const BASE: &[&str] = &["base"];
const BYTES: &[&str] = &["base", "wire"];
const RULES: &[&str] = &["base", "wire", "cluster"];
const NODE: &[&str] = &["base", "wire", "cluster", "protocol"];
const SIM: &[&str] = &["base", "wire", "cluster", "protocol", "node", "scenario"];
const LESSONS: &[&str] = &["base", "wire", "cluster", "protocol", "node", "scenario", "sim"];
const NATIVE: &[&str] = &["base", "wire", "resp", "cluster", "protocol", "node", "scenario"];
const STAGE: &[&str] = &["base", "wire", "resp", "cluster", "protocol", "node", "scenario", "sim"];

/// Each room of `core/src`, from the ground up, and the rooms it may lean on.
const FLOORS: &[(&str, &[&str])] = &[
    ("base", &[]),
    ("wire", BASE),
    ("resp", BASE),
    ("scenario", BYTES),
    ("cluster", BYTES),
    ("protocol", RULES),
    ("node", NODE),
    ("sim", SIM),
    ("lessons", LESSONS),
    ("native", NATIVE),
];

/// Whether a name is that of a room.
pub(crate) fn is_floor(name: &str) -> bool {
    FLOORS.iter().any(|(room, _)| *room == name)
}

/// The room a source of the core lives in; `lib.rs` and the binaries live in none.
pub(crate) fn room(path: &str) -> Option<&str> {
    let below = path.strip_prefix("core/src/")?;
    let first = below.split('/').next()?;
    let name = first.strip_suffix(".rs").unwrap_or(first);
    (!["lib", "bin"].contains(&name)).then_some(name)
}

/// Complaints about each arrow of a source that points up or sideways.
pub(crate) fn wrong_arrows(source: &Source) -> Vec<String> {
    let Some(room) = room(&source.path) else { return Vec::new() };
    let Some(allowed) = allowed(room, &source.path) else {
        return vec![format!(
            "{}: the room `{room}` has no floor; give it one in tests/tidy/floors.rs",
            source.path
        )];
    };
    arrows(source).iter().filter_map(|arrow| complaint(source, room, allowed, arrow)).collect()
}

fn allowed(room: &str, path: &str) -> Option<&'static [&'static str]> {
    // Running scenarios on real processes is compared with running them in the simulator, in one place.
    if path.starts_with("core/src/native/stage") {
        return Some(STAGE);
    }
    FLOORS.iter().find(|(name, _)| *name == room).map(|(_, allowed)| *allowed)
}

fn complaint(source: &Source, room: &str, allowed: &[&str], arrow: &Arrow) -> Option<String> {
    let to = arrow.path.first()?;
    let at = format!("{}:{}", source.path, arrow.line);
    if to == room {
        return sibling(source, room, arrow).map(|sibling| {
            format!("{at}: a rule may not know its sibling `{sibling}`; let `node` hand over what it needs")
        });
    }
    if !is_floor(to) || allowed.contains(&to.as_str()) {
        return None;
    }
    let downstairs = if allowed.is_empty() { "nothing".to_owned() } else { allowed.join(", ") };
    Some(format!(
        "{at}: `{room}` may not use `{to}`, only {downstairs}; move the shared part down, or pass it in"
    ))
}

/// The sibling file that a rule leans on, if it does. What `mod.rs` itself offers is everyone's, and a
/// file `voting_tests.rs` is a part of `voting.rs`.
fn sibling<'a>(source: &Source, room: &str, arrow: &'a Arrow) -> Option<&'a str> {
    let file = source.path.rsplit('/').next()?.strip_suffix(".rs")?;
    let next = arrow.path.get(1)?.as_str();
    let is_module = next.starts_with(|c: char| c.is_ascii_lowercase()) && arrow.path.len() > 2;
    let own = next == file || file.strip_suffix("_tests") == Some(next);
    (room == "protocol" && file != "mod" && is_module && !own).then_some(next)
}

#[test]
fn an_arrow_up_is_found_and_named() {
    let found = check("core/src/protocol/voting.rs", "use crate::base::Epoch;\nuse crate::node::Output;");
    assert_eq!(found.len(), 1);
    assert!(
        found[0].starts_with("core/src/protocol/voting.rs:2: `protocol` may not use `node`"),
        "{}",
        found[0]
    );
}

#[test]
fn an_arrow_sideways_is_found_too() {
    for (path, text) in [
        ("core/src/protocol/voting.rs", "use crate::protocol::claims::Claim;"),
        ("core/src/protocol/voting.rs", "use super::{claims::Claim};"),
        ("core/src/wire/body.rs", "fn f() { crate::resp::parse() }"),
        ("core/src/cluster/view.rs", "use crate::scenario::Script;"),
        ("core/src/native/driver.rs", "use crate::{base::Epoch, sim::Host};"),
        ("core/src/base.rs", "use crate::wire::Kind;"),
    ] {
        assert_eq!(check(path, text).len(), 1, "{path}: {text}");
    }
}

#[test]
fn arrows_down_and_at_home_are_free() {
    for (path, text) in [
        ("core/src/node/cron.rs", "use super::dispatch::x;\nuse crate::protocol::voting::Ballot;"),
        ("core/src/protocol/voting.rs", "use super::Refusal;\nuse crate::protocol::Verdict;"),
        ("core/src/protocol/voting_tests.rs", "use crate::protocol::voting::Ballot;\nuse super::*;"),
        ("core/src/native/stage.rs", "use crate::sim::Host;"),
        ("core/src/sim/mod.rs", "use crate::scenario::Script;"),
        ("core/src/lib.rs", "pub use crate::sim::Simulator;"),
    ] {
        assert_eq!(check(path, text), [""; 0], "{path}");
    }
}

#[test]
fn a_room_without_a_floor_is_sent_to_the_table() {
    let found = check("core/src/attic/mod.rs", "");
    assert!(found[0].contains("`attic` has no floor"), "{found:?}");
}

fn check(path: &str, text: &str) -> Vec<String> {
    wrong_arrows(&crate::sample(path, text))
}
