//! Who listens to which channel, and what is on its way to them.

use std::cell::{Cell, RefCell};
use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use tokio::sync::Notify;

use crate::resp::{Proto, Writer};
use crate::wire::Publication;

use super::client::{Client, ClientId};
use super::commands::matches;
use super::keyspace::slot_of;
use super::options::Class;
use super::server::Server;

/// What is on its way to a client unasked.
#[derive(Debug, Default)]
pub struct Inbox {
    bytes: RefCell<Vec<u8>>,
    /// Told when something comes.
    pub told: Notify,
    /// Whether a channel was lost together with its slot.
    lost: Cell<bool>,
    /// How the client wants it written.
    pub proto: Cell<Proto>,
}

impl Inbox {
    /// Moves what came behind what was answered.
    pub fn empty_into(&self, out: &mut Writer) {
        out.bytes.append(&mut self.bytes.borrow_mut());
    }

    /// Adds a message; how much is unread now.
    fn put(&self, message: impl FnOnce(&mut Writer)) -> u64 {
        let mut out =
            Writer { bytes: std::mem::take(&mut *self.bytes.borrow_mut()), proto: self.proto.get() };
        message(&mut out);
        let unread = out.bytes.len() as u64;
        *self.bytes.borrow_mut() = out.bytes;
        self.told.notify_one();
        unread
    }
}

/// What a name stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Topic {
    /// A channel.
    Channel,
    /// Every channel that fits a pattern.
    Pattern,
    /// A channel of a shard.
    Shard,
}

type Listeners = BTreeMap<ClientId, Rc<Inbox>>;

/// All subscriptions.
#[derive(Debug, Default)]
pub struct Subscriptions {
    by: BTreeMap<Topic, BTreeMap<Box<[u8]>, Listeners>>,
    /// Whether slots may have moved since shard channels were looked at.
    pub moved: bool,
}

impl Subscriptions {
    /// A client listens to a name; false if it did already.
    pub fn add(&mut self, topic: Topic, name: &[u8], client: &mut Client) -> bool {
        let listeners = self.by.entry(topic).or_default().entry(name.into()).or_default();
        listeners.insert(client.id, Rc::clone(&client.inbox));
        client.listens.insert((topic, name.into()))
    }

    /// A client listens no more.
    pub fn remove(&mut self, topic: Topic, name: &[u8], client: &mut Client) {
        client.listens.remove(&(topic, Box::from(name)));
        self.drop_listener(topic, name, client.id);
    }

    fn drop_listener(&mut self, topic: Topic, name: &[u8], id: ClientId) {
        let Some(names) = self.by.get_mut(&topic) else { return };
        let Some(listeners) = names.get_mut(name) else { return };
        listeners.remove(&id);
        if listeners.is_empty() {
            names.remove(name);
        }
    }

    /// What a client lost with a slot it listens to no more.
    pub fn part(&self, client: &mut Client) {
        if client.inbox.lost.take() {
            let id = client.id;
            client.listens.retain(|(topic, name)| {
                let listeners = self.by.get(topic).and_then(|names| names.get(name));
                listeners.is_some_and(|listeners| listeners.contains_key(&id))
            });
        }
    }

    /// A client listens to nothing any more.
    pub fn leave(&mut self, client: &mut Client) {
        for (topic, name) in std::mem::take(&mut client.listens) {
            self.drop_listener(topic, &name, client.id);
        }
    }

    /// Names of a kind, and how many listen to each.
    pub fn of(&self, topic: Topic) -> impl Iterator<Item = (&[u8], usize)> {
        self.by.get(&topic).into_iter().flatten().map(|(name, listeners)| (&**name, listeners.len()))
    }

    /// How many listen to a name.
    pub fn count(&self, topic: Topic, name: &[u8]) -> usize {
        self.by.get(&topic).and_then(|names| names.get(name)).map_or(0, BTreeMap::len)
    }

    /// Tells everyone here who listens; how many that are, and who has left too much unread.
    fn deliver(&self, shard: bool, text: &Publication, most: u64) -> (usize, BTreeSet<ClientId>) {
        let (mut reached, mut full) = (0, BTreeSet::new());
        let topic = if shard { Topic::Shard } else { Topic::Channel };
        let word: &[u8] = if shard { b"smessage" } else { b"message" };
        let direct = self.by.get(&topic).and_then(|names| names.get(&*text.channel));
        for (id, inbox) in direct.into_iter().flatten() {
            reached += 1;
            let unread = inbox.put(|out| {
                out.push(3);
                for part in [word, &text.channel, &text.message] {
                    out.bulk(part);
                }
            });
            full.extend((unread > most).then_some(*id));
        }
        let patterns = self.by.get(&Topic::Pattern).filter(|_| !shard).into_iter().flatten();
        for (pattern, listeners) in patterns.filter(|(pattern, _)| matches(pattern, &text.channel)) {
            for (id, inbox) in listeners {
                reached += 1;
                let unread = inbox.put(|out| {
                    out.push(4);
                    let parts: [&[u8]; 4] = [b"pmessage", pattern, &text.channel, &text.message];
                    for part in parts {
                        out.bulk(part);
                    }
                });
                full.extend((unread > most).then_some(*id));
            }
        }
        (reached, full)
    }
}

impl Server {
    /// Tells this node's own clients a text; how many heard it.
    pub fn tell_listeners(&mut self, shard: bool, text: &Publication) -> usize {
        let hard = self.options.output.of(Class::Pubsub).hard;
        let most = if hard == 0 { u64::MAX } else { hard };
        let (reached, full) = self.subscriptions.deliver(shard, text, most);
        for id in full {
            if let Some(known) = self.clients.known.get(&id) {
                known.killed.notify_one();
            }
        }
        reached
    }

    /// Ends subscriptions to channels whose slots this shard has lost, and says so to who had them.
    pub(super) fn part_from_lost_slots(&mut self) {
        if !std::mem::take(&mut self.subscriptions.moved) {
            return;
        }
        let view = self.node.view();
        let mine = view.primary_of(view.myself());
        let channels = self.subscriptions.of(Topic::Shard).map(|(channel, _)| channel);
        let lost = channels.filter(|channel| view.owners().get(slot_of(channel)) != Some(mine));
        let lost: Vec<Box<[u8]>> = lost.map(Box::from).collect();
        let Some(names) = self.subscriptions.by.get_mut(&Topic::Shard) else { return };
        let mut left: BTreeMap<ClientId, usize> = BTreeMap::new();
        for id in names.values().flat_map(BTreeMap::keys) {
            *left.entry(*id).or_default() += 1;
        }
        for channel in lost {
            for (id, inbox) in names.remove(&channel).into_iter().flatten() {
                let count = left.entry(id).or_default();
                *count = count.saturating_sub(1);
                inbox.lost.set(true);
                inbox.put(|out| {
                    out.push(3);
                    out.bulk(b"sunsubscribe");
                    out.bulk(&channel);
                    out.len(*count);
                });
            }
        }
    }
}
