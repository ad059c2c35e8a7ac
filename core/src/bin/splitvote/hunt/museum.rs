//! `hunt --museum`: how long the hunter takes to find what each room shows, without the room's script.

use std::io::Write as _;
use std::time::Duration;

use serde::Serialize;
use splitvote::base::Rules;
use splitvote::base::rules::SWITCHES;
use splitvote::scenario::museum::{Card, Harm, ROOMS};
use splitvote::scenario::{Action, LinkView, Script, parse, to_link};
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
    /// What was looked for.
    targets: String,
    found: Option<&'static str>,
    runs: u64,
    seconds: f64,
    statements: Option<usize>,
    link: Option<String>,
    /// Why nothing was looked for.
    skipped: Option<&'static str>,
}

impl Row {
    fn skipped(room: &'static str, why: &'static str) -> Self {
        Self {
            room,
            rules: String::new(),
            targets: String::new(),
            found: None,
            runs: 0,
            seconds: 0.0,
            statements: None,
            link: None,
            skipped: Some(why),
        }
    }

    fn tell(&self, out: &mut impl std::io::Write) -> std::io::Result<()> {
        let Self { room, rules, targets, runs, seconds, .. } = self;
        if let Some(why) = self.skipped {
            return writeln!(out, "{room:<12} not looked for: {why}");
        }
        let statements = self.statements.map_or_else(|| "-".to_owned(), |count| count.to_string());
        let found = self.found.unwrap_or("-");
        writeln!(
            out,
            "{room:<12} {rules:<44} {targets:<16} {found:<6} {runs:>7} {seconds:>8.1} {statements:>10}"
        )?;
        self.link.iter().try_for_each(|link| writeln!(out, "             {link}"))
    }
}

/// Hunts in every room's stead; true, since to find is the aim.
pub(super) fn tour(options: &arguments::Hunt) -> Result<bool, Trouble> {
    let mut out = std::io::stdout().lock();
    let mut rows = Vec::new();
    if !options.json {
        writeln!(
            out,
            "{:<12} {:<44} {:<16} {:<6} {:>7} {:>8} {:>10}",
            "room", "rules", "looked for", "found", "runs", "seconds", "statements"
        )?;
    }
    let wanted = |name: &str| {
        let only = options.scenario.as_deref();
        only.is_none_or(|only| name == only || name.strip_prefix("museum/") == Some(only))
    };
    for room in ROOMS.iter().filter(|room| wanted(room.name)) {
        let row = visit(room.name, room.text, options).unwrap_or_else(|why| Row::skipped(room.name, why));
        if !options.json {
            row.tell(&mut out)?;
            out.flush()?;
        }
        rows.push(row);
    }
    if options.json {
        serde_json::to_writer_pretty(&mut out, &rows)?;
        writeln!(out)?;
    }
    if rows.is_empty() {
        return Err(Trouble::Usage("the museum has no such room".to_owned()));
    }
    Ok(true)
}

/// First with everything as it should be but the room's one switch; if that shows nothing, with the
/// room's own rules, compared with the same rules mended.
fn visit(name: &'static str, text: &'static str, options: &arguments::Hunt) -> Result<Row, &'static str> {
    let card = Card::of(text).ok_or("it has no card")?;
    let script = parse(text).map_err(|_| "it does not read")?;
    let (own, at_most) = (script.common_rules(), options.at_most.unwrap_or(AT_MOST));
    let mut mended = own;
    mended.lay(card.fix).map_err(|_| "its fix is no rule")?;
    let targets = targets(card.harm, &script);
    let mut spent = (0, Duration::ZERO);
    let mut last = None;
    for (rules, against) in [alone(&own, &mended).map(|rules| (rules, Rules::default())), Some((own, mended))]
        .into_iter()
        .flatten()
    {
        let plan = Plan {
            base: None,
            rules: rules.to_string(),
            settings: options.overrides.set.join(" "),
            targets: targets.clone(),
            against: against.to_string(),
        };
        let words: Vec<&str> = targets.iter().map(|target| target.word()).collect();
        let chase = chase(plan, options.seeds, options.jobs, Some(at_most));
        spent = (spent.0 + chase.runs, spent.1 + chase.took);
        let row = row(name, &rules, words.join(" "), &chase, spent);
        if row.found.is_some() {
            return Ok(row);
        }
        last = Some(row);
    }
    last.ok_or("its rules are ours")
}

fn row(
    room: &'static str,
    rules: &Rules,
    targets: String,
    chase: &Chase,
    (runs, took): (u64, Duration),
) -> Row {
    let find = chase.find.as_ref();
    Row {
        room,
        rules: rules.to_string(),
        targets,
        found: find.map(|find| find.broken.target.word()),
        runs,
        seconds: took.as_secs_f64(),
        statements: find.map(|find| find.script.statements.len()),
        link: find.map(|find| to_link(&find.script, &LinkView::default())),
        skipped: None,
    }
}

/// Preset `splitvote` with what the card mends as the room has it; none if that is the room's rules or
/// nobody's.
fn alone(own: &Rules, mended: &Rules) -> Option<Rules> {
    let mut rules = Rules::default();
    for switch in SWITCHES.iter().filter(|switch| switch.get(own) != switch.get(mended)) {
        rules.set(switch.id, switch.get(own)).ok()?;
    }
    (rules != *own && rules != Rules::default()).then_some(rules)
}

/// What shows a room's harm in a world that is not the room's.
fn targets(harm: Harm<'_>, script: &Script) -> Vec<Target> {
    let words = match harm {
        Harm::Violation(id) => return Target::named(id).into_iter().collect(),
        Harm::Unmet(words) => words,
    };
    let mut actions = script.statements.iter().filter_map(|statement| statement.value.action());
    let hands_over = actions.any(|action| matches!(action, Action::Failover { .. }));
    let eventual = || Target::any().into_iter().filter(|target| target.is_eventual());
    let has = |word: &str| words.contains(word);
    if has("lost writes") {
        vec![Target::Lost]
    } else if has("within") {
        vec![Target::Slow, Target::Late]
    } else if has("covered") {
        vec![Target::Late]
    } else if has("rounds of") {
        Target::named("S20").into_iter().collect()
    } else if has("failed") && has("not ") {
        vec![Target::Alarm]
    } else if hands_over {
        vec![Target::Manual, Target::Late]
    } else if has("converged") || has("offset of") {
        eventual().collect()
    } else {
        vec![Target::Late, Target::Lost]
    }
}
