//! The verbs: signals to processes, and commands as an operator would type them.

use std::io;
use std::rc::Rc;

use crate::base::{Rules, SlotSet};
use crate::resp::Reply;
use crate::scenario::{Action, FailoverMode, MessageFilter, Program, RuleLine, Selector, SetLine, Settings};
use crate::sim::{Happening, HostIx, What, is_fault};
use crate::wire::Kind;

use super::line::{Connection, PATIENCE, ask};
use super::network::Network;
use super::settings::OptionOf;
use super::{Shared, Stage, StageError, write};

/// Slots that are moved in one go.
const CHUNK: usize = 512;

/// Does something to the cluster now.
pub(super) async fn act(stage: &Shared, action: &Action) -> Result<(), StageError> {
    {
        let mut stage = stage.borrow_mut();
        let now = stage.now();
        stage.record(now, None, What::Happening(Happening::Acted { action: action.to_string() }));
        if is_fault(action) {
            stage.director.cues.fault(now);
        }
    }
    match action {
        Action::Kill(nodes) => processes(stage, nodes, |stage, host| {
            stage.kill(host);
            Ok(())
        }),
        Action::Restart { nodes, wiped } => {
            processes(stage, nodes, |stage, host| stage.restart(host, *wiped))
        }
        Action::Pause(nodes) => processes(stage, nodes, |stage, host| {
            stage.pause(host);
            Ok(())
        }),
        Action::Resume(nodes) => processes(stage, nodes, |stage, host| {
            stage.resume(host);
            Ok(())
        }),
        other => {
            operate(stage, other).await;
            Ok(())
        }
    }
}

fn processes(
    stage: &Shared,
    nodes: &[Selector],
    mut deed: impl FnMut(&mut Stage, HostIx) -> Result<(), StageError>,
) -> Result<(), StageError> {
    let mut stage = stage.borrow_mut();
    let hosts = stage.select_all(nodes);
    hosts.into_iter().try_for_each(|host| deed(&mut stage, host))
}

impl Stage {
    fn kill(&mut self, host: HostIx) {
        if self.seats[host.get()].kill() {
            self.ended(host);
        }
    }

    fn restart(&mut self, host: HostIx, wiped: bool) -> Result<(), StageError> {
        self.kill(host);
        if wiped {
            let folder = self.seat(host).folder.display().to_string();
            self.seat(host).wipe().map_err(super::system(format!("cannot empty {folder}")))?;
            self.judge.wiped(host);
        }
        let now = self.now();
        self.record(now, Some(host), What::Happening(Happening::Restarted { wiped }));
        self.ledger.started(host);
        self.seats[host.get()].start()
    }

    fn pause(&mut self, host: HostIx) {
        if self.seats[host.get()].pause() {
            let now = self.now();
            self.ledger.stopped(host, now);
            self.record(now, Some(host), What::Happening(Happening::Paused));
        }
    }

    fn resume(&mut self, host: HostIx) {
        if self.seats[host.get()].resume() {
            let now = self.now();
            self.record(now, Some(host), What::Happening(Happening::Resumed));
        }
    }
}

