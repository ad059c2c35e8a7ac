//! Where the cursor goes: both runs, where there are two, stand at one moment.

use splitvote::base::Rules;
use splitvote::sim::What;

use super::Session;
use super::run::{Run, is_election};
use crate::scene::promise::{self, Promise, Standing};

impl Session {
    /// To a moment.
    pub fn seek(&mut self, to: u64) {
        self.said = None;
        let to = to.min(self.end());
        self.run.seek(to);
        self.keep_up(to);
    }

    /// On to a moment; with `watch`, only to where votes begin to fly. True if they fly there.
    pub fn advance(&mut self, to: u64, watch: bool) -> bool {
        self.said = None;
        let to = to.min(self.end());
        let Some(beside) = &mut self.beside else { return self.run.advance(to, watch) };
        // Who stops first holds the other.
        let _ = beside.run.advance(to, watch);
        let reached = if beside.run.ended() { to } else { beside.run.now() };
        let _ = self.run.advance(reached, watch);
        if !self.run.ended() && self.run.now() < reached {
            beside.run.seek(self.run.now());
        }
        self.run.votes_fly() || beside.run.votes_fly()
    }

    /// To where something breaks, with the node it is seen on.
    pub fn seek_breach(&mut self, index: usize) {
        let Some(breach) = self.run.outcome().breaches.get(index).cloned() else { return };
        self.seek(breach.at);
        self.selected = breach.node.or(self.selected);
        self.said = Some(breach.sentence());
    }

    /// What the judges say of every property up to the cursor.
    pub fn promises(&self) -> Vec<Promise> {
        let own = self.run.reel().here().hosts().filter_map(|host| host.node).map(|node| *node.rules());
        let rules: Vec<Rules> = std::iter::once(self.rules().0).chain(own).collect();
        promise::of(&self.run.outcome().breaches, self.run.now(), &rules)
    }

    /// To where a property broke, if it has by now; else its statement is told.
    pub fn seek_promise(&mut self, id: &str) {
        let promise = self.promises().into_iter().find(|one| one.property.id == id);
        match promise.as_ref().map(|one| one.standing) {
            Some(Standing::Broken(_, breach)) => self.seek_breach(breach),
            _ => self.said = promise.map(|one| one.sentence()),
        }
    }

    /// To right behind a record.
    pub fn seek_record(&mut self, index: usize) {
        self.said = None;
        self.run.seek_record(index);
        self.keep_up(self.run.now());
    }

    /// To the next record, or one step of the agenda.
    pub fn next_event(&mut self, every: bool) {
        if self.ended() {
            return;
        }
        if every {
            self.said = None;
            self.run.step();
            self.keep_up(self.run.now());
            return;
        }
        self.find(|_| true);
    }

    /// To the previous record, or one step of the agenda back.
    pub fn previous_event(&mut self, every: bool) {
        if every {
            self.said = None;
            self.run.step_back();
            self.keep_up(self.run.now());
            return;
        }
        self.find_back(|_| true);
    }

    /// To the next step of an election, on either side.
    pub fn next_vote(&mut self) {
        self.find(is_election);
    }

    /// To the previous step of an election, on either side.
    pub fn previous_vote(&mut self) {
        self.find_back(is_election);
    }

    fn find(&mut self, wanted: impl Fn(&What) -> bool) {
        let next = |run: &Run| Some((at(run, run.next(&wanted)?), run.next(&wanted)?));
        let (here, there) = (next(&self.run), self.beside.as_ref().and_then(|beside| next(&beside.run)));
        self.go(here, there, |there, here| there < here, self.end());
    }

    fn find_back(&mut self, wanted: impl Fn(&What) -> bool) {
        let previous = |run: &Run| Some((at(run, run.previous(&wanted)?), run.previous(&wanted)?));
        let (here, there) =
            (previous(&self.run), self.beside.as_ref().and_then(|beside| previous(&beside.run)));
        self.go(here, there, |there, here| there > here, 0);
    }

    /// To the record of this run or of the other, whichever comes first.
    fn go(
        &mut self,
        here: Option<(u64, usize)>,
        there: Option<(u64, usize)>,
        before: impl Fn(u64, u64) -> bool,
        else_to: u64,
    ) {
        match (here, there, &mut self.beside) {
            (None, Some((moment, index)), Some(beside)) => {
                self.said = None;
                beside.run.seek_record(index);
                self.run.seek(moment);
            }
            (Some((mine, _)), Some((moment, index)), Some(beside)) if before(moment, mine) => {
                self.said = None;
                beside.run.seek_record(index);
                self.run.seek(moment);
            }
            (Some((_, index)), ..) => self.seek_record(index),
            (None, ..) => self.seek(else_to),
        }
    }

    /// The other run stands where this one stands.
    fn keep_up(&mut self, to: u64) {
        if let Some(beside) = &mut self.beside {
            beside.run.seek(to);
        }
    }
}

fn at(run: &Run, index: usize) -> u64 {
    run.outcome().records.get(index).map_or(0, |record| record.at.as_micros())
}
