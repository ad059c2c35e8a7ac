//! Keys whatever they hold: taken away, ended, named, counted.

use super::strings::{NOT_INTEGER, SYNTAX, integer};
use super::{Call, Effect, Flow};
use crate::base::{SLOTS, Slot};

fn count(call: &mut Call<'_>, count: usize) -> Flow {
    call.out.int(i64::try_from(count).unwrap_or(i64::MAX));
    Flow::Done
}

/// DEL and UNLINK.
pub(super) fn del(call: &mut Call<'_>) -> Flow {
    let now = call.now_ms;
    let gone = call.words[1..].iter().filter(|key| call.server.keyspace.take(key, now).is_some()).count();
    if gone > 0 {
        call.effect = Effect::AsTyped;
    }
    count(call, gone)
}

/// EXISTS and TOUCH.
pub(super) fn exists(call: &mut Call<'_>) -> Flow {
    let now = call.now_ms;
    let here = call.words[1..].iter().filter(|key| call.server.keyspace.get(key, now).is_some()).count();
    count(call, here)
}

pub(super) fn kind(call: &mut Call<'_>) -> Flow {
    let entry = call.server.keyspace.get(call.words[1], call.now_ms);
    call.out.simple(entry.map_or("none", |entry| entry.value.kind()));
    Flow::Done
}

/// EXPIRE, PEXPIRE, EXPIREAT and PEXPIREAT.
pub(super) fn expire(call: &mut Call<'_>) -> Flow {
    let key = call.words[1];
    let name = String::from_utf8_lossy(call.words[0]).to_ascii_lowercase();
    let Some(number) = integer(call.words[2]) else {
        call.out.error(NOT_INTEGER);
        return Flow::Done;
    };
    let millis = if name.starts_with('p') { Some(number) } else { number.checked_mul(1000) };
    let base = if name.ends_with("at") { 0 } else { i64::try_from(call.now_ms).unwrap_or(i64::MAX) };
    let Some(at) = millis.and_then(|millis| millis.checked_add(base)) else {
        call.out.error(&format!("ERR invalid expire time in '{name}' command"));
        return Flow::Done;
    };
    let at = u64::try_from(at).unwrap_or(0);
    let current = call.server.keyspace.get(key, call.now_ms).map(|entry| entry.expires_at);
    let Some(current) = current else { return count(call, 0) };
    for word in &call.words[3..] {
        let fits = match word.to_ascii_lowercase().as_slice() {
            b"nx" => current.is_none(),
            b"xx" => current.is_some(),
            b"gt" => current.is_some_and(|current| at > current),
            b"lt" => current.is_none_or(|current| at < current),
            _ => {
                call.out.error(&format!("ERR Unsupported option {}", String::from_utf8_lossy(word)));
                return Flow::Done;
            }
        };
        if !fits {
            return count(call, 0);
        }
    }
    if at <= call.now_ms && call.client.id != 0 {
        call.server.keyspace.take(key, call.now_ms);
        call.effect = Effect::Instead(vec![vec![b"UNLINK".to_vec(), key.to_vec()]]);
    } else {
        call.server.keyspace.expire(key, Some(at), call.now_ms);
        let at = at.to_string().into_bytes();
        call.effect = Effect::Instead(vec![vec![b"PEXPIREAT".to_vec(), key.to_vec(), at]]);
    }
    count(call, 1)
}

pub(super) fn persist(call: &mut Call<'_>) -> Flow {
    let key = call.words[1];
    let ends = call.server.keyspace.get(key, call.now_ms).is_some_and(|entry| entry.expires_at.is_some());
    if ends {
        call.server.keyspace.expire(key, None, call.now_ms);
        call.effect = Effect::AsTyped;
    }
    count(call, usize::from(ends))
}

