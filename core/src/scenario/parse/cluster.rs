//! Reading `cluster` and `shard` lines.

use crate::base::SlotSet;

use super::cursor::{Cursor, Read, Word, chars};
use super::value;
use super::{MAX_NODES, MAX_NODES_TEXT, once};
use crate::scenario::ast::{ClusterSpec, ShardSpec};
use crate::scenario::error::{Problem, nearest, shown};
use crate::scenario::name::ShardName;

/// The cluster being read.
#[derive(Default)]
pub(super) struct ClusterLines {
    even: Option<ClusterSpec>,
    even_line: Option<u32>,
    listed: Vec<ShardSpec>,
    shard_line: Option<u32>,
}

/// Replicas where a line says nothing.
const REPLICAS: u16 = 1;

impl ClusterLines {
    /// Reads the line if it describes the cluster.
    pub(super) fn read(&mut self, line: u32, text: &str) -> Read<()> {
        let nobody = ClusterSpec::default();
        self.line(&mut Cursor::new(line, text, &nobody))
    }

    /// The same, of a line that is being read.
    pub(super) fn line(&mut self, cursor: &mut Cursor<'_>) -> Read<()> {
        match cursor.peek() {
            Some("cluster") => self.even(cursor),
            Some("shard") => self.shard(cursor),
            _ => Ok(()),
        }
    }

    /// The cluster that was described, or the default one.
    pub(super) fn finish(self) -> ClusterSpec {
        match self.even {
            Some(even) => even,
            None if self.listed.is_empty() => ClusterSpec::default(),
            None => ClusterSpec::Listed(self.listed),
        }
    }

    fn even(&mut self, cursor: &mut Cursor<'_>) -> Read<()> {
        if let Some(first) = self.shard_line {
            return Err(cursor.error(Problem::Mixed { first_word: "shard", first }));
        }
        let column = cursor.word().map_or(1, |word| word.column);
        once(&mut self.even_line, cursor.line, column, "cluster")?;
        cursor.take();
        let (mut shards, mut replicas) = (None, None);
        let result = even_pairs(cursor, &mut shards, &mut replicas);
        let spec = (shards.unwrap_or(3), replicas.unwrap_or(REPLICAS));
        // What could be read is kept even beside an error, so that names further down are understood.
        if nodes_of(spec.0, spec.1) <= MAX_NODES {
            self.even = Some(ClusterSpec::Even { shards: spec.0, replicas: spec.1 });
        }
        result?;
        check_nodes(cursor, nodes_of(spec.0, spec.1))
    }

    fn shard(&mut self, cursor: &mut Cursor<'_>) -> Read<()> {
        if let Some(first) = self.even_line {
            return Err(cursor.error(Problem::Mixed { first_word: "cluster", first }));
        }
        self.shard_line.get_or_insert(cursor.line);
        cursor.take();
        let next = ShardName(u16::try_from(self.listed.len()).unwrap_or(u16::MAX));
        let named = cursor.peek().and_then(|word| word.parse::<ShardName>().ok());
        let named = named.ok_or_else(|| cursor.unexpected(Some("a shard such as `A`")))?;
        if named != next {
            let (expected, found) = (next.to_string(), named.to_string());
            return Err(cursor.error(Problem::ShardOrder { expected, found }));
        }
        cursor.take();
        let mut spec = ShardSpec { slots: SlotSet::EMPTY, replicas: REPLICAS };
        let result = self.shard_pairs(cursor, &mut spec);
        let nodes: u32 = self.listed.iter().map(|shard| u32::from(shard.replicas) + 1).sum();
        let nodes = nodes + u32::from(spec.replicas) + 1;
        if nodes <= MAX_NODES {
            self.listed.push(spec);
        }
        result?;
        check_nodes(cursor, nodes)
    }

