//! The full header, and addresses as header and gossip write them (protocol.md §2.1, §2.10).

use std::io::Write;
use std::net::{IpAddr, Ipv4Addr};

use super::cursor::Writer;
use super::error::{IdField, Malformed};
use super::layout::{Field, IP_LEN, SIGNATURE, VERSION, full};
use super::message::{Header, MessageFlags, NodeFlags};
use crate::base::{Address, Epoch, NodeId, Offset, SlotSet};

/// The fields of a full header that describe the frame instead of its sender.
#[derive(Clone, Copy, Debug)]
pub(super) struct Lead {
    /// Bytes of the whole frame.
    pub(super) totlen: u32,
    /// The type.
    pub(super) kind: u16,
    /// Gossip entries; 0 for all but PING, PONG and MEET.
    pub(super) count: u16,
    /// Ping extensions.
    pub(super) extensions: u16,
    /// Flags of the message as they are written.
    pub(super) flags: MessageFlags,
}

/// Appends a full header.
pub(super) fn write(header: &Header, lead: Lead, out: &mut Vec<u8>) {
    let mut to = Writer::new(out);
    to.put(full::SIG, &SIGNATURE);
    to.u32(full::TOTLEN, lead.totlen);
    to.u16(full::VER, VERSION);
    to.u16(full::PORT, header.address.port);
    to.u16(full::TYPE, lead.kind);
    to.u16(full::COUNT, lead.count);
    to.u64(full::CURRENT_EPOCH, header.current_epoch.0);
    to.u64(full::CONFIG_EPOCH, header.config_epoch.0);
    to.u64(full::OFFSET, header.offset.0);
    to.put(full::SENDER, header.sender.as_bytes());
    write_slots(&header.slots, full::MYSLOTS, &mut to);
    match &header.replica_of {
        Some(primary) => to.put(full::REPLICAOF, primary.as_bytes()),
        None => to.zeros(full::REPLICAOF),
    }
    to.put(full::MYIP, &ip_text(header.address.ip));
    to.u16(full::EXTENSIONS, lead.extensions);
    to.zeros(full::NOTUSED);
    to.u16(full::PPORT, header.address.pport);
    to.u16(full::CPORT, header.address.cport);
    to.u16(full::FLAGS, header.flags.bits());
    to.u8(full::STATE, u8::from(header.state_fail));
    to.u8(full::MFLAGS, lead.flags.bits());
    to.zeros(full::MFLAGS_REST);
}

/// Reads what a full header says of its sender; its slots may be a share of `likely`.
pub(super) fn read(bytes: &[u8; full::LEN], likely: &SlotSet) -> Result<Header, Malformed> {
    Ok(Header {
        sender: id(full::SENDER.of(bytes), IdField::Sender)?,
        current_epoch: Epoch(full::CURRENT_EPOCH.u64(bytes)),
        config_epoch: Epoch(full::CONFIG_EPOCH.u64(bytes)),
        offset: Offset(full::OFFSET.u64(bytes)),
        slots: SlotSet::from_bitmap_like(full::MYSLOTS.of(bytes), likely),
        replica_of: replica_of(full::REPLICAOF.of(bytes))?,
        address: Address {
            ip: read_ip(full::MYIP.of(bytes)),
            port: full::PORT.u16(bytes),
            pport: full::PPORT.u16(bytes),
            cport: full::CPORT.u16(bytes),
        },
        flags: NodeFlags::from_bits_retain(full::FLAGS.u16(bytes)),
        state_fail: full::STATE.u8(bytes) != 0,
        message_flags: MessageFlags::from_bits_retain(full::MFLAGS.u8(bytes)),
    })
}

/// The id in a field that must hold one.
pub(super) fn id(bytes: &[u8; 40], field: IdField) -> Result<NodeId, Malformed> {
    NodeId::from_bytes(bytes).map_err(|_| Malformed::Id(field))
}

// All zero is "none". Anything else that is no id was not written by a node: trusting the rest of
// such a header would mean guessing whether its sender is a primary.
fn replica_of(bytes: &[u8; 40]) -> Result<Option<NodeId>, Malformed> {
    if *bytes == [0; 40] { Ok(None) } else { id(bytes, IdField::ReplicaOf).map(Some) }
}

