//! What could stand at a place of a line: the parser reads the line up to there, fails, and says what
//! it would have taken. So nothing is offered that would not be read.

use crate::base::ordered;
use crate::base::rules::{PRESETS, SWITCHES};

use super::cluster::ClusterLines;
use super::cursor::{Cursor, chars, split};
use super::selector::{EVERYONE_WORDS, PARTS};
use super::{Reader, first_word, numbered};
use crate::scenario::ast::ClusterSpec;
use crate::scenario::error::Problem;
use crate::scenario::language::{ACTION_FORMS, CONDITION_FORMS, Form, STATEMENT_FORMS};
use crate::scenario::name::ShardName;
use crate::scenario::settings::{KEYS, Key};

/// A word that no line can hold, put where something is looked for.
const PROBE: &str = "\u{1}";
/// More than these are no help.
const MOST: usize = 60;

/// What would be right at a place, beside the words that the parser tried there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Wanted {
    /// Nodes by name or role.
    Nodes,
    /// Of those, only what means a single one.
    OneNode,
    /// A shard by its letters.
    Shard,
    /// A node by the name it was born with.
    OwnName,
    /// A switch of the rules.
    Switches,
    /// A key of `set`.
    Keys {
        /// Whether for a single node.
        of_one: bool,
    },
    /// This.
    Word(&'static str),
}

/// One word that could stand there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Offer {
    /// The word.
    pub text: String,
    /// What it means; empty where it speaks for itself.
    pub meaning: &'static str,
}

/// What could stand at a place of a text.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Offers {
    /// Where the word that is being written begins, in bytes.
    pub from: usize,
    /// What fits what is written of it, best first.
    pub words: Vec<Offer>,
}

/// What could be written at a place of a text, given in bytes: nothing in a comment or a title.
pub fn offers(text: &str, at: usize) -> Offers {
    let Some(before) = text.get(..at) else { return Offers::default() };
    let start = before.rfind('\n').map_or(0, |end| end + 1);
    let line = &before[start..];
    let written =
        split(line).last().filter(|word| touches(line, word.column, word.text)).map(|word| word.text);
    let in_comment = split(&format!("{line}{PROBE}")).last().is_none_or(|word| !word.text.ends_with(PROBE));
    if in_comment || first_word(line) == Some("title") && written != Some("title") {
        return Offers::default();
    }
    let written = written.unwrap_or("");
    let head = &line[..line.len() - written.len()];
    let (key, value) = written.split_once('=').map_or((None, written), |(key, value)| (Some(key), value));
    let mut cluster = ClusterLines::default();
    for (number, line) in numbered(text) {
        // What is wrong with other lines is told where lines are read in earnest.
        let _ = cluster.read(number, line);
    }
    let mut words = match key {
        Some(key) => values(key),
        None => read_to(&format!("{head}{PROBE}"), &cluster.finish()),
    };
    let said: Vec<&str> =
        line.split_whitespace().filter_map(|word| word.split_once('=')).map(|(key, _)| key).collect();
    words.retain(|offer| !said.contains(&offer.text.trim_end_matches('=')) || key.is_some());
    Offers { from: at - value.len(), words: fitting(words, value) }
}

/// Whether a word reaches to the end of the line, so that it is the one being written.
fn touches(line: &str, column: u32, word: &str) -> bool {
    column + chars(word) > chars(line) && line.ends_with(word)
}

/// The words that begin as what is written does, then those that do in other letters or contain it.
fn fitting(mut words: Vec<Offer>, written: &str) -> Vec<Offer> {
    let small = written.to_lowercase();
    let place = |offer: &Offer| offer.text.to_lowercase().find(&small);
    words.retain(|offer| place(offer).is_some());
    ordered::sort_by_key(&mut words, |offer| (!offer.text.starts_with(written), place(offer) != Some(0)));
    words.truncate(MOST);
    words
}

/// The values of a switch or a key that are words.
fn values(key: &str) -> Vec<Offer> {
    let switch = SWITCHES.iter().find(|switch| switch.id == key).map(|switch| switch.values);
    let words = switch.or_else(|| Key::named(key).map(|key| key.words)).unwrap_or_default();
    words.iter().map(|word| plain(word)).collect()
}

