//! Real nodes as processes: six of them form a cluster, one is killed, and nothing that was promised is lost.
#![expect(clippy::disallowed_types, clippy::disallowed_methods, reason = "real processes take real time")]

use std::fmt::Write as _;
use std::fs::{self, File};
use std::io::{self, BufRead as _, BufReader, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

const TIMEOUT_MS: &str = "1000";
/// Longer than anything here takes on a machine that is busy with other things.
const PATIENCE: Duration = Duration::from_mins(1);

/// A server's answer.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Answer {
    Text(String),
    Error(String),
    Int(i64),
    Nothing,
    List(Vec<Answer>),
}

impl Answer {
    fn text(&self) -> &str {
        match self {
            Self::Text(text) | Self::Error(text) => text,
            other => panic!("{other:?} is no text"),
        }
    }
}

/// A connection that speaks RESP2.
struct Client(BufReader<TcpStream>);

impl Client {
    fn to(port: u16) -> io::Result<Self> {
        let stream = TcpStream::connect(("127.0.0.1", port))?;
        stream.set_read_timeout(Some(PATIENCE))?;
        Ok(Self(BufReader::new(stream)))
    }

    fn ask(&mut self, words: &[&str]) -> io::Result<Answer> {
        let mut bytes = format!("*{}\r\n", words.len());
        for word in words {
            // Writing to a `String` cannot fail.
            let _ = write!(bytes, "${}\r\n{word}\r\n", word.len());
        }
        self.0.get_mut().write_all(bytes.as_bytes())?;
        self.answer()
    }

    fn answer(&mut self) -> io::Result<Answer> {
        let mut line = String::new();
        if self.0.read_line(&mut line)? == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        let rest = line[1..].trim_end();
        let number = || rest.parse::<i64>().expect("a number");
        Ok(match &line[..1] {
            "+" => Answer::Text(rest.to_owned()),
            "-" => Answer::Error(rest.to_owned()),
            ":" => Answer::Int(number()),
            "$" | "*" if number() < 0 => Answer::Nothing,
            "$" => {
                let mut bytes = vec![0; usize::try_from(number()).expect("a length") + 2];
                self.0.read_exact(&mut bytes)?;
                bytes.truncate(bytes.len() - 2);
                Answer::Text(String::from_utf8_lossy(&bytes).into_owned())
            }
            "*" => Answer::List((0..number()).map(|_| self.answer()).collect::<io::Result<_>>()?),
            other => panic!("{other} begins no answer"),
        })
    }
}

fn ask(port: u16, words: &[&str]) -> Answer {
    Client::to(port)
        .and_then(|mut client| client.ask(words))
        .unwrap_or_else(|error| panic!("{port} {words:?}: {error}"))
}

/// One node's process; it ends with this.
struct Node {
    port: u16,
    dir: PathBuf,
    child: Child,
}

impl Node {
    fn start(port: u16, dir: PathBuf) -> Self {
        fs::create_dir_all(&dir).expect("a folder can be made");
        let child = Self::spawn(port, &dir);
        let node = Self { port, dir, child };
        until("it answers", || Client::to(port).and_then(|mut client| client.ask(&["PING"])).is_ok());
        node
    }

    fn spawn(port: u16, dir: &Path) -> Child {
        let log =
            File::options().create(true).append(true).open(dir.join("log")).expect("a log can be opened");
        Command::new(env!("CARGO_BIN_EXE_splitvote"))
            .args(["node", "--port", &port.to_string(), "--dir", &dir.display().to_string()])
            .args(["--cluster-node-timeout", TIMEOUT_MS])
            .stdin(Stdio::null())
            .stdout(log)
            .spawn()
            .expect("the node's process starts")
    }

    fn kill(&mut self) {
        self.child.kill().expect("it is ours to kill");
        self.child.wait().expect("it ends");
    }

    fn restart(&mut self) {
        self.child = Self::spawn(self.port, &self.dir);
    }

    fn log(&self) -> String {
        fs::read_to_string(self.dir.join("log")).unwrap_or_default()
    }
}

