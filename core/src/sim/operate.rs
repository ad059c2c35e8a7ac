//! The verbs: what a script or a person does to the world. Each action takes effect at once, on the
//! nodes its selectors mean at that moment.

use std::sync::Arc;

use crate::base::{Duration, NodeId, Offset, ShardId, SlotSet};
use crate::cluster::NodesConf;
use crate::node::{Command, FailoverMode as Mode, ReplicationInput};
use crate::scenario::{
    Action, FailoverMode, Hand, MessageFilter, RuleLine, Selector, SetLine, Settings, Share,
};

use super::agenda::{Move, Step};
use super::fault::{DropRule, FrameFilter};
use super::host::{Input, Power};
use super::network::Way;
use super::traffic::Trigger;
use super::{Happening, HostIx, Simulator, Wall};

impl Simulator {
    /// Does something to the world now.
    pub(super) fn act(&mut self, action: &Action) {
        let around = self.recorder.begin(self.now, None, Trigger::Script);
        self.carry_out(action);
        self.recorder.end(around);
    }

    fn carry_out(&mut self, action: &Action) {
        self.happened(None, Happening::Acted { action: action.to_string() });
        if is_fault(action) {
            self.director.cues.fault(self.now);
        }
        match action {
            Action::Kill(nodes) => self.each(nodes, Self::kill),
            Action::Restart { nodes, wiped } => self.each(nodes, |world, host| world.restart(host, *wiped)),
            Action::PowerCut(nodes) => self.each(nodes, Self::power_cut),
            Action::Pause(nodes) => self.each(nodes, Self::pause),
            Action::Resume(nodes) => self.each(nodes, Self::resume),
            Action::Cut(groups) => self.cut(groups),
            Action::CutOneWay { from, to } => {
                let (from, to) = (self.select_all(from), self.select_all(to));
                self.wall(&from, &to);
                self.network.walls.push(Wall::OneWay { from, to });
            }
            Action::Heal => self.heal(),
            Action::Slow { from, to, by } => self.ways(from, to, |way| way.slow = *by),
            Action::Lose { from, to, share } => self.ways(from, to, |way| way.lose = *share),
            Action::Duplicate { from, to, share } => self.ways(from, to, |way| way.duplicate = *share),
            Action::Drop { filter, times } => {
                let filter = self.filter(filter);
                self.network.drops.push(DropRule { filter, left: *times });
            }
            Action::Handle { message, hand } => self.handle_one(message, *hand),
            Action::Hold(filter) => {
                let filter = self.filter(filter);
                self.network.holds.push(filter);
            }
            Action::Release(filter) => {
                let filter = self.filter(filter);
                self.network.holds.retain(|held| !filter.covers(held));
                self.unstall();
            }
            Action::Failover { node, mode } => {
                let mode = match mode {
                    FailoverMode::Graceful => Mode::Default,
                    FailoverMode::Force => Mode::Force,
                    FailoverMode::Takeover => Mode::Takeover,
                };
                if mode == Mode::Takeover {
                    self.checker.operated(false);
                }
                self.each(&[*node], |world, host| world.command(host, Command::Failover(mode)));
            }
            Action::Replicate { node, primary } => {
                if let Some(primary) = self.select(*primary).first().map(|host| self.id_of(*host)) {
                    self.each(&[*node], |world, host| world.command(host, Command::Replicate(primary)));
                }
            }
            Action::MoveSlots { slots, from, to } => self.move_slots(slots.as_ref(), *from, *to),
            Action::Forget { node, on } => self.forget(*node, on),
            Action::Reset { node, hard } => {
                self.each(&[*node], |world, host| {
                    // What a simulated node ever wrote it still holds.
                    let node = world.hosts[host.get()].node.as_ref();
                    let holds_data = node.is_some_and(|node| node.offset() > Offset::ZERO);
                    world.command(host, Command::Reset { hard: *hard, holds_data });
                });
            }
            Action::Meet { node, with } => {
                if let Some(address) = self.select(*with).first().map(|host| self.hosts[host.get()].address) {
                    self.each(&[*node], |world, host| world.command(host, Command::Meet(address)));
                }
            }
            Action::Write { count, to } => self.write_many(*count, *to),
            Action::Lag { nodes, by } => {
                self.each(nodes, |world, host| world.hosts[host.get()].data.lag = *by);
            }
            Action::Disk { nodes, state } => {
                self.each(nodes, |world, host| world.hosts[host.get()].disk.state = *state);
            }
            Action::Set(line) => self.set(line),
            Action::Rules(line) => self.set_rules(line),
        }
    }

