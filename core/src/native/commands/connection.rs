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

/// A cluster has one database.
pub(super) fn select(call: &mut Call<'_>) -> Flow {
    match call.text(1).map(str::parse::<u32>) {
        Some(Ok(0)) => call.out.ok(),
        Some(Ok(_)) => call.out.error("ERR DB index is out of range"),
        _ => call.out.error("ERR invalid DB index"),
    }
    Flow::Done
}

pub(super) fn asking(call: &mut Call<'_>) -> Flow {
    call.client.asking = true;
    call.out.ok();
    Flow::Done
}

pub(super) fn readonly(call: &mut Call<'_>) -> Flow {
    call.client.readonly = true;
    call.out.ok();
    Flow::Done
}

pub(super) fn readwrite(call: &mut Call<'_>) -> Flow {
    call.client.readonly = false;
    call.out.ok();
    Flow::Done
}
