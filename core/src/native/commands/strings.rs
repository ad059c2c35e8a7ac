//! Strings and counters.

use super::{Call, Effect, Flow};
use crate::native::keyspace::{Entry, Value};

use crate::native::values::Extended;
pub(super) use crate::native::values::{WRONG_TYPE, integer};

pub(super) const SYNTAX: &str = "ERR syntax error";
pub(super) const NOT_INTEGER: &str = "ERR value is not an integer or out of range";
/// Milliseconds to wait at most, or what is wrong with the word for it.
pub(super) fn timeout(word: &[u8]) -> Result<u64, &'static str> {
    let millis = integer(word).ok_or("ERR timeout is not an integer or out of range")?;
    u64::try_from(millis).map_err(|_| "ERR timeout is negative")
}

/// The longest string, as peers have it.
pub(super) const LONGEST: usize = 512 << 20;

/// The string a key holds: `Ok(None)` if it holds nothing.
fn string<'a>(call: &'a Call<'_>, key: &[u8]) -> Result<Option<&'a [u8]>, &'static str> {
    match call.server.keyspace.get(key, call.now_ms).map(|entry| &entry.value) {
        None => Ok(None),
        Some(Value::Str(bytes)) => Ok(Some(bytes)),
        Some(_) => Err(WRONG_TYPE),
    }
}

fn fail(call: &mut Call<'_>, error: &str) -> Flow {
    call.out.error(error);
    Flow::Done
}

pub(super) fn get(call: &mut Call<'_>) -> Flow {
    let entry = call.server.keyspace.get(call.words[1], call.now_ms);
    match entry.map(|entry| &entry.value) {
        Some(Value::Str(bytes)) => call.out.bulk(bytes),
        Some(_) => call.out.error(WRONG_TYPE),
        None => call.out.null(),
    }
    Flow::Done
}

/// What the options of SET, GETEX and their kin say.
#[derive(Default)]
struct SetOptions<'a> {
    /// Only if the key holds this string.
    only_if: Option<&'a [u8]>,
    only_new: bool,
    only_old: bool,
    keep_end: bool,
    get: bool,
    persist: bool,
    end: Option<u64>,
}

impl<'a> SetOptions<'a> {
    fn read(call: &Call<'a>, first: usize, name: &str) -> Result<Self, String> {
        let mut options = Self::default();
        let mut at = first;
        while at < call.words.len() {
            match call.words[at].to_ascii_lowercase().as_slice() {
                b"nx" if !options.only_old && options.only_if.is_none() => options.only_new = true,
                b"xx" if !options.only_new && options.only_if.is_none() => options.only_old = true,
                b"ifeq" if !options.only_new && !options.only_old => {
                    at += 1;
                    options.only_if = Some(call.words.get(at).ok_or(SYNTAX)?);
                }
                b"get" => options.get = true,
                b"keepttl" if options.end.is_none() => options.keep_end = true,
                b"persist" if options.end.is_none() => options.persist = true,
                unit @ (b"ex" | b"px" | b"exat" | b"pxat") if options.end.is_none() && !options.keep_end => {
                    at += 1;
                    let word = call.words.get(at).ok_or(SYNTAX)?;
                    options.end = Some(end(unit, word, call.now_ms, name)?);
                }
                _ => return Err(SYNTAX.to_owned()),
            }
            at += 1;
        }
        Ok(options)
    }
}

impl SetOptions<'_> {
    /// Whether something is asked that only SET knows.
    fn says_more_than_an_end(&self) -> bool {
        self.only_new || self.only_old || self.only_if.is_some() || self.get || self.keep_end
    }
}

