//! Every class of error, word for word: where, what was expected, the nearest valid word.

use crate::scenario::parse::{MAX_ERRORS, MAX_TEXT};
use crate::scenario::{Script, parse, parse_lenient};

/// The errors of `text`, each as it is printed.
fn errors(text: &str) -> Vec<String> {
    parse(text).map_or_else(|errors| errors.iter().map(ToString::to_string).collect(), |_| Vec::new())
}

/// Each line is wrong in one way, told as written from its column on.
fn check(table: &[(&str, &str)]) {
    for (line, expected) in table {
        assert_eq!(errors(line), [format!("line 1, column {expected}")], "{line}");
    }
}

/// Each text is wrong in these ways.
fn check_text(table: &[(&str, &[&str])]) {
    for (text, expected) in table {
        assert_eq!(errors(text), *expected, "{text}");
    }
}

#[test]
fn a_line_begins_with_a_statement() {
    check(&[
        ("kil A", "1: unknown statement `kil`; did you mean `at 10s kill`?"),
        (
            "foo",
            "1: unknown statement `foo`; there are `title`, `cluster`, `shard`, `rules`, `set`, `seed`, `at`, `every`, `when`, `run` and `expect`",
        ),
        ("kill A", "1: unknown statement `kill`; did you mean `at 10s kill`?"),
        ("cutt A | B", "1: unknown statement `cutt`; did you mean `at 10s cut`?"),
        (
            "---",
            "1: unknown statement `---`; there are `title`, `cluster`, `shard`, `rules`, `set`, `seed`, `at`, `every`, `when`, `run` and `expect`",
        ),
        (
            "\u{1}",
            "1: unknown statement `\\u{1}`; there are `title`, `cluster`, `shard`, `rules`, `set`, `seed`, `at`, `every`, `when`, `run` and `expect`",
        ),
    ]);
}

