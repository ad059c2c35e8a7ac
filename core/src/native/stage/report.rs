//! What a run came to, in the form in which the simulation tells it.

use std::collections::BTreeSet;

use crate::base::{Duration, Instant, Rules};
use crate::scenario::{LinkView, Program, PropertyId, catalogue, to_link, to_short_link};
use crate::sim::properties::Property;
use crate::sim::{ExpectationRow, FailoverRow, Report, ViolationRow, WritesRow};

use super::judge::{JUDGED, row};
use super::{Orders, Played, Shared, Stage, StageError, refuse, write};

/// Ends the clients, counts what is lost, and judges.
pub(super) async fn played(stage: &Shared, orders: &Orders) -> Result<Played, StageError> {
    stage.borrow_mut().writers.over = true;
    stage.borrow_mut().look_around()?;
    let ended = stage.borrow().now();
    let lost = write::count_lost(stage).await;
    let mut stage = stage.borrow_mut();
    stage.director.lost = Some(lost);
    let report = stage.report(orders, ended, lost);
    let mut records = std::mem::take(&mut stage.records);
    records.sort_by_key(|record| record.at);
    let mut notes = std::mem::take(&mut stage.notes);
    notes.extend(refuse::unused(&stage.script, stage.seats.iter().map(|seat| &seat.make)));
    if orders.keep {
        notes.push(format!("logs and files of the nodes are in {}", orders.folder.display()));
    }
    let programs: BTreeSet<String> = stage.seats.iter().map(|seat| seat.make.name()).collect();
    let programs = programs.into_iter().collect::<Vec<_>>().join(" and ");
    Ok(Played { report, programs, records, names: stage.names.clone(), notes })
}

impl Stage {
    fn report(&self, orders: &Orders, ended: Instant, lost: u64) -> Report {
        let everywhere = orders.everywhere.as_ref().map(|path| path.display().to_string());
        let script = &*self.script;
        let view = LinkView::default();
        let link = catalogue::known(script)
            .map_or_else(|| to_link(script, &view), |builtin| to_short_link(builtin.name, &view));
        Report {
            scenario: script.title.clone().unwrap_or_default(),
            seed: script.seed,
            link,
            stage: everywhere.unwrap_or_else(|| "nodes".to_owned()),
            digest: None,
            ended_ms: ended.as_millis(),
            events: self.director.events,
            messages: self.judge.messages(),
            failovers: self.ledger.failovers.iter().map(|row| FailoverRow::of(row, &self.names)).collect(),
            recovery_ms: self.recovery().map(Duration::as_millis),
            writes: WritesRow { acknowledged: self.writers.acknowledged(), lost },
            split_votes: self.ledger.split_votes,
            judged: JUDGED.to_vec(),
            violations: self.broken(),
            expectations: self.expectations(),
        }
    }

    fn recovery(&self) -> Option<Duration> {
        let fault = self.director.cues.first_fault()?;
        let since = self.director.covered_since.filter(|_| self.director.covered)?;
        Some(since.since(fault))
    }

    /// Properties that broke, and whether the rules of the node promise them.
    pub(super) fn broken(&self) -> Vec<ViolationRow> {
        let broken = self.judge.broken(&self.names);
        let rows = broken.iter().map(|found| {
            let (property, _, host, _) = found;
            let seat = self.seat(*host);
            let rules = match seat.make.program {
                Program::Splitvote => Some(seat.rules),
                _ => seat.make.preset().and_then(|preset| Rules::preset(preset).ok()),
            };
            let promised = Property::named(property)
                .is_some_and(|property| rules.is_some_and(|rules| property.is_claimed(&rules)));
            row(found, &self.names, promised)
        });
        rows.collect()
    }

    /// When a property first broke.
    pub(super) fn broke_at(&self, property: PropertyId) -> Option<Instant> {
        let property = property.to_string();
        let broken = self.judge.broken(&self.names);
        broken.iter().filter(|(id, ..)| *id == property).map(|(_, at, ..)| *at).min()
    }

    fn expectations(&self) -> Vec<ExpectationRow> {
        let rows = self.director.cues.verdicts(&self.script, |wait| {
            let broke = wait.property().and_then(|property| self.broke_at(property));
            (broke, self.holds(wait))
        });
        rows.into_iter().map(|(line, text, met)| ExpectationRow { text, line, met }).collect()
    }
}
