//! The vote that splits, on real processes: two primaries of five die, their replicas ask at once, and
//! nobody gets the three votes there are.

use std::thread::sleep;
use std::time::{Duration, Instant};

use harness::fleet::proxy::Gate;
use harness::fleet::{Fleet, Make};
use splitvote::wire::Kind;

/// Without refusals that are told, a lost round costs four of these.
const TIMEOUT: &str = "3000";
/// How often a vote may turn out not to be split, or a busy machine may disturb the quick one.
const TRIES: usize = 6;
/// What a candidate writes down at the end of a round without a majority.
const LOST: &str = "loses the round";

/// How long both shards were without a primary once the votes were cast; `None` if these votes were not split.
fn recovery(rules: &str) -> Option<Duration> {
    let options = ["--cluster-node-timeout", TIMEOUT, "--splitvote-rules", rules];
    let what = format!("split-{}", rules.replace('=', "-"));
    let mut fleet = Fleet::form_behind_doors(&what, &[Make::Ours; 5], &[Make::Ours; 2], &options);
    let candidates = [5, 6];
    for at in candidates {
        let _: String = fleet.nodes[at].ask(&["DEBUG", "CLUSTER-FAILOVER-DELAY", "0"]);
    }
    // Until both have asked, nobody is heard: then each voter hears them in an order of its own.
    gates(&fleet, vec![(Kind::AuthRequest, Gate::Hold)]);
    fleet.nodes[0].kill();
    fleet.nodes[1].kill();
    let told = |fleet: &Fleet, at: usize, words: &str| fleet.nodes[at].log().contains(words);
    fleet.until("both have asked", |fleet| candidates.iter().all(|at| told(fleet, *at, "asks for votes")));
    // On a busy machine one may have given up before the other asked: that is another round, and no split.
    let lost = |fleet: &Fleet| candidates.map(|at| fleet.nodes[at].log().matches(LOST).count());
    let before = lost(&fleet);
    gates(&fleet, Vec::new());
    let cast = Instant::now();
    let mut left = candidates.to_vec();
    while !left.is_empty() {
        left.retain(|at| !told(&fleet, *at, "is primary instead of"));
        assert!(cast.elapsed() < Duration::from_mins(2), "nobody wins\n{}", fleet.told());
        sleep(Duration::from_millis(5));
    }
    let took = cast.elapsed();
    // If one alone has lost, the other won at once, in a later epoch, and its claim ended the loser's wait.
    let after = lost(&fleet);
    before.iter().zip(after).all(|(before, after)| after > *before).then_some(took)
}

fn gates(fleet: &Fleet, gates: Vec<(Kind, Gate)>) {
    let hall = fleet.hall().expect("this fleet has doors");
    *hall.gates.lock().expect("the doors do not panic") = gates;
}

#[test]
fn a_split_vote_that_is_told_is_over_in_a_twentieth_of_the_time() {
    let split = |rules: &str| (0..TRIES).find_map(|_| recovery(rules)).expect("a vote that splits");
    let untold = split("nack=off");
    let mut took = Vec::new();
    for _ in 0..TRIES {
        took.push(split("nack=on"));
        println!("a split vote: {untold:?} in silence, {took:?} when refusals are told");
        if took.iter().any(|took| *took * 20 <= untold) {
            return;
        }
    }
    panic!("{untold:?} in silence, {took:?} when refusals are told");
}