#[test]
fn actions_say_what_they_take() {
    check(&[
        ("at 10s kil A", "8: unknown action `kil`; did you mean `kill`?"),
        ("at", "3: expected a time such as `250ms`, `3s` or `1m30s`, found the end of the line"),
        ("at 10s", "7: expected an action, found the end of the line"),
        ("at A kill", "4: expected a time such as `250ms`, `3s` or `1m30s`, found `A`"),
        ("at -3s kill A", "4: a time cannot be negative: `-3s`"),
        ("at 3 kill A", "4: expected a time such as `250ms`, `3s` or `1m30s`, found `3`"),
        ("at 25h kill A", "4: the cap of 24h simulated time is exceeded (25h)"),
        (
            "at 10s kill",
            "12: expected a node such as `A1`, `A`, `A.replicas` or `primaries`, found the end of the line",
        ),
        (
            "at 10s kill a",
            "13: expected a node such as `A1`, `A`, `A.replicas` or `primaries`, found `a`; did you mean `A`?",
        ),
        ("at 10s kill A9", "13: there is no node `A9`: shard `A` has `A0` to `A1`"),
        ("at 10s kill D", "13: there is no shard `D`: the shards are `A` to `C`"),
        (
            "at 10s kill A.replica",
            "13: expected a node such as `A1`, `A`, `A.replicas` or `primaries`, found `A.replica`; did you mean `A.replicas`?",
        ),
        (
            "at 10s kill a.bests",
            "13: expected a node such as `A1`, `A`, `A.replicas` or `primaries`, found `a.bests`; did you mean `A.best`?",
        ),
        (
            "at 10s kill primarys",
            "13: expected a node such as `A1`, `A`, `A.replicas` or `primaries`, found `primarys`; did you mean `primaries`?",
        ),
        (
            "at 10s kill A0 B0 bob",
            "19: expected a node such as `A1`, `A`, `A.replicas` or `primaries`, found `bob`",
        ),
        (
            "at 10s restart A wipd",
            "18: expected `wiped` or a node such as `A1`, `A`, `A.replicas` or `primaries`, found `wipd`; did you mean `wiped`?",
        ),
        ("at 10s cut A", "13: expected `->` or `|`, found the end of the line"),
        (
            "at 10s cut A B -> ",
            "18: expected a node such as `A1`, `A`, `A.replicas` or `primaries`, found the end of the line",
        ),
        (
            "at 10s cut A |",
            "15: expected a node such as `A1`, `A`, `A.replicas` or `primaries`, found the end of the line",
        ),
        ("at 10s slow A -> B", "19: expected `by`, found the end of the line"),
        ("at 10s slow A -> B by -5s", "23: a time cannot be negative: `-5s`"),
        ("at 10s slow A B", "16: expected `->`, found the end of the line"),
        ("at 10s lose A -> B", "19: expected a share such as `10%` or `0.5%`, found the end of the line"),
        ("at 10s lose A -> B 110%", "20: expected a share such as `10%` or `0.5%`, found `110%`"),
        (
            "at 10s lose A -> B ten%",
            "20: expected a node such as `A1`, `A`, `A.replicas` or `primaries`, found `ten%`",
        ),
        ("at 10s drop auth-akc", "13: unknown message type `auth-akc`; did you mean `auth-ack`?"),
        ("at 10s drop", "12: expected a message type, found the end of the line"),
        ("at 10s drop fail times 0", "24: expected a number of messages such as `1`, found `0`"),
        (
            "at 10s drop fail form A",
            "18: expected `from`, `to`, `sent`, `times` or the end of the line, found `form`; did you mean `from`?",
        ),
        (
            "at 10s drop auth-ack to A1 sent 8s",
            "28: `sent` names one message: say its type, its sender and its receiver before it, as in `drop \
             auth-ack from B0 to A1 sent 8s`",
        ),
        (
            "at 10s deliver any from B0 to A1 sent 8s",
            "16: `sent` names one message: say its type, its sender and its receiver before it, as in `deliver \
             auth-ack from B0 to A1 sent 8s`",
        ),
        ("at 10s deliver auth-ack from B0 to A1", "38: expected `sent`, found the end of the line"),
        ("at 10s delay ping from B0 to A1 sent 8s", "40: expected `nth` or `by`, found the end of the line"),
        (
            "at 10s duplicate fail from B to A.all sent 8s",
            "33: expected one node such as `A1`, `A` or `A.best`, but `A.all` may be several",
        ),
        ("at 10s heal A", "13: expected the end of the line, found `A`"),
        (
            "at 10s failover primaries",
            "17: expected one node such as `A1`, `A` or `A.best`, but `primaries` may be several",
        ),
        (
            "at 10s failover A1 forced",
            "20: expected `force`, `takeover` or the end of the line, found `forced`; did you mean `force`?",
        ),
        (
            "at 10s replicate A1",
            "20: expected a node such as `A1`, `A`, `A.replicas` or `primaries`, found the end of the line",
        ),
        ("at 10s move all from A to B", "13: expected `slots`, found `all`"),
        (
            "at 10s move slots 5-1 from A to B",
            "19: expected `all` or slots such as `0-5460` or `0-99,200` below 16384, found `5-1`",
        ),
        ("at 10s write 100001 to A", "14: the cap of 100,000 writes at once is exceeded (100001)"),
        ("at 10s write 0 to A", "14: expected a number of writes such as `100`, found `0`"),
        (
            "at 10s disk A slwo",
            "15: expected `ok`, `slow`, `full` or a node such as `A1`, `A`, `A.replicas` or `primaries`, found `slwo`; did you mean `slow`?",
        ),
        ("at 10s disk A", "14: expected `ok`, `slow` or `full`, found the end of the line"),
        (
            "at 10s ünïcödé A",
            "8: unknown action `ünïcödé`; there are `kill`, `restart`, `powercut`, `pause`, `resume`, `cut`, `heal`, `slow`, `lose`, `duplicate`, `drop`, `deliver`, `delay`, `hold`, `release`, `failover`, `replicate`, `move`, `forget`, `reset`, `meet`, `write`, `lag`, `disk`, `set` and `rules`",
        ),
    ]);
}

