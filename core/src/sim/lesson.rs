//! Plays lessons: when each step is, what each question's answer is, and whether a run is what a task
//! asks for. The answers come from running ahead, never from the lesson's text.

use std::collections::BTreeMap;

use crate::base::{Duration, Instant};
use crate::node::Event;
use crate::scenario::lesson::{Beat, Change, Choice, Claim, Lesson, Measure, Moment, Task, Turn};
use crate::scenario::{Action, Condition, Located, Script, ScriptError, Statement, parse};

use super::operate::is_fault;
use super::{Keep, Record, Simulator, What};

/// Where a step of a lesson is.
#[derive(Clone, Debug, PartialEq)]
pub struct Stop {
    /// Which run it is in: an act of the reader's makes the next step another run.
    pub script: Script,
    /// When.
    pub at: Instant,
    /// Of a question: which of its choices is right.
    pub answer: Option<usize>,
}

/// Why a lesson cannot be played: it says something that is not so.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("step {beat}: {what}")]
pub struct Untrue {
    /// Which step, counted from 1.
    pub beat: usize,
    /// What is wrong.
    pub what: String,
}

/// What became of a task.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Judged {
    /// Of each claim, whether it is so.
    pub met: Vec<bool>,
    /// What it scored, if that is counted.
    pub score: Option<u64>,
}

impl Judged {
    /// Whether all of it is so.
    pub fn done(&self) -> bool {
        self.met.iter().all(|met| *met)
    }
}

/// Every step of a lesson: the run it is in, its moment, the answer to its question.
pub fn walk(lesson: &Lesson<'_>) -> Result<Vec<Stop>, Untrue> {
    let mut guide = Guide::new(&lesson.script);
    let mut stops: Vec<Stop> = Vec::new();
    for (number, beat) in (1..).zip(&lesson.beats) {
        let untrue = |what| Untrue { beat: number, what };
        guide.change(&lesson.script, &beat.changes).map_err(untrue)?;
        guide.go(beat).map_err(untrue)?;
        let answer = match &beat.part {
            Turn::Predict(choices) => {
                let claims: Vec<&Claim> = choices.iter().map(|choice| &choice.claim).collect();
                Some(guide.answer(&claims).map_err(untrue)?)
            }
            _ => None,
        };
        stops.push(Stop { script: guide.script.clone(), at: guide.world.now(), answer });
        if let Turn::Act(action) = &beat.part {
            guide.act(action);
        }
    }
    Ok(stops)
}

/// What is not true at its moment, of all that a lesson says; for those who check lessons.
pub fn false_facts(lesson: &Lesson<'_>, stops: &[Stop]) -> Vec<Untrue> {
    let mut wrong = Vec::new();
    for (number, (beat, stop)) in (1..).zip(lesson.beats.iter().zip(stops)) {
        let mut world = Simulator::keeping(&stop.script, Keep::Nothing);
        let watches: Vec<usize> = beat.facts.iter().map(|fact| world.watch(fact)).collect();
        world.play(stop.at);
        for (watch, fact) in watches.into_iter().zip(&beat.facts) {
            if !world.watched(watch) {
                wrong.push(Untrue { beat: number, what: format!("`{fact}` is not so at {}", stop.at) });
            }
        }
    }
    wrong
}

/// Judges a run by what a task asks for; `start` is what the reader began with.
pub fn judge(task: &Task<'_>, start: &Script, script: &Script) -> Judged {
    let mut script = script.clone();
    let own = script.statements.iter().filter(|line| matches!(line.value, Statement::Expect { .. })).count();
    let untouched =
        script.cluster == start.cluster && script.rules == start.rules && script.settings == start.settings;
    for claim in &task.reach {
        if let Claim::Holds(condition, within) = &claim.claim {
            let value = Statement::Expect { condition: condition.clone(), within: *within };
            script.statements.push(Located { line: 0, value });
        }
    }
    let mut world = Simulator::new(&script);
    world.run();
    let mut held = world.expectations().into_iter().skip(own).map(|(.., met)| met);
    let met = task.reach.iter().map(|part| match &part.claim {
        Claim::Holds(..) => held.next().unwrap_or(false),
        Claim::Figure(measure, low, high) => {
            figure(&mut world, measure).is_some_and(|it| it >= *low && it <= *high)
        }
        Claim::Untouched => untouched,
    });
    let met = met.collect();
    let score = task.score.as_ref().and_then(|(measure, _)| figure(&mut world, measure));
    Judged { met, score }
}

