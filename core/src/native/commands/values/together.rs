//! Several sets or sorted sets at once: what is in all of them, in any, in the first only.

use std::borrow::Cow;

use super::super::strings::SYNTAX;
use super::super::{Call, Flow};
use super::sorted::write_scored;
use super::{Refusal, count, number, tried};
use crate::native::keyspace::{Entry, Keyspace, Value};
use crate::native::values::{Bytes, Held as _, Score, Set, Sorted, WRONG_TYPE, float, members};

#[derive(Clone, Copy, PartialEq, Eq)]
enum How {
    Inter,
    Union,
    Diff,
}

impl How {
    /// From a command's name: `SINTERSTORE`, `zunion`.
    fn of(name: &[u8]) -> Self {
        match name.to_ascii_lowercase().get(1..) {
            Some(rest) if rest.starts_with(b"inter") => Self::Inter,
            Some(rest) if rest.starts_with(b"union") => Self::Union,
            _ => Self::Diff,
        }
    }
}

fn combined(call: &Call<'_>, how: How, keys: &[&[u8]]) -> Result<Set, Refusal> {
    let held = |key: &&[u8]| call.server.keyspace.held::<Set>(key, call.now_ms);
    let sets = keys.iter().map(held).collect::<Result<Vec<_>, _>>()?;
    let Some((first, rest)) = sets.split_first() else { return Ok(Set::default()) };
    let first = || first.iter().flat_map(|set| set.iter());
    let others =
        |member: &Bytes| rest.iter().filter(|set| set.is_some_and(|set| set.contains(member))).count();
    Ok(match how {
        How::Union => first()
            .chain(rest.iter().flat_map(|set| set.iter().flat_map(|set| set.iter())))
            .cloned()
            .collect(),
        How::Inter => first().filter(|member| others(member) == rest.len()).cloned().collect(),
        How::Diff => first().filter(|member| others(member) == 0).cloned().collect(),
    })
}

/// SINTER, SUNION and SDIFF.
pub(in super::super) fn sets(call: &mut Call<'_>) -> Flow {
    tried(call, |call| {
        let set = combined(call, How::of(call.words[0]), &call.words[1..])?;
        call.out.set(set.len());
        for member in members(&set) {
            call.out.bulk(member);
        }
        Ok(())
    })
}

/// SINTERSTORE, SUNIONSTORE and SDIFFSTORE.
pub(in super::super) fn store_sets(call: &mut Call<'_>) -> Flow {
    tried(call, |call| {
        let set = combined(call, How::of(call.words[0]), &call.words[2..])?;
        let len = set.len();
        store(call, set.held(), len);
        Ok(())
    })
}

/// SINTERCARD numkeys key... [LIMIT n].
pub(in super::super) fn sintercard(call: &mut Call<'_>) -> Flow {
    tried(call, |call| {
        // Only here too few keys have a complaint of their own.
        let keys = call.counted(1).map_err(|error| if error == SYNTAX { TOO_FEW.into() } else { error })?;
        let most = limit(&call.words[2 + keys.len()..])?;
        let len = combined(call, How::Inter, keys)?.len();
        call.out.len(len.min(most));
        Ok(())
    })
}

const TOO_FEW: &str = "ERR Number of keys can't be greater than number of args";

/// Up to how many are counted: `[LIMIT n]`, where 0 is no bound.
fn limit(words: &[&[u8]]) -> Result<usize, Refusal> {
    match words {
        [] => Ok(usize::MAX),
        [word, most] if word.eq_ignore_ascii_case(b"limit") => {
            let most = count(most).map_err(|_| "ERR LIMIT can't be negative")?;
            Ok(if most == 0 { usize::MAX } else { most })
        }
        _ => Err(SYNTAX.into()),
    }
}

/// Puts what came out in the first argument's place; nothing is put as nothing.
pub(super) fn store(call: &mut Call<'_>, value: Value, len: usize) {
    store_at(call, call.words[1], value, len);
}

