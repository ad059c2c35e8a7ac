//! `link`, `unlink`, `scenarios` and `rules`: what is there, and in which form.

use std::collections::BTreeMap;
use std::io::Write as _;

use serde::Serialize;
use splitvote::base::Rules;
use splitvote::base::rules::{Group, PRESETS, SWITCHES, Switch};
use splitvote::scenario::{LinkView, catalogue, from_link, to_link};

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
        let rows: Vec<ScenarioRow> = catalogue::all()
            .map(|builtin| ScenarioRow { name: builtin.name, blurb: builtin.blurb, script: builtin.text })
            .collect();
        serde_json::to_writer_pretty(&mut out, &rows)?;
        writeln!(out)?;
        return Ok(true);
    }
    for builtin in catalogue::all() {
        writeln!(out, "{:<20} {}", builtin.name, builtin.blurb)?;
    }
    Ok(true)
}

#[derive(Serialize)]
struct SwitchRow {
    switch: &'static str,
    group: Group,
    source: &'static str,
    meaning: &'static str,
    values: &'static [&'static str],
    presets: BTreeMap<&'static str, &'static str>,
}

/// Prints every switch and what each preset makes of it.
pub(crate) fn rules(json: bool) -> Result<bool, Trouble> {
    let presets: Vec<(&str, Rules)> =
        PRESETS.iter().filter_map(|name| Some((*name, Rules::preset(name).ok()?))).collect();
    let mut out = std::io::stdout().lock();
    if json {
        let row = |switch: &Switch| SwitchRow {
            switch: switch.id,
            group: switch.group,
            source: switch.source,
            meaning: switch.meaning,
            values: switch.values,
            presets: presets.iter().map(|(name, rules)| (*name, switch.get(rules))).collect(),
        };
        serde_json::to_writer_pretty(&mut out, &SWITCHES.iter().map(row).collect::<Vec<_>>())?;
        writeln!(out)?;
        return Ok(true);
    }
    let width = SWITCHES.iter().map(|switch| switch.id.len()).max().unwrap_or(0);
    let mut group = None;
    for switch in SWITCHES {
        if group.replace(switch.group) != Some(switch.group) {
            let versions = presets.iter().map(|(name, _)| name.rsplit('-').next().unwrap_or(name));
            let head: Vec<String> = versions.map(|version| format!("{version:<10}")).collect();
            let title = format!("{:?}", switch.group).to_lowercase();
            writeln!(out, "\n{title:<width$}  {}", head.concat().trim_end())?;
        }
        let values: Vec<String> =
            presets.iter().map(|(_, rules)| format!("{:<10}", switch.get(rules))).collect();
        writeln!(out, "{:<width$}  {}", switch.id, values.concat().trim_end())?;
        writeln!(out, "{:<width$}    {} ({})", "", switch.meaning, switch.source)?;
    }
    Ok(true)
}
