//! `sweep` and `swarm`: many seeds, on every processor. Results do not depend on how many there are.

use std::collections::BTreeMap;
use std::io::Write as _;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc;

use serde::Serialize;
use splitvote::base::Instant;
use splitvote::scenario::{LinkView, Script, to_link};
use splitvote::sim::properties::SOMETIMES;
use splitvote::sim::{Keep, Report, Simulator, swarm as worlds};

use crate::arguments::{Swarm, Sweep};
use crate::progress::Progress;
use crate::scenario::{load, override_with};
use crate::trouble::Trouble;

/// Does something for each number, in parallel, and hands the results over in order.
pub(crate) fn for_each<T: Send>(
    (from, to): (u64, u64),
    jobs: Option<usize>,
    progress: &Progress,
    work: impl Fn(u64) -> T + Sync,
) -> Vec<T> {
    let processors = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    let (next, (send, receive)) = (AtomicU64::new(from), mpsc::channel());
    let mut results = BTreeMap::new();
    std::thread::scope(|scope| {
        for _ in 0..jobs.unwrap_or(processors).max(1) {
            let (next, work, send) = (&next, &work, send.clone());
            scope.spawn(move || {
                loop {
                    let number = next.fetch_add(1, Ordering::Relaxed);
                    if number >= to || send.send((number, work(number))).is_err() {
                        break;
                    }
                }
            });
        }
        drop(send);
        for (number, result) in receive {
            results.insert(number, result);
            progress.reach(results.len() as u64);
        }
    });
    results.into_values().collect()
}

#[derive(Serialize)]
struct SwarmReport {
    seeds: [u64; 2],
    runs: u64,
    frames: u64,
    violations: Vec<SwarmViolation>,
    sometimes: BTreeMap<&'static str, u64>,
    never: Vec<&'static str>,
}

#[derive(Serialize)]
struct SwarmViolation {
    seed: u64,
    property: String,
    at_ms: u64,
    what: String,
    command: String,
}

/// Runs random worlds; true if no property broke.
pub(crate) fn swarm(options: &Swarm) -> Result<bool, Trouble> {
    let progress = Progress::new(options.seeds.1 - options.seeds.0, "seeds");
    let verdicts = for_each(options.seeds, options.jobs, &progress, worlds::run);
    progress.finish();
    let mut report = SwarmReport {
        seeds: [options.seeds.0, options.seeds.1],
        runs: verdicts.len() as u64,
        frames: 0,
        violations: Vec::new(),
        sometimes: BTreeMap::new(),
        never: Vec::new(),
    };
    for verdict in &verdicts {
        report.frames += verdict.delivered;
        for (what, count) in &verdict.hits {
            *report.sometimes.entry(what).or_default() += count;
        }
        for (at_ms, _, violation) in &verdict.violations {
            let link = to_link(&verdict.script, &LinkView::default());
            report.violations.push(SwarmViolation {
                seed: verdict.seed,
                property: violation.property.clone(),
                at_ms: *at_ms,
                what: violation.what.clone(),
                command: format!("splitvote run '{link}' --trace"),
            });
        }
    }
    report.never = SOMETIMES.iter().copied().filter(|what| !report.sometimes.contains_key(what)).collect();
    let mut out = std::io::stdout().lock();
    if options.json {
        serde_json::to_writer_pretty(&mut out, &report)?;
        writeln!(out)?;
        return Ok(report.violations.is_empty());
    }
    writeln!(out, "{} worlds, {} frames", report.runs, report.frames)?;
    for (what, count) in &report.sometimes {
        writeln!(out, "  {count:>9} {what}")?;
    }
    for what in &report.never {
        writeln!(out, "      never {what}")?;
    }
    for row in &report.violations {
        writeln!(out, "BROKEN {} in seed {} at {} ms: {}", row.property, row.seed, row.at_ms, row.what)?;
        writeln!(out, "  {}", row.command)?;
    }
    if report.violations.is_empty() {
        writeln!(out, "every property held")?;
    }
    Ok(report.violations.is_empty())
}

#[derive(Serialize)]
struct SweepReport {
    scenario: String,
    seeds: [u64; 2],
    variants: Vec<Variant>,
}

#[derive(Serialize)]
struct Variant {
    rules: String,
    runs: u64,
    recovery_ms: Spread,
    after_fail_ms: Spread,
    rounds: Spread,
    split_vote_rate_permille: u64,
    lost_writes: Spread,
    unrecovered: u64,
    violations: u64,
    first_violation: Option<FirstViolation>,
}

#[derive(Serialize)]
struct FirstViolation {
    seed: u64,
    link: String,
}

#[derive(Serialize)]
struct Spread {
    p50: Option<u64>,
    p95: Option<u64>,
    p99: Option<u64>,
    max: Option<u64>,
}

