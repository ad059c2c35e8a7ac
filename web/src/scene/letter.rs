//! What a message says: its meaning to the eye, whom it is about, and the whole of it in words.

use splitvote::base::Instant;
use splitvote::sim::Brief;
use splitvote::sim::traffic::{Fate, Message};
use splitvote::wire::{Kind, NackReason};

use super::NodeIndex;
use super::flight::Sort;
use super::story::Cast;
use crate::language::tell;
use crate::words;

/// A message, read.
#[derive(Clone, Debug, PartialEq)]
pub struct Letter {
    /// What it means.
    pub sort: Sort,
    /// The epoch it speaks of.
    pub epoch: u64,
    /// The candidate's name on a ballot, the failed node's on a FAIL.
    pub subject: String,
    /// The number of the reason on a refusal.
    pub reason: Option<u8>,
    /// All of it in words.
    pub words: String,
}

/// What a kind of message means to the eye.
pub fn sort(kind: Kind) -> Sort {
    match kind {
        Kind::Ping | Kind::Pong | Kind::Meet => Sort::Gossip,
        Kind::Fail => Sort::Fail,
        Kind::Update => Sort::Update,
        Kind::AuthRequest => Sort::Request,
        Kind::AuthAck => Sort::Yes,
        Kind::AuthNack => Sort::No,
        _ => Sort::Other,
    }
}

impl Letter {
    /// Reads a message between two nodes.
    pub fn read(brief: &Brief, from: NodeIndex, to: NodeIndex, cast: &Cast) -> Self {
        let name = |at: usize| cast.names.get(at).cloned().unwrap_or_default();
        let (sort, epoch) = (sort(brief.kind), brief.epoch.0);
        let about = brief.about.map(|id| cast.name(id)).unwrap_or_default();
        let (subject, words) = match sort {
            Sort::Request => (name(from), format!("asks for a vote in epoch {epoch}")),
            Sort::Yes => (name(to), format!("gives its vote of epoch {epoch}")),
            Sort::No => {
                let why = brief.reason.map(|reason| reason.to_string()).unwrap_or_default();
                (name(to), format!("refuses its vote in epoch {epoch}: {why}"))
            }
            Sort::Fail => (about.clone(), format!("says that {about} has failed")),
            Sort::Update => (
                about.clone(),
                format!("tells of the newer claim of {about}, epoch {}", brief.config_epoch.0),
            ),
            Sort::Gossip | Sort::Other => {
                (String::new(), format!("{}, current epoch {epoch}", brief.kind.word()))
            }
        };
        Self { sort, epoch, subject, reason: brief.reason.map(NackReason::code), words }
    }

    /// What the paper shows.
    pub fn stamp(&self) -> String {
        match (self.sort, self.reason) {
            (Sort::No, Some(reason)) => format!("⊘{reason}"),
            (Sort::No, None) => "⊘".to_owned(),
            (Sort::Yes, _) => format!("✓{}", self.subject),
            (Sort::Fail, _) => "◆".to_owned(),
            _ => self.subject.clone(),
        }
    }
}

/// One sentence about a message that was kept, as it stands at `now`.
pub fn sentence(message: &Message, cast: &Cast, now: Instant) -> String {
    let (from, to) = (message.from.get(), message.to.get());
    let name = |at: usize| cast.names.get(at).map_or("?", String::as_str);
    let letter = Letter::read(&message.brief, from, to, cast);
    let took = |at: Instant| words::span(at.since(message.sent).as_micros());
    let fate = match message.fate {
        _ if message.ended().is_none_or(|at| at > now) => words::messages::flies(&took(now)),
        Fate::Lost(at) if at == message.sent => words::messages::LOST.to_owned(),
        Fate::Lost(at) => words::messages::lost_after(&took(at)),
        Fate::Waits(at) => words::messages::unread(&took(at)),
        Fate::Read(arrived, read) if read > arrived => {
            words::messages::read_late(&took(arrived), &took(read))
        }
        Fate::Read(at, _) => words::messages::arrived(&took(at)),
        Fate::Flies => String::new(),
    };
    format!("{} → {}: {}. {}", name(from), name(to), tell(&letter.words), tell(&fate))
}