/// The moment that an option such as `EX 10` means, in Unix milliseconds.
fn end(unit: &[u8], word: &[u8], now_ms: u64, name: &str) -> Result<u64, String> {
    let number = integer(word).ok_or(NOT_INTEGER)?;
    let bad = || format!("ERR invalid expire time in '{name}' command");
    let number = u64::try_from(number).ok().filter(|number| *number > 0).ok_or_else(bad)?;
    let millis = if unit.starts_with(b"e") { number.checked_mul(1000).ok_or_else(bad)? } else { number };
    let moment = if unit.ends_with(b"at") { Some(millis) } else { millis.checked_add(now_ms) };
    moment.filter(|moment| i64::try_from(*moment).is_ok()).ok_or_else(bad)
}

pub(super) fn set(call: &mut Call<'_>) -> Flow {
    let (key, value) = (call.words[1], call.words[2]);
    let options = match SetOptions::read(call, 3, "set") {
        Ok(options) if !options.persist => options,
        Ok(_) => return fail(call, SYNTAX),
        Err(error) => return fail(call, &error),
    };
    if call.words.len() == 3 {
        // What the key held does not matter.
        call.server.keyspace.put_string(key, value, None);
        call.out.ok();
        call.effect = Effect::AsTyped;
        return Flow::Done;
    }
    let before = call.server.keyspace.get(key, call.now_ms);
    let (there, kept) = (before.is_some(), before.and_then(|entry| entry.expires_at));
    if options.get {
        match before.map(|entry| &entry.value) {
            Some(Value::Str(bytes)) => call.out.bulk(bytes),
            Some(_) => return fail(call, WRONG_TYPE),
            None => call.out.null(),
        }
    }
    let equal = match (options.only_if, call.server.keyspace.get(key, call.now_ms).map(|entry| &entry.value))
    {
        (None, _) => true,
        (Some(wanted), Some(Value::Str(bytes))) => bytes == wanted,
        (Some(_), None) => false,
        (Some(_), Some(_)) => return fail(call, WRONG_TYPE),
    };
    if (options.only_new && there) || (options.only_old && !there) || !equal {
        if !options.get {
            call.out.null();
        }
        return Flow::Done;
    }
    let expires_at = if options.keep_end { kept } else { options.end };
    call.server.keyspace.put_string(key, value, expires_at);
    if !options.get {
        call.out.ok();
    }
    call.effect = if options.end.is_some() || options.get || options.only_if.is_some() {
        set_effect(key, value, expires_at)
    } else {
        Effect::AsTyped
    };
    Flow::Done
}

fn store(call: &mut Call<'_>, key: &[u8], value: Vec<u8>, expires_at: Option<u64>) {
    call.server.keyspace.put(key, Entry { value: Value::Str(value), expires_at });
}

/// A SET that means the same on any clock.
fn set_effect(key: &[u8], value: &[u8], expires_at: Option<u64>) -> Effect {
    Effect::Instead(vec![set_words(key, value, expires_at)])
}

fn set_words(key: &[u8], value: &[u8], expires_at: Option<u64>) -> Vec<Vec<u8>> {
    let mut words = vec![b"SET".to_vec(), key.to_vec(), value.to_vec()];
    if let Some(at) = expires_at {
        words.extend([b"PXAT".to_vec(), at.to_string().into_bytes()]);
    }
    words
}

pub(super) fn setnx(call: &mut Call<'_>) -> Flow {
    let (key, value) = (call.words[1], call.words[2]);
    let new = call.server.keyspace.get(key, call.now_ms).is_none();
    if new {
        call.server.keyspace.put_string(key, value, None);
        call.effect = Effect::AsTyped;
    }
    call.out.int(i64::from(new));
    Flow::Done
}