impl Spread {
    fn of(values: impl Iterator<Item = u64>) -> Self {
        let mut values: Vec<u64> = values.collect();
        values.sort_unstable();
        let at = |percent: usize| values.get((values.len() * percent).div_ceil(100).max(1) - 1).copied();
        Self { p50: at(50), p95: at(95), p99: at(99), max: values.last().copied() }
    }
}

/// Runs a scenario over many seeds; true if nothing broke and every run recovered.
pub(crate) fn sweep(options: &Sweep) -> Result<bool, Trouble> {
    let mut script = load(&options.scenario)?;
    override_with(&mut script, &options.overrides)?;
    let mut variants = Vec::new();
    for words in variants_of(options.vary.as_deref())? {
        let mut script = script.clone();
        if let Some(words) = &words {
            script.override_rules(words).map_err(|errors| Trouble::Script("--vary".to_owned(), errors))?;
        }
        let progress = Progress::new(options.seeds.1 - options.seeds.0, "seeds");
        let reports = for_each(options.seeds, options.jobs, &progress, |seed| one(&script, seed));
        progress.finish();
        variants.push(variant(&script, &reports));
    }
    let title = script.title.unwrap_or_else(|| options.scenario.clone());
    let report = SweepReport { scenario: title, seeds: [options.seeds.0, options.seeds.1], variants };
    let good = report.variants.iter().all(|variant| variant.violations == 0 && variant.unrecovered == 0);
    let mut out = std::io::stdout().lock();
    if options.json {
        serde_json::to_writer_pretty(&mut out, &report)?;
        writeln!(out)?;
    } else {
        tell(&mut out, &report)?;
    }
    Ok(good)
}

fn variants_of(vary: Option<&str>) -> Result<Vec<Option<String>>, Trouble> {
    let Some(vary) = vary else { return Ok(vec![None]) };
    let (switch, values) = vary.split_once('=').ok_or_else(|| {
        Trouble::Usage(format!("--vary takes a switch and values such as `nack=off,on`, not `{vary}`"))
    })?;
    Ok(values.split(',').map(|value| Some(format!("{switch}={value}"))).collect())
}

fn one(script: &Script, seed: u64) -> Report {
    let script = Script { seed, ..script.clone() };
    let mut world = Simulator::keeping(&script, Keep::Nothing);
    world.run();
    world.report()
}

fn variant(script: &Script, reports: &[Report]) -> Variant {
    let split = reports.iter().filter(|report| report.split_votes > 0).count() as u64;
    let first = reports.iter().find(|report| !report.violations.is_empty());
    Variant {
        rules: script.common_rules().to_string(),
        runs: reports.len() as u64,
        recovery_ms: Spread::of(reports.iter().filter_map(|report| report.recovery_ms)),
        after_fail_ms: Spread::of(reports.iter().filter_map(Report::longest_after_fail_ms)),
        rounds: Spread::of(
            reports.iter().filter_map(|report| report.failovers.iter().map(|row| row.rounds).max()),
        ),
        split_vote_rate_permille: split * 1000 / (reports.len() as u64).max(1),
        lost_writes: Spread::of(reports.iter().map(|report| report.writes.lost)),
        unrecovered: reports.iter().filter(|report| report.recovery_ms.is_none()).count() as u64,
        violations: reports.iter().map(|report| report.violations.len() as u64).sum(),
        first_violation: first.map(|report| FirstViolation { seed: report.seed, link: report.link.clone() }),
    }
}

fn tell(out: &mut impl std::io::Write, report: &SweepReport) -> Result<(), Trouble> {
    writeln!(out, "{}, seeds {}..{}", report.scenario, report.seeds[0], report.seeds[1])?;
    let ms = |value: Option<u64>| {
        value.map_or_else(|| "-".to_owned(), |value| Instant::from_millis(value).to_string())
    };
    for variant in &report.variants {
        let (recovery, after) = (&variant.recovery_ms, &variant.after_fail_ms);
        writeln!(out, "  {}", variant.rules)?;
        writeln!(
            out,
            "    recovery {} (p95 {}, max {}); after FAIL {} (p95 {}, max {})",
            ms(recovery.p50),
            ms(recovery.p95),
            ms(recovery.max),
            ms(after.p50),
            ms(after.p95),
            ms(after.max)
        )?;
        writeln!(
            out,
            "    split votes in {}.{}% of runs, unrecovered {}, violations {}",
            variant.split_vote_rate_permille / 10,
            variant.split_vote_rate_permille % 10,
            variant.unrecovered,
            variant.violations
        )?;
        if let Some(first) = &variant.first_violation {
            writeln!(
                out,
                "    first violation: seed {}, splitvote run '{}' --trace",
                first.seed, first.link
            )?;
        }
    }
    Ok(())
}
