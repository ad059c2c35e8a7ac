//! `cargo xtask soak`: our nodes under load and random faults, for longer than a test may take.

use std::ffi::OsString;
use std::process::ExitCode;

use anyhow::{Result, bail};

use crate::run::command;
use crate::test::beside_peers;

/// Runs the soak test alone.
pub(crate) fn soak(rest: &[OsString]) -> Result<ExitCode> {
    let words: Vec<_> = rest.iter().map(|word| word.to_string_lossy()).collect();
    let (mut minutes, mut seed) = ("10".to_owned(), None);
    for pair in words.chunks(2) {
        match pair {
            [name, value] if name == "--minutes" && value.parse::<u64>().is_ok() => {
                minutes = value.to_string();
            }
            [name, value] if name == "--seed" && value.parse::<u64>().is_ok() => {
                seed = Some(value.to_string());
            }
            _ => bail!("expected `--minutes N` and `--seed N`, found `{}`", pair.join(" ")),
        }
    }
    let mut cargo = command("cargo");
    cargo.env("SOAK_MINUTES", minutes);
    if let Some(seed) = seed {
        cargo.env("SOAK_SEED", seed);
    }
    beside_peers(&mut cargo, &["--no-capture", "soak::"])?;
    Ok(ExitCode::SUCCESS)
}
