//! The real thing: clusters of Valkey 9.1.2 and Redis 7.0.15, their bus recorded frame by frame, beside
//! the same script played by the simulator under the matching preset. And frames they once sent, which
//! need no server.
//!
//! A script is played on both stages. What was said is told in the same words by the same function
//! (`tale`); what a real node says must be something that a simulated one says, too. Chance differs on
//! the two stages, so the simulated side is many runs from many seeds.
//!
//! The live tests want servers and half a minute: `cargo xtask test interop` sets up and runs them.
#![cfg(unix)]

mod cluster;
mod golden;
mod live;
mod record;
mod simulated;
mod tale;
