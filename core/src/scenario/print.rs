//! From a script to its one canonical text.

use std::fmt::{self, Display, Formatter};

use super::ast::{
    Action, ClusterSpec, Condition, DEFAULT_SEED, DiskState, FailoverMode, Hand, MessageFilter, OneMessage,
    PropertyId, REASONS, RuleLine, Run, Script, Selector, Share, Statement,
};
use super::name::ShardName;
use super::settings::{Assignment, SetLine};
use super::value::slots_text;
use crate::base::{Duration, Instant};

/// Moments are written as the time since time zero.
fn since_zero(at: Instant) -> Duration {
    at.since(Instant::ZERO)
}

impl Display for Script {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        if let Some(title) = &self.title {
            writeln!(f, "title {title}")?;
        }
        writeln!(f, "{}", self.cluster)?;
        for line in &self.rules {
            writeln!(f, "rules {}", line.value)?;
        }
        for line in &self.settings {
            writeln!(f, "set {}", line.value)?;
        }
        if self.seed != DEFAULT_SEED {
            writeln!(f, "seed {}", self.seed)?;
        }
        for statement in &self.statements {
            writeln!(f, "{}", statement.value)?;
        }
        Ok(())
    }
}

impl Display for ClusterSpec {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Self::Even { shards, replicas } => write!(f, "cluster shards={shards} replicas={replicas}"),
            Self::Listed(shards) => {
                for (at, shard) in (0_u16..).zip(shards) {
                    if at > 0 {
                        f.write_str("\n")?;
                    }
                    write!(f, "shard {}", ShardName(at))?;
                    if !shard.slots.is_empty() {
                        write!(f, " slots={}", slots_text(&shard.slots))?;
                    }
                    write!(f, " replicas={}", shard.replicas)?;
                }
                Ok(())
            }
        }
    }
}

impl Display for Statement {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Self::At { at, action } => write!(f, "at {} {action}", since_zero(*at)),
            Self::Every { period, action, until } => {
                write!(f, "every {period} {action}")?;
                until.map_or(Ok(()), |until| write!(f, " until {}", since_zero(until)))
            }
            Self::When { condition, action } => write!(f, "when {condition} {action}"),
            Self::Run(run) => write!(f, "run {run}"),
            Self::Expect { condition, within } => {
                write!(f, "expect {condition}")?;
                within.map_or(Ok(()), |within| write!(f, " within {within}"))
            }
        }
    }
}

impl Display for Run {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Self::For(span) => write!(f, "for {span}"),
            Self::Until { condition, at_most } => write!(f, "until {condition}, at most {at_most}"),
        }
    }
}

impl Display for Selector {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Self::Node(node) => node.fmt(f),
            Self::Primary(shard) => shard.fmt(f),
            Self::Replicas(shard) => write!(f, "{shard}.replicas"),
            Self::Best(shard) => write!(f, "{shard}.best"),
            Self::Shard(shard) => write!(f, "{shard}.all"),
            Self::Primaries => f.write_str("primaries"),
            Self::AllReplicas => f.write_str("replicas"),
            Self::All => f.write_str("all"),
            Self::One => f.write_str("one"),
        }
    }
}

/// A list of nodes as it is written: blanks between.
struct Nodes<'a>(&'a [Selector]);

impl Display for Nodes<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        for (at, node) in self.0.iter().enumerate() {
            if at > 0 {
                f.write_str(" ")?;
            }
            node.fmt(f)?;
        }
        Ok(())
    }
}

impl Display for MessageFilter {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        f.write_str(self.kind.map_or("any", |kind| kind.word()))?;
        if !self.from.is_empty() {
            write!(f, " from {}", Nodes(&self.from))?;
        }
        if !self.to.is_empty() {
            write!(f, " to {}", Nodes(&self.to))?;
        }
        Ok(())
    }
}

impl Display for OneMessage {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let sent = since_zero(self.sent);
        write!(f, "{} from {} to {} sent {sent}", self.kind.word(), self.from, self.to)?;
        if self.nth > 1 { write!(f, " nth {}", self.nth) } else { Ok(()) }
    }
}

