use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::*;
use crate::base::{NodeId, Offset, Rng, Rules, ShardId};
use crate::cluster::NodesConf;
use crate::native::clock::Clock;
use crate::native::disk::ConfFile;
use crate::native::feed::encode;
use crate::native::log::{Level, Log};
use crate::native::options::Options;
use crate::native::server::{Server, Shared};
use crate::node::{Birth, Node};

/// A folder that is gone with its test.
struct Folder(PathBuf);

impl Folder {
    fn new(name: &str) -> Self {
        let top = concat!(env!("CARGO_MANIFEST_DIR"), "/../target/tmp");
        let path = Path::new(top).join(format!("persist-{name}-{}", std::process::id()));
        drop(fs::remove_dir_all(&path));
        fs::create_dir_all(path.join("appendonlydir")).expect("a folder can be made");
        Self(path)
    }

    fn part(&self, name: &str) -> PathBuf {
        self.0.join("appendonlydir").join(name)
    }

    /// A log of one increment behind an empty base.
    fn log(&self, increment: &[u8]) {
        fs::write(self.part("appendonly.aof.1.incr.aof"), increment).expect("it can be written");
        let text = "file appendonly.aof.1.incr.aof seq 1 type i\n";
        fs::write(self.part("appendonly.aof.manifest"), text).expect("it can be written");
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        drop(fs::remove_dir_all(&self.0));
    }
}

/// What the start does, with nobody else about.
fn load(server: &Shared) -> Result<(), LoadError> {
    let runtime =
        tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime starts");
    tokio::task::LocalSet::new().block_on(&runtime, super::load(server))
}

fn server(folder: &Folder, change: impl FnOnce(&mut Options)) -> Shared {
    let mut options = Options { dir: folder.0.clone(), ..Options::default() };
    options.persist.log = true;
    change(&mut options);
    let clock = Clock::start();
    let mut rng = Rng::new(7);
    let config = options.config(clock.unix_birth_ms());
    let conf = NodesConf::fresh(NodeId::random(&mut rng), ShardId::random(&mut rng), config.address);
    let birth = Birth { conf: Arc::new(conf), config, rules: Rules::default(), rng };
    let node = Node::new(birth, clock.now());
    let chance = Rng::new(8);
    let log = Log::open(&folder.0.join("log"), Level::Notice).expect("a log can be opened");
    Server::shared(options, node, clock, chance, ConfFile::new(&folder.0, "nodes.conf"), log)
}

/// Commands, and how many keys there are when each is whole. A transaction counts at its end.
fn commands() -> Vec<(Vec<u8>, usize)> {
    vec![
        (encode(&[b"SET", b"a", b"1"]), 1),
        (encode(&[b"SET", b"b", b"two\r\n*1"]), 2),
        (encode(&[b"MULTI"]), 2),
        (encode(&[b"SET", b"c", b"3"]), 2),
        (encode(&[b"UNLINK", b"a"]), 2),
        (encode(&[b"SET", b"d", b"4"]), 2),
        (encode(&[b"EXEC"]), 3),
        (b"#splitvote history none\r\n".to_vec(), 3),
        (encode(&[b"SET", b"e", b"5"]), 4),
    ]
}

#[test]
fn a_log_cut_off_at_any_byte_holds_what_was_whole() {
    let folder = Folder::new("cut");
    let whole: Vec<u8> = commands().into_iter().flat_map(|(bytes, _)| bytes).collect();
    for cut in 0..=whole.len() {
        folder.log(&whole[..cut]);
        let (mut at, mut keys, mut good, mut open) = (0, 0, 0, false);
        for (bytes, after) in commands() {
            at += bytes.len();
            open = (open || bytes == encode(&[b"MULTI"])) && bytes != encode(&[b"EXEC"]);
            if at <= cut {
                keys = after;
                good = if open { good } else { at };
            }
        }
        let shared = server(&folder, |_| ());
        load(&shared).unwrap_or_else(|error| panic!("{cut}: {error}"));
        assert_eq!(shared.borrow().keyspace.len(), keys, "cut at {cut}");
        let length = fs::metadata(folder.part("appendonly.aof.1.incr.aof")).expect("it is there").len();
        assert_eq!(length, good as u64, "cut at {cut}: what is not whole is gone from the file");
        // What is added now follows the last whole command.
        let mut server = shared.borrow_mut();
        server.feed.append(&[b"SET", b"new", b"1"]);
        server.flush_log();
        drop(server);
        let again = server_after(&folder);
        assert_eq!(again.borrow().keyspace.len(), keys + 1, "cut at {cut}");
    }
}

fn server_after(folder: &Folder) -> Shared {
    let shared = server(folder, |_| ());
    load(&shared).expect("it was mended");
    shared
}

#[test]
fn any_other_damage_is_refused_by_its_place() {
    let folder = Folder::new("damage");
    let good = encode(&[b"SET", b"a", b"1"]);
    let after = encode(&[b"SET", b"b", b"2"]);
    for (damage, what) in [
        (&b"x"[..], "no command begins"),
        (b"\0\0\0\0", "no command begins"),
        (b"*2\r\n+OK\r\n", "expected '$'"),
        (b"*1\r\n$3\r\nGETx\r", "CRLF"),
        (b"*1\r\n$7\r\nnothing\r\n", "cannot apply `nothing`: it is unknown here"),
        (b"*1\r\n$4\r\nEXEC\r\n", "did not begin"),
        (b"*0\r\n", "an empty command"),
    ] {
        folder.log(&[&good[..], damage, &after].concat());
        let shared = server(&folder, |_| ());
        let error = load(&shared).expect_err("it is damaged").to_string();
        assert!(error.contains(what) && error.contains("at byte 27;"), "{error}");
        assert!(error.contains("truncate -s 27"), "it says how to mend it: {error}");
    }
    folder.log(&good[..9]);
    let shared = server(&folder, |options| options.persist.load_truncated = false);
    assert!(load(&shared).is_err(), "cut off, and the operator wants to know");
    fs::write(folder.part("appendonly.aof.manifest"), "file x seq\n").expect("it can be written");
    let error = load(&server(&folder, |_| ())).expect_err("it is damaged").to_string();
    assert!(error.contains("line 1"), "{error}");
}

