//! What a run came to, as `splitvote run --json` prints it (design.md §5).

use std::collections::BTreeMap;

use serde::Serialize;

use crate::base::{Duration, Instant};
use crate::scenario::{LinkView, catalogue, to_link, to_short_link};
use crate::wire::Kind;

use super::properties::PROPERTIES;
use super::{Failover, HostIx, Names, Simulator};

/// A run's report. Times are milliseconds since time zero.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Report {
    /// Its title, or the name it was called by.
    pub scenario: String,
    /// Where its chance started.
    pub seed: u64,
    /// The run as a link, with the end and its digest.
    pub link: String,
    /// On which stage it ran: `sim`, `nodes`, or a server's program.
    pub stage: String,
    /// The digest at the end; only a simulated run has one.
    pub digest: Option<String>,
    /// When it ended.
    pub ended_ms: u64,
    /// Records.
    pub events: u64,
    /// Frames sent, by kind.
    pub messages: BTreeMap<&'static str, u64>,
    /// Failovers that came to an end.
    pub failovers: Vec<FailoverRow>,
    /// From the first fault until every slot was covered for good; null if never.
    pub recovery_ms: Option<u64>,
    /// Clients' writes.
    pub writes: WritesRow,
    /// Epochs whose votes were divided so that nobody won.
    pub split_votes: u64,
    /// Properties that could be judged.
    pub judged: Vec<&'static str>,
    /// Properties that broke.
    pub violations: Vec<ViolationRow>,
    /// What the script expected.
    pub expectations: Vec<ExpectationRow>,
}

/// One failover.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct FailoverRow {
    /// Which shard.
    pub shard: String,
    /// Who was its primary.
    pub from: Option<String>,
    /// Who is.
    pub to: String,
    /// In which epoch.
    pub epoch: u64,
    /// When the old primary went.
    pub down_ms: Option<u64>,
    /// When it was marked failed.
    pub fail_ms: Option<u64>,
    /// When votes were first asked for.
    pub asked_ms: Option<u64>,
    /// When the new one won.
    pub won_ms: u64,
    /// Requests for votes.
    pub rounds: u64,
    /// Refusals that were told.
    pub nacks: u64,
}

/// What became of clients' writes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct WritesRow {
    /// Acknowledged to clients.
    pub acknowledged: u64,
    /// Of those, not held by the primary of their slot.
    pub lost: u64,
}

/// One broken property.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ViolationRow {
    /// Which.
    pub property: String,
    /// When.
    pub at_ms: u64,
    /// On which node.
    pub node: Option<String>,
    /// What was seen.
    pub what: String,
    /// Whether the rules of that node promise the property; an old rule may break it and say so.
    pub promised: bool,
}

/// One `expect` line.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ExpectationRow {
    /// Its words.
    pub text: String,
    /// Its line.
    pub line: u32,
    /// Whether it is so.
    pub met: bool,
}

impl Report {
    /// Whether every expectation is met and no property broke. A script that expects `no broken promises`
    /// has said that others may.
    pub fn good(&self) -> bool {
        let lenient = self.expectations.iter().any(|row| row.text.contains("no broken promises"));
        let broken = self.violations.iter().any(|row| row.promised || !lenient);
        !broken && self.expectations.iter().all(|row| row.met)
    }

    /// The longest time from a primary marked failed to its successor's win.
    pub fn longest_after_fail_ms(&self) -> Option<u64> {
        self.failovers.iter().filter_map(|row| Some(row.won_ms - row.fail_ms?)).max()
    }
}

impl Simulator {
    /// What the run came to so far.
    pub fn report(&mut self) -> Report {
        let expectations = self.expectations();
        self.count_lost();
        let kinds = Kind::ALL.into_iter().map(|kind| (kind.word(), self.messages(kind)));
        Report {
            scenario: self.script.title.clone().unwrap_or_default(),
            seed: self.script.seed,
            link: self.link(),
            stage: "sim".to_owned(),
            digest: Some(self.digest().to_string()),
            ended_ms: self.now.as_millis(),
            events: self.recorder.count,
            messages: kinds.filter(|(_, count)| *count > 0).collect(),
            failovers: self
                .failovers()
                .iter()
                .map(|failover| FailoverRow::of(failover, &self.names))
                .collect(),
            recovery_ms: self.recovery().map(Duration::as_millis),
            writes: WritesRow {
                acknowledged: self.clients.writes.acknowledged,
                lost: self.clients.writes.lost,
            },
            split_votes: self.split_votes(),
            judged: PROPERTIES.iter().map(|property| property.id).collect(),
            violations: self
                .violations()
                .iter()
                .map(|(at, host, violation)| ViolationRow {
                    property: violation.property.clone(),
                    at_ms: at.as_millis(),
                    node: host.map(|host| self.name(host)),
                    what: violation.what.clone(),
                    promised: violation.promised,
                })
                .collect(),
            expectations: expectations
                .into_iter()
                .map(|(line, text, met)| ExpectationRow { text, line, met })
                .collect(),
        }
    }

    /// This run up to now as a link that proves itself by its digest.
    pub fn link(&self) -> String {
        let (high, low) = (self.digest().bits() >> 32, self.digest().bits() & 0xffff_ffff);
        let view =
            LinkView { at: Some(self.now), digest: u32::try_from(high ^ low).ok(), ..LinkView::default() };
        let script = &*self.script;
        catalogue::known(script)
            .map_or_else(|| to_link(script, &view), |builtin| to_short_link(builtin.name, &view))
    }

    /// From the first fault until every slot was covered for good.
    pub fn recovery(&self) -> Option<Duration> {
        let fault = self.first_fault()?;
        let since = self.watch.covered_since.filter(|_| self.watch.covered)?;
        Some(since.since(fault))
    }

    fn name(&self, host: HostIx) -> String {
        self.names.host(host).to_string()
    }
}

impl FailoverRow {
    /// A failover as a row.
    pub fn of(failover: &Failover, names: &Names) -> Self {
        let name = |host| names.host(host).to_string();
        Self {
            shard: failover.shard.to_string(),
            from: failover.from.map(name),
            to: name(failover.to),
            epoch: failover.epoch.0,
            down_ms: failover.down.map(Instant::as_millis),
            fail_ms: failover.fail.map(Instant::as_millis),
            asked_ms: failover.asked.map(Instant::as_millis),
            won_ms: failover.won.as_millis(),
            rounds: failover.rounds,
            nacks: failover.nacks,
        }
    }
}
