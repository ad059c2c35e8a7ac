//! The hunter: draws worlds from seeds, keeps those that came to somewhere new and changes them a
//! little, until something breaks; [`shrink`](super::shrink) then makes the script small.
//!
//! Seeds are tried in generations of a fixed size. What a seed becomes depends on the generations
//! before its own, never on its neighbours, so a hunt ends at the same find however many threads it has.

mod draw;
mod find;
mod mutate;
mod target;

use std::collections::BTreeSet;
use std::fmt::Write as _;

use crate::base::{Duration, Instant, Rng};
use crate::scenario::{Condition, Script, ScriptError, parse, parse_lenient};

use super::{Keep, Simulator};
use draw::Draft;

pub use find::Find;
pub use target::Target;

/// Seeds that know the same finds of others.
pub const GENERATION: u64 = 64;
/// How many scripts are kept to be changed.
const CORPUS: usize = 400;
/// In how many of a hundred cases a script of the corpus is changed instead of a new one drawn.
const CHANGED: u64 = 60;

/// What followed what; see [`Simulator::trail`].
pub type Place = (bool, &'static str, &'static str);

/// What is hunted where.
#[derive(Clone, Debug)]
pub struct Plan {
    /// The scenario that faults are laid over; none is a drawn cluster.
    pub base: Option<Script>,
    /// Words of the `rules` statement for everyone.
    pub rules: String,
    /// Words of the `set` statement for everyone.
    pub settings: String,
    /// Any of these ends the hunt.
    pub targets: Vec<Target>,
    /// Words of the `rules` statement to compare with: what is only found after a run, or only counted,
    /// must not be so with these rules in the same world.
    pub against: String,
}

/// Something that broke.
#[derive(Clone, Debug, PartialEq)]
pub struct Broken {
    /// What.
    pub target: Target,
    /// When.
    pub at: Instant,
    /// What was seen.
    pub what: String,
    /// What the world should be like then and is not, of what is no property.
    expected: Option<Condition>,
}

/// What one run came to.
#[derive(Clone, Debug)]
pub struct Trial {
    /// Its seed.
    pub seed: u64,
    /// The world.
    pub script: Script,
    /// What happens in it, without what ends it.
    body: Script,
    /// Where it came to.
    pub reached: BTreeSet<Place>,
    /// What broke first.
    pub broken: Option<Broken>,
}

impl Plan {
    /// A plan, unless the words do not read.
    ///
    /// # Errors
    /// What is wrong with the words.
    pub fn check(&self) -> Result<(), Vec<ScriptError>> {
        let mut script = self.base.clone().unwrap_or_default();
        self.dress(&mut script)?;
        if !self.against.is_empty() {
            script.override_rules(&self.against)?;
        }
        Ok(())
    }

    fn dress(&self, script: &mut Script) -> Result<(), Vec<ScriptError>> {
        if !self.rules.is_empty() {
            script.override_rules(&self.rules)?;
        }
        if !self.settings.is_empty() {
            script.override_settings(&self.settings)?;
        }
        Ok(())
    }

    /// What happens in the world of a seed: drawn anew, or one of the corpus changed.
    fn draw(&self, seed: u64, corpus: &[Script]) -> Script {
        let mut rng = Rng::new(seed).fork("hunt");
        if !corpus.is_empty() && rng.below(100) < CHANGED {
            return mutate::changed(&mut rng, corpus);
        }
        let mut head = self.base.clone().unwrap_or_else(|| {
            let text = draw::head(&mut rng);
            parse(&text).unwrap_or_else(|errors| panic!("seed {seed}: {} in\n{text}", errors[0]))
        });
        let dressed = self.dress(&mut head);
        debug_assert!(dressed.is_ok(), "a plan is checked before it is followed");
        let mut draft = Draft::over(&head, rng);
        if draft.rng.chance(500_000) {
            draft.contest();
        }
        if draft.rng.chance(350_000) {
            draft.plot();
        }
        for _ in 0..draft.rng.between(u64::from(draft.lines.is_empty()), 7) {
            draft.fault();
        }
        mutate::with_lines(&head, &draft.lines)
    }

    /// Adds what ends a world: everything is mended, and the cluster must agree again.
    fn finish(&self, body: &Script, seed: u64) -> Script {
        let script = Script { seed, ..body.clone() };
        let timeout = script.common_settings().node_timeout;
        // Writing to a `String` cannot fail.
        let mut text = mutate::body(&script);
        let end = mutate::end_of(&script) + timeout * 2;
        if self.targets.iter().any(|target| target.is_eventual()) {
            mutate::mend(&mut text, &script, end);
            let patience = patience(timeout);
            let _ = writeln!(text, "run until converged, at most {patience}\nexpect converged");
        } else {
            let _ = writeln!(text, "run for {}", end + timeout * 2);
        }
        parse_lenient(&text).0
    }

