//! PING, QUIT and what else is about the connection itself.

use super::{Call, Flow};

pub(super) fn ping(call: &mut Call<'_>) -> Flow {
    match call.words.get(1) {
        None => call.out.simple("PONG"),
        Some(text) => call.out.bulk(text),
    }
    Flow::Done
}

pub(super) fn quit(call: &mut Call<'_>) -> Flow {
    call.out.ok();
    Flow::Close
}
