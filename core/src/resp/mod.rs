//! The clients' protocol, RESP2 and RESP3: requests from bytes, replies to bytes. Pure: no sockets.
//!
//! [`Requests`] cuts a stream into requests under the limits that Valkey has; [`Writer`] builds
//! replies in the protocol version a client asked for. What commands mean is `native`'s part.

pub mod request;
pub mod writer;

pub use request::{Limits, Next, ProtocolError, Requests};
pub use writer::{Proto, Writer};
