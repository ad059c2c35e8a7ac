//! From bytes to a value, and the payloads of DUMP.

use crate::native::keyspace::Value;

use super::cursor::Cursor;
use super::{CRC, RdbError, containers, skip};

/// A value of a type.
pub(super) fn value(cursor: &mut Cursor<'_>, kind: u8) -> Result<Value, RdbError> {
    if kind == 0 {
        return cursor.string().map(Value::Str);
    }
    if containers::is_held(kind) {
        return containers::read(cursor, kind);
    }
    let start = cursor.at();
    skip::value(cursor, kind)?;
    Ok(Value::Opaque { kind, body: Box::new(cursor.since(start).to_vec()) })
}

/// The body of a payload whose version and checksum are good.
fn opened(payload: &[u8]) -> Result<&[u8], RdbError> {
    let (data, checksum) = payload.split_last_chunk::<8>().ok_or(RdbError::Short(payload.len() as u64))?;
    let (body, version) = data.split_last_chunk::<2>().ok_or(RdbError::Short(payload.len() as u64))?;
    let version = u32::from(u16::from_le_bytes(*version));
    if u64::from_le_bytes(*checksum) != CRC.checksum(data) {
        return Err(RdbError::Checksum);
    }
    if !(1..=11).contains(&version) && version != 80 {
        return Err(RdbError::Version(version));
    }
    Ok(body)
}

/// Whether a payload of FUNCTION DUMP holds no function.
pub fn is_nothing(payload: &[u8]) -> Result<bool, RdbError> {
    opened(payload).map(<[u8]>::is_empty)
}

/// Reads the payload of DUMP (native-node.md §5.5).
pub fn restore(payload: &[u8]) -> Result<Value, RdbError> {
    let body = opened(payload)?;
    let mut cursor = Cursor::whole(body);
    let kind = cursor.byte()?;
    let value = value(&mut cursor, kind)?;
    if cursor.at() == body.len() { Ok(value) } else { Err(cursor.bad("something follows the value")) }
}
