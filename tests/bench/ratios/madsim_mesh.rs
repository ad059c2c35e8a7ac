//! The mesh under madsim: one UDP socket a host, as under turmoil.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use madsim::net::UdpSocket;
use madsim::runtime::Runtime;
use madsim::{Config, task, time};

use super::{Measured, PAYLOAD, PERIOD};

const PING: u8 = 0;
const PONG: u8 = 1;

pub(crate) fn mesh(hosts: u16, span: Duration) -> Measured {
    let mut config = Config::default();
    config.net.send_latency = Duration::from_millis(1)..Duration::from_millis(5);
    let runtime = Runtime::with_seed_and_config(1, config);
    let delivered = Arc::new(AtomicU64::new(0));
    for at in 0..hosts {
        let node = runtime.create_node().ip(address(at).ip()).build();
        node.spawn(host(at, hosts, delivered.clone()));
    }
    Measured::of(span, || {
        // A sleep belongs to the runtime inside which it is made.
        runtime.block_on(async move { time::sleep(span).await });
        delivered.load(Ordering::Relaxed)
    })
}

fn address(at: u16) -> SocketAddr {
    let [high, low] = at.to_be_bytes();
    ([10, 1, high, low], 16379).into()
}

async fn host(me: u16, hosts: u16, delivered: Arc<AtomicU64>) {
    let socket = Arc::new(UdpSocket::bind(address(me)).await.expect("the port is free"));
    let sender = socket.clone();
    task::spawn(async move {
        let mut ticks = time::interval(PERIOD);
        loop {
            ticks.tick().await;
            for at in (0..hosts).filter(|at| *at != me) {
                // Before the other end is bound there is nobody to hear it.
                let _ = sender.send_to(address(at), &[PING; PAYLOAD]).await;
            }
        }
    });
    let mut buffer = vec![0; PAYLOAD];
    loop {
        let Ok((_, from)) = socket.recv_from(&mut buffer).await else { return };
        delivered.fetch_add(1, Ordering::Relaxed);
        if buffer[0] == PING {
            let _ = socket.send_to(from, &[PONG; PAYLOAD]).await;
        }
    }
}
