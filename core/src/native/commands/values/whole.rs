//! Values as wholes: copied, renamed, looked at from outside.

use super::super::strings::SYNTAX;
use super::super::{Call, Flow};
use super::tried;

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
                    if *number != b"0" {
                        return Err("ERR DB index is out of range".into());
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
        if !matches!(what.as_slice(), b"encoding" | b"refcount" | b"idletime" | b"freq")
            || call.words.len() != 3
        {
            let asked = String::from_utf8_lossy(call.words[1]).into_owned();
            return Err(format!(
                "ERR unknown subcommand or wrong number of arguments for '{asked}'. Try OBJECT HELP."
            )
            .into());
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
        if !call.is(1, "usage") || call.words.len() < 3 {
            let asked = String::from_utf8_lossy(call.words[1]).into_owned();
            return Err(format!("ERR unknown subcommand '{asked}'. Try MEMORY HELP.").into());
        }
        let key = call.words[2];
        match call.server.keyspace.get(key, call.now_ms) {
            Some(entry) => call.out.len(entry.value.size() + key.len() + 32),
            None => call.out.null(),
        }
        Ok(())
    })
}
