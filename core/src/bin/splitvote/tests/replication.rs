//! What replicas are told, and what they make of links that break at bad moments.

use splitvote::resp::Reply;

use super::processes::{Client, Node, ask, cluster_of, told, until};

/// No failover comes by itself.
const PATIENT: [&str; 2] = ["--cluster-node-timeout", "30000"];

/// What a node says of itself in `CLUSTER NODES`.
fn own_line(node: &Node) -> String {
    let nodes = ask(node.port, &["CLUSTER", "NODES"]);
    nodes.lines().find(|line| line.contains("myself")).unwrap_or_default().to_owned()
}

fn id(node: &Node) -> String {
    ask(node.port, &["CLUSTER", "MYID"])
}

fn link_is_up(node: &Node) -> bool {
    node.info("master_link_status").as_deref() == Some("up")
}

fn leads(node: &Node) -> bool {
    node.info("role").as_deref() == Some("master")
}

#[test]
fn a_slot_that_moves_still_moves_after_a_failover_of_both_its_primaries() {
    let mut nodes = cluster_of("open", &[]);
    let (from, to) = (id(&nodes[0]), id(&nodes[1]));
    assert_eq!(ask(nodes[1].port, &["CLUSTER", "SETSLOT", "3300", "IMPORTING", &from]), "OK");
    assert_eq!(ask(nodes[0].port, &["CLUSTER", "SETSLOT", "3300", "MIGRATING", &to]), "OK");
    // No reply came before the replica knew.
    assert!(own_line(&nodes[3]).contains(&format!("[3300->-{to}]")), "{}", told(&nodes));
    assert!(own_line(&nodes[4]).contains(&format!("[3300-<-{from}]")), "{}", told(&nodes));
    for (word, slot) in [("MIGRATING", "3301"), ("STABLE", "3301")] {
        let mut words = vec!["CLUSTER", "SETSLOT", slot, word];
        words.extend((word == "MIGRATING").then_some(to.as_str()));
        assert_eq!(ask(nodes[0].port, &words), "OK");
        assert_eq!(own_line(&nodes[3]).contains("[3301->-"), word == "MIGRATING", "{}", told(&nodes));
    }
    // A replica takes no writes into a slot that comes to its primary.
    let mut asking = Client::to(nodes[4].port).expect("it listens");
    assert_eq!(asking.say(&["ASKING"]).expect("it answers"), "OK");
    let answer = asking.say(&["SET", "{b}1", "x"]).expect("it answers");
    assert!(answer.starts_with("MOVED 3300 "), "{answer}");

    for (dead, heir) in [(0, 3), (1, 4)] {
        nodes[dead].kill();
        until("its replica takes over", || leads(&nodes[heir]));
        nodes[dead].restart();
        until("the dead is back, in step", || nodes[dead].answers() && link_is_up(&nodes[dead]));
        until("all is well", || {
            nodes.iter().all(|node| ask(node.port, &["CLUSTER", "INFO"]).contains("cluster_state:ok"))
        });
    }
    // Where it goes is still known; and who takes it over is told by its new primary.
    let answer = ask(nodes[3].port, &["GET", "{b}missing"]);
    assert!(answer.starts_with("ASK 3300 "), "{answer} {}", told(&nodes));
    let heir = id(&nodes[4]);
    assert_eq!(ask(nodes[4].port, &["CLUSTER", "SETSLOT", "3300", "NODE", &heir]), "OK");
    assert_eq!(ask(nodes[3].port, &["CLUSTER", "SETSLOT", "3300", "NODE", &heir]), "OK");
    for node in [&nodes[0], &nodes[1], &nodes[3], &nodes[4]] {
        assert!(!own_line(node).contains("[3300"), "{}", told(&nodes));
    }
    assert_eq!(ask(nodes[4].port, &["SET", "{b}1", "x"]), "OK");
}

