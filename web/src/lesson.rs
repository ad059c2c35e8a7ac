//! A lesson that is open on the page: where in it one stands, what was answered, what is done.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use splitvote::scenario::lesson::{Beat, Lesson, Part, Turn};
use splitvote::scenario::lessons::{GOALS, LESSONS};
use splitvote::scenario::museum::{Card, ROOMS};
use splitvote::scenario::{Action, Builtin, Script};
use splitvote::sim::lesson::{Judged, Stop, judge, solved, walk};
use splitvote::sim::tour::tour;

use crate::action::Deed;

/// A lesson and a place in it.
#[derive(Clone, Debug)]
pub struct Course {
    /// As it is built in.
    pub built: &'static Builtin,
    /// Its card.
    pub lesson: Lesson<'static>,
    stops: Vec<Stop>,
    step: usize,
    /// What was answered, by step.
    answers: BTreeMap<usize, usize>,
    /// How many hints of this step were asked for.
    hints: usize,
    judged: Option<(Script, Judged)>,
}

impl Course {
    /// Opens a lesson, a goal or a room of the museum at a step, counted from 0.
    pub fn open(name: &str, step: usize) -> Option<Self> {
        let built = LESSONS.iter().chain(GOALS).chain(ROOMS).find(|one| one.name == name)?;
        let lesson = tour(built).or_else(|| Lesson::read(built.text).ok())?;
        let stops = walk(&lesson).ok()?;
        let step = step.min(stops.len().checked_sub(1)?);
        Some(Self { built, lesson, stops, step, answers: BTreeMap::new(), hints: 0, judged: None })
    }

    /// The card of the room that it walks through.
    pub fn room(&self) -> Option<Card<'static>> {
        Card::of(self.built.text)
    }

    /// What it is called beside its sentences.
    pub fn name(&self) -> String {
        self.built.name.rsplit('/').next().unwrap_or("").to_uppercase()
    }

    /// The step, counted from 0.
    pub fn step(&self) -> usize {
        self.step
    }

    /// How many there are.
    pub fn steps(&self) -> usize {
        self.stops.len()
    }

    /// What the step says.
    pub fn beat(&self) -> &Beat<'static> {
        &self.lesson.beats[self.step]
    }

    /// Where it is.
    pub fn stop(&self) -> &Stop {
        &self.stops[self.step]
    }

    /// About how many minutes are left.
    pub fn minutes_left(&self) -> usize {
        let left = self.steps() - self.step;
        (left * self.lesson.minutes as usize).div_ceil(self.steps()).max(1)
    }

    /// Goes to a step.
    pub fn go(&mut self, step: usize) {
        (self.step, self.hints) = (step.min(self.steps() - 1), 0);
    }

    /// Whether this is the last.
    pub fn is_last(&self) -> bool {
        self.step + 1 == self.steps()
    }

    /// Predicts; the first answer counts.
    pub fn predict(&mut self, choice: usize) {
        if let Turn::Predict(choices) = &self.beat().part
            && choice < choices.len()
        {
            self.answers.entry(self.step).or_insert(choice);
        }
    }

    /// What was predicted at this step.
    pub fn prediction(&self) -> Option<usize> {
        self.answers.get(&self.step).copied()
    }

    /// Whether this step waits for a prediction.
    pub fn asks(&self) -> bool {
        matches!(self.beat().part, Turn::Predict(_)) && self.prediction().is_none()
    }

    /// The hints that were asked for, and how many more there are.
    pub fn hints(&self) -> (&[&'static str], usize) {
        let all = &self.beat().hints;
        (&all[..self.hints], all.len() - self.hints)
    }

    /// Shows one more hint.
    pub fn hint(&mut self) {
        self.hints = (self.hints + 1).min(self.beat().hints.len());
    }

    /// Whether a run is what this step waits for the reader to make of the one before.
    pub fn did(&self, script: &Script) -> bool {
        let Turn::Act(wanted) = &self.beat().part else { return false };
        let acts = |script: &Script| {
            let wanted = |action: Option<&Action>| action == Some(wanted);
            script.statements.iter().filter(|line| wanted(line.value.action())).count()
        };
        let more = script.statements.len() > self.stop().script.statements.len();
        more && acts(script) > acts(&self.stop().script)
    }

    /// Judges a run by the task of this step; true if that was news.
    pub fn judge(&mut self, script: &Script) -> bool {
        let Turn::Make(task) = &self.beat().part else { return false };
        if self.judged.as_ref().is_some_and(|(known, _)| known == script) {
            return false;
        }
        let judged = judge(task, &self.stop().script, script);
        self.judged = Some((script.clone(), judged));
        true
    }

    /// What became of the task.
    pub fn judged(&self) -> Option<&Judged> {
        self.judged.as_ref().map(|(_, judged)| judged).filter(|_| self.is_last())
    }

    /// Whether the task is done.
    pub fn done(&self) -> bool {
        self.judged().is_some_and(Judged::done)
    }

    /// A run that does what the task asks.
    pub fn solution(&self) -> Option<Script> {
        let Turn::Make(task) = &self.beat().part else { return None };
        solved(task, &self.stop().script).ok()
    }

    /// Names of the nodes that are lit up; none is all of them.
    pub fn lit(&self) -> Vec<String> {
        let nodes = self.beat().show.iter().filter_map(|part| match part {
            Part::Node(node) | Part::Bar(node) => Some(node.to_string()),
            Part::Tape | Part::Lab => None,
        });
        nodes.collect()
    }

    /// Whether the step is in the seed lab.
    pub fn in_lab(&self) -> bool {
        self.beat().show.contains(&Part::Lab)
    }

    /// Whether something of this kind may be done in this step.
    pub fn allows(&self, what: &str) -> bool {
        let beat = self.beat();
        let asked =
            matches!(&beat.part, Turn::Act(action) if action.to_string().split(' ').next() == Some(what));
        asked || beat.allow.iter().any(|word| *word == "all" || *word == what)
    }

    /// Whether a deed may be done.
    pub fn allows_deed(&self, deed: Deed) -> bool {
        let word = match deed {
            Deed::Kill => "kill",
            Deed::Pause => return self.allows("pause") || self.allows("resume"),
            Deed::Restart => "restart",
            Deed::Failover => "failover",
            Deed::Cut => "cut",
            Deed::Slow => "slow",
            Deed::Heal => "heal",
        };
        self.allows(word)
    }
}

