//! The same script in the simulator, its frames heard on the wire.

use std::collections::BTreeMap;

use splitvote::base::NodeId;
use splitvote::scenario::Script;
use splitvote::sim::{Keep, Simulator};

use super::cluster::Recording;
use super::tale::{Row, Told};

/// Plays a script.
pub(crate) fn play(script: &Script) -> Recording {
    let mut world = Simulator::keeping(script, Keep::default());
    let (mut heard, mut told, mut frames) = (0, Vec::new(), Vec::new());
    loop {
        let names = world.names();
        let mut fresh: Vec<_> = world.wire().filter(|(number, ..)| *number > heard).collect();
        fresh.sort_by_key(|(number, ..)| *number);
        for (number, _, to, sent, bytes) in fresh {
            heard = number;
            let name = |id: NodeId| names.host_of(id).map(|host| names.host(host));
            let one = Told::of(sent.as_micros(), bytes, &name);
            told.extend(one.map(|told| Told { to: names.host(to), ..told }));
            frames.push(bytes.to_vec());
        }
        if world.finished() || !world.step() {
            break;
        }
    }
    let names = world.names();
    let mut views = BTreeMap::new();
    for host in world.hosts() {
        let Some(node) = host.node else { continue };
        let name = |id: NodeId| names.host_of(id).map(|host| names.host(host));
        views.insert(host.name, Row::all(&node.conf(), &name));
    }
    Recording { told, views, odd: Vec::new(), frames }
}
