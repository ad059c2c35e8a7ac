//! What replicas ask of a primary, and what clients ask about replicas.

use std::rc::Rc;
use std::time::Duration;

use crate::native::feeding;
use crate::protocol::replication::{Path, PsyncRequest};

use super::{Call, FOREVER, Flow, UNBLOCKED};

pub(super) fn replconf(call: &mut Call<'_>) -> Flow {
    if call.words.len().is_multiple_of(2) {
        call.out.error("ERR syntax error");
        return Flow::Done;
    }
    // Who is fed already says ACK; who is not has nothing to acknowledge.
    if call.is(1, "ack") || call.is(1, "getack") {
        return Flow::Done;
    }
    for at in (1..call.words.len()).step_by(2) {
        let value = call.text(at + 1).unwrap_or_default().to_owned();
        let said = &mut call.client.announced;
        match call.words[at].to_ascii_lowercase().as_slice() {
            b"listening-port" => said.port = value.parse().unwrap_or(0),
            b"ip-address" => said.ip = Some(value),
            b"capa" => said.psync2 |= value.eq_ignore_ascii_case("psync2"),
            b"version" => {
                said.version = version(&value);
                if said.version.is_none() {
                    call.out.error(&format!("ERR Unrecognized version format: {value}"));
                    return Flow::Done;
                }
            }
            b"set-cluster-node-id" | b"rdb-only" => {}
            other => {
                let other = String::from_utf8_lossy(other).into_owned();
                call.out.error(&format!("ERR Unrecognized REPLCONF option: {other}"));
                return Flow::Done;
            }
        }
    }
    call.out.ok();
    Flow::Done
}

fn version(text: &str) -> Option<[u32; 3]> {
    let parts: Vec<u32> = text.split('.').map(|part| part.parse().ok()).collect::<Option<_>>()?;
    parts.try_into().ok()
}

pub(super) fn psync(call: &mut Call<'_>) -> Flow {
    let asked = call.text(1).zip(call.text(2));
    let Some(request) = asked.and_then(|(history, next)| feeding::request(history, next)) else {
        call.out.error("ERR value is not an integer or out of range");
        return Flow::Done;
    };
    start(call, request, false)
}

pub(super) fn sync(call: &mut Call<'_>) -> Flow {
    start(call, PsyncRequest { from: None }, true)
}

fn start(call: &mut Call<'_>, request: PsyncRequest, bare: bool) -> Flow {
    match feeding::start(call.server, call.client, request, bare) {
        Ok(start) => Flow::Feed(start),
        Err(error) => {
            call.out.error(&error);
            Flow::Done
        }
    }
}

pub(super) fn role(call: &mut Call<'_>) -> Flow {
    let (server, out) = (&*call.server, &mut *call.out);
    let offset = |offset: u64| i64::try_from(offset).unwrap_or(i64::MAX);
    let primary = server.node.view().my_primary().map(|ix| server.node.view().peer(ix));
    if let Some(primary) = primary {
        let path = server.node.replication().path();
        out.array(5);
        out.bulk(b"slave");
        out.bulk(primary.address.ip.map_or_else(String::new, |ip| ip.to_string()).as_bytes());
        out.int(i64::from(primary.address.port));
        out.bulk(match path {
            Path::Streaming => b"connected",
            Path::Receiving(_) | Path::Loading(_) => b"sync",
            Path::Asking => b"handshake",
            Path::Broken | Path::Primary => b"connect",
        });
        out.int(if path == Path::Streaming { offset(server.feed.end()) } else { -1 });
        return Flow::Done;
    }
    out.array(3);
    out.bulk(b"master");
    out.int(offset(server.feed.end()));
    out.array(server.feed.replicas.len());
    for fed in server.feed.replicas.values() {
        out.array(3);
        out.bulk(fed.ip.clone().unwrap_or_else(|| fed.remote.ip().to_string()).as_bytes());
        out.bulk(fed.port.to_string().as_bytes());
        out.bulk(fed.acked.to_string().as_bytes());
    }
    Flow::Done
}

/// WAIT: how many replicas have what this client wrote, at once or when enough do.
pub(super) fn wait(call: &mut Call<'_>) -> Flow {
    let numbers = call
        .text(1)
        .and_then(|text| text.parse::<usize>().ok())
        .zip(call.text(2).and_then(|text| text.parse::<u64>().ok()));
    let Some((wanted, patience)) = numbers else {
        call.out.error("ERR value is not an integer or out of range");
        return Flow::Done;
    };
    if !call.server.node.is_primary() && call.client.waits_until.take().is_some() {
        call.out.error(UNBLOCKED);
        return Flow::Done;
    }
    if !call.server.node.is_primary() {
        call.out.error("ERR WAIT cannot be used with replica instances. Please also note that writes to replicas are just local and are not propagated.");
        return Flow::Done;
    }
    let have = call.server.feed.holders(call.client.wrote);
    let until = call.client.waits_until;
    if have >= wanted || until.is_some_and(|until| until <= call.now_ms) {
        call.client.waits_until = None;
        call.out.int(i64::try_from(have).unwrap_or(i64::MAX));
        return Flow::Done;
    }
    if until.is_none() {
        let end = if patience == 0 { u64::MAX } else { call.now_ms.saturating_add(patience) };
        call.client.waits_until = Some(end);
        // Replicas speak once a second of themselves; this asks them now. Not while the stream stands
        // still for a replica that is to reach its end.
        if !call.server.paused {
            call.server.feed.append(&[b"REPLCONF", b"GETACK", b"*"]);
        }
    }
    let left = call.client.waits_until.unwrap_or(u64::MAX) - call.now_ms;
    let left = if left > u64::from(u32::MAX) { FOREVER } else { Duration::from_millis(left) };
    Flow::Again(Rc::clone(&call.server.feed.acked), left)
}
