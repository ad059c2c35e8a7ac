//! Random worlds, few enough for every push. Ten thousand of them: `splitvote swarm --seeds 0..10000`.
#![cfg(not(target_family = "wasm"))]

mod upgrade;

use std::collections::BTreeSet;
use std::fmt::Write as _;

use splitvote::scenario::{LinkView, parse, to_link};
use splitvote::sim::swarm::{self, Verdict};
use splitvote::sim::{Keep, Simulator};

/// Worlds per test; each takes some ten milliseconds.
const WORLDS: u64 = 150;

/// Places that a search of this size must come to, or it no longer searches where it is interesting.
const MUST_COME_TO: &[&str] = &[
    "split vote",
    "nack counted",
    "nack noted but not final",
    "fast path",
    "round hopeless",
    "full sync",
    "partial sync",
    "update sent",
    "manual failover",
    "refused: already voted",
    "refused: old epoch",
    "refused: primary up",
    "minority",
    "fail cleared",
];

fn complaint(verdict: &Verdict) -> String {
    let mut text = format!("seed {}:\n", verdict.seed);
    for (at, _, violation) in &verdict.violations {
        let _ = writeln!(text, "  {} at {at} ms: {}", violation.property, violation.what);
    }
    let _ = write!(text, "  splitvote run '{}' --trace", to_link(&verdict.script, &LinkView::default()));
    text
}

#[test]
fn no_property_breaks_and_interesting_places_are_reached() {
    let mut places = BTreeSet::new();
    let mut broken = Vec::new();
    for seed in 0..WORLDS {
        let verdict = swarm::run(seed);
        places.extend(verdict.hits.iter().map(|(what, _)| *what));
        if !verdict.good() {
            broken.push(complaint(&verdict));
        }
    }
    assert!(broken.is_empty(), "{}", broken.join("\n"));
    let missed: Vec<_> = MUST_COME_TO.iter().filter(|what| !places.contains(*what)).collect();
    assert!(missed.is_empty(), "never came to {missed:?}");
}

#[test]
fn the_same_world_twice_is_the_same_run_whatever_is_remembered() {
    for seed in 0..20 {
        let script = swarm::script(seed);
        let mut digests = BTreeSet::new();
        for keep in [Keep::Nothing, Keep::Records] {
            let mut world = Simulator::keeping(&script, keep);
            world.run();
            digests.insert(world.digest().bits());
        }
        assert_eq!(digests.len(), 1, "seed {seed}");
    }
}

#[test]
fn the_script_of_a_world_is_the_whole_truth() {
    for seed in 0..20 {
        let script = swarm::script(seed);
        let read_back = parse(&script.to_string()).expect("a drawn script reads back");
        let (mut one, mut other) = (Simulator::new(&script), Simulator::new(&read_back));
        one.run();
        other.run();
        assert_eq!(one.digest(), other.digest(), "seed {seed}");
    }
}
