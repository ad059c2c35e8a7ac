//! Running other programs: from the top of the repository, with our tools found first, and never
//! silent for long.

use std::env;
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitStatus, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail};

/// How long a program may be silent before we say that it is still being waited for.
const HEARTBEAT: Duration = Duration::from_secs(30);
const POLL: Duration = Duration::from_millis(20);

/// The top of the repository.
pub(crate) fn top() -> &'static Path {
    Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../.."))
}

/// Where tools are installed and kept: `target/tools`.
pub(crate) fn tools_dir() -> PathBuf {
    top().join("target/tools")
}

/// A program, started at the top of the repository with `target/tools/bin` first on its PATH.
pub(crate) fn command(program: &str) -> Command {
    let program = if program == "cargo" {
        env::var_os("CARGO").unwrap_or_else(|| program.into())
    } else {
        program.into()
    };
    let mut command = Command::new(program);
    // An environment RUSTFLAGS would silently replace the flags of .cargo/config.toml, and NO_HEADLESS
    // would make the browser tests wait for a display.
    command.current_dir(top()).env("PATH", path()).env_remove("RUSTFLAGS").env_remove("NO_HEADLESS");
    command
}

/// PATH with our own tools in front.
fn path() -> OsString {
    let others = env::var_os("PATH").unwrap_or_default();
    let all = std::iter::once(tools_dir().join("bin")).chain(env::split_paths(&others));
    env::join_paths(all).unwrap_or(others)
}

/// The file of a program on PATH.
pub(crate) fn find(program: &str) -> Option<PathBuf> {
    let name = format!("{program}{}", env::consts::EXE_SUFFIX);
    env::split_paths(&path()).map(|folder| folder.join(&name)).find(|file| file.is_file())
}

/// What a program prints, or `None` when it cannot be run or fails: a question, not a step.
pub(crate) fn ask(program: &str, arguments: &[&str]) -> Option<String> {
    let output = command(program).args(arguments).stdin(Stdio::null()).stderr(Stdio::null()).output().ok()?;
    output.status.success().then(|| String::from_utf8_lossy(&output.stdout).trim().to_owned())
}

/// Runs a program to its end and fails when it fails. `waiting_for` is said again while it lasts.
pub(crate) fn run(command: &mut Command, waiting_for: &str) -> Result<()> {
    let status = wait(command, waiting_for)?;
    if !status.success() {
        bail!("{waiting_for}: {} ended with {status}", shown(command));
    }
    Ok(())
}

fn wait(command: &mut Command, waiting_for: &str) -> Result<ExitStatus> {
    let mut child = command
        .stdin(Stdio::null())
        .spawn()
        .with_context(|| format!("{waiting_for}: {} could not be started", shown(command)))?;
    let start = Instant::now();
    let mut said = start;
    loop {
        if let Some(status) = child.try_wait()? {
            return Ok(status);
        }
        if said.elapsed() >= HEARTBEAT {
            said = Instant::now();
            eprintln!("    ... {waiting_for}: {} so far", seconds(start.elapsed()));
        }
        sleep(POLL);
    }
}

/// A command as one would type it.
fn shown(command: &Command) -> String {
    let program = Path::new(command.get_program()).file_stem().unwrap_or_default();
    let words = std::iter::once(program).chain(command.get_args());
    format!("`{}`", words.map(|word| word.to_string_lossy()).collect::<Vec<_>>().join(" "))
}

/// A time for people: `0.4 s`, `17 s`, `2 min 5 s`.
pub(crate) fn seconds(time: Duration) -> String {
    match time.as_secs() {
        0..=9 => format!("{:.1} s", time.as_secs_f64()),
        whole @ 10..=99 => format!("{whole} s"),
        whole => format!("{} min {} s", whole / 60, whole % 60),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_short_words() {
        for (millis, expected) in [(430, "0.4 s"), (17_900, "17 s"), (125_000, "2 min 5 s")] {
            assert_eq!(seconds(Duration::from_millis(millis)), expected);
        }
    }

    #[test]
    fn a_failing_program_is_named_with_its_arguments() {
        let error =
            run(command("cargo").arg("no-such-command").stderr(Stdio::null()), "waiting").unwrap_err();
        assert!(error.to_string().contains("`cargo no-such-command` ended with"), "{error}");
    }

    #[test]
    fn a_program_that_is_not_there_is_an_error_that_names_it() {
        let error = run(&mut command("no-such-program"), "waiting").unwrap_err();
        assert!(error.to_string().contains("`no-such-program` could not be started"), "{error}");
    }
}