/// What goes to nodes as commands.
async fn operate(stage: &Shared, action: &Action) {
    match action {
        Action::Failover { node, mode } => {
            if *mode == FailoverMode::Takeover {
                stage.borrow_mut().judge.operated();
            }
            let words: &[&str] = match mode {
                FailoverMode::Graceful => &["CLUSTER", "FAILOVER"],
                FailoverMode::Force => &["CLUSTER", "FAILOVER", "FORCE"],
                FailoverMode::Takeover => &["CLUSTER", "FAILOVER", "TAKEOVER"],
            };
            each(stage, &[*node], |_, _| words.iter().map(|word| (*word).to_owned()).collect()).await;
        }
        Action::Replicate { node, primary } => {
            let Some(id) = id_of(stage, *primary) else { return };
            each(stage, &[*node], |_, _| words(&["CLUSTER", "REPLICATE", &id])).await;
        }
        Action::Forget { node, on } => {
            let Some(id) = id_of(stage, *node) else { return };
            let whom = stage.borrow_mut().select_all(&[*node]);
            let others = if on.is_empty() { &[Selector::All] } else { on.as_slice() };
            let command = words(&["CLUSTER", "FORGET", &id]);
            each(stage, others, |_, host| if whom.contains(&host) { Vec::new() } else { command.clone() })
                .await;
        }
        Action::Reset { node, hard } => {
            let how = if *hard { "HARD" } else { "SOFT" };
            each(stage, &[*node], |_, _| words(&["CLUSTER", "RESET", how])).await;
        }
        Action::Meet { node, with } => {
            let hosts = stage.borrow_mut().select_all(&[*with]);
            let address = hosts.first().map(|host| stage.borrow().seat(*host).address);
            let Some(address) = address else { return };
            let (ip, port) = (address.ip().to_string(), address.port().to_string());
            each(stage, &[*node], |_, _| words(&["CLUSTER", "MEET", &ip, &port])).await;
        }
        Action::MoveSlots { slots, from, to } => {
            stage.borrow_mut().judge.operated();
            if let Err(error) = move_slots(stage, slots.as_ref(), *from, *to).await {
                refused(stage, None, &format!("slots did not move: {error}"));
            }
        }
        Action::Write { count, to } => write::many(stage, *count, *to).await,
        Action::Set(line) => set(stage, line).await,
        Action::Rules(line) => rules(stage, line).await,
        Action::Drop { filter, .. } => drop_kind(stage, filter).await,
        Action::Cut(groups) => cut(stage, groups, true),
        Action::CutOneWay { from, to } => cut(stage, &[from.clone(), to.clone()], false),
        Action::Heal => heal(stage).await,
        // `refuse` has named the others before anything began.
        _ => {}
    }
}

/// Groups that do not hear each other any more, or of which only the first is not heard.
fn cut(stage: &Shared, groups: &[Vec<Selector>], both_ways: bool) {
    let outcome = {
        let mut stage = stage.borrow_mut();
        let groups: Vec<Vec<HostIx>> = groups.iter().map(|group| stage.select_all(group)).collect();
        let mut ways = Vec::new();
        for (at, one) in groups.iter().enumerate() {
            for (from, to) in
                groups[at + 1..].iter().flatten().flat_map(|to| one.iter().map(move |from| (*from, *to)))
            {
                ways.push((from, to));
                if both_ways {
                    ways.push((to, from));
                }
            }
        }
        stage.network.as_mut().map_or(Ok(()), |network| network.cut(ways))
    };
    if let Err(error) = outcome {
        refused(stage, None, &format!("not everything was cut: {error}"));
    }
}

/// Everyone hears everyone, and every kind of message.
async fn heal(stage: &Shared) {
    let healed = stage.borrow_mut().network.as_mut().map_or(Ok(()), Network::heal);
    if let Err(error) = healed {
        refused(stage, None, &format!("not everything was healed: {error}"));
    }
    let open = |stage: &Stage, host| {
        if stage.seat(host).make.has_drops() { drop_filter(-1) } else { Vec::new() }
    };
    each(stage, &[Selector::All], open).await;
}

fn words(words: &[&str]) -> Vec<String> {
    words.iter().map(|word| (*word).to_owned()).collect()
}

fn drop_filter(kind: i64) -> Vec<String> {
    words(&["DEBUG", "DROP-CLUSTER-PACKET-FILTER", &kind.to_string()])
}

fn id_of(stage: &Shared, selector: Selector) -> Option<String> {
    let mut stage = stage.borrow_mut();
    let host = stage.select_all(&[selector]).first().copied()?;
    stage.ids.get(host.get()).map(ToString::to_string)
}

