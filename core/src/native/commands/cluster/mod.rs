//! The CLUSTER family: `shapes` tell what the node believes, `wishes` ask it to change something,
//! `slots` hand slots out, `setslot` hands them over one by one while their keys move.

mod setslot;
mod shapes;
mod slots;
mod wishes;

use super::{Call, Flow};

pub use setslot::Announced as AnnouncedSlot;

/// A subcommand: its name, the number of words of the whole command (at least so many if negative), what it does.
type Row = (&'static str, i32, fn(&mut Call<'_>));

const SUBCOMMANDS: &[Row] = &[
    ("addslots", -3, slots::add),
    ("addslotsrange", -4, slots::add_ranges),
    ("bumpepoch", 2, wishes::bump_epoch),
    ("count-failure-reports", 3, shapes::failure_reports),
    ("countkeysinslot", 3, slots::count_keys),
    ("delslots", -3, slots::delete),
    ("delslotsrange", -4, slots::delete_ranges),
    ("failover", -2, wishes::failover),
    ("flushslots", 2, slots::flush),
    ("forget", 3, wishes::forget),
    ("getkeysinslot", 4, slots::keys),
    ("help", 2, help),
    ("info", 2, shapes::info),
    ("keyslot", 3, slots::slot_of_key),
    ("links", 2, shapes::links),
    ("meet", -4, wishes::meet),
    ("myid", 2, shapes::my_id),
    ("myshardid", 2, shapes::my_shard_id),
    ("nodes", 2, shapes::nodes),
    ("replicas", 3, shapes::replicas),
    ("replicate", 3, wishes::replicate),
    ("reset", -2, wishes::reset),
    ("saveconfig", 2, wishes::save_config),
    ("set-config-epoch", 3, wishes::set_config_epoch),
    ("setslot", -4, setslot::set),
    ("shards", 2, shapes::shards),
    ("slaves", 3, shapes::replicas),
    ("slots", 2, shapes::slots),
];

pub(super) fn cluster(call: &mut Call<'_>) -> Flow {
    let name = String::from_utf8_lossy(call.words[1]).to_ascii_lowercase();
    match SUBCOMMANDS.iter().find(|(known, ..)| *known == name) {
        Some((_, arity, run)) if fits(*arity, call.words.len()) => {
            run(call);
            return setslot::flow(call);
        }
        Some(_) => {
            call.out.error(&format!("ERR wrong number of arguments for 'cluster|{name}' command"));
        }
        None => {
            let asked = String::from_utf8_lossy(call.words[1]).into_owned();
            call.out.error(&format!("ERR unknown subcommand '{asked}'. Try CLUSTER HELP."));
        }
    }
    Flow::Done
}

fn fits(arity: i32, words: usize) -> bool {
    let words = i32::try_from(words).unwrap_or(i32::MAX);
    if arity < 0 { words >= -arity } else { words == arity }
}

fn help(call: &mut Call<'_>) {
    call.out.array(SUBCOMMANDS.len() + 1);
    call.out.simple("CLUSTER <subcommand> [<arg> [value] [opt] ...]. Subcommands are:");
    for (name, ..) in SUBCOMMANDS {
        call.out.simple(&name.to_ascii_uppercase());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn subcommands_are_in_order_and_in_lower_case() {
        assert!(SUBCOMMANDS.is_sorted_by_key(|(name, ..)| *name));
        assert!(SUBCOMMANDS.iter().all(|(name, ..)| *name == name.to_ascii_lowercase()));
    }
}
