//! What can be judged from outside: votes and wins, as nodes write them down. The rest of the properties
//! would need every frame, every disk and every table at every moment.

use std::collections::{BTreeMap, BTreeSet};

use crate::base::{Epoch, Instant, NodeId};
use crate::node::Event;
use crate::sim::{HostIx, Names, ViolationRow};
use crate::wire::Kind;

/// Properties of protocol.md §15 that this stage judges.
pub(super) const JUDGED: &[&str] = &["S1", "S2", "S3", "S4"];

/// One property that broke: which, when, where, how.
pub(super) type Broken = (&'static str, Instant, HostIx, String);

/// A win as the winner told it.
#[derive(Clone, Debug)]
struct Win {
    at: Instant,
    host: HostIx,
    epoch: Epoch,
    voters: Vec<NodeId>,
    needed: u32,
}

/// What was written down so far.
#[derive(Clone, Debug, Default)]
pub(super) struct Judge {
    /// How often a host was given an empty disk: then another node votes there.
    wiped: BTreeMap<HostIx, u32>,
    given: BTreeMap<(HostIx, u32, Epoch), NodeId>,
    last: BTreeMap<(HostIx, u32), Epoch>,
    wins: Vec<Win>,
    broken: Vec<Broken>,
    /// Someone took an epoch without asking.
    operated: bool,
    /// Frames that each process has sent.
    sent: BTreeMap<(HostIx, u32), BTreeMap<Kind, u64>>,
    /// Those that were sent before the script began.
    before: BTreeMap<Kind, u64>,
}

impl Judge {
    pub(super) fn wiped(&mut self, host: HostIx) {
        *self.wiped.entry(host).or_default() += 1;
    }

    pub(super) fn operated(&mut self) {
        self.operated = true;
    }

    /// A process says how many frames it has sent.
    pub(super) fn counted(&mut self, host: HostIx, incarnation: u32, sent: &BTreeMap<Kind, u64>) {
        self.sent.insert((host, incarnation), sent.clone());
    }

    fn sent_in_all(&self) -> BTreeMap<Kind, u64> {
        let mut all = BTreeMap::new();
        for (kind, count) in self.sent.values().flatten() {
            *all.entry(*kind).or_default() += count;
        }
        all
    }

    /// The script begins.
    pub(super) fn begin(&mut self) {
        self.before = self.sent_in_all();
    }

    /// Frames of each kind that were sent since the script began.
    pub(super) fn messages(&self) -> BTreeMap<&'static str, u64> {
        let since = |(kind, count): (Kind, u64)| {
            let before = self.before.get(&kind).copied().unwrap_or(0);
            (kind.word(), count.saturating_sub(before))
        };
        self.sent_in_all().into_iter().map(since).filter(|(_, count)| *count > 0).collect()
    }

    pub(super) fn heard(&mut self, at: Instant, host: HostIx, event: &Event, names: &Names) {
        match event {
            Event::VoteGranted { candidate, epoch } => self.voted(at, host, *candidate, *epoch, names),
            Event::ElectionWon { epoch, voters, needed } => {
                let win = Win { at, host, epoch: *epoch, voters: voters.clone(), needed: *needed };
                self.wins.push(win);
            }
            _ => {}
        }
    }

    fn voted(&mut self, at: Instant, host: HostIx, candidate: NodeId, epoch: Epoch, names: &Names) {
        let wiped = self.wiped.get(&host).copied().unwrap_or(0);
        let first = *self.given.entry((host, wiped, epoch)).or_insert(candidate);
        if first != candidate {
            let (first, second) = (names.tell(first), names.tell(candidate));
            self.broken.push(("S1", at, host, format!("voted for {first} and {second} in epoch {epoch}")));
        }
        let last = self.last.insert((host, wiped), epoch);
        if last.is_some_and(|last| last >= epoch) {
            let what = format!("voted in epoch {epoch} after a vote in a later one or the same");
            self.broken.push(("S2", at, host, what));
        }
    }

    /// Everything that broke, once per property and host. Wins are judged now: a vote may have been read
    /// after the win that it led to.
    pub(super) fn broken(&self, names: &Names) -> Vec<Broken> {
        let mut found = self.broken.clone();
        let mut winners: BTreeMap<Epoch, HostIx> = BTreeMap::new();
        for win in &self.wins {
            let votes: BTreeSet<HostIx> = self
                .given
                .iter()
                .filter(|((_, _, epoch), to)| *epoch == win.epoch && names.host_of(**to) == Some(win.host))
                .map(|((voter, ..), _)| *voter)
                .collect();
            let named: BTreeSet<HostIx> = win.voters.iter().filter_map(|id| names.host_of(*id)).collect();
            // Real servers do not say whose votes they had, nor how many they needed.
            let silent = win.needed == 0;
            if !silent && (!named.is_subset(&votes) || named.len() < win.needed as usize) {
                let real = named.intersection(&votes).count();
                let what =
                    format!("won epoch {} with {real} of {} votes that were given", win.epoch, win.needed);
                found.push(("S3", win.at, win.host, what));
            }
            let first = *winners.entry(win.epoch).or_insert(win.host);
            if first != win.host && !self.operated {
                let what = format!("won epoch {}, as {} did", win.epoch, names.host(first));
                found.push(("S4", win.at, win.host, what));
            }
        }
        let mut seen = BTreeSet::new();
        found.retain(|(property, _, host, _)| seen.insert((*property, *host)));
        found
    }
}