/// Reads a line that ends in the probe, and collects what would have been right there.
fn read_to(line: &str, cluster: &ClusterSpec) -> Vec<Offer> {
    let mut cursor = Cursor::new(1, line, cluster);
    let pairs = matches!(first_word(line), Some("cluster" | "shard"));
    let result = if pairs {
        ClusterLines::default().line(&mut cursor)
    } else {
        Reader::new().statement(&mut cursor, line)
    };
    let Err(error) = result else { return Vec::new() };
    // Reading may have ended before the probe came, at a word that is wrong.
    if cursor.peek() != Some(PROBE) {
        return Vec::new();
    }
    let (tried, wanted) = cursor.hopes();
    let mut offers = Vec::new();
    if let Problem::Unknown { what, known, .. } = &error.problem {
        let table: &[Form] = match *what {
            "statement" => &STATEMENT_FORMS,
            "action" => &ACTION_FORMS,
            "condition" => &CONDITION_FORMS,
            _ => &[],
        };
        let meaning =
            |word: &str| table.iter().find(|form| form.word == word).map_or("", |form| form.meaning);
        let end = if pairs { "=" } else { "" };
        let word = |word: &&'static str| Offer { text: format!("{word}{end}"), meaning: meaning(word) };
        offers.extend(known.iter().filter(|word| !EVERYONE_WORDS.contains(word)).map(word));
    }
    offers.extend(tried.iter().map(|word| plain(word)));
    let single = wanted.contains(&Wanted::OneNode);
    for want in wanted {
        match want {
            Wanted::Nodes => offers.extend(nodes(cluster, single)),
            Wanted::OneNode => {}
            Wanted::Shard => offers.extend(shards(cluster).map(|shard| plain(&shard.to_string()))),
            Wanted::OwnName => offers.extend(cluster.nodes().iter().map(|node| plain(&node.to_string()))),
            Wanted::Switches => offers.extend(
                SWITCHES
                    .iter()
                    .map(|switch| Offer { text: format!("{}=", switch.id), meaning: switch.meaning }),
            ),
            Wanted::Keys { of_one } => offers.extend(
                KEYS.iter()
                    .filter(|key| key.per_node || !of_one)
                    .map(|key| Offer { text: format!("{}=", key.id), meaning: key.meaning }),
            ),
            Wanted::Word(word) => offers.push(plain(word)),
        }
    }
    let mut seen: Vec<Offer> = Vec::new();
    for offer in offers {
        if seen.iter().all(|known| known.text != offer.text) {
            seen.push(offer);
        }
    }
    seen
}

fn plain(word: &str) -> Offer {
    let meaning =
        if PRESETS.contains(&word) { "What the last patch release of this version does." } else { "" };
    Offer { text: word.to_owned(), meaning }
}

fn shards(cluster: &ClusterSpec) -> impl Iterator<Item = ShardName> {
    (0..cluster.shard_count()).map(ShardName)
}

