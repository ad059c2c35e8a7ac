//! The table of commands.

use bitflags::bitflags;

use super::{Call, Flow, cluster, connection, replication, strings};

bitflags! {
    /// What is true of a command.
    #[derive(Clone, Copy, Debug, PartialEq, Eq)]
    pub struct Flags: u16 {
        /// It changes data.
        const WRITE = 1;
        /// It looks at data and changes none.
        const READ = 2;
        /// Strangers may run it.
        const NO_AUTH = 4;
        /// It runs while the node loads.
        const LOADING = 8;
        /// For operators.
        const ADMIN = 16;
        /// It takes a short time, whatever the data.
        const FAST = 32;
        /// It may touch a slot that comes here, as after ASKING.
        const ASKING = 64;
    }
}

/// Where a command's keys are: the first, the last (from the end if negative), each so many words.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Keys {
    /// Place of the first; 0 for none.
    pub first: i32,
    /// Place of the last.
    pub last: i32,
    /// Distance from one to the next.
    pub step: i32,
}

/// No keys.
pub const NONE: Keys = Keys { first: 0, last: 0, step: 0 };
/// One key, the first argument.
pub const ONE: Keys = Keys { first: 1, last: 1, step: 1 };
/// Every argument is a key.
pub const ALL: Keys = Keys { first: 1, last: -1, step: 1 };
/// Keys and values in turn.
pub const PAIRS: Keys = Keys { first: 1, last: -1, step: 2 };

impl Keys {
    /// The keys of a request.
    pub fn of<'a>(self, words: &'a [&'a [u8]]) -> impl Iterator<Item = &'a [u8]> {
        let len = i32::try_from(words.len()).unwrap_or(i32::MAX);
        let last = if self.last < 0 { len + self.last } else { self.last };
        let places = if self.first == 0 { 1..=0 } else { self.first..=last };
        let step = usize::try_from(self.step.max(1)).unwrap_or(1);
        places.step_by(step).filter_map(|at| words.get(usize::try_from(at).ok()?).copied())
    }
}

/// One command.
#[derive(Debug)]
pub struct Command {
    /// Its name, in lower case.
    pub name: &'static str,
    /// How many words it takes with its name; at least so many if negative.
    pub arity: i32,
    /// What is true of it.
    pub flags: Flags,
    /// Where its keys are.
    pub keys: Keys,
    /// What it does.
    pub run: fn(&mut Call<'_>) -> Flow,
}

impl Command {
    /// Whether a request of so many words is one of this command.
    pub fn takes(&self, words: usize) -> bool {
        let words = i32::try_from(words).unwrap_or(i32::MAX);
        if self.arity < 0 { words >= -self.arity } else { words == self.arity }
    }
}

const fn row(
    name: &'static str,
    arity: i32,
    flags: Flags,
    keys: Keys,
    run: fn(&mut Call<'_>) -> Flow,
) -> Command {
    Command { name, arity, flags, keys, run }
}

/// Every command, by name.
pub const COMMANDS: &[Command] = &[
    row("asking", 1, Flags::FAST, NONE, connection::asking),
    row("cluster", -2, Flags::ADMIN, NONE, cluster::cluster),
    row("del", -2, Flags::WRITE, ALL, strings::del),
    row("get", 2, Flags::READ.union(Flags::FAST), ONE, strings::get),
    row("ping", -1, Flags::FAST, NONE, connection::ping),
    row("psync", -3, Flags::ADMIN, NONE, replication::psync),
    row("quit", -1, Flags::NO_AUTH, NONE, connection::quit),
    row("readonly", 1, Flags::FAST, NONE, connection::readonly),
    row("readwrite", 1, Flags::FAST, NONE, connection::readwrite),
    row("replconf", -1, Flags::ADMIN, NONE, replication::replconf),
    row("role", 1, Flags::FAST, NONE, replication::role),
    row("select", 2, Flags::FAST, NONE, connection::select),
    row("set", -3, Flags::WRITE, ONE, strings::set),
    row("sync", 1, Flags::ADMIN, NONE, replication::sync),
    row("wait", 3, Flags::ADMIN, NONE, replication::wait),
];

/// The command of this name, in any case.
pub fn find(name: &[u8]) -> Option<&'static Command> {
    let mut lower = [0; 32];
    let lower = lower.get_mut(..name.len())?;
    lower.copy_from_slice(name);
    lower.make_ascii_lowercase();
    let lower = std::str::from_utf8(lower).ok()?;
    COMMANDS.binary_search_by(|command| command.name.cmp(lower)).ok().map(|at| &COMMANDS[at])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_in_order_and_found() {
        assert!(COMMANDS.is_sorted_by_key(|command| command.name));
        for command in COMMANDS {
            let upper = command.name.to_ascii_uppercase();
            assert_eq!(find(upper.as_bytes()).map(|found| found.name), Some(command.name));
        }
        assert!(find(b"nothing").is_none() && find(&[b'x'; 40]).is_none());
    }

    #[test]
    fn keys_are_where_the_table_says() {
        let words: [&[u8]; 5] = [b"x", b"a", b"b", b"c", b"d"];
        let of = |keys: Keys| keys.of(&words).map(<[u8]>::to_vec).collect::<Vec<_>>().concat();
        assert_eq!(
            (of(NONE), of(ONE), of(ALL), of(PAIRS)),
            (b"".to_vec(), b"a".to_vec(), b"abcd".to_vec(), b"ac".to_vec())
        );
    }
}
