//! HSCAN, SSCAN and ZSCAN. The cursor is how many elements are still to be looked at, from the end on:
//! what is there all the time is told, whatever comes (at the end) and goes meanwhile.

use super::super::keys::matches;
use super::super::strings::{NOT_INTEGER, SYNTAX};
use super::super::{Call, Flow};
use super::{Refusal, tried};
use crate::native::values::{Hash, Held, Set, Sorted, integer};
use crate::resp::double;

/// What peers hold compactly they tell at once.
const SMALL: usize = 128;

struct Scan<'a> {
    cursor: usize,
    pattern: &'a [u8],
    wanted: usize,
    values: bool,
}

impl<'a> Scan<'a> {
    /// What is asked of a key that holds a `T`; `None` if there is no such key, whatever is asked.
    fn read<T: Held>(call: &Call<'a>) -> Result<Option<Self>, Refusal> {
        let cursor = call.words[2];
        let cursor = std::str::from_utf8(cursor).ok().and_then(|text| text.parse().ok());
        let mut scan =
            Self { cursor: cursor.ok_or("ERR invalid cursor")?, pattern: b"*", wanted: 10, values: true };
        if call.server.keyspace.held::<T>(call.words[1], call.now_ms)?.is_none() {
            return Ok(None);
        }
        let mut at = 3;
        while let Some(word) = call.words.get(at) {
            match (word.to_ascii_lowercase().as_slice(), call.words.get(at + 1)) {
                (b"match", Some(pattern)) => scan.pattern = pattern,
                (b"count", Some(count)) => {
                    let count = integer(count).ok_or(NOT_INTEGER)?;
                    scan.wanted = usize::try_from(count).ok().filter(|count| *count > 0).ok_or(SYNTAX)?;
                }
                (b"novalues", _) if call.words[0].eq_ignore_ascii_case(b"hscan") => {
                    scan.values = false;
                    at += 1;
                    continue;
                }
                _ => return Err(SYNTAX.into()),
            }
            at += 2;
        }
        Ok(Some(scan))
    }

    /// Which places to look at now, and the next cursor.
    fn step(&self, len: usize) -> (std::ops::Range<usize>, usize) {
        let end = if self.cursor == 0 { len } else { self.cursor.min(len) };
        let start = if len <= SMALL { 0 } else { end.saturating_sub(self.wanted) };
        (start..end, start)
    }
}

fn answer(call: &mut Call<'_>, next: usize, found: &[Vec<u8>]) {
    call.out.array(2);
    call.out.bulk(next.to_string().as_bytes());
    call.out.bulks(found);
}

pub(in super::super) fn hscan(call: &mut Call<'_>) -> Flow {
    tried(call, |call| {
        let Some(scan) = Scan::read::<Hash>(call)? else {
            answer(call, 0, &[]);
            return Ok(());
        };
        let hash = call.server.keyspace.held::<Hash>(call.words[1], call.now_ms)?;
        let (span, next) = scan.step(hash.map_or(0, Hash::len));
        let pairs =
            span.filter_map(|at| hash?.get_index(at)).filter(|(field, _)| matches(scan.pattern, field));
        let found: Vec<Vec<u8>> = pairs
            .flat_map(|(field, value)| std::iter::once(field).chain(scan.values.then_some(value)))
            .map(|bytes| bytes.to_vec())
            .collect();
        answer(call, next, &found);
        Ok(())
    })
}

pub(in super::super) fn sscan(call: &mut Call<'_>) -> Flow {
    tried(call, |call| {
        let Some(scan) = Scan::read::<Set>(call)? else {
            answer(call, 0, &[]);
            return Ok(());
        };
        let set = call.server.keyspace.held::<Set>(call.words[1], call.now_ms)?;
        let (span, next) = scan.step(set.map_or(0, Set::len));
        let found = span.filter_map(|at| set?.get_index(at)).filter(|member| matches(scan.pattern, member));
        let found: Vec<Vec<u8>> = found.map(|member| member.to_vec()).collect();
        answer(call, next, &found);
        Ok(())
    })
}

/// ZSCAN tells everything at once: a sorted set has no places that stay while scores change.
pub(in super::super) fn zscan(call: &mut Call<'_>) -> Flow {
    tried(call, |call| {
        let Some(scan) = Scan::read::<Sorted>(call)? else {
            answer(call, 0, &[]);
            return Ok(());
        };
        let sorted = call.server.keyspace.held::<Sorted>(call.words[1], call.now_ms)?;
        let pairs =
            sorted.into_iter().flat_map(Sorted::iter).filter(|(_, member)| matches(scan.pattern, member));
        let found: Vec<Vec<u8>> =
            pairs.flat_map(|(score, member)| [member.to_vec(), double(score.get()).into_bytes()]).collect();
        answer(call, 0, &found);
        Ok(())
    })
}
