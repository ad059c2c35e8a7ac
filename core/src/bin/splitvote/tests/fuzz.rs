//! Hostile bytes against everything that reads a client's or a peer's: seeds and what becomes of them by
//! chance, the same on every machine. `SPLITVOTE_FUZZ_ROUNDS=10000000 cargo test --release --features native
//! --test fuzz` digs for longer; what it finds becomes a seed.
#![expect(clippy::disallowed_methods, reason = "how long to dig is said from outside")]

use std::net::IpAddr;
use std::sync::Arc;

use splitvote::base::{Address, Duration, Instant, NodeId, Rng, Rules, ShardId};
use splitvote::cluster::NodesConf;
use splitvote::native::rdb;
use splitvote::node::{Birth, Command, Config, Node, Output};
use splitvote::resp::{Limits, Next, Replies, Requests};
use splitvote::wire::{Deframer, decode, encode};

/// Values at which counts and lengths turn.
const EDGES: [u64; 12] =
    [0, 1, 2, 0x7f, 0x80, 0xff, 0x7fff, 0x8000, 0xffff, 0x7fff_ffff, 0xffff_ffff, u64::MAX];

fn rounds(usual: u64) -> u64 {
    std::env::var("SPLITVOTE_FUZZ_ROUNDS").ok().and_then(|text| text.parse().ok()).unwrap_or(usual)
}

fn below(rng: &mut Rng, most: usize) -> usize {
    usize::try_from(rng.below(most.max(1) as u64)).expect("it is below a length")
}

/// A seed after a few accidents.
fn mutated(rng: &mut Rng, seeds: &[Vec<u8>]) -> Vec<u8> {
    let mut bytes = seeds[below(rng, seeds.len())].clone();
    for _ in 0..rng.below(6) {
        let at = below(rng, bytes.len() + 1);
        let end = (at + below(rng, 40)).min(bytes.len());
        match rng.below(8) {
            0 if at < bytes.len() => bytes[at] ^= 1 << rng.below(8),
            1 if at < bytes.len() => bytes[at] = b"\r\n*$-:0919\"'\\ \0\xff"[below(rng, 16)],
            2 => {
                let width = 1 << rng.below(4);
                let edge = EDGES[below(rng, EDGES.len())].to_be_bytes();
                for (place, byte) in bytes.iter_mut().skip(at).zip(&edge[8 - width..]) {
                    *place = *byte;
                }
            }
            3 => drop(bytes.drain(at..end)),
            4 => bytes.extend_from_within(at..end),
            5 => bytes.truncate(at),
            6 => {
                let other = &seeds[below(rng, seeds.len())];
                let from = below(rng, other.len() + 1);
                bytes.truncate(at);
                bytes.extend_from_slice(&other[from..]);
            }
            _ => bytes.insert(at, u8::try_from(rng.below(256)).expect("a byte")),
        }
    }
    bytes
}

/// The same bytes in pieces.
fn pieces<'a>(rng: &mut Rng, mut bytes: &'a [u8]) -> Vec<&'a [u8]> {
    let mut pieces = Vec::new();
    while !bytes.is_empty() {
        let (piece, rest) = bytes.split_at(1 + below(rng, bytes.len().min(600)));
        pieces.push(piece);
        bytes = rest;
    }
    pieces
}

/// What a stream of requests holds, pushed piece by piece.
fn requests(pieces: &[&[u8]], limits: Limits) -> (Vec<Vec<Vec<u8>>>, Option<String>) {
    let (mut requests, mut buffer, mut seen) = (Requests::default(), Vec::new(), Vec::new());
    for piece in pieces {
        buffer.extend_from_slice(piece);
        let mut at = 0;
        loop {
            match requests.next(&buffer[at..], limits) {
                Next::More => break,
                Next::Broken(error) => return (seen, Some(error.to_string())),
                Next::Request { used } => {
                    assert!(used > 0, "a request takes bytes");
                    seen.push(requests.words(&buffer[at..]).map(<[u8]>::to_vec).collect());
                    at += used;
                }
            }
        }
        buffer.drain(..at);
    }
    (seen, None)
}

