//! What a hunt hands over: the smallest script found that shows what broke.

use crate::scenario::Script;
use crate::sim::shrink::shrink;

use super::{Broken, Plan, Trial};

/// How many scripts are tried to make one small.
const TRIES: u32 = 20_000;

/// Something that broke, and a small script that shows it.
#[derive(Clone, Debug, PartialEq)]
pub struct Find {
    /// The seed of the world that showed it first.
    pub seed: u64,
    /// What broke there.
    pub broken: Broken,
    /// How many statements that world had.
    pub before: usize,
    /// The small script.
    pub script: Script,
}

impl Plan {
    /// The find of a trial in which something broke. `tried` is told before each script that is tried.
    pub fn find(&self, trial: &Trial, tried: &mut dyn FnMut()) -> Option<Find> {
        let broken = trial.broken.clone()?;
        let before = trial.script.statements.len();
        let mut shows = |script: &Script| {
            tried();
            self.shows(script, broken.target)
        };
        // What cannot be told in a script of one run is told as it was drawn.
        let script = match self.told(&trial.script, &broken) {
            Some(told) => shrink(&told, TRIES, &mut shows),
            None => trial.script.clone(),
        };
        Some(Find { seed: trial.seed, broken, before, script })
    }
}
