//! The command line.

use std::num::NonZeroUsize;

use clap::{Args, Parser, Subcommand, ValueEnum};
use splitvote::sim::sweep::Share;

/// How a sweep is spread.
const MANY_MACHINES: &str = "\
Example:
  splitvote sweep split-vote --seeds 0..200 --vary nack=off,on

On many machines: parts are counted from 0, come in any order and add up exactly. A part that was
written is a success, whatever it found; `merge` judges the whole.

  GNU parallel:
    seq 0 7 | parallel --sshloginfile hosts \\
      splitvote sweep split-vote --seeds 0..10000 --vary nack=off,on --part {}/8 --json > parts.json
    splitvote merge parts.json

  Slurm, as `sbatch --array=0-7 --output=part-%a.json`:
    srun splitvote sweep split-vote --seeds 0..10000 --part $SLURM_ARRAY_TASK_ID/8 --json

  Kubernetes, as an indexed Job:
    splitvote sweep split-vote --seeds 0..10000 --kubernetes 8 | kubectl apply -f -
    kubectl logs -l job-name=splitvote-sweep --tail=-1 | splitvote merge -";

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
    /// Run a scenario and report: simulated, or on real processes of this machine (`--on`).
    #[command(after_help = "Examples:\n  splitvote run split-vote --rules nack=on --trace\n  splitvote run \
                            kill-one --on nodes\n  splitvote run kill-one --on /usr/bin/valkey-server --json")]
    Run(Run),
    /// Run a scenario over many seeds and show how its results are distributed.
    ///
    /// Variants run side by side on the same seeds. Exit code 1 means that a property broke or a run did
    /// not recover from its faults.
    #[command(
        after_help = "Example:\n  splitvote sweep split-vote --seeds 0..200 --vary nack=off,on --json",
        after_long_help = MANY_MACHINES
    )]
    Sweep(Sweep),
    /// Put the parts of a sweep together: what comes out is what one run would have given, byte for byte.
    #[command(after_help = "Example:\n  splitvote merge part-*.json --json")]
    Merge(Merge),
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
    /// Try random faults until a property breaks, then make the script that shows it small.
    #[command(after_help = "Examples:\n  splitvote hunt --rules valkey-9.1 --property S3\n  splitvote hunt \
                            --museum --at-most 60s")]
    Hunt(Hunt),
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

/// How a trace is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Trace {
    /// For people.
    Lines,
    /// Each line a JSON object.
    Json,
    /// For Perfetto and Chrome.
    Chrome,
}

/// `splitvote run`.
#[derive(Debug, Args)]
pub(crate) struct Run {
    /// A file, a built-in name, a link, or `-` for standard input. Not needed with `--hold`: six quiet nodes.
    #[arg(required_unless_present = "hold")]
    pub(crate) scenario: Option<String>,
    /// Where chance starts, instead of the script's `seed`.
    #[arg(long)]
    pub(crate) seed: Option<u64>,
    /// What is laid over the script.
    #[command(flatten)]
    pub(crate) overrides: Overrides,
    /// Print what happens: what tells, one event a line; or everything as `json` lines or in `chrome`'s
    /// trace-event format, which Perfetto opens. Standard output then holds that alone.
    #[arg(long, conflicts_with = "json", num_args = 0..=1, require_equals = true, default_missing_value = "lines")]
    pub(crate) trace: Option<Trace>,
    /// The stage: `sim`, `nodes` (a `splitvote node` process for each node, on ports of 127.0.0.1), or the
    /// path of a Valkey or Redis server. The seed has no power over real time: no two such runs are alike.
    #[arg(long, value_name = "sim|nodes|PATH", default_value = "sim")]
    pub(crate) on: String,
    /// The server for nodes with `set NODE stage=valkey`.
    #[arg(long, value_name = "PATH", default_value = "valkey-server", requires = "on")]
    pub(crate) valkey: std::path::PathBuf,
    /// The server for nodes with `set NODE stage=redis`.
    #[arg(long, value_name = "PATH", default_value = "redis-server", requires = "on")]
    pub(crate) redis: std::path::PathBuf,
    /// Keep the logs and files of real processes, and say where they are.
    #[arg(long, requires = "on")]
    pub(crate) keep: bool,
    /// Keep real processes running when the script is over, and take more actions from standard input.
    #[arg(long, conflicts_with = "json", requires = "on")]
    pub(crate) hold: bool,
    /// Give real processes a network of their own, in which they can be cut off from each other, even if the
    /// script cuts nothing. Linux only; tools reach them as `--hold` says.
    #[arg(long, requires = "on")]
    pub(crate) own_network: bool,
    /// Do not tell on standard error what real processes do while they do it.
    #[arg(long, requires = "on")]
    pub(crate) quiet: bool,
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
    /// What to compare, one variant each: `nack=off,on`, `rules=valkey-9.1,splitvote` (`+` adds switches,
    /// as in `valkey-9.1+exact-acks=on`) or `set:node-timeout=3s,15s`. Said again: every combination.
    #[arg(long, value_name = "SWITCH=A,B")]
    pub(crate) vary: Vec<String>,
    /// What is laid over the script.
    #[command(flatten)]
    pub(crate) overrides: Overrides,
    /// Threads; as many as there are processors if not given.
    #[arg(long)]
    pub(crate) jobs: Option<NonZeroUsize>,
    /// Run only part I of N, counted from 0, and print it as a document for `splitvote merge`.
    #[arg(long, value_name = "I/N", value_parser = crate::sweep::share, requires = "json")]
    pub(crate) part: Option<Share>,
    /// Instead of running, print a Kubernetes indexed Job that runs this sweep in N parts.
    #[arg(long, value_name = "N", conflicts_with = "part", value_parser = clap::value_parser!(u64).range(1..=10_000))]
    pub(crate) kubernetes: Option<u64>,
    /// A table of comma-separated values, a line for each variant.
    #[arg(long, conflicts_with_all = ["json", "part", "kubernetes"])]
    pub(crate) csv: bool,
    /// One JSON document on standard output and nothing else there.
    #[arg(long)]
    pub(crate) json: bool,
}

