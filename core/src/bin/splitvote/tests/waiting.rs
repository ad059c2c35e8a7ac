//! Who waits for elements, and for disks.

use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use splitvote::resp::Reply;

use crate::processes::{Client, Node, ask, cluster_of, free_ports, home, until};

fn text(text: &str) -> Reply {
    Reply::Bulk(text.as_bytes().to_vec())
}

/// A node of its own, which no replica listens to.
fn alone(name: &str) -> Node {
    let port = free_ports(1)[0];
    let node = Node::start_with(port, home(name), &[]);
    assert_eq!(ask(port, &["CLUSTER", "ADDSLOTSRANGE", "0", "16383"]), "OK");
    until("it serves", || !ask(port, &["INCR", "ready"]).starts_with("CLUSTERDOWN"));
    node
}

#[test]
fn who_waits_for_elements_is_given_them_as_they_come() {
    let node = alone("waits");
    let mut pusher = Client::to(node.port).expect("it listens");
    for (wait, push, expected) in [
        (vec!["BLPOP", "{q}a", "{q}b", "0"], vec!["RPUSH", "{q}b", "x"], vec!["{q}b", "x"]),
        (vec!["BRPOP", "{q}a", "60"], vec!["LPUSH", "{q}a", "y"], vec!["{q}a", "y"]),
        (vec!["BZPOPMIN", "{q}z", "60"], vec!["ZADD", "{q}z", "2", "m"], vec!["{q}z", "m", "2"]),
    ] {
        let (tell, told) = mpsc::channel();
        let port = node.port;
        let waiting = thread::spawn(move || {
            let answer = Client::to(port).and_then(|mut client| client.ask(&wait)).expect("it answers");
            tell.send(answer).expect("somebody listens");
        });
        assert!(told.recv_timeout(Duration::from_millis(300)).is_err(), "there is nothing yet");
        pusher.say(&push).expect("it answers");
        let answer = told.recv_timeout(Duration::from_secs(30)).expect("it is woken");
        assert_eq!(answer, Reply::Array(expected.into_iter().map(text).collect()));
        waiting.join().expect("it has ended");
    }
    assert_eq!(
        pusher.ask(&["BLMOVE", "{q}a", "{q}b", "LEFT", "LEFT", "0.05"]).expect("it answers"),
        Reply::Nil
    );
    assert_eq!(ask(node.port, &["EXISTS", "{q}a", "{q}b", "{q}z"]), "0");
}

#[test]
fn who_waits_for_disks_is_told_of_those_that_have_logs() {
    let nodes = cluster_of("disks", &["--appendonly", "yes"]);
    let mut writer = Client::to(nodes[0].port).expect("it listens");
    assert_eq!(writer.say(&["SET", "{b}k", "x"]).expect("it answers"), "OK");
    let both = Reply::Array(vec![Reply::Int(1), Reply::Int(1)]);
    assert_eq!(writer.ask(&["WAITAOF", "1", "1", "30000"]).expect("it answers"), both);
    assert_eq!(writer.ask(&["WAITAOF", "1", "2", "50"]).expect("it answers"), both);
}
