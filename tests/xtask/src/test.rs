//! `cargo xtask test`: every check and every test, in an order that tells bad news early.
//!
//! A step that fails does not stop the others, so that one run tells everything. Nothing is left out
//! because a tool is missing: each step first sets up what it needs.

use std::env;
use std::ffi::OsString;
use std::fs;
use std::process::{Command, ExitCode, id};
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail};

use crate::run::{command, run, seconds, top};
use crate::{bundle, clients, single, tools};

/// The task in which the wasm runner calls itself again, with a temporary folder of its own.
pub(crate) const RUNNER_INSIDE: &str = "runner-inside";

/// One step: the name to ask for it alone, its headline, and what it does.
struct Step {
    name: &'static str,
    headline: &'static str,
    act: fn() -> Result<()>,
}

const STEPS: &[Step] = &[
    Step { name: "fmt", headline: "the sources are formatted", act: fmt },
    Step { name: "clippy", headline: "clippy, native", act: clippy },
    Step { name: "clippy-wasm", headline: "clippy, core and page in wasm", act: clippy_wasm },
    Step { name: "docs", headline: "documentation without warnings", act: docs },
    Step { name: "native", headline: "native tests", act: native },
    Step { name: "examples", headline: "examples in the documentation", act: examples },
    Step { name: "interop", headline: "the simulator beside real servers", act: interop },
    Step { name: "peers", headline: "our nodes beside real tools, clients and servers", act: peers },
    Step { name: "parity", headline: "the core in wasm, in headless Chromium", act: parity },
    Step { name: "web", headline: "the page's parts in headless Chromium", act: web },
    Step { name: "bundle", headline: "the release bundle and its size", act: bundle_and_weigh },
    Step { name: "browser", headline: "the whole page in headless Chromium", act: browser },
];

/// Runs the named steps, or all.
pub(crate) fn test(names: &[OsString]) -> Result<ExitCode> {
    let steps = chosen(names)?;
    let start = Instant::now();
    let mut results = Vec::new();
    for (number, step) in steps.iter().enumerate() {
        println!("==> {}/{} {} ({})", number + 1, steps.len(), step.headline, step.name);
        let begun = Instant::now();
        let outcome = (step.act)();
        if let Err(error) = &outcome {
            eprintln!("error in step {}: {error:#}", step.name);
        }
        results.push((*step, outcome.is_ok(), begun.elapsed()));
    }
    Ok(summary(&results, start.elapsed()))
}

/// Prints the names that `cargo xtask test` takes.
pub(crate) fn list() -> ExitCode {
    for Step { name, headline, .. } in STEPS {
        println!("{name:<12} {headline}");
    }
    ExitCode::SUCCESS
}

fn chosen(names: &[OsString]) -> Result<Vec<&'static Step>> {
    if names.is_empty() {
        return Ok(STEPS.iter().collect());
    }
    names.iter().map(|name| named(&name.to_string_lossy())).collect()
}

fn named(name: &str) -> Result<&'static Step> {
    let all = || STEPS.iter().map(|step| step.name).collect::<Vec<_>>().join(", ");
    STEPS
        .iter()
        .find(|step| step.name == name)
        .with_context(|| format!("there is no step {name:?}; there are {}", all()))
}

fn summary(results: &[(&Step, bool, Duration)], total: Duration) -> ExitCode {
    println!("==> all steps");
    for (step, passed, time) in results {
        let mark = if *passed { "ok    " } else { "FAILED" };
        println!("    {mark} {:>11}  {}", seconds(*time), step.headline);
    }
    let failed: Vec<_> =
        results.iter().filter(|(_, passed, _)| !passed).map(|(step, ..)| step.name).collect();
    if failed.is_empty() {
        println!("==> {} steps passed in {}", results.len(), seconds(total));
        return ExitCode::SUCCESS;
    }
    println!("==> failed after {}; again with: cargo xtask test {}", seconds(total), failed.join(" "));
    ExitCode::FAILURE
}

fn fmt() -> Result<()> {
    tools::component("rustfmt")?;
    cargo(&["fmt", "--all", "--check"])
}

fn clippy() -> Result<()> {
    tools::component("clippy")?;
    cargo(&["clippy", "--workspace", "--all-targets", "--all-features", "--", "-D", "warnings"])
}

fn clippy_wasm() -> Result<()> {
    tools::component("clippy")?;
    tools::wasm_target()?;
    let packages = ["-p", "splitvote", "-p", "splitvote-web", "-p", "splitvote-lab", "-p", "splitvote-tests"];
    let targets = ["--lib", "--bin", "app", "--bin", "lab", "--test", "parity", "--test", "browser"];
    run(
        cargo_command(&["clippy", "--target", "wasm32-unknown-unknown"])
            .args(packages)
            .args(targets)
            .args(["--", "-D", "warnings"]),
        "clippy in wasm",
    )
}

