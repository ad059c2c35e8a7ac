//! PING, QUIT and what else is about the connection itself.

use std::rc::Rc;

use super::strings::{NOT_INTEGER, SYNTAX, integer};
use super::{Call, Flow, describe};
use crate::native::client::Mute;
use crate::resp::Proto;

pub(super) fn ping(call: &mut Call<'_>) -> Flow {
    if call.client.listens_in_resp2() && call.words.len() < 3 {
        call.out.array(2);
        call.out.bulk(b"pong");
        call.out.bulk(call.words.get(1).copied().unwrap_or_default());
        return Flow::Done;
    }
    match call.words.get(1) {
        _ if call.words.len() > 2 => call.out.error("ERR wrong number of arguments for 'ping' command"),
        None => call.out.simple("PONG"),
        Some(text) => call.out.bulk(text),
    }
    Flow::Done
}

pub(super) fn quit(call: &mut Call<'_>) -> Flow {
    call.out.ok();
    Flow::Close
}

/// What is said of any other database than the one that a cluster has.
pub(super) const OUT_OF_RANGE: &str = "ERR DB index is out of range";

/// A cluster has one database.
pub(super) fn select(call: &mut Call<'_>) -> Flow {
    match integer(call.words[1]) {
        Some(0) => call.out.ok(),
        Some(_) => call.out.error(OUT_OF_RANGE),
        None => call.out.error(NOT_INTEGER),
    }
    Flow::Done
}

pub(super) fn asking(call: &mut Call<'_>) -> Flow {
    call.client.asking = true;
    call.out.ok();
    Flow::Done
}

pub(super) fn readonly(call: &mut Call<'_>) -> Flow {
    call.client.readonly = true;
    call.out.ok();
    Flow::Done
}

pub(super) fn readwrite(call: &mut Call<'_>) -> Flow {
    call.client.readonly = false;
    call.out.ok();
    Flow::Done
}

pub(super) fn echo(call: &mut Call<'_>) -> Flow {
    call.out.bulk(call.words[1]);
    Flow::Done
}

pub(super) fn time(call: &mut Call<'_>) -> Flow {
    call.out.array(2);
    call.out.bulk((call.now_ms / 1000).to_string().as_bytes());
    call.out.bulk((call.now_ms % 1000 * 1000).to_string().as_bytes());
    Flow::Done
}

pub(super) fn shutdown(call: &mut Call<'_>) -> Flow {
    let mut snapshot = None;
    for word in &call.words[1..] {
        match word.to_ascii_lowercase().as_slice() {
            b"save" if snapshot != Some(false) => snapshot = Some(true),
            b"nosave" if snapshot != Some(true) => snapshot = Some(false),
            // Both are about waiting for replicas, which this node does not do.
            b"now" | b"force" => {}
            b"abort" if call.words.len() == 2 => {
                call.out.error("ERR No shutdown in progress.");
                return Flow::Done;
            }
            _ => {
                call.out.error(SYNTAX);
                return Flow::Done;
            }
        }
    }
    let saved = &call.server.persist.saved;
    if saved.saving {
        // Late as it is, it would take the place of the one that is written now.
        return Flow::Again(Rc::clone(&saved.done), super::FOREVER);
    }
    if let Err(error) = call.server.save_at_end(snapshot) {
        call.server.warning(format_args!("does not end: {error}"));
        call.out.error("ERR Errors trying to SHUTDOWN. Check logs.");
        return Flow::Done;
    }
    call.server.persist.ended = true;
    call.server.ending.notify_one();
    Flow::Close
}

/// The connection as it was when it opened.
pub(super) fn reset(call: &mut Call<'_>) -> Flow {
    call.client.queue = None;
    super::transactions::unwatch_all(&mut call.server.keyspace, call.client);
    call.client.mute = Mute::Never;
    call.server.subscriptions.leave(call.client);
    call.client.readonly = false;
    call.client.asking = false;
    call.client.name.clear();
    call.client.authenticated = call.server.options.requirepass.is_empty();
    call.out.proto = Proto::Resp2;
    call.out.simple("RESET");
    Flow::Done
}

const WRONG_PASS: &str = "WRONGPASS invalid username-password pair or user is disabled.";

/// Whether a user and a password open the door, compared in a time that tells nothing.
fn opens(call: &Call<'_>, user: &[u8], password: &[u8]) -> bool {
    let wanted = call.server.options.requirepass.as_bytes();
    let mut different = wanted.len() ^ password.len();
    for (at, byte) in password.iter().enumerate() {
        different |= usize::from(wanted.get(at).copied().unwrap_or(0) ^ byte);
    }
    user == b"default" && (wanted.is_empty() || different == 0)
}

