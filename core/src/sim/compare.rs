//! Two runs of one script under different rules: where they part.

use crate::base::Instant;

use super::Record;

/// The first difference between two runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Parting {
    /// So many records are alike in both, and these are the places of the first that are not. A run
    /// that has no record there ends before the other, or has nothing more to tell.
    pub record: usize,
    /// The moment of the earlier of the two.
    pub at: Instant,
}

/// Where two runs part, judged by what their records tell; nothing if all of it is alike.
///
/// Frames may differ long before: a rule that is announced changes the flags of every heartbeat.
pub fn parting(one: &[Record], other: &[Record]) -> Option<Parting> {
    let alike = |(a, b): &(&Record, &Record)| a.at == b.at && a.host == b.host && a.what == b.what;
    let record = one.iter().zip(other).take_while(alike).count();
    let at = [one, other].into_iter().filter_map(|records| Some(records.get(record)?.at)).min()?;
    Some(Parting { record, at })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sim::{Happening, What};

    fn record(at: u64, what: Happening) -> Record {
        Record { index: 0, step: at, at: Instant::from_millis(at), host: None, what: What::Happening(what) }
    }

    #[test]
    fn runs_part_at_their_first_difference() {
        let [killed, paused] = [Happening::Killed, Happening::Paused];
        let base = [record(1, killed.clone()), record(2, paused.clone())];
        let at = |at| Some(Instant::from_millis(at));
        for (other, parts) in [
            (base.to_vec(), None),
            (vec![record(1, killed.clone())], Some((1, at(2)))),
            (vec![record(1, killed.clone()), record(2, killed.clone())], Some((1, at(2)))),
            (vec![record(1, killed.clone()), record(1, paused)], Some((1, at(1)))),
            (vec![record(3, killed)], Some((0, at(1)))),
        ] {
            let found = parting(&base, &other);
            assert_eq!(found.map(|parting| (parting.record, Some(parting.at))), parts, "{other:?}");
            assert_eq!(parting(&other, &base), found, "either way round");
        }
    }

    #[test]
    fn the_steps_of_the_agenda_do_not_matter() {
        let (one, mut other) = (record(1, Happening::Killed), record(1, Happening::Killed));
        other.step = 99;
        assert_eq!(parting(&[one], &[other]), None);
    }
}
