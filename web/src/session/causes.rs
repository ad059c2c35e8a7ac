//! What led to what in a run, in sentences.

use splitvote::base::Instant;
use splitvote::sim::traffic::Trigger;
use splitvote::sim::traffic::why::{Item, Why};
use splitvote::sim::{Happening, What};

use super::run::Run;
use crate::language::tell;
use crate::scene::diagram::{Causes, Diagram, Source};
use crate::scene::tape::Window;
use crate::scene::{NodeIndex, letter};
use crate::words;

/// One step of a chain of causes.
#[derive(Clone, Debug, PartialEq)]
pub struct Step {
    /// What.
    pub item: Item,
    /// When.
    pub at: u64,
    /// In a sentence.
    pub text: String,
}

impl Run {
    /// The run, to be asked.
    pub fn why(&self) -> Why<'_> {
        Why { records: &self.outcome().records, traffic: self.traffic(), names: &self.cast().who }
    }

    /// What led to an item, and what can have to do with it.
    pub fn causes(&self, item: Item) -> Causes {
        let (why, hosts) = (self.why(), self.cast().names.len());
        let cone = match item {
            Item::Message(at) => self.traffic().message(at).map(|one| self.traffic().cone_of(one, hosts)),
            _ => why.host(item).map(|host| self.traffic().cone(host, why.moment(item), hosts)),
        };
        Causes { item, chain: why.chain(item), cone: cone.unwrap_or_default() }
    }

    /// The chain of causes in sentences.
    pub fn chain(&self, causes: &Causes) -> Vec<Step> {
        let step = |item: &Item| Step {
            item: *item,
            at: self.why().moment(*item).as_micros(),
            text: self.deed(*item).unwrap_or_else(|| self.told(*item)),
        };
        causes.chain.iter().map(step).collect()
    }

    /// Where a chain begins: what the script, which is whoever reads this, did, and to whom.
    fn deed(&self, item: Item) -> Option<String> {
        let Item::Record(at) = item else { return None };
        let records = &self.outcome().records;
        let record = records.get(at).filter(|record| record.host.is_none())?;
        let What::Happening(Happening::Acted { action }) = &record.what else { return None };
        let next = records.get(at + 1..)?.iter();
        let hit = next.take_while(|one| one.at == record.at && matches!(one.what, What::Happening(_)));
        let names: Vec<&str> =
            hit.map_while(|one| self.cast().names.get(one.host?.get())).map(String::as_str).collect();
        Some(words::messages::deed(action, &names.join(", ")))
    }

    /// A sentence about an item.
    pub fn told(&self, item: Item) -> String {
        let cast = self.cast();
        let who = |host: Option<splitvote::sim::HostIx>| {
            host.and_then(|host| cast.names.get(host.get())).map_or("", String::as_str)
        };
        match item {
            Item::Message(at) => {
                let frontier = Instant::from_micros(self.frontier());
                let message = self.traffic().message(at);
                message.map(|one| letter::sentence(one, cast, frontier)).unwrap_or_default()
            }
            Item::Record(at) => {
                let Some(record) = self.outcome().records.get(at) else { return String::new() };
                let who = who(record.host);
                let name = |id| cast.name(id);
                let caption = match &record.what {
                    What::Event(event) => words::caption(who, event, &name),
                    _ => None,
                };
                caption.unwrap_or_else(|| {
                    let text = record.what.tell(&name);
                    if who.is_empty() {
                        return words::acted(&text);
                    }
                    let told = tell(&text);
                    let parts: Vec<&str> =
                        told.split("  ").map(str::trim).filter(|one| !one.is_empty()).collect();
                    format!("{who} {}", parts.join(", "))
                })
            }
            Item::Turn(at) => {
                let Some(turn) = self.traffic().turn(at) else { return String::new() };
                let who = who(turn.host);
                match turn.trigger {
                    Trigger::Timer => words::messages::timer(who),
                    Trigger::Link | Trigger::Message(_) => words::messages::link(who),
                    Trigger::Data => words::messages::data(who),
                    Trigger::Client => words::messages::CLIENT.to_owned(),
                    Trigger::Birth => words::messages::BIRTH.to_owned(),
                    Trigger::Script | Trigger::Command => words::messages::SCRIPT.to_owned(),
                }
            }
        }
    }

    /// What to ask about if nothing is chosen: what the caption told last, of a node or of anyone.
    pub fn latest(&self, node: Option<NodeIndex>) -> Option<Item> {
        let here = self.reel().here().records();
        let told = |of: Option<NodeIndex>| {
            here.iter().rposition(|record| {
                let telling = match &record.what {
                    What::Event(event) => words::caption("", event, &|id| self.cast().name(id)).is_some(),
                    What::Happening(_) | What::Violation(_) => true,
                };
                telling && (of.is_none() || record.host.map(splitvote::sim::HostIx::get) == of)
            })
        };
        node.and_then(|_| told(node)).or_else(|| told(None)).map(Item::Record)
    }

    /// The window of the diagram that shows what happened last.
    pub fn fitted(&self, before: Window) -> Window {
        let records = &self.outcome().records;
        Diagram::fitted(before, records, self.traffic(), self.now(), self.outcome().end)
    }

    /// The space-time diagram of a window.
    pub fn diagram(&self, window: Window, size: (f64, f64), pings: bool, causes: Option<&Causes>) -> Diagram {
        let source = Source {
            records: &self.outcome().records,
            traffic: self.traffic(),
            cast: self.cast(),
            epoch: self.whole().epochs.first().map_or(0, |first| first.1),
            now: self.now(),
            frontier: self.frontier(),
            pings,
            causes,
        };
        Diagram::new(&source, window, size)
    }
}
