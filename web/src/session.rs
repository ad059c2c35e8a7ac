//! What is open on the page: a run, the one beside it, the branches they came from, and what is
//! chosen. No document in here, so everything a person can do is tested natively.

pub mod branches;
pub mod causes;
pub mod compare;
mod deeds;
mod hand;
mod lesson;
mod rules;
pub mod run;
mod time;

use splitvote::scenario::{Script, ScriptError};

use crate::lesson::Course;
use crate::museum::{self, Room, Side};
use crate::panels::chart::Sample;
use crate::panels::script::Mistake;
use crate::reel::Reel;
use crate::scene::story::{Cast, Story};
use crate::scene::{NodeIndex, Phase, Scene};
use crate::words;

use branches::{Branches, Next};
use compare::Beside;
use run::{Outcome, Run};

/// A run and how it is looked at.
#[derive(Clone, Debug)]
pub struct Session {
    run: Run,
    beside: Option<Beside>,
    branches: Branches,
    room: Option<(&'static Room, Side)>,
    course: Option<Course>,
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

fn first_mistake(wrong: &[Mistake]) -> String {
    let tell = |one: &Mistake| words::mistake(one.line, one.column, &one.what);
    wrong.first().map_or_else(String::new, tell)
}

impl Session {
    /// The run of a script, at its beginning; or what is wrong with the script.
    pub fn new(text: &str) -> Result<Self, Vec<Mistake>> {
        let run = Run::new(text)?;
        Ok(Self {
            room: museum::room_of(run.script()),
            branches: Branches::new(next(&run, 0)),
            run,
            beside: None,
            course: None,
            said: None,
            draft: None,
            selected: None,
            group: Vec::new(),
        })
    }

    /// The run, and the one beside it if there is one.
    pub fn runs(&self) -> impl Iterator<Item = &Run> {
        std::iter::once(&self.run).chain(self.beside.as_ref().map(|beside| &beside.run))
    }

    /// The run.
    pub fn run(&self) -> &Run {
        &self.run
    }

    /// The text that runs.
    pub fn text(&self) -> &str {
        self.run.text()
    }

    /// What it says.
    pub fn script(&self) -> &Script {
        self.run.script()
    }

    /// What was typed and does not run, and why.
    pub fn draft(&self) -> Option<&(String, Vec<Mistake>)> {
        self.draft.as_ref()
    }

    /// The lines of time that are kept.
    pub fn branches(&self) -> &Branches {
        &self.branches
    }

    /// The moment of the cursor: of the run that is not over, if one of two is.
    pub fn now(&self) -> u64 {
        self.beside.as_ref().map_or(0, |beside| beside.run.now()).max(self.run.now())
    }

    /// Steps of the agenda done at the cursor.
    pub fn steps(&self) -> u64 {
        self.run.steps()
    }

    /// How far anybody has watched.
    pub fn frontier(&self) -> u64 {
        self.run.frontier()
    }

    /// When the run ends, and its digest then.
    pub fn outcome(&self) -> &Outcome {
        self.run.outcome()
    }

    /// When all that is shown has ended.
    pub fn end(&self) -> u64 {
        self.beside.as_ref().map_or(0, |beside| beside.run.outcome().end).max(self.run.outcome().end)
    }

    /// True there.
    pub fn ended(&self) -> bool {
        self.now() >= self.end()
    }

    /// What was told up to the cursor.
    pub fn story(&self) -> &Story {
        self.run.story()
    }

    /// What was told up to the frontier.
    pub fn whole(&self) -> &Story {
        self.run.whole()
    }

    /// Who takes part.
    pub fn cast(&self) -> &Cast {
        self.run.cast()
    }

    /// The reel, to look at the world itself.
    pub fn reel(&self) -> &Reel {
        self.run.reel()
    }

    /// Samples up to the cursor.
    pub fn samples(&self) -> Vec<Sample> {
        self.run.samples()
    }

    /// Whether there is a change to take back.
    pub fn can_undo(&self) -> bool {
        self.branches.parent().is_some()
    }

    /// Everything the views show at the cursor.
    pub fn scene(&self) -> Scene {
        self.run.scene()
    }

    /// The moment of the script's first fault.
    pub fn first_fault(&self) -> Option<u64> {
        self.run.first_fault()
    }

    /// The sentence under the ring, and the moment it speaks of.
    pub fn caption(&self, scene: &Scene) -> (u64, String) {
        if let Some(beat) = self.course.as_ref().map(Course::beat).filter(|beat| beat.allow.is_empty()) {
            return (self.now(), beat.say.to_owned());
        }
        if let Some(said) = &self.said {
            return (self.now(), said.clone());
        }
        if let Some(split) = split(scene) {
            return (self.now(), split);
        }
        if self.ended() {
            return (self.now(), words::ENDED.to_owned());
        }
        let told = self.story().caption.clone();
        told.unwrap_or_else(|| (self.now(), words::opening(scene.shards.len())))
    }
}

fn next(run: &Run, left: u64) -> Next {
    let outcome = run.outcome();
    Next { text: run.text().to_owned(), left, end: outcome.end, breaches: outcome.breaches.len() }
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
