//! COMMAND DOCS: what each command is for, and what it takes; `redis-cli` makes its hints of it.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use super::table::{Command, find};
use super::{COMMANDS, Call};
use crate::resp::Writer;

/// Groups, and in each its commands: name, version of Redis or Valkey that had it first, words, what it does.
/// What stands in brackets may be left out, and dots say that there may be more of it.
const TEXT: &str = "\
= bitmap
bitcount 2.6.0 key [start end [BYTE|BIT]] : Counts the bits that are set in a string.
bitop 2.6.0 AND|OR|XOR|NOT destkey key... : Combines strings bit by bit and keeps the outcome.
bitpos 2.8.7 key bit [start [end [BYTE|BIT]]] : Finds the first bit that is 0, or 1, in a string.
getbit 2.2.0 key offset : Tells one bit of a string.
setbit 2.2.0 key offset value : Changes one bit of a string and tells what it was.
= cluster
asking 3.0.0 : Lets the next command touch a slot that is on its way to this node.
cluster 3.0.0 subcommand [argument...] : Looks at the cluster and changes it.
readonly 3.0.0 : Lets this connection read from a replica.
readwrite 3.0.0 : Sends this connection's reads to the primary again.
= connection
auth 1.0.0 [username] password : Opens the door with a password.
client 2.4.0 subcommand [argument...] : Looks at connections and ends them.
echo 1.0.0 message : Says the message back.
hello 6.0.0 [protover [AUTH username password] [SETNAME clientname]] : Agrees on a version of the protocol.
ping 1.0.0 [message] : Answers, to show that the node is there.
quit 1.0.0 : Ends the connection.
reset 6.2.0 : Makes the connection as it was when it began.
select 1.0.0 index : Chooses a database, of which a cluster has only the first.
= generic
copy 6.2.0 source destination [DB index] [REPLACE] : Puts a second one of a value under another key.
del 1.0.0 key... : Takes keys away.
dump 2.6.0 key : Packs a value so that RESTORE can unpack it.
exists 1.0.0 key... : Counts which of the keys are there.
expire 1.0.0 key seconds [NX|XX|GT|LT] : Lets a key end after so many seconds.
expireat 1.2.0 key unix-time-seconds [NX|XX|GT|LT] : Lets a key end at a moment.
expiretime 7.0.0 key : Tells the second at which a key ends.
keys 1.0.0 pattern : Lists every key that fits; SCAN does it in small steps.
migrate 2.6.0 host port key|\"\" destination-db timeout [COPY] [REPLACE] [AUTH password] [KEYS key...] : Carries keys to another node.
move 1.0.0 key db : Carries a key to another database, of which a cluster has none.
object 2.2.3 subcommand [argument...] : Looks at how a value is kept.
persist 2.2.0 key : Lets a key stay that was to end.
pexpire 2.6.0 key milliseconds [NX|XX|GT|LT] : Lets a key end after so many milliseconds.
pexpireat 2.6.0 key unix-time-milliseconds [NX|XX|GT|LT] : Lets a key end at a moment, to the millisecond.
pexpiretime 7.0.0 key : Tells the millisecond at which a key ends.
pttl 2.6.0 key : Tells how many milliseconds a key has left.
randomkey 1.0.0 : Tells any key.
rename 1.0.0 key newkey : Gives a value another key, whatever that held.
renamenx 1.0.0 key newkey : Gives a value another key if that is free.
restore 2.6.0 key ttl serialized-value [REPLACE] [ABSTTL] [IDLETIME seconds] [FREQ frequency] : Unpacks what DUMP has packed.
scan 2.8.0 cursor [MATCH pattern] [COUNT count] [TYPE type] : Lists keys in small steps.
sort 1.0.0 key [BY pattern] [LIMIT offset count] [GET pattern...] [ASC|DESC] [ALPHA] [STORE destination] : Sorts the elements of a value.
sort_ro 7.0.0 key [BY pattern] [LIMIT offset count] [GET pattern...] [ASC|DESC] [ALPHA] : Sorts elements and stores nothing, so that replicas serve it.
touch 3.2.1 key... : Counts which of the keys are there.
ttl 1.0.0 key : Tells how many seconds a key has left.
type 1.0.0 key : Tells what kind of value a key holds.
unlink 4.0.0 key... : Takes keys away.
wait 3.0.0 numreplicas timeout : Waits until so many replicas have this connection's writes.
waitaof 7.2.0 numlocal numreplicas timeout : Waits until this connection's writes are on disks.
= hash
hdel 2.0.0 key field... : Takes fields out of a hash.
hexists 2.0.0 key field : Tells whether a hash has a field.
hget 2.0.0 key field : Tells what a field holds.
hgetall 2.0.0 key : Lists fields and what they hold.
hgetdel 9.1.0 key FIELDS numfields field... : Tells what fields hold and takes them out.
hincrby 2.0.0 key field increment : Adds a whole number to a field.
hincrbyfloat 2.6.0 key field increment : Adds a decimal number to a field.
hkeys 2.0.0 key : Lists the fields of a hash.
hlen 2.0.0 key : Counts the fields of a hash.
hmget 2.0.0 key field... : Tells what several fields hold.
hmset 2.0.0 key field value [field value...] : Sets several fields.
hrandfield 6.2.0 key [count [WITHVALUES]] : Tells fields drawn by chance.
hscan 2.8.0 key cursor [MATCH pattern] [COUNT count] [NOVALUES] : Lists the fields of a hash in small steps.
hset 2.0.0 key field value [field value...] : Sets fields and counts the new ones.
hsetnx 2.0.0 key field value : Sets a field if it is not there.
hstrlen 3.2.0 key field : Tells how many bytes a field holds.
hvals 2.0.0 key : Lists what the fields of a hash hold.
= list
blmove 6.2.0 source destination LEFT|RIGHT LEFT|RIGHT timeout : Moves an element between lists, and waits for one.
blmpop 7.0.0 timeout numkeys key... LEFT|RIGHT [COUNT count] : Takes elements from the first list that has any, and waits for one.
blpop 2.0.0 key... timeout : Takes the first element of the first list that has any, and waits for one.
brpop 2.0.0 key... timeout : Takes the last element of the first list that has any, and waits for one.
brpoplpush 2.2.0 source destination timeout : Moves the last element to another list's front, and waits for one.
lindex 1.0.0 key index : Tells the element at a place.
linsert 2.2.0 key BEFORE|AFTER pivot element : Puts an element beside another one.
llen 1.0.0 key : Counts the elements of a list.
lmove 6.2.0 source destination LEFT|RIGHT LEFT|RIGHT : Moves an element between lists.
lmpop 7.0.0 numkeys key... LEFT|RIGHT [COUNT count] : Takes elements from the first list that has any.
lpop 1.0.0 key [count] : Takes elements from a list's front.
lpos 6.0.6 key element [RANK rank] [COUNT num-matches] [MAXLEN len] : Finds the places of an element.
lpush 1.0.0 key element... : Puts elements in front of a list.
lpushx 2.2.0 key element... : Puts elements in front of a list that is there.
lrange 1.0.0 key start stop : Lists the elements between two places.
lrem 1.0.0 key count element : Takes equal elements out of a list.
lset 1.0.0 key index element : Changes the element at a place.
ltrim 1.0.0 key start stop : Keeps only the elements between two places.
rpop 1.0.0 key [count] : Takes elements from a list's end.
rpoplpush 1.2.0 source destination : Moves the last element to another list's front.
rpush 1.0.0 key element... : Puts elements behind a list.
rpushx 2.2.0 key element... : Puts elements behind a list that is there.
= pubsub
psubscribe 2.0.0 pattern... : Listens to every channel that fits.
publish 2.0.0 channel message : Says something on a channel.
pubsub 2.8.0 subcommand [argument...] : Tells who listens to what.
punsubscribe 2.0.0 [pattern...] : Listens no more to what fits.
spublish 7.0.0 shardchannel message : Says something on a channel of a shard.
ssubscribe 7.0.0 shardchannel... : Listens to channels of a shard.
subscribe 2.0.0 channel... : Listens to channels.
sunsubscribe 7.0.0 [shardchannel...] : Listens no more to channels of a shard.
unsubscribe 2.0.0 [channel...] : Listens no more to channels.
= scripting
function 7.0.0 subcommand [argument...] : Lists functions, of which this node has none.
script 2.6.0 subcommand [argument...] : Looks for scripts, of which this node has none.
= server
acl 6.0.0 subcommand [argument...] : Tells who may do what: one user everything.
bgrewriteaof 1.0.0 : Writes the append log anew, in the background.
bgsave 1.0.0 [SCHEDULE] : Writes a snapshot in the background.
command 2.8.13 [subcommand [argument...]] : Tells what commands there are.
config 2.0.0 subcommand [argument...] : Looks at options and changes them.
dbsize 1.0.0 : Counts the keys.
debug 1.0.0 subcommand [argument...] : Does what only tests want.
flushall 1.0.0 [ASYNC|SYNC] : Takes every key away.
flushdb 1.0.0 [ASYNC|SYNC] : Takes every key of the database away.
info 1.0.0 [section...] : Tells figures of this node.
lastsave 1.0.0 : Tells when the last snapshot was written.
latency 2.8.13 subcommand [argument...] : Tells of delays, of which this node notes none.
memory 4.0.0 subcommand [argument...] : Estimates how much memory a value takes.
module 4.0.0 subcommand [argument...] : Lists modules, of which this node has none.
psync 2.8.0 replicationid offset : Asks for the stream of changes from a byte on.
replconf 3.0.0 [argument...] : Says something of a replica to its primary.
restore-asking 3.0.0 key ttl serialized-value [REPLACE] [ABSTTL] : Unpacks a value whose slot is on its way to this node.
role 2.8.12 : Tells whether this is a primary, and of whom it knows.
save 1.0.0 : Writes a snapshot while everybody waits.
shutdown 1.0.0 [NOSAVE|SAVE] [NOW] [FORCE] [ABORT] : Ends the node.
slowlog 2.2.12 subcommand [argument...] : Tells of slow commands, of which this node notes none.
sync 1.0.0 : Asks for all data and the stream of changes.
time 2.6.0 : Tells the node's clock.
= set
sadd 1.0.0 key member... : Puts members into a set.
scard 1.0.0 key : Counts the members of a set.
sdiff 1.0.0 key... : Lists what is in the first set only.
sdiffstore 1.0.0 destination key... : Keeps what is in the first set only.
sinter 1.0.0 key... : Lists what is in all of the sets.
sintercard 7.0.0 numkeys key... [LIMIT limit] : Counts what is in all of the sets.
sinterstore 1.0.0 destination key... : Keeps what is in all of the sets.
sismember 1.0.0 key member : Tells whether a set has a member.
smembers 1.0.0 key : Lists the members of a set.
smismember 6.2.0 key member... : Tells which of the members a set has.
smove 1.0.0 source destination member : Moves a member to another set.
spop 1.0.0 key [count] : Takes members out by chance.
srandmember 1.0.0 key [count] : Tells members drawn by chance.
srem 1.0.0 key member... : Takes members out of a set.
sscan 2.8.0 key cursor [MATCH pattern] [COUNT count] : Lists the members of a set in small steps.
sunion 1.0.0 key... : Lists what is in any of the sets.
sunionstore 1.0.0 destination key... : Keeps what is in any of the sets.
= sorted-set
bzmpop 7.0.0 timeout numkeys key... MIN|MAX [COUNT count] : Takes members from the first sorted set that has any, and waits for one.
bzpopmax 5.0.0 key... timeout : Takes the highest member of the first sorted set that has any, and waits for one.
bzpopmin 5.0.0 key... timeout : Takes the lowest member of the first sorted set that has any, and waits for one.
zadd 1.2.0 key [NX|XX] [GT|LT] [CH] [INCR] score member [score member...] : Gives members scores.
zcard 1.2.0 key : Counts the members of a sorted set.
zcount 2.0.0 key min max : Counts the members between two scores.
zdiff 6.2.0 numkeys key... [WITHSCORES] : Lists what is in the first sorted set only.
zdiffstore 6.2.0 destination numkeys key... : Keeps what is in the first sorted set only.
zincrby 1.2.0 key increment member : Adds to a member's score.
zinter 6.2.0 numkeys key... [WEIGHTS weight...] [AGGREGATE SUM|MIN|MAX] [WITHSCORES] : Lists what is in all of the sorted sets.
zintercard 7.0.0 numkeys key... [LIMIT limit] : Counts what is in all of the sorted sets.
zinterstore 2.0.0 destination numkeys key... [WEIGHTS weight...] [AGGREGATE SUM|MIN|MAX] : Keeps what is in all of the sorted sets.
zlexcount 2.8.9 key min max : Counts the members between two names.
zmpop 7.0.0 numkeys key... MIN|MAX [COUNT count] : Takes members from the first sorted set that has any.
zmscore 6.2.0 key member... : Tells the scores of several members.
zpopmax 5.0.0 key [count] : Takes the members with the highest scores.
zpopmin 5.0.0 key [count] : Takes the members with the lowest scores.
zrandmember 6.2.0 key [count [WITHSCORES]] : Tells members drawn by chance.
zrange 1.2.0 key start stop [BYSCORE|BYLEX] [REV] [LIMIT offset count] [WITHSCORES] : Lists members between two places, scores or names.
zrangebylex 2.8.9 key min max [LIMIT offset count] : Lists members between two names.
zrangebyscore 1.0.5 key min max [WITHSCORES] [LIMIT offset count] : Lists members between two scores.
zrangestore 6.2.0 dst src min max [BYSCORE|BYLEX] [REV] [LIMIT offset count] : Keeps members between two places, scores or names.
zrank 2.0.0 key member [WITHSCORE] : Counts the members in front of this one.
zrem 1.2.0 key member... : Takes members out of a sorted set.
zremrangebylex 2.8.9 key min max : Takes out the members between two names.
zremrangebyrank 2.0.0 key start stop : Takes out the members between two places.
zremrangebyscore 1.2.0 key min max : Takes out the members between two scores.
zrevrange 1.2.0 key start stop [WITHSCORES] : Lists members between two places, from the highest score on.
zrevrangebylex 2.8.9 key max min [LIMIT offset count] : Lists members between two names, from the last on.
zrevrangebyscore 2.2.0 key max min [WITHSCORES] [LIMIT offset count] : Lists members between two scores, from the highest on.
zrevrank 2.0.0 key member [WITHSCORE] : Counts the members behind this one.
zscan 2.8.0 key cursor [MATCH pattern] [COUNT count] : Lists members and scores in small steps.
zscore 1.2.0 key member : Tells a member's score.
zunion 6.2.0 numkeys key... [WEIGHTS weight...] [AGGREGATE SUM|MIN|MAX] [WITHSCORES] : Lists what is in any of the sorted sets.
zunionstore 2.0.0 destination numkeys key... [WEIGHTS weight...] [AGGREGATE SUM|MIN|MAX] : Keeps what is in any of the sorted sets.
= string
append 2.0.0 key value : Adds bytes to the end of a string.
decr 1.0.0 key : Takes one from a number.
decrby 1.0.0 key decrement : Takes a whole number from a number.
delifeq 9.0.0 key value : Takes a string away if it is this one.
get 1.0.0 key : Tells a string.
getdel 6.2.0 key : Tells a string and takes it away.
getex 6.2.0 key [EX seconds|PX milliseconds|EXAT unix-time-seconds|PXAT unix-time-milliseconds|PERSIST] : Tells a string and changes when it ends.
getrange 2.4.0 key start end : Tells a part of a string.
getset 1.0.0 key value : Sets a string and tells what it was.
incr 1.0.0 key : Adds one to a number.
incrby 1.0.0 key increment : Adds a whole number to a number.
incrbyfloat 2.6.0 key increment : Adds a decimal number to a number.
lcs 7.0.0 key1 key2 [LEN] [IDX] [MINMATCHLEN min-match-len] [WITHMATCHLEN] : Finds the longest row of bytes that two strings have in common.
mget 1.0.0 key... : Tells several strings.
mset 1.0.1 key value [key value...] : Sets several strings.
msetex 9.1.0 numkeys key value [key value...] [NX|XX] [EX seconds|PX milliseconds|EXAT unix-time-seconds|PXAT unix-time-milliseconds|KEEPTTL] : Sets several strings, and when they end.
msetnx 1.0.1 key value [key value...] : Sets several strings if none of the keys is there.
psetex 2.6.0 key milliseconds value : Sets a string that ends after so many milliseconds.
set 1.0.0 key value [NX|XX|IFEQ comparison-value] [GET] [EX seconds|PX milliseconds|EXAT unix-time-seconds|PXAT unix-time-milliseconds|KEEPTTL] : Sets a string, whatever the key held.
setex 2.0.0 key seconds value : Sets a string that ends after so many seconds.
setnx 1.0.0 key value : Sets a string if the key is not there.
setrange 2.2.0 key offset value : Changes a part of a string.
strlen 2.2.0 key : Counts the bytes of a string.
substr 1.0.0 key start end : Tells a part of a string; now called GETRANGE.
= transactions
discard 2.0.0 : Forgets the commands of a transaction.
exec 1.2.0 : Runs the commands of a transaction.
multi 1.2.0 : Begins a transaction.
unwatch 2.2.0 : Watches no key any more.
watch 2.2.0 key... : Lets the next transaction fail if one of the keys changes before.
";

