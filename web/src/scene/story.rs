//! What has happened so far, folded from the recorded events: races, ballots, marks, lines of the log.

use splitvote::base::ordered;
use std::collections::BTreeMap;

use splitvote::base::NodeId;
use splitvote::node::Event;
use splitvote::protocol::election::RoundEnd;
use splitvote::sim::{Happening, HostIx, Names, Record, Simulator, What};

use super::{Answer, Ballot, Cell, NodeIndex, Phase, Race};
use crate::words;

/// Who takes part, by place and by name.
#[derive(Clone, Debug, Default)]
pub struct Cast {
    /// In the order of [`super::Scene::nodes`].
    pub names: Vec<String>,
    /// Who had a vote at time zero.
    pub voters: Vec<NodeIndex>,
    /// Ids to hosts.
    pub who: Names,
}

impl Cast {
    /// The place of an id.
    pub fn index(&self, id: NodeId) -> Option<NodeIndex> {
        self.who.host_of(id).map(HostIx::get)
    }

    /// The name of an id.
    pub fn name(&self, id: NodeId) -> String {
        self.who.tell(id)
    }

    /// The id behind a place, at present.
    pub fn id(&self, world: &Simulator, at: NodeIndex) -> Option<NodeId> {
        u16::try_from(at).ok().and_then(|at| world.host(HostIx(at))).map(|host| host.id)
    }
}

/// What a line is about, for filters and marks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Theme {
    /// Done by the script or by hand.
    User,
    /// Votes, elections, promotions.
    Vote,
    /// Pfail and fail.
    Failure,
    /// Epochs, slots, who follows whom.
    Claim,
    /// Replication.
    Data,
    /// Whatever else.
    Other,
}

impl Theme {
    /// The theme of an event.
    pub fn of(event: &Event) -> Self {
        match event {
            event if event.is_electoral() => Self::Vote,
            Event::PfailMarked { .. }
            | Event::PfailCleared { .. }
            | Event::FailMarked { .. }
            | Event::FailTold { .. }
            | Event::FailCleared { .. }
            | Event::HealthChanged { .. } => Self::Failure,
            Event::EpochAdopted { .. }
            | Event::ConfigEpochChanged { .. }
            | Event::SlotsMoved { .. }
            | Event::SeenPrimary { .. }
            | Event::SeenReplica { .. }
            | Event::StaleHeader { .. }
            | Event::UpdateSent { .. }
            | Event::Following { .. } => Self::Claim,
            Event::Sync(_) => Self::Data,
            _ => Self::Other,
        }
    }
}

/// One line of the log.
#[derive(Clone, Debug, PartialEq)]
pub struct Line {
    /// When.
    pub at: u64,
    /// Whose.
    pub node: Option<NodeIndex>,
    /// About what.
    pub theme: Theme,
    /// The sentence, without its subject.
    pub text: String,
}

/// What stands on the tape.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum MarkSort {
    /// A person acted.
    User,
    /// A node was declared failed.
    Fail,
    /// Votes were asked for.
    Ask,
    /// A round was lost.
    Lost,
    /// A round was won.
    Won,
    /// A property broke, or an expectation was not met.
    Broken,
}

/// One mark on the tape.
#[derive(Clone, Debug, PartialEq)]
pub struct Mark {
    /// When.
    pub at: u64,
    /// What.
    pub sort: MarkSort,
    /// For the tooltip.
    pub label: String,
}

/// Everything told so far.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Story {
    /// The log.
    pub lines: Vec<Line>,
    /// The tape.
    pub marks: Vec<Mark>,
    /// The moments at which the greatest epoch rose.
    pub epochs: Vec<(u64, u64)>,
    /// The newest try of each candidate.
    pub races: BTreeMap<NodeIndex, Race>,
    /// All ballots of the newest epoch with a vote.
    pub ballots: Vec<Ballot>,
    /// The last sentence worth a caption.
    pub caption: Option<(u64, String)>,
    /// Times someone asked.
    pub rounds: u64,
    /// Promotions.
    pub failovers: u64,
    voters: Vec<NodeIndex>,
    told: usize,
}

impl Story {
    /// An empty story of these nodes, with the epoch at time zero.
    pub fn new(cast: &Cast, epoch: u64) -> Self {
        Self { voters: cast.voters.clone(), epochs: vec![(0, epoch)], ..Self::default() }
    }

    /// How many entries it has told.
    pub fn told(&self) -> usize {
        self.told
    }

    /// Tells one more.
    pub fn tell(&mut self, record: &Record, cast: &Cast) {
        self.told += 1;
        let (at, node) = (record.at.as_micros(), record.host.map(HostIx::get));
        let name = |id: NodeId| cast.name(id);
        let text = record.what.tell(&name);
        match &record.what {
            What::Event(event) => {
                self.lines.push(Line { at, node, theme: Theme::of(event), text });
                if let Some(node) = node {
                    self.fold(at, node, event, cast);
                    if let Some(caption) = words::caption(&cast.names[node], event, &name) {
                        self.caption = Some((at, caption));
                    }
                }
            }
            What::Happening(happening) => {
                if let Happening::Acted { action } = happening {
                    self.mark(at, MarkSort::User, action.clone());
                    self.caption = Some((at, words::acted(action)));
                }
                self.lines.push(Line { at, node, theme: Theme::User, text });
            }
            What::Violation(violation) => {
                self.caption = Some((at, words::broken(&violation.property, &violation.what)));
                self.lines.push(Line { at, node, theme: Theme::Failure, text });
            }
        }
    }

