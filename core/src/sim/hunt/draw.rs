//! Worlds drawn from a seed. Unlike a swarm's they take the rules as given, and every fault of the
//! language is in them, aimed at moments that elections have: close to one another, and `when` somebody
//! fails, asks or wins.

use std::fmt::Write as _;

use crate::base::{Duration, Rng, SLOTS};
use crate::scenario::{NodeName, Script, ShardName};

/// What can be drawn at: the nodes, and the node timeout that gives the times their scale.
pub(super) struct Draft {
    pub(super) rng: Rng,
    shards: Vec<u16>,
    timeout: Duration,
    /// The moment of the last fault; the next is often close to it.
    last: Duration,
    end: Duration,
    pub(super) lines: Vec<String>,
}

/// The first moment of a fault: by then everyone has heard of everyone.
const FIRST: Duration = Duration::from_millis(500);

impl Draft {
    /// Faults for the cluster of a script.
    pub(super) fn over(script: &Script, rng: Rng) -> Self {
        let shards: Vec<u16> = script.cluster.shards().iter().map(|shard| shard.replicas).collect();
        let timeout = script.common_settings().node_timeout;
        Self {
            rng,
            shards,
            timeout,
            last: FIRST,
            end: timeout * 10 + Duration::from_secs(2),
            lines: Vec::new(),
        }
    }

    fn pick<T: Copy>(&mut self, from: &[T]) -> T {
        from[usize::try_from(self.rng.below(from.len() as u64)).unwrap_or(0)]
    }

    fn shard(&mut self) -> ShardName {
        ShardName(u16::try_from(self.rng.below(self.shards.len() as u64)).unwrap_or(0))
    }

    fn node(&mut self) -> NodeName {
        let shard = self.shard();
        let index = self.rng.below(u64::from(self.shards[usize::from(shard.0)]) + 1);
        NodeName { shard, index: u16::try_from(index).unwrap_or(0) }
    }

    fn primary(&mut self) -> NodeName {
        NodeName { shard: self.shard(), index: 0 }
    }

    fn replica(&mut self) -> NodeName {
        let node = self.node();
        let most = self.shards[usize::from(node.shard.0)];
        NodeName { index: node.index.max(1).min(most), ..node }
    }

    /// One or a few nodes by role or name.
    fn some(&mut self) -> String {
        let shard = self.shard();
        match self.rng.below(10) {
            0 => format!("{shard}.replicas"),
            1 => format!("{shard}.all"),
            2 => "primaries".to_owned(),
            3 => "all".to_owned(),
            4..=6 => shard.to_string(),
            _ => self.node().to_string(),
        }
    }

    /// A moment; people read round ones, but not all that matters happens at round ones.
    fn moment(&mut self) -> Duration {
        let near = self.timeout.as_millis() * self.pick(&[1, 1, 2, 5]);
        let ms = if self.rng.chance(650_000) {
            self.last.as_millis() + self.rng.below(near)
        } else {
            FIRST.as_millis() + self.rng.below(self.end.saturating_sub(FIRST).as_millis())
        };
        let grain = self.pick(&[1, 50, 100, 500]);
        let ms = (ms.min(self.end.as_millis()) / grain * grain).max(FIRST.as_millis());
        self.last = Duration::from_millis(ms);
        self.last
    }

    fn line(&mut self, line: impl std::fmt::Display) {
        self.lines.push(line.to_string());
    }

    /// A moment in words: a time, or what is waited for.
    fn trigger(&mut self) -> String {
        if self.rng.chance(800_000) {
            return format!("at {}", self.moment());
        }
        match self.rng.below(6) {
            0 => format!("when {} failed", self.primary()),
            1..=3 => format!("when {} asks", self.replica()),
            4 => format!("when {} won", self.replica()),
            _ => "when split vote".to_owned(),
        }
    }

    /// When a thing that began with a trigger ends.
    fn later(&mut self) -> String {
        let ms = self.last.as_millis() + 1 + self.rng.below(self.timeout.as_millis() * 5);
        let grain = self.pick(&[1, 50, 100, 500]);
        format!("at {}", Duration::from_millis(ms.next_multiple_of(grain).min(self.end.as_millis())))
    }

