//! MULTI, EXEC, DISCARD: several commands as one. WATCH: only if nobody came in between.

use super::{COMMANDS, Call, Effect, Flow, route, table};
use crate::base::Slot;
use crate::native::client::Client;
use crate::native::keyspace::{Keyspace, slot_of};
use crate::native::server::Server;

pub(super) fn multi(call: &mut Call<'_>) -> Flow {
    if call.client.queue.is_some() {
        call.client.spoiled = true;
        call.out.error("ERR Command 'multi' not allowed inside a transaction");
    } else {
        call.client.queue = Some(Vec::new());
        call.client.queued = 0;
        call.client.spoiled = false;
        call.out.ok();
    }
    Flow::Done
}

pub(super) fn discard(call: &mut Call<'_>) -> Flow {
    if call.client.queue.take().is_some() {
        unwatch_all(&mut call.server.keyspace, call.client);
        call.out.ok();
    } else {
        call.out.error("ERR DISCARD without MULTI");
    }
    Flow::Done
}

/// What is said of a command that may not run. If it is EXEC, that is the end of its transaction, too.
pub(super) fn ended_by(
    server: &mut Server,
    client: &mut Client,
    place: Option<usize>,
    error: String,
) -> String {
    if place.is_none_or(|at| COMMANDS[at].name != "exec") {
        return error;
    }
    client.queue = None;
    client.spoiled = false;
    unwatch_all(&mut server.keyspace, client);
    let reason = error.strip_prefix("ERR ").unwrap_or(&error);
    format!("EXECABORT Transaction discarded because of: {reason}")
}

pub(super) fn exec(call: &mut Call<'_>) -> Flow {
    let Some(queue) = call.client.queue.take() else {
        call.out.error("ERR EXEC without MULTI");
        return Flow::Done;
    };
    if std::mem::take(&mut call.client.spoiled) {
        unwatch_all(&mut call.server.keyspace, call.client);
        call.out.error("EXECABORT Transaction discarded because of previous errors.");
        return Flow::Done;
    }
    let undisturbed = undisturbed(call);
    unwatch_all(&mut call.server.keyspace, call.client);
    if !undisturbed {
        call.out.null_array();
        return Flow::Done;
    }
    // Slots and roles may have changed since the commands were kept.
    let asking = std::mem::take(&mut call.client.asking);
    let mut touched: Option<Slot> = None;
    for words in &queue {
        let words: Vec<&[u8]> = words.iter().map(Vec::as_slice).collect();
        let Some(command) = table::find(words[0]) else { continue };
        for slot in command.keys.of(&words).map(slot_of) {
            if *touched.get_or_insert(slot) != slot {
                call.out.error(route::CROSS_SLOT);
                return Flow::Done;
            }
        }
        if let Err(error) = route::check(call.server, call.client, asking, command, &words) {
            call.out.error(&error);
            return Flow::Done;
        }
    }
    call.out.array(queue.len());
    let mut effects = Vec::new();
    for words in &queue {
        let words: Vec<&[u8]> = words.iter().map(Vec::as_slice).collect();
        let Some(command) = table::find(words[0]) else { continue };
        let mut inner = Call {
            server: call.server,
            client: call.client,
            out: call.out,
            words: &words,
            now_ms: call.now_ms,
            effect: Effect::None,
            in_transaction: true,
        };
        // Nothing waits inside a transaction: a command that would has answered nothing, so it is told zero.
        if !matches!((command.run)(&mut inner), Flow::Done) {
            inner.client.waits_until = None;
            inner.out.int(0);
        }
        match inner.effect {
            Effect::None => {}
            Effect::AsTyped => effects.push(words.iter().map(|word| word.to_vec()).collect()),
            Effect::Instead(commands) => effects.extend(commands),
        }
    }
    if !effects.is_empty() {
        effects.insert(0, vec![b"MULTI".to_vec()]);
        effects.push(vec![b"EXEC".to_vec()]);
        call.effect = Effect::Instead(effects);
    }
    Flow::Done
}

/// WATCH: EXEC does nothing if one of these keys changes before.
pub(super) fn watch(call: &mut Call<'_>) -> Flow {
    for key in &call.words[1..] {
        if call.client.watching.iter().any(|watched| watched.key == **key) {
            continue;
        }
        let there = call.server.keyspace.get(key, call.now_ms).is_some();
        let changes = call.server.keyspace.watch(key);
        call.client.watching.push(Watching { key: key.to_vec(), changes, there });
    }
    call.out.ok();
    Flow::Done
}

pub(super) fn unwatch(call: &mut Call<'_>) -> Flow {
    unwatch_all(&mut call.server.keyspace, call.client);
    call.out.ok();
    Flow::Done
}

/// A key as it was when a client began to watch it.
#[derive(Debug)]
pub struct Watching {
    key: Vec<u8>,
    changes: u64,
    there: bool,
}

/// Whether everything a client watches is as it was; what has ended meanwhile is not.
fn undisturbed(call: &Call<'_>) -> bool {
    let keyspace = &call.server.keyspace;
    call.client.watching.iter().all(|watched| {
        keyspace.changes(&watched.key) == Some(watched.changes)
            && keyspace.get(&watched.key, call.now_ms).is_some() == watched.there
    })
}

/// Watches nothing any more.
pub fn unwatch_all(keyspace: &mut Keyspace, client: &mut Client) {
    for watched in client.watching.drain(..) {
        keyspace.unwatch(&watched.key);
    }
}
