//! COMMAND: what there is, told in the ten columns that clients parse.

use super::table::{COMMANDS, Command, Flags, find};
use super::{Call, Flow};
use crate::resp::Writer;

pub(super) fn command(call: &mut Call<'_>) -> Flow {
    let what = call.words.get(1).map(|word| word.to_ascii_lowercase()).unwrap_or_default();
    match what.as_slice() {
        b"" => {
            call.out.array(COMMANDS.len());
            for command in COMMANDS {
                entry(call.out, command);
            }
        }
        b"count" => call.out.int(i64::try_from(COMMANDS.len()).unwrap_or(i64::MAX)),
        b"docs" => call.out.map(0),
        b"list" => {
            call.out.array(COMMANDS.len());
            for command in COMMANDS {
                call.out.bulk(command.name.as_bytes());
            }
        }
        b"info" => {
            call.out.array(call.words.len() - 2);
            for name in &call.words[2..] {
                match find(name) {
                    Some(command) => entry(call.out, command),
                    None => call.out.null_array(),
                }
            }
        }
        b"getkeys" if call.words.len() > 2 => keys(call),
        _ => {
            let asked = String::from_utf8_lossy(call.words[1]).into_owned();
            call.out.error(&format!("ERR unknown subcommand '{asked}'. Try COMMAND HELP."));
        }
    }
    Flow::Done
}

fn keys(call: &mut Call<'_>) {
    let words = &call.words[2..];
    let Some(command) = find(words[0]).filter(|command| command.takes(words.len())) else {
        call.out.error("ERR Invalid command specified");
        return;
    };
    let keys: Vec<&[u8]> = command.keys.of(words).collect();
    if keys.is_empty() {
        call.out.error("ERR The command has no key arguments");
        return;
    }
    call.out.array(keys.len());
    for key in keys {
        call.out.bulk(key);
    }
}

fn entry(out: &mut Writer, command: &Command) {
    let flags: Vec<&str> = [
        (Flags::WRITE, "write"),
        (Flags::READ, "readonly"),
        (Flags::ADMIN, "admin"),
        (Flags::FAST, "fast"),
        (Flags::NO_AUTH, "no_auth"),
        (Flags::ASKING, "asking"),
    ]
    .into_iter()
    .filter(|(flag, _)| command.flags.contains(*flag))
    .map(|(_, word)| word)
    .collect();
    out.array(10);
    out.bulk(command.name.as_bytes());
    out.int(i64::from(command.arity));
    out.set(flags.len());
    for flag in flags {
        out.simple(flag);
    }
    out.int(i64::from(command.keys.first));
    out.int(i64::from(command.keys.last));
    out.int(i64::from(command.keys.step));
    // Categories, tips, key specifications, subcommands: none, but clients that see one look for all.
    out.set(0);
    out.set(0);
    out.set(0);
    out.array(0);
}
