//! What strangers send to both ports of a real process, and what it costs (native-node.md §3, §10, §11).

use std::io::{Read as _, Write as _};
use std::net::{Shutdown, TcpStream};

use splitvote::base::{Address, Epoch, NodeId, Offset, Rng, SlotSet};
use splitvote::wire::{
    Body, Deframer, Frame, Gossip, Header, Kind, Message, MessageFlags, NodeFlags, encode,
};

use std::fs::{self, File};
use std::path::PathBuf;
use std::process::{Command, Stdio};

use super::processes::{Client, Node, PATIENCE, ask, free_ports, until};

fn alone(name: &str, more: &[&str]) -> Node {
    let home = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(format!("{name}-{}", std::process::id()));
    drop(fs::remove_dir_all(&home));
    Node::start_with(free_ports(1)[0], home, more)
}

fn connect(port: u16) -> TcpStream {
    let stream = TcpStream::connect(("127.0.0.1", port)).expect("it listens");
    stream.set_read_timeout(Some(PATIENCE)).expect("a socket takes a timeout");
    stream
}

/// Everything a server says to these bytes until it or we have hung up.
fn said(port: u16, bytes: &[u8]) -> String {
    let mut stream = connect(port);
    // It may hang up before it has heard everything.
    drop(stream.write_all(bytes));
    drop(stream.shutdown(Shutdown::Write));
    let mut answer = Vec::new();
    drop(stream.read_to_end(&mut answer));
    String::from_utf8_lossy(&answer).into_owned()
}

fn resident_kb(node: &Node) -> u64 {
    let status = fs::read_to_string(format!("/proc/{}/status", node.child.id())).expect("the process runs");
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).expect("the kernel says");
    line.trim().trim_end_matches(" kB").parse().expect("a number")
}

#[test]
fn odd_requests_are_answered_as_the_table_says() {
    let node = alone("odd", &["--proto-max-bulk-len", "1mb"]);
    let long = "x".repeat(70_000);
    let table: &[(&str, &str)] = &[
        ("\r\n*0\r\n*-1\r\nPING\n", "+PONG\r\n"),
        ("PING \"a\\x41b\"\r\n", "$3\r\naAb\r\n"),
        ("PING \"a\r\nPING\r\n", "-ERR Protocol error: unbalanced quotes in request\r\n"),
        (&long, "-ERR Protocol error: too big inline request\r\n"),
        ("*abc\r\nPING\r\n", "-ERR Protocol error: invalid multibulk length\r\n"),
        ("*1\r\n:5\r\n", "-ERR Protocol error: expected '$', got ':'\r\n"),
        ("*1\r\n$-1\r\n", "-ERR Protocol error: invalid bulk length\r\n"),
        ("*1\r\n$1048577\r\n", "-ERR Protocol error: invalid bulk length\r\n"),
        ("*1\r\n$4\r\nPINGxx", "-ERR Protocol error: invalid CRLF in request\r\n"),
        ("*1\r\n$4\r\nPI", ""),
        ("PING\r\n*x\r\nPING\r\n", "+PONG\r\n-ERR Protocol error: invalid multibulk length\r\n"),
        ("FOOBAR x\r\n", "-ERR unknown command 'FOOBAR', with args beginning with: 'x' \r\n"),
        (
            "*2\r\n$1\r\nF\r\n$3\r\na\r\n\r\n",
            "-ERR unknown command 'F', with args beginning with: 'a  ' \r\n",
        ),
        ("POST /x HTTP/1.1\r\nHost: here\r\n\r\nPING\r\n", ""),
        ("\x16\x03\x01\x02", ""),
        ("HELLO 4\r\nQUIT\r\nPING\r\n", "-NOPROTO unsupported protocol version\r\n+OK\r\n"),
    ];
    for (bytes, expected) in table {
        assert_eq!(said(node.port, bytes.as_bytes()), *expected, "{bytes:?}");
    }
    assert!(node.log().contains("Possible SECURITY ATTACK"), "{}", node.log());
    assert_eq!(ask(node.port, &["PING"]), "PONG");
}

