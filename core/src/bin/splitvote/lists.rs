//! `link`, `unlink`, `scenarios` and `rules`: what is there, and in which form.

use std::io::Write as _;

use serde::Serialize;
use splitvote::base::Rules;
use splitvote::base::rules::{PRESETS, SWITCHES};
use splitvote::scenario::{LIBRARY, LinkView, from_link, to_link};

use crate::scenario::load;
use crate::trouble::Trouble;

/// Prints a scenario's link.
pub(crate) fn link(scenario: &str) -> Result<bool, Trouble> {
    let script = load(scenario)?;
    writeln!(std::io::stdout(), "{}", to_link(&script, &LinkView::default()))?;
    Ok(true)
}

/// Prints a link's script.
pub(crate) fn unlink(link: &str) -> Result<bool, Trouble> {
    let (script, _) = from_link(link).map_err(|errors| Trouble::Script("link".to_owned(), errors))?;
    write!(std::io::stdout(), "{script}")?;
    Ok(true)
}

#[derive(Serialize)]
struct ScenarioRow {
    name: &'static str,
    blurb: &'static str,
    script: &'static str,
}

/// Prints what is built in.
pub(crate) fn scenarios(json: bool) -> Result<bool, Trouble> {
    let mut out = std::io::stdout().lock();
    if json {
        let rows: Vec<ScenarioRow> = LIBRARY
            .iter()
            .map(|builtin| ScenarioRow { name: builtin.name, blurb: builtin.blurb, script: builtin.text })
            .collect();
        serde_json::to_writer_pretty(&mut out, &rows)?;
        writeln!(out)?;
        return Ok(true);
    }
    for builtin in LIBRARY {
        writeln!(out, "{:<20} {}", builtin.name, builtin.blurb)?;
    }
    Ok(true)
}

#[derive(Serialize)]
struct SwitchRow {
    switch: &'static str,
    source: &'static str,
    meaning: &'static str,
    values: &'static [&'static str],
    public: bool,
    presets: std::collections::BTreeMap<&'static str, &'static str>,
}

/// Prints every switch.
pub(crate) fn rules(json: bool) -> Result<bool, Trouble> {
    let rows: Vec<SwitchRow> = SWITCHES
        .iter()
        .map(|switch| SwitchRow {
            switch: switch.id,
            source: switch.source,
            meaning: switch.meaning,
            values: switch.values,
            public: switch.public,
            presets: PRESETS
                .iter()
                .filter_map(|preset| Some((*preset, switch.get(&Rules::preset(preset).ok()?))))
                .collect(),
        })
        .collect();
    let mut out = std::io::stdout().lock();
    if json {
        serde_json::to_writer_pretty(&mut out, &rows)?;
        writeln!(out)?;
        return Ok(true);
    }
    for row in rows {
        let presets: Vec<String> =
            row.presets.iter().map(|(preset, value)| format!("{preset}: {value}")).collect();
        let fixed = if row.public { "" } else { ", fixed by the preset" };
        writeln!(out, "{:<26} {} ({}; {}{fixed})", row.switch, row.meaning, row.source, presets.join(", "))?;
    }
    Ok(true)
}