impl Drop for Node {
    fn drop(&mut self) {
        // It may have ended by itself.
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

fn until(what: &str, mut holds: impl FnMut() -> bool) {
    let start = Instant::now();
    while !holds() {
        assert!(start.elapsed() < PATIENCE, "in vain: {what}");
        sleep(Duration::from_millis(20));
    }
}

/// Ports that were free a moment ago, and whose bus ports were, too.
fn free_ports(count: usize) -> Vec<u16> {
    // Below the ports that the system hands out for outgoing connections, bus ports included.
    let offset = u16::try_from(std::process::id() % 54).unwrap_or(0) * 50;
    let free = |port: &u16| {
        TcpListener::bind(("127.0.0.1", *port)).is_ok()
            && TcpListener::bind(("127.0.0.1", port + 10_000)).is_ok()
    };
    (20_000 + offset..22_700).filter(free).take(count).collect()
}

fn cluster(name: &str) -> Vec<Node> {
    let home = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(format!("{name}-{}", std::process::id()));
    drop(fs::remove_dir_all(&home));
    let nodes: Vec<Node> =
        free_ports(6).into_iter().map(|port| Node::start(port, home.join(port.to_string()))).collect();
    for (at, range) in [(0, ["0", "5460"]), (1, ["5461", "10922"]), (2, ["10923", "16383"])] {
        let [first, last] = range;
        let answer = ask(nodes[at].port, &["CLUSTER", "ADDSLOTSRANGE", first, last]);
        assert_eq!(answer.text(), "OK");
    }
    for node in &nodes[1..] {
        assert_eq!(
            ask(nodes[0].port, &["CLUSTER", "MEET", "127.0.0.1", &node.port.to_string()]).text(),
            "OK"
        );
    }
    until("everyone knows everyone", || {
        nodes.iter().all(|node| ask(node.port, &["CLUSTER", "NODES"]).text().lines().count() == 6)
    });
    for at in 0..3 {
        let id = ask(nodes[at].port, &["CLUSTER", "MYID"]).text().to_owned();
        until("its primary is known to it", || {
            ask(nodes[at + 3].port, &["CLUSTER", "REPLICATE", &id]).text() == "OK"
        });
    }
    until("the cluster serves and every replica is in step", || {
        nodes.iter().all(|node| ask(node.port, &["CLUSTER", "INFO"]).text().contains("cluster_state:ok"))
            && nodes[3..]
                .iter()
                .all(|node| ask(node.port, &["INFO", "replication"]).text().contains("master_link_status:up"))
    });
    nodes
}

fn told(nodes: &[Node]) -> String {
    let told: Vec<String> = nodes.iter().map(|node| format!("--- {}\n{}", node.port, node.log())).collect();
    told.concat()
}

#[test]
fn what_replicas_have_acknowledged_survives_a_kill_and_the_dead_comes_back_as_a_replica() {
    let mut nodes = cluster("kill");
    // `{a}` is in slot 15495, which the third primary owns.
    let mut writer = Client::to(nodes[2].port).expect("it listens");
    for number in 0..100 {
        let key = format!("{{a}}{number}");
        assert_eq!(writer.ask(&["SET", &key, &number.to_string()]).expect("it answers").text(), "OK");
    }
    assert_eq!(writer.ask(&["WAIT", "1", "30000"]).expect("it answers"), Answer::Int(1));
    assert!(ask(nodes[0].port, &["GET", "{a}1"]).text().starts_with("MOVED 15495 127.0.0.1:"));

    nodes[2].kill();
    until(
        "its replica takes over",
        || matches!(ask(nodes[5].port, &["ROLE"]), Answer::List(role) if role[0].text() == "master"),
    );
    until("the winner serves", || ask(nodes[5].port, &["GET", "{a}0"]) == Answer::Text("0".to_owned()));
    for number in 0..100 {
        let answer = ask(nodes[5].port, &["GET", &format!("{{a}}{number}")]);
        assert_eq!(answer, Answer::Text(number.to_string()), "{}", told(&nodes));
    }
    assert!(nodes[5].log().contains("wins epoch"), "{}", told(&nodes));

    nodes[2].restart();
    until("the dead comes back as a replica in step", || {
        let info = Client::to(nodes[2].port).and_then(|mut client| client.ask(&["INFO", "replication"]));
        info.is_ok_and(|info| {
            info.text().contains("role:slave") && info.text().contains("master_link_status:up")
        })
    });
    assert_eq!(ask(nodes[2].port, &["DBSIZE"]), Answer::Int(100), "{}", told(&nodes));
}

#[test]
fn a_manual_failover_changes_places_without_losing_a_write() {
    let nodes = cluster("manual");
    let mut writer = Client::to(nodes[0].port).expect("it listens");
    // `{b}` is in slot 3300, which the first primary owns.
    for number in 0..50 {
        let answer = writer.ask(&["SET", &format!("{{b}}{number}"), "x"]).expect("it answers");
        assert_eq!(answer.text(), "OK");
    }
    assert_eq!(ask(nodes[3].port, &["CLUSTER", "FAILOVER"]).text(), "OK");
    until("they have changed places", || {
        ask(nodes[3].port, &["INFO", "replication"]).text().contains("role:master")
            && ask(nodes[0].port, &["INFO", "replication"]).text().contains("master_link_status:up")
    });
    assert_eq!(ask(nodes[3].port, &["DBSIZE"]), Answer::Int(50), "{}", told(&nodes));
    assert_eq!(ask(nodes[0].port, &["DBSIZE"]), Answer::Int(50), "{}", told(&nodes));
    // The stream went on where it was: nobody had to be sent everything.
    assert!(!nodes[0].log().contains("starts a full sync"), "{}", told(&nodes));
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
    assert_eq!(ask(node.port, &["PING"]).text(), "PONG");
}

#[test]
fn an_option_nobody_knows_is_named() {
    let done = Command::new(env!("CARGO_BIN_EXE_splitvote"))
        .args(["node", "--cluster-node-timeot", "5"])
        .output()
        .expect("a process can be started");
    assert_eq!(done.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&done.stderr).contains("cluster-node-timeot"), "{done:?}");
}
