//! Our node beside Valkey 9.1.2 in one run: requests a second, memory, and what an idle cluster costs.
//!
//! Both are clusters, so both compute slots. Rounds alternate, and medians count: what else the machine
//! does meets both.

use std::ffi::OsString;
use std::thread::sleep;
use std::time::Duration;

use anyhow::{Context as _, Result, bail};

use super::node::{MAKES, Make, Node, said, tool};
use crate::run::{command, run};
use crate::tools;

const ROUNDS: usize = 5;
/// Keys that requests choose from.
const KEYS: &str = "100000";
/// What is measured: a command, requests on their way at once, requests a round.
const LOADS: [(&str, &str, u32); 4] =
    [("SET", "1", 100_000), ("GET", "1", 100_000), ("SET", "16", 800_000), ("GET", "16", 800_000)];
const IDLE: Duration = Duration::from_secs(30);

pub(super) fn bench(rest: &[OsString]) -> Result<()> {
    if let Some(word) = rest.first() {
        bail!("`cargo xtask bench servers` takes nothing more, found {}", word.display());
    }
    tools::servers()?;
    let mut cargo = command("cargo");
    cargo.args([
        "build",
        "--release",
        "--package",
        "splitvote",
        "--features",
        "native",
        "--bin",
        "splitvote",
    ]);
    run(&mut cargo, "building the node")?;
    println!("{:<34} {:>12} {:>12} {:>7}", "", "splitvote", "Valkey 9.1.2", "ratio");
    throughput()?;
    memory()?;
    idle()
}

fn row(what: &str, values: [f64; 2], digits: usize) {
    let [ours, theirs] = values;
    println!("{what:<34} {ours:>12.digits$} {theirs:>12.digits$} {:>7.2}", ours / theirs);
}

/// Does something with each make, ours first.
fn both<T>(work: impl FnMut(Make) -> Result<T>) -> Result<[T; 2]> {
    let done: Vec<T> = MAKES.into_iter().map(work).collect::<Result<_>>()?;
    done.try_into().ok().context("there are two makes")
}

fn throughput() -> Result<()> {
    let nodes = both(|make| {
        let node = Node::start(make)?;
        node.own_everything()?;
        Ok(node)
    })?;
    for (name, pipeline, requests) in LOADS {
        let mut rates = [Vec::new(), Vec::new()];
        let mut costs = [Vec::new(), Vec::new()];
        for round in 0..=ROUNDS {
            for (at, node) in nodes.iter().enumerate() {
                let before = node.processor()?;
                let rate = load(node, name, pipeline, requests)?;
                let cost = node.processor()?.saturating_sub(before).as_secs_f64() * 1e6 / f64::from(requests);
                // The first round warms up.
                if round > 0 {
                    rates[at].push(rate);
                    costs[at].push(cost);
                }
            }
        }
        row(&format!("{name}, pipeline {pipeline}, requests/s"), rates.map(median), 0);
        row("    processor time, µs a request", costs.map(median), 2);
    }
    Ok(())
}

/// Requests a second, as `redis-benchmark` counts them.
fn load(node: &Node, name: &str, pipeline: &str, requests: u32) -> Result<f64> {
    let text = said(
        tool("redis-benchmark")
            .args(["-p", &node.port.to_string(), "-t", &name.to_lowercase(), "-r", KEYS, "--csv"])
            .args(["-P", pipeline, "-n", &requests.to_string()]),
    )?;
    let row = text.lines().find_map(|line| line.strip_prefix(&format!("\"{name}\",\"")));
    let rate = row.and_then(|row| row.split('"').next()?.parse().ok());
    rate.with_context(|| format!("redis-benchmark says no rate of {name}:\n{text}"))
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}

fn memory() -> Result<()> {
    let sizes = both(|make| {
        let node = Node::start(make)?;
        let empty = node.memory()?;
        node.own_everything()?;
        // Every key once: INCR of a counter that names it would need a client of our own.
        let said = node.ask(&["DEBUG", "POPULATE", "1000000"])?;
        let keys = node.ask(&["DBSIZE"])?;
        if keys != "1000000" {
            bail!("{make:?} has {keys} keys after it was told to make a million: {said}");
        }
        Ok((megabytes(empty), megabytes(node.memory()?)))
    })?;
    row("memory after the start, MB", sizes.map(|(empty, _)| empty), 1);
    row("memory with a million keys, MB", sizes.map(|(_, full)| full), 1);
    Ok(())
}

fn megabytes(kilobytes: u64) -> f64 {
    Duration::from_millis(kilobytes).as_secs_f64()
}

/// Processor time of six nodes that have nothing to do.
fn idle() -> Result<()> {
    let shares = both(|make| {
        let nodes = (0..6).map(|_| Node::start(make)).collect::<Result<Vec<_>>>()?;
        let places = nodes.iter().map(|node| format!("127.0.0.1:{}", node.port));
        let mut create = tool("redis-cli");
        create.args(["--cluster", "create"]).args(places).args(["--cluster-replicas", "1", "--cluster-yes"]);
        said(&mut create)?;
        for node in &nodes {
            node.until("the six form a cluster", |node| node.whole(6))?;
        }
        // Replicas take their first snapshots.
        sleep(Duration::from_secs(5));
        let spent = || nodes.iter().map(Node::processor).sum::<Result<Duration>>();
        let before = spent()?;
        sleep(IDLE);
        let share = spent()?.saturating_sub(before).as_secs_f64() / IDLE.as_secs_f64() / 6.0;
        let memory: u64 = nodes.iter().map(Node::memory).sum::<Result<u64>>()?;
        Ok((share * 100.0, megabytes(memory) / 6.0))
    })?;
    row("idle node of six, % of a core", shares.map(|(share, _)| share), 2);
    row("    its memory, MB", shares.map(|(_, memory)| memory), 1);
    Ok(())
}
