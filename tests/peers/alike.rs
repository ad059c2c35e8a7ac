//! Commands drawn at random, said to a node of ours and to a real Valkey 9.1.2: each must answer the same,
//! errors to the letter. The seed is printed; `ALIKE_SEED=N` draws again.

use std::collections::BTreeMap;

use harness::fleet::{Fleet, Make};
use redis::{ConnectionLike as _, Value};
use splitvote::base::Rng;

use super::data;

/// How many commands are said.
const COMMANDS: usize = 12_000;
/// Drawn unless the environment says otherwise; any other is as good.
const SEED: u64 = 20_261_123;

/// What may be said. `K` is a key, `M` a member or value, `N` a small number, `F` a score, `X` an interval's end
/// by score, `D` a decimal number. Not here: what depends on the second, which passes between the two; intervals
/// by name, which mean nothing while scores differ; SCAN's cursors, which are each server's own; MSETEX across
/// slots, which Valkey 9.1.2 lets happen. One in ten has another number of words than its command takes,
/// whichever command that is.
const SAYINGS: &str = "\
SET K M|SET K M NX|SET K M XX GET|SET K M KEEPTTL|SET K M EX 1000|SET K M PX 0|SET K M NX XX|SET K N|SETNX K M|SETEX K 1000 M|GET K
GETSET K M|GETDEL K|GETEX K PERSIST|GETEX K EX 2000|APPEND K M|STRLEN K|GETRANGE K N N|SUBSTR K N N|SETRANGE K N M|INCR K|DECR K
INCRBY K N|INCRBYFLOAT K D|INCRBYFLOAT K D|SET K D|DECRBY K N|MGET K K K|MSET K M K M|MSET K M K|MSETNX K M K M|GETBIT K N|SETBIT K N 1|BITCOUNT K|BITCOUNT K N N
BITCOUNT K N N BIT|DEL K|DEL K K|UNLINK K|EXISTS K K K|TOUCH K K|TYPE K|RENAME K K|RENAMENX K K|COPY K K|COPY K K REPLACE|PERSIST K
EXPIRE K 1000|EXPIRE K 1000 NX|EXPIRE K M|EXPIREAT K 4000000000|OBJECT REFCOUNT K|DBSIZE
LPUSH K M M|RPUSH K M M M|LPUSHX K M|RPUSHX K M|LPOP K|RPOP K|LPOP K N|RPOP K 2|LLEN K|LRANGE K N N|LINDEX K N|LSET K N M|LREM K N M
LTRIM K N N|LINSERT K BEFORE M M|LINSERT K AFTER M M|LINSERT K NEAR M M|LPOS K M|LPOS K M RANK N|LPOS K M COUNT 0|LPOS K M RANK -1 COUNT 2 MAXLEN 3
LMOVE K K LEFT RIGHT|LMOVE K K RIGHT LEFT|RPOPLPUSH K K|LMPOP 2 K K LEFT|LMPOP 1 K RIGHT COUNT 2|LMPOP N K LEFT
HSET K M M|HSET K M M M M|HSET K M|HSETNX K M M|HGET K M|HMGET K M M|HDEL K M M|HLEN K|HEXISTS K M|HKEYS K|HVALS K|HGETALL K|HSTRLEN K M
HINCRBY K M N|HSET K M D|HINCRBYFLOAT K M D|HINCRBYFLOAT K M D|HMSET K M M|HSET K M N
SADD K M M M|SREM K M|SCARD K|SISMEMBER K M|SMISMEMBER K M M|SMEMBERS K|SMOVE K K M|SINTER K K|SUNION K K|SDIFF K K|SINTERSTORE K K K
SUNIONSTORE K K K|SDIFFSTORE K K K|SINTERCARD 2 K K|SINTERCARD 2 K K LIMIT 1|SINTERCARD N K|SADD K N N N
ZADD K F M F M|ZADD K NX F M|ZADD K XX CH F M|ZADD K GT F M|ZADD K LT CH F M|ZADD K INCR F M|ZADD K NX XX F M|ZADD K F|ZADD K M M
ZINCRBY K F M|ZREM K M M|ZCARD K|ZSCORE K M|ZMSCORE K M M|ZRANK K M|ZREVRANK K M|ZRANK K M WITHSCORE|ZCOUNT K X X
ZRANGE K N N|ZRANGE K N N WITHSCORES|ZRANGE K N N REV|ZRANGE K X X BYSCORE|ZRANGE K X X BYSCORE REV LIMIT 0 2
ZRANGE K N N LIMIT 0 1|ZRANGEBYSCORE K X X WITHSCORES|ZRANGEBYSCORE K X X LIMIT 1 2|ZREVRANGEBYSCORE K X X
ZREVRANGE K N N WITHSCORES|ZRANGESTORE K K N N|ZREMRANGEBYRANK K N N|ZREMRANGEBYSCORE K X X
ZPOPMIN K|ZPOPMAX K 2|ZMPOP 2 K K MIN|ZMPOP 1 K MAX COUNT 2|ZUNION 2 K K WITHSCORES|ZINTER 2 K K|ZINTER 2 K K WEIGHTS F F WITHSCORES
ZUNION 2 K K AGGREGATE MAX WITHSCORES|ZDIFF 2 K K WITHSCORES|ZUNIONSTORE K 2 K K|ZINTERSTORE K 2 K K AGGREGATE MIN|ZDIFFSTORE K 2 K K
ZINTERCARD 2 K K LIMIT 1|ZINTERCARD 2 K K LIMIT N|ZUNION 3 K K K WEIGHTS F F F WITHSCORES
ZUNION 2 K K WEIGHTS F F AGGREGATE MIN WITHSCORES|ZINTERSTORE K 2 K K WEIGHTS F F AGGREGATE MAX|ZUNIONSTORE K 2 K K WEIGHTS F F
MULTI|EXEC|DISCARD|WATCH K|UNWATCH|ECHO M|PING|PING M|SELECT 0|SELECT 1|TIME M|GET|GET K K|NONSENSE K M|CLUSTER KEYSLOT K|CLUSTER COUNTKEYSINSLOT N
HSCAN K 0 BADWORD|COMMAND GETKEYS SET K M|COMMAND GETKEYS MSET K M K M|COMMAND GETKEYS ZUNIONSTORE K 2 K K
SORT K|SORT K ALPHA|SORT K DESC LIMIT N N|SORT K BY {t}* GET {t}* GET #|SORT K ALPHA STORE K|SORT_RO K ALPHA|SORT K BY w_*|SORT K LIMIT N
SORT K BY nosort STORE K|SORT K GET {t}*->a|SORT_RO K STORE K|SORT K ALPHA DESC GET {t}* STORE K|COMMAND GETKEYS SORT K BY STORE STORE K
LCS K K|LCS K K LEN|LCS K K IDX|LCS K K IDX MINMATCHLEN N WITHMATCHLEN|LCS K K M|BITPOS K N|BITPOS K 0|BITPOS K 1 N N|BITPOS K 0 N
BITPOS K N N N BIT|BITOP AND K K K|BITOP NOT K K|BITOP XOR K K|BITOP OR K K|BITOP NOT K K K|BITOP M K K
MSETEX 1 K M|MSETEX 2 {t}a M {t}b M NX|MSETEX N K M|MSETEX 1 K M EX 100|MSETEX 2 {t}c M {t}d M XX KEEPTTL|DELIFEQ K M|SET K M IFEQ M|SET K M IFEQ M GET
HGETDEL K FIELDS 2 M M|HGETDEL K FIELDS N M|BLPOP K K 0.01|BRPOP K 0.01|BLPOP K x|BLPOP K -1|BRPOPLPUSH K K 0.01|BLMOVE K K LEFT RIGHT 0.01
BLMPOP 0.01 2 K K LEFT|BZPOPMIN K K 0.01|BZPOPMAX K 0.01|BZMPOP 0.01 1 K MAX|BZMPOP 0.01 N K MAX|WAIT x N|WAIT 0 M|WAITAOF 0 0 M
WAITAOF 1 0 M|WAITAOF N 0 0|WAITAOF 0 x 0|MOVE K N|SWAPDB 0 1|REPLICAOF NO ONE|SLAVEOF M M|FAILOVER|SHUTDOWN M|SHUTDOWN ABORT|BGSAVE M
SCAN 0 M|SCAN 0 COUNT x|SCAN 0 COUNT 0|SCAN 0 TYPE x|AUTH M M M|SELECT M|PING M M|OBJECT M K|MEMORY USAGE K M|MEMORY USAGE K SAMPLES x
CLUSTER FAILOVER|CLUSTER FAILOVER FORCE M|CLUSTER FAILOVER TAKEOVER FORCE|CLUSTER RESET M|CLUSTER RESET HARD M|CLUSTER REPLICATE M
CLUSTER REPLICATE M M|CLUSTER MEET M N|CLUSTER MEET 127.0.0.1 N N N|CLUSTER SET-CONFIG-EPOCH x|CLUSTER SET-CONFIG-EPOCH -1|CLUSTER SETSLOT N M
CLUSTER SETSLOT N STABLE M|CLUSTER SETSLOT N NODE M|CLUSTER SETSLOT N MIGRATING M|CLUSTER SETSLOT N IMPORTING M M|CLUSTER SETSLOT N STABLE TIMEOUT N
CLUSTER SETSLOT N STABLE TIMEOUT|CLUSTER ADDSLOTS N N|CLUSTER ADDSLOTSRANGE N N N|CLUSTER ADDSLOTSRANGE N N|CLUSTER DELSLOTS x|CLUSTER DELSLOTS 1 1
CLUSTER DELSLOTSRANGE 2 1|CLUSTER DELSLOTSRANGE 1 2 2 3|CLUSTER FORGET M|CLUSTER REPLICAS M|CLUSTER COUNT-FAILURE-REPORTS M|CLUSTER GETKEYSINSLOT N N
CLIENT KILL TYPE M|CLIENT KILL ID x|CLIENT KILL ID 99999|CLIENT KILL 1.2.3.4:5|CLIENT KILL ID 99999 SKIPME M|CLIENT KILL USER M|CLIENT SETINFO M M
CLIENT PAUSE x|CLIENT PAUSE -1|CLIENT PAUSE 0 M|CLIENT NO-EVICT M|CLIENT LIST M|CLIENT LIST TYPE M|CLIENT LIST ID 99999|SCRIPT FLUSH M|SCRIPT FLUSH SYNC
SCRIPT EXISTS M M|FUNCTION LIST M|FUNCTION FLUSH M|FUNCTION FLUSH SYNC M|FUNCTION DELETE M|FUNCTION RESTORE M|FUNCTION RESTORE M M|SLOWLOG GET N
SLOWLOG GET 1 2|LATENCY GRAPH M|LATENCY HISTORY M|ACL CAT M|ACL CAT read M|COMMAND LIST M|COMMAND LIST FILTERBY M M|COMMAND GETKEYS M
COMMAND GETKEYS GET|COMMAND INFO M";

