//! Every text of the page is in every catalogue, with the same holes, and nothing else is.
//!
//! Panels say literals through `t`, `tf` and `later`; everything below them writes English sentences, which
//! are found by their patterns. Both are read from the sources here; what the core and the library say is
//! heard by playing all of it.
#![cfg(not(target_family = "wasm"))]

#[path = "words/mistakes.rs"]
mod mistakes;

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use proc_macro2::{TokenStream, TokenTree};
use splitvote::base::rules::SWITCHES;
use splitvote::scenario::museum::{Card, ROOMS};
use splitvote::scenario::{Builtin, LIBRARY, lessons, parse};
use splitvote::sim::properties::PROPERTIES;
use splitvote::sim::tour::SENTENCES;
use splitvote::sim::{Happening, What};
use splitvote_web::language::{Catalogue, holes};
use splitvote_web::session::Session;
use splitvote_web::words;

const CHINESE: &str = include_str!("../../static/words/zh-Hans.txt");

/// Calls whose first argument is a key of the catalogue, as it stands.
const KEYED: [&str; 3] = ["t", "tf", "later"];
/// Calls and macros whose texts no reader of the page sees.
const UNSEEN: [&str; 12] = [
    "expect",
    "unreachable",
    "classes",
    "assert",
    "assert_eq",
    "include_str",
    "concat",
    "matches",
    "query_selector",
    "match_media",
    "add_event_listener_with_callback",
    "set_font",
];
/// Attributes that hold no text.
const SILENT: [&str; 20] = [
    "class",
    "id",
    "key",
    "style",
    "d",
    "viewBox",
    "fill",
    "stroke",
    "transform",
    "type",
    "role",
    "testid",
    "href",
    "name",
    "for",
    "controls",
    "describedby",
    "linecap",
    "linejoin",
    "rendering",
];
/// Texts that look like words and are none: of the script language, of the browser, names.
const CODE: [&str; 34] = [
    "details:has(◌7) summary",
    "English",
    "Splitvote",
    "Enter",
    "Home",
    "End",
    "Escape",
    "Tab",
    "ctrl ↵",
    ".menu button",
    "pip half",
    "pip full",
    "no violations",
    "no broken promises",
    "<iframe src=\"◌7\" width=\"800\" height=\"520\" title=\"Splitvote\" style=\"border:0\"></iframe>",
    "at ◌7 ◌7",
    "cargo splitvote sweep ◌7 --seeds ◌7..◌7◌7",
    " --vary '◌7'",
    "cut ◌7 | ◌7",
    "failover ◌7",
    "deliver ◌7",
    "delay ◌7 by 200ms",
    "drop ◌7",
    "duplicate ◌7",
    " nth ◌7",
    "◌7 from ◌7 to ◌7 sent ◌7◌7",
    "kill ◌7",
    "pause ◌7",
    "restart ◌7",
    "resume ◌7",
    "rules ◌7",
    "rules ◌7 ◌7",
    "slow ◌7 -> all by 200ms",
    "◌7run for 30s\n",
];
/// Sentences of the core that no built-in play needs, and pieces that only stand in others.
const RARE: [&str; 42] = [
    "declares A0 failed: 1 witness, 1 needed",
    "declares A0 failed: another node answers at its address",
    "starts",
    "sees B0 as replica of an unknown",
    "could not apply what its primary has: stands back",
    "loses power",
    "ends: its disk is full",
    "has no vote",
    "has just restarted",
    "has no link to it",
    "gets the vote of B0 in epoch 4: ignored, answered before, has 1, needs 2",
    "gets the vote of B0 in epoch 4: ignored, it is failed, has 1, needs 2",
    "is refused by B0 in epoch 4: it has just restarted, ignored, answered before, 2 achievable",
    "is refused by B0 in epoch 4: it knows the candidate as a primary, ignored, not a voter, 2 achievable",
    "is refused by B0 in epoch 4: the primary is up, ignored, it is failed, 2 achievable",
    "is refused by B0 in epoch 4: a slot has a newer owner, ignored, not asking, 2 achievable",
    "is refused by B0 in epoch 4: reason 9, noted, not final, 2 achievable",
    "loses the round of epoch 4: no longer called for",
    "announced config epoch 4 before it was on disk",
    "gave slots to the replica A1",
    "its epoch fell from 5 to 4",
    "its config epoch fell from 5 to 4",
    "its disk is ahead of it",
    "its vote in epoch 4 left before it was on disk",
    "needed 2 votes in a table of 4 voters",
    "as replica of A0 it announces an offset and has no data",
    "as replica of A0 it announces offset 9 and has 8",
    "4.3 s",
    "2 min 5 s",
    "1.5 ms",
    "17 µs",
    "Split vote in epoch 4: A1 has 1, B1 has 1. 2 are needed, so nobody can win.",
    "NACK is off.",
    "sees the cluster fail, slots not covered",
    "follows B0: told to, keeps its history",
    "B0 → A1: gives its vote of epoch 4. Arrives in 4 ms.",
    "Expected",
    "one try",
    "2 tries",
    "1 vote",
    "2 votes",
    "A0: killed. Nobody has noticed yet.",
];

