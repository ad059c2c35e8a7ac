//! A job, done in pieces of one run each.

use splitvote::base::Rules;
use splitvote::scenario::{Script, ScriptError, parse};
use splitvote::sim::hunt::{Find, GENERATION, Hunt, Plan, Target, Trial};
use splitvote::sim::sweep::Tally;

use crate::messages::{Job, Part, Prey, Quarry, Told};

/// A job under way.
#[derive(Debug)]
pub enum Work {
    /// Many runs.
    Sweep(Sweep),
    /// A hunt.
    Hunt(Box<Chase>),
}

/// A share of a sweep.
#[derive(Debug)]
pub struct Sweep {
    scripts: Vec<Script>,
    next: u64,
    end: u64,
    stride: u64,
    part: Part,
}

/// A hunt with one pair of hands.
#[derive(Debug)]
pub struct Chase {
    hunt: Hunt,
    /// Of the present generation.
    trials: Vec<Trial>,
    next: u64,
    end: u64,
    runs: u64,
    over: bool,
}

impl Work {
    /// Begins a job; or says why it cannot be done.
    pub fn begin(job: Job) -> Result<Self, String> {
        match job {
            Job::Sweep { scripts, seeds, share } => {
                let scripts: Result<Vec<Script>, String> =
                    scripts.iter().map(|text| parse(text).map_err(|errors| told(&errors))).collect();
                let scripts = scripts?;
                let (next, part) = (seeds[0].saturating_add(share.index), empty(scripts.len()));
                Ok(Self::Sweep(Sweep { scripts, next, end: seeds[1], stride: share.of.max(1), part }))
            }
            Job::Hunt(quarry) => {
                let [next, end] = quarry.seeds;
                let hunt = Hunt::new(plan(quarry)?);
                let trials = Vec::new();
                Ok(Self::Hunt(Box::new(Chase { hunt, trials, next, end, runs: 0, over: false })))
            }
        }
    }

    /// Does the next piece; false if there is none. What is said meanwhile may be dropped, but for the
    /// end of a hunt.
    pub fn step(&mut self, say: &mut dyn FnMut(&Told)) -> bool {
        match self {
            Self::Sweep(sweep) => sweep.step(),
            Self::Hunt(chase) => chase.step(say),
        }
    }

    /// What there is to say since it was last asked; of a hunt that is over, nothing.
    pub fn news(&mut self) -> Option<Told> {
        match self {
            Self::Sweep(Sweep { part, .. }) if part.runs.is_empty() => None,
            Self::Sweep(Sweep { scripts, part, .. }) => {
                Some(Told::Swept(std::mem::replace(part, empty(scripts.len()))))
            }
            Self::Hunt(chase) => {
                let Chase { hunt, runs, over, .. } = chase.as_ref();
                (!over).then(|| Told::Hunting { runs: *runs, places: hunt.reached() as u64 })
            }
        }
    }
}

impl Sweep {
    fn step(&mut self) -> bool {
        if self.next >= self.end {
            return false;
        }
        let tallies = self.scripts.iter().zip(&mut self.part.tallies);
        let seen = tallies.map(|(script, tally)| tally.play(script, self.next)).collect();
        self.part.runs.push((self.next, seen));
        self.next = self.next.saturating_add(self.stride);
        true
    }
}

impl Chase {
    fn step(&mut self, say: &mut dyn FnMut(&Told)) -> bool {
        if self.over || self.next >= self.end {
            if !std::mem::replace(&mut self.over, true) {
                say(&Told::Hunted(None));
            }
            return false;
        }
        let trial = self.hunt.trial(self.next);
        (self.next, self.runs) = (self.next + 1, self.runs + 1);
        if trial.broken.is_some() {
            let mut tries = 0;
            let find = self.hunt.plan().find(&trial, &mut || {
                tries += 1;
                say(&Told::Shrinking { tries });
            });
            self.over = true;
            say(&Told::Hunted(find.as_ref().map(prey)));
            return false;
        }
        self.trials.push(trial);
        if self.trials.len() as u64 == GENERATION || self.next == self.end {
            self.hunt.learn(std::mem::take(&mut self.trials));
        }
        true
    }
}

fn empty(variants: usize) -> Part {
    Part { tallies: vec![Tally::default(); variants], runs: Vec::new() }
}

fn told(errors: &[ScriptError]) -> String {
    errors.first().map_or_else(String::new, ToString::to_string)
}

