//! `hunt`: random faults until something breaks, then the smallest script that shows it.

use std::io::Write as _;
use std::num::NonZeroUsize;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use serde::Serialize;
use splitvote::base::Rules;
use splitvote::scenario::{LinkView, to_link};
use splitvote::sim::hunt::{Broken, Find, GENERATION, Hunt, Plan, Target, Trial};

use crate::arguments;
use crate::many::for_each;
use crate::progress::Progress;
use crate::scenario::{load, override_with};
use crate::trouble::Trouble;

mod museum;

/// `hunt --json` (design.md §5).
#[derive(Debug, Serialize)]
struct Report {
    runs: u64,
    seconds: f64,
    found: bool,
    property: Option<&'static str>,
    seed: Option<u64>,
    statements_before: Option<usize>,
    statements_after: Option<usize>,
    script: Option<String>,
    link: Option<String>,
}

/// What a chase came to.
struct Chase {
    runs: u64,
    took: Duration,
    places: usize,
    find: Option<Find>,
}

/// Hunts; true if nothing was found.
pub(crate) fn hunt(options: &arguments::Hunt) -> Result<bool, Trouble> {
    if options.museum {
        return museum::tour(options);
    }
    let base = options.scenario.as_deref().map(load).transpose()?;
    let mut plan = Plan {
        base,
        rules: options.overrides.rules.join(" "),
        settings: options.overrides.set.join(" "),
        targets: Vec::new(),
        against: options.against.clone(),
    };
    plan.check().map_err(|errors| Trouble::Script("--rules, --set or --against".to_owned(), errors))?;
    let rules = rules_of(&plan, options)?;
    plan.targets = targets(options, &rules)?;
    if !options.json {
        tell_plan(&plan, options, &rules)?;
    }
    let chase = chase(plan, options.seeds, options.jobs, options.at_most);
    let mut out = std::io::stdout().lock();
    if options.json {
        serde_json::to_writer_pretty(&mut out, &report(&chase))?;
        writeln!(out)?;
    } else {
        tell(&mut out, &chase, &rules)?;
    }
    Ok(chase.find.is_none())
}

fn rules_of(plan: &Plan, options: &arguments::Hunt) -> Result<Rules, Trouble> {
    let mut script = plan.base.clone().unwrap_or_default();
    override_with(&mut script, &options.overrides)?;
    Ok(script.common_rules())
}

fn targets(options: &arguments::Hunt, rules: &Rules) -> Result<Vec<Target>, Trouble> {
    if options.claimed {
        return Ok(Target::claimed(rules));
    }
    if options.property.is_empty() {
        return Ok(Target::telling(rules));
    }
    let named = |word: &String| {
        Target::named(word).or_else(|| Target::named(&word.to_uppercase())).ok_or_else(|| {
            let known: Vec<&str> = Target::any().iter().map(|target| target.word()).collect();
            Trouble::Usage(format!(
                "`{word}` is neither late, slow, lost, manual, alarm nor one of {}",
                known.join(", ")
            ))
        })
    };
    options.property.iter().map(named).collect()
}

/// Generation after generation, until something is found or the seeds are used up.
fn chase(plan: Plan, seeds: (u64, u64), jobs: Option<NonZeroUsize>, at_most: Option<Duration>) -> Chase {
    let mut hunt = Hunt::new(plan);
    let progress = Progress::new(seeds.1 - seeds.0, "runs");
    let mut next = seeds.0;
    let mut found = None;
    while next < seeds.1 && found.is_none() && at_most.is_none_or(|most| progress.elapsed() < most) {
        let until = (next + GENERATION).min(seeds.1);
        let trials = generation(&hunt, (next, until), jobs);
        progress.reach(until - seeds.0);
        found = trials.iter().find(|trial| trial.broken.is_some()).cloned();
        next = found.as_ref().map_or(until, |trial| trial.seed + 1);
        hunt.learn(trials);
    }
    let took = progress.elapsed();
    progress.finish();
    let find = found.and_then(|trial| hunt.plan().find(&trial, &mut || ()));
    Chase { runs: next - seeds.0, took, places: hunt.reached(), find }
}

