//! DEBUG: hooks of tests and of the curious. Off unless the operator allows it.

use std::time::Duration;

use super::strings::integer;
use super::{Call, Flow};

pub(super) fn debug(call: &mut Call<'_>) -> Flow {
    if !call.server.options.debug_commands {
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

#[expect(clippy::disallowed_methods, reason = "DEBUG SLEEP stops the thread on purpose")]
fn stop(span: Duration) {
    std::thread::sleep(span);
}
