//! Ping extensions (protocol.md §2.9). Stricter than upstream where upstream can walk astray: a
//! length below 8 and a text without NUL are refused (protocol.md §2.3).

use super::cursor::{Reader, Writer};
use super::error::{ExtensionFault, Malformed};
use super::layout::{extension, forgotten};
use super::message::Extension;
use crate::base::{NodeId, ShardId};

const HOSTNAME: u16 = 0;
const HUMAN_NODENAME: u16 = 1;
const FORGOTTEN_NODE: u16 = 2;
const SHARDID: u16 = 3;
const CLIENT_IPV4: u16 = 4;
const CLIENT_IPV6: u16 = 5;
const CLIENT_PORT: u16 = 6;
const CLIENT_TLS_PORT: u16 = 7;
const AVAILABILITY_ZONE: u16 = 8;
const REPLICA_PRIORITY: u16 = 9;

impl Extension {
    /// The type on the wire.
    pub const fn code(&self) -> u16 {
        match self {
            Self::Hostname(_) => HOSTNAME,
            Self::HumanName(_) => HUMAN_NODENAME,
            Self::Forgotten(..) => FORGOTTEN_NODE,
            Self::Shard(_) => SHARDID,
            Self::ClientIpv4(_) => CLIENT_IPV4,
            Self::ClientIpv6(_) => CLIENT_IPV6,
            Self::ClientPort(_) => CLIENT_PORT,
            Self::ClientTlsPort(_) => CLIENT_TLS_PORT,
            Self::AvailabilityZone(_) => AVAILABILITY_ZONE,
            Self::ReplicaPriority(_) => REPLICA_PRIORITY,
            Self::Unknown(code, _) => *code,
        }
    }

    /// Bytes on the wire, header and padding included.
    pub fn encoded_len(&self) -> usize {
        let payload = match self {
            Self::Hostname(text)
            | Self::HumanName(text)
            | Self::ClientIpv4(text)
            | Self::ClientIpv6(text)
            | Self::AvailabilityZone(text) => until_nul(text).len().saturating_add(1),
            Self::Forgotten(..) => forgotten::LEN,
            Self::Shard(id) => id.as_bytes().len(),
            Self::ClientPort(_) | Self::ClientTlsPort(_) => size_of::<u16>(),
            Self::ReplicaPriority(_) => size_of::<u32>(),
            Self::Unknown(_, payload) => payload.len(),
        };
        extension::LEN.saturating_add(payload).next_multiple_of(extension::STEP)
    }

    /// Whether every peer can read its length; the encoder leaves others out.
    pub(super) fn is_sendable(&self) -> bool {
        self.encoded_len() <= extension::MAX
    }
}

/// Appends one extension.
pub(super) fn write(one: &Extension, out: &mut Vec<u8>) {
    let length = one.encoded_len();
    let end = out.len().saturating_add(length);
    let mut to = Writer::new(out);
    to.u32(extension::LENGTH, u32::try_from(length).unwrap_or(u32::MAX));
    to.u16(extension::TYPE, one.code());
    to.zeros(extension::NOTUSED);
    match one {
        Extension::Hostname(text)
        | Extension::HumanName(text)
        | Extension::ClientIpv4(text)
        | Extension::ClientIpv6(text)
        | Extension::AvailabilityZone(text) => to.tail(until_nul(text)),
        Extension::Forgotten(node, ttl) => {
            to.tail(node.as_bytes());
            to.tail(&ttl.to_be_bytes());
        }
        Extension::Shard(id) => to.tail(id.as_bytes()),
        Extension::ClientPort(port) | Extension::ClientTlsPort(port) => to.tail(&port.to_be_bytes()),
        Extension::ReplicaPriority(number) => to.tail(&number.to_be_bytes()),
        Extension::Unknown(_, payload) => to.tail(payload),
    }
    out.resize(end, 0);
}

/// Takes `count` extensions from `from`.
pub(super) fn read_all(count: u16, from: &mut Reader<'_>) -> Result<Vec<Extension>, Malformed> {
    // No reservation: the count is a peer's word until the bytes have been seen.
    let mut all = Vec::new();
    for index in 0..count {
        all.push(read(from).map_err(|fault| Malformed::Extension { index, fault })?);
    }
    Ok(all)
}

fn read(from: &mut Reader<'_>) -> Result<Extension, ExtensionFault> {
    let left = from.rest().len() as u64;
    let head = from.take(extension::LEN).ok_or(ExtensionFault::NoHeader(left))?;
    let length = extension::LENGTH.u32(head);
    let bytes = usize::try_from(length).unwrap_or(usize::MAX);
    let payload = bytes.checked_sub(extension::LEN).ok_or(ExtensionFault::TooShort(length))?;
    if !bytes.is_multiple_of(extension::STEP) {
        return Err(ExtensionFault::Unaligned(length));
    }
    let payload = from.take(payload).ok_or(ExtensionFault::Beyond { length, left })?;
    read_payload(extension::TYPE.u16(head), payload)
}

fn read_payload(kind: u16, payload: &[u8]) -> Result<Extension, ExtensionFault> {
    Ok(match kind {
        HOSTNAME => Extension::Hostname(text(payload)?),
        HUMAN_NODENAME => Extension::HumanName(text(payload)?),
        FORGOTTEN_NODE => {
            let payload: &[u8; forgotten::LEN] = fixed(kind, payload)?;
            let node = NodeId::from_bytes(forgotten::NODE.of(payload)).map_err(|_| ExtensionFault::Id)?;
            Extension::Forgotten(node, forgotten::TTL.u64(payload))
        }
        SHARDID => Extension::Shard(
            ShardId::from_bytes(fixed::<40>(kind, payload)?).map_err(|_| ExtensionFault::Id)?,
        ),
        CLIENT_IPV4 => Extension::ClientIpv4(text(payload)?),
        CLIENT_IPV6 => Extension::ClientIpv6(text(payload)?),
        CLIENT_PORT => Extension::ClientPort(u16::from_be_bytes(*fixed(kind, payload)?)),
        CLIENT_TLS_PORT => Extension::ClientTlsPort(u16::from_be_bytes(*fixed(kind, payload)?)),
        AVAILABILITY_ZONE => Extension::AvailabilityZone(text(payload)?),
        // Its number is known from threads only, so one that is too short is another's, not a fault.
        REPLICA_PRIORITY if payload.len() >= size_of::<u32>() => {
            Extension::ReplicaPriority(u32::from_be_bytes(*fixed(kind, payload)?))
        }
        other => Extension::Unknown(other, payload.to_vec()),
    })
}

// A later version may append to a payload, so more than needed is fine.
fn fixed<const N: usize>(kind: u16, payload: &[u8]) -> Result<&[u8; N], ExtensionFault> {
    let found = payload.len() as u64;
    payload.first_chunk().ok_or(ExtensionFault::Payload { kind, needs: N as u64, found })
}

// Names are for people: one odd byte must not cost the sender its voice, so it becomes U+FFFD.
fn text(payload: &[u8]) -> Result<String, ExtensionFault> {
    let end = payload.iter().position(|byte| *byte == 0).ok_or(ExtensionFault::Endless)?;
    Ok(String::from_utf8_lossy(payload.get(..end).unwrap_or_default()).into_owned())
}

// A NUL ends the text on the wire, so what stands behind one could never be read back.
fn until_nul(text: &str) -> &[u8] {
    text.as_bytes().split(|byte| *byte == 0).next().unwrap_or_default()
}
