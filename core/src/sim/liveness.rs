//! What must be so some time after everything was mended.

use std::collections::BTreeMap;

use crate::base::{Duration, Rng};
use crate::node::Node;
use crate::scenario::{Action, DiskState, Selector};

use super::properties::Checker;
use super::{HostIx, Simulator, Violation, What};

/// What may come on top of what the rules say: ways, disks, crons.
const SLACK: Duration = Duration::from_millis(1500);
/// How long a primary must be alone before a replica moves to it.
const ALONE: Duration = Duration::from_secs(5);

/// Who dies after everything was mended.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Deaths {
    victims: Vec<HostIx>,
    /// The primary whose replicas they all are, if another has one to spare.
    orphan: Option<HostIx>,
}

impl Simulator {
    /// Judges the eventual properties at the end of a run whose faults have ended.
    pub fn judge_liveness(&mut self) {
        if std::mem::replace(&mut self.director.judged, true) {
            return;
        }
        let mut broken: Vec<(&str, String)> = Vec::new();
        if !self.covered() {
            broken.push(("L2", "some slot has no primary that all agree on".to_owned()));
        }
        if !self.is_converged() {
            broken.push(("L5", "tables differ".to_owned()));
        }
        let (_, scene) = self.judges();
        if let Some(epoch) = Checker::colliding(scene) {
            broken.push(("L4", format!("two primaries are at config epoch {epoch}")));
        }
        broken.extend(self.crowded_shard().map(|what| ("S18", what)));
        if !self.checker.was_moved() {
            broken.extend(self.unreformed().map(|what| ("L6", what)));
        }
        for (property, what) in broken {
            self.broke(property, what);
        }
    }

    /// Whether all faults have ended and every host runs.
    pub(super) fn is_mended(&self) -> bool {
        let is_well = |host: &super::host::Host| {
            host.running().is_some() && host.disk.state == DiskState::Ok && host.data.lag.is_zero()
        };
        self.hosts.iter().all(is_well) && self.network.is_mended()
    }

    fn broke(&mut self, property: &str, what: String) {
        let violation = Violation { property: property.to_owned(), what, promised: self.promises(property) };
        self.recorder.push(self.now, None, What::Violation(violation));
    }

    /// In a world that agrees, lets somebody die, come back as a stranger and be met, and judges what
    /// must follow. What is done joins the script.
    pub fn judge_aftermath(&mut self) {
        if !self.is_converged() || !self.violations().is_empty() {
            return;
        }
        let mut chance = self.seed.fork("aftermath");
        let Some(deaths) = self.choose(&mut chance) else { return };
        let timeout = self.node_timeout();
        let names = deaths.victims.iter().map(|host| Selector::Node(self.hosts[host.get()].name)).collect();
        let died = self.intend(Action::Kill(names));
        let known = died + timeout * 2 + SLACK;
        self.play(known);
        if let Some(what) = self.unmarked(&deaths.victims) {
            self.broke("L1", what);
        }
        if let Some(orphan) = deaths.orphan {
            self.play(known + ALONE + SLACK);
            if let Some(what) = self.alone(orphan) {
                self.broke("L9", what);
            }
        }
        self.meet_again(deaths.victims[0], timeout);
    }

    fn meet_again(&mut self, victim: HostIx, timeout: Duration) {
        let Some(greeter) = self.host_numbers().find(|host| self.running_node(*host).is_some()) else {
            return;
        };
        if !self.covered() {
            return;
        }
        let name = |host: HostIx| Selector::Node(self.hosts[host.get()].name);
        let (stranger, by) = (name(victim), name(greeter));
        let back = self.intend(Action::Restart { nodes: vec![stranger], wiped: true });
        let met = back + Duration::from_millis(100);
        self.intend_at(met, Action::Meet { node: by, with: stranger });
        self.play(met + timeout * 4 + SLACK * 2);
        if let Some(what) = self.strange(victim) {
            self.broke("L7", what);
        }
    }

    fn running_node(&self, host: HostIx) -> Option<&Node> {
        self.hosts[host.get()].running()
    }

