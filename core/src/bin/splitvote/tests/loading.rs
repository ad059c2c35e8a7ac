//! Data on its way into memory: a primary's snapshot over the disk, and what a node does meanwhile.

use std::fs;
use std::io::{Read as _, Write as _};
use std::thread::sleep;
use std::time::{Duration, Instant};

use super::processes::{Client, Node, ask, free_ports, home, told, until};
use super::silence::{HISTORY, Made};

const LOADING: &str = "LOADING Valkey is loading the dataset in memory";

/// So many keys of so many bytes each, as a peer sends them; its checksum is not to be checked.
fn snapshot_of(keys: usize, size: u32) -> Vec<u8> {
    let mut bytes = b"REDIS0009".to_vec();
    for number in 0..keys {
        let key = format!("{{b}}:{number}");
        bytes.extend_from_slice(&[0, u8::try_from(key.len()).expect("a short name")]);
        bytes.extend_from_slice(key.as_bytes());
        bytes.push(0x80);
        bytes.extend_from_slice(&size.to_be_bytes());
        bytes.resize(bytes.len() + size as usize, b'v');
    }
    bytes.push(0xff);
    bytes.extend_from_slice(&[0; 8]);
    bytes
}

/// Bytes of files that a node has open and that have no name.
fn nameless(node: &Node) -> u64 {
    let open = fs::read_dir(format!("/proc/{}/fd", node.child.id())).expect("the process runs");
    let gone = open.flatten().filter(|entry| {
        fs::read_link(entry.path())
            .is_ok_and(|to| to.starts_with(&node.dir) && to.to_string_lossy().ends_with(" (deleted)"))
    });
    gone.filter_map(|entry| fs::metadata(entry.path()).ok()).map(|data| data.len()).sum()
}

fn loads(node: &Node) -> bool {
    Client::to(node.port).and_then(|mut client| client.say(&["PING"])).is_ok_and(|said| said == LOADING)
}

fn number(node: &Node, name: &str) -> u64 {
    node.info(name).and_then(|text| text.parse().ok()).unwrap_or_default()
}

#[test]
fn a_snapshot_goes_over_the_disk_in_either_framing_and_leaves_nothing_there() {
    let made = Made::primary("intake", &[]);
    let snapshot = snapshot_of(64, 100_000);
    let mark = "m".repeat(40);
    let heads = [format!("${}", snapshot.len()), format!("$EOF:{mark}")];
    let full = |head: &str| format!("+FULLRESYNC {HISTORY} 7\r\n{head}\r\n").into_bytes();
    for head in &heads {
        let mut stream = made.until("PSYNC").stream;
        stream.write_all(&[full(head), snapshot[..5_000_000].to_vec()].concat()).expect("it listens");
        until("the disk has most of it", || nameless(&made.node) >= 3 << 20);
        assert_eq!(made.node.info("master_sync_in_progress").as_deref(), Some("1"));
        drop(stream);
        until("it is given up", || nameless(&made.node) == 0);
        assert_eq!(ask(made.node.port, &["DBSIZE"]), "0");
    }
    // What the disk refuses is told, and tried again.
    let taken = made.node.dir.join(format!("nameless.tmp-{}", made.node.child.id()));
    fs::write(&taken, "").expect("it can be written");
    let mut stream = made.until("PSYNC").stream;
    stream.write_all(&full(&heads[0])).expect("it listens");
    until("it says so", || made.node.log().contains("cannot keep the primary's snapshot in `"));
    fs::remove_file(&taken).expect("it is ours");

    let set = b"*3\r\n$3\r\nSET\r\n$3\r\n{b}\r\n$1\r\nx\r\n";
    for (head, keys) in heads.iter().zip(["65", "64"]) {
        let mut stream = made.until("PSYNC").stream;
        let (end, after) = if head.contains("EOF") { mark.split_at(17) } else { ("", "") };
        let follows: &[u8] = if head.contains("EOF") { b"" } else { set };
        stream
            .write_all(&[full(head), snapshot.clone(), end.as_bytes().to_vec(), follows.to_vec()].concat())
            .expect("it listens");
        sleep(Duration::from_millis(100));
        stream.write_all(after.as_bytes()).expect("it listens");
        until("it has everything", || ask(made.node.port, &["DBSIZE"]) == keys);
        assert_eq!(number(&made.node, "slave_repl_offset"), 7 + follows.len() as u64);
        let mut reader = Client::to(made.node.port).expect("it listens");
        assert_eq!(reader.say(&["READONLY"]).expect("it answers"), "OK");
        assert_eq!(reader.say(&["STRLEN", "{b}:63"]).expect("it answers"), "100000");
    }
    assert_eq!(nameless(&made.node), 0);
    let names = fs::read_dir(&made.node.dir).expect("it is there").flatten();
    assert!(names.into_iter().all(|entry| !entry.file_name().to_string_lossy().contains(".tmp-")));
}

