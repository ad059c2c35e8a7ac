//! What clients may ask. A command is a row of a table and a function; `execute` finds it, checks
//! what is checked of every command, and runs it.

mod cluster;
mod connection;
mod replication;
mod route;
mod strings;
pub mod table;

use std::rc::Rc;

use tokio::sync::Notify;

use crate::resp::Writer;

use super::client::Client;
use super::feeding::Start;
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
const FOREVER: std::time::Duration = std::time::Duration::from_secs(365 * 24 * 3600);

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
    let Some(command) = table::find(words[0]) else {
        unknown(out, words);
        return Flow::Done;
    };
    if !client.authenticated && !command.flags.contains(Flags::NO_AUTH) {
        out.error("NOAUTH Authentication required.");
        return Flow::Done;
    }
    if !command.takes(words.len()) {
        out.error(&format!("ERR wrong number of arguments for '{}' command", command.name));
        return Flow::Done;
    }
    let asking = std::mem::take(&mut client.asking);
    if let Err(redirect) = route::check(server, client, asking, command, words) {
        out.error(&redirect);
        return Flow::Done;
    }
    if server.paused && command.flags.contains(Flags::WRITE) {
        return Flow::Again(Rc::clone(&server.resumed), FOREVER);
    }
    let now_ms = server.clock.unix_ms();
    let mut call = Call { server, client, out, words, now_ms, effect: Effect::None };
    let flow = (command.run)(&mut call);
    let effect = call.effect;
    if effect != Effect::None {
        propagate(server, words, effect);
        client.wrote = server.feed.end();
    }
    flow
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

fn unknown(out: &mut Writer, words: &[&[u8]]) {
    let quoted = |word: &&[u8]| format!("'{}' ", String::from_utf8_lossy(&word[..word.len().min(128)]));
    let arguments: String = words[1..].iter().take(20).map(quoted).collect();
    let name = String::from_utf8_lossy(&words[0][..words[0].len().min(128)]);
    out.error(&format!("ERR unknown command '{name}', with args beginning with: {arguments}"));
}
