//! Keys are dealt to slots by CRC-16/XMODEM. Written out here, because the tests' answer must not be ours.

/// The slot of a key without a tag in braces.
pub fn slot_of(key: &str) -> u16 {
    let crc = key.bytes().fold(0, |crc: u16, byte| {
        (0..8).fold(crc ^ (u16::from(byte) << 8), |crc, _| {
            if crc & 0x8000 == 0 { crc << 1 } else { crc << 1 ^ 0x1021 }
        })
    });
    crc & 0x3fff
}

#[cfg(test)]
mod tests {
    #[test]
    fn slots_are_those_of_everyone() {
        assert_eq!(super::slot_of("123456789"), 12_739);
    }
}