#[test]
fn a_replica_that_loads_says_so_to_both_sides_and_keeps_what_it_has_until_the_new_is_whole() {
    let made = Made::primary("loads", &["--key-load-delay", "60000"]);
    let mut stream = made.until("PSYNC").stream;
    let full = |snapshot: &[u8]| {
        let head = format!("+FULLRESYNC {HISTORY} 7\r\n${}\r\n", snapshot.len());
        [head.as_bytes(), snapshot].concat()
    };
    stream.write_all(&full(&snapshot_of(100, 10))).expect("it listens");
    until("it says so", || loads(&made.node));
    let mut byte = [0];
    stream.read_exact(&mut byte).expect("it shows its primary that it lives");
    assert_eq!(byte, *b"\n");
    let mut reader = Client::to(made.node.port).expect("it listens");
    assert_eq!(reader.say(&["READONLY"]).expect("it answers"), "OK");
    assert_eq!(reader.say(&["GET", "{b}:1"]).expect("it answers"), LOADING);
    assert_eq!(made.node.info("loading").as_deref(), Some("1"));
    until("it has everything", || made.node.info("loading").as_deref() == Some("0"));
    assert_eq!(reader.say(&["DBSIZE"]).expect("it answers"), "100");
    drop(stream);

    // A snapshot that turns out to be none costs nothing of what is there.
    let mut broken = snapshot_of(50, 10);
    let end = broken.len() - 9;
    broken[end] = 0xf3;
    let mut stream = made.until("PSYNC").stream;
    stream.write_all(&full(&broken)).expect("it listens");
    until("it loads that", || loads(&made.node));
    until("it has found out", || {
        made.node.log().contains(&format!("unknown type or mark 243 at byte {end}"))
    });
    assert_eq!(reader.say(&["DBSIZE"]).expect("it answers"), "100");
}

#[test]
fn who_comes_back_asks_its_primary_when_its_own_data_is_there() {
    let log = ["--cluster-node-timeout", "60000", "--appendonly", "yes"];
    let mut made = Made::primary("back", &log);
    let mut stream = made.until("PSYNC").stream;
    let snapshot = snapshot_of(100, 10);
    let head = format!("+FULLRESYNC {HISTORY} 100\r\n${}\r\n", snapshot.len());
    stream.write_all(&[head.as_bytes(), &snapshot].concat()).expect("it listens");
    until("all is on its disk", || {
        number(&made.node, "slave_repl_offset") == 100
            && made.node.info("aof_whole").as_deref() == Some("yes")
    });
    made.node.kill();
    made.node.options(&[&log[..], &["--key-load-delay", "30000"]].concat());
    made.node.restart();
    until("it loads", || loads(&made.node));
    let asked = made.until("PSYNC");
    assert_eq!(asked.words, ["PSYNC", HISTORY, "101"], "{}", made.node.log());
    assert_eq!(made.node.info("loading").as_deref(), Some("0"));
}

