//! A run that can be wound back: the world at the cursor, the farthest world, and stops between.

use splitvote::base::{Duration, Instant};
use splitvote::scenario::Script;
use splitvote::sim::{Record, Simulator};

/// Worlds kept for winding back; every second one goes when there are more.
const STOPS: usize = 96;
/// Simulated time between stops at first.
const FIRST_GAP: Duration = Duration::from_millis(500);

/// A run and a place in it.
#[derive(Clone, Debug)]
pub struct Reel {
    here: Simulator,
    /// The farthest world, unless that is `here`.
    far: Option<Simulator>,
    stops: Vec<Simulator>,
    gap: Duration,
}

impl Reel {
    /// A run at its beginning.
    pub fn new(script: &Script) -> Self {
        let here = Simulator::new(script);
        Self { stops: vec![here.clone()], here, far: None, gap: FIRST_GAP }
    }

    /// The world at the cursor.
    pub fn here(&self) -> &Simulator {
        &self.here
    }

    /// The farthest world.
    pub fn far(&self) -> &Simulator {
        self.far.as_ref().unwrap_or(&self.here)
    }

    /// Everything that was recorded so far, beyond the cursor too.
    pub fn records(&self) -> &[Record] {
        self.far().records()
    }

    /// Puts the cursor at a moment, with everything done that is due then.
    pub fn seek(&mut self, to: Instant) {
        if to < self.here.now() {
            self.back(|stop| stop.now() <= to);
        }
        self.forth(to);
    }

    /// Puts the cursor right behind a record that exists.
    pub fn seek_record(&mut self, index: usize) {
        if index < self.here.records().len() {
            self.back(|stop| stop.records().len() <= index);
        }
        while self.here.records().len() <= index && self.here.step() {}
        self.arrive();
    }

    /// One step of the agenda.
    pub fn step(&mut self) -> bool {
        let stepped = self.here.step();
        self.arrive();
        stepped
    }

    /// Winds back to just before the last step.
    pub fn step_back(&mut self) {
        let steps = self.here.steps().saturating_sub(1);
        self.back(|stop| stop.steps() <= steps);
        while self.here.steps() < steps && self.here.step() {}
    }

    /// The world as it was when the event before the last one had been told; none if there was no event.
    pub fn before_last_event(&self) -> Option<Simulator> {
        let records = self.here.records();
        let last = records.last()?.step;
        let before = records.iter().rev().find(|record| record.step != last);
        let steps = before.map_or(0, |record| record.step + 1);
        let mut world = self.stops.iter().rev().find(|stop| stop.steps() <= steps)?.clone();
        while world.steps() < steps && world.step() {}
        Some(world)
    }

    fn forth(&mut self, to: Instant) {
        while self.far.is_none() && self.here.now() + self.gap < to {
            let next = self.here.now() + self.gap;
            self.here.play(next);
            self.arrive();
        }
        self.here.play(to);
        self.arrive();
    }

    fn back(&mut self, fits: impl Fn(&Simulator) -> bool) {
        let Some(stop) = self.stops.iter().rev().find(|stop| fits(stop)).or(self.stops.first()).cloned()
        else {
            return;
        };
        let left = std::mem::replace(&mut self.here, stop);
        self.far.get_or_insert(left);
    }

    /// Sees whether the cursor is the farthest place now, and whether to put a stop here.
    fn arrive(&mut self) {
        if self
            .far
            .as_ref()
            .is_some_and(|far| (far.now(), far.steps()) <= (self.here.now(), self.here.steps()))
        {
            self.far = None;
        }
        let due = self.stops.last().is_none_or(|last| last.now() + self.gap <= self.here.now());
        if self.far.is_none() && due {
            self.stops.push(self.here.clone());
            if self.stops.len() > STOPS {
                let mut odd = false;
                self.stops.retain(|_| {
                    odd = !odd;
                    odd
                });
                self.gap = self.gap * 2;
            }
        }
    }
}
