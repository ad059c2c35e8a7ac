//! Whether this node serves the keys of a command, and where a client must go if it does not.

use crate::base::Slot;
use crate::cluster::OpenSlot;
use crate::native::client::Client;
use crate::native::keyspace::slot_of;
use crate::native::server::Server;
use crate::protocol::health::Health;

use super::endpoint::Shown;
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
            return Err(CROSS_SLOT.to_owned());
        }
        slot = Some(its);
    }
    let Some(slot) = slot else {
        let writes = command.flags.contains(Flags::WRITE);
        return if writes && !server.node.is_primary() { Err(READ_ONLY.to_owned()) } else { Ok(()) };
    };
    let view = server.node.view();
    let Some(owner) = view.owners().get(slot) else {
        return Err("CLUSTERDOWN Hash slot not served".to_owned());
    };
    let channel = CHANNELS.contains(&command.name);
    let serves_reads = server.options.reads_when_down && command.flags.contains(Flags::READ);
    if server.node.health() != Health::Ok && !serves_reads && !channel {
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
    if channel && owner == view.primary_of(view.myself()) {
        return Ok(());
    }
    if owner == view.myself() {
        return match open(false).map(|open| (open, missing())) {
            Some((_, (0, _))) | None => Ok(()),
            Some((open, (gone, all))) if gone == all => Err(ask(server, client, open)),
            Some(_) => Err(TRY_AGAIN.to_owned()),
        };
    }
    // A replica knows of open slots, but what comes comes to its primary.
    let takes = server.node.is_primary() && open(true).is_some();
    if takes && (asking || command.flags.contains(Flags::ASKING)) {
        let (gone, all) = missing();
        return if all > 1 && gone > 0 { Err(TRY_AGAIN.to_owned()) } else { Ok(()) };
    }
    let reads = client.readonly && !command.flags.contains(Flags::WRITE);
    if reads && view.my_primary() == Some(owner) {
        return Ok(());
    }
    let shown = Shown::of(server, owner, client.remote);
    Err(format!("MOVED {slot} {}:{}", shown.endpoint().unwrap_or_default(), shown.port))
}

/// Commands whose keys are channels of a shard: any node of it serves them, even while the cluster is down.
const CHANNELS: [&str; 3] = ["spublish", "ssubscribe", "sunsubscribe"];
/// Keys of one request, or of one transaction, are in several slots.
pub(super) const CROSS_SLOT: &str = "CROSSSLOT Keys in request don't hash to the same slot";
const READ_ONLY: &str = "READONLY You can't write against a read only replica.";
const TRY_AGAIN: &str = "TRYAGAIN Multiple keys request during rehashing of slot";

fn ask(server: &Server, client: &Client, open: &OpenSlot) -> String {
    let other = server.node.view().lookup(open.other).map(|ix| Shown::of(server, ix, client.remote));
    let (host, port) = other.as_ref().map_or((None, 0), |shown| (shown.endpoint(), shown.port));
    format!("ASK {} {}:{port}", open.slot, host.unwrap_or_default())
}
