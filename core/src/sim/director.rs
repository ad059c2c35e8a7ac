//! Plays the script: does what it says when it says so, notices what it waits for, ends its runs and
//! judges what it expects. What people do by hand joins the script, so that it is played alike.

use std::sync::Arc;

use crate::base::{Duration, Instant, Rng};
use crate::node::Event;
use crate::scenario::{Condition, PropertyId, Script, Selector, Statement};

use super::cues::{Cues, again};
use super::ledger::Ledger;
use super::waits::{Cast, Wait};
use super::{HostIx, Names, Simulator};

#[derive(Clone, Debug, Default)]
pub(super) struct Director {
    pub(super) cues: Cues,
    /// What somebody outside of the script looks out for.
    watches: Vec<Wait>,
    pub(super) ledger: Ledger,
    chance: Option<Rng>,
    /// Whether the eventual properties were judged.
    pub(super) judged: bool,
    /// When convergence was last looked at, and what was seen.
    looked: Option<(Instant, u64, bool)>,
}

/// Convergence is looked at again after this long even if no event says that anything changed.
const LOOK_AGAIN: Duration = Duration::from_millis(100);

impl Director {
    /// A number below `bound`.
    pub(super) fn draw(&mut self, seed: &Rng, bound: usize) -> usize {
        let chance = self.chance.get_or_insert_with(|| seed.fork("director"));
        usize::try_from(chance.below(bound as u64)).unwrap_or(0)
    }

    pub(super) fn stopped(&mut self, host: HostIx, now: Instant) {
        self.ledger.stopped(host, now);
    }

    pub(super) fn started(&mut self, host: HostIx) {
        self.ledger.started(host);
    }
}

impl Simulator {
    /// Reads the script into the agenda.
    pub(super) fn begin_script(&mut self) {
        let script = self.script.clone();
        let agenda = &mut self.agenda;
        self.director.cues = Cues::new(&script, |at, number| agenda.enter_statement(at, number));
    }

    /// A statement of the script is due.
    pub(super) fn statement(&mut self, number: usize) {
        let script: Arc<Script> = self.script.clone();
        let Some(statement) = script.statements.get(number) else { return };
        if let Statement::At { action, .. } | Statement::Every { action, .. } = &statement.value {
            self.act(action);
        }
        if let Some(next) = again(&statement.value, self.now) {
            self.agenda.enter_statement(next, number);
        }
    }

    /// A node's word: does the script wait for one like it?
    pub(super) fn heard(&mut self, host: HostIx, event: &Event) {
        let now = self.now;
        let shard = self.shard_of(host);
        let split = self.director.ledger.event(now, host, shard, event, &self.names);
        if split {
            self.checker.hit("split vote");
        }
        let mut director = std::mem::take(&mut self.director);
        director.cues.hear(self, now, host, event, split);
        for wait in &mut director.watches {
            wait.hear(self, now, host, event, split);
        }
        self.director = director;
    }

    /// After each step: `when` lines, the end of a run, and since when expectations hold.
    pub(super) fn direct(&mut self) {
        self.do_whens();
        self.note_expectations();
        if let Some(wait) = self.director.cues.until.take() {
            let over = self.director.cues.may_end(self.now) && self.holds(&wait);
            self.director.cues.until = Some(wait);
            if over {
                self.end_run();
            }
        }
    }

    fn do_whens(&mut self) {
        for at in 0..self.director.cues.whens.len() {
            if self.director.cues.whens[at].done {
                continue;
            }
            let whens = std::mem::take(&mut self.director.cues.whens);
            let (holds, statement) = (self.holds(&whens[at]), whens[at].statement);
            self.director.cues.whens = whens;
            if !holds {
                continue;
            }
            self.director.cues.whens[at].done = true;
            let script = self.script.clone();
            if let Some(Statement::When { action, .. }) =
                statement.and_then(|number| script.statements.get(number)).map(|found| &found.value)
            {
                self.act(action);
            }
        }
    }

    fn note_expectations(&mut self) {
        let start = self.director.cues.start();
        let mut expects = std::mem::take(&mut self.director.cues.expects);
        for wait in expects.iter_mut().filter(|wait| wait.timed) {
            let holds = self.holds(wait);
            wait.note(self.now, start, holds);
        }
        self.director.cues.expects = expects;
    }

    fn holds(&mut self, wait: &Wait) -> bool {
        self.is_true(&wait.condition, wait.seen.is_some())
    }

