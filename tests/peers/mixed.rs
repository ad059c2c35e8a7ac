//! Clusters of several makes: each as primary, replica, voter and candidate.
//!
//! A Redis 7.0.15 cannot read what Valkey 9.1.2 sends as a full sync; that pair is left to them.

use std::time::{Duration, Instant};

use harness::fleet::{Fleet, Make};

use super::data;

const TIMEOUT: [&str; 2] = ["--cluster-node-timeout", "1500"];
const KEYS: usize = 150;

/// A primary dies and its replica takes over, elected by others; the dead comes back as its replica with a
/// full sync; then they change places by hand, and again, which takes no more than a partial one.
fn a_shard_lives_on(what: &str, primaries: [Make; 3], replicas: [Make; 3]) {
    let mut fleet = Fleet::form(what, &primaries, &replicas, &TIMEOUT);
    data::write(&fleet, "first", KEYS);
    data::replicas_equal(&fleet);

    fleet.nodes[0].kill();
    fleet.until("its replica is elected", |fleet| fleet.leads(3));
    fleet.until("the cluster serves again", |fleet| {
        fleet.nodes.iter().filter(|node| node.runs()).all(|node| {
            node.try_ask::<String>(&["CLUSTER", "INFO"]).is_ok_and(|info| info.contains("cluster_state:ok"))
        })
    });
    data::verify(&fleet, "first", KEYS);
    data::write(&fleet, "second", KEYS);

    fleet.nodes[0].start();
    fleet.until("the dead comes back as a replica", |fleet| {
        fleet.nodes[0].try_ask::<String>(&["PING"]).is_ok() && !fleet.leads(0)
    });
    fleet.settled();
    data::replicas_equal(&fleet);

    for (winner, loser) in [(0, 3), (3, 0)] {
        change_places(&fleet, winner, loser);
        fleet.settled();
        data::write(&fleet, &format!("by hand {winner}"), 30);
        data::verify(&fleet, "first", KEYS);
        data::verify(&fleet, "second", KEYS);
        data::replicas_equal(&fleet);
    }
}

/// A manual failover, asked for again while it does not come: Redis votes about a primary only once in two
/// timeouts, and its candidate may claim the epoch of an election that it won before.
fn change_places(fleet: &Fleet, winner: usize, loser: usize) {
    let mut asked: Option<Instant> = None;
    fleet.until("they change places", |fleet| {
        if !fleet.leads(winner) && asked.is_none_or(|asked| asked.elapsed() > Duration::from_secs(4)) {
            asked = Some(Instant::now());
            // A node that has just lost or won refuses.
            let _ = fleet.nodes[winner].try_ask::<String>(&["CLUSTER", "FAILOVER"]);
        }
        fleet.leads(winner) && !fleet.leads(loser)
    });
}

use Make::{Ours, Redis, Valkey};

#[test]
fn ours_follows_valkey_and_valkey_elects_it() {
    a_shard_lives_on("valkey-ours", [Valkey, Valkey, Valkey], [Ours, Valkey, Ours]);
}

#[test]
fn valkey_follows_ours_and_ours_elects_it() {
    a_shard_lives_on("ours-valkey", [Ours, Ours, Ours], [Valkey, Ours, Valkey]);
}

#[test]
fn ours_follows_redis_and_redis_elects_it() {
    a_shard_lives_on("redis-ours", [Redis, Redis, Redis], [Ours, Redis, Ours]);
}

#[test]
fn redis_follows_ours_and_ours_elects_it() {
    a_shard_lives_on("ours-redis", [Ours, Ours, Ours], [Redis, Ours, Redis]);
}

#[test]
fn all_three_in_one_cluster() {
    a_shard_lives_on("three", [Ours, Valkey, Redis], [Ours, Ours, Ours]);
}
