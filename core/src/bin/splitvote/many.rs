//! `swarm`: many seeds, on every processor. Results do not depend on how many there are.

use std::collections::BTreeMap;
use std::io::Write as _;
use std::num::NonZeroUsize;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc;

use serde::Serialize;
use splitvote::scenario::{LinkView, to_link};
use splitvote::sim::properties::SOMETIMES;
use splitvote::sim::swarm as worlds;

use crate::arguments::Swarm;
use crate::progress::Progress;
use crate::trouble::Trouble;

/// How many threads to use: what was asked for, or one a processor.
pub(crate) fn threads(jobs: Option<NonZeroUsize>) -> usize {
    jobs.or_else(|| std::thread::available_parallelism().ok()).map_or(1, NonZeroUsize::get)
}

/// Does something for each number, in parallel, and hands the results over in order.
pub(crate) fn for_each<T: Send>(
    (from, to): (u64, u64),
    jobs: Option<NonZeroUsize>,
    progress: &Progress,
    work: impl Fn(u64) -> T + Sync,
) -> Vec<T> {
    let (next, (send, receive)) = (AtomicU64::new(from), mpsc::channel());
    let mut results = BTreeMap::new();
    std::thread::scope(|scope| {
        for _ in 0..threads(jobs) {
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
