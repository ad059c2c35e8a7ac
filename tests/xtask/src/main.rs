//! The two commands of the README, `cargo xtask play` and `cargo xtask test`, and what they need.
//!
//! One program in three guises: the tasks, cargo's runner for wasm tests (see `.cargo/config.toml`),
//! and the `wasm-bindgen` that Trunk looks for. The last two are the library of wasm-bindgen's own
//! command line, so the lock file is the only place that names its version.

mod bench;
mod bundle;
mod clients;
mod play;
mod run;
mod single;
mod soak;
mod test;
mod tools;

use std::env;
use std::ffi::OsString;
use std::path::Path;
use std::process::ExitCode;

use anyhow::{Result, bail};

const HELP: &str = "\
cargo xtask play [TRUNK OPTIONS]   builds the playground, serves it on 127.0.0.1:8080 and opens it
cargo xtask test [STEP...]         every check and every test, or only the steps named
cargo xtask bundle                 the release bundle and its sizes, in target/dist, and all of it as one file
cargo xtask bench [--quick]        how fast it is, and next to other simulators
cargo xtask bench servers          a real node next to Valkey 9.1.2: requests, memory, idle cost
cargo xtask soak [--minutes N]     real nodes under load and random faults, ten minutes unless told
cargo xtask steps                  the names of the steps

What is missing on this machine is installed first, most of it below target/tools.";

fn main() -> ExitCode {
    match guise() {
        Ok(code) => code,
        Err(error) => {
            // The causes on one line; a backtrace would bury the sentence that helps.
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

/// Chooses the program from the name it was called by, then from its first argument.
fn guise() -> Result<ExitCode> {
    let arguments: Vec<OsString> = env::args_os().collect();
    let name = arguments.first().map(Path::new).and_then(Path::file_stem);
    if name.is_some_and(|name| name == tools::WASM_BINDGEN) {
        wasm_bindgen_cli::wasm_bindgen::run_cli_with_args(arguments)?;
        return Ok(ExitCode::SUCCESS);
    }
    let rest = arguments.get(2..).unwrap_or_default();
    match arguments.get(1).and_then(|task| task.to_str()) {
        Some("play") => play::play(rest),
        Some("test") => test::test(rest),
        Some("bench") => bench::bench(rest),
        Some("soak") => soak::soak(rest),
        Some("bundle") => bundle::bundle(),
        Some("steps") => Ok(test::list()),
        Some("runner") => test::wasm_runner(rest),
        Some(test::RUNNER_INSIDE) => {
            wasm_bindgen_cli::wasm_bindgen_test_runner::run_cli_with_args(&arguments[1..])?;
            Ok(ExitCode::SUCCESS)
        }
        None | Some("help" | "--help" | "-h") => {
            println!("{HELP}");
            Ok(ExitCode::SUCCESS)
        }
        Some(other) => bail!("there is no task {other:?}\n\n{HELP}"),
    }
}