#[test]
fn without_a_password_a_stranger_may_ask_little() {
    let node = alone("stranger", &["--requirepass", "secret"]);
    let table: &[(&str, &str)] = &[
        ("PING\r\n", "-NOAUTH Authentication required.\r\n"),
        ("NOTHING\r\n", "-NOAUTH Authentication required.\r\n"),
        ("*11\r\n", "-ERR Protocol error: unauthenticated multibulk length\r\n"),
        ("*1\r\n$16385\r\n", "-ERR Protocol error: unauthenticated bulk length\r\n"),
        ("AUTH wrong\r\n", "-WRONGPASS invalid username-password pair or user is disabled.\r\n"),
        ("AUTH secret\r\nPING\r\n", "+OK\r\n+PONG\r\n"),
        ("AUTH default secret\r\nPING\r\n", "+OK\r\n+PONG\r\n"),
    ];
    for (bytes, expected) in table {
        assert_eq!(said(node.port, bytes.as_bytes()), *expected, "{bytes:?}");
    }
}

#[test]
fn nobody_is_let_in_from_elsewhere_without_a_password() {
    let port = free_ports(1)[0].to_string();
    let done = Command::new(env!("CARGO_BIN_EXE_splitvote"))
        .args(["node", "--bind", "0.0.0.0", "--port", &port])
        .output()
        .expect("a process can be started");
    assert_eq!(done.status.code(), Some(2), "{done:?}");
    assert!(String::from_utf8_lossy(&done.stderr).contains("set `requirepass`"), "{done:?}");
}

#[test]
fn too_many_and_too_silent_clients_are_let_go() {
    let node = alone("many", &["--maxclients", "3"]);
    let mut first = Client::to(node.port).expect("it listens");
    assert_eq!(first.say(&["PING"]).expect("it answers"), "PONG");
    let others: Vec<TcpStream> = (0..2).map(|_| connect(node.port)).collect();
    until("both are in", || {
        first.say(&["INFO", "clients"]).expect("it answers").contains("connected_clients:3\r\n")
    });
    assert_eq!(said(node.port, b"PING\r\n"), "-ERR max number of clients reached\r\n");
    assert_eq!(first.say(&["CONFIG", "SET", "timeout", "1"]).expect("it answers"), "OK");
    until("the silent ones are gone", || {
        first.say(&["INFO", "clients"]).expect("it answers").contains("connected_clients:1\r\n")
    });
    assert!(node.log().contains("closed for idle timeout"), "{}", node.log());
    drop(others);
}

#[test]
fn who_does_not_read_costs_no_memory() {
    let node = alone("slow", &[]);
    let mut client = Client::to(node.port).expect("it listens");
    assert_eq!(client.say(&["CLUSTER", "ADDSLOTSRANGE", "0", "16383"]).expect("it answers"), "OK");
    until("it serves", || client.say(&["CLUSTER", "INFO"]).expect("it answers").contains("cluster_state:ok"));
    let megabyte = "v".repeat(1 << 20);
    assert_eq!(client.say(&["SET", "k", &megabyte]).expect("it answers"), "OK");
    let before = resident_kb(&node);
    let mut lazy: Vec<TcpStream> = (0..10).map(|_| connect(node.port)).collect();
    for stream in &mut lazy {
        stream.write_all("GET k\r\n".repeat(200).as_bytes()).expect("it takes requests");
    }
    // Half a request that announces much, many times.
    let halves: Vec<TcpStream> = (0..100)
        .map(|_| {
            let mut stream = connect(node.port);
            stream.write_all(b"*1000000\r\n$500000000\r\nabc").expect("it takes requests");
            stream
        })
        .collect();
    until("all of them are in", || {
        client.say(&["INFO", "clients"]).expect("it answers").contains("connected_clients:111\r\n")
    });
    assert_eq!(client.say(&["PING"]).expect("it answers"), "PONG");
    let grown = resident_kb(&node).saturating_sub(before);
    assert!(grown < 100 << 10, "2 GB were asked for and not read, {grown} kB were kept for them");
    drop((lazy, halves));

    let limit = ["CONFIG", "SET", "client-output-buffer-limit", "normal 512kb 0 0"];
    assert_eq!(client.say(&limit).expect("it answers"), "OK");
    assert_eq!(said(node.port, b"GET k\r\n"), "");
    assert!(
        client
            .say(&["INFO", "stats"])
            .expect("it answers")
            .contains("client_output_buffer_limit_disconnections:1\r\n")
    );
}

