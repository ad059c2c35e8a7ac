#![doc = include_str!("../ARCHITECTURE.md")]
#![warn(clippy::float_arithmetic)]

pub mod base;
pub mod cluster;
pub mod node;
pub mod protocol;
pub mod scenario;
pub mod sim;
pub mod wire;
