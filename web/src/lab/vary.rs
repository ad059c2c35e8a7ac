//! What can be varied: rules and dials, in the words of `splitvote sweep --vary`.

use splitvote::base::ordered;
use std::fmt::Write as _;

use splitvote::base::rules::SWITCHES;
use splitvote::scenario::{Key, Script};
use splitvote::sim::sweep::VaryError;

use crate::language::{tell, tf};
use crate::words::title;

/// Variants that are more than most people compare, as strips of one dial: its key, the unit, the first
/// value, the step and how many.
const DIALS: [(&str, &str, u32, u32, u32); 4] = [
    ("node-timeout", "s", 1, 1, 20),
    ("latency", "ms", 5, 5, 20),
    ("jitter", "ms", 0, 5, 20),
    ("loss", "%", 0, 1, 20),
];

/// Releases side by side.
const RELEASES: &str = "rules=valkey-7.2,valkey-8.1,valkey-9.1,splitvote";

/// A group of choices.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Group {
    /// Sweeps of one dial.
    Dials,
    /// Releases and switches.
    Rules,
}

/// Everything that is offered, with the group that it stands in.
pub fn choices() -> Vec<(Group, String)> {
    let dials =
        DIALS.iter().filter(|dial| Key::named(dial.0).is_some()).map(|dial| (Group::Dials, words(dial)));
    let releases = std::iter::once((Group::Rules, RELEASES.to_owned()));
    let switches = SWITCHES.iter().map(|switch| {
        let mut values = switch.values.to_vec();
        // What is new stands on the right.
        ordered::sort_by_key(&mut values, |value| *value != "off");
        (Group::Rules, format!("{}={}", switch.id, values.join(",")))
    });
    dials.chain(releases).chain(switches).collect()
}

/// `set:node-timeout=1s,2s,3s`.
fn words(&(key, unit, first, step, count): &(&str, &str, u32, u32, u32)) -> String {
    let mut text = format!("set:{key}=");
    for at in 0..count {
        // Writing to a `String` cannot fail.
        let _ = write!(text, "{}{}{unit}", if at == 0 { "" } else { "," }, first + at * step);
    }
    text
}

/// How a choice is called: without its values if they are many.
pub fn label(words: &str) -> String {
    let Some((what, values)) = words.split_once('=').filter(|(_, values)| !values.contains(['=', ' ']))
    else {
        return words.to_owned();
    };
    let (what, all) = (called(what), values.split(',').map(spaced).collect::<Vec<_>>());
    match all.as_slice() {
        [off, on] if off == "off" && on == "on" => tf("{what}: off and on", &[("what", &what)]),
        [first, .., last] if all.len() > 4 => {
            tf("{what}: {first} to {last}", &[("what", &what), ("first", first), ("last", last)])
        }
        _ => tf("{what}: {values}", &[("what", &what), ("values", &all.join(", "))]),
    }
}

/// How one variant is called: `NACK off` is `nack=off`.
pub fn variant(words: &str) -> String {
    let one = words.split_once('=').filter(|(what, value)| !what.contains(' ') && !value.contains('='));
    one.map_or_else(|| words.to_owned(), |(what, value)| format!("{} {}", called(what), spaced(value)))
}

/// A switch's or a dial's name for people.
fn called(what: &str) -> String {
    match what {
        "nack" => "NACK".to_owned(),
        other => tell(&title(other.trim_start_matches("set:"))),
    }
}

/// `5ms` as people write it.
fn spaced(value: &str) -> String {
    let number = value.trim_start_matches(|letter: char| letter.is_ascii_digit() || letter == '.');
    let digits = value.len() - number.len();
    if digits == 0 || number.is_empty() {
        value.to_owned()
    } else {
        format!("{}\u{a0}{number}", &value[..digits])
    }
}

/// Words for variants as they are given to the language: several are separated by spaces.
pub fn split(words: &str) -> Vec<String> {
    words.split_whitespace().map(str::to_owned).collect()
}

/// Why words are no variants, as a sentence that can be told.
pub fn wrong(error: &VaryError) -> String {
    match error {
        VaryError::Words { vary, error } => format!("In `{vary}`: {}", error.problem),
        other => other.to_string(),
    }
}

/// The rules of a script as words.
pub fn rules_of(script: &Script) -> String {
    script.common_rules().to_string()
}

#[cfg(test)]
mod tests {
    use splitvote::scenario::parse;
    use splitvote::sim::sweep::variants;

    use super::*;

    #[test]
    fn every_choice_gives_variants() {
        let script = parse("run for 1s\n").expect("a script");
        for (group, words) in choices() {
            let made = variants(&script, &split(&words));
            let made = made.unwrap_or_else(|error| panic!("{words}: {error}")).len();
            assert_eq!(group == Group::Dials, made == 20, "{words}: {made}");
        }
        assert!(
            choices()
                .iter()
                .any(|(_, words)| words == "nack=off,on,merged,echoed" || words.starts_with("nack=off"))
        );
        assert_eq!(label("set:node-timeout=1s,2s,3s,4s,5s"), "Node timeout: 1\u{a0}s to 5\u{a0}s");
        assert_eq!(label("nack=off,on"), "NACK: off and on");
        assert_eq!(label("rules=valkey-9.1,splitvote"), "Rules: valkey-9.1, splitvote");
        assert_eq!(label("nack=off,on fast-failover=off,on"), "nack=off,on fast-failover=off,on");
        assert_eq!(variant("nack=off"), "NACK off");
        assert_eq!(variant("set:latency=5ms"), "Latency 5\u{a0}ms");
        assert_eq!(variant("splitvote nack=off"), "splitvote nack=off");
    }
}
