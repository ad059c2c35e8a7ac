#![doc = include_str!("../ARCHITECTURE.md")]
#![warn(clippy::float_arithmetic)]

pub mod base;
pub mod cluster;
#[cfg(feature = "native")]
pub mod native;
pub mod node;
pub mod protocol;
#[cfg(feature = "native")]
pub mod resp;
pub mod scenario;
pub mod sim;
pub mod wire;
