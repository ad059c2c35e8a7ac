//! Lists.

use super::super::strings::SYNTAX;
use super::super::{Call, Effect, Flow};
use super::{count, number, positive, span, tried};
use crate::native::values::{Bytes, List};

const OUT_OF_RANGE: &str = "ERR index out of range";

/// An end of a list.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Side {
    Left,
    Right,
}

impl Side {
    pub(super) fn read(word: &[u8]) -> Result<Self, &'static str> {
        match word.to_ascii_lowercase().as_slice() {
            b"left" => Ok(Self::Left),
            b"right" => Ok(Self::Right),
            _ => Err(SYNTAX),
        }
    }

    fn push(self, list: &mut List, element: Bytes) {
        match self {
            Self::Left => list.push_front(element),
            Self::Right => list.push_back(element),
        }
    }

    /// The command that takes from it.
    const fn command(self) -> &'static [u8] {
        match self {
            Self::Left => b"LPOP",
            Self::Right => b"RPOP",
        }
    }

    pub(super) fn pop(self, list: &mut List) -> Option<Bytes> {
        match self {
            Self::Left => list.pop_front(),
            Self::Right => list.pop_back(),
        }
    }
}

fn push(call: &mut Call<'_>, side: Side, only_old: bool) -> Flow {
    tried(call, |call| {
        let (words, key, now) = (call.words, call.words[1], call.now_ms);
        let work = |list: &mut List| {
            for element in &words[2..] {
                side.push(list, Bytes::from(*element));
            }
            list.len()
        };
        let keyspace = &mut call.server.keyspace;
        let len =
            if only_old { keyspace.change(key, now, work)? } else { Some(keyspace.grow(key, now, work)?) };
        if len.is_some() {
            call.changed(key);
        }
        call.out.len(len.unwrap_or(0));
        Ok(())
    })
}

pub(in super::super) fn lpush(call: &mut Call<'_>) -> Flow {
    push(call, Side::Left, false)
}

pub(in super::super) fn rpush(call: &mut Call<'_>) -> Flow {
    push(call, Side::Right, false)
}

pub(in super::super) fn lpushx(call: &mut Call<'_>) -> Flow {
    push(call, Side::Left, true)
}

pub(in super::super) fn rpushx(call: &mut Call<'_>) -> Flow {
    push(call, Side::Right, true)
}

pub(in super::super) fn lpop(call: &mut Call<'_>) -> Flow {
    pop(call, Side::Left)
}

pub(in super::super) fn rpop(call: &mut Call<'_>) -> Flow {
    pop(call, Side::Right)
}

/// LPOP and RPOP: one element, or as an array up to so many.
fn pop(call: &mut Call<'_>, side: Side) -> Flow {
    tried(call, |call| {
        if call.words.len() > 3 {
            let name = String::from_utf8_lossy(call.words[0]).to_ascii_lowercase();
            return Err(format!("ERR wrong number of arguments for '{name}' command").into());
        }
        let wanted = call.words.get(2).map(|word| count(word)).transpose()?;
        let key = call.words[1];
        let work = |list: &mut List| -> Vec<Bytes> {
            (0..wanted.unwrap_or(1).min(list.len())).filter_map(|_| side.pop(list)).collect()
        };
        let popped = call.server.keyspace.change(key, call.now_ms, work)?;
        if popped.as_ref().is_some_and(|popped| !popped.is_empty()) {
            call.changed(key);
        }
        match (popped, wanted) {
            (None, None) => call.out.null(),
            (None, Some(_)) => call.out.null_array(),
            (Some(popped), Some(_)) => call.out.bulks(&popped),
            (Some(popped), None) => call.out.bulk(popped.first().map_or(&[], |first| first)),
        }
        Ok(())
    })
}

/// `numkeys key... LEFT|RIGHT [COUNT n]`: from the first list that holds something.
pub(super) struct Several<'a> {
    keys: &'a [&'a [u8]],
    side: Side,
    wanted: usize,
}

impl<'a> Several<'a> {
    /// Reads what stands from this word on.
    pub(super) fn read(call: &Call<'a>, at: usize) -> Result<Self, super::Refusal> {
        let keys = call.counted(at)?;
        let after = at + 1 + keys.len();
        let side = Side::read(call.words.get(after).ok_or(SYNTAX)?)?;
        let wanted = match &call.words[after + 1..] {
            [] => 1,
            [word, wanted] if word.eq_ignore_ascii_case(b"count") => positive(wanted)?,
            _ => return Err(SYNTAX.into()),
        };
        Ok(Self { keys, side, wanted })
    }

