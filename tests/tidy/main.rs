//! The house rules that a compiler does not know, read from the sources. Each rule says how to mend
//! what it finds, and is itself shown to find a bad sample.
#![cfg(not(target_family = "wasm"))]

mod arrows;
mod floors;
mod rules;
mod switches;
mod tree;

use tree::{Source, everything, sources_below, top};

#[test]
fn arrows_between_floors_point_only_down() {
    tidy(sources_below("core/src").iter().flat_map(floors::wrong_arrows));
}

#[test]
fn every_switch_is_asked_by_a_rule() {
    tidy(switches::unasked(&sources_below("core/src")).into_iter());
}

#[test]
fn every_room_opens_with_a_text() {
    tidy(sources_below("core/src").iter().filter_map(rules::room_without_text));
}

#[test]
fn no_file_is_too_long() {
    tidy(everything().iter().filter_map(rules::too_long));
}

#[test]
fn no_file_is_named_after_nothing() {
    tidy(everything().iter().filter_map(rules::named_after_nothing));
}

#[test]
fn the_top_level_stays_as_it_was_laid_out() {
    let names = std::fs::read_dir(top()).expect("the top level can be read").filter_map(|entry| {
        let name = entry.ok()?.file_name();
        Some(name.to_string_lossy().into_owned())
    });
    tidy(names.filter_map(|name| rules::stranger_at_the_top(&name)));
}

#[test]
fn nothing_names_a_machine_or_a_registry() {
    tidy(everything().iter().flat_map(rules::machine_or_registry));
}

#[test]
fn nothing_is_half_done_and_no_test_is_skipped() {
    tidy(everything().iter().flat_map(rules::half_done));
}

/// Fails with all complaints at once.
fn tidy(complaints: impl Iterator<Item = String>) {
    let all: Vec<String> = complaints.collect();
    assert!(all.is_empty(), "{} to mend:\n  {}\n", all.len(), all.join("\n  "));
}

/// A source that only the rules' own tests know.
fn sample(path: &str, text: &str) -> Source {
    Source { path: path.to_owned(), text: text.to_owned() }
}