/// A broken property as a row of the report.
pub(super) fn row((property, at, host, what): &Broken, names: &Names, promised: bool) -> ViolationRow {
    ViolationRow {
        property: (*property).to_owned(),
        at_ms: at.as_millis(),
        node: Some(names.host(*host).to_string()),
        what: what.clone(),
        promised,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scenario::NodeName;

    #[test]
    fn a_vote_given_twice_and_a_win_without_votes_are_found() {
        let id = |text: &str| text.repeat(20).parse::<NodeId>().expect("an id");
        let mut names = Names::default();
        let hosts: Vec<HostIx> = (0..3)
            .map(|shard| {
                let host = names.add_host(NodeName::new(shard, 0));
                names.add_node(id(["aa", "bb", "cc"][usize::from(shard)]), host);
                host
            })
            .collect();
        let at = Instant::ZERO;
        let vote = |to: &str, epoch| Event::VoteGranted { candidate: id(to), epoch: Epoch(epoch) };
        let win = |voters: &[&str]| Event::ElectionWon {
            epoch: Epoch(5),
            voters: voters.iter().map(|voter| id(voter)).collect(),
            needed: 1,
        };
        let judged = |told: &[(HostIx, Event)]| -> Vec<&'static str> {
            let mut judge = Judge::default();
            for (host, event) in told {
                judge.heard(at, *host, event, &names);
            }
            judge.broken(&names).iter().map(|(property, ..)| *property).collect()
        };
        let [a, b, c] = hosts[..] else { unreachable!("three hosts") };
        assert_eq!(judged(&[(a, vote("bb", 5)), (b, win(&["aa"]))]), [""; 0]);
        assert_eq!(judged(&[(b, win(&["aa"])), (a, vote("bb", 5))]), [""; 0]);
        assert_eq!(judged(&[(a, vote("bb", 5)), (a, vote("cc", 5))]), ["S1", "S2"]);
        assert_eq!(judged(&[(a, vote("bb", 5)), (a, vote("bb", 4))]), ["S2"]);
        assert_eq!(judged(&[(b, win(&["aa"]))]), ["S3"]);
        assert_eq!(
            judged(&[(a, vote("bb", 5)), (c, vote("aa", 5)), (b, win(&["aa"])), (a, win(&["cc"]))]),
            ["S4"]
        );
    }
}
