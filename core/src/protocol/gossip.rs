//! What nodes tell each other of third nodes, and whom they ask how they are (protocol.md §3.5, §3.6, §4.2).

use crate::base::{Duration, Instant, Rng, Rules};
use crate::cluster::{ClusterView, Peer, PeerIx};
use crate::wire::{GossipEntry, NodeFlags};

/// Nodes looked at by the ping that goes out once a second.
const SAMPLE: usize = 5;
/// Fewest entries of a section, where there are enough nodes.
const FEWEST: usize = 3;
/// Percent of the known nodes told of where it cannot be set.
const PERCENT: u64 = 10;
/// Draws for each wanted entry, where draws may fail.
const TRIES: usize = 3;
/// How far in the future a gossiped pong may lie, to allow for clocks.
const CLOCK_SLACK: Duration = Duration::from_millis(500);

/// Wire seconds of a moment: unix time, rounded down.
pub fn to_wire(moment: Instant, unix_birth_ms: u64) -> u32 {
    u32::try_from((unix_birth_ms + moment.as_millis()) / 1000).unwrap_or(u32::MAX)
}

/// The moment behind wire seconds; birth for anything before it.
pub fn from_wire(seconds: u32, unix_birth_ms: u64) -> Instant {
    Instant::from_millis((u64::from(seconds) * 1000).saturating_sub(unix_birth_ms))
}

/// The node the once-a-second ping goes to: of five at random, the one heard of longest ago.
pub fn sample(view: &ClusterView, rng: &mut Rng) -> Option<PeerIx> {
    let places = view.places();
    let mut oldest: Option<(Instant, PeerIx)> = None;
    for _ in 0..SAMPLE {
        let ix = places[draw(rng, places.len())];
        let peer = view.peer(ix);
        if ix == view.myself() || peer.in_handshake() || peer.outbound.is_none() || peer.ping_sent.is_some() {
            continue;
        }
        if oldest.is_none_or(|(at, _)| peer.pong_received < at) {
            oldest = Some((peer.pong_received, ix));
        }
    }
    oldest.map(|(_, ix)| ix)
}

fn draw(rng: &mut Rng, len: usize) -> usize {
    usize::try_from(rng.below(len as u64)).unwrap_or(0)
}

/// The gossip section for one message. Re-states `clusterSendPing`: some nodes at random, then all
/// that are suspected, so that every packet carries every suspicion.
pub fn section(
    view: &ClusterView,
    receiver: Option<PeerIx>,
    percent: u64,
    unix_birth_ms: u64,
    rules: &Rules,
    rng: &mut Rng,
) -> Vec<GossipEntry> {
    let known = view.len();
    let percent = if rules.batch_gossip { percent } else { PERCENT };
    let share = usize::try_from(known as u64 * percent / 100).unwrap_or(known);
    let wanted = share.max(FEWEST).min(known.saturating_sub(2));
    let receiver = receiver.filter(|_| rules.gossip_skips_receiver);
    let told = if rules.batch_gossip {
        batch(view, receiver, wanted, rng)
    } else {
        draws(view, receiver, wanted, rng)
    };
    let suspected =
        view.iter().filter(|(ix, peer)| peer.suspected() && *ix != view.myself() && is_told(peer));
    let told = told.into_iter().map(|ix| view.peer(ix));
    told.chain(suspected.map(|(_, peer)| peer)).map(|peer| entry(peer, unix_birth_ms)).collect()
}

/// A partial Fisher-Yates shuffle: each place at most once, as many draws as needed.
fn batch(view: &ClusterView, receiver: Option<PeerIx>, wanted: usize, rng: &mut Rng) -> Vec<PeerIx> {
    let mut places = view.places();
    let mut told = Vec::with_capacity(wanted);
    let mut drawn = 0;
    while told.len() < wanted && drawn < places.len() {
        let pick = drawn + draw(rng, places.len() - drawn);
        places.swap(drawn, pick);
        let ix = places[drawn];
        drawn += 1;
        if ix != view.myself() && Some(ix) != receiver && is_candidate(view.peer(ix)) {
            told.push(ix);
        }
    }
    told
}

