//! The table of commands.

use std::sync::LazyLock;

use bitflags::bitflags;
use hashbrown::HashMap;

use super::{
    Call, Flow, absent, channels, clients, cluster, connection, debug, describe, info, keys, moving,
    persistence, replication, settings, strings, transactions,
    values::{bits, hashes, lists, ranges, scan, sets, sorted, together, whole},
};
use crate::native::values::integer;

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
    /// Place of a number of further keys, which follow it; 0 for none.
    pub counted: i32,
}

/// No keys.
pub const NONE: Keys = Keys { first: 0, last: 0, step: 0, counted: 0 };
/// One key, the first argument.
pub const ONE: Keys = Keys { first: 1, last: 1, step: 1, counted: 0 };
/// Every argument is a key.
pub const ALL: Keys = Keys { first: 1, last: -1, step: 1, counted: 0 };
/// Keys and values in turn.
pub const PAIRS: Keys = Keys { first: 1, last: -1, step: 2, counted: 0 };
/// One key, behind a subcommand.
pub const SECOND: Keys = Keys { first: 2, last: 2, step: 1, counted: 0 };
/// Two keys, the first arguments.
pub const TWO: Keys = Keys { first: 1, last: 2, step: 1, counted: 0 };
/// So many keys as the first argument says.
pub const COUNTED: Keys = Keys { first: 0, last: 0, step: 0, counted: 1 };
/// So many keys as the second argument says.
pub const COUNTED_SECOND: Keys = Keys { first: 0, last: 0, step: 0, counted: 2 };
/// One key, and so many as the second argument says.
pub const ONE_AND_COUNTED: Keys = Keys { first: 1, last: 1, step: 1, counted: 2 };

