//! Golden plays: a script, a line `---`, and the trace it must give. The file name is the sentence that
//! the play proves; `UPDATE=1 cargo test -p splitvote-tests --test golden` writes the traces anew, and the
//! diff is what is reviewed.
#![cfg(not(target_family = "wasm"))]

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use splitvote::scenario::parse;
use splitvote::sim::Simulator;
use splitvote::sim::trace::{Filter, Line};

const CURTAIN: &str = "---\n";

#[test]
fn every_play_goes_as_written() {
    let plays = plays();
    assert!(plays.len() >= 25, "only {} plays are left", plays.len());
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
    let same = trace.lines().zip(expected.lines()).take_while(|(new, old)| new == old).count();
    let line = |text: &str| text.lines().nth(same).unwrap_or("(the end)").to_owned();
    Some(format!(
        "{name}, line {} of the trace:\n  written  {}\n  played   {}",
        same + 1,
        line(expected),
        line(&trace)
    ))
}

fn with_end_of_line(script: &str) -> String {
    if script.ends_with('\n') { script.to_owned() } else { format!("{script}\n") }
}

/// The trace of a script, and what it expected in vain.
fn play(name: &str, script: &str) -> (String, Vec<String>) {
    let script = match parse(script) {
        Ok(script) => script,
        Err(errors) => return (String::new(), vec![format!("{name}: {}", errors[0])]),
    };
    let mut world = Simulator::new(&script);
    world.run();
    let mut trace = String::new();
    for record in world.records().iter().filter(|record| Filter::default().shows(&record.what)) {
        let _ = writeln!(trace, "{}", Line { record, names: world.names() });
    }
    let report = world.report();
    let unmet = report.expectations.iter().filter(|row| !row.met).map(|row| format!("not met: {}", row.text));
    let broken = report.violations.iter().map(|row| format!("broken: {} {}", row.property, row.what));
    (trace, unmet.chain(broken).collect())
}