#[test]
fn a_node_that_loads_at_its_start_says_so_and_stays_on_the_bus() {
    let (home, ports) = (home("begins"), free_ports(2));
    let patient = ["--cluster-node-timeout", "5000"];
    let slow = [&patient[..], &["--key-load-delay", "40000"]].concat();
    let mut nodes: Vec<Node> =
        ports.iter().map(|port| Node::start_with(*port, home.join(port.to_string()), &patient)).collect();
    assert_eq!(ask(ports[0], &["CLUSTER", "ADDSLOTSRANGE", "0", "16383"]), "OK");
    assert_eq!(ask(ports[0], &["CLUSTER", "MEET", "127.0.0.1", &ports[1].to_string()]), "OK");
    until("they serve", || {
        ports.iter().all(|port| ask(*port, &["CLUSTER", "INFO"]).contains("cluster_state:ok"))
    });
    let mut writer = Client::to(ports[0]).expect("it listens");
    for number in 0..200 {
        assert_eq!(writer.say(&["SET", &format!("k{number}"), "v"]).expect("it answers"), "OK");
    }
    assert_eq!(writer.say(&["SAVE"]).expect("it answers"), "OK");
    let file = nodes[0].dir.join("dump.rdb");
    let before = fs::read(&file).expect("it is there");
    nodes[0].kill();
    nodes[0].options(&slow);
    let start = Instant::now();
    nodes[0].restart();
    until("it says so", || loads(&nodes[0]));
    assert_eq!(number(&nodes[0], "loading_total_bytes"), before.len() as u64);
    assert_eq!(ask(ports[0], &["CLUSTER", "MEET", "127.0.0.1", "1"]), LOADING);
    assert_eq!(ask(ports[0], &["PSYNC", "?", "-1"]), LOADING);
    until("a part is there", || (1..200).contains(&number(&nodes[0], "rdb_last_load_keys_loaded")));
    until("the other has a link to it", || {
        ask(ports[1], &["CLUSTER", "NODES"]).lines().all(|line| line.contains(" connected"))
    });
    while loads(&nodes[0]) {
        assert!(!ask(ports[1], &["CLUSTER", "NODES"]).contains("fail"), "{}", told(&nodes));
        sleep(Duration::from_millis(50));
    }
    assert!(start.elapsed() > Duration::from_millis(5500), "it took longer than a node may be silent");
    assert_eq!(ask(ports[0], &["DBSIZE"]), "200");
    assert!(!nodes[1].log().contains("possibly failing"), "{}", told(&nodes));

    // An end in the middle takes nothing away.
    nodes[0].kill();
    nodes[0].restart();
    until("it loads again", || loads(&nodes[0]));
    nodes[0].end();
    assert_eq!(fs::read(&file).expect("it is there"), before);
    nodes[0].options(&patient);
    nodes[0].restart();
    until("it is back", || nodes[0].answers() && ask(ports[0], &["DBSIZE"]) == "200");
}

#[test]
fn a_past_that_is_kept_for_nobody_is_forgotten() {
    let options = ["--repl-backlog-ttl", "1", "--repl-ping-replica-period", "86400"];
    let node = Node::start_with(free_ports(1)[0], home("forgets"), &options);
    let first = |from: &str| {
        let history = node.info("master_replid").expect("it tells");
        let mut replica = Client::to(node.port).expect("it listens");
        let answer = replica.say(&["PSYNC", &history, from]).expect("it answers");
        until("it is fed", || node.info("connected_slaves").as_deref() == Some("1"));
        answer
    };
    assert!(first("1").starts_with("CONTINUE"));
    until("it is gone", || node.info("connected_slaves").as_deref() == Some("0"));
    let end = number(&node, "master_repl_offset");
    assert_eq!(end, 23, "a SELECT for the one that was here");
    until("it has forgotten", || node.info("repl_backlog_active").as_deref() == Some("0"));
    assert_eq!(number(&node, "repl_backlog_histlen"), 0);
    assert!(first("24").starts_with("CONTINUE"), "who lacks nothing needs no past");
    until("it is gone", || node.info("connected_slaves").as_deref() == Some("0"));
    until("it has forgotten again", || node.info("repl_backlog_active").as_deref() == Some("0"));
    assert!(first("24").starts_with("FULLRESYNC"));
}
