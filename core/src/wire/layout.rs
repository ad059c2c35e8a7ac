//! Where every field of every frame lies (protocol.md §2.1, §2.2, §2.5, §2.8, §2.9, §8.1).
//! Numbers of the wire are written in this file and nowhere else.

/// A field of `N` bytes at a fixed place of its structure.
#[derive(Clone, Copy, Debug)]
pub(super) struct Field<const N: usize> {
    /// First byte, counted from the start of the structure.
    pub(super) at: usize,
}

impl<const N: usize> Field<N> {
    const fn at(at: usize) -> Self {
        Self { at }
    }

    /// The first byte behind the field.
    pub(super) const fn end(self) -> usize {
        self.at.saturating_add(N)
    }

    /// The field's bytes. Callers have measured the structure; were one to forget, the field
    /// reads as zeros, so that no mistake here turns a peer's bytes into a panic.
    #[inline]
    pub(super) fn of(self, structure: &[u8]) -> &[u8; N] {
        structure.get(self.at..).and_then(<[u8]>::first_chunk).unwrap_or(&[0; N])
    }
}

impl Field<1> {
    /// The field as a number.
    #[inline]
    pub(super) fn u8(self, structure: &[u8]) -> u8 {
        u8::from_be_bytes(*self.of(structure))
    }
}

impl Field<2> {
    /// The field as a number.
    #[inline]
    pub(super) fn u16(self, structure: &[u8]) -> u16 {
        u16::from_be_bytes(*self.of(structure))
    }
}

impl Field<4> {
    /// The field as a number.
    #[inline]
    pub(super) fn u32(self, structure: &[u8]) -> u32 {
        u32::from_be_bytes(*self.of(structure))
    }
}

impl Field<8> {
    /// The field as a number.
    #[inline]
    pub(super) fn u64(self, structure: &[u8]) -> u64 {
        u64::from_be_bytes(*self.of(structure))
    }
}

/// First four bytes of every frame.
pub(super) const SIGNATURE: [u8; 4] = *b"RCmb";
/// The only protocol version there is.
pub(super) const VERSION: u16 = 1;
/// Bit of the type that announces a light header.
pub(super) const LIGHT_BIT: u16 = 0x8000;
/// Bytes that must have arrived before a frame's length and kind of header are known.
pub(super) const LEAD_LEN: usize = full::TYPE.end();
/// Bytes of an address as text.
pub(super) const IP_LEN: usize = 46;

/// The full header.
pub(super) mod full {
    use super::{Field, IP_LEN};

    pub(crate) const SIG: Field<4> = Field::at(0);
    pub(crate) const TOTLEN: Field<4> = Field::at(4);
    pub(crate) const VER: Field<2> = Field::at(8);
    pub(crate) const PORT: Field<2> = Field::at(10);
    pub(crate) const TYPE: Field<2> = Field::at(12);
    pub(crate) const COUNT: Field<2> = Field::at(14);
    pub(crate) const CURRENT_EPOCH: Field<8> = Field::at(16);
    pub(crate) const CONFIG_EPOCH: Field<8> = Field::at(24);
    pub(crate) const OFFSET: Field<8> = Field::at(32);
    pub(crate) const SENDER: Field<40> = Field::at(40);
    pub(crate) const MYSLOTS: Field<2048> = Field::at(80);
    pub(crate) const REPLICAOF: Field<40> = Field::at(2128);
    pub(crate) const MYIP: Field<IP_LEN> = Field::at(2168);
    pub(crate) const EXTENSIONS: Field<2> = Field::at(2214);
    pub(crate) const NOTUSED: Field<30> = Field::at(2216);
    pub(crate) const PPORT: Field<2> = Field::at(2246);
    pub(crate) const CPORT: Field<2> = Field::at(2248);
    pub(crate) const FLAGS: Field<2> = Field::at(2250);
    pub(crate) const STATE: Field<1> = Field::at(2252);
    pub(crate) const MFLAGS: Field<1> = Field::at(2253);
    /// Bytes 1 and 2 of `mflags`: unassigned, ignored on read, zero on write.
    pub(crate) const MFLAGS_REST: Field<2> = Field::at(2254);
    /// The whole header.
    pub(crate) const LEN: usize = MFLAGS_REST.end();
}

/// The light header; signature, length, version and type lie as in the full one.
pub(super) mod light {
    use super::{Field, full};

    pub(crate) const NOTUSED_1: Field<2> = Field::at(full::VER.end());
    pub(crate) const NOTUSED_2: Field<2> = Field::at(full::TYPE.end());
    /// The whole header.
    pub(crate) const LEN: usize = NOTUSED_2.end();
}

/// One gossip entry.
pub(super) mod entry {
    use super::{Field, IP_LEN};

