//! What does not hold in a run: broken properties and unmet expectations.

use splitvote::sim::properties::Property;
use splitvote::sim::{HostIx, Simulator};

use super::NodeIndex;
use super::story::Cast;
use crate::words;

/// One of them; what broke many times is told once, at its first moment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Breach {
    /// The property, or none if it is an `expect` of the script.
    pub property: Option<String>,
    /// What was promised.
    pub statement: String,
    /// What was seen instead.
    pub what: String,
    /// When it was seen first.
    pub at: u64,
    /// On which node.
    pub node: Option<NodeIndex>,
    /// How often.
    pub times: usize,
    /// Whether the rules of that node promise it.
    pub promised: bool,
}

impl Breach {
    /// What it is called: `S3`, or that it was expected.
    pub fn name(&self) -> &str {
        self.property.as_deref().unwrap_or("Expected")
    }

    /// The sentence for the caption when one stands there.
    pub fn sentence(&self) -> String {
        match &self.property {
            Some(property) => words::broken(property, &self.what),
            None => format!("The script expects “{}”, and it is not so.", self.statement),
        }
    }
}

/// Everything that does not hold in a run that has ended, in the order in which it was seen.
pub fn of(world: &mut Simulator, cast: &Cast) -> Vec<Breach> {
    let mut found: Vec<Breach> = Vec::new();
    for (at, host, violation) in world.violations() {
        let same = |one: &&mut Breach| one.property.as_ref() == Some(&violation.property);
        if let Some(known) = found.iter_mut().find(same) {
            known.times += 1;
            continue;
        }
        let statement = Property::named(&violation.property).map_or("", |property| property.statement);
        found.push(Breach {
            property: Some(violation.property.clone()),
            statement: statement.to_owned(),
            what: violation.what.clone(),
            at: at.as_micros(),
            node: host.map(HostIx::get).filter(|at| *at < cast.names.len()),
            times: 1,
            promised: violation.promised,
        });
    }
    let at = world.now().as_micros();
    for (_, text, met) in world.expectations() {
        let text = text.strip_prefix("expect ").unwrap_or(&text).to_owned();
        // A violation above says more than that none was expected.
        let said = text.starts_with("no violations") || text.starts_with("no broken promises");
        if met || (said && !found.is_empty()) {
            continue;
        }
        let what = String::new();
        found.push(Breach {
            property: None,
            statement: text,
            what,
            at,
            node: None,
            times: 1,
            promised: true,
        });
    }
    found
}
