//! A node's folder changes hands: what one make leaves behind, another starts from.

use harness::fleet::{Fleet, Make};

use super::data;

const KEYS: usize = 60;

/// `first` fills its folder and ends; `second` starts in it, adds, and ends; `first` comes back. Nothing is
/// missing at either time, neither data nor slots.
fn changes_hands(what: &str, first: Make, second: Make, options: &[&str], kill: bool) {
    let mut fleet = Fleet::form(what, &[first], &[], options);
    let mut round = |prefix: &str, next: Make| {
        data::write(&fleet, prefix, KEYS);
        let keyed = format!("{prefix}:ends");
        let _: String = fleet.nodes[0].ask(&["SET", &keyed, "later", "EX", "100000"]);
        let had = data::all(&fleet.nodes[0]);
        let id = fleet.id(0);
        if kill {
            fleet.nodes[0].kill();
        } else {
            fleet.nodes[0].stop();
        }
        fleet.nodes[0].becomes(next);
        fleet.nodes[0].start();
        fleet.settled();
        assert_eq!(data::all(&fleet.nodes[0]), had, "{next:?} starts from another's folder");
        assert_eq!(fleet.id(0), id, "it is the same node");
        let left: i64 = fleet.nodes[0].ask(&["TTL", &keyed]);
        assert!((90_000..=100_000).contains(&left), "a key's time went with it: {left} s");
    };
    round("first", second);
    round("second", first);
    data::verify(&fleet, "first", KEYS);
    data::verify(&fleet, "second", KEYS);
}

const SNAPSHOT: [&str; 4] = ["--save", "3600 1", "--appendonly", "no"];
const LOG: [&str; 4] = ["--appendonly", "yes", "--appendfsync", "always"];

#[test]
fn a_snapshot_goes_to_valkey_and_back() {
    changes_hands("folder-rdb-valkey", Make::Ours, Make::Valkey, &SNAPSHOT, false);
}

#[test]
fn a_log_goes_to_valkey_and_back() {
    changes_hands("folder-log-valkey", Make::Ours, Make::Valkey, &LOG, true);
}

#[test]
fn a_log_goes_to_redis_and_back() {
    changes_hands("folder-log-redis", Make::Redis, Make::Ours, &LOG, true);
}

/// A slot that came through SETSLOT stands in our log as a command; a real Valkey must read past it.
#[test]
fn a_log_with_a_moved_slot_goes_to_valkey() {
    let mut fleet = Fleet::form("folder-slot", &[Make::Ours; 2], &[], &LOG);
    data::write(&fleet, "moved", KEYS);
    let owner = fleet.id(1);
    // The last slot of the first node moves; it is empty or not, the log holds the line either way.
    let keys: Vec<String> = fleet.nodes[0].ask(&["CLUSTER", "GETKEYSINSLOT", "8191", "10"]);
    assert!(keys.is_empty(), "choose a slot without keys: {keys:?}");
    for (at, words) in [(1, "IMPORTING"), (0, "MIGRATING")] {
        let other = fleet.id(1 - at);
        let _: String = fleet.nodes[at].ask(&["CLUSTER", "SETSLOT", "8191", words, other.as_str()]);
    }
    for at in [1, 0] {
        let _: String = fleet.nodes[at].ask(&["CLUSTER", "SETSLOT", "8191", "NODE", owner.as_str()]);
    }
    fleet.settled();
    let had: Vec<_> = fleet.nodes.iter().map(data::all).collect();
    for at in 0..2 {
        fleet.nodes[at].kill();
        fleet.nodes[at].becomes(Make::Valkey);
        fleet.nodes[at].start();
    }
    fleet.settled();
    let has: Vec<_> = fleet.nodes.iter().map(data::all).collect();
    assert_eq!(has, had);
    data::verify(&fleet, "moved", KEYS);
}
