//! Strings as rows of bits.

use super::super::strings::{LONGEST, SYNTAX, WRONG_TYPE};
use super::super::{Call, Flow};
use super::together::store_at;
use super::{Refusal, number, text_span, tried};
use crate::native::keyspace::{Entry, Keyspace, Value};
use crate::native::values::integer;

fn string<'k>(keyspace: &'k Keyspace, key: &[u8], now_ms: u64) -> Result<Option<&'k [u8]>, &'static str> {
    match keyspace.get(key, now_ms).map(|entry| &entry.value) {
        None => Ok(None),
        Some(Value::Str(bytes)) => Ok(Some(bytes)),
        Some(_) => Err(WRONG_TYPE),
    }
}

/// Which byte a bit is in, and which of its bits: the first is the highest.
fn place(word: &[u8]) -> Result<(usize, u8), Refusal> {
    let at = integer(word).and_then(|at| usize::try_from(at).ok()).filter(|at| at / 8 < LONGEST);
    let at = at.ok_or("ERR bit offset is not an integer or out of range")?;
    Ok((at / 8, 0x80 >> (at % 8)))
}

pub(in super::super) fn getbit(call: &mut Call<'_>) -> Flow {
    tried(call, |call| {
        let (byte, mask) = place(call.words[2])?;
        let bytes = string(&call.server.keyspace, call.words[1], call.now_ms)?.unwrap_or_default();
        call.out.len(usize::from(bytes.get(byte).is_some_and(|byte| byte & mask != 0)));
        Ok(())
    })
}

pub(in super::super) fn setbit(call: &mut Call<'_>) -> Flow {
    tried(call, |call| {
        let (key, (byte, mask)) = (call.words[1], place(call.words[2])?);
        let on = match call.words[3] {
            b"0" => false,
            b"1" => true,
            _ => return Err("ERR bit is not an integer or out of range".into()),
        };
        if string(&call.server.keyspace, key, call.now_ms)?.is_none() {
            call.server.keyspace.put(key, Entry { value: Value::Str(Vec::new()), expires_at: None });
        }
        let Some(Value::Str(bytes)) = call.server.keyspace.value_mut(key, call.now_ms) else { return Ok(()) };
        if bytes.len() <= byte {
            bytes.resize(byte + 1, 0);
        }
        let before = bytes[byte] & mask != 0;
        bytes[byte] = if on { bytes[byte] | mask } else { bytes[byte] & !mask };
        call.changed(key);
        call.out.len(usize::from(before));
        Ok(())
    })
}

/// BITCOUNT key [start end [BYTE|BIT]].
pub(in super::super) fn bitcount(call: &mut Call<'_>) -> Flow {
    tried(call, |call| {
        let (ends, unit) = match call.words[2..] {
            [] => (None, &b"byte"[..]),
            [first, last] => (Some((number(first)?, number(last)?)), &b"byte"[..]),
            [first, last, unit] => (Some((number(first)?, number(last)?)), unit),
            _ => return Err(SYNTAX.into()),
        };
        let bits = unit_bits(unit)?;
        let bytes = string(&call.server.keyspace, call.words[1], call.now_ms)?.unwrap_or_default();
        let units = bytes.len() * 8 / bits;
        let span = ends.map_or(0..units, |(first, last)| text_span(first, last, units));
        call.out.len(ones(bytes, span.start * bits, span.end * bits));
        Ok(())
    })
}

