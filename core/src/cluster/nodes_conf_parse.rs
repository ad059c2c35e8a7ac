//! Reading `nodes.conf` (protocol.md §12.2).

use std::str::FromStr;

use crate::base::{Address, Epoch, SLOTS, Slot};
use crate::wire::NodeFlags;

use super::nodes_conf::{AUX_FORBIDDEN, ConfError, NodeLine, NodesConf, OpenSlot, WORDS};

impl FromStr for NodesConf {
    type Err = ConfError;

    fn from_str(text: &str) -> Result<Self, ConfError> {
        let mut conf = Self::default();
        for (at, line) in text.lines().enumerate() {
            let at_line = |what: String| ConfError::Line { line: at + 1, what };
            let words: Vec<&str> = line.split_whitespace().collect();
            match words.as_slice() {
                [] => {}
                ["vars", vars @ ..] => conf.read_vars(vars).map_err(at_line)?,
                words => {
                    let line = node_line(words).map_err(at_line)?;
                    if conf.nodes.iter().any(|known| known.id == line.id) {
                        return Err(at_line(format!("node {} stands twice", line.id)));
                    }
                    conf.nodes.push(line);
                }
            }
        }
        conf.myself().ok_or(ConfError::NoMyself)?;
        let greatest = conf.nodes.iter().map(|line| line.config_epoch).max().unwrap_or_default();
        conf.current_epoch = conf.current_epoch.max(greatest);
        Ok(conf)
    }
}

impl NodesConf {
    fn read_vars(&mut self, vars: &[&str]) -> Result<(), String> {
        for pair in vars.chunks(2) {
            let [name, value] = pair else {
                return Err(format!("variable `{}` has no value", pair.join(" ")));
            };
            let slot = match *name {
                "currentEpoch" => &mut self.current_epoch,
                "lastVoteEpoch" => &mut self.last_vote_epoch,
                _ => continue,
            };
            *slot = Epoch(number(value, name)?);
        }
        Ok(())
    }
}

fn number<T: FromStr>(text: &str, what: &str) -> Result<T, String> {
    text.parse().map_err(|_| format!("{what} `{text}` is no number"))
}

fn node_line(words: &[&str]) -> Result<NodeLine, String> {
    let [id, place, flags, primary, ping, pong, epoch, state, slots @ ..] = words else {
        return Err(format!("{} fields, at least 8 expected", words.len()));
    };
    let id = id.parse().map_err(|_| format!("`{id}` is no node id"))?;
    let mut line = NodeLine::new(id, Address::default(), NodeFlags::empty());
    read_place(&mut line, place)?;
    line.flags = read_flags(flags)?;
    if *primary != "-" {
        line.primary = Some(primary.parse().map_err(|_| format!("`{primary}` is no node id"))?);
    }
    line.ping_sent = number(ping, "ping-sent")?;
    line.pong_received = number(pong, "pong-recv")?;
    line.config_epoch = Epoch(number(epoch, "config epoch")?);
    line.connected = *state == "connected";
    for word in slots {
        read_slots(&mut line, word)?;
    }
    Ok(line)
}

/// `ip:port@bus[,hostname][,name=value]...`
fn read_place(line: &mut NodeLine, place: &str) -> Result<(), String> {
    let mut parts = place.split(',');
    let address = parts.next().unwrap_or("");
    let (ip, ports) = address.rsplit_once(':').ok_or_else(|| format!("`{address}` is no address"))?;
    let (port, cport) = ports.split_once('@').unwrap_or((ports, ""));
    line.address.port = number(port, "port")?;
    line.address.cport = if cport.is_empty() {
        line.address.port.saturating_add(crate::base::address::BUS_PORT_OFFSET)
    } else {
        number(cport, "bus port")?
    };
    if !ip.is_empty() {
        line.address.ip = Some(ip.parse().map_err(|_| format!("`{ip}` is no ip"))?);
    }
    parts.next().unwrap_or("").clone_into(&mut line.names.hostname);
    for aux in parts {
        read_aux(line, aux)?;
    }
    Ok(())
}

fn read_aux(line: &mut NodeLine, aux: &str) -> Result<(), String> {
    let (name, value) = aux.split_once('=').ok_or_else(|| format!("`{aux}` is not name=value"))?;
    let address = name == "client-ipv6" && value.parse::<std::net::Ipv6Addr>().is_ok();
    if !address && value.contains(|c| AUX_FORBIDDEN.contains(c)) {
        return Err(format!("`{name}` holds a character that is not allowed"));
    }
    let names = &mut line.names;
    match name {
        "availability-zone" => value.clone_into(&mut names.availability_zone),
        "replica-priority" => names.replica_priority = number(value, name)?,
        "client-tls-port" => names.client_tls_port = number(value, name)?,
        "client-tcp-port" => names.client_port = number(value, name)?,
        "client-ipv6" => value.clone_into(&mut names.client_ipv6),
        "client-ipv4" => value.clone_into(&mut names.client_ipv4),
        "tls-port" => line.address.pport = number(value, name)?,
        "tcp-port" => line.address.port = number(value, name)?,
        "nodename" => value.clone_into(&mut names.human_name),
        "shard-id" => {
            line.shard = Some(value.parse().map_err(|_| format!("shard-id `{value}` is no id"))?);
        }
        _ => return Err(format!("`{name}` is no known field")),
    }
    Ok(())
}

