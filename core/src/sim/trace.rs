//! Records as lines: `NODE TIME verb details`, for people and for golden plays.

use std::fmt;

use crate::node::Event;
use crate::protocol::replication::SyncStep;

use super::{Names, Record, What};

/// Which records a trace shows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Filter {
    /// What the world did, failures, elections, roles, broken properties: what a person would tell.
    #[default]
    Telling,
    /// Everything.
    All,
}

impl Filter {
    /// Whether a record is shown.
    pub fn shows(self, what: &What) -> bool {
        match (self, what) {
            (Self::All, _) | (_, What::Happening(_) | What::Violation(_)) => true,
            (Self::Telling, What::Event(event)) => !matches!(
                event,
                Event::Started
                    | Event::PfailMarked { .. }
                    | Event::PfailCleared { .. }
                    | Event::FailTold { .. }
                    | Event::FailCleared { .. }
                    | Event::Sync(SyncStep::Partial { .. } | SyncStep::Loading)
                    | Event::HealthChanged { .. }
                    | Event::EpochAdopted { .. }
                    | Event::SlotsMoved { .. }
                    | Event::SeenPrimary { .. }
                    | Event::SeenReplica { .. }
                    | Event::UpdateSent { .. }
                    | Event::StaleHeader { .. }
            ),
        }
    }
}

/// One record as a line.
#[derive(Clone, Copy, Debug)]
pub struct Line<'a> {
    /// What happened.
    pub record: &'a Record,
    /// Who is who.
    pub names: &'a Names,
}

/// The world's own doings stand where a node's name would with a `-`.
impl fmt::Display for Line<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let host = self.record.host.map_or_else(|| "-".to_owned(), |host| self.names.host(host).to_string());
        let told = self.record.what.tell(&|id| self.names.tell(id));
        write!(f, "{host:<3} {:>11} {told}", self.record.at.to_string())
    }
}