/// TTL, PTTL, EXPIRETIME and PEXPIRETIME.
pub(super) fn ttl(call: &mut Call<'_>) -> Flow {
    let name = call.words[0].to_ascii_lowercase();
    let left = match call.server.keyspace.get(call.words[1], call.now_ms).map(|entry| entry.expires_at) {
        None => -2,
        Some(None) => -1,
        Some(Some(at)) => {
            let from = if name.ends_with(b"time") { 0 } else { call.now_ms };
            let millis = i64::try_from(at.saturating_sub(from)).unwrap_or(i64::MAX);
            match name.as_slice() {
                b"ttl" => (millis + 500) / 1000,
                b"expiretime" => millis / 1000,
                _ => millis,
            }
        }
    };
    call.out.int(left);
    Flow::Done
}

pub(super) fn dbsize(call: &mut Call<'_>) -> Flow {
    let len = call.server.keyspace.len();
    count(call, len)
}

/// FLUSHALL and FLUSHDB.
pub(super) fn flush(call: &mut Call<'_>) -> Flow {
    if call.words.len() > 2 || (call.words.len() == 2 && !call.is(1, "async") && !call.is(1, "sync")) {
        call.out.error(SYNTAX);
        return Flow::Done;
    }
    call.server.keyspace.clear();
    call.effect = Effect::AsTyped;
    call.out.ok();
    Flow::Done
}

pub(super) fn keys(call: &mut Call<'_>) -> Flow {
    let (pattern, now) = (call.words[1], call.now_ms);
    let found: Vec<&[u8]> = call
        .server
        .keyspace
        .iter()
        .filter(|(_, entry)| entry.expires_at.is_none_or(|at| at > now))
        .map(|(key, _)| key)
        .filter(|key| matches(pattern, key))
        .collect();
    call.out.array(found.len());
    for key in found {
        call.out.bulk(key);
    }
    Flow::Done
}

/// The words of TYPE.
const KINDS: [&[u8]; 6] = [b"string", b"list", b"set", b"zset", b"hash", b"stream"];

/// SCAN: the cursor is the slot to go on with, so what is there all the time is told once.
pub(super) fn scan(call: &mut Call<'_>) -> Flow {
    let Some(mut cursor) = call.text(1).and_then(|text| text.parse::<u64>().ok()) else {
        call.out.error("ERR invalid cursor");
        return Flow::Done;
    };
    let (mut pattern, mut wanted, mut kind): (&[u8], usize, Option<Vec<u8>>) = (b"*", 10, None);
    for at in (2..call.words.len()).step_by(2) {
        let Some(value) = call.words.get(at + 1).copied() else {
            call.out.error(SYNTAX);
            return Flow::Done;
        };
        match call.words[at].to_ascii_lowercase().as_slice() {
            b"match" => pattern = value,
            b"count" => {
                let count = integer(value).ok_or(NOT_INTEGER);
                let count = count.and_then(|count| usize::try_from(count).map_err(|_| SYNTAX));
                match count.and_then(|count| if count > 0 { Ok(count) } else { Err(SYNTAX) }) {
                    Ok(count) => wanted = count,
                    Err(error) => {
                        call.out.error(error);
                        return Flow::Done;
                    }
                }
            }
            b"type" => {
                let word = value.to_ascii_lowercase();
                if !KINDS.contains(&word.as_slice()) {
                    let word = String::from_utf8_lossy(value).into_owned();
                    call.out.error(&format!("ERR unknown type name '{word}'"));
                    return Flow::Done;
                }
                kind = Some(word);
            }
            _ => {
                call.out.error(SYNTAX);
                return Flow::Done;
            }
        }
    }
    let (keyspace, now) = (&call.server.keyspace, call.now_ms);
    let mut found: Vec<&[u8]> = Vec::new();
    let mut seen = 0;
    while let Some(slot) = u16::try_from(cursor).ok().and_then(Slot::new) {
        for key in keyspace.in_slot(slot) {
            seen += 1;
            let Some(entry) = keyspace.get(key, now) else { continue };
            let fits = kind.as_ref().is_none_or(|kind| entry.value.kind().as_bytes() == kind.as_slice());
            if fits && matches(pattern, key) {
                found.push(key);
            }
        }
        cursor += 1;
        if seen >= wanted {
            break;
        }
    }
    let next = if cursor >= u64::from(SLOTS) { 0 } else { cursor };
    call.out.array(2);
    call.out.bulk(next.to_string().as_bytes());
    call.out.array(found.len());
    for key in found {
        call.out.bulk(key);
    }
    Flow::Done
}

