//! From data to bytes.

use crate::native::keyspace::{Keyspace, Value};
use crate::native::values::Bytes;

use super::{CRC, VERSION};

fn length(out: &mut Vec<u8>, length: usize) {
    let length = length as u64;
    match length {
        0..0x40 => out.push(length.to_le_bytes()[0]),
        0x40..0x4000 => out.extend_from_slice(&(0x4000 | length).to_be_bytes()[6..]),
        0x4000..=0xffff_ffff => {
            out.push(0x80);
            out.extend_from_slice(&length.to_be_bytes()[4..]);
        }
        _ => {
            out.push(0x81);
            out.extend_from_slice(&length.to_be_bytes());
        }
    }
}

fn string(out: &mut Vec<u8>, bytes: &[u8]) {
    length(out, bytes.len());
    out.extend_from_slice(bytes);
}

fn strings<'a>(out: &mut Vec<u8>, all: impl IntoIterator<Item = &'a Bytes, IntoIter: ExactSizeIterator>) {
    let all = all.into_iter();
    length(out, all.len());
    for one in all {
        string(out, one);
    }
}

impl Value {
    fn number(&self) -> u8 {
        match self {
            Self::Str(_) => 0,
            Self::List(_) => 1,
            Self::Set(_) => 2,
            Self::Hash(_) => 4,
            Self::Sorted(_) => 5,
            Self::Opaque { kind, .. } => *kind,
        }
    }

    fn write(&self, out: &mut Vec<u8>) {
        match self {
            Self::Str(bytes) => string(out, bytes),
            Self::List(list) => strings(out, &**list),
            Self::Set(set) => strings(out, &**set),
            Self::Hash(hash) => {
                length(out, hash.len());
                for (field, value) in &**hash {
                    string(out, field);
                    string(out, value);
                }
            }
            Self::Sorted(sorted) => {
                length(out, sorted.len());
                for (score, member) in sorted.iter() {
                    string(out, member);
                    out.extend_from_slice(&score.get().to_le_bytes());
                }
            }
            Self::Opaque { body, .. } => out.extend_from_slice(body),
        }
    }
}

/// A whole snapshot, with these fields beside the data.
pub fn write(keyspace: &Keyspace, aux: &[(&str, &str)]) -> Vec<u8> {
    let mut out = format!("REDIS{VERSION:04}").into_bytes();
    for (name, value) in aux {
        out.push(0xfa);
        string(&mut out, name.as_bytes());
        string(&mut out, value.as_bytes());
    }
    if !keyspace.is_empty() {
        out.extend_from_slice(&[0xfe, 0, 0xfb]);
        length(&mut out, keyspace.len());
        length(&mut out, keyspace.iter().filter(|(_, entry)| entry.expires_at.is_some()).count());
    }
    for (key, entry) in keyspace.iter() {
        if let Some(at) = entry.expires_at {
            out.push(0xfc);
            out.extend_from_slice(&at.to_le_bytes());
        }
        out.push(entry.value.number());
        string(&mut out, key);
        entry.value.write(&mut out);
    }
    out.push(0xff);
    let checksum = CRC.checksum(&out);
    out.extend_from_slice(&checksum.to_le_bytes());
    out
}

/// The payload of FUNCTION DUMP where there is none.
pub fn dump_nothing() -> Vec<u8> {
    sealed(Vec::new())
}

fn sealed(mut out: Vec<u8>) -> Vec<u8> {
    out.extend_from_slice(&VERSION.to_le_bytes());
    let checksum = CRC.checksum(&out);
    out.extend_from_slice(&checksum.to_le_bytes());
    out
}

/// The payload of DUMP.
pub fn dump(value: &Value) -> Vec<u8> {
    let mut out = vec![value.number()];
    value.write(&mut out);
    sealed(out)
}
