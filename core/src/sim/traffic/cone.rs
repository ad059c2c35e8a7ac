//! What can have influenced a moment of a node, and what it can have influenced: nothing in a cluster is
//! faster than its messages.

use crate::base::Instant;
use crate::base::ordered;

use super::super::HostIx;
use super::{Message, Traffic};

/// For each host, until when it could tell, and from when on it could know.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Cone {
    /// Whatever a host did up to here can have been a cause; none is nothing it did.
    pub past: Vec<Option<Instant>>,
    /// Whatever a host does from here on can be an effect; none is nothing in this run.
    pub future: Vec<Option<Instant>>,
}

impl Cone {
    /// Whether what a host did at a moment can have been a cause.
    pub fn before(&self, host: HostIx, at: Instant) -> bool {
        self.past.get(host.get()).copied().flatten().is_some_and(|until| at <= until)
    }

    /// Whether what a host did at a moment can be an effect.
    pub fn after(&self, host: HostIx, at: Instant) -> bool {
        self.future.get(host.get()).copied().flatten().is_some_and(|from| at >= from)
    }

    /// Whether a message carried a cause here, or an effect away.
    pub fn holds(&self, message: &Message) -> bool {
        message.read().is_some_and(|read| self.before(message.to, read))
            || self.after(message.from, message.sent)
    }
}

impl Traffic {
    /// The cone of a moment of a host, in a world of so many hosts.
    pub fn cone(&self, host: HostIx, at: Instant, hosts: usize) -> Cone {
        self.cone_between((host, at), (host, at), hosts)
    }

    /// The cone of a message: what led to its leaving, and what its arrival led to.
    pub fn cone_of(&self, message: &Message, hosts: usize) -> Cone {
        let end = message.read().unwrap_or(Instant::MAX);
        self.cone_between((message.from, message.sent), (message.to, end), hosts)
    }

    fn cone_between(&self, past: (HostIx, Instant), future: (HostIx, Instant), hosts: usize) -> Cone {
        let mut cone = Cone { past: vec![None; hosts], future: vec![None; hosts] };
        if let Some(place) = cone.past.get_mut(past.0.get()) {
            *place = Some(past.1);
        }
        if let Some(place) = cone.future.get_mut(future.0.get()) {
            *place = Some(future.1).filter(|at| *at < Instant::MAX);
        }
        // What was read last can only carry what was read before: one sweep each way is enough.
        let mut read: Vec<(Instant, &Message)> =
            self.messages().iter().filter_map(|one| Some((one.read()?, one))).collect();
        ordered::sort_by_key(&mut read, |(at, _)| *at);
        for (at, message) in read.iter().rev() {
            if cone.before(message.to, *at) {
                let place = &mut cone.past[message.from.get()];
                *place = (*place).max(Some(message.sent));
            }
        }
        // Messages are kept in the order in which they left.
        for message in self.messages() {
            if let Some(at) = message.read()
                && cone.after(message.from, message.sent)
            {
                let place = &mut cone.future[message.to.get()];
                *place = Some(place.map_or(at, |before| before.min(at)));
            }
        }
        cone
    }
}
