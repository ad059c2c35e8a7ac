//! `splitvote run`: one scenario, one report.

use std::io::Write as _;

use splitvote::base::Instant;
use splitvote::native::stage::{self, Orders, StageError};
use splitvote::scenario::Script;
use splitvote::sim::export::{JsonLine, trace_events};
use splitvote::sim::trace::{Filter, Line};
use splitvote::sim::{Keep, Names, Record, Report, Simulator};

use crate::arguments::{Run, Trace};
use crate::progress::Progress;
use crate::scenario::{load, override_with, read_text};
use crate::trouble::Trouble;

/// What is held if no scenario is named: nothing happens to it but what is typed.
const SIX_NODES: &str = "title Six nodes\nset node-timeout=3s\nrun for 1s\n";

/// Runs it; true if everything is as expected.
pub(crate) fn run(options: &Run) -> Result<bool, Trouble> {
    let mut script = match &options.scenario {
        Some(word) => load(word)?,
        None => read_text("six nodes", SIX_NODES)?,
    };
    override_with(&mut script, &options.overrides)?;
    script.seed = options.seed.unwrap_or(script.seed);
    if options.on != "sim" {
        return staged(&script, options);
    }
    if options.hold || options.keep {
        let what = if options.hold { "--hold" } else { "--keep" };
        return Err(Trouble::Usage(format!("{what} is for real processes: say --on nodes or --on PATH")));
    }
    let keep = if options.trace.is_some() { Keep::Records } else { Keep::Nothing };
    let mut world = Simulator::keeping(&script, keep);
    play(&mut world);
    let report = world.report();
    hand_over(options, report, world.records(), world.names(), None)
}

/// Runs it on real processes.
fn staged(script: &Script, options: &Run) -> Result<bool, Trouble> {
    let ours = std::env::current_exe()
        .map_err(|error| Trouble::Environment(format!("cannot find this very program: {error}")))?;
    let orders = Orders {
        ours,
        everywhere: (options.on != "nodes").then(|| options.on.clone().into()),
        valkey: options.valkey.clone(),
        redis: options.redis.clone(),
        folder: std::env::temp_dir().join(format!("splitvote-{}", std::process::id())),
        keep: options.keep,
        hold: options.hold,
        own_network: options.own_network,
        tell: !(options.json || options.trace.is_some() || options.quiet),
    };
    let played = stage::run(script, &orders).map_err(|error| match error {
        StageError::Refused(_) | StageError::Program(_) => Trouble::Usage(error.to_string()),
        _ => Trouble::Environment(error.to_string()),
    })?;
    for note in &played.notes {
        eprintln!("{note}");
    }
    hand_over(options, played.report, &played.records, &played.names, Some(&played.programs))
}

/// Prints what the run came to, on these programs if they were real; true if everything is as expected.
fn hand_over(
    options: &Run,
    mut report: Report,
    records: &[Record],
    names: &Names,
    on: Option<&str>,
) -> Result<bool, Trouble> {
    if report.scenario.is_empty() {
        report.scenario = options.scenario.clone().unwrap_or_default();
    }
    let mut out = std::io::stdout().lock();
    match options.trace {
        None => {}
        Some(Trace::Lines) => {
            for record in records.iter().filter(|record| Filter::default().shows(&record.what)) {
                writeln!(out, "{}", Line { record, names })?;
            }
        }
        Some(Trace::Json) => {
            for record in records {
                writeln!(out, "{}", JsonLine { record, names })?;
            }
        }
        Some(Trace::Chrome) => {
            out.write_all(trace_events(records, names, Instant::from_millis(report.ended_ms)).as_bytes())?;
        }
    }
    if matches!(options.trace, Some(Trace::Json | Trace::Chrome)) {
        tell(&mut std::io::stderr().lock(), &report, on)?;
    } else if options.json {
        serde_json::to_writer_pretty(&mut out, &report)?;
        writeln!(out)?;
    } else {
        tell(&mut out, &report, on)?;
    }
    Ok(report.good())
}

fn play(world: &mut Simulator) {
    let progress = Progress::new(world.deadline().map_or(0, Instant::as_millis), "ms");
    let mut steps = 0_u32;
    while !world.finished() {
        world.step();
        steps += 1;
        if steps.is_multiple_of(4096) {
            progress.reach(world.now().as_millis());
        }
    }
    progress.finish();
}

/// The report for people, of a run `on` real programs or simulated.
fn tell(out: &mut impl std::io::Write, report: &Report, on: Option<&str>) -> Result<(), Trouble> {
    match on {
        None => writeln!(out, "{} (seed {})", report.scenario, report.seed)?,
        Some(programs) => writeln!(out, "{} (on real processes: {programs})", report.scenario)?,
    }
    for row in &report.failovers {
        let from = row.from.as_deref().unwrap_or("?");
        let after = row.fail_ms.map_or_else(String::new, |fail| {
            format!(", {} ms after it was marked failed", row.won_ms - fail)
        });
        writeln!(
            out,
            "  {} gave way to {} in epoch {} at {} ms{after}: {} rounds, {} refusals told",
            from, row.to, row.epoch, row.won_ms, row.rounds, row.nacks
        )?;
    }
    match report.recovery_ms {
        Some(recovery) => writeln!(out, "  covered for good {recovery} ms after the first fault")?,
        None if report.failovers.is_empty() => {}
        None => writeln!(out, "  not covered at the end")?,
    }
    writeln!(
        out,
        "  writes: {} acknowledged, {} of them lost",
        report.writes.acknowledged, report.writes.lost
    )?;
    for row in &report.expectations {
        writeln!(out, "  {} line {}: {}", if row.met { "ok  " } else { "FAIL" }, row.line, row.text)?;
    }
    for row in &report.violations {
        let node = row.node.as_deref().unwrap_or("-");
        let lacks = if row.promised { "" } else { " (these rules do not promise it)" };
        writeln!(out, "  BROKEN {} at {} ms on {node}: {}{lacks}", row.property, row.at_ms, row.what)?;
    }
    match &report.digest {
        Some(digest) => writeln!(out, "  ended at {} ms, digest {digest}", report.ended_ms)?,
        None => writeln!(out, "  ended at {} ms; judged: {}", report.ended_ms, report.judged.join(", "))?,
    }
    writeln!(out, "  {}", report.link)?;
    Ok(())
}
