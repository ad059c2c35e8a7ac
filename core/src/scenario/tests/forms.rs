//! Every form of every statement: what is written, and its canonical spelling.

use crate::scenario::parse;

const HEAD: &str = "cluster shards=7 replicas=1\n";

/// `line` is understood and its canonical spelling is `canonical`, which reads back to the same.
fn check(line: &str, canonical: &str) {
    let script = parse(&format!("{HEAD}{line}")).unwrap_or_else(|errors| panic!("{line}: {}", errors[0]));
    let text = script.to_string();
    let expected = if canonical.is_empty() { HEAD.to_owned() } else { format!("{HEAD}{canonical}\n") };
    assert_eq!(text, expected, "{line}");
    assert_eq!(parse(&text), Ok(script), "{line}");
}

/// Written as it is printed.
fn check_all(lines: &[&str]) {
    for line in lines {
        check(line, line);
    }
}

#[test]
fn the_example_of_the_design_reads() {
    let text = "\
title    Three primaries die together
cluster  shards=7 replicas=1
rules    splitvote nack=off fast-failover=off
set      node-timeout=3s latency=1ms..5ms election-delay=0ms writes=20/s
seed     11
at 10s   kill A B C
run      until covered, at most 60s
expect   covered within 20s
expect   no violations
";
    let canonical = "\
title Three primaries die together
cluster shards=7 replicas=1
rules nack=off fast-failover=off
set node-timeout=3s election-delay=0s latency=1ms..5ms writes=20/s
seed 11
at 10s kill A B C
run until covered, at most 1m
expect covered within 20s
expect no violations
";
    assert_eq!(parse(text).map(|script| script.to_string()), Ok(canonical.to_owned()));
}

#[test]
fn every_action_reads_and_prints() {
    check_all(&[
        "at 10s kill A B C",
        "at 10s kill A0 A.best B.replicas C.all primaries replicas all one",
        "at 10s restart A0",
        "at 10s reset A0",
        "at 10s reset A0 hard",
        "at 10s restart A0 B0 wiped",
        "at 10s powercut A0",
        "at 10s pause A",
        "at 10s resume A0",
        "at 10s cut A B | C D",
        "at 10s cut A.all | B.all C.all | D.all",
        "at 10s cut A -> B",
        "at 10s cut A B -> C D",
        "at 10s heal",
        "at 10s slow A -> B by 200ms",
        "at 10s slow A B -> all by 1m30s",
        "at 10s lose A -> B 10%",
        "at 10s lose A B -> C 0.5%",
        "at 10s duplicate",
        "at 10s duplicate A -> B 100%",
        "at 10s drop auth-ack",
        "at 10s drop auth-ack from A B to C D times 2",
        "at 10s drop any to A.all",
        "at 10s drop fail times 1",
        "at 10s drop auth-ack from B0 to A1 sent 9s998ms",
        "at 10s deliver auth-nack from B to A.best sent 9s998ms7us nth 2",
        "at 10s delay ping from A0 to B0 sent 9s by 200ms",
        "at 10s duplicate fail from B0 to A1 sent 9s",
        "at 10s hold update from A",
        "at 10s release",
        "at 10s release update from A",
        "at 10s release any to B",
        "at 10s failover A1",
        "at 10s failover A.best force",
        "at 10s failover A1 takeover",
        "at 10s replicate A1 B0",
        "at 10s move slots 0-99,200 from A to B",
        "at 10s move slots all from A to B",
        "at 10s forget A0",
        "at 10s forget A0 on B C.replicas",
        "at 10s meet A0 B0",
        "at 10s write 100 to A",
        "at 10s lag A1 B1 by 5s",
        "at 10s disk A slow",
        "at 10s disk A B full",
        "at 10s disk A ok",
        "at 10s set node-timeout=15s loss=2%",
        "at 10s set A1 replica-no-failover=yes",
        "at 10s rules nack=off",
        "at 10s rules A.replicas splitvote nack=off fast-failover=off",
    ]);
}

#[test]
fn every_condition_reads_and_prints() {
    check_all(&[
        "expect covered",
        "expect covered within 20s",
        "expect converged",
        "expect primary of A is A1",
        "expect A0 failed",
        "expect A1 asks within 1m",
        "expect B votes for A1",
        "expect B refuses A1",
        "expect primaries refuses A1 already-voted",
        "expect B refuses A1 not-safe",
        "expect B refuses A1 epoch-old",
        "expect B refuses A1 is-primary",
        "expect B refuses A1 no-primary",
        "expect B refuses A1 primary-up",
        "expect B refuses A1 stale-config within 5s",
        "expect split vote",
        "expect A1 won",
        "expect epoch >= 7",
        "expect offset of A1 >= 1000",
        "expect no lost writes",
        "expect lost writes <= 10",
        "expect no violations",
        "expect violation S3",
        "expect violation L10",
        "expect rounds of A <= 1",
        "expect not A1 won",
        "expect not covered",
    ]);
}

