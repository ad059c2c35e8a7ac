//! `sweep` and `merge`: many seeds of one script, on every processor and on many machines.

use std::io::{Read as _, Write as _};
use std::num::NonZeroUsize;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};

use splitvote::scenario::{LinkView, to_link};
use splitvote::sim::sweep::{Part, Share, Sweep, Tally, Variant, VaryError, variants};

use crate::arguments::{self, Merge};
use crate::chart;
use crate::many::threads;
use crate::progress::Progress;
use crate::scenario::{load, override_with};
use crate::trouble::Trouble;

const VERSION: &str = env!("CARGO_PKG_VERSION");
const KUBERNETES: &str = include_str!("jobs/kubernetes.yaml");

/// Runs a scenario over many seeds; true if nothing broke and every run recovered. A part is only found
/// good or bad with the others: an engine that starts jobs would take anything else for a failed one.
pub(crate) fn sweep(options: &arguments::Sweep) -> Result<bool, Trouble> {
    let mut script = load(&options.scenario)?;
    override_with(&mut script, &options.overrides)?;
    let variants = variants(&script, &options.vary).map_err(|error| match error {
        VaryError::Words { vary, error } => Trouble::Script(format!("--vary {vary}"), vec![*error]),
        error => Trouble::Usage(format!("--vary: {error}")),
    })?;
    if let Some(parts) = options.kubernetes {
        let link = to_link(&script, &LinkView::default());
        write!(std::io::stdout(), "{}", manifest(&link, options, parts))?;
        return Ok(true);
    }
    let whole = [options.seeds.0, options.seeds.1];
    let seeds = options.part.map_or(whole, |share| share.of_seeds(whole));
    let tallies = play(&variants, seeds, options.jobs);
    let sweep = Sweep {
        scenario: script.title.unwrap_or_else(|| options.scenario.clone()),
        seeds: whole,
        variants: variants.into_iter().zip(tallies).collect(),
    };
    if let Some(share) = options.part {
        let mut out = std::io::stdout().lock();
        serde_json::to_writer(&mut out, &Part::of(&sweep, share, VERSION))?;
        writeln!(out)?;
        return Ok(true);
    }
    show(&sweep, options.json, options.csv)
}

/// Puts parts together; true if nothing broke and every run recovered.
pub(crate) fn merge(options: &Merge) -> Result<bool, Trouble> {
    let mut parts = Vec::new();
    for file in &options.files {
        let text = read(file)?;
        // One file may hold several parts, as the gathered logs of a job do.
        for (number, part) in serde_json::Deserializer::from_str(&text).into_iter::<Part>().enumerate() {
            let part = part.map_err(|error| {
                Trouble::Usage(format!(
                    "{file} is no part of a sweep, as `splitvote sweep --part 0/4 --json` prints it: {error}"
                ))
            })?;
            let name = if number == 0 { file.clone() } else { format!("{file} ({})", number + 1) };
            parts.push((name, part));
        }
    }
    let sweep = Part::merge(&parts).map_err(|error| Trouble::Usage(error.to_string()))?;
    show(&sweep, options.json, options.csv)
}

fn read(file: &str) -> Result<String, Trouble> {
    let mut text = String::new();
    let read = if file == "-" {
        std::io::stdin().read_to_string(&mut text).map(drop)
    } else {
        std::fs::read_to_string(file).map(|found| text = found)
    };
    read.map_err(|error| Trouble::Environment(format!("cannot read {file}: {error}")))?;
    Ok(text)
}

fn show(sweep: &Sweep, json: bool, csv: bool) -> Result<bool, Trouble> {
    let mut out = std::io::stdout().lock();
    if json {
        serde_json::to_writer_pretty(&mut out, &sweep.summary())?;
        writeln!(out)?;
    } else if csv {
        out.write_all(sweep.summary().csv().as_bytes())?;
    } else {
        chart::tell(&mut out, sweep, chart::Look::of_terminal())?;
    }
    Ok(sweep.good())
}

/// Runs every variant with every seed. Counts add up to the same whoever counted what.
fn play(variants: &[Variant], [from, to]: [u64; 2], jobs: Option<NonZeroUsize>) -> Vec<Tally> {
    let progress = Progress::new((to - from).saturating_mul(variants.len() as u64), "runs");
    let (next, done) = (AtomicU64::new(from), AtomicU64::new(0));
    let sums = Mutex::new(vec![Tally::default(); variants.len()]);
    std::thread::scope(|scope| {
        for _ in 0..threads(jobs) {
            scope.spawn(|| {
                let mut mine = vec![Tally::default(); variants.len()];
                loop {
                    let seed = next.fetch_add(1, Ordering::Relaxed);
                    if seed >= to {
                        break;
                    }
                    for (variant, tally) in variants.iter().zip(&mut mine) {
                        tally.play(&variant.script, seed);
                        progress.reach(done.fetch_add(1, Ordering::Relaxed) + 1);
                    }
                }
                let mut sums = sums.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
                for (sum, tally) in sums.iter_mut().zip(&mine) {
                    sum.merge(tally);
                }
            });
        }
    });
    progress.finish();
    sums.into_inner().unwrap_or_else(std::sync::PoisonError::into_inner)
}

/// The manifest of a Kubernetes Job that runs this sweep in parts. The script travels in it as its link.
fn manifest(link: &str, options: &arguments::Sweep, parts: u64) -> String {
    let (from, to) = options.seeds;
    let mut words: Vec<String> = ["splitvote", "sweep", link, "--seeds"].map(str::to_owned).into();
    words.push(format!("{from}..{to}"));
    words.extend(options.vary.iter().flat_map(|vary| ["--vary".to_owned(), vary.clone()]));
    words.extend(["--part".to_owned(), format!("$(JOB_COMPLETION_INDEX)/{parts}"), "--json".to_owned()]);
    // A string of JSON is one of YAML, too.
    let lines: Vec<String> =
        words.into_iter().map(|word| format!("            - {}", serde_json::Value::from(word))).collect();
    KUBERNETES.replace("@PARTS@", &parts.to_string()).replace("@COMMAND@", &lines.join("\n"))
}

/// `--part I/N`.
pub(crate) fn share(text: &str) -> Result<Share, String> {
    let problem = || format!("`{text}` is no part such as `0/8`; parts are counted from 0");
    let (index, of) = text.split_once('/').ok_or_else(problem)?;
    let (index, of) = (index.parse().map_err(|_| problem())?, of.parse().map_err(|_| problem())?);
    if index < of { Ok(Share { index, of }) } else { Err(problem()) }
}
