//! CONFIG: options read and changed while the node runs.

use super::{Call, Flow};
use crate::native::options::OptionError;

pub(super) fn config(call: &mut Call<'_>) -> Flow {
    let name = call.words[1].to_ascii_lowercase();
    match (name.as_slice(), call.words.len()) {
        (b"get", 3..) => {
            let mut found: Vec<(&'static str, String)> = Vec::new();
            for at in 2..call.words.len() {
                let pattern = String::from_utf8_lossy(call.words[at]).into_owned();
                for (name, value) in call.server.options.get(&pattern) {
                    if found.iter().all(|(known, _)| *known != name) {
                        found.push((name, value));
                    }
                }
            }
            call.out.map(found.len());
            for (name, value) in found {
                call.out.bulk(name.as_bytes());
                call.out.bulk(value.as_bytes());
            }
        }
        (b"set", 4..) => set(call),
        (b"resetstat", 2) => {
            call.server.stats = crate::native::server::Stats::default();
            call.server.traffic = crate::native::server::Traffic::default();
            call.out.ok();
        }
        (b"rewrite", 2) => call.out.error("ERR The server is running without a config file"),
        _ => {
            let asked = String::from_utf8_lossy(call.words[1]).into_owned();
            call.out.error(&format!(
                "ERR unknown subcommand or wrong number of arguments for '{asked}'. Try CONFIG HELP."
            ));
        }
    }
    Flow::Done
}

/// All of the changes or none.
fn set(call: &mut Call<'_>) {
    let mut options = call.server.options.clone();
    for at in (2..call.words.len()).step_by(2) {
        let (Some(name), Some(value)) = (call.text(at), call.text(at + 1)) else {
            call.out.error("ERR wrong number of arguments for 'config|set' command");
            return;
        };
        if let Err(error) = options.change(name, value) {
            let text = match &error {
                OptionError::Unknown(name) => {
                    format!("ERR Unknown option or number of arguments for CONFIG SET - '{name}'")
                }
                error => format!("ERR CONFIG SET failed (possibly related to argument '{name}') - {error}"),
            };
            call.out.error(&text);
            return;
        }
    }
    call.server.options = options;
    call.server.reconfigured();
    call.out.ok();
}
