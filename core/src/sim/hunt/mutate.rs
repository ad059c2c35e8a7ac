//! Scripts changed a little: lines moved in time, doubled, dropped, taken from others, given to other
//! nodes. Lines are changed as text and read again; what no longer reads is left out.

use crate::base::ordered;
use std::collections::BTreeSet;
use std::fmt::Write as _;

use crate::base::{Duration, Instant, Rng};
use crate::scenario::{Action, NodeName, Script, Selector, ShardName, Statement, parse_lenient};

use super::draw::Draft;

/// The lines before the first statement.
fn head(script: &Script) -> String {
    Script { statements: Vec::new(), title: None, ..script.clone() }.to_string()
}

/// The script with what happens in it, without its runs and expectations.
pub(super) fn body(script: &Script) -> String {
    let mut text = head(script);
    for line in happenings(script) {
        text.push_str(&line);
        text.push('\n');
    }
    text
}

fn happenings(script: &Script) -> Vec<String> {
    let happens = script.statements.iter().filter(|statement| statement.value.action().is_some());
    happens.map(|statement| statement.value.to_string()).collect()
}

/// A script's own lines and more of them.
pub(super) fn with_lines(script: &Script, lines: &[String]) -> Script {
    let mut text = body(script);
    for line in lines {
        text.push_str(line);
        text.push('\n');
    }
    parse_lenient(&text).0
}

/// The last moment that a script names.
pub(super) fn end_of(script: &Script) -> Duration {
    let moments = script.statements.iter().filter_map(|statement| match &statement.value {
        Statement::At { at, .. } => Some(at.since(Instant::ZERO)),
        _ => None,
    });
    moments.max().unwrap_or_default()
}

/// The lines that end all faults.
pub(super) fn mend(text: &mut String, script: &Script, at: Duration) {
    // Writing to a `String` cannot fail.
    let _ = writeln!(text, "at {at} heal\nat {at} resume all\nat {at} lag all by 0s\nat {at} disk all ok");
    if script.common_settings().loss > crate::scenario::Share::NONE {
        let _ = writeln!(text, "at {at} set loss=0%");
    }
    for node in down(script) {
        let _ = writeln!(text, "at {at} restart {node}");
    }
}

/// Whom the script leaves ended.
fn down(script: &Script) -> BTreeSet<NodeName> {
    let mut acts: Vec<(Instant, &Action)> = script
        .statements
        .iter()
        .filter_map(|statement| match &statement.value {
            Statement::At { at, action } => Some((*at, action)),
            // It may come at any time: as if it were last.
            other => other.action().map(|action| (Instant::MAX, action)),
        })
        .collect();
    ordered::sort_by_key(&mut acts, |(at, _)| *at);
    let mut down = BTreeSet::new();
    for (_, action) in acts {
        match action {
            Action::Kill(nodes) | Action::PowerCut(nodes) => down.extend(named(nodes)),
            Action::Restart { nodes, .. } => named(nodes).for_each(|node| {
                down.remove(&node);
            }),
            _ => {}
        }
    }
    down
}

fn named(nodes: &[Selector]) -> impl Iterator<Item = NodeName> + '_ {
    nodes.iter().filter_map(|node| match node {
        Selector::Node(name) => Some(*name),
        _ => None,
    })
}

/// A script of the corpus, changed in one to four places.
pub(super) fn changed(rng: &mut Rng, corpus: &[Script]) -> Script {
    let parent = choose(rng, corpus).clone();
    let mut lines = happenings(&parent);
    for _ in 0..rng.between(1, 4) {
        change(rng, &parent, &mut lines, corpus);
    }
    let mut text = head(&parent);
    for line in &lines {
        text.push_str(line);
        text.push('\n');
    }
    parse_lenient(&text).0
}

/// The newest are chosen as often as all others: they came to where few were.
fn choose<'a>(rng: &mut Rng, corpus: &'a [Script]) -> &'a Script {
    let newest = if rng.chance(500_000) { corpus.len().min(32) } else { corpus.len() };
    let at = usize::try_from(rng.below(newest as u64)).unwrap_or(0);
    &corpus[corpus.len() - 1 - at]
}

fn change(rng: &mut Rng, parent: &Script, lines: &mut Vec<String>, corpus: &[Script]) {
    let at = usize::try_from(rng.below(lines.len().max(1) as u64)).unwrap_or(0);
    match rng.below(10) {
        0 | 1 if at < lines.len() && lines.len() > 1 => {
            lines.remove(at);
        }
        2..=4 if at < lines.len() => lines[at] = moved(rng, parent, &lines[at]),
        5 if at < lines.len() => {
            let copy = moved(rng, parent, &lines[at]);
            lines.insert(at, copy);
        }
        6 => {
            let other = happenings(choose(rng, corpus));
            let from = usize::try_from(rng.below(other.len().max(1) as u64)).unwrap_or(0);
            lines.extend(other.into_iter().skip(from).take(4));
        }
        7 if at < lines.len() => lines[at] = given_away(rng, parent, &lines[at]),
        _ => {
            let mut draft = Draft::over(parent, Rng::new(rng.next_u64()));
            if rng.chance(150_000) {
                draft.plot();
            } else {
                draft.fault();
            }
            lines.append(&mut draft.lines);
        }
    }
}

/// The line at another time: near its own, or near another's.
fn moved(rng: &mut Rng, parent: &Script, line: &str) -> String {
    let Some((at, rest)) = line.strip_prefix("at ").and_then(|rest| rest.split_once(' ')) else {
        return line.to_owned();
    };
    let Some(at) = crate::scenario::read_time(at) else { return line.to_owned() };
    let span = parent.common_settings().node_timeout.as_millis() * 2;
    let near = [20, 200, span][usize::try_from(rng.below(3)).unwrap_or(0)];
    let ms = (at.as_millis() + rng.below(near * 2)).saturating_sub(near).max(100);
    format!("at {} {rest}", Duration::from_millis(ms))
}

/// The line about another node.
fn given_away(rng: &mut Rng, parent: &Script, line: &str) -> String {
    let nodes = parent.cluster.nodes();
    let mut words: Vec<String> = line.split_whitespace().map(str::to_owned).collect();
    let names: Vec<usize> = (0..words.len())
        .filter(|at| words[*at].parse::<NodeName>().is_ok() || words[*at].parse::<ShardName>().is_ok())
        .collect();
    if names.is_empty() {
        return line.to_owned();
    }
    let word = names[usize::try_from(rng.below(names.len() as u64)).unwrap_or(0)];
    let node = nodes[usize::try_from(rng.below(nodes.len() as u64)).unwrap_or(0)];
    let was_shard = words[word].parse::<ShardName>().is_ok();
    words[word] = if was_shard { node.shard.to_string() } else { node.to_string() };
    words.join(" ")
}
