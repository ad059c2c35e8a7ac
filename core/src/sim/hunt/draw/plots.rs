//! Plots: a few faults that only together are a story. Who plays which part is drawn, and most of the
//! times; what comes of it is not known.

use crate::base::Duration;
use crate::scenario::{NodeName, ShardName};

use super::Draft;

/// A shard's primary and one of its replicas.
struct Pair {
    shard: ShardName,
    primary: NodeName,
    replica: NodeName,
}

impl Draft {
    /// Lays one plot into the world.
    pub(in super::super) fn plot(&mut self) {
        match self.rng.below(9) {
            0 => self.dead_again(),
            1 => self.moved_to_the_dead(),
            2 => self.newer_than_known(),
            3 => self.handed_over_twice(),
            4 => self.forgotten(),
            5 => self.stranger(),
            6 => self.empty_process(),
            7 => self.half_reached(),
            _ => self.short_memory(),
        }
    }

    fn pair(&mut self) -> Pair {
        let replica = self.replica();
        Pair { shard: replica.shard, primary: NodeName { index: 0, ..replica }, replica }
    }

    /// A moment after the last, up to a few timeouts.
    fn soon(&mut self) -> Duration {
        let grain = self.pick(&[50, 100, 500]);
        let span = self.timeout.as_millis() * self.pick(&[1, 2, 5]);
        let ms = self.last.as_millis() + 50 + self.rng.below(span);
        self.last = Duration::from_millis(ms.next_multiple_of(grain));
        self.last
    }

    /// Somebody to talk to outside a shard.
    fn outsider(&mut self, shard: ShardName) -> NodeName {
        let others = self.shards.len().max(2) - 1;
        let step = 1 + u16::try_from(self.rng.below(others as u64)).unwrap_or(0);
        let count = u16::try_from(self.shards.len()).unwrap_or(1);
        NodeName::new((shard.0 + step) % count, 0)
    }

    /// A primary dies, then the one that took its place; the first may have come back in between.
    fn dead_again(&mut self) {
        let Pair { shard, primary, .. } = self.pair();
        let at = self.moment();
        self.line(format_args!("at {at} kill {primary}"));
        if self.rng.chance(400_000) {
            let at = self.soon();
            self.line(format_args!("at {at} restart {primary}"));
        }
        if self.rng.chance(300_000) {
            let (at, other) = (self.soon(), self.node());
            self.line(format_args!("at {at} pause {other}"));
        }
        self.last += self.timeout * 2;
        let at = self.soon();
        self.line(format_args!("at {at} kill {shard}"));
    }

    /// A replica is told to follow a primary that does not answer; its own may be gone as well.
    fn moved_to_the_dead(&mut self) {
        let Pair { primary, replica, .. } = self.pair();
        let dead = self.primary();
        let (first, verb) = (self.moment(), self.pick(&["kill", "pause"]));
        if self.rng.chance(500_000) && primary != dead {
            self.line(format_args!("at {first} {verb} {primary} {dead}"));
        } else {
            self.line(format_args!("at {first} {verb} {dead}"));
        }
        let (writes, shard) = (self.pick(&[100, 1000]), dead.shard);
        let before = first.saturating_sub(Duration::from_millis(200));
        self.line(format_args!("at {before} write {writes} to {shard}"));
        let at = self.soon();
        self.line(format_args!("at {at} replicate {replica} {dead}"));
    }

    /// A primary's claim grows newer where its replicas cannot hear it, and it dies.
    fn newer_than_known(&mut self) {
        let Pair { shard, primary, replica } = self.pair();
        let giver = self.outsider(shard);
        let at = self.moment();
        self.line(format_args!("at {at} cut {primary} | {replica}"));
        let first = u64::from(crate::base::SLOTS) * u64::from(giver.shard.0) / self.shards.len() as u64 + 1;
        let at = self.soon();
        self.line(format_args!("at {at} move slots {first} from {giver} to {primary}"));
        let at = self.soon();
        self.line(format_args!("at {at} kill {primary}"));
    }

    /// Two manual failovers of one shard; votes for the first may get lost, the primary may have been
    /// started again before.
    fn handed_over_twice(&mut self) {
        let Pair { primary, replica, .. } = self.pair();
        if self.rng.chance(300_000) {
            let at = self.moment();
            self.line(format_args!("at {at} restart {primary}"));
        }
        let at = self.moment();
        if self.rng.chance(500_000) {
            let times = self.rng.between(1, 3);
            self.line(format_args!("at {at} drop auth-ack to {replica} times {times}"));
        }
        self.line(format_args!("at {at} failover {replica}"));
        let (again, at) = (self.pick(&[replica, replica, primary]), self.soon());
        let at = if self.rng.chance(300_000) { at + self.timeout * 5 } else { at };
        self.last = at;
        self.line(format_args!("at {at} failover {again}"));
    }

    /// A dead primary is forgotten, by some or by all, before anybody took its place.
    fn forgotten(&mut self) {
        let Pair { shard, primary, .. } = self.pair();
        let at = self.moment();
        self.line(format_args!("at {at} kill {primary}"));
        let on = match self.rng.below(3) {
            0 => String::new(),
            1 => format!(" on {}", self.some()),
            _ => {
                let (one, other) = (self.outsider(shard), self.outsider(shard));
                if one == other { format!(" on {one}") } else { format!(" on {one} {other}") }
            }
        };
        let when = if self.rng.chance(500_000) {
            format!("when {primary} failed")
        } else {
            format!("at {}", self.soon())
        };
        self.line(format_args!("{when} forget {primary}{on}"));
    }