#[test]
fn statements_and_conditions_say_what_comes_next() {
    check(&[
        ("title", "6: expected a title, found the end of the line"),
        ("seed", "5: expected a whole number such as `11`, found the end of the line"),
        ("seed -1", "6: expected a whole number such as `11`, found `-1`"),
        ("seed 11 12", "9: expected the end of the line, found `12`"),
        (
            "seed 99999999999999999999",
            "6: expected a whole number such as `11`, found `99999999999999999999`",
        ),
        ("every 0s heal", "7: expected a time of `1ms` or more, found `0s`"),
        ("every 10s heal until 5s", "22: expected a time of `10s` or more, found `5s`"),
        (
            "every 1s heal untl 5s",
            "15: expected `until` or the end of the line, found `untl`; did you mean `until`?",
        ),
        (
            "when 10s kill A",
            "6: `when` waits for a condition such as `covered`; a time such as `10s` goes with `at`",
        ),
        ("when coverd kill A", "6: unknown condition `coverd`; did you mean `covered`?"),
        ("when covered", "13: expected an action, found the end of the line"),
        ("when covered kil A", "14: unknown action `kil`; did you mean `kill`?"),
        ("run", "4: expected `for` or `until`, found the end of the line"),
        ("run 10s", "5: expected `for` or `until`, found `10s`"),
        ("run for 25h", "9: the cap of 24h simulated time is exceeded (25h)"),
        ("run until covered", "18: expected `, at most` and a time, found the end of the line"),
        ("run until covered, at least 5s", "23: expected `most`, found `least`"),
        (
            "run until covered, at most",
            "27: expected a time such as `250ms`, `3s` or `1m30s`, found the end of the line",
        ),
        ("run for 10s now", "13: expected the end of the line, found `now`"),
        ("expect", "7: expected a condition, found the end of the line"),
        ("expect coverd", "8: unknown condition `coverd`; did you mean `covered`?"),
        ("expect primary of A", "20: expected `is`, found the end of the line"),
        ("expect primary of A is A", "24: expected a node's own name such as `A1`, found `A`"),
        ("expect primary of a is A1", "19: expected a shard such as `A`, found `a`; did you mean `A`?"),
        ("expect A1 wins", "11: expected `failed`, `asks`, `won`, `votes` or `refuses`, found `wins`"),
        (
            "expect A1",
            "10: expected `failed`, `asks`, `won`, `votes` or `refuses`, found the end of the line",
        ),
        (
            "expect B refuses A1 already-vote",
            "21: expected `not-safe`, `epoch-old`, `already-voted`, `is-primary`, `no-primary`, `primary-up`, `stale-config`, `within` or the end of the line, found `already-vote`; did you mean `already-voted`?",
        ),
        ("expect epoch > 7", "14: expected `>=`, found `>`; did you mean `>=`?"),
        ("expect epoch >= x", "17: expected an epoch such as `7`, found `x`"),
        ("expect violation S23", "18: expected a property from `S1` to `S22` or `L1` to `L10`, found `S23`"),
        (
            "expect no los writes",
            "11: expected `violations`, `broken` or `lost`, found `los`; did you mean `lost`?",
        ),
        ("expect no", "10: expected `violations`, `broken` or `lost`, found the end of the line"),
        ("expect not not covered", "12: `not` is given twice"),
        (
            "expect covered withn 5s",
            "16: expected `within` or the end of the line, found `withn`; did you mean `within`?",
        ),
        ("expect covered within -5s", "23: a time cannot be negative: `-5s`"),
        ("expect rounds of D <= 1", "18: there is no shard `D`: the shards are `A` to `C`"),
        ("expect split votes", "14: expected `vote`, found `votes`; did you mean `vote`?"),
    ]);
}