fn read_flags(text: &str) -> Result<NodeFlags, String> {
    let mut flags = NodeFlags::empty();
    for word in text.split(',').filter(|word| !matches!(*word, "noflags" | "")) {
        let known = match word {
            "primary" => Some(NodeFlags::PRIMARY),
            "replica" => Some(NodeFlags::REPLICA),
            _ => WORDS.iter().find(|(known, _)| *known == word).map(|(_, flag)| *flag),
        };
        flags |= known.ok_or_else(|| format!("`{word}` is no known flag"))?;
    }
    Ok(flags)
}

/// `5`, `0-5460`, `[93->-id]`, `[77-<-id]`.
fn read_slots(line: &mut NodeLine, word: &str) -> Result<(), String> {
    let slot = |text: &str| {
        let number: u16 = number(text, "slot")?;
        Slot::new(number).ok_or_else(|| format!("slot {number} is not below {SLOTS}"))
    };
    if let Some(open) = word.strip_prefix('[').and_then(|word| word.strip_suffix(']')) {
        let importing = open.contains("-<-");
        let (number, other) = open
            .split_once(if importing { "-<-" } else { "->-" })
            .ok_or_else(|| format!("`{word}` is no open slot"))?;
        let other = other.parse().map_err(|_| format!("`{other}` is no node id"))?;
        line.open.push(OpenSlot { slot: slot(number)?, other, importing });
        return Ok(());
    }
    let (first, last) = word.split_once('-').unwrap_or((word, word));
    let (first, last) = (slot(first)?, slot(last)?);
    if first > last {
        return Err(format!("slots `{word}` run backwards"));
    }
    (first.get()..=last.get()).filter_map(Slot::new).for_each(|slot| line.slots.insert(slot));
    Ok(())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const A: &str = "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa";
    const B: &str = "bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb";

    #[test]
    fn reads_what_valkey_writes_and_writes_it_again() {
        let text = format!(
            "{A} 127.0.0.1:4101@14101,,tls-port=0,shard-id={B} myself,master - 0 0 3 connected 0-5460 7000 [93->-{B}]\n\
             {B} 127.0.0.1:4102@14102,host.example,tls-port=0,shard-id={A} slave,fail {A} 0 1700000000000 3 disconnected\n\
             vars currentEpoch 5 lastVoteEpoch 4\n"
        );
        let conf: NodesConf = text.parse().expect("a good file");
        assert_eq!(conf.to_string(), text);
        assert_eq!(conf.nodes[0].slots.len(), 5462);
        assert_eq!((conf.current_epoch, conf.last_vote_epoch), (Epoch(5), Epoch(4)));
    }

    #[test]
    fn reads_the_first_file_of_redis_7() {
        let text = format!("{A} :0@0 myself,master - 0 0 0 connected\nvars currentEpoch 0 lastVoteEpoch 0\n");
        let conf: NodesConf = text.parse().expect("a good file");
        assert_eq!(conf.myself().map(|line| line.address), Some(Address::default()));
    }

    #[test]
    fn a_claim_newer_than_the_clock_moves_the_clock() {
        let text = format!("{A} :1@2 myself,master - 0 0 9 connected\nvars currentEpoch 3 lastVoteEpoch 0\n");
        assert_eq!(text.parse::<NodesConf>().map(|conf| conf.current_epoch), Ok(Epoch(9)));
    }

    #[test]
    fn damage_is_named_and_nothing_is_guessed() {
        let good = format!("{A} :1@2 myself,master - 0 0 0 connected");
        for (text, what) in [
            (format!("{A} :1@2 myself,master - 0 0"), "6 fields"),
            (format!("{good}\n{good}"), "stands twice"),
            (format!("{good} 16384"), "slot 16384 is not below"),
            (format!("{good} 9-2"), "run backwards"),
            (good.replace("myself", "me"), "`me` is no known flag"),
            (good.replace(":1@2", ":1@2,,color=blue"), "`color` is no known field"),
            (good.replace(":1@2", ":1@2,,nodename=a<b"), "not allowed"),
            (good.replace("myself,", ""), "no line is marked `myself`"),
            (format!("{good}\nvars currentEpoch"), "has no value"),
            (format!("{good}\nvars currentEpoch x"), "is no number"),
            (good.replace(A, "nobody"), "is no node id"),
        ] {
            let error = text.parse::<NodesConf>().expect_err(&text).to_string();
            assert!(error.contains(what), "{error} should say {what}");
        }
    }

    proptest! {
        #[test]
        fn no_text_can_panic_the_reader(text in "\\PC{0,200}") {
            let _ = text.parse::<NodesConf>();
        }

        #[test]
        fn no_damage_can_panic_the_reader(at in 0_usize..200, with in "\\PC") {
            let good = format!("{A} 1.2.3.4:1@2,h,shard-id={B} myself,master - 0 0 0 connected 0-9 [7-<-{B}]\nvars currentEpoch 1 lastVoteEpoch 1\n");
            let mut text = good.clone();
            text.replace_range(at.min(good.len() - 1)..=at.min(good.len() - 1), &with);
            let _ = text.parse::<NodesConf>();
        }
    }
}
