//! `cargo xtask bench`: the benches of `tests/bench`, with madsim among the others, and our node beside
//! a real server.

mod node;
// The file itself, because this tool is built without the node.
#[path = "../../../../core/src/native/stage/ports.rs"]
#[expect(dead_code, unreachable_pub, reason = "the stage, whose file it is, takes more of it")]
mod ports;
mod servers;

use std::ffi::OsString;
use std::process::ExitCode;

use anyhow::Result;

use crate::run::{command, run};

/// Runs all of them, or those that take what follows.
pub(crate) fn bench(rest: &[OsString]) -> Result<ExitCode> {
    if rest.first().is_some_and(|word| word == "servers") {
        servers::bench(&rest[1..])?;
        return Ok(ExitCode::SUCCESS);
    }
    simulated("ratios", rest)?;
    if rest.is_empty() {
        simulated("parts", rest)?;
        servers::bench(rest)?;
    }
    Ok(ExitCode::SUCCESS)
}

/// One of the benches of `tests/bench`.
fn simulated(which: &str, rest: &[OsString]) -> Result<()> {
    // madsim simulates only under this flag, which rebuilds everything: so it has a folder of its own,
    // and no other build knows of it.
    let mut cargo = command("cargo");
    cargo
        .args(["bench", "--package", "splitvote-bench", "--target-dir", "target/bench", "--bench", which])
        .arg("--")
        .args(rest)
        .env("RUSTFLAGS", "--cfg madsim");
    run(&mut cargo, &format!("the {which}"))
}
