//! Everything that the language can find wrong, and what it says of the words that it offers.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::mem::discriminant;

use splitvote::scenario::language::{ACTION_FORMS, CONDITION_FORMS, STATEMENT_FORMS};
use splitvote::scenario::settings::KEYS;
use splitvote::scenario::{LIBRARY, Problem, from_link, offers, parse};
use splitvote::sim::sweep::variants;
use splitvote_web::lab::vary;

/// Lines that the built-in scenarios do not have, so that every action and condition is misread somewhere.
const LINES: [&str; 34] = [
    "shard A slots=0-9 replicas=1",
    "at 1s slow A -> B by 5s",
    "at 1s lose A -> B 10%",
    "at 1s duplicate A -> B 10%",
    "at 1s drop auth-ack from B0 to A1 times 2",
    "at 1s deliver auth-ack from B0 to A1 sent 8s",
    "at 1s delay ping from B0 to A1 sent 8s nth 2 by 1s",
    "at 1s hold ping from A to B",
    "at 1s release ping",
    "at 1s failover A1 force",
    "at 1s replicate A1 B",
    "at 1s move slots 0-9 from A to B",
    "at 1s forget C on A",
    "at 1s reset A1 hard",
    "at 1s meet A1 B1",
    "at 1s write 100 to A",
    "at 1s lag A1 by 1s",
    "at 1s disk A slow",
    "at 1s kill A bob",
    "every 1s heal until 9s",
    "expect offset of A1 >= 10",
    "expect epoch >= 7",
    "expect lost writes <= 3",
    "expect rounds of A <= 1",
    "expect violation S3",
    "expect B0 refuses A1 already-voted",
    "expect primary of A is A1 within 5s",
    "run until covered, at most 9s",
    "rules valkey-9.1 nack=off",
    "rules A0 nack=off",
    "set A node-timeout=3s",
    "set cluster-node-timeout=3s",
    "title T",
    "seed 1",
];

/// Texts with a mistake of their own.
const TEXTS: [&str; 31] = [
    "cluster shards=3\ncluster shards=4",
    "cluster shards=3\nshard A",
    "cluster shards=0",
    "cluster replicas=x",
    "cluster shards=500 replicas=2",
    "cluster shard=7",
    "cluster shards",
    "cluster",
    "shard A\nshard C",
    "shard A slots=0-99\nshard B slots=50-60",
    "shard A\nat 1s kill B",
    "cluster shards=3 replicas=0\nat 1s kill B1",
    "at 1s kill D",
    "at 1s kill A9",
    "at 1s kill a",
    "at -3s heal",
    "run for 25h",
    "every 0s heal",
    "every 10s heal until 5s",
    "when 10s kill A",
    "expect not not covered",
    "at 1s write 100001 to A",
    "at 1s failover primaries",
    "at 1s drop auth-ack to A1 sent 8s",
    "at 1s cut A",
    "set node-timeout=-3s",
    "set A loss=1%",
    "set loss=1% loss=2%",
    "rules zzzzzzzz=off",
    "expect A1",
    "set election-delay=atuo",
];

/// Ends of links that lead nowhere.
const LINKS: [&str; 15] = [
    "",
    "#v9;run+for+1s",
    "#zzzzzzzzzzzz",
    "#splitvote",
    "#split-vot",
    "#L99",
    "#v1z=!!",
    "#v1z=AAAA",
    "#v1;%ff",
    "#split-vote;zzzz",
    "#split-vote;t=x",
    "#split-vote;n=x",
    "#split-vote;v=x",
    "#split-vote;l=x",
    "#split-vote;d=x",
];

/// What stands between backticks is the same in every language, and so does not make another text.
fn shape(text: &str) -> String {
    let odd = text.split('`').enumerate().map(|(at, part)| if at % 2 == 1 { "" } else { part });
    odd.collect::<Vec<_>>().join("`")
}

/// Mistakes, each shape once; every kind of problem that there is has one.
pub(crate) fn mistakes() -> Vec<String> {
    let mut found: BTreeMap<String, String> = BTreeMap::new();
    let mut kinds = Vec::new();
    let mut note = |problem: &Problem| {
        if !kinds.contains(&discriminant(problem)) {
            kinds.push(discriminant(problem));
        }
        let text = problem.to_string();
        found.entry(shape(&text)).or_insert(text);
    };
    let mut read = |text: &str| {
        let wrong = parse(text).err().unwrap_or_default();
        for error in &wrong {
            note(&error.problem);
        }
    };
    let built: BTreeSet<&str> = LIBRARY.iter().flat_map(|one| one.text.lines()).collect();
    let set: Vec<String> = KEYS.iter().map(|key| format!("set {}=zzzz", key.id)).collect();
    for line in built.into_iter().chain(LINES).chain(set.iter().map(String::as_str)) {
        read(line);
        let words: Vec<&str> = line.split_whitespace().collect();
        for at in 0..words.len() {
            for other in ["", "zzzz", &words[at][..words[at].len() - 1], &format!("{}x", words[at])] {
                let head = words[..at].join(" ");
                read(&format!("{head} {other}"));
                read(&format!("{head} {other} {}", words[at + 1..].join(" ")));
            }
        }
        read(&format!("{line} zzzz"));
    }
    for text in TEXTS {
        read(text);
    }
    read(&format!("title {}", "x".repeat(201)));
    read(&"at 1s heal\n".repeat(2002));
    read(&"nonsense\n".repeat(99));
    read(&format!("#{}", "x".repeat(1 << 16)));
    read(&format!("at 1s cut A{}", "|A".repeat(20_000)));
    for link in LINKS {
        let wrong = from_link(link).err().unwrap_or_default();
        for error in &wrong {
            note(&error.problem);
        }
    }
    let source = include_str!("../../../core/src/scenario/error.rs");
    assert_eq!(kinds.len(), source.matches("#[error(").count(), "a kind of problem that nothing here has");
    let script = parse("run for 1s\n").expect("a script");
    let mut many = "set:latency=".to_owned();
    for at in 1..99 {
        // Writing to a `String` cannot fail.
        let _ = write!(many, "{at}ms,");
    }
    for vary in ["nack", "nak=off", "nack=on,on", &many] {
        let error = variants(&script, &[vary.to_owned()]).expect_err(vary);
        found.insert(vary.to_owned(), vary::wrong(&error));
    }
    found.into_values().collect()
}

/// What words mean where they are offered.
pub(crate) fn meanings() -> BTreeSet<String> {
    let forms = STATEMENT_FORMS.iter().chain(&ACTION_FORMS).chain(&CONDITION_FORMS).map(|form| form.meaning);
    let offered = ["at 1s kill ", "at 1s failover ", "rules "].map(|text| offers(text, text.len()).words);
    let offered = offered.into_iter().flatten().map(|offer| offer.meaning);
    let all = forms.chain(KEYS.iter().map(|key| key.meaning)).chain(offered);
    all.filter(|meaning| !meaning.is_empty()).map(str::to_owned).collect()
}

/// Words of a told text that are still English: backticks hold what is the same in every language.
pub(crate) fn english(told: &str) -> bool {
    let words = shape(told);
    words
        .split(|letter: char| !letter.is_ascii_alphanumeric())
        .any(|word| word.len() > 2 && word.chars().all(|letter| letter.is_ascii_lowercase()))
}