#[test]
fn what_was_claimed_is_claimed_again_only_where_it_is_certain() {
    let folder = Folder::new("claims");
    let history = "a".repeat(40);
    let set = encode(&[b"SET", b"a", b"1"]);
    let (right, wrong) =
        (format!("#splitvote history {history} 27\r\n"), format!("#splitvote history {history} 26\r\n"));
    let later = encode(&[b"SET", b"b", b"1"]);
    for (line, claimed) in [
        (right.as_str(), true),
        (wrong.as_str(), false),
        ("#splitvote history none\r\n", false),
        ("#TS:1700000000\r\n", false),
    ] {
        folder.log(&[&set[..], line.as_bytes(), &later].concat());
        let shared = server_after(&folder);
        let server = shared.borrow();
        let previous = server.node.replication().previous();
        // A primary begins a new history, of which the old one is the beginning.
        assert_eq!(previous.map(|point| point.offset), claimed.then_some(Offset(55)), "{line}");
        assert_ne!(server.node.replication().history().to_string(), history);
        assert_eq!((server.feed.end(), server.feed.first()), (54, 1), "its bytes can be sent again");
    }
}

#[test]
fn a_snapshot_is_loaded_where_there_is_no_log() {
    let folder = Folder::new("snapshot");
    let shared = server(&folder, |options| options.persist.log = false);
    load(&shared).expect("nothing is there");
    {
        let mut server = shared.borrow_mut();
        let entry = crate::native::keyspace::Entry {
            value: crate::native::keyspace::Value::Str(b"v".to_vec()),
            expires_at: Some(u64::MAX >> 1),
        };
        server.keyspace.put(b"k", entry);
        server.feed.append(&[b"SET", b"k", b"v"]);
        server.input(|_, _| ());
        assert_eq!(server.unsaved(), 1);
        server.save_now().expect("it can be written");
        assert_eq!(server.unsaved(), 0);
    }
    let history = shared.borrow().node.replication().history();
    let again = server(&folder, |options| options.persist.log = false);
    load(&again).expect("it is whole");
    let again = again.borrow();
    let previous = again.node.replication().previous().expect("it knows where it was");
    assert_eq!((previous.history, previous.offset), (history, Offset(28)));
    assert_eq!(again.keyspace.get(b"k", 0).and_then(|entry| entry.expires_at), Some(u64::MAX >> 1));
    fs::write(folder.0.join("dump.rdb"), b"REDIS0010\xfe").expect("it can be written");
    let damaged = server(&folder, |options| options.persist.log = false);
    let error = load(&damaged).expect_err("it is damaged").to_string();
    assert!(error.contains("dump.rdb") && error.contains("put a good copy"), "{error}");
}

#[test]
fn a_log_that_is_switched_off_and_on_takes_nothing_for_its_own_that_was_begun_before() {
    let folder = Folder::new("switched");
    let shared = server(&folder, |_| ());
    let runtime =
        tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime starts");
    tokio::task::LocalSet::new().block_on(&runtime, async {
        super::load(&shared).await.expect("nothing is there");
        let part = |server: &Server| {
            let log = server.persist.log.as_ref().expect("a log is open");
            (log.generation, log.last_seq, log.whole)
        };
        let first = part(&shared.borrow());
        assert!(!first.2, "its base is on its way");
        {
            let mut server = shared.borrow_mut();
            for on in [false, true] {
                server.options.persist.log = on;
                server.switch_log();
            }
        }
        let second = part(&shared.borrow());
        assert!(second.0 > first.0 && second.1 > first.1, "{second:?} after {first:?}");
        settled(&shared).await;
        while !part(&shared.borrow()).2 {
            tokio::task::yield_now().await;
        }
        assert_eq!(part(&shared.borrow()), (second.0, second.1, true));
    });
    let manifest = fs::read_to_string(folder.part("appendonly.aof.manifest")).expect("it is there");
    let parts = fs::read_dir(folder.0.join("appendonlydir")).expect("it is there").flatten();
    let others = parts.filter(|part| {
        let name = part.file_name().to_string_lossy().into_owned();
        !name.ends_with(".manifest") && name.contains(".base.") && !manifest.contains(&name)
    });
    assert_eq!(others.count(), 0, "what came too late is gone: {manifest}");
}

#[test]
fn a_log_that_was_not_synced_is_when_somebody_begins_to_ask_for_it() {
    let folder = Folder::new("asks");
    let shared = server(&folder, |options| options.persist.sync = SyncPolicy::Never);
    let runtime =
        tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime starts");
    tokio::task::LocalSet::new().block_on(&runtime, async {
        super::load(&shared).await.expect("nothing is there");
        tokio::task::spawn_local(keep_log(Rc::clone(&shared)));
        while !shared.borrow().persist.log.as_ref().is_some_and(|log| log.whole) {
            tokio::task::yield_now().await;
        }
        shared.borrow_mut().feed.append(&[b"SET", b"a", b"1"]);
        settled(&shared).await;
        for _ in 0..100 {
            tokio::task::yield_now().await;
        }
        shared.borrow_mut().options.persist.sync = SyncPolicy::Always;
        let patience = std::time::Duration::from_secs(30);
        tokio::time::timeout(patience, settled(&shared)).await.expect("it is synced");
    });
}