/// The plan of a hunt.
fn plan(quarry: Quarry) -> Result<Plan, String> {
    let Quarry { base, rules, targets, against, .. } = quarry;
    let base = base.map(|text| parse(&text).map_err(|errors| told(&errors))).transpose()?;
    let obeyed = rules_of(base.as_ref(), &rules)?;
    let named = |word: &String| Target::named(word).ok_or_else(|| format!("`{word}` is nothing to hunt"));
    let targets = if targets.is_empty() {
        Target::telling(&obeyed)
    } else {
        targets.iter().map(named).collect::<Result<_, _>>()?
    };
    let plan = Plan { base, rules, settings: String::new(), targets, against };
    plan.check().map_err(|errors| told(&errors))?;
    Ok(plan)
}

fn rules_of(base: Option<&Script>, words: &str) -> Result<Rules, String> {
    let mut script = base.cloned().unwrap_or_default();
    if !words.is_empty() {
        script.override_rules(words).map_err(|errors| told(&errors))?;
    }
    Ok(script.common_rules())
}

fn prey(find: &Find) -> Prey {
    Prey {
        target: find.broken.target.word().to_owned(),
        what: find.broken.what.clone(),
        seed: find.seed,
        before: find.before as u64,
        after: find.script.statements.len() as u64,
        script: find.script.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use splitvote::sim::sweep::Share;

    use super::*;

    const SMALL: &str = "cluster shards=3 replicas=1\nset node-timeout=1s\nat 1s kill A\nrun for 6s\n";

    fn done(job: Job) -> Vec<Told> {
        let mut work = Work::begin(job).expect("a job");
        let mut all = Vec::new();
        while work.step(&mut |told| all.push(told.clone())) {}
        all.extend(work.news());
        all
    }

    #[test]
    fn shares_of_a_sweep_add_up_to_what_one_hand_counts() {
        let scripts: Vec<Script> =
            ["", "rules nack=off\n"].map(|rules| parse(&format!("{rules}{SMALL}")).expect("a script")).into();
        let mut whole = vec![Tally::default(); 2];
        for seed in 5..12 {
            for (script, tally) in scripts.iter().zip(&mut whole) {
                tally.play(script, seed);
            }
        }
        let mut sum = vec![Tally::default(); 2];
        let mut seeds = Vec::new();
        for index in [2, 0, 1] {
            let texts = scripts.iter().map(ToString::to_string).collect();
            let job = Job::Sweep { scripts: texts, seeds: [5, 12], share: Share { index, of: 3 } };
            for told in done(job) {
                let Told::Swept(part) = told else { panic!("{told:?}") };
                sum.iter_mut().zip(&part.tallies).for_each(|(sum, tally)| sum.merge(tally));
                seeds.extend(part.runs.iter().map(|(seed, _)| *seed));
            }
        }
        seeds.sort_unstable();
        assert_eq!((sum, seeds), (whole, (5..12).collect()));
    }

    #[test]
    fn a_hunt_ends_with_a_small_script_that_shows_it() {
        let quarry = Quarry {
            rules: "splitvote full-sync-across-shards=off".to_owned(),
            targets: vec!["S13".to_owned()],
            against: "splitvote".to_owned(),
            seeds: [0, 64],
            ..Quarry::default()
        };
        let all = done(Job::Hunt(quarry));
        assert!(matches!(all.first(), Some(Told::Shrinking { tries: 1 })), "{all:?}");
        let Some(Told::Hunted(Some(prey))) = all.last() else { panic!("{all:?}") };
        assert_eq!((prey.target.as_str(), prey.seed), ("S13", 1));
        assert!(prey.after <= 4 && prey.before > prey.after, "{prey:?}");
        assert!(parse(&prey.script).is_ok());
    }

    #[test]
    fn a_hunt_that_finds_nothing_says_so_once() {
        let quarry = Quarry {
            base: Some(SMALL.to_owned()),
            targets: vec!["S1".to_owned()],
            seeds: [0, 2],
            ..Quarry::default()
        };
        assert_eq!(done(Job::Hunt(quarry)), [Told::Hunted(None)]);
    }

    #[test]
    fn a_job_that_cannot_be_done_says_why() {
        let share = Share { index: 0, of: 1 };
        let sweep = Job::Sweep { scripts: vec!["kil A".to_owned()], seeds: [0, 1], share };
        assert!(Work::begin(sweep).is_err_and(|why| why.contains("kil")));
        let quarry = Quarry { targets: vec!["S99".to_owned()], ..Quarry::default() };
        assert!(Work::begin(Job::Hunt(quarry)).is_err_and(|why| why.contains("S99")));
        let quarry = Quarry { rules: "nak=off".to_owned(), ..Quarry::default() };
        assert!(Work::begin(Job::Hunt(quarry)).is_err_and(|why| why.contains("nack")));
    }
}
