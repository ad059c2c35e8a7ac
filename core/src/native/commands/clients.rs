//! CLIENT: what connections say of themselves, and what is done to them.

use std::rc::Rc;

use crate::node::ReplicationInput;

use super::strings::{SYNTAX, integer, timeout};
use super::{Call, Flow};
use crate::native::client::Mute;

pub(super) fn client(call: &mut Call<'_>) -> Flow {
    match call.words[1].to_ascii_lowercase().as_slice() {
        b"setinfo" => set_info(call),
        b"no-evict" | b"no-touch" if call.is(2, "on") || call.is(2, "off") => call.out.ok(),
        b"no-evict" | b"no-touch" => call.out.error(SYNTAX),
        // What a client is capable of changes nothing here.
        b"capa" => call.out.ok(),
        b"setname" => set_name(call),
        b"getname" => {
            if call.client.name.is_empty() {
                call.out.null();
            } else {
                call.out.bulk(&call.client.name);
            }
        }
        b"getredir" => call.out.int(-1),
        b"id" => call.out.int(i64::try_from(call.client.id).unwrap_or(i64::MAX)),
        b"info" => {
            let line = call.server.clients.line(call.client.id);
            call.out.verbatim(&line);
        }
        b"list" => list(call),
        b"kill" => kill(call),
        b"pause" => pause(call),
        b"unpause" => {
            call.server.paused_until = 0;
            call.server.resumed.notify_waiters();
            call.out.ok();
        }
        b"reply" => reply(call),
        b"tracking" if call.words.len() == 3 && call.is(2, "off") => call.out.ok(),
        b"tracking" | b"caching" => {
            call.out.error(
                "ERR this node keeps no track of what clients have read: CLIENT TRACKING is not there",
            );
        }
        _ => call.help(),
    }
    Flow::Done
}

/// What a client's library is: taken in, and shown nowhere.
fn set_info(call: &mut Call<'_>) {
    let option = call.words[2].to_ascii_lowercase();
    if option != b"lib-name" && option != b"lib-ver" {
        let option = String::from_utf8_lossy(call.words[2]).into_owned();
        return call.out.error(&format!("ERR Unrecognized option '{option}'"));
    }
    if !is_plain(call.words[3]) {
        let option = String::from_utf8_lossy(&option).into_owned();
        return call
            .out
            .error(&format!("ERR {option} cannot contain spaces, newlines or special characters."));
    }
    call.out.ok();
}

/// Whether a text can stand in a line of CLIENT LIST.
fn is_plain(text: &[u8]) -> bool {
    text.iter().all(|byte| (b'!'..=b'~').contains(byte))
}

/// LIST [TYPE t] [ID id...].
fn list(call: &mut Call<'_>) {
    let chosen = match Chosen::read(&call.words[2..], &["id", "type"]) {
        Ok(chosen) => chosen,
        Err(error) => return call.out.error(&error),
    };
    let clients = &call.server.clients;
    let lines: String = chosen.of(call, true).into_iter().map(|id| clients.line(id)).collect();
    call.out.verbatim(&lines);
}

/// Which connections are meant.
#[derive(Default)]
struct Chosen {
    ids: Vec<u64>,
    address: Option<String>,
    kind: Option<String>,
    skip_me: Option<bool>,
    /// Whether it names a user that there is; there is one, whom every client is.
    user: bool,
}

impl Chosen {
    /// Reads `ID n...`, `ADDR a`, `TYPE t`, `USER u` and `SKIPME yes|no`, as far as they are among these.
    fn read(words: &[&[u8]], options: &[&str]) -> Result<Self, String> {
        let mut chosen = Self::default();
        let mut rest = words;
        while let [option, value, after @ ..] = rest {
            rest = after;
            let option = String::from_utf8_lossy(option).to_ascii_lowercase();
            let text = String::from_utf8_lossy(value);
            match option.as_str() {
                known if !options.contains(&known) => return Err(SYNTAX.to_owned()),
                "id" => {
                    let more = rest.iter().take_while(|word| integer(word).is_some()).count();
                    let ids = std::iter::once(value).chain(&rest[..more]);
                    for id in ids.map(|word| integer(word)) {
                        let id = id.ok_or(SYNTAX)?;
                        let id = u64::try_from(id).ok().filter(|id| *id > 0);
                        chosen.ids.push(id.ok_or("ERR client-id should be greater than 0")?);
                    }
                    rest = &rest[more..];
                }
                "addr" => chosen.address = Some(text.into_owned()),
                "type" => {
                    let kind = text.to_ascii_lowercase();
                    if !["normal", "master", "primary", "replica", "slave", "pubsub"].contains(&kind.as_str())
                    {
                        return Err(format!("ERR Unknown client type '{text}'"));
                    }
                    chosen.kind = Some(kind);
                }
                "user" if text == "default" => chosen.user = true,
                "user" => return Err(format!("ERR No such user '{text}'")),
                _ if text.eq_ignore_ascii_case("yes") => chosen.skip_me = Some(true),
                _ if text.eq_ignore_ascii_case("no") => chosen.skip_me = Some(false),
                _ => return Err(SYNTAX.to_owned()),
            }
        }
        if rest.is_empty() { Ok(chosen) } else { Err(SYNTAX.to_owned()) }
    }