    /// Plays a world until something that is hunted breaks.
    pub fn play(&self, script: &Script) -> (Option<Broken>, BTreeSet<Place>) {
        let mut world = Simulator::keeping(script, Keep::Nothing);
        let mut watch = Watch::new(self, script);
        let broken = watch.first(&mut world);
        (broken, world.trail().collect())
    }

    /// Whether a target still shows in a script that was written to show it.
    pub fn shows(&self, script: &Script, target: Target) -> bool {
        let only = Self { targets: vec![target], ..self.clone() };
        let mut world = Simulator::keeping(script, Keep::Nothing);
        if let Target::Property(_) = target {
            return Watch::new(&only, script).first(&mut world).is_some();
        }
        world.run();
        only.differs(&mut world, script, target).is_some()
    }

    /// What holds at this moment with the rules compared with and does not here. Where the dice decide
    /// most, it must be so in most of their throws.
    fn differs(&self, world: &mut Simulator, script: &Script, target: Target) -> Option<Condition> {
        let mut other = Simulator::keeping(&self.reference(script), Keep::Nothing);
        other.play(world.now());
        let condition = target.harm(world, &mut other)?;
        match target {
            Target::Slow => self.is_slower(script, world.now()).then_some(condition),
            Target::Manual | Target::Alarm => self.recurs(script, world.now(), target).then_some(condition),
            _ => Some(condition),
        }
    }

    /// Whether slots lack a primary for longer with many seeds and hardly ever for shorter.
    fn is_slower(&self, script: &Script, until: Instant) -> bool {
        let timeout = script.common_settings().node_timeout;
        let until = until + timeout * 6;
        let (mut longer, mut shorter) = (0, 0);
        for throw in 1..=THROWS {
            let script = Script { seed: script.seed.wrapping_add(throw), ..script.clone() };
            let [here, there] = [self.reference(&script), script].map(|script| {
                let mut world = Simulator::keeping(&script, Keep::Nothing);
                world.play(until);
                world.uncovered_in_all()
            });
            longer += u64::from(there > here + timeout / target::SOME);
            shorter += u64::from(here > there + timeout / target::SOME);
            if (throw > THROWS / 4 && longer == 0) || shorter * 8 > THROWS {
                return false;
            }
        }
        longer * 3 > THROWS && longer > shorter * 8
    }

    /// Whether it is so with most seeds.
    fn recurs(&self, script: &Script, until: Instant, target: Target) -> bool {
        let again = (1..=4).filter(|throw| {
            let script = Script { seed: script.seed.wrapping_add(*throw), ..script.clone() };
            let [mut other, mut world] = [self.reference(&script), script].map(|script| {
                let mut world = Simulator::keeping(&script, Keep::Nothing);
                world.play(until);
                world
            });
            target.harm(&mut world, &mut other).is_some()
        });
        again.count() >= 3
    }

    fn reference(&self, script: &Script) -> Script {
        let mut other = script.clone();
        let known = other.override_rules(&self.against);
        debug_assert!(known.is_ok(), "a plan is checked before it is followed");
        other
    }

    /// The script of a find, with one run and one expectation, that only shrinks from here; `None` if
    /// it does not show the same.
    pub fn told(&self, script: &Script, broken: &Broken) -> Option<Script> {
        let timeout = script.common_settings().node_timeout;
        let ended = broken.at.since(Instant::ZERO);
        let told = broken.target.told_by(script, ended, patience(timeout), broken.expected.as_ref());
        let told = parse(&told.to_string()).ok()?;
        self.shows(&told, broken.target).then_some(told)
    }
}

/// With so many other seeds a difference in time is looked for.
const THROWS: u64 = 20;

/// How long a cluster may take to agree after everything was mended.
fn patience(timeout: Duration) -> Duration {
    timeout * 60 + Duration::from_secs(30)
}

/// Looks for what is hunted while a world runs.
struct Watch<'a> {
    plan: &'a Plan,
    script: &'a Script,
    seen: usize,
    /// The last time without cover that was looked at.
    looked: Option<Instant>,
    late: bool,
    slow: bool,
    /// The last moment at which some slot had no primary, while that is so and how long it was.
    bare: Option<(Instant, Duration)>,
    timeout: Duration,
}

