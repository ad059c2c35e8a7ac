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
fn who_wakes_up_repeats_its_old_claim_before_it_hears_the_news() {
    for (switch, repeats) in [("on", true), ("off", false)] {
        let script = format!(
            "cluster shards=3 replicas=1\nrules cron-before-new-links={switch}\nset node-timeout=3s\n\
             at 1s pause A0\nat 9s resume A0\nrun for 10s\n"
        );
        let mut world = Simulator::new(&parse(&script).expect("it reads"));
        world.play(Instant::from_millis(8_999));
        let mut claims = std::collections::BTreeSet::new();
        while !world.finished() && world.step() {
            for (_, from, _, sent, bytes) in world.wire().filter(|(_, from, ..)| from.0 == 0) {
                // An answer to an old question shows the old claim either way; a question of its own does not.
                if let (true, Ok(crate::wire::Frame::Full(message))) =
                    (sent >= Instant::from_millis(9_000), crate::wire::decode(bytes))
                    && matches!(message.body, crate::wire::Body::Ping(_))
                {
                    claims.insert((from, message.header.config_epoch));
                }
            }
        }
        let old = claims.iter().any(|(_, epoch)| *epoch == crate::base::Epoch(1));
        let new = claims.iter().any(|(_, epoch)| *epoch == crate::base::Epoch(4));
        assert_eq!((old, new), (repeats, true), "{claims:?}");
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

/// What a script expects last, and whether that is so.
fn met(script: &str) -> bool {
    let report = ran(&parse(script).expect("it reads")).report();
    report.expectations.last().expect("it expects something").met
}

#[test]
fn a_property_that_broke_is_heard_behind_a_not_and_within_a_time() {
    let m12 = catalogue::find("museum/m12").expect("it is built in").text;
    let m12 = m12.replace("expect ", "# ");
    for (line, so) in [
        ("violation S3", true),
        ("not violation S3", false),
        ("not violation S12", true),
        ("violation S3 within 60s", true),
        ("violation S3 within 1ms", false),
        ("not violation S3 within 60s", false),
        ("not violation S3 within 1ms", true),
    ] {
        assert_eq!(met(&format!("{m12}expect {line}\n")), so, "{line}");
        let mended = format!("{m12}rules splitvote\nexpect {line}\n");
        assert_eq!(met(&mended), line.starts_with("not"), "mended: {line}");
    }
}

#[test]
fn cover_is_expected_back_whenever_it_is_lost_and_counted_from_there() {
    let head = "cluster shards=3 replicas=1\nset node-timeout=3s latency=1ms..5ms\n";
    for (faults, within, so) in [
        // A fault that takes no cover away starts no clock and meets nothing.
        ("at 1s lag A1 by 1s\nat 2s kill A0\nrun for 20s", "1s", false),
        ("at 1s lag A1 by 1s\nat 2s kill A0\nrun for 20s", "10s", true),
        ("at 1s pause A0\nat 2s resume A0\nat 3s kill A0\nrun for 20s", "1500ms", false),
        ("at 1s pause A0\nat 1s500ms resume A0\nat 20s kill B0\nrun for 40s", "10s", true),
        // A later fault does not excuse the first, and what is not over at the end is not met.
        ("at 1s kill A0\nat 20s pause B0\nat 20s100ms resume B0\nrun for 40s", "1s", false),
        ("at 1s kill A0\nrun for 2s", "10s", false),
        ("at 1s kill A1\nrun for 20s", "1s", true),
    ] {
        let script = format!("{head}{faults}\nexpect covered within {within}\n");
        assert_eq!(met(&script), so, "{script}");
        let not = script.replace("expect ", "expect not ");
        assert_eq!(met(&not), !so, "{not}");
    }
}