/// `splitvote merge`.
#[derive(Debug, Args)]
pub(crate) struct Merge {
    /// What `splitvote sweep --part I/N --json` printed, in any order; `-` is standard input. A file may
    /// hold several parts.
    #[arg(required = true, value_name = "FILE")]
    pub(crate) files: Vec<String>,
    /// A table of comma-separated values, a line for each variant.
    #[arg(long, conflicts_with = "json")]
    pub(crate) csv: bool,
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
    pub(crate) jobs: Option<NonZeroUsize>,
    /// One JSON document on standard output and nothing else there.
    #[arg(long)]
    pub(crate) json: bool,
}

/// `splitvote hunt`.
#[derive(Debug, Args)]
pub(crate) struct Hunt {
    /// What faults are laid over: a file, a built-in name, a link, or `-`. Drawn clusters if not given.
    pub(crate) scenario: Option<String>,
    /// The seeds, the last one excluded.
    #[arg(long, value_name = "A..B", value_parser = seeds, default_value = "0..200000")]
    pub(crate) seeds: (u64, u64),
    /// What to find: properties, `late` or `slow` (recovery), `lost` (writes), `manual` (a failover that
    /// does not come off), `alarm` (a node that runs is marked failed). Any property if not given, but
    /// S15 (save before you send) only under rules that promise it.
    #[arg(long, value_name = "ID", num_args = 1..)]
    pub(crate) property: Vec<String>,
    /// Only properties that the rules promise: a find is a bug of ours.
    #[arg(long, conflicts_with = "property")]
    pub(crate) claimed: bool,
    /// The rules to compare with, where harm is only harm if others do better.
    #[arg(long, value_name = "WORDS", default_value = "splitvote")]
    pub(crate) against: String,
    /// What is laid over every world.
    #[command(flatten)]
    pub(crate) overrides: Overrides,
    /// Look for the harm of every room of the museum in turn, or of `SCENARIO` only, without its script.
    #[arg(long, conflicts_with_all = ["property", "claimed", "rules"])]
    pub(crate) museum: bool,
    /// Stop after this long (each hunt of `--museum`).
    #[arg(long, value_name = "TIME", value_parser = span)]
    pub(crate) at_most: Option<std::time::Duration>,
    /// Threads; as many as there are processors if not given.
    #[arg(long)]
    pub(crate) jobs: Option<NonZeroUsize>,
    /// One JSON document on standard output and nothing else there.
    #[arg(long)]
    pub(crate) json: bool,
}

fn span(text: &str) -> Result<std::time::Duration, String> {
    let span =
        splitvote::scenario::read_time(text).ok_or_else(|| format!("`{text}` is no time such as `60s`"))?;
    Ok(std::time::Duration::from_micros(span.as_micros()))
}

fn seeds(text: &str) -> Result<(u64, u64), String> {
    let problem = || format!("`{text}` is no range of seeds such as `0..200`");
    let (from, to) = text.split_once("..").ok_or_else(problem)?;
    let (from, to) = (from.parse().map_err(|_| problem())?, to.parse().map_err(|_| problem())?);
    if from < to { Ok((from, to)) } else { Err(format!("`{text}` holds no seed")) }
}
