//! Carrying out what the node wants, in order: an effect begins when those before it are complete.

use std::net::SocketAddr;

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
    }

    fn carry(&mut self, output: Output) {
        match output {
            Output::Dial { link, address } => {
                let Some((ip, me)) = address.ip.zip(self.me.upgrade()) else { return };
                let from = self.options.bind.first().copied();
                let end = bus::dial(&me, link, SocketAddr::new(ip, address.cport), from);
                self.links.insert(link, end);
            }
            Output::Close(link) => drop(self.links.remove(&link)),
            Output::Persist(conf, durability) => self.persist(&conf, durability),
            Output::Send(link, frame) => {
                if let Some(end) = self.links.get(&link) {
                    end.send(&frame);
                    *self.traffic.sent.entry(frame.kind()).or_default() += 1;
                }
            }
            Output::Follow(Some(follow)) => {
                let Some(me) = self.me.upgrade() else { return };
                self.following = Some(replica::follow(&me, follow));
            }
            Output::Follow(None) => {
                self.following = None;
                // Who had nothing of its primary's history starts a new one.
                let end = self.node.offset().0;
                if end != self.feed.end() {
                    self.feed.restart(end);
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
            Output::Notify(event) => self.notice(format_args!("{event}")),
        }
    }

    fn persist(&mut self, conf: &crate::cluster::NodesConf, durability: Durability) {
        if let Err(error) = self.conf_file.write(conf, durability) {
            self.warning(format_args!("cannot save the cluster configuration: {error}"));
            std::process::exit(DISK_FAILED);
        }
    }
}
