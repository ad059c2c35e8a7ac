//! Whether this node serves the keys of a command, and where a client must go if it does not.

use crate::base::Slot;
use crate::cluster::OpenSlot;
use crate::native::client::Client;
use crate::native::keyspace::slot_of;
use crate::native::server::Server;
use crate::protocol::health::Health;

use super::table::{Command, Flags};

/// Nothing if the command may run here; else the error that says where to go.
pub(super) fn check(
    server: &Server,
    client: &Client,
    asking: bool,
    command: &Command,
    words: &[&[u8]],
) -> Result<(), String> {
    let mut slot: Option<Slot> = None;
    for key in command.keys.of(words) {
        let its = slot_of(key);
        if slot.is_some_and(|slot| slot != its) {
            return Err("CROSSSLOT Keys in request don't hash to the same slot".to_owned());
        }
        slot = Some(its);
    }
    let Some(slot) = slot else { return Ok(()) };
    let view = server.node.view();
    let Some(owner) = view.owners().get(slot) else {
        return Err("CLUSTERDOWN Hash slot not served".to_owned());
    };
    if server.node.health() != Health::Ok {
        return Err("CLUSTERDOWN The cluster is down".to_owned());
    }
    let missing = || {
        let now_ms = server.clock.unix_ms();
        let all = command.keys.of(words).count();
        let here = command.keys.of(words).filter(|key| server.keyspace.get(key, now_ms).is_some()).count();
        (all - here, all)
    };
    let open = |importing: bool| {
        server.node.open_slots().iter().find(|open| open.slot == slot && open.importing == importing)
    };
    if owner == view.myself() {
        return match open(false).map(|open| (open, missing())) {
            Some((_, (0, _))) | None => Ok(()),
            Some((open, (gone, all))) if gone == all => Err(ask(server, open)),
            Some(_) => Err(TRY_AGAIN.to_owned()),
        };
    }
    if (asking || command.flags.contains(Flags::ASKING)) && open(true).is_some() {
        let (gone, all) = missing();
        return if all > 1 && gone > 0 { Err(TRY_AGAIN.to_owned()) } else { Ok(()) };
    }
    let reads = client.readonly && command.flags.contains(Flags::READ);
    if reads && view.my_primary() == Some(owner) {
        return Ok(());
    }
    let address = view.peer(owner).address;
    let ip = address.ip.map_or_else(String::new, |ip| ip.to_string());
    Err(format!("MOVED {slot} {ip}:{}", address.port))
}

const TRY_AGAIN: &str = "TRYAGAIN Multiple keys request during rehashing of slot";

fn ask(server: &Server, open: &OpenSlot) -> String {
    let address = server.node.view().get(open.other).map(|peer| peer.address).unwrap_or_default();
    let ip = address.ip.map_or_else(String::new, |ip| ip.to_string());
    format!("ASK {} {ip}:{}", open.slot, address.port)
}