const KEYS: [&str; 6] = ["{t}a", "{t}b", "{t}c", "{t}d", "{t}e", "{u}f"];
/// Whatever holds it is no longer small.
const LONG: &str = "as long as it must be for a peer not to keep it in one piece with its neighbours";
const MEMBERS: [&str; 13] =
    ["a", "b", "c", "10", "-7", "2.5", "", "a longer one", LONG, "\u{4f60}\u{597d}", "3.0e3", "nan", "-0"];
const NUMBERS: [&str; 9] = ["0", "1", "2", "3", "-1", "-2", "7", "100", "x"];
const SCORES: [&str; 16] = [
    "0",
    "-0",
    "1",
    "-1.5",
    "2.25",
    "inf",
    "-inf",
    "1e3",
    "3.141592653589793",
    "no",
    ".5",
    "+7.",
    "1e400",
    "-1e-400",
    "250000000000000001",
    "9e18",
];
const ENDS: [&str; 10] = ["-inf", "+inf", "(1", "1", "2.25", "(-1.5", "0", "no", "", "(-1e400"];
const DECIMALS: [&str; 16] = [
    "0.1",
    "-0.3",
    "10.50",
    "3.0e3",
    "1e17",
    "-1e-17",
    "0.000000000000000005",
    "123456789012345678901234567890",
    "-17.25",
    "0x1p-3",
    "1e4931",
    "5",
    "inf",
    "nan",
    "1e-5000",
    ".",
];

