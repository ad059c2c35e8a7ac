//! What a node passes on to its replicas: the stream of commands, byte for byte, its recent past, and
//! who is being fed.

use std::collections::{BTreeMap, VecDeque};
use std::net::SocketAddr;
use std::rc::Rc;

use tokio::sync::Notify;

use super::client::ClientId;

/// A replica that is further behind than this is let go; it comes back and asks for everything.
const PATIENCE: u64 = 256 << 20;

/// Memory for one command's bytes that is kept for the next.
const ROOM: usize = 16 * 1024;

/// What entered the stream before any data, so that a fresh stream has an offset and a database.
pub const SELECT: [&[u8]; 2] = [b"SELECT", b"0"];

/// One replica, as its primary knows it.
#[derive(Clone, Debug)]
pub struct Fed {
    /// Where it connects from.
    pub remote: SocketAddr,
    /// The client port it says it has.
    pub port: u16,
    /// The address it says it has.
    pub ip: Option<String>,
    /// Whether it has its snapshot and takes the stream.
    pub online: bool,
    /// The last byte it has applied, as it says.
    pub acked: u64,
    /// The last byte that is on its disk, as it says.
    pub synced: u64,
    /// Unix milliseconds of its last word.
    pub heard_ms: u64,
    /// The last byte it was sent.
    pub sent: u64,
    /// The version it says it has: major, minor, patch.
    pub version: Option<[u32; 3]>,
}

/// The stream and its readers.
#[derive(Debug)]
pub struct Feed {
    recent: VecDeque<u8>,
    /// The command that enters the stream, in memory that is used again.
    command: Vec<u8>,
    /// Number of the stream's last byte.
    end: u64,
    size: usize,
    /// Bytes that entered the stream and of which the node has not been told yet.
    pub untold: u64,
    /// Bytes that entered the stream, and lines between them, that the append log does not have yet.
    pub unlogged: Vec<u8>,
    /// Whether there is an append log.
    pub logging: bool,
    /// Commands that entered the stream, or pieces of it: what snapshots count as changes.
    pub commands: u64,
    /// Told when bytes enter the stream.
    pub grown: Rc<Notify>,
    /// Told when a replica says how far it is.
    pub acked: Rc<Notify>,
    /// Since when nobody is, in Unix milliseconds.
    lonely_ms: Option<u64>,
    /// Whether the past is kept for nobody.
    forgets: bool,
    /// Who is being fed.
    pub replicas: BTreeMap<ClientId, Fed>,
    /// Told when every replica must ask again.
    pub drop_all: Rc<Notify>,
}

impl Feed {
    /// A feed that remembers so many bytes, behind an offset.
    pub fn new(size: usize, end: u64) -> Self {
        Self {
            recent: VecDeque::new(),
            command: Vec::new(),
            end,
            size,
            untold: 0,
            unlogged: Vec::new(),
            logging: false,
            commands: 0,
            grown: Rc::default(),
            acked: Rc::default(),
            lonely_ms: None,
            forgets: false,
            replicas: BTreeMap::new(),
            drop_all: Rc::default(),
        }
    }

    /// Remembers so many bytes from now on.
    pub fn resize(&mut self, size: usize) {
        self.size = size;
    }

    /// Number of the stream's last byte.
    pub const fn end(&self) -> u64 {
        self.end
    }

    /// Number of the oldest byte that is still there.
    pub fn first(&self) -> u64 {
        self.end + 1 - self.recent.len() as u64
    }

    /// A command of this node's clients enters the stream.
    pub fn append(&mut self, words: &[&[u8]]) {
        let mut bytes = std::mem::take(&mut self.command);
        bytes.clear();
        encode_into(&mut bytes, words);
        self.untold += bytes.len() as u64;
        self.commands += 1;
        self.relay(&bytes);
        if bytes.capacity() <= ROOM {
            self.command = bytes;
        }
    }

