//! What clients may ask. A command is a row of a table and a function; `execute` finds it, checks
//! what is checked of every command, and runs it.

mod clients;
mod cluster;
mod connection;
mod debug;
mod describe;
mod info;
mod keys;
mod moving;
mod replication;
mod route;
mod settings;
mod strings;
pub mod table;
mod transactions;

use std::rc::Rc;

use tokio::sync::Notify;

use crate::resp::Writer;

use super::client::Client;
use super::feeding::Start;
use super::migrate::Job;
use super::server::Server;

pub use table::{COMMANDS, Command, Flags};

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
    let now_ms = server.clock.unix_ms();
    let mut call = Call { server, client: &mut client, out: &mut out, words, now_ms, effect: Effect::None };
    (command.run)(&mut call);
    match out.bytes.strip_prefix(b"-") {
        Some(error) => Err(String::from_utf8_lossy(error).trim_end().to_owned()),
        None => Ok(()),
    }
}

/// Runs one request.
pub fn execute(server: &mut Server, client: &mut Client, out: &mut Writer, words: &[&[u8]]) -> Flow {
    let start = out.bytes.len();
    let command = match admitted(server, client, words) {
        Ok(command) => command,
        Err((command, error)) => {
            client.spoiled = client.queue.is_some();
            if let Some(command) = command {
                server.stats.of[table::place(command)].rejected += 1;
            }
            out.error(&error);
            count_error(server, &out.bytes[start..]);
            return Flow::Done;
        }
    };
    if let Some(queue) = &mut client.queue
        && !IMMEDIATE.contains(&command.name)
    {
        queue.push(words.iter().map(|word| word.to_vec()).collect());
        out.simple("QUEUED");
        return Flow::Done;
    }
    let now_ms = server.clock.unix_ms();
    if let Some(wait) = held_up(server, client, command, words, now_ms) {
        return wait;
    }
    let mut call = Call { server, client, out, words, now_ms, effect: Effect::None };
    let flow = (command.run)(&mut call);
    let effect = call.effect;
    let stats = &mut server.stats.of[table::place(command)];
    stats.calls += 1;
    server.stats.commands += 1;
    if out.bytes.get(start) == Some(&b'-') {
        stats.failed += 1;
        count_error(server, &out.bytes[start..]);
    }
    if effect != Effect::None {
        propagate(server, words, effect);
        client.wrote = server.feed.end();
    }
    flow
}

/// Commands that run inside a transaction instead of being kept for its end.
const IMMEDIATE: [&str; 5] = ["discard", "exec", "multi", "quit", "reset"];

/// Commands that take over the connection or outlast their moment.
const ALONE: [&str; 3] = ["migrate", "psync", "sync"];

/// The command, if it may run; else why not.
fn admitted(
    server: &Server,
    client: &mut Client,
    words: &[&[u8]],
) -> Result<&'static Command, (Option<&'static Command>, String)> {
    let command = table::find(words[0]);
    if !client.authenticated && command.is_none_or(|command| !command.flags.contains(Flags::NO_AUTH)) {
        return Err((command, "NOAUTH Authentication required.".to_owned()));
    }
    let command = command.ok_or_else(|| (None, unknown(words)))?;
    if !command.takes(words.len()) {
        let error = format!("ERR wrong number of arguments for '{}' command", command.name);
        return Err((Some(command), error));
    }
    if client.queue.is_some() && ALONE.contains(&command.name) {
        let error = format!("ERR Command '{}' not allowed inside a transaction", command.name);
        return Err((Some(command), error));
    }
    let asking = std::mem::take(&mut client.asking);
    route::check(server, client, asking, command, words).map_err(|error| (Some(command), error))?;
    Ok(command)
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
    if touches || (server.paused && writes) {
        return Some(Flow::Again(Rc::clone(&server.resumed), FOREVER));
    }
    let all = !server.pauses_writes_only && !["client", "debug"].contains(&command.name);
    if server.paused_until > now_ms && (writes || all) {
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
