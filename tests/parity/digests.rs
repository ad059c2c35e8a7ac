//! Every built-in scenario, lesson and goal and fifty random worlds give the digests of `digests.txt`, on every machine.
//! `UPDATE=1 cargo test -p splitvote-tests --test parity` writes them anew.

use std::fmt::Write as _;

#[cfg(target_family = "wasm")]
use wasm_bindgen_test::wasm_bindgen_test as test;

use splitvote::scenario::lessons::{GOALS, LESSONS};
use splitvote::scenario::{LIBRARY, Script, parse};
use splitvote::sim::{Keep, Simulator, swarm};

const SEEDS: u64 = 50;

fn digest(script: &Script) -> String {
    let mut world = Simulator::keeping(script, Keep::Nothing);
    world.run();
    format!("{:016x}", world.digest().bits())
}

fn all_digests() -> String {
    let mut text = String::new();
    for builtin in LIBRARY.iter().chain(LESSONS).chain(GOALS) {
        let script = parse(builtin.text).expect("a built-in scenario reads");
        let _ = writeln!(text, "{} {}", digest(&script), builtin.name);
    }
    for seed in 0..SEEDS {
        let _ = writeln!(text, "{} swarm {seed}", digest(&swarm::script(seed)));
    }
    text
}

#[test]
fn every_run_has_the_digest_it_always_had() {
    let digests = all_digests();
    #[cfg(not(target_family = "wasm"))]
    if std::env::var_os("UPDATE").is_some() {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/parity/digests.txt");
        std::fs::write(path, &digests).expect("the digests can be written");
        return;
    }
    for (now, before) in digests.lines().zip(include_str!("digests.txt").lines()) {
        assert_eq!(now, before);
    }
    assert_eq!(digests.lines().count(), include_str!("digests.txt").lines().count());
}