    fn shard_pairs(&self, cursor: &mut Cursor<'_>, spec: &mut ShardSpec) -> Read<()> {
        let mut seen = Vec::new();
        while let Some((word, key, value)) = key_ahead(cursor, &["slots", "replicas"], &mut seen)? {
            if key == "replicas" {
                spec.replicas = count(cursor, "replicas", value, 0)?;
            } else {
                let slots = value::slots(value.text).ok_or_else(|| {
                    cursor.error_at(
                        value,
                        Problem::Value {
                            key: "slots",
                            expected: value::SLOT_RANGES.to_owned(),
                            value: shown(value.text),
                            nearest: None,
                        },
                    )
                })?;
                self.check_free(cursor, word, &slots)?;
                spec.slots = slots;
            }
            cursor.take();
        }
        Ok(())
    }

    fn check_free(&self, cursor: &Cursor<'_>, word: Word<'_>, slots: &SlotSet) -> Read<()> {
        for (at, shard) in (0..).zip(&self.listed) {
            let both: SlotSet = shard.slots.iter().filter(|slot| slots.contains(*slot)).collect();
            if !both.is_empty() {
                let (slots, shard) = (value::slots_text(&both), ShardName(at).to_string());
                return Err(cursor.error_at(word, Problem::SlotsTaken { slots, shard }));
            }
        }
        Ok(())
    }
}

fn even_pairs(cursor: &mut Cursor<'_>, shards: &mut Option<u16>, replicas: &mut Option<u16>) -> Read<()> {
    let mut seen = Vec::new();
    while let Some((_, key, value)) = key_ahead(cursor, &["shards", "replicas"], &mut seen)? {
        if key == "shards" {
            *shards = Some(count(cursor, "shards", value, 1)?);
        } else {
            *replicas = Some(count(cursor, "replicas", value, 0)?);
        }
        cursor.take();
    }
    if seen.is_empty() {
        return Err(cursor.unexpected(Some("`shards=7` or `replicas=1`")));
    }
    Ok(())
}

type Pair<'a> = (Word<'a>, &'static str, Word<'a>);

/// The next `key=value`, which has to be one of `keys` and new.
fn key_ahead<'a>(
    cursor: &Cursor<'a>,
    keys: &[&'static str],
    seen: &mut Vec<&'static str>,
) -> Read<Option<Pair<'a>>> {
    let Some(word) = cursor.word() else { return Ok(None) };
    let (id, value) = word.text.split_once('=').unwrap_or((word.text, ""));
    let Some(key) = keys.iter().find(|key| **key == id) else {
        return Err(cursor.error(Problem::Unknown {
            what: "word",
            word: shown(id),
            nearest: nearest(id, keys.iter().copied()),
            known: keys.to_vec(),
        }));
    };
    if !word.text.contains('=') {
        return Err(cursor.unexpected(Some(&format!("`{key}=...`"))));
    }
    if seen.contains(key) {
        return Err(cursor.error(Problem::Repeated((*key).to_owned())));
    }
    seen.push(key);
    Ok(Some((word, key, Word { text: value, column: word.column + chars(id) + 1 })))
}

fn count(cursor: &Cursor<'_>, key: &'static str, value: Word<'_>, low: u16) -> Read<u16> {
    let number = value::whole(value.text);
    if number.is_some_and(|number| number > u64::from(MAX_NODES)) {
        let by = Some(shown(value.text));
        return Err(cursor.error_at(value, Problem::OverCap { what: "nodes", cap: MAX_NODES_TEXT, by }));
    }
    number.and_then(|number| u16::try_from(number).ok()).filter(|number| *number >= low).ok_or_else(|| {
        let expected = if low == 0 { "a whole number" } else { "a whole number of `1` or more" };
        cursor.error_at(
            value,
            Problem::Value { key, expected: expected.to_owned(), value: shown(value.text), nearest: None },
        )
    })
}

fn nodes_of(shards: u16, replicas: u16) -> u32 {
    u32::from(shards) * (u32::from(replicas) + 1)
}

fn check_nodes(cursor: &Cursor<'_>, nodes: u32) -> Read<()> {
    if nodes <= MAX_NODES {
        return Ok(());
    }
    let problem = Problem::OverCap { what: "nodes", cap: MAX_NODES_TEXT, by: Some(nodes.to_string()) };
    Err(crate::scenario::error::ScriptError { line: cursor.line, column: 1, problem })
}
