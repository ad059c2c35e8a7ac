//! How clients are told where a node is: its address for them, and the name that the operator prefers.

use std::net::SocketAddr;

use crate::base::Address;
use crate::cluster::{PeerIx, PeerNames};
use crate::native::options::Endpoint;
use crate::native::server::Server;

/// A node as one client is shown it.
pub(super) struct Shown<'a> {
    /// Its address for this client; empty if unknown.
    pub(super) ip: String,
    /// Its port for clients.
    pub(super) port: u16,
    /// Its host name; empty if it announces none.
    pub(super) hostname: &'a str,
    prefers: Endpoint,
}

impl<'a> Shown<'a> {
    /// A node as a client from there is shown it.
    pub(super) fn of(server: &'a Server, ix: PeerIx, remote: SocketAddr) -> Self {
        let view = server.node.view();
        let (address, names): (Address, Option<&PeerNames>) = if ix == view.myself() {
            let config = server.node.config();
            (config.address, Some(&config.names))
        } else {
            view.find(ix).map_or((Address::default(), None), |peer| (peer.address, peer.names.as_deref()))
        };
        let own = names.map(|names| if remote.is_ipv4() { &names.client_ipv4 } else { &names.client_ipv6 });
        let ip = match own.filter(|ip| !ip.is_empty()) {
            Some(ip) => ip.clone(),
            None => address.ip.map_or_else(String::new, |ip| ip.to_string()),
        };
        let port = names.map_or(0, |names| names.client_port);
        Self {
            ip,
            port: if port == 0 { address.port } else { port },
            hostname: names.map_or("", |names| names.hostname.as_str()),
            prefers: server.options.endpoint,
        }
    }

    /// The name by which it is to be reached; `None` is the address that the client used already.
    pub(super) fn endpoint(&self) -> Option<&str> {
        match self.prefers {
            Endpoint::Ip => Some(&self.ip),
            Endpoint::Hostname if self.hostname.is_empty() => Some("?"),
            Endpoint::Hostname => Some(self.hostname),
            Endpoint::Unknown => None,
        }
    }

    /// What CLUSTER SLOTS says beside the endpoint.
    pub(super) fn others(&self) -> impl Iterator<Item = (&'static str, &str)> {
        let ip = (self.prefers != Endpoint::Ip).then_some(("ip", self.ip.as_str()));
        let hostname = (self.prefers != Endpoint::Hostname).then_some(("hostname", self.hostname));
        ip.into_iter().chain(hostname).filter(|(_, value)| !value.is_empty())
    }
}