/// A literal and where it stands.
struct Found {
    text: String,
    call: String,
    place: String,
}

fn sources() -> Vec<(PathBuf, TokenStream)> {
    fn walk(folder: &Path, into: &mut Vec<(PathBuf, TokenStream)>) {
        let mut all: Vec<PathBuf> =
            fs::read_dir(folder).expect("a folder").map(|entry| entry.expect("an entry").path()).collect();
        all.sort();
        for path in all {
            if path.is_dir() {
                walk(&path, into);
            } else if path.extension().is_some_and(|end| end == "rs") {
                let text = fs::read_to_string(&path).expect("a source");
                into.push((path, text.parse().expect("Rust")));
            }
        }
    }
    let mut all = Vec::new();
    walk(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src"), &mut all);
    all
}

/// All literals of a source, but for attributes and tests.
fn literals(stream: TokenStream, call: &str, file: &str, into: &mut Vec<Found>) {
    let tokens: Vec<TokenTree> = stream.into_iter().collect();
    let ident = |at: Option<&TokenTree>| match at {
        Some(TokenTree::Ident(ident)) => Some(ident.to_string()),
        _ => None,
    };
    let punct = |at: Option<usize>, sign: char| {
        at.and_then(|at| tokens.get(at))
            .is_some_and(|token| matches!(token, TokenTree::Punct(its) if its.as_char() == sign))
    };
    let (mut at, mut test) = (0, false);
    while at < tokens.len() {
        let before = |by: usize| at.checked_sub(by);
        let named = || {
            let attribute = punct(before(1), '=') && !punct(before(2), '=');
            attribute.then(|| ident(before(2).and_then(|at| tokens.get(at)))).flatten()
        };
        match &tokens[at] {
            TokenTree::Punct(sign) if sign.as_char() == '#' => {
                let next = at + 1 + usize::from(punct(Some(at + 1), '!'));
                if let Some(TokenTree::Group(group)) = tokens.get(next) {
                    let text = group.stream().to_string();
                    test |= text.contains("test") && text.starts_with("cfg");
                    at = next;
                }
            }
            TokenTree::Group(_) if test => test = false,
            TokenTree::Group(group) => {
                let by = if punct(before(1), '!') { 2 } else { 1 };
                let called = ident(before(by).and_then(|at| tokens.get(at)));
                let keyword =
                    |word: &String| matches!(word.as_str(), "in" | "if" | "else" | "match" | "return");
                let silent =
                    named().is_some_and(|name| SILENT.contains(&name.as_str()) || name.starts_with("on"));
                let call = if silent {
                    "class".to_owned()
                } else {
                    called.filter(|word| !keyword(word)).unwrap_or_else(|| {
                        if KEYED.contains(&call) { "a filler".to_owned() } else { call.to_owned() }
                    })
                };
                literals(group.stream(), &call, file, into);
            }
            TokenTree::Literal(literal) => {
                let text = syn::parse_str::<syn::LitStr>(&literal.to_string()).map(|text| text.value());
                let silent = named().is_some_and(|name| SILENT.contains(&name.as_str()));
                if let Ok(text) = text
                    && !silent
                {
                    let place = format!("{file}:{}", literal.span().start().line);
                    into.push(Found { text, call: call.to_owned(), place });
                }
            }
            _ => {}
        }
        at += 1;
    }
}

/// The text with every hole filled.
fn probe(text: &str) -> String {
    let mut probe = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('{') {
        probe.push_str(before);
        probe.push_str("◌7");
        rest = after.split_once('}').map_or("", |(_, after)| after);
    }
    probe + rest
}

/// Whether a text is for people: it has words, and either several or one with a capital.
fn prose(text: &str) -> bool {
    let bare = probe(text);
    if ["translate(", "calc(", "scale("].iter().any(|style| bare.contains(style)) {
        return false;
    }
    let words: Vec<&str> = bare
        .split(|letter: char| !letter.is_alphabetic() && letter != '\'')
        .filter(|word| word.len() > 1)
        .collect();
    let capital = bare.starts_with(|letter: char| letter.is_ascii_uppercase())
        && bare.chars().nth(1).is_some_and(|letter| letter.is_ascii_lowercase());
    let spoken = |word: &&str| word.chars().skip(1).all(|letter| letter.is_lowercase() || letter == '\'');
    let spaced = bare.trim().contains(' ') && words.iter().any(spoken);
    !words.is_empty() && (spaced || (capital && words.iter().any(spoken)))
}

struct Texts {
    /// Keys, as they stand.
    keys: BTreeMap<String, String>,
    /// Sentences that are found by their patterns.
    sentences: BTreeMap<String, String>,
    /// Texts of panels that go past the language.
    lost: Vec<String>,
}

fn texts() -> Texts {
    let mut texts = Texts { keys: BTreeMap::new(), sentences: BTreeMap::new(), lost: Vec::new() };
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    for (path, stream) in sources() {
        let file = path.strip_prefix(&root).expect("below").display().to_string();
        let mut found = Vec::new();
        literals(stream, "", &file, &mut found);
        let panel = file.starts_with("panels") || file.starts_with("app");
        for Found { text, call, place } in found {
            let letters =
                probe(&text).contains(|letter: char| letter.is_alphabetic()) || text == ", " || text == ". ";
            if KEYED.contains(&call.as_str()) {
                if letters {
                    texts.keys.insert(text, place);
                }
            } else if !prose(&text)
                || UNSEEN.contains(&call.as_str())
                || CODE.contains(&probe(&text).as_str())
                || call == "class"
            {
            } else if panel {
                texts.lost.push(format!("{place}: {text:?} in {call}"));
            } else {
                texts.sentences.insert(probe(&text), place);
            }
        }
    }
    texts
}

/// What the library, the tables and all plays say.
fn heard() -> BTreeMap<String, String> {
    let mut heard = BTreeMap::new();
    let mut hear = |text: &str, place: &str| {
        if text.contains(char::is_alphabetic) {
            heard.entry(text.to_owned()).or_insert_with(|| place.to_owned());
        }
    };
    for switch in SWITCHES {
        hear(switch.meaning, switch.id);
    }
    for property in PROPERTIES {
        hear(property.statement, property.id);
    }
    for text in lessons::sentences().into_iter().chain(SENTENCES) {
        hear(text, "a lesson");
    }
    for Builtin { name, blurb, text } in LIBRARY.iter().chain(ROOMS) {
        hear(blurb, name);
        if !name.contains('/') {
            hear(&words::title(name), name);
        }
        if let Some(card) = Card::of(text) {
            for said in [&card.story, &card.why, &card.look, &card.form] {
                hear(said, name);
            }
        }
        hear(parse(text).ok().and_then(|script| script.title).as_deref().unwrap_or(""), name);
        let mut session = Session::new(text).unwrap_or_else(|wrong| panic!("{name}: {wrong:?}"));
        session.seek(session.end());
        // What was done is said as the script says it.
        let acted = |text: &str| {
            session.outcome().records.iter().any(|record| {
            matches!(&record.what, What::Happening(Happening::Acted { action }) if action == text)
        })
        };
        for line in session.story().lines.iter().filter(|line| !acted(&line.text)) {
            hear(&line.text, name);
        }
        for mark in session.story().marks.iter().filter(|mark| !acted(&mark.label)) {
            hear(&mark.label, name);
        }
        for breach in &session.outcome().breaches {
            if breach.property.is_some() {
                hear(&breach.what, name);
            }
        }
    }
    heard
}

/// Whether a sentence is found; what it used, and what that holds, is noted.
fn hear(catalogue: &Catalogue, text: &str, used: &mut BTreeSet<&'static str>) -> bool {
    let Some((entry, values)) = catalogue.find(text) else { return false };
    used.insert(entry.english);
    for (_, value) in values {
        hear(catalogue, value, used);
        value.split(", ").filter(|part| *part != value).for_each(|part| {
            hear(catalogue, part, used);
        });
    }
    true
}

#[test]
fn every_text_is_in_the_catalogue_and_every_line_of_it_is_used() {
    let catalogue = Catalogue::read(CHINESE);
    let texts = texts();
    let mut wrong: Vec<String> =
        texts.lost.iter().map(|lost| format!("not said through t, tf or later: {lost}")).collect();
    let rare: BTreeMap<String, String> =
        RARE.iter().map(|text| ((*text).to_owned(), "rare".to_owned())).collect();
    let mut used: BTreeSet<&str> = BTreeSet::new();
    for text in mistakes::meanings() {
        match catalogue.exact(&text) {
            Some(entry) => {
                used.insert(entry.english);
            }
            None => wrong.push(format!("of the script language: no line for: {text}")),
        }
    }
    for text in mistakes::mistakes() {
        hear(&catalogue, &text, &mut used);
        let told = catalogue.tell(&text).unwrap_or_else(|| text.clone());
        if mistakes::english(&told) || told == text {
            wrong.push(format!("of the script language: {text}: {told}"));
        }
    }
    for (key, place) in &texts.keys {
        match catalogue.exact(key) {
            Some(entry) => {
                used.insert(entry.english);
            }
            None => wrong.push(format!("{place}: no line for: {key}")),
        }
    }
    for (text, place) in texts.sentences.iter().chain(&heard()).chain(&rare) {
        if !hear(&catalogue, text, &mut used) {
            wrong.push(format!("{place}: no line for: {text}"));
        }
    }
    for entry in catalogue.entries() {
        if !used.contains(entry.english) {
            wrong.push(format!("no text any more: {}", entry.english));
        }
        let sorted = |text: &'static str| {
            let mut all: Vec<_> = holes(text).collect();
            all.sort_unstable();
            all
        };
        if sorted(entry.english) != sorted(entry.other) {
            wrong.push(format!("other holes: {}", entry.english));
        }
        if !entry.other.contains(|letter: char| letter as u32 > 0x2000) {
            wrong.push(format!("not Chinese: {}", entry.english));
        }
    }
    let mut lines: Vec<&str> =
        CHINESE.lines().filter_map(|line| line.split_once(" = ")).map(|(english, _)| english).collect();
    lines.sort_unstable();
    wrong.extend(lines.windows(2).filter(|two| two[0] == two[1]).map(|two| format!("twice: {}", two[0])));
    assert!(wrong.is_empty(), "static/words/zh-Hans.txt:\n{}", wrong.join("\n"));
}