    /// Takes and answers; false if there was nothing to take, which is not answered.
    pub(super) fn take(&self, call: &mut Call<'_>) -> Result<bool, super::Refusal> {
        for key in self.keys {
            let work = |list: &mut List| -> Vec<Bytes> {
                (0..self.wanted.min(list.len())).filter_map(|_| self.side.pop(list)).collect()
            };
            let Some(popped) = call.server.keyspace.change(key, call.now_ms, work)? else { continue };
            call.changed(key);
            let count = popped.len().to_string().into_bytes();
            call.effect = Effect::Instead(vec![vec![self.side.command().to_vec(), key.to_vec(), count]]);
            call.out.array(2);
            call.out.bulk(key);
            call.out.bulks(&popped);
            return Ok(true);
        }
        Ok(false)
    }
}

/// LMPOP numkeys key... LEFT|RIGHT [COUNT n].
pub(in super::super) fn lmpop(call: &mut Call<'_>) -> Flow {
    tried(call, |call| {
        if !Several::read(call, 1)?.take(call)? {
            call.out.null_array();
        }
        Ok(())
    })
}

/// Takes one element and answers it with its key; false if the key holds nothing.
pub(super) fn take_one(call: &mut Call<'_>, key: &[u8], side: Side) -> Result<bool, super::Refusal> {
    let popped = call.server.keyspace.change(key, call.now_ms, |list| side.pop(list))?;
    let Some(element) = popped.flatten() else { return Ok(false) };
    call.changed(key);
    call.effect = Effect::Instead(vec![vec![side.command().to_vec(), key.to_vec()]]);
    call.out.array(2);
    call.out.bulk(key);
    call.out.bulk(&element);
    Ok(true)
}

/// LMOVE from to LEFT|RIGHT LEFT|RIGHT.
pub(in super::super) fn lmove(call: &mut Call<'_>) -> Flow {
    tried(call, |call| {
        let (from, to) = (Side::read(call.words[3])?, Side::read(call.words[4])?);
        passed(call, from, to)
    })
}

/// RPOPLPUSH from to.
pub(in super::super) fn rpoplpush(call: &mut Call<'_>) -> Flow {
    tried(call, |call| passed(call, Side::Right, Side::Left))
}

fn passed(call: &mut Call<'_>, from: Side, to: Side) -> Result<(), super::Refusal> {
    if !pass(call, from, to)? {
        call.out.null();
    }
    Ok(())
}

/// Moves and answers an element; false if there is none.
pub(super) fn pass(call: &mut Call<'_>, from: Side, to: Side) -> Result<bool, super::Refusal> {
    let (source, target, now) = (call.words[1], call.words[2], call.now_ms);
    let keyspace = &mut call.server.keyspace;
    if keyspace.held::<List>(source, now)?.is_none() {
        return Ok(false);
    }
    keyspace.held::<List>(target, now)?;
    let moved = keyspace.change(source, now, |list| {
        let element = from.pop(list)?;
        // A list that passes to itself must not vanish in between.
        if source == target {
            to.push(list, element.clone());
        }
        Some(element)
    })?;
    let Some(element) = moved.flatten() else { return Ok(false) };
    if source != target {
        keyspace.grow(target, now, |list| to.push(list, element.clone()))?;
    }
    call.changed(source);
    call.changed(target);
    call.out.bulk(&element);
    Ok(true)
}

pub(in super::super) fn llen(call: &mut Call<'_>) -> Flow {
    tried(call, |call| {
        let list = call.server.keyspace.held::<List>(call.words[1], call.now_ms)?;
        call.out.len(list.map_or(0, List::len));
        Ok(())
    })
}

pub(in super::super) fn lrange(call: &mut Call<'_>) -> Flow {
    tried(call, |call| {
        let (first, last) = (number(call.words[2])?, number(call.words[3])?);
        let list = call.server.keyspace.held::<List>(call.words[1], call.now_ms)?;
        let Some(list) = list else {
            call.out.array(0);
            return Ok(());
        };
        let span = span(first, last, list.len());
        call.out.array(span.len());
        for element in list.range(span) {
            call.out.bulk(element);
        }
        Ok(())
    })
}

/// The place that an index, perhaps counted from the end, means.
fn place(index: i64, len: usize) -> Option<usize> {
    let from_end = || len.checked_sub(usize::try_from(index.unsigned_abs()).ok()?);
    if index < 0 { from_end() } else { usize::try_from(index).ok().filter(|at| *at < len) }
}

pub(in super::super) fn lindex(call: &mut Call<'_>) -> Flow {
    tried(call, |call| {
        let Some(list) = call.server.keyspace.held::<List>(call.words[1], call.now_ms)? else {
            call.out.null();
            return Ok(());
        };
        match place(number(call.words[2])?, list.len()).and_then(|at| list.get(at)) {
            Some(element) => call.out.bulk(element),
            None => call.out.null(),
        }
        Ok(())
    })
}

