//! CLIENT: what connections say of themselves, and what is done to them.

use std::rc::Rc;

use super::strings::{NOT_INTEGER, SYNTAX, integer};
use super::{Call, Flow};

pub(super) fn client(call: &mut Call<'_>) -> Flow {
    let name = call.words[1].to_ascii_lowercase();
    match (name.as_slice(), call.words.len()) {
        (b"setinfo", 4) | (b"no-evict" | b"no-touch", 3) => call.out.ok(),
        (b"setname", 3) => set_name(call),
        (b"getname", 2) => {
            if call.client.name.is_empty() {
                call.out.null();
            } else {
                call.out.bulk(&call.client.name);
            }
        }
        (b"id", 2) => call.out.int(i64::try_from(call.client.id).unwrap_or(i64::MAX)),
        (b"info", 2) => {
            let line = call.server.clients.line(call.client.id);
            call.out.verbatim(&line);
        }
        (b"list", _) => {
            let ids: Vec<u64> = call.server.clients.known.keys().copied().collect();
            let lines: String = ids.into_iter().map(|id| call.server.clients.line(id)).collect();
            call.out.verbatim(&lines);
        }
        (b"kill", 3..) => kill(call),
        (b"pause", 3 | 4) => pause(call),
        (b"unpause", 2) => {
            call.server.paused_until = 0;
            call.server.resumed.notify_waiters();
            call.out.ok();
        }
        (b"reply", 3) if call.is(2, "on") => call.out.ok(),
        _ => {
            let asked = String::from_utf8_lossy(call.words[1]).into_owned();
            call.out.error(&format!("ERR unknown subcommand '{asked}'. Try CLIENT HELP."));
        }
    }
    Flow::Done
}

fn set_name(call: &mut Call<'_>) {
    let name = call.words[2];
    if name.iter().any(|byte| !(b'!'..=b'~').contains(byte)) {
        call.out.error("ERR Client names cannot contain spaces, newlines or special characters.");
        return;
    }
    call.client.name = name.to_vec();
    if let Some(known) = call.server.clients.known.get_mut(&call.client.id) {
        known.name = String::from_utf8_lossy(name).into_owned();
    }
    call.out.ok();
}

/// Ends connections: `KILL addr`, or `KILL ID n`, `ADDR a`, `TYPE normal|replica`, `SKIPME yes|no`.
fn kill(call: &mut Call<'_>) {
    let (mut id, mut address, mut kind, mut skip_me) = (None, None, None, true);
    let short = call.words.len() == 3;
    if short {
        address = call.text(2).map(str::to_owned);
    }
    for at in (2..call.words.len()).step_by(2).filter(|_| !short) {
        let Some(value) = call.text(at + 1).map(str::to_owned) else {
            call.out.error(SYNTAX);
            return;
        };
        match call.words[at].to_ascii_lowercase().as_slice() {
            b"id" => id = value.parse::<u64>().ok(),
            b"addr" => address = Some(value),
            b"type" => kind = Some(value.to_ascii_lowercase()),
            b"skipme" => skip_me = value.eq_ignore_ascii_case("yes"),
            _ => {
                call.out.error(SYNTAX);
                return;
            }
        }
    }
    let me = call.client.id;
    let server = &*call.server;
    let doomed: Vec<Rc<tokio::sync::Notify>> = server
        .clients
        .known
        .iter()
        .filter(|(known, _)| id.is_none_or(|id| id == **known))
        .filter(|(_, known)| address.as_ref().is_none_or(|address| *address == known.remote.to_string()))
        .filter(|(known, _)| match kind.as_deref() {
            None => true,
            Some("replica" | "slave") => server.feed.replicas.contains_key(known),
            Some("normal") => !server.feed.replicas.contains_key(known),
            Some(_) => false,
        })
        .filter(|(known, _)| short || !skip_me || **known != me)
        .map(|(_, known)| Rc::clone(&known.killed))
        .collect();
    let count = doomed.len();
    for killed in doomed {
        killed.notify_one();
    }
    match (short, count) {
        (true, 0) => call.out.error("ERR No such client"),
        (true, _) => call.out.ok(),
        (false, count) => call.out.int(i64::try_from(count).unwrap_or(i64::MAX)),
    }
}

fn pause(call: &mut Call<'_>) {
    let Some(millis) = integer(call.words[2]).and_then(|millis| u64::try_from(millis).ok()) else {
        call.out.error(NOT_INTEGER);
        return;
    };
    let writes_only = match call.words.get(3) {
        None => false,
        Some(word) if word.eq_ignore_ascii_case(b"all") => false,
        Some(word) if word.eq_ignore_ascii_case(b"write") => true,
        Some(_) => {
            call.out.error("ERR CLIENT PAUSE mode must be WRITE or ALL");
            return;
        }
    };
    call.server.paused_until = call.now_ms.saturating_add(millis);
    call.server.pauses_writes_only = writes_only;
    call.out.ok();
}
