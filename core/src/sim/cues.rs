//! Where a script is, whatever stage it is played on: its `run` lines one after the other, what it waits
//! for and what it expects.

use crate::base::Instant;
use crate::node::Event;
use crate::scenario::{Run, Script, Statement};

use super::HostIx;
use super::waits::{Cast, Wait};

/// A script that is being played.
#[derive(Clone, Debug, Default)]
pub(crate) struct Cues {
    runs: Vec<Run>,
    /// Which run it is, and when it began.
    run: usize,
    began: Instant,
    /// What ends the present run early.
    pub(crate) until: Option<Wait>,
    /// The `when` lines.
    pub(crate) whens: Vec<Wait>,
    /// The `expect` lines.
    pub(crate) expects: Vec<Wait>,
    /// The last `at` line's moment: no run ends before it.
    last_at: Instant,
    first_fault: Option<Instant>,
}

impl Cues {
    /// A script from its beginning; `enter` is told when each statement of a moment is first due.
    pub(crate) fn new(script: &Script, mut enter: impl FnMut(Instant, usize)) -> Self {
        let mut cues = Self { runs: script.runs(), ..Self::default() };
        for (number, statement) in script.statements.iter().enumerate() {
            match &statement.value {
                Statement::At { at, .. } => {
                    enter(*at, number);
                    cues.wait_for(*at);
                }
                Statement::Every { period, .. } => enter(Instant::ZERO + *period, number),
                Statement::When { condition, .. } => cues.whens.push(Wait::new(condition, Some(number))),
                Statement::Expect { condition, within } => {
                    cues.expects.push(Wait::expected(condition, *within, number));
                }
                Statement::Run(_) => {}
            }
        }
        cues.begin_run(Instant::ZERO);
        cues
    }

    fn begin_run(&mut self, now: Instant) {
        self.began = now;
        self.until = match self.runs.get(self.run) {
            Some(Run::Until { condition, .. }) => Some(Wait::new(condition, None)),
            _ => None,
        };
    }

    /// The present run is over.
    pub(crate) fn end_run(&mut self, now: Instant) {
        self.run += 1;
        self.begin_run(now);
    }

    /// Whether every `run` line is over.
    pub(crate) fn finished(&self) -> bool {
        self.run >= self.runs.len()
    }

    /// When the present run ends at the latest; none if the script is over.
    pub(crate) fn deadline(&self) -> Option<Instant> {
        let span = match self.runs.get(self.run)? {
            Run::For(span) | Run::Until { at_most: span, .. } => *span,
        };
        Some((self.began + span).max(self.last_at))
    }

    /// Whether the present run may end early: nothing is left that the script does at a moment.
    pub(crate) fn may_end(&self, now: Instant) -> bool {
        now >= self.last_at
    }

    /// Something is done at a moment: no run ends before it.
    pub(crate) fn wait_for(&mut self, at: Instant) {
        self.last_at = self.last_at.max(at);
    }

    /// A fault happens.
    pub(crate) fn fault(&mut self, now: Instant) {
        self.first_fault.get_or_insert(now);
    }

    /// When the first fault came.
    pub(crate) fn first_fault(&self) -> Option<Instant> {
        self.first_fault
    }

    /// From when on times of expectations count that no loss starts.
    pub(crate) fn start(&self) -> Instant {
        self.first_fault.unwrap_or(Instant::ZERO)
    }

    /// A node's word: does the script wait for one like it?
    pub(crate) fn hear(&mut self, cast: &dyn Cast, now: Instant, host: HostIx, event: &Event, split: bool) {
        for wait in self.until.iter_mut().chain(&mut self.whens).chain(&mut self.expects) {
            wait.hear(cast, now, host, event, split);
        }
    }

    /// What the script expects, and whether it is so: the line, its text, the verdict. `so` says of one when
    /// [its property](Wait::property) first broke, and whether it holds now.
    pub(crate) fn verdicts(
        &self,
        script: &Script,
        mut so: impl FnMut(&Wait) -> (Option<Instant>, bool),
    ) -> Vec<(u32, String, bool)> {
        let rows = self.expects.iter().filter_map(|wait| {
            let found = script.statements.get(wait.statement?)?;
            let Statement::Expect { within, .. } = &found.value else { return None };
            let (broke, holds) = so(wait);
            Some((found.line, found.value.to_string(), wait.verdict(*within, self.start(), broke, holds)))
        });
        rows.collect()
    }
}

/// When a statement that was due at a moment is due again.
pub(crate) fn again(statement: &Statement, at: Instant) -> Option<Instant> {
    let Statement::Every { period, until, .. } = statement else { return None };
    let next = at + *period;
    until.is_none_or(|until| next <= until).then_some(next)
}
