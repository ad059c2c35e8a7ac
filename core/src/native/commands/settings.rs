//! CONFIG: options read and changed while the node runs.

use std::collections::BTreeSet;

use super::keys::matches;
use super::strings::SYNTAX;
use super::{Call, Flow};
use crate::native::options::{FileError, OptionError};

pub(super) fn config(call: &mut Call<'_>) -> Flow {
    match call.words[1].to_ascii_lowercase().as_slice() {
        b"get" => get(call),
        b"set" => set(call),
        b"resetstat" => {
            call.server.stats = crate::native::server::Stats::default();
            call.server.traffic = crate::native::server::Traffic::default();
            call.out.ok();
        }
        b"rewrite" => match call.server.options.rewrite() {
            Ok(()) => {
                call.server.notice(format_args!("CONFIG REWRITE executed with success."));
                call.out.ok();
            }
            Err(FileError::None) => call.out.error(&format!("ERR {}", FileError::None)),
            Err(error) => {
                call.server.warning(format_args!("CONFIG REWRITE failed: {error}"));
                call.out.error(&format!("ERR Rewriting config file: {error}"));
            }
        },
        _ => call.help(),
    }
    Flow::Done
}

/// Every option that fits one of the patterns, once.
fn get(call: &mut Call<'_>) {
    let patterns: Vec<Vec<u8>> = call.words[2..].iter().map(|word| word.to_ascii_lowercase()).collect();
    let fits = |name: &str| patterns.iter().any(|pattern| matches(pattern, name.as_bytes()));
    let found: Vec<(&str, String)> = call.server.options.all().filter(|(name, _)| fits(name)).collect();
    call.out.map(found.len());
    for (name, value) in found {
        call.out.bulk(name.as_bytes());
        call.out.bulk(value.as_bytes());
    }
}

/// All of the changes or none.
fn set(call: &mut Call<'_>) {
    if !call.words.len().is_multiple_of(2) {
        return call.out.error(SYNTAX);
    }
    let mut options = call.server.options.clone();
    let mut seen = BTreeSet::new();
    for at in (2..call.words.len()).step_by(2) {
        let (Some(name), Some(value)) = (call.text(at), call.text(at + 1)) else {
            return call.out.error("ERR CONFIG SET takes text");
        };
        let failed = |why: &dyn std::fmt::Display| {
            format!("ERR CONFIG SET failed (possibly related to argument '{name}') - {why}")
        };
        let text = match options.change(name, value) {
            Ok(()) if seen.insert(name.to_ascii_lowercase()) => continue,
            Ok(()) => failed(&"duplicate parameter"),
            Err(error @ OptionError::Unknown { .. }) => {
                format!("ERR Unknown option or number of arguments for CONFIG SET - '{name}' ({error})")
            }
            Err(error) => failed(&error),
        };
        call.out.error(&text);
        return;
    }
    call.server.options = options;
    call.server.reconfigured();
    call.server.switch_log();
    call.out.ok();
}