    /// A node comes back with nothing on its disk, and is met; what it says may come late.
    fn stranger(&mut self) {
        let node = self.node();
        let greeter = self.outsider(node.shard);
        let at = self.moment();
        self.line(format_args!("at {at} kill {node}"));
        if self.rng.chance(500_000) {
            let at = self.soon();
            self.line(format_args!("at {at} forget {node}"));
        }
        let at = self.soon();
        self.line(format_args!("at {at} restart {node} wiped"));
        let kind = self.pick(&["ping", "pong"]);
        let held = self.rng.chance(500_000);
        let at = self.soon();
        if held {
            self.line(format_args!("at {at} hold {kind} from {node}"));
        }
        let ends = if self.rng.chance(500_000) { (greeter, node) } else { (node, greeter) };
        self.line(format_args!("at {at} meet {} {}", ends.0, ends.1));
        if held {
            let later = at + self.timeout * self.rng.between(1, 3);
            self.line(format_args!("at {later} release {kind}"));
        }
        if self.rng.chance(500_000) {
            let sibling = NodeName { index: u16::from(node.index == 0), ..node };
            let (at, to) = (self.soon() + self.timeout * 2, self.pick(&[greeter, sibling]));
            self.last = at;
            self.line(format_args!("at {at} replicate {node} {to}"));
            if to == sibling && self.rng.chance(700_000) {
                let (one, at) = (to, self.soon() + self.timeout);
                self.line(format_args!("at {at} kill {one}"));
            }
        }
    }

    /// A process starts again, or as somebody else, and the others only see its address.
    fn empty_process(&mut self) {
        let Pair { shard, primary, replica } = self.pair();
        let node = self.pick(&[primary, primary, replica]);
        let at = self.moment();
        self.line(format_args!("at {at} restart {node}"));
        let at = self.soon();
        match self.rng.below(3) {
            0 => self.line(format_args!("at {at} reset {node} hard")),
            1 => {
                self.line(format_args!("at {at} write 100 to {shard}"));
                let at = self.soon();
                self.line(format_args!("at {at} kill {primary}"));
                let (at, sibling) = (self.soon(), NodeName { index: 1 + replica.index % 2, ..replica });
                self.line(format_args!("at {at} pause {sibling}"));
                let at = self.soon();
                self.line(format_args!("at {at} resume {sibling}"));
            }
            _ => self.line(format_args!("at {at} failover {replica}")),
        }
    }

    /// One primary is out of reach of few voters and of all who have no vote.
    fn half_reached(&mut self) {
        let Pair { shard, replica, .. } = self.pair();
        let voters: Vec<NodeName> = (0..self.shards.len())
            .map(|at| NodeName::new(u16::try_from(at).unwrap_or(0), 0))
            .filter(|node| node.shard != shard)
            .collect();
        let (mut there, mut here) = (vec![replica.to_string()], vec![format!("{shard}0")]);
        for voter in voters {
            // Those without slots come last.
            let side = if usize::from(voter.shard.0) >= self.slotted || self.rng.chance(300_000) {
                &mut there
            } else {
                &mut here
            };
            side.push(voter.to_string());
        }
        let at = self.moment();
        self.line(format_args!("at {at} cut {} | {}", there.join(" "), here.join(" ")));
    }

    /// A voter is seen by one candidate, starts again, and is seen by another.
    fn short_memory(&mut self) {
        let Pair { shard, primary, replica } = self.pair();
        let voter = self.outsider(shard);
        let rival =
            NodeName { index: 1 + replica.index % self.shards[usize::from(shard.0)].max(1), ..replica };
        let at = self.moment();
        if self.rng.chance(700_000) {
            let state = self.pick(&["full", "slow"]);
            self.line(format_args!("at {at} disk {voter} {state}"));
            self.line(format_args!("at {at} set {voter} config-save-behavior=best-effort"));
        }
        let (mut mine, mut theirs) =
            (vec![primary.to_string(), replica.to_string()], vec![rival.to_string()]);
        for at in 0..self.shards.len() {
            let other = NodeName::new(u16::try_from(at).unwrap_or(0), 0);
            if other.shard != shard && other != voter {
                if self.rng.chance(300_000) { &mut mine } else { &mut theirs }.push(other.to_string());
            }
        }
        let (mine, theirs) = (mine.join(" "), theirs.join(" "));
        self.line(format_args!("at {at} cut {mine} {voter} | {theirs}"));
        let at = self.soon();
        self.line(format_args!("at {at} failover {replica} force"));
        self.line(format_args!("when {replica} won kill {voter}"));
        let at = self.soon();
        self.line(format_args!("at {at} heal"));
        self.line(format_args!("at {at} cut {mine} | {voter} {theirs}"));
        let at = self.soon();
        self.line(format_args!("at {at} restart {voter}"));
        let at = self.soon();
        self.line(format_args!("at {at} failover {rival} force"));
    }
}
