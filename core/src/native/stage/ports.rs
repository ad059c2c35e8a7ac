//! Ports that nobody else of us has: a node that is killed and comes back needs its own again.

use std::fs::{self, File};
use std::net::{Ipv4Addr, TcpListener};

/// From a client port to the bus port that tools expect.
const BUS: u16 = 10_000;
/// Below the ports that systems hand out for outgoing connections, bus ports included.
const PORTS: std::ops::Range<u16> = 20_000..22_500;

/// A port that is ours, whether anybody listens on it or not, until this is dropped.
#[derive(Debug)]
pub struct Claim {
    /// Which.
    pub port: u16,
    /// Keeps the other processes of this machine that ask for ports here away.
    _lock: File,
}

impl Claim {
    /// A port that is free, and whose bus port is, too; none if there is no such port left.
    pub fn take() -> Option<Self> {
        let folder = std::env::temp_dir().join("splitvote-ports");
        fs::create_dir_all(&folder).ok()?;
        // Who asks at the same time begins elsewhere.
        let first = u16::try_from(std::process::id() % 83).unwrap_or(0) * 30;
        let mut ports = (PORTS.start + first..PORTS.end).chain(PORTS.start..PORTS.start + first);
        let binds = |port: u16| TcpListener::bind((Ipv4Addr::LOCALHOST, port)).is_ok();
        ports.find_map(|port| {
            let lock = File::options().create(true).append(true).open(folder.join(port.to_string())).ok()?;
            let ours = lock.try_lock().is_ok() && binds(port) && binds(port + BUS);
            ours.then_some(Self { port, _lock: lock })
        })
    }

    /// So many ports; how many there were, if there were not enough.
    pub fn many(count: usize) -> Result<Vec<Self>, usize> {
        let claims: Vec<Self> = std::iter::from_fn(Self::take).take(count).collect();
        if claims.len() == count { Ok(claims) } else { Err(claims.len()) }
    }

    /// Its bus port.
    pub const fn bus(&self) -> u16 {
        self.port + BUS
    }
}

/// Where ports are looked for, in words.
pub(super) fn range() -> String {
    format!("between {} and {}, with as many {BUS} above", PORTS.start, PORTS.end)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_port_belongs_to_one_until_it_is_given_back() {
        let claims = Claim::many(6).expect("a machine has six free ports");
        let mut ports: Vec<u16> = claims.iter().map(|claim| claim.port).collect();
        ports.sort_unstable();
        ports.dedup();
        assert_eq!(ports.len(), 6);
        assert!(claims.iter().all(|claim| PORTS.contains(&claim.port) && claim.bus() < 32_768));
    }
}
