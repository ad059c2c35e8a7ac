//! What can be wrong with bytes, sorted by what follows from it.

use thiserror::Error;

use super::deframer::MAX_FRAME;

/// Why bytes are no frame, and with it what becomes of the link.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum FrameError {
    /// The stream has lost its beat: where the next frame begins is unknown. Close the link.
    #[error("{0}; the link must be closed")]
    Fatal(#[from] Misframed),
    /// One frame makes no sense, the next may. Forget it and keep the link.
    #[error("{0}; the frame is dropped")]
    Dropped(#[from] Malformed),
}

impl FrameError {
    /// Whether the link must be closed.
    pub const fn closes_link(self) -> bool {
        matches!(self, Self::Fatal(_))
    }
}

/// Why the bytes of a stream cannot be cut into frames.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum Misframed {
    /// The first four bytes are not `RCmb`: no cluster bus speaks here.
    #[error("a frame begins with `RCmb`, not with {0:02x?}")]
    Signature([u8; 4]),
    /// `totlen` does not even cover the header.
    #[error("totlen {totlen} is below the {minimum} bytes of the header")]
    TooShort {
        /// What the frame says.
        totlen: u32,
        /// What its kind of header needs.
        minimum: u32,
    },
    /// `totlen` is above [`MAX_FRAME`].
    #[error("totlen {totlen} is above the {MAX_FRAME} bytes that are accepted")]
    TooLong {
        /// What the frame says.
        totlen: u32,
    },
    /// The bytes handed over as one frame end early or go on. A deframer never reports this.
    #[error("{found} bytes are not one frame of {totlen}")]
    NotOne {
        /// What the frame says, 0 if it ends before saying it.
        totlen: u32,
        /// How many bytes there are.
        found: u64,
    },
}

/// Why one well-framed frame is dropped.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum Malformed {
    /// `ver` is not 1.
    #[error("protocol version {0} is not 1")]
    Version(u16),
    /// A light header on a type that needs to know its sender.
    #[error("type {0} may not come with a light header")]
    NotLight(u16),
    /// The payload is not as long as its type and its own counts say.
    #[error("a payload of type {kind} needs {needs} bytes, not {found}")]
    Length {
        /// The type.
        kind: u16,
        /// Bytes behind the header by the type and the counts in the payload.
        needs: u64,
        /// Bytes behind the header by `totlen`.
        found: u64,
    },
    /// `count` promises more gossip entries than `totlen` has room for.
    #[error("{count} gossip entries do not fit in {found} bytes")]
    GossipCount {
        /// What the header promises.
        count: u16,
        /// Bytes behind the header.
        found: u64,
    },
    /// A ping extension cannot be read.
    #[error("extension {index}: {fault}")]
    Extension {
        /// Which, counted from 0.
        index: u16,
        /// What is wrong with it.
        fault: ExtensionFault,
    },
    /// A field that must hold an id holds something else.
    #[error("`{0}` is no id of 40 characters a-z or 0-9")]
    Id(IdField),
}

/// Fields outside gossip that must hold a valid id.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum IdField {
    /// `sender` of the header.
    Sender,
    /// `replicaof` of the header, when it is not all zero.
    ReplicaOf,
    /// The failing node of FAIL.
    Failing,
    /// The owner of UPDATE.
    Owner,
}

impl std::fmt::Display for IdField {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Sender => "sender",
            Self::ReplicaOf => "replicaof",
            Self::Failing => "failing node",
            Self::Owner => "owner",
        })
    }
}

/// What is wrong with a ping extension.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum ExtensionFault {
    /// Fewer bytes are left than its header needs.
    #[error("{0} bytes are left, its header needs 8")]
    NoHeader(u64),
    /// The length does not cover the header; upstream accepts 0 here, we do not.
    #[error("length {0} is below the 8 bytes of the header")]
    TooShort(u32),
    /// The length is not a multiple of 8.
    #[error("length {0} is not a multiple of 8")]
    Unaligned(u32),
    /// The length goes beyond the frame.
    #[error("length {length} goes beyond the {left} bytes left")]
    Beyond {
        /// What the extension says.
        length: u32,
        /// What the frame has.
        left: u64,
    },
    /// A text without a NUL at its end.
    #[error("the text does not end in a NUL")]
    Endless,
    /// A payload shorter than its type needs.
    #[error("type {kind} needs {needs} bytes, not {found}")]
    Payload {
        /// The extension's type.
        kind: u16,
        /// What the type needs.
        needs: u64,
        /// What there is.
        found: u64,
    },
    /// A field that must hold an id holds something else.
    #[error("the id is not 40 characters a-z or 0-9")]
    Id,
}
