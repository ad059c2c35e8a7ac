//! Where the cursor goes.

use splitvote::base::Instant;
use splitvote::node::Event;
use splitvote::sim::{Happening, What};

use super::Session;
use crate::panels::chart::Sample;
use crate::scene::build;
use crate::scene::story::Theme;

/// Samples of a chart that spans the whole run.
const SAMPLES: u64 = 400;

impl Session {
    /// To a moment.
    pub fn seek(&mut self, to: u64) {
        self.said = None;
        let to = to.min(self.outcome.end);
        // In pieces, so that the chart gets its samples.
        let gap = (self.outcome.end / SAMPLES).max(1000);
        while self.frontier() + gap < to {
            self.reel.seek(Instant::from_micros(self.frontier() + gap));
            self.sample();
        }
        self.reel.seek(Instant::from_micros(to));
        self.sample();
        self.follow();
    }

    /// On to a moment; with `watch`, only to where votes begin to fly. True if they fly there.
    pub fn advance(&mut self, to: u64, watch: bool) -> bool {
        const PIECE: u64 = 500;
        let to = to.min(self.outcome.end);
        self.said = None;
        while watch && self.now() + PIECE < to && !build::votes_fly(self.reel.here()) {
            self.reel.seek(Instant::from_micros(self.now() + PIECE));
        }
        if !(watch && build::votes_fly(self.reel.here())) {
            self.reel.seek(Instant::from_micros(to));
        }
        self.sample();
        self.follow();
        build::votes_fly(self.reel.here())
    }

    /// To where something breaks, with the node it is seen on.
    pub fn seek_breach(&mut self, index: usize) {
        let Some(breach) = self.outcome.breaches.get(index).cloned() else { return };
        self.seek(breach.at);
        self.selected = breach.node.or(self.selected);
        self.said = Some(breach.sentence());
    }

    /// To right behind a record.
    pub fn seek_record(&mut self, index: usize) {
        self.said = None;
        self.reel.seek_record(index);
        self.sample();
        self.follow();
    }

    /// To the next record, or one step of the agenda.
    pub fn next_event(&mut self, every: bool) {
        if self.ended() {
            return;
        }
        if every {
            self.said = None;
            self.reel.step();
            self.follow();
            return;
        }
        self.find(|_| true);
    }

    /// To the previous record, or one step of the agenda back.
    pub fn previous_event(&mut self, every: bool) {
        if every {
            self.said = None;
            self.reel.step_back();
            self.follow();
            return;
        }
        self.find_back(|_| true);
    }

    /// To the next step of an election.
    pub fn next_vote(&mut self) {
        self.find(is_election);
    }

    /// To the previous step of an election.
    pub fn previous_vote(&mut self) {
        self.find_back(is_election);
    }

    fn find(&mut self, wanted: impl Fn(&What) -> bool) {
        const PIECE: u64 = 250_000;
        let mut from = self.reel.here().records().len();
        loop {
            if let Some(at) = self.reel.records().iter().skip(from).position(|record| wanted(&record.what)) {
                self.seek_record(from + at);
                return;
            }
            from = self.reel.records().len();
            if self.frontier() >= self.outcome.end {
                self.seek(self.outcome.end);
                return;
            }
            let next = (self.frontier() + PIECE).min(self.outcome.end);
            self.reel.seek(Instant::from_micros(next));
            self.sample();
        }
    }

    fn find_back(&mut self, wanted: impl Fn(&What) -> bool) {
        let here = self.reel.here().records();
        // The records of one step come together, so the cursor can only stand behind the last of them.
        let now = self.reel.here().now();
        let last = here.last().filter(|record| record.at == now).map(|record| record.step);
        let before = here.iter().rposition(|record| Some(record.step) != last && wanted(&record.what));
        match before {
            Some(index) => self.seek_record(index),
            None => self.seek(0),
        }
    }

    fn sample(&mut self) {
        let far = self.reel.far();
        let (at, gap) = (far.now().as_micros(), (self.outcome.end / SAMPLES).max(1000));
        if self.samples.last().is_some_and(|last| last.at + gap > at) {
            return;
        }
        let epochs = far.hosts().filter_map(|host| host.node).map(|node| node.view().current_epoch.0);
        let offsets = far.hosts().map(|host| host.node.map(|node| node.offset().0)).collect();
        self.samples.push(Sample { at, epoch: epochs.max().unwrap_or(0), offsets });
    }
}

/// True for what "step to the next election event" stops at.
fn is_election(what: &What) -> bool {
    match what {
        What::Event(Event::FailMarked { .. }) | What::Violation(_) => true,
        What::Event(event) => Theme::of(event) == Theme::Vote,
        What::Happening(happening) => matches!(happening, Happening::Acted { .. }),
    }
}
