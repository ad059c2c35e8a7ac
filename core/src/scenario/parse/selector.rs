//! Reading which nodes are meant, and checking that there are such nodes.

use super::cursor::{Cursor, Read, Word};
use super::offer::Wanted;
use crate::scenario::ast::{ClusterSpec, Selector};
use crate::scenario::error::{Problem, ScriptError, nearest, shown};
use crate::scenario::name::{NodeName, ShardName};

/// How `A.replicas` and the like end.
pub(super) const PARTS: [&str; 3] = ["replicas", "best", "all"];

const EVERYONE: [(&str, Selector); 4] = [
    ("primaries", Selector::Primaries),
    ("replicas", Selector::AllReplicas),
    ("all", Selector::All),
    ("one", Selector::One),
];

/// The words that select by role over the whole cluster.
pub(super) const EVERYONE_WORDS: [&str; 4] = ["primaries", "replicas", "all", "one"];

const NODE: &str = "a node such as `A1`, `A`, `A.replicas` or `primaries`";

/// The selector that `text` spells, whether or not there are such nodes.
pub(super) fn selector(text: &str) -> Option<Selector> {
    if let Some((_, selector)) = EVERYONE.iter().find(|(word, _)| *word == text) {
        return Some(*selector);
    }
    if let Some((shard, part)) = text.split_once('.') {
        let shard = shard.parse().ok()?;
        return match part {
            "replicas" => Some(Selector::Replicas(shard)),
            "best" => Some(Selector::Best(shard)),
            "all" => Some(Selector::Shard(shard)),
            _ => None,
        };
    }
    if let Ok(shard) = text.parse() {
        return Some(Selector::Primary(shard));
    }
    text.parse().ok().map(Selector::Node)
}

impl Selector {
    /// True if it always means exactly one node.
    pub fn is_single(self) -> bool {
        matches!(self, Self::Node(_) | Self::Primary(_) | Self::Best(_) | Self::One)
    }
}

impl Cursor<'_> {
    /// Nodes by name or role.
    pub(super) fn selector(&mut self) -> Read<Selector> {
        self.want(Wanted::Nodes);
        let Some(text) = self.peek() else { return Err(self.unexpected(Some(NODE))) };
        let Some(found) = selector(text) else { return Err(self.no_selector(text)) };
        check(self.cluster, found).map_err(|problem| self.error(problem))?;
        self.take();
        Ok(found)
    }

    /// One node.
    pub(super) fn one_node(&mut self) -> Read<Selector> {
        self.want(Wanted::OneNode);
        let before = self.peek();
        let word = Word { text: before.unwrap_or(""), column: self.error(Problem::NoLink).column };
        let found = self.selector()?;
        if found.is_single() {
            return Ok(found);
        }
        Err(self.error_at(word, Problem::Several(word.text.to_owned())))
    }

    /// One or more selectors, up to the end of the line or one of `stops`.
    pub(super) fn nodes(&mut self, stops: &[&'static str]) -> Read<Vec<Selector>> {
        let mut found = vec![self.selector()?];
        while let Some(word) = self.peek() {
            if stops.contains(&word) {
                break;
            }
            self.also(stops.iter().copied());
            found.push(self.selector()?);
        }
        self.also(stops.iter().copied());
        Ok(found)
    }

    /// A shard by name.
    pub(super) fn shard(&mut self) -> Read<ShardName> {
        self.want(Wanted::Shard);
        let parsed = self.peek().and_then(|text| text.parse().ok());
        let Some(shard) = parsed else { return Err(self.in_capitals("a shard such as `A`")) };
        check_shard(self.cluster, shard).map_err(|problem| self.error(problem))?;
        self.take();
        Ok(shard)
    }

    /// A node by name.
    pub(super) fn node(&mut self) -> Read<NodeName> {
        self.want(Wanted::OwnName);
        let parsed = self.peek().and_then(|text| text.parse().ok());
        let Some(node) = parsed else { return Err(self.in_capitals("a node's own name such as `A1`")) };
        check_node(self.cluster, node).map_err(|problem| self.error(problem))?;
        self.take();
        Ok(node)
    }

    /// Something else than a name stands here; perhaps one in small letters.
    fn in_capitals(&self, what: &str) -> ScriptError {
        let mut error = self.unexpected(Some(what));
        let upper = self.peek().map(str::to_ascii_uppercase).filter(|upper| self.peek() != Some(upper));
        if let Problem::Expected { nearest, .. } = &mut error.problem {
            *nearest =
                upper.filter(|upper| selector(upper).is_some_and(|found| check(self.cluster, found).is_ok()));
        }
        error
    }

    fn no_selector(&self, text: &str) -> ScriptError {
        let upper = text.to_ascii_uppercase();
        let mut error = self.unexpected(Some(NODE));
        if let Problem::Expected { nearest: mend, .. } = &mut error.problem {
            if let Some((shard, part)) = text.split_once('.') {
                let known = nearest(part, PARTS);
                *mend = known.map(|part| format!("{}.{part}", shown(&shard.to_ascii_uppercase())));
            } else if selector(&upper).is_some_and(|found| check(self.cluster, found).is_ok()) {
                *mend = Some(upper);
            } else if mend.is_none() {
                *mend = nearest(text, EVERYONE_WORDS);
            }
        }
        error
    }
}

fn check(cluster: &ClusterSpec, selector: Selector) -> Result<(), Problem> {
    match selector {
        Selector::Node(node) => check_node(cluster, node),
        Selector::Primary(shard)
        | Selector::Replicas(shard)
        | Selector::Best(shard)
        | Selector::Shard(shard) => check_shard(cluster, shard),
        Selector::Primaries | Selector::AllReplicas | Selector::All | Selector::One => Ok(()),
    }
}

fn check_shard(cluster: &ClusterSpec, shard: ShardName) -> Result<(), Problem> {
    if cluster.has_shard(shard) {
        return Ok(());
    }
    let has = match cluster.shard_count() {
        0 => "the cluster has no shard".to_owned(),
        1 => "the only shard is `A`".to_owned(),
        count => format!("the shards are `A` to `{}`", ShardName(count - 1)),
    };
    Err(Problem::NoSuch { what: "shard", name: shard.to_string(), has })
}

pub(in crate::scenario) fn check_node(cluster: &ClusterSpec, node: NodeName) -> Result<(), Problem> {
    check_shard(cluster, node.shard)?;
    if cluster.has_node(node) {
        return Ok(());
    }
    let has = match cluster.replicas_of(node.shard).unwrap_or(0) {
        0 => format!("shard `{0}` has only `{0}0`", node.shard),
        last => format!("shard `{0}` has `{0}0` to `{0}{last}`", node.shard),
    };
    Err(Problem::NoSuch { what: "node", name: node.to_string(), has })
}