/// The same in the place of this key.
pub(super) fn store_at(call: &mut Call<'_>, key: &[u8], value: Value, len: usize) {
    let before = call.server.keyspace.take(key, call.now_ms).is_some();
    if len > 0 {
        call.server.keyspace.put(key, Entry { value, expires_at: None });
    }
    if before || len > 0 {
        call.changed(key);
    }
    call.out.len(len);
}

#[derive(Clone, Copy)]
enum Aggregate {
    Sum,
    Min,
    Max,
}

impl Aggregate {
    fn of(self, so_far: f64, next: f64) -> f64 {
        match self {
            // Of two zeros the first stays, whatever its sign.
            Self::Min => {
                if next < so_far {
                    next
                } else {
                    so_far
                }
            }
            Self::Max => {
                if next > so_far {
                    next
                } else {
                    so_far
                }
            }
            // The infinities cancel each other out.
            Self::Sum => float::sum(so_far, next).unwrap_or(0.0),
        }
    }
}

/// What is to be combined, and how.
struct Plan<'a> {
    keys: &'a [&'a [u8]],
    weights: Vec<f64>,
    aggregate: Aggregate,
    with_scores: bool,
}

impl<'a> Plan<'a> {
    fn read(call: &Call<'a>, at: usize, stores: bool) -> Result<Self, Refusal> {
        number(call.words[at])?;
        let keys = call.counted(at).map_err(|error| -> Refusal {
            let name = String::from_utf8_lossy(call.words[0]).to_ascii_lowercase();
            if error.contains("numkeys") {
                Cow::Owned(format!("ERR at least 1 input key is needed for '{name}' command"))
            } else {
                error
            }
        })?;
        // Peers look at the keys before they read on.
        for key in keys {
            scores(&call.server.keyspace, key, call.now_ms)?;
        }
        let weighs = How::of(call.words[0]) != How::Diff;
        let mut plan =
            Self { keys, weights: vec![1.0; keys.len()], aggregate: Aggregate::Sum, with_scores: false };
        let mut rest = &call.words[at + 1 + keys.len()..];
        while let Some((option, after)) = rest.split_first() {
            rest = after;
            match option.to_ascii_lowercase().as_slice() {
                b"withscores" if !stores => plan.with_scores = true,
                b"weights" if weighs => {
                    let (weights, after) = rest.split_at_checked(keys.len()).ok_or(SYNTAX)?;
                    let weights: Option<Vec<f64>> =
                        weights.iter().map(|weight| float::read(weight)).collect();
                    plan.weights = weights.ok_or("ERR weight value is not a float")?;
                    rest = after;
                }
                b"aggregate" if weighs => {
                    let (how, after) = rest.split_first().ok_or(SYNTAX)?;
                    plan.aggregate = match how.to_ascii_lowercase().as_slice() {
                        b"sum" => Aggregate::Sum,
                        b"min" => Aggregate::Min,
                        b"max" => Aggregate::Max,
                        _ => return Err(SYNTAX.into()),
                    };
                    rest = after;
                }
                _ => return Err(SYNTAX.into()),
            }
        }
        Ok(plan)
    }

    fn carried_out(&self, keyspace: &Keyspace, now_ms: u64, how: How) -> Result<Sorted, Refusal> {
        let mut inputs = Vec::with_capacity(self.keys.len());
        for (key, weight) in self.keys.iter().zip(&self.weights) {
            inputs.push(Input { value: scores(keyspace, key, now_ms)?, weight: *weight });
        }
        if how != How::Diff {
            // Peers begin with the smallest; it shows in signs of zero and in sums that round.
            inputs.sort_by_key(Input::len);
        }
        let Some((first, rest)) = inputs.split_first() else { return Ok(Sorted::default()) };
        let mut out = Sorted::large();
        let mut put = |member: &[u8], score: f64| {
            if let Some(score) = Score::new(score) {
                out.insert(member, score);
            }
        };
        match how {
            How::Diff => {
                for (score, member) in first.iter() {
                    if rest.iter().all(|input| input.score(member).is_none()) {
                        put(member, score);
                    }
                }
            }
            How::Inter => {
                for (score, member) in first.iter() {
                    let others: Option<Vec<f64>> = rest.iter().map(|input| input.score(member)).collect();
                    let Some(others) = others else { continue };
                    let first = float::or_zero(score);
                    put(member, others.into_iter().fold(first, |sum, score| self.aggregate.of(sum, score)));
                }
            }
            How::Union => {
                for input in &inputs {
                    for (_, member) in input.iter() {
                        let scores =
                            inputs.iter().filter_map(|input| input.score(member)).map(float::or_zero);
                        put(member, scores.reduce(|sum, score| self.aggregate.of(sum, score)).unwrap_or(0.0));
                    }
                }
            }
        }
        Ok(out)
    }
}

