//! Who belongs to the cluster, how nodes are introduced and how they are forgotten (protocol.md §3).

use std::net::IpAddr;

use crate::base::{Address, Duration, Instant, NodeId, Rng, Rules, ShardId};
use crate::cluster::{ClusterView, Peer, PeerIx};
use crate::wire::{Extension, GossipEntry, Header, Kind, NodeFlags};

/// How long a node may stay in handshake (§3.2).
pub fn handshake_timeout(node_timeout: Duration) -> Duration {
    node_timeout.max(Duration::from_secs(1))
}

/// How the two ids on an outbound link compare.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Identity {
    /// The node is who it was.
    Same,
    /// The handshake is done: the node has its true id now.
    Introduced,
    /// The node is known under another row already: the handshake row must go.
    Duplicate(PeerIx),
    /// Another node answers at this address.
    Mismatch,
}

/// Begins a handshake with an address; `None` if one is under way there. Re-states `clusterStartHandshake`.
pub fn start_handshake(
    view: &mut ClusterView,
    address: Address,
    now: Instant,
    rng: &mut Rng,
) -> Option<PeerIx> {
    let same = |peer: &Peer| {
        peer.in_handshake()
            && (peer.address.ip, peer.address.port, peer.address.cport)
                == (address.ip, address.port, address.cport)
    };
    if view.is_full() || view.iter().any(|(_, peer)| same(peer)) {
        return None;
    }
    let (id, shard) = (NodeId::random(rng), ShardId::random(rng));
    Some(view.add(Peer::new(id, shard, NodeFlags::HANDSHAKE | NodeFlags::MEET, address, now)))
}

/// A MEET came from someone unknown: makes a row for it, to be introduced by a ping of our own;
/// `None` if the table is full.
pub fn met(view: &mut ClusterView, address: Address, now: Instant, rng: &mut Rng) -> Option<PeerIx> {
    if view.is_full() {
        return None;
    }
    let (id, shard) = (NodeId::random(rng), ShardId::random(rng));
    Some(view.add(Peer::new(id, shard, NodeFlags::HANDSHAKE, address, now)))
}

/// Compares who should be at the other end of our link with who is; finishes a handshake.
pub fn identify(view: &mut ClusterView, ix: PeerIx, header: &Header) -> Identity {
    let peer = view.peer(ix);
    if peer.in_handshake() {
        if let Some(known) = view.lookup(header.sender).filter(|known| *known != ix) {
            return Identity::Duplicate(known);
        }
        view.rename(ix, header.sender);
        let peer = view.peer_mut(ix);
        peer.flags.remove(NodeFlags::HANDSHAKE | NodeFlags::MEET);
        peer.flags.insert(role_of(header.flags));
        return Identity::Introduced;
    }
    if peer.id == header.sender { Identity::Same } else { Identity::Mismatch }
}

/// The address a header announces, completed by the one its socket shows.
pub fn announced(header: &Header, remote: IpAddr) -> Address {
    Address { ip: header.address.ip.or(Some(remote)), ..header.address }
}

/// The address that this node has learned of itself: where a MEET reached it, or any PING while it knows
/// none (§2.10). What a setting says is not learned and stays.
pub fn own_ip(
    own: Option<IpAddr>,
    learned: Option<IpAddr>,
    reached: Option<IpAddr>,
    kind: Kind,
) -> Option<IpAddr> {
    let set = own.is_some() && own != learned;
    match reached.filter(|ip| !ip.is_unspecified()) {
        Some(reached) if !set && (kind == Kind::Meet || own.is_none()) => Some(reached),
        _ => learned,
    }
}

/// Whether a new link must not speak for a node: another address than the one it is known by, while the
/// link that it has comes from there. Upstream lets whoever names an id last take its place.
pub fn usurps(known: Option<IpAddr>, bound: Option<IpAddr>, new: Option<IpAddr>) -> bool {
    known.is_some() && bound == known && new.is_some() && new != known
}