    /// Races to show at `now`, the newest first: all that run, and those that ended in the last seconds.
    pub fn races_at(&self, now: u64) -> Vec<Race> {
        const LINGER: u64 = 20_000_000;
        let mut races: Vec<Race> =
            self.races.values().filter(|race| now.saturating_sub(race.starts) < LINGER).cloned().collect();
        ordered::sort_by_key(&mut races, |race| race.node);
        races
    }

    fn mark(&mut self, at: u64, sort: MarkSort, label: String) {
        self.marks.push(Mark { at, sort, label });
    }

    fn epoch(&mut self, at: u64, epoch: u64) {
        if self.epochs.last().is_none_or(|(_, last)| *last < epoch) {
            self.epochs.push((at, epoch));
        }
    }

    fn fold(&mut self, at: u64, node: NodeIndex, event: &Event, cast: &Cast) {
        let me = cast.names[node].as_str();
        match event {
            Event::FailMarked { node: failed, .. } => {
                self.mark(at, MarkSort::Fail, format!("{} failed", cast.name(*failed)));
            }
            Event::ElectionScheduled { delay, rank, failed_rank, offset, best } => {
                let starts = at + delay.as_micros();
                let race = self.race(node, at, starts);
                race.rank = *rank;
                race.offset = offset.0;
                race.best = *best;
                race.failed_rank = *failed_rank;
            }
            Event::ElectionMoved { delay, rank, failed_rank, best } => {
                if let Some(race) = self.races.get_mut(&node) {
                    race.starts = at + delay.as_micros();
                    (race.rank, race.failed_rank, race.best) = (*rank, *failed_rank, *best);
                }
            }
            Event::VotesAsked { epoch, needed, .. } => {
                self.rounds += 1;
                self.epoch(at, epoch.0);
                self.mark(at, MarkSort::Ask, format!("{me} asks, epoch {epoch}"));
                let voters = self.voters.clone();
                let race = match self.races.get_mut(&node) {
                    Some(race) if race.phase == Phase::Waiting => race,
                    _ => self.race(node, at, at),
                };
                race.phase = Phase::Asking;
                race.starts = at;
                (race.epoch, race.needed) = (epoch.0, *needed);
                let cell = |voter| Cell { voter, truth: Answer::Open, known: Answer::Open };
                race.cells = voters.into_iter().map(cell).collect();
            }
            Event::VoteGranted { candidate, epoch } => {
                self.ballot(node, cast.index(*candidate), epoch.0, None);
            }
            Event::VoteRefused { candidate, epoch, refusal, .. } => {
                let name = |id: NodeId| cast.name(id);
                self.ballot(node, cast.index(*candidate), epoch.0, Some(refusal.tell(&name)));
            }
            Event::AckReceived { voter, epoch, .. } => {
                self.known(node, cast.index(*voter), epoch.0, Answer::Yes);
            }
            Event::NackReceived { voter, epoch, reason, .. } => {
                self.known(node, cast.index(*voter), epoch.0, Answer::No(reason.to_string()));
            }
            Event::RoundLost { epoch, end } => {
                self.mark(at, MarkSort::Lost, format!("{me} loses epoch {epoch}"));
                if let Some(race) = self.races.get_mut(&node)
                    && *end != RoundEnd::Moot
                {
                    race.phase = Phase::Lost(words::round_end(end, &|id| cast.name(id)));
                } else {
                    self.races.remove(&node);
                }
            }
            Event::ElectionWon { epoch, .. } => {
                self.mark(at, MarkSort::Won, format!("{me} wins epoch {epoch}"));
                if let Some(race) = self.races.get_mut(&node) {
                    race.phase = Phase::Won;
                }
            }
            Event::Promoted { instead_of, .. } => {
                self.failovers += 1;
                let old = cast.index(*instead_of);
                self.voters.retain(|voter| Some(*voter) != old && *voter != node);
                self.voters.push(node);
                ordered::sort_by(&mut self.voters, Ord::cmp);
            }
            Event::EpochAdopted { epoch, .. } | Event::ConfigEpochChanged { epoch, .. } => {
                self.epoch(at, epoch.0);
            }
            _ => {}
        }
    }

    fn race(&mut self, node: NodeIndex, scheduled: u64, starts: u64) -> &mut Race {
        let race = Race { node, scheduled, starts, ..Race::default() };
        self.races.insert(node, race);
        self.races.entry(node).or_insert_with(|| unreachable!("just put there"))
    }

    fn ballot(
        &mut self,
        voter: NodeIndex,
        candidate: Option<NodeIndex>,
        epoch: u64,
        refusal: Option<String>,
    ) {
        let Some(candidate) = candidate else { return };
        if self.ballots.first().is_some_and(|ballot| ballot.epoch < epoch) {
            self.ballots.clear();
        }
        let truth = refusal.clone().map_or(Answer::Yes, Answer::No);
        self.ballots.push(Ballot { voter, candidate, epoch, refusal });
        self.cell(candidate, voter, epoch, |cell| cell.truth = truth);
    }

    fn known(&mut self, candidate: NodeIndex, voter: Option<NodeIndex>, epoch: u64, answer: Answer) {
        let Some(voter) = voter else { return };
        self.cell(candidate, voter, epoch, |cell| cell.known = answer);
    }

    fn cell(&mut self, candidate: NodeIndex, voter: NodeIndex, epoch: u64, change: impl FnOnce(&mut Cell)) {
        let race = self.races.get_mut(&candidate).filter(|race| race.epoch == epoch);
        if let Some(cell) = race.and_then(|race| race.cells.iter_mut().find(|cell| cell.voter == voter)) {
            change(cell);
        }
    }
}
