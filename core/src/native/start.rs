//! From options to a running node, and to its end.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::rc::Rc;

use thiserror::Error;
use tokio::net::TcpListener;
use tokio::sync::Notify;
use tokio::task::{LocalSet, spawn_local};

use crate::base::{NodeId, Rng, ShardId};
use crate::cluster::{ConfError, NodesConf};
use crate::node::{Birth, Durability, Node};

use super::clock::Clock;
use super::disk::{ConfFile, Lock};
use super::feed::Feed;
use super::keyspace::Keyspace;
use super::log::Log;
use super::options::Options;
use super::server::{self, Server, Shared};
use super::{bus, client};

/// Why a node does not start.
#[derive(Debug, Error)]
pub enum StartError {
    /// A port is taken, or not ours.
    #[error("Failed listening on port {port} ({ip}): {error}")]
    Listen {
        /// Which.
        port: u16,
        /// Where.
        ip: IpAddr,
        /// What the system says.
        error: io::Error,
    },
    /// Another process has the cluster configuration.
    #[error("the cluster configuration `{name}` is already in use by another process: {error}")]
    Locked {
        /// The file.
        name: String,
        /// What the system says.
        error: io::Error,
    },
    /// The cluster configuration cannot be understood.
    #[error("{name}: {error}")]
    Conf {
        /// The file.
        name: String,
        /// What is wrong with it.
        error: ConfError,
    },
    /// The system refuses.
    #[error("{what}: {error}")]
    System {
        /// What was tried.
        what: String,
        /// What the system says.
        error: io::Error,
    },
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
    let clock = Clock::start();
    let name = options.cluster_config_file.clone();
    let mut log = Log::open(&options.logfile, options.loglevel)
        .map_err(system(format!("cannot open {}", options.logfile.display())))?;
    log.line(
        clock.unix_ms(),
        super::log::Level::Notice,
        format_args!("splitvote node, PID: {}", std::process::id()),
    );
    let _lock =
        Lock::take(&options.dir, &name).map_err(|error| StartError::Locked { name: name.clone(), error })?;
    let conf_file = ConfFile::new(&options.dir, &name);
    let mut rng = Rng::new(chance().map_err(system("no random numbers"))?);
    let conf = remembered(&conf_file, &options, &clock, &mut rng, &name)?;

    let clients = listen(&options, options.port).await?;
    let peers = listen(&options, options.bus_port()).await?;
    let config = options.config(clock.unix_birth_ms());
    let backlog = usize::try_from(config.repl_backlog_size).unwrap_or(usize::MAX);
    let birth = Birth { conf: std::sync::Arc::new(conf), config, rules: crate::base::Rules::default(), rng };
    let node = Node::new(birth, clock.now());
    let shared: Shared = Rc::new_cyclic(|me| {
        RefCell::new(Server {
            options,
            node,
            links: BTreeMap::new(),
            following: None,
            traffic: server::Traffic::default(),
            keyspace: Keyspace::default(),
            feed: Feed::new(backlog, 0),
            clients: client::Clients::default(),
            clock,
            stats: server::Stats::default(),
            paused_until: 0,
            pauses_writes_only: false,
            dropped_kind: -1,
            drop_closes_link: false,
            active_expire: true,
            moving: hashbrown::HashSet::new(),
            paused: false,
            resumed: Rc::new(Notify::new()),
            rearm: Rc::new(Notify::new()),
            ending: Rc::new(Notify::new()),
            conf_file,
            log,
            me: me.clone(),
        })
    });
    shared.borrow_mut().notice(format_args!("Server initialized"));
    shared.borrow_mut().input(|_, _| ());
    for listener in peers {
        spawn_local(bus::accept(Rc::clone(&shared), listener));
    }
    for listener in clients {
        spawn_local(client::accept(Rc::clone(&shared), listener));
    }
    spawn_local(server::keep_time(Rc::clone(&shared)));
    spawn_local(server::keep_data(Rc::clone(&shared)));
    shared.borrow_mut().notice(format_args!("Ready to accept connections"));
    wait_for_the_end(&shared).await
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
        return text.parse().map_err(|error| StartError::Conf { name: name.to_owned(), error });
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

async fn listen(options: &Options, port: u16) -> Result<Vec<TcpListener>, StartError> {
    let mut listeners = Vec::new();
    for ip in &options.bind {
        let listener = TcpListener::bind(SocketAddr::new(*ip, port)).await;
        listeners.push(listener.map_err(|error| StartError::Listen { port, ip: *ip, error })?);
    }
    Ok(listeners)
}

async fn wait_for_the_end(server: &Shared) -> Result<(), StartError> {
    use tokio::signal::unix::{SignalKind, signal};
    let mut term = signal(SignalKind::terminate()).map_err(system("cannot listen to signals"))?;
    let mut interrupt = signal(SignalKind::interrupt()).map_err(system("cannot listen to signals"))?;
    let ending = Rc::clone(&server.borrow().ending);
    tokio::select! {
        _ = term.recv() => {}
        _ = interrupt.recv() => {}
        () = ending.notified() => {}
    }
    let mut server = server.borrow_mut();
    // What is in memory only, such as a learned epoch, is kept over an orderly end.
    drop(server.input(|node, now| node.handle_command(now, crate::node::Command::SaveConfig)));
    server.notice(format_args!("ends"));
    Ok(())
}
