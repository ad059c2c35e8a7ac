//! SETSLOT: a slot begins to move, moves, or stays after all. The replicas know before it is true here, so
//! that it outlives this node (native-node.md §4.11).

use std::rc::Rc;
use std::time::Duration;

use crate::base::{NodeId, Slot, SlotSet};
use crate::native::commands::strings::timeout;
use crate::native::commands::{Call, Effect, FOREVER, Flow, UNBLOCKED};
use crate::native::server::Server;
use crate::node::Command;

use super::slots::{BAD_SLOT, slot};
use super::wishes::{self, UNKNOWN, node_named, wish};

/// How long replicas may take to know, in milliseconds, if the command does not say.
const PATIENCE: u64 = 2000;

/// A SETSLOT that waits for replicas.
#[derive(Clone, Copy, Debug)]
pub struct Announced {
    slot: Slot,
    /// Its last byte in the stream.
    offset: u64,
    /// Until when, in Unix milliseconds.
    until: u64,
}

impl Announced {
    /// It does not come true after all: the replicas, who obey it, are told what is.
    pub fn take_back(self, server: &mut Server) {
        // The stream is another's, or stands still for who takes over and has obeyed.
        if !server.node.is_primary() || server.paused {
            return;
        }
        let view = server.node.view();
        let owner = view.owners().get(self.slot).map(|owner| view.peer(owner).id);
        // Either closes the slot, too.
        let first = owner.map_or(("STABLE", None), |owner| ("NODE", Some(owner)));
        let open = server.node.open_slots().iter().filter(|open| open.slot == self.slot);
        let open =
            open.map(|open| (if open.importing { "IMPORTING" } else { "MIGRATING" }, Some(open.other)));
        let slot = self.slot.to_string();
        for (what, node) in std::iter::once(first).chain(open).collect::<Vec<_>>() {
            let node = node.map(|node| node.to_string());
            let words = [Some("CLUSTER"), Some("SETSLOT"), Some(&slot), Some(what), node.as_deref()];
            let words: Vec<&[u8]> = words.into_iter().flatten().map(str::as_bytes).collect();
            server.feed.append(&words);
        }
    }
}

/// SETSLOT IMPORTING, MIGRATING, STABLE, NODE.
pub(super) fn set(call: &mut Call<'_>) {
    let announced = call.client.announced_slot.take();
    if announced.is_some() && !call.server.node.is_primary() {
        call.out.error(UNBLOCKED);
        return;
    }
    let Some((slot, command, patience)) = asked(call) else {
        if let Some(announced) = announced {
            announced.take_back(call.server);
        }
        return;
    };
    // What a primary's stream says is a fact already.
    if call.client.id == 0 || !call.server.feed.readers_of_slots().any(|_| true) {
        return wish(call, command);
    }
    if call.in_transaction {
        // A transaction waits for nothing.
        call.effect = Effect::AsTyped;
        return wish(call, command);
    }
    let Some(announced) = announced else {
        call.server.feed.append(call.words);
        let offset = call.server.feed.end();
        call.client.wrote = offset;
        call.server.feed.append(&[b"REPLCONF", b"GETACK", b"*"]);
        let until = call.now_ms.saturating_add(patience);
        call.client.announced_slot = Some(Announced { slot, offset, until });
        return;
    };
    if call.server.feed.readers_of_slots().all(|fed| fed.acked >= announced.offset) {
        if !wishes::asked(call, command) {
            announced.take_back(call.server);
        }
    } else if announced.until <= call.now_ms {
        call.out.error("NOREPLICAS Not enough good replicas to write.");
        announced.take_back(call.server);
    } else {
        call.client.announced_slot = Some(announced);
    }
}

/// What becomes of the client: it may have to wait for replicas.
pub(super) fn flow(call: &Call<'_>) -> Flow {
    let Some(announced) = call.client.announced_slot else { return Flow::Done };
    let left = Duration::from_millis(announced.until.saturating_sub(call.now_ms));
    Flow::Again(Rc::clone(&call.server.feed.acked), left.min(FOREVER))
}

/// Which slot, what is asked, and how long it may take; what is wrong with it is answered.
fn asked(call: &mut Call<'_>) -> Option<(Slot, Command, u64)> {
    let Some(slot) = slot(call, 2) else {
        call.out.error(BAD_SLOT);
        return None;
    };
    let streamed = call.client.id == 0;
    if !call.server.node.is_primary() && !streamed {
        call.out.error("ERR Please use SETSLOT only with masters.");
        return None;
    }
    let what = call.words[3].to_ascii_lowercase();
    let mine = call.server.node.view().owners().get(slot) == Some(call.server.node.view().myself());
    let (command, options) = match (what.as_slice(), call.words.len()) {
        (b"stable", _) => (Command::CloseSlot(slot), 4),
        (b"migrating", 5..) if !mine && !streamed => {
            call.out.error(&format!("ERR I'm not the owner of hash slot {slot}"));
            return None;
        }
        (b"importing", 5..) if mine && !streamed => {
            call.out.error(&format!("ERR I'm already the owner of hash slot {slot}"));
            return None;
        }
        (b"migrating" | b"importing", 5..) => {
            let other = owner_named(call, "I don't know about node")?;
            (Command::OpenSlot { slot, other, importing: what == b"importing" }, 5)
        }
        (b"node", 5..) => (given(call, slot, mine)?, 5),
        _ => {
            call.out.error(NO_FORM);
            return None;
        }
    };
    Some((slot, command, patience(call, options)?))
}

const NO_FORM: &str = "ERR Invalid CLUSTER SETSLOT action or number of arguments. Try CLUSTER HELP";

/// The limit among the words from this one on; what else stands there says nothing, as with peers.
fn patience(call: &mut Call<'_>, options: usize) -> Option<u64> {
    let Some(at) = (options..call.words.len()).find(|at| call.is(*at, "timeout")) else {
        return Some(PATIENCE);
    };
    let Some(word) = call.words.get(at + 1) else {
        call.out.error("ERR Missing timeout value");
        return None;
    };
    match timeout(word) {
        Ok(0) => Some(PATIENCE),
        Ok(limit) => Some(limit),
        Err(error) => {
            call.out.error(error);
            None
        }
    }
}

/// The node that is named, if it may own slots.
fn owner_named(call: &mut Call<'_>, unknown: &str) -> Option<NodeId> {
    let node = node_named(call, 4, unknown)?;
    if let Err(error) = call.server.node.may_own(node) {
        call.out.error(&format!("ERR {error}"));
        return None;
    }
    Some(node)
}

fn given(call: &mut Call<'_>, slot: Slot, mine: bool) -> Option<Command> {
    let owner = owner_named(call, UNKNOWN)?;
    let to_me = owner == call.server.node.id();
    if mine && !to_me && call.server.keyspace.count_in(slot) > 0 {
        call.out.error(&format!(
            "ERR Can't assign hashslot {slot} to a different node while I still hold keys for this hash slot."
        ));
        return None;
    }
    let imported =
        to_me && call.server.node.open_slots().iter().any(|open| open.slot == slot && open.importing);
    let mut slots = SlotSet::EMPTY;
    slots.insert(slot);
    Some(Command::SetSlots { slots, owner, imported })
}
