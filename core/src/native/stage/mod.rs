//! Scenarios on real processes of this machine: our own nodes, Valkey or Redis servers, or a mixture.
//!
//! [`run`] plays the same scripts that the simulator plays and gives the same report. `refuse` says
//! first what cannot be played here; `form` starts the processes with the memory of a cluster that has
//! been one, and waits until it is; `direct` plays the script in real time, `act` does what it says.
//! What happens is learned as an operator would: `look` asks every node again and again how it sees
//! the cluster, `words` reads what nodes write into their logs. The account of failovers and the
//! judgement of expectations are the simulator's own.
//!
//! What is *not* here: any influence on what nodes decide, and repeatability. Real time obeys no seed.

mod act;
mod conf;
mod console;
mod direct;
mod form;
mod judge;
mod line;
mod look;
mod make;
mod network;
mod ports;
mod refuse;
mod report;
mod seat;
mod settings;
mod words;
mod write;

use std::cell::RefCell;
use std::path::PathBuf;
use std::rc::Rc;

use thiserror::Error;
use tokio::task::LocalSet;

use crate::base::{Duration, Instant, NodeId, Rng};
use crate::scenario::{Script, ShardName};
use crate::sim::{HostIx, Ledger, Names, Record, Report};

use super::clock::Clock;
use direct::Director;
use judge::Judge;
use look::Seen;
use make::Make;
use network::Network;
use seat::Seat;
use write::Writers;

pub use ports::Claim;
pub use refuse::Refusal;

/// What a run on real processes needs to know beside its script.
#[derive(Clone, Debug)]
pub struct Orders {
    /// Our own program, which is started as `node`.
    pub ours: PathBuf,
    /// The server in every seat that the script leaves open; none is our own.
    pub everywhere: Option<PathBuf>,
    /// The program of seats that are to be a Valkey.
    pub valkey: PathBuf,
    /// The program of seats that are to be a Redis.
    pub redis: PathBuf,
    /// Where the folders of the nodes are made.
    pub folder: PathBuf,
    /// Whether they stay.
    pub keep: bool,
    /// Whether the cluster stays after the script and takes actions from standard input.
    pub hold: bool,
    /// Whether nodes get a network of their own though the script cuts nothing.
    pub own_network: bool,
    /// Whether what happens is told on standard error as it happens.
    pub tell: bool,
}

/// Why a script was not played, or not to its end.
#[derive(Debug, Error)]
pub enum StageError {
    /// The script asks for what this stage cannot do.
    #[error("{}", refuse::list(.0))]
    Refused(Vec<Refusal>),
    /// A program is missing, or is another than it should be.
    #[error("{0}")]
    Program(String),
    /// A process ended that nobody ended.
    #[error("the process of {name} ended by itself; the end of its log:\n{log}")]
    Ended {
        /// Whose.
        name: String,
        /// The last lines of its log.
        log: String,
    },
    /// The processes did not become a cluster.
    #[error("no cluster after {seconds} s: {what}")]
    NotFormed {
        /// How long it was tried.
        seconds: u64,
        /// What was still missing.
        what: String,
    },
    /// Someone wants it to end.
    #[error("interrupted; every process was ended")]
    Interrupted,
    /// The system refuses.
    #[error("{what}: {error}")]
    System {
        /// What was tried.
        what: String,
        /// What the system says.
        error: std::io::Error,
    },
}

fn system(what: impl Into<String>) -> impl FnOnce(std::io::Error) -> StageError {
    let what = what.into();
    move |error| StageError::System { what, error }
}

/// What a run left.
#[derive(Debug)]
pub struct Played {
    /// The report.
    pub report: Report,
    /// On which programs it was played, in words.
    pub programs: String,
    /// What happened, in order.
    pub records: Vec<Record>,
    /// Who is who.
    pub names: Names,
    /// What people should know beside the report.
    pub notes: Vec<String>,
}

/// How the tasks of a run hold the stage: borrowed between two awaits, never across one.
type Shared = Rc<RefCell<Stage>>;

