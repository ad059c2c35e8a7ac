//! What is remembered of a run: its records in order, and a digest of everything that happened.

use std::fmt::{self, Write as _};
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::base::{Instant, NodeId};
use crate::node::Event;
use crate::wire::Kind;

use super::traffic::{Present, Traffic, Trigger};
use super::{Brief, HostIx};

/// Something the world did to a node, or to all of them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", tag = "happening")]
pub enum Happening {
    /// Its process ended.
    Killed,
    /// Its machine lost power.
    PowerCut,
    /// Its process ended because a write to disk failed.
    DiskFailed,
    /// A write to disk failed and its process went on: what it says next is not durable.
    NotSaved,
    /// Its process started again.
    Restarted {
        /// With an empty disk: as a new node.
        wiped: bool,
    },
    /// Its process stands still.
    Paused,
    /// Its process goes on.
    Resumed,
    /// The script or a person did this to the world, in the script's words.
    Acted {
        /// The action.
        action: String,
    },
    /// A node refused an operator's command.
    Refused {
        /// The command and the answer.
        what: String,
    },
}

/// A property that does not hold.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Violation {
    /// Which: `S3`.
    pub property: String,
    /// What was seen.
    pub what: String,
    /// Whether the rules of the node it was seen on promise the property.
    pub promised: bool,
}

/// What a record tells.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", untagged)]
pub enum What {
    /// A node's own word.
    Event(Event),
    /// The world's.
    Happening(Happening),
    /// A property broke.
    Violation(Violation),
}

/// One remembered moment.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Record {
    /// Its place in the run, from 0.
    pub index: u64,
    /// How many steps of the agenda were done when it happened: where to seek.
    pub step: u64,
    /// When.
    pub at: Instant,
    /// On which host; none is the whole world.
    pub host: Option<HostIx>,
    /// What.
    pub what: What,
}

/// How much a run remembers. What it remembers changes nothing of what happens.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Keep {
    /// Counters and the digest only: for sweeps.
    Nothing,
    /// Every record.
    #[default]
    Records,
    /// Every record, and what became of every message.
    Traffic,
}

/// A fingerprint of everything that happened: every record and every frame delivered. Two runs with
/// the same digest are the same run.
#[derive(Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Digest(u64);

impl Default for Digest {
    fn default() -> Self {
        Self(0x9e37_79b9_7f4a_7c15)
    }
}

impl Digest {
    /// All 64 bits.
    pub const fn bits(self) -> u64 {
        self.0
    }

    /// Folds a number in. The constant is that of splitmix64.
    pub(super) const fn fold(&mut self, value: u64) {
        let mixed = (self.0 ^ value).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        self.0 = (mixed ^ (mixed >> 29)).rotate_left(17);
    }

    pub(super) fn fold_text(&mut self, text: &str) {
        for chunk in text.as_bytes().chunks(8) {
            let mut word = [0; 8];
            word[..chunk.len()].copy_from_slice(chunk);
            self.fold(u64::from_le_bytes(word));
        }
        self.fold(text.len() as u64);
    }
}

/// Lets values be folded in as they print, without making a text of them first.
impl fmt::Write for Digest {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        self.fold_text(text);
        Ok(())
    }
}

/// Eight hexadecimal digits: both halves folded into one.
impl fmt::Display for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:08x}", (self.0 >> 32) ^ (self.0 & 0xffff_ffff))
    }
}

impl fmt::Debug for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// The run's memory.
#[derive(Clone, Debug, Default)]
pub(super) struct Recorder {
    pub(super) keep: Keep,
    /// Shared with whoever looks back; a checkpoint lets go of it before it is written to again.
    pub(super) records: Arc<Vec<Record>>,
    pub(super) count: u64,
    pub(super) digest: Digest,
    /// Frames sent, by kind in wire order.
    pub(super) messages: [u64; Kind::ALL.len()],
    pub(super) delivered: u64,
    pub(super) step: u64,
    pub(super) violations: Vec<(Instant, Option<HostIx>, Violation)>,
    /// Only if it is kept.
    pub(super) traffic: Option<Box<Traffic>>,
}

impl Recorder {
    pub(super) fn keeping(keep: Keep) -> Self {
        Self { keep, traffic: (keep == Keep::Traffic).then(Box::default), ..Self::default() }
    }

    /// Begins a turn; what it returns ends it.
    pub(super) fn begin(&mut self, now: Instant, host: Option<HostIx>, trigger: Trigger) -> Option<Present> {
        self.traffic.as_mut().map(|traffic| traffic.begin(now, host, trigger))
    }

    /// Ends a turn.
    pub(super) fn end(&mut self, around: Option<Present>) {
        if let (Some(traffic), Some(around)) = (&mut self.traffic, around) {
            traffic.end(around);
        }
    }

    /// What was on its way is lost.
    pub(super) fn lost(&mut self, now: Instant, packets: impl Iterator<Item = u64>) {
        if let Some(traffic) = &mut self.traffic {
            packets.for_each(|packet| traffic.lost(packet, now));
        }
    }

    pub(super) fn push(&mut self, at: Instant, host: Option<HostIx>, what: What) {
        self.digest.fold(at.as_micros());
        self.digest.fold(host.map_or(u64::MAX, |host| u64::from(host.0)));
        // Writing into a digest cannot fail.
        let _ = match &what {
            What::Event(event) => write!(self.digest, "{event:?}"),
            What::Happening(happening) => write!(self.digest, "{happening:?}"),
            What::Violation(violation) => write!(self.digest, "{violation:?}"),
        };
        if let What::Violation(violation) = &what {
            self.violations.push((at, host, violation.clone()));
        }
        if let Some(traffic) = &mut self.traffic {
            traffic.recorded();
        }
        if self.keep >= Keep::Records {
            Arc::make_mut(&mut self.records).push(Record {
                index: self.count,
                step: self.step,
                at,
                host,
                what,
            });
        }
        self.count += 1;
    }

    pub(super) fn sent(&mut self, kind: Kind) {
        self.messages[kind as usize] += 1;
    }

    pub(super) fn delivered(&mut self, at: Instant, from: HostIx, to: HostIx, brief: &Brief) {
        self.delivered += 1;
        self.digest.fold(at.as_micros());
        self.digest.fold((u64::from(from.0) << 32) | (u64::from(to.0) << 16) | brief.kind as u64);
        self.digest.fold(brief.epoch.0.rotate_left(32) ^ brief.config_epoch.0);
    }
}

impl Happening {
    /// The happening as a line of a trace.
    pub fn tell(&self) -> String {
        match self {
            Self::Killed => "is killed".to_owned(),
            Self::PowerCut => "loses power".to_owned(),
            Self::DiskFailed => "ends: its disk is full".to_owned(),
            Self::NotSaved => "cannot save: its disk is full, it goes on".to_owned(),
            Self::Restarted { wiped: false } => "is restarted".to_owned(),
            Self::Restarted { wiped: true } => "is restarted with an empty disk".to_owned(),
            Self::Paused => "is paused".to_owned(),
            Self::Resumed => "is resumed".to_owned(),
            Self::Acted { action } => action.clone(),
            Self::Refused { what } => format!("refuses: {what}"),
        }
    }
}

impl What {
    /// The record as a line of a trace: a verb, then details.
    pub fn tell(&self, name: &dyn Fn(NodeId) -> String) -> String {
        match self {
            Self::Event(event) => event.tell(name).to_string(),
            Self::Happening(happening) => happening.tell(),
            Self::Violation(violation) => format!("breaks {}: {}", violation.property, violation.what),
        }
    }
}
