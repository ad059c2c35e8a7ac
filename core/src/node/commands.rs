//! Operator commands (protocol.md §3.6, §5.2, §9, §11.2).

use crate::base::{Epoch, Instant, NodeId, ShardId, Slot, SlotSet};
use crate::cluster::{OpenSlot, PeerIx};
use crate::protocol::{claims, membership};
use crate::wire::NodeFlags;

use super::event::{EpochCause, FollowCause};
use super::{Command, CommandError, Durability, Event, FailoverMode, Node};

impl Node {
    pub(super) fn command(&mut self, now: Instant, command: Command) -> Result<(), CommandError> {
        match command {
            Command::Meet(address) => {
                if address.ip.is_none() || address.cport == 0 {
                    return Err(CommandError::BadAddress);
                }
                membership::start_handshake(&mut self.view, address, now, &mut self.rng);
                Ok(())
            }
            Command::Forget(node) => self.forget(now, node),
            Command::Replicate(node) => self.replicate_command(now, node),
            Command::Failover(mode) => self.failover_command(now, mode),
            Command::AddSlots(slots) => self.add_slots(&slots),
            Command::DelSlots(slots) => self.del_slots(&slots),
            Command::SetSlots { slots, owner, imported } => self.set_slots(now, &slots, owner, imported),
            Command::OpenSlot { slot, other, importing } => self.open_slot(slot, other, importing),
            Command::CloseSlot(slot) => {
                self.open.retain(|open| open.slot != slot);
                self.save(Durability::Written);
                Ok(())
            }
            Command::Publish { shard, text } => {
                self.publish(shard, text);
                Ok(())
            }
            Command::BumpEpoch => {
                if let Some(epoch) = claims::bump(&mut self.view) {
                    self.config_epoch_changed(epoch, EpochCause::Bump);
                }
                Ok(())
            }
            Command::SetConfigEpoch(epoch) => self.set_config_epoch(epoch),
            Command::Reset { hard, holds_data } => self.reset(now, hard, holds_data),
            Command::SaveConfig => {
                self.save(Durability::Synced);
                Ok(())
            }
        }
    }

    fn known(&self, node: NodeId) -> Result<PeerIx, CommandError> {
        let ix = self.view.lookup(node).filter(|ix| !self.view.peer(*ix).in_handshake());
        ix.ok_or(CommandError::UnknownNode(node))
    }

    /// The place of a node that slots may be given to; else why they may not.
    pub fn may_own(&self, node: NodeId) -> Result<PeerIx, CommandError> {
        let ix = self.known(node)?;
        if self.view.peer(ix).is_replica() {
            return Err(CommandError::OwnerIsReplica);
        }
        Ok(ix)
    }

    fn forget(&mut self, now: Instant, node: NodeId) -> Result<(), CommandError> {
        // Another node's word may have been faster than the operator's.
        let banned = self.view.blacklist.get(&node).is_some_and(|until| now < *until);
        if banned && self.rules.forget_spreads && self.view.lookup(node).is_none() {
            return Ok(());
        }
        let ix = self.known(node)?;
        if ix == self.view.myself() {
            return Err(CommandError::Myself("forget"));
        }
        if self.view.my_primary() == Some(ix) {
            return Err(CommandError::ForgetPrimary);
        }
        if membership::is_needed(&self.view, ix, &self.rules) {
            return Err(CommandError::ForgetOwner);
        }
        self.forget_peer(now, ix, self.config.blacklist_ttl);
        Ok(())
    }

    fn replicate_command(&mut self, now: Instant, node: NodeId) -> Result<(), CommandError> {
        let ix = self.known(node)?;
        if ix == self.view.myself() {
            return Err(CommandError::Myself("replicate"));
        }
        if self.view.peer(ix).is_replica() {
            return Err(CommandError::TargetIsReplica);
        }
        if self.is_primary() && self.view.me().slot_count() > 0 {
            return Err(CommandError::NotEmpty);
        }
        let same = self.view.my_primary() == Some(ix);
        if same && self.rules.repeat_replicate_is_noop {
            return Ok(());
        }
        self.follow(now, ix, FollowCause::Command, true);
        Ok(())
    }

    fn failover_command(&mut self, now: Instant, mode: FailoverMode) -> Result<(), CommandError> {
        if self.is_primary() {
            return Err(CommandError::NotAReplica);
        }
        let primary = self.view.my_primary().ok_or(CommandError::PrimaryUnknown)?;
        let primary = self.view.peer(primary);
        if mode == FailoverMode::Default && (primary.failed() || primary.outbound.is_none()) {
            return Err(CommandError::PrimaryDown);
        }
        self.start_manual(now, mode);
        Ok(())
    }

