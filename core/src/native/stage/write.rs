//! Clients that write, and remember what was acknowledged.
//!
//! One client per shard of the script. A client goes to the node it last found to own its slots, follows
//! redirections, and asks another node when that one does not answer. What became of its writes is found
//! out when the run is over, by reading every one of them back.

use std::collections::BTreeMap;
use std::io;
use std::net::SocketAddrV4;
use std::rc::Rc;
use std::time::Duration;

use tokio::task::spawn_local;

use crate::base::{Rng, SLOTS, Slot, SlotSet};
use crate::native::keyspace::slot_of;
use crate::native::server::sleep;
use crate::resp::Reply;
use crate::scenario::{Script, Selector, Settings};
use crate::sim::HostIx;

use super::line::Connection;
use super::{Shared, Stage};

/// How long a client waits for an answer before it asks someone else.
const PATIENCE: Duration = Duration::from_secs(1);
/// Redirections that a write follows before its client gives up.
const HOPS: usize = 5;
/// How long a client without anything to write sleeps before it looks again.
const IDLE: Duration = Duration::from_millis(100);
/// Reads in one go when writes are looked for.
const CHUNK: usize = 500;

/// What all clients share.
pub(super) struct Writers {
    /// Rate and size, as the script has them now.
    pub(super) settings: Settings,
    /// A tag for each slot: a key with it in braces is in that slot.
    tags: Vec<String>,
    /// The slots of each client.
    slots: Vec<Vec<Slot>>,
    /// Keys whose writes were acknowledged.
    acknowledged: Vec<String>,
    next: u64,
    chance: Rng,
    /// Whether the script is over.
    pub(super) over: bool,
}

impl Writers {
    pub(super) fn new(script: &Script, chance: &Rng) -> Self {
        let slots = |shard: &crate::scenario::ShardSpec| shard.slots.iter().collect();
        Self {
            settings: script.common_settings(),
            tags: tags(),
            slots: script.cluster.shards().iter().map(slots).collect(),
            acknowledged: Vec::new(),
            next: 0,
            chance: chance.fork("clients"),
            over: false,
        }
    }

    pub(super) fn acknowledged(&self) -> u64 {
        self.acknowledged.len() as u64
    }

    /// A new key in one of a client's slots, and what is written to it.
    fn write_of(&mut self, client: usize) -> Option<(String, String)> {
        let slots = self.slots.get(client)?;
        let drawn = usize::try_from(self.chance.below(slots.len() as u64)).ok()?;
        let tag = self.tags.get(usize::from(slots.get(drawn)?.get()))?;
        self.next += 1;
        let size = usize::try_from(self.settings.write_size.0).unwrap_or(0);
        Some((format!("{{{tag}}}:{}", self.next), "x".repeat(size)))
    }

    /// How long each client rests between two writes; none if nobody writes.
    fn period(&self) -> Option<Duration> {
        let writing = self.slots.iter().filter(|slots| !slots.is_empty()).count();
        let rate = self.settings.writes.0;
        let seconds = Duration::from_secs(u64::try_from(writing).unwrap_or(0));
        (rate > 0).then(|| seconds / rate)
    }
}

/// A short text for each slot that hashes to it, found by trying.
fn tags() -> Vec<String> {
    let mut tags = vec![String::new(); usize::from(SLOTS)];
    let mut missing = tags.len();
    for number in 0_u32.. {
        let tag = number.to_string();
        let place = &mut tags[usize::from(slot_of(tag.as_bytes()).get())];
        if place.is_empty() {
            *place = tag;
            missing -= 1;
        }
        if missing == 0 {
            break;
        }
    }
    tags
}

/// Connections of one client.
type Lines = BTreeMap<SocketAddrV4, Connection>;

/// Starts the clients.
pub(super) fn begin(stage: &Shared) {
    for client in 0..stage.borrow().writers.slots.len() {
        spawn_local(keep_writing(Rc::downgrade(stage), client));
    }
}

async fn keep_writing(stage: std::rc::Weak<std::cell::RefCell<Stage>>, client: usize) {
    let mut lines = Lines::new();
    let mut believes: Option<HostIx> = None;
    loop {
        let Some(shared) = stage.upgrade() else { return };
        let (period, write, over) = {
            let mut stage = shared.borrow_mut();
            let period = stage.writers.period();
            (period, period.and_then(|_| stage.writers.write_of(client)), stage.writers.over)
        };
        if over {
            return;
        }
        if let Some((key, value)) = write {
            let to = believes.or_else(|| any(&shared, client, None));
            if let Some(to) = to {
                believes = deliver(&shared, &mut lines, to, &key, &value).await;
                if believes.is_none() {
                    believes = any(&shared, client, Some(to));
                }
            }
        }
        drop(shared);
        sleep(period.unwrap_or(IDLE)).await;
    }
}

/// A host to try: the first primary of the client's shard, then any other that runs.
fn any(stage: &Shared, client: usize, but: Option<HostIx>) -> Option<HostIx> {
    let mut stage = stage.borrow_mut();
    let first = stage.hosts().find(|host| {
        let name = stage.seat(*host).name;
        usize::from(name.shard.0) == client && name.index == 0
    });
    if but.is_none() {
        return first;
    }
    let others: Vec<HostIx> = stage.running().filter(|host| Some(*host) != but).collect();
    let drawn = stage.writers.chance.below(others.len().max(1) as u64);
    usize::try_from(drawn).ok().and_then(|drawn| others.get(drawn).copied())
}

