//! Frames that real servers sent, read and written back by our codec. No server is needed.
#![cfg(not(target_family = "wasm"))]

mod golden;
