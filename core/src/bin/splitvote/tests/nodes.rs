//! Real nodes as processes: six of them form a cluster, one is killed, and nothing that was promised is lost.
#![expect(clippy::disallowed_types, clippy::disallowed_methods, reason = "real processes take real time")]

mod hostile;
mod kept;
mod loading;
mod processes;
mod replication;
mod shown;
mod silence;
mod steps;
mod waiting;

use std::fs;
use std::path::PathBuf;
use std::process::Command;

use processes::{Client, Node, ask, cluster, free_ports, home, told, until};
use splitvote::resp::Reply;

#[test]
fn what_replicas_have_acknowledged_survives_a_kill_and_the_dead_comes_back_as_a_replica() {
    let mut nodes = cluster("kill");
    // `{a}` is in slot 15495, which the third primary owns.
    let mut writer = Client::to(nodes[2].port).expect("it listens");
    for number in 0..100 {
        let key = format!("{{a}}{number}");
        assert_eq!(writer.say(&["SET", &key, &number.to_string()]).expect("it answers"), "OK");
    }
    assert_eq!(writer.say(&["WAIT", "1", "30000"]).expect("it answers"), "1");
    assert!(ask(nodes[0].port, &["GET", "{a}1"]).starts_with("MOVED 15495 127.0.0.1:"));

    nodes[2].kill();
    until("its replica takes over", || ask(nodes[5].port, &["INFO", "replication"]).contains("role:master"));
    until("the winner serves", || ask(nodes[5].port, &["GET", "{a}0"]) == "0");
    for number in 0..100 {
        let answer = ask(nodes[5].port, &["GET", &format!("{{a}}{number}")]);
        assert_eq!(answer, number.to_string(), "{}", told(&nodes));
    }
    assert!(nodes[5].log().contains("wins epoch"), "{}", told(&nodes));

    nodes[2].restart();
    until("the dead comes back as a replica in step", || {
        let info = Client::to(nodes[2].port).and_then(|mut client| client.say(&["INFO", "replication"]));
        info.is_ok_and(|info| info.contains("role:slave") && info.contains("master_link_status:up"))
    });
    assert_eq!(ask(nodes[2].port, &["DBSIZE"]), "100", "{}", told(&nodes));
}

#[test]
fn a_manual_failover_changes_places_without_losing_a_write() {
    let nodes = cluster("manual");
    let mut writer = Client::to(nodes[0].port).expect("it listens");
    // `{b}` is in slot 3300, which the first primary owns.
    for number in 0..50 {
        let answer = writer.say(&["SET", &format!("{{b}}{number}"), "x"]).expect("it answers");
        assert_eq!(answer, "OK");
    }
    assert_eq!(ask(nodes[3].port, &["CLUSTER", "FAILOVER"]), "OK");
    until("they have changed places", || {
        ask(nodes[3].port, &["INFO", "replication"]).contains("role:master")
            && ask(nodes[0].port, &["INFO", "replication"]).contains("master_link_status:up")
    });
    assert_eq!(ask(nodes[3].port, &["DBSIZE"]), "50", "{}", told(&nodes));
    assert_eq!(ask(nodes[0].port, &["DBSIZE"]), "50", "{}", told(&nodes));
    // The stream went on where it was: nobody had to be sent everything.
    assert!(!nodes[0].log().contains("starts a full sync"), "{}", told(&nodes));
}

#[test]
fn keys_of_a_slot_that_went_elsewhere_are_dropped_by_the_primary_and_by_its_replica() {
    let nodes = cluster("lost");
    // `{b}` is in slot 3300 and the empty key in slot 0; the first primary owns both.
    for key in ["{b}1", "{b}2", ""] {
        assert_eq!(ask(nodes[0].port, &["SET", key, "x"]), "OK");
    }
    until("its replica has them", || ask(nodes[3].port, &["DBSIZE"]) == "3");
    let (from, to) = (ask(nodes[0].port, &["CLUSTER", "MYID"]), ask(nodes[1].port, &["CLUSTER", "MYID"]));
    // The slot is claimed with a newer epoch, and nobody moved its keys.
    assert_eq!(ask(nodes[1].port, &["CLUSTER", "SETSLOT", "3300", "IMPORTING", &from]), "OK");
    assert_eq!(ask(nodes[1].port, &["CLUSTER", "SETSLOT", "3300", "NODE", &to]), "OK");
    until("the primary has dropped them", || ask(nodes[0].port, &["DBSIZE"]) == "1");
    until("its replica, too", || ask(nodes[3].port, &["DBSIZE"]) == "1");
}

