//! One run: a script, everything that happens in it, and a place in it. No document in here.

use std::rc::Rc;

use splitvote::base::Instant;
use splitvote::node::Event;
use splitvote::scenario::{Script, Statement, parse};
use splitvote::sim::traffic::Traffic;
use splitvote::sim::{Happening, Keep, Record, Report, Simulator, What};

use super::mistakes;
use crate::panels::chart::Sample;
use crate::panels::script::Mistake;
use crate::reel::Reel;
use crate::scene::breach::{self, Breach};
use crate::scene::story::{Cast, Story, Theme};
use crate::scene::{Node, Scene, build};

/// Samples of a chart that spans the whole run.
const SAMPLES: u64 = 400;

/// What the page knows of the whole run before anybody has watched it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outcome {
    /// When it ends.
    pub end: u64,
    /// Its digest then.
    pub digest: String,
    /// What does not hold in it.
    pub breaches: Vec<Breach>,
    /// What it comes to.
    pub report: Report,
    /// Everything that happens.
    pub records: Rc<[Record]>,
}

/// A run and a place in it.
#[derive(Clone, Debug)]
pub struct Run {
    text: String,
    script: Script,
    reel: Reel,
    cast: Cast,
    story: Story,
    whole: Story,
    samples: Vec<Sample>,
    outcome: Outcome,
    traffic: Rc<Traffic>,
}

impl Run {
    /// The run of a script, at its beginning; or what is wrong with the script.
    pub fn new(text: &str) -> Result<Self, Vec<Mistake>> {
        let script = parse(text).map_err(|errors| mistakes(&errors))?;
        let reel = Reel::new(&script);
        let cast = build::cast(reel.here());
        let epoch = build::scene(reel.here(), &Story::default(), &cast).epoch;
        let story = Story::new(&cast, epoch);
        let (outcome, traffic) = outcome(&script, &cast);
        let (text, whole) = (text.to_owned(), story.clone());
        let mut run = Self { text, script, reel, cast, story, whole, samples: Vec::new(), outcome, traffic };
        run.follow();
        Ok(run)
    }

    /// The text that runs.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// What it says.
    pub fn script(&self) -> &Script {
        &self.script
    }

    /// The moment of the cursor.
    pub fn now(&self) -> u64 {
        self.reel.here().now().as_micros()
    }

    /// Steps of the agenda done at the cursor.
    pub fn steps(&self) -> u64 {
        self.reel.here().steps()
    }

    /// How far anybody has watched.
    pub fn frontier(&self) -> u64 {
        self.reel.far().now().as_micros()
    }

    /// What it comes to.
    pub fn outcome(&self) -> &Outcome {
        &self.outcome
    }

    /// What became of every message of the whole run.
    pub fn traffic(&self) -> &Traffic {
        &self.traffic
    }

    /// True at the end.
    pub fn ended(&self) -> bool {
        self.now() >= self.outcome.end
    }

    /// What was told up to the cursor.
    pub fn story(&self) -> &Story {
        &self.story
    }

    /// What was told up to the frontier.
    pub fn whole(&self) -> &Story {
        &self.whole
    }

    /// Who takes part.
    pub fn cast(&self) -> &Cast {
        &self.cast
    }

    /// The reel, to look at the world itself.
    pub fn reel(&self) -> &Reel {
        &self.reel
    }

    /// Samples up to the cursor.
    pub fn samples(&self) -> Vec<Sample> {
        self.samples.iter().take_while(|sample| sample.at <= self.now()).cloned().collect()
    }

    /// Everything the views show at the cursor.
    pub fn scene(&self) -> Scene {
        build::scene(self.reel.here(), &self.story, &self.cast)
    }

    /// What the nodes were when the event before the last one had been told.
    pub fn nodes_before(&self) -> Option<Vec<Node>> {
        let world = self.reel.before_last_event()?;
        Some(build::scene(&world, &self.story, &self.cast).nodes)
    }