    /// Whether a condition holds now; one that speaks of a moment holds once that moment was seen.
    fn is_true(&mut self, condition: &Condition, seen: bool) -> bool {
        match condition {
            Condition::Not(inner) => !self.is_true(inner, seen),
            Condition::Covered => self.watch.covered,
            Condition::Converged => self.looks_converged(),
            Condition::PrimaryOf { shard, node } => {
                self.meant(Selector::Primary(*shard)).iter().any(|host| self.hosts[host.get()].name == *node)
            }
            Condition::EpochAtLeast(epoch) => self
                .hosts
                .iter()
                .filter_map(super::host::Host::running)
                .any(|node| node.view().current_epoch.0 >= *epoch),
            Condition::OffsetAtLeast { node, offset } => self
                .meant(*node)
                .into_iter()
                .any(|host| self.node(host).is_some_and(|node| node.offset().0 >= *offset)),
            Condition::NoLostWrites => self.lost_writes() == 0,
            Condition::LostWritesAtMost(most) => self.lost_writes() <= *most,
            Condition::NoBrokenPromises => !self.violations().iter().any(|(.., broken)| broken.promised),
            Condition::NoViolations => self.violations().is_empty(),
            Condition::Violation(property) => self.broke_at(*property).is_some(),
            Condition::RoundsAtMost { shard, rounds } => self.director.ledger.rounds_of(*shard) <= *rounds,
            Condition::Failed(_)
            | Condition::Asks(_)
            | Condition::VotesFor { .. }
            | Condition::Refuses { .. }
            | Condition::SplitVote
            | Condition::Won(_) => seen,
        }
    }

    /// When a property first broke.
    fn broke_at(&self, property: PropertyId) -> Option<Instant> {
        let property = property.to_string();
        let mut all = self.violations().iter();
        all.find(|(.., violation)| violation.property == property).map(|(at, ..)| *at)
    }

    fn lost_writes(&mut self) -> u64 {
        self.count_lost();
        self.clients.writes.lost
    }

    fn looks_converged(&mut self) -> bool {
        let count = self.recorder.count;
        if let Some((at, records, seen)) = self.director.looked
            && records == count
            && self.now < at + LOOK_AGAIN
        {
            return seen;
        }
        let seen = self.is_converged();
        self.director.looked = Some((self.now, count, seen));
        seen
    }

    /// When the present run ends at the latest; none if the script is over.
    pub fn deadline(&self) -> Option<Instant> {
        self.director.cues.deadline()
    }

    /// Whether every `run` line is over.
    pub fn finished(&self) -> bool {
        self.director.cues.finished()
    }

    pub(super) fn end_run(&mut self) {
        self.director.cues.end_run(self.now);
        if self.finished() && self.expects_convergence() && self.is_mended() {
            self.judge_liveness();
        }
    }

    /// A script that expects the cluster to agree in the end promises that its faults end: then what
    /// must be so some time after faults is judged when it is over.
    fn expects_convergence(&self) -> bool {
        let expects = &self.director.cues.expects;
        expects.iter().any(|wait| wait.condition == Condition::Converged)
    }

    /// Plays the script to its end.
    pub fn run(&mut self) {
        while !self.finished() {
            self.step();
        }
    }

    /// What the script expects, and whether it is so: the line, its text, the verdict.
    pub fn expectations(&mut self) -> Vec<(u32, String, bool)> {
        let script = self.script.clone();
        let cues = self.director.cues.clone();
        cues.verdicts(&script, |wait| {
            let broke = wait.property().and_then(|property| self.broke_at(property));
            (broke, self.holds(wait))
        })
    }

    /// Looks out for a condition from now on; the answer is a number to ask [`Self::watched`] by.
    pub fn watch(&mut self, condition: &Condition) -> usize {
        self.director.watches.push(Wait::new(condition, None));
        self.director.watches.len() - 1
    }

    /// Whether what is looked out for holds now, or has happened.
    pub fn watched(&mut self, watch: usize) -> bool {
        let Some(wait) = self.director.watches.get(watch).cloned() else { return false };
        self.holds(&wait)
    }

    /// When the first fault came.
    pub fn first_fault(&self) -> Option<Instant> {
        self.director.cues.first_fault()
    }
}

impl Cast for Simulator {
    fn meant(&self, selector: Selector) -> Vec<HostIx> {
        self.meant(selector)
    }

    fn names(&self) -> &Names {
        &self.names
    }
}
