//! Plays the script: does what it says when it says so, notices what it waits for, ends its runs and
//! judges what it expects. What people do by hand joins the script, so that it is played alike.

use std::sync::Arc;

use crate::base::{Duration, Instant, Rng};
use crate::node::Event;
use crate::scenario::{Condition, PropertyId, Run, Script, Selector, Statement};

use super::ledger::Ledger;
use super::waits::{Cast, Wait};
use super::{HostIx, Names, Simulator};

#[derive(Clone, Debug, Default)]
pub(super) struct Director {
    runs: Vec<Run>,
    /// Which run it is, and when it began.
    run: usize,
    began: Instant,
    until: Option<Wait>,
    whens: Vec<Wait>,
    expects: Vec<Wait>,
    /// What somebody outside of the script looks out for.
    watches: Vec<Wait>,
    /// The last `at` line's moment.
    pub(super) last_at: Instant,
    pub(super) first_fault: Option<Instant>,
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

    pub(super) fn fault(&mut self, now: Instant) {
        self.first_fault.get_or_insert(now);
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
        self.director.runs = script.runs();
        for (number, statement) in script.statements.iter().enumerate() {
            match &statement.value {
                Statement::At { at, .. } => {
                    self.agenda.enter_statement(*at, number);
                    self.director.last_at = self.director.last_at.max(*at);
                }
                Statement::Every { period, .. } => {
                    self.agenda.enter_statement(Instant::ZERO + *period, number);
                }
                Statement::When { condition, .. } => {
                    self.director.whens.push(Wait::new(condition, Some(number)));
                }
                Statement::Expect { condition, within } => {
                    self.director.expects.push(Wait::expected(condition, *within, number));
                }
                Statement::Run(_) => {}
            }
        }
        self.begin_run();
    }

    fn begin_run(&mut self) {
        let director = &mut self.director;
        director.began = self.now;
        director.until = match director.runs.get(director.run) {
            Some(Run::Until { condition, .. }) => Some(Wait::new(condition, None)),
            _ => None,
        };
    }

    /// A statement of the script is due.
    pub(super) fn statement(&mut self, number: usize) {
        let script: Arc<Script> = self.script.clone();
        let Some(statement) = script.statements.get(number) else { return };
        match &statement.value {
            Statement::At { action, .. } => self.act(action),
            Statement::Every { period, action, until } => {
                self.act(action);
                let next = self.now + *period;
                if until.is_none_or(|until| next <= until) {
                    self.agenda.enter_statement(next, number);
                }
            }
            Statement::When { .. } | Statement::Run(_) | Statement::Expect { .. } => {}
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
        let waits = director.until.iter_mut().chain(&mut director.whens).chain(&mut director.expects);
        for wait in waits.chain(&mut director.watches) {
            wait.hear(self, now, host, event, split);
        }
        self.director = director;
    }

    /// After each step: `when` lines, the end of a run, and since when expectations hold.
    pub(super) fn direct(&mut self) {
        self.do_whens();
        self.note_expectations();
        if let Some(wait) = self.director.until.take() {
            let over = self.now >= self.director.last_at && self.holds(&wait);
            self.director.until = Some(wait);
            if over {
                self.end_run();
            }
        }
    }

    fn do_whens(&mut self) {
        for at in 0..self.director.whens.len() {
            if self.director.whens[at].done {
                continue;
            }
            let whens = std::mem::take(&mut self.director.whens);
            let (holds, statement) = (self.holds(&whens[at]), whens[at].statement);
            self.director.whens = whens;
            if !holds {
                continue;
            }
            self.director.whens[at].done = true;
            let script = self.script.clone();
            if let Some(Statement::When { action, .. }) =
                statement.and_then(|number| script.statements.get(number)).map(|found| &found.value)
            {
                self.act(action);
            }
        }
    }

    fn note_expectations(&mut self) {
        let start = self.director.first_fault.unwrap_or(Instant::ZERO);
        let mut expects = std::mem::take(&mut self.director.expects);
        for wait in expects.iter_mut().filter(|wait| wait.timed) {
            let holds = self.holds(wait);
            wait.note(self.now, start, holds);
        }
        self.director.expects = expects;
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
        let span = match self.director.runs.get(self.director.run)? {
            Run::For(span) | Run::Until { at_most: span, .. } => *span,
        };
        Some((self.director.began + span).max(self.director.last_at))
    }

    /// Whether every `run` line is over.
    pub fn finished(&self) -> bool {
        self.director.run >= self.director.runs.len()
    }

    pub(super) fn end_run(&mut self) {
        self.director.run += 1;
        if self.finished() && self.expects_convergence() && self.is_mended() {
            self.judge_liveness();
        }
        self.begin_run();
    }

    /// A script that expects the cluster to agree in the end promises that its faults end: then what
    /// must be so some time after faults is judged when it is over.
    fn expects_convergence(&self) -> bool {
        let expects = &self.director.expects;
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
        let start = self.director.first_fault.unwrap_or(Instant::ZERO);
        let expects = self.director.expects.clone();
        expects
            .iter()
            .filter_map(|wait| {
                let found = script.statements.get(wait.statement?)?;
                let Statement::Expect { within, .. } = &found.value else { return None };
                let broke = wait.property().and_then(|property| self.broke_at(property));
                let met = wait.verdict(*within, start, broke, || self.holds(wait));
                Some((found.line, found.value.to_string(), met))
            })
            .collect()
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
        self.director.first_fault
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