    fn each(&mut self, nodes: &[Selector], mut verb: impl FnMut(&mut Self, HostIx)) {
        for host in self.select_all(nodes) {
            verb(self, host);
        }
    }

    fn id_of(&self, host: HostIx) -> NodeId {
        self.hosts[host.get()].id
    }

    fn kill(&mut self, host: HostIx) {
        if self.hosts[host.get()].node.is_some() {
            self.stop(host, Power::Down, Happening::Killed);
        }
    }

    fn power_cut(&mut self, host: HostIx) {
        if self.hosts[host.get()].power != Power::Off {
            self.stop(host, Power::Off, Happening::PowerCut);
        }
    }

    pub(super) fn stop(&mut self, host: HostIx, power: Power, happening: Happening) {
        self.happened(Some(host), happening);
        self.director.stopped(host, self.now);
        self.checker.stopped(host);
        let unread = self.hosts[host.get()].inbox.iter().filter_map(Input::packet);
        self.recorder.lost(self.now, unread);
        self.hosts[host.get()].stop(power);
        self.drop_connections(host, power == Power::Off);
    }

    /// Starts a process again. Its data set is gone, as Valkey's is without persistence: if nobody took
    /// its place meanwhile, its replicas will copy nothing. A running process is ended first.
    fn restart(&mut self, host: HostIx, wiped: bool) {
        self.kill(host);
        let found = &mut self.hosts[host.get()];
        found.incarnation += 1;
        if wiped {
            let mut chance = found.chance("identity");
            let id = super::names::node_id(found.name, &mut chance);
            let conf = NodesConf::fresh(id, ShardId::random(&mut chance), found.address);
            found.wipe(conf);
            self.names.add_node(id, host);
        }
        self.happened(Some(host), Happening::Restarted { wiped });
        self.director.started(host);
        self.hosts[host.get()].start(self.now);
        self.unstall();
        self.drain(host);
    }

    fn pause(&mut self, host: HostIx) {
        if self.hosts[host.get()].power == Power::Up {
            self.happened(Some(host), Happening::Paused);
            self.director.stopped(host, self.now);
            self.hosts[host.get()].power = Power::Paused;
        }
    }

    fn resume(&mut self, host: HostIx) {
        if self.hosts[host.get()].power == Power::Paused {
            self.happened(Some(host), Happening::Resumed);
            let found = &mut self.hosts[host.get()];
            found.power = Power::Up;
            if found.node.as_ref().is_some_and(|node| node.rules().cron_before_new_links) {
                found.cron_before_new_links();
            }
            self.catch_up(host);
        }
    }

    fn cut(&mut self, groups: &[Vec<Selector>]) {
        let groups: Vec<Vec<HostIx>> = groups.iter().map(|group| self.select_all(group)).collect();
        for (at, one) in groups.iter().enumerate() {
            for other in &groups[at + 1..] {
                self.wall(one, other);
                self.wall(other, one);
            }
        }
        self.network.walls.push(Wall::Between(groups));
    }

    fn wall(&mut self, from: &[HostIx], to: &[HostIx]) {
        for sender in from {
            for receiver in to.iter().filter(|receiver| *receiver != sender) {
                self.network.way_mut(*sender, *receiver).cut = true;
            }
        }
    }

    fn heal(&mut self) {
        for way in self.network.ways_mut() {
            way.cut = false;
            way.slow = Duration::ZERO;
            (way.lose, way.duplicate) = (Share::NONE, Share::NONE);
        }
        self.network.walls.clear();
        self.network.drops.clear();
        self.network.holds.clear();
        self.unstall();
    }

    fn ways(&mut self, from: &[Selector], to: &[Selector], change: impl Fn(&mut Way)) {
        let everyone: Vec<HostIx> = self.host_numbers().collect();
        let mut hosts = |nodes: &[Selector]| {
            if nodes.is_empty() { everyone.clone() } else { self.select_all(nodes) }
        };
        let (from, to) = (hosts(from), hosts(to));
        for sender in &from {
            for receiver in &to {
                change(self.network.way_mut(*sender, *receiver));
            }
        }
    }