pub(in super::super) fn lset(call: &mut Call<'_>) -> Flow {
    tried(call, |call| {
        let (key, element) = (call.words[1], call.words[3]);
        call.server.keyspace.held::<List>(key, call.now_ms)?.ok_or("ERR no such key")?;
        let index = number(call.words[2])?;
        let set = call.server.keyspace.change(key, call.now_ms, |list: &mut List| {
            let there = list.get_mut(place(index, list.len())?)?;
            *there = Bytes::from(element);
            Some(())
        })?;
        set.ok_or("ERR no such key")?.ok_or(OUT_OF_RANGE)?;
        call.changed(key);
        call.out.ok();
        Ok(())
    })
}

/// LINSERT key BEFORE|AFTER pivot element.
pub(in super::super) fn linsert(call: &mut Call<'_>) -> Flow {
    tried(call, |call| {
        let after = match call.words[2].to_ascii_lowercase().as_slice() {
            b"before" => 0,
            b"after" => 1,
            _ => return Err(SYNTAX.into()),
        };
        let (key, pivot, element) = (call.words[1], call.words[3], call.words[4]);
        let len = call.server.keyspace.change(key, call.now_ms, |list: &mut List| {
            let at = list.iter().position(|known| **known == *pivot)?;
            list.insert(at + after, Bytes::from(element));
            Some(list.len())
        })?;
        match len {
            None => call.out.int(0),
            Some(None) => call.out.int(-1),
            Some(Some(len)) => {
                call.changed(key);
                call.out.len(len);
            }
        }
        Ok(())
    })
}

pub(in super::super) fn lrem(call: &mut Call<'_>) -> Flow {
    tried(call, |call| {
        let (key, wanted, element) = (call.words[1], number(call.words[2])?, call.words[3]);
        let most = usize::try_from(wanted.unsigned_abs()).unwrap_or(usize::MAX);
        let most = if wanted == 0 { usize::MAX } else { most };
        let gone = call.server.keyspace.change(key, call.now_ms, |list: &mut List| {
            let equal = list.iter().filter(|known| ***known == *element).count();
            // Those nearest to the end that the sign names go first.
            let (mut keep, mut gone) = (if wanted < 0 { equal.saturating_sub(most) } else { 0 }, 0);
            list.retain(|known| {
                if **known != *element || gone == most {
                    return true;
                }
                if keep > 0 {
                    keep -= 1;
                    return true;
                }
                gone += 1;
                false
            });
            gone
        })?;
        if gone.is_some_and(|gone| gone > 0) {
            call.changed(key);
        }
        call.out.len(gone.unwrap_or(0));
        Ok(())
    })
}

pub(in super::super) fn ltrim(call: &mut Call<'_>) -> Flow {
    tried(call, |call| {
        let (key, first, last) = (call.words[1], number(call.words[2])?, number(call.words[3])?);
        let there = call.server.keyspace.change(key, call.now_ms, |list: &mut List| {
            let span = span(first, last, list.len());
            list.truncate(span.end);
            list.drain(..span.start);
        })?;
        if there.is_some() {
            call.changed(key);
        }
        call.out.ok();
        Ok(())
    })
}

/// LPOS key element [RANK r] [COUNT n] [MAXLEN n].
pub(in super::super) fn lpos(call: &mut Call<'_>) -> Flow {
    tried(call, |call| {
        let (mut rank, mut wanted, mut most) = (1, None, 0);
        for option in call.words[3..].chunks(2) {
            let [name, value] = option else { return Err(SYNTAX.into()) };
            match name.to_ascii_lowercase().as_slice() {
                b"rank" => rank = number(value)?,
                b"count" => {
                    wanted = Some(count(value).map_err(|_| "ERR COUNT can't be negative")?);
                }
                b"maxlen" => most = count(value).map_err(|_| "ERR MAXLEN can't be negative")?,
                _ => return Err(SYNTAX.into()),
            }
        }
        if rank == 0 {
            return Err(
                "ERR RANK can't be zero: use 1 to start from the first match, 2 from the second ... \
                        or use negative to start from the end of the list"
                    .into(),
            );
        }
        let list = call.server.keyspace.held::<List>(call.words[1], call.now_ms)?;
        let most = if most == 0 { usize::MAX } else { most };
        let skip = usize::try_from(rank.unsigned_abs() - 1).unwrap_or(usize::MAX);
        let limit = match wanted {
            None => 1,
            Some(0) => usize::MAX,
            Some(wanted) => wanted,
        };
        let element = call.words[2];
        let found: Vec<usize> = list.map_or_else(Vec::new, |list| {
            let places: Box<dyn Iterator<Item = (usize, &Bytes)>> = if rank < 0 {
                Box::new(list.iter().enumerate().rev())
            } else {
                Box::new(list.iter().enumerate())
            };
            let equal = places.take(most).filter(|(_, known)| ***known == *element);
            equal.skip(skip).take(limit).map(|(at, _)| at).collect()
        });
        match (wanted, found.first()) {
            (None, None) => call.out.null(),
            (None, Some(at)) => call.out.len(*at),
            (Some(_), _) => {
                call.out.array(found.len());
                for at in found {
                    call.out.len(at);
                }
            }
        }
        Ok(())
    })
}
