//! One run on the page: the script, the reel, the cursor, what is chosen. No document in here, so
//! everything a person can do is tested natively.

mod deeds;
mod rules;
mod time;

use splitvote::base::Instant;
use splitvote::scenario::{Script, ScriptError, parse};
use splitvote::sim::Simulator;

use crate::museum::{self, Room, Side};
use crate::panels::chart::Sample;
use crate::panels::script::Mistake;
use crate::reel::Reel;
use crate::scene::breach::{self, Breach};
use crate::scene::story::{Cast, Story};
use crate::scene::{NodeIndex, Phase, Scene, build};
use crate::words;

/// What the page knows of the whole run before anybody has watched it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outcome {
    /// When it ends.
    pub end: u64,
    /// Its digest then.
    pub digest: String,
    /// What does not hold in it.
    pub breaches: Vec<Breach>,
}

/// A run and how it is looked at.
#[derive(Clone, Debug)]
pub struct Session {
    text: String,
    script: Script,
    reel: Reel,
    cast: Cast,
    story: Story,
    whole: Story,
    samples: Vec<Sample>,
    outcome: Outcome,
    room: Option<(&'static Room, Side)>,
    undo: Vec<(String, u64)>,
    said: Option<String>,
    draft: Option<(String, Vec<Mistake>)>,
    /// The node that is looked at.
    pub selected: Option<NodeIndex>,
    /// Nodes chosen for a cut.
    pub group: Vec<NodeIndex>,
}

/// What the parser says, as the editor shows it.
pub fn mistakes(errors: &[ScriptError]) -> Vec<Mistake> {
    let one = |error: &ScriptError| Mistake {
        line: error.line.max(1),
        column: error.column.max(1),
        what: error.problem.to_string(),
    };
    errors.iter().map(one).collect()
}

impl Session {
    /// The run of a script, at its beginning; or what is wrong with the script.
    pub fn new(text: &str) -> Result<Self, Vec<Mistake>> {
        let script = parse(text).map_err(|errors| mistakes(&errors))?;
        let reel = Reel::new(&script);
        let cast = build::cast(reel.here());
        let epoch = build::scene(reel.here(), &Story::default(), &cast).epoch;
        let story = Story::new(&cast, epoch);
        let outcome = outcome(&script, &cast);
        let mut session = Self {
            text: text.to_owned(),
            room: museum::room_of(&script),
            script,
            reel,
            cast,
            whole: story.clone(),
            story,
            samples: Vec::new(),
            outcome,
            undo: Vec::new(),
            said: None,
            draft: None,
            selected: None,
            group: Vec::new(),
        };
        session.follow();
        Ok(session)
    }

    /// The text that runs.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// What it says.
    pub fn script(&self) -> &Script {
        &self.script
    }

    /// What was typed and does not run, and why.
    pub fn draft(&self) -> Option<&(String, Vec<Mistake>)> {
        self.draft.as_ref()
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

    /// When the run ends, and its digest then.
    pub fn outcome(&self) -> &Outcome {
        &self.outcome
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

    /// Whether there is a change to take back.
    pub fn can_undo(&self) -> bool {
        !self.undo.is_empty()
    }

    /// Everything the views show at the cursor.
    pub fn scene(&self) -> Scene {
        build::scene(self.reel.here(), &self.story, &self.cast)
    }

    /// The sentence under the ring, and the moment it speaks of.
    pub fn caption(&self, scene: &Scene) -> (u64, String) {
        if let Some(said) = &self.said {
            return (self.now(), said.clone());
        }
        if let Some(split) = split(scene) {
            return (self.now(), split);
        }
        if self.ended() {
            return (self.now(), words::ENDED.to_owned());
        }
        self.story.caption.clone().unwrap_or_else(|| (self.now(), words::opening(scene.shards.len())))
    }

    /// The moment of the script's first fault.
    pub fn first_fault(&self) -> Option<u64> {
        use splitvote::scenario::Statement;
        let times = self.script.statements.iter().filter_map(|line| match &line.value {
            Statement::At { at, .. } => Some(at.as_micros()),
            _ => None,
        });
        times.min()
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
}

/// The sentence of a split vote, if the votes are split right now.
fn split(scene: &Scene) -> Option<String> {
    let asking: Vec<_> = scene.races.iter().filter(|race| race.phase == Phase::Asking).collect();
    let first = asking.first()?;
    let same = asking.iter().all(|race| race.epoch == first.epoch && race.hopeless());
    if asking.len() < 2 || !same {
        return None;
    }
    let granted = |race: &&&crate::scene::Race| {
        let yes = race.cells.iter().filter(|cell| cell.truth == crate::scene::Answer::Yes).count();
        (scene.nodes[race.node].name.clone(), u32::try_from(yes).unwrap_or(0))
    };
    Some(words::split(
        first.epoch,
        &asking.iter().map(|race| granted(&race)).collect::<Vec<_>>(),
        first.needed,
    ))
}

/// Runs a copy to the end.
fn outcome(script: &Script, cast: &Cast) -> Outcome {
    /// A script without a `run` line runs as long as this.
    const UNSAID: Instant = Instant::from_millis(30_000);
    let mut world = Simulator::new(script);
    if world.finished() {
        world.play(UNSAID);
    }
    world.run();
    let breaches = breach::of(&mut world, cast);
    Outcome { end: world.now().as_micros(), digest: world.digest().to_string(), breaches }
}