    fn filter(&mut self, filter: &MessageFilter) -> FrameFilter {
        FrameFilter {
            kind: filter.kind,
            from: self.select_all(&filter.from),
            to: self.select_all(&filter.to),
        }
    }

    fn command(&mut self, host: HostIx, command: Command) {
        if self.hosts[host.get()].node.is_some() {
            self.deliver(host, Input::Command(command));
        } else {
            let what = "the node is down".to_owned();
            self.happened(Some(host), Happening::Refused { what });
        }
    }

    /// A process takes up an operator's command.
    pub(super) fn command_handled(&mut self, host: HostIx, command: Command) {
        let now = self.now;
        let Some(node) = &mut self.hosts[host.get()].node else { return };
        let result = node.handle_command(now, command);
        let id = node.id();
        if let Err(error) = result {
            self.happened(Some(host), Happening::Refused { what: error.to_string() });
        } else if id != self.hosts[host.get()].id {
            // A hard reset: who this process was is over, as if it had ended.
            self.hosts[host.get()].id = id;
            self.names.add_node(id, host);
            self.checker.stopped(host);
        }
    }

    fn forget(&mut self, node: Selector, on: &[Selector]) {
        let Some(forgotten) = self.select(node).first().copied() else { return };
        let id = self.id_of(forgotten);
        let everyone: Vec<HostIx> = self.host_numbers().collect();
        let on = if on.is_empty() { everyone } else { self.select_all(on) };
        for host in on {
            if host != forgotten && self.hosts[host.get()].node.is_some() {
                self.command(host, Command::Forget(id));
            }
        }
    }

    /// Moves slots as `valkey-cli` does at the end of a migration: the taker is told first, then the
    /// giver. The keys come along; the taker's replicas get them by its stream.
    fn move_slots(&mut self, slots: Option<&SlotSet>, from: Selector, to: Selector) {
        let (Some(giver), Some(taker)) =
            (self.select(from).first().copied(), self.select(to).first().copied())
        else {
            return;
        };
        let primary = |host: HostIx| self.hosts[host.get()].running().filter(|node| node.is_primary());
        let (Some(node), Some(_)) = (primary(giver), primary(taker)) else {
            let what = "slots move between two running primaries".to_owned();
            return self.happened(Some(taker), Happening::Refused { what });
        };
        let held = node.view().me().slots();
        let slots: SlotSet = match slots {
            Some(slots) => slots.iter().filter(|slot| held.contains(*slot)).collect(),
            None => held.clone(),
        };
        if slots.is_empty() || giver == taker {
            let what = "only slots that the giver has can move".to_owned();
            return self.happened(Some(giver), Happening::Refused { what });
        }
        let owner = self.id_of(taker);
        self.checker.operated(true);
        self.checker.given(taker);
        self.move_keys(&slots, giver, taker);
        self.command(taker, Command::SetSlots { slots: slots.clone(), owner, imported: true });
        let incarnation = self.hosts[taker.get()].incarnation;
        self.give_up(Move { slots, giver, taker, incarnation });
    }

    /// Tells the giver of moved slots, as soon as the taker has answered: what it has taken is on its
    /// disk by then. False while that is awaited.
    pub(super) fn give_up(&mut self, moved: Move) -> bool {
        let taker = &self.hosts[moved.taker.get()];
        if taker.incarnation != moved.incarnation || taker.node.is_none() {
            return false;
        }
        if taker.busy || taker.power != Power::Up || !taker.inbox.is_empty() {
            self.agenda.enter(self.now + Duration::from_millis(1), Step::GiveUp(Box::new(moved)));
            return false;
        }
        let owner = self.id_of(moved.taker);
        self.command(moved.giver, Command::SetSlots { slots: moved.slots, owner, imported: false });
        true
    }

