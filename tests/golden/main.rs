//! Golden plays: a script, a line `---`, and the trace it must give. The file name is the sentence that
//! the play proves; `UPDATE=1 cargo test -p splitvote-tests --test golden` writes the traces anew, and the
//! diff is what is reviewed.
//!
//! So that a rewritten trace cannot prove something else, what carries the sentence is said twice: by
//! `expect` lines, and where the language has no words for it by comments that this test reads:
//! `# shows WORDS` and `# never WORDS`, words of one line of the trace, with ` .. ` for what may stand
//! between them.
#![cfg(not(target_family = "wasm"))]

use std::fs;
use std::path::{Path, PathBuf};

use harness::played::differs;
use splitvote::scenario::parse;

const CURTAIN: &str = "---\n";

#[test]
fn every_play_goes_as_written() {
    let plays = plays();
    assert!(plays.len() >= 40, "only {} plays are left", plays.len());
    let wrong: Vec<String> = plays.iter().filter_map(|path| check(path)).collect();
    assert!(wrong.is_empty(), "{} plays go otherwise:\n\n{}", wrong.len(), wrong.join("\n\n"));
}

fn plays() -> Vec<PathBuf> {
    let room = Path::new(env!("CARGO_MANIFEST_DIR")).join("golden");
    let files = fs::read_dir(room).expect("the room of plays can be read");
    let mut plays: Vec<PathBuf> = files
        .filter_map(|file| Some(file.ok()?.path()))
        .filter(|path| path.extension().is_some_and(|extension| extension == "scn"))
        .collect();
    plays.sort();
    plays
}

/// Plays one file; what is wrong with it, if anything is.
fn check(path: &Path) -> Option<String> {
    let text = fs::read_to_string(path).expect("a play can be read");
    let (script, expected) = text.split_once(CURTAIN).unwrap_or((&text, ""));
    let name = path.file_stem().unwrap_or_default().to_string_lossy();
    let (trace, unmet) = play(&name, script);
    if !unmet.is_empty() {
        return Some(format!("{name}: {}\n{trace}", unmet.join(", ")));
    }
    if trace == expected {
        return None;
    }
    if std::env::var_os("UPDATE").is_some() {
        fs::write(path, format!("{}{CURTAIN}{trace}", with_end_of_line(script)))
            .expect("a play can be written");
        return None;
    }
    Some(differs(&name, expected, &trace))
}

fn with_end_of_line(script: &str) -> String {
    if script.ends_with('\n') { script.to_owned() } else { format!("{script}\n") }
}

/// The trace of a script, and what it expected in vain.
fn play(name: &str, text: &str) -> (String, Vec<String>) {
    let script = match parse(text) {
        Ok(script) => script,
        Err(errors) => return (String::new(), vec![format!("{name}: {}", errors[0])]),
    };
    let played = harness::played::play(&script);
    let unshown = wishes(text).into_iter().filter(|wish| !wish.granted(&played.trace)).map(|wish| wish.line);
    let unmet = played.unmet().into_iter().chain(unshown).collect();
    (played.trace, unmet)
}

/// What a comment wants of the trace.
struct Wish<'a> {
    line: String,
    shown: bool,
    parts: Vec<&'a str>,
}

fn wishes(script: &str) -> Vec<Wish<'_>> {
    let wish = |line: &'_ str| -> Option<(bool, usize)> {
        [("# shows ", true), ("# never ", false)]
            .into_iter()
            .find_map(|(word, shown)| line.starts_with(word).then_some((shown, word.len())))
    };
    script
        .lines()
        .filter_map(|line| {
            let (shown, start) = wish(line)?;
            let parts = line[start..].trim().split(" .. ").collect();
            Some(Wish { line: line.to_owned(), shown, parts })
        })
        .collect()
}

impl Wish<'_> {
    fn granted(&self, trace: &str) -> bool {
        trace.lines().any(|line| self.speaks_of(line)) == self.shown
    }

    /// Whether the parts stand in this line in their order; the time of the line is not looked at.
    fn speaks_of(&self, line: &str) -> bool {
        let mut words = line.split_whitespace();
        let host = words.next().unwrap_or_default();
        let told = words.skip(1).collect::<Vec<_>>().join(" ");
        let mut rest = format!("{host} {told}");
        self.parts.iter().all(|part| {
            let Some(at) = rest.find(part) else { return false };
            rest.drain(..at + part.len());
            true
        })
    }
}

#[test]
fn a_play_that_shows_something_else_is_not_rewritten() {
    let script =
        "cluster shards=3 replicas=1\nset node-timeout=1s\nat 1s kill A0\nrun until covered, at most 9s\n";
    for (wish, granted) in [
        ("# shows A1 wins epoch 4", true),
        ("# shows A1 schedules .. rank 0", true),
        ("# shows rank 0 .. schedules", false),
        ("# shows B1 wins", false),
        ("# never A1 wins", false),
        ("# never B1 wins", true),
    ] {
        let (_, unmet) = play("wishes", &format!("{script}{wish}\n"));
        assert_eq!(unmet.is_empty(), granted, "{wish}: {unmet:?}");
    }
}

#[test]
fn every_play_says_what_carries_its_sentence() {
    for path in plays() {
        let text = fs::read_to_string(&path).expect("a play can be read");
        assert!(text.lines().any(|line| line.starts_with("expect ")), "{}: no `expect`", path.display());
    }
}
