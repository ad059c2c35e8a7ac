//! Two runs side by side: the same seed and the same deeds, one rule apart; or two branches.

use splitvote::base::rules::SWITCHES;
use splitvote::scenario::Versus;
use splitvote::sim::{Parting, Record, parting};

use super::Session;
use super::branches::BranchIx;
use super::run::Run;
use crate::scene::story::Cast;
use crate::{script_edit, words};

/// What the other run differs in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Against {
    /// A switch or the preset of everyone.
    Rules(Versus),
    /// It is this branch.
    Branch(BranchIx),
}

/// The other run.
#[derive(Clone, Debug)]
pub struct Beside {
    /// What it differs in.
    pub against: Against,
    /// The run.
    pub run: Run,
    /// Where the two part.
    pub parting: Option<Parting>,
}

/// A figure of both runs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Figure {
    /// What is counted.
    pub label: &'static str,
    /// On the left and on the right.
    pub values: [String; 2],
    /// Which side does better, if one does.
    pub better: Option<usize>,
}

impl Session {
    /// The other run, if there is one.
    pub fn beside(&self) -> Option<&Beside> {
        self.beside.as_ref()
    }

    /// Puts a run beside this one, or takes it away.
    pub fn compare(&mut self, against: Option<Against>) -> Result<(), String> {
        self.beside = None;
        let Some(against) = against else { return Ok(()) };
        let text = match &against {
            Against::Rules(Versus::Rule(id, value)) => script_edit::with_switch(self.text(), id, value),
            Against::Rules(Versus::Preset(preset)) => script_edit::with_preset(self.text(), preset),
            Against::Branch(at) => {
                self.branches.all().get(*at).map_or_else(String::new, |branch| branch.text.clone())
            }
        };
        let mut run = Run::new(&text).map_err(|wrong| super::first_mistake(&wrong))?;
        run.seek(self.now());
        let parting = parting(&self.run.outcome().records, &run.outcome().records);
        self.beside = Some(Beside { against, run, parting });
        Ok(())
    }

    /// The comparison of rules that is shown, for the link.
    pub fn versus(&self) -> Option<Versus> {
        match self.beside.as_ref()?.against {
            Against::Rules(versus) => Some(versus),
            Against::Branch(_) => None,
        }
    }

    /// The comparison that is meant if none is named: the votes' refusals, told and untold.
    pub fn usual_comparison(&self) -> Against {
        let value = if self.rule("nack") { "off" } else { "on" };
        Against::Rules(Versus::Rule("nack", value))
    }

    /// What the two sides are called.
    pub fn sides(&self) -> Option<[String; 2]> {
        let beside = self.beside.as_ref()?;
        let (rules, preset) = self.rules();
        Some(match &beside.against {
            Against::Rules(Versus::Rule(id, value)) => {
                let mine =
                    SWITCHES.iter().find(|switch| switch.id == *id).map_or("", |switch| switch.get(&rules));
                [words::side(id, mine), words::side(id, value)]
            }
            Against::Rules(Versus::Preset(other)) => [preset.to_owned(), (*other).to_owned()],
            Against::Branch(at) => [self.branch_name(self.branches.here()), self.branch_name(*at)],
        })
    }

    /// What a branch is called.
    pub fn branch_name(&self, at: BranchIx) -> String {
        match self.branches.all().get(at) {
            Some(branch) if !branch.what.is_empty() => branch.what.clone(),
            _ => words::TRUNK.to_owned(),
        }
    }

    /// What each side does where they part.
    pub fn parting_words(&self) -> Option<(u64, [String; 2])> {
        let beside = self.beside.as_ref()?;
        let parting = beside.parting?;
        let tell = |run: &Run| match run.outcome().records.get(parting.record) {
            Some(record) => sentence(record, run.cast()),
            None => words::NOTHING_MORE.to_owned(),
        };
        Some((parting.at.as_micros(), [tell(&self.run), tell(&beside.run)]))
    }

    /// What both runs come to, in figures.
    pub fn figures(&self) -> Vec<Figure> {
        let Some(beside) = &self.beside else { return Vec::new() };
        figures([&self.run, &beside.run])
    }
}

/// A record as a sentence with its node in front.
fn sentence(record: &Record, cast: &Cast) -> String {
    let text = record.what.tell(&|id| cast.name(id));
    let who = record.host.map(splitvote::sim::HostIx::get).and_then(|at| cast.names.get(at));
    who.map_or_else(|| text.clone(), |who| format!("{who} {text}"))
}

fn figures(runs: [&Run; 2]) -> Vec<Figure> {
    let reports = runs.map(|run| &run.outcome().report);
    let span = |ms: Option<u64>| ms.map_or_else(|| words::NEVER.to_owned(), |ms| words::span(ms * 1000));
    // Less is better everywhere; what never came is worse than anything.
    let of = |label, values: [Option<u64>; 2], tell: &dyn Fn(Option<u64>) -> String| Figure {
        label,
        better: match values.map(|value| value.unwrap_or(u64::MAX)) {
            [one, other] if one == other => None,
            [one, other] => Some(usize::from(other < one)),
        },
        values: values.map(tell),
    };
    let count = |value: Option<u64>| words::number(value.unwrap_or(0));
    let rounds = |of: &splitvote::sim::Report| Some(of.failovers.iter().map(|row| row.rounds).sum());
    vec![
        of("From FAIL to a new primary", reports.map(splitvote::sim::Report::longest_after_fail_ms), &span),
        of("From the fault until all slots are served", reports.map(|of| of.recovery_ms), &span),
        of("Rounds", reports.map(rounds), &count),
        of("Split votes", reports.map(|of| Some(of.split_votes)), &count),
        of("Lost writes", reports.map(|of| Some(of.writes.lost)), &count),
        of("Broken properties", runs.map(|run| u64::try_from(run.outcome().breaches.len()).ok()), &count),
        of("Messages", reports.map(|of| Some(of.messages.values().sum())), &count),
    ]
}
