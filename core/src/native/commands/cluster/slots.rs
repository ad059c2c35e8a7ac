//! Slots: given out, taken back, counted, and what is in them.

use crate::base::{Slot, SlotSet};
use crate::native::keyspace::slot_of;
use crate::node::Command;

use super::Call;
use super::wishes::wish;
use crate::native::commands::strings::{NOT_INTEGER, integer};

pub(super) const BAD_SLOT: &str = "ERR Invalid or out of range slot";

pub(super) fn slot(call: &Call<'_>, at: usize) -> Option<Slot> {
    integer(call.words[at]).and_then(|slot| u16::try_from(slot).ok()).and_then(Slot::new)
}

/// Takes in a slot that is free, or not, as it must be, and that is named once; what is wrong is answered.
fn take(call: &mut Call<'_>, slots: &mut SlotSet, slot: Slot, free: bool) -> bool {
    let error = match call.server.node.view().owners().get(slot) {
        Some(_) if free => format!("ERR Slot {slot} is already busy"),
        None if !free => format!("ERR Slot {slot} is already unassigned"),
        _ if slots.contains(slot) => format!("ERR Slot {slot} specified multiple times"),
        _ => {
            slots.insert(slot);
            return true;
        }
    };
    call.out.error(&error);
    false
}

/// The slots of the arguments; what is wrong with them is answered.
fn listed(call: &mut Call<'_>, free: bool) -> Option<SlotSet> {
    let named: Option<Vec<Slot>> = (2..call.words.len()).map(|at| slot(call, at)).collect();
    let Some(named) = named else {
        call.out.error(BAD_SLOT);
        return None;
    };
    let mut slots = SlotSet::EMPTY;
    named.into_iter().all(|slot| take(call, &mut slots, slot, free)).then_some(slots)
}

fn ranges(call: &mut Call<'_>, free: bool) -> Option<SlotSet> {
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
        if !range.iter().all(|slot| take(call, &mut slots, slot, free)) {
            return None;
        }
    }
    Some(slots)
}

pub(super) fn add(call: &mut Call<'_>) {
    if let Some(slots) = listed(call, true) {
        wish(call, Command::AddSlots(slots));
    }
}

pub(super) fn add_ranges(call: &mut Call<'_>) {
    if let Some(slots) = ranges(call, true) {
        wish(call, Command::AddSlots(slots));
    }
}

pub(super) fn delete(call: &mut Call<'_>) {
    if let Some(slots) = listed(call, false) {
        wish(call, Command::DelSlots(slots));
    }
}

pub(super) fn delete_ranges(call: &mut Call<'_>) {
    if let Some(slots) = ranges(call, false) {
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
        None if integer(call.words[2]).is_none() => call.out.error(NOT_INTEGER),
        None => call.out.error("ERR Invalid slot"),
    }
}

pub(super) fn keys(call: &mut Call<'_>) {
    let Some((_, most)) = integer(call.words[2]).zip(integer(call.words[3])) else {
        return call.out.error(NOT_INTEGER);
    };
    let Some((slot, most)) = slot(call, 2).zip(usize::try_from(most).ok()) else {
        call.out.error("ERR Invalid slot or number of keys");
        return;
    };
    let keys: Vec<&[u8]> = call.server.keyspace.in_slot(slot).take(most).collect();
    call.out.array(keys.len());
    for key in keys {
        call.out.bulk(key);
    }
}
