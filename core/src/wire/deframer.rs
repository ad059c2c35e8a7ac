//! A stream of bytes, cut into frames (protocol.md §2.3).

use super::codec::{Framing, read_frame};
use super::error::FrameError;
use super::layout::{entry, extension, forgotten, full};
use super::message::Frame;
use crate::base::SlotSet;

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
    // The slots last shown on this link: mostly the next frame's, too.
    slots: SlotSet,
}

impl Deframer {
    /// Adds the next bytes of the stream.
    pub fn push(&mut self, bytes: &[u8]) {
        if self.broken {
            return;
        }
        self.forget_taken();
        self.make_room(bytes.len());
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

    // Doubling as a vector does, but not past the longest frame: nothing longer is waited for.
    fn make_room(&mut self, more: usize) {
        let needed = self.buffer.len().saturating_add(more);
        if needed > self.buffer.capacity() {
            let doubled = self.buffer.capacity().saturating_mul(2).min(MAX_FRAME as usize);
            self.buffer.reserve_exact(needed.max(doubled).saturating_sub(self.buffer.len()));
        }
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
        let frame = read_frame(self.rest().get(..total)?, &self.slots);
        if let Ok(Frame::Full(message)) = &frame {
            self.slots.clone_from(&message.header.slots);
        }
        self.taken = self.taken.saturating_add(total);
        Some(frame.map_err(FrameError::from))
    }
}

#[cfg(test)]
#[allow(clippy::indexing_slicing, clippy::arithmetic_side_effects, reason = "a test may panic")]
mod tests {
    use super::*;
    use crate::wire::{FrameError, Malformed};

    const LONGEST: usize = MAX_FRAME as usize;

    /// The longest frame that is let in; it turns out to be a PUBLISH of version 0.
    fn longest() -> Vec<u8> {
        let mut frame = vec![0; LONGEST];
        frame[..4].copy_from_slice(b"RCmb");
        frame[4..8].copy_from_slice(&MAX_FRAME.to_be_bytes());
        frame[13] = 4;
        frame
    }

    #[test]
    fn holds_no_more_than_the_longest_frame() {
        let mut deframer = Deframer::default();
        for _ in 0..2 {
            for chunk in longest().chunks(10_007) {
                assert!(deframer.next().is_none());
                deframer.push(chunk);
                assert!(deframer.buffer.capacity() <= LONGEST, "{}", deframer.buffer.capacity());
            }
            assert_eq!(deframer.next(), Some(Err(FrameError::Dropped(Malformed::Version(0)))));
        }
        deframer.push(b"");
        assert_eq!(deframer.buffer.capacity(), 0, "a buffer grown for one frame is given back");
    }

    #[test]
    fn a_promise_of_a_long_frame_costs_nothing_yet() {
        let mut deframer = Deframer::default();
        deframer.push(&longest()[..100]);
        assert!(deframer.next().is_none());
        assert!(deframer.buffer.capacity() < 1000);
    }

    #[test]
    fn a_broken_stream_holds_nothing() {
        let mut deframer = Deframer::default();
        deframer.push(&[b'x'; 10_000]);
        assert!(deframer.next().is_some_and(|frame| frame.is_err_and(FrameError::closes_link)));
        deframer.push(&[b'x'; 10_000]);
        assert_eq!((deframer.next(), deframer.buffer.capacity()), (None, 0));
    }

    #[test]
    fn a_small_buffer_is_kept() {
        let mut deframer = Deframer::default();
        let mut small = longest()[..2256].to_vec();
        small[4..8].copy_from_slice(&2256_u32.to_be_bytes());
        deframer.push(&small);
        assert!(deframer.next().is_some());
        deframer.push(b"");
        assert!(deframer.buffer.capacity() >= 2256, "one allocation serves all ordinary frames");
    }
}