/// Adds a node first heard of by gossip, if it may be added (§3.3).
pub fn learn(
    view: &mut ClusterView,
    entry: &GossipEntry,
    rules: &Rules,
    now: Instant,
    rng: &mut Rng,
) -> Option<PeerIx> {
    let unfit = NodeFlags::NOADDR | NodeFlags::HANDSHAKE;
    if entry.flags.intersects(unfit)
        || entry.address.ip.is_none()
        || view.blacklist.contains_key(&entry.node)
        || view.is_full()
    {
        return None;
    }
    // Roles, suspicions and capabilities are the gossiper's: only the node's own header says them
    // for sure, and a capability believed too early could send a frame that closes the link (§2.6).
    let mut flags = role_of(entry.flags) | (entry.flags & NodeFlags::NOFAILOVER);
    if !rules.capabilities_from_headers {
        flags |= entry.flags - (NodeFlags::PRIMARY | NodeFlags::REPLICA | NodeFlags::MYSELF);
        if flags.contains(NodeFlags::FAIL) {
            flags.remove(NodeFlags::PFAIL);
        }
    }
    Some(view.add(Peer::new(entry.node, ShardId::random(rng), flags, entry.address, now)))
}

/// Whether a node must not be forgotten yet: voters who forget it would refuse its replica their votes
/// for ever, because they would know no primary of it (M31).
pub fn is_needed(view: &ClusterView, ix: PeerIx, rules: &Rules) -> bool {
    let can_stand = |peer: &Peer| peer.well() && !peer.flags.contains(NodeFlags::NOFAILOVER);
    rules.forget_keeps_owners
        && view.peer(ix).is_voter()
        && view.replicas_of(ix).any(|(_, replica)| can_stand(replica))
}

/// The one role that a peer's flags show: a table has no room for both, nor for none.
fn role_of(flags: NodeFlags) -> NodeFlags {
    if flags.contains(NodeFlags::REPLICA) { NodeFlags::REPLICA } else { NodeFlags::PRIMARY }
}

/// Whether a node that never called back should be sent MEET again (§3.2).
pub fn wants_meet(peer: &Peer, now: Instant, node_timeout: Duration, rules: &Rules) -> bool {
    let timeout = handshake_timeout(node_timeout);
    let silent = NodeFlags::HANDSHAKE | NodeFlags::NOADDR | NodeFlags::PFAIL | NodeFlags::FAIL;
    rules.meet_again
        && !peer.flags.intersects(silent)
        && peer.flags.contains(NodeFlags::LIGHT_MODULE)
        && peer.outbound.is_some()
        && peer.inbound.is_none()
        && now.since(peer.inbound_lost_at) > timeout
        && peer.meet_sent.is_none_or(|at| now.since(at) > timeout)
}

/// Takes over the capabilities a node shows in its own header (§2.11 step 2), as far as this version
/// knows of them.
pub fn copy_capabilities(peer: &mut Peer, header: &Header, rules: &Rules) {
    let mut direct = understood(rules);
    direct.set(NodeFlags::MY_PRIMARY_FAIL, rules.fast_failover);
    peer.flags = (peer.flags - direct) | (header.flags & direct);
}

/// The capabilities that a node of this version shows in its headers and honours in those of others
/// (§2.6). That extensions are understood is said by each heartbeat, too.
pub fn understood(rules: &Rules) -> NodeFlags {
    let mut flags = NodeFlags::empty();
    flags.set(NodeFlags::LIGHT_PUBLISH, rules.light_publish);
    flags.set(NodeFlags::LIGHT_MODULE, rules.light_module);
    flags.set(NodeFlags::NACK, rules.nacks());
    flags
}