#[test]
fn a_slot_waits_for_replicas_that_are_silent_and_not_for_those_that_are_gone() {
    let mut nodes = cluster_of("silent", &PATIENT);
    let to = id(&nodes[1]);
    let open = |slot: &str, limit: &str| {
        ask(nodes[0].port, &["CLUSTER", "SETSLOT", slot, "MIGRATING", &to, "TIMEOUT", limit])
    };
    nodes[3].signal("-STOP");
    assert_eq!(open("1", "50"), "NOREPLICAS Not enough good replicas to write.");
    assert!(!own_line(&nodes[0]).contains("[1->-"), "what was refused did not happen");
    nodes[3].signal("-CONT");
    until("its replica has heard all of it", || {
        nodes[3].info("slave_repl_offset") == nodes[0].info("master_repl_offset")
    });
    assert!(!own_line(&nodes[3]).contains("[1->-"), "nor does its replica believe it");
    nodes[3].signal("-STOP");
    // What is wrong is said at once, and enters no stream.
    let before = nodes[0].info("master_repl_offset");
    for (words, error) in [
        (["16000", "MIGRATING", &to], "ERR I'm not the owner of hash slot 16000"),
        (["1", "IMPORTING", &to], "ERR I'm already the owner of hash slot 1"),
        (["1", "NODE", &id(&nodes[4])], "ERR "),
        (["1", "MIGRATING", "nobody"], "ERR I don't know about node nobody"),
        (["1", "STABLE", "TIMEOUT"], "ERR Missing timeout value"),
        (["16384", "MIGRATING", &to], "ERR Invalid or out of range slot"),
    ] {
        let answer = ask(nodes[0].port, &[&["CLUSTER", "SETSLOT"], &words[..]].concat());
        assert!(answer.starts_with(error), "{words:?}: {answer}");
    }
    assert!(open("1", "soon").starts_with("ERR timeout is not an integer"));
    assert_eq!(nodes[0].info("master_repl_offset"), before);
    // Who waits is answered when the replica is back, and when it is gone for good.
    let waiting = std::thread::scope(|scope| {
        let waiting = scope.spawn(|| open("2", "60000"));
        until("it waits", || nodes[0].info("master_repl_offset") != before);
        nodes[3].signal("-CONT");
        waiting.join().expect("an answer")
    });
    assert_eq!(waiting, "OK");
    nodes[3].kill();
    until("the primary has seen it go", || nodes[0].info("connected_slaves").as_deref() == Some("0"));
    let to = id(&nodes[1]);
    assert_eq!(ask(nodes[0].port, &["CLUSTER", "SETSLOT", "3", "MIGRATING", &to]), "OK");
    assert!(own_line(&nodes[0]).contains(&format!("[3->-{to}]")));
}

#[test]
fn what_replicas_were_told_of_a_slot_is_taken_back_if_it_does_not_come_true() {
    let options = [&PATIENT[..], &["--repl-ping-replica-period", "86400"]].concat();
    let nodes = cluster_of("untrue", &options);
    let to = id(&nodes[1]);
    nodes[3].signal("-STOP");
    let before = nodes[0].info("master_repl_offset");
    // Its last moment comes with a key in the slot.
    let answer = std::thread::scope(|scope| {
        let node = || ask(nodes[0].port, &["CLUSTER", "SETSLOT", "3300", "NODE", &to, "TIMEOUT", "60000"]);
        let waiting = scope.spawn(node);
        until("it waits", || nodes[0].info("master_repl_offset") != before);
        assert_eq!(ask(nodes[0].port, &["SET", "{b}1", "x"]), "OK");
        nodes[3].signal("-CONT");
        waiting.join().expect("an answer")
    });
    assert!(answer.starts_with("ERR Can't assign hashslot 3300 to a different node"), "{answer}");
    // A client that is gone does not come back for its answer.
    nodes[3].signal("-STOP");
    let before = nodes[0].info("master_repl_offset");
    std::thread::scope(|scope| {
        scope.spawn(|| {
            let mut client = Client::to(nodes[0].port).expect("it listens");
            assert_eq!(client.say(&["CLIENT", "SETNAME", "doomed"]).expect("it answers"), "OK");
            let words = ["CLUSTER", "SETSLOT", "3301", "MIGRATING", &to, "TIMEOUT", "60000"];
            client.say(&words).expect_err("it is killed");
        });
        until("it waits", || nodes[0].info("master_repl_offset") != before);
        let list = ask(nodes[0].port, &["CLIENT", "LIST"]);
        let line = list.lines().find(|line| line.contains("name=doomed")).expect("it is there");
        let doomed = line.split_whitespace().find_map(|word| word.strip_prefix("id=")).expect("a number");
        assert_eq!(ask(nodes[0].port, &["CLIENT", "KILL", "ID", doomed]), "1");
    });
    nodes[3].signal("-CONT");
    until("its replica has heard all of it", || {
        nodes[3].info("slave_repl_offset") == nodes[0].info("master_repl_offset")
    });
    assert!(!own_line(&nodes[3]).contains("[3301"), "{}", told(&nodes));
    let mut reader = Client::to(nodes[3].port).expect("it listens");
    assert_eq!(reader.say(&["READONLY"]).expect("it answers"), "OK");
    assert_eq!(reader.say(&["GET", "{b}1"]).expect("it answers"), "x", "the slot is its primary's");
}

