//! Frames that real servers sent, as files: `make kind.hex`. What they must mean stands above the bytes.
//! `RECORD=1 cargo xtask test interop` adds frames of kinds that are not there yet.

use std::fs;
use std::path::PathBuf;

use splitvote::wire::{Body, Frame, Message, decode, encode};

pub(crate) fn folder() -> PathBuf {
    PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/interop/golden"))
}

/// What a frame means, in one line.
pub(crate) fn meaning(frame: &Frame) -> String {
    let Frame::Full(Message { header, body }) = frame else {
        return format!("light {}", frame.kind().word());
    };
    let of = header.replica_of.map_or_else(|| "-".to_owned(), |id| format!("{id:?}"));
    let more = match body {
        Body::Ping(gossip) | Body::Pong(gossip) | Body::Meet(gossip) => {
            let codes: Vec<u16> = gossip.extensions.iter().map(splitvote::wire::Extension::code).collect();
            format!("entries {} extensions {codes:?}", gossip.entries.len())
        }
        Body::Fail(node) => format!("about {node:?}"),
        Body::Update { config_epoch, owner, slots } => {
            format!("about {owner:?} {config_epoch}:{}", slots.len())
        }
        _ => String::new(),
    };
    format!(
        "{} from {:?} of {of} flags {:04x} mflags {:02x} epochs {} {} slots {} fail {} port {} {more}",
        frame.kind().word(),
        header.sender,
        header.flags.bits(),
        header.message_flags.bits(),
        header.current_epoch,
        header.config_epoch,
        header.slots.len(),
        header.state_fail,
        header.address.port,
    )
    .trim_end()
    .to_owned()
}

/// Bytes as text, runs of zeros shortened: `52436d62 0*2048 01`.
pub(crate) fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write as _;
    let mut text = String::new();
    let mut rest = bytes;
    while let Some(byte) = rest.first() {
        let zeros = rest.iter().take_while(|byte| **byte == 0).count();
        if zeros > 8 {
            let _ = write!(text, " 0*{zeros} ");
            rest = &rest[zeros..];
        } else {
            let _ = write!(text, "{byte:02x}");
            rest = &rest[1..];
        }
    }
    text.trim().to_owned()
}

/// Bytes back from [`hex`].
fn bytes(text: &str) -> Vec<u8> {
    let word = |word: &str| -> Vec<u8> {
        if let Some(zeros) = word.strip_prefix("0*") {
            return vec![0; zeros.parse().expect("a count")];
        }
        let digits: Vec<u32> = word.chars().map(|digit| digit.to_digit(16).expect("a hex digit")).collect();
        digits.chunks(2).map(|pair| u8::try_from(pair[0] * 16 + pair[1]).expect("a byte")).collect()
    };
    text.split_whitespace().flat_map(word).collect()
}

#[test]
fn every_frame_of_real_servers_is_read_and_written_back_byte_for_byte() {
    let mut seen = 0;
    for entry in fs::read_dir(folder()).expect("the frames") {
        let path = entry.expect("a file").path();
        let text = fs::read_to_string(&path).expect("a frame");
        let (told, rest) = text.split_once('\n').expect("a meaning and bytes");
        let bytes = bytes(rest);
        let frame = decode(&bytes).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        assert_eq!(meaning(&frame), told, "{}", path.display());
        assert_eq!(hex(&encode(&frame)), hex(&bytes), "{}", path.display());
        let kind = path.file_stem().and_then(|stem| stem.to_str()).and_then(|stem| stem.split_once(' '));
        assert_eq!(kind.map(|(_, kind)| kind.trim_start_matches("light ")), Some(frame.kind().word()));
        seen += 1;
    }
    assert!(seen >= 14, "only {seen} frames");
}

#[test]
fn zeros_are_short_and_come_back() {
    for text in [&[][..], &[1], &[0; 8], &[0; 9], &[5, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 7, 0]] {
        assert_eq!(bytes(&hex(text)), text);
    }
    assert_eq!(hex(&[1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 2]), "01 0*9 02");
}
