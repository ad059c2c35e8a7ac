//! The world itself, and its one loop.

use std::sync::Arc;

use crate::base::{Instant, Rng, ShardId};
use crate::node::Event;
use crate::scenario::Script;

use super::agenda::{Agenda, Step};
use super::client::Clients;
use super::director::Director;
use super::history::Histories;
use super::host::{Host, Input, Power};
use super::network::Network;
use super::properties::{Checker, Property, Scene};
use super::record::Recorder;
use super::traffic::Trigger;
use super::watch::Watch;
use super::{Happening, HostIx, Names, ShardView, What};

/// A deterministic world. Cloning it clones the whole future.
#[derive(Clone, Debug)]
pub struct Simulator {
    pub(super) script: Arc<Script>,
    pub(super) seed: Rng,
    pub(super) now: Instant,
    pub(super) agenda: Agenda,
    pub(super) network: Network,
    pub(super) hosts: Vec<Host>,
    pub(super) names: Names,
    pub(super) shards: Vec<ShardView>,
    pub(super) shard_ids: Vec<ShardId>,
    pub(super) histories: Histories,
    pub(super) clients: Clients,
    pub(super) recorder: Recorder,
    pub(super) watch: Watch,
    pub(super) director: Director,
    pub(super) checker: Checker,
}

impl Simulator {
    /// Does the next thing that happens. False if nothing ever will.
    pub fn step(&mut self) -> bool {
        self.step_within(Instant::MAX)
    }

    /// Does everything up to and including this moment, and makes it the present.
    pub fn play(&mut self, until: Instant) {
        while self.step_within(until) {}
        self.now = self.now.max(until);
    }

    /// Does the next thing that happens, unless that is after a moment. Entries of the agenda that are
    /// out of date are no things that happen: what is behind them may be too late again.
    fn step_within(&mut self, limit: Instant) -> bool {
        loop {
            let (due, deadline) = (self.next_due(), self.deadline());
            if let Some(deadline) = deadline.filter(|end| *end <= limit && due.is_none_or(|due| due > *end)) {
                self.now = self.now.max(deadline);
                self.end_run();
                return true;
            }
            if due.is_none_or(|due| due > limit) {
                return false;
            }
            let Some((at, step)) = self.agenda.pop() else { return false };
            self.now = self.now.max(at);
            if self.dispatch(step) {
                self.recorder.step += 1;
                self.look_around();
                return true;
            }
        }
    }

    /// Does one entry of the agenda. False if it was out of date and nothing happened.
    fn dispatch(&mut self, step: Step) -> bool {
        let (host, trigger) = origin(&step);
        let around = self.recorder.begin(self.now, host, trigger);
        let done = self.take(step);
        self.recorder.end(around);
        done
    }

    fn take(&mut self, step: Step) -> bool {
        match step {
            Step::Statement(number) => self.statement(number),
            Step::Arrive(conn, side) => return self.arrive(conn, side),
            Step::Timer(host, token) => return self.wake(host, token),
            Step::Synced(host, incarnation) => return self.synced(host, incarnation),
            Step::Patience(host, conn) => return self.lose_patience(host, conn),
            Step::Loaded(host, conn) => self.deliver(host, Input::Loaded(conn)),
            Step::GiveUp(moved) => return self.give_up(*moved),
            Step::Resume(host) => self.catch_up(host),
            Step::ClientTurn => self.client_turn(),
            Step::WriteArrives(host, write) => self.write_arrives(host, write),
            Step::WriteAnswered(write) => self.write_answered(write),
        }
        true
    }

    fn wake(&mut self, host: HostIx, token: u64) -> bool {
        let now = self.now;
        let found = &mut self.hosts[host.get()];
        if found.timer.is_none_or(|(_, waited_for)| waited_for != token) {
            return false;
        }
        found.timer = None;
        // A paused or writing process is woken when it goes on: `rearm` sees that the moment is past.
        if found.power != Power::Up || found.busy {
            return false;
        }
        if let Some(node) = &mut found.node {
            node.handle_timeout(now);
        }
        self.drain(host);
        true
    }

