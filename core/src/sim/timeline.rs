//! Time as a line one can walk both ways: play, step, seek, and act in the past.
//!
//! Backward is the nearest checkpoint and a replay from there. Whoever acts in the past starts a
//! branch; the future that was there stays where it is.

use std::sync::Arc;

use crate::base::Instant;
use crate::scenario::{Action, Script};

use super::{Record, Simulator, What};

/// Steps between two checkpoints, at first.
const SPACING: u64 = 512;
/// When there are this many, every other one goes and the spacing doubles.
const MAX_CHECKPOINTS: usize = 64;

/// A branch's number.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct BranchIx(pub usize);

/// Where one stands: it names one state of one run.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Cursor {
    /// On which branch.
    pub branch: BranchIx,
    /// When.
    pub at: Instant,
    /// After how many steps.
    pub step: u64,
}

/// One line of time.
#[derive(Clone, Debug)]
struct Branch {
    /// Where it left another one.
    parent: Option<Cursor>,
    checkpoints: Vec<Simulator>,
    spacing: u64,
    /// How far it was played.
    reached: Cursor,
    /// Everything that happened up to there.
    records: Arc<Vec<Record>>,
}

/// A run that can be walked both ways.
#[derive(Clone, Debug)]
pub struct Timeline {
    branches: Vec<Branch>,
    branch: BranchIx,
    world: Simulator,
}

impl Timeline {
    /// A script's world at time zero.
    pub fn new(script: &Script) -> Self {
        let world = Simulator::new(script);
        let mut timeline = Self {
            branches: vec![Branch {
                parent: None,
                checkpoints: vec![world.without_records()],
                spacing: SPACING,
                reached: Cursor::default(),
                records: Arc::default(),
            }],
            branch: BranchIx::default(),
            world,
        };
        timeline.note();
        timeline
    }

    /// The world at the cursor.
    pub fn world(&self) -> &Simulator {
        &self.world
    }

    /// The cursor.
    pub fn cursor(&self) -> Cursor {
        Cursor { branch: self.branch, at: self.world.now(), step: self.world.steps() }
    }

    /// How far the present branch was played.
    pub fn reached(&self) -> Cursor {
        self.branch_ref().reached
    }

    /// Everything that happened on the present branch as far as it was played: what lies after the
    /// cursor included.
    pub fn records(&self) -> &[Record] {
        let branch = self.branch_ref();
        if self.world.steps() >= branch.reached.step { self.world.records() } else { &branch.records }
    }