    fn move_keys(&mut self, slots: &SlotSet, giver: HostIx, taker: HostIx) {
        let Some(held) = self.hosts[giver.get()].data.place else { return };
        let (now, size) = (self.now, self.clients.size);
        let Some(node) = &mut self.hosts[taker.get()].node else { return };
        node.handle_replication(now, ReplicationInput::Wrote(size));
        if let Some(place) = self.stream_on(taker) {
            self.clients.moved(&self.histories, |slot| slots.contains(slot), held, place);
        }
        self.drain(taker);
    }

    fn write_many(&mut self, count: u32, to: Selector) {
        for host in self.select(to) {
            let Some(shard) = self.shard_of(host) else { continue };
            for _ in 0..count {
                if let Some(write) = self.clients.write_of(usize::from(shard.0)) {
                    self.send_write(host, write);
                }
            }
        }
    }

    fn set(&mut self, line: &SetLine) {
        let hosts = if let Some(nodes) = line.nodes {
            self.select(nodes)
        } else {
            let mut world = Settings {
                latency: self.network.latency,
                jitter: self.network.jitter,
                loss: self.network.loss,
                writes: crate::scenario::PerSecond(self.clients.rate),
                write_size: crate::scenario::Bytes(self.clients.size),
                ..Settings::default()
            };
            line.apply(&mut world);
            self.obey_world(&world);
            self.host_numbers().collect()
        };
        for host in hosts {
            line.apply(&mut self.hosts[host.get()].settings);
            let config = Box::new(self.hosts[host.get()].config());
            self.deliver(host, Input::Config(config));
        }
    }

    /// The world's own settings.
    pub(super) fn obey_world(&mut self, settings: &Settings) {
        self.network.latency = settings.latency;
        self.network.jitter = settings.jitter;
        self.network.loss = settings.loss;
        self.clients.rate = settings.writes.0;
        self.clients.size = settings.write_size.0;
        self.tick_clients();
    }

    fn set_rules(&mut self, line: &RuleLine) {
        let hosts = match line.nodes {
            Some(nodes) => self.select(nodes),
            None => self.host_numbers().collect(),
        };
        for host in hosts {
            let known = line.apply(&mut self.hosts[host.get()].rules);
            debug_assert!(known.is_ok(), "the parser knows every switch");
            let rules = self.hosts[host.get()].rules;
            self.deliver(host, Input::Rules(rules));
        }
    }

    /// Adds an action to the script, at a moment that has not come yet, and returns that moment: the
    /// first whole millisecond after now. The script then says everything that was done to this world,
    /// so that its text alone gives the same run.
    pub(super) fn intend(&mut self, action: Action) -> crate::base::Instant {
        let at = crate::base::Instant::from_millis(self.now.as_millis() + 1);
        self.intend_at(at, action);
        at
    }

    /// Adds an action to the script at a moment that has not come yet.
    pub(super) fn intend_at(&mut self, at: crate::base::Instant, action: Action) {
        let script = Arc::make_mut(&mut self.script);
        script
            .statements
            .push(crate::scenario::Located { line: 0, value: crate::scenario::Statement::At { at, action } });
        let number = script.statements.len() - 1;
        self.agenda.enter_statement(at, number);
        self.director.cues.wait_for(at);
    }

    /// The script, with what was done by hand.
    pub fn script(&self) -> &crate::scenario::Script {
        &self.script
    }
}

/// Whether an action is what recovery is measured from.
pub(crate) fn is_fault(action: &Action) -> bool {
    match action {
        Action::Kill(_)
        | Action::PowerCut(_)
        | Action::Pause(_)
        | Action::Cut(_)
        | Action::CutOneWay { .. }
        | Action::Slow { .. }
        | Action::Lose { .. }
        | Action::Duplicate { .. }
        | Action::Drop { .. }
        | Action::Hold(_)
        | Action::Handle { hand: Hand::Delay(_) | Hand::Drop | Hand::Duplicate, .. }
        | Action::Lag { .. }
        | Action::Restart { .. }
        | Action::Disk { .. } => true,
        Action::Resume(_)
        | Action::Heal
        | Action::Release(_)
        | Action::Handle { hand: Hand::Deliver, .. }
        | Action::Failover { .. }
        | Action::Replicate { .. }
        | Action::MoveSlots { .. }
        | Action::Forget { .. }
        | Action::Reset { .. }
        | Action::Meet { .. }
        | Action::Write { .. }
        | Action::Set(_)
        | Action::Rules(_) => false,
    }
}
