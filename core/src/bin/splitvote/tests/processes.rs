//! Processes of real nodes, and what is asked of them.

use std::fmt::Write as _;
use std::fs::{self, File};
use std::io::{self, Read as _, Write as _};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::Mutex;
use std::thread::sleep;
use std::time::{Duration, Instant};

use splitvote::native::stage::Claim;
use splitvote::resp::{Replies, Reply};

pub(crate) const TIMEOUT_MS: &str = "1000";
/// Longer than anything here takes on a machine that is busy with other things.
pub(crate) const PATIENCE: Duration = Duration::from_mins(1);

/// A connection that speaks RESP2.
pub(crate) struct Client {
    stream: TcpStream,
    replies: Replies,
}

impl Client {
    pub(crate) fn to(port: u16) -> io::Result<Self> {
        let stream = TcpStream::connect(("127.0.0.1", port))?;
        stream.set_read_timeout(Some(PATIENCE))?;
        Ok(Self { stream, replies: Replies::default() })
    }

    pub(crate) fn ask(&mut self, words: &[&str]) -> io::Result<Reply> {
        let mut bytes = format!("*{}\r\n", words.len());
        for word in words {
            // Writing to a `String` cannot fail.
            let _ = write!(bytes, "${}\r\n{word}\r\n", word.len());
        }
        self.stream.write_all(bytes.as_bytes())?;
        self.hear()
    }

    /// The next answer or message.
    pub(crate) fn hear(&mut self) -> io::Result<Reply> {
        let mut chunk = [0; 4096];
        loop {
            if let Some(reply) = self.replies.pop()? {
                return Ok(reply);
            }
            match self.stream.read(&mut chunk)? {
                0 => return Err(io::ErrorKind::UnexpectedEof.into()),
                read => self.replies.buffer.extend_from_slice(&chunk[..read]),
            }
        }
    }

    /// An answer that is words or a number, as words.
    pub(crate) fn say(&mut self, words: &[&str]) -> io::Result<String> {
        let reply = self.ask(words)?;
        let text = reply.text().map(Into::into).or_else(|| reply.int().map(|number| number.to_string()));
        Ok(text.unwrap_or_else(|| panic!("{words:?}: {reply:?} is no text")))
    }
}

pub(crate) fn ask(port: u16, words: &[&str]) -> String {
    Client::to(port)
        .and_then(|mut client| client.say(words))
        .unwrap_or_else(|error| panic!("{port} {words:?}: {error}"))
}

/// One node's process; it ends with this.
pub(crate) struct Node {
    pub(crate) port: u16,
    pub(crate) dir: PathBuf,
    pub(crate) child: Child,
    options: Vec<String>,
}

impl Node {
    pub(crate) fn start(port: u16, dir: PathBuf) -> Self {
        Self::start_with(port, dir, &[])
    }

    pub(crate) fn start_with(port: u16, dir: PathBuf, more: &[&str]) -> Self {
        fs::create_dir_all(&dir).expect("a folder can be made");
        let options: Vec<String> = more.iter().map(|word| (*word).to_owned()).collect();
        let child = Self::spawn(port, &dir, &options);
        let node = Self { port, dir, child, options };
        until("it answers", || node.answers());
        node
    }

    /// A process that was started in another way.
    pub(crate) fn adopt(port: u16, dir: PathBuf, child: Child) -> Self {
        Self { port, dir, child, options: Vec::new() }
    }

    fn spawn(port: u16, dir: &Path, more: &[String]) -> Child {
        let log =
            File::options().create(true).append(true).open(dir.join("log")).expect("a log can be opened");
        Command::new(env!("CARGO_BIN_EXE_splitvote"))
            .args(["node", "--port", &port.to_string(), "--dir", &dir.display().to_string()])
            .args(["--cluster-node-timeout", TIMEOUT_MS])
            .args(more)
            .stdin(Stdio::null())
            .stdout(log)
            .spawn()
            .expect("the node's process starts")
    }

    pub(crate) fn kill(&mut self) {
        self.child.kill().expect("it is ours to kill");
        self.child.wait().expect("it ends");
    }

    /// SIGTERM, and waits for the orderly end.
    pub(crate) fn end(&mut self) {
        self.signal("-TERM");
        self.child.wait().expect("it ends");
    }

