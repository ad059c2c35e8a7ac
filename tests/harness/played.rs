//! A script played to its end: the trace a reader would ask for, and what came of its wishes.

use std::fmt::Write as _;

use splitvote::scenario::Script;
use splitvote::sim::trace::{Filter, Line};
use splitvote::sim::{Report, Simulator};

/// A run that is over.
#[derive(Debug)]
pub struct Played {
    /// What happened, a line each.
    pub trace: String,
    /// What it came to.
    pub report: Report,
}

/// Plays a script.
pub fn play(script: &Script) -> Played {
    let mut world = Simulator::new(script);
    world.run();
    let mut trace = String::new();
    for record in world.records().iter().filter(|record| Filter::default().shows(&record.what)) {
        let _ = writeln!(trace, "{}", Line { record, names: world.names() });
    }
    Played { trace, report: world.report() }
}

impl Played {
    /// What was promised in vain: expectations and properties.
    pub fn unmet(&self) -> Vec<String> {
        let unmet = self.report.expectations.iter().filter(|row| !row.met);
        let unmet = unmet.map(|row| format!("not met: {}", row.text));
        let broken =
            self.report.violations.iter().map(|row| format!("broken: {} {}", row.property, row.what));
        unmet.chain(broken).collect()
    }
}

/// The first line in which what was played is not what is written.
pub fn differs(name: &str, written: &str, played: &str) -> String {
    let same = played.lines().zip(written.lines()).take_while(|(new, old)| new == old).count();
    let line = |text: &str| text.lines().nth(same).unwrap_or("(the end)").to_owned();
    format!(
        "{name}, line {} of the trace:\n  written  {}\n  played   {}",
        same + 1,
        line(written),
        line(played)
    )
}