impl<'a> Watch<'a> {
    fn new(plan: &'a Plan, script: &'a Script) -> Self {
        let timeout = script.common_settings().node_timeout;
        let wants = |target| plan.targets.contains(&target);
        Self {
            plan,
            script,
            seen: 0,
            looked: None,
            late: wants(Target::Late),
            slow: wants(Target::Slow),
            bare: None,
            timeout,
        }
    }

    fn first(&mut self, world: &mut Simulator) -> Option<Broken> {
        while !world.finished() {
            world.step();
            let broken =
                self.violation(world).or_else(|| self.lateness(world)).or_else(|| self.slowness(world));
            if broken.is_some() {
                return broken;
            }
        }
        let counted = [Target::Lost, Target::Manual, Target::Alarm];
        counted.into_iter().filter(|target| self.plan.targets.contains(target)).find_map(|target| {
            let expected = self.plan.differs(world, self.script, target)?;
            let what = format!("not `{expected}`");
            Some(Broken { target, at: world.now(), what, expected: Some(expected) })
        })
    }

    fn violation(&mut self, world: &Simulator) -> Option<Broken> {
        let all = world.violations();
        let fresh = all.get(self.seen..).unwrap_or_default();
        self.seen = all.len();
        fresh.iter().find_map(|(at, _, violation)| {
            let target = Target::named(&violation.property)?;
            let wanted = self.plan.targets.contains(&target);
            let ours = !target.is_eventual() || !self.is_so_with_others(target);
            (wanted && ours).then(|| Broken { target, at: *at, what: violation.what.clone(), expected: None })
        })
    }

    /// What is left after faults may be nobody's fault: then it is there with other rules, too.
    fn is_so_with_others(&self, target: Target) -> bool {
        let script = self.plan.reference(self.script);
        if script == *self.script {
            return false;
        }
        let mut other = Simulator::keeping(&script, Keep::Nothing);
        other.run();
        other.violations().iter().any(|(_, _, violation)| violation.property == target.word())
    }

    fn lateness(&mut self, world: &mut Simulator) -> Option<Broken> {
        if !self.late {
            return None;
        }
        let span = world.uncovered_for().filter(|span| *span > self.timeout * 8)?;
        let since = Instant::from_micros(world.now().as_micros() - span.as_micros());
        if self.looked.replace(since) == Some(since) {
            return None;
        }
        let expected = self.plan.differs(world, self.script, Target::Late);
        let what = format!("not covered for {span}");
        expected.is_some().then(|| Broken { target: Target::Late, at: world.now(), what, expected })
    }

    /// Looks back when all is well again.
    fn slowness(&mut self, world: &Simulator) -> Option<Broken> {
        if !self.slow {
            return None;
        }
        if let Some(span) = world.uncovered_for() {
            self.bare = Some((world.now(), span));
            return None;
        }
        let (last, span) = self.bare.take().filter(|(_, span)| *span > self.timeout)?;
        let mut before = Simulator::keeping(self.script, Keep::Nothing);
        let at = Instant::from_millis(last.as_micros() / 1000);
        before.play(at);
        let expected = self.plan.differs(&mut before, self.script, Target::Slow)?;
        let what = format!("not covered for {span}");
        // A script that tells it ends a millisecond later.
        let at = Instant::from_millis((last.as_micros() / 1000).saturating_sub(1));
        Some(Broken { target: Target::Slow, at, what, expected: Some(expected) })
    }
}

/// A hunt and what it has learned.
#[derive(Clone, Debug)]
pub struct Hunt {
    plan: Plan,
    corpus: Vec<Script>,
    reached: BTreeSet<Place>,
}

impl Hunt {
    /// A hunt that knows nothing yet.
    pub fn new(plan: Plan) -> Self {
        Self { plan, corpus: Vec::new(), reached: BTreeSet::new() }
    }

    /// What is hunted.
    pub fn plan(&self) -> &Plan {
        &self.plan
    }

    /// How many pairs of things that followed each other were come across.
    pub fn reached(&self) -> usize {
        self.reached.len()
    }

    /// Runs the world of a seed.
    pub fn trial(&self, seed: u64) -> Trial {
        let body = self.plan.draw(seed, &self.corpus);
        let script = self.plan.finish(&body, seed);
        let (broken, reached) = self.plan.play(&script);
        Trial { seed, script, body, reached, broken }
    }

    /// Learns from a generation, in the order of its seeds.
    pub fn learn(&mut self, trials: Vec<Trial>) {
        for trial in trials {
            let known = self.reached.len();
            self.reached.extend(trial.reached);
            if self.reached.len() > known {
                self.corpus.push(trial.body);
            }
        }
        let over = self.corpus.len().saturating_sub(CORPUS);
        self.corpus.drain(..over);
    }
}
