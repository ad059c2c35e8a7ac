//! Random worlds: a seed draws a cluster, rules, settings and faults, and writes them down as a script.
//!
//! First the *safety phase*, in which anything may go wrong; then everything is mended, and in the
//! *liveness phase* the cluster must agree with itself again. The script is the whole truth: who runs
//! it gets the same run, so a failing seed is a link.

use std::fmt::Write as _;

use crate::base::{Duration, Rng};
use crate::scenario::{NodeName, Script, parse};

use super::{Digest, HostIx, Keep, Simulator, Violation};

/// How long the liveness phase may take, in node timeouts: a few elections that expire, and a replica
/// that moves to an orphan.
const PATIENCE: u64 = 60;

/// Switches with which every property must hold either way.
const VARIED: [&str; 2] = ["nack", "fast-failover"];

/// What one seed came to.
#[derive(Clone, Debug)]
pub struct Verdict {
    /// The seed.
    pub seed: u64,
    /// The world it drew.
    pub script: Script,
    /// The end.
    pub digest: Digest,
    /// Frames delivered.
    pub delivered: u64,
    /// Properties that broke, those of the liveness phase included.
    pub violations: Vec<(u64, Option<HostIx>, Violation)>,
    /// Interesting places it came to, and how often.
    pub hits: Vec<(&'static str, u64)>,
}

impl Verdict {
    /// Whether every property held.
    pub fn good(&self) -> bool {
        self.violations.is_empty()
    }
}

/// Runs the world of a seed to its end.
pub fn run(seed: u64) -> Verdict {
    let script = script(seed);
    let mut world = Simulator::keeping(&script, Keep::Nothing);
    world.run();
    world.judge_liveness();
    world.judge_aftermath();
    Verdict {
        seed,
        digest: world.digest(),
        delivered: world.delivered(),
        violations: world
            .violations()
            .iter()
            .map(|(at, host, violation)| (at.as_millis(), *host, violation.clone()))
            .collect(),
        hits: world.hits().collect(),
        script: world.script().clone(),
    }
}

/// The world of a seed.
///
/// # Panics
/// If a drawn script does not read, which is our bug.
pub fn script(seed: u64) -> Script {
    let text = Draft::new(seed).write();
    parse(&text).unwrap_or_else(|errors| panic!("swarm seed {seed}: {} in\n{text}", errors[0]))
}

struct Draft {
    rng: Rng,
    seed: u64,
    nodes: Vec<NodeName>,
    shards: u64,
    timeout: Duration,
    text: String,
    /// Nodes whose process the script ends, to be started again.
    ended: Vec<NodeName>,
}

impl Draft {
    fn new(seed: u64) -> Self {
        let mut rng = Rng::new(seed).fork("swarm");
        let shards = rng.between(1, 7);
        let replicas = rng.between(u64::from(shards < 3), 2);
        let nodes = (0..shards)
            .flat_map(|shard| (0..=replicas).map(move |node| (shard, node)))
            .map(|(shard, node)| {
                NodeName::new(u16::try_from(shard).unwrap_or(0), u16::try_from(node).unwrap_or(0))
            })
            .collect();
        let timeout = Duration::from_millis(*pick(&mut rng, &[500, 1000, 2000, 3000]));
        let mut text = String::new();
        let _ = writeln!(text, "title Swarm {seed}\ncluster shards={shards} replicas={replicas}");
        Self { rng, seed, nodes, shards, timeout, text, ended: Vec::new() }
    }

    fn line(&mut self, line: impl std::fmt::Display) {
        let _ = writeln!(self.text, "{line}");
    }

    fn write(mut self) -> String {
        self.rules();
        self.settings();
        let seed = self.seed;
        self.line(format_args!("seed {seed}"));
        let phase = self.timeout * self.rng.between(5, 30) + Duration::from_secs(3);
        for _ in 0..self.rng.between(1, 8) {
            let at = Duration::from_millis(500 + self.rng.below(phase.as_millis()));
            self.fault(at);
        }
        let end = phase + Duration::from_secs(1);
        self.mend(end);
        let patience = self.timeout * PATIENCE + Duration::from_secs(30);
        self.line(format_args!("run for {}", end + Duration::from_millis(1)));
        self.line(format_args!("run until converged, at most {patience}"));
        self.line("expect covered\nexpect converged\nexpect no violations");
        self.text
    }

    fn rules(&mut self) {
        let mut words = String::from("rules splitvote");
        for switch in VARIED {
            if self.rng.chance(300_000) {
                let value = *pick(&mut self.rng, &["on", "off"]);
                let _ = write!(words, " {switch}={value}");
            }
        }
        self.line(words);
    }

    fn settings(&mut self) {
        let low = self.rng.between(0, 5);
        let high = low + self.rng.below(20);
        let timeout = self.timeout;
        let mut words = format!(
            "set node-timeout={timeout} latency={low}ms..{high}ms jitter={}ms writes={}/s repl-timeout=10s",
            self.rng.below(10),
            self.rng.below(40),
        );
        let mut maybe = |rng: &mut Rng, share: u32, word: String| {
            if rng.chance(share) {
                let _ = write!(words, " {word}");
            }
        };
        let fsync = format!("fsync={}ms", self.rng.below(30));
        let snapshot = format!("snapshot={}ms", self.rng.below(3000));
        maybe(&mut self.rng, 500_000, fsync);
        maybe(&mut self.rng, 500_000, snapshot);
        maybe(&mut self.rng, 200_000, "election-delay=0s".to_owned());
        maybe(&mut self.rng, 200_000, "replica-validity-factor=0".to_owned());
        maybe(&mut self.rng, 200_000, "require-full-coverage=no".to_owned());
        maybe(&mut self.rng, 200_000, "allow-replica-migration=no".to_owned());
        maybe(&mut self.rng, 100_000, "loss=1%".to_owned());
        self.line(words);
    }