/// Everything that means nodes of this cluster.
fn nodes(cluster: &ClusterSpec, single: bool) -> Vec<Offer> {
    let says = |text: String, meaning| Offer { text, meaning };
    let mut offers: Vec<Offer> =
        shards(cluster).map(|shard| says(shard.to_string(), "Its primary at that moment.")).collect();
    offers.extend(cluster.nodes().iter().map(|node| plain(&node.to_string())));
    for part in PARTS.into_iter().filter(|part| !single || *part == "best") {
        let meaning = match part {
            "replicas" => "Its replicas at that moment.",
            "best" => "Its replica with the most data.",
            _ => "Everyone in it.",
        };
        offers.extend(shards(cluster).map(|shard| says(format!("{shard}.{part}"), meaning)));
    }
    for word in EVERYONE_WORDS.into_iter().filter(|word| !single || *word == "one") {
        let meaning = match word {
            "primaries" => "Every primary at that moment.",
            "replicas" => "Every replica at that moment.",
            "all" => "Every node.",
            _ => "A node drawn from the seed.",
        };
        offers.push(says(word.to_owned(), meaning));
    }
    offers
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const HEAD: &str = "cluster shards=3 replicas=1\n";

    /// What is offered where `^` stands.
    fn at(text: &str) -> Vec<String> {
        let text = format!("{HEAD}{text}");
        let at = text.find('^').expect("a place");
        offers(&text.replacen('^', "", 1), at).words.into_iter().map(|offer| offer.text).collect()
    }

    fn has(text: &str, wanted: &[&str]) {
        let found = at(text);
        for word in wanted {
            assert!(found.iter().any(|offer| offer == word), "{text}: no {word} in {found:?}");
        }
    }

    #[test]
    fn every_place_offers_what_the_parser_would_take_there() {
        has("^", &["title", "at", "expect"]);
        has("e^", &["every", "expect"]);
        has("at 1s ^", &["kill", "rules", "move"]);
        has("at 1s kill ^", &["A", "A0", "B.replicas", "primaries"]);
        has("at 1s kill A ^", &["B1"]);
        has("every 2s kill A ^", &["until"]);
        has("at 1s cut A ^", &["|", "->"]);
        has("at 1s failover A1 ^", &["force", "takeover"]);
        has("at 1s drop ^", &["any"]);
        has("run ^", &["for", "until"]);
        has("run until ^", &["covered", "A1", "no"]);
        has("run until covered ^", &[", at most"]);
        has("run until A1 ^", &["won", "asks"]);
        has("expect primary of ^", &["C"]);
        has("expect primary of A is ^", &["A1"]);
        has("expect no ^", &["lost", "violations"]);
        has("rules ^", &["valkey-9.1", "splitvote", "nack=", "A0"]);
        has("rules valkey-9.1 ^", &["nack="]);
        has("rules nack=^", &["off", "echoed"]);
        has("set ^", &["latency=", "node-timeout=", "primaries"]);
        has("set election-delay=^", &["auto"]);
        has("at 1s set A0 ^", &["replica-priority="]);
        assert!(!at("set A0 ^").contains(&"latency=".to_owned()), "the world's keys are not a node's");
        assert!(!at("at 1s failover ^").contains(&"primaries".to_owned()), "one node");
        assert!(!at("set latency=1ms ^").contains(&"latency=".to_owned()), "said already");
    }

    #[test]
    fn what_is_written_of_a_word_chooses_and_the_case_does_not_matter() {
        assert_eq!(at("at 1s kil^"), ["kill"]);
        assert_eq!(at("at 1s kill a^ B")[0], "all");
        assert_eq!(at("at 1s kill b^")[0], "B");
        assert_eq!(at("set f^")[0], "fsync=");
        assert_eq!(at("expect cov^")[0], "covered");
        let text = format!("{HEAD}at 1s cut A|b");
        assert_eq!(offers(&text, text.len()).from, text.len() - 1);
    }

    #[test]
    fn comments_titles_numbers_and_wrong_lines_are_left_alone() {
        for text in
            ["# ki^", "at 1s kill A # ^", "title k^", "at ^", "seed ^", "at 1s kilt A ^", "set latency=^"]
        {
            assert_eq!(at(text), [""; 0], "{text}");
        }
        assert_eq!(offers("é", 1), Offers::default());
    }

    proptest! {
        #[test]
        fn any_place_of_any_text_is_asked_without_a_panic(text in "[ \n#=|,>é\u{1}A-C0-2a-ltrus.-]{0,60}", at in 0_usize..64) {
            let found = offers(&text, at);
            prop_assert!(found.words.is_empty() || text.is_char_boundary(found.from) && found.from <= at);
        }
    }

    #[test]
    fn an_offer_that_is_taken_reads_on() {
        // Whatever is offered is never the word at which a line goes wrong.
        for start in ["", "at 1s ", "at 1s kill ", "rules ", "set ", "expect ", "run until ", "at 1s hold "] {
            let text = format!("{HEAD}{start}");
            for offer in offers(&text, text.len()).words {
                let line = format!("{text}{}", offer.text);
                let wrong = crate::scenario::parse(&line).err().unwrap_or_default();
                let column = chars(start) + 1;
                let here = wrong.iter().find(|error| error.line == 2 && error.column == column);
                let fine = here.is_none_or(|error| {
                    offer.text.ends_with('=') || !matches!(error.problem, Problem::Unknown { .. })
                });
                assert!(fine, "{line}: {here:?}");
            }
        }
    }
}
