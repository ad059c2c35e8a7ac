//! What replicas ask of a primary, and what clients ask about replicas.

use std::rc::Rc;
use std::time::Duration;

use crate::native::feeding;
use crate::protocol::replication::{Path, PsyncRequest};

use super::strings::{NOT_INTEGER, integer, timeout};
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
    let wanted = integer(call.words[1]).ok_or(NOT_INTEGER);
    let (wanted, patience) = match wanted.and_then(|wanted| Ok((wanted, timeout(call.words[2])?))) {
        Ok(numbers) => numbers,
        Err(error) => {
            call.out.error(error);
            return Flow::Done;
        }
    };
    if refused(call, "WAIT") {
        return Flow::Done;
    }
    let have = int(call.server.feed.holders(call.client.wrote));
    if have >= wanted || over(call) {
        call.client.waits_until = None;
        call.out.int(have);
        return Flow::Done;
    }
    again(call, patience)
}

/// WAITAOF: whether this node's disk, and those of how many replicas, have what this client wrote.
pub(super) fn wait_for_disks(call: &mut Call<'_>) -> Flow {
    let (here, there, patience) = match disks(call) {
        Ok(numbers) => numbers,
        Err(error) => {
            call.out.error(error);
            return Flow::Done;
        }
    };
    if refused(call, "WAITAOF") {
        return Flow::Done;
    }
    if here > 0 && call.server.persist.log.is_none() {
        call.client.waits_until = None;
        call.out.error("ERR WAITAOF cannot be used when numlocal is set but appendonly is disabled.");
        return Flow::Done;
    }
    let wrote = call.client.wrote;
    let own = i64::from(call.server.persist.durable().is_some_and(|durable| durable >= wrote));
    let have = int(call.server.feed.disks(wrote));
    if (own >= here && have >= there) || over(call) {
        call.client.waits_until = None;
        call.out.array(2);
        call.out.int(own);
        call.out.int(have);
        return Flow::Done;
    }
    again(call, patience)
}

/// The numbers of WAITAOF: of this node and of replicas, and how long to wait.
fn disks(call: &Call<'_>) -> Result<(i64, i64, u64), &'static str> {
    let here = integer(call.words[1]).ok_or(NOT_INTEGER)?;
    if !(0..=1).contains(&here) {
        return Err("ERR value is out of range, value must between 0 and 1");
    }
    let there = integer(call.words[2]).filter(|there| *there >= 0);
    Ok((here, there.ok_or("ERR value is out of range, must be positive")?, timeout(call.words[3])?))
}

fn int(count: usize) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}

/// Whether who asks is told that only a primary can know.
fn refused(call: &mut Call<'_>, name: &str) -> bool {
    if call.server.node.is_primary() {
        return false;
    }
    if call.client.waits_until.take().is_some() {
        call.out.error(UNBLOCKED);
    } else {
        call.out.error(&format!(
            "ERR {name} cannot be used with replica instances. Please also note that writes to replicas are just \
             local and are not propagated."
        ));
    }
    true
}

/// Whether who waits has waited long enough.
pub(super) fn over(call: &Call<'_>) -> bool {
    call.in_transaction || call.client.waits_until.is_some_and(|until| until <= call.now_ms)
}

/// How long who waits may still wait, from the first try on; 0 milliseconds are no bound.
pub(super) fn left(call: &mut Call<'_>, patience: u64) -> Duration {
    let end = if patience == 0 { u64::MAX } else { call.now_ms.saturating_add(patience) };
    let left = *call.client.waits_until.get_or_insert(end) - call.now_ms;
    if left > u64::from(u32::MAX) { FOREVER } else { Duration::from_millis(left) }
}

/// The same again when a replica, or the disk, has got further, or when it has taken too long.
fn again(call: &mut Call<'_>, patience: u64) -> Flow {
    // Replicas speak once a second of themselves; this asks them now. Not while the stream stands
    // still for a replica that is to reach its end.
    if call.client.waits_until.is_none() && !call.server.paused {
        call.server.feed.append(&[b"REPLCONF", b"GETACK", b"*"]);
    }
    let left = left(call, patience);
    Flow::Again(Rc::clone(&call.server.feed.acked), left)
}
