//! Where data stands in truth, whatever the nodes think of ids and offsets.
//!
//! A *line* is a sequence of writes that one process appended. A process that appends to data it
//! got from elsewhere starts a new line behind the point it stands at. So a data set is a place on
//! a line, and whether it holds a write is a walk towards the root.

use super::HostIx;

/// How far a data set goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Place {
    line: u32,
    pub(super) offset: u64,
}

#[derive(Clone, Debug)]
struct Line {
    parent: Option<Place>,
    /// The shard whose data it is, by its number in the script.
    shard: u16,
    owner: (HostIx, u32),
    end: u64,
}

/// All lines of a world.
#[derive(Clone, Debug, Default)]
pub(super) struct Histories {
    lines: Vec<Line>,
}

impl Histories {
    /// A line that begins with nothing.
    pub(super) fn root(&mut self, shard: u16, owner: (HostIx, u32), offset: u64) -> Place {
        self.lines.push(Line { parent: None, shard, owner, end: offset });
        Place { line: self.last(), offset }
    }

    /// A process goes on to `end` from where it stands; `shard` counts only if it stands nowhere.
    pub(super) fn append(
        &mut self,
        from: Option<Place>,
        owner: (HostIx, u32),
        shard: u16,
        end: u64,
    ) -> Place {
        let Some(from) = from else { return self.root(shard, owner, end) };
        let line = &mut self.lines[from.line as usize];
        if line.owner == owner && line.end == from.offset {
            line.end = end;
            return Place { offset: end, ..from };
        }
        let shard = line.shard;
        self.lines.push(Line { parent: Some(from), shard, owner, end });
        Place { line: self.last(), offset: end }
    }

    /// Whether a data set at `at` holds everything that one at `what` holds.
    pub(super) fn holds(&self, at: Place, what: Place) -> bool {
        let mut at = at;
        loop {
            if at.line == what.line {
                return at.offset >= what.offset;
            }
            match self.lines[at.line as usize].parent {
                Some(parent) => at = parent,
                None => return false,
            }
        }
    }

    /// Whether two data sets began as the same one.
    pub(super) fn same_root(&self, one: Place, other: Place) -> bool {
        self.root_of(one) == self.root_of(other)
    }

    fn root_of(&self, place: Place) -> u32 {
        let mut line = place.line;
        while let Some(parent) = self.lines[line as usize].parent {
            line = parent.line;
        }
        line
    }

    /// The shard whose data this is.
    pub(super) fn shard_of(&self, place: Place) -> u16 {
        self.lines[place.line as usize].shard
    }

    fn last(&self) -> u32 {
        u32::try_from(self.lines.len() - 1).unwrap_or(u32::MAX)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_promoted_copy_forks_and_loses_what_it_had_not_got() {
        let mut histories = Histories::default();
        let (old, new) = ((HostIx(0), 0), (HostIx(1), 0));
        let copied = histories.append(None, old, 3, 100);
        let lost = histories.append(Some(copied), old, 3, 120);
        let promoted = histories.append(Some(copied), new, 3, 130);
        assert!(histories.holds(promoted, copied) && histories.holds(lost, copied));
        assert!(!histories.holds(promoted, lost));
        assert!(!histories.holds(lost, promoted));
        assert_eq!(histories.shard_of(promoted), 3);
    }

    #[test]
    fn a_restarted_process_does_not_continue_its_old_line() {
        let mut histories = Histories::default();
        let before = histories.append(None, (HostIx(0), 0), 0, 100);
        let after = histories.append(None, (HostIx(0), 1), 0, 200);
        assert!(!histories.holds(after, before));
    }
}