#[test]
fn requests_mean_the_same_in_any_pieces() {
    let seeds: Vec<Vec<u8>> = [
        &b"*3\r\n$3\r\nSET\r\n$1\r\nk\r\n$5\r\nv\r\nvv\r\nPING\r\n"[..],
        b"*2\r\n$3\r\nGET\r\n$0\r\n\r\n*0\r\n*-1\r\n\r\nset k \"a\\x41\\n\" 'it\\'s'\r\n",
        b"*11\r\n$16385\r\nx",
        b"*1\r\n$4\r\nPINGxx*1048577\r\n$536870913\r\n",
        b">1\r\nPING\n\"unbalanced\r\n",
    ]
    .map(<[u8]>::to_vec)
    .into();
    let small = Limits { line: 64, words: 20, word: 100 };
    let mut rng = Rng::new(1);
    for round in 0..rounds(60_000) {
        let bytes = mutated(&mut rng, &seeds);
        for limits in [Limits::TRUSTED, Limits::STRANGER, small] {
            let whole = requests(&[&bytes], limits);
            let cut = requests(&pieces(&mut rng, &bytes), limits);
            assert_eq!(whole, cut, "round {round}: {:?}", String::from_utf8_lossy(&bytes));
        }
        let mut replies = Replies::default();
        replies.buffer.extend_from_slice(&bytes);
        // Errors are as good as answers; ends are what is asked for.
        for _ in 0..=bytes.len() {
            if !matches!(replies.pop(), Ok(Some(_))) {
                break;
            }
        }
    }
}

/// A node with nothing but itself.
fn born(rng: &mut Rng, port: u16) -> Node {
    let address = Address::new(IpAddr::from([127, 0, 0, 1]), port);
    let conf = NodesConf::fresh(NodeId::random(rng), ShardId::random(rng), address);
    let config = Config { address, node_timeout: Duration::from_secs(1), ..Config::default() };
    Node::new(
        Birth { conf: Arc::new(conf), config, rules: Rules::default(), rng: Rng::new(u64::from(port)) },
        Instant::ZERO,
    )
}

/// Everything two nodes say to each other while they meet and one comes to follow the other.
fn conversation() -> Vec<Vec<u8>> {
    let mut rng = Rng::new(3);
    let mut nodes = [born(&mut rng, 7001), born(&mut rng, 7002)];
    let there = Address::new(IpAddr::from([127, 0, 0, 1]), 7002);
    assert_eq!(nodes[0].handle_command(Instant::ZERO, Command::Meet(there)), Ok(()));
    let mut said = Vec::new();
    // Ends of one connection: which node, which link.
    let mut ends = Vec::new();
    for tick in 0..100_u64 {
        let now = Instant::from_millis(tick * 50);
        if tick == 60 {
            let id = nodes[0].id();
            // Refused if they have not met; then there is less to say.
            drop(nodes[1].handle_command(now, Command::Replicate(id)));
        }
        for at in 0..2 {
            nodes[at].handle_timeout(now);
            while let Some(output) = nodes[at].poll_output() {
                match output {
                    Output::Dial { link, .. } => {
                        let other = nodes[1 - at].handle_accept(now, IpAddr::from([127, 0, 0, 1]));
                        ends.push(((at, link), (1 - at, other)));
                        nodes[at].handle_link_up(now, link);
                    }
                    Output::Send(link, frame) => {
                        said.push(encode(&frame));
                        let far = ends.iter().find_map(|(a, b)| match (at, link) {
                            end if end == *a => Some(*b),
                            end if end == *b => Some(*a),
                            _ => None,
                        });
                        if let Some((to, link)) = far {
                            nodes[to].handle_frame(now, link, *frame);
                        }
                    }
                    _ => {}
                }
            }
        }
    }
    assert!(said.len() > 20 && nodes[0].view().len() == 2, "they met");
    said
}

