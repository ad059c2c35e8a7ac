//! What the lab and the chips of properties say.

use splitvote::sim::properties::Property;

use crate::scene::promise::Standing;

/// After a run of the lab was opened.
pub fn opened(seed: u64, variant: &str) -> String {
    format!("Seed {seed} under {variant}, as the lab ran it. Press play.")
}

/// After what a hunt found was opened.
pub fn hunted(target: &str) -> String {
    format!("The smallest script found that shows {target}. Press play.")
}

/// How a property stands, and what it says.
pub fn promise(property: &Property, standing: Standing, promised: bool) -> String {
    let Property { id, statement, .. } = property;
    match (standing, promised) {
        (Standing::Open, true) => format!("{id} is judged at the end, when all is mended: {statement}"),
        (Standing::Open, false) => format!(
            "{id} is judged at the end, when all is mended, but these rules are known to break it: {statement}"
        ),
        (Standing::Holds, true) => format!("{id} holds so far: {statement}"),
        (Standing::Holds, false) => {
            format!("{id} holds so far, but these rules are known to break it: {statement}")
        }
        (Standing::Broken(since, _), true) => {
            format!("{id} is broken since {}: {statement}", super::clock(since))
        }
        (Standing::Broken(since, _), false) => format!(
            "{id} is broken since {}, and these rules do not promise it: {statement}",
            super::clock(since)
        ),
    }
}
