//! The epoch tape: where a moment is, which piece has which epoch, which marks stand where.

use super::breach::Breach;
use super::story::{Mark, MarkSort, Story};

/// A piece of the tape in one epoch, in thousandths of its length.
#[derive(Clone, Debug, PartialEq)]
pub struct Segment {
    /// Left end.
    pub from: f64,
    /// Right end.
    pub to: f64,
    /// The epoch.
    pub epoch: u64,
}

/// The whole tape.
#[derive(Clone, Debug, PartialEq)]
pub struct Tape {
    /// Pieces from left to right, up to what has been run.
    pub segments: Vec<Segment>,
    /// Marks and where they stand, thinned so that none hides another of its sort.
    pub marks: Vec<(f64, Mark)>,
    /// Where the part that was never run begins.
    pub frontier: f64,
    /// Seconds to write under it, and where.
    pub ticks: Vec<(f64, String)>,
    /// What it shows.
    pub window: Window,
}

/// The piece of time that the tape shows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Window {
    /// Its left end.
    pub from: u64,
    /// Its right end.
    pub to: u64,
}

/// Each step of the zoom shows an eighth of the time.
const ZOOM: u32 = 8;
/// Steps of the zoom: the last shows thirty milliseconds of a minute or so.
pub const ZOOMS: u32 = 4;

impl Window {
    /// Shows `now` in a run that ends at `end`: the same window as before as long as the cursor is
    /// well inside of it, so that nothing slides away under a hand.
    #[must_use]
    pub fn follow(self, now: u64, end: u64, zoom: u32) -> Self {
        let span = (end / u64::from(ZOOM.pow(zoom.min(ZOOMS - 1)))).max(1000);
        let rim = span / 12;
        let inside = (self.from == 0 || now >= self.from + rim) && (self.to >= end || now + rim <= self.to);
        if zoom == 0 {
            return Self { from: 0, to: end };
        }
        if self.to - self.from == span && inside && now >= self.from && now <= self.to {
            return self;
        }
        let from = now.saturating_sub(span / 2).min(end.saturating_sub(span));
        Self { from, to: from + span }
    }

    /// Where a moment stands, in percent.
    pub fn place(self, at: u64) -> f64 {
        let (at, from) = (at.clamp(self.from, self.to) - self.from, self.to.saturating_sub(self.from).max(1));
        #[expect(clippy::cast_precision_loss, reason = "a place on the screen")]
        let share = at as f64 / from as f64;
        share * 100.0
    }

    /// The moment at a place, `0.0..=1.0`.
    pub fn moment(self, share: f64) -> u64 {
        self.from + moment(share, self.to - self.from)
    }

    fn shows(self, at: u64) -> bool {
        (self.from..=self.to).contains(&at)
    }
}

fn moment(share: f64, end: u64) -> u64 {
    #[expect(
        clippy::cast_precision_loss,
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a finger is less exact than this"
    )]
    let at = (share.clamp(0.0, 1.0) * end as f64) as u64;
    // Whole milliseconds keep links short, where a finger is no more exact anyway.
    if end > 1_000_000 { at / 1000 * 1000 } else { at }
}

impl Tape {
    /// The tape of a run of which everything until `frontier` is known, and what breaks in all of it.
    pub fn new(story: &Story, breaches: &[Breach], frontier: u64, window: Window) -> Self {
        let mut segments = Vec::new();
        for (at, (from, epoch)) in story.epochs.iter().enumerate() {
            let until = story.epochs.get(at + 1).map_or(frontier, |next| next.0);
            if until >= window.from && *from <= window.to {
                segments.push(Segment { from: window.place(*from), to: window.place(until), epoch: *epoch });
            }
        }
        let mut marks: Vec<(f64, Mark)> = Vec::new();
        let broken = breaches.iter().map(|one| Mark {
            at: one.at,
            sort: MarkSort::Broken,
            label: format!("{}: {}", one.name(), one.statement),
        });
        for mark in story.marks.iter().cloned().chain(broken).filter(|mark| window.shows(mark.at)) {
            let here = window.place(mark.at);
            let crowded =
                marks.iter().rev().any(|(there, other)| other.sort == mark.sort && here - there < 0.8);
            if !crowded {
                marks.push((here, mark));
            }
        }
        Self { segments, marks, frontier: window.place(frontier), ticks: ticks(window), window }
    }
}

/// Moments to write beside a window, and where they stand in percent.
pub fn ticks(window: Window) -> Vec<(f64, String)> {
    const STEPS: [u64; 20] = [
        1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10_000, 20_000, 30_000, 60_000, 120_000,
        300_000, 600_000, 3_600_000,
    ];
    let span = (window.to - window.from) / 1000;
    let step = STEPS.into_iter().find(|step| span / step <= 8).unwrap_or(7_200_000);
    let first = window.from / 1000 / step + 1;
    let label = |ms: u64| match (step.is_multiple_of(1000), step.is_multiple_of(100)) {
        (true, _) => format!("{} s", ms / 1000),
        (_, true) => format!("{}.{} s", ms / 1000, ms % 1000 / 100),
        _ => format!("{}.{:03} s", ms / 1000, ms % 1000),
    };
    let last = window.to / 1000 / step;
    (first..=last)
        .map(|at| at * step)
        .map(|at| (window.place(at * 1000), label(at)))
        .filter(|(place, _)| *place < 93.0)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const WHOLE: Window = Window { from: 0, to: 60_000_000 };

    #[test]
    fn a_place_is_a_moment_and_back() {
        for at in [0, 1000, 4_312_000, 60_000_000] {
            assert_eq!(WHOLE.moment(WHOLE.place(at) / 100.0 + 1e-9), at);
        }
        assert_eq!(WHOLE.moment(7.0), 60_000_000);
    }

    #[test]
    fn the_tape_ends_where_nothing_was_run_yet() {
        let mut story = Story::default();
        story.epochs = vec![(0, 7), (10_000_000, 8)];
        let tape = Tape::new(&story, &[], 20_000_000, Window { from: 0, to: 40_000_000 });
        assert_eq!(tape.segments.len(), 2);
        assert!((tape.segments[1].to - 50.0).abs() < 1e-9 && (tape.frontier - 50.0).abs() < 1e-9);
        assert!(tape.ticks.len() <= 8 && !tape.ticks.is_empty());
    }

    #[test]
    fn a_zoomed_window_stays_until_the_cursor_nears_its_rim() {
        let window = Window::default().follow(30_000_000, 60_000_000, 1);
        assert_eq!(window, Window { from: 26_250_000, to: 33_750_000 });
        assert_eq!(window.follow(31_000_000, 60_000_000, 1), window);
        let moved = window.follow(33_700_000, 60_000_000, 1);
        assert!(moved.from < 33_700_000 && moved.to > 33_800_000 && moved != window);
        assert_eq!(moved.follow(0, 60_000_000, 0), WHOLE);
        assert_eq!(WHOLE.follow(59_999_000, 60_000_000, 2).to, 60_000_000);
    }
}