#[test]
fn a_second_process_with_the_same_memory_does_not_start() {
    let home = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(format!("lock-{}", std::process::id()));
    let ports = free_ports(2);
    let node = Node::start(ports[0], home.clone());
    let second = Command::new(env!("CARGO_BIN_EXE_splitvote"))
        .args(["node", "--port", &ports[1].to_string(), "--dir", &home.display().to_string()])
        .output()
        .expect("a process can be started");
    assert_eq!(second.status.code(), Some(3), "{second:?}");
    assert!(String::from_utf8_lossy(&second.stderr).contains("already in use"), "{second:?}");
    assert_eq!(ask(node.port, &["PING"]), "PONG");
}

#[test]
fn a_node_that_does_not_start_says_how_that_is_mended() {
    let home = home("mended");
    let dir = home.join("damaged");
    fs::create_dir_all(&dir).expect("a folder can be made");
    fs::write(dir.join("nodes.conf"), "no line of ours\n").expect("a file can be written");
    let taken = std::net::TcpListener::bind("127.0.0.1:0").expect("a port is free");
    let taken = taken.local_addr().expect("it has one").port().to_string();
    let free = free_ports(1)[0].to_string();
    let table: &[(&[&str], i32, &[&str])] = &[
        (&["--version"], 0, &[]),
        (&["--cluster-node-timeot", "5"], 2, &["did you mean `cluster-node-timeout`", "There are also"]),
        (&["--zzz", "5"], 2, &["options are those of valkey.conf"]),
        (&["--port", &taken], 3, &[&taken, "ss -ltnp"]),
        (&["--port", &free, "--cluster-port", &taken], 3, &["bus port"]),
        (&["--dir", "/nowhere/at/all"], 3, &["make it"]),
        (&["--port", &free, "--dir", "damaged"], 2, &["damaged/nodes.conf", "line 1", "mend it"]),
    ];
    for (options, code, words) in table {
        let mut command = Command::new(env!("CARGO_BIN_EXE_splitvote"));
        let done = command.arg("node").args(*options).current_dir(&home).output().expect("it can be started");
        assert_eq!(done.status.code(), Some(*code), "{options:?}: {done:?}");
        let said = String::from_utf8_lossy(&done.stderr).into_owned();
        assert!(words.iter().all(|word| said.contains(word)), "{options:?}: {said}");
    }
}

#[test]
fn the_core_obeys_the_rules_it_is_started_with_and_those_it_is_given_later() {
    let home = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(format!("rules-{}", std::process::id()));
    let node =
        Node::start_with(free_ports(1)[0], home, &["--splitvote-rules", "valkey-9.1", "exact-acks=on"]);
    let rules = || {
        let asked =
            Client::to(node.port).and_then(|mut client| client.ask(&["CONFIG", "GET", "splitvote-rules"]));
        asked.expect("it answers")
    };
    let are = |words: &str| Reply::Array(["splitvote-rules", words].map(|t| Reply::Bulk(t.into())).into());
    assert_eq!(rules(), are("valkey-9.1 exact-acks=on"));
    assert_eq!(ask(node.port, &["CONFIG", "SET", "splitvote-rules", "splitvote nack=off"]), "OK");
    assert_eq!(rules(), are("splitvote nack=off"));
    assert!(ask(node.port, &["CONFIG", "SET", "splitvote-rules", "nak=off"]).starts_with("ERR "));
    assert!(ask(node.port, &["INFO", "server"]).contains("splitvote_rules:splitvote nack=off\r\n"));
}

/// What a node answers to a question about each of these keys.
fn held(port: u16) -> Vec<Reply> {
    let mut client = Client::to(port).expect("it listens");
    client.ask(&["READONLY"]).expect("it answers");
    let questions: &[&[&str]] = &[
        &["LRANGE", "{b}list", "0", "-1"],
        &["HGETALL", "{b}hash"],
        &["SMEMBERS", "{b}ints"],
        &["ZRANGE", "{b}sorted", "0", "-1", "WITHSCORES"],
        &["SCARD", "{b}left"],
        &["TYPE", "{b}gone"],
    ];
    questions.iter().map(|question| client.ask(question).expect("it answers")).collect()
}

