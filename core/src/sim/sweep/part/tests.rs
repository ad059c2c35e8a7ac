//! Parts and their sum.

use super::*;
use crate::scenario::parse;
use crate::sim::sweep::{FirstViolation, variants};

const TEXT: &str = "\
title Two die
cluster shards=3 replicas=1
set latency=1ms..5ms writes=20/s
at 1s kill A
run until covered, at most 20s
expect covered within 12s
expect no violations
";

fn sweep(seeds: [u64; 2], share: Share) -> Sweep {
    let script = parse(TEXT).expect("a script");
    let variants = variants(&script, &["set:node-timeout=10s,5s".to_owned()]).expect("variants");
    let [from, to] = share.of_seeds(seeds);
    let tally = |variant: Variant| {
        let mut tally = Tally::default();
        for seed in from..to {
            tally.play(&variant.script, seed);
        }
        (variant, tally)
    };
    let variants = variants.into_iter().map(tally).collect();
    Sweep { scenario: "Two die".to_owned(), seeds, variants }
}

fn part(seeds: [u64; 2], index: u64, of: u64) -> (String, Part) {
    let share = Share { index, of };
    (format!("part {index}"), Part::of(&sweep(seeds, share), share, "1"))
}

fn parts(of: u64) -> Vec<(String, Part)> {
    (0..of).map(|index| part([3, 10], index, of)).collect()
}

#[test]
fn parts_in_any_order_are_the_whole() {
    let whole = sweep([3, 10], Share { index: 0, of: 1 }).summary();
    assert!(whole.variants[0].recovery_ms.p50 > whole.variants[1].recovery_ms.p50, "{whole:?}");
    for of in [1, 2, 3, 7, 9] {
        let mut parts = parts(of);
        for _ in 0..of {
            parts.rotate_left(1);
            assert_eq!(Part::merge(&parts).map(|sweep| sweep.summary()), Ok(whole.clone()), "{of} parts");
        }
        parts.reverse();
        assert_eq!(Part::merge(&parts).map(|sweep| sweep.summary()), Ok(whole.clone()), "{of} parts");
    }
}

#[test]
fn the_first_violation_is_that_of_the_smallest_seed() {
    let script = parse("cluster shards=3 replicas=0\nat 1s kill A\nrun for 2s\n").expect("a script");
    let with = |seed: u64, violating: u64| {
        let mut tally = Tally::default();
        tally.play(&script, seed);
        tally.violating = violating;
        tally.first_violation = (violating > 0).then(|| FirstViolation { seed, link: format!("#{seed}") });
        tally
    };
    let tallies = [with(1, 0), with(9, 1), with(4, 1), with(7, 1)];
    let sum = |order: [usize; 4]| {
        let mut sum = Tally::default();
        for index in order {
            sum.merge(&tallies[index]);
        }
        sum
    };
    assert_eq!(sum([0, 1, 2, 3]).first_violation.map(|first| first.seed), Some(4));
    assert_eq!(sum([3, 2, 1, 0]), sum([0, 1, 2, 3]));
    assert_eq!(sum([0, 1, 2, 3]).unrecovered, 4, "a shard without a replica stays away");
}

#[test]
fn parts_are_even_and_leave_no_seed_out() {
    for (seeds, of) in [([0, 10], 3), ([5, 7], 4), ([0, u64::MAX], 7), ([3, 3], 2)] {
        let parts: Vec<[u64; 2]> = (0..of).map(|index| Share { index, of }.of_seeds(seeds)).collect();
        assert_eq!((parts[0][0], parts[parts.len() - 1][1]), (seeds[0], seeds[1]));
        assert!(parts.array_windows().all(|[one, next]| one[1] == next[0]), "{parts:?}");
        let lengths = parts.iter().map(|[from, to]| to - from);
        assert!(lengths.clone().max().zip(lengths.min()).is_some_and(|(most, least)| most - least <= 1));
    }
}

/// Merges three parts of which the last is made over.
fn spoilt(parts: &[(String, Part)], spoil: impl FnOnce(&mut Part)) -> String {
    let mut parts = parts.to_vec();
    spoil(&mut parts[2].1);
    Part::merge(&parts).expect_err("it is spoilt").to_string()
}

#[test]
fn what_does_not_belong_together_is_told() {
    assert_eq!(Part::merge(&[]), Err(MergeError::Nothing));
    let three = parts(3);
    let spoilt = |spoil: &dyn Fn(&mut Part)| spoilt(&three, spoil);
    let foreign =
        |what: &str| format!("part 0 and part 2 are parts of different sweeps: their {what} differ");
    assert_eq!(spoilt(&|part| part.seeds[1] = 11), foreign("seeds"));
    assert_eq!(spoilt(&|part| part.scenario.push('!')), foreign("names"));
    assert_eq!(spoilt(&|part| part.part.of = 4), foreign("numbers of parts"));
    assert_eq!(spoilt(&|part| part.splitvote.push('1')), foreign("programs' versions"));
    assert_eq!(spoilt(&|part| part.variants[0].proof.push('1')), foreign("programs' behaviours"));
    assert_eq!(spoilt(&|part| part.variants.truncate(1)), foreign("scripts or variants"));
    assert_eq!(spoilt(&|part| part.part.index = 0), "part 0 and part 2 are both part 0/3");
    assert_eq!(
        spoilt(&|part| part.part.index = 3),
        "part 2 is no part of a sweep: there is no part 3/3; parts are counted from 0"
    );
    let counts = "part 2 is no part of a sweep: its counts are not those of the seeds 7..10";
    assert_eq!(spoilt(&|part| part.variants[1].tally.runs += 1), counts);
    assert_eq!(spoilt(&|part| part.variants[1].tally.split = 9), counts);
    assert_eq!(spoilt(&|part| part.variants[1].tally.met.clear()), counts);
    let mut four = parts(4);
    four.remove(1);
    four.pop();
    let missing = Part::merge(&four).expect_err("two are missing").to_string();
    assert_eq!(missing, "of 4 parts these are missing: 1/4, 3/4");
}