    /// Bytes enter the stream of which the node knows already: its primary's, or its own upkeep.
    pub fn relay(&mut self, bytes: &[u8]) {
        self.forgets &= self.replicas.is_empty();
        if !self.forgets {
            self.recent.extend(bytes);
        }
        if self.logging {
            self.unlogged.extend_from_slice(bytes);
        }
        self.end += bytes.len() as u64;
        if self.recent.len() > self.size {
            let kept = self.replicas.values().map(|fed| self.end.saturating_sub(fed.sent)).max().unwrap_or(0);
            let kept = usize::try_from(kept.min(PATIENCE)).unwrap_or(usize::MAX).max(self.size);
            let surplus = self.recent.len().saturating_sub(kept);
            self.recent.drain(..surplus);
            // What was kept for a replica that was far behind is not kept for ever.
            if self.recent.capacity() / 4 > self.recent.len().max(ROOM) {
                self.recent.shrink_to(2 * self.recent.len());
            }
        }
        // Who waits for this, to feed a replica or for an element of a list, holds it, too.
        if Rc::strong_count(&self.grown) > 1 {
            self.grown.notify_waiters();
        }
    }

    /// The past that was kept for nobody for so long is forgotten (`repl-backlog-ttl`; zero keeps it). Offsets go
    /// on: who comes back and lacks nothing is not sent everything.
    pub fn forget_for_nobody(&mut self, now_ms: u64, ttl_ms: u64) {
        if !self.replicas.is_empty() {
            self.lonely_ms = None;
            return;
        }
        let since = *self.lonely_ms.get_or_insert(now_ms);
        if !self.forgets && ttl_ms > 0 && now_ms.saturating_sub(since) >= ttl_ms {
            self.forgets = true;
            self.recent = VecDeque::new();
        }
    }

    /// Whether the past is kept.
    pub fn remembers(&self) -> bool {
        !self.forgets || !self.replicas.is_empty()
    }

    /// The stream starts anew behind an offset: what was before belongs to another history.
    pub fn restart(&mut self, end: u64) {
        self.recent.clear();
        self.end = end;
        self.untold = 0;
    }

    /// Up to so many bytes behind an offset; `None` if they are gone.
    pub fn behind(&self, offset: u64, most: usize) -> Option<Vec<u8>> {
        if offset + 1 < self.first() || offset > self.end {
            return None;
        }
        let from = usize::try_from(offset + 1 - self.first()).ok()?;
        Some(self.recent.range(from..self.recent.len().min(from.saturating_add(most))).copied().collect())
    }

    /// How many replicas have spoken since a moment, in Unix milliseconds.
    pub fn heard_since(&self, since_ms: u64) -> usize {
        self.replicas.values().filter(|fed| fed.online && fed.heard_ms >= since_ms).count()
    }

    /// Replicas that obey SETSLOT in the stream: those newer than 7.2 (native-node.md §4.11).
    pub fn readers_of_slots(&self) -> impl Iterator<Item = &Fed> {
        let newer = |fed: &&Fed| fed.online && fed.version.is_some_and(|version| version > [7, 2, 255]);
        self.replicas.values().filter(newer)
    }

    /// How many replicas say they have everything up to an offset.
    pub fn holders(&self, offset: u64) -> usize {
        self.replicas.values().filter(|fed| fed.online && fed.acked >= offset).count()
    }

    /// How many replicas have everything up to this byte on their disks.
    pub fn disks(&self, offset: u64) -> usize {
        self.replicas.values().filter(|fed| fed.online && fed.synced >= offset).count()
    }
}

/// A command as an array of strings: the stream knows no other form.
pub fn encode(words: &[&[u8]]) -> Vec<u8> {
    let mut bytes = Vec::new();
    encode_into(&mut bytes, words);
    bytes
}