/// The offset that a node tells of another in CLUSTER SHARDS.
fn offset_told(teller: &Node, of: &str) -> Option<i64> {
    let shards = Client::to(teller.port).and_then(|mut client| client.ask(&["CLUSTER", "SHARDS"])).ok()?;
    let field = |list: &Reply, name: &str| {
        let at = list.items().iter().position(|item| item.text().as_deref() == Some(name))?;
        list.items().get(at + 1).cloned()
    };
    let nodes = shards.items().iter().filter_map(|shard| field(shard, "nodes"));
    let nodes: Vec<Reply> = nodes.flat_map(|nodes| nodes.items().to_vec()).collect();
    let node =
        nodes.iter().find(|node| field(node, "id").is_some_and(|id| id.text().as_deref() == Some(of)))?;
    field(node, "replication-offset")?.int()
}

#[test]
fn the_offset_that_everyone_tells_is_the_real_one() {
    // Nothing enters the stream of itself.
    let nodes = cluster_of("told", &["--repl-ping-replica-period", "86400"]);
    assert_eq!(ask(nodes[0].port, &["SET", "{b}1", "x"]), "OK");
    assert_eq!(ask(nodes[1].port, &["SET", "{c}1", "x", "PX", "20"]), "OK");
    // Whoever asks a replica for its stream adds nothing to it.
    let mut stranger = Client::to(nodes[3].port).expect("it listens");
    let answer = stranger.say(&["PSYNC", "?", "-1"]).expect("it answers");
    assert!(answer.starts_with("FULLRESYNC "), "{answer}");
    until("the stranger is being fed", || nodes[3].info("connected_slaves").as_deref() == Some("1"));
    until("a key has come to its end", || ask(nodes[4].port, &["DBSIZE"]) == "0");
    let ids: Vec<String> = nodes.iter().map(id).collect();
    for at in 0..6 {
        until("all tell the same", || {
            let real = nodes[at % 3].info("master_repl_offset").and_then(|offset| offset.parse::<i64>().ok());
            let own = nodes[at].info("master_repl_offset").and_then(|offset| offset.parse::<i64>().ok());
            real == own && real > Some(0) && nodes.iter().all(|node| offset_told(node, &ids[at]) == real)
        });
    }
    drop(stranger);
}