/// Everything about a run.
struct Stage {
    script: Rc<Script>,
    clock: Clock,
    /// When the script's time began, by the clock.
    zero: Option<Instant>,
    chance: Rng,
    seats: Vec<Seat>,
    names: Names,
    /// The id of each seat's node, or of its last one.
    ids: Vec<NodeId>,
    /// The ports of the seats, so that nobody takes one while its node is down.
    _claims: Vec<Claim>,
    /// What each seat's node last said of the cluster.
    seen: Vec<Option<Seen>>,
    /// The shard each node belongs to.
    shard_of: Vec<ShardName>,
    last_primaries: Vec<HostIx>,
    director: Director,
    ledger: Ledger,
    judge: Judge,
    writers: Writers,
    records: Vec<Record>,
    notes: Vec<String>,
    /// What the nodes are joined by, if that is ours. Behind the seats: processes end before their network.
    network: Option<Network>,
    /// Somebody holds the cluster, and is told what happens as it happens.
    live: bool,
    /// The same is told on standard error while the script is played.
    aloud: bool,
}

impl Stage {
    /// How long it has been played.
    fn now(&self) -> Instant {
        self.zero.map_or(Instant::ZERO, |zero| Instant::ZERO + self.clock.now().since(zero))
    }

    /// A moment of the machine's clock in the script's time; none if it was before its beginning.
    fn moment(&self, unix_us: u64) -> Option<Instant> {
        let zero = self.clock.unix_birth_ms() * 1000 + self.zero?.as_micros();
        unix_us.checked_sub(zero).map(Instant::from_micros)
    }

    fn hosts(&self) -> impl Iterator<Item = HostIx> + use<> {
        (0..u16::try_from(self.seats.len()).unwrap_or(u16::MAX)).map(HostIx)
    }

    fn seat(&self, host: HostIx) -> &Seat {
        &self.seats[host.get()]
    }

    /// The hosts whose processes run and stand not still.
    fn running(&self) -> impl Iterator<Item = HostIx> + '_ {
        self.hosts().filter(|host| self.seat(*host).runs())
    }
}

/// Plays a script. A script that cuts takes the calling thread, which must be the only one of its process, to
/// a network of its own for good.
pub fn run(script: &Script, orders: &Orders) -> Result<Played, StageError> {
    let makes = make::cast(script, orders)?;
    let wanted = orders.own_network || refuse::cuts(script);
    let network = wanted.then(|| Network::make(makes.len())).transpose();
    let refusals = refuse::refusals(script, &makes, network.as_ref().err().map(String::as_str));
    if !refusals.is_empty() {
        return Err(StageError::Refused(refusals));
    }
    let network = network.map_err(StageError::Program)?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let runtime = runtime.map_err(system("cannot start the runtime"))?;
    let played = LocalSet::new().block_on(&runtime, play(script, orders, makes, network));
    // A line of standard input that nobody types must not keep us.
    runtime.shutdown_background();
    if !orders.keep {
        // What cannot be removed hurts nobody.
        drop(std::fs::remove_dir_all(&orders.folder));
    }
    played
}

async fn play(
    script: &Script,
    orders: &Orders,
    makes: Vec<Make>,
    network: Option<Network>,
) -> Result<Played, StageError> {
    use tokio::signal::unix::{SignalKind, signal};
    let mut term = signal(SignalKind::terminate()).map_err(system("cannot listen to signals"))?;
    let mut interrupt = signal(SignalKind::interrupt()).map_err(system("cannot listen to signals"))?;
    // Whoever drops the stage ends its processes.
    let work = async {
        let stage = form::form(script, orders, makes, network).await?;
        direct::play(&stage).await?;
        if orders.hold {
            console::hold(&stage).await?;
        }
        report::played(&stage, orders).await
    };
    tokio::select! {
        played = work => played,
        _ = term.recv() => Err(StageError::Interrupted),
        _ = interrupt.recv() => Err(StageError::Interrupted),
    }
}

/// How long a moment of the language is for the machine.
const fn real(span: Duration) -> std::time::Duration {
    std::time::Duration::from_micros(span.as_micros())
}
