//! Commands that wait for elements: BLPOP and its family. Each tries again whenever something was written.

use std::rc::Rc;

use super::super::replication::{left, over};
use super::super::{Call, Effect, Flow};
use super::lists::{self, Side};
use super::{Refusal, sorted};

/// BLPOP key... timeout.
pub(in super::super) fn blpop(call: &mut Call<'_>) -> Flow {
    from_first(call, |call, key| lists::take_one(call, key, Side::Left))
}

/// BRPOP key... timeout.
pub(in super::super) fn brpop(call: &mut Call<'_>) -> Flow {
    from_first(call, |call, key| lists::take_one(call, key, Side::Right))
}

/// BZPOPMIN key... timeout.
pub(in super::super) fn bzpopmin(call: &mut Call<'_>) -> Flow {
    from_first(call, |call, key| sorted::take_one(call, key, false))
}

/// BZPOPMAX key... timeout.
pub(in super::super) fn bzpopmax(call: &mut Call<'_>) -> Flow {
    from_first(call, |call, key| sorted::take_one(call, key, true))
}

/// BLMPOP timeout numkeys key... LEFT|RIGHT [COUNT n].
pub(in super::super) fn blmpop(call: &mut Call<'_>) -> Flow {
    attempt(call, |call| {
        let several = lists::Several::read(call, 2)?;
        let patience = patience(call.words[1])?;
        Ok((patience, several.take(call)?))
    })
}

/// BZMPOP timeout numkeys key... MIN|MAX [COUNT n].
pub(in super::super) fn bzmpop(call: &mut Call<'_>) -> Flow {
    attempt(call, |call| {
        let several = sorted::Several::read(call, 2)?;
        let patience = patience(call.words[1])?;
        Ok((patience, several.take(call)?))
    })
}

/// BLMOVE from to LEFT|RIGHT LEFT|RIGHT timeout.
pub(in super::super) fn blmove(call: &mut Call<'_>) -> Flow {
    attempt(call, |call| {
        let (from, to) = (Side::read(call.words[3])?, Side::read(call.words[4])?);
        moved(call, from, to, b"LMOVE")
    })
}

/// BRPOPLPUSH from to timeout.
pub(in super::super) fn brpoplpush(call: &mut Call<'_>) -> Flow {
    attempt(call, |call| moved(call, Side::Right, Side::Left, b"RPOPLPUSH"))
}

/// Passes an element on; replicas do the same without waiting.
fn moved(call: &mut Call<'_>, from: Side, to: Side, name: &[u8]) -> Result<(u64, bool), Refusal> {
    let Some((timeout, words)) = call.words.split_last() else { return Ok((0, false)) };
    let patience = patience(timeout)?;
    let done = lists::pass(call, from, to)?;
    if done {
        let arguments = words[1..].iter().map(|word| word.to_vec());
        call.effect = Effect::Instead(vec![std::iter::once(name.to_vec()).chain(arguments).collect()]);
    } else if call.in_transaction {
        // Here it is the command that does not wait, whose nothing is another one.
        call.out.null();
        return Ok((patience, true));
    }
    Ok((patience, done))
}

/// From the first key that holds something.
fn from_first(call: &mut Call<'_>, take: fn(&mut Call<'_>, &[u8]) -> Result<bool, Refusal>) -> Flow {
    attempt(call, |call| {
        let Some((timeout, words)) = call.words.split_last() else { return Ok((0, false)) };
        let patience = patience(timeout)?;
        for key in &words[1..] {
            if take(call, key)? {
                return Ok((patience, true));
            }
        }
        Ok((patience, false))
    })
}

/// Milliseconds to wait at most, of a word that says seconds; 0 for no bound.
fn patience(word: &[u8]) -> Result<u64, Refusal> {
    let seconds = std::str::from_utf8(word).ok().and_then(|text| text.parse::<f64>().ok());
    let seconds =
        seconds.filter(|seconds| !seconds.is_nan()).ok_or("ERR timeout is not a float or out of range")?;
    if seconds < 0.0 {
        return Err("ERR timeout is negative".into());
    }
    let waits = std::time::Duration::try_from_secs_f64(seconds);
    let millis = waits.ok().and_then(|waits| u64::try_from(waits.as_micros().div_ceil(1000)).ok());
    let millis = millis.filter(|millis| i64::try_from(*millis).is_ok());
    Ok(millis.ok_or("ERR timeout is out of range")?)
}

/// Tries once: what to wait for at most, and whether it is answered.
fn attempt(call: &mut Call<'_>, work: impl FnOnce(&mut Call<'_>) -> Result<(u64, bool), Refusal>) -> Flow {
    match work(call) {
        Err(error) => call.out.error(&error),
        Ok((_, true)) => {}
        Ok((_, false)) if over(call) => call.out.null_array(),
        Ok((patience, false)) => {
            let left = left(call, patience);
            return Flow::Again(Rc::clone(&call.server.feed.grown), left);
        }
    }
    call.client.waits_until = None;
    Flow::Done
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn seconds_are_read_as_peers_read_them() {
        for (text, millis) in [("0", 0), ("0.01", 10), ("1.5", 1500), ("0.0001", 1), ("1e3", 1_000_000)] {
            assert_eq!(patience(text.as_bytes()), Ok(millis), "{text}");
        }
        for (text, error) in [
            ("-1", "ERR timeout is negative"),
            ("x", "ERR timeout is not a float or out of range"),
            ("nan", "ERR timeout is not a float or out of range"),
            ("inf", "ERR timeout is out of range"),
            ("1e400", "ERR timeout is out of range"),
        ] {
            assert_eq!(patience(text.as_bytes()), Err(error.into()), "{text}");
        }
    }
}