#[test]
fn a_node_survives_whatever_peers_send() {
    let seeds = conversation();
    let mut rng = Rng::new(2);
    let mut node = born(&mut rng, 7001);
    let mut link = node.handle_accept(Instant::ZERO, IpAddr::from([127, 0, 0, 2]));
    let mut now = Instant::ZERO;
    for round in 0..rounds(30_000) {
        let bytes = mutated(&mut rng, &seeds);
        let mut whole = Deframer::default();
        whole.push(&bytes);
        let frames: Vec<_> = whole.by_ref().collect();
        let mut cut = Deframer::default();
        let mut again = Vec::new();
        for piece in pieces(&mut rng, &bytes) {
            cut.push(piece);
            again.extend(cut.by_ref());
        }
        assert_eq!(frames, again, "round {round}: frames are the same in any pieces");
        now += Duration::from_millis(rng.below(200));
        if rng.below(20) == 0 {
            link = node
                .handle_accept(now, IpAddr::from([127, 0, 0, u8::try_from(rng.below(9)).expect("small")]));
        }
        for frame in frames.into_iter().flatten() {
            assert!(decode(&encode(&frame)).is_ok(), "round {round}: what is read can be said");
            node.handle_frame(now, link, frame);
        }
        node.handle_timeout(now);
        while let Some(output) = node.poll_output() {
            if let Output::Send(_, frame) = output {
                assert!(decode(&encode(&frame)).is_ok(), "round {round}: what is sent can be read");
            }
        }
        if round % 500 == 0 {
            assert!(node.view().len() <= 16_384, "a table has an end");
            let text = node.conf().to_string();
            assert_eq!(text.parse::<NodesConf>().map(|conf| conf.to_string()), Ok(text), "round {round}");
        }
        if node.view().len() > 2_000 {
            node = born(&mut rng, 7001);
            link = node.handle_accept(now, IpAddr::from([127, 0, 0, 2]));
        }
    }
}

fn unhex(text: &str) -> Vec<u8> {
    let text: String = text.split_whitespace().collect();
    (0..text.len() / 2).map(|at| u8::from_str_radix(&text[at * 2..at * 2 + 2], 16).expect("hex")).collect()
}

/// Snapshots and payloads that real servers take or make (native-node.md §13).
const SNAPSHOTS: [&str; 6] = [
    "524544495330303039 ff 9aac7abcfb0fad74",
    "524544495330303039 fa 09 72656469732d766572 05 372e302e30 fe 00 fb 02 01 00 03 666f6f 03 626172 fc \
     0068e5cf8b010000 00 01 6b 05 3132333435 ff 42c6c696b6af6240",
    "56414c4b4559303830 fe 00 fb 01 00 00 03 666f6f 03 626172 ff 74ae697677a310cc",
    "524544495330303039 fe 00 00 01 61 c3 09 4046 01 6161 e0 39 00 01 6161 ff 0000000000000000",
    "524544495330303130 fe 00 0b 01 73 0e 02000000 03000000 0100 0200 0300 12 01 6c 01 02 0d 0d000000 0200 81 61 02 \
     81 62 02 ff ff 0000000000000000",
    "56414c4b4559303830 fe 00 16 01 68 02 01 62 c002 ffffffffffffffff 01 61 c001 0068e5cf8b010000 ff 0000000000000000",
];

#[test]
fn snapshots_are_read_or_refused() {
    let seeds: Vec<Vec<u8>> = SNAPSHOTS.into_iter().map(unhex).collect();
    assert!(rdb::read(&seeds[1]).is_ok() && rdb::read(&seeds[2]).is_ok());
    let mut rng = Rng::new(4);
    let mut read = 0;
    for _ in 0..rounds(60_000) {
        let mut bytes = mutated(&mut rng, &seeds);
        // Without a checksum, so that accidents reach what is behind it.
        if let Some(end) = bytes.len().checked_sub(8) {
            bytes[end..].fill(0);
        }
        read += usize::from(rdb::read(&bytes).is_ok());
        drop(rdb::restore(&bytes));
    }
    assert!(read > 0, "some accidents do no harm");
}

#[test]
fn what_is_read_of_nodes_conf_is_what_is_written() {
    let mut rng = Rng::new(5);
    let ids: Vec<String> = (0..3).map(|_| NodeId::random(&mut rng).to_string()).collect();
    let text = format!(
        "{} 127.0.0.1:7001@17001,host,,tls-port=0,shard-id={} myself,master - 0 0 3 connected 0-5460 9000 [5461->-{}]\n\
         {} 127.0.0.1:7002@17002,,shard-id={} slave,nofailover {} 0 1700000000000 3 connected\n\
         {} :0@0 master,noaddr,fail - 1 2 1 disconnected 5461-8999\nvars currentEpoch 6 lastVoteEpoch 2\n",
        ids[0], ids[0], ids[2], ids[1], ids[0], ids[0], ids[2]
    );
    let seeds = [text.into_bytes()];
    for round in 0..rounds(30_000) {
        let bytes = mutated(&mut rng, &seeds);
        let text = String::from_utf8_lossy(&bytes);
        if let Ok(conf) = text.parse::<NodesConf>() {
            let written = conf.to_string();
            let again = written.parse::<NodesConf>().map(|conf| conf.to_string());
            assert_eq!(again, Ok(written), "round {round}: {text}");
        }
    }
}
