//! What operators ask the node to do. The node decides; here is only what the words mean.

use crate::base::address::BUS_PORT_OFFSET;
use crate::base::{Address, Epoch, NodeId};
use crate::node::{Command, FailoverMode};

use super::Call;
use crate::native::commands::strings::{NOT_INTEGER, SYNTAX, integer};

/// Asks the node, and answers with what it says; whether it does it.
pub(super) fn asked(call: &mut Call<'_>, wish: Command) -> bool {
    let done = call.server.input(|node, now| node.handle_command(now, wish));
    match &done {
        Ok(()) => call.out.ok(),
        Err(error) => call.out.error(&format!("ERR {error}")),
    }
    done.is_ok()
}

/// The same, if nothing hangs on it.
pub(super) fn wish(call: &mut Call<'_>, wish: Command) {
    asked(call, wish);
}

/// What is said of a node that the table does not have.
pub(super) const UNKNOWN: &str = "Unknown node";

/// The node an argument names, if the table has it; if not, that is answered in these words.
pub(super) fn node_named(call: &mut Call<'_>, at: usize, unknown: &str) -> Option<NodeId> {
    let word = String::from_utf8_lossy(call.words[at]).into_owned();
    let id = word.parse().ok().filter(|id| call.server.node.view().get(*id).is_some());
    if id.is_none() {
        call.out.error(&format!("ERR {unknown} {word}"));
    }
    id
}

/// A port as it is stated; what is wrong with it is answered, in the words for this kind of port.
fn port(call: &mut Call<'_>, at: usize, kind: &str, range: &str) -> Option<u16> {
    let stated = integer(call.words[at]);
    let port = stated.and_then(|port| u16::try_from(port).ok()).filter(|port| *port > 0);
    match (stated, port) {
        (None, _) => {
            let word = String::from_utf8_lossy(call.words[at]).into_owned();
            call.out.error(&format!("ERR Invalid {kind} port specified: {word}"));
        }
        (_, None) => call.out.error(&format!("ERR {range} number is out of range")),
        _ => {}
    }
    port
}

pub(super) fn meet(call: &mut Call<'_>) {
    if call.words.len() > 5 {
        return call.no_such_form();
    }
    let Some(base) = port(call, 3, "base", "Port") else { return };
    let bus = if call.words.len() > 4 {
        let Some(bus) = port(call, 4, "bus", "Cluster bus port") else { return };
        bus
    } else {
        let Some(bus) = base.checked_add(BUS_PORT_OFFSET) else {
            return call.out.error("ERR Cluster bus port number is out of range");
        };
        bus
    };
    let Some(ip) = call.text(2).and_then(|ip| ip.parse().ok()) else {
        let word = String::from_utf8_lossy(call.words[2]).into_owned();
        call.out.error(&format!("ERR Invalid node address specified: {word}:{base}"));
        return;
    };
    let mut address = Address::new(ip, base);
    address.cport = bus;
    wish(call, Command::Meet(address));
}

pub(super) fn forget(call: &mut Call<'_>) {
    match call.text(2).and_then(|word| word.parse().ok()) {
        // Who is forgotten already is not in the table, and that is no error.
        Some(node) => wish(call, Command::Forget(node)),
        None => drop(node_named(call, 2, UNKNOWN)),
    }
}

pub(super) fn replicate(call: &mut Call<'_>) {
    let no_one = call.words.len() == 4 && call.is(2, "no") && call.is(3, "one");
    if call.words.len() > 3 && !no_one {
        return call.no_such_form();
    }
    if no_one && call.server.node.is_primary() {
        return call.out.ok();
    }
    if no_one {
        return call.out.error(
            "ERR this node does not leave its primary for none: CLUSTER FAILOVER makes it one, CLUSTER RESET takes \
             it out",
        );
    }
    let Some(node) = node_named(call, 2, UNKNOWN) else { return };
    if call.server.node.is_primary() && !call.server.keyspace.is_empty() {
        call.out.error("ERR To set a master the node must be empty and without assigned slots.");
        return;
    }
    wish(call, Command::Replicate(node));
}

pub(super) fn failover(call: &mut Call<'_>) {
    let mut mode = FailoverMode::Default;
    for word in &call.words[2..] {
        mode = match word.to_ascii_lowercase().as_slice() {
            b"takeover" => FailoverMode::Takeover,
            b"force" if mode == FailoverMode::Takeover => mode,
            b"force" => FailoverMode::Force,
            _ => return call.out.error(SYNTAX),
        };
    }
    wish(call, Command::Failover(mode));
}

pub(super) fn reset(call: &mut Call<'_>) {
    if call.words.len() > 3 {
        return call.no_such_form();
    }
    let hard = match call.words.get(2) {
        None => false,
        Some(word) if word.eq_ignore_ascii_case(b"soft") => false,
        Some(word) if word.eq_ignore_ascii_case(b"hard") => true,
        Some(_) => {
            call.out.error("ERR syntax error");
            return;
        }
    };
    if call.server.node.is_primary() && !call.server.keyspace.is_empty() {
        call.out.error("ERR CLUSTER RESET can't be called with master nodes containing keys");
        return;
    }
    call.server.keyspace.clear();
    wish(call, Command::Reset { hard, holds_data: false });
    call.server.log_broken();
}

pub(super) fn bump_epoch(call: &mut Call<'_>) {
    let before = call.server.node.view().me().config_epoch;
    let done = call.server.input(|node, now| node.handle_command(now, Command::BumpEpoch));
    let after = call.server.node.view().me().config_epoch;
    match done {
        Ok(()) => call.out.simple(&format!("{} {after}", if after == before { "STILL" } else { "BUMPED" })),
        Err(error) => call.out.error(&format!("ERR {error}")),
    }
}

pub(super) fn set_config_epoch(call: &mut Call<'_>) {
    match integer(call.words[2]).map(|epoch| u64::try_from(epoch).map_err(|_| epoch)) {
        Some(Ok(epoch)) => wish(call, Command::SetConfigEpoch(Epoch(epoch))),
        Some(Err(epoch)) => call.out.error(&format!("ERR Invalid config epoch specified: {epoch}")),
        None => call.out.error(NOT_INTEGER),
    }
}

pub(super) fn save_config(call: &mut Call<'_>) {
    wish(call, Command::SaveConfig);
}