/// Appends a slot bitmap.
pub(super) fn write_slots(slots: &SlotSet, field: Field<2048>, to: &mut Writer<'_>) {
    match slots.bitmap() {
        Some(bitmap) => to.put(field, bitmap),
        None => to.zeros(field),
    }
}

/// An ip as NUL-padded text; none is all zero.
pub(super) fn ip_text(ip: Option<IpAddr>) -> [u8; IP_LEN] {
    let mut text = [0; IP_LEN];
    match ip {
        None => {}
        Some(IpAddr::V4(ip)) => write_v4(ip, &mut text),
        Some(IpAddr::V6(ip)) => {
            // Cannot fail: the longest text is 45 bytes. Were it to, the address is cut, no more.
            let _ = write!(text.as_mut_slice(), "{ip}");
        }
    }
    text
}

// By hand, because a ping carries four and `Display` made them half the cost of encoding it.
fn write_v4(ip: Ipv4Addr, text: &mut [u8; IP_LEN]) {
    let mut to = text.iter_mut();
    let mut put = |byte| {
        if let Some(to) = to.next() {
            *to = byte;
        }
    };
    for (at, octet) in ip.octets().into_iter().enumerate() {
        if at > 0 {
            put(b'.');
        }
        if octet > 99 {
            put(b'0' | (octet / 100));
        }
        if octet > 9 {
            put(b'0' | (octet / 10 % 10));
        }
        put(b'0' | (octet % 10));
    }
}

/// The ip in a NUL-padded text field; text that is no ip is none, and the socket's address counts.
pub(super) fn read_ip(text: &[u8; IP_LEN]) -> Option<IpAddr> {
    let text = text.split(|byte| *byte == 0).next().filter(|text| !text.is_empty())?;
    if let Some(ip) = plain_v4(text) {
        return Some(ip.into());
    }
    std::str::from_utf8(text).ok()?.parse().ok()
}

// By hand, as above: four numbers of one to three digits. What it does not take, `parse` judges.
fn plain_v4(text: &[u8]) -> Option<Ipv4Addr> {
    let (mut octets, mut at, mut digits) = ([0_u8; 4], 0_usize, 0_u8);
    for byte in text {
        let octet = octets.get_mut(at)?;
        match byte {
            b'0'..=b'9' if digits == 0 || *octet != 0 => {
                *octet = octet.checked_mul(10)?.checked_add(byte & 0x0f)?;
                digits = digits.saturating_add(1);
            }
            b'.' if digits > 0 => (at, digits) = (at.saturating_add(1), 0),
            _ => return None,
        }
    }
    (at == 3 && digits > 0).then(|| octets.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &[u8], expected: Option<&str>) {
        let mut field = [0; IP_LEN];
        for (to, from) in field.iter_mut().zip(text) {
            *to = *from;
        }
        assert_eq!(read_ip(&field).map(|ip| ip.to_string()).as_deref(), expected, "{text:?}");
    }

    #[test]
    fn an_ip_that_cannot_be_read_is_none() {
        check(b"", None);
        check(b"10.0.0.1", Some("10.0.0.1"));
        check(b"10.0.0.1\0rest", Some("10.0.0.1"));
        check(b"2001:db8::1", Some("2001:db8::1"));
        check(b"host.example", None);
        for text in [
            "10.0.0.256",
            "10.0.0.01",
            "00.0.0.1",
            "10.0.0",
            "10.0.0.",
            "10..0.1",
            ".1.2.3",
            "1.2.3.4.5",
            "1.2.3.4 ",
        ] {
            check(text.as_bytes(), None);
        }
        check(b"0.0.0.0", Some("0.0.0.0"));
        check(&[0xff; IP_LEN], None);
    }

    #[test]
    fn every_octet_is_written_as_the_standard_library_writes_it() {
        for octet in 0..=u8::MAX {
            let ip = Ipv4Addr::new(octet, 0, 255, octet);
            let text = ip_text(Some(ip.into()));
            assert_eq!(text.split(|byte| *byte == 0).next(), Some(ip.to_string().as_bytes()));
            assert_eq!(read_ip(&text), Some(ip.into()));
        }
    }

    #[test]
    fn the_longest_ip_fits_with_its_nul() {
        let longest = "ffff:ffff:ffff:ffff:ffff:ffff:255.255.255.255".parse().ok();
        assert_eq!(read_ip(&ip_text(longest)), longest);
    }
}