/// The run that a task's own solution makes.
pub fn solved(task: &Task<'_>, start: &Script) -> Result<Script, String> {
    let mut script = start.clone();
    for line in &task.solution {
        add(&mut script, line)?;
    }
    Ok(script)
}

/// One who walks through a lesson.
struct Guide {
    script: Script,
    world: Simulator,
}

impl Guide {
    fn new(script: &Script) -> Self {
        Self { script: script.clone(), world: Simulator::new(script) }
    }

    /// To the moment of a step.
    fn go(&mut self, beat: &Beat<'_>) -> Result<(), String> {
        match &beat.until {
            None => {}
            Some(Moment::At(at)) => {
                if *at < self.world.now() {
                    *self = Self::new(&self.script);
                }
                self.world.play(*at);
            }
            Some(Moment::When(condition)) => self.wait(condition)?,
        }
        let at = self.world.now() + beat.then;
        self.world.play(at);
        Ok(())
    }

    /// Until something holds, or has happened, from the beginning of the run on.
    fn wait(&mut self, condition: &Condition) -> Result<(), String> {
        let from = self.world.now();
        let mut world = Simulator::new(&self.script);
        let watch = world.watch(condition);
        world.play(from);
        while !world.watched(watch) {
            if world.finished() || !world.step() {
                return Err(format!("`{condition}` never comes"));
            }
        }
        let at = world.now().max(from);
        self.world.play(at);
        Ok(())
    }

    /// Which claim is true: of plain conditions the first to become so, or else the one that is so in the end.
    fn answer(&self, claims: &[&Claim]) -> Result<usize, String> {
        let plain = claims.iter().map(|claim| match claim {
            Claim::Holds(Condition::Not(_), _) | Claim::Figure(..) | Claim::Untouched => None,
            Claim::Holds(condition, _) => Some(condition),
        });
        match plain.collect::<Option<Vec<_>>>() {
            Some(conditions) => self.first_true(&conditions),
            None => self.true_at_the_end(claims),
        }
    }

    fn first_true(&self, conditions: &[&Condition]) -> Result<usize, String> {
        let mut world = self.world.clone();
        let watches: Vec<usize> = conditions.iter().map(|condition| world.watch(condition)).collect();
        loop {
            let holds: Vec<usize> = (0..watches.len()).filter(|at| world.watched(watches[*at])).collect();
            match holds.as_slice() {
                [one] => return Ok(*one),
                [] if !world.finished() && world.step() => {}
                [] => return Err("no choice comes true".to_owned()),
                _ => return Err("two choices come true at once".to_owned()),
            }
        }
    }

    fn true_at_the_end(&self, claims: &[&Claim]) -> Result<usize, String> {
        let task = |claim: &&Claim| Task {
            reach: vec![Choice { text: "", claim: (*claim).clone() }],
            solution: Vec::new(),
            score: None,
        };
        let is_so = |claim: &&Claim| judge(&task(claim), &self.script, &self.script).done();
        let holds: Vec<usize> = (0..claims.len()).filter(|at| is_so(&claims[*at])).collect();
        match holds.as_slice() {
            [one] => Ok(*one),
            [] => Err("no choice is true".to_owned()),
            _ => Err("two choices are true".to_owned()),
        }
    }