/// BITPOS key bit [start [end [BYTE|BIT]]]: the first bit that is so.
pub(in super::super) fn bitpos(call: &mut Call<'_>) -> Flow {
    tried(call, |call| {
        let wanted = match number(call.words[2])? {
            0 => false,
            1 => true,
            _ => return Err("ERR The bit argument must be 1 or 0.".into()),
        };
        let (first, last, unit) = match call.words[3..] {
            [] => (0, None, &b"byte"[..]),
            [first] => (number(first)?, None, &b"byte"[..]),
            [first, last] => (number(first)?, Some(number(last)?), &b"byte"[..]),
            [first, last, unit] => (number(first)?, Some(number(last)?), unit),
            _ => return Err(SYNTAX.into()),
        };
        let bits = unit_bits(unit)?;
        let Some(bytes) = string(&call.server.keyspace, call.words[1], call.now_ms)? else {
            call.out.int(if wanted { -1 } else { 0 });
            return Ok(());
        };
        let units = bytes.len() * 8 / bits;
        // Unlike elsewhere, ends that are turned round are not looked at before they are counted.
        let last_unit = i64::try_from(units).unwrap_or(i64::MAX) - 1;
        let place = |at: i64| if at < 0 { at.saturating_add(last_unit + 1).max(0) } else { at };
        let (from, to) = (place(first), place(last.unwrap_or(-1)).min(last_unit));
        let span = usize::try_from(from).unwrap_or(0) * bits..(usize::try_from(to + 1).unwrap_or(0)) * bits;
        let found = if from > to { None } else { first_bit(bytes, &span, wanted) };
        match found {
            Some(at) => call.out.len(at),
            // Behind a string there are zeros without end, unless an end was stated.
            None if !wanted && last.is_none() && from <= to => call.out.len(span.end),
            None => call.out.int(-1),
        }
        Ok(())
    })
}

/// The first bit of a span that is so; whole bytes that have none are passed over.
fn first_bit(bytes: &[u8], span: &std::ops::Range<usize>, wanted: bool) -> Option<usize> {
    let without = if wanted { 0 } else { 0xff };
    let has = |at: &usize| (bytes[at / 8] & (0x80 >> (at % 8)) != 0) == wanted;
    let edge = span.start.next_multiple_of(8).min(span.end);
    (span.start..edge).find(has).or_else(|| {
        let skipped = bytes.get(edge / 8..)?.iter().position(|byte| *byte != without)?;
        (edge + skipped * 8..span.end).find(has)
    })
}

/// BITOP AND|OR|XOR|NOT to from...
pub(in super::super) fn bitop(call: &mut Call<'_>) -> Flow {
    tried(call, |call| {
        let how: fn(u8, u8) -> u8 = match call.words[1].to_ascii_lowercase().as_slice() {
            b"and" => |one, other| one & other,
            b"or" => |one, other| one | other,
            b"xor" => |one, other| one ^ other,
            b"not" if call.words.len() == 4 => |one, _| !one,
            b"not" => return Err("ERR BITOP NOT must be called with a single source key.".into()),
            _ => return Err(SYNTAX.into()),
        };
        let sources = &call.words[3..];
        let read = |key: &&[u8]| Ok(string(&call.server.keyspace, key, call.now_ms)?.unwrap_or_default());
        let sources = sources.iter().map(read).collect::<Result<Vec<&[u8]>, Refusal>>()?;
        let len = sources.iter().map(|bytes| bytes.len()).max().unwrap_or(0);
        let at = |bytes: &[u8], at: usize| bytes.get(at).copied().unwrap_or(0);
        let (first, rest) = sources.split_first().ok_or(SYNTAX)?;
        let result: Vec<u8> = (0..len)
            .map(|place| match rest {
                [] if call.is(1, "not") => how(at(first, place), 0),
                rest => rest.iter().fold(at(first, place), |byte, next| how(byte, at(next, place))),
            })
            .collect();
        store_at(call, call.words[2], Value::Str(result), len);
        Ok(())
    })
}

/// How many bits a unit has.
fn unit_bits(unit: &[u8]) -> Result<usize, Refusal> {
    match unit.to_ascii_lowercase().as_slice() {
        b"byte" => Ok(8),
        b"bit" => Ok(1),
        _ => Err(SYNTAX.into()),
    }
}

/// How many bits are set from one up to another.
fn ones(bytes: &[u8], from: usize, to: usize) -> usize {
    let masked = |(at, byte): (usize, &u8)| {
        let before = from.saturating_sub(at * 8).min(8);
        let after = (at * 8 + 8).saturating_sub(to).min(8);
        let kept = (0xff_u32 >> before) & (0xff_u32 << after) & u32::from(*byte);
        usize::try_from(kept.count_ones()).unwrap_or(0)
    };
    bytes.iter().enumerate().map(masked).sum()
}
