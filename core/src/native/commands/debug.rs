//! DEBUG: hooks of tests and of the curious. Off unless the operator allows it.

use std::time::Duration;

use super::strings::integer;
use super::{Call, Flow};

pub(super) fn debug(call: &mut Call<'_>) -> Flow {
    let allowed = match call.server.options.debug_commands.as_str() {
        "yes" => true,
        "local" => call.client.remote.ip().is_loopback(),
        _ => false,
    };
    if !allowed {
        call.out.error(
            "ERR DEBUG command not allowed. If the enable-debug-command option is set to \"local\", you can run it \
             from a local connection, otherwise you need to set this option in the configuration file, and then \
             restart the server.",
        );
        return Flow::Done;
    }
    let name = call.words[1].to_ascii_lowercase();
    match (name.as_slice(), call.words.len()) {
        (b"log", 3) => {
            let text = String::from_utf8_lossy(call.words[2]).into_owned();
            call.server.notice(format_args!("DEBUG LOG: {text}"));
            call.out.ok();
        }
        (b"sleep", 3) => {
            let seconds = call.text(2).and_then(|text| text.parse::<f64>().ok());
            match seconds.and_then(|seconds| Duration::try_from_secs_f64(seconds).ok()) {
                // The whole node stops, its bus included: that is what the command is for.
                Some(span) => {
                    stop(span);
                    call.out.ok();
                }
                None => call.out.error("ERR value is not a valid float"),
            }
        }
        (b"cluster-failover-delay", 3) => match integer(call.words[2]) {
            Some(millis) => {
                let delay = u64::try_from(millis).ok().map(crate::base::Duration::from_millis);
                call.server.options.cluster.election_delay = delay;
                call.server.reconfigured();
                call.out.ok();
            }
            None => call.out.error(super::strings::NOT_INTEGER),
        },
        (b"drop-cluster-packet-filter", 3) => match integer(call.words[2]) {
            Some(kind) => {
                call.server.dropped_kind = i32::try_from(kind).unwrap_or(-1);
                call.out.ok();
            }
            None => call.out.error(super::strings::NOT_INTEGER),
        },
        (b"close-cluster-link-on-packet-drop", 3) => {
            call.server.drop_closes_link = call.words[2] == b"1";
            call.out.ok();
        }
        (b"clusterlink", 5) if call.is(2, "kill") => kill_links(call),
        (b"populate", 3..=5) => populate(call),
        (b"digest", 2) => digest(call),
        (b"object", 3) => match call.server.keyspace.get(call.words[2], call.now_ms) {
            Some(entry) => {
                let (encoding, length) = (entry.value.encoding(), entry.value.size());
                call.out.simple(&format!(
                    "Value at:0x0 refcount:1 encoding:{encoding} serializedlength:{length} lru:0 lru_seconds_idle:0"
                ));
            }
            None => call.out.error("ERR no such key"),
        },
        (b"set-active-expire", 3) => {
            call.server.active_expire = call.words[2] != b"0";
            call.out.ok();
        }
        _ => {
            let asked = String::from_utf8_lossy(call.words[1]).into_owned();
            call.out.error(&format!(
                "ERR unknown subcommand or wrong number of arguments for '{asked}'. Try DEBUG HELP."
            ));
        }
    }
    Flow::Done
}

/// CLUSTERLINK KILL TO|FROM|ALL id: bus links break, as if the network had done it.
fn kill_links(call: &mut Call<'_>) {
    let peer = call.text(4).and_then(|id| id.parse().ok()).and_then(|id| call.server.node.view().get(id));
    let Some(peer) = peer else {
        call.out.error("ERR Unknown node");
        return;
    };
    let (to, from) = (peer.outbound, peer.inbound);
    let doomed = match call.words[3].to_ascii_lowercase().as_slice() {
        b"to" => [to, None],
        b"from" => [None, from],
        b"all" => [to, from],
        _ => {
            call.out.error(super::strings::SYNTAX);
            return;
        }
    };
    for link in doomed.into_iter().flatten() {
        // Its task ends with it and tells nobody.
        if call.server.links.remove(&link).is_some() {
            call.server.input(|node, now| node.handle_link_down(now, link));
        }
    }
    call.out.ok();
}

#[expect(clippy::disallowed_methods, reason = "DEBUG SLEEP stops the thread on purpose")]
fn stop(span: Duration) {
    std::thread::sleep(span);
}

/// POPULATE count [prefix [size]]: as many keys, those that are there left alone.
fn populate(call: &mut Call<'_>) {
    let count = integer(call.words[2]).and_then(|count| u32::try_from(count).ok());
    let size = call.words.get(4).map(|word| integer(word).and_then(|size| u32::try_from(size).ok()));
    let (Some(count), None | Some(Some(_))) = (count, size) else {
        call.out.error(super::strings::NOT_INTEGER);
        return;
    };
    let prefix = call.words.get(3).map_or_else(|| b"key".to_vec(), |prefix| prefix.to_vec());
    let size = size.flatten().and_then(|size| usize::try_from(size).ok());
    for number in 0..count {
        let key = [prefix.as_slice(), format!(":{number}").as_bytes()].concat();
        if call.server.keyspace.get(&key, call.now_ms).is_some() {
            continue;
        }
        let mut value = format!("value:{number}").into_bytes();
        value.resize(size.unwrap_or(value.len()), 0);
        let entry = crate::native::keyspace::Entry {
            value: crate::native::keyspace::Value::Str(value),
            expires_at: None,
        };
        call.server.keyspace.put(&key, entry);
    }
    call.out.ok();
}

/// DIGEST: the same for the same data, whatever the order of keys. Other makes of node count otherwise.
fn digest(call: &mut Call<'_>) {
    let mut digest = [0_u64; 3];
    for (key, entry) in call.server.keyspace.iter() {
        let mut bytes = [key, &crate::native::rdb::digestible(&entry.value)].concat();
        for part in &mut digest {
            bytes.push(1);
            *part ^= crate::native::rdb::checksum(&bytes);
        }
    }
    let [first, second, third] = digest;
    let text = format!("{first:016x}{second:016x}{third:016x}");
    call.out.simple(&text[..40]);
}
