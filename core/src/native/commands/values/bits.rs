//! Strings as rows of bits.

use super::super::strings::{LONGEST, SYNTAX, WRONG_TYPE};
use super::super::{Call, Flow};
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
        let bits = match unit.to_ascii_lowercase().as_slice() {
            b"byte" => 8,
            b"bit" => 1,
            _ => return Err(SYNTAX.into()),
        };
        let bytes = string(&call.server.keyspace, call.words[1], call.now_ms)?.unwrap_or_default();
        let units = bytes.len() * 8 / bits;
        let span = ends.map_or(0..units, |(first, last)| text_span(first, last, units));
        call.out.len(ones(bytes, span.start * bits, span.end * bits));
        Ok(())
    })
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
