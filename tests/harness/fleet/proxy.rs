//! A transparent door before a real node's bus port: it announces the door, so every frame that anyone
//! sends to it passes here, in both directions, whole and in order. A frame that our codec cannot
//! read, or would write differently, is noted at once.

use std::io::{Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};

use splitvote::wire::{self, Kind};

/// One frame as it passed.
#[derive(Clone, Debug)]
pub struct Passed {
    /// When.
    pub at: Instant,
    /// Frames of one connection in one direction are in order.
    pub connection: u64,
    /// The node behind the door.
    pub door: usize,
    /// Whether the node behind the door sent it.
    pub outward: bool,
    /// The frame.
    pub bytes: Vec<u8>,
}

/// What the doors do with messages of one kind.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Gate {
    /// They wait until the gate is lifted.
    Hold,
    /// They get lost.
    Drop,
}

/// What all doors share: the recording, and the gates.
#[derive(Debug, Default)]
pub struct Hall {
    /// Every frame.
    pub passed: Mutex<Vec<Passed>>,
    /// Frames that our codec does not take or gives back differently.
    pub odd: Mutex<Vec<String>>,
    /// Doors whose nodes are not there.
    pub closed: Mutex<Vec<usize>>,
    /// By kind.
    pub gates: Mutex<Vec<(Kind, Gate)>>,
    connections: AtomicU64,
}

impl Hall {
    fn gate(&self, kind: Kind) -> Option<Gate> {
        let gates = self.gates.lock().expect("nobody panics here");
        gates.iter().find(|(of, _)| *of == kind).map(|(_, gate)| *gate)
    }

    /// Notes a frame; its kind, if it has one.
    fn note(&self, passed: Passed) -> Option<Kind> {
        let decoded = wire::decode(&passed.bytes);
        let same = decoded.as_ref().is_ok_and(|frame| wire::encode(frame) == passed.bytes);
        if !same {
            let told = decoded.as_ref().map(wire::encode).map_err(ToString::to_string);
            let odd = format!("{told:?}\nwas {:?}", passed.bytes);
            self.odd.lock().expect("nobody panics here").push(odd);
        }
        self.passed.lock().expect("nobody panics here").push(passed);
        decoded.ok().map(|frame| frame.kind())
    }
}

/// How often a door looks whether somebody stands before it, or whether it shall close.
const LOOK: Duration = Duration::from_millis(2);

/// Opens a door to `bus`; threads carry frames until the test process ends. While the node is not there
/// the door is not, either: callers are refused as they would be without it.
pub fn open(listener: TcpListener, door: usize, bus: u16, hall: Arc<Hall>) {
    let place = listener.local_addr().expect("a listener has a place");
    let mut open = Some(listener);
    thread::spawn(move || {
        loop {
            let closed = hall.closed.lock().expect("nobody panics here").contains(&door);
            match &open {
                _ if closed => open = None,
                None => open = TcpListener::bind(place).ok(),
                Some(listener) => admit(listener, door, bus, &hall),
            }
            thread::sleep(LOOK);
        }
    });
}

fn admit(listener: &TcpListener, door: usize, bus: u16, hall: &Arc<Hall>) {
    let _ = listener.set_nonblocking(true);
    while let Ok((caller, _)) = listener.accept() {
        let Ok(node) = TcpStream::connect(("127.0.0.1", bus)) else { continue };
        let _ = caller.set_nonblocking(false);
        let connection = hall.connections.fetch_add(1, Ordering::Relaxed);
        for (from, to, outward) in [(&caller, &node, false), (&node, &caller, true)] {
            let (Ok(from), Ok(to)) = (from.try_clone(), to.try_clone()) else { continue };
            let hall = hall.clone();
            thread::spawn(move || {
                carry(&from, &to, &hall, |bytes| Passed {
                    at: Instant::now(),
                    connection,
                    door,
                    outward,
                    bytes,
                });
                let _ = from.shutdown(Shutdown::Both);
                let _ = to.shutdown(Shutdown::Both);
            });
        }
    }
}

fn carry(mut from: &TcpStream, mut to: &TcpStream, hall: &Hall, passed: impl Fn(Vec<u8>) -> Passed) {
    let _ = to.set_nodelay(true);
    let (mut buffer, mut chunk) = (Vec::new(), [0; 16 * 1024]);
    loop {
        let Ok(read @ 1..) = from.read(&mut chunk) else { return };
        buffer.extend_from_slice(&chunk[..read]);
        while let Some(length) = length(&buffer).filter(|length| *length <= buffer.len()) {
            let bytes: Vec<u8> = buffer.drain(..length).collect();
            let kind = hall.note(passed(bytes.clone()));
            let gate = || kind.and_then(|kind| hall.gate(kind));
            while gate() == Some(Gate::Hold) {
                thread::sleep(Duration::from_millis(1));
            }
            if gate() != Some(Gate::Drop) && to.write_all(&bytes).is_err() {
                return;
            }
        }
    }
}

/// How long the frame at the front says it is; a stream that is not the bus is one endless frame.
fn length(buffer: &[u8]) -> Option<usize> {
    let total = buffer.get(4..8)?.try_into().ok().map(u32::from_be_bytes)?;
    usize::try_from(total.max(16)).ok()
}