/// Answers whose order is the server's own affair.
const UNORDERED: [&str; 7] = ["SMEMBERS", "SINTER", "SUNION", "SDIFF", "HKEYS", "HVALS", "KEYS"];

fn draw<'a>(rng: &mut Rng, of: &[&'a str]) -> &'a str {
    let at = usize::try_from(rng.below(of.len() as u64)).expect("a small number");
    of[at]
}

fn sentence(rng: &mut Rng, sayings: &[&str]) -> Vec<String> {
    let word = |word: &str, rng: &mut Rng| {
        match word {
            "K" => draw(rng, &KEYS),
            "M" => draw(rng, &MEMBERS),
            "N" => draw(rng, &NUMBERS),
            "F" => draw(rng, &SCORES),
            "X" => draw(rng, &ENDS),
            "D" => draw(rng, &DECIMALS),
            _ => return word.to_owned(),
        }
        .to_owned()
    };
    draw(rng, sayings).split(' ').map(|said| word(said, rng)).collect()
}

/// Commands and subcommands that the node has, and how many words each takes (at least so many if negative).
fn arities(line: &mut redis::Connection) -> Vec<(Vec<String>, i64)> {
    let mut found = Vec::new();
    let mut open = vec![redis::cmd("COMMAND").query::<Value>(line).expect("it tells its commands")];
    while let Some(value) = open.pop() {
        let Value::Array(entries) = value else { continue };
        for entry in entries {
            let Value::Array(mut columns) = entry else { panic!("a command is a row") };
            open.extend(columns.pop());
            let (Value::BulkString(name), Value::Int(arity)) = (&columns[0], &columns[1]) else {
                panic!("a command has a name and a number of words: {columns:?}")
            };
            let name = String::from_utf8_lossy(name).to_ascii_uppercase();
            found.push((name.split('|').map(str::to_owned).collect(), *arity));
        }
    }
    // Whatever is said to some of them is enough.
    found.retain(|(name, arity): &(Vec<String>, i64)| *arity > 0 || -*arity > words_of(name));
    found
}

