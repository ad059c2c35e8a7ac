//! Unpacking LZF: runs of literals and copies of what was just written (native-node.md §5.2). We never
//! pack: a writer may always use plain strings. The one crate for it is deprecated by its author.

/// A string longer than this is not believed: 512 MiB, the longest value peers take.
const LONGEST: u64 = 512 << 20;

/// The string of `length` bytes that was packed; `None` if it was not.
pub(super) fn unpack(packed: &[u8], length: u64) -> Option<Vec<u8>> {
    // A byte of copies yields at most 264 bytes of text for its three.
    if length > LONGEST || length > (packed.len() as u64).saturating_mul(264) {
        return None;
    }
    let length = usize::try_from(length).ok()?;
    let mut out = Vec::with_capacity(length);
    let mut rest = packed.iter().copied();
    while let Some(control) = rest.next() {
        if control < 32 {
            for _ in 0..=control {
                out.push(rest.next()?);
            }
        } else {
            let mut run = usize::from(control >> 5);
            if run == 7 {
                run += usize::from(rest.next()?);
            }
            let distance = (usize::from(control & 31) << 8 | usize::from(rest.next()?)) + 1;
            let from = out.len().checked_sub(distance)?;
            for at in from..from + run + 2 {
                out.push(*out.get(at)?);
            }
        }
        if out.len() > length {
            return None;
        }
    }
    (out.len() == length).then_some(out)
}

#[cfg(test)]
mod tests {
    use super::unpack;

    #[test]
    fn unpacks_what_peers_pack() {
        let seventy = [0x01, 0x61, 0x61, 0xe0, 0x39, 0x00, 0x01, 0x61, 0x61];
        assert_eq!(unpack(&seventy, 70), Some(vec![b'a'; 70]));
        let many = [0x01, 0x61, 0x61, 0xe0, 0xff, 0x00, 0xe0, 0x17, 0x00, 0x01, 0x61, 0x61];
        assert_eq!(unpack(&many, 300), Some(vec![b'a'; 300]));
    }

    #[test]
    fn believes_nothing_else() {
        for packed in [&[0x20, 0x00][..], &[0x05, 0x61], &[0xe0], &[0x01, 0x61, 0x61]] {
            assert_eq!(unpack(packed, 70), None);
        }
        assert_eq!(unpack(&[0x00, 0x61], u64::MAX), None);
    }
}
