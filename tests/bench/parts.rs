//! What the parts cost: a frame both ways, one step of a node's world, a failover, a split vote.

use divan::counter::{BytesCount, ItemsCount};
use divan::{Bencher, black_box};
use splitvote::base::{Address, Epoch, Instant, NodeId, Offset, Rng, ShardId, SlotSet};
use splitvote::scenario::{Script, library, parse};
use splitvote::sim::{Keep, Simulator};
use splitvote::wire::{
    Body, Extension, Frame, Gossip, GossipEntry, Header, Message, MessageFlags, NodeFlags, decode,
    decode_like, encode_into,
};

fn main() {
    divan::main();
}

/// A PING as a primary of a cluster of 30 sends it: three words of gossip and its shard.
fn ping() -> (Frame, SlotSet) {
    let mut rng = Rng::new(1);
    let slots = SlotSet::from_ranges([(0, 1091)]);
    let address = Address::new([10, 1, 0, 29].into(), 6379);
    let entry = |rng: &mut Rng| GossipEntry {
        node: NodeId::random(rng),
        ping_sent: 0,
        pong_received: 1_700_000_000,
        address,
        flags: NodeFlags::PRIMARY,
    };
    let entries = (0..3).map(|_| entry(&mut rng)).collect();
    let header = Header {
        sender: NodeId::random(&mut rng),
        current_epoch: Epoch(30),
        config_epoch: Epoch(7),
        offset: Offset(1000),
        slots: slots.clone(),
        replica_of: None,
        address,
        flags: NodeFlags::PRIMARY | NodeFlags::MYSELF,
        state_fail: false,
        message_flags: MessageFlags::EXT_DATA,
    };
    let extensions = vec![Extension::Shard(ShardId::random(&mut rng))];
    (Frame::Full(Message { header, body: Body::Ping(Gossip { entries, extensions }) }), slots)
}

fn encoded() -> Vec<u8> {
    let mut bytes = Vec::new();
    encode_into(&ping().0, &mut bytes);
    bytes
}

#[divan::bench]
fn encode_ping(bencher: Bencher<'_, '_>) {
    let (frame, mut buffer) = (ping().0, encoded());
    bencher.counter(BytesCount::of_slice(&encoded())).bench_local(|| {
        buffer.clear();
        encode_into(black_box(&frame), &mut buffer);
    });
}

#[divan::bench]
fn decode_ping(bencher: Bencher<'_, '_>) {
    let bytes = encoded();
    bencher.counter(BytesCount::of_slice(&bytes)).bench_local(|| decode(black_box(&bytes)));
}

#[divan::bench]
fn decode_ping_of_known_slots(bencher: Bencher<'_, '_>) {
    let (bytes, likely) = (encoded(), ping().1);
    bencher.counter(BytesCount::of_slice(&bytes)).bench_local(|| decode_like(black_box(&bytes), &likely));
}

fn script(text: &str) -> Script {
    parse(text).expect("the script reads")
}

fn built_in(name: &str) -> Script {
    let found = library::LIBRARY.iter().find(|one| one.name == name);
    script(found.expect("it is built in").text)
}

/// A node takes in a frame and carries out what follows, or its cron comes: the mean over both.
#[divan::bench]
fn steps(bencher: Bencher<'_, '_>) {
    let calm =
        script("cluster shards=15 replicas=1\nset ping-interval=500ms latency=1ms..5ms\nrun for 60s\n");
    let mut world = Simulator::keeping(&calm, Keep::Nothing);
    world.play(Instant::from_millis(5_000));
    bencher.counter(ItemsCount::new(1000_u32)).bench_local(|| {
        for _ in 0..1000 {
            world.step();
        }
    });
}

fn run(script: &Script) -> u64 {
    let mut world = Simulator::keeping(script, Keep::Nothing);
    world.run();
    world.delivered()
}

/// From nothing to a recovered cluster of three shards.
#[divan::bench]
fn failover_of_three_shards(bencher: Bencher<'_, '_>) {
    let script = script(
        "cluster shards=3 replicas=1\nset node-timeout=3s latency=1ms..5ms\nat 1s kill A0\n\
         run until covered, at most 60s\n",
    );
    bencher.counter(ItemsCount::new(run(&script))).bench_local(|| run(&script));
}

#[divan::bench(args = ["off", "on"])]
fn split_vote(bencher: Bencher<'_, '_>, nack: &str) {
    let mut script = built_in("split-vote");
    script.override_rules(&format!("nack={nack}")).expect("a switch of ours");
    bencher.counter(ItemsCount::new(run(&script))).bench_local(|| run(&script));
}
