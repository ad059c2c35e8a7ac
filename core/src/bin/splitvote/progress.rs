//! A bar on the terminal for work that takes over a second; nothing anywhere else.

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

/// How far some work is.
pub(crate) struct Progress {
    bar: ProgressBar,
}

impl Progress {
    /// Work of this length, in the words of `unit`.
    pub(crate) fn new(length: u64, unit: &str) -> Self {
        let bar = ProgressBar::with_draw_target(Some(length), ProgressDrawTarget::hidden());
        let template = format!("{{wide_bar}} {{pos}}/{{len}} {unit}, {{eta}} left");
        if let Ok(style) = ProgressStyle::with_template(&template) {
            bar.set_style(style);
        }
        Self { bar }
    }

    /// Some more is done, or so much is done in all.
    pub(crate) fn reach(&self, position: u64) {
        if self.bar.is_hidden() && self.bar.elapsed().as_secs() >= 1 {
            // Hidden by itself if standard error is no terminal.
            self.bar.set_draw_target(ProgressDrawTarget::stderr());
        }
        self.bar.set_position(position);
    }

    /// Since when it is being done.
    pub(crate) fn elapsed(&self) -> std::time::Duration {
        self.bar.elapsed()
    }

    /// It is done.
    pub(crate) fn finish(&self) {
        self.bar.finish_and_clear();
    }
}
