//! What is chosen in a run, why it happened, and messages in hand.

use splitvote::sim::traffic::why::Item;

use super::{App, door};
use crate::action::{Hand, Tab, View};
use crate::panels::Shared;
use crate::scene::diagram::Causes;
use crate::session::causes::Step;
use crate::words;

/// What is chosen.
#[derive(Clone, Debug, Default)]
pub(super) struct Chosen {
    /// In which of two runs, and what.
    pub(super) item: Option<(usize, Item)>,
    /// What can have to do with it.
    pub(super) causes: Option<Shared<Causes>>,
    /// The chain of causes that was asked for.
    pub(super) chain: Vec<Step>,
}

impl App {
    /// Chooses an item, or nothing, and says what it is.
    pub(super) fn pick(&mut self, side: usize, item: Option<Item>) {
        (self.playing, self.menu) = (false, None);
        self.chosen.item = item.map(|item| (side, item));
        let Some((run, item)) = self.session.runs().nth(side).zip(item) else {
            self.chosen.causes = None;
            return;
        };
        let host = match item {
            Item::Record(_) => run.why().host(item),
            Item::Message(_) | Item::Turn(_) => None,
        };
        let (causes, told) = (run.causes(item), run.told(item));
        self.chosen.causes = Some(Shared::new(causes));
        self.session.selected = host.map(splitvote::sim::HostIx::get).or(self.session.selected);
        self.session.say(told);
    }

    /// Lets go of what was chosen.
    pub(super) fn unpick(&mut self) {
        self.chosen = Chosen::default();
    }

    /// Tells why what is chosen happened, or else the last thing that did; with `node`, the last thing that
    /// happened to the node that is looked at.
    pub(super) fn why(&mut self, node: bool) {
        let (side, item) = match self.chosen.item.filter(|_| !node) {
            Some((side, item)) => (side, Some(item)),
            None => (0, self.session.run().latest(self.session.selected.filter(|_| node))),
        };
        if item.is_none() {
            self.toast(words::messages::NO_WHY);
            return;
        }
        self.pick(side, item);
        let Some((run, causes)) = self.session.runs().nth(side).zip(self.chosen.causes.as_ref()) else {
            return;
        };
        self.chosen.chain = run.chain(causes);
        self.tab = Tab::Why;
    }

    /// Goes to one step of the chain, which stays.
    pub(super) fn go_to_cause(&mut self, item: Item, at: u64) {
        let side = self.chosen.item.map_or(0, |chosen| chosen.0);
        match item {
            Item::Record(index) if side == 0 => self.session.seek_record(index),
            _ => self.session.seek(at),
        }
        self.pick(side, Some(item));
    }

    /// Does something to the message in hand.
    pub(super) fn in_hand(&mut self, hand: Hand) {
        if self.playing {
            self.toast(words::messages::PAUSE_FIRST);
            return;
        }
        let Some((0, item)) = self.chosen.item else {
            self.toast(words::messages::GONE);
            return;
        };
        let done = self.session.handle(item, hand);
        self.answer(done);
    }

    /// The sentence of the message in hand, if it is on its way and time stands still.
    pub(super) fn held(&self) -> Option<String> {
        let (side, item) = self.chosen.item?;
        (side == 0 && !self.playing && self.session.run().in_flight(item).is_some())
            .then(|| self.session.run().told(item))
    }

    /// Chooses the next item of the diagram, downwards or upwards: of the chosen node, or of all.
    pub(super) fn walk_items(&mut self, down: i32) {
        let Some(diagram) = self.view.half().diagram.clone() else { return };
        let items = diagram.items(self.session.selected);
        let here = self.chosen.item.and_then(|(_, chosen)| items.iter().position(|item| *item == chosen));
        let next = match (here, down > 0) {
            (Some(at), true) => at + 1,
            (Some(0), false) => usize::MAX,
            (Some(at), false) => at - 1,
            (None, true) => 0,
            (None, false) => items.len().wrapping_sub(1),
        };
        match items.get(next) {
            Some(item) => {
                let selected = self.session.selected;
                self.pick(0, Some(*item));
                // Walking along a lane does not leave it.
                self.session.selected = selected;
            }
            None => self.session.seek(if down > 0 { diagram.window.to } else { diagram.window.from }),
        }
    }

    pub(super) fn walk(&mut self, across: i32, down: i32) {
        let (scene, selected) = (&self.view.half().scene, self.session.selected);
        let next = match self.centre {
            View::Ring | View::Lab => scene.neighbour(selected, across, down),
            View::Diagram if down != 0 => return self.walk_items(down),
            View::Diagram => scene.row(selected, across),
            View::Table => scene.row(selected, down),
        };
        self.session.selected = next;
        self.menu = None;
        if let Some(node) = next.and_then(|at| self.view.half().scene.nodes.get(at)) {
            door::focus(&format!("node-{}", node.name));
        }
    }
}
