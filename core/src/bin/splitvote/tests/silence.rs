//! Peers of a replication link that fall silent, at each of its steps (native-node.md §4.10).

use std::fs;
use std::io::{Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::thread::sleep;
use std::time::{Duration, Instant};

use splitvote::resp::{Limits, Next, Requests};

use super::processes::{Client, Node, PATIENCE, ask, free_ports, home, until};

/// The history that the made-up primary has.
pub(crate) const HISTORY: &str = "1111111111111111111111111111111111111111";
/// A snapshot without data, whose checksum is not to be checked.
const NOTHING: &[u8] = b"REDIS0009\xff\0\0\0\0\0\0\0\0";

/// A primary that a test plays, and a node that follows it.
pub(crate) struct Made {
    pub(crate) node: Node,
    listener: TcpListener,
}

/// A link to a made-up primary, and the last command that came on it.
pub(crate) struct Heard {
    pub(crate) stream: TcpStream,
    pub(crate) words: Vec<String>,
}

impl Made {
    pub(crate) fn primary(name: &str, options: &[&str]) -> Self {
        let ports = free_ports(2);
        let listener = TcpListener::bind(("127.0.0.1", ports[1])).expect("the port is free");
        let dir = home(name);
        fs::create_dir_all(&dir).expect("a folder can be made");
        let (me, other, shard) = ("a".repeat(40), "b".repeat(40), "c".repeat(40));
        let conf = format!(
            "{me} 127.0.0.1:{}@{},,shard-id={shard} myself,slave {other} 0 0 1 connected\n\
             {other} 127.0.0.1:{}@{},,shard-id={shard} master - 0 0 1 connected 0-16383\n\
             vars currentEpoch 1 lastVoteEpoch 0\n",
            ports[0],
            ports[0] + 10_000,
            ports[1],
            ports[1] + 10_000
        );
        fs::write(dir.join("nodes.conf"), conf).expect("it can be written");
        let options = [&["--cluster-node-timeout", "60000"], options].concat();
        Self { node: Node::start_with(ports[0], dir, &options), listener }
    }

    /// Takes the node's next link and answers until a command of this name comes.
    pub(crate) fn until(&self, name: &str) -> Heard {
        let (mut stream, _) = self.listener.accept().expect("it is tried again");
        stream.set_read_timeout(Some(PATIENCE)).expect("a socket takes a timeout");
        let (mut requests, mut buffer, mut chunk) = (Requests::default(), Vec::new(), [0; 4096]);
        loop {
            while let Next::Request { used } = requests.next(&buffer, Limits::TRUSTED) {
                let words: Vec<String> =
                    requests.words(&buffer).map(|word| String::from_utf8_lossy(word).into_owned()).collect();
                buffer.drain(..used);
                if words[0] == name {
                    return Heard { stream, words };
                }
                stream.write_all(b"+OK\r\n").expect("it listens");
            }
            let read = stream.read(&mut chunk).expect("it speaks");
            assert!(read > 0, "it hung up before {name}: {}", self.node.log());
            buffer.extend_from_slice(&chunk[..read]);
        }
    }

    /// The same with a full sync of no data: the stream follows.
    pub(crate) fn stream(&self, offset: u64) -> TcpStream {
        let mut stream = self.until("PSYNC").stream;
        let head = format!("+FULLRESYNC {HISTORY} {offset}\r\n${}\r\n", NOTHING.len());
        stream.write_all(&[head.as_bytes(), NOTHING].concat()).expect("it listens");
        stream
    }
}

/// Whether the other end has hung up within the time that anything takes.
pub(crate) fn hung_up(stream: &mut TcpStream) -> bool {
    let start = Instant::now();
    let mut chunk = [0; 4096];
    // What it still says, such as ACKs, is of no interest.
    while start.elapsed() < PATIENCE {
        match stream.read(&mut chunk) {
            Ok(0) | Err(_) => return true,
            Ok(_) => {}
        }
    }
    false
}

fn number(node: &Node, name: &str) -> Option<i64> {
    node.info(name)?.parse().ok()
}

#[test]
fn a_primary_that_falls_silent_is_let_go_whatever_it_was_saying() {
    let made = Made::primary("fallen", &["--repl-timeout", "1"]);
    let full = format!("+FULLRESYNC {HISTORY} 7\r\n");
    let half = format!("{full}$EOF:{}\r\nREDIS0009", "x".repeat(40));
    let table: [(&str, &[u8]); 8] = [
        ("PING", b""),
        ("REPLCONF", b""),
        ("REPLCONF", b"+O"),
        ("PSYNC", b""),
        ("PSYNC", b"\n"),
        ("PSYNC", full.as_bytes()),
        ("PSYNC", &[full.as_bytes(), b"$18\r\n", &NOTHING[..9]].concat()),
        ("PSYNC", half.as_bytes()),
    ];
    for (name, bytes) in table {
        let mut heard = made.until(name);
        let start = Instant::now();
        heard.stream.write_all(bytes).expect("it listens");
        assert!(hung_up(&mut heard.stream), "{name} {bytes:?}: {}", made.node.log());
        // It may have begun to wait a little before we did.
        assert!(start.elapsed() > Duration::from_millis(700), "{name} {bytes:?}: {}", made.node.log());
        assert_eq!(made.node.info("master_link_status").as_deref(), Some("down"));
    }
    assert!(made.node.log().contains("the primary is silent for longer than repl-timeout, 1 s"));
}

#[test]
fn a_stream_that_stands_still_is_seen_and_let_go_and_goes_on_where_it_stood() {
    let made = Made::primary("still", &["--repl-timeout", "4"]);
    assert_eq!(number(&made.node, "master_last_io_seconds_ago"), Some(-1), "nothing was heard yet");
    let mut stream = made.stream(100);
    until("it streams", || made.node.info("master_link_status").as_deref() == Some("up"));
    // Something that comes slowly comes.
    for byte in b"*3\r\n$3\r\nSET\r\n$3\r\n{b}\r\n$1\r\nx\r\n".chunks(4) {
        stream.write_all(byte).expect("it listens");
        sleep(Duration::from_millis(700));
        assert_eq!(made.node.info("master_link_status").as_deref(), Some("up"), "{}", made.node.log());
    }
    until("it is applied", || number(&made.node, "slave_repl_offset") == Some(129));
    until("its silence is told", || number(&made.node, "master_last_io_seconds_ago") >= Some(2));
    until("its end is told", || {
        made.node.info("master_link_status").as_deref() == Some("down")
            && number(&made.node, "master_last_io_seconds_ago") == Some(-1)
    });
    assert!(hung_up(&mut stream));
    let asked = made.until("PSYNC");
    assert_eq!(asked.words, ["PSYNC", HISTORY, "130"]);
    until("it tells for how long", || number(&made.node, "master_link_down_since_seconds") >= Some(1));
}

/// A replica that a test plays.
fn made_replica(port: u16) -> TcpStream {
    let mut stream = TcpStream::connect(("127.0.0.1", port)).expect("it listens");
    stream.set_read_timeout(Some(PATIENCE)).expect("a socket takes a timeout");
    stream.write_all(b"PSYNC ? -1\r\n").expect("it listens");
    stream
}

#[test]
fn a_replica_that_says_anything_but_how_far_it_is_is_let_go() {
    let node = Node::start_with(free_ports(1)[0], home("babbles"), &["--repl-timeout", "2"]);
    let says = |words: &[u8], lives: bool| {
        let mut stream = made_replica(node.port);
        until("it is fed", || node.info("connected_slaves").as_deref() == Some("1"));
        let start = Instant::now();
        while start.elapsed() < Duration::from_secs(5) && stream.write_all(words).is_ok() {
            sleep(Duration::from_millis(200));
        }
        assert_eq!(node.info("connected_slaves").as_deref() == Some("1"), lives, "{words:?}: {}", node.log());
        drop(stream);
        until("it is gone", || node.info("connected_slaves").as_deref() == Some("0"));
    };
    says(b"", false);
    says(b"*1\r\n$4\r\nPING\r\n", false);
    says(b"\n", true);
    says(b"*3\r\n$8\r\nREPLCONF\r\n$3\r\nACK\r\n$1\r\n0\r\n", true);
    assert_eq!(node.log().matches("silent for longer than repl-timeout").count(), 2, "{}", node.log());
    says(b"*x\r\n", false);
    // Others are served all the while.
    assert_eq!(
        Client::to(node.port).and_then(|mut client| client.say(&["PING"])).ok().as_deref(),
        Some("PONG")
    );
    assert_eq!(ask(node.port, &["DBSIZE"]), "0");
}

#[test]
fn a_replica_that_was_sent_everything_has_nothing_until_it_says_so() {
    let node = Node::start_with(free_ports(1)[0], home("unsaid"), &[]);
    assert_eq!(ask(node.port, &["CLUSTER", "ADDSLOTSRANGE", "0", "16383"]), "OK");
    let mut writer = Client::to(node.port).expect("it listens");
    until("it serves", || writer.say(&["SET", "a", "x"]).is_ok_and(|said| said == "OK"));
    let mut stream = made_replica(node.port);
    until("it is sent everything", || node.info("slave0").is_some_and(|line| line.contains("state=online")));
    assert_eq!(writer.say(&["WAIT", "1", "300"]).expect("it answers"), "0");
    stream.write_all(b"REPLCONF ACK 28\r\n").expect("it listens");
    until("it counts", || writer.say(&["WAIT", "1", "300"]).is_ok_and(|said| said == "1"));
}
