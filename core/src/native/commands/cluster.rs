//! The CLUSTER family.

use crate::base::{Address, SlotSet};
use crate::node::Command as Wish;

use super::{Call, Flow};

pub(super) fn cluster(call: &mut Call<'_>) -> Flow {
    let name = call.text(1).unwrap_or_default().to_ascii_lowercase();
    match name.as_str() {
        "myid" => {
            let id = call.server.node.id().to_string();
            call.out.bulk(id.as_bytes());
        }
        "nodes" => {
            let text = call.server.node.conf().to_string();
            call.out.verbatim(&text);
        }
        "meet" => meet(call),
        "addslotsrange" => add_slots(call),
        "replicate" => match call.text(2).and_then(|word| word.parse().ok()) {
            Some(node) => wish(call, Wish::Replicate(node)),
            None => call.out.error("ERR Unknown node"),
        },
        _ => call.out.error(&format!("ERR unknown subcommand '{name}'. Try CLUSTER HELP.")),
    }
    Flow::Done
}

fn wish(call: &mut Call<'_>, wish: Wish) {
    match call.server.input(|node, now| node.handle_command(now, wish)) {
        Ok(()) => call.out.ok(),
        Err(error) => call.out.error(&format!("ERR {error}")),
    }
}

fn meet(call: &mut Call<'_>) {
    let address =
        call.text(2).and_then(|ip| ip.parse().ok()).zip(call.text(3).and_then(|port| port.parse().ok()));
    let Some((ip, port)) = address else {
        call.out.error("ERR Invalid node address specified");
        return;
    };
    let mut address = Address::new(ip, port);
    if let Some(cport) = call.text(4).and_then(|port| port.parse().ok()) {
        address.cport = cport;
    }
    wish(call, Wish::Meet(address));
}

fn add_slots(call: &mut Call<'_>) {
    let numbers: Option<Vec<u16>> = (2..call.words.len())
        .map(|at| call.text(at)?.parse().ok().filter(|slot| *slot < crate::base::SLOTS))
        .collect();
    match numbers.filter(|numbers| numbers.len().is_multiple_of(2)) {
        Some(numbers) => {
            let ranges = numbers.chunks_exact(2).map(|pair| (pair[0], pair[1]));
            wish(call, Wish::AddSlots(SlotSet::from_ranges(ranges)));
        }
        None => call.out.error("ERR Invalid or out of range slot"),
    }
}
