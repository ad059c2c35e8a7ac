//! The page's one animation frame loop. It stops with its handle, and the browser stops it while the
//! page is hidden; what was missed then is not caught up.

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use wasm_bindgen::JsCast as _;
use wasm_bindgen::closure::Closure;

type Tick = Closure<dyn FnMut(f64)>;

/// Longer gaps between frames are taken for this: a hidden page must not jump.
const LONGEST: f64 = 100.0;

/// A running loop; dropping it ends it.
pub struct Clock {
    pending: Rc<Cell<Option<i32>>>,
    tick: Rc<RefCell<Option<Tick>>>,
}

impl Clock {
    /// Calls `frame` with the milliseconds since the last frame, sixty times a second or so.
    pub fn start(frame: impl Fn(f64) + 'static) -> Self {
        let pending = Rc::new(Cell::new(None));
        let tick: Rc<RefCell<Option<Tick>>> = Rc::new(RefCell::new(None));
        let (again, next) = (Rc::clone(&tick), Rc::clone(&pending));
        let mut last: Option<f64> = None;
        *tick.borrow_mut() = Some(Closure::new(move |now: f64| {
            next.set(None);
            let gap = last.map_or(0.0, |last| (now - last).clamp(0.0, LONGEST));
            last = Some(now);
            frame(gap);
            next.set(again.borrow().as_ref().and_then(request));
        }));
        pending.set(tick.borrow().as_ref().and_then(request));
        Self { pending, tick }
    }
}

fn request(tick: &Tick) -> Option<i32> {
    web_sys::window()?.request_animation_frame(tick.as_ref().unchecked_ref()).ok()
}

impl Drop for Clock {
    fn drop(&mut self) {
        if let (Some(handle), Some(window)) = (self.pending.take(), web_sys::window()) {
            // Only a handle that has just fired cannot be cancelled, and it holds no tick any more.
            let _ = window.cancel_animation_frame(handle);
        }
        self.tick.borrow_mut().take();
    }
}

/// How far simulated time moves with real time, without losing fractions.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Pace {
    owed: f64,
}

impl Pace {
    /// Simulated microseconds for these real milliseconds at `times / part` of real time.
    pub fn take(&mut self, real_ms: f64, times: u64, part: u64) -> u64 {
        #[expect(clippy::cast_precision_loss, reason = "small factors")]
        let due = self.owed + real_ms * 1000.0 * times as f64 / part as f64;
        let whole = due.floor();
        self.owed = due - whole;
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "whole and not negative")]
        let micros = whole as u64;
        micros
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slow_time_adds_up() {
        let mut pace = Pace::default();
        let sum: u64 = (0..60).map(|_| pace.take(16.0, 1, 1000)).sum();
        assert_eq!(sum, 960);
        assert_eq!(pace.take(16.0, 16, 1), 256_000);
    }
}
