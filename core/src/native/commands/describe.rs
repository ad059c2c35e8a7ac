//! COMMAND: what there is, told in the ten columns that clients parse.

use super::keys::matches;
use super::strings::SYNTAX;
use super::table::{COMMANDS, Command, Flags, More, NONE, find};
use super::{Call, Flow, docs, families};
use crate::resp::Writer;

pub(super) fn command(call: &mut Call<'_>) -> Flow {
    let what = call.words.get(1).map(|word| word.to_ascii_lowercase()).unwrap_or_default();
    match what.as_slice() {
        b"count" => call.out.len(COMMANDS.len()),
        b"docs" => docs::docs(call),
        b"list" => list(call),
        b"info" if call.words.len() > 2 => {
            call.out.array(call.words.len() - 2);
            for name in &call.words[2..] {
                match find(name) {
                    Some(command) => entry(call.out, command),
                    None => call.out.null(),
                }
            }
        }
        b"" | b"info" => {
            call.out.array(COMMANDS.len());
            for command in COMMANDS {
                entry(call.out, command);
            }
        }
        b"getkeys" => keys(call),
        _ => call.help(),
    }
    Flow::Done
}

/// LIST [FILTERBY PATTERN p|ACLCAT c|MODULE m].
fn list(call: &mut Call<'_>) {
    let mut names: Vec<&str> = COMMANDS.iter().map(|command| command.name).collect();
    match call.words {
        [_, _] => {}
        [_, _, filter, kind, wanted] if filter.eq_ignore_ascii_case(b"filterby") => {
            let category = String::from_utf8_lossy(wanted).to_ascii_lowercase();
            match kind.to_ascii_lowercase().as_slice() {
                b"pattern" => names.retain(|name| matches(wanted, name.as_bytes())),
                b"aclcat" => names = inside(&category),
                b"module" => names.clear(),
                _ => return call.out.error(SYNTAX),
            }
        }
        _ => return call.out.error(SYNTAX),
    }
    call.out.bulks(&names);
}

/// The commands of a category.
pub(super) fn inside(category: &str) -> Vec<&'static str> {
    let has = |command: &&Command| {
        let group = match docs::group(command) {
            Some("generic") => "keyspace",
            Some("sorted-set") => "sortedset",
            Some("transactions") => "transaction",
            Some(group) => group,
            None => "",
        };
        let flags =
            [(Flags::READ, "read"), (Flags::WRITE, "write"), (Flags::ADMIN, "admin"), (Flags::FAST, "fast")];
        let flagged = flags.iter().any(|(flag, name)| *name == category && command.flags.contains(*flag));
        let slow = category == "slow" && !command.flags.contains(Flags::FAST);
        flagged || slow || group == category
    };
    COMMANDS.iter().filter(has).map(|command| command.name).collect()
}

fn keys(call: &mut Call<'_>) {
    let words = &call.words[2..];
    let Some(command) = find(words[0]).filter(|command| families::check(command, words).is_ok()) else {
        return call.out.error("ERR Invalid command specified");
    };
    let bare = command.flags.contains(Flags::FAMILY) && words.len() < 2;
    if command.keys == NONE || bare {
        return call.out.error("ERR The command has no key arguments");
    }
    if !command.takes(words.len()) {
        return call.out.error("ERR Invalid number of arguments specified for command");
    }
    let keys: Vec<&[u8]> = command.keys.of(words).collect();
    let counted = !matches!(command.keys.more, More::None | More::Stored);
    if counted && command.keys.of(words).count() <= usize::from(command.keys.first > 0) {
        return call.out.error("ERR Invalid arguments specified for command");
    }
    call.out.bulks(&keys);
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
    // Categories, tips, key specifications: none, but clients that see one look for all.
    for _ in 0..3 {
        out.set(0);
    }
    let subcommands = families::of(command.name);
    out.array(subcommands.len());
    for (name, arity) in subcommands {
        out.array(10);
        out.bulk(format!("{}|{name}", command.name).as_bytes());
        out.int(i64::from(*arity));
        out.set(0);
        for place in [command.keys.first, command.keys.last, command.keys.step] {
            out.int(i64::from(place));
        }
        for _ in 0..3 {
            out.set(0);
        }
        out.array(0);
    }
}