pub(super) fn auth(call: &mut Call<'_>) -> Flow {
    let (user, password): (&[u8], &[u8]) = match call.words {
        [_, password] => (b"default", password),
        [_, user, password] => (user, password),
        _ => {
            call.out.error("ERR syntax error");
            return Flow::Done;
        }
    };
    if call.words.len() == 2 && call.server.options.requirepass.is_empty() {
        call.out.error(
            "ERR AUTH <password> called without any password configured for the default user. Are you sure your \
             configuration is correct?",
        );
    } else if opens(call, user, password) {
        call.client.authenticated = true;
        call.out.ok();
    } else {
        call.out.error(WRONG_PASS);
    }
    Flow::Done
}

pub(super) fn hello(call: &mut Call<'_>) -> Flow {
    let mut proto = call.out.proto;
    if let Some(word) = call.words.get(1) {
        proto = match *word {
            b"2" => Proto::Resp2,
            b"3" => Proto::Resp3,
            word if integer(word).is_some() => {
                call.out.error("NOPROTO unsupported protocol version");
                return Flow::Done;
            }
            _ => {
                call.out.error("ERR Protocol version is not an integer or out of range");
                return Flow::Done;
            }
        };
    }
    let mut authenticated = call.client.authenticated;
    let mut name = None;
    let mut at = 2;
    while at < call.words.len() {
        match (call.words[at].to_ascii_lowercase().as_slice(), &call.words[at + 1..]) {
            (b"auth", [user, password, ..]) => {
                if !opens(call, user, password) {
                    call.out.error(WRONG_PASS);
                    return Flow::Done;
                }
                authenticated = true;
                at += 3;
            }
            (b"setname", [word, ..]) => {
                name = Some(word.to_vec());
                at += 2;
            }
            _ => {
                let option = String::from_utf8_lossy(call.words[at]).into_owned();
                call.out.error(&format!("ERR Syntax error in HELLO option '{option}'"));
                return Flow::Done;
            }
        }
    }
    if !authenticated {
        call.out.error(
            "NOAUTH HELLO must be called with the client already authenticated, otherwise the HELLO <proto> AUTH \
             <user> <pass> option can be used to authenticate the client and select the RESP protocol version at \
             the same time",
        );
        return Flow::Done;
    }
    call.client.authenticated = true;
    call.client.name = name.unwrap_or_else(|| std::mem::take(&mut call.client.name));
    call.out.proto = proto;
    call.client.inbox.proto.set(proto);
    let role: &[u8] = if call.server.node.is_primary() { b"master" } else { b"replica" };
    let texts: [(&[u8], &[u8]); 2] = [(b"server", b"valkey"), (b"version", b"9.1.2")];
    call.out.map(7);
    for (key, value) in texts {
        call.out.bulk(key);
        call.out.bulk(value);
    }
    call.out.bulk(b"proto");
    call.out.int(if proto == Proto::Resp3 { 3 } else { 2 });
    call.out.bulk(b"id");
    call.out.int(i64::try_from(call.client.id).unwrap_or(i64::MAX));
    call.out.bulk(b"mode");
    call.out.bulk(b"cluster");
    call.out.bulk(b"role");
    call.out.bulk(role);
    call.out.bulk(b"modules");
    call.out.array(0);
    Flow::Done
}

/// What ACL CAT lists.
const CATEGORIES: [&str; 19] = [
    "keyspace",
    "read",
    "write",
    "set",
    "sortedset",
    "list",
    "hash",
    "string",
    "bitmap",
    "hyperloglog",
    "geo",
    "stream",
    "pubsub",
    "admin",
    "fast",
    "slow",
    "connection",
    "transaction",
    "scripting",
];

/// There is one user.
pub(super) fn acl(call: &mut Call<'_>) -> Flow {
    match call.words[1].to_ascii_lowercase().as_slice() {
        b"whoami" => call.out.bulk(b"default"),
        b"cat" => categories(call),
        b"users" => {
            call.out.array(1);
            call.out.bulk(b"default");
        }
        b"list" => {
            let pass = if call.server.options.requirepass.is_empty() { "nopass" } else { "#hidden" };
            call.out.array(1);
            call.out.bulk(format!("user default on {pass} ~* &* +@all").as_bytes());
        }
        _ => call.help(),
    }
    Flow::Done
}

/// ACL CAT [category].
fn categories(call: &mut Call<'_>) {
    let [_, _, category] = call.words else {
        if call.words.len() > 2 {
            return call.no_such_form();
        }
        return call.out.bulks(&CATEGORIES);
    };
    let category = String::from_utf8_lossy(category).into_owned();
    if !CATEGORIES.contains(&category.to_ascii_lowercase().as_str()) {
        return call.out.error(&format!("ERR Unknown category '{category}'"));
    }
    call.out.bulks(&describe::inside(&category.to_ascii_lowercase()));
}
