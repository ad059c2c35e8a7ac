//! The list of an append log's files, in the peers' form: one base, then increments in order.

use std::fmt;

use thiserror::Error;

/// What the parts of a log are.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Manifest {
    /// The data at the beginning.
    pub base: Option<Part>,
    /// What was done since, the oldest first.
    pub increments: Vec<Part>,
}

/// One file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Part {
    /// Its name in the log's folder.
    pub name: String,
    /// Its number.
    pub seq: u64,
}

/// Why a text is no manifest.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("line {line} of the manifest: {what}")]
pub struct ManifestError {
    /// Counted from 1.
    pub line: usize,
    /// What is wrong with it.
    pub what: &'static str,
}

impl Manifest {
    /// The manifest's file for a log of this name.
    pub fn file(name: &str) -> String {
        format!("{name}.manifest")
    }

    /// A number that no part has.
    pub fn next_seq(&self) -> u64 {
        let parts = self.base.iter().chain(&self.increments);
        parts.map(|part| part.seq).max().unwrap_or(0).saturating_add(1)
    }

    /// The base of a number, as a part.
    pub fn base_part(name: &str, seq: u64) -> Part {
        Part { name: format!("{name}.{seq}.base.rdb"), seq }
    }

    /// The increment of a number, as a part.
    pub fn increment_part(name: &str, seq: u64) -> Part {
        Part { name: format!("{name}.{seq}.incr.aof"), seq }
    }

    /// Reads the text of one.
    pub fn parse(text: &str) -> Result<Self, ManifestError> {
        let mut manifest = Self::default();
        for (at, line) in text.lines().enumerate() {
            let wrong = |what| ManifestError { line: at + 1, what };
            if line.is_empty() || line.starts_with('#') {
                continue;
            }
            let (mut name, mut seq, mut kind) = (None, None, None);
            let mut words = line.split_whitespace();
            while let Some(key) = words.next() {
                let value = words.next().ok_or_else(|| wrong("a word without a value"))?;
                match key {
                    "file" => name = super::settings::file_name(value),
                    "seq" => seq = value.parse().ok(),
                    "type" => kind = Some(value),
                    // Newer servers may say more of a file.
                    _ => {}
                }
            }
            let name = name.ok_or_else(|| wrong("no file, or a path in its place"))?;
            let part = Part { name, seq: seq.ok_or_else(|| wrong("no number"))? };
            match kind {
                Some("b") if manifest.base.is_none() => manifest.base = Some(part),
                Some("b") => return Err(wrong("a second base")),
                Some("i") if manifest.increments.last().is_none_or(|last| last.seq < part.seq) => {
                    manifest.increments.push(part);
                }
                Some("i") => return Err(wrong("increments are out of order")),
                // What was replaced and not yet deleted.
                Some("h") => {}
                _ => return Err(wrong("an unknown type")),
            }
        }
        Ok(manifest)
    }
}

impl fmt::Display for Manifest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let bases = self.base.iter().map(|part| (part, 'b'));
        for (Part { name, seq }, kind) in bases.chain(self.increments.iter().map(|part| (part, 'i'))) {
            writeln!(f, "file {name} seq {seq} type {kind}")?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read() {
        let text = "file a.aof.2.base.rdb seq 2 type b\nfile a.aof.4.incr.aof seq 4 type i\n\
                    file a.aof.5.incr.aof seq 5 type i\n";
        let manifest = Manifest::parse(text).expect("it is whole");
        assert_eq!((manifest.to_string().as_str(), manifest.next_seq()), (text, 6));
        let more = format!("{text}file old seq 1 type h\n# words\nfile b seq 9 type i startoffset 7\n");
        assert_eq!(Manifest::parse(&more).expect("it is whole").increments.len(), 3);
        assert_eq!(Manifest::parse(""), Ok(Manifest::default()));
    }

    #[test]
    fn anything_else_is_refused_by_line() {
        for (text, line) in [
            ("file a seq 1 type b\nfile b seq 2 type b\n", 2),
            ("file a seq 2 type i\nfile b seq 2 type i\n", 2),
            ("file ../a seq 1 type b\n", 1),
            ("file a seq x type b\n", 1),
            ("file a seq 1 type z\n", 1),
            ("file a seq\n", 1),
        ] {
            assert_eq!(Manifest::parse(text).map_err(|error| error.line), Err(line), "{text}");
        }
    }
}