#[test]
fn who_was_away_for_longer_than_the_backlog_is_sent_everything() {
    let options = [&PATIENT[..], &["--repl-backlog-size", "16kb", "--repl-timeout", "3"]].concat();
    let nodes = cluster_of("away", &options);
    let mut writer = Client::to(nodes[0].port).expect("it listens");
    assert_eq!(writer.say(&["SET", "{b}old", "x"]).expect("it answers"), "OK");
    assert_eq!(writer.say(&["SET", "{b}ends", "x", "PX", "500"]).expect("it answers"), "OK");
    nodes[3].signal("-STOP");
    until("its primary lets it go", || nodes[0].info("connected_slaves").as_deref() == Some("0"));
    assert!(nodes[0].log().contains("silent for longer than repl-timeout"), "{}", told(&nodes));
    let value = "v".repeat(1000);
    for number in 0..100 {
        assert_eq!(writer.say(&["SET", &format!("{{b}}{number}"), &value]).expect("it answers"), "OK");
    }
    assert_eq!(writer.say(&["DEL", "{b}old"]).expect("it answers"), "1");
    let before = nodes[0].log().matches("full sync for replica").count();
    nodes[3].signal("-CONT");
    until("it has what its primary has", || {
        link_is_up(&nodes[3])
            && ask(nodes[3].port, &["DBSIZE"]) == "100"
            && ask(nodes[0].port, &["DBSIZE"]) == "100"
    });
    assert!(nodes[0].log().matches("full sync for replica").count() > before, "{}", told(&nodes));
    let mut reader = Client::to(nodes[3].port).expect("it listens");
    assert_eq!(reader.say(&["READONLY"]).expect("it answers"), "OK");
    for number in 0..100 {
        assert_eq!(reader.say(&["GET", &format!("{{b}}{number}")]).expect("it answers"), value);
    }
}

#[test]
fn a_replica_lets_a_silent_primary_go_and_finds_it_again() {
    let options = [&PATIENT[..], &["--repl-timeout", "3", "--repl-ping-replica-period", "1"]].concat();
    let nodes = cluster_of("mute", &options);
    nodes[0].signal("-STOP");
    until("its replica lets it go", || !link_is_up(&nodes[3]));
    nodes[0].signal("-CONT");
    until("they are in step again", || link_is_up(&nodes[3]));
    assert_eq!(ask(nodes[0].port, &["SET", "{b}1", "x"]), "OK");
    until("what is written comes over", || ask(nodes[3].port, &["DBSIZE"]) == "1");
}

#[test]
fn a_primary_that_dies_in_a_full_sync_leaves_its_replica_what_it_had() {
    let options = [&PATIENT[..], &["--appendonly", "yes", "--repl-backlog-size", "16kb"]].concat();
    let mut nodes = cluster_of("halfway", &options);
    let mut writer = Client::to(nodes[0].port).expect("it listens");
    assert_eq!(writer.say(&["SET", "{b}kept", "x"]).expect("it answers"), "OK");
    until("its replica has it", || ask(nodes[3].port, &["DBSIZE"]) == "1");
    // While the replica is away, more comes than fits into any buffer between them.
    nodes[3].kill();
    let value = "v".repeat(1 << 20);
    for number in 0..40 {
        assert_eq!(writer.say(&["SET", &format!("{{b}}{number}"), &value]).expect("it answers"), "OK");
    }
    let before = nodes[0].log().matches("full sync for replica").count();
    nodes[3].restart();
    until("a full sync begins", || nodes[0].log().matches("full sync for replica").count() > before);
    nodes[3].signal("-STOP");
    nodes[0].kill();
    nodes[3].signal("-CONT");
    until("it has lost its primary", || nodes[3].answers() && !link_is_up(&nodes[3]));
    let has = ask(nodes[3].port, &["DBSIZE"]);
    assert!(has == "1" || has == "41", "{has} keys are neither the old nor the new: {}", told(&nodes));
    nodes[0].restart();
    until("it has everything", || link_is_up(&nodes[3]) && ask(nodes[3].port, &["DBSIZE"]) == "41");
    assert_eq!(ask(nodes[0].port, &["DBSIZE"]), "41", "{}", told(&nodes));
}

#[test]
fn a_transaction_whose_primary_dies_in_the_middle_did_not_happen() {
    let mut nodes = cluster_of("torn", &["--cluster-node-timeout", "3000"]);
    let mut writer = Client::to(nodes[0].port).expect("it listens");
    assert_eq!(writer.say(&["SET", "{b}before", "x"]).expect("it answers"), "OK");
    assert_eq!(writer.say(&["WAIT", "1", "30000"]).expect("it answers"), "1");
    nodes[3].signal("-STOP");
    assert_eq!(writer.say(&["MULTI"]).expect("it answers"), "OK");
    // More than the system keeps for a reader that does not read.
    let value = "v".repeat(1 << 20);
    for number in 0..40 {
        let said = writer.say(&["SET", &format!("{{b}}{number}"), &value]).expect("it answers");
        assert_eq!(said, "QUEUED");
    }
    assert_eq!(writer.ask(&["EXEC"]).expect("it answers").items().len(), 40);
    nodes[0].kill();
    nodes[3].signal("-CONT");
    until("its replica takes over", || leads(&nodes[3]));
    assert_eq!(ask(nodes[3].port, &["DBSIZE"]), "1", "{}", told(&nodes));
    assert_eq!(ask(nodes[3].port, &["GET", "{b}before"]), "x");
}