    fn node(&mut self) -> NodeName {
        *pick(&mut self.rng, &self.nodes)
    }

    /// One or a few nodes, roles and names mixed.
    fn some(&mut self) -> String {
        let shard = crate::scenario::ShardName(u16::try_from(self.rng.below(self.shards)).unwrap_or(0));
        match self.rng.below(8) {
            0 => format!("{shard}.replicas"),
            1 => format!("{shard}.best"),
            2 => format!("{shard}.all"),
            3..=5 => shard.to_string(),
            _ => self.node().to_string(),
        }
    }

    fn fault(&mut self, at: Duration) {
        let later = at + Duration::from_millis(self.rng.below(self.timeout.as_millis() * 4) + 1);
        match self.rng.below(20) {
            0..=4 => self.end("kill", at, later),
            5 => self.end("powercut", at, later),
            6 | 7 => {
                let node = self.node();
                self.line(format_args!("at {at} pause {node}"));
                self.line(format_args!("at {later} resume {node}"));
            }
            8..=10 => self.cut(at, later),
            11 => {
                let (from, to, by) = (self.some(), self.some(), self.rng.between(1, 2000));
                self.line(format_args!("at {at} slow {from} -> {to} by {by}ms"));
            }
            12 => {
                let (share, word) = (self.rng.between(1, 40), *pick(&mut self.rng, &["lose", "duplicate"]));
                let (from, to) = (self.some(), self.some());
                self.line(format_args!("at {at} {word} {from} -> {to} {share}%"));
            }
            13 => {
                let kind = *pick(&mut self.rng, &["auth-ack", "auth-nack", "auth-request", "fail", "update"]);
                let times = self.rng.between(1, 6);
                self.line(format_args!("at {at} drop {kind} times {times}"));
            }
            14 => {
                let kind = *pick(&mut self.rng, &["auth-ack", "auth-nack", "auth-request"]);
                self.line(format_args!("at {at} hold {kind}"));
                self.line(format_args!("at {later} release {kind}"));
            }
            15 | 16 => {
                let node = self.node();
                let mode = *pick(&mut self.rng, &["", " force", " takeover"]);
                self.line(format_args!("at {at} failover {node}{mode}"));
            }
            17 => {
                let (node, by) = (self.node(), self.rng.between(1, 5000));
                self.line(format_args!("at {at} lag {node} by {by}ms"));
            }
            18 => {
                let node = self.node();
                self.line(format_args!("at {at} disk {node} slow"));
            }
            _ => {
                let (from, to) = (self.rng.below(self.shards), self.rng.below(self.shards));
                let name = |shard| crate::scenario::ShardName(u16::try_from(shard).unwrap_or(0));
                if from != to {
                    let first = u64::from(crate::base::SLOTS) * from / self.shards + 1;
                    let last = first + self.rng.below(200);
                    let (from, to) = (name(from), name(to));
                    self.line(format_args!("at {at} move slots {first}-{last} from {from} to {to}"));
                }
            }
        }
    }

    /// Several shards lose a node at once now and then: that is where votes split.
    fn end(&mut self, verb: &str, at: Duration, later: Duration) {
        let many = if self.rng.chance(500_000) { self.rng.between(1, self.shards.div_ceil(2)) } else { 1 };
        for _ in 0..many {
            let node = if self.rng.chance(700_000) {
                let shard = self.rng.below(self.shards);
                NodeName::new(u16::try_from(shard).unwrap_or(0), 0)
            } else {
                self.node()
            };
            self.line(format_args!("at {at} {verb} {node}"));
            if self.rng.chance(400_000) {
                self.line(format_args!("at {later} restart {node}"));
            } else if !self.ended.contains(&node) {
                self.ended.push(node);
            }
        }
    }

    fn cut(&mut self, at: Duration, later: Duration) {
        let (mut one, mut other) = (Vec::new(), Vec::new());
        for node in self.nodes.clone() {
            let group = if self.rng.chance(350_000) { &mut one } else { &mut other };
            group.push(node.to_string());
        }
        if one.is_empty() || other.is_empty() {
            return;
        }
        let arrow = if self.rng.chance(300_000) { "->" } else { "|" };
        self.line(format_args!("at {at} cut {} {arrow} {}", one.join(" "), other.join(" ")));
        if self.rng.chance(500_000) {
            self.line(format_args!("at {later} heal"));
        }
    }

    fn mend(&mut self, at: Duration) {
        self.line(format_args!("at {at} heal"));
        self.line(format_args!("at {at} set loss=0%"));
        self.line(format_args!("at {at} resume all"));
        self.line(format_args!("at {at} lag all by 0s"));
        self.line(format_args!("at {at} disk all ok"));
        for node in std::mem::take(&mut self.ended) {
            self.line(format_args!("at {at} restart {node}"));
        }
    }
}

fn pick<'a, T>(rng: &mut Rng, from: &'a [T]) -> &'a T {
    &from[usize::try_from(rng.below(from.len() as u64)).unwrap_or(0)]
}
