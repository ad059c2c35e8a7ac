//! MULTI, EXEC, DISCARD: several commands as one.

use super::{Call, Effect, Flow, table};

pub(super) fn multi(call: &mut Call<'_>) -> Flow {
    if call.client.queue.is_some() {
        call.client.spoiled = true;
        call.out.error("ERR Command 'multi' not allowed inside a transaction");
    } else {
        call.client.queue = Some(Vec::new());
        call.client.spoiled = false;
        call.out.ok();
    }
    Flow::Done
}

pub(super) fn discard(call: &mut Call<'_>) -> Flow {
    if call.client.queue.take().is_some() {
        call.out.ok();
    } else {
        call.out.error("ERR DISCARD without MULTI");
    }
    Flow::Done
}

pub(super) fn exec(call: &mut Call<'_>) -> Flow {
    let Some(queue) = call.client.queue.take() else {
        call.out.error("ERR EXEC without MULTI");
        return Flow::Done;
    };
    if std::mem::take(&mut call.client.spoiled) {
        call.out.error("EXECABORT Transaction discarded because of previous errors.");
        return Flow::Done;
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