    fn add_slots(&mut self, slots: &SlotSet) -> Result<(), CommandError> {
        if !self.is_primary() {
            return Err(CommandError::PrimaryOnly("ADDSLOTS"));
        }
        if let Some(slot) = slots.iter().find(|slot| self.view.owners().get(*slot).is_some()) {
            return Err(CommandError::SlotTaken(slot.get(), "busy"));
        }
        let me = self.view.myself();
        self.view.assign(slots, Some(me));
        // Who owns a slot has imported it, or need not any more.
        self.open.retain(|open| !open.importing || !slots.contains(open.slot));
        self.save(Durability::Written);
        self.todo.judge = true;
        Ok(())
    }

    fn del_slots(&mut self, slots: &SlotSet) -> Result<(), CommandError> {
        if let Some(slot) = slots.iter().find(|slot| self.view.owners().get(*slot).is_none()) {
            return Err(CommandError::SlotTaken(slot.get(), "unassigned"));
        }
        self.view.assign(slots, None);
        self.save(Durability::Written);
        self.todo.judge = true;
        Ok(())
    }

    /// CLUSTER SETSLOT NODE. The receiver bumps its epoch, so that its claim wins everywhere; a
    /// primary that gave away its last slot follows the receiver (§11.2).
    fn set_slots(
        &mut self,
        now: Instant,
        slots: &SlotSet,
        owner: NodeId,
        imported: bool,
    ) -> Result<(), CommandError> {
        let ix = self.may_own(owner)?;
        let me = self.view.myself();
        let mine = self.view.me().slot_count() > 0;
        self.view.assign(slots, Some(ix));
        self.open.retain(|open| !slots.contains(open.slot));
        let (count, epoch) = (slots.len(), self.view.peer(ix).config_epoch);
        self.notify(Event::SlotsMoved { to: owner, from: None, count, epoch });
        // Valkey only writes. A receiver that forgets in a power cut what the giver remembers to have
        // given leaves slots that nobody claims, for ever.
        self.save(Durability::Synced);
        self.todo.judge = true;
        if imported
            && ix == me
            && let Some(epoch) = claims::bump(&mut self.view)
        {
            self.config_epoch_changed(epoch, EpochCause::Bump);
        }
        let gave_all = mine && self.is_primary() && self.view.me().slot_count() == 0;
        if gave_all && ix != me && self.config.allow_replica_migration && self.rules.setslot_follows {
            self.follow(now, ix, FollowCause::LostSlots, true);
        }
        Ok(())
    }

    fn open_slot(&mut self, slot: Slot, other: NodeId, importing: bool) -> Result<(), CommandError> {
        self.may_own(other)?;
        self.open.retain(|open| open.slot != slot || open.importing != importing);
        self.open.push(OpenSlot { slot, other, importing });
        self.save(Durability::Written);
        Ok(())
    }

    fn set_config_epoch(&mut self, epoch: Epoch) -> Result<(), CommandError> {
        if self.view.len() > 1 {
            return Err(CommandError::NotAlone);
        }
        if self.view.me().config_epoch != Epoch::ZERO {
            return Err(CommandError::EpochSet);
        }
        self.view.me_mut().config_epoch = epoch;
        self.view.current_epoch = self.view.current_epoch.max(epoch);
        self.save(Durability::Written);
        Ok(())
    }

    /// CLUSTER RESET: forgets everyone; hard also forgets who it was.
    fn reset(&mut self, now: Instant, hard: bool, holds_data: bool) -> Result<(), CommandError> {
        if self.is_primary() && holds_data && self.view.me().slot_count() > 0 {
            return Err(CommandError::NotEmpty);
        }
        let me = self.view.myself();
        if self.view.me().is_replica() {
            self.view.set_primary(me);
            self.replication.promote(&mut self.rng);
            self.staged.push(super::Output::Follow(None));
            self.staged.push(super::Output::DropReplicas);
            self.dialing_primary = false;
            self.unfit = None;
        }
        for ix in self.view.places() {
            if ix != me {
                self.remove_peer(now, ix);
            }
        }
        self.view.hand_over(me, None);
        self.view.me_mut().flags.remove(NodeFlags::MIGRATE_TO);
        if hard || self.rules.soft_reset_new_shard {
            self.view.me_mut().shard = ShardId::random(&mut self.rng);
        }
        self.open.clear();
        self.election.forget();
        self.stop_manual();
        if hard {
            let id = NodeId::random(&mut self.rng);
            self.view.rename(me, id);
            self.view.me_mut().config_epoch = Epoch::ZERO;
            self.view.current_epoch = Epoch::ZERO;
            self.ballot.last_vote_epoch = Epoch::ZERO;
        }
        self.save(Durability::Synced);
        self.todo.judge = true;
        Ok(())
    }
}