    /// The connections that are meant, who asks included if `me`.
    fn of(&self, call: &Call<'_>, me: bool) -> Vec<u64> {
        let server = &*call.server;
        let known = server.clients.known.iter();
        known
            .filter(|(id, _)| self.ids.is_empty() || self.ids.contains(*id))
            .filter(|(_, known)| {
                self.address.as_ref().is_none_or(|address| *address == known.remote.to_string())
            })
            .filter(|(id, _)| match self.kind.as_deref() {
                None => true,
                Some("replica" | "slave") => server.feed.replicas.contains_key(id),
                Some("normal") => !server.feed.replicas.contains_key(id),
                Some(_) => false,
            })
            .filter(|(id, _)| me || **id != call.client.id)
            .map(|(id, _)| *id)
            .collect()
    }
}

fn reply(call: &mut Call<'_>) {
    match call.words[2].to_ascii_lowercase().as_slice() {
        b"on" => {
            call.client.mute = Mute::Never;
            call.out.ok();
        }
        b"off" => call.client.mute = Mute::Always,
        b"skip" if call.client.mute == Mute::Never => call.client.mute = Mute::Next,
        b"skip" => {}
        _ => call.out.error(SYNTAX),
    }
}

fn set_name(call: &mut Call<'_>) {
    let name = call.words[2];
    if !is_plain(name) {
        call.out.error("ERR Client names cannot contain spaces, newlines or special characters.");
        return;
    }
    call.client.name = name.to_vec();
    if let Some(known) = call.server.clients.known.get_mut(&call.client.id) {
        known.name = String::from_utf8_lossy(name).into_owned();
    }
    call.out.ok();
}

/// Ends connections: `KILL addr`, or `KILL ID n...`, `ADDR a`, `TYPE t`, `USER u`, `SKIPME yes|no`.
fn kill(call: &mut Call<'_>) {
    let short = call.words.len() == 3;
    let chosen = if short {
        let address = call.text(2).map(str::to_owned);
        Ok(Chosen { address, skip_me: Some(false), ..Chosen::default() })
    } else {
        Chosen::read(&call.words[2..], &["id", "addr", "type", "user", "skipme"])
    };
    let chosen = match chosen {
        Ok(chosen) => chosen,
        Err(error) => return call.out.error(&error),
    };
    let ids = chosen.of(call, chosen.skip_me == Some(false));
    let known = &call.server.clients.known;
    let doomed = ids.into_iter().filter_map(|id| Some((id, Rc::clone(&known.get(&id)?.killed))));
    let doomed: Vec<(u64, Rc<tokio::sync::Notify>)> = doomed.collect();
    let alone = chosen.ids.is_empty() && !chosen.user;
    let upstream = alone && is_upstream(call, chosen.address.as_deref(), chosen.kind.as_deref());
    let count = doomed.len() + usize::from(upstream);
    if upstream {
        call.server.following = None;
        call.server.input(|node, now| node.handle_replication(now, ReplicationInput::Lost));
    }
    for (id, killed) in doomed {
        // Its task ends later: until then nobody may count on what it acknowledged.
        call.server.feed.replicas.remove(&id);
        killed.notify_one();
    }
    match (short, count) {
        (true, 0) => call.out.error("ERR No such client"),
        (true, _) => call.out.ok(),
        (false, count) => call.out.int(i64::try_from(count).unwrap_or(i64::MAX)),
    }
}

/// Whether the link to our primary is meant: it is a client, too, as others see it.
fn is_upstream(call: &Call<'_>, address: Option<&str>, kind: Option<&str>) -> bool {
    let view = call.server.node.view();
    let primary = view.my_primary().map(|ix| view.peer(ix).address);
    let place = primary.and_then(|place| Some(format!("{}:{}", place.ip?, place.port)));
    let asked = address.is_some() || kind.is_some();
    let matches = address.is_none_or(|address| place.as_deref() == Some(address))
        && kind.is_none_or(|kind| matches!(kind, "master" | "primary"));
    call.server.following.is_some() && asked && matches
}

fn pause(call: &mut Call<'_>) {
    let mode = call.words.get(3);
    let writes_only = match mode {
        None => false,
        Some(word) if word.eq_ignore_ascii_case(b"all") => false,
        Some(word) if word.eq_ignore_ascii_case(b"write") => true,
        Some(_) => {
            call.out.error("ERR CLIENT PAUSE mode must be WRITE or ALL");
            return;
        }
    };
    let millis = match timeout(call.words[2]) {
        Ok(millis) => millis,
        Err(error) => return call.out.error(error),
    };
    call.server.paused_until = call.now_ms.saturating_add(millis);
    call.server.pauses_writes_only = writes_only;
    call.out.ok();
}
