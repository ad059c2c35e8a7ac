use super::*;
use crate::base::Instant;
use crate::scenario::{LIBRARY, Script, catalogue, parse};

fn builtin(name: &str) -> Script {
    parse(catalogue::find(name).expect("it is built in").text).expect("it reads")
}

fn ran(script: &Script) -> Simulator {
    let mut world = Simulator::new(script);
    world.run();
    world
}

#[test]
fn every_built_in_scenario_is_as_it_expects() {
    for scenario in LIBRARY {
        let report = ran(&builtin(scenario.name)).report();
        assert!(report.good(), "{}: {:#?} {:#?}", scenario.name, report.violations, report.expectations);
    }
}

#[test]
fn the_same_script_twice_is_the_same_run() {
    for scenario in LIBRARY {
        let script = builtin(scenario.name);
        assert_eq!(ran(&script).digest(), ran(&script).digest(), "{}", scenario.name);
    }
}

#[test]
fn another_seed_is_another_run() {
    let mut script = builtin("split-vote");
    let one = ran(&script).digest();
    script.seed += 1;
    assert_ne!(ran(&script).digest(), one);
}

#[test]
fn a_full_disk_ends_a_process_unless_saving_is_only_tried() {
    for (behavior, votes) in [("sync", false), ("best-effort", true)] {
        let script = format!(
            "cluster shards=3 replicas=1\nset config-save-behavior={behavior}\nat 1s disk B0 full\n\
             at 2s failover A1 force\nrun for 5s\nexpect B0 votes for A1\n"
        );
        let mut world = ran(&parse(&script).expect("it reads"));
        assert_eq!(world.report().expectations[0].met, votes, "{behavior}");
        let alive = world.hosts[2].node.is_some();
        assert_eq!(alive, votes, "{behavior}");
    }
}

#[test]
fn a_clone_has_the_same_future() {
    let mut world = Simulator::new(&builtin("kill-one"));
    world.play(Instant::from_millis(7000));
    let mut copy = world.clone();
    world.run();
    copy.run();
    assert_eq!(world.digest(), copy.digest());
}

#[test]
fn refusals_that_are_told_make_a_split_vote_twenty_times_shorter() {
    let script = builtin("split-vote");
    let after_fail = |nack: &str| {
        let mut script = script.clone();
        script.override_rules(&format!("nack={nack}")).expect("the switch exists");
        ran(&script).report().longest_after_fail_ms().expect("there were failovers")
    };
    let (without, with) = (after_fail("off"), after_fail("on"));
    assert!(with * 20 <= without, "{with} ms with, {without} ms without");
}

#[test]
fn what_is_on_its_way_can_be_seen() {
    let mut world = Simulator::new(&builtin("split-vote"));
    world.play(Instant::from_millis(9_000));
    let mut seen = 0;
    for _ in 0..2000 {
        world.step();
        for message in world.in_flight() {
            assert!(message.sent <= world.now() && message.due >= world.now());
            assert_ne!(message.from, message.to);
            seen += 1;
        }
    }
    assert!(seen > 1000);
}

#[test]
fn a_wall_stalls_and_what_waited_arrives_in_order_once_it_is_gone() {
    let script = parse(
        "cluster shards=3 replicas=1\nset node-timeout=3s\nat 2s cut A0 | B0\nat 3s heal\nrun for 6s\nexpect not A0 failed\nexpect converged\n",
    )
    .expect("it reads");
    let mut world = Simulator::new(&script);
    world.play(Instant::from_millis(2_900));
    assert!(world.is_cut(HostIx(0), HostIx(2)) && !world.is_cut(HostIx(0), HostIx(4)));
    assert!(world.in_flight().any(|message| message.due == Instant::MAX));
    world.run();
    assert!(world.in_flight().all(|message| message.due < Instant::MAX));
    assert!(world.report().good());
}

#[test]
fn writes_only_the_minority_side_took_are_lost_and_counted() {
    let script = parse(
        "cluster shards=3 replicas=1\nset node-timeout=2s writes=100/s\nat 2s cut A0 | A1 B.all C.all\nat 12s heal\nrun for 20s\nexpect not no lost writes\nexpect converged\n",
    )
    .expect("it reads");
    let mut world = ran(&script);
    let report = world.report();
    assert!(report.good(), "{:?}", report.expectations);
    assert!(report.writes.lost > 0 && report.writes.lost < report.writes.acknowledged);
}

#[test]
fn a_restarted_primary_has_no_data_and_its_replicas_copy_that() {
    let script = parse(
        "cluster shards=3 replicas=1\nset node-timeout=5s writes=100/s\nat 4s kill A0\nat 4s200ms restart A0\nrun for 10s\nexpect not A1 won\nexpect not no lost writes\n",
    )
    .expect("it reads");
    assert!(ran(&script).report().good());
}

#[test]
fn a_link_leads_to_the_same_digest() {
    let mut script = builtin("two-shards");
    script.seed = 99;
    let world = ran(&script);
    let (again, view) = crate::scenario::from_link(&world.link()).expect("a link reads back");
    let mut other = Simulator::new(&again);
    other.play(view.at.expect("the link says when"));
    assert_eq!(other.digest(), world.digest());
    assert_eq!(view.digest.map(|digest| format!("{digest:08x}")), Some(world.digest().to_string()));
}

#[test]
fn playing_to_a_moment_makes_it_the_present_and_nothing_later() {
    let mut world = Simulator::new(&builtin("split-vote"));
    for second in 1..15 {
        let moment = Instant::from_millis(second * 1000);
        world.play(moment);
        assert_eq!(world.now(), moment);
    }
}