/// The seeds of one generation; those behind a find are not needed.
fn generation(hunt: &Hunt, seeds: (u64, u64), jobs: Option<NonZeroUsize>) -> Vec<Trial> {
    let first = AtomicU64::new(u64::MAX);
    let quiet = Progress::new(0, "");
    let trials = for_each(seeds, jobs, &quiet, |seed| {
        if seed > first.load(Ordering::Relaxed) {
            return None;
        }
        let trial = hunt.trial(seed);
        if trial.broken.is_some() {
            first.fetch_min(seed, Ordering::Relaxed);
        }
        Some(trial)
    });
    trials.into_iter().flatten().collect()
}

fn report(chase: &Chase) -> Report {
    let find = chase.find.as_ref();
    Report {
        runs: chase.runs,
        seconds: (chase.took.as_secs_f64() * 1000.0).round() / 1000.0,
        found: find.is_some(),
        property: find.map(|find| find.broken.target.word()),
        seed: find.map(|find| find.seed),
        statements_before: find.map(|find| find.before),
        statements_after: find.map(|find| find.script.statements.len()),
        script: find.map(|find| find.script.to_string()),
        link: find.map(|find| to_link(&find.script, &LinkView::default())),
    }
}

fn tell_plan(plan: &Plan, options: &arguments::Hunt, rules: &Rules) -> Result<(), Trouble> {
    let words: Vec<&str> = plan.targets.iter().map(|target| target.word()).collect();
    let what = if options.claimed {
        "what these rules promise"
    } else if options.property.is_empty() {
        "any property, promised or not, that not every election breaks"
    } else {
        "what was asked for"
    };
    writeln!(std::io::stdout(), "under {rules}, {what}: {}", words.join(" "))?;
    Ok(())
}

fn tell(out: &mut impl std::io::Write, chase: &Chase, rules: &Rules) -> Result<(), Trouble> {
    let seconds = chase.took.as_secs_f64();
    writeln!(out, "{} runs in {seconds:.1} s came to {} places", chase.runs, chase.places)?;
    let Some(find) = &chase.find else {
        writeln!(out, "nothing broke")?;
        return Ok(());
    };
    let Broken { target, at, what, .. } = &find.broken;
    writeln!(out, "FOUND {} with seed {} at {at}: {what}", target.word(), find.seed)?;
    match target {
        Target::Property(property) if property.is_claimed(rules) => {
            writeln!(out, "  {} These rules promise it: this is a bug.", property.statement)?;
        }
        Target::Property(property) => {
            writeln!(out, "  {} Promised by: {}.", property.statement, property.claimed)?;
        }
        _ => {}
    }
    writeln!(out, "{} statements, {} before:\n", find.script.statements.len(), find.before)?;
    writeln!(out, "{}", find.script)?;
    writeln!(out, "{}", to_link(&find.script, &LinkView::default()))?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn chased(jobs: usize) -> Chase {
        let plan = Plan {
            base: None,
            rules: "splitvote drop-cached-history=off".to_owned(),
            settings: String::new(),
            targets: vec![Target::named("S13").expect("a property")],
            against: "splitvote".to_owned(),
        };
        chase(plan, (0, 256), NonZeroUsize::new(jobs), None)
    }

    #[test]
    fn the_find_does_not_depend_on_how_many_look_for_it() {
        let [one, many] = [1, 3].map(|jobs| Report { seconds: 0.0, ..report(&chased(jobs)) });
        let text = |report: &Report| serde_json::to_string(report).expect("it is JSON");
        assert!(one.found);
        assert_eq!(text(&one), text(&many));
    }

    #[test]
    fn a_release_is_found_to_elect_without_votes_or_to_lose_data() {
        let words = "valkey-9.1".to_owned();
        let rules = Rules::preset("valkey-9.1").expect("a preset");
        let plan = Plan {
            base: None,
            rules: words,
            settings: String::new(),
            targets: Target::telling(&rules),
            against: "splitvote".to_owned(),
        };
        let find = chase(plan, (0, 200_000), NonZeroUsize::new(2), None).find.expect("9.1 has both");
        assert!(["S3", "S13"].contains(&find.broken.target.word()), "{}", find.broken.target.word());
        assert!(find.script.statements.len() <= 10);
    }

    #[test]
    fn the_document_has_the_fields_that_were_promised() {
        let nothing = Chase { runs: 7, took: Duration::from_millis(1500), places: 0, find: None };
        let text = serde_json::to_string(&report(&nothing)).expect("it is JSON");
        assert_eq!(
            text,
            "{\"runs\":7,\"seconds\":1.5,\"found\":false,\"property\":null,\"seed\":null,\
             \"statements_before\":null,\"statements_after\":null,\"script\":null,\"link\":null}"
        );
    }
}
