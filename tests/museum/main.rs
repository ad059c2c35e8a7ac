//! The museum, room by room: under the script's own rules the card's harm is seen, with the card's one
//! switch turned it is not, and preset `splitvote` keeps every promise. Each room is a play for both
//! sides, too: `UPDATE=1 cargo test -p splitvote-tests --test museum` writes the traces anew.
#![cfg(not(target_family = "wasm"))]

use std::fs;
use std::path::PathBuf;

use harness::played::{Played, differs, play};
use splitvote::scenario::museum::{Card, Harm, ROOMS};
use splitvote::scenario::{Script, parse};

#[test]
fn every_room_shows_its_harm_and_its_mending() {
    let wrong: Vec<String> = ROOMS.iter().flat_map(|room| visit(room.name, room.text)).collect();
    assert!(wrong.is_empty(), "{} rooms tell something else:\n\n{}", wrong.len(), wrong.join("\n\n"));
}

/// What is wrong with one room.
fn visit(name: &str, text: &str) -> Vec<String> {
    let card = Card::of(text).unwrap_or_else(|| panic!("{name}: no card"));
    let script = parse(text).unwrap_or_else(|errors| panic!("{name}: {}", errors[0]));
    let with = |words: &str| -> Script {
        let mut script = script.clone();
        script.override_rules(words).unwrap_or_else(|errors| panic!("{name}: {}", errors[0]));
        script
    };
    let (old, mended, ours) = (play(&script), play(&with(card.fix)), play(&with("splitvote")));
    let mut wrong = Vec::new();
    if !seen(card.harm, &old) {
        wrong.push(format!("{name}: no {:?} under its own rules\n{}", card.harm, old.trace));
    }
    for (rules, played) in [(card.fix, &mended), ("splitvote", &ours)] {
        if seen(card.harm, played) {
            wrong.push(format!("{name}: {:?} with {rules}\n{}", card.harm, played.trace));
        }
    }
    let unkept = ours.unmet();
    if !unkept.is_empty() {
        wrong.push(format!("{name}: with splitvote {}\n{}", unkept.join(", "), ours.trace));
    }
    let traces = format!("# as it was\n{}\n# with {}\n{}", old.trace, card.fix, mended.trace);
    wrong.extend(compare(name, &traces));
    wrong
}

fn seen(harm: Harm<'_>, played: &Played) -> bool {
    match harm {
        Harm::Violation(id) => played.report.violations.iter().any(|row| row.property == id),
        Harm::Unmet(words) => {
            let same = |text: &str| {
                text.trim_start_matches("expect").split_whitespace().eq(words.split_whitespace())
            };
            let row = played.report.expectations.iter().find(|row| same(&row.text));
            !row.unwrap_or_else(|| panic!("the script does not expect `{words}`")).met
        }
    }
}

fn compare(name: &str, traces: &str) -> Option<String> {
    let name = name.rsplit('/').next().unwrap_or(name);
    let path = PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/museum")).join(format!("{name}.trace"));
    let expected = fs::read_to_string(&path).unwrap_or_default();
    if traces == expected {
        return None;
    }
    if std::env::var_os("UPDATE").is_some() {
        fs::write(path, traces).expect("a trace can be written");
        return None;
    }
    Some(differs(name, &expected, traces))
}