/// What is said of one command.
struct Doc {
    group: &'static str,
    since: &'static str,
    words: &'static str,
    summary: &'static str,
}

static DOCS: LazyLock<BTreeMap<&str, Doc>> = LazyLock::new(|| {
    let mut group = "";
    let mut docs = BTreeMap::new();
    for line in TEXT.lines() {
        if let Some(name) = line.strip_prefix("= ") {
            group = name;
        } else if let Some((head, summary)) = line.rsplit_once(" : ") {
            let mut parts = head.splitn(3, ' ');
            let (name, since) = (parts.next().unwrap_or_default(), parts.next().unwrap_or_default());
            docs.insert(name, Doc { group, since, words: parts.next().unwrap_or_default(), summary });
        }
    }
    docs
});

/// The group of a command, if it is served here.
pub(super) fn group(command: &Command) -> Option<&'static str> {
    DOCS.get(command.name).map(|doc| doc.group)
}

/// COMMAND DOCS [name...]: who asks for a name that is not there is told nothing of it.
pub(super) fn docs(call: &mut Call<'_>) {
    let named = call.words[2..].iter().filter_map(|name| find(name));
    let commands: Vec<&Command> =
        if call.words.len() > 2 { named.collect() } else { COMMANDS.iter().collect() };
    let found: Vec<(&str, &Doc)> =
        commands.iter().filter_map(|command| Some((command.name, DOCS.get(command.name)?))).collect();
    call.out.map(found.len());
    for (name, doc) in found {
        call.out.bulk(name.as_bytes());
        let arguments = arguments(doc.words);
        call.out.map(if arguments.is_empty() { 3 } else { 4 });
        for (key, text) in [("summary", doc.summary), ("since", doc.since), ("group", doc.group)] {
            call.out.bulk(key.as_bytes());
            call.out.bulk(text.as_bytes());
        }
        if !arguments.is_empty() {
            call.out.bulk(b"arguments");
            call.out.array(arguments.len());
            for argument in arguments {
                argument.write(call.out);
            }
        }
    }
}

