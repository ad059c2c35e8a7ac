//! CLIENT: what connections say of themselves, and what is done to them.

use std::rc::Rc;

use crate::node::ReplicationInput;

use super::strings::{NOT_INTEGER, SYNTAX, integer};
use super::{Call, Flow};
use crate::native::client::Mute;

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
        (b"reply", 3) => reply(call),
        (b"tracking", 3..) if call.is(2, "off") => call.out.ok(),
        (b"tracking" | b"caching", _) => {
            call.out.error(
                "ERR this node keeps no track of what clients have read: CLIENT TRACKING is not there",
            );
        }
        _ => {
            let asked = String::from_utf8_lossy(call.words[1]).into_owned();
            call.out.error(&format!("ERR unknown subcommand '{asked}'. Try CLIENT HELP."));
        }
    }
    Flow::Done
}

fn reply(call: &mut Call<'_>) {
    match call.words[2].to_ascii_lowercase().as_slice() {
        b"on" => {
            call.client.mute = Mute::Never;
            call.out.ok();
        }
        b"off" => call.client.mute = Mute::Always,
        b"skip" if call.client.mute == Mute::Never => call.client.mute = Mute::Next,
        b"skip" => {}
        _ => call.out.error(SYNTAX),
    }
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
    let doomed: Vec<(u64, Rc<tokio::sync::Notify>)> = server
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
        .map(|(id, known)| (*id, Rc::clone(&known.killed)))
        .collect();
    let upstream = id.is_none() && is_upstream(call, address.as_deref(), kind.as_deref());
    let count = doomed.len() + usize::from(upstream);
    if upstream {
        call.server.following = None;
        call.server.input(|node, now| node.handle_replication(now, ReplicationInput::Lost));
    }
    for (id, killed) in doomed {
        // Its task ends later: until then nobody may count on what it acknowledged.
        call.server.feed.replicas.remove(&id);
        killed.notify_one();
    }
    match (short, count) {
        (true, 0) => call.out.error("ERR No such client"),
        (true, _) => call.out.ok(),
        (false, count) => call.out.int(i64::try_from(count).unwrap_or(i64::MAX)),
    }
}

/// Whether the link to our primary is meant: it is a client, too, as others see it.
fn is_upstream(call: &Call<'_>, address: Option<&str>, kind: Option<&str>) -> bool {
    let view = call.server.node.view();
    let primary = view.my_primary().map(|ix| view.peer(ix).address);
    let place = primary.and_then(|place| Some(format!("{}:{}", place.ip?, place.port)));
    let asked = address.is_some() || kind.is_some();
    let matches = address.is_none_or(|address| place.as_deref() == Some(address))
        && kind.is_none_or(|kind| matches!(kind, "master" | "primary"));
    call.server.following.is_some() && asked && matches
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
