//! The whole page in a headless Chromium: the release bundle, served as any web server would.
#![cfg(not(target_family = "wasm"))]

mod compare;
mod cost;
mod editor;
mod files;
mod front;
mod lab;
mod lessons;
mod modes;
mod museum;
mod native;
mod offline;
mod page;
mod play;
mod rules;
mod stranger;
mod tools;
mod views;
