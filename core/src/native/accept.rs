//! Taking connections, for clients and for peers alike.

use std::net::SocketAddr;
use std::time::Duration;

use socket2::{SockRef, TcpKeepalive};
use tokio::net::{TcpListener, TcpStream};

use super::server::{Shared, sleep};

/// How long nobody is taken in after that failed: descriptors are given back by those who leave.
const PAUSE: Duration = Duration::from_millis(200);

/// Takes connections for as long as the node lives.
pub async fn accept(server: Shared, listener: TcpListener, welcome: fn(&Shared, TcpStream, SocketAddr)) {
    let mut refused = 0_u64;
    loop {
        match listener.accept().await {
            Ok((stream, remote)) => {
                refused = 0;
                drop(stream.set_nodelay(true));
                welcome(&server, stream, remote);
            }
            Err(error) => {
                if refused == 0 {
                    server.borrow_mut().warning(format_args!("Error accepting a client connection: {error}"));
                }
                refused += 1;
                sleep(PAUSE).await;
            }
        }
    }
}

/// Has the kernel ask whether the other end still lives. Best effort: it is a comfort, not a promise.
pub fn keep_alive(stream: &TcpStream, every: Duration) {
    if !every.is_zero() {
        let third = (every / 3).max(Duration::from_secs(1));
        let keepalive = TcpKeepalive::new().with_time(every).with_interval(third).with_retries(3);
        drop(SockRef::from(stream).set_tcp_keepalive(&keepalive));
    }
}
