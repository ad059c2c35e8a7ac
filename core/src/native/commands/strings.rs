//! Strings and counters.

use super::{Call, Effect, Flow};
use crate::native::keyspace::{Entry, Value};

pub(super) fn get(call: &mut Call<'_>) -> Flow {
    match call.server.keyspace.get(call.words[1], call.now_ms) {
        Some(Entry { value: Value::Str(bytes), .. }) => call.out.bulk(bytes),
        Some(_) => call.out.error("WRONGTYPE Operation against a key holding the wrong kind of value"),
        None => call.out.null(),
    }
    Flow::Done
}

pub(super) fn set(call: &mut Call<'_>) -> Flow {
    let entry = Entry { value: Value::Str(call.words[2].to_vec()), expires_at: None };
    call.server.keyspace.put(call.words[1], entry);
    call.effect = Effect::AsTyped;
    call.out.ok();
    Flow::Done
}

pub(super) fn del(call: &mut Call<'_>) -> Flow {
    let gone = call.words[1..].iter().filter(|key| call.server.keyspace.remove(key)).count();
    if gone > 0 {
        call.effect = Effect::AsTyped;
    }
    call.out.int(i64::try_from(gone).unwrap_or(i64::MAX));
    Flow::Done
}