/// One of the words that a command takes.
#[derive(Debug, PartialEq, Eq)]
struct Argument {
    text: &'static str,
    optional: bool,
    multiple: bool,
}

/// The words of a line, brackets and what is in them together.
fn arguments(words: &'static str) -> Vec<Argument> {
    let mut found = Vec::new();
    let (mut start, mut depth) = (0, 0_usize);
    for (at, letter) in words.char_indices().chain([(words.len(), ' ')]) {
        match letter {
            '[' => depth += 1,
            ']' => depth = depth.saturating_sub(1),
            ' ' if depth == 0 => {
                let word = words.get(start..at).unwrap_or_default();
                start = at + 1;
                let inner = word.strip_prefix('[').and_then(|word| word.strip_suffix(']'));
                let text = inner.unwrap_or(word);
                let alone = text.strip_suffix("...").filter(|text| !text.contains(' '));
                if !text.is_empty() {
                    let (optional, multiple) = (inner.is_some(), alone.is_some());
                    found.push(Argument { text: alone.unwrap_or(text), optional, multiple });
                }
            }
            _ => {}
        }
    }
    found
}

impl Argument {
    fn write(&self, out: &mut Writer) {
        let token = self.text.bytes().all(|byte| byte.is_ascii_uppercase());
        let flags: Vec<&str> = [(self.optional, "optional"), (self.multiple, "multiple")]
            .into_iter()
            .filter_map(|(is, flag)| is.then_some(flag))
            .collect();
        let mut fields = vec![("name", self.text), ("type", if token { "pure-token" } else { "string" })];
        fields.push(if token { ("token", self.text) } else { ("display_text", self.text) });
        out.map(fields.len() + usize::from(!flags.is_empty()));
        for (key, text) in fields {
            out.bulk(key.as_bytes());
            out.bulk(text.as_bytes());
        }
        if !flags.is_empty() {
            out.bulk(b"flags");
            out.set(flags.len());
            for flag in flags {
                out.simple(flag);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_doc_is_of_a_command_and_says_something() {
        assert_eq!(DOCS.len(), TEXT.lines().filter(|line| !line.starts_with("= ")).count());
        for (name, doc) in DOCS.iter() {
            let command = find(name.as_bytes()).unwrap_or_else(|| panic!("{name} is not there"));
            let least = usize::try_from(command.arity.abs() - 1).expect("it is small");
            let needed = arguments(doc.words).iter().filter(|argument| !argument.optional).count();
            assert!(needed <= least, "{name} takes {least} words at least, not {needed}");
            assert!(doc.summary.ends_with('.') && !doc.group.is_empty(), "{name}");
            assert_eq!(doc.since.split('.').count(), 3, "{name}");
        }
    }

    #[test]
    fn words_are_told_apart() {
        let of =
            |words| arguments(words).iter().map(|a| (a.text, a.optional, a.multiple)).collect::<Vec<_>>();
        assert_eq!(
            of("key [start [end]] NX"),
            [("key", false, false), ("start [end]", true, false), ("NX", false, false)]
        );
        assert_eq!(of("key... [field value...]"), [("key", false, true), ("field value...", true, false)]);
        assert!(of("").is_empty());
    }
}
