//! Finding the paths that a source names: which floors and siblings it leans on.

use crate::tree::Source;

/// A path into the crate, as far as it can be read: `crate::wire::{body, Kind}` gives two.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Arrow {
    pub(crate) line: usize,
    pub(crate) path: Vec<String>,
}

/// Every path that begins with `crate::` or with `super::`. The second kind is given from the room on,
/// or from the crate when it leaves the room.
pub(crate) fn arrows(source: &Source) -> Vec<Arrow> {
    let text = without_comments(&source.text);
    let mut found = Vec::new();
    for (start, word) in ["crate::", "super::"].iter().flat_map(|word| text.match_indices(word)) {
        let before = text[..start].chars().next_back().unwrap_or(' ');
        // `super::super::x` is one path, read from its first word.
        if before == ':' || before.is_alphanumeric() || before == '_' {
            continue;
        }
        let line = text[..start].matches('\n').count() + 1;
        let mut paths = Vec::new();
        expand(&text[start + word.len()..], &mut Vec::new(), &mut paths);
        found.extend(paths.into_iter().map(|path| Arrow { line, path: from_the_crate(source, word, path) }));
    }
    found.sort_by_key(|arrow| arrow.line);
    found
}

/// Line comments made blank, so that a link in a text is no arrow and line numbers stay.
fn without_comments(text: &str) -> String {
    let code = |line: &str| line.split_once("//").map_or(line, |(code, _)| code).to_owned();
    text.lines().map(code).collect::<Vec<_>>().join("\n")
}

/// Reads one path, following groups in braces, and gives the text behind it.
fn expand<'a>(text: &'a str, prefix: &mut Vec<String>, found: &mut Vec<Vec<String>>) -> &'a str {
    let text = text.trim_start();
    if let Some(mut rest) = text.strip_prefix('{') {
        loop {
            rest = expand(rest, prefix, found).trim_start().trim_start_matches(',').trim_start();
            match rest.strip_prefix('}') {
                Some(behind) => return behind,
                // A group that never ends is no Rust; stop rather than turn for ever.
                None if rest.is_empty() || !rest.starts_with(is_word) => return rest,
                None => {}
            }
        }
    }
    let end = text.find(|c| !is_word(c)).unwrap_or(text.len());
    prefix.push(text[..end].to_owned());
    let rest = &text[end..];
    let rest = if let Some(deeper) = rest.strip_prefix("::") {
        expand(deeper, prefix, found)
    } else {
        found.push(prefix.clone());
        skip_rename(rest)
    };
    prefix.pop();
    rest
}

fn skip_rename(rest: &str) -> &str {
    match rest.strip_prefix(" as ") {
        Some(name) => name.trim_start_matches(is_word),
        None => rest,
    }
}

fn is_word(c: char) -> bool {
    c.is_alphanumeric() || c == '_' || c == '*'
}

/// A path that begins with `super` leads to the room, or out of it when it climbs twice and then names a
/// floor. How deep inside of its file a line stands is not known here; names tell the two apart.
fn from_the_crate(source: &Source, word: &str, path: Vec<String>) -> Vec<String> {
    if word == "crate::" {
        return path;
    }
    let climbs = path.iter().take_while(|part| *part == "super").count();
    let rest = path[climbs..].to_vec();
    let leaves = rest.first().is_some_and(|name| crate::floors::is_floor(name));
    if climbs > 0 && leaves {
        return rest;
    }
    let room = crate::floors::room(&source.path).unwrap_or_default();
    std::iter::once(room.to_owned()).chain(rest).collect()
}

#[test]
fn a_group_is_as_many_paths_as_it_has_names() {
    let source = crate::sample(
        "core/src/node/cron.rs",
        "use crate::{base::{Instant, id::NodeId}, wire as w,\n    sim::Host};\nfn f() { crate::cluster::g() }",
    );
    let paths: Vec<String> = arrows(&source).iter().map(|arrow| arrow.path.join("::")).collect();
    assert_eq!(paths, ["base::Instant", "base::id::NodeId", "wire", "sim::Host", "cluster::g"]);
    assert_eq!(arrows(&source).last().map(|arrow| arrow.line), Some(3));
}

#[test]
fn a_path_that_climbs_is_read_from_where_it_arrives() {
    let source = crate::sample(
        "core/src/protocol/voting.rs",
        "use super::claims::Claim;\nuse super::super::sim::Host;",
    );
    let paths: Vec<String> = arrows(&source).iter().map(|arrow| arrow.path.join("::")).collect();
    assert_eq!(paths, ["protocol::claims::Claim", "sim::Host"]);
}

#[test]
fn a_comment_is_no_arrow() {
    let source =
        crate::sample("core/src/base/id.rs", "/// See [`crate::sim::Host`].\nlet a = 1; // crate::sim");
    assert_eq!(arrows(&source), []);
}