pub(super) fn random(call: &mut Call<'_>) -> Flow {
    let now = call.now_ms;
    // Starting anywhere is as good as chance for who looks for a sample.
    let from = usize::try_from(now % u64::from(SLOTS)).unwrap_or(0);
    let any =
        call.server.keyspace.iter_from(from).find(|(_, entry)| entry.expires_at.is_none_or(|at| at > now));
    match any {
        Some((key, _)) => call.out.bulk(key),
        None => call.out.null(),
    }
    Flow::Done
}

/// Whether a key fits a pattern of `*`, `?`, `[a-z]`, `[^a]` and `\` for the letter itself.
pub fn matches(pattern: &[u8], key: &[u8]) -> bool {
    // Where the last star was, and what it has swallowed so far: one is enough to come back to.
    let (mut p, mut k, mut star) = (0, 0, None);
    while k < key.len() {
        match one(&pattern[p..], key[k]) {
            Some(used) if pattern[p] != b'*' => {
                p += used;
                k += 1;
            }
            _ if pattern.get(p) == Some(&b'*') => {
                star = Some((p, k));
                p += 1;
            }
            _ => {
                let Some((at, swallowed)) = star else { return false };
                star = Some((at, swallowed + 1));
                (p, k) = (at + 1, swallowed + 1);
            }
        }
    }
    pattern[p..].iter().all(|rest| *rest == b'*')
}

/// How much of the pattern's front fits one byte.
fn one(pattern: &[u8], byte: u8) -> Option<usize> {
    match *pattern.first()? {
        b'?' => Some(1),
        b'\\' if pattern.len() > 1 => (pattern[1] == byte).then_some(2),
        b'[' => {
            let not = pattern.get(1) == Some(&b'^');
            let start = if not { 2 } else { 1 };
            let mut at = start;
            let mut inside = false;
            while at < pattern.len() && (pattern[at] != b']' || at == start) {
                if pattern[at] == b'\\' && at + 1 < pattern.len() {
                    at += 1;
                    inside |= pattern[at] == byte;
                } else if at + 2 < pattern.len() && pattern[at + 1] == b'-' && pattern[at + 2] != b']' {
                    let (low, high) = (pattern[at].min(pattern[at + 2]), pattern[at].max(pattern[at + 2]));
                    inside |= (low..=high).contains(&byte);
                    at += 2;
                } else {
                    inside |= pattern[at] == byte;
                }
                at += 1;
            }
            (inside != not).then_some((at + 1).min(pattern.len()))
        }
        letter => (letter == byte).then_some(1),
    }
}

#[cfg(test)]
mod tests {
    use super::matches;

    #[test]
    fn patterns_fit_as_they_do_elsewhere() {
        for (pattern, key, fits) in [
            ("*", "", true),
            ("a*c", "abbc", true),
            ("a*c", "abcb", false),
            ("*a*b*", "xxaxxbxx", true),
            ("h?llo", "hello", true),
            ("h?llo", "hllo", false),
            ("h[ae]llo", "hallo", true),
            ("h[^e]llo", "hello", false),
            ("h[a-c]llo", "hbllo", true),
            ("h[c-a]llo", "hbllo", true),
            ("\\*", "*", true),
            ("\\*", "x", false),
            ("", "x", false),
            ("[", "x", false),
        ] {
            assert_eq!(matches(pattern.as_bytes(), key.as_bytes()), fits, "{pattern} {key}");
        }
    }

    #[test]
    fn a_pattern_of_many_stars_does_not_explode() {
        let pattern = "a*".repeat(40) + "b";
        assert!(!matches(pattern.as_bytes(), "a".repeat(10_000).as_bytes()));
    }
}