#[test]
fn a_transaction_that_its_replica_has_no_room_for_is_not_taken_in() {
    let nodes = cluster_of("large", &[]);
    let limit = |limit| ["CONFIG", "SET", "client-query-buffer-limit", limit];
    assert_eq!(ask(nodes[3].port, &limit("1mb")), "OK");
    let mut writer = Client::to(nodes[0].port).expect("it listens");
    assert_eq!(writer.say(&["MULTI"]).expect("it answers"), "OK");
    let value = "v".repeat(1 << 20);
    for number in 0..4 {
        let said = writer.say(&["SET", &format!("{{b}}{number}"), &value]).expect("it answers");
        assert_eq!(said, "QUEUED");
    }
    assert_eq!(writer.ask(&["EXEC"]).expect("it answers").items().len(), 4);
    until("it says so", || nodes[3].log().contains("a transaction of more than 2097152 bytes"));
    assert_eq!(ask(nodes[3].port, &["DBSIZE"]), "0", "no part of it is there");
    assert_eq!(ask(nodes[3].port, &limit("1gb")), "OK");
    until("it has everything", || link_is_up(&nodes[3]) && ask(nodes[3].port, &["DBSIZE"]) == "4");
}

#[test]
fn who_waits_for_replicas_is_told_when_its_primary_is_none_any_more() {
    let nodes = cluster_of("unblocked", &[]);
    assert_eq!(ask(nodes[0].port, &["SET", "{b}1", "x"]), "OK");
    let answers = std::thread::scope(|scope| {
        let wait = scope.spawn(|| ask(nodes[0].port, &["WAIT", "5", "0"]));
        until("it waits", || nodes[0].info("blocked_clients").as_deref() == Some("1"));
        assert_eq!(ask(nodes[3].port, &["CLUSTER", "FAILOVER"]), "OK");
        wait.join().expect("an answer")
    });
    assert!(answers.starts_with("UNBLOCKED "), "{answers}");
    until("they have changed places", || leads(&nodes[3]) && link_is_up(&nodes[0]));
}

#[test]
fn a_key_that_has_ended_is_taken_away_in_the_stream_before_it_is_written_again() {
    let nodes = cluster_of("ended", &["--enable-debug-command", "yes"]);
    assert_eq!(ask(nodes[0].port, &["DEBUG", "SET-ACTIVE-EXPIRE", "0"]), "OK");
    let mut writer = Client::to(nodes[0].port).expect("it listens");
    for (key, transaction) in [("{b}1", false), ("{b}2", true)] {
        assert_eq!(writer.say(&["SET", key, "x", "PX", "1"]).expect("it answers"), "OK");
        until("it has ended", || writer.ask(&["GET", key]).expect("it answers") == Reply::Nil);
        if transaction {
            assert_eq!(writer.say(&["MULTI"]).expect("it answers"), "OK");
        }
        let said = writer.say(&["APPEND", key, "y"]).expect("it answers");
        assert_eq!(said, if transaction { "QUEUED" } else { "1" });
        if transaction {
            assert_eq!(writer.ask(&["EXEC"]).expect("it answers").items(), [Reply::Int(1)]);
        }
        assert_eq!(writer.say(&["WAIT", "1", "30000"]).expect("it answers"), "1");
        let mut reader = Client::to(nodes[3].port).expect("it listens");
        assert_eq!(reader.say(&["READONLY"]).expect("it answers"), "OK");
        assert_eq!(reader.say(&["GET", key]).expect("it answers"), "y", "{}", told(&nodes));
    }
}
