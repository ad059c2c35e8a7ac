//! The hunter finds what old rules break, and what it hands over is small and shows it.
#![cfg(not(target_family = "wasm"))]

use harness::played::play;
use splitvote::scenario::{LinkView, Script, from_link, parse, to_link};
use splitvote::sim::hunt::{GENERATION, Hunt, Plan, Target, Trial};
use splitvote::sim::shrink::shrink;

fn plan(rules: &str, targets: &[&str]) -> Plan {
    let targets = targets.iter().map(|word| Target::named(word).expect("a target")).collect();
    let plan = Plan {
        base: None,
        rules: rules.to_owned(),
        settings: String::new(),
        targets,
        against: "splitvote".to_owned(),
    };
    plan.check().expect("the words read");
    plan
}

/// Hunts as the command line does, the seeds of a generation in the order given.
fn chase(plan: Plan, seeds: u64, order: fn(&mut Vec<u64>)) -> (Hunt, Option<Trial>) {
    let mut hunt = Hunt::new(plan);
    for generation in 0..seeds / GENERATION {
        let mut seeds: Vec<u64> = (generation * GENERATION..(generation + 1) * GENERATION).collect();
        order(&mut seeds);
        let mut trials: Vec<Trial> = seeds.into_iter().map(|seed| hunt.trial(seed)).collect();
        trials.sort_by_key(|trial| trial.seed);
        let found = trials.iter().find(|trial| trial.broken.is_some()).cloned();
        hunt.learn(trials);
        if found.is_some() {
            return (hunt, found);
        }
    }
    (hunt, None)
}

fn text_size(script: &Script) -> (usize, usize) {
    let text = script.to_string();
    (text.lines().count(), text.split_whitespace().count())
}

#[test]
fn a_find_is_shrunk_until_nothing_can_be_removed_and_its_link_shows_it() {
    // A re-homed replica that keeps a cached history (M5).
    let plan = plan("splitvote drop-cached-history=off", &["S13"]);
    let (_, found) = chase(plan.clone(), 4 * GENERATION, |_| ());
    let trial = found.expect("something is found");
    let broken = trial.broken.expect("something broke");
    let told = plan.told(&trial.script, &broken).expect("it can be told in one run");
    let mut shows = |script: &Script| plan.shows(script, broken.target);
    let small = shrink(&told, 20_000, &mut shows);
    assert!(shows(&small), "the small script breaks it still:\n{small}");
    assert!(text_size(&small) <= text_size(&told));
    assert!(small.statements.len() <= 10, "{small}");
    assert_eq!(shrink(&small, 20_000, &mut shows), small, "nothing more can be removed");
    for at in 0..small.statements.len() {
        let mut less = small.clone();
        let gone = less.statements.remove(at);
        let acts = gone.value.action().is_some();
        assert!(!acts || !shows(&less), "`{}` is not needed", gone.value);
    }
    let (linked, _) = from_link(&to_link(&small, &LinkView::default())).expect("the link reads");
    let report = play(&linked).report;
    assert!(report.violations.iter().any(|row| row.property == "S13"), "the link shows it");
    let mut mended = linked;
    mended.override_rules("splitvote").expect("a preset");
    assert!(play(&mended).report.violations.is_empty(), "and our rules keep it");
}

#[test]
fn a_hunt_does_not_depend_on_who_comes_first() {
    let runs = [|_: &mut Vec<u64>| (), |seeds: &mut Vec<u64>| seeds.reverse()].map(|order| {
        // S6 holds under every rule: the hunt goes on to its end.
        let (hunt, found) = chase(plan("splitvote", &["S6"]), GENERATION, order);
        assert!(found.is_none());
        let next: Vec<Script> = (1000..1004).map(|seed| hunt.trial(seed).script).collect();
        (hunt.reached(), next)
    });
    assert_eq!(runs[0], runs[1]);
    assert!(runs[0].0 > 100, "{} places", runs[0].0);
}

#[test]
fn what_is_drawn_reads_back_and_runs_alike() {
    let hunt = Hunt::new(plan("valkey-9.1", &["S6"]));
    for seed in 0..10 {
        let (one, other) = (hunt.trial(seed), hunt.trial(seed));
        assert_eq!(one.script, other.script);
        assert_eq!(one.reached, other.reached);
        assert_eq!(parse(&one.script.to_string()).as_ref(), Ok(&one.script), "seed {seed}");
    }
}

#[test]
fn harm_that_other_rules_do_as_well_is_no_find() {
    let script = parse(
        "cluster shards=3 replicas=1\nset node-timeout=1s\nat 1s kill A0 A1\nrun for 20s\nexpect covered\n",
    )
    .expect("it reads");
    assert!(!plan("valkey-9.1", &["late"]).shows(&script, Target::Late), "nobody can help a dead shard");
    let slow = parse(
        "cluster shards=3 replicas=1\nset node-timeout=1s\nrules valkey-9.1\nset A1 election-delay=20s\n\
         at 1s kill A0\nrun for 12s\nexpect covered\n",
    )
    .expect("it reads");
    assert!(!plan("valkey-9.1", &["late"]).shows(&slow, Target::Late), "the delay is the script's");
}

#[test]
fn a_script_that_expects_agreement_is_judged_when_it_is_over() {
    let text = "cluster shards=3 replicas=1\nset node-timeout=1s allow-replica-migration=no\n\
                at 1s cut A0 | all\nrun for 1500ms\nexpect converged\n";
    let cut = play(&parse(text).expect("it reads")).report;
    assert!(cut.violations.is_empty(), "faults have not ended: nothing is promised yet");
    let text = "cluster shards=3 replicas=1\nset node-timeout=1s\nat 1s cut A0 | A1 B.all C.all\n\
                at 5s heal\nrun for 5001ms\nexpect converged\n";
    let healed = play(&parse(text).expect("it reads")).report;
    assert!(healed.violations.iter().any(|row| row.property == "L5"), "{:?}", healed.violations);
}