/// MSETEX numkeys key value... [NX|XX] [EX n|PX n|EXAT n|PXAT n|KEEPTTL]: all or none.
pub(super) fn msetex(call: &mut Call<'_>) -> Flow {
    let count =
        integer(call.words[1]).and_then(|count| usize::try_from(count).ok()).filter(|count| *count > 0);
    let Some(count) = count else { return fail(call, "ERR invalid numkeys value or out of range") };
    let after = count.saturating_mul(2).saturating_add(2);
    let Some(pairs) = call.words.get(2..after) else { return fail(call, SYNTAX) };
    let options = match SetOptions::read(call, after, "msetex") {
        Ok(options) if !options.persist && !options.get && options.only_if.is_none() => options,
        Ok(_) => return fail(call, SYNTAX),
        Err(error) => return fail(call, &error),
    };
    let kept =
        |call: &Call<'_>, key| call.server.keyspace.get(key, call.now_ms).map(|entry| entry.expires_at);
    let there = pairs.chunks_exact(2).filter(|pair| kept(call, pair[0]).is_some()).count();
    if (options.only_new && there > 0) || (options.only_old && there < count) {
        call.out.int(0);
        return Flow::Done;
    }
    let mut effects = Vec::with_capacity(count);
    for pair in pairs.chunks_exact(2) {
        let kept = kept(call, pair[0]).flatten().filter(|_| options.keep_end);
        let expires_at = kept.or(options.end);
        call.server.keyspace.put_string(pair[0], pair[1], expires_at);
        effects.push(set_words(pair[0], pair[1], expires_at));
    }
    call.effect = Effect::Instead(effects);
    call.out.int(1);
    Flow::Done
}

/// DELIFEQ key value: takes a string away if it is this one.
pub(super) fn delifeq(call: &mut Call<'_>) -> Flow {
    let key = call.words[1];
    match string(call, key).map(|found| found == Some(call.words[2])) {
        Ok(equal) => {
            if equal {
                call.server.keyspace.take(key, call.now_ms);
                call.effect = Effect::Instead(vec![vec![b"DEL".to_vec(), key.to_vec()]]);
            }
            call.out.int(i64::from(equal));
        }
        Err(error) => call.out.error(error),
    }
    Flow::Done
}

/// SETEX and PSETEX.
pub(super) fn setex(call: &mut Call<'_>) -> Flow {
    let (key, value) = (call.words[1], call.words[3]);
    let name = String::from_utf8_lossy(call.words[0]).to_ascii_lowercase();
    let unit: &[u8] = if name == "setex" { b"ex" } else { b"px" };
    match end(unit, call.words[2], call.now_ms, &name) {
        Ok(at) => {
            call.server.keyspace.put_string(key, value, Some(at));
            call.effect = set_effect(key, value, Some(at));
            call.out.ok();
        }
        Err(error) => call.out.error(&error),
    }
    Flow::Done
}

pub(super) fn getset(call: &mut Call<'_>) -> Flow {
    let (key, value) = (call.words[1], call.words[2]);
    match string(call, key).map(|found| found.map(<[u8]>::to_vec)) {
        Ok(Some(bytes)) => call.out.bulk(&bytes),
        Ok(None) => call.out.null(),
        Err(error) => return fail(call, error),
    }
    call.server.keyspace.put_string(key, value, None);
    call.effect = set_effect(key, value, None);
    Flow::Done
}

pub(super) fn getdel(call: &mut Call<'_>) -> Flow {
    let key = call.words[1];
    match string(call, key).map(|found| found.map(<[u8]>::to_vec)) {
        Ok(Some(bytes)) => {
            call.server.keyspace.take(key, call.now_ms);
            call.effect = Effect::Instead(vec![vec![b"DEL".to_vec(), key.to_vec()]]);
            call.out.bulk(&bytes);
        }
        Ok(None) => call.out.null(),
        Err(error) => call.out.error(error),
    }
    Flow::Done
}