fn words_of(name: &[String]) -> i64 {
    i64::try_from(name.len()).expect("it is short")
}

/// A command with too few or too many words.
fn misfit(rng: &mut Rng, known: &[(Vec<String>, i64)]) -> Vec<String> {
    let at = usize::try_from(rng.below(known.len() as u64)).expect("a small number");
    let (name, arity) = &known[at];
    let fewer = u64::try_from(arity.abs() - words_of(name)).expect("no name is longer than it must be");
    let few = fewer > 0 && (*arity < 0 || rng.below(2) == 0);
    let more = if few { rng.below(fewer) } else { fewer + 1 + rng.below(2) };
    let mut words = name.clone();
    words.extend((0..more).map(|_| draw(rng, &MEMBERS).to_owned()));
    words
}

/// An answer, or an error's whole text; members in an order of their own.
fn answer(connection: &mut redis::Connection, words: &[String], resp3: bool) -> String {
    let mut command = redis::cmd(&words[0]);
    command.arg(&words[1..]);
    match connection.req_command(&command) {
        Ok(Value::Array(mut parts) | Value::Set(mut parts)) if UNORDERED.contains(&words[0].as_str()) => {
            parts.sort_by_key(|part| format!("{part:?}"));
            format!("{parts:?}")
        }
        Ok(Value::Array(parts)) if words[0] == "HGETALL" && !resp3 => {
            let mut pairs: Vec<String> = parts.chunks(2).map(|pair| format!("{pair:?}")).collect();
            pairs.sort();
            pairs.concat()
        }
        Ok(Value::Map(mut pairs)) => {
            pairs.sort_by_key(|pair| format!("{pair:?}"));
            format!("{pairs:?}")
        }
        // What a transaction's sets and maps hold comes in any order, too.
        Ok(Value::Array(parts)) if words[0] == "EXEC" => {
            let mut letters: Vec<String> = parts.iter().map(|part| sorted(&format!("{part:?}"))).collect();
            letters.push(parts.len().to_string());
            letters.concat()
        }
        Ok(value) => format!("{value:?}"),
        Err(error) => format!("{error}"),
    }
}

fn sorted(text: &str) -> String {
    let mut letters: Vec<char> = text.chars().collect();
    letters.sort_unstable();
    letters.into_iter().collect()
}

/// Says the same to both, in one version of the protocol.
fn talk(resp3: bool) {
    let seed = std::env::var("ALIKE_SEED").ok().and_then(|text| text.parse().ok()).unwrap_or(SEED);
    println!("alike: seed {seed}, RESP{}", if resp3 { 3 } else { 2 });
    let mut rng = Rng::new(seed + u64::from(resp3));
    let sayings: Vec<&str> = SAYINGS.lines().flat_map(|line| line.split('|')).collect();
    let what = if resp3 { "alike-3" } else { "alike-2" };
    let ours = Fleet::form(&format!("{what}-ours"), &[Make::Ours], &[], &[]);
    let theirs = Fleet::form(&format!("{what}-valkey"), &[Make::Valkey], &[], &[]);
    let mut lines = [&ours, &theirs].map(|fleet| {
        let mut line = fleet.nodes[0].connect().expect("it answers");
        if resp3 {
            redis::cmd("HELLO").arg("3").exec(&mut line).expect("both know the third version");
        }
        line
    });
    let known = arities(&mut lines[0]);
    let mut differ = BTreeMap::new();
    for _ in 0..COMMANDS {
        let fits = rng.below(10) > 0;
        let words = if fits { sentence(&mut rng, &sayings) } else { misfit(&mut rng, &known) };
        let [mine, real] = [0, 1].map(|at| answer(&mut lines[at], &words, resp3));
        if mine != real {
            // One for each command tells enough; what follows may come of the first.
            let said = words.join(" ");
            differ.entry(words[0].clone()).or_insert_with(|| format!("{said}\n  ours {mine}\n  real {real}"));
        }
    }
    assert!(differ.is_empty(), "{}", differ.into_values().collect::<Vec<_>>().join("\n"));
    // A transaction may still be open.
    for line in &mut lines {
        let _ = redis::cmd("DISCARD").query::<Value>(line);
    }
    assert_eq!(data::all(&ours.nodes[0]), data::all(&theirs.nodes[0]));
}

#[test]
fn every_answer_is_valkeys() {
    talk(false);
}

#[test]
fn every_answer_in_the_third_version_is_valkeys() {
    talk(true);
}
