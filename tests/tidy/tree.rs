//! The repository's text files.

use std::fs;
use std::path::{Path, PathBuf};

/// Made by tools and not part of the sources; in a worktree `.git` is a file.
const MADE: &[&str] = &["target", ".git", "node_modules"];

/// A text file: its path from the top, with `/` on every system, and what is in it.
#[derive(Debug)]
pub(crate) struct Source {
    pub(crate) path: String,
    pub(crate) text: String,
}

impl Source {
    /// The lines with their numbers, counted from 1.
    pub(crate) fn lines(&self) -> impl Iterator<Item = (usize, &str)> {
        self.text.lines().enumerate().map(|(index, line)| (index + 1, line))
    }

    pub(crate) fn is_rust(&self) -> bool {
        Path::new(&self.path).extension().is_some_and(|kind| kind == "rs")
    }
}

/// The top of the repository.
pub(crate) fn top() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// All Rust files below a folder, in order of their names.
pub(crate) fn sources_below(folder: &str) -> Vec<Source> {
    let found: Vec<Source> = texts_below(folder).into_iter().filter(Source::is_rust).collect();
    assert!(!found.is_empty(), "there are no sources below {folder}, so this rule would check nothing");
    found
}

/// Every text file of the repository but `Cargo.lock`, which cargo writes.
pub(crate) fn everything() -> Vec<Source> {
    let mut all = texts_below("");
    all.retain(|source| source.path != "Cargo.lock");
    all
}

fn texts_below(folder: &str) -> Vec<Source> {
    let mut found = Vec::new();
    collect(&top().join(folder), folder, &mut found);
    found.sort_by(|left, right| left.path.cmp(&right.path));
    found
}

fn collect(folder: &Path, name: &str, found: &mut Vec<Source>) {
    for entry in fs::read_dir(folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display())) {
        let entry = entry.expect("a folder's entry can be read");
        let file = entry.file_name().to_string_lossy().into_owned();
        let path = if name.is_empty() { file.clone() } else { format!("{name}/{file}") };
        if entry.path().is_dir() {
            if !MADE.contains(&file.as_str()) {
                collect(&entry.path(), &path, found);
            }
        } else if !MADE.contains(&file.as_str())
            && let Ok(text) = fs::read_to_string(entry.path())
        {
            found.push(Source { path, text });
        }
    }
}
