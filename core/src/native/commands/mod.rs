//! What clients may ask. A command is a row of a table and a function; `execute` finds it, checks
//! what is checked of every command, and runs it.

mod absent;
mod channels;
mod clients;
mod cluster;
mod connection;
mod debug;
mod describe;
mod docs;
mod endpoint;
mod families;
mod info;
mod keys;
mod moving;
mod persistence;
mod replication;
mod route;
mod rows;
mod settings;
mod strings;
pub mod table;
mod transactions;
mod values;

use std::rc::Rc;

use tokio::sync::Notify;

use crate::protocol::replication::Path;
use crate::resp::Writer;

use super::client::{Client, Mute};
use super::feeding::Start;
use super::loading::LOADING;
use super::migrate::Job;
use super::server::Server;

pub use cluster::AnnouncedSlot;
pub use keys::matches;
pub use table::{COMMANDS, Command, Flags};
pub use transactions::{Watching, unwatch_all};

/// What becomes of the connection after a command.
#[derive(Debug)]
pub enum Flow {
    /// The next command.
    Done,
    /// The end, after what was answered.
    Close,
    /// Not now: the same command again when this is told, or after so long. Nothing was answered.
    Again(Rc<Notify>, std::time::Duration),
    /// Keys go to another node; the answer follows.
    Migrate(Job),
    /// This client is a replica: no more commands, the stream.
    Feed(Start),
}

/// One command on its way.
pub struct Call<'a> {
    /// The node, the data.
    pub server: &'a mut Server,
    /// Who asks.
    pub client: &'a mut Client,
    /// The answer.
    pub out: &'a mut Writer,
    /// The command's name and its arguments.
    pub words: &'a [&'a [u8]],
    /// Unix milliseconds of this moment.
    pub now_ms: u64,
    /// What the replicas are told.
    pub effect: Effect,
    /// Whether it is part of a transaction that runs: then it cannot wait.
    pub in_transaction: bool,
}

/// What replicas must do to have what a command left.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Effect {
    /// Nothing: it changed nothing.
    #[default]
    None,
    /// The command as it came.
    AsTyped,
    /// These commands instead: what chance, the clock or this node's state decided is spelled out.
    Instead(Vec<Vec<Vec<u8>>>),
}

impl Call<'_> {
    /// An argument as text.
    pub fn text(&self, at: usize) -> Option<&str> {
        self.words.get(at).and_then(|word| std::str::from_utf8(word).ok())
    }

    /// Whether an argument is this word, in any case.
    pub fn is(&self, at: usize, word: &str) -> bool {
        self.words.get(at).is_some_and(|found| found.eq_ignore_ascii_case(word.as_bytes()))
    }
}

/// Longer than anything is waited for.
const FOREVER: std::time::Duration = std::time::Duration::from_hours(365 * 24);

/// Why a client that waits for replicas is told so little.
const UNBLOCKED: &str =
    "UNBLOCKED force unblock from blocking operation, instance state changed (master -> replica?)";

/// What a primary's stream may hold that is no change of data.
const NO_DATA: [&[u8]; 6] = [b"ping", b"select", b"replconf", b"publish", b"spublish", b"function"];

/// Runs one command of a primary's stream: nobody to answer, nothing to refuse.
pub fn apply(server: &mut Server, words: &[&[u8]]) -> Result<(), String> {
    let name = words[0].to_ascii_lowercase();
    if NO_DATA.contains(&name.as_slice()) {
        return Ok(());
    }
    let command = table::find(&name).ok_or("it is unknown here")?;
    if !command.takes(words.len()) {
        return Err("it has the wrong number of arguments".to_owned());
    }
    let (mut client, mut out) = (Client::upstream(), Writer::default());
    // Whether a key has ended is the primary's to say: here nothing has until it does.
    let mut call = Call {
        server,
        client: &mut client,
        out: &mut out,
        words,
        now_ms: 0,
        effect: Effect::None,
        in_transaction: false,
    };
    (command.run)(&mut call);
    match out.bytes.strip_prefix(b"-") {
        Some(error) => Err(String::from_utf8_lossy(error).trim_end().to_owned()),
        None => Ok(()),
    }
}

/// Runs one request, and keeps the answer back if the client wants none.
pub fn execute(server: &mut Server, client: &mut Client, out: &mut Writer, words: &[&[u8]]) -> Flow {
    let start = out.bytes.len();
    server.subscriptions.part(client);
    let skipped = client.mute == Mute::Next;
    if skipped {
        client.mute = Mute::Never;
    }
    let flow = request(server, client, out, words);
    if skipped || client.mute != Mute::Never {
        out.bytes.truncate(start);
    }
    flow
}

