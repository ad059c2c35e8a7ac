//! `splitvote run`: one scenario, one report.

use std::io::Write as _;

use splitvote::sim::trace::{Filter, Line};
use splitvote::sim::{Keep, Report, Simulator};

use crate::arguments::Run;
use crate::progress::Progress;
use crate::scenario::{load, override_with};
use crate::trouble::Trouble;

/// Runs it; true if everything is as expected.
pub(crate) fn run(options: &Run) -> Result<bool, Trouble> {
    let mut script = load(&options.scenario)?;
    override_with(&mut script, &options.overrides)?;
    script.seed = options.seed.unwrap_or(script.seed);
    let keep = if options.trace { Keep::Records } else { Keep::Nothing };
    let mut world = Simulator::keeping(&script, keep);
    play(&mut world);
    let mut report = world.report();
    if report.scenario.is_empty() {
        report.scenario.clone_from(&options.scenario);
    }
    let mut out = std::io::stdout().lock();
    if options.trace {
        // With --json standard output holds the document alone.
        let mut lines: Box<dyn std::io::Write> =
            if options.json { Box::new(std::io::stderr().lock()) } else { Box::new(&mut out) };
        for record in world.records().iter().filter(|record| Filter::default().shows(&record.what)) {
            writeln!(lines, "{}", Line { record, names: world.names() })?;
        }
    }
    if options.json {
        serde_json::to_writer_pretty(&mut out, &report)?;
        writeln!(out)?;
    } else {
        tell(&mut out, &report)?;
    }
    Ok(report.good())
}

fn play(world: &mut Simulator) {
    let progress = Progress::new(world.deadline().map_or(0, splitvote::base::Instant::as_millis), "ms");
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

/// The report for people.
fn tell(out: &mut impl std::io::Write, report: &Report) -> Result<(), Trouble> {
    writeln!(out, "{} (seed {})", report.scenario, report.seed)?;
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
    writeln!(out, "  ended at {} ms, digest {}", report.ended_ms, report.digest)?;
    writeln!(out, "  {}", report.link)?;
    Ok(())
}
