//! Where a value ends, for the types a peer may send and this node does not hold (native-node.md §5.3).

use super::RdbError;
use super::cursor::Cursor;

/// Passes a value by.
pub(super) fn value(cursor: &mut Cursor<'_>, kind: u8) -> Result<(), RdbError> {
    match kind {
        9 => cursor.skip_string(),
        7 => module(cursor),
        15 | 19 | 21 => stream(cursor, kind),
        22 => times(cursor, |cursor| {
            pair(cursor)?;
            cursor.take(8).map(drop)
        }),
        mark => Err(RdbError::Kind { mark, at: cursor.at() as u64 }),
    }
}

fn times<'a>(
    cursor: &mut Cursor<'a>,
    part: fn(&mut Cursor<'a>) -> Result<(), RdbError>,
) -> Result<(), RdbError> {
    // Each part takes a byte at least, so a lie about the count ends at the end of the bytes.
    (0..cursor.length()?).try_for_each(|_| part(cursor))
}

fn pair(cursor: &mut Cursor<'_>) -> Result<(), RdbError> {
    cursor.skip_string()?;
    cursor.skip_string()
}

fn lengths(cursor: &mut Cursor<'_>, count: u8) -> Result<(), RdbError> {
    (0..count).try_for_each(|_| cursor.length().map(drop))
}

/// A module's value or auxiliary field: its id, then marked items.
pub(super) fn module(cursor: &mut Cursor<'_>) -> Result<(), RdbError> {
    cursor.length()?;
    loop {
        match cursor.length()? {
            0 => return Ok(()),
            1 | 2 => cursor.length().map(drop)?,
            3 => cursor.take(4).map(drop)?,
            4 => cursor.take(8).map(drop)?,
            5 => cursor.skip_string()?,
            _ => return Err(cursor.bad("unknown item of a module")),
        }
    }
}

fn stream(cursor: &mut Cursor<'_>, kind: u8) -> Result<(), RdbError> {
    times(cursor, pair)?;
    lengths(cursor, if kind == 15 { 3 } else { 8 })?;
    for _ in 0..cursor.length()? {
        cursor.skip_string()?;
        lengths(cursor, if kind == 15 { 2 } else { 3 })?;
        for _ in 0..cursor.length()? {
            cursor.take(24)?;
            cursor.length()?;
        }
        for _ in 0..cursor.length()? {
            cursor.skip_string()?;
            cursor.take(if kind == 21 { 16 } else { 8 })?;
            for _ in 0..cursor.length()? {
                cursor.take(16)?;
            }
        }
    }
    Ok(())
}
