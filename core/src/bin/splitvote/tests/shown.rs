//! What clients and tools are shown of a cluster, and what is refused in the words they know.

use super::processes::{Client, Node, ask, free_ports, home, until};

/// Two nodes that know each other.
fn pair(name: &str) -> [Node; 2] {
    let home = home(name);
    let ports = free_ports(2);
    let nodes = [0, 1].map(|at: usize| Node::start(ports[at], home.join(at.to_string())));
    assert_eq!(ask(ports[0], &["CLUSTER", "MEET", "127.0.0.1", &ports[1].to_string()]), "OK");
    until("they know each other", || {
        nodes.iter().all(|node| ask(node.port, &["CLUSTER", "NODES"]).matches(" connected").count() == 2)
    });
    nodes
}

#[test]
fn clients_are_shown_the_addresses_that_are_announced_for_them() {
    let nodes = pair("shown");
    for (node, ip) in nodes.iter().zip(["192.0.2.1", "192.0.2.2"]) {
        assert_eq!(ask(node.port, &["CONFIG", "SET", "cluster-announce-client-ipv4", ip]), "OK");
    }
    let there = format!(" 192.0.2.2:{}@{} ", nodes[1].port, nodes[1].port + 10_000);
    until("it is told", || {
        let shown = ask(nodes[0].port, &["CLUSTER", "NODES"]);
        shown.contains(&there) && shown.contains(" 192.0.2.1:") && !shown.contains("127.0.0.1")
    });
    assert_eq!(ask(nodes[1].port, &["CLUSTER", "ADDSLOTSRANGE", "0", "16383"]), "OK");
    let moved = format!("MOVED 15495 192.0.2.2:{}", nodes[1].port);
    until("clients are sent there", || ask(nodes[0].port, &["GET", "a"]) == moved);
    // The bus goes on where it was, or the end of it would not be told.
    assert_eq!(ask(nodes[1].port, &["CONFIG", "SET", "cluster-announce-client-ipv4", ""]), "OK");
    let moved = format!("MOVED 15495 127.0.0.1:{}", nodes[1].port);
    until("they are sent to its own address again", || ask(nodes[0].port, &["GET", "a"]) == moved);
}

#[test]
fn a_replica_owns_no_slots_and_counts_no_more_once_its_link_is_killed() {
    let [primary, replica] = pair("counted");
    assert_eq!(ask(primary.port, &["CLUSTER", "ADDSLOTSRANGE", "0", "16383"]), "OK");
    let [owner, other] = [&primary, &replica].map(|node| ask(node.port, &["CLUSTER", "MYID"]));
    assert_eq!(ask(replica.port, &["CLUSTER", "REPLICATE", &owner]), "OK");
    until("it is in step", || primary.info("connected_slaves").as_deref() == Some("1"));
    until("everyone knows", || ask(primary.port, &["CLUSTER", "NODES"]).contains(" slave "));
    let refusal = ask(primary.port, &["CLUSTER", "SETSLOT", "7", "NODE", &other]);
    assert_eq!(refusal, "ERR Target node is not a master");

    let mut client = Client::to(primary.port).expect("it listens");
    // So that it cannot come back before anybody has counted.
    assert_eq!(client.say(&["CONFIG", "SET", "requirepass", "secret"]).expect("it answers"), "OK");
    assert_eq!(client.say(&["CLIENT", "KILL", "TYPE", "replica"]).expect("it answers"), "1");
    let info = client.say(&["INFO", "replication"]).expect("it answers");
    assert!(info.contains("connected_slaves:0\r\n"), "{info}");
}

/// The moments at which a node's links were made, in Unix milliseconds.
fn made(node: &Node) -> Vec<i64> {
    let mut client = Client::to(node.port).expect("it listens");
    let links = client.ask(&["CLUSTER", "LINKS"]).expect("it answers");
    links.items().iter().filter_map(|link| link.items().get(5)?.int()).collect()
}

#[test]
fn a_link_says_when_it_was_made_itself() {
    let [first, mut second] = pair("links");
    let before = made(&first);
    assert_eq!(before.len(), 2, "one each way");
    second.kill();
    until("both are gone", || made(&first).is_empty());
    second.restart();
    until("both are back, and new", || {
        let now = made(&first);
        now.len() == 2 && now.iter().min() > before.iter().max()
    });
}