    /// One more thing that happens.
    pub(super) fn fault(&mut self) {
        match self.rng.below(40) {
            0..=6 => self.stop(),
            7..=10 => self.pause(),
            11..=14 => self.cut(),
            15 | 16 => {
                let (when, from, to) = (self.trigger(), self.some(), self.some());
                let by = self.pick(&[50, 200, 500, 1000, 2000, 5000]);
                self.line(format_args!("{when} slow {from} -> {to} by {by}ms"));
            }
            17 => {
                let (when, from, to) = (self.trigger(), self.some(), self.some());
                let (word, share) = (self.pick(&["lose", "duplicate"]), self.pick(&[5, 20, 50, 100]));
                self.line(format_args!("{when} {word} {from} -> {to} {share}%"));
            }
            18..=20 => self.frames("drop"),
            21..=24 => self.frames("hold"),
            25..=27 => {
                let (when, node) = (self.trigger(), self.replica());
                let mode = self.pick(&["", "", " force", " takeover"]);
                self.line(format_args!("{when} failover {node}{mode}"));
            }
            28..=30 => {
                let (when, node, to) = (self.trigger(), self.replica(), self.shard());
                self.line(format_args!("{when} replicate {node} {to}"));
            }
            31 | 32 => self.slots(),
            33 => {
                let (when, node, by) = (self.trigger(), self.replica(), self.pick(&[500, 2000, 10_000]));
                self.line(format_args!("{when} lag {node} by {by}ms"));
            }
            34 => {
                let (when, node) = (self.trigger(), self.node());
                self.line(format_args!("{when} disk {node} slow"));
            }
            35 => {
                let (when, node) = (self.trigger(), self.node());
                let on =
                    if self.rng.chance(500_000) { format!(" on {}", self.node()) } else { String::new() };
                self.line(format_args!("{when} forget {node}{on}"));
            }
            36 | 37 => {
                let (when, count, to) = (self.trigger(), self.pick(&[100, 1000, 3000]), self.shard());
                self.line(format_args!("{when} write {count} to {to}"));
            }
            38 => self.contest(),
            _ => {
                let (when, node) = (self.trigger(), self.node());
                let word = self.pick(&[
                    "snapshot=20s",
                    "replica-no-failover=yes",
                    "election-delay=2s",
                    "election-delay=0s",
                ]);
                self.line(format_args!("{when} set {node} {word}"));
            }
        }
    }

    /// An election, and something that gets in its way the moment votes are asked for.
    pub(super) fn contest(&mut self) {
        let shard = self.shard();
        let candidate = NodeName { shard, index: 1 };
        if self.rng.chance(600_000) {
            let by = self.pick(&[20, 50, 100, 150, 300, 600]);
            let (other, at) = (self.some(), self.moment());
            let candidate = candidate.to_string();
            let ends = if self.rng.chance(500_000) { (candidate, other) } else { (other, candidate) };
            let (from, to) = if self.rng.chance(300_000) { (ends.0, "primaries".to_owned()) } else { ends };
            self.line(format_args!("at {at} slow {from} -> {to} by {by}ms"));
        }
        let mut nodes = vec![format!("{shard}0")];
        if self.shards[usize::from(shard.0)] > 1 && self.rng.chance(400_000) {
            nodes.push(format!("{shard}2"));
        }
        if self.rng.chance(400_000) {
            let other = self.primary().to_string();
            if !nodes.contains(&other) {
                nodes.push(other);
            }
        }
        let at = self.moment();
        let nodes = nodes.join(" ");
        self.line(format_args!("at {at} kill {nodes}"));
        if self.rng.chance(800_000) {
            let first = self.lines.len();
            let asks = format!("when {candidate} asks");
            self.fault();
            if let Some(line) = self.lines.get(first)
                && let Some((_, rest)) = line.strip_prefix("at ").and_then(|rest| rest.split_once(' '))
            {
                self.lines[first] = format!("{asks} {rest}");
            }
        }
    }

    /// Processes end, often several at once: that is where votes split.
    fn stop(&mut self) {
        let verb = if self.rng.chance(150_000) { "powercut" } else { "kill" };
        let when = self.trigger();
        let many = if self.rng.chance(400_000) { self.rng.between(2, 3) } else { 1 };
        let mut nodes: Vec<String> = Vec::new();
        for _ in 0..many {
            let node = if self.rng.chance(700_000) { self.primary() } else { self.node() }.to_string();
            if !nodes.contains(&node) {
                nodes.push(node);
            }
        }
        let nodes = nodes.join(" ");
        self.line(format_args!("{when} {verb} {nodes}"));
        if self.rng.chance(400_000) {
            let later = self.later();
            self.line(format_args!("{later} restart {nodes}"));
        }
    }

    fn pause(&mut self) {
        let when = self.trigger();
        let node = if self.rng.chance(500_000) { self.primary() } else { self.node() };
        self.line(format_args!("{when} pause {node}"));
        if self.rng.chance(600_000) {
            let later = self.later();
            self.line(format_args!("{later} resume {node}"));
        }
    }

