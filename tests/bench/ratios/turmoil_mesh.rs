//! The mesh under turmoil: one UDP socket a host, as the cheapest of what it offers.

use std::cell::Cell;
use std::rc::Rc;
use std::time::Duration;

use turmoil::net::UdpSocket;

use super::{Measured, PAYLOAD, PERIOD};

const PORT: u16 = 16379;
const PING: u8 = 0;
const PONG: u8 = 1;

pub(crate) fn mesh(hosts: u16, span: Duration) -> Measured {
    let delivered = Rc::new(Cell::new(0_u64));
    let mut sim = turmoil::Builder::new()
        .simulation_duration(span * 2)
        .min_message_latency(Duration::from_millis(1))
        .max_message_latency(Duration::from_millis(5))
        .udp_capacity(4096)
        .rng_seed(1)
        .build();
    for at in 0..hosts {
        let delivered = delivered.clone();
        sim.host(name(at), move || host(at, hosts, delivered.clone()));
    }
    sim.client("clock", async move {
        tokio::time::sleep(span).await;
        Ok(())
    });
    Measured::of(span, || {
        sim.run().expect("nothing goes wrong in a mesh");
        delivered.get()
    })
}

fn name(at: u16) -> String {
    format!("host{at}")
}

async fn host(me: u16, hosts: u16, delivered: Rc<Cell<u64>>) -> turmoil::Result {
    let socket = UdpSocket::bind(("0.0.0.0", PORT)).await?;
    let others: Vec<_> =
        (0..hosts).filter(|at| *at != me).map(|at| (turmoil::lookup(name(at)), PORT)).collect();
    let mut ticks = tokio::time::interval(PERIOD);
    let mut buffer = vec![0; PAYLOAD];
    loop {
        tokio::select! {
            _ = ticks.tick() => {
                for other in &others {
                    socket.send_to(&[PING; PAYLOAD], *other).await?;
                }
            }
            received = socket.recv_from(&mut buffer) => {
                let (_, from) = received?;
                delivered.set(delivered.get() + 1);
                if buffer[0] == PING {
                    socket.send_to(&[PONG; PAYLOAD], from).await?;
                }
            }
        }
    }
}
