//! From a word of the command line to a script.

use std::fmt::Write as _;
use std::io::Read as _;

use splitvote::scenario::parse::MAX_TEXT;
use splitvote::scenario::{Script, catalogue, from_link, parse};

use crate::arguments::Overrides;
use crate::trouble::Trouble;

/// The script that a word means: `-`, a link, a built-in name or a file, asked in this order.
pub(crate) fn load(word: &str) -> Result<Script, Trouble> {
    if word == "-" {
        let mut text = String::new();
        let most = u64::try_from(MAX_TEXT).unwrap_or(u64::MAX) + 1;
        let read = std::io::stdin().take(most).read_to_string(&mut text);
        read.map_err(|error| Trouble::Environment(format!("cannot read standard input: {error}")))?;
        return read_text("standard input", &text);
    }
    if is_link(word) {
        let (script, _) = from_link(word).map_err(|errors| Trouble::Script("link".to_owned(), errors))?;
        return Ok(script);
    }
    if let Some(builtin) = catalogue::find(word) {
        return read_text(word, builtin.text);
    }
    let text = std::fs::read_to_string(word).map_err(|error| missing(word, &error))?;
    read_text(word, &text)
}

/// Lays `--rules` and `--set` over a script.
pub(crate) fn override_with(script: &mut Script, overrides: &Overrides) -> Result<(), Trouble> {
    if !overrides.rules.is_empty() {
        let words = overrides.rules.join(" ");
        script.override_rules(&words).map_err(|errors| Trouble::Script("--rules".to_owned(), errors))?;
    }
    if !overrides.set.is_empty() {
        let words = overrides.set.join(" ");
        script.override_settings(&words).map_err(|errors| Trouble::Script("--set".to_owned(), errors))?;
    }
    Ok(())
}

fn read_text(whose: &str, text: &str) -> Result<Script, Trouble> {
    parse(text).map_err(|errors| Trouble::Script(whose.to_owned(), errors))
}

fn is_link(word: &str) -> bool {
    word.contains('#') || word.contains("%23v1") || word.contains("?v1") || word.starts_with("v1")
}

/// A word that is neither a file nor a name: the nearest name helps more than "no such file".
fn missing(word: &str, error: &std::io::Error) -> Trouble {
    let looks_like_path = word.contains(['/', '.']);
    if error.kind() != std::io::ErrorKind::NotFound || looks_like_path {
        return Trouble::Environment(format!("cannot read {word}: {error}"));
    }
    let names: Vec<&str> = catalogue::names().collect();
    let mut message = format!("`{word}` is neither a file nor a built-in scenario");
    let nearest = names.iter().max_by(|one, other| strsim_of(word, one).total_cmp(&strsim_of(word, other)));
    if let Some(nearest) = nearest {
        // Writing to a `String` cannot fail.
        let _ = write!(message, "; the nearest of those is `{nearest}`");
    }
    Trouble::Usage(format!("{message} (see `splitvote scenarios`)"))
}

fn strsim_of(one: &str, other: &str) -> f64 {
    strsim::jaro_winkler(one, other)
}
