//! `splitvote`: scenarios of a Valkey cluster, run, swept, linked and explained.
//!
//! Exit codes: 0 good, 1 an expectation or a property failed, 2 bad input or usage, 3 the environment.

mod arguments;
mod chart;
mod hunt;
mod lists;
mod many;
mod node;
mod progress;
mod run;
mod scenario;
mod sweep;
mod trouble;

use std::process::ExitCode;

use clap::Parser;

use arguments::{Arguments, Command};

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let done = match arguments.command {
        Command::Run(options) => run::run(&options),
        Command::Sweep(options) => sweep::sweep(&options),
        Command::Merge(options) => sweep::merge(&options),
        Command::Swarm(options) => many::swarm(&options),
        Command::Node { words } => node::node(&words),
        Command::Hunt(options) => hunt::hunt(&options),
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
