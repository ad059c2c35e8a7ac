//! What several tests stand on: scripts played to their end, real nodes as processes, and for the browser tests a `WebDriver`
//! client, a server for the bundle, the accessibility rules, and waiting that ends.
//!
//! Nothing here knows what the page shows; that is the tests' part.
#![cfg(not(target_family = "wasm"))]

mod axe;
mod browser;
mod driver;
mod failure;
#[cfg(unix)]
pub mod fleet;
pub mod played;
mod server;
mod wait;

use std::path::PathBuf;

pub use axe::{Violation, axe};
pub use browser::{Browser, Key};
pub use failure::{Failure, Outcome};
pub use server::Server;
pub use wait::wait_until;

/// A path below the repository's `target`, where everything that tests write belongs.
pub fn target(below: &str) -> PathBuf {
    PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../target")).join(below)
}
