//! SORT and `SORT_RO`: what a list, a set or a sorted set holds, in another order.

use std::cmp::Ordering;
use std::collections::VecDeque;

use super::super::strings::SYNTAX;
use super::super::{Call, Flow};
use super::{Refusal, number, together, tried};
use crate::native::keyspace::{Keyspace, Value, slot_of};
use crate::native::values::{Bytes, Hash, Held as _, List, WRONG_TYPE, float, members};

/// What is to be sorted, and how.
#[derive(Default)]
struct Plan<'a> {
    by: Option<&'a [u8]>,
    get: Vec<&'a [u8]>,
    limit: Option<(i64, i64)>,
    descending: bool,
    alphabetic: bool,
    store: Option<&'a [u8]>,
}

impl<'a> Plan<'a> {
    fn read(words: &[&'a [u8]], may_store: bool) -> Result<Self, Refusal> {
        let (key, mut rest) = (words[1], &words[2..]);
        let mut plan = Self::default();
        while let Some((option, after)) = rest.split_first() {
            rest = after;
            let mut next = || {
                let (value, after) = rest.split_first().ok_or(SYNTAX)?;
                rest = after;
                Ok::<_, Refusal>(*value)
            };
            match option.to_ascii_lowercase().as_slice() {
                b"asc" => plan.descending = false,
                b"desc" => plan.descending = true,
                b"alpha" => plan.alphabetic = true,
                b"limit" if after.len() >= 2 => plan.limit = Some((number(next()?)?, number(next()?)?)),
                b"store" if may_store => plan.store = Some(next()?),
                b"by" => {
                    let pattern = next()?;
                    if pattern.contains(&b'*') && !is_near(pattern, key) {
                        return Err(far("BY"));
                    }
                    plan.by = Some(pattern);
                }
                b"get" => {
                    let pattern = next()?;
                    if pattern != b"#" && !is_near(pattern, key) {
                        return Err(far("GET"));
                    }
                    plan.get.push(pattern);
                }
                _ => return Err(SYNTAX.into()),
            }
        }
        Ok(plan)
    }

    /// Whether the elements stay in the order that they have.
    fn keeps_order(&self) -> bool {
        self.by.is_some_and(|pattern| !pattern.contains(&b'*'))
    }

    fn sorted(&self, keyspace: &Keyspace, key: &[u8], now_ms: u64) -> Result<Vec<Bytes>, Refusal> {
        let value = keyspace.get(key, now_ms).map(|entry| &entry.value);
        let mut found: Vec<Bytes> = match value {
            None => Vec::new(),
            Some(Value::List(list)) => list.iter().cloned().collect(),
            Some(Value::Set(set)) => members(set).into_iter().map(Bytes::from).collect(),
            Some(Value::Sorted(sorted)) => sorted.iter().map(|(_, member)| member.into()).collect(),
            Some(_) => return Err(WRONG_TYPE.into()),
        };
        // A set has no order that replicas would have, too.
        let names = self.keeps_order() && self.store.is_some() && matches!(value, Some(Value::Set(_)));
        if names {
            found.sort();
        } else if !self.keeps_order() {
            found = self.ranked(keyspace, found, now_ms)?;
        }
        if self.descending {
            found.reverse();
        }
        Ok(self.limit.map_or(found.as_slice(), |(offset, most)| part(&found, offset, most)).to_vec())
    }

    /// The elements from the lowest weight to the highest.
    fn ranked(&self, keyspace: &Keyspace, found: Vec<Bytes>, now_ms: u64) -> Result<Vec<Bytes>, Refusal> {
        let weight = |element: &Bytes| match self.by {
            None => Some(element.clone()),
            Some(pattern) => fetched(keyspace, pattern, element, now_ms),
        };
        if self.alphabetic {
            let mut weighed: Vec<(Option<Bytes>, Bytes)> =
                found.into_iter().map(|element| (weight(&element), element)).collect();
            weighed.sort();
            return Ok(weighed.into_iter().map(|(_, element)| element).collect());
        }
        let weighed = found.into_iter().map(|element| {
            let weight = weight(&element).map_or(Some(0.0), |text| float::read(&text));
            Ok((weight.ok_or("ERR One or more scores can't be converted into double")?, element))
        });
        let mut weighed = weighed.collect::<Result<Vec<(f64, Bytes)>, Refusal>>()?;
        weighed.sort_by(|(left, one), (right, other)| {
            left.partial_cmp(right).unwrap_or(Ordering::Equal).then_with(|| one.cmp(other))
        });
        Ok(weighed.into_iter().map(|(_, element)| element).collect())
    }

    /// What is answered for each element.
    fn shown(&self, keyspace: &Keyspace, found: Vec<Bytes>, now_ms: u64) -> Vec<Option<Bytes>> {
        if self.get.is_empty() {
            return found.into_iter().map(Some).collect();
        }
        let of = |element: &Bytes, pattern: &[u8]| match pattern {
            b"#" => Some(element.clone()),
            pattern => fetched(keyspace, pattern, element, now_ms),
        };
        found.iter().flat_map(|element| self.get.iter().map(|pattern| of(element, pattern))).collect()
    }
}

/// The elements from an offset on, as many as are wanted; all if that is negative.
fn part(found: &[Bytes], offset: i64, most: i64) -> &[Bytes] {
    let rest = found.get(usize::try_from(offset).unwrap_or(0)..).unwrap_or_default();
    let most = usize::try_from(most).unwrap_or(usize::MAX);
    rest.get(..most).unwrap_or(rest)
}

fn far(option: &str) -> Refusal {
    format!(
        "ERR {option} option of SORT denied in Cluster mode when keys formed by the pattern may be in different \
         slots."
    )
    .into()
}

/// Whether every key that the pattern forms is in the slot of this one.
fn is_near(pattern: &[u8], key: &[u8]) -> bool {
    let fixed = match pattern.iter().position(|byte| *byte == b'*') {
        None => pattern,
        Some(star) => {
            // Only a tag that is whole before the star decides alone.
            let Some(end) = pattern[..star].iter().rposition(|byte| *byte == b'}') else { return false };
            let Some(open) = pattern[..end].iter().position(|byte| *byte == b'{') else { return false };
            if pattern[open + 1..].iter().position(|byte| *byte == b'}') == Some(0) {
                return false;
            }
            &pattern[..=end]
        }
    };
    slot_of(fixed) == slot_of(key)
}

/// What stands where the pattern leads with the element in the star's place: a string, or a field behind `->`.
fn fetched(keyspace: &Keyspace, pattern: &[u8], element: &[u8], now_ms: u64) -> Option<Bytes> {
    let star = pattern.iter().position(|byte| *byte == b'*')?;
    let (before, behind) = (&pattern[..star], &pattern[star + 1..]);
    let arrow = behind.windows(2).position(|pair| pair == b"->").filter(|at| at + 2 < behind.len());
    let (behind, field) = arrow.map_or((behind, None), |at| (&behind[..at], Some(&behind[at + 2..])));
    let key = [before, element, behind].concat();
    let value = &keyspace.get(&key, now_ms)?.value;
    match (field, value) {
        (None, Value::Str(bytes)) => Some(bytes.as_slice().into()),
        (Some(field), value) => Hash::of(value)?.get(field).cloned(),
        _ => None,
    }
}

pub(in super::super) fn sort(call: &mut Call<'_>) -> Flow {
    run(call, true)
}

pub(in super::super) fn sort_ro(call: &mut Call<'_>) -> Flow {
    run(call, false)
}

fn run(call: &mut Call<'_>, may_store: bool) -> Flow {
    tried(call, |call| {
        let plan = Plan::read(call.words, may_store)?;
        let (keyspace, now_ms) = (&call.server.keyspace, call.now_ms);
        let found = plan.shown(keyspace, plan.sorted(keyspace, call.words[1], now_ms)?, now_ms);
        if let Some(to) = plan.store {
            let list: VecDeque<Bytes> = found.into_iter().map(Option::unwrap_or_default).collect();
            let len = list.len();
            together::store_at(call, to, List::held(list), len);
            return Ok(());
        }
        call.out.array(found.len());
        for element in found {
            match element {
                Some(bytes) => call.out.bulk(&bytes),
                None => call.out.null(),
            }
        }
        Ok(())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pattern_is_near_if_its_tag_is() {
        for (pattern, near) in [
            ("{t}w_*", true),
            ("a{t}*->f", true),
            ("w_*", false),
            ("*{t}", false),
            ("{*}t", false),
            ("{t*}", false),
            ("{u}*", false),
            ("{}*", false),
            ("{t}fixed", true),
            ("fixed", false),
        ] {
            assert_eq!(is_near(pattern.as_bytes(), b"{t}key"), near, "{pattern}");
        }
    }

    #[test]
    fn a_part_stays_within() {
        let found: Vec<Bytes> = ["a", "b", "c"].map(|text| text.as_bytes().into()).into();
        for (offset, most, len) in [(0, -1, 3), (1, 1, 1), (-1, 2, 2), (100, 2, 0), (2, 9, 1), (0, 0, 0)] {
            assert_eq!(part(&found, offset, most).len(), len, "{offset} {most}");
        }
    }
}