/// One command to each of these nodes that runs; none where there are no words.
async fn each(stage: &Shared, nodes: &[Selector], command: impl Fn(&Stage, HostIx) -> Vec<String>) {
    let hosts = stage.borrow_mut().select_all(nodes);
    for host in hosts {
        let (runs, address, command) = {
            let stage = stage.borrow();
            (stage.seat(host).runs(), stage.seat(host).address, command(&stage, host))
        };
        if !runs || command.is_empty() {
            continue;
        }
        let words: Vec<&str> = command.iter().map(String::as_str).collect();
        let complaint = match ask(address, &words).await {
            Ok(reply) => reply.error().map(str::to_owned),
            Err(error) => Some(error.to_string()),
        };
        if let Some(complaint) = complaint {
            refused(stage, Some(host), &format!("{}: {complaint}", command.join(" ")));
        }
    }
}

/// Keeps in mind that a node did not do what it was told.
pub(super) fn refused(stage: &Shared, host: Option<HostIx>, what: &str) {
    let mut stage = stage.borrow_mut();
    let now = stage.now();
    stage.record(now, host, What::Happening(Happening::Refused { what: what.to_owned() }));
}

async fn set(stage: &Shared, line: &SetLine) {
    let mut settings = Settings::default();
    line.apply(&mut settings);
    let nodes = [line.nodes.unwrap_or(Selector::All)];
    for set in &line.assignments {
        match set.key.id {
            "writes" | "write-size" => {
                let mut stage = stage.borrow_mut();
                line.apply(&mut stage.writers.settings);
            }
            "election-delay" => {
                let delay =
                    settings.election_delay.map_or("-1".to_owned(), |delay| delay.as_millis().to_string());
                each(stage, &nodes, |_, _| words(&["DEBUG", "CLUSTER-FAILOVER-DELAY", &delay])).await;
            }
            key => {
                let Some(option) = OptionOf::named(key) else { continue };
                let value = (option.value)(&settings);
                each(stage, &nodes, |_, _| words(&["CONFIG", "SET", option.option, &value])).await;
            }
        }
    }
}

/// Sets the delay before elections as the script's head says.
pub(super) async fn set_delays(stage: &Shared) {
    let script = Rc::clone(&stage.borrow().script);
    for line in &script.settings {
        let assignments = line.value.assignments.iter().filter(|set| set.key.id == "election-delay");
        let line = SetLine { nodes: line.value.nodes, assignments: assignments.cloned().collect() };
        set(stage, &line).await;
    }
}

async fn rules(stage: &Shared, line: &RuleLine) {
    let nodes = [line.nodes.unwrap_or(Selector::All)];
    let hosts = stage.borrow_mut().select_all(&nodes);
    for host in hosts {
        let text = {
            let mut stage = stage.borrow_mut();
            let rules: &mut Rules = &mut stage.seats[host.get()].rules;
            // A line is only ever built from words of the table.
            drop(line.apply(rules));
            rules.to_string()
        };
        let name = stage.borrow().seat(host).name;
        let real = stage.borrow().seat(host).make.program != Program::Splitvote;
        if !real {
            let command = words(&["CONFIG", "SET", "splitvote-rules", &text]);
            each(stage, &[Selector::Node(name)], |_, _| command.clone()).await;
        }
    }
}

/// Who receives frames of this kind ignores them.
async fn drop_kind(stage: &Shared, filter: &MessageFilter) {
    let place = |kind: Kind| Kind::ALL.iter().position(|known| *known == kind);
    let number = filter.kind.and_then(place).and_then(|at| i64::try_from(at).ok()).unwrap_or(-2);
    let nodes = if filter.to.is_empty() { &[Selector::All] } else { filter.to.as_slice() };
    each(stage, nodes, |_, _| drop_filter(number)).await;
}

/// Two nodes between which slots move: how to reach them and what they are called.
struct Ends {
    from: Connection,
    to: Connection,
    to_place: [String; 2],
    from_id: String,
    to_id: String,
}

