//! `redis-cli` and `redis-benchmark` of 7.0.15 against six of our nodes.

use std::fs;

use harness::fleet::{Fleet, Make, tool, until};

use super::data;
use super::program::{answered, cli, manage, run, said};

/// The node timeout of the tests, milliseconds.
const TIMEOUT: [&str; 2] = ["--cluster-node-timeout", "2000"];
const KEYS: usize = 300;

fn place(fleet: &Fleet, at: usize) -> String {
    format!("127.0.0.1:{}", fleet.nodes[at].ports.client)
}

/// Six nodes that `redis-cli` makes a cluster of.
fn created(what: &str) -> Fleet {
    let fleet = Fleet::start(what, &[Make::Ours; 6], &TIMEOUT);
    let places: Vec<String> = (0..6).map(|at| place(&fleet, at)).collect();
    let mut words = vec!["create"];
    words.extend(places.iter().map(String::as_str));
    words.extend(["--cluster-replicas", "1", "--cluster-yes"]);
    let text = manage(&words);
    assert!(text.contains("[OK] All 16384 slots covered."), "{text}");
    fleet.settled();
    fleet
}

#[test]
fn a_cluster_is_created_checked_grown_resharded_and_shrunk() {
    let mut fleet = created("life");
    data::write(&fleet, "life", KEYS);
    let first = place(&fleet, 0);
    assert!(manage(&["check", &first]).contains("[OK] All 16384 slots covered."));
    assert!(manage(&["info", &first]).contains(&format!("[OK] {KEYS} keys in 3 masters.")));

    // A primary without slots, then a replica of it.
    let (seventh, eighth) = (fleet.add(Make::Ours), fleet.add(Make::Ours));
    fleet.until("they answer", |fleet| {
        [seventh, eighth].iter().all(|at| fleet.nodes[*at].try_ask::<String>(&["PING"]).is_ok())
    });
    manage(&["add-node", &place(&fleet, seventh), &first]);
    let whole = |fleet: &Fleet, nodes: usize| {
        fleet.until("everyone knows who is there", |fleet| {
            fleet.nodes.iter().filter(|node| node.runs()).all(|node| {
                let text: String = node.ask(&["CLUSTER", "NODES"]);
                text.lines().count() == nodes || text.lines().count() == 1
            })
        });
    };
    until("the seventh is a member", || {
        (0..6).all(|at| fleet.nodes[at].ask::<String>(&["CLUSTER", "NODES"]).lines().count() == 7)
    });
    let id = fleet.id(seventh);
    manage(&[
        "add-node",
        &place(&fleet, eighth),
        &first,
        "--cluster-slave",
        "--cluster-master-id",
        id.as_str(),
    ]);
    whole(&fleet, 8);
    fleet.settled();

    // Slots with keys move there, then they spread by weight.
    let from = fleet.id(0);
    let words = ["--cluster-from", from.as_str(), "--cluster-to", id.as_str(), "--cluster-slots", "100"];
    manage(&[&["reshard", &first][..], &words, &["--cluster-yes"]].concat());
    fleet.settled();
    assert!(manage(&["check", &first]).contains("[OK] All 16384 slots covered."));
    data::verify(&fleet, "life", KEYS);
    assert!(fleet.nodes[seventh].ask::<usize>(&["DBSIZE"]) > 0, "keys went along");
    // So little that few slots move: a slot is eight commands, half of them with a synced write.
    let weight = format!("{id}=0.05");
    manage(&["rebalance", &first, "--cluster-weight", &weight, "--cluster-threshold", "1"]);
    fleet.settled();
    data::verify(&fleet, "life", KEYS);
    data::replicas_equal(&fleet);

    // All slots back, and both newcomers away.
    let slots: String = fleet.nodes[0].ask(&["CLUSTER", "NODES"]);
    let slots = owned(&slots, id.as_str()).to_string();
    let words = ["--cluster-from", id.as_str(), "--cluster-to", from.as_str(), "--cluster-slots", &slots];
    manage(&[&["reshard", &first][..], &words, &["--cluster-yes"]].concat());
    fleet.settled();
    manage(&["del-node", &first, fleet.id(eighth).as_str()]);
    manage(&["del-node", &first, id.as_str()]);
    whole(&fleet, 6);
    assert!(manage(&["check", &first]).contains("[OK] All 16384 slots covered."));
    data::verify(&fleet, "life", KEYS);
}

/// How many slots a node has, by CLUSTER NODES.
fn owned(nodes: &str, id: &str) -> usize {
    let line = nodes.lines().find(|line| line.starts_with(id)).expect("it is a member");
    let number = |text: &str| text.parse::<usize>().expect("a slot");
    let ranges = line.split(' ').skip(8).filter(|range| !range.starts_with('['));
    ranges.map(|range| range.split_once('-').map_or(1, |(a, b)| number(b) - number(a) + 1)).sum()
}

