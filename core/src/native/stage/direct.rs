//! Plays the script in real time: acts when it says so, notices what it waits for, ends its runs.

use std::collections::BTreeSet;
use std::rc::Rc;

use crate::base::{Duration, Instant};
use crate::native::server::sleep;
use crate::node::Event;
use crate::scenario::{Action, Condition, Script, Selector, Statement};
use crate::sim::trace::{Filter, Line};
use crate::sim::{Cast as _, Cues, Happening, HostIx, Record, Wait, What, again};

use super::act::act;
use super::{Shared, Stage, StageError, real, words};

/// How often logs are read and conditions looked at.
const TICK: Duration = Duration::from_millis(20);

/// Where the script is, and what was seen of the cluster.
#[derive(Clone, Debug, Default)]
pub(super) struct Director {
    pub(super) cues: Cues,
    /// Statements by the moment at which they are due.
    agenda: BTreeSet<(Instant, usize)>,
    pub(super) covered: bool,
    pub(super) covered_since: Option<Instant>,
    pub(super) events: u64,
    /// Of acknowledged writes, at the end.
    pub(super) lost: Option<u64>,
}

impl Director {
    pub(super) fn new(script: &Script) -> Self {
        let mut agenda = BTreeSet::new();
        let cues = Cues::new(script, |at, number| {
            agenda.insert((at, number));
        });
        Self { cues, agenda, ..Self::default() }
    }
}

/// Plays the script to its end.
pub(super) async fn play(stage: &Shared) -> Result<(), StageError> {
    loop {
        stage.borrow_mut().look_around()?;
        if carry_out(stage).await? {
            // What was true before it need not be so any more.
            continue;
        }
        let wait = {
            let mut stage = stage.borrow_mut();
            let now = stage.now();
            let cues = &stage.director.cues;
            let Some(deadline) = cues.deadline() else { return Ok(()) };
            let early = cues.may_end(now) && cues.until.as_ref().is_some_and(|wait| stage.holds(wait));
            if early || now >= deadline {
                stage.director.cues.end_run(now);
                continue;
            }
            let due = stage.director.agenda.first().map_or(deadline, |(at, _)| *at).min(deadline);
            TICK.min(due.since(now))
        };
        sleep(real(wait)).await;
    }
}

/// Does what is due; true if anything was.
async fn carry_out(stage: &Shared) -> Result<bool, StageError> {
    let mut acted = false;
    loop {
        let next = stage.borrow_mut().next_action();
        let Some(action) = next else { return Ok(acted) };
        act(stage, &action).await?;
        acted = true;
    }
}

impl Stage {
    /// The next thing that the script does now.
    fn next_action(&mut self) -> Option<Action> {
        let now = self.now();
        let script = Rc::clone(&self.script);
        let statement = |number: usize| script.statements.get(number).map(|found| &found.value);
        if let Some((at, number)) = self.director.agenda.first().copied().filter(|(at, _)| *at <= now) {
            self.director.agenda.remove(&(at, number));
            if let Some(next) = statement(number).and_then(|statement| again(statement, at)) {
                self.director.agenda.insert((next, number));
            }
            return statement(number).and_then(Statement::action).cloned();
        }
        let whens = &self.director.cues.whens;
        let held = whens.iter().position(|wait| !wait.done && self.holds(wait))?;
        let when = &mut self.director.cues.whens[held];
        when.done = true;
        when.statement.and_then(statement).and_then(Statement::action).cloned()
    }

    /// Reads what nodes told, and sees what has become of the cluster.
    pub(super) fn look_around(&mut self) -> Result<(), StageError> {
        for host in self.hosts() {
            if self.seats[host.get()].has_ended() {
                self.lost_process(host)?;
            }
        }
        self.hear();
        let now = self.now();
        let covered = self.is_covered();
        if covered && !self.director.covered {
            self.director.covered_since = Some(now);
        }
        self.say_coverage(covered);
        self.director.covered = covered;
        for at in 0..self.last_primaries.len() {
            let shard = crate::scenario::ShardName(u16::try_from(at).unwrap_or(u16::MAX));
            if let Some(primary) = self.primary_of(shard) {
                self.last_primaries[at] = primary;
            }
        }
        let start = self.director.cues.start();
        let mut expects = std::mem::take(&mut self.director.cues.expects);
        for wait in expects.iter_mut().filter(|wait| wait.timed) {
            let holds = self.holds(wait);
            wait.note(now, start, holds);
        }
        self.director.cues.expects = expects;
        Ok(())
    }