    /// Hands an input to a process, or lets it wait where the kernel would.
    pub(super) fn deliver(&mut self, host: HostIx, input: Input) {
        let found = &mut self.hosts[host.get()];
        match found.power {
            Power::Up if !found.busy && found.inbox.is_empty() => self.handle(host, input),
            Power::Up | Power::Paused => found.inbox.push_back(input),
            Power::Down | Power::Off => {}
        }
    }

    /// Lets a process that was held up catch up: first what waits, in order, then what time asks.
    pub(super) fn catch_up(&mut self, host: HostIx) {
        self.drain(host);
        loop {
            let found = &mut self.hosts[host.get()];
            if found.power != Power::Up || found.busy {
                return;
            }
            let Some(input) = found.inbox.pop_front() else { break };
            self.handle(host, input);
        }
        self.rearm(host);
    }

    /// Sees to it that the agenda wakes the node when it wants.
    pub(super) fn rearm(&mut self, host: HostIx) {
        let now = self.now;
        let found = &mut self.hosts[host.get()];
        if found.busy || found.power != Power::Up {
            return;
        }
        let Some((at, _)) = found.node.as_ref().and_then(|node| node.poll_timeout()) else { return };
        if found.timer.is_some_and(|(armed, _)| armed == at) {
            return;
        }
        found.tokens += 1;
        found.timer = Some((at, found.tokens));
        self.agenda.enter(at.max(now), Step::Timer(host, found.tokens));
    }

    /// Remembers a node's word.
    pub(super) fn note(&mut self, host: HostIx, event: Event) {
        self.watch.event(&event);
        self.heard(host, &event);
        let (checker, scene) = self.judges();
        checker.event(scene, host, &event);
        self.recorder.push(self.now, Some(host), What::Event(event));
    }

    /// The judges, and what they may look at.
    pub(super) fn judges(&mut self) -> (&mut Checker, Scene<'_>) {
        let scene =
            Scene { now: self.now, hosts: &self.hosts, names: &self.names, histories: &self.histories };
        (&mut self.checker, scene)
    }

    /// Remembers what the judges found.
    pub(super) fn sentence(&mut self) {
        if self.checker.is_quiet() {
            return;
        }
        for (host, mut violation) in self.checker.take() {
            let found = Property::named(&violation.property);
            let node = self.hosts[host.get()].node.as_ref();
            let promises = |property: &Property| node.is_none_or(|node| property.is_claimed(node.rules()));
            violation.promised = found.is_none_or(promises);
            self.recorder.push(self.now, Some(host), What::Violation(violation));
        }
    }

    /// Whether the rules of all nodes promise a property.
    pub(super) fn promises(&self, property: &str) -> bool {
        let mut nodes = self.hosts.iter().filter_map(|host| host.node.as_ref());
        Property::named(property).is_none_or(|property| nodes.all(|node| property.is_claimed(node.rules())))
    }

    /// Remembers what the world did.
    pub(super) fn happened(&mut self, host: Option<HostIx>, happening: Happening) {
        self.watch.dirty = true;
        self.recorder.push(self.now, host, What::Happening(happening));
    }
}

/// What a step is, to those who ask why.
fn origin(step: &Step) -> (Option<HostIx>, Trigger) {
    match step {
        Step::Statement(_) => (None, Trigger::Script),
        Step::Arrive(..) => (None, Trigger::Link),
        Step::Timer(host, _) | Step::Synced(host, _) | Step::Resume(host) => (Some(*host), Trigger::Timer),
        Step::Patience(host, _) | Step::Loaded(host, _) => (Some(*host), Trigger::Data),
        Step::GiveUp(_) => (None, Trigger::Command),
        Step::ClientTurn | Step::WriteArrives(..) | Step::WriteAnswered(_) => (None, Trigger::Client),
    }
}
