//! Who is primary, who owns which slot, and which word is newer (protocol.md §5).

use crate::base::{Epoch, NodeId, Rules, SlotSet};
use crate::cluster::{ClusterView, PeerIx};
use crate::wire::{Header, NodeFlags};

/// What a header changed about its sender's role.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RoleChange {
    /// Nothing.
    None,
    /// The header is older than what we know; the rest of its message must be ignored.
    Stale,
    /// The sender is a primary now.
    Primary,
    /// The sender is a replica now, of this primary if it is known.
    Replica {
        /// Its primary.
        of: Option<PeerIx>,
        /// Slots that went from the sender to that primary, because we heard of a failover from
        /// the loser first (#2301).
        moved: u32,
        /// Whether that primary was a replica until now.
        promoted: bool,
    },
}

/// Takes in what a header says of its sender's role (§5.5 A to C). The chain reduction that may
/// follow is [`above_my_primary`]; the sender's shard follows its primary's only after it (#944).
pub fn role(view: &mut ClusterView, rules: &Rules, sender: PeerIx, header: &Header) -> RoleChange {
    match header.replica_of {
        None => says_primary(view, rules, sender, header),
        Some(id) if view.peer(sender).is_primary() => says_replica(view, rules, sender, header, id),
        Some(id) => says_other_primary(view, rules, sender, id),
    }
}

fn says_primary(view: &mut ClusterView, rules: &Rules, sender: PeerIx, header: &Header) -> RoleChange {
    if view.peer(sender).is_primary() || !header.flags.contains(NodeFlags::PRIMARY) {
        return RoleChange::None;
    }
    // #798: a delayed packet from before its demotion must not make it primary again.
    // An older epoch alone proves nothing: its old primary may have moved on to another shard, epoch
    // and all. Only a slot that someone still claims in a newer epoch does.
    let older = view.peer(sender).replica_of.is_some() && header.config_epoch < view.claim_epoch(sender);
    if rules.checked_promotion
        && older
        && conflict(view, sender, header.config_epoch, &header.slots).is_some()
    {
        return RoleChange::Stale;
    }
    view.set_primary(sender);
    RoleChange::Primary
}

fn says_replica(
    view: &mut ClusterView,
    rules: &Rules,
    sender: PeerIx,
    header: &Header,
    primary: NodeId,
) -> RoleChange {
    let known = view.lookup(primary).filter(|ix| *ix != sender);
    let same_shard = known.filter(|ix| view.peer(*ix).shard == view.peer(sender).shard);
    let Some(primary) = same_shard.filter(|_| rules.shard_aware_demotion) else {
        view.hand_over(sender, None);
        let of = known.filter(|ix| !rules.circle_guard || !view.copies(*ix, sender));
        view.set_replica(sender, of);
        return RoleChange::Replica { of, moved: 0, promoted: false };
    };
    let sender_is_newer = rules.stale_guard_sender && view.claim_epoch(sender) > header.config_epoch;
    let target_is_newer = rules.stale_guard_target && view.claim_epoch(primary) > header.config_epoch;
    // Nobody but this node makes this node a primary: a header that would is of another time.
    let would_promote_me = rules.circle_guard && primary == view.myself() && view.me().is_replica();
    if sender_is_newer || target_is_newer || would_promote_me {
        return RoleChange::Stale;
    }
    let promoted = view.peer(primary).is_replica();
    if promoted {
        view.set_primary(primary);
        view.peer_mut(primary).config_epoch = header.config_epoch;
    }
    let moves = rules.move_slots_from_loser && (promoted || rules.loser_hands_over);
    let moved = if moves { view.hand_over(sender, Some(primary)) } else { 0 };
    view.set_replica(sender, Some(primary));
    RoleChange::Replica { of: Some(primary), moved, promoted }
}

fn says_other_primary(view: &mut ClusterView, rules: &Rules, sender: PeerIx, primary: NodeId) -> RoleChange {
    let known = view.lookup(primary).filter(|ix| *ix != sender);
    if known.is_none() || view.peer(sender).replica_of == known {
        return RoleChange::None;
    }
    // A circle (S10) would mean that we lag behind: the one it names is no replica any more.
    if rules.circle_guard && known.is_some_and(|ix| view.copies(ix, sender)) {
        if known == Some(view.myself()) {
            return RoleChange::Stale;
        }
        if let Some(ix) = known {
            view.set_primary(ix);
        }
    }
    view.set_replica(sender, known);
    RoleChange::Replica { of: known, moved: 0, promoted: false }
}

/// The primary of my primary, if that is neither me nor unknown: I should copy it instead (§5.5 C).
pub fn above_my_primary(view: &ClusterView) -> Option<PeerIx> {
    let above = view.my_primary().and_then(|ix| view.peer(ix).replica_of);
    above.filter(|ix| *ix != view.myself())
}

