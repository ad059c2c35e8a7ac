//! Commands that are families of subcommands: which there are, and how many words each takes.

use super::table::{Command, fits};
use super::{Call, Flags};

/// A subcommand and how many words it takes with its family's name; at least so many if negative.
type Row = (&'static str, i32);

/// Every family with its subcommands; each has HELP besides.
const FAMILIES: &[(&str, &[Row])] = &[
    ("acl", &[("cat", -2), ("list", 2), ("users", 2), ("whoami", 2)]),
    (
        "client",
        &[
            ("caching", 3),
            ("capa", -3),
            ("getname", 2),
            ("getredir", 2),
            ("id", 2),
            ("info", 2),
            ("kill", -3),
            ("list", -2),
            ("no-evict", 3),
            ("no-touch", 3),
            ("pause", -3),
            ("reply", 3),
            ("setinfo", 4),
            ("setname", 3),
            ("tracking", -3),
            ("unpause", 2),
        ],
    ),
    (
        "cluster",
        &[
            ("addslots", -3),
            ("addslotsrange", -4),
            ("bumpepoch", 2),
            ("count-failure-reports", 3),
            ("countkeysinslot", 3),
            ("delslots", -3),
            ("delslotsrange", -4),
            ("failover", -2),
            ("flushslots", 2),
            ("forget", 3),
            ("getkeysinslot", 4),
            ("info", 2),
            ("keyslot", 3),
            ("links", 2),
            ("meet", -4),
            ("myid", 2),
            ("myshardid", 2),
            ("nodes", 2),
            ("replicas", 3),
            ("replicate", -3),
            ("reset", -2),
            ("saveconfig", 2),
            ("set-config-epoch", 3),
            ("setslot", -4),
            ("shards", 2),
            ("slaves", 3),
            ("slots", 2),
        ],
    ),
    ("command", &[("count", 2), ("docs", -2), ("getkeys", -3), ("info", -2), ("list", -2)]),
    ("config", &[("get", -3), ("resetstat", 2), ("rewrite", 2), ("set", -4)]),
    (
        "function",
        &[
            ("delete", 3),
            ("dump", 2),
            ("flush", -2),
            ("kill", 2),
            ("list", -2),
            ("load", -3),
            ("restore", -3),
            ("stats", 2),
        ],
    ),
    (
        "latency",
        &[("doctor", 2), ("graph", 3), ("histogram", -2), ("history", 3), ("latest", 2), ("reset", -2)],
    ),
    ("memory", &[("usage", -3)]),
    ("module", &[("list", 2)]),
    ("object", &[("encoding", 3), ("freq", 3), ("idletime", 3), ("refcount", 3)]),
    (
        "pubsub",
        &[("channels", -2), ("numpat", 2), ("numsub", -2), ("shardchannels", -2), ("shardnumsub", -2)],
    ),
    ("script", &[("exists", -3), ("flush", -2), ("kill", 2), ("load", 3)]),
    ("slowlog", &[("get", -2), ("len", 2), ("reset", 2)]),
];

/// The subcommands of a command, without HELP; none if it is no family.
pub(super) fn of(name: &str) -> &'static [Row] {
    FAMILIES.iter().find(|(family, _)| *family == name).map_or(&[], |(_, rows)| rows)
}

/// Whether the subcommand, if the command is a family, is one with so many words; else what is wrong with it.
pub(super) fn check(command: &Command, words: &[&[u8]]) -> Result<(), String> {
    // COMMAND alone is a command of its own.
    if !command.flags.contains(Flags::FAMILY) || words.len() < 2 {
        return Ok(());
    }
    let asked = words[1].to_ascii_lowercase();
    let known = of(command.name).iter().chain(&[("help", 2)]).find(|(name, _)| name.as_bytes() == asked);
    match known {
        None => {
            let asked = String::from_utf8_lossy(&words[1][..words[1].len().min(128)]);
            let family = command.name.to_ascii_uppercase();
            Err(format!("ERR unknown subcommand '{asked}'. Try {family} HELP."))
        }
        Some((name, arity)) if !fits(*arity, words.len()) => {
            Err(format!("ERR wrong number of arguments for '{}|{name}' command", command.name))
        }
        Some(_) => Ok(()),
    }
}

impl Call<'_> {
    /// HELP, the only subcommand of a family that is not told apart by its own function.
    pub(super) fn help(&mut self) {
        let family = String::from_utf8_lossy(self.words[0]).to_ascii_lowercase();
        let rows = of(&family);
        self.out.array(rows.len() + 2);
        let family = family.to_ascii_uppercase();
        self.out.simple(&format!("{family} <subcommand> [<arg> [value] [opt] ...]. Subcommands are:"));
        for (name, _) in rows {
            self.out.simple(&name.to_ascii_uppercase());
        }
        self.out.simple("HELP");
    }

    /// The subcommand is there, but not with these words.
    pub(super) fn no_such_form(&mut self) {
        let asked = String::from_utf8_lossy(self.words[1]).into_owned();
        let family = String::from_utf8_lossy(self.words[0]).to_ascii_uppercase();
        self.out.error(&format!(
            "ERR unknown subcommand or wrong number of arguments for '{asked}'. Try {family} HELP."
        ));
    }
}

#[cfg(test)]
mod tests {
    use super::super::table::{COMMANDS, find};
    use super::*;

    #[test]
    fn families_are_in_order_and_in_the_table() {
        assert!(FAMILIES.is_sorted_by_key(|(family, _)| *family));
        for (family, rows) in FAMILIES {
            assert!(rows.is_sorted_by_key(|(name, _)| *name), "{family}");
        }
        let marked = COMMANDS.iter().filter(|command| command.flags.contains(Flags::FAMILY));
        let marked: Vec<&str> = marked.map(|command| command.name).collect();
        assert_eq!(marked, FAMILIES.iter().map(|(family, _)| *family).collect::<Vec<_>>());
    }

    #[test]
    fn what_is_wrong_with_a_subcommand_is_said_in_peers_words() {
        for (text, error) in [
            ("cluster nodes", None),
            ("CLUSTER HELP", None),
            ("COMMAND", None),
            ("GET x", None),
            ("cluster nodes x", Some("ERR wrong number of arguments for 'cluster|nodes' command")),
            ("object ENCODING", Some("ERR wrong number of arguments for 'object|encoding' command")),
            ("Config Nonsense x", Some("ERR unknown subcommand 'Nonsense'. Try CONFIG HELP.")),
        ] {
            let words: Vec<&[u8]> = text.split(' ').map(str::as_bytes).collect();
            let command = find(words[0]).expect("it is there");
            assert_eq!(check(command, &words).err().as_deref(), error, "{text}");
        }
    }
}