/// One of the sorted sets (or sets, whose scores are 1) to combine.
struct Input<'k> {
    value: Option<&'k Value>,
    weight: f64,
}

/// The sorted set, or the set, that a key holds.
fn scores<'k>(keyspace: &'k Keyspace, key: &[u8], now_ms: u64) -> Result<Option<&'k Value>, Refusal> {
    match keyspace.get(key, now_ms).map(|entry| &entry.value) {
        None => Ok(None),
        Some(value @ (Value::Sorted(_) | Value::Set(_))) => Ok(Some(value)),
        Some(_) => Err(WRONG_TYPE.into()),
    }
}

impl Input<'_> {
    fn len(&self) -> usize {
        match self.value {
            Some(Value::Sorted(sorted)) => sorted.len(),
            Some(Value::Set(set)) => set.len(),
            _ => 0,
        }
    }

    fn weighed(&self, score: f64) -> f64 {
        float::product(score, self.weight)
    }

    fn score(&self, member: &[u8]) -> Option<f64> {
        let score = match self.value? {
            Value::Sorted(sorted) => sorted.score(member)?.get(),
            Value::Set(set) if set.contains(member) => 1.0,
            _ => return None,
        };
        Some(self.weighed(score))
    }

    fn iter(&self) -> impl Iterator<Item = (f64, &[u8])> {
        let sorted = self.value.and_then(Sorted::of).into_iter().flat_map(Sorted::iter);
        let set = self.value.and_then(Set::of).into_iter().flatten();
        let all =
            sorted.map(|(score, member)| (score.get(), member)).chain(set.map(|member| (1.0, &**member)));
        all.map(|(score, member)| (self.weighed(score), member))
    }
}

/// ZINTER, ZUNION and ZDIFF.
pub(in super::super) fn sorted(call: &mut Call<'_>) -> Flow {
    tried(call, |call| {
        let plan = Plan::read(call, 1, false)?;
        let out = plan.carried_out(&call.server.keyspace, call.now_ms, How::of(call.words[0]))?;
        let found: Vec<_> = out.iter().collect();
        write_scored(call.out, &found, plan.with_scores);
        Ok(())
    })
}

/// ZINTERSTORE, ZUNIONSTORE and ZDIFFSTORE.
pub(in super::super) fn store_sorted(call: &mut Call<'_>) -> Flow {
    tried(call, |call| {
        let plan = Plan::read(call, 2, true)?;
        let mut out = plan.carried_out(&call.server.keyspace, call.now_ms, How::of(call.words[0]))?;
        out.settle();
        let len = out.len();
        store(call, out.held(), len);
        Ok(())
    })
}

/// ZINTERCARD numkeys key... [LIMIT n].
pub(in super::super) fn zintercard(call: &mut Call<'_>) -> Flow {
    tried(call, |call| {
        let keys = call.counted(1)?;
        let plan =
            Plan { keys, weights: vec![1.0; keys.len()], aggregate: Aggregate::Sum, with_scores: false };
        let len = plan.carried_out(&call.server.keyspace, call.now_ms, How::Inter)?.len();
        call.out.len(len.min(limit(&call.words[2 + keys.len()..])?));
        Ok(())
    })
}
