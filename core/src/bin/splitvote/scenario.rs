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

pub(crate) fn read_text(whose: &str, text: &str) -> Result<Script, Trouble> {
    parse(text).map_err(|errors| Trouble::Script(whose.to_owned(), errors))
}

fn is_link(word: &str) -> bool {
    word.contains('#') || word.contains("%23v1") || word.contains("?v1") || word.starts_with("v1")
}

/// A word that is neither a file nor a name: the nearest name helps more than "no such file".
fn missing(word: &str, error: &std::io::Error) -> Trouble {
    let looks_like_path = word.contains(['/', '.']) && !word.starts_with("museum/");
    if error.kind() != std::io::ErrorKind::NotFound || looks_like_path {
        return Trouble::Environment(format!("cannot read {word}: {error}"));
    }
    let names: Vec<&str> = catalogue::names().collect();
    let mut message = format!("`{word}` is neither a file nor a built-in scenario");
    let like =
        |name: &str| strsim_of(word, name).max(strsim_of(word, name.rsplit('/').next().unwrap_or(name)));
    let nearest = names.iter().max_by(|one, other| like(one).total_cmp(&like(other)));
    if let Some(nearest) = nearest {
        // Writing to a `String` cannot fail.
        let _ = write!(message, "; the nearest of those is `{nearest}`");
    }
    Trouble::Usage(format!("{message} (see `splitvote scenarios`)"))
}

fn strsim_of(one: &str, other: &str) -> f64 {
    strsim::jaro_winkler(one, other)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_room_is_found_by_what_is_left_of_its_name() {
        for word in ["m12", "museum/12"] {
            let trouble = load(word).expect_err("no such name");
            assert_eq!(trouble.code(), 2);
            assert!(trouble.to_string().contains("`museum/m12`"), "{trouble}");
        }
        assert!(load("kil-one").expect_err("no such name").to_string().contains("`kill-one`"));
        assert_eq!(load("nowhere/x.scn").expect_err("no such file").code(), 3);
    }
}