#[test]
fn who_asks_for_everything_and_takes_nothing_is_let_go() {
    let node = alone("greedy", &["--repl-timeout", "1"]);
    let mut client = Client::to(node.port).expect("it listens");
    assert_eq!(client.say(&["CLUSTER", "ADDSLOTSRANGE", "0", "16383"]).expect("it answers"), "OK");
    until("it serves", || client.say(&["CLUSTER", "INFO"]).expect("it answers").contains("cluster_state:ok"));
    // More than two kernels keep for a reader that does not read, and not to be compressed.
    let mut rng = Rng::new(7);
    let value: String =
        (0..1 << 20).map(|_| char::from(33 + u8::try_from(rng.below(90)).unwrap_or(0))).collect();
    for number in 0..16 {
        assert_eq!(client.say(&["SET", &number.to_string(), &value]).expect("it answers"), "OK");
    }
    let mut lazy = connect(node.port);
    lazy.write_all(b"PSYNC ? -1\r\n").expect("it takes requests");
    until("it is said", || node.log().contains("a replica takes nothing of its snapshot"));
    until("it is gone", || node.info("connected_slaves").as_deref() == Some("0"));
}

#[test]
fn who_queues_without_end_is_let_go() {
    let node = alone("queue", &["--client-query-buffer-limit", "1mb"]);
    let mut client = Client::to(node.port).expect("it listens");
    let text = "x".repeat(100_000);
    for round in 0..2 {
        assert_eq!(client.say(&["MULTI"]).expect("it answers"), "OK");
        for _ in 0..9 {
            assert_eq!(client.say(&["ECHO", &text]).expect("it answers"), "QUEUED");
        }
        if round == 0 {
            assert_eq!(client.ask(&["EXEC"]).expect("it answers").items().len(), 9, "all of it fits");
        }
    }
    let last = (0..3).map(|_| client.say(&["ECHO", &text])).find(Result::is_err);
    assert!(last.is_some(), "a tenth of a megabyte more was kept");
    assert!(node.log().contains("a transaction that reaches the query buffer limit"), "{}", node.log());
}

fn ping() -> Vec<u8> {
    let header = Header {
        sender: NodeId::random(&mut Rng::new(7)),
        current_epoch: Epoch(0),
        config_epoch: Epoch(0),
        offset: Offset(0),
        slots: SlotSet::default(),
        replica_of: None,
        address: Address::default(),
        flags: NodeFlags::PRIMARY,
        state_fail: false,
        message_flags: MessageFlags::empty(),
    };
    encode(&Frame::Full(Message { header, body: Body::Ping(Gossip::default()) }))
}

fn patched(at: usize, bytes: &[u8]) -> Vec<u8> {
    let mut frame = ping();
    frame[at..at + bytes.len()].copy_from_slice(bytes);
    frame
}

/// Whether a PING behind these bytes is still answered by a PONG.
fn still_answers(port: u16, bytes: &[u8]) -> bool {
    let mut stream = connect(port);
    drop(stream.write_all(bytes));
    drop(stream.write_all(&ping()));
    let (mut deframer, mut chunk) = (Deframer::default(), [0; 4096]);
    loop {
        match stream.read(&mut chunk) {
            Ok(0) | Err(_) => return false,
            Ok(read) => deframer.push(&chunk[..read]),
        }
        let pong = |frame: Result<Frame, _>| frame.is_ok_and(|frame| frame.kind() == Kind::Pong);
        if deframer.by_ref().any(pong) {
            return true;
        }
    }
}

