//! A stream of bytes, cut into frames (protocol.md §2.3).

use super::codec::{Framing, read_frame};
use super::error::FrameError;
use super::layout::{entry, extension, forgotten, full};
use super::message::Frame;

/// The longest frame accepted, 16 MiB. Upstream has no bound and would buffer what `totlen` says,
/// up to 4 GiB, for anyone who can connect. Every gossip frame a node can mean fits: 65,535 entries
/// and as many nodes to forget are 10 MiB. PUBLISH and MODULE have no bound of their own; longer
/// ones cost the link.
pub const MAX_FRAME: u32 = 16 * 1024 * 1024;

const _: () = assert!(
    full::LEN as u64 + 65_535 * (entry::LEN as u64 + extension::LEN as u64 + forgotten::LEN as u64)
        < MAX_FRAME as u64
);

/// An empty buffer larger than this is given back: one long frame must not cost its size for as
/// long as the link lives.
const KEEP: usize = 64 * 1024;

/// Collects chunks of a stream and yields its frames.
///
/// Push a chunk, then take frames until there is none. What is held is the unfinished frame, never
/// over [`MAX_FRAME`], and what was pushed and not yet taken. After a [`FrameError::Fatal`] there
/// is nothing more to come: further bytes are ignored.
///
/// ```
/// # use splitvote::wire::Deframer;
/// let mut deframer = Deframer::default();
/// deframer.push(b"RCmb");
/// assert!(deframer.next().is_none());
/// deframer.push(b"no frame starts like this");
/// assert!(deframer.next().is_some_and(|frame| frame.is_err_and(|error| error.closes_link())));
/// assert!(deframer.next().is_none());
/// ```
#[derive(Clone, Debug, Default)]
pub struct Deframer {
    buffer: Vec<u8>,
    // Bytes at the buffer's front that were yielded already.
    taken: usize,
    broken: bool,
}

impl Deframer {
    /// Adds the next bytes of the stream.
    pub fn push(&mut self, bytes: &[u8]) {
        if self.broken {
            return;
        }
        self.forget_taken();
        self.buffer.extend_from_slice(bytes);
    }

    /// Bytes that were pushed and belong to no frame yielded so far.
    pub fn pending(&self) -> usize {
        self.rest().len()
    }

    /// Whether a fatal error was met: the link must be closed.
    pub const fn is_broken(&self) -> bool {
        self.broken
    }

    fn rest(&self) -> &[u8] {
        self.buffer.get(self.taken..).unwrap_or_default()
    }

    fn forget_taken(&mut self) {
        if self.pending() > 0 {
            self.buffer.drain(..self.taken.min(self.buffer.len()));
        } else if self.buffer.capacity() > KEEP {
            self.buffer = Vec::new();
        } else {
            self.buffer.clear();
        }
        self.taken = 0;
    }

    fn give_up(&mut self) {
        *self = Self { broken: true, ..Self::default() };
    }
}

/// Each item is one frame, or why it is none; `None` means "push more", not "the end".
impl Iterator for Deframer {
    type Item = Result<Frame, FrameError>;

    fn next(&mut self) -> Option<Self::Item> {
        let framing = match Framing::read(self.rest())? {
            Ok(framing) => framing,
            Err(misframed) => {
                self.give_up();
                return Some(Err(misframed.into()));
            }
        };
        let total = usize::try_from(framing.totlen).unwrap_or(usize::MAX);
        let frame = read_frame(self.rest().get(..total)?);
        self.taken = self.taken.saturating_add(total);
        Some(frame.map_err(FrameError::from))
    }
}
