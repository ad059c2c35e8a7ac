//! `splitvote`: scenarios of a Valkey cluster, run, swept, linked and explained.
//!
//! Exit codes: 0 good, 1 an expectation or a property failed, 2 bad input or usage, 3 the environment.

mod arguments;
mod lists;
mod many;
mod node;
mod progress;
mod run;
mod scenario;
mod trouble;

use std::process::ExitCode;

use clap::Parser;

use arguments::{Arguments, Command};

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let done = match arguments.command {
        Command::Run(options) => run::run(&options),
        Command::Sweep(options) => many::sweep(&options),
        Command::Swarm(options) => many::swarm(&options),
        Command::Node { words } => node::node(&words),
        Command::Link { scenario } => lists::link(&scenario),
        Command::Unlink { link } => lists::unlink(&link),
        Command::Scenarios { json } => lists::scenarios(json),
        Command::Rules { json } => lists::rules(json),
    };
    match done {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::from(1),
        Err(trouble) => {
            eprintln!("{trouble}");
            ExitCode::from(trouble.code())
        }
    }
}