/// Writes a key; the host that took it, if one did.
async fn deliver(stage: &Shared, lines: &mut Lines, to: HostIx, key: &str, value: &str) -> Option<HostIx> {
    let mut address = stage.borrow().seat(to).address;
    let mut asking = false;
    for _ in 0..HOPS {
        let answer = set(lines, address, asking, key, value).await;
        let Ok(answer) = answer else {
            // Whether it was written, nobody knows: it is not counted.
            lines.remove(&address);
            return None;
        };
        if answer == Reply::Simple("OK".to_owned()) {
            let mut stage = stage.borrow_mut();
            stage.writers.acknowledged.push(key.to_owned());
            return stage.hosts().find(|host| stage.seat(*host).address == address);
        }
        let error = answer.error()?;
        asking = error.starts_with("ASK ");
        if !asking && !error.starts_with("MOVED ") {
            return None;
        }
        // Ports are enough: a node need not know its own address.
        let port: u16 = error.rsplit(':').next()?.parse().ok()?;
        address = stage.borrow().seats.iter().map(|seat| seat.address).find(|known| known.port() == port)?;
    }
    None
}

async fn set(
    lines: &mut Lines,
    address: SocketAddrV4,
    asking: bool,
    key: &str,
    value: &str,
) -> io::Result<Reply> {
    let line = match lines.remove(&address) {
        Some(line) => line,
        None => Connection::to(address, PATIENCE).await?,
    };
    let line = lines.entry(address).or_insert(line);
    if asking {
        line.ask(&["ASKING"]).await?;
    }
    line.ask(&["SET", key, value]).await
}

/// `write N to X`: as many writes at once, to the slots of X's shard.
pub(super) async fn many(stage: &Shared, count: u32, to: Selector) {
    let Some(host) = stage.borrow_mut().select_all(&[to]).first().copied() else { return };
    let client = usize::from(stage.borrow().shard_of[host.get()].0);
    let mut lines = Lines::new();
    for _ in 0..count {
        let Some((key, value)) = stage.borrow_mut().writers.write_of(client) else { return };
        let taken = deliver(stage, &mut lines, host, &key, &value).await;
        if taken.is_none() {
            super::act::refused(stage, Some(host), &format!("SET {key}"));
            return;
        }
    }
}

/// A write of the formation, and its end.
pub(super) async fn first(stage: &Shared, to: Selector) {
    let Some(host) = stage.borrow_mut().select_all(&[to]).first().copied() else { return };
    let client = usize::from(stage.borrow().shard_of[host.get()].0);
    let Some((key, value)) = stage.borrow_mut().writers.write_of(client) else { return };
    let address = stage.borrow().seat(host).address;
    let told = async {
        let mut connection = Connection::to(address, PATIENCE).await?;
        connection.ask_all(&[&["SET", &key, &value], &["DEL", &key]]).await
    };
    // Who cannot write now is found out when its replica's data is looked at.
    drop(told.await);
}

/// How many acknowledged writes the primaries of their slots do not hold. A slot that nobody serves has
/// lost nothing yet.
pub(super) async fn count_lost(stage: &Shared) -> u64 {
    let mut by_node: BTreeMap<SocketAddrV4, Vec<String>> = BTreeMap::new();
    {
        let stage = stage.borrow();
        let mut primaries: Vec<(HostIx, &super::Seen)> = stage
            .running()
            .filter_map(|host| {
                Some((host, stage.seen[host.get()].as_ref().filter(|seen| seen.is_primary())?))
            })
            .collect();
        primaries.sort_by_key(|(_, seen)| std::cmp::Reverse(seen.me().map(|me| me.config_epoch)));
        let serves = |(_, seen): &&(HostIx, &super::Seen), slot: Slot| -> bool {
            let slots: Option<&SlotSet> = seen.me().map(|me| &me.slots);
            slots.is_some_and(|slots| slots.contains(slot))
        };
        for key in &stage.writers.acknowledged {
            let slot = slot_of(key.as_bytes());
            if let Some((host, _)) = primaries.iter().find(|primary| serves(primary, slot)) {
                by_node.entry(stage.seat(*host).address).or_default().push(key.clone());
            }
        }
    }
    let mut lost = 0;
    for (address, keys) in by_node {
        lost += missing(address, &keys).await.unwrap_or(keys.len() as u64);
    }
    lost
}

/// How many of these keys a node does not have.
async fn missing(address: SocketAddrV4, keys: &[String]) -> io::Result<u64> {
    let mut connection = Connection::to(address, super::line::PATIENCE).await?;
    let mut missing = 0;
    for chunk in keys.chunks(CHUNK) {
        let commands: Vec<[&str; 2]> = chunk.iter().map(|key| ["EXISTS", key.as_str()]).collect();
        let commands: Vec<&[&str]> = commands.iter().map(<[&str; 2]>::as_slice).collect();
        let replies = connection.ask_all(&commands).await?;
        missing += replies.iter().filter(|reply| **reply != Reply::Int(1)).count() as u64;
    }
    Ok(missing)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_slot_has_a_tag_that_hashes_to_it() {
        for (slot, tag) in tags().iter().enumerate() {
            assert_eq!(usize::from(slot_of(format!("{{{tag}}}:7").as_bytes()).get()), slot);
        }
    }
}