#[test]
fn rules_and_set_know_their_words() {
    check(&[
        ("at 10s set", "11: expected `key=value`, found the end of the line"),
        ("at 10s set node-timeot=3s", "12: unknown setting `node-timeot`; did you mean `node-timeout`?"),
        (
            "set cluster-node-timeout=3s",
            "5: unknown setting `cluster-node-timeout`; did you mean `node-timeout`?",
        ),
        ("set node-timeout=3", "18: `node-timeout` takes a time such as `3s`, at least `1ms`, not `3`"),
        ("set node-timeout=-3s", "18: `node-timeout` cannot be negative: `-3s`"),
        ("set node-timeout", "5: expected `key=value`, found `node-timeout`"),
        ("set A loss=1%", "7: `loss` belongs to the whole world and cannot be set for one node"),
        ("set loss=1% loss=2%", "13: `loss` is given twice"),
        ("set replica-no-failover=nope", "25: `replica-no-failover` takes `yes` or `no`, not `nope`"),
        (
            "set election-delay=atuo",
            "20: `election-delay` takes `auto` or a time such as `0ms`, not `atuo`; did you mean `auto`?",
        ),
        ("set writes=20", "12: `writes` takes a rate such as `20/s`, at most `10000/s`, not `20`"),
        ("set writes=20000/s", "12: `writes` takes a rate such as `20/s`, at most `10000/s`, not `20000/s`"),
        (
            "set message-gossip-perc=101",
            "25: `message-gossip-perc` takes a whole number from 1 to 100, not `101`",
        ),
        (
            "set latency=5ms..1ms",
            "13: `latency` takes a time such as `1ms` or two such as `1ms..5ms`, not `5ms..1ms`",
        ),
        ("rules", "6: expected a preset or `switch=value`, found the end of the line"),
        ("rules nak=off", "7: unknown switch `nak`; did you mean `nack`?"),
        (
            "rules nack=of",
            "12: `nack` takes `on`, `filtered`, `echoed`, `merged`, `proposed` or `off`, not `of`; did you mean `on`?",
        ),
        ("rules splitvot", "7: unknown preset `splitvot`; did you mean `splitvote`?"),
        ("rules A9 nack=off", "7: there is no node `A9`: shard `A` has `A0` to `A1`"),
        ("rules nack=off nack=on", "16: `nack` is given twice"),
        ("rules nack", "7: expected `switch=value`, found `nack`"),
        ("rules A", "8: expected a preset or `switch=value`, found the end of the line"),
        ("rules zzzzzzzz=off", "7: unknown switch `zzzzzzzz` (`splitvote rules` lists them)"),
        ("rules valkey-91", "7: unknown preset `valkey-91`; did you mean `valkey-9.1`?"),
    ]);
}

#[test]
fn the_cluster_is_described_once_and_in_order() {
    check(&[
        ("cluster", "8: expected `shards=7` or `replicas=1`, found the end of the line"),
        ("cluster shards=0", "16: `shards` takes a whole number of `1` or more, not `0`"),
        ("cluster shards=7 shards=7", "18: `shards` is given twice"),
        ("cluster shard=7", "9: unknown word `shard`; did you mean `shards`?"),
        ("cluster shards=x", "16: `shards` takes a whole number of `1` or more, not `x`"),
        ("cluster shards=500 replicas=2", "1: the cap of 1,000 nodes is exceeded (1500)"),
        ("cluster shards=5000", "16: the cap of 1,000 nodes is exceeded (5000)"),
        ("cluster shards", "9: expected `shards=...`, found `shards`"),
        ("shard B", "7: shard lines come in order: expected `shard A`, found `shard B`"),
        ("shard", "6: expected a shard such as `A`, found the end of the line"),
        (
            "shard A slots=0-16384",
            "15: `slots` takes slots such as `0-5460` or `0-99,200` below 16384, not `0-16384`",
        ),
        ("shard A slots=x", "15: `slots` takes slots such as `0-5460` or `0-99,200` below 16384, not `x`"),
        ("shard A slot=3", "9: unknown word `slot`; did you mean `slots`?"),
        ("shard 1", "7: expected a shard such as `A`, found `1`"),
    ]);
}

#[test]
fn lines_contradict_each_other_by_number() {
    check_text(&[
        ("cluster shards=3\n\ncluster shards=4", &["line 3, column 1: `cluster` stands on line 1 already"]),
        ("title a\ntitle b", &["line 2, column 1: `title` stands on line 1 already"]),
        ("seed 1\n  seed 2", &["line 2, column 3: `seed` stands on line 1 already"]),
        (
            "cluster shards=3\nshard A",
            &[
                "line 2, column 1: the cluster is described by `cluster` on line 1 already; use `cluster` or `shard` lines",
            ],
        ),
        (
            "shard A\ncluster shards=3",
            &[
                "line 2, column 1: the cluster is described by `shard` on line 1 already; use `cluster` or `shard` lines",
            ],
        ),
        (
            "shard A slots=0-99\nshard B slots=50-60,99-200",
            &["line 2, column 9: slots 50-60,99 belong to shard `A` already"],
        ),
        (
            "shard A\nshard C",
            &["line 2, column 7: shard lines come in order: expected `shard B`, found `shard C`"],
        ),
        ("run for 20h\nrun for 5h", &["line 2, column 1: the cap of 24h simulated time is exceeded (25h)"]),
        ("shard A\nat 1s kill B", &["line 2, column 12: there is no shard `B`: the only shard is `A`"]),
        (
            "cluster shards=3 replicas=0\nat 1s kill B1",
            &["line 2, column 12: there is no node `B1`: shard `B` has only `B0`"],
        ),
    ]);
}

