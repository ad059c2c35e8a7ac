//! Hashes.

use super::super::strings::SYNTAX;
use super::super::{Call, Effect, Flow};
use super::{number, one_place, places, tried};
use crate::native::keyspace::Keyspace;
use crate::native::values::{Bytes, Extended, Hash, forget_field, integer};
use crate::resp::Proto;

/// HSET and HMSET.
pub(in super::super) fn hset(call: &mut Call<'_>) -> Flow {
    tried(call, |call| {
        let name = String::from_utf8_lossy(call.words[0]).to_ascii_lowercase();
        if !call.words.len().is_multiple_of(2) {
            return Err(format!("ERR wrong number of arguments for '{name}' command").into());
        }
        let (words, key) = (call.words, call.words[1]);
        let new = call.server.keyspace.grow(key, call.now_ms, |hash: &mut Hash| {
            let pairs = words[2..].chunks_exact(2);
            pairs.filter(|pair| hash.insert(pair[0].into(), pair[1].into()).is_none()).count()
        })?;
        call.changed(key);
        if name == "hmset" {
            call.out.ok();
        } else {
            call.out.len(new);
        }
        Ok(())
    })
}

pub(in super::super) fn hsetnx(call: &mut Call<'_>) -> Flow {
    tried(call, |call| {
        let (key, field, value) = (call.words[1], call.words[2], call.words[3]);
        let hash = call.server.keyspace.held::<Hash>(key, call.now_ms)?;
        let new = hash.is_none_or(|hash| !hash.contains_key(field));
        if new {
            call.server.keyspace.grow(key, call.now_ms, |hash: &mut Hash| {
                hash.insert(field.into(), value.into());
            })?;
            call.changed(key);
        }
        call.out.len(usize::from(new));
        Ok(())
    })
}

/// What the field named by a command's second argument holds.
fn field<'k>(
    keyspace: &'k Keyspace,
    words: &[&[u8]],
    now_ms: u64,
) -> Result<Option<&'k Bytes>, &'static str> {
    let hash = keyspace.held::<Hash>(words[1], now_ms)?;
    Ok(hash.and_then(|hash| hash.get(words[2])))
}

pub(in super::super) fn hget(call: &mut Call<'_>) -> Flow {
    tried(call, |call| {
        match field(&call.server.keyspace, call.words, call.now_ms)? {
            Some(value) => call.out.bulk(value),
            None => call.out.null(),
        }
        Ok(())
    })
}

pub(in super::super) fn hstrlen(call: &mut Call<'_>) -> Flow {
    tried(call, |call| {
        let len = field(&call.server.keyspace, call.words, call.now_ms)?.map_or(0, |value| value.len());
        call.out.len(len);
        Ok(())
    })
}

pub(in super::super) fn hexists(call: &mut Call<'_>) -> Flow {
    tried(call, |call| {
        let there = field(&call.server.keyspace, call.words, call.now_ms)?.is_some();
        call.out.len(usize::from(there));
        Ok(())
    })
}

pub(in super::super) fn hmget(call: &mut Call<'_>) -> Flow {
    tried(call, |call| {
        let hash = call.server.keyspace.held::<Hash>(call.words[1], call.now_ms)?;
        call.out.array(call.words.len() - 2);
        for field in &call.words[2..] {
            match hash.and_then(|hash| hash.get(*field)) {
                Some(value) => call.out.bulk(value),
                None => call.out.null(),
            }
        }
        Ok(())
    })
}

pub(in super::super) fn hlen(call: &mut Call<'_>) -> Flow {
    tried(call, |call| {
        let hash = call.server.keyspace.held::<Hash>(call.words[1], call.now_ms)?;
        call.out.len(hash.map_or(0, Hash::len));
        Ok(())
    })
}

pub(in super::super) fn hgetall(call: &mut Call<'_>) -> Flow {
    tried(call, |call| {
        let hash = call.server.keyspace.held::<Hash>(call.words[1], call.now_ms)?;
        call.out.map(hash.map_or(0, Hash::len));
        for (field, value) in hash.into_iter().flatten() {
            call.out.bulk(field);
            call.out.bulk(value);
        }
        Ok(())
    })
}

pub(in super::super) fn hkeys(call: &mut Call<'_>) -> Flow {
    column(call, |(field, _)| field)
}

pub(in super::super) fn hvals(call: &mut Call<'_>) -> Flow {
    column(call, |(_, value)| value)
}

fn column(call: &mut Call<'_>, pick: for<'b> fn((&'b Bytes, &'b Bytes)) -> &'b Bytes) -> Flow {
    tried(call, |call| {
        let hash = call.server.keyspace.held::<Hash>(call.words[1], call.now_ms)?;
        call.out.array(hash.map_or(0, Hash::len));
        for pair in hash.into_iter().flatten() {
            call.out.bulk(pick(pair));
        }
        Ok(())
    })
}