fn docs() -> Result<()> {
    run(
        cargo_command(&["doc", "--workspace", "--no-deps", "--all-features"])
            .env("RUSTDOCFLAGS", "-D warnings"),
        "documentation",
    )
}

/// All native tests but those of the page, which want the bundle and come last, and those that want real
/// servers.
fn native() -> Result<()> {
    tools::nextest()?;
    cargo(&[
        "nextest",
        "run",
        "--workspace",
        "--all-features",
        "-E",
        "not (binary_id(splitvote-tests::browser) or binary_id(splitvote-tests::interop) \
         or binary_id(splitvote-tests::peers))",
    ])
}

fn examples() -> Result<()> {
    cargo(&["test", "--doc", "--package", "splitvote", "--all-features"])
}

/// Real servers mostly wait for time to pass, so more of them run at once than there are cores.
fn interop() -> Result<()> {
    tools::nextest()?;
    tools::servers()?;
    with_servers("interop", &mut command("cargo"), &["--test-threads=5"])
}

fn peers() -> Result<()> {
    beside_peers(&mut command("cargo"), &["--test-threads=4"])
}

/// The tests that want everything: servers, clients, and our own node, which is built first. `cargo` may
/// carry what they are to know.
pub(crate) fn beside_peers(cargo: &mut Command, more: &[&str]) -> Result<()> {
    tools::nextest()?;
    tools::servers()?;
    clients::python()?;
    clients::ioredis()?;
    run(
        &mut cargo_command(&["build", "-p", "splitvote", "--features", "native", "--bin", "splitvote"]),
        "building the node",
    )?;
    with_servers("peers", cargo, more)
}

fn with_servers(test: &str, cargo: &mut Command, more: &[&str]) -> Result<()> {
    cargo
        .args(["nextest", "run", "--no-fail-fast", "-p", "splitvote-tests", "--features", "servers"])
        .args(["--test", test])
        .args(more);
    run(cargo, test)
}

fn parity() -> Result<()> {
    wasm_tests("splitvote-tests", "parity")
}

fn web() -> Result<()> {
    wasm_tests("splitvote-web", "browser")
}

fn wasm_tests(package: &str, test: &str) -> Result<()> {
    tools::wasm_target()?;
    tools::chromium()?;
    run(
        cargo_command(&["test", "--target", "wasm32-unknown-unknown", "-p", package, "--test", test])
            .env("WASM_BINDGEN_USE_BROWSER", "1"),
        "tests in wasm",
    )
}

fn bundle_and_weigh() -> Result<()> {
    tools::wasm_target()?;
    bundle::build()?;
    bundle::weigh()?;
    single::write().map(drop)
}

fn browser() -> Result<()> {
    if !top().join("target/dist/index.html").is_file() {
        bail!("there is no page in target/dist: the step `bundle` builds it");
    }
    tools::nextest()?;
    tools::chromium()?;
    tools::axe()?;
    cargo(&["nextest", "run", "--no-fail-fast", "-p", "splitvote-tests", "--test", "browser"])
}

fn cargo(arguments: &[&str]) -> Result<()> {
    run(&mut cargo_command(arguments), &format!("cargo {}", arguments[0]))
}

fn cargo_command(arguments: &[&str]) -> Command {
    let mut cargo = command("cargo");
    cargo.args(arguments);
    cargo
}

/// Cargo's runner for wasm tests. Chromedriver leaves its profiles behind in the temporary folder, so
/// it gets one that is deleted afterwards.
pub(crate) fn wasm_runner(arguments: &[OsString]) -> Result<ExitCode> {
    let folder = top().join("target/tmp").join(format!("wasm-tests-{}", id()));
    fs::create_dir_all(&folder).with_context(|| format!("creating {}", folder.display()))?;
    let folder = folder.canonicalize()?;
    let status =
        Command::new(env::current_exe()?).arg(RUNNER_INSIDE).args(arguments).env("TMPDIR", &folder).status();
    // Chromium may still be writing its last files; what stays is below target/tmp and harmless.
    drop(fs::remove_dir_all(&folder));
    Ok(if status?.success() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_name_means_every_step_in_order() {
        let names: Vec<_> = chosen(&[]).unwrap().iter().map(|step| step.name).collect();
        assert_eq!(names.first(), Some(&"fmt"));
        assert_eq!(names.last(), Some(&"browser"));
        assert_eq!(names.len(), STEPS.len());
    }

    #[test]
    fn an_unknown_step_is_answered_with_the_known_ones() {
        let error = chosen(&["clipy".into()]).err().expect("there is no such step").to_string();
        assert!(error.contains("\"clipy\"") && error.contains("clippy-wasm"), "{error}");
    }
}