#[test]
fn every_other_statement_reads_and_prints() {
    check_all(&[
        "every 1s write 10 to A",
        "every 500ms kill one until 10s",
        "every 500ms drop auth-ack from A to B times 3 until 10s",
        "every 5s duplicate until 1m",
        "every 5s set loss=1% until 1m",
        "every 5s rules nack=off until 1m",
        "every 5s release until 1m",
        "when A1 asks kill A1",
        "when B refuses A1 already-voted heal",
        "when B refuses A1 heal",
        "when epoch >= 9 restart A0 wiped",
        "when split vote rules nack=on",
        "run for 1m30s",
        "run until not covered, at most 1m",
        "run until primary of A is A1, at most 1m",
        "rules nack=off",
        "rules fast-failover=off",
        "rules A.replicas nack=on",
        "set node-timeout=3s",
        "set A1 node-timeout=15s",
        "seed 18446744073709551615",
    ]);
}

#[test]
fn second_spellings_have_one_canonical_form() {
    for (written, canonical) in [
        ("# nothing", ""),
        ("   ", ""),
        ("seed 1", ""),
        ("rules splitvote", ""),
        ("rules nack=on", ""),
        ("rules nack=off\nrules splitvote fast-failover=off", "rules fast-failover=off"),
        ("rules fast-failover=off\nrules nack=off", "rules nack=off fast-failover=off"),
        ("rules A nack=off\nrules fast-failover=off", "rules fast-failover=off\nrules A nack=off"),
        ("set node-timeout=15s latency=1ms jitter=0ms", ""),
        ("set latency=2ms..2ms", "set latency=2ms"),
        ("set loss=5%\nset node-timeout=3s", "set node-timeout=3s loss=5%"),
        ("set loss=5%\nset loss=0%", ""),
        ("set repl-backlog-size=1024kb", "set repl-backlog-size=1mb"),
        ("set election-delay=auto", ""),
        ("at 90s heal # now", "at 1m30s heal"),
        ("at 0ms heal", "at 0s heal"),
        ("at\t1s500ms\theal", "at 1s500ms heal"),
        ("at 1s cut A|B", "at 1s cut A | B"),
        ("at 1s cut A->B", "at 1s cut A -> B"),
        ("at 1s duplicate all -> all 100%", "at 1s duplicate"),
        ("at 1s release any", "at 1s release"),
        ("at 1s lose A -> B 10.50%", "at 1s lose A -> B 10.5%"),
        ("at 1s move slots 5,0-4 from A to B", "at 1s move slots 0-5 from A to B"),
        ("expect epoch>=7", "expect epoch >= 7"),
        ("run until covered at most 60s", "run until covered, at most 1m"),
        ("run until covered , at most 60s", "run until covered, at most 1m"),
    ] {
        check(written, canonical);
    }
}

#[test]
fn the_head_may_stand_anywhere_and_is_printed_first() {
    let script =
        parse("at 1s kill G\nseed 3\ntitle  The  #885; case\ncluster shards=7").map(|it| it.to_string());
    let canonical = "title The #885; case\ncluster shards=7 replicas=1\nseed 3\nat 1s kill G\n";
    assert_eq!(script, Ok(canonical.to_owned()));
}

#[test]
fn shards_can_be_listed() {
    let text =
        "shard A slots=0-5000,16383 replicas=2\nshard B slots=5001-16382 replicas=0\nshard C replicas=1\n";
    assert_eq!(parse(text).map(|script| script.to_string()), Ok(text.to_owned()));
    assert_eq!(
        parse("shard A slots=0-16383").map(|script| script.to_string()),
        Ok("shard A slots=0-16383 replicas=1\n".to_owned())
    );
}

#[test]
fn an_empty_script_is_three_quiet_shards() {
    assert_eq!(parse("").map(|script| script.to_string()), Ok("cluster shards=3 replicas=1\n".to_owned()));
}

#[test]
fn even_shards_are_dealt_as_valkey_cli_deals_them() {
    let dealt = |shards| {
        let cluster = crate::scenario::ClusterSpec::Even { shards, replicas: 0 };
        cluster.shards().iter().map(|shard| shard.slots.to_string()).collect::<Vec<_>>()
    };
    assert_eq!(dealt(3), ["0-5460", "5461-10922", "10923-16383"]);
    assert_eq!(dealt(6)[..3], ["0-2730", "2731-5460", "5461-8191"]);
    for shards in [1, 2, 5, 7, 9, 333, 1000] {
        let cluster = crate::scenario::ClusterSpec::Even { shards, replicas: 0 };
        let slots: u32 = cluster.shards().iter().map(|shard| shard.slots.len()).sum();
        assert_eq!(slots, 16_384, "{shards}");
        assert!(cluster.shards().iter().all(|shard| !shard.slots.is_empty()), "{shards}");
    }
}