/// Draws that may hit whom they cannot use, at most three for each wanted: up to 9.0.
fn draws(view: &ClusterView, receiver: Option<PeerIx>, wanted: usize, rng: &mut Rng) -> Vec<PeerIx> {
    let places = view.places();
    let mut told = Vec::with_capacity(wanted);
    for _ in 0..wanted * TRIES {
        let ix = places[draw(rng, places.len())];
        let usable = ix != view.myself() && Some(ix) != receiver && is_candidate(view.peer(ix));
        if usable && !told.contains(&ix) {
            told.push(ix);
        }
        if told.len() == wanted {
            break;
        }
    }
    told
}

fn is_told(peer: &Peer) -> bool {
    !peer.flags.intersects(NodeFlags::HANDSHAKE | NodeFlags::NOADDR)
}

fn is_candidate(peer: &Peer) -> bool {
    is_told(peer) && !peer.suspected() && (peer.outbound.is_some() || peer.slot_count() > 0)
}

fn entry(peer: &Peer, unix_birth_ms: u64) -> GossipEntry {
    GossipEntry {
        node: peer.id,
        ping_sent: peer.ping_sent.map_or(0, |at| to_wire(at, unix_birth_ms)),
        pong_received: to_wire(peer.pong_received, unix_birth_ms),
        address: peer.address,
        flags: peer.flags,
    }
}

