//! A server for the bundle, on a port of its own.

use std::fs::File;
use std::net::Ipv4Addr;
use std::path::{Component, Path, PathBuf};
use std::sync::Arc;
use std::thread::{self, JoinHandle};

use tiny_http::{Header, Request, Response};

use crate::{Failure, Outcome, target};

/// Serves one folder on 127.0.0.1 until it is dropped.
#[derive(Debug)]
pub struct Server {
    port: u16,
    http: Arc<Http>,
    thread: Option<JoinHandle<()>>,
}

/// `tiny_http`'s server, which has no `Debug` of its own.
struct Http(tiny_http::Server);

impl std::fmt::Debug for Http {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("tiny_http::Server")
    }
}

impl Server {
    /// Serves the release bundle in `target/dist`.
    pub fn of_bundle() -> Outcome<Self> {
        let folder = target("dist");
        let index = folder.join("index.html");
        if !index.is_file() {
            return Err(Failure::Missing { path: index, step: "bundle" });
        }
        Self::of_folder(&folder)
    }

    /// Serves any folder.
    pub fn of_folder(folder: &Path) -> Outcome<Self> {
        let failure = |what: &dyn std::fmt::Display| Failure::Server(what.to_string());
        let http = tiny_http::Server::http((Ipv4Addr::LOCALHOST, 0)).map_err(|error| failure(&error))?;
        let port = http.server_addr().to_ip().ok_or_else(|| failure(&"it has no port"))?.port();
        let http = Arc::new(Http(http));
        let (inner, folder) = (Arc::clone(&http), folder.to_owned());
        let thread =
            thread::spawn(move || inner.0.incoming_requests().for_each(|asked| answer(&folder, asked)));
        Ok(Self { port, http, thread: Some(thread) })
    }

    /// The address of a file; the empty path is the page itself.
    pub fn url(&self, path: &str) -> String {
        format!("http://127.0.0.1:{}/{path}", self.port)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.http.0.unblock();
        if let Some(thread) = self.thread.take() {
            drop(thread.join());
        }
    }
}

fn answer(folder: &Path, asked: Request) {
    let path = asked.url().split(['?', '#']).next().unwrap_or_default();
    let opened = file_of(folder, path).and_then(|file| Some((kind_of(&file), File::open(&file).ok()?)));
    // A browser that closed the connection meanwhile is no failure of the test.
    drop(match opened {
        Some((kind, file)) => match Header::from_bytes("Content-Type", kind) {
            Ok(header) => asked.respond(Response::from_file(file).with_header(header)),
            Err(()) => asked.respond(Response::empty(500)),
        },
        None => asked.respond(Response::empty(404)),
    });
}

/// The file that a path names; nothing outside of the folder has a name.
fn file_of(folder: &Path, path: &str) -> Option<PathBuf> {
    let path = Path::new(path.trim_start_matches('/'));
    let inside = path.components().all(|part| matches!(part, Component::Normal(_)));
    let file = folder.join(path);
    let file = if file.is_dir() { file.join("index.html") } else { file };
    (inside && file.is_file()).then_some(file)
}

/// The media type; a browser streams wasm only under its right name.
fn kind_of(file: &Path) -> &'static str {
    match file.extension().and_then(|kind| kind.to_str()) {
        Some("html") => "text/html; charset=utf-8",
        Some("js") => "text/javascript; charset=utf-8",
        Some("css") => "text/css; charset=utf-8",
        Some("wasm") => "application/wasm",
        Some("svg") => "image/svg+xml",
        Some("png") => "image/png",
        Some("webmanifest" | "json") => "application/json",
        _ => "application/octet-stream",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_server_gives_files_with_their_kind_and_nothing_else() {
        let server = Server::of_folder(Path::new(env!("CARGO_MANIFEST_DIR"))).unwrap();
        let found = ureq::get(server.url("webdriver.json")).call().unwrap();
        assert_eq!(found.headers()["content-type"], "application/json");
        for path in ["nothing.html", "..%2fCargo.toml", "../Cargo.toml"] {
            assert!(ureq::get(server.url(path)).call().is_err(), "{path} is outside");
        }
    }

    #[test]
    fn no_path_leads_out_of_the_folder() {
        let here = Path::new(env!("CARGO_MANIFEST_DIR"));
        assert_eq!(file_of(here, "/../Cargo.toml"), None);
        assert_eq!(file_of(here, "/Cargo.toml"), Some(here.join("Cargo.toml")));
    }
}
