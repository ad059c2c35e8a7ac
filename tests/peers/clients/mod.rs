//! Clients that nobody here wrote, through the death of a primary and its return.

use harness::fleet::{Fleet, Make};

use super::data;
use super::load::{Load, Said};

const TIMEOUT: [&str; 2] = ["--cluster-node-timeout", "1500"];

/// Keys that were acknowledged and are not there, or hold something else.
pub(crate) fn lost(fleet: &Fleet, said: &Said) -> Vec<String> {
    let mut client = data::client(fleet);
    let lost = |key: &&String| {
        let found: Option<String> =
            redis::cmd("GET").arg(*key).query(&mut client).expect("a cluster that serves");
        found != Some(data::value(key))
    };
    said.acked.iter().filter(lost).cloned().collect()
}

/// A client writes and reads while a primary is killed, replaced, and comes back.
fn works_through_a_kill(what: &str, load: impl FnOnce(&Fleet) -> Load) {
    let mut fleet = Fleet::form(what, &[Make::Ours; 3], &[Make::Ours; 3], &TIMEOUT);
    let load = load(&fleet);
    load.goes_on(&fleet, 60);
    fleet.nodes[0].kill();
    fleet.until("its replica takes over", |fleet| fleet.leads(3));
    // The other shards have replicas to wait for.
    load.goes_on(&fleet, 60);
    fleet.nodes[0].start();
    fleet.until("the dead comes back", |fleet| fleet.nodes[0].try_ask::<String>(&["PING"]).is_ok());
    fleet.settled();
    let held: usize = fleet.nodes[3].ask(&["DBSIZE"]);
    load.goes_on(&fleet, 60);
    fleet.until("the winner is written to", |fleet| fleet.nodes[3].ask::<usize>(&["DBSIZE"]) > held + 10);
    let said = load.end();
    assert!(said.wrong.is_empty(), "read something else: {:?}", said.wrong);
    assert_eq!(lost(&fleet, &said), [""; 0], "{} were acknowledged\n{}", said.acked.len(), fleet.told());
    data::replicas_equal(&fleet);
}

#[test]
fn redis_py() {
    works_through_a_kill("redis-py", |fleet| Load::python(fleet, "redis"));
}

#[test]
fn valkey_py() {
    works_through_a_kill("valkey-py", |fleet| Load::python(fleet, "valkey"));
}

#[test]
fn ioredis() {
    works_through_a_kill("ioredis", Load::node);
}

#[test]
fn redis_rs() {
    works_through_a_kill("redis-rs", |fleet| Load::rust(fleet, 2, 1));
}

/// What proves that the others could fail: who does not wait for a replica loses what the replica never got.
#[test]
fn without_wait_writes_are_lost_and_the_count_sees_it() {
    let mut fleet = Fleet::form("no-wait", &[Make::Ours; 3], &[Make::Ours; 3], &TIMEOUT);
    fleet.nodes[3].pause();
    // `{b}` is in slot 3300, which the first primary has.
    let mut writer = fleet.nodes[0].connect().expect("a node that answers");
    let mut said = Said::default();
    // More than the kernel holds for somebody who does not read.
    let filler = "x".repeat(1 << 20);
    for number in 0..32 {
        let _: String = redis::cmd("SET").arg("{b}filler").arg(&filler).query(&mut writer).expect("OK");
        let key = format!("{{b}}{number}");
        let _: String = redis::cmd("SET").arg(&key).arg(data::value(&key)).query(&mut writer).expect("OK");
        said.acked.push(key);
    }
    fleet.nodes[0].kill();
    fleet.nodes[3].resume();
    fleet.until("its replica takes over", |fleet| fleet.leads(3));
    fleet.until("the cluster serves", |fleet| {
        fleet.nodes[1].ask::<String>(&["CLUSTER", "INFO"]).contains("cluster_state:ok")
    });
    let lost = lost(&fleet, &said);
    assert!(!lost.is_empty(), "nothing was lost, so the count proves nothing");
    assert!(lost.contains(said.acked.last().expect("the last one")), "the last is never there: {lost:?}");
}