#[test]
fn every_type_reaches_a_replica_by_the_stream_and_by_a_snapshot() {
    let mut nodes = cluster("types");
    let mut writer = Client::to(nodes[0].port).expect("it listens");
    let mut say = |words: &[&str]| writer.say(words).expect("it answers");
    for number in 0..300 {
        let (name, score) = (format!("element {number}"), format!("{}.5", 150 - number));
        say(&["RPUSH", "{b}list", &name, &number.to_string()]);
        say(&["HSET", "{b}hash", &name, &score]);
        say(&["SADD", "{b}ints", &number.to_string()]);
        say(&["SADD", "{b}left", &name]);
        say(&["ZADD", "{b}sorted", &score, &name]);
    }
    // What chance decides here must be decided there as it was here.
    for _ in 0..50 {
        say(&["SPOP", "{b}left"]);
    }
    assert_eq!(say(&["LTRIM", "{b}list", "10", "-10"]), "OK");
    assert_eq!(say(&["RPUSH", "{b}gone", "x"]), "1");
    assert_eq!(say(&["LPOP", "{b}gone"]), "x");
    assert_eq!(
        say(&["SADD", "{b}list", "x"]),
        "WRONGTYPE Operation against a key holding the wrong kind of value"
    );
    assert_eq!(say(&["ZADD", "{b}sorted", "inf", "most"]), "1");
    assert_eq!(say(&["WAIT", "1", "30000"]), "1");
    let here = held(nodes[0].port);
    assert_eq!(here[4], Reply::Int(250));
    assert_eq!(here[5].text().as_deref(), Some("none"));
    assert_eq!(held(nodes[3].port), here, "by the stream\n{}", told(&nodes));

    nodes[3].kill();
    nodes[3].restart();
    until("it is in step again", || {
        let info = Client::to(nodes[3].port).and_then(|mut client| client.say(&["INFO", "replication"]));
        info.is_ok_and(|info| info.contains("master_link_status:up"))
    });
    assert_eq!(held(nodes[3].port), here, "by a snapshot\n{}", told(&nodes));
}

#[test]
fn texts_reach_listeners_of_every_node_and_a_channel_leaves_with_its_slot() {
    let nodes = cluster("channels");
    let mut far = Client::to(nodes[5].port).expect("it listens");
    far.ask(&["SUBSCRIBE", "news"]).expect("it answers");
    // `{b}` is in slot 3300, which the first primary owns.
    let mut near = Client::to(nodes[3].port).expect("it listens");
    for channel in ["{b}news", "{bar}more", "{b}more"] {
        near.ask(&["SSUBSCRIBE", channel]).expect("it answers");
    }
    let mut owner = Client::to(nodes[0].port).expect("it listens");
    assert_eq!(owner.say(&["MULTI"]).expect("it answers"), "OK");
    for channel in ["{b}x", "{bar}x"] {
        assert_eq!(owner.say(&["SPUBLISH", channel, "x"]).expect("it answers"), "QUEUED");
    }
    assert!(owner.say(&["EXEC"]).expect("it answers").starts_with("CROSSSLOT "), "one slot a transaction");
    let parts = |reply: Reply| match reply {
        Reply::Array(parts) => {
            parts.iter().filter_map(|part| part.text().map(Into::into)).collect::<Vec<String>>()
        }
        other => panic!("{other:?} is no message"),
    };
    assert_eq!(ask(nodes[0].port, &["PUBLISH", "news", "one"]), "0");
    assert_eq!(parts(far.hear().expect("it comes")), ["message", "news", "one"]);
    assert!(ask(nodes[1].port, &["SPUBLISH", "{b}news", "x"]).starts_with("MOVED 3300 "));
    assert_eq!(ask(nodes[0].port, &["SPUBLISH", "{b}news", "two"]), "0");
    assert_eq!(parts(near.hear().expect("it comes")), ["smessage", "{b}news", "two"]);
    assert!(far.say(&["GET", "x"]).expect("it answers").starts_with("ERR Can't execute 'get'"));

    let heir = ask(nodes[1].port, &["CLUSTER", "MYID"]);
    for node in [&nodes[1], &nodes[0]] {
        assert_eq!(ask(node.port, &["CLUSTER", "SETSLOT", "3300", "NODE", &heir]), "OK");
    }
    for (channel, left) in [("{b}more", 2), ("{b}news", 1)] {
        let gone = near.hear().expect("it comes");
        assert_eq!(gone.items().last(), Some(&Reply::Int(left)), "so many are left: {gone:?}");
        assert_eq!(parts(gone), ["sunsubscribe", channel]);
    }
    near.ask(&["SUNSUBSCRIBE"]).expect("it answers");
    assert_eq!(near.say(&["PING"]).expect("it answers"), "PONG", "it listens to nothing any more");
}

#[test]
fn a_transaction_is_dropped_if_what_it_watched_has_changed() {
    let nodes = cluster("watch");
    let mut client = Client::to(nodes[0].port).expect("it listens");
    for (meanwhile, expected) in [(Some("SADD"), Reply::Nil), (None, Reply::Array(vec![Reply::Int(1)]))] {
        assert_eq!(client.say(&["WATCH", "{b}set"]).expect("it answers"), "OK");
        if let Some(command) = meanwhile {
            assert_eq!(ask(nodes[0].port, &[command, "{b}set", "x"]), "1");
        }
        assert_eq!(client.say(&["MULTI"]).expect("it answers"), "OK");
        assert_eq!(client.say(&["SCARD", "{b}set"]).expect("it answers"), "QUEUED");
        assert_eq!(client.ask(&["EXEC"]).expect("it answers"), expected);
    }
    assert!(ask(nodes[3].port, &["FLUSHALL"]).starts_with("READONLY"));
}
