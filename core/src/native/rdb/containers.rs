//! Values of several elements, in each of the forms in which peers send them (native-node.md §5.3).

use super::RdbError;
use super::cursor::Cursor;
use super::packed::{intset, listpack, ziplist};
use crate::native::values::{Bytes, Hash, Held as _, List, Score, Sorted, Value};

/// Types that are held as what they are.
pub(super) const fn is_held(kind: u8) -> bool {
    matches!(kind, 1..=5 | 10..=14 | 16..=18 | 20)
}

/// Reads a value of such a type.
pub(super) fn read(cursor: &mut Cursor<'_>, kind: u8) -> Result<Value, RdbError> {
    let value = match kind {
        1 => Value::List(Box::new(strings(cursor)?.into())),
        10 => Value::List(Box::new(ziplist(&cursor.string()?)?.into())),
        14 => ziplists(cursor)?.held(),
        18 => quicklist(cursor)?.held(),
        2 => Value::Set(Box::new(strings(cursor)?.into_iter().collect())),
        11 => Value::Set(Box::new(intset(&cursor.string()?)?.into_iter().collect())),
        20 => Value::Set(Box::new(listpack(&cursor.string()?)?.into_iter().collect())),
        3 => sorted(cursor, old_score)?.held(),
        5 => sorted(cursor, |cursor| cursor.array().map(f64::from_le_bytes))?.held(),
        12 => sorted_pairs(cursor, ziplist)?.held(),
        17 => sorted_pairs(cursor, listpack)?.held(),
        4 => {
            let mut hash = Hash::default();
            for _ in 0..cursor.length()? {
                hash.insert(cursor.string()?.into(), cursor.string()?.into());
            }
            hash.held()
        }
        13 => hash_pairs(cursor, ziplist)?.held(),
        16 => hash_pairs(cursor, listpack)?.held(),
        mark => return Err(RdbError::Kind { mark, at: cursor.at() as u64 }),
    };
    let empty = match &value {
        Value::List(list) => list.is_empty(),
        Value::Set(set) => set.is_empty(),
        Value::Hash(hash) => hash.is_empty(),
        Value::Sorted(sorted) => sorted.is_empty(),
        Value::Str(_) | Value::Opaque { .. } => false,
    };
    if empty { Err(cursor.bad("a value without elements")) } else { Ok(value) }
}

type Unpack = fn(&[u8]) -> Result<Vec<Bytes>, RdbError>;

fn strings(cursor: &mut Cursor<'_>) -> Result<Vec<Bytes>, RdbError> {
    (0..cursor.length()?).map(|_| cursor.string().map(Bytes::from)).collect()
}

fn ziplists(cursor: &mut Cursor<'_>) -> Result<List, RdbError> {
    let mut list = List::new();
    for _ in 0..cursor.length()? {
        list.extend(ziplist(&cursor.string()?)?);
    }
    Ok(list)
}

fn quicklist(cursor: &mut Cursor<'_>) -> Result<List, RdbError> {
    let mut list = List::new();
    for _ in 0..cursor.length()? {
        match cursor.length()? {
            1 => list.push_back(cursor.string()?.into()),
            2 => list.extend(listpack(&cursor.string()?)?),
            _ => return Err(cursor.bad("unknown part of a list")),
        }
    }
    Ok(list)
}

/// Elements two by two.
fn pairs(cursor: &mut Cursor<'_>, unpack: Unpack) -> Result<Vec<(Bytes, Bytes)>, RdbError> {
    let mut elements = unpack(&cursor.string()?)?.into_iter();
    let mut pairs = Vec::with_capacity(elements.len() / 2);
    while let Some(first) = elements.next() {
        let second = elements.next().ok_or_else(|| cursor.bad("an element without its other half"))?;
        pairs.push((first, second));
    }
    Ok(pairs)
}

fn hash_pairs(cursor: &mut Cursor<'_>, unpack: Unpack) -> Result<Hash, RdbError> {
    Ok(pairs(cursor, unpack)?.into_iter().collect())
}

fn score(cursor: &Cursor<'_>, value: Option<f64>) -> Result<Score, RdbError> {
    value.and_then(Score::new).ok_or_else(|| cursor.bad("a score that is no number"))
}

fn sorted_pairs(cursor: &mut Cursor<'_>, unpack: Unpack) -> Result<Sorted, RdbError> {
    let pairs = pairs(cursor, unpack)?;
    let number = |text: &[u8]| std::str::from_utf8(text).ok()?.parse().ok();
    pairs.into_iter().map(|(member, text)| Ok((member, score(cursor, number(&text))?))).collect()
}

fn sorted<'a>(
    cursor: &mut Cursor<'a>,
    number: fn(&mut Cursor<'a>) -> Result<f64, RdbError>,
) -> Result<Sorted, RdbError> {
    let mut sorted = Sorted::large();
    for _ in 0..cursor.length()? {
        let member = cursor.string()?;
        let value = number(cursor)?;
        sorted.insert(&member, score(cursor, Some(value))?);
    }
    sorted.settle();
    Ok(sorted)
}

/// A score as text behind its length, or a mark for what text cannot say.
fn old_score(cursor: &mut Cursor<'_>) -> Result<f64, RdbError> {
    match cursor.byte()? {
        253 => Ok(f64::NAN),
        254 => Ok(f64::INFINITY),
        255 => Ok(f64::NEG_INFINITY),
        length => {
            let text =
                std::str::from_utf8(cursor.take(u64::from(length))?).ok().and_then(|text| text.parse().ok());
            text.ok_or_else(|| cursor.bad("a score that is no number"))
        }
    }
}
