//! Data on its way into memory, a slice of time at a time: in between the bus is heard and clients are told to
//! wait.

use std::cell::Cell;
use std::io::Read;
use std::rc::Rc;
use std::time::Duration;

use crate::base::{Duration as Span, Instant};

use super::clock::Clock;
use super::rdb::{Loader, RdbError, Snapshot};
use super::server::{Server, Shared, sleep};

/// For how long the node does nothing else.
const SLICE: Span = Span::from_millis(20);

/// What clients are told meanwhile, in Valkey's words.
pub const LOADING: &str = "LOADING Valkey is loading the dataset in memory";

/// How far it is. Who loads holds it; when it is gone, nothing is being loaded.
#[derive(Debug)]
pub struct Progress {
    /// When it began.
    pub begun: Instant,
    /// Bytes there are.
    pub total: u64,
    /// Bytes that are done with.
    pub done: Cell<u64>,
    /// Keys that were found.
    pub keys: Cell<usize>,
    clock: Clock,
    /// When others are to be heard.
    due: Cell<Instant>,
    /// How long is to be waited by the wish of `key-load-delay`, in microseconds.
    owed: Cell<u64>,
}

impl Server {
    /// Tells everybody that data is being loaded, until what this returns is dropped.
    pub fn begin_loading(&mut self, total: u64) -> Rc<Progress> {
        let now = self.now();
        let progress = Rc::new(Progress {
            begun: now,
            total,
            done: Cell::new(0),
            keys: Cell::new(0),
            clock: self.clock,
            due: Cell::new(now + SLICE),
            owed: Cell::new(0),
        });
        self.loading = Rc::downgrade(&progress);
        progress
    }
}

impl Progress {
    /// Lets others be heard if it is time. `delay` is what the operator wants to lose, in microseconds.
    pub async fn breathe(&self, delay: u64) {
        let owed = self.owed.get() + delay;
        self.owed.set(owed);
        // A timer of the runtime counts whole milliseconds.
        if owed >= 1000 {
            self.owed.set(0);
            sleep(Duration::from_micros(owed)).await;
        } else if self.clock.now() >= self.due.get() {
            tokio::task::yield_now().await;
        } else {
            return;
        }
        self.due.set(self.clock.now() + SLICE);
    }
}

/// Reads a snapshot from where the input stands, while others are heard.
pub async fn load(server: &Shared, progress: &Progress, input: impl Read) -> Result<Snapshot, RdbError> {
    let mut loader = Loader::new(input);
    let before = progress.done.get();
    while loader.step()? {
        progress.done.set(before + loader.position());
        let keys = loader.keys();
        let found = keys > progress.keys.replace(keys);
        let delay = if found { server.borrow().options.key_load_delay } else { 0 };
        progress.breathe(delay).await;
    }
    Ok(loader.finish())
}
