//! A value as a payload, and back: DUMP, RESTORE, and what they are used for.

use super::strings::{SYNTAX, integer};
use super::{Call, Effect, Flow};
use crate::native::keyspace::Entry;
use crate::native::migrate::Job;
use crate::native::rdb::{self, RdbError};

pub(super) fn dump(call: &mut Call<'_>) -> Flow {
    match call.server.keyspace.get(call.words[1], call.now_ms) {
        Some(entry) => call.out.bulk(&rdb::dump(&entry.value)),
        None => call.out.null(),
    }
    Flow::Done
}

/// RESTORE and RESTORE-ASKING.
pub(super) fn restore(call: &mut Call<'_>) -> Flow {
    let key = call.words[1];
    let (mut replace, mut absolute) = (false, false);
    let mut at = 4;
    while at < call.words.len() {
        match call.words[at].to_ascii_lowercase().as_slice() {
            b"replace" => replace = true,
            b"absttl" => absolute = true,
            b"idletime" | b"freq" if at + 1 < call.words.len() => at += 1,
            _ => {
                call.out.error(SYNTAX);
                return Flow::Done;
            }
        }
        at += 1;
    }
    let Some(ttl) = integer(call.words[2]).and_then(|ttl| u64::try_from(ttl).ok()) else {
        call.out.error("ERR Invalid TTL value, must be >= 0");
        return Flow::Done;
    };
    if !replace && call.server.keyspace.get(key, call.now_ms).is_some() {
        call.out.error("BUSYKEY Target key name already exists.");
        return Flow::Done;
    }
    let value = match rdb::restore(call.words[3]) {
        Ok(value) => value,
        Err(RdbError::Checksum | RdbError::Version(_) | RdbError::Short(_)) => {
            call.out.error("ERR DUMP payload version or checksum are wrong");
            return Flow::Done;
        }
        Err(_) => {
            call.out.error("ERR Bad data format");
            return Flow::Done;
        }
    };
    let expires_at = match (ttl, absolute) {
        (0, _) => None,
        (ttl, true) => Some(ttl),
        (ttl, false) => Some(call.now_ms.saturating_add(ttl)),
    };
    call.server.keyspace.put(key, Entry { value, expires_at });
    let end = expires_at.unwrap_or(0).to_string().into_bytes();
    let mut words = vec![b"RESTORE-ASKING".to_vec(), key.to_vec(), end, call.words[3].to_vec()];
    if replace {
        words.push(b"REPLACE".to_vec());
    }
    words.push(b"ABSTTL".to_vec());
    call.effect = Effect::Instead(vec![words]);
    call.out.ok();
    Flow::Done
}

/// MIGRATE host port key|"" 0 timeout [COPY] [REPLACE] [AUTH p | AUTH2 u p] [KEYS k...].
pub(super) fn migrate(call: &mut Call<'_>) -> Flow {
    let address =
        call.text(1).and_then(|ip| ip.parse().ok()).zip(call.text(2).and_then(|port| port.parse().ok()));
    let patience = integer(call.words[5]).and_then(|millis| u64::try_from(millis).ok());
    let (Some((ip, port)), Some(patience)) = (address, patience) else {
        call.out.error("ERR timeout is not an integer or out of range");
        return Flow::Done;
    };
    let (mut copy, mut replace, mut auth) = (false, false, Vec::new());
    let mut keys: Vec<&[u8]> = if call.words[3].is_empty() { Vec::new() } else { vec![call.words[3]] };
    let mut at = 6;
    while at < call.words.len() {
        match (call.words[at].to_ascii_lowercase().as_slice(), call.words.len() - at) {
            (b"copy", _) => copy = true,
            (b"replace", _) => replace = true,
            (b"auth", 2..) => {
                auth = vec![call.words[at + 1].to_vec()];
                at += 1;
            }
            (b"auth2", 3..) => {
                auth = vec![call.words[at + 1].to_vec(), call.words[at + 2].to_vec()];
                at += 2;
            }
            (b"keys", 2..) if keys.is_empty() => {
                keys = call.words[at + 1..].to_vec();
                at = call.words.len();
            }
            _ => {
                call.out.error(SYNTAX);
                return Flow::Done;
            }
        }
        at += 1;
    }
    let keys = Job::gather(call.server, &keys, replace, call.now_ms);
    if keys.is_empty() {
        call.out.simple("NOKEY");
        return Flow::Done;
    }
    let patience = std::time::Duration::from_millis(patience.max(1000));
    Flow::Migrate(Job { to: std::net::SocketAddr::new(ip, port), patience, auth, copy, keys })
}