pub(super) fn getex(call: &mut Call<'_>) -> Flow {
    let key = call.words[1];
    let options = match SetOptions::read(call, 2, "getex") {
        Ok(options) if !options.says_more_than_an_end() => options,
        Ok(_) => return fail(call, SYNTAX),
        Err(error) => return fail(call, &error),
    };
    match string(call, key).map(|found| found.map(<[u8]>::to_vec)) {
        Ok(Some(bytes)) => call.out.bulk(&bytes),
        Ok(None) => {
            call.out.null();
            return Flow::Done;
        }
        Err(error) => return fail(call, error),
    }
    if let Some(at) = options.end {
        call.server.keyspace.expire(key, Some(at), call.now_ms);
        let at = at.to_string().into_bytes();
        call.effect = Effect::Instead(vec![vec![b"PEXPIREAT".to_vec(), key.to_vec(), at]]);
    } else if options.persist {
        call.server.keyspace.expire(key, None, call.now_ms);
        call.effect = Effect::Instead(vec![vec![b"PERSIST".to_vec(), key.to_vec()]]);
    }
    Flow::Done
}

pub(super) fn mget(call: &mut Call<'_>) -> Flow {
    call.out.array(call.words.len() - 1);
    for key in &call.words[1..] {
        match call.server.keyspace.get(key, call.now_ms).map(|entry| &entry.value) {
            Some(Value::Str(bytes)) => call.out.bulk(bytes),
            _ => call.out.null(),
        }
    }
    Flow::Done
}

pub(super) fn mset(call: &mut Call<'_>) -> Flow {
    if call.words.len().is_multiple_of(2) {
        return fail(call, "ERR wrong number of arguments for 'mset' command");
    }
    for at in (1..call.words.len()).step_by(2) {
        store(call, call.words[at], call.words[at + 1].to_vec(), None);
    }
    call.effect = Effect::AsTyped;
    call.out.ok();
    Flow::Done
}

/// MSETNX: all or none.
pub(super) fn msetnx(call: &mut Call<'_>) -> Flow {
    if call.words.len().is_multiple_of(2) {
        return fail(call, "ERR wrong number of arguments for 'msetnx' command");
    }
    let pairs = call.words[1..].chunks_exact(2);
    let free = pairs.clone().all(|pair| call.server.keyspace.get(pair[0], call.now_ms).is_none());
    if free {
        for pair in pairs {
            store(call, pair[0], pair[1].to_vec(), None);
        }
        call.effect = Effect::AsTyped;
    }
    call.out.len(usize::from(free));
    Flow::Done
}

pub(super) fn append(call: &mut Call<'_>) -> Flow {
    let (key, more) = (call.words[1], call.words[2]);
    let len = match call.server.keyspace.value_mut(key, call.now_ms) {
        Some(Value::Str(bytes)) if bytes.len() + more.len() <= LONGEST => {
            bytes.extend_from_slice(more);
            bytes.len()
        }
        Some(Value::Str(_)) => {
            return fail(call, "ERR string exceeds maximum allowed size (proto-max-bulk-len)");
        }
        Some(_) => return fail(call, WRONG_TYPE),
        None => {
            store(call, key, more.to_vec(), None);
            more.len()
        }
    };
    call.effect = Effect::AsTyped;
    call.out.int(i64::try_from(len).unwrap_or(i64::MAX));
    Flow::Done
}

pub(super) fn strlen(call: &mut Call<'_>) -> Flow {
    match string(call, call.words[1]).map(|found| found.map_or(0, <[u8]>::len)) {
        Ok(len) => call.out.int(i64::try_from(len).unwrap_or(i64::MAX)),
        Err(error) => call.out.error(error),
    }
    Flow::Done
}

pub(super) fn getrange(call: &mut Call<'_>) -> Flow {
    let Some((first, last)) = integer(call.words[2]).zip(integer(call.words[3])) else {
        return fail(call, NOT_INTEGER);
    };
    match string(call, call.words[1]).map(|found| found.unwrap_or_default().to_vec()) {
        Ok(bytes) => {
            let span = super::values::text_span(first, last, bytes.len());
            call.out.bulk(bytes.get(span).unwrap_or_default());
        }
        Err(error) => call.out.error(error),
    }
    Flow::Done
}

