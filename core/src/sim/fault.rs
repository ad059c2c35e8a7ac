//! Which frames a fault touches.

use crate::wire::Kind;

use super::HostIx;

/// Frames by kind, sender and receiver; an empty list is "any".
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct FrameFilter {
    pub(super) kind: Option<Kind>,
    pub(super) from: Vec<HostIx>,
    pub(super) to: Vec<HostIx>,
}

/// Frames that get lost, and how many more of them; none is all.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct DropRule {
    pub(super) filter: FrameFilter,
    pub(super) left: Option<u32>,
}

impl FrameFilter {
    pub(super) fn matches(&self, kind: Kind, from: HostIx, to: HostIx) -> bool {
        self.kind.is_none_or(|wanted| wanted == kind)
            && (self.from.is_empty() || self.from.contains(&from))
            && (self.to.is_empty() || self.to.contains(&to))
    }
}

impl FrameFilter {
    /// Whether it matches everything that another matches.
    pub(super) fn covers(&self, other: &Self) -> bool {
        let hosts = |wide: &[HostIx], narrow: &[HostIx]| {
            wide.is_empty() || (!narrow.is_empty() && narrow.iter().all(|host| wide.contains(host)))
        };
        self.kind.is_none_or(|kind| other.kind == Some(kind))
            && hosts(&self.from, &other.from)
            && hosts(&self.to, &other.to)
    }
}

impl DropRule {
    /// Whether this frame gets lost; counts it.
    pub(super) fn takes(&mut self, kind: Kind, from: HostIx, to: HostIx) -> bool {
        if self.left == Some(0) || !self.filter.matches(kind, from, to) {
            return false;
        }
        self.left = self.left.map(|left| left - 1);
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rule_of_two_takes_two() {
        let filter = FrameFilter { kind: Some(Kind::AuthAck), from: vec![HostIx(1)], to: Vec::new() };
        let mut rule = DropRule { filter, left: Some(2) };
        let mut takes = |kind, from| rule.takes(kind, HostIx(from), HostIx(9));
        assert!(!takes(Kind::Ping, 1) && !takes(Kind::AuthAck, 2));
        assert!(takes(Kind::AuthAck, 1) && takes(Kind::AuthAck, 1) && !takes(Kind::AuthAck, 1));
    }
}