/// Whether a gossiped pong may stand in for one of our own, and of when (§3.5). This is why large
/// clusters need not ping every pair.
pub fn believable_pong(
    peer: &Peer,
    entry: &GossipEntry,
    rules: &Rules,
    now: Instant,
    unix_birth_ms: u64,
) -> Option<Instant> {
    let odd = NodeFlags::HANDSHAKE | NodeFlags::MEET | NodeFlags::NOADDR;
    let normal = !rules.normal_pongs_only || !peer.flags.intersects(odd);
    let well = !entry.flags.intersects(NodeFlags::FAIL | NodeFlags::PFAIL) && peer.well() && normal;
    let at = from_wire(entry.pong_received, unix_birth_ms);
    let newer = at > peer.pong_received && at <= now + CLOCK_SLACK;
    (well && newer && peer.ping_sent.is_none() && peer.reports.is_empty()).then_some(at)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::{Address, LinkId, NodeId, ShardId};

    const BIRTH: u64 = 1_700_000_000_000;

    fn view(others: u64) -> ClusterView {
        let peer = |seed| {
            let mut rng = Rng::new(seed);
            let (id, shard) = (NodeId::random(&mut rng), ShardId::random(&mut rng));
            let mut peer = Peer::new(id, shard, NodeFlags::PRIMARY, Address::default(), Instant::ZERO);
            peer.outbound = Some(LinkId(seed));
            peer
        };
        let mut view = ClusterView::new(peer(0));
        for seed in 1..=others {
            view.add(peer(seed));
        }
        view
    }

    fn ids(view: &ClusterView, receiver: Option<PeerIx>) -> Vec<NodeId> {
        let entries = section(view, receiver, 10, BIRTH, &Rules::default(), &mut Rng::new(5));
        entries.into_iter().map(|entry| entry.node).collect()
    }

    #[test]
    fn a_section_has_three_entries_or_a_tenth() {
        for (others, entries) in [(1, 0), (2, 1), (4, 3), (13, 3), (49, 5)] {
            assert_eq!(ids(&view(others), None).len(), entries, "{others} others");
        }
    }

    #[test]
    fn a_section_names_nobody_twice_and_never_sender_or_receiver() {
        let view = view(5);
        let receiver = view.places()[3];
        let mut told = ids(&view, Some(receiver));
        assert!(!told.contains(&view.me().id) && !told.contains(&view.peer(receiver).id));
        told.sort();
        told.dedup();
        assert_eq!(told.len(), 4.min(told.len()));
    }

    #[test]
    fn every_suspicion_travels_in_every_section() {
        let mut view = view(30);
        for ix in view.places().split_off(1).into_iter().take(7) {
            view.peer_mut(ix).flags.insert(NodeFlags::PFAIL);
        }
        let told = ids(&view, None);
        assert_eq!(told.iter().filter(|id| view.get(**id).is_some_and(Peer::suspected)).count(), 7);
    }

    #[test]
    fn a_gossiped_pong_counts_only_for_the_healthy_and_only_forwards() {
        let (view, rules) = (view(1), Rules::default());
        let mut peer = view.peer(view.places()[1]).clone();
        peer.pong_received = Instant::from_millis(5_000);
        let now = Instant::from_millis(10_000);
        let mut entry = entry(&peer, BIRTH);
        entry.pong_received = to_wire(Instant::from_millis(8_000), BIRTH);
        assert_eq!(believable_pong(&peer, &entry, &rules, now, BIRTH), Some(Instant::from_millis(8_000)));
        peer.ping_sent = Some(now);
        assert_eq!(believable_pong(&peer, &entry, &rules, now, BIRTH), None, "a ping of our own is out");
        peer.ping_sent = None;
        entry.flags |= NodeFlags::PFAIL;
        assert_eq!(believable_pong(&peer, &entry, &rules, now, BIRTH), None, "the gossiper suspects it");
        entry.flags -= NodeFlags::PFAIL;
        entry.pong_received = to_wire(Instant::from_millis(12_000), BIRTH);
        assert_eq!(believable_pong(&peer, &entry, &rules, now, BIRTH), None, "from the future");
    }

    #[test]
    fn a_gossiped_pong_counts_only_for_the_normal_since_9_0() {
        for flag in [NodeFlags::MEET, NodeFlags::NOADDR] {
            for (normal_pongs_only, counts) in [(true, false), (false, true)] {
                let rules = Rules { normal_pongs_only, ..Rules::default() };
                let view = view(1);
                let mut peer = view.peer(view.places()[1]).clone();
                let mut entry = entry(&peer, BIRTH);
                entry.pong_received = to_wire(Instant::from_millis(8_000), BIRTH);
                peer.flags |= flag;
                let pong = believable_pong(&peer, &entry, &rules, Instant::from_millis(9_000), BIRTH);
                assert_eq!(pong.is_some(), counts, "{flag:?}");
            }
        }
    }

    #[test]
    fn a_node_is_not_told_about_itself_since_8_0() {
        let view = view(4);
        let receiver = view.places()[2];
        for (gossip_skips_receiver, told) in [(true, false), (false, true)] {
            for batch_gossip in [true, false] {
                let rules = Rules { gossip_skips_receiver, batch_gossip, ..Rules::default() };
                let ever = (0..50).any(|seed| {
                    section(&view, Some(receiver), 10, BIRTH, &rules, &mut Rng::new(seed))
                        .iter()
                        .any(|entry| entry.node == view.peer(receiver).id)
                });
                assert_eq!(ever, told, "batch {batch_gossip}");
            }
        }
    }

    #[test]
    fn draws_may_fail_and_know_no_percentage_before_9_1() {
        let crowd = view(59);
        let lengths = |view: &ClusterView, percent, batch_gossip| -> Vec<usize> {
            let rules = Rules { batch_gossip, ..Rules::default() };
            (0..200)
                .map(|seed| section(view, None, percent, BIRTH, &rules, &mut Rng::new(seed)).len())
                .collect()
        };
        for (percent, batch_gossip, expected) in
            [(50, true, 30), (50, false, 6), (10, true, 6), (10, false, 6)]
        {
            assert_eq!(lengths(&crowd, percent, batch_gossip).into_iter().max(), Some(expected));
        }
        // Five nodes: three to tell of, nine draws, and they may all hit the same ones.
        let few = view(4);
        assert!(lengths(&few, 10, true).iter().all(|length| *length == 3));
        let drawn = lengths(&few, 10, false);
        assert!(drawn.contains(&3) && drawn.iter().any(|length| *length < 3), "{drawn:?}");
        let rules = Rules { batch_gossip: false, ..Rules::default() };
        for seed in 0..200 {
            let mut told: Vec<NodeId> = section(&few, None, 10, BIRTH, &rules, &mut Rng::new(seed))
                .iter()
                .map(|one| one.node)
                .collect();
            let all = told.len();
            told.sort();
            told.dedup();
            assert_eq!(told.len(), all, "nobody twice");
        }
    }
}
