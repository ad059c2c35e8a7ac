//! What this node does not have: scripts, functions, streams, slow logs. Tools that only look are told
//! that there is none; who would use them is told so plainly.

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

fn unknown(call: &mut Call<'_>, family: &str) {
    let asked = String::from_utf8_lossy(call.words[1]).into_owned();
    call.out.error(&format!("ERR unknown subcommand '{asked}'. Try {family} HELP."));
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
        b"flush" => call.out.ok(),
        b"kill" => call.out.error("NOTBUSY No scripts in execution right now."),
        b"load" => return scripts(call),
        _ => unknown(call, "SCRIPT"),
    }
    Flow::Done
}

/// FUNCTION: the empty set of them can be listed, taken away and brought.
pub(super) fn function(call: &mut Call<'_>) -> Flow {
    match call.words[1].to_ascii_lowercase().as_slice() {
        b"list" => call.out.array(0),
        b"dump" => call.out.bulk(&rdb::dump_nothing()),
        b"restore" if call.words.len() > 2 => match rdb::is_nothing(call.words[2]) {
            Ok(true) => call.out.ok(),
            Ok(false) => return no_functions(call),
            Err(_) => call.out.error("ERR DUMP payload version or checksum are wrong"),
        },
        b"flush" => call.out.ok(),
        b"kill" => call.out.error("NOTBUSY No scripts in execution right now."),
        b"stats" => {
            call.out.map(2);
            call.out.bulk(b"running_script");
            call.out.null();
            call.out.bulk(b"engines");
            call.out.map(0);
        }
        b"load" | b"delete" => return no_functions(call),
        _ => unknown(call, "FUNCTION"),
    }
    Flow::Done
}

fn no_functions(call: &mut Call<'_>) -> Flow {
    call.out.error("ERR this node runs no functions: FUNCTION LOAD needs another server");
    Flow::Done
}

/// SLOWLOG: nothing is noted.
pub(super) fn slowlog(call: &mut Call<'_>) -> Flow {
    match call.words[1].to_ascii_lowercase().as_slice() {
        b"get" => call.out.array(0),
        b"len" => call.out.int(0),
        b"reset" => call.out.ok(),
        _ => unknown(call, "SLOWLOG"),
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
        _ => unknown(call, "LATENCY"),
    }
    Flow::Done
}
