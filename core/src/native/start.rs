//! From options to a running node, and to its end.

use std::io;
use std::net::{IpAddr, SocketAddr};
use std::path::PathBuf;
use std::pin::pin;
use std::rc::Rc;

use thiserror::Error;
use tokio::net::{TcpListener, TcpSocket};
use tokio::task::{LocalSet, spawn_local};

use crate::base::{NodeId, Rng, ShardId};
use crate::cluster::{ConfError, NodesConf};
use crate::node::{Birth, Durability, Node};

use super::accept::accept;
use super::clock::Clock;
use super::disk::{ConfFile, Lock};
use super::event_log::EventLog;
use super::log::Log;
use super::options::Options;
use super::server::{self, Server, Shared};
use super::{bus, client};

/// Why a node does not start.
#[derive(Debug, Error)]
pub enum StartError {
    /// A port is taken, or not ours.
    #[error("Failed listening on port {port} ({ip}): {error}; {}", elsewhere(*bus))]
    Listen {
        /// Which.
        port: u16,
        /// Where.
        ip: IpAddr,
        /// Whether it is the bus port.
        bus: bool,
        /// What the system says.
        error: io::Error,
    },
    /// Strangers could reach it, and nothing would stop them.
    #[error(
        "{ip} can be reached by others and there is no password: set `requirepass`, bind 127.0.0.1, or say `protected-mode no` if that is wanted"
    )]
    Open {
        /// Where.
        ip: IpAddr,
    },
    /// Another process has the cluster configuration.
    #[error(
        "the cluster configuration `{name}` in `{dir}` is already in use by another process: end that one, or give this node another `dir`"
    )]
    Locked {
        /// The file.
        name: String,
        /// Its folder.
        dir: String,
    },
    /// The cluster configuration cannot be understood.
    #[error(
        "{}: {error}; mend it, or take it from a backup (without it the node starts as a new one that knows nobody)",
        path.display()
    )]
    Conf {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        error: ConfError,
    },
    /// The data of the disk cannot be used.
    #[error(transparent)]
    Data(#[from] super::persist::LoadError),
    /// The system refuses.
    #[error("{what}: {error}")]
    System {
        /// What was tried.
        what: String,
        /// What the system says.
        error: io::Error,
    },
}

/// How a port that cannot be had is mended.
fn elsewhere(bus: bool) -> &'static str {
    if bus {
        "it is the bus port, `port` and 10000 unless `cluster-port` says otherwise: end who has it, or say another"
    } else {
        "end who has it (`ss -ltnp` says who), or say another `port`"
    }
}

fn system(what: impl Into<String>) -> impl FnOnce(io::Error) -> StartError {
    let what = what.into();
    move |error| StartError::System { what, error }
}

/// Runs a node until it is told to end.
pub fn run(options: Options) -> Result<(), StartError> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let runtime = runtime.map_err(system("cannot start the runtime"))?;
    LocalSet::new().block_on(&runtime, live(options))
}

async fn live(options: Options) -> Result<(), StartError> {
    if let Some(ip) = options.open_to_strangers() {
        return Err(StartError::Open { ip });
    }
    let clock = Clock::start();
    let name = options.cluster_config_file.clone();
    let mut log = Log::open(&options.logfile, options.loglevel)
        .map_err(system(format!("cannot open {}", options.logfile.display())))?;
    let events = EventLog::open(&options.event_log)
        .map_err(system(format!("cannot open {}", options.event_log.display())))?;
    log.line(
        clock.unix_ms(),
        super::log::Level::Notice,
        format_args!("splitvote node, PID: {}", std::process::id()),
    );
    let _lock = Lock::take(&options.dir, &name).map_err(|error| {
        let dir = options.dir.display().to_string();
        if error.kind() == io::ErrorKind::WouldBlock {
            return StartError::Locked { name: name.clone(), dir };
        }
        if error.kind() == io::ErrorKind::NotFound {
            return system(format!("there is no folder `{dir}`: make it, or say another `dir`"))(error);
        }
        // A folder that is not there must not be looked for among processes.
        system(format!("cannot write into the folder `{dir}` (option `dir`)"))(error)
    })?;
    let conf_file = ConfFile::new(&options.dir, &name);
    let mut rng = Rng::new(chance().map_err(system("no random numbers"))?);
    let conf = remembered(&conf_file, &options, &clock, &mut rng, &name)?;

    let clients = listen(&options, options.port)?;
    let peers = listen(&options, options.bus_port())?;
    let config = options.config(clock.unix_birth_ms());
    let chance = rng.fork("clients");
    let birth = Birth { conf: std::sync::Arc::new(conf), config, rules: options.rules, rng };
    let node = Node::new(birth, clock.now());
    let shared = Server::shared(options, node, clock, chance, conf_file, log);
    shared.borrow_mut().events = events;
    shared.borrow_mut().notice(format_args!("Server initialized"));
    shared.borrow_mut().most_clients = descriptors().saturating_sub(RESERVE).max(1);
    say_what_has_no_effect(&mut shared.borrow_mut());
    shared.borrow_mut().input(|_, _| ());
    for listener in peers {
        spawn_local(accept(Rc::clone(&shared), listener, bus::welcome));
    }
    for listener in clients {
        spawn_local(accept(Rc::clone(&shared), listener, client::welcome));
    }
    spawn_local(server::keep_time(Rc::clone(&shared)));
    let mut end = pin!(wait_for_the_end(&shared));
    tokio::select! {
        biased;
        loaded = super::persist::load(&shared) => loaded?,
        ended = &mut end => return ended,
    }
    spawn_local(server::keep_data(Rc::clone(&shared)));
    spawn_local(super::persist::keep_log(Rc::clone(&shared)));
    spawn_local(super::persist::keep_snapshots(Rc::clone(&shared)));
    shared.borrow_mut().notice(format_args!("Ready to accept connections"));
    end.await
}