    /// How many branches there are, and where each left its parent.
    pub fn branches(&self) -> impl ExactSizeIterator<Item = (Option<Cursor>, Cursor)> + '_ {
        self.branches.iter().map(|branch| (branch.parent, branch.reached))
    }

    /// Does one thing that happens. False if nothing ever will.
    pub fn step(&mut self) -> bool {
        let before = self.world.steps();
        // The end of a `run` line is no step of the world.
        while self.world.step() {
            if self.world.steps() > before {
                self.checkpoint();
                self.note();
                return true;
            }
        }
        false
    }

    /// Plays up to and including a moment.
    pub fn play(&mut self, until: Instant) {
        while self.world.next_due().is_some_and(|due| due <= until) && self.step() {}
        self.world.play(until);
        self.note();
    }

    /// Steps until something is recorded; true if something was.
    pub fn next_record(&mut self, limit: Instant) -> bool {
        self.step_until(limit, |_| true)
    }

    /// Steps until something is recorded that belongs to an election; true if something was.
    pub fn next_election(&mut self, limit: Instant) -> bool {
        self.step_until(limit, |record| is_electoral(&record.what))
    }

    /// Steps until something is recorded that is wanted, not beyond a moment.
    pub fn step_until(&mut self, limit: Instant, wanted: impl Fn(&Record) -> bool) -> bool {
        let mut seen = self.world.records().len();
        while self.world.next_due().is_some_and(|due| due <= limit) && self.step() {
            let records = self.world.records();
            if records[seen..].iter().any(&wanted) {
                return true;
            }
            seen = records.len();
        }
        false
    }

    /// Goes one step back; false at time zero.
    pub fn back(&mut self) -> bool {
        let Some(step) = self.world.steps().checked_sub(1) else { return false };
        self.seek_step(step);
        true
    }

    /// Goes back to the last record before the cursor that is wanted; false if there is none.
    pub fn back_until(&mut self, wanted: impl Fn(&Record) -> bool) -> bool {
        let here = self.world.steps();
        let found = self.world.records().iter().rev().find(|record| record.step + 1 < here && wanted(record));
        let Some(step) = found.map(|record| record.step + 1) else { return false };
        self.seek_step(step);
        true
    }

    /// Goes to a moment, back or forward.
    pub fn seek(&mut self, at: Instant) {
        if at < self.world.now() {
            let branch = self.branch_ref();
            let found = branch.checkpoints.iter().rposition(|world| world.now() <= at).unwrap_or(0);
            self.restore(found);
        }
        self.play(at);
    }

    /// Goes to where this many steps were done.
    pub fn seek_step(&mut self, step: u64) {
        if step < self.world.steps() {
            let branch = self.branch_ref();
            let found = branch.checkpoints.iter().rposition(|world| world.steps() <= step).unwrap_or(0);
            self.restore(found);
        }
        while self.world.steps() < step && self.step() {}
    }

    /// Goes to another branch, where it was left, or to any other cursor.
    pub fn go(&mut self, cursor: Cursor) {
        if cursor.branch != self.branch && cursor.branch.0 < self.branches.len() {
            self.branch = cursor.branch;
            self.restore(0);
        }
        self.seek_step(cursor.step);
        self.play(cursor.at);
    }

    /// Does something a person wants, at the first whole millisecond after the cursor, and plays up to
    /// there. In the past this starts a branch.
    pub fn act(&mut self, action: &Action) {
        if self.world.steps() < self.branch_ref().reached.step {
            self.fork();
        }
        let at = self.world.intend(action.clone());
        // Whoever replays from further back must come across it, too.
        for world in &mut self.branch_mut().checkpoints {
            world.intend_at(at, action.clone());
        }
        self.play(at);
    }

    /// Starts a branch at the cursor.
    fn fork(&mut self) {
        let here = self.cursor();
        let branch = self.branch_ref();
        let kept = branch.checkpoints.iter().filter(|world| world.steps() <= here.step);
        let new = Branch {
            parent: Some(here),
            checkpoints: kept.cloned().collect(),
            spacing: branch.spacing,
            reached: here,
            records: Arc::default(),
        };
        self.branches.push(new);
        self.branch = BranchIx(self.branches.len() - 1);
        self.branch_mut().reached.branch = self.branch;
    }

    fn restore(&mut self, checkpoint: usize) {
        if self.world.steps() >= self.branch_ref().reached.step {
            let records = self.world.take_records();
            self.branch_mut().records = records;
        }
        let branch = self.branch_ref();
        let mut world = branch.checkpoints[checkpoint].clone();
        world.restore_records(&branch.records);
        self.world = world;
    }

    fn checkpoint(&mut self) {
        let steps = self.world.steps();
        let last = self.branch_ref().checkpoints.last().map_or(0, Simulator::steps);
        if steps < last + self.branch_ref().spacing {
            return;
        }
        let world = self.world.without_records();
        let branch = self.branch_mut();
        branch.checkpoints.push(world);
        if branch.checkpoints.len() > MAX_CHECKPOINTS {
            let mut at = 0;
            branch.checkpoints.retain(|_| {
                at += 1;
                at % 2 == 1
            });
            branch.spacing *= 2;
        }
    }

    /// Remembers how far the branch was played.
    fn note(&mut self) {
        let here = self.cursor();
        let branch = self.branch_mut();
        if here.step > branch.reached.step
            || (here.step == branch.reached.step && here.at > branch.reached.at)
        {
            branch.reached = here;
        }
    }

    fn branch_ref(&self) -> &Branch {
        &self.branches[self.branch.0]
    }

    fn branch_mut(&mut self) -> &mut Branch {
        &mut self.branches[self.branch.0]
    }
}

