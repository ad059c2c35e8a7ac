//! The command line.

use clap::{Args, Parser, Subcommand};

/// Valkey cluster failover, simulated to the last message.
#[derive(Debug, Parser)]
#[command(name = "splitvote", version, arg_required_else_help = true)]
pub(crate) struct Arguments {
    /// What to do.
    #[command(subcommand)]
    pub(crate) command: Command,
}

/// What to do.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Run a scenario and report.
    #[command(after_help = "Example:\n  splitvote run split-vote --rules nack=on --trace")]
    Run(Run),
    /// Run a scenario over many seeds and show how its results are distributed.
    #[command(after_help = "Example:\n  splitvote sweep split-vote --seeds 0..200 --vary nack=off,on --json")]
    Sweep(Sweep),
    /// Run random worlds and report every property that breaks, each as a command that shows it again.
    #[command(after_help = "Example:\n  splitvote swarm --seeds 0..10000")]
    Swarm(Swarm),
    /// Run a real node: a server for clients and a member of a cluster.
    #[command(
        after_help = "Example:\n  splitvote node --port 7000 --dir /tmp/n0 --cluster-node-timeout 3000\n  \
                      splitvote node valkey.conf --port 7001"
    )]
    Node {
        /// A configuration file with Valkey's options, then options as `--name value`, which win.
        #[arg(trailing_var_arg = true, allow_hyphen_values = true, value_name = "FILE | --NAME VALUE")]
        words: Vec<String>,
    },
    /// Print the link of a scenario.
    #[command(after_help = "Example:\n  splitvote link my.scn")]
    Link {
        /// A file, a built-in name, a link, or `-` for standard input.
        scenario: String,
    },
    /// Print the script of a link, in canonical form.
    #[command(after_help = "Example:\n  splitvote unlink '#v1;cluster+shards=3;at+5s+kill+A'")]
    Unlink {
        /// The link, or a whole address that ends in one.
        link: String,
    },
    /// List the built-in scenarios.
    #[command(after_help = "Example:\n  splitvote scenarios")]
    Scenarios {
        /// One JSON document.
        #[arg(long)]
        json: bool,
    },
    /// List every switch of the rules: where it was decided, what it means, its values.
    #[command(after_help = "Example:\n  splitvote rules")]
    Rules {
        /// One JSON document.
        #[arg(long)]
        json: bool,
    },
}

/// What is laid over a script.
#[derive(Debug, Args)]
pub(crate) struct Overrides {
    /// Words of the `rules` statement, such as `nack=off`.
    #[arg(long, value_name = "WORDS", num_args = 1..)]
    pub(crate) rules: Vec<String>,
    /// Words of the `set` statement, such as `node-timeout=3s`.
    #[arg(long, value_name = "KEY=VALUE", num_args = 1..)]
    pub(crate) set: Vec<String>,
}

/// `splitvote run`.
#[derive(Debug, Args)]
pub(crate) struct Run {
    /// A file, a built-in name, a link, or `-` for standard input.
    pub(crate) scenario: String,
    /// Where chance starts, instead of the script's `seed`.
    #[arg(long)]
    pub(crate) seed: Option<u64>,
    /// What is laid over the script.
    #[command(flatten)]
    pub(crate) overrides: Overrides,
    /// Print what happens, one event a line.
    #[arg(long)]
    pub(crate) trace: bool,
    /// One JSON document on standard output and nothing else there.
    #[arg(long)]
    pub(crate) json: bool,
}

/// `splitvote sweep`.
#[derive(Debug, Args)]
pub(crate) struct Sweep {
    /// A file, a built-in name, a link, or `-` for standard input.
    pub(crate) scenario: String,
    /// The seeds, the last one excluded.
    #[arg(long, value_name = "A..B", value_parser = seeds)]
    pub(crate) seeds: (u64, u64),
    /// A switch and the values to compare; one variant each.
    #[arg(long, value_name = "SWITCH=A,B")]
    pub(crate) vary: Option<String>,
    /// What is laid over the script.
    #[command(flatten)]
    pub(crate) overrides: Overrides,
    /// Threads; as many as there are processors if not given.
    #[arg(long)]
    pub(crate) jobs: Option<usize>,
    /// One JSON document on standard output and nothing else there.
    #[arg(long)]
    pub(crate) json: bool,
}

/// `splitvote swarm`.
#[derive(Debug, Args)]
pub(crate) struct Swarm {
    /// The seeds, the last one excluded.
    #[arg(long, value_name = "A..B", value_parser = seeds)]
    pub(crate) seeds: (u64, u64),
    /// Threads; as many as there are processors if not given.
    #[arg(long)]
    pub(crate) jobs: Option<usize>,
    /// One JSON document on standard output and nothing else there.
    #[arg(long)]
    pub(crate) json: bool,
}

fn seeds(text: &str) -> Result<(u64, u64), String> {
    let problem = || format!("`{text}` is no range of seeds such as `0..200`");
    let (from, to) = text.split_once("..").ok_or_else(problem)?;
    let (from, to) = (from.parse().map_err(|_| problem())?, to.parse().map_err(|_| problem())?);
    if from < to { Ok((from, to)) } else { Err(format!("`{text}` holds no seed")) }
}
