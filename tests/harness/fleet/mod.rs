//! Real nodes as processes on 127.0.0.1: ours, Valkey's, Redis'. Only processes started here are ever ended.

mod cluster;
mod make;
mod ports;
mod process;
pub mod proxy;
mod slot;

pub use cluster::{Fleet, Seat, until};
pub use make::{Make, tool};
pub use ports::Ports;
pub use process::Process;
pub use slot::slot_of;
