//! Many seeds of one script: exact counts, and the figures read off them.
//!
//! A [`Sweep`] holds a [`Tally`] for each [`Variant`]. Tallies are counts of values and nothing else, so
//! adding them up gives the same in any order: one thread or many, one machine or [`Part`]s of many, the
//! command line or the page. [`Summary`] is what a reader gets; it is worked out from counts in integers
//! alone, and its fractions are integers divided at the very end.
//!
//! What is *not* here: threads, files, terminals.

mod counts;
mod csv;
mod figures;
mod part;
mod rate;
mod summary;
mod tally;
mod variant;

pub use counts::{Bar, Counts, Scale, Spread};
pub use figures::{COUNTED, Counted, FIGURES, Figure, Seen};
pub use part::{MergeError, Part, Share, VariantPart};
pub use rate::Rate;
pub use summary::{ExpectationRate, FirstViolation, Summary, Sweep, VariantSummary};
pub use tally::Tally;
pub use variant::{MOST_VARIANTS, Variant, VaryError, variants};