/// What was done so far, as the browser keeps it: `L3 G1=12`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Marks(BTreeMap<String, Option<u64>>);

impl Marks {
    /// Reads what the browser kept; what makes no sense is left out.
    pub fn read(text: &str) -> Self {
        let mark = |word: &str| match word.split_once('=') {
            Some((name, score)) => Some((name.to_owned(), Some(score.parse().ok()?))),
            None => Some((word.to_owned(), None)),
        };
        let known = |(name, _): &(String, Option<u64>)| {
            LESSONS.iter().chain(GOALS).chain(ROOMS).any(|one| one.name == name)
        };
        Self(text.split_whitespace().filter_map(mark).filter(known).collect())
    }

    /// As the browser keeps it.
    pub fn write(&self) -> String {
        let mut text = String::new();
        for (name, score) in &self.0 {
            // Writing to a `String` cannot fail.
            let _ = match score {
                Some(score) => write!(text, "{name}={score} "),
                None => write!(text, "{name} "),
            };
        }
        text.trim_end().to_owned()
    }

    /// Whether it was done.
    pub fn has(&self, name: &str) -> bool {
        self.0.contains_key(name)
    }

    /// The best score.
    pub fn score(&self, name: &str) -> Option<u64> {
        self.0.get(name).copied().flatten()
    }

    /// Whether a goal may be tried: the one before it was reached.
    pub fn opens(&self, name: &str) -> bool {
        let before =
            GOALS.iter().position(|one| one.name == name).and_then(|at| GOALS.get(at.checked_sub(1)?));
        before.is_none_or(|before| self.has(before.name))
    }

    /// Notes that something was seen; true if that is new.
    pub fn see(&mut self, name: &str) -> bool {
        !self.has(name) && self.0.insert(name.to_owned(), None).is_none()
    }

    /// Notes what a course came to; true if that is new or better.
    pub fn note(&mut self, course: &Course) -> bool {
        if !course.done() {
            return false;
        }
        let score = course.judged().and_then(|judged| judged.score);
        let more = match &course.beat().part {
            Turn::Make(task) => task.score.as_ref().is_none_or(|(_, more)| *more),
            _ => true,
        };
        let name = course.built.name;
        let better = match (self.score(name), score) {
            (Some(before), Some(now)) => {
                if more {
                    now > before
                } else {
                    now < before
                }
            }
            _ => !self.has(name),
        };
        if better {
            self.0.insert(name.to_owned(), score);
        }
        better
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_lesson_goal_and_room_opens() {
        for one in LESSONS.iter().chain(GOALS).chain(ROOMS) {
            let course = Course::open(one.name, usize::MAX).unwrap_or_else(|| panic!("{}", one.name));
            assert!(course.is_last() && course.minutes_left() > 0, "{}", one.name);
            for part in course.lesson.beats.iter().flat_map(|beat| &beat.show) {
                let nodes = course.lesson.script.cluster.nodes();
                assert!(
                    !matches!(part, Part::Node(node) | Part::Bar(node) if !nodes.contains(node)),
                    "{}: {part:?}",
                    one.name
                );
            }
        }
        assert!(Course::open("L99", 0).is_none());
    }

    #[test]
    fn the_first_answer_counts_and_a_hint_is_shown_when_asked_for() {
        let mut course = Course::open("L3", 0).expect("it is built in");
        let asks = (0..course.steps()).find(|at| matches!(course.lesson.beats[*at].part, Turn::Predict(_)));
        course.go(asks.expect("L3 asks"));
        assert!(course.asks());
        course.predict(9);
        assert!(course.asks(), "there is no ninth choice");
        course.predict(1);
        course.predict(2);
        assert_eq!((course.prediction(), course.asks(), course.stop().answer), (Some(1), false, Some(2)));
        assert_eq!(course.hints(), (&[][..], 2));
        course.hint();
        assert_eq!((course.hints().0.len(), course.hints().1), (1, 1));
    }

    #[test]
    fn a_task_is_judged_by_the_run_and_its_solution_is_one() {
        let mut course = Course::open("L3", usize::MAX).expect("it is built in");
        let start = course.stop().script.clone();
        assert!(course.judge(&start) && !course.done());
        assert!(!course.judge(&start), "that is no news");
        let solution = course.solution().expect("it has one");
        assert!(course.judge(&solution) && course.done());
        let mut marks = Marks::default();
        assert!(marks.note(&course) && !marks.note(&course), "once is enough");
        assert_eq!(Marks::read(&format!("{} L99 L3=x", marks.write())), marks);
    }
}
