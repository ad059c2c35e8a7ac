//! `cargo xtask play`: from a bare clone to the open page.

use std::env;
use std::ffi::OsString;
use std::process::{Command, ExitCode};

use anyhow::{Context as _, Result};

use crate::run::command;
use crate::tools;

/// Serves the playground until interrupted, and rebuilds it whenever a source changes.
pub(crate) fn play(trunk_options: &[OsString]) -> Result<ExitCode> {
    eprintln!("==> what the playground needs");
    tools::wasm_target()?;
    tools::wasm_bindgen()?;
    tools::trunk()?;
    eprintln!("==> building the page, then serving it on 127.0.0.1, port 8080 unless --port says otherwise");
    let mut trunk = command("trunk");
    // A folder of its own: the tests look at the release bundle in target/dist.
    trunk.args(["serve", "--dist", "target/play"]).args(trunk_options);
    if has_display() {
        trunk.arg("--open");
    } else {
        eprintln!("    there is no display here: open the address below in a browser");
    }
    hand_over(&mut trunk)
}

/// Becomes Trunk, so that an interrupt or a kill reaches it and leaves no server behind.
#[cfg(unix)]
fn hand_over(trunk: &mut Command) -> Result<ExitCode> {
    use std::os::unix::process::CommandExt as _;
    Err(trunk.exec()).context("starting trunk")
}

/// Waits for Trunk, where a program cannot become another.
#[cfg(not(unix))]
fn hand_over(trunk: &mut Command) -> Result<ExitCode> {
    let status = trunk.status().context("starting trunk")?;
    Ok(if status.success() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// Whether opening a browser can work. Outside of Linux there is always a desktop to ask.
fn has_display() -> bool {
    !cfg!(target_os = "linux")
        || ["DISPLAY", "WAYLAND_DISPLAY"].into_iter().any(|name| env::var_os(name).is_some())
}
