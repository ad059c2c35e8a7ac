//! What operators ask the node to do. The node decides; here is only what the words mean.

use crate::base::{Address, Epoch, NodeId};
use crate::node::{Command, FailoverMode};

use super::Call;

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

/// The node an argument names, if the table has it; if not, that is answered.
pub(super) fn node_named(call: &mut Call<'_>, at: usize) -> Option<NodeId> {
    let word = String::from_utf8_lossy(call.words[at]).into_owned();
    let id = word.parse().ok().filter(|id| call.server.node.view().get(*id).is_some());
    if id.is_none() {
        call.out.error(&format!("ERR Unknown node {word}"));
    }
    id
}

pub(super) fn meet(call: &mut Call<'_>) {
    let port = |at: usize| call.text(at).and_then(|port| port.parse::<u16>().ok());
    let Some(base) = port(3).filter(|port| *port > 0) else {
        let word = String::from_utf8_lossy(call.words[3]).into_owned();
        call.out.error(&format!("ERR Invalid base port specified: {word}"));
        return;
    };
    let bus = if call.words.len() > 4 { port(4).filter(|port| *port > 0) } else { Some(0) };
    let Some(bus) = bus else {
        let word = String::from_utf8_lossy(call.words[4]).into_owned();
        call.out.error(&format!("ERR Invalid bus port specified: {word}"));
        return;
    };
    let Some(ip) = call.text(2).and_then(|ip| ip.parse().ok()) else {
        let word = String::from_utf8_lossy(call.words[2]).into_owned();
        call.out.error(&format!("ERR Invalid node address specified: {word}:{base}"));
        return;
    };
    let mut address = Address::new(ip, base);
    if bus != 0 {
        address.cport = bus;
    }
    wish(call, Command::Meet(address));
}

pub(super) fn forget(call: &mut Call<'_>) {
    match call.text(2).and_then(|word| word.parse().ok()) {
        // Who is forgotten already is not in the table, and that is no error.
        Some(node) => wish(call, Command::Forget(node)),
        None => drop(node_named(call, 2)),
    }
}

pub(super) fn replicate(call: &mut Call<'_>) {
    let Some(node) = node_named(call, 2) else { return };
    if call.server.node.is_primary() && !call.server.keyspace.is_empty() {
        call.out.error("ERR To set a master the node must be empty and without assigned slots.");
        return;
    }
    wish(call, Command::Replicate(node));
}

pub(super) fn failover(call: &mut Call<'_>) {
    let mode = match call.words.get(2) {
        None => FailoverMode::Default,
        Some(word) if word.eq_ignore_ascii_case(b"force") => FailoverMode::Force,
        Some(word) if word.eq_ignore_ascii_case(b"takeover") => FailoverMode::Takeover,
        Some(_) => {
            call.out.error("ERR syntax error");
            return;
        }
    };
    wish(call, Command::Failover(mode));
}

pub(super) fn reset(call: &mut Call<'_>) {
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
    match call.text(2).and_then(|text| text.parse().ok()) {
        Some(epoch) => wish(call, Command::SetConfigEpoch(Epoch(epoch))),
        None => call.out.error("ERR Invalid config epoch specified"),
    }
}

pub(super) fn save_config(call: &mut Call<'_>) {
    wish(call, Command::SaveConfig);
}
