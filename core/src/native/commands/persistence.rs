//! SAVE, BGSAVE, LASTSAVE, BGREWRITEAOF: data put on the disk when an operator says so.

use super::{Call, Flow};

pub(super) fn save(call: &mut Call<'_>) -> Flow {
    if call.server.persist.saved.saving {
        call.out.error("ERR Background save already in progress");
        return Flow::Done;
    }
    match call.server.save_now() {
        Ok(()) => call.out.ok(),
        Err(error) => call.out.error(&format!("ERR cannot save: {error}")),
    }
    Flow::Done
}

pub(super) fn background_save(call: &mut Call<'_>) -> Flow {
    if call.words.len() > 2 || (call.words.len() == 2 && !call.is(1, "schedule")) {
        call.out.error(super::strings::SYNTAX);
    } else if call.server.save_in_background() {
        call.out.simple("Background saving started");
    } else {
        call.out.error("ERR Background save already in progress");
    }
    Flow::Done
}

pub(super) fn last_save(call: &mut Call<'_>) -> Flow {
    call.out.int(i64::try_from(call.server.persist.saved.last).unwrap_or(i64::MAX));
    Flow::Done
}

/// Without a log Valkey writes one all the same; here that is what `appendonly` is for.
pub(super) fn rewrite(call: &mut Call<'_>) -> Flow {
    if call.server.persist.log.is_none() {
        call.out.error("ERR appendonly is off: CONFIG SET appendonly yes begins a log with all data");
    } else if call.server.rewrite_log() {
        call.out.simple("Background append only file rewriting started");
    } else {
        call.out.error("ERR Background append only file rewriting already in progress");
    }
    Flow::Done
}
