//! Data that outlives its process: killed under load, cut off by a power cut, ended in order.

use std::fs::{self, File};
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread::{JoinHandle, spawn};

use super::processes::{Client, Node, ask, cluster_of, free_ports, home, told, until};

/// A node that owns every slot.
fn alone(name: &str, options: &[&str]) -> Node {
    let node = Node::start_with(free_ports(1)[0], home(name), options);
    assert_eq!(ask(node.port, &["CLUSTER", "ADDSLOTSRANGE", "0", "16383"]), "OK");
    until("it serves", || ask(node.port, &["CLUSTER", "INFO"]).contains("cluster_state:ok"));
    node
}

/// Clients that write `key:<client>:<number>` in order, and how many of each were acknowledged.
struct Load {
    acknowledged: Arc<Vec<AtomicU64>>,
    stop: Arc<AtomicBool>,
    threads: Vec<JoinHandle<()>>,
}

impl Load {
    fn on(port: u16, clients: usize) -> Self {
        let acknowledged: Arc<Vec<AtomicU64>> = Arc::new((0..clients).map(|_| AtomicU64::new(0)).collect());
        let stop = Arc::new(AtomicBool::new(false));
        let write = |at: usize| {
            let (acknowledged, stop) = (Arc::clone(&acknowledged), Arc::clone(&stop));
            spawn(move || {
                let Ok(mut client) = Client::to(port) else { return };
                while !stop.load(Ordering::Relaxed) {
                    let number = acknowledged[at].load(Ordering::Relaxed);
                    let said = client.say(&["SET", &format!("key:{at}:{number}"), &number.to_string()]);
                    // A connection that breaks says nothing about the last write.
                    if !said.is_ok_and(|said| said == "OK") {
                        return;
                    }
                    acknowledged[at].store(number + 1, Ordering::Relaxed);
                }
            })
        };
        let threads = (0..clients).map(write).collect();
        Self { acknowledged, stop, threads }
    }

    fn counts(&self) -> Vec<u64> {
        self.acknowledged.iter().map(|count| count.load(Ordering::Relaxed)).collect()
    }

    fn end(self) -> Vec<u64> {
        self.stop.store(true, Ordering::Relaxed);
        let counts = self.acknowledged;
        self.threads.into_iter().for_each(|thread| thread.join().expect("a writer ends"));
        counts.iter().map(|count| count.load(Ordering::Relaxed)).collect()
    }
}

/// Whether everything up to these counts is there.
fn holds(node: &Node, counts: &[u64]) {
    let mut client = Client::to(node.port).expect("it listens");
    for (at, count) in counts.iter().enumerate() {
        for number in 0..*count {
            let found = client.ask(&["GET", &format!("key:{at}:{number}")]).expect("it answers");
            assert_eq!(
                found.int(),
                i64::try_from(number).ok(),
                "key:{at}:{number} of {count}: {}",
                node.log()
            );
        }
    }
}

fn serves_again(node: &mut Node) {
    node.restart();
    until("it serves again", || {
        node.answers() && ask(node.port, &["CLUSTER", "INFO"]).contains("cluster_state:ok")
    });
}

#[test]
fn a_kill_under_load_takes_back_nothing_that_was_acknowledged() {
    for policy in ["always", "everysec", "no"] {
        // Small sizes, so that the log is rewritten under load as well.
        let options = ["--appendonly", "yes", "--appendfsync", policy, "--auto-aof-rewrite-min-size", "10kb"];
        let mut node = alone(&format!("killed-{policy}"), &options);
        for _ in 0..2 {
            let before = node.info("db0").unwrap_or_default();
            let load = Load::on(node.port, 4);
            until("much was written", || load.counts().iter().sum::<u64>() > 300);
            node.kill();
            let counts = load.end();
            serves_again(&mut node);
            holds(&node, &counts);
            assert!(node.log().contains("loaded"), "{before} {}", node.log());
        }
    }
}

