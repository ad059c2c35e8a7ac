//! The cluster bus, bytes to values and back (protocol.md §2). No rule of the protocol is here:
//! this floor says what a frame *is*, never what to do about it.

pub mod message;

pub use message::{
    Body, Extension, Frame, Gossip, GossipEntry, Header, Kind, LightBody, Message, MessageFlags,
    ModuleMessage, NackReason, NodeFlags, Publication,
};
