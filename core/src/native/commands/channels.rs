//! SUBSCRIBE, PUBLISH and their families.

use super::keys::matches;
use super::{Call, Flow};
use crate::native::pubsub::Topic;
use crate::node::Command;
use crate::wire::Publication;

/// Which kind of name a command of the family is about.
fn topic(name: &[u8]) -> Topic {
    match name.first().map(u8::to_ascii_lowercase) {
        Some(b'p') => Topic::Pattern,
        Some(b's') if name.get(1).is_some_and(|second| second.eq_ignore_ascii_case(&b's')) => Topic::Shard,
        Some(b's')
            if name.get(1).is_some_and(|second| second.eq_ignore_ascii_case(&b'u')) && name.len() == 12 =>
        {
            Topic::Shard
        }
        _ => Topic::Channel,
    }
}

/// How many names the client listens to, of the kinds that are counted together.
fn count(call: &Call<'_>, topic: Topic) -> usize {
    let shard = topic == Topic::Shard;
    call.client.listens.iter().filter(|(known, _)| (*known == Topic::Shard) == shard).count()
}

fn tell(call: &mut Call<'_>, word: &str, name: Option<&[u8]>, topic: Topic) {
    let count = count(call, topic);
    call.out.push(3);
    call.out.bulk(word.as_bytes());
    match name {
        Some(name) => call.out.bulk(name),
        None => call.out.null(),
    }
    call.out.len(count);
}

/// SUBSCRIBE, PSUBSCRIBE and SSUBSCRIBE.
pub(super) fn subscribe(call: &mut Call<'_>) -> Flow {
    let word = String::from_utf8_lossy(call.words[0]).to_ascii_lowercase();
    let topic = topic(call.words[0]);
    call.client.inbox.proto.set(call.out.proto);
    call.client.inbox.empty_into(call.out);
    for name in &call.words[1..] {
        call.server.subscriptions.add(topic, name, call.client);
        tell(call, &word, Some(name), topic);
    }
    Flow::Done
}

/// UNSUBSCRIBE, PUNSUBSCRIBE and SUNSUBSCRIBE: without names, from all.
pub(super) fn unsubscribe(call: &mut Call<'_>) -> Flow {
    let word = String::from_utf8_lossy(call.words[0]).to_ascii_lowercase();
    let topic = topic(call.words[0]);
    call.client.inbox.empty_into(call.out);
    let names: Vec<Box<[u8]>> = if call.words.len() > 1 {
        call.words[1..].iter().map(|name| Box::from(*name)).collect()
    } else {
        let all = call.client.listens.iter().filter(|(known, _)| *known == topic);
        all.map(|(_, name)| name.clone()).collect()
    };
    for name in &names {
        call.server.subscriptions.remove(topic, name, call.client);
        tell(call, &word, Some(name), topic);
    }
    if names.is_empty() {
        tell(call, &word, None, topic);
    }
    Flow::Done
}

/// PUBLISH and SPUBLISH: here at once, elsewhere over the bus.
pub(super) fn publish(call: &mut Call<'_>) -> Flow {
    let shard = topic(call.words[0]) == Topic::Shard || call.words[0].eq_ignore_ascii_case(b"spublish");
    let text = Publication { channel: call.words[1].to_vec(), message: call.words[2].to_vec() };
    let reached = call.server.tell_listeners(shard, &text);
    // It has no way to fail.
    drop(call.server.input(|node, now| node.handle_command(now, Command::Publish { shard, text })));
    call.out.len(reached);
    Flow::Done
}

pub(super) fn pubsub(call: &mut Call<'_>) -> Flow {
    let subscriptions = &call.server.subscriptions;
    match (call.words[1].to_ascii_lowercase().as_slice(), &call.words[2..]) {
        (what @ (b"channels" | b"shardchannels"), rest @ ([] | [_])) => {
            let topic = if what == b"channels" { Topic::Channel } else { Topic::Shard };
            let pattern = rest.first().copied().unwrap_or(b"*");
            let names = subscriptions.of(topic).map(|(name, _)| name);
            call.out.bulks(&names.filter(|name| matches(pattern, name)).collect::<Vec<_>>());
        }
        (what @ (b"numsub" | b"shardnumsub"), names) => {
            let topic = if what == b"numsub" { Topic::Channel } else { Topic::Shard };
            call.out.array(names.len() * 2);
            for name in names {
                call.out.bulk(name);
                call.out.len(subscriptions.count(topic, name));
            }
        }
        (b"numpat", []) => call.out.len(subscriptions.of(Topic::Pattern).count()),
        (b"help", _) => call.help(),
        _ => call.no_such_form(),
    }
    Flow::Done
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_command_is_about_its_own_kind_of_name() {
        for (name, expected) in [
            ("subscribe", Topic::Channel),
            ("UNSUBSCRIBE", Topic::Channel),
            ("psubscribe", Topic::Pattern),
            ("PUNSUBSCRIBE", Topic::Pattern),
            ("ssubscribe", Topic::Shard),
            ("SUNSUBSCRIBE", Topic::Shard),
        ] {
            assert_eq!(topic(name.as_bytes()), expected, "{name}");
        }
    }
}
