//! From bytes to data.

use crate::native::keyspace::{Entry, Keyspace, Value};

use super::cursor::Cursor;
use super::{CRC, RdbError, containers, skip};

/// What a snapshot holds.
#[derive(Debug, Default)]
pub struct Snapshot {
    /// The data.
    pub keyspace: Keyspace,
    /// Fields beside the data that this node may want to know.
    pub aux: Vec<(Vec<u8>, Vec<u8>)>,
}

/// Reads a whole snapshot.
pub fn read(bytes: &[u8]) -> Result<Snapshot, RdbError> {
    let mut cursor = Cursor::new(bytes);
    let version = version(cursor.array()?)?;
    let mut snapshot = Snapshot::default();
    let mut expires_at = None;
    loop {
        let at = cursor.at();
        match cursor.byte()? {
            0xff => break,
            0xfe | 0xf8 => drop(cursor.length()?),
            0xfd => expires_at = Some(u64::from(u32::from_le_bytes(cursor.array()?)) * 1000),
            0xfc => expires_at = Some(u64::from_le_bytes(cursor.array()?)),
            0xfb => {
                cursor.length()?;
                cursor.length()?;
            }
            0xfa => snapshot.aux.push((cursor.string()?, cursor.string()?)),
            0xf9 => drop(cursor.byte()?),
            0xf7 => skip::module(&mut cursor)?,
            0xf5 => cursor.skip_string()?,
            0xf4 => {
                for _ in 0..3 {
                    cursor.length()?;
                }
            }
            mark @ 0xf0.. => return Err(RdbError::Kind { mark, at }),
            kind => {
                let key = cursor.string()?;
                let entry = Entry { value: value(&mut cursor, kind)?, expires_at: expires_at.take() };
                snapshot.keyspace.put(&key, entry);
            }
        }
    }
    if version >= 5 {
        let end = cursor.at();
        let stated = u64::from_le_bytes(cursor.array()?);
        if stated != 0 && stated != CRC.checksum(&bytes[..end]) {
            return Err(RdbError::Checksum);
        }
    }
    Ok(snapshot)
}

fn version(magic: [u8; 9]) -> Result<u32, RdbError> {
    let digits = |digits: &[u8]| std::str::from_utf8(digits).ok()?.parse::<u32>().ok();
    let (version, known) = if let Some(rest) = magic.strip_prefix(b"REDIS") {
        (digits(rest), 1..=11)
    } else if let Some(rest) = magic.strip_prefix(b"VALKEY") {
        (digits(rest), 80..=80)
    } else {
        (None, 0..=0)
    };
    let version = version.ok_or(RdbError::Magic)?;
    if known.contains(&version) { Ok(version) } else { Err(RdbError::Version(version)) }
}

fn value(cursor: &mut Cursor<'_>, kind: u8) -> Result<Value, RdbError> {
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
    let (data, checksum) = payload.split_last_chunk::<8>().ok_or(RdbError::Short(payload.len()))?;
    let (body, version) = data.split_last_chunk::<2>().ok_or(RdbError::Short(payload.len()))?;
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
    let mut cursor = Cursor::new(body);
    let kind = cursor.byte()?;
    let value = value(&mut cursor, kind)?;
    if cursor.at() == body.len() { Ok(value) } else { Err(cursor.bad("something follows the value")) }
}
