//! Frames of a live run, kept as golden files.

use std::collections::BTreeMap;
use std::fs;

use splitvote::wire::{Frame, decode};

use super::golden::{folder, hex, meaning};

/// Writes the last frame of each kind that has no file, if that is asked for.
pub(crate) fn record(make: &str, frames: &[Vec<u8>]) {
    if std::env::var_os("RECORD").is_none() {
        return;
    }
    let mut kinds: BTreeMap<String, &[u8]> = BTreeMap::new();
    for bytes in frames {
        let Ok(frame) = decode(bytes) else { continue };
        let light = if matches!(frame, Frame::Light(_)) { "light " } else { "" };
        // The last of its kind: by then something has happened.
        kinds.insert(format!("{light}{}", frame.kind().word()), bytes);
    }
    for (kind, bytes) in kinds {
        let path = folder().join(format!("{make} {kind}.hex"));
        if let Some(frame) = decode(bytes).ok().filter(|_| !path.exists()) {
            fs::write(path, format!("{}\n{}\n", meaning(&frame), wrapped(&hex(bytes))))
                .expect("a golden file");
        }
    }
}

fn wrapped(text: &str) -> String {
    let mut lines = String::new();
    for word in text.split(' ').filter(|word| !word.is_empty()) {
        for chunk in word.as_bytes().chunks(96) {
            lines.push_str(std::str::from_utf8(chunk).unwrap_or_default());
            lines.push('\n');
        }
    }
    lines.trim_end().to_owned()
}
