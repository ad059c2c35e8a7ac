//! What must be so some time after everything was mended.

use std::collections::BTreeMap;

use super::properties::Checker;
use super::{Simulator, Violation, What};

impl Simulator {
    /// Judges the eventual properties at the end of a run whose faults have ended.
    pub fn judge_liveness(&mut self) {
        let mut broken: Vec<(&str, String)> = Vec::new();
        if !self.covered() {
            broken.push(("L2", "some slot has no primary that all agree on".to_owned()));
        }
        if !self.is_converged() {
            broken.push(("L5", "tables differ".to_owned()));
        }
        let (_, scene) = self.judges();
        if let Some(epoch) = Checker::colliding(scene) {
            broken.push(("L4", format!("two primaries are at config epoch {epoch}")));
        }
        if !self.checker.was_operated()
            && let Some(what) = self.crowded_shard()
        {
            broken.push(("S18", what));
        }
        for (property, what) in broken {
            let violation = Violation { property: property.to_owned(), what };
            self.recorder.push(self.now, None, What::Violation(violation));
        }
    }

    fn crowded_shard(&self) -> Option<String> {
        let mut seen = BTreeMap::new();
        for (host, node) in self.host_numbers().filter_map(|host| Some((host, self.node(host)?))) {
            if node.is_primary()
                && node.view().me().slot_count() > 0
                && let Some(other) = seen.insert(node.shard(), host)
            {
                let (one, other) = (self.names.host(host), self.names.host(other));
                return Some(format!("{other} and {one} are primaries of one shard"));
            }
        }
        None
    }

    /// Interesting places this run came to, and how often.
    pub fn hits(&self) -> impl Iterator<Item = (&'static str, u64)> + '_ {
        self.checker.hits().iter().map(|(what, count)| (*what, *count))
    }
}
