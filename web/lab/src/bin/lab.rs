//! The worker's entry.

fn main() {
    #[cfg(target_family = "wasm")]
    worker::listen();
}

#[cfg(target_family = "wasm")]
mod worker {
    use gloo_timers::callback::Timeout;
    use js_sys::{Date, Uint8Array};
    use splitvote_lab::messages::{Told, from_bytes, to_bytes};
    use splitvote_lab::work::Work;
    use wasm_bindgen::JsCast as _;
    use wasm_bindgen::closure::Closure;
    use web_sys::{DedicatedWorkerGlobalScope, MessageEvent};

    /// So many milliseconds of work lie between two turns of the browser, which ends a worker there.
    const PIECE: f64 = 50.0;
    /// So many milliseconds lie between two words, and the page looks ten times a second.
    const WORD: f64 = 100.0;

    /// Waits for a job.
    pub(crate) fn listen() {
        let heard = Closure::<dyn FnMut(MessageEvent)>::new(|event: MessageEvent| {
            let bytes = Uint8Array::new(&event.data()).to_vec();
            match from_bytes(&bytes).and_then(Work::begin) {
                Ok(work) => go_on(work, Date::now()),
                Err(why) => say(&Told::Wrong(why)),
            }
        });
        scope().set_onmessage(Some(heard.as_ref().unchecked_ref()));
        // It listens as long as the worker lives.
        heard.forget();
        say(&Told::Ready(splitvote_lab::identity()));
    }

    fn scope() -> DedicatedWorkerGlobalScope {
        js_sys::global().unchecked_into()
    }

    fn say(told: &Told) {
        // It fails for a page that is gone.
        let _ = scope().post_message(&Uint8Array::from(to_bytes(told).as_slice()));
    }

    /// One piece, and the next as soon as the browser had its turn.
    fn go_on(mut work: Work, mut last: f64) {
        let begun = Date::now();
        let mut more = true;
        while more && Date::now() - begun < PIECE {
            more = work.step(&mut |told| {
                let ends = matches!(told, Told::Hunted(_));
                if ends || Date::now() - last >= WORD {
                    last = Date::now();
                    say(told);
                }
            });
        }
        if !more || Date::now() - last >= WORD {
            last = Date::now();
            work.news().iter().for_each(say);
        }
        if more {
            Timeout::new(0, move || go_on(work, last)).forget();
        } else {
            say(&Told::Done);
        }
    }
}