fn encode_into(bytes: &mut Vec<u8>, words: &[&[u8]]) {
    bytes.reserve(16 + words.iter().map(|word| word.len() + 16).sum::<usize>());
    let mut number = itoa::Buffer::new();
    let mut line = |bytes: &mut Vec<u8>, mark: u8, count: usize| {
        bytes.push(mark);
        bytes.extend_from_slice(number.format(count).as_bytes());
        bytes.extend_from_slice(b"\r\n");
    };
    line(bytes, b'*', words.len());
    for word in words {
        line(bytes, b'$', word.len());
        bytes.extend_from_slice(word);
        bytes.extend_from_slice(b"\r\n");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn remembers_what_it_has_room_for() {
        let mut feed = Feed::new(8, 100);
        assert_eq!((feed.first(), feed.behind(100, 9)), (101, Some(Vec::new())));
        feed.relay(b"abcdef");
        assert_eq!(feed.behind(100, 99).as_deref(), Some(&b"abcdef"[..]));
        assert_eq!(feed.behind(103, 2).as_deref(), Some(&b"de"[..]));
        feed.relay(b"ghij");
        assert_eq!((feed.end(), feed.first()), (110, 103));
        assert_eq!(feed.behind(101, 9), None, "that byte is gone");
        assert_eq!(feed.behind(102, 9).as_deref(), Some(&b"cdefghij"[..]));
        assert_eq!(feed.behind(111, 9), None, "that byte has not come");
        feed.restart(7);
        assert_eq!((feed.end(), feed.first()), (7, 8));
    }

    #[test]
    fn a_replica_that_is_behind_keeps_its_bytes() {
        let mut feed = Feed::new(4, 0);
        let remote = SocketAddr::from(([127, 0, 0, 1], 1));
        let fed = Fed {
            remote,
            port: 1,
            ip: None,
            online: true,
            acked: 0,
            synced: 0,
            heard_ms: 0,
            sent: 0,
            version: None,
        };
        feed.replicas.insert(1, fed);
        feed.relay(b"abcdefgh");
        assert_eq!(feed.behind(0, 99).as_deref(), Some(&b"abcdefgh"[..]));
        feed.replicas.clear();
        feed.relay(b"i");
        assert_eq!(feed.first(), 6);
    }

    #[test]
    fn the_past_is_not_kept_for_nobody_for_ever() {
        let mut feed = Feed::new(100, 0);
        feed.relay(b"abc");
        feed.forget_for_nobody(1000, 0);
        feed.forget_for_nobody(9000, 8001);
        assert_eq!((feed.remembers(), feed.first()), (true, 1), "not yet");
        feed.forget_for_nobody(9001, 8001);
        assert_eq!((feed.remembers(), feed.first(), feed.end()), (false, 4, 3));
        feed.relay(b"def");
        assert_eq!((feed.behind(5, 9), feed.behind(6, 9)), (None, Some(Vec::new())), "and what comes is not");
        let remote = SocketAddr::from(([127, 0, 0, 1], 1));
        let fed = Fed {
            remote,
            port: 1,
            ip: None,
            online: true,
            acked: 6,
            synced: 0,
            heard_ms: 0,
            sent: 6,
            version: None,
        };
        feed.replicas.insert(1, fed);
        feed.relay(b"ghi");
        feed.forget_for_nobody(99_999, 1);
        assert_eq!((feed.remembers(), feed.behind(6, 9).as_deref()), (true, Some(&b"ghi"[..])));
        feed.replicas.clear();
        feed.forget_for_nobody(100_000, 10);
        feed.forget_for_nobody(100_009, 10);
        assert!(feed.remembers(), "it was alone for less");
        feed.forget_for_nobody(100_010, 10);
        assert!(!feed.remembers());
    }

    #[test]
    fn room_for_one_that_was_far_behind_is_given_back() {
        let mut feed = Feed::new(4, 0);
        let remote = SocketAddr::from(([127, 0, 0, 1], 1));
        let fed = Fed {
            remote,
            port: 1,
            ip: None,
            online: true,
            acked: 0,
            synced: 0,
            heard_ms: 0,
            sent: 0,
            version: None,
        };
        feed.replicas.insert(1, fed);
        feed.relay(&vec![b'x'; 1 << 20]);
        feed.replicas.clear();
        feed.relay(b"y");
        assert!(feed.recent.capacity() <= 4 * ROOM, "{}", feed.recent.capacity());
        assert_eq!(feed.behind(feed.end() - 4, 9).as_deref(), Some(&b"xxxy"[..]));
    }

    #[test]
    fn commands_are_counted_in_bytes() {
        let mut feed = Feed::new(100, 100);
        feed.append(&SELECT);
        feed.append(&[b"SET", b"st", b"1"]);
        feed.append(&[b"PING"]);
        assert_eq!((feed.end(), feed.untold), (100 + 23 + 28 + 14, 23 + 28 + 14));
    }
}
