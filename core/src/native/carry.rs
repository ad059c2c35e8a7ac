//! Carrying out what the node wants, in order: an effect begins when those before it are complete.

use std::net::SocketAddr;

use crate::node::{Durability, Output};

use super::bus;
use super::server::Server;

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
                }
            }
            Output::Follow(_) | Output::DropReplicas | Output::StreamPing(_) => {}
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