/// Descriptors kept for the bus, replication and the disk, whatever clients do.
const RESERVE: usize = 128;

/// How many descriptors the process may have, as the kernel says.
fn descriptors() -> usize {
    let limits = std::fs::read_to_string("/proc/self/limits").unwrap_or_default();
    let line = limits.lines().find_map(|line| line.strip_prefix("Max open files"));
    // Where the kernel does not say, `maxclients` alone counts.
    line.and_then(|line| line.split_whitespace().next()?.parse().ok()).unwrap_or(usize::MAX)
}

/// An operator who asked for something in vain shall know.
fn say_what_has_no_effect(server: &mut Server) {
    let given: Vec<&str> = server.options.ignored.keys().copied().collect();
    if !given.is_empty() {
        server.notice(format_args!("options that have no effect here: {}", given.join(", ")));
    }
    let (wanted, most) = (server.options.maxclients, server.most_clients);
    if wanted > most {
        server.warning(format_args!(
            "maxclients {wanted} is more than the system allows this process: at most {most} clients are served"
        ));
    }
    let rules = server.options.rules;
    server.notice(format_args!("decides by the rules `{rules}`"));
}

/// What the node remembers, or a new identity, on disk before anyone hears of it.
fn remembered(
    file: &ConfFile,
    options: &Options,
    clock: &Clock,
    rng: &mut Rng,
    name: &str,
) -> Result<NodesConf, StartError> {
    let text = file.read().map_err(system(format!("cannot read {name}")))?;
    if let Some(text) = text {
        return text.parse().map_err(|error| StartError::Conf { path: options.dir.join(name), error });
    }
    let address = options.config(clock.unix_birth_ms()).address;
    let conf = NodesConf::fresh(NodeId::random(rng), ShardId::random(rng), address);
    file.write(&conf, Durability::Synced).map_err(system(format!("cannot write {name}")))?;
    Ok(conf)
}

fn chance() -> io::Result<u64> {
    let mut bytes = [0; 8];
    getrandom::fill(&mut bytes).map_err(|error| io::Error::other(error.to_string()))?;
    Ok(u64::from_le_bytes(bytes))
}

fn listen(options: &Options, port: u16) -> Result<Vec<TcpListener>, StartError> {
    let mut listeners = Vec::new();
    for ip in &options.bind {
        let wrong = |error| StartError::Listen { port, ip: *ip, bus: port != options.port, error };
        let socket = if ip.is_ipv4() { TcpSocket::new_v4() } else { TcpSocket::new_v6() }.map_err(wrong)?;
        // A node that comes back takes its port again while connections of its earlier life fade away.
        socket.set_reuseaddr(true).map_err(wrong)?;
        socket.bind(SocketAddr::new(*ip, port)).map_err(wrong)?;
        listeners.push(socket.listen(options.tcp_backlog).map_err(wrong)?);
    }
    Ok(listeners)
}

async fn wait_for_the_end(server: &Shared) -> Result<(), StartError> {
    use tokio::signal::unix::{SignalKind, signal};
    let mut term = signal(SignalKind::terminate()).map_err(system("cannot listen to signals"))?;
    let mut interrupt = signal(SignalKind::interrupt()).map_err(system("cannot listen to signals"))?;
    let ending = Rc::clone(&server.borrow().ending);
    let why = tokio::select! {
        _ = term.recv() => "Received SIGTERM scheduling shutdown...",
        _ = interrupt.recv() => "Received SIGINT scheduling shutdown...",
        () = ending.notified() => "User requested shutdown...",
    };
    super::persist::none_on_its_way(server).await;
    let mut server = server.borrow_mut();
    // What is in memory only, such as a learned epoch, is kept over an orderly end.
    drop(server.input(|node, now| node.handle_command(now, crate::node::Command::SaveConfig)));
    if !server.persist.ended
        && let Err(error) = server.save_at_end(None)
    {
        server.warning(format_args!("ends without having saved its data: {error}"));
    }
    server.notice(format_args!("{why} bye bye"));
    Ok(())
}
