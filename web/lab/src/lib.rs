//! Many runs beside the page: what a worker is asked, what it answers, and the work itself.
//!
//! [`messages`] travel as bytes between the page and its workers. [`work`] does a job in pieces of one run
//! each, so that whoever drives it decides when to pause and when to tell. The binary `lab` drives it in a
//! browser's worker; tests drive it natively.
//!
//! What is *not* here: anything of a document, and any figure: those are `splitvote::sim::sweep`'s.

pub mod messages;
pub mod work;

use splitvote::scenario::parse;
use splitvote::sim::{Keep, Simulator};

/// Which build this is: a page and a worker that say the same come to the same figures. A server may give a
/// worker of yesterday to a page of today, for the names of its files do not change.
pub fn identity() -> String {
    const WORLD: &str = "cluster shards=3 replicas=1\nset node-timeout=500ms\nat 100ms kill A\nrun for 2s\n";
    let digest = parse(WORLD).map_or_else(
        |_| String::new(),
        |script| {
            let mut world = Simulator::keeping(&script, Keep::Nothing);
            world.run();
            world.digest().to_string()
        },
    );
    format!("{} {digest}", env!("CARGO_PKG_VERSION"))
}

#[test]
fn an_identity_is_a_version_and_a_digest() {
    let words: Vec<String> = identity().split(' ').map(str::to_owned).collect();
    assert_eq!((words.len(), words[1].len()), (2, 8), "{words:?}");
}
