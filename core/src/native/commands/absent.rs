//! What this node does not have: scripts, functions, streams, places, estimates, slow logs. Tools that only look are told
//! that there is none; who would use them is told so plainly.

use super::strings::integer;
use super::{Call, Flow};
use crate::native::rdb;

pub(super) fn scripts(call: &mut Call<'_>) -> Flow {
    call.out.error("ERR this node runs no scripts: EVAL, EVALSHA, FCALL and SCRIPT LOAD need another server");
    Flow::Done
}

pub(super) fn streams(call: &mut Call<'_>) -> Flow {
    call.out.error("ERR this node serves no streams: XADD and its family need another server");
    Flow::Done
}

pub(super) fn places(call: &mut Call<'_>) -> Flow {
    call.out.error("ERR this node measures no places: GEOADD and its family need another server");
    Flow::Done
}

pub(super) fn estimates(call: &mut Call<'_>) -> Flow {
    call.out.error("ERR this node keeps no estimates: PFADD and its family need another server");
    Flow::Done
}

pub(super) fn bit_fields(call: &mut Call<'_>) -> Flow {
    call.out.error("ERR this node reads no numbers out of bits: BITFIELD needs another server");
    Flow::Done
}

pub(super) fn field_ends(call: &mut Call<'_>) -> Flow {
    call.out.error(
        "ERR here fields of a hash last as long as it does: HEXPIRE and its family need another server",
    );
    Flow::Done
}

pub(super) fn monitor(call: &mut Call<'_>) -> Flow {
    call.out.error("ERR this node shows nobody the commands of others: MONITOR needs another server");
    Flow::Done
}

/// What there is in a cluster only as CLUSTER REPLICATE and CLUSTER FAILOVER.
pub(super) fn replicaof(call: &mut Call<'_>) -> Flow {
    call.out.error("ERR REPLICAOF not allowed in cluster mode.");
    Flow::Done
}

pub(super) fn failover(call: &mut Call<'_>) -> Flow {
    call.out.error("ERR FAILOVER not allowed in cluster mode. Use CLUSTER FAILOVER command instead.");
    Flow::Done
}

pub(super) fn swapdb(call: &mut Call<'_>) -> Flow {
    call.out.error("ERR SWAPDB is not allowed in cluster mode");
    Flow::Done
}

/// MODULE LIST: there are none.
pub(super) fn module(call: &mut Call<'_>) -> Flow {
    if call.is(1, "list") {
        call.out.array(0);
    } else {
        call.help();
    }
    Flow::Done
}

/// SCRIPT: there is none to be found, and none to forget.
pub(super) fn script(call: &mut Call<'_>) -> Flow {
    match call.words[1].to_ascii_lowercase().as_slice() {
        b"exists" => {
            call.out.array(call.words.len() - 2);
            for _ in &call.words[2..] {
                call.out.int(0);
            }
        }
        b"flush" => match call.words {
            [_, _] => call.out.ok(),
            [_, _, _] if call.is(2, "sync") || call.is(2, "async") => call.out.ok(),
            _ => call.out.error("ERR SCRIPT FLUSH only support SYNC|ASYNC option"),
        },
        b"kill" => call.out.error("NOTBUSY No scripts in execution right now."),
        b"load" => return scripts(call),
        _ => call.help(),
    }
    Flow::Done
}

/// FUNCTION: the empty set of them can be listed, taken away and brought.
pub(super) fn function(call: &mut Call<'_>) -> Flow {
    match call.words[1].to_ascii_lowercase().as_slice() {
        b"list" => list(call),
        b"dump" => call.out.bulk(&rdb::dump_nothing()),
        b"restore" => restore(call),
        b"flush" => match call.words {
            [_, _] => call.out.ok(),
            [_, _, _] if call.is(2, "sync") || call.is(2, "async") => call.out.ok(),
            [_, _, _] => call.out.error("ERR FUNCTION FLUSH only supports SYNC|ASYNC option"),
            _ => call.no_such_form(),
        },
        b"kill" => call.out.error("NOTBUSY No scripts in execution right now."),
        b"stats" => {
            call.out.map(2);
            call.out.bulk(b"running_script");
            call.out.null();
            call.out.bulk(b"engines");
            call.out.map(0);
        }
        b"delete" => call.out.error("ERR Library not found"),
        b"load" => no_functions(call),
        _ => call.help(),
    }
    Flow::Done
}

fn no_functions(call: &mut Call<'_>) {
    call.out.error("ERR this node runs no functions: FUNCTION LOAD needs another server");
}

/// FUNCTION LIST [LIBRARYNAME pattern] [WITHCODE].
fn list(call: &mut Call<'_>) {
    let (mut named, mut with_code) = (false, false);
    let mut rest = &call.words[2..];
    while let Some((word, after)) = rest.split_first() {
        rest = after;
        match (word.to_ascii_lowercase().as_slice(), after.split_first()) {
            (b"withcode", _) if !with_code => with_code = true,
            (b"libraryname", Some((_, after))) if !named => {
                named = true;
                rest = after;
            }
            (b"libraryname", None) if !named => {
                return call.out.error("ERR library name argument was not given");
            }
            _ => {
                let word = String::from_utf8_lossy(word).into_owned();
                return call.out.error(&format!("ERR Unknown argument {word}"));
            }
        }
    }
    call.out.array(0);
}

/// FUNCTION RESTORE payload [FLUSH|APPEND|REPLACE].
fn restore(call: &mut Call<'_>) {
    if call.words.len() > 4 {
        return call.no_such_form();
    }
    let policies = ["flush", "append", "replace"];
    if call.words.len() == 4 && !policies.iter().any(|policy| call.is(3, policy)) {
        return call
            .out
            .error("ERR Wrong restore policy given, value should be either FLUSH, APPEND or REPLACE.");
    }
    match rdb::is_nothing(call.words[2]) {
        Ok(true) => call.out.ok(),
        Ok(false) => no_functions(call),
        Err(_) => call.out.error("ERR DUMP payload version or checksum are wrong"),
    }
}

/// SLOWLOG: nothing is noted.
pub(super) fn slowlog(call: &mut Call<'_>) -> Flow {
    match call.words[1].to_ascii_lowercase().as_slice() {
        b"get" if call.words.len() > 3 => call.no_such_form(),
        b"get" => match call.words.get(2).map(|word| integer(word).filter(|count| *count >= -1)) {
            Some(None) => call.out.error("ERR count should be greater than or equal to -1"),
            _ => call.out.array(0),
        },
        b"len" => call.out.int(0),
        b"reset" => call.out.ok(),
        _ => call.help(),
    }
    Flow::Done
}

/// LATENCY: nothing is noted.
pub(super) fn latency(call: &mut Call<'_>) -> Flow {
    match call.words[1].to_ascii_lowercase().as_slice() {
        b"latest" | b"history" => call.out.array(0),
        b"histogram" => call.out.map(0),
        b"reset" => call.out.int(0),
        b"doctor" => call.out.verbatim("This node keeps no latency figures.\n"),
        b"graph" => {
            let event = String::from_utf8_lossy(call.words[2]).into_owned();
            call.out.error(&format!("ERR No samples available for event '{event}'"));
        }
        _ => call.help(),
    }
    Flow::Done
}
