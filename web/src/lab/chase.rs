//! A hunt on the page: what is looked for, how far it has come, what it found.

use splitvote::scenario::Script;
use splitvote::sim::hunt::Target;
use splitvote_lab::messages::{Job, Prey, Quarry, Told};

use super::vary;

/// So many worlds are tried at most: hours on any machine.
const MOST: u64 = 1_000_000;
/// Harm is only harm where these rules do better in the same world.
const AGAINST: &str = "splitvote";

/// What is looked for, and where.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Form {
    /// The word of a target; empty is anything that tells something.
    pub target: String,
    /// Whether faults are laid over the present scenario instead of drawn clusters.
    pub over: bool,
}

/// Where a hunt is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Chase {
    /// So many worlds were played, and so many pairs of things came across.
    Hunting(u64, u64),
    /// Something was found, and so many smaller scripts were tried.
    Shrinking(u64),
    /// Found, and as small as it gets.
    Found(Prey),
    /// Nothing broke.
    Nothing,
    /// Stopped before.
    Stopped,
    /// The worker failed.
    Failed(String),
}

/// Everything that can be looked for besides properties.
pub const HARMS: [&str; 5] = ["late", "slow", "lost", "manual", "alarm"];

/// Words of everything that can be looked for.
pub fn targets() -> impl Iterator<Item = &'static str> {
    Target::any().into_iter().map(Target::word).chain(HARMS)
}

/// The job of a form under the rules of a script.
pub fn job(script: &Script, form: &Form) -> Job {
    let base = form.over.then(|| script.to_string());
    // Over a scenario its own rules hold, those of single nodes included.
    let rules = if form.over { String::new() } else { vary::rules_of(script) };
    let targets = Some(form.target.clone()).filter(|word| !word.is_empty()).into_iter().collect();
    Job::Hunt(Quarry { base, rules, targets, against: AGAINST.to_owned(), seeds: [0, MOST] })
}

impl Chase {
    /// Takes in what the worker says.
    pub fn hear(&mut self, told: Told) {
        if !self.is_running() {
            return;
        }
        *self = match told {
            Told::Hunting { runs, places } => Self::Hunting(runs, places),
            Told::Shrinking { tries } => Self::Shrinking(tries),
            Told::Hunted(Some(prey)) => Self::Found(prey),
            Told::Hunted(None) => Self::Nothing,
            Told::Wrong(why) => Self::Failed(why),
            Told::Ready(_) | Told::Swept(_) | Told::Done => return,
        };
    }

    /// Whether the worker is at it.
    pub fn is_running(&self) -> bool {
        matches!(self, Self::Hunting(..) | Self::Shrinking(_))
    }
}

#[cfg(test)]
mod tests {
    use splitvote::scenario::parse;
    use splitvote_lab::work::Work;

    use super::*;

    fn begun(script: &str, form: &Form) -> Job {
        let job = job(&parse(script).expect("a script"), form);
        Work::begin(job.clone()).expect("a job");
        job
    }

    #[test]
    fn a_hunt_is_under_the_rules_of_the_present_script() {
        for target in targets().chain([""]) {
            let form = Form { target: target.to_owned(), over: false };
            let Job::Hunt(quarry) = begun("rules valkey-9.1 exact-acks=on\nrun for 9s\n", &form) else {
                panic!("no hunt")
            };
            assert_eq!((quarry.rules.as_str(), quarry.base), ("valkey-9.1 exact-acks=on", None));
        }
        let over = Form { target: "S3".to_owned(), over: true };
        let Job::Hunt(quarry) = begun("rules A0 nack=off\nrun for 9s\n", &over) else { panic!("no hunt") };
        assert!(quarry.rules.is_empty() && quarry.base.is_some_and(|base| base.contains("A0 nack=off")));
    }

    #[test]
    fn what_was_found_stays() {
        let mut chase = Chase::Hunting(0, 0);
        chase.hear(Told::Hunting { runs: 64, places: 9 });
        assert_eq!(chase, Chase::Hunting(64, 9));
        chase.hear(Told::Shrinking { tries: 2 });
        chase.hear(Told::Hunted(None));
        chase.hear(Told::Hunting { runs: 65, places: 9 });
        assert_eq!(chase, Chase::Nothing);
    }
}