#[test]
fn open_and_lost_slots_are_mended() {
    let fleet = created("fix");
    data::write(&fleet, "fix", KEYS);
    let first = place(&fleet, 0);
    let (one, two) = (fleet.id(0), fleet.id(1));
    // A migration that stopped half way: its keys are on both sides.
    let key: String = fleet.nodes[0].ask(&["RANDOMKEY"]);
    let slot = fleet.nodes[0].ask::<u16>(&["CLUSTER", "KEYSLOT", &key]).to_string();
    let _: String = fleet.nodes[1].ask(&["CLUSTER", "SETSLOT", &slot, "IMPORTING", one.as_str()]);
    let _: String = fleet.nodes[0].ask(&["CLUSTER", "SETSLOT", &slot, "MIGRATING", two.as_str()]);
    let port = fleet.nodes[1].ports.client.to_string();
    let _: String = fleet.nodes[0].ask(&["MIGRATE", "127.0.0.1", &port, &key, "0", "5000"]);
    let (_, text) = run(tool("redis-cli").args(["--cluster", "check", &first]));
    assert!(text.contains("[WARNING]"), "{text}");
    manage(&["fix", &first, "--cluster-yes"]);
    // A slot that nobody has.
    let owner = (0..3).find(|at| {
        let nodes: String = fleet.nodes[*at].ask(&["CLUSTER", "NODES"]);
        let line = nodes.lines().find(|line| line.contains("myself")).expect("itself").to_owned();
        line.split(' ').skip(8).any(|range| range.split_once('-').is_some_and(|(a, _)| a == "0"))
    });
    let _: String = fleet.nodes[owner.expect("slot 0 has an owner")].ask(&["CLUSTER", "DELSLOTS", "0"]);
    until("everyone knows that it has gone", || {
        fleet.nodes.iter().all(|node| {
            if node.ask::<String>(&["CLUSTER", "INFO"]).contains("cluster_slots_assigned:16384") {
                let _: Result<String, _> = node.try_ask(&["CLUSTER", "DELSLOTS", "0"]);
                return false;
            }
            true
        })
    });
    let (well, text) = answered(tool("redis-cli").args(["--cluster", "fix", &first]), "yes\nyes\n");
    assert!(well, "{text}");
    fleet.settled();
    assert!(manage(&["check", &first]).contains("[OK] All 16384 slots covered."));
    data::verify(&fleet, "fix", KEYS);
}

#[test]
fn a_cluster_is_asked_told_and_backed_up() {
    let fleet = created("call");
    data::write(&fleet, "call", KEYS);
    let first = place(&fleet, 0);
    let text = manage(&["call", &first, "DBSIZE"]);
    assert_eq!(text.matches("127.0.0.1:").count(), 6, "{text}");
    let text = manage(&["set-timeout", &first, "2500"]);
    assert!(text.contains("New node timeout set."), "{text}");
    for node in &fleet.nodes {
        let value: Vec<String> = node.ask(&["CONFIG", "GET", "cluster-node-timeout"]);
        assert_eq!(value, ["cluster-node-timeout", "2500"]);
    }
    let backup = fleet.folder().join("backup");
    fs::create_dir_all(&backup).expect("a folder");
    manage(&["backup", &first, &backup.display().to_string()]);
    let mut snapshots = 0;
    for entry in fs::read_dir(&backup).expect("a folder") {
        let path = entry.expect("a file").path();
        if path.extension().is_some_and(|extension| extension == "rdb") {
            let text = said(tool("redis-check-rdb").arg(&path));
            assert!(text.contains("RDB looks OK"), "{text}");
            snapshots += 1;
        }
    }
    assert_eq!(snapshots, 3, "one of each primary");

    assert_eq!(cli(fleet.nodes[3].ports.client, &["CLUSTER", "FAILOVER"]).trim(), "OK");
    fleet.until("they changed places", |fleet| fleet.leads(3));
    fleet.settled();
    assert!(manage(&["check", &first]).contains("[OK] All 16384 slots covered."));
    data::verify(&fleet, "call", KEYS);
    data::replicas_equal(&fleet);
}

#[test]
fn people_type_and_measure() {
    let fleet = created("type");
    let port = fleet.nodes[0].ports.client;
    for at in 0..20 {
        let key = format!("key:{at}");
        assert_eq!(cli(port, &["-c", "SET", &key, "here"]).trim(), "OK", "wherever it belongs");
        assert_eq!(cli(port, &["-c", "-3", "GET", &key]).trim(), "here");
    }
    assert!(cli(port, &["-3", "CLUSTER", "INFO"]).contains("cluster_state:ok"));
    let mut benchmark = tool("redis-benchmark");
    benchmark.args(["-p", &port.to_string(), "--cluster", "-t", "ping,set,get,incr,mset", "-n", "3000"]);
    let text = said(benchmark.args(["-c", "12", "-P", "4", "-q"]));
    for what in ["PING_INLINE", "SET", "GET", "INCR", "MSET"] {
        let rate = text.split(['\r', '\n']).rfind(|line| line.starts_with(what)).unwrap_or_default();
        assert!(rate.contains("requests per second"), "{what}:\n{text}");
    }
    assert!(!text.contains("rror"), "{text}");
}
