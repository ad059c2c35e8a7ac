//! Keys that are written, and found again wherever they are.

use std::collections::BTreeMap;

use harness::fleet::{Fleet, Process};
use redis::cluster::{ClusterClientBuilder, ClusterConnection};

/// A client that finds its way through the whole cluster.
pub(crate) fn client(fleet: &Fleet) -> ClusterConnection {
    let places = fleet.nodes.iter().filter(|node| node.runs());
    let places = places.map(|node| format!("redis://127.0.0.1:{}/", node.ports.client));
    // Left to itself this client may sleep for minutes after a CLUSTERDOWN that lasts a tenth of a second.
    let client = ClusterClientBuilder::new(places.collect::<Vec<_>>()).min_retry_wait(20).max_retry_wait(500);
    let client = client.build().expect("addresses");
    client.get_connection().expect("a cluster that serves")
}

/// Writes `count` keys of every type all over the cluster.
pub(crate) fn write(fleet: &Fleet, prefix: &str, count: usize) {
    let mut client = client(fleet);
    for number in 0..count {
        let key = format!("{prefix}:{number}");
        let words: &[&str] = match number % 5 {
            0 => &["SET", &key, &value(&key)],
            1 => &["RPUSH", &key, &value(&key), "12345", ""],
            2 => &["HSET", &key, "field", &value(&key), "other", "7"],
            3 => &["SADD", &key, &value(&key)],
            _ => &["ZADD", &key, "1.5", &value(&key), "-2", "second"],
        };
        redis::cmd(words[0]).arg(&words[1..]).exec(&mut client).expect("a cluster that serves");
    }
}

/// What a key is given.
pub(crate) fn value(key: &str) -> String {
    format!("value of {key}")
}

/// Reads all keys that `write` wrote.
pub(crate) fn verify(fleet: &Fleet, prefix: &str, count: usize) {
    let mut client = client(fleet);
    for number in 0..count {
        let key = format!("{prefix}:{number}");
        let value = value(&key);
        let (words, expected): (&[&str], &[&str]) = match number % 5 {
            0 => (&["MGET", &key], &[&value]),
            1 => (&["LRANGE", &key, "0", "-1"], &[&value, "12345", ""]),
            2 => (&["HMGET", &key, "field", "other"], &[&value, "7"]),
            3 => (&["SMEMBERS", &key], &[&value]),
            _ => (&["ZRANGE", &key, "0", "-1", "WITHSCORES"], &["second", "-2", &value, "1.5"]),
        };
        let found: redis::RedisResult<Vec<Option<String>>> =
            redis::cmd(words[0]).arg(&words[1..]).query(&mut client);
        let expected = expected.iter().map(|text| Some((*text).to_owned())).collect();
        assert_eq!(found, Ok(expected), "{key}\n{}", fleet.told());
    }
}

/// Every key of a node and its value, read as the type it is.
pub(crate) fn all(node: &Process) -> BTreeMap<Vec<u8>, Vec<redis::Value>> {
    let mut connection = node.connect().expect("a node that answers");
    redis::cmd("READONLY").exec(&mut connection).expect("a replica may be read");
    let keys: Vec<Vec<u8>> = redis::cmd("KEYS").arg("*").query(&mut connection).expect("keys");
    let mut read = |key: Vec<u8>| {
        let kind: String = redis::cmd("TYPE").arg(&key).query(&mut connection).expect("a type");
        let command = match kind.as_str() {
            "string" => redis::cmd("GET").arg(&key).take(),
            "list" => redis::cmd("LRANGE").arg(&key).arg(0).arg(-1).take(),
            "hash" => redis::cmd("HGETALL").arg(&key).take(),
            "set" => redis::cmd("SMEMBERS").arg(&key).take(),
            "zset" => redis::cmd("ZRANGE").arg(&key).arg(0).arg(-1).arg("WITHSCORES").take(),
            other => panic!("{other} is not compared"),
        };
        let value: redis::Value = command.query(&mut connection).expect("a value");
        (key, parts(&kind, value))
    };
    keys.into_iter().map(&mut read).collect()
}

/// A value's parts in an order that does not depend on who keeps them.
fn parts(kind: &str, value: redis::Value) -> Vec<redis::Value> {
    let redis::Value::Array(parts) = value else { return vec![value] };
    let mut groups: Vec<Vec<redis::Value>> = match kind {
        "hash" => parts.chunks(2).map(<[_]>::to_vec).collect(),
        _ => parts.into_iter().map(|part| vec![part]).collect(),
    };
    if matches!(kind, "hash" | "set") {
        groups.sort_by_key(|group| format!("{group:?}"));
    }
    groups.concat()
}

/// Every replica that runs must hold what its primary holds.
pub(crate) fn replicas_equal(fleet: &Fleet) {
    for at in 0..fleet.nodes.len() {
        if !fleet.nodes[at].runs() || fleet.leads(at) {
            continue;
        }
        let me = fleet.id(at);
        let primary = Fleet::view(&fleet.nodes[at]).and_then(|view| view.get(&me)?.primary);
        let primary = primary.expect("a replica has a primary");
        let primary = (0..fleet.nodes.len()).find(|at| fleet.nodes[*at].runs() && fleet.id(*at) == primary);
        let primary = &fleet.nodes[primary.expect("its primary runs")];
        fleet.until("a replica has what its primary has", |fleet| all(&fleet.nodes[at]) == all(primary));
    }
}