    pub(crate) const NODE: Field<40> = Field::at(0);
    pub(crate) const PING_SENT: Field<4> = Field::at(40);
    pub(crate) const PONG_RECEIVED: Field<4> = Field::at(44);
    pub(crate) const IP: Field<IP_LEN> = Field::at(48);
    pub(crate) const PORT: Field<2> = Field::at(94);
    pub(crate) const CPORT: Field<2> = Field::at(96);
    pub(crate) const FLAGS: Field<2> = Field::at(98);
    pub(crate) const PPORT: Field<2> = Field::at(100);
    pub(crate) const NOTUSED: Field<2> = Field::at(102);
    /// The whole entry.
    pub(crate) const LEN: usize = NOTUSED.end();
}

/// The header of a ping extension; the payload follows, padded to [`extension::STEP`].
pub(super) mod extension {
    use super::Field;

    pub(crate) const LENGTH: Field<4> = Field::at(0);
    pub(crate) const TYPE: Field<2> = Field::at(4);
    pub(crate) const NOTUSED: Field<2> = Field::at(6);
    /// The header alone.
    pub(crate) const LEN: usize = NOTUSED.end();
    /// Every length is a multiple of this.
    pub(crate) const STEP: usize = 8;
    /// The longest that may be sent: old 7.0 reads 16 bits of the length (#2144).
    pub(crate) const MAX: usize = 65_528;
}

/// Payload of the extension `FORGOTTEN_NODE`.
pub(super) mod forgotten {
    use super::Field;

    pub(crate) const NODE: Field<40> = Field::at(0);
    pub(crate) const TTL: Field<8> = Field::at(40);
    /// The whole payload.
    pub(crate) const LEN: usize = TTL.end();
}

/// Payload of FAIL.
pub(super) mod fail {
    use super::Field;

    pub(crate) const NODE: Field<40> = Field::at(0);
    /// The whole payload.
    pub(crate) const LEN: usize = NODE.end();
}

/// Payload of UPDATE.
pub(super) mod update {
    use super::Field;

    pub(crate) const CONFIG_EPOCH: Field<8> = Field::at(0);
    pub(crate) const OWNER: Field<40> = Field::at(8);
    pub(crate) const SLOTS: Field<2048> = Field::at(48);
    /// The whole payload.
    pub(crate) const LEN: usize = SLOTS.end();
}

/// Head of the payload of PUBLISH and PUBLISHSHARD; channel and text follow.
pub(super) mod publish {
    use super::Field;

    pub(crate) const CHANNEL_LEN: Field<4> = Field::at(0);
    pub(crate) const MESSAGE_LEN: Field<4> = Field::at(4);
    /// The head alone.
    pub(crate) const LEN: usize = MESSAGE_LEN.end();
}

/// Head of the payload of MODULE; its bytes follow.
pub(super) mod module {
    use super::Field;

    pub(crate) const ID: Field<8> = Field::at(0);
    pub(crate) const PAYLOAD_LEN: Field<4> = Field::at(8);
    pub(crate) const TYPE: Field<1> = Field::at(12);
    /// The head alone.
    pub(crate) const LEN: usize = TYPE.end();
}

/// Payload of `FAILOVER_AUTH_NACK`, revision C.
pub(super) mod nack {
    use super::Field;

    pub(crate) const EPOCH: Field<8> = Field::at(0);
    pub(crate) const REASON: Field<1> = Field::at(8);
    pub(crate) const RESERVED: Field<7> = Field::at(9);
    /// The whole payload.
    pub(crate) const LEN: usize = RESERVED.end();

    /// Revisions A and B begin with the reason.
    pub(crate) const SPARE_REASON: Field<1> = Field::at(0);
    pub(crate) const SPARE: Field<24> = Field::at(1);
    /// The whole payload of revision A, and of revision B.
    pub(crate) const SPARE_LEN: usize = SPARE.end();
    pub(crate) const PLAIN_LEN: usize = SPARE_REASON.end();
}

#[cfg(test)]
mod tests {
    use super::{entry, extension, forgotten, full, light, module, nack, publish, update};

    #[test]
    fn structures_are_as_long_as_upstream_says() {
        for (name, length, expected) in [
            ("full header", full::LEN, 2256),
            ("light header", light::LEN, 16),
            ("gossip entry", entry::LEN, 104),
            ("extension header", extension::LEN, 8),
            ("forgotten node", forgotten::LEN, 48),
            ("update", update::LEN, 2096),
            ("publish", publish::LEN, 8),
            ("module", module::LEN, 13),
            ("nack", nack::LEN, 16),
            ("nack, revision A", nack::SPARE_LEN, 25),
            ("nack, revision B", nack::PLAIN_LEN, 1),
        ] {
            assert_eq!(length, expected, "{name}");
        }
    }
}
