//! The ports of a node.

use splitvote::native::stage::Claim;

/// The ports of one node.
#[derive(Clone, Copy, Debug)]
pub struct Ports {
    /// For clients.
    pub client: u16,
    /// For the bus.
    pub bus: u16,
    /// The bus port that it announces: a proxy's, or `bus`.
    pub announced: u16,
}

/// A port that is ours, whether we listen on it or not, until this is dropped.
pub(super) fn claim() -> Claim {
    Claim::take().expect("a machine has free ports")
}

impl Ports {
    /// The ports of a node that uses a claimed one.
    pub(super) const fn of(claim: &Claim) -> Self {
        Self { client: claim.port, bus: claim.bus(), announced: claim.bus() }
    }
}
