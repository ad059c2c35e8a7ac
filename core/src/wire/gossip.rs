//! What PING, PONG and MEET carry: words about third nodes, then extensions (protocol.md §2.5).

use super::cursor::{Reader, Writer};
use super::error::Malformed;
use super::extension;
use super::header::{ip_text, read_ip};
use super::layout::entry;
use super::message::{Extension, Gossip, GossipEntry, NodeFlags};
use crate::base::{Address, NodeId};

/// What the header's counts can say.
const MOST: usize = u16::MAX as usize;

impl Gossip {
    /// The entries that are sent: as many as the header can count.
    pub(super) fn sendable_entries(&self) -> &[GossipEntry] {
        self.entries.get(..MOST).unwrap_or(&self.entries)
    }

    /// The extensions that are sent: none too long for old peers, as many as the header can count.
    pub(super) fn sendable_extensions(&self) -> impl Iterator<Item = &Extension> {
        self.extensions.iter().filter(|one| one.is_sendable()).take(MOST)
    }

    /// Bytes on the wire.
    pub(super) fn encoded_len(&self) -> usize {
        let extensions: usize = self.sendable_extensions().map(Extension::encoded_len).sum();
        self.sendable_entries().len().saturating_mul(entry::LEN).saturating_add(extensions)
    }
}

/// Appends entries and extensions.
pub(super) fn write(gossip: &Gossip, out: &mut Vec<u8>) {
    for entry in gossip.sendable_entries() {
        write_entry(entry, out);
    }
    for one in gossip.sendable_extensions() {
        extension::write(one, out);
    }
}

/// Reads `count` entries and `extensions` extensions, which must fill `payload`.
pub(super) fn read(kind: u16, count: u16, extensions: u16, payload: &[u8]) -> Result<Gossip, Malformed> {
    let found = payload.len() as u64;
    let mut from = Reader::new(payload);
    let entries = from
        .take(usize::from(count).saturating_mul(entry::LEN))
        .ok_or(Malformed::GossipCount { count, found })?;
    let extensions = extension::read_all(extensions, &mut from)?;
    let needs = found.saturating_sub(from.rest().len() as u64);
    if needs != found {
        return Err(Malformed::Length { kind, needs, found });
    }
    // One bad id makes the whole section worthless (8.0+): whoever wrote it cannot be trusted
    // about the others. Header and extensions still count.
    Ok(Gossip { entries: read_entries(count, entries).unwrap_or_default(), extensions })
}

fn read_entries(count: u16, bytes: &[u8]) -> Option<Vec<GossipEntry>> {
    let mut entries = Vec::with_capacity(usize::from(count));
    for bytes in bytes.chunks_exact(entry::LEN) {
        entries.push(read_entry(bytes)?);
    }
    Some(entries)
}

fn read_entry(bytes: &[u8]) -> Option<GossipEntry> {
    Some(GossipEntry {
        node: NodeId::from_bytes(entry::NODE.of(bytes)).ok()?,
        ping_sent: entry::PING_SENT.u32(bytes),
        pong_received: entry::PONG_RECEIVED.u32(bytes),
        address: Address {
            ip: read_ip(entry::IP.of(bytes)),
            port: entry::PORT.u16(bytes),
            pport: entry::PPORT.u16(bytes),
            cport: entry::CPORT.u16(bytes),
        },
        flags: NodeFlags::from_bits_retain(entry::FLAGS.u16(bytes)),
    })
}

fn write_entry(one: &GossipEntry, out: &mut Vec<u8>) {
    let mut to = Writer::new(out);
    to.put(entry::NODE, one.node.as_bytes());
    to.u32(entry::PING_SENT, one.ping_sent);
    to.u32(entry::PONG_RECEIVED, one.pong_received);
    to.put(entry::IP, &ip_text(one.address.ip));
    to.u16(entry::PORT, one.address.port);
    to.u16(entry::CPORT, one.address.cport);
    to.u16(entry::FLAGS, one.flags.bits());
    to.u16(entry::PPORT, one.address.pport);
    to.zeros(entry::NOTUSED);
}
