//! The workers: hired when there is a job, sent away by dropping the crew.

use std::cell::RefCell;

use js_sys::{Date, Uint8Array};
use splitvote_lab::identity;
use splitvote_lab::messages::{Job, Told, from_bytes, to_bytes};
use wasm_bindgen::JsCast as _;
use wasm_bindgen::closure::Closure;
use web_sys::{ErrorEvent, MessageEvent, Worker, WorkerOptions, WorkerType};
use yew::Callback;

use crate::language::later;

/// Where Trunk puts the worker's loader, beside the page.
const LOADER: &str = "./lab_loader.js";

/// When a worker did not start.
pub const NO_WORKER: &str = later("The worker could not be started. Load the page again, and try once more.");
/// When the server gave a worker of another build.
pub const OTHER_BUILD: &str = later("The worker is of another version than the page. Load the page again.");
/// Workers at one task.
#[derive(Debug)]
pub struct Crew {
    _hands: Vec<Hand>,
}

#[derive(Debug)]
struct Hand {
    worker: Worker,
    _heard: Closure<dyn FnMut(MessageEvent)>,
    _failed: Closure<dyn FnMut(ErrorEvent)>,
}

impl Crew {
    /// A worker for each job. What they say comes with the milliseconds since they were hired.
    pub fn hire(jobs: Vec<Job>, told: &Callback<(Told, f64)>) -> Self {
        let begun = Date::now();
        let hand = |job: Job| {
            let hand = Hand::new(job, begun, told.clone());
            if hand.is_none() {
                told.emit((Told::Wrong(NO_WORKER.to_owned()), 0.0));
            }
            hand
        };
        Self { _hands: jobs.into_iter().filter_map(hand).collect() }
    }

    /// As many as the machine has to spare, but for one, which draws the page; at most four.
    pub fn largest() -> usize {
        let cores = web_sys::window().map_or(2.0, |window| window.navigator().hardware_concurrency());
        let spare = (1..=4_u8).rev().find(|hands| f64::from(*hands) < cores);
        usize::from(spare.unwrap_or(1))
    }
}

impl Hand {
    fn new(job: Job, begun: f64, told: Callback<(Told, f64)>) -> Option<Self> {
        let options = WorkerOptions::new();
        options.set_type(WorkerType::Module);
        let worker = Worker::new_with_options(LOADER, &options).ok()?;
        let (job, hand, wrong) = (RefCell::new(Some(job)), worker.clone(), told.clone());
        let heard = Closure::<dyn FnMut(MessageEvent)>::new(move |event: MessageEvent| {
            let told = match from_bytes(&Uint8Array::new(&event.data()).to_vec()) {
                Ok(Told::Ready(who)) if who == identity() => {
                    if let Some(job) = job.take() {
                        // It fails for a worker that is gone, which then says so itself.
                        let _ = hand.post_message(&Uint8Array::from(to_bytes(&job).as_slice()));
                    }
                    return;
                }
                Ok(Told::Ready(_)) | Err(_) => Told::Wrong(OTHER_BUILD.to_owned()),
                Ok(told) => told,
            };
            wrong.emit((told, Date::now() - begun));
        });
        let failed = Closure::<dyn FnMut(ErrorEvent)>::new(move |_| {
            told.emit((Told::Wrong(NO_WORKER.to_owned()), Date::now() - begun));
        });
        worker.set_onmessage(Some(heard.as_ref().unchecked_ref()));
        worker.set_onerror(Some(failed.as_ref().unchecked_ref()));
        Some(Self { worker, _heard: heard, _failed: failed })
    }
}

impl Drop for Hand {
    fn drop(&mut self) {
        self.worker.set_onmessage(None);
        self.worker.set_onerror(None);
        self.worker.terminate();
    }
}