/// Whether a record belongs to an election: what "the next election event" stops at.
pub fn is_electoral(what: &What) -> bool {
    matches!(what, What::Event(event) if event.is_electoral())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scenario::{NodeName, Selector, parse};

    fn timeline(seed: u64) -> Timeline {
        let mut script = parse(
            "cluster shards=3 replicas=1\nset node-timeout=1s latency=1ms..5ms jitter=2ms writes=20/s\nat 2s kill A0\n",
        )
        .expect("the script reads");
        script.seed = seed;
        Timeline::new(&script)
    }

    #[test]
    fn a_step_back_leads_to_the_state_that_was_there() {
        for seed in 0..4 {
            let mut timeline = timeline(seed);
            let mut digests = vec![timeline.world().digest()];
            for _ in 0..1500 {
                timeline.step();
                digests.push(timeline.world().digest());
            }
            for step in [1499_u64, 1024, 1023, 513, 512, 511, 700, 1, 0, 1200] {
                timeline.seek_step(step);
                assert_eq!(timeline.cursor().step, step);
                assert_eq!(
                    timeline.world().digest(),
                    digests[usize::try_from(step).unwrap_or(0)],
                    "seed {seed}"
                );
            }
            let records = timeline.records().len();
            timeline.seek_step(1500);
            assert_eq!(timeline.world().records().len(), records);
        }
    }

    #[test]
    fn a_moment_is_the_same_from_both_sides() {
        let mut timeline = timeline(3);
        timeline.play(Instant::from_millis(2500));
        let (cursor, digest) = (timeline.cursor(), timeline.world().digest());
        timeline.play(Instant::from_millis(6000));
        let end = timeline.world().digest();
        timeline.seek(Instant::from_millis(2500));
        assert_eq!((timeline.cursor(), timeline.world().digest()), (cursor, digest));
        timeline.seek(Instant::from_millis(6000));
        assert_eq!(timeline.world().digest(), end);
    }

    #[test]
    fn acting_in_the_past_branches_and_the_script_tells_all_of_it() {
        let mut timeline = timeline(5);
        timeline.play(Instant::from_millis(5000));
        let old = (timeline.cursor(), timeline.world().digest());
        timeline.seek(Instant::from_millis(1500));
        timeline.act(&Action::Kill(vec![Selector::Node(NodeName::new(1, 0))]));
        timeline.play(Instant::from_millis(5000));
        assert_eq!(timeline.branches().len(), 2);
        assert_ne!(timeline.world().digest(), old.1);

        let text = timeline.world().script().to_string();
        let mut again = Simulator::new(&parse(&text).expect("a script reads back"));
        again.play(Instant::from_millis(5000));
        assert_eq!(again.digest(), timeline.world().digest(), "{text}");

        // Backward over the action and forward again.
        timeline.seek(Instant::from_millis(1000));
        timeline.seek(Instant::from_millis(5000));
        assert_eq!(again.digest(), timeline.world().digest());
        timeline.go(old.0);
        assert_eq!(timeline.world().digest(), old.1);
    }

    #[test]
    fn the_next_election_event_is_found_and_left_again() {
        let mut timeline = timeline(1);
        assert!(timeline.next_election(Instant::from_millis(20_000)));
        let first = timeline.cursor();
        assert!(timeline.next_election(Instant::from_millis(20_000)));
        assert!(timeline.back_until(|record| is_electoral(&record.what)));
        assert_eq!(timeline.cursor().step, first.step);
    }
}
