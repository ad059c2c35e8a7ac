//! The clients' protocol, RESP2 and RESP3: requests from bytes, replies to bytes and back. Pure: no sockets.
//!
//! [`Requests`] cuts a stream into requests under the limits that Valkey has; [`Writer`] builds
//! replies in the protocol version a client asked for; [`Replies`] reads them where we are the client. What commands mean is `native`'s part.

pub mod double;
pub mod quotes;
pub mod reply;
pub mod request;
pub mod writer;

pub use double::double;
pub use quotes::{quoted, unquote};
pub use reply::{Replies, Reply, ReplyError, ReplyLimits, take_line};
pub use request::{Limits, Next, ProtocolError, Requests};
pub use writer::{Proto, Writer};