#[test]
fn odd_frames_cost_themselves_or_their_link() {
    let node = alone("frames", &[]);
    let bus = node.port + 10_000;
    let table: &[(&str, Vec<u8>, bool)] = &[
        ("nothing", Vec::new(), true),
        ("a browser", b"GET / HTTP/1.1\r\nHost: x\r\n\r\n".to_vec(), false),
        ("a client", b"*1\r\n$4\r\nPING\r\n*1\r\n$4\r\nPING\r\n".to_vec(), false),
        ("no length", patched(4, &0_u32.to_be_bytes()), false),
        ("half a header's length", patched(4, &2255_u32.to_be_bytes()), false),
        ("4 GiB", patched(4, &u32::MAX.to_be_bytes()), false),
        ("version 0", patched(8, &[0, 0]), true),
        ("version 2", patched(8, &[0, 2]), true),
        ("gossip that is not there", patched(14, &5_u16.to_be_bytes()), true),
        ("type 11", patched(12, &11_u16.to_be_bytes()), true),
        ("type 200", patched(12, &200_u16.to_be_bytes()), true),
        ("two in one", [ping(), ping()].concat(), true),
    ];
    for (what, bytes, answers) in table {
        assert_eq!(still_answers(bus, bytes), *answers, "{what}: {}", node.log());
    }
    assert!(node.log().contains("Bad message length or signature received"), "{}", node.log());
    let known = ask(node.port, &["CLUSTER", "INFO"]);
    assert!(known.contains("cluster_known_nodes:1\r\n"), "nothing was learned of strangers: {known}");
}

#[test]
fn a_stranger_cannot_leave_much_half_said() {
    let node = alone("half", &[]);
    let mut stream = connect(node.port + 10_000);
    // A PUBLISH of 16 MiB, as only members send it.
    let mut frame = patched(12, &4_u16.to_be_bytes());
    frame[4..8].copy_from_slice(&(16_u32 << 20).to_be_bytes());
    stream.write_all(&frame).expect("it takes the beginning");
    let chunk = vec![0; 64 * 1024];
    let taken = (0..255).take_while(|_| stream.write_all(&chunk).is_ok()).count();
    // What the two kernels keep between them comes on top.
    assert!(taken < 250, "{taken} chunks were taken");
    until("it is said", || node.log().contains("closes a bus link of a stranger"));
    assert!(still_answers(node.port + 10_000, &[]), "others are heard");
}

#[test]
fn a_configuration_is_kept_through_a_rewrite_and_a_restart() {
    let home = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(format!("rewrite-{}", std::process::id()));
    drop(fs::remove_dir_all(&home));
    fs::create_dir_all(&home).expect("a folder can be made");
    let (file, port) = (home.join("valkey.conf"), free_ports(1)[0]);
    let text = format!("# mine\nport {port}\ndir {}\nhz 50\ncluster-node-timeout 2000\n", home.display());
    fs::write(&file, text).expect("a file can be written");
    let start = || {
        let log = File::options().create(true).append(true).open(home.join("log")).expect("a log");
        let child = Command::new(env!("CARGO_BIN_EXE_splitvote"))
            .arg("node")
            .arg(&file)
            .stdin(Stdio::null())
            .stdout(log)
            .spawn()
            .expect("the node's process starts");
        let node = Node::adopt(port, home.clone(), child);
        until("it answers", || Client::to(port).and_then(|mut client| client.say(&["PING"])).is_ok());
        node
    };
    let node = start();
    let log = node.log();
    let (pid, ready) = (log.find(&format!(" PID: {}", node.child.id())), log.find("Ready to accept"));
    assert!(pid.is_some() && pid < log.find("Server initialized") && ready.is_some(), "{log}");
    assert!(log.contains("options that have no effect here: hz"), "{log}");
    assert_eq!(ask(port, &["CONFIG", "SET", "cluster-node-timeout", "3000", "maxclients", "77"]), "OK");
    let half = ask(port, &["CONFIG", "SET", "maxclients", "78", "port", "1"]);
    assert!(half.contains("immutable"), "{half}");
    assert_eq!(ask(port, &["CONFIG", "REWRITE"]), "OK");
    let text = fs::read_to_string(&file).expect("it is there");
    assert!(
        text.starts_with("# mine\nport ") && text.contains("hz 50\ncluster-node-timeout 3000\n"),
        "{text}"
    );
    drop(node);
    let node = start();
    let mut client = Client::to(node.port).expect("it listens");
    let reply = client.ask(&["CONFIG", "GET", "maxcl*", "cluster-node-timeout"]).expect("it answers");
    let words = format!("{reply:?}");
    assert!(words.contains("77") || words.contains("[55, 55]"), "all or nothing, and kept: {words}");
}
