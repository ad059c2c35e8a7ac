//! The table of commands.

use bitflags::bitflags;

use super::{
    Call, Flow, clients, cluster, connection, debug, describe, info, keys, moving, replication, settings,
    strings, transactions,
};

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
        let (first, last) = if self.first == 0 { (1, 0) } else { (self.first, last) };
        let step = usize::try_from(self.step.max(1)).unwrap_or(1);
        (first..=last).step_by(step).filter_map(|at| words.get(usize::try_from(at).ok()?).copied())
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

const R: Flags = Flags::READ;
const RF: Flags = Flags::READ.union(Flags::FAST);
const W: Flags = Flags::WRITE;
const WF: Flags = Flags::WRITE.union(Flags::FAST);
const F: Flags = Flags::FAST;
const A: Flags = Flags::ADMIN;
const NA: Flags = Flags::FAST.union(Flags::NO_AUTH);

/// Every command, by name.
pub const COMMANDS: &[Command] = &[
    row("acl", -2, A, NONE, connection::acl),
    row("append", 3, WF, ONE, strings::append),
    row("asking", 1, F, NONE, connection::asking),
    row("auth", -2, NA, NONE, connection::auth),
    row("client", -2, A, NONE, clients::client),
    row("cluster", -2, A, NONE, cluster::cluster),
    row("command", -1, F, NONE, describe::command),
    row("config", -2, A, NONE, settings::config),
    row("dbsize", 1, RF, NONE, keys::dbsize),
    row("debug", -2, A, NONE, debug::debug),
    row("decr", 2, WF, ONE, strings::decr),
    row("decrby", 3, WF, ONE, strings::decrby),
    row("del", -2, W, ALL, keys::del),
    row("discard", 1, F, NONE, transactions::discard),
    row("dump", 2, R, ONE, moving::dump),
    row("echo", 2, F, NONE, connection::echo),
    row("exec", 1, F, NONE, transactions::exec),
    row("exists", -2, RF, ALL, keys::exists),
    row("expire", -3, WF, ONE, keys::expire),
    row("expireat", -3, WF, ONE, keys::expire),
    row("expiretime", 2, RF, ONE, keys::ttl),
    row("flushall", -1, W, NONE, keys::flush),
    row("flushdb", -1, W, NONE, keys::flush),
    row("get", 2, RF, ONE, strings::get),
    row("getdel", 2, WF, ONE, strings::getdel),
    row("getex", -2, WF, ONE, strings::getex),
    row("getrange", 4, R, ONE, strings::getrange),
    row("getset", 3, WF, ONE, strings::getset),
    row("hello", -1, NA, NONE, connection::hello),
    row("incr", 2, WF, ONE, strings::incr),
    row("incrby", 3, WF, ONE, strings::incrby),
    row("info", -1, F, NONE, info::info),
    row("keys", 2, R, NONE, keys::keys),
    row("mget", -2, RF, ALL, strings::mget),
    row("migrate", -6, W, NONE, moving::migrate),
    row("mset", -3, W, PAIRS, strings::mset),
    row("multi", 1, F, NONE, transactions::multi),
    row("persist", 2, WF, ONE, keys::persist),
    row("pexpire", -3, WF, ONE, keys::expire),
    row("pexpireat", -3, WF, ONE, keys::expire),
    row("pexpiretime", 2, RF, ONE, keys::ttl),
    row("ping", -1, F, NONE, connection::ping),
    row("psetex", 4, W, ONE, strings::setex),
    row("psync", -3, A, NONE, replication::psync),
    row("pttl", 2, RF, ONE, keys::ttl),
    row("quit", -1, NA, NONE, connection::quit),
    row("randomkey", 1, R, NONE, keys::random),
    row("readonly", 1, F, NONE, connection::readonly),
    row("readwrite", 1, F, NONE, connection::readwrite),
    row("replconf", -1, A, NONE, replication::replconf),
    row("reset", 1, NA, NONE, connection::reset),
    row("restore", -4, W, ONE, moving::restore),
    row("restore-asking", -4, W.union(Flags::ASKING), ONE, moving::restore),
    row("role", 1, F, NONE, replication::role),
    row("scan", -2, R, NONE, keys::scan),
    row("select", 2, F, NONE, connection::select),
    row("set", -3, W, ONE, strings::set),
    row("setex", 4, W, ONE, strings::setex),
    row("setnx", 3, WF, ONE, strings::setnx),
    row("setrange", 4, W, ONE, strings::setrange),
    row("shutdown", -1, A, NONE, connection::shutdown),
    row("strlen", 2, RF, ONE, strings::strlen),
    row("sync", 1, A, NONE, replication::sync),
    row("time", 1, F, NONE, connection::time),
    row("touch", -2, RF, ALL, keys::exists),
    row("ttl", 2, RF, ONE, keys::ttl),
    row("type", 2, RF, ONE, keys::kind),
    row("unlink", -2, WF, ALL, keys::del),
    row("wait", 3, A, NONE, replication::wait),
];

/// A command's place in the table.
pub fn place(command: &Command) -> usize {
    COMMANDS.binary_search_by(|known| known.name.cmp(command.name)).unwrap_or(0)
}

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