    /// A process ended that nobody here ended. Who holds a cluster may have done so from elsewhere.
    fn lost_process(&mut self, host: HostIx) -> Result<(), StageError> {
        if !self.live {
            let seat = self.seat(host);
            return Err(StageError::Ended { name: seat.name.to_string(), log: seat.last_words() });
        }
        self.ended(host);
        Ok(())
    }

    /// Enters that a process is gone.
    pub(super) fn ended(&mut self, host: HostIx) {
        let now = self.now();
        self.seen[host.get()] = None;
        self.ledger.stopped(host, now);
        self.director.cues.fault(now);
        self.record(now, Some(host), What::Happening(Happening::Killed));
    }

    fn say_coverage(&self, covered: bool) {
        if covered != self.director.covered {
            let state = if covered { "every slot is served" } else { "some slots are not served" };
            self.say(&format!("{:<3} {:>11} {state}", "-", self.now().to_string()));
        }
    }

    /// Tells whoever watches.
    pub(super) fn say(&self, line: &str) {
        if self.live {
            println!("{line}");
        } else if self.aloud {
            eprintln!("{line}");
        }
    }

    /// Takes in everything that nodes have written since last asked, in the order in which it happened.
    fn hear(&mut self) {
        let mut told: Vec<(Instant, HostIx, Event)> = Vec::new();
        let now_us = self.clock.unix_us();
        for host in self.hosts() {
            for line in self.seats[host.get()].told() {
                let seat = &mut self.seats[host.get()];
                let (at, events) = if seat.make.program == crate::scenario::Program::Splitvote {
                    let Some((at, event)) = words::ours(&line) else { continue };
                    (at, vec![event])
                } else {
                    let Some(read) = words::theirs(&line, now_us, &mut seat.asked, seat.followed) else {
                        continue;
                    };
                    read
                };
                let Some(at) = self.moment(at) else { continue };
                told.extend(events.into_iter().map(|event| (at, host, event)));
            }
        }
        told.sort_by_key(|(at, ..)| *at);
        for (at, host, event) in told {
            self.enter(at, host, event);
        }
    }

    fn enter(&mut self, at: Instant, host: HostIx, event: Event) {
        let shard = self.shard_of.get(host.get()).copied();
        let split = self.ledger.event(at, host, shard, &event, &self.names);
        self.judge.heard(at, host, &event, &self.names);
        let mut cues = std::mem::take(&mut self.director.cues);
        cues.hear(self, at, host, &event, split);
        self.director.cues = cues;
        self.record(at, Some(host), What::Event(event));
    }

    /// Keeps what happened, and tells it at once to whoever watches.
    pub(super) fn record(&mut self, at: Instant, host: Option<HostIx>, what: What) {
        self.director.events += 1;
        let record = Record { index: self.director.events - 1, step: 0, at, host, what };
        if (self.live || self.aloud) && Filter::default().shows(&record.what) {
            self.say(&Line { record: &record, names: &self.names }.to_string());
        }
        self.records.push(record);
    }

    /// Whether a condition holds now; one that speaks of a moment holds once that moment was seen.
    pub(super) fn holds(&self, wait: &Wait) -> bool {
        self.is_true(&wait.condition, wait.seen.is_some())
    }

    fn is_true(&self, condition: &Condition, seen: bool) -> bool {
        let lost = self.director.lost.unwrap_or(0);
        match condition {
            Condition::Not(inner) => !self.is_true(inner, seen),
            Condition::Covered => self.director.covered,
            Condition::Converged => self.disagreement().is_none(),
            Condition::PrimaryOf { shard, node } => {
                let primary = self.meant(Selector::Primary(*shard));
                primary.iter().any(|host| self.names.host(*host) == *node)
            }
            Condition::EpochAtLeast(epoch) => {
                let views = self.running().filter_map(|host| self.seen[host.get()].as_ref());
                views.into_iter().any(|seen| seen.epoch >= *epoch)
            }
            Condition::OffsetAtLeast { node, offset } => {
                let seen = self.meant(*node).into_iter().filter_map(|host| self.seen[host.get()].as_ref());
                seen.into_iter().any(|seen| seen.offset.0 >= *offset)
            }
            Condition::NoLostWrites => lost == 0,
            Condition::LostWritesAtMost(most) => lost <= *most,
            Condition::NoBrokenPromises => !self.broken().iter().any(|row| row.promised),
            Condition::NoViolations => self.broken().is_empty(),
            Condition::Violation(property) => self.broke_at(*property).is_some(),
            Condition::RoundsAtMost { shard, rounds } => self.ledger.rounds_of(*shard) <= *rounds,
            Condition::Failed(_)
            | Condition::Asks(_)
            | Condition::VotesFor { .. }
            | Condition::Refuses { .. }
            | Condition::SplitVote
            | Condition::Won(_) => seen,
        }
    }
}