/// What one claim changed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Claimed {
    /// Slots that came to the claimer.
    pub moved: u32,
    /// The old owner of the first of them.
    pub from: Option<PeerIx>,
    /// How many of them were mine or my primary's.
    pub lost: u32,
    /// Whether I, or my primary, have none left because of it.
    pub lost_all: bool,
}

/// Takes in which slots a primary claims (§5.7). Re-states `clusterUpdateSlotsConfigWith`: a slot
/// moves only to a greater epoch, or if nobody claims it; equal epochs leave it where it is.
pub fn claim(view: &mut ClusterView, claimer: PeerIx, epoch: Epoch, slots: &SlotSet) -> Claimed {
    let held = view.peer(claimer).slots().clone();
    if held == *slots && view.owners().disowned().is_empty() {
        return Claimed::default();
    }
    for slot in held.difference(slots).iter() {
        view.set_disowned(slot, true);
    }
    for slot in held.intersection(slots).intersection(view.owners().disowned()).iter() {
        view.set_disowned(slot, false);
    }
    let taken = takable(view, &slots.difference(&held), epoch);
    let mine = view.primary_of(view.myself());
    let claimed = Claimed {
        moved: taken.len(),
        from: taken.first().and_then(|slot| view.owners().get(slot)),
        lost: taken.intersection(view.peer(mine).slots()).len(),
        lost_all: false,
    };
    view.assign(&taken, Some(claimer));
    Claimed { lost_all: claimed.lost > 0 && view.peer(mine).slot_count() == 0, ..claimed }
}

/// Those of the wanted slots that a claim of this epoch may take: free, disowned, or of an older claim.
fn takable(view: &ClusterView, wanted: &SlotSet, epoch: Epoch) -> SlotSet {
    let mut kept = SlotSet::EMPTY;
    for (_, owner) in view.iter().filter(|(_, peer)| peer.slot_count() > 0 && peer.config_epoch >= epoch) {
        kept = kept.union(&wanted.intersection(owner.slots()));
    }
    wanted.difference(&kept.difference(view.owners().disowned()))
}

/// The owner of the first claimed slot whose own claim is newer: the claimer should be told (§5.7).
pub fn conflict(view: &ClusterView, claimer: PeerIx, epoch: Epoch, slots: &SlotSet) -> Option<PeerIx> {
    let others = slots.difference(view.peer(claimer).slots());
    view.newer_owner(&others, epoch).map(|(_, owner)| owner)
}

/// Whether I must follow the claimer although it took nothing from me: neither of us owns a slot,
/// we are of one shard, and its epoch is greater (8.0+, §5.7).
pub fn empty_shard_moved(view: &ClusterView, claimer: PeerIx, epoch: Epoch) -> bool {
    let (me, other) = (view.me(), view.peer(claimer));
    view.primary_of(view.myself()) != claimer
        && me.slot_count() == 0
        && view.peer(view.primary_of(view.myself())).slot_count() == 0
        && other.slot_count() == 0
        && me.shard == other.shard
        && view.claim_epoch(view.myself()) < epoch
}

/// Whether I, a primary without slots, am of the shard of another that has some and a newer claim: it
/// took mine before I knew its shard (M26).
pub fn was_replaced_by(view: &ClusterView, other: PeerIx) -> bool {
    let (me, winner) = (view.me(), view.peer(other));
    me.is_primary()
        && me.slot_count() == 0
        && winner.is_voter()
        && winner.shard == me.shard
        && winner.config_epoch > me.config_epoch
}

/// Whether I must give way to a primary with my config epoch: the smaller id moves on (§5.3).
pub fn collides(view: &ClusterView, sender: PeerIx, header: &Header) -> bool {
    let (me, other) = (view.me(), view.peer(sender));
    me.is_primary()
        && other.is_primary()
        && header.config_epoch == me.config_epoch
        && other.config_epoch == me.config_epoch
        && other.id > me.id
}

/// Gives me a config epoch greater than every one I know (§5.2); `None` if mine is already.
/// Re-states `clusterBumpConfigEpochWithoutConsensus`.
pub fn bump(view: &mut ClusterView) -> Option<Epoch> {
    let greatest = view.iter().map(|(_, peer)| peer.config_epoch).max().unwrap_or_default();
    let greatest = greatest.max(view.current_epoch);
    if view.me().config_epoch != Epoch::ZERO && view.me().config_epoch == greatest {
        return None;
    }
    Some(next_epoch(view))
}

/// Gives me the next epoch of the cluster as my config epoch.
pub fn next_epoch(view: &mut ClusterView) -> Epoch {
    view.current_epoch = view.current_epoch.next();
    view.me_mut().config_epoch = view.current_epoch;
    view.current_epoch
}

#[cfg(test)]
mod tests;