impl Keys {
    /// The keys of a request.
    pub fn of<'a>(self, words: &'a [&'a [u8]]) -> impl Iterator<Item = &'a [u8]> {
        let len = i32::try_from(words.len()).unwrap_or(i32::MAX);
        let last = if self.last < 0 { len + self.last } else { self.last };
        let (first, last) = if self.first == 0 { (1, 0) } else { (self.first, last) };
        let step = usize::try_from(self.step.max(1)).unwrap_or(1);
        let fixed =
            (first..=last).step_by(step).filter_map(|at| words.get(usize::try_from(at).ok()?).copied());
        fixed.chain(self.counted_of(words).iter().copied())
    }

    /// Keys behind their number; none if the number is none.
    fn counted_of<'a>(self, words: &'a [&'a [u8]]) -> &'a [&'a [u8]] {
        let Some(at) = usize::try_from(self.counted).ok().filter(|at| *at > 0) else { return &[] };
        let count =
            words.get(at).and_then(|word| integer(word)).and_then(|count| usize::try_from(count).ok());
        let end = count.and_then(|count| count.checked_add(at + 1));
        end.and_then(|end| words.get(at + 1..end)).unwrap_or_default()
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
    /// Whether it runs while data is being loaded.
    pub fn runs_while_loading(&self, words: &[&[u8]]) -> bool {
        let of_cluster =
            || ASKED.iter().any(|asked| words.get(1).is_some_and(|word| word.eq_ignore_ascii_case(asked)));
        self.flags.contains(Flags::LOADING) && (self.name != "cluster" || of_cluster())
    }

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
const AL: Flags = A.union(Flags::LOADING);
const FL: Flags = F.union(Flags::LOADING);
const NAL: Flags = FL.union(Flags::NO_AUTH);

/// What CLUSTER tells while data is being loaded.
const ASKED: [&[u8]; 8] =
    [b"help", b"info", b"myid", b"myshardid", b"nodes", b"shards", b"slot-stats", b"slots"];

/// Every command, by name.
pub const COMMANDS: &[Command] = &[
    row("acl", -2, A, NONE, connection::acl),
    row("append", 3, WF, ONE, strings::append),
    row("asking", 1, F, NONE, connection::asking),
    row("auth", -2, NAL, NONE, connection::auth),
    row("bgrewriteaof", 1, A, NONE, persistence::rewrite),
    row("bgsave", -1, A, NONE, persistence::background_save),
    row("bitcount", -2, R, ONE, bits::bitcount),
    row("client", -2, AL, NONE, clients::client),
    row("cluster", -2, AL, NONE, cluster::cluster),
    row("command", -1, FL, NONE, describe::command),
    row("config", -2, AL, NONE, settings::config),
    row("copy", -3, W, TWO, whole::copy),
    row("dbsize", 1, RF, NONE, keys::dbsize),
    row("debug", -2, AL, NONE, debug::debug),
    row("decr", 2, WF, ONE, strings::decr),
    row("decrby", 3, WF, ONE, strings::decrby),
    row("del", -2, W, ALL, keys::del),
    row("discard", 1, FL, NONE, transactions::discard),
    row("dump", 2, R, ONE, moving::dump),
    row("echo", 2, FL, NONE, connection::echo),
    row("eval", -3, F, COUNTED_SECOND, absent::scripts),
    row("eval_ro", -3, R, COUNTED_SECOND, absent::scripts),
    row("evalsha", -3, F, COUNTED_SECOND, absent::scripts),
    row("evalsha_ro", -3, R, COUNTED_SECOND, absent::scripts),
    row("exec", 1, FL, NONE, transactions::exec),
    row("exists", -2, RF, ALL, keys::exists),
    row("expire", -3, WF, ONE, keys::expire),
    row("expireat", -3, WF, ONE, keys::expire),
    row("expiretime", 2, RF, ONE, keys::ttl),
    row("fcall", -3, F, COUNTED_SECOND, absent::scripts),
    row("fcall_ro", -3, R, COUNTED_SECOND, absent::scripts),
    row("flushall", -1, W, NONE, keys::flush),
    row("flushdb", -1, W, NONE, keys::flush),
    row("function", -2, F, NONE, absent::function),
    row("get", 2, RF, ONE, strings::get),
    row("getbit", 3, RF, ONE, bits::getbit),
    row("getdel", 2, WF, ONE, strings::getdel),
    row("getex", -2, WF, ONE, strings::getex),
    row("getrange", 4, R, ONE, strings::getrange),
    row("getset", 3, WF, ONE, strings::getset),
    row("hdel", -3, WF, ONE, hashes::hdel),
    row("hello", -1, NAL, NONE, connection::hello),
    row("hexists", 3, RF, ONE, hashes::hexists),
    row("hget", 3, RF, ONE, hashes::hget),
    row("hgetall", 2, R, ONE, hashes::hgetall),
    row("hincrby", 4, WF, ONE, hashes::hincrby),
    row("hincrbyfloat", 4, WF, ONE, hashes::hincrbyfloat),
    row("hkeys", 2, R, ONE, hashes::hkeys),
    row("hlen", 2, RF, ONE, hashes::hlen),
    row("hmget", -3, RF, ONE, hashes::hmget),
    row("hmset", -4, WF, ONE, hashes::hset),
    row("hrandfield", -2, R, ONE, hashes::hrandfield),
    row("hscan", -3, R, ONE, scan::hscan),
    row("hset", -4, WF, ONE, hashes::hset),
    row("hsetnx", 4, WF, ONE, hashes::hsetnx),
    row("hstrlen", 3, RF, ONE, hashes::hstrlen),
    row("hvals", 2, R, ONE, hashes::hvals),
    row("incr", 2, WF, ONE, strings::incr),
    row("incrby", 3, WF, ONE, strings::incrby),
    row("incrbyfloat", 3, WF, ONE, strings::incrbyfloat),
    row("info", -1, FL, NONE, info::info),
    row("keys", 2, R, NONE, keys::keys),
    row("lastsave", 1, FL, NONE, persistence::last_save),
    row("latency", -2, A, NONE, absent::latency),
    row("lindex", 3, R, ONE, lists::lindex),
    row("linsert", 5, W, ONE, lists::linsert),
    row("llen", 2, RF, ONE, lists::llen),
    row("lmove", 5, W, TWO, lists::lmove),
    row("lmpop", -4, W, COUNTED, lists::lmpop),
    row("lpop", -2, WF, ONE, lists::lpop),
    row("lpos", -3, R, ONE, lists::lpos),
    row("lpush", -3, WF, ONE, lists::lpush),
    row("lpushx", -3, WF, ONE, lists::lpushx),
    row("lrange", 4, R, ONE, lists::lrange),
    row("lrem", 4, W, ONE, lists::lrem),
    row("lset", 4, W, ONE, lists::lset),
    row("ltrim", 4, W, ONE, lists::ltrim),
    row("memory", -2, R, SECOND, whole::memory),
    row("mget", -2, RF, ALL, strings::mget),
    row("migrate", -6, W, NONE, moving::migrate),
    row("mset", -3, W, PAIRS, strings::mset),
    row("msetnx", -3, W, PAIRS, strings::msetnx),
    row("multi", 1, FL, NONE, transactions::multi),
    row("object", -2, R, SECOND, whole::object),
    row("persist", 2, WF, ONE, keys::persist),
    row("pexpire", -3, WF, ONE, keys::expire),
    row("pexpireat", -3, WF, ONE, keys::expire),
    row("pexpiretime", 2, RF, ONE, keys::ttl),
    row("ping", -1, F, NONE, connection::ping),
    row("psetex", 4, W, ONE, strings::setex),
    row("psubscribe", -2, FL, NONE, channels::subscribe),
    row("psync", -3, A, NONE, replication::psync),
    row("pttl", 2, RF, ONE, keys::ttl),
    row("publish", 3, FL, NONE, channels::publish),
    row("pubsub", -2, F, NONE, channels::pubsub),
    row("punsubscribe", -1, FL, NONE, channels::unsubscribe),
    row("quit", -1, NAL, NONE, connection::quit),
    row("randomkey", 1, R, NONE, keys::random),
    row("readonly", 1, FL, NONE, connection::readonly),
    row("readwrite", 1, FL, NONE, connection::readwrite),
    row("rename", 3, W, TWO, whole::rename),
    row("renamenx", 3, WF, TWO, whole::renamenx),
    row("replconf", -1, AL, NONE, replication::replconf),
    row("reset", 1, NAL, NONE, connection::reset),
    row("restore", -4, W, ONE, moving::restore),
    row("restore-asking", -4, W.union(Flags::ASKING), ONE, moving::restore),
    row("role", 1, FL, NONE, replication::role),
    row("rpop", -2, WF, ONE, lists::rpop),
    row("rpoplpush", 3, W, TWO, lists::rpoplpush),
    row("rpush", -3, WF, ONE, lists::rpush),
    row("rpushx", -3, WF, ONE, lists::rpushx),
    row("sadd", -3, WF, ONE, sets::sadd),
    row("save", 1, A, NONE, persistence::save),
    row("scan", -2, R, NONE, keys::scan),
    row("scard", 2, RF, ONE, sets::scard),
    row("script", -2, F, NONE, absent::script),
    row("sdiff", -2, R, ALL, together::sets),
    row("sdiffstore", -3, W, ALL, together::store_sets),
    row("select", 2, FL, NONE, connection::select),
    row("set", -3, W, ONE, strings::set),
    row("setbit", 4, W, ONE, bits::setbit),
    row("setex", 4, W, ONE, strings::setex),
    row("setnx", 3, WF, ONE, strings::setnx),
    row("setrange", 4, W, ONE, strings::setrange),
    row("shutdown", -1, AL, NONE, connection::shutdown),
    row("sinter", -2, R, ALL, together::sets),
    row("sintercard", -3, R, COUNTED, together::sintercard),
    row("sinterstore", -3, W, ALL, together::store_sets),
    row("sismember", 3, RF, ONE, sets::sismember),
    row("slowlog", -2, A, NONE, absent::slowlog),
    row("smembers", 2, R, ONE, sets::smembers),
    row("smismember", -3, RF, ONE, sets::smismember),
    row("smove", 4, WF, TWO, sets::smove),
    row("spop", -2, WF, ONE, sets::spop),
    row("spublish", 3, FL, ONE, channels::publish),
    row("srandmember", -2, R, ONE, sets::srandmember),
    row("srem", -3, WF, ONE, sets::srem),
    row("sscan", -3, R, ONE, scan::sscan),
    row("ssubscribe", -2, FL, ALL, channels::subscribe),
    row("strlen", 2, RF, ONE, strings::strlen),
    row("subscribe", -2, FL, NONE, channels::subscribe),
    row("substr", 4, R, ONE, strings::getrange),
    row("sunion", -2, R, ALL, together::sets),
    row("sunionstore", -3, W, ALL, together::store_sets),
    row("sunsubscribe", -1, FL, ALL, channels::unsubscribe),
    row("sync", 1, A, NONE, replication::sync),
    row("time", 1, FL, NONE, connection::time),
    row("touch", -2, RF, ALL, keys::exists),
    row("ttl", 2, RF, ONE, keys::ttl),
    row("type", 2, RF, ONE, keys::kind),
    row("unlink", -2, WF, ALL, keys::del),
    row("unsubscribe", -1, FL, NONE, channels::unsubscribe),
    row("unwatch", 1, FL, NONE, transactions::unwatch),
    row("wait", 3, A, NONE, replication::wait),
    row("watch", -2, FL, ALL, transactions::watch),
    row("xadd", -5, WF, ONE, absent::streams),
    row("xdel", -3, WF, ONE, absent::streams),
    row("xlen", 2, RF, ONE, absent::streams),
    row("xrange", -4, R, ONE, absent::streams),
    row("xread", -4, R, NONE, absent::streams),
    row("zadd", -4, WF, ONE, sorted::zadd),
    row("zcard", 2, RF, ONE, sorted::zcard),
    row("zcount", 4, RF, ONE, ranges::zcount),
    row("zdiff", -3, R, COUNTED, together::sorted),
    row("zdiffstore", -4, W, ONE_AND_COUNTED, together::store_sorted),
    row("zincrby", 4, WF, ONE, sorted::zincrby),
    row("zinter", -3, R, COUNTED, together::sorted),
    row("zintercard", -3, R, COUNTED, together::zintercard),
    row("zinterstore", -4, W, ONE_AND_COUNTED, together::store_sorted),
    row("zlexcount", 4, RF, ONE, ranges::zlexcount),
    row("zmpop", -4, W, COUNTED, sorted::zmpop),
    row("zmscore", -3, RF, ONE, sorted::zmscore),
    row("zpopmax", -2, WF, ONE, sorted::zpopmax),
    row("zpopmin", -2, WF, ONE, sorted::zpopmin),
    row("zrandmember", -2, R, ONE, sorted::zrandmember),
    row("zrange", -4, R, ONE, ranges::zrange),
    row("zrangebylex", -4, R, ONE, ranges::zrangebylex),
    row("zrangebyscore", -4, R, ONE, ranges::zrangebyscore),
    row("zrangestore", -5, W, TWO, ranges::zrangestore),
    row("zrank", -3, RF, ONE, sorted::zrank),
    row("zrem", -3, WF, ONE, sorted::zrem),
    row("zremrangebylex", 4, W, ONE, ranges::zremrangebylex),
    row("zremrangebyrank", 4, W, ONE, ranges::zremrangebyrank),
    row("zremrangebyscore", 4, W, ONE, ranges::zremrangebyscore),
    row("zrevrange", -4, R, ONE, ranges::zrevrange),
    row("zrevrangebylex", -4, R, ONE, ranges::zrevrangebylex),
    row("zrevrangebyscore", -4, R, ONE, ranges::zrevrangebyscore),
    row("zrevrank", -3, RF, ONE, sorted::zrevrank),
    row("zscan", -3, R, ONE, scan::zscan),
    row("zscore", 3, RF, ONE, sorted::zscore),
    row("zunion", -3, R, COUNTED, together::sorted),
    row("zunionstore", -4, W, ONE_AND_COUNTED, together::store_sorted),
];

/// Places in the table, by name.
static PLACES: LazyLock<HashMap<&[u8], usize>> = LazyLock::new(|| {
    COMMANDS.iter().enumerate().map(|(at, command)| (command.name.as_bytes(), at)).collect()
});

/// The place in the table of the command of this name, in any case.
pub fn place(name: &[u8]) -> Option<usize> {
    let mut lower = [0; 32];
    let lower = lower.get_mut(..name.len())?;
    lower.copy_from_slice(name);
    lower.make_ascii_lowercase();
    PLACES.get(&*lower).copied()
}

/// The command of this name, in any case.
pub fn find(name: &[u8]) -> Option<&'static Command> {
    place(name).map(|at| &COMMANDS[at])
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
        let words: [&[u8]; 5] = [b"x", b"to", b"2", b"c", b"d"];
        let of = |keys: Keys| keys.of(&words).collect::<Vec<_>>();
        assert_eq!(of(ONE_AND_COUNTED), [&b"to"[..], b"c", b"d"]);
        assert_eq!((of(COUNTED_SECOND).len(), of(COUNTED).len()), (2, 0));
    }
}
