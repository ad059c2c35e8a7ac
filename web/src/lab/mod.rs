//! The seed lab: the present scenario with thousands of seeds, and hunts, by workers beside the page.
//!
//! [`mod@bench`] is what is asked and what has come of it, as plain data; [`chase`] the same for a hunt; [`crew`]
//! are the workers. Figures are those of `splitvote::sim::sweep` and are printed as `splitvote sweep` does.

pub mod bench;
pub mod chase;
pub mod crew;
pub mod vary;

use splitvote::scenario::Script;

/// What is asked in the lab, and what has come of it.
#[derive(Debug, Default)]
pub struct Lab {
    /// What is asked.
    pub form: bench::Form,
    /// What is wrong with it.
    pub wrong: Option<String>,
    /// What has come of it.
    pub bench: Option<bench::Bench>,
    /// What is hunted.
    pub quarry: chase::Form,
    /// What has come of that.
    pub chase: Option<chase::Chase>,
    /// The script that the seeds are of.
    of: Script,
}

impl Lab {
    /// Begins a sweep of a script; false if what is asked makes no sense.
    pub fn begin(&mut self, script: &Script) -> bool {
        let figure = self.bench.as_ref().map_or(0, |bench| bench.figure);
        let made = bench::Bench::of(script, &self.form);
        self.wrong = made.as_ref().err().cloned();
        let Ok(mut made) = made else { return false };
        made.figure = figure;
        self.bench = Some(made);
        self.of = script.clone();
        true
    }

    /// The command that prints the same figures.
    pub fn command(&self) -> String {
        self.bench.as_ref().map(|bench| bench.command(&self.of)).unwrap_or_default()
    }
}

/// What is wished for in the lab.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Order {
    /// So many seeds.
    Seeds(String),
    /// From this one on.
    First(String),
    /// These variants, in the words of `--vary`.
    Vary(String),
    /// This figure is drawn.
    Figure(usize),
    /// The runs begin.
    Go,
    /// They end at once.
    Stop,
    /// These runs are listed.
    List(bench::Pick),
    /// This variant with this seed becomes the run of the page.
    Open(usize, u64),
    /// This is hunted.
    Target(String),
    /// Faults are laid over the present scenario, or over drawn clusters.
    Over(bool),
    /// The hunt begins.
    Hunt,
    /// It ends at once.
    CallOff,
    /// What was found becomes the run of the page.
    OpenPrey,
}