    fn node_timeout(&self) -> Duration {
        let timeouts = self.hosts.iter().filter_map(super::host::Host::running);
        timeouts.map(|node| node.config().node_timeout).max().unwrap_or_default()
    }

    /// All replicas of one primary if that leaves an orphan to care for, else anyone whose death
    /// leaves a majority.
    fn choose(&self, chance: &mut Rng) -> Option<Deaths> {
        let hosts: Vec<HostIx> = self.host_numbers().collect();
        let draw = |chance: &mut Rng, from: &[HostIx]| {
            let at = usize::try_from(chance.below(from.len().max(1) as u64)).unwrap_or(0);
            from.get(at).copied()
        };
        let voters: Vec<HostIx> = hosts.iter().copied().filter(|host| self.is_voter(*host)).collect();
        let orphans: Vec<HostIx> = voters.iter().copied().filter(|host| self.can_be_helped(*host)).collect();
        if chance.chance(500_000)
            && let Some(orphan) = draw(chance, &orphans)
        {
            return Some(Deaths { victims: self.replicas(orphan), orphan: Some(orphan) });
        }
        let spare = voters.len() > 2;
        let mortal: Vec<HostIx> = hosts
            .into_iter()
            .filter(|host| self.running_node(*host).is_some() && (spare || !voters.contains(host)))
            .collect();
        draw(chance, &mortal).map(|victim| Deaths { victims: vec![victim], orphan: None })
    }

    fn is_voter(&self, host: HostIx) -> bool {
        self.running_node(host).is_some_and(|node| node.is_primary() && node.view().me().slot_count() > 0)
    }

    fn replicas(&self, primary: HostIx) -> Vec<HostIx> {
        let id = self.hosts[primary.get()].id;
        let follows = |host: &HostIx| self.running_node(*host).is_some_and(|node| node.primary() == Some(id));
        self.host_numbers().filter(follows).collect()
    }

    /// Whether another shard could give this one a replica if it lost its own.
    fn can_be_helped(&self, orphan: HostIx) -> bool {
        let spare = |host: HostIx| {
            let Some(node) = self.running_node(host).filter(|_| self.is_voter(host)) else { return false };
            let config = node.config();
            config.allow_replica_migration
                && self.replicas(host).len() > config.migration_barrier.max(1) as usize
        };
        // Another that is alone already would be helped first, with the only one to spare.
        let alone = |host: HostIx| self.is_voter(host) && self.replicas(host).is_empty();
        !self.replicas(orphan).is_empty()
            && self.host_numbers().filter(|host| *host != orphan).any(spare)
            && !self.host_numbers().any(alone)
    }

    /// L1.
    fn unmarked(&self, victims: &[HostIx]) -> Option<String> {
        for host in self.host_numbers() {
            let Some(node) = self.running_node(host) else { continue };
            for victim in victims {
                let dead = &self.hosts[victim.get()];
                if !node.view().get(dead.id).is_some_and(crate::cluster::Peer::failed) {
                    return Some(format!("{} has not marked {} failed", self.names.host(host), dead.name));
                }
            }
        }
        None
    }

    /// L9.
    fn alone(&self, orphan: HostIx) -> Option<String> {
        let alone = self.is_voter(orphan) && self.replicas(orphan).is_empty();
        alone.then(|| format!("{} was given no replica", self.names.host(orphan)))
    }

    /// L7.
    fn strange(&self, met: HostIx) -> Option<String> {
        let stranger = self.running_node(met)?;
        let knows = |node: &Node, id| node.view().get(id).is_some_and(|peer| !peer.in_handshake());
        for host in self.host_numbers().filter(|host| *host != met) {
            let Some(node) = self.running_node(host) else { continue };
            if !knows(node, stranger.id()) || !knows(stranger, node.id()) {
                let (host, met) = (self.names.host(host), self.names.host(met));
                return Some(format!("{host} and {met} do not know each other"));
            }
        }
        None
    }