    fn cut(&mut self) {
        let when = self.trigger();
        let arrow = self.pick(&["|", "|", "->"]);
        let (one, other) =
            if self.rng.chance(500_000) { (self.node().to_string(), self.some()) } else { self.halves() };
        if one == other || other == "all" {
            return;
        }
        self.line(format_args!("{when} cut {one} {arrow} {other}"));
        if self.rng.chance(500_000) {
            let later = self.later();
            self.line(format_args!("{later} heal"));
        }
    }

    fn halves(&mut self) -> (String, String) {
        let (mut one, mut other) = (Vec::new(), Vec::new());
        for shard in 0..self.shards.len() {
            for index in 0..=self.shards[shard] {
                let name = NodeName::new(u16::try_from(shard).unwrap_or(0), index).to_string();
                if self.rng.chance(350_000) { one.push(name) } else { other.push(name) }
            }
        }
        (one.join(" "), other.join(" "))
    }

    fn frames(&mut self, verb: &str) {
        let when = self.trigger();
        let kinds = [
            "auth-ack",
            "auth-ack",
            "auth-ack",
            "auth-nack",
            "auth-request",
            "fail",
            "update",
            "pong",
            "ping",
        ];
        let kind = self.pick(&kinds);
        let mut filter = kind.to_owned();
        if self.rng.chance(500_000) {
            let _ = write!(filter, " from {}", self.some());
        }
        if self.rng.chance(500_000) {
            let _ = write!(filter, " to {}", self.some());
        }
        if verb == "drop" {
            let times = self.rng.between(1, 6);
            self.line(format_args!("{when} drop {filter} times {times}"));
            return;
        }
        self.line(format_args!("{when} hold {filter}"));
        let later = self.later();
        self.line(format_args!("{later} release {kind}"));
    }

    fn slots(&mut self) {
        let (when, from, to) = (self.trigger(), self.shard(), self.shard());
        if from == to {
            return;
        }
        let first = u64::from(SLOTS) * u64::from(from.0) / self.shards.len() as u64 + 1;
        let slots =
            if self.rng.chance(600_000) { "all".to_owned() } else { format!("{first}-{}", first + 99) };
        self.line(format_args!("{when} move slots {slots} from {from} to {to}"));
    }
}

/// The head of a drawn world: a cluster and its settings.
pub(super) fn head(rng: &mut Rng) -> String {
    let pick = |rng: &mut Rng, from: &[u64]| from[usize::try_from(rng.below(from.len() as u64)).unwrap_or(0)];
    let shards = pick(rng, &[3, 3, 3, 3, 4, 4, 5, 7]);
    let replicas = if shards > 4 { 1 } else { pick(rng, &[1, 1, 1, 2, 2, 3]) };
    let timeout = pick(rng, &[500, 1000, 1000, 2000]);
    let mut text = format!("cluster shards={shards} replicas={replicas}\nset node-timeout={timeout}ms");
    let mut maybe = |rng: &mut Rng, share: u32, words: &[&str]| {
        if rng.chance(share) {
            let at = usize::try_from(rng.below(words.len() as u64)).unwrap_or(0);
            let _ = write!(text, " {}", words[at]);
        }
    };
    maybe(rng, 600_000, &["latency=1ms..5ms", "latency=1ms..20ms", "latency=0ms..50ms"]);
    maybe(rng, 300_000, &["jitter=5ms", "jitter=50ms"]);
    maybe(rng, 600_000, &["writes=20/s", "writes=100/s"]);
    maybe(rng, 300_000, &["fsync=10ms", "fsync=100ms"]);
    maybe(rng, 300_000, &["snapshot=100ms", "snapshot=5s", "snapshot=20s"]);
    maybe(rng, 150_000, &["election-delay=0s"]);
    maybe(rng, 300_000, &["replica-validity-factor=0"]);
    maybe(rng, 150_000, &["require-full-coverage=no"]);
    maybe(rng, 200_000, &["allow-replica-migration=no"]);
    maybe(rng, 50_000, &["loss=1%"]);
    text.push('\n');
    for _ in 0..rng.below(3) {
        if rng.chance(300_000) {
            let node = NodeName::new(0, u16::try_from(rng.between(1, replicas)).unwrap_or(1));
            let word = ["replica-no-failover=yes", "snapshot=20s", "fsync=200ms"];
            let _ = writeln!(text, "set {node} {}", word[usize::try_from(rng.below(3)).unwrap_or(0)]);
        }
    }
    text
}