#[test]
fn with_always_a_power_cut_takes_back_nothing_and_with_everysec_only_the_last_moments() {
    for policy in ["always", "everysec"] {
        let options = ["--appendonly", "yes", "--appendfsync", policy, "--auto-aof-rewrite-percentage", "0"];
        let mut node = alone(&format!("power-{policy}"), &options);
        until("the first base is there", || node.info("aof_whole").as_deref() == Some("yes"));
        let load = Load::on(node.port, 4);
        until("much was written", || load.counts().iter().sum::<u64>() > 300);
        let mut counts = load.counts();
        // What was acknowledged before this question is on the disk by its answer, or soon.
        let mut synced = node.info("aof_increment_synced");
        if policy == "everysec" {
            let length = node.info("aof_increment_size");
            let length: u64 = length.and_then(|length| length.parse().ok()).expect("a number");
            until("a sync has come by", || {
                synced = node.info("aof_increment_synced");
                synced
                    .as_ref()
                    .and_then(|synced| synced.parse::<u64>().ok())
                    .is_some_and(|synced| synced >= length)
            });
        } else {
            // Every reply waited: what was acknowledged by now is below what is synced now.
            counts = load.counts();
            synced = node.info("aof_increment_synced");
        }
        node.kill();
        drop(load.end());
        let synced: u64 = synced.and_then(|synced| synced.parse().ok()).expect("a number");
        let folder = node.dir.join("appendonlydir");
        let log = newest_increment(&folder);
        // The cut: what the system had not yet put on the disk is gone.
        let file = File::options().write(true).open(&log).expect("it is there");
        assert!(file.metadata().expect("it is there").len() >= synced);
        file.set_len(synced).expect("it can be cut");
        serves_again(&mut node);
        holds(&node, &counts);
    }
}

fn newest_increment(folder: &std::path::Path) -> PathBuf {
    let text = fs::read_to_string(folder.join("appendonly.aof.manifest")).expect("a manifest");
    let line = text.lines().rfind(|line| line.ends_with("type i")).expect("an increment");
    folder.join(line.split_whitespace().nth(1).expect("a name"))
}

#[test]
fn a_snapshot_is_as_new_as_its_last_save_or_its_orderly_end() {
    let mut node = alone("snapshot", &["--save", "3600 1"]);
    assert_eq!(ask(node.port, &["SET", "a", "1"]), "OK");
    assert_eq!(ask(node.port, &["SAVE"]), "OK");
    assert_eq!(ask(node.port, &["SET", "b", "2"]), "OK");
    assert_eq!(node.info("rdb_changes_since_last_save").as_deref(), Some("1"));
    node.kill();
    serves_again(&mut node);
    assert_eq!(ask(node.port, &["DBSIZE"]), "1", "what was not saved is gone");
    assert_eq!(ask(node.port, &["SET", "b", "2"]), "OK");
    node.end();
    serves_again(&mut node);
    assert_eq!(ask(node.port, &["DBSIZE"]), "2", "an orderly end saves");
    // A log begins with what is there, at run time, and goes on from then.
    assert_eq!(ask(node.port, &["CONFIG", "SET", "appendonly", "yes"]), "OK");
    until("its base is there", || node.info("aof_whole").as_deref() == Some("yes"));
    assert_eq!(ask(node.port, &["SET", "c", "3"]), "OK");
    node.kill();
    node.options(&["--appendonly", "yes"]);
    serves_again(&mut node);
    assert_eq!(ask(node.port, &["DBSIZE"]), "3", "{}", node.log());
    assert_eq!(ask(node.port, &["CONFIG", "SET", "appendonly", "no"]), "OK");
    assert_eq!(node.info("aof_enabled").as_deref(), Some("0"));
}

#[test]
fn who_comes_back_with_its_data_goes_on_where_it_was() {
    let mut nodes = cluster_of("goes-on", &["--appendonly", "yes", "--cluster-node-timeout", "15000"]);
    let mut writer = Client::to(nodes[0].port).expect("it listens");
    for number in 0..20 {
        assert_eq!(writer.say(&["SET", &format!("{{b}}{number}"), "x"]).expect("it answers"), "OK");
    }
    assert_eq!(writer.say(&["WAIT", "1", "30000"]).expect("it answers"), "1");
    // A replica, killed and back: what it missed is all that it is sent.
    nodes[3].kill();
    assert_eq!(writer.say(&["SET", "{b}while-away", "x"]).expect("it answers"), "OK");
    nodes[3].restart();
    until("it is in step", || nodes[3].info("master_link_status").as_deref() == Some("up"));
    until("it has what it missed", || ask(nodes[3].port, &["DBSIZE"]) == "21");
    // A primary, killed and back before anybody takes over: its replica need not fetch everything.
    nodes[0].kill();
    nodes[0].restart();
    until("its replica is in step", || {
        nodes[0].info("connected_slaves").as_deref() == Some("1")
            && nodes[3].info("master_link_status").as_deref() == Some("up")
    });
    assert_eq!(ask(nodes[0].port, &["DBSIZE"]), "21");
    assert_eq!(
        nodes[0].log().matches("full sync for replica").count(),
        1,
        "only the first: {}",
        told(&nodes)
    );
    let (ours, theirs) = (nodes[0].info("master_replid"), nodes[3].info("master_replid"));
    assert_eq!(ours, theirs);
}