/// Whether a node of this version sends such an extension and reads it; others are skipped (§2.9).
pub fn speaks(extension: &Extension, rules: &Rules) -> bool {
    match extension {
        Extension::Hostname(_) => true,
        Extension::HumanName(_) => rules.extensions,
        Extension::Shard(_) => rules.extensions && rules.shard_ids,
        Extension::Forgotten(..) => rules.forget_spreads,
        Extension::ClientIpv4(_) | Extension::ClientIpv6(_) => rules.client_addresses,
        Extension::ClientPort(_) | Extension::ClientTlsPort(_) => rules.client_ports,
        Extension::AvailabilityZone(_) => rules.announces_zone,
        Extension::ReplicaPriority(_) => rules.priority_in_rank,
        Extension::Unknown(..) => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::{Epoch, LinkId, Offset, SlotSet};
    use crate::wire::MessageFlags;

    fn address(port: u16) -> Address {
        Address::new(IpAddr::from([127, 0, 0, 1]), port)
    }

    fn alone() -> (ClusterView, Rng) {
        let mut rng = Rng::new(1);
        let (id, shard) = (NodeId::random(&mut rng), ShardId::random(&mut rng));
        (ClusterView::new(Peer::new(id, shard, NodeFlags::PRIMARY, address(1), Instant::ZERO)), rng)
    }

    fn header(sender: NodeId) -> Header {
        Header {
            sender,
            current_epoch: Epoch::ZERO,
            config_epoch: Epoch::ZERO,
            offset: Offset::ZERO,
            slots: SlotSet::EMPTY,
            replica_of: None,
            address: address(2),
            flags: NodeFlags::PRIMARY | NodeFlags::MYSELF | NodeFlags::NACK,
            state_fail: false,
            message_flags: MessageFlags::empty(),
        }
    }

    #[test]
    fn a_handshake_ends_with_the_true_name() {
        let (mut view, mut rng) = alone();
        let ix = start_handshake(&mut view, address(2), Instant::ZERO, &mut rng).expect("a new address");
        assert_eq!(start_handshake(&mut view, address(2), Instant::ZERO, &mut rng), None);
        let id = NodeId::random(&mut rng);
        assert_eq!(identify(&mut view, ix, &header(id)), Identity::Introduced);
        assert_eq!(view.lookup(id), Some(ix));
        assert!(view.peer(ix).is_primary() && !view.peer(ix).in_handshake());
        assert_eq!(identify(&mut view, ix, &header(id)), Identity::Same);
        assert_eq!(identify(&mut view, ix, &header(NodeId::random(&mut rng))), Identity::Mismatch);
    }

    #[test]
    fn a_node_met_twice_keeps_its_first_row() {
        let (mut view, mut rng) = alone();
        let id = NodeId::random(&mut rng);
        let first = start_handshake(&mut view, address(2), Instant::ZERO, &mut rng).expect("new");
        identify(&mut view, first, &header(id));
        let second = start_handshake(&mut view, address(2), Instant::ZERO, &mut rng).expect("new");
        assert_eq!(identify(&mut view, second, &header(id)), Identity::Duplicate(first));
    }

    #[test]
    fn capabilities_never_come_by_gossip() {
        let (mut view, mut rng) = alone();
        let id = NodeId::random(&mut rng);
        let entry = GossipEntry {
            node: id,
            ping_sent: 0,
            pong_received: 0,
            address: address(2),
            flags: NodeFlags::REPLICA | NodeFlags::NACK | NodeFlags::LIGHT_MODULE | NodeFlags::FAIL,
        };
        let ix = learn(&mut view, &entry, &Rules::default(), Instant::ZERO, &mut rng).expect("a new node");
        assert_eq!(view.peer(ix).flags, NodeFlags::REPLICA);
        copy_capabilities(view.peer_mut(ix), &header(id), &Rules::default());
        assert!(view.peer(ix).flags.contains(NodeFlags::NACK));
    }

    #[test]
    fn a_node_learns_its_address_where_it_is_met_unless_it_is_told_one() {
        let ip = |last| Some(IpAddr::from([10, 0, 0, last]));
        let table = [
            (None, None, ip(1), Kind::Ping, ip(1)),
            (None, None, ip(1), Kind::Meet, ip(1)),
            (None, None, None, Kind::Meet, None),
            (None, None, Some(IpAddr::from([0; 4])), Kind::Meet, None),
            (ip(1), ip(1), ip(2), Kind::Ping, ip(1)),
            (ip(1), ip(1), ip(2), Kind::Meet, ip(2)),
            (ip(9), None, ip(2), Kind::Meet, None),
            (ip(9), ip(1), ip(2), Kind::Meet, ip(1)),
        ];
        for (own, learned, reached, kind, expected) in table {
            assert_eq!(
                own_ip(own, learned, reached, kind),
                expected,
                "{own:?} {learned:?} {reached:?} {kind:?}"
            );
        }
    }

    #[test]
    fn a_stranger_elsewhere_does_not_take_the_place_of_who_is_there() {
        let ip = |last| Some(IpAddr::from([10, 0, 0, last]));
        let table = [
            (ip(1), ip(1), ip(2), true),
            (ip(1), ip(1), ip(1), false),
            // Nobody speaks for it now, or who does is as far from home: a node may move.
            (ip(1), None, ip(2), false),
            (ip(1), ip(3), ip(2), false),
            (None, None, ip(2), false),
            (ip(1), ip(1), None, false),
        ];
        for (known, bound, new, refused) in table {
            assert_eq!(usurps(known, bound, new), refused, "{known:?} {bound:?} {new:?}");
        }
    }

    #[test]
    fn a_forgotten_node_is_not_learned_again() {
        let (mut view, mut rng) = alone();
        let id = NodeId::random(&mut rng);
        view.blacklist.insert(id, Instant::from_millis(60_000));
        let entry = GossipEntry {
            node: id,
            ping_sent: 0,
            pong_received: 0,
            address: address(2),
            flags: NodeFlags::PRIMARY,
        };
        assert_eq!(learn(&mut view, &entry, &Rules::default(), Instant::ZERO, &mut rng), None);
        view.expire_blacklist(Instant::from_millis(60_000));
        assert!(learn(&mut view, &entry, &Rules::default(), Instant::ZERO, &mut rng).is_some());
    }

    #[test]
    fn a_peer_that_never_called_back_is_met_again() {
        let (mut view, mut rng) = alone();
        let ix = start_handshake(&mut view, address(2), Instant::ZERO, &mut rng).expect("new");
        identify(&mut view, ix, &header(NodeId::random(&mut rng)));
        let peer = view.peer_mut(ix);
        peer.outbound = Some(LinkId(1));
        peer.flags.insert(NodeFlags::LIGHT_MODULE);
        let (t, rules) = (Duration::from_secs(3), Rules::default());
        assert!(!wants_meet(peer, Instant::from_millis(3_000), t, &rules));
        assert!(wants_meet(peer, Instant::from_millis(3_001), t, &rules));
        peer.meet_sent = Some(Instant::from_millis(3_001));
        assert!(!wants_meet(peer, Instant::from_millis(3_101), t, &rules));
        peer.meet_sent = None;
        peer.flags.remove(NodeFlags::LIGHT_MODULE);
        assert!(!wants_meet(peer, Instant::from_millis(9_000), t, &rules), "old nodes crash on it");
    }

    #[test]
    fn an_owner_with_a_replica_that_can_stand_is_not_forgotten() {
        let (mut view, mut rng) = alone();
        let mut add = |view: &mut ClusterView, port| {
            let (id, shard) = (NodeId::random(&mut rng), ShardId::random(&mut rng));
            view.add(Peer::new(id, shard, NodeFlags::PRIMARY, address(port), Instant::ZERO))
        };
        let (owner, replica) = (add(&mut view, 2), add(&mut view, 3));
        let (ours, theirs) = (Rules::default(), Rules { forget_keeps_owners: false, ..Rules::default() });
        view.assign(&SlotSet::from_ranges([(0, 9)]), Some(owner));
        assert!(!is_needed(&view, owner, &ours), "nobody could take over");
        view.set_replica(replica, Some(owner));
        view.peer_mut(owner).flags.insert(NodeFlags::FAIL);
        assert!(is_needed(&view, owner, &ours) && !is_needed(&view, owner, &theirs));
        assert!(!is_needed(&view, replica, &ours), "a replica owns nothing");
        for flag in [NodeFlags::NOFAILOVER, NodeFlags::PFAIL, NodeFlags::FAIL] {
            view.peer_mut(replica).flags.insert(flag);
            assert!(!is_needed(&view, owner, &ours), "{flag:?}");
            view.peer_mut(replica).flags.remove(flag);
        }
        view.hand_over(owner, None);
        assert!(!is_needed(&view, owner, &ours), "it owns nothing any more");
    }
}
