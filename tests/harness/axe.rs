//! The accessibility rules of axe-core, run inside of the page.

use std::fmt;
use std::fs;

use serde_json::Value;

use crate::{Browser, Failure, Outcome, target};

/// One broken rule.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Violation {
    /// The rule, such as `color-contrast`.
    pub rule: String,
    /// What it asks for.
    pub help: String,
    /// The elements that break it, as selectors.
    pub elements: Vec<String>,
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {} ({})", self.rule, self.help, self.elements.join(", "))
    }
}

/// Checks the page as it is now; an empty list is a clean page.
pub fn axe(browser: &Browser) -> Outcome<Vec<Violation>> {
    // npm brought it there: its licence is another one, so it is no part of this repository.
    let path = target("tools/node_modules/axe-core/axe.min.js");
    let rules = fs::read_to_string(&path).map_err(|_| Failure::Missing { path, step: "browser" })?;
    browser.script(&rules, &[])?;
    let found = browser.script_async("return (await axe.run()).violations;", &[])?;
    match found {
        Value::Array(violations) => Ok(violations.iter().map(violation).collect()),
        value => Err(Failure::Answer { command: "axe.run".into(), value, expected: "a list of violations" }),
    }
}

fn violation(value: &Value) -> Violation {
    let text = |name: &str| value[name].as_str().unwrap_or_default().to_owned();
    let nodes = value["nodes"].as_array().map(Vec::as_slice).unwrap_or_default();
    let elements = nodes.iter().map(|node| node["target"].to_string()).collect();
    Violation { rule: text("id"), help: text("help"), elements }
}