fn request(server: &mut Server, client: &mut Client, out: &mut Writer, words: &[&[u8]]) -> Flow {
    let start = out.bytes.len();
    let place = table::place(words[0]);
    if place.is_none() && [&b"post"[..], b"host:"].iter().any(|word| words[0].eq_ignore_ascii_case(word)) {
        // A browser that was talked into it sends these (native-node.md §10).
        let remote = client.remote;
        server.warning(format_args!(
            "Possible SECURITY ATTACK detected: {remote} sends POST or Host: commands. Connection aborted."
        ));
        out.bytes.clear();
        return Flow::Close;
    }
    let command = match admitted(server, client, place, words) {
        Ok(command) => command,
        Err(error) => {
            client.spoiled = client.queue.is_some();
            client.waits_until = None;
            let error = transactions::ended_by(server, client, place, error);
            if let Some(at) = place {
                server.stats.of[at].rejected += 1;
            }
            out.error(&error);
            count_error(server, &out.bytes[start..]);
            return Flow::Done;
        }
    };
    if let Some(queue) = &mut client.queue
        && !IMMEDIATE.contains(&command.name)
    {
        // What is kept counts like what has not been read: nobody may keep without end.
        client.queued += words.iter().map(|word| word.len() + WORD).sum::<usize>();
        if client.queued > server.options.query_buffer {
            server.close_client(client.id, "a transaction that reaches the query buffer limit");
            out.bytes.clear();
            return Flow::Close;
        }
        queue.push(words.iter().map(|word| word.to_vec()).collect());
        out.simple("QUEUED");
        return Flow::Done;
    }
    let now_ms = server.clock.unix_ms();
    if let Some(wait) = held_up(server, client, command, words, now_ms) {
        return wait;
    }
    end_of_time(server, client, command, words, now_ms);
    let mut call = Call { server, client, out, words, now_ms, effect: Effect::None, in_transaction: false };
    let flow = (command.run)(&mut call);
    let effect = call.effect;
    server.stats.commands += 1;
    let failed = out.bytes.get(start) == Some(&b'-');
    if let Some(at) = place {
        let stats = &mut server.stats.of[at];
        stats.calls += 1;
        stats.failed += u64::from(failed);
    }
    if failed {
        count_error(server, &out.bytes[start..]);
    }
    if effect != Effect::None {
        propagate(server, words, effect);
        client.wrote = server.feed.end();
    }
    flow
}

/// Keys of a write whose time is over are taken away in the stream, too, before it runs: a replica has no
/// clock of its own and would find them.
fn end_of_time(server: &mut Server, client: &Client, command: &Command, words: &[&[u8]], now_ms: u64) {
    if !server.node.is_primary() || !server.keyspace.any_ended(now_ms) {
        return;
    }
    let own = (command, words.iter().map(|word| word.to_vec()).collect::<Vec<_>>());
    let queued = client.queue.iter().flatten().filter(|_| command.name == "exec");
    let queued = queued.filter_map(|words| Some((table::find(words.first()?)?, words.clone())));
    for (command, words) in std::iter::once(own).chain(queued) {
        let words: Vec<&[u8]> = words.iter().map(Vec::as_slice).collect();
        let keys = command.keys.of(&words).filter(|_| command.flags.contains(Flags::WRITE));
        for key in keys {
            if server.keyspace.has_ended(key, now_ms) {
                server.keyspace.take(key, now_ms);
                server.stats.expired += 1;
                server.feed.append(&[b"UNLINK", key]);
            }
        }
    }
}

/// What a word of a queue costs beside its bytes.
const WORD: usize = 40;

/// Commands that run inside a transaction instead of being kept for its end.
const IMMEDIATE: [&str; 5] = ["discard", "exec", "multi", "quit", "reset"];

/// Commands that may stand between messages in RESP2.
const LISTENING: [&str; 9] = [
    "ping",
    "psubscribe",
    "punsubscribe",
    "quit",
    "reset",
    "ssubscribe",
    "subscribe",
    "sunsubscribe",
    "unsubscribe",
];

/// Commands that take over the connection, outlast their moment, or come too late inside a transaction.
const ALONE: [&str; 6] = ["migrate", "psync", "save", "shutdown", "sync", "watch"];

