//! The hunter: draws worlds from seeds, keeps those that came to somewhere new and changes them a
//! little, until something breaks; [`shrink`](super::shrink) then makes the script small.
//!
//! Seeds are tried in generations of a fixed size. What a seed becomes depends on the generations
//! before its own, never on its neighbours, so a hunt ends at the same find however many threads it has.

mod draw;
mod mutate;
mod target;

use std::collections::BTreeSet;
use std::fmt::Write as _;

use crate::base::{Duration, Instant, Rng};
use crate::scenario::{Script, ScriptError, parse, parse_lenient};

use super::{Keep, Simulator};
use draw::Draft;

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
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Broken {
    /// What.
    pub target: Target,
    /// When.
    pub at: Instant,
    /// What was seen.
    pub what: String,
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
        for _ in 0..draft.rng.between(1, 7) {
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
        match target {
            Target::Property(_) => Watch::new(&only, script).first(&mut world).is_some(),
            Target::Late | Target::Lost => {
                world.run();
                only.differs(&mut world, script, target)
            }
        }
    }

    /// Whether two worlds that have come to the same moment differ as a target says.
    fn differs(&self, world: &mut Simulator, script: &Script, target: Target) -> bool {
        let lasting = script.common_settings().node_timeout;
        let now = world.now();
        let harmed = match target {
            Target::Late => world.uncovered_for().is_some_and(|span| span > lasting * 4),
            Target::Lost => world.lost() >= FEW,
            Target::Property(_) => false,
        };
        harmed && {
            let mut other = Simulator::keeping(&self.reference(script), Keep::Nothing);
            other.play(now);
            match target {
                Target::Late => other.covered_for().is_some_and(|span| span > lasting * 2),
                _ => other.lost() == 0,
            }
        }
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
        let told = broken.target.told_by(script, ended, patience(timeout));
        let told = parse(&told.to_string()).ok()?;
        self.shows(&told, broken.target).then_some(told)
    }
}

/// So many lost writes are no accident of the moment.
const FEW: u64 = 5;

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
    lost: bool,
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
            lost: wants(Target::Lost),
            timeout,
        }
    }

    fn first(&mut self, world: &mut Simulator) -> Option<Broken> {
        while !world.finished() {
            world.step();
            if let Some(broken) = self.violation(world).or_else(|| self.lateness(world)) {
                return Some(broken);
            }
        }
        let lost = self.lost && self.plan.differs(world, self.script, Target::Lost);
        lost.then(|| Broken {
            target: Target::Lost,
            at: world.now(),
            what: format!("{} writes", world.lost()),
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
            (wanted && ours).then(|| Broken { target, at: *at, what: violation.what.clone() })
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
        if self.looked.replace(since) == Some(since) || !self.plan.differs(world, self.script, Target::Late) {
            return None;
        }
        Some(Broken { target: Target::Late, at: world.now(), what: format!("not covered for {span}") })
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
