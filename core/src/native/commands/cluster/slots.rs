//! Slots: given out, taken back, counted, and what is in them.

use crate::base::{Slot, SlotSet};
use crate::native::keyspace::slot_of;
use crate::node::Command;

use super::Call;
use super::wishes::wish;
use crate::native::commands::strings::NOT_INTEGER;

pub(super) const BAD_SLOT: &str = "ERR Invalid or out of range slot";

pub(super) fn slot(call: &Call<'_>, at: usize) -> Option<Slot> {
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
        None if call.text(2).is_none_or(|text| text.parse::<i64>().is_err()) => call.out.error(NOT_INTEGER),
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
