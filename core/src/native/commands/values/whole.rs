//! Values as wholes: copied, renamed, looked at from outside.

use super::super::connection::OUT_OF_RANGE;
use super::super::strings::{NOT_INTEGER, SYNTAX};
use super::super::{Call, Flow};
use super::{number, tried};
use crate::native::values::integer;

const SAME: &str = "ERR source and destination objects are the same";

/// COPY from to [DB 0] [REPLACE].
pub(in super::super) fn copy(call: &mut Call<'_>) -> Flow {
    tried(call, |call| {
        let (from, to, mut replace) = (call.words[1], call.words[2], false);
        let mut rest = &call.words[3..];
        while let Some((word, after)) = rest.split_first() {
            rest = after;
            match word.to_ascii_lowercase().as_slice() {
                b"replace" => replace = true,
                b"db" => {
                    let (number, after) = rest.split_first().ok_or(SYNTAX)?;
                    if integer(number).ok_or(NOT_INTEGER)? != 0 {
                        return Err(OUT_OF_RANGE.into());
                    }
                    rest = after;
                }
                _ => return Err(SYNTAX.into()),
            }
        }
        if from == to {
            return Err(SAME.into());
        }
        let entry = call.server.keyspace.get(from, call.now_ms).cloned();
        let free = replace || call.server.keyspace.get(to, call.now_ms).is_none();
        let copied = entry.filter(|_| free);
        call.out.len(usize::from(copied.is_some()));
        if let Some(entry) = copied {
            call.server.keyspace.put(to, entry);
            call.changed(to);
        }
        Ok(())
    })
}

pub(in super::super) fn rename(call: &mut Call<'_>) -> Flow {
    tried(call, |call| {
        let (from, to) = (call.words[1], call.words[2]);
        let entry = call.server.keyspace.take(from, call.now_ms).ok_or("ERR no such key")?;
        call.server.keyspace.put(to, entry);
        call.changed(to);
        call.out.ok();
        Ok(())
    })
}

pub(in super::super) fn renamenx(call: &mut Call<'_>) -> Flow {
    tried(call, |call| {
        let (from, to) = (call.words[1], call.words[2]);
        call.server.keyspace.get(from, call.now_ms).ok_or("ERR no such key")?;
        let free = call.server.keyspace.get(to, call.now_ms).is_none();
        if free && let Some(entry) = call.server.keyspace.take(from, call.now_ms) {
            call.server.keyspace.put(to, entry);
            call.changed(to);
        }
        call.out.len(usize::from(free));
        Ok(())
    })
}

/// OBJECT ENCODING, REFCOUNT, IDLETIME, FREQ.
pub(in super::super) fn object(call: &mut Call<'_>) -> Flow {
    tried(call, |call| {
        let what = call.words[1].to_ascii_lowercase();
        if what == b"help" {
            call.help();
            return Ok(());
        }
        let Some(entry) = call.server.keyspace.get(call.words[2], call.now_ms) else {
            call.out.null();
            return Ok(());
        };
        match what.as_slice() {
            b"encoding" => call.out.bulk(entry.value.encoding().as_bytes()),
            b"refcount" => call.out.int(1),
            // Nothing is thrown out for lack of memory, so nobody notes when a key was last used.
            b"idletime" => call.out.int(0),
            _ => {
                return Err("ERR An LFU maxmemory policy is not selected, access frequency not tracked. Please \
                            note that when switching between policies at runtime LRU and LFU data will take some \
                            time to adjust."
                    .into());
            }
        }
        Ok(())
    })
}

/// MEMORY USAGE key [SAMPLES n]: an estimate.
pub(in super::super) fn memory(call: &mut Call<'_>) -> Flow {
    tried(call, |call| {
        if !call.is(1, "usage") {
            call.help();
            return Ok(());
        }
        for option in call.words[3..].chunks(2) {
            match option {
                [name, samples] if name.eq_ignore_ascii_case(b"samples") => {
                    // An estimate needs none.
                    if number(samples)? < 0 {
                        return Err(SYNTAX.into());
                    }
                }
                _ => return Err(SYNTAX.into()),
            }
        }
        let key = call.words[2];
        match call.server.keyspace.get(key, call.now_ms) {
            Some(entry) => call.out.len(entry.value.size() + key.len() + 32),
            None => call.out.null(),
        }
        Ok(())
    })
}

/// MOVE key db: a cluster has one database.
pub(in super::super) fn move_to(call: &mut Call<'_>) -> Flow {
    tried(call, |call| match integer(call.words[2]) {
        Some(0) => Err(SAME.into()),
        Some(_) => Err(OUT_OF_RANGE.into()),
        None => Err(NOT_INTEGER.into()),
    })
}