    fn crowded_shard(&self) -> Option<String> {
        let mut seen = BTreeMap::new();
        for (host, node) in self.host_numbers().filter_map(|host| Some((host, self.node(host)?))) {
            if node.is_primary()
                && !self.checker.was_given(host)
                && let Some(other) = seen.insert(node.shard(), host)
            {
                let (one, other) = (self.names.host(host), self.names.host(other));
                return Some(format!("{other} and {one} are primaries of one shard"));
            }
        }
        None
    }

    /// L6: a primary that was replaced and has not won since claims nothing.
    fn unreformed(&self) -> Option<String> {
        let failovers = self.failovers();
        failovers.iter().enumerate().find_map(|(at, failover)| {
            let old = failover.from.filter(|old| *old != failover.to && self.is_voter(*old))?;
            let again = failovers[at + 1..].iter().any(|later| later.to == old);
            let (old, new) = (self.names.host(old), self.names.host(failover.to));
            (!again).then(|| format!("{old} is a primary still, although {new} took its place"))
        })
    }

    /// What followed what in this run: whether on one node, what came first, what came next.
    pub fn trail(&self) -> impl Iterator<Item = (bool, &'static str, &'static str)> + '_ {
        self.checker.trail().pairs()
    }

    /// Interesting places this run came to, and how often.
    pub fn hits(&self) -> impl Iterator<Item = (&'static str, u64)> + '_ {
        self.checker.hits().iter().map(|(what, count)| (*what, *count))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::Instant;
    use crate::scenario::parse;

    const WORLD: &str = "shard A slots=0-5460 replicas=1\nshard B slots=5461-10922 replicas=1\n\
        shard C slots=10923-16383 replicas=2\nset node-timeout=1s\n";

    fn played(lines: &str, ms: u64) -> Simulator {
        let script = parse(&format!("{WORLD}{lines}run for 60s\n")).expect("it reads");
        let mut world = Simulator::new(&script);
        world.play(Instant::from_millis(ms));
        world
    }

    const A0: HostIx = HostIx(0);
    const A1: HostIx = HostIx(1);

    #[test]
    fn a_death_that_not_all_have_marked_is_found() {
        for (ms, found) in [(2_500, true), (5_000, false)] {
            assert_eq!(played("at 2s kill A1\n", ms).unmarked(&[A1]).is_some(), found, "{ms} ms");
        }
    }

    #[test]
    fn an_orphan_that_nobody_helps_is_found() {
        for (rules, found) in [("", false), ("set allow-replica-migration=no\n", true)] {
            let world = played(&format!("{rules}at 2s kill A1\n"), 14_000);
            assert_eq!(world.alone(A0).is_some(), found, "{rules}");
        }
    }

    #[test]
    fn a_stranger_whom_nobody_met_is_found() {
        for (meet, found) in [("", true), ("at 5s meet B0 A1\n", false)] {
            let world = played(&format!("at 2s kill A1\nat 4s restart A1 wiped\n{meet}"), 11_000);
            assert_eq!(world.strange(A1).is_some(), found, "{meet}");
        }
    }

    #[test]
    fn a_primary_that_does_not_give_way_is_found() {
        let cut = "at 2s cut A0 | A1 B.all C.all\nat 10s heal\n";
        for (ms, found) in [(1_000, false), (9_900, true), (15_000, false)] {
            let world = played(cut, ms);
            assert_eq!(world.unreformed().is_some(), found, "{ms} ms");
            assert_eq!(world.crowded_shard().is_some(), found, "{ms} ms");
        }
    }

    #[test]
    fn an_orphan_is_only_made_where_it_can_be_helped() {
        let mut world = played("", 1_000);
        assert!(world.can_be_helped(A0));
        world = played("at 500ms kill C1\n", 5_000);
        assert!(!world.can_be_helped(A0), "nobody has one to spare");
        world = played("at 500ms kill B1\n", 3_000);
        assert!(!world.can_be_helped(A0), "B0 is alone already and goes first");
    }

    #[test]
    fn worlds_with_two_orphans_and_one_spare_replica_break_nothing() {
        for seed in [6600, 9145] {
            let verdict = crate::sim::swarm::run(seed);
            assert!(verdict.good(), "seed {seed}: {:?}", verdict.violations);
        }
    }
}
