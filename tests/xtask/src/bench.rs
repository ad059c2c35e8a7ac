//! `cargo xtask bench`: the benches of `tests/bench`, with madsim among the others.

use std::ffi::OsString;
use std::process::ExitCode;

use anyhow::Result;

use crate::run::{command, run};

/// Runs all of them; what follows goes to each.
pub(crate) fn bench(rest: &[OsString]) -> Result<ExitCode> {
    // madsim simulates only under this flag, which rebuilds everything: so it has a folder of its own,
    // and no other build knows of it.
    let mut cargo = command("cargo");
    cargo
        .args([
            "bench",
            "--package",
            "splitvote-bench",
            "--target-dir",
            "target/bench",
            "--bench",
            "ratios",
            "--",
        ])
        .args(rest)
        .env("RUSTFLAGS", "--cfg madsim");
    run(&mut cargo, "the ratios")?;
    if rest.is_empty() {
        let mut cargo = command("cargo");
        cargo
            .args([
                "bench",
                "--package",
                "splitvote-bench",
                "--target-dir",
                "target/bench",
                "--bench",
                "parts",
            ])
            .env("RUSTFLAGS", "--cfg madsim");
        run(&mut cargo, "the parts")?;
    }
    Ok(ExitCode::SUCCESS)
}