    /// Makes another run, which begins anew.
    fn change(&mut self, own: &Script, changes: &[Change<'_>]) -> Result<(), String> {
        let mut script = self.script.clone();
        for change in changes {
            match change {
                Change::Afresh => script.clone_from(own),
                Change::Rules(words) => script.override_rules(words).map_err(|errors| first(&errors))?,
                Change::Set(words) => script.override_settings(words).map_err(|errors| first(&errors))?,
                Change::Seed(seed) => script.seed = *seed,
            }
        }
        if !changes.is_empty() {
            *self = Self::new(&script);
        }
        Ok(())
    }

    /// Does what the reader does; what was before it stays as it was.
    fn act(&mut self, action: &Action) {
        let now = self.world.now();
        self.script.act(next_millisecond(now), action.clone());
        self.world = Simulator::new(&self.script);
        self.world.play(now);
    }
}

fn first(errors: &[ScriptError]) -> String {
    errors.first().map(ToString::to_string).unwrap_or_default()
}

/// When an act at this moment happens: nothing that was seen comes after it.
pub fn next_millisecond(now: Instant) -> Instant {
    Instant::from_millis(now.as_millis() + 1)
}

/// Adds a line to a script: words of `rules` and `set` are laid over what it says, others stand behind it.
fn add(script: &mut Script, line: &str) -> Result<(), String> {
    let (head, words) = line.split_once(' ').unwrap_or((line, ""));
    match head {
        "rules" => script.override_rules(words).map_err(|errors| first(&errors)),
        "set" => script.override_settings(words).map_err(|errors| first(&errors)),
        "seed" => words.parse().map(|seed| script.seed = seed).map_err(|_| format!("`{words}` is no seed")),
        _ => {
            *script = parse(&format!("{script}{line}\n")).map_err(|errors| first(&errors))?;
            Ok(())
        }
    }
}

/// A figure of a run that is over; nothing if there was nothing to measure.
pub fn figure(world: &mut Simulator, measure: &Measure) -> Option<u64> {
    match measure {
        Measure::Witnesses => world.records().iter().find_map(|record| match &record.what {
            What::Event(Event::FailMarked { needed, .. }) => Some(u64::from(*needed)),
            _ => None,
        }),
        Measure::AfterFail => world.report().longest_after_fail_ms(),
        Measure::Saved(words) => {
            let mut script = (*world.script).clone();
            script.override_rules(words).ok()?;
            let mut other = Simulator::keeping(&script, Keep::Nothing);
            other.run();
            let mine = world.report().longest_after_fail_ms()?;
            Some(mine.saturating_sub(other.report().longest_after_fail_ms()?))
        }
        Measure::Recovery => world.recovery().map(Duration::as_millis),
        Measure::Uncovered => Some(world.uncovered_in_all().as_millis()),
        Measure::SplitVotes => Some(world.split_votes()),
        Measure::SplitSeeds(seeds) => {
            let splits = |seed: &u64| {
                let mut script = (*world.script).clone();
                script.seed = script.seed.wrapping_add(*seed);
                let mut other = Simulator::keeping(&script, Keep::Nothing);
                other.run();
                other.split_votes() > 0
            };
            u64::try_from((0..*seeds).filter(splits).count()).ok()
        }
        Measure::WinnersOfAnEpoch => {
            let mut wins: BTreeMap<_, u64> = BTreeMap::new();
            for failover in world.failovers() {
                *wins.entry(failover.epoch).or_default() += 1;
            }
            wins.into_values().max()
        }
        Measure::LostWrites => Some(world.lost()),
        Measure::Rounds => {
            let asks = |record: &&Record| matches!(&record.what, What::Event(Event::VotesAsked { .. }));
            u64::try_from(world.records().iter().filter(asks).count()).ok()
        }
        Measure::Kills => {
            Some(count(&world.script, |action| matches!(action, Action::Kill(_) | Action::PowerCut(_))))
        }
        Measure::Faults => Some(count(&world.script, is_fault)),
    }
}

/// Actions of a script; of those that name nodes, each node is one.
fn count(script: &Script, wanted: impl Fn(&Action) -> bool) -> u64 {
    let of = |action: &Action| match action {
        Action::Kill(nodes) | Action::PowerCut(nodes) | Action::Pause(nodes) => nodes.len(),
        _ => 1,
    };
    let all = script.statements.iter().filter_map(|line| line.value.action());
    all.filter(|action| wanted(action)).map(|action| u64::try_from(of(action)).unwrap_or(u64::MAX)).sum()
}
