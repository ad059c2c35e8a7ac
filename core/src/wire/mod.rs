//! The cluster bus, bytes to values and back (protocol.md §2). No rule of the protocol is here:
//! this floor says what a frame *is*, never what to do about it. No byte of a peer can panic it.
//!
//! [`message`] is what others speak; [`encode`] and [`decode`] turn one frame, [`Deframer`] a
//! stream; [`Branch`] shows a frame to people. `layout` holds all the numbers.

#![warn(clippy::indexing_slicing, clippy::arithmetic_side_effects)]

mod body;
mod codec;
mod cursor;
mod deframer;
mod error;
mod extension;
mod gossip;
mod header;
mod kind;
mod layout;
pub mod message;
mod nack;
mod print;

#[cfg(test)]
#[allow(clippy::indexing_slicing, clippy::arithmetic_side_effects, reason = "a test may panic")]
pub(crate) mod arbitrary;
#[cfg(test)]
#[allow(clippy::indexing_slicing, clippy::arithmetic_side_effects, reason = "a test may panic")]
mod faults;
#[cfg(test)]
#[allow(clippy::indexing_slicing, clippy::arithmetic_side_effects, reason = "a test may panic")]
mod golden;
#[cfg(test)]
#[allow(clippy::indexing_slicing, clippy::arithmetic_side_effects, reason = "a test may panic")]
mod laws;

pub use codec::{decode, decode_like, encode, encode_into, encode_message, encoded_len};
pub use deframer::{Deframer, MAX_FRAME};
pub use error::{ExtensionFault, FrameError, IdField, Malformed, Misframed};
pub use kind::Kind;
pub use message::{
    Body, Extension, Frame, Gossip, GossipEntry, Header, LightBody, Message, MessageFlags, ModuleMessage,
    NackReason, NodeFlags, Publication,
};
pub use nack::NackForm;
pub use print::Branch;
