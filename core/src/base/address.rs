//! Where a node can be reached.

use std::fmt;
use std::net::IpAddr;

use serde::{Deserialize, Serialize};

/// A node's announced address: ip, client ports and bus port. A port of 0 is "none"; an ip of
/// `None` is "use the address the socket shows" (protocol.md §2.10).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Address {
    /// The announced ip.
    pub ip: Option<IpAddr>,
    /// Plain client port.
    pub port: u16,
    /// The other client port (TLS when `port` is plain and the other way round), 0 if none.
    pub pport: u16,
    /// Cluster bus port.
    pub cport: u16,
}

impl Address {
    /// An address with the bus port at its default distance from the client port.
    pub fn new(ip: IpAddr, port: u16) -> Self {
        Self { ip: Some(ip), port, pport: 0, cport: port.saturating_add(BUS_PORT_OFFSET) }
    }
}

/// Default distance from client port to bus port.
pub const BUS_PORT_OFFSET: u16 = 10_000;

/// `ip:port@cport`, as `nodes.conf` writes it; an unknown ip is empty.
impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(ip) = self.ip {
            write!(f, "{ip}")?;
        }
        write!(f, ":{}@{}", self.port, self.cport)
    }
}