pub(in super::super) fn hdel(call: &mut Call<'_>) -> Flow {
    tried(call, |call| {
        let (words, key) = (call.words, call.words[1]);
        let gone = call.server.keyspace.change(key, call.now_ms, |hash: &mut Hash| {
            words[2..].iter().filter(|field| forget_field(hash, field)).count()
        })?;
        if gone.is_some_and(|gone| gone > 0) {
            call.changed(key);
        }
        call.out.len(gone.unwrap_or(0));
        Ok(())
    })
}

/// HGETDEL key FIELDS n field...: fields and what they held, which they hold no more.
pub(in super::super) fn hgetdel(call: &mut Call<'_>) -> Flow {
    tried(call, |call| {
        if !call.is(2, "fields") {
            return Err(SYNTAX.into());
        }
        let fields = &call.words[4..];
        if usize::try_from(number(call.words[3])?).ok() != Some(fields.len()) {
            return Err(
                "ERR numfields should be greater than 0 and match the provided number of fields".into()
            );
        }
        let key = call.words[1];
        let taken = call.server.keyspace.change(key, call.now_ms, |hash: &mut Hash| {
            let take = |field: &&[u8]| {
                let value = hash.get(*field).cloned();
                forget_field(hash, field);
                value
            };
            fields.iter().map(take).collect::<Vec<_>>()
        })?;
        let taken = taken.unwrap_or_else(|| vec![None; fields.len()]);
        call.out.array(taken.len());
        let mut gone = vec![b"HDEL".to_vec(), key.to_vec()];
        for (field, value) in fields.iter().zip(&taken) {
            match value {
                Some(value) => {
                    gone.push(field.to_vec());
                    call.out.bulk(value);
                }
                None => call.out.null(),
            }
        }
        if gone.len() > 2 {
            call.changed(key);
            call.effect = Effect::Instead(vec![gone]);
        }
        Ok(())
    })
}

pub(in super::super) fn hincrby(call: &mut Call<'_>) -> Flow {
    tried(call, |call| {
        let (key, name, by) = (call.words[1], call.words[2], number(call.words[3])?);
        let before = match field(&call.server.keyspace, call.words, call.now_ms)? {
            None => 0,
            Some(value) => integer(value).ok_or("ERR hash value is not an integer")?,
        };
        let after = before.checked_add(by).ok_or("ERR increment or decrement would overflow")?;
        let text = after.to_string();
        call.server.keyspace.grow(key, call.now_ms, |hash: &mut Hash| {
            hash.insert(name.into(), text.as_bytes().into());
        })?;
        call.changed(key);
        call.out.int(after);
        Ok(())
    })
}

pub(in super::super) fn hincrbyfloat(call: &mut Call<'_>) -> Flow {
    tried(call, |call| {
        let (key, name) = (call.words[1], call.words[2]);
        let by = Extended::read(call.words[3]).ok_or("ERR value is not a valid float")?;
        if by.is_infinite() {
            return Err("ERR value is NaN or Infinity".into());
        }
        let before = match field(&call.server.keyspace, call.words, call.now_ms)? {
            None => Extended::ZERO,
            Some(value) => Extended::read(value).ok_or("ERR hash value is not a float")?,
        };
        let text = before.sum(by).ok_or("ERR increment would produce NaN or Infinity")?.text();
        call.server.keyspace.grow(key, call.now_ms, |hash: &mut Hash| {
            hash.insert(name.into(), text.as_bytes().into());
        })?;
        call.changed(key);
        // Another machine might round otherwise.
        call.effect = Effect::Instead(vec![vec![
            b"HSET".to_vec(),
            key.to_vec(),
            name.to_vec(),
            text.clone().into_bytes(),
        ]]);
        call.out.bulk(text.as_bytes());
        Ok(())
    })
}

/// HRANDFIELD key [count [WITHVALUES]]: a negative count may name a field more than once.
pub(in super::super) fn hrandfield(call: &mut Call<'_>) -> Flow {
    tried(call, |call| {
        let wanted = call.words.get(2).map(|word| number(word)).transpose()?;
        let with_values = match call.words.get(3) {
            None => false,
            Some(word) if word.eq_ignore_ascii_case(b"withvalues") && call.words.len() == 4 => true,
            Some(_) => return Err(SYNTAX.into()),
        };
        let hash = call.server.keyspace.held::<Hash>(call.words[1], call.now_ms)?;
        let Some(wanted) = wanted else {
            let at = one_place(&mut call.server.chance, hash.map_or(0, Hash::len));
            match hash.and_then(|hash| hash.get_index(at)) {
                Some((field, _)) => call.out.bulk(field),
                None => call.out.null(),
            }
            return Ok(());
        };
        let places = places(&mut call.server.chance, hash.map_or(0, Hash::len), wanted)?;
        let nested = with_values && call.out.proto == Proto::Resp3;
        call.out.array(if with_values && !nested { places.len() * 2 } else { places.len() });
        for at in places {
            let Some((field, value)) = hash.and_then(|hash| hash.get_index(at)) else { continue };
            if nested {
                call.out.array(2);
            }
            call.out.bulk(field);
            if with_values {
                call.out.bulk(value);
            }
        }
        Ok(())
    })
}
