//! Real nodes of ours beside those who were here first: the tools and clients that people use, and clusters
//! mixed of Valkey 9.1.2, Redis 7.0.15 and our own.
//!
//! `cargo xtask test peers` builds the node, sets up the servers and clients, and runs these.
#![cfg(unix)]

mod alike;
mod clients;
mod data;
mod folder;
mod load;
mod mixed;
mod nack;
mod program;
mod soak;
mod split;
mod stage;
mod tools;
