//! What holds for every frame and for every sequence of bytes.

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::Index;

use super::arbitrary::frame;
use super::*;

/// What a stream yields when it is pushed in pieces that end at `cuts`.
fn stream(bytes: &[u8], cuts: &[Index]) -> Vec<Result<Frame, FrameError>> {
    let mut ends: Vec<usize> = cuts.iter().map(|cut| cut.index(bytes.len() + 1)).collect();
    ends.push(bytes.len());
    ends.sort_unstable();
    let (mut deframer, mut yielded, mut start) = (Deframer::default(), Vec::new(), 0);
    for end in ends {
        let before = deframer.pending();
        deframer.push(&bytes[start..end]);
        assert!(deframer.pending() <= before + end - start);
        yielded.extend(deframer.by_ref());
        assert!(deframer.pending() < MAX_FRAME as usize);
        start = end;
    }
    yielded
}

fn cuts() -> impl Strategy<Value = Vec<Index>> {
    vec(any::<Index>(), 0..12)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn what_is_encoded_is_decoded(frame in frame()) {
        let bytes = encode(&frame);
        prop_assert_eq!(bytes.len(), encoded_len(&frame));
        prop_assert_eq!(decode(&bytes), Ok(frame));
    }

    #[test]
    fn appending_is_encoding(first in frame(), second in frame()) {
        let mut bytes = encode(&first);
        encode_into(&second, &mut bytes);
        prop_assert_eq!(bytes, [encode(&first), encode(&second)].concat());
    }

    #[test]
    fn chunks_do_not_matter(frames in vec(frame(), 0..5), cuts in cuts()) {
        let bytes: Vec<u8> = frames.iter().flat_map(encode).collect();
        let frames: Vec<_> = frames.into_iter().map(Ok).collect();
        prop_assert_eq!(stream(&bytes, &cuts), frames);
    }

    #[test]
    fn chunks_do_not_matter_for_garbage_either(
        frames in vec(frame(), 1..4),
        flips in vec((any::<Index>(), any::<u8>()), 1..6),
        cuts in cuts(),
    ) {
        let mut bytes: Vec<u8> = frames.iter().flat_map(encode).collect();
        for (at, mask) in flips {
            let at = at.index(bytes.len());
            bytes[at] ^= mask;
        }
        let whole = stream(&bytes, &[]);
        prop_assert_eq!(stream(&bytes, &cuts), whole);
    }

    #[test]
    fn a_flipped_bit_is_read_or_refused(frame in frame(), at in any::<Index>(), bit in 0..8_u8) {
        let mut bytes = encode(&frame);
        let at = at.index(bytes.len());
        bytes[at] ^= 1 << bit;
        if let Ok(read) = decode(&bytes) {
            // What was read is legal, so it must survive another trip.
            prop_assert_eq!(decode(&encode(&read)), Ok(read));
        }
    }

    #[test]
    fn a_flipped_bit_behind_the_header_is_read_or_refused(
        frame in frame(),
        at in any::<Index>(),
        bit in 0..8_u8,
    ) {
        let mut bytes = encode(&frame);
        let header = if matches!(frame, Frame::Full(_)) { 2256 } else { 16 };
        if bytes.len() == header {
            return Ok(());
        }
        let at = header + at.index(bytes.len() - header);
        bytes[at] ^= 1 << bit;
        match decode(&bytes) {
            Ok(read) => prop_assert_eq!(decode(&encode(&read)), Ok(read)),
            Err(error) => prop_assert!(!error.closes_link(), "{}", error),
        }
    }

    #[test]
    fn garbage_is_refused(bytes in vec(any::<u8>(), 0..5000)) {
        // One chance in 2^32 to begin with the signature.
        prop_assert!(decode(&bytes).is_err_and(FrameError::closes_link));
    }

    #[test]
    fn garbage_in_a_frame_of_the_right_length_is_read_or_refused(
        mut bytes in vec(any::<u8>(), 16..5000),
        kind in 0..13_u16,
        light in any::<bool>(),
        tame in any::<bool>(),
    ) {
        let totlen = u32::try_from(bytes.len()).unwrap_or(0).to_be_bytes();
        let kind = if light { kind | 0x8000 } else { kind }.to_be_bytes();
        let lead = [b"RCmb", &totlen[..], &[0, 1], &bytes[10..12], &kind].concat();
        bytes[..lead.len()].copy_from_slice(&lead);
        if tame && bytes.len() > 2256 {
            // Get past the ids, so that counts and extensions are what is garbage.
            bytes[40..80].fill(b'a');
            bytes[2128..2168].fill(0);
            bytes[14] = 0;
            bytes[15] &= 3;
        }
        if let Ok(read) = decode(&bytes) {
            prop_assert_eq!(decode(&encode(&read)), Ok(read));
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn every_truncation_is_refused_and_waited_for(frame in frame()) {
        let bytes = encode(&frame);
        for end in 0..bytes.len() {
            let found = end as u64;
            let totlen = if end < 14 { 0 } else { u32::try_from(bytes.len()).unwrap_or(0) };
            prop_assert_eq!(decode(&bytes[..end]), Err(Misframed::NotOne { totlen, found }.into()));
        }
        let mut deframer = Deframer::default();
        for (at, byte) in bytes.iter().enumerate() {
            deframer.push(&[*byte]);
            let last = at + 1 == bytes.len();
            prop_assert_eq!(deframer.next().is_some(), last);
            prop_assert_eq!(deframer.pending(), if last { 0 } else { at + 1 });
        }
    }

    #[test]
    fn a_frame_cut_short_that_says_so_is_read_or_refused(frame in frame()) {
        let whole = encode(&frame);
        let header = if matches!(frame, Frame::Full(_)) { 2256 } else { 16 };
        for end in header..whole.len() {
            let mut bytes = whole[..end].to_vec();
            bytes[4..8].copy_from_slice(&u32::try_from(end).unwrap_or(0).to_be_bytes());
            match decode(&bytes) {
                // Only bodies without a shape of their own may end anywhere.
                Ok(Frame::Full(Message { body: Body::Unknown { .. }, .. })) => {}
                // The revisions of a refusal differ by nothing but their length.
                Ok(Frame::Full(Message { body: Body::AuthNack { .. }, .. })) if frame.kind() == Kind::AuthNack => {}
                other => prop_assert!(other.is_err_and(|error| !error.closes_link())),
            }
        }
    }
}
