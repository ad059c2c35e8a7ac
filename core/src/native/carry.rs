//! Carrying out what the node wants, in order: an effect begins when those before it are complete.

use std::net::SocketAddr;

use crate::base::LinkId;
use crate::node::{Durability, Output};

use super::server::Server;
use super::{bus, feed, replica};

/// A node that cannot keep what it promised must not go on.
const DISK_FAILED: i32 = 3;

impl Server {
    pub(super) fn carry_all(&mut self) {
        while let Some(output) = self.node.poll_output() {
            self.carry(output);
        }
        self.part_from_lost_slots();
    }

    fn carry(&mut self, output: Output) {
        match output {
            Output::Dial { link, address } => {
                let Some((ip, me)) = address.ip.zip(self.me.upgrade()) else { return };
                let from = self.options.bind.first().copied();
                let (to, slow) = (SocketAddr::new(ip, address.cport), self.options.bus_latency);
                let end = bus::dial(&me, link, to, from, slow, self.clock.unix_ms());
                self.links.insert(link, end);
            }
            Output::Close(link) => drop(self.links.remove(&link)),
            Output::Persist(conf, durability) => {
                self.subscriptions.moved = true;
                self.persist(&conf, durability);
            }
            Output::Send(link, frame) => {
                let Some(end) = self.links.get(&link) else { return };
                if end.send(&frame, self.clock.now(), self.options.link_sendbuf) {
                    *self.traffic.sent.entry(frame.kind()).or_default() += 1;
                } else {
                    self.overflowed(link);
                }
            }
            // What to ask a primary for is known when the data of before is there, and where the stream stands.
            Output::Follow(follow) if self.restoring => self.follows_later = follow.is_some(),
            Output::StreamPing(_) if self.restoring => {}
            Output::Follow(Some(follow)) => {
                let Some(me) = self.me.upgrade() else { return };
                self.following = Some(replica::follow(&me, follow));
                // Who waits for replicas of this node waits in vain now.
                self.feed.acked.notify_waiters();
            }
            Output::Follow(None) => {
                self.following = None;
                // Who had nothing of its primary's history starts a new one.
                let end = self.node.offset().0;
                if end != self.feed.end() {
                    self.feed.restart(end);
                    self.log_broken();
                }
            }
            Output::DropReplicas => self.feed.drop_all.notify_waiters(),
            Output::StreamPing(bytes) => {
                let ping = feed::encode(&[b"PING"]);
                debug_assert_eq!(bytes, ping.len() as u64, "the node counts what is sent");
                self.feed.relay(&ping);
            }
            Output::PauseWrites(paused) => {
                self.paused = paused;
                if !paused {
                    self.resumed.notify_waiters();
                }
            }
            Output::Published { shard, text } => {
                self.tell_listeners(shard, &text);
            }
            Output::Notify(event) => {
                self.tell(&event);
                let unix_us = self.clock.unix_us();
                if let Some(events) = &mut self.events {
                    events.line(unix_us, &event);
                }
            }
        }
    }

    /// A peer that does not read what it is sent must not take our memory.
    fn overflowed(&mut self, link: LinkId) {
        self.links.remove(&link);
        self.traffic.overflowed += 1;
        self.warning(format_args!(
            "closes a bus link: more waits to be sent than cluster-link-sendbuf-limit allows"
        ));
        let now = self.now();
        self.node.handle_link_down(now, link);
    }

    fn persist(&mut self, conf: &crate::cluster::NodesConf, durability: Durability) {
        if let Err(error) = self.conf_file.write(conf, durability) {
            self.disk_failed("save the cluster configuration", &error);
        }
    }

    /// Ends the process.
    pub(super) fn disk_failed(&mut self, what: &str, error: &std::io::Error) -> ! {
        self.warning(format_args!("cannot {what}: {error}; free or mend the disk and start again"));
        std::process::exit(DISK_FAILED);
    }
}
