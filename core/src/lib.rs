//! A failover core that speaks the Valkey cluster bus: deterministic and without I/O.

#![warn(clippy::float_arithmetic)]

pub mod base;
pub mod cluster;
pub mod node;
pub mod protocol;
pub mod scenario;
pub mod sim;
pub mod wire;
