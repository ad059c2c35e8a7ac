//! Bounds on what connections may cost: silence, and what waits to be sent to them.

use std::cell::Cell;
use std::rc::Rc;

use super::client::ClientId;
use super::options::{Class, OutputLimit};
use super::server::Server;

/// What a client's task shows of itself to those who watch the bounds.
#[derive(Debug)]
pub struct Pulse {
    /// Unix milliseconds of its last word.
    pub heard_ms: Cell<u64>,
    /// Bytes that wait to be sent to it.
    pub pending: Cell<u64>,
    /// What it is to this node.
    pub class: Cell<Class>,
    /// Whether it waits for something that others do: its silence means nothing.
    pub waits: Cell<bool>,
    /// Since when more waits for it than the soft bound allows, in Unix milliseconds.
    over_since: Cell<Option<u64>>,
}

impl Pulse {
    /// That of a client that was just taken in.
    pub fn new(now_ms: u64) -> Self {
        Self {
            heard_ms: Cell::new(now_ms),
            pending: Cell::new(0),
            class: Cell::new(Class::Normal),
            waits: Cell::new(false),
            over_since: Cell::new(None),
        }
    }

    /// Whether more waits than its bounds allow.
    pub fn exceeds(&self, limit: OutputLimit, now_ms: u64) -> bool {
        let pending = self.pending.get();
        if limit.soft == 0 || pending <= limit.soft {
            self.over_since.set(None);
        } else if self.over_since.get().is_none() {
            self.over_since.set(Some(now_ms));
        }
        let soft = self.over_since.get();
        (limit.hard > 0 && pending > limit.hard)
            || soft.is_some_and(|since| now_ms.saturating_sub(since) >= limit.seconds.saturating_mul(1000))
    }
}

/// Ends connections that cost more than the operator allows.
pub fn sweep(server: &mut Server) {
    let now_ms = server.clock.unix_ms();
    let end = server.feed.end();
    let timeout_ms = server.options.timeout.as_millis();
    let mut doomed: Vec<(ClientId, &'static str)> = Vec::new();
    for (id, known) in &server.clients.known {
        let pulse = &known.pulse;
        if let Some(fed) = server.feed.replicas.get(id) {
            pulse.class.set(Class::Replica);
            pulse.pending.set(end.saturating_sub(fed.sent));
        }
        let silent = now_ms.saturating_sub(pulse.heard_ms.get());
        if pulse.exceeds(server.options.output.of(pulse.class.get()), now_ms) {
            doomed.push((*id, "overcoming of output buffer limits"));
        } else if timeout_ms > 0
            && silent > timeout_ms
            && pulse.class.get() == Class::Normal
            && !pulse.waits.get()
        {
            doomed.push((*id, "idle timeout"));
        }
    }
    for (id, why) in doomed {
        server.close_client(id, why);
    }
}

impl Server {
    /// Ends a client's connection and says why.
    pub fn close_client(&mut self, id: ClientId, why: &str) {
        let Some(known) = self.clients.known.get(&id) else { return };
        let (killed, remote) = (Rc::clone(&known.killed), known.remote);
        if why.contains("output buffer") {
            self.stats.output_closed += 1;
        }
        self.notice(format_args!("Client id={id} addr={remote} closed for {why}."));
        killed.notify_one();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_soft_bound_is_patient_and_a_hard_one_is_not() {
        let limit = OutputLimit { hard: 100, soft: 10, seconds: 2 };
        let pulse = Pulse::new(0);
        let table = [
            (0, 10, false),
            (100, 11, false),
            (2099, 11, false),
            (2100, 99, true),
            (2200, 5, false),
            (2300, 11, false),
            (4200, 11, false),
            (4299, 101, true),
        ];
        for (now_ms, pending, exceeds) in table {
            pulse.pending.set(pending);
            assert_eq!(pulse.exceeds(limit, now_ms), exceeds, "{pending} at {now_ms}");
        }
        let none = OutputLimit { hard: 0, soft: 0, seconds: 0 };
        pulse.pending.set(u64::MAX);
        assert!(!pulse.exceeds(none, 9999));
    }
}