#[test]
fn all_errors_are_told_in_order_and_the_rest_is_kept() {
    let text = "title kept\ncluster shards=7 replcas=1\nat 10s kil A\nat 11s kill G\nseeed 5\nrun for 5s";
    let (script, errors) = parse_lenient(text);
    let told: Vec<String> = errors.iter().map(ToString::to_string).collect();
    assert_eq!(
        told,
        [
            "line 2, column 18: unknown word `replcas`; did you mean `replicas`?",
            "line 3, column 8: unknown action `kil`; did you mean `kill`?",
            "line 5, column 1: unknown statement `seeed`; did you mean `seed`?",
        ]
    );
    let kept = "title kept\ncluster shards=7 replicas=1\nat 11s kill G\nrun for 5s\n";
    assert_eq!(script.to_string(), kept);
}

#[test]
fn columns_count_characters_not_bytes() {
    check(&[(
        "\u{2003}at 10s kill \u{e4}\u{f6} A",
        "14: expected a node such as `A1`, `A`, `A.replicas` or `primaries`, found `\u{e4}\u{f6}`",
    )]);
}

#[test]
fn long_words_are_cut_in_errors() {
    let told = errors(&"x".repeat(5000));
    assert!(told[0].starts_with(&format!("line 1, column 1: unknown statement `{}...`", "x".repeat(40))));
}

#[test]
fn every_cap_is_named() {
    let comment = |length: usize| format!("#{}", "x".repeat(length - 1));
    assert_eq!(parse(&comment(MAX_TEXT)), Ok(Script::default()));
    assert_eq!(errors(&comment(MAX_TEXT + 1)), ["the cap of 64 KiB text is exceeded (65537 bytes)"]);

    let actions = |count: usize| "at 1s heal\n".repeat(count);
    assert_eq!(errors(&actions(2000)), [""; 0]);
    assert_eq!(errors(&actions(2002)), ["line 2001, column 1: the cap of 2,000 actions is exceeded"]);

    assert_eq!(errors("cluster shards=500 replicas=1"), [""; 0]);
    assert_eq!(
        errors("shard A replicas=500\nshard B replicas=500"),
        ["line 2, column 1: the cap of 1,000 nodes is exceeded (1002)"]
    );
    assert_eq!(errors("at 24h heal\nrun for 24h"), [""; 0]);

    let title = |length: usize| format!("title {}", "x".repeat(length));
    assert_eq!(errors(&title(200)), [""; 0]);
    assert_eq!(errors(&title(201)), ["line 1, column 1: the cap of 200 characters of title is exceeded"]);

    let groups = format!("at 1s cut A{}", "|A".repeat(20_000));
    assert_eq!(errors(&groups), ["the cap of 64 KiB text is exceeded (80040 bytes in canonical form)"]);
}

#[test]
fn errors_over_the_limit_are_counted() {
    let told = errors(&"nonsense\n".repeat(MAX_ERRORS + 7));
    assert_eq!(told.len(), MAX_ERRORS + 1);
    assert_eq!(told[MAX_ERRORS], "7 more errors are not listed");
}

/// However a text of the longest length is filled, it is read in far less work than a square of it.
#[test]
fn the_longest_texts_are_read_at_once() {
    for piece in [
        "q\n",
        "|",
        "->",
        "A ",
        "=",
        "at 1s kill A\n",
        "at 1s cut A | ",
        "0-9,",
        "rules nack=off\n",
        "A.",
        "\u{e4}",
    ] {
        for head in ["", "at 1s cut A ", "shard A slots=", "title ", "expect "] {
            let text = format!("{head}{}", piece.repeat((MAX_TEXT - head.len()) / piece.len()));
            let (kept, _) = parse_lenient(&text);
            let again = parse(&kept.to_string());
            assert!(again == Ok(kept), "{head}{piece} does not read as itself");
        }
    }
}
