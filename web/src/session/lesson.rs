//! The lesson that is open: its steps move the cursor, and it says what may be done meanwhile.

use splitvote::scenario::Script;

use super::Session;
use super::branches::Change;
use super::compare::Against;
use crate::action::Act;
use crate::lesson::Course;
use crate::scene::NodeIndex;
use crate::words;

impl Session {
    /// The lesson that is open.
    pub fn course(&self) -> Option<&Course> {
        self.course.as_ref()
    }

    /// The same, to answer its questions.
    pub fn course_mut(&mut self) -> Option<&mut Course> {
        self.course.as_mut()
    }

    /// The nodes that the step of the lesson is about; nobody is everybody.
    pub fn lit(&self) -> Vec<NodeIndex> {
        let lit = self.course.as_ref().map(Course::lit).unwrap_or_default();
        lit.iter().filter_map(|name| self.cast().names.iter().position(|its| its == name)).collect()
    }

    /// Opens a lesson at a step; false if there is none of this name.
    pub fn learn(&mut self, name: &str, step: usize) -> bool {
        self.course = Course::open(name, step);
        self.course.is_some()
    }

    /// Leaves the lesson; the run stays as it is.
    pub fn leave(&mut self) {
        self.course = None;
    }

    /// Shows the step of the lesson: its run, from where it begins to be new. The moment to go to is answered.
    pub fn show_step(&mut self) -> Option<u64> {
        let course = self.course.as_ref()?;
        let (stop, beside) = (course.stop().clone(), course.beat().beside);
        let fresh = !course.beat().changes.is_empty();
        if *self.script() != stop.script {
            let known = splitvote::scenario::catalogue::known(&stop.script);
            let text = known.map_or_else(|| stop.script.to_string(), |one| one.text.to_owned());
            let now = if fresh { stop.script.opening().as_micros() } else { self.now() };
            // A walk that the engine took has only scripts that it can read.
            let _ = self.change(&text, now, Change::Typed, words::STEP.to_owned());
        }
        let against = beside.map(Against::Rules);
        if self.beside.as_ref().map(|beside| beside.against) != against {
            let _ = self.compare(against);
        }
        let to = stop.at.as_micros();
        if to < self.now() {
            self.seek(if fresh { stop.script.opening().as_micros().min(to) } else { to });
        }
        self.said = None;
        Some(to)
    }

    /// Shows a run that does what the task asks, from where it differs.
    pub fn show_solution(&mut self, script: &Script) -> Result<(), String> {
        let now = script.opening().as_micros().min(self.now());
        self.change(&script.to_string(), now, Change::Typed, words::SOLUTION.to_owned())
    }

    /// Why something may not be done in this step of the lesson.
    pub fn forbids(&self, act: &Act) -> Option<&'static str> {
        let course = self.course.as_ref()?;
        let allowed = match act {
            Act::Do(deed, _) => course.allows_deed(*deed),
            Act::Rule(_) | Act::NodeRule(..) | Act::SetRule(..) | Act::SetPreset(..) | Act::Turn(_) => {
                course.allows("rules")
            }
            Act::Set(..) => course.allows("set"),
            Act::Seed(_) | Act::NextSeed | Act::RandomSeed | Act::ForceSplit => course.allows("seed"),
            Act::Script(_) | Act::Hand(_) => course.allows("all"),
            _ => true,
        };
        (!allowed).then_some(words::NOT_NOW)
    }
}