async fn move_slots(stage: &Shared, slots: Option<&SlotSet>, from: Selector, to: Selector) -> io::Result<()> {
    let gone = |what: &str| io::Error::other(format!("{what} does not run"));
    let (slots, places, ids) = {
        let mut stage = stage.borrow_mut();
        let ends = (stage.select_all(&[from]).first().copied(), stage.select_all(&[to]).first().copied());
        let (Some(giver), Some(taker)) = ends else { return Err(gone("one of them")) };
        let owned = stage.seen[giver.get()].as_ref().and_then(|seen| seen.me()).map(|me| me.slots.clone());
        let owned = owned.ok_or_else(|| gone("the giver"))?;
        let slots = slots.map_or(owned.clone(), |slots| slots.intersection(&owned));
        let id = |host: HostIx| stage.ids[host.get()].to_string();
        let ids = (id(giver), id(taker));
        (slots, (stage.seat(giver).address, stage.seat(taker).address), ids)
    };
    let mut ends = Ends {
        from: Connection::to(places.0, PATIENCE).await?,
        to: Connection::to(places.1, PATIENCE).await?,
        to_place: [places.1.ip().to_string(), places.1.port().to_string()],
        from_id: ids.0,
        to_id: ids.1,
    };
    let slots: Vec<String> = slots.iter().map(|slot| slot.get().to_string()).collect();
    for chunk in slots.chunks(CHUNK) {
        ends.move_chunk(chunk).await?;
    }
    Ok(())
}

impl Ends {
    /// As `--cluster reshard` does: both ends open the slots, keys go over, both ends close them.
    async fn move_chunk(&mut self, slots: &[String]) -> io::Result<()> {
        let all = |id: &str, state: &str| -> Vec<Vec<String>> {
            slots.iter().map(|slot| words(&["CLUSTER", "SETSLOT", slot, state, id])).collect()
        };
        good(&mut self.to, &all(&self.from_id, "IMPORTING")).await?;
        good(&mut self.from, &all(&self.to_id, "MIGRATING")).await?;
        let counts: Vec<_> = slots.iter().map(|slot| words(&["CLUSTER", "COUNTKEYSINSLOT", slot])).collect();
        let counts = good(&mut self.from, &counts).await?;
        for (slot, _) in slots.iter().zip(&counts).filter(|(_, count)| count.int().unwrap_or(0) > 0) {
            self.move_keys(slot).await?;
        }
        good(&mut self.to, &all(&self.to_id, "NODE")).await?;
        good(&mut self.from, &all(&self.to_id, "NODE")).await?;
        Ok(())
    }

    async fn move_keys(&mut self, slot: &str) -> io::Result<()> {
        loop {
            let found = good(&mut self.from, &[words(&["CLUSTER", "GETKEYSINSLOT", slot, "100"])]).await?;
            let keys: Vec<String> = found
                .iter()
                .flat_map(Reply::items)
                .filter_map(|key| key.text().map(std::borrow::Cow::into_owned))
                .collect();
            if keys.is_empty() {
                return Ok(());
            }
            let [ip, port] = &self.to_place;
            let mut command = words(&["MIGRATE", ip, port, "", "0", "5000", "REPLACE", "KEYS"]);
            command.extend(keys);
            good(&mut self.from, &[command]).await?;
        }
    }
}

/// The answers to commands, none of which may be a complaint.
async fn good(connection: &mut Connection, commands: &[Vec<String>]) -> io::Result<Vec<Reply>> {
    let commands: Vec<Vec<&str>> =
        commands.iter().map(|words| words.iter().map(String::as_str).collect()).collect();
    let commands: Vec<&[&str]> = commands.iter().map(Vec::as_slice).collect();
    let replies = connection.ask_all(&commands).await?;
    match replies.iter().find_map(Reply::error) {
        Some(complaint) => Err(io::Error::other(complaint.to_owned())),
        None => Ok(replies),
    }
}
