//! The one clock.

use crate::base::Instant;

#[expect(clippy::disallowed_types, reason = "the driver is where time comes from")]
type Birth = std::time::Instant;

/// Maps the machine's clocks to the core's time, whose zero is the start of the process.
#[derive(Clone, Copy, Debug)]
pub struct Clock {
    birth: Birth,
    unix_birth_ms: u64,
}

impl Clock {
    /// A clock whose zero is now.
    #[expect(clippy::disallowed_methods, reason = "the driver is where time comes from")]
    #[expect(clippy::disallowed_types, reason = "the driver is where time comes from")]
    pub fn start() -> Self {
        let unix = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap_or_default();
        Self { birth: Birth::now(), unix_birth_ms: u64::try_from(unix.as_millis()).unwrap_or(u64::MAX) }
    }

    /// This moment.
    pub fn now(&self) -> Instant {
        Instant::from_micros(u64::try_from(self.birth.elapsed().as_micros()).unwrap_or(u64::MAX))
    }

    /// Unix milliseconds of the start.
    pub const fn unix_birth_ms(&self) -> u64 {
        self.unix_birth_ms
    }

    /// Unix milliseconds of this moment; they never go back.
    pub fn unix_ms(&self) -> u64 {
        self.unix_birth_ms + self.now().as_millis()
    }

    /// Unix microseconds of this moment.
    pub fn unix_us(&self) -> u64 {
        self.unix_birth_ms * 1000 + self.now().as_micros()
    }

    /// How long to sleep until a moment.
    pub fn until(&self, moment: Instant) -> std::time::Duration {
        std::time::Duration::from_micros(moment.since(self.now()).as_micros())
    }
}
