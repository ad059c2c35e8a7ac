//! Slots: given out, taken back, handed over one by one while their keys move.

use crate::base::{Slot, SlotSet};
use crate::native::keyspace::slot_of;
use crate::node::Command;

use super::Call;
use super::wishes::{node_named, wish};

const BAD_SLOT: &str = "ERR Invalid or out of range slot";

fn slot(call: &Call<'_>, at: usize) -> Option<Slot> {
    call.text(at)?.parse().ok().and_then(Slot::new)
}

/// The slots of the arguments, each named once; what is wrong with them is answered.
fn listed(call: &mut Call<'_>) -> Option<SlotSet> {
    let mut slots = SlotSet::EMPTY;
    for at in 2..call.words.len() {
        let Some(slot) = slot(call, at) else {
            call.out.error(BAD_SLOT);
            return None;
        };
        if slots.contains(slot) {
            call.out.error(&format!("ERR Slot {slot} specified multiple times"));
            return None;
        }
        slots.insert(slot);
    }
    Some(slots)
}

fn ranges(call: &mut Call<'_>) -> Option<SlotSet> {
    let name = String::from_utf8_lossy(call.words[1]).to_ascii_lowercase();
    if !call.words.len().is_multiple_of(2) {
        call.out.error(&format!("ERR wrong number of arguments for 'cluster|{name}' command"));
        return None;
    }
    let mut slots = SlotSet::EMPTY;
    for at in (2..call.words.len()).step_by(2) {
        let Some((first, last)) = slot(call, at).zip(slot(call, at + 1)) else {
            call.out.error(BAD_SLOT);
            return None;
        };
        if first > last {
            call.out.error(&format!("ERR start slot number {first} is greater than end slot number {last}"));
            return None;
        }
        let range = SlotSet::from_ranges([(first.get(), last.get())]);
        if let Some(twice) = slots.intersection(&range).first() {
            call.out.error(&format!("ERR Slot {twice} specified multiple times"));
            return None;
        }
        slots = slots.union(&range);
    }
    Some(slots)
}

pub(super) fn add(call: &mut Call<'_>) {
    if let Some(slots) = listed(call) {
        wish(call, Command::AddSlots(slots));
    }
}

pub(super) fn add_ranges(call: &mut Call<'_>) {
    if let Some(slots) = ranges(call) {
        wish(call, Command::AddSlots(slots));
    }
}

pub(super) fn delete(call: &mut Call<'_>) {
    if let Some(slots) = listed(call) {
        wish(call, Command::DelSlots(slots));
    }
}

pub(super) fn delete_ranges(call: &mut Call<'_>) {
    if let Some(slots) = ranges(call) {
        wish(call, Command::DelSlots(slots));
    }
}

pub(super) fn flush(call: &mut Call<'_>) {
    if !call.server.keyspace.is_empty() {
        call.out.error("ERR DB must be empty to perform CLUSTER FLUSHSLOTS.");
        return;
    }
    let slots = call.server.node.view().me().slots().clone();
    wish(call, Command::DelSlots(slots));
}

/// SETSLOT IMPORTING, MIGRATING, STABLE, NODE.
pub(super) fn set(call: &mut Call<'_>) {
    let Some(slot) = slot(call, 2) else {
        call.out.error(BAD_SLOT);
        return;
    };
    if !call.server.node.is_primary() && call.client.id != 0 {
        call.out.error("ERR Please use SETSLOT only with masters.");
        return;
    }
    let what = call.words[3].to_ascii_lowercase();
    let mine = call.server.node.view().owners().get(slot) == Some(call.server.node.view().myself());
    match (what.as_slice(), call.words.len()) {
        (b"stable", 4) => wish(call, Command::CloseSlot(slot)),
        (b"migrating", 5) if !mine => {
            call.out.error(&format!("ERR I'm not the owner of hash slot {slot}"));
        }
        (b"importing", 5) if mine => {
            call.out.error(&format!("ERR I'm already the owner of hash slot {slot}"));
        }
        (b"migrating" | b"importing", 5) => {
            let Some(other) = node_named(call, 4) else { return };
            wish(call, Command::OpenSlot { slot, other, importing: what == b"importing" });
        }
        (b"node", 5) => {
            let Some(owner) = node_named(call, 4) else { return };
            let to_me = owner == call.server.node.id();
            if mine && !to_me && call.server.keyspace.count_in(slot) > 0 {
                call.out.error(&format!(
                    "ERR Can't assign hashslot {slot} to a different node while I still hold keys for this \
                     hash slot."
                ));
                return;
            }
            let imported =
                to_me && call.server.node.open_slots().iter().any(|open| open.slot == slot && open.importing);
            let mut slots = SlotSet::EMPTY;
            slots.insert(slot);
            wish(call, Command::SetSlots { slots, owner, imported });
        }
        _ => call.out.error("ERR Invalid CLUSTER SETSLOT action or number of arguments. Try CLUSTER HELP"),
    }
}

pub(super) fn slot_of_key(call: &mut Call<'_>) {
    let slot = slot_of(call.words[2]);
    call.out.int(i64::from(slot.get()));
}

pub(super) fn count_keys(call: &mut Call<'_>) {
    match slot(call, 2) {
        Some(slot) => {
            let count = call.server.keyspace.count_in(slot);
            call.out.int(i64::try_from(count).unwrap_or(i64::MAX));
        }
        None => call.out.error("ERR Invalid slot"),
    }
}

pub(super) fn keys(call: &mut Call<'_>) {
    let most = call.text(3).and_then(|text| text.parse::<usize>().ok());
    let Some((slot, most)) = slot(call, 2).zip(most) else {
        call.out.error("ERR Invalid slot or number of keys");
        return;
    };
    let keys: Vec<&[u8]> = call.server.keyspace.in_slot(slot).take(most).collect();
    call.out.array(keys.len());
    for key in keys {
        call.out.bulk(key);
    }
}