    /// A signal, such as `-STOP`.
    pub(crate) fn signal(&self, signal: &str) {
        let status = Command::new("kill").args([signal, &self.child.id().to_string()]).status();
        assert!(status.expect("kill runs").success());
    }

    /// Other options from the next start on.
    pub(crate) fn options(&mut self, options: &[&str]) {
        self.options = options.iter().map(|word| (*word).to_owned()).collect();
    }

    /// A line of INFO.
    pub(crate) fn info(&self, name: &str) -> Option<String> {
        let text = Client::to(self.port).and_then(|mut client| client.say(&["INFO", "everything"])).ok()?;
        text.lines().find_map(|line| Some(line.strip_prefix(name)?.strip_prefix(':')?.trim().to_owned()))
    }

    /// Whether its process runs.
    pub(crate) fn lives(&mut self) -> bool {
        matches!(self.child.try_wait(), Ok(None))
    }

    /// Whether it answers, with its data in place.
    pub(crate) fn answers(&self) -> bool {
        let said = Client::to(self.port).and_then(|mut client| client.say(&["PING"]));
        said.is_ok_and(|said| !said.starts_with("LOADING "))
    }

    pub(crate) fn restart(&mut self) {
        self.child = Self::spawn(self.port, &self.dir, &self.options);
    }

    pub(crate) fn log(&self) -> String {
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

pub(crate) fn until(what: &str, mut holds: impl FnMut() -> bool) {
    let start = Instant::now();
    while !holds() {
        assert!(start.elapsed() < PATIENCE, "in vain: {what}");
        sleep(Duration::from_millis(20));
    }
}

/// Ports that nobody else takes while this process lives, also while no node listens on them.
pub(crate) fn free_ports(count: usize) -> Vec<u16> {
    static CLAIMS: Mutex<Vec<Claim>> = Mutex::new(Vec::new());
    let claims = Claim::many(count).expect("a machine has free ports");
    let ports = claims.iter().map(|claim| claim.port).collect();
    CLAIMS.lock().expect("nobody panicked here").extend(claims);
    ports
}

/// A folder of this process's own, empty.
pub(crate) fn home(name: &str) -> PathBuf {
    let home = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(format!("{name}-{}", std::process::id()));
    drop(fs::remove_dir_all(&home));
    home
}

/// Three primaries with a replica each.
pub(crate) fn cluster(name: &str) -> Vec<Node> {
    cluster_of(name, &[])
}

/// The same, with options.
pub(crate) fn cluster_of(name: &str, options: &[&str]) -> Vec<Node> {
    let home = home(name);
    let start = |port: u16| Node::start_with(port, home.join(port.to_string()), options);
    let nodes: Vec<Node> = free_ports(6).into_iter().map(start).collect();
    for (at, range) in [(0, ["0", "5460"]), (1, ["5461", "10922"]), (2, ["10923", "16383"])] {
        let [first, last] = range;
        let answer = ask(nodes[at].port, &["CLUSTER", "ADDSLOTSRANGE", first, last]);
        assert_eq!(answer, "OK");
    }
    for node in &nodes[1..] {
        assert_eq!(ask(nodes[0].port, &["CLUSTER", "MEET", "127.0.0.1", &node.port.to_string()]), "OK");
    }
    until("everyone knows everyone", || {
        nodes.iter().all(|node| ask(node.port, &["CLUSTER", "NODES"]).lines().count() == 6)
    });
    for at in 0..3 {
        let id = ask(nodes[at].port, &["CLUSTER", "MYID"]);
        until("its primary is known to it", || {
            ask(nodes[at + 3].port, &["CLUSTER", "REPLICATE", &id]) == "OK"
        });
    }
    until("the cluster serves and every replica is in step", || {
        nodes.iter().all(|node| ask(node.port, &["CLUSTER", "INFO"]).contains("cluster_state:ok"))
            && nodes[3..]
                .iter()
                .all(|node| ask(node.port, &["INFO", "replication"]).contains("master_link_status:up"))
    });
    nodes
}

pub(crate) fn told(nodes: &[Node]) -> String {
    let told: Vec<String> = nodes.iter().map(|node| format!("--- {}\n{}", node.port, node.log())).collect();
    told.concat()
}
