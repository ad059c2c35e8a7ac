//! `--rules` and `--set` over a script.

use crate::scenario::parse;

const TEXT: &str = "\
rules nack=off
rules A1 nack=on fast-failover=off
set node-timeout=3s latency=1ms..5ms
set A0 node-timeout=5s snapshot=10m
";

fn overridden(rules: &[&str], settings: &[&str]) -> Result<String, String> {
    let mut script = parse(TEXT).map_err(|errors| errors[0].to_string())?;
    for words in rules {
        script.override_rules(words).map_err(|errors| errors[0].to_string())?;
    }
    for words in settings {
        script.override_settings(words).map_err(|errors| errors[0].to_string())?;
    }
    let head = "cluster shards=3 replicas=1\n";
    Ok(script.to_string().strip_prefix(head).map(str::to_owned).unwrap_or_default())
}

#[test]
fn what_is_said_outside_holds_for_every_node() {
    let rest = "set node-timeout=3s latency=1ms..5ms\nset A0 node-timeout=5s snapshot=10m\n";
    for (words, rules) in [
        ("nack=on", "rules A1 fast-failover=off\n"),
        ("fast-failover=off", "rules nack=off fast-failover=off\nrules A1 nack=on\n"),
        ("splitvote", ""),
        ("B nack=on", "rules nack=off\nrules A1 nack=on fast-failover=off\nrules B nack=on\n"),
    ] {
        assert_eq!(overridden(&[words], &[]), Ok(format!("{rules}{rest}")), "{words}");
    }
}

#[test]
fn settings_outside_hold_for_every_node() {
    let rest = "rules nack=off\nrules A1 nack=on fast-failover=off\n";
    for (words, settings) in [
        ("node-timeout=1s", "set node-timeout=1s latency=1ms..5ms\nset A0 snapshot=10m\n"),
        ("node-timeout=15s snapshot=1s", "set latency=1ms..5ms\n"),
        (
            "A0 fsync=2ms",
            "set node-timeout=3s latency=1ms..5ms\nset A0 node-timeout=5s snapshot=10m\nset A0 fsync=2ms\n",
        ),
    ] {
        assert_eq!(overridden(&[], &[words]), Ok(format!("{rest}{settings}")), "{words}");
    }
}

#[test]
fn a_wrong_word_outside_is_told_like_one_inside() {
    for (words, error) in [
        ("nak=off", "line 1, column 1: unknown switch `nak`; did you mean `nack`?"),
        ("", "line 1, column 1: expected a preset or `switch=value`, found the end of the line"),
        ("G nack=off", "line 1, column 1: there is no shard `G`: the shards are `A` to `C`"),
    ] {
        assert_eq!(overridden(&[words], &[]), Err(error.to_owned()));
    }
    assert_eq!(
        overridden(&[], &["latency=5"]),
        Err("line 1, column 9: `latency` takes a time such as `1ms` or two such as `1ms..5ms`, not `5`"
            .to_owned())
    );
}
