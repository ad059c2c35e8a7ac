//! The CLUSTER family: `shapes` tell what the node believes, `wishes` ask it to change something,
//! `slots` hand slots out, `setslot` hands them over one by one while their keys move.

mod setslot;
mod shapes;
mod slots;
mod wishes;

use super::{Call, Flow};

pub use setslot::Announced as AnnouncedSlot;

/// A subcommand: its name, what it does. How many words it takes is in `families`.
type Row = (&'static str, fn(&mut Call<'_>));

const SUBCOMMANDS: &[Row] = &[
    ("addslots", slots::add),
    ("addslotsrange", slots::add_ranges),
    ("bumpepoch", wishes::bump_epoch),
    ("count-failure-reports", shapes::failure_reports),
    ("countkeysinslot", slots::count_keys),
    ("delslots", slots::delete),
    ("delslotsrange", slots::delete_ranges),
    ("failover", wishes::failover),
    ("flushslots", slots::flush),
    ("forget", wishes::forget),
    ("getkeysinslot", slots::keys),
    ("help", help),
    ("info", shapes::info),
    ("keyslot", slots::slot_of_key),
    ("links", shapes::links),
    ("meet", wishes::meet),
    ("myid", shapes::my_id),
    ("myshardid", shapes::my_shard_id),
    ("nodes", shapes::nodes),
    ("replicas", shapes::replicas),
    ("replicate", wishes::replicate),
    ("reset", wishes::reset),
    ("saveconfig", wishes::save_config),
    ("set-config-epoch", wishes::set_config_epoch),
    ("setslot", setslot::set),
    ("shards", shapes::shards),
    ("slaves", shapes::replicas),
    ("slots", shapes::slots),
];

fn help(call: &mut Call<'_>) {
    call.help();
}

pub(super) fn cluster(call: &mut Call<'_>) -> Flow {
    let name = call.words[1].to_ascii_lowercase();
    if let Some((_, run)) = SUBCOMMANDS.iter().find(|(known, _)| known.as_bytes() == name) {
        run(call);
    }
    setslot::flow(call)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn subcommands_are_in_order_and_in_lower_case() {
        assert!(SUBCOMMANDS.is_sorted_by_key(|(name, _)| *name));
        assert!(SUBCOMMANDS.iter().all(|(name, _)| *name == name.to_ascii_lowercase()));
        let known: Vec<&str> = super::super::families::of("cluster").iter().map(|(name, _)| *name).collect();
        let here = SUBCOMMANDS.iter().map(|(name, _)| *name).filter(|name| *name != "help");
        assert_eq!(here.collect::<Vec<_>>(), known);
    }
}