    /// The moment of the script's first fault.
    pub fn first_fault(&self) -> Option<u64> {
        let times = self.script.statements.iter().filter_map(|line| match &line.value {
            Statement::At { at, .. } => Some(at.as_micros()),
            _ => None,
        });
        times.min()
    }

    /// To a moment.
    pub fn seek(&mut self, to: u64) {
        let to = to.min(self.outcome.end);
        // In pieces, so that the chart gets its samples.
        let gap = (self.outcome.end / SAMPLES).max(1000);
        while self.frontier() + gap < to {
            self.reel.seek(Instant::from_micros(self.frontier() + gap));
            self.sample();
        }
        self.reel.seek(Instant::from_micros(to));
        self.arrive();
    }

    /// On to a moment; with `watch`, only to where votes begin to fly. True if they fly there.
    pub fn advance(&mut self, to: u64, watch: bool) -> bool {
        const PIECE: u64 = 500;
        let to = to.min(self.outcome.end);
        while watch && self.now() + PIECE < to && !self.votes_fly() {
            self.reel.seek(Instant::from_micros(self.now() + PIECE));
        }
        if !(watch && self.votes_fly()) {
            self.reel.seek(Instant::from_micros(to));
        }
        self.arrive();
        self.votes_fly()
    }

    /// Whether votes are on their way.
    pub fn votes_fly(&self) -> bool {
        build::votes_fly(self.reel.here())
    }

    /// To right behind a record.
    pub fn seek_record(&mut self, index: usize) {
        self.reel.seek_record(index);
        self.arrive();
    }

    /// One step of the agenda on.
    pub fn step(&mut self) {
        self.reel.step();
        self.arrive();
    }

    /// One step of the agenda back.
    pub fn step_back(&mut self) {
        self.reel.step_back();
        self.arrive();
    }

    /// The moment of the next record that is wanted, or the end.
    pub fn next(&self, wanted: impl Fn(&What) -> bool) -> Option<usize> {
        let from = self.reel.here().records().len();
        let records = self.outcome.records.iter().skip(from);
        records.clone().position(|record| wanted(&record.what)).map(|at| from + at)
    }

    /// The last record before the cursor that is wanted.
    pub fn previous(&self, wanted: impl Fn(&What) -> bool) -> Option<usize> {
        let here = self.reel.here().records();
        // The records of one step come together, so the cursor can only stand behind the last of them.
        let now = self.reel.here().now();
        let last = here.last().filter(|record| record.at == now).map(|record| record.step);
        here.iter().rposition(|record| Some(record.step) != last && wanted(&record.what))
    }

    fn arrive(&mut self) {
        self.sample();
        self.follow();
    }

    fn follow(&mut self) {
        let here = self.reel.here().records();
        if self.story.told() > here.len() {
            self.story = Story::new(&self.cast, self.story.epochs.first().map_or(0, |first| first.1));
        }
        for record in &here[self.story.told()..] {
            self.story.tell(record, &self.cast);
        }
        for record in &self.reel.records()[self.whole.told()..] {
            self.whole.tell(record, &self.cast);
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

/// Runs a copy to the end.
fn outcome(script: &Script, cast: &Cast) -> (Outcome, Rc<Traffic>) {
    /// A script without a `run` line runs as long as this.
    const UNSAID: Instant = Instant::from_millis(30_000);
    let mut world = Simulator::keeping(script, Keep::Traffic);
    if world.finished() {
        world.play(UNSAID);
    }
    world.run();
    let breaches = breach::of(&mut world, cast);
    let traffic = world.take_traffic().unwrap_or_default();
    let outcome = Outcome {
        end: world.now().as_micros(),
        digest: world.digest().to_string(),
        breaches,
        report: world.report(),
        records: world.records().into(),
    };
    (outcome, Rc::from(traffic))
}

/// True for what "step to the next election event" stops at.
pub(super) fn is_election(what: &What) -> bool {
    match what {
        What::Event(Event::FailMarked { .. }) | What::Violation(_) => true,
        What::Event(event) => Theme::of(event) == Theme::Vote,
        What::Happening(happening) => matches!(happening, Happening::Acted { .. }),
    }
}
