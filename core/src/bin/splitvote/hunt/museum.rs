//! `hunt --museum`: how long the hunter takes to find what each room shows, without the room's script.

use std::io::Write as _;
use std::time::Duration;

use serde::Serialize;
use splitvote::base::Rules;
use splitvote::base::rules::SWITCHES;
use splitvote::scenario::museum::{Card, Harm, ROOMS};
use splitvote::scenario::{LinkView, parse, to_link};
use splitvote::sim::hunt::{Plan, Target};

use super::{Chase, chase};
use crate::arguments;
use crate::trouble::Trouble;

/// Each hunt's time if none is given.
const AT_MOST: Duration = Duration::from_mins(1);

/// One hunt.
#[derive(Serialize)]
struct Row {
    room: &'static str,
    rules: String,
    found: Option<&'static str>,
    runs: u64,
    seconds: f64,
    statements: Option<usize>,
    link: Option<String>,
}

/// Hunts in every room's stead; true, since to find is the aim.
pub(super) fn tour(options: &arguments::Hunt) -> Result<bool, Trouble> {
    let mut out = std::io::stdout().lock();
    let mut rows = Vec::new();
    if !options.json {
        writeln!(
            out,
            "{:<12} {:<44} {:<6} {:>7} {:>8} {:>10}",
            "room", "rules", "found", "runs", "seconds", "statements"
        )?;
    }
    for room in ROOMS {
        let Some(row) = visit(room.name, room.text, options) else { continue };
        if !options.json {
            let statements = row.statements.map_or_else(|| "-".to_owned(), |count| count.to_string());
            writeln!(
                out,
                "{:<12} {:<44} {:<6} {:>7} {:>8.1} {:>10}",
                row.room,
                row.rules,
                row.found.unwrap_or("-"),
                row.runs,
                row.seconds,
                statements
            )?;
            if let Some(link) = &row.link {
                writeln!(out, "             {link}")?;
            }
            out.flush()?;
        }
        rows.push(row);
    }
    if options.json {
        serde_json::to_writer_pretty(&mut out, &rows)?;
        writeln!(out)?;
    }
    Ok(true)
}

/// First with everything as it should be but the room's one switch; if that shows nothing, with the
/// room's own rules, compared with the same rules mended.
fn visit(name: &'static str, text: &'static str, options: &arguments::Hunt) -> Option<Row> {
    let (card, script) = (Card::of(text)?, parse(text).ok()?);
    let (own, at_most) = (script.common_rules(), options.at_most.unwrap_or(AT_MOST));
    let mended = mended(own, card.fix)?;
    let targets = targets(card.harm);
    let alone = alone(&own, card.fix);
    let mut spent = (0, Duration::ZERO);
    for (rules, against) in
        [alone.map(|rules| (rules, Rules::default())), Some((own, mended))].into_iter().flatten()
    {
        let plan = Plan {
            base: None,
            rules: rules.to_string(),
            settings: options.overrides.set.join(" "),
            targets: targets.clone(),
            against: against.to_string(),
        };
        let chase = chase(plan, options.seeds, options.jobs, Some(at_most));
        let done = chase.find.is_some();
        spent = (spent.0 + chase.runs, spent.1 + chase.took);
        if done || rules == own {
            return Some(row(name, &rules, &chase, spent));
        }
    }
    None
}

fn row(room: &'static str, rules: &Rules, chase: &Chase, (runs, took): (u64, Duration)) -> Row {
    let find = chase.find.as_ref();
    Row {
        room,
        rules: rules.to_string(),
        found: find.map(|find| find.broken.target.word()),
        runs,
        seconds: took.as_secs_f64(),
        statements: find.map(|find| find.script.statements.len()),
        link: find.map(|find| to_link(&find.script, &LinkView::default())),
    }
}

/// The room's rules with its card's switch turned.
fn mended(mut rules: Rules, fix: &str) -> Option<Rules> {
    for word in fix.split_whitespace() {
        let (id, value) = word.split_once('=')?;
        rules.set(id, value).ok()?;
    }
    Some(rules)
}

/// Preset `splitvote` with only the fixed switches as the room has them.
fn alone(own: &Rules, fix: &str) -> Option<Rules> {
    let mut rules = Rules::default();
    for word in fix.split_whitespace() {
        let (id, _) = word.split_once('=')?;
        let switch = SWITCHES.iter().find(|switch| switch.id == id)?;
        rules.set(id, switch.get(own)).ok()?;
    }
    (rules != *own && rules != Rules::default()).then_some(rules)
}

/// What shows a room's harm in a world that is not the room's.
fn targets(harm: Harm<'_>) -> Vec<Target> {
    match harm {
        Harm::Violation(id) => Target::named(id).into_iter().collect(),
        Harm::Unmet(words) if words.contains("lost writes") => vec![Target::Lost],
        Harm::Unmet(words) if words.contains("covered") => vec![Target::Late],
        Harm::Unmet(_) => [Target::any(), vec![Target::Late]].concat(),
    }
}