/// The command, if it may run; else why not.
fn admitted(
    server: &Server,
    client: &mut Client,
    place: Option<usize>,
    words: &[&[u8]],
) -> Result<&'static Command, String> {
    let command = place.map(|at| &COMMANDS[at]);
    if !client.authenticated && command.is_none_or(|command| !command.flags.contains(Flags::NO_AUTH)) {
        return Err("NOAUTH Authentication required.".to_owned());
    }
    let command = command.ok_or_else(|| unknown(words))?;
    if !command.takes(words.len()) {
        return Err(format!("ERR wrong number of arguments for '{}' command", command.name));
    }
    families::check(command, words)?;
    if client.listens_in_resp2() && !LISTENING.contains(&command.name) {
        let error = format!(
            "ERR Can't execute '{}': only (P|S)SUBSCRIBE / (P|S)UNSUBSCRIBE / PING / QUIT / RESET are allowed in \
             this context",
            command.name
        );
        return Err(error);
    }
    if client.queue.is_some() && ALONE.contains(&command.name) {
        return Err(format!("ERR Command '{}' not allowed inside a transaction", command.name));
    }
    // A transaction that began with ASKING may touch what comes here to its end.
    let asking = client.asking;
    client.asking = asking && (client.queue.is_some() || command.name == "multi");
    route::check(server, client, asking, command, words)?;
    unfit(server, command, words)?;
    Ok(command)
}

/// Why the operator would rather have no answer than this node's.
fn unfit(server: &Server, command: &Command, words: &[&[u8]]) -> Result<(), &'static str> {
    if server.loading.strong_count() > 0 && !command.runs_while_loading(words) {
        return Err(LOADING);
    }
    let options = &server.options;
    if options.min_replicas > 0 && command.flags.contains(Flags::WRITE) && server.node.is_primary() {
        let since = server.clock.unix_ms().saturating_sub(options.max_lag.as_millis());
        if server.feed.heard_since(since) < options.min_replicas {
            return Err("NOREPLICAS Not enough good replicas to write.");
        }
    }
    let data = command.flags.intersects(Flags::WRITE | Flags::READ);
    let behind = || !server.node.is_primary() && server.node.replication().path() != Path::Streaming;
    if !options.serve_stale_data && data && behind() {
        return Err("MASTERDOWN Link with MASTER is down and replica-serve-stale-data is set to 'no'.");
    }
    Ok(())
}

/// A pause that this command must wait for.
fn held_up(
    server: &Server,
    client: &Client,
    command: &Command,
    words: &[&[u8]],
    now_ms: u64,
) -> Option<Flow> {
    let queued = client.queue.iter().flatten().filter_map(|words| table::find(words.first()?));
    let writes = command.flags.contains(Flags::WRITE)
        || (command.name == "exec" && queued.into_iter().any(|command| command.flags.contains(Flags::WRITE)));
    let moves = |key: &[u8]| server.moving.contains(key);
    let touches = !server.moving.is_empty() && writes && command.keys.of(words).any(moves);
    let moves_slot = command.name == "cluster" && words[1].eq_ignore_ascii_case(b"setslot");
    // The stream stands still for the replica that is to reach its end.
    if touches || (server.paused && (writes || moves_slot)) {
        return Some(Flow::Again(Rc::clone(&server.resumed), FOREVER));
    }
    let all = || !server.pauses_writes_only && !["client", "debug"].contains(&command.name);
    if server.paused_until > now_ms && (writes || all()) {
        let left = std::time::Duration::from_millis(server.paused_until - now_ms);
        return Some(Flow::Again(Rc::clone(&server.resumed), left.min(FOREVER)));
    }
    None
}

fn count_error(server: &mut Server, answer: &[u8]) {
    let code: String =
        answer.iter().skip(1).take_while(|byte| byte.is_ascii_uppercase()).map(|b| char::from(*b)).collect();
    *server.stats.errors.entry(code).or_default() += 1;
}

fn unknown(words: &[&[u8]]) -> String {
    let quoted = |word: &&[u8]| format!("'{}' ", String::from_utf8_lossy(&word[..word.len().min(128)]));
    let arguments: String = words[1..].iter().take(20).map(quoted).collect();
    let name = String::from_utf8_lossy(&words[0][..words[0].len().min(128)]);
    format!("ERR unknown command '{name}', with args beginning with: {arguments}")
}

fn propagate(server: &mut Server, words: &[&[u8]], effect: Effect) {
    match effect {
        Effect::None => {}
        Effect::AsTyped => server.feed.append(words),
        Effect::Instead(commands) => {
            for command in commands {
                let words: Vec<&[u8]> = command.iter().map(Vec::as_slice).collect();
                server.feed.append(&words);
            }
        }
    }
}