pub(super) fn setrange(call: &mut Call<'_>) -> Flow {
    let (key, part) = (call.words[1], call.words[3]);
    let Some(at) = integer(call.words[2]) else { return fail(call, NOT_INTEGER) };
    let Some(at) = usize::try_from(at).ok().filter(|at| at.saturating_add(part.len()) <= LONGEST) else {
        return fail(call, "ERR offset is out of range");
    };
    let mut bytes = match string(call, key).map(|found| found.unwrap_or_default().to_vec()) {
        Ok(bytes) => bytes,
        Err(error) => return fail(call, error),
    };
    if part.is_empty() {
        call.out.int(i64::try_from(bytes.len()).unwrap_or(i64::MAX));
    } else {
        if bytes.len() < at + part.len() {
            bytes.resize(at + part.len(), 0);
        }
        bytes[at..at + part.len()].copy_from_slice(part);
        let kept = call.server.keyspace.get(key, call.now_ms).and_then(|entry| entry.expires_at);
        call.out.int(i64::try_from(bytes.len()).unwrap_or(i64::MAX));
        store(call, key, bytes, kept);
        call.effect = Effect::AsTyped;
    }
    Flow::Done
}

pub(super) fn incr(call: &mut Call<'_>) -> Flow {
    add(call, 1)
}

pub(super) fn decr(call: &mut Call<'_>) -> Flow {
    add(call, -1)
}

pub(super) fn incrby(call: &mut Call<'_>) -> Flow {
    match integer(call.words[2]) {
        Some(by) => add(call, by),
        None => fail(call, NOT_INTEGER),
    }
}

pub(super) fn decrby(call: &mut Call<'_>) -> Flow {
    match integer(call.words[2]) {
        Some(i64::MIN) => fail(call, "ERR decrement would overflow"),
        Some(by) => add(call, -by),
        None => fail(call, NOT_INTEGER),
    }
}

fn add(call: &mut Call<'_>, by: i64) -> Flow {
    let key = call.words[1];
    let before = match call.server.keyspace.value_mut(key, call.now_ms) {
        Some(Value::Str(bytes)) => integer(bytes),
        Some(_) => return fail(call, WRONG_TYPE),
        None => {
            store(call, key, b"0".to_vec(), None);
            Some(0)
        }
    };
    let Some(before) = before else { return fail(call, NOT_INTEGER) };
    let Some(after) = before.checked_add(by) else {
        return fail(call, "ERR increment or decrement would overflow");
    };
    if let Some(Value::Str(bytes)) = call.server.keyspace.value_mut(key, call.now_ms) {
        bytes.clear();
        bytes.extend_from_slice(itoa::Buffer::new().format(after).as_bytes());
    }
    call.effect = Effect::AsTyped;
    call.out.int(after);
    Flow::Done
}

/// INCRBYFLOAT: replicas are told the sum, as another machine might round otherwise.
pub(super) fn incrbyfloat(call: &mut Call<'_>) -> Flow {
    super::values::tried(call, |call| {
        let key = call.words[1];
        let before = string(call, key)?.map(<[u8]>::to_vec);
        let read = |bytes: &[u8]| Extended::read(bytes).ok_or("ERR value is not a valid float");
        let before = before.map_or(Ok(Extended::ZERO), |bytes| read(&bytes))?;
        let after = before.sum(read(call.words[2])?);
        let text = after.ok_or("ERR increment would produce NaN or Infinity")?.text().into_bytes();
        let kept = call.server.keyspace.get(key, call.now_ms).and_then(|entry| entry.expires_at);
        call.out.bulk(&text);
        store(call, key, text.clone(), kept);
        let words = vec![b"SET".to_vec(), key.to_vec(), text, b"KEEPTTL".to_vec()];
        call.effect = Effect::Instead(vec![words]);
        Ok(())
    })
}