impl Display for Action {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Self::Kill(nodes) => write!(f, "kill {}", Nodes(nodes)),
            Self::Restart { nodes, wiped } => {
                write!(f, "restart {}{}", Nodes(nodes), if *wiped { " wiped" } else { "" })
            }
            Self::PowerCut(nodes) => write!(f, "powercut {}", Nodes(nodes)),
            Self::Pause(nodes) => write!(f, "pause {}", Nodes(nodes)),
            Self::Resume(nodes) => write!(f, "resume {}", Nodes(nodes)),
            Self::Cut(groups) => {
                f.write_str("cut ")?;
                for (at, group) in groups.iter().enumerate() {
                    write!(f, "{}{}", if at > 0 { " | " } else { "" }, Nodes(group))?;
                }
                Ok(())
            }
            Self::CutOneWay { from, to } => write!(f, "cut {} -> {}", Nodes(from), Nodes(to)),
            Self::Heal => f.write_str("heal"),
            Self::Slow { from, to, by } => write!(f, "slow {} -> {} by {by}", Nodes(from), Nodes(to)),
            Self::Lose { from, to, share } => write!(f, "lose {} -> {} {share}", Nodes(from), Nodes(to)),
            Self::Duplicate { from, to, share } => duplicate(f, from, to, *share),
            Self::Drop { filter, times } => {
                write!(f, "drop {filter}")?;
                times.map_or(Ok(()), |times| write!(f, " times {times}"))
            }
            Self::Handle { message, hand } => match hand {
                Hand::Deliver => write!(f, "deliver {message}"),
                Hand::Delay(by) => write!(f, "delay {message} by {by}"),
                Hand::Drop => write!(f, "drop {message}"),
                Hand::Duplicate => write!(f, "duplicate {message}"),
            },
            Self::Hold(filter) => write!(f, "hold {filter}"),
            Self::Release(filter) if *filter == MessageFilter::default() => f.write_str("release"),
            Self::Release(filter) => write!(f, "release {filter}"),
            Self::Failover { node, mode } => write!(f, "failover {node}{mode}"),
            Self::Replicate { node, primary } => write!(f, "replicate {node} {primary}"),
            Self::MoveSlots { slots, from, to } => {
                let slots = slots.as_ref().map_or_else(|| "all".to_owned(), slots_text);
                write!(f, "move slots {slots} from {from} to {to}")
            }
            Self::Forget { node, on } if on.is_empty() => write!(f, "forget {node}"),
            Self::Forget { node, on } => write!(f, "forget {node} on {}", Nodes(on)),
            Self::Reset { node, hard } => write!(f, "reset {node}{}", if *hard { " hard" } else { "" }),
            Self::Meet { node, with } => write!(f, "meet {node} {with}"),
            Self::Write { count, to } => write!(f, "write {count} to {to}"),
            Self::Lag { nodes, by } => write!(f, "lag {} by {by}", Nodes(nodes)),
            Self::Disk { nodes, state } => write!(f, "disk {} {state}", Nodes(nodes)),
            Self::Set(line) => write!(f, "set {line}"),
            Self::Rules(line) => write!(f, "rules {line}"),
        }
    }
}

fn duplicate(f: &mut Formatter<'_>, from: &[Selector], to: &[Selector], share: Share) -> fmt::Result {
    if from == [Selector::All] && to == [Selector::All] && share == Share::WHOLE {
        return f.write_str("duplicate");
    }
    write!(f, "duplicate {} -> {} {share}", Nodes(from), Nodes(to))
}

/// The words behind `failover X`, with their blank.
impl Display for FailoverMode {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Graceful => "",
            Self::Force => " force",
            Self::Takeover => " takeover",
        })
    }
}

impl Display for DiskState {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Ok => "ok",
            Self::Slow => "slow",
            Self::Full => "full",
        })
    }
}

impl Display for Condition {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Self::Covered => f.write_str("covered"),
            Self::Converged => f.write_str("converged"),
            Self::PrimaryOf { shard, node } => write!(f, "primary of {shard} is {node}"),
            Self::Failed(node) => write!(f, "{node} failed"),
            Self::Asks(node) => write!(f, "{node} asks"),
            Self::VotesFor { voter, candidate } => write!(f, "{voter} votes for {candidate}"),
            Self::Refuses { voter, candidate, reason } => {
                write!(f, "{voter} refuses {candidate}")?;
                let word = REASONS.iter().find(|(_, known)| Some(*known) == *reason);
                word.map_or(Ok(()), |(word, _)| write!(f, " {word}"))
            }
            Self::SplitVote => f.write_str("split vote"),
            Self::Won(node) => write!(f, "{node} won"),
            Self::EpochAtLeast(epoch) => write!(f, "epoch >= {epoch}"),
            Self::OffsetAtLeast { node, offset } => write!(f, "offset of {node} >= {offset}"),
            Self::NoLostWrites => f.write_str("no lost writes"),
            Self::LostWritesAtMost(writes) => write!(f, "lost writes <= {writes}"),
            Self::NoBrokenPromises => f.write_str("no broken promises"),
            Self::NoViolations => f.write_str("no violations"),
            Self::Violation(property) => write!(f, "violation {property}"),
            Self::RoundsAtMost { shard, rounds } => write!(f, "rounds of {shard} <= {rounds}"),
            Self::Not(inner) => write!(f, "not {inner}"),
        }
    }
}

impl Display for PropertyId {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Self::Safety(number) => write!(f, "S{number}"),
            Self::Liveness(number) => write!(f, "L{number}"),
        }
    }
}

impl Display for RuleLine {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let mut words: Vec<String> = self.nodes.iter().map(ToString::to_string).collect();
        words.extend(self.preset.map(str::to_owned));
        words.extend(self.switches.iter().map(|(id, value)| format!("{id}={value}")));
        f.write_str(&words.join(" "))
    }
}

impl Display for SetLine {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let mut words: Vec<String> = self.nodes.iter().map(ToString::to_string).collect();
        words.extend(self.assignments.iter().map(ToString::to_string));
        f.write_str(&words.join(" "))
    }
}

impl Display for Assignment {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        write!(f, "{}={}", self.key.id, self.value)
    }
}
