//! Wishes, one by one: from the mouse, from menus and from keys.

use splitvote::base::ordered;
use splitvote::scenario::museum::ROOMS;
use web_sys::KeyboardEvent;
use yew::prelude::*;

use super::mode::Mode;
use super::{App, Msg, desk, door, speech};
use crate::action::{Act, Learn, Tab, View, of_key};
use crate::lesson::Course;
use crate::panels::paint::Palette;
use crate::panels::sheets::{self, Sheet};
use crate::scene::NodeIndex;
use crate::scene::diagram::{Diagram, FIRST_SPAN, SPANS};
use crate::scene::tape::ZOOMS;
use crate::session::compare::Against;
use crate::{share, words};

impl App {
    pub(super) fn act(&mut self, ctx: &Context<Self>, act: Act) {
        if let Some(why) = self.session.forbids(&act) {
            self.toast(why);
            return;
        }
        let moves = matches!(
            act,
            Act::Event(_) | Act::Vote(_) | Act::Seek(_) | Act::Entry(_) | Act::Breach(_) | Act::Promise(_)
        );
        if moves {
            (self.playing, self.slowed, self.travel) = (false, false, None);
        }
        let before = self.session.text().to_owned();
        let opens = opens(&act);
        self.front &= act.keeps_front();
        match act {
            Act::Front => self.front_page(),
            Act::Start => {
                self.play();
                self.door.focus_soon("[data-testid=play]");
            }
            Act::Break => self.free_play(),
            Act::Play => self.play(),
            Act::Event(true) => self.session.next_event(self.pings),
            Act::Event(false) => self.session.previous_event(self.pings),
            Act::Vote(true) => self.session.next_vote(),
            Act::Vote(false) => self.session.previous_vote(),
            Act::Seek(to) => self.session.seek(to),
            Act::Entry(index) => self.session.seek_record(index),
            Act::Speed(speed) => self.speed = speed.min(words::SPEEDS.len() - 1),
            Act::Zoom(closer) if self.centre == View::Diagram => {
                let step = Diagram::step(self.view.space).unwrap_or(FIRST_SPAN);
                self.span =
                    Some(if closer { (step + 1).min(SPANS.len() - 1) } else { step.saturating_sub(1) });
            }
            Act::Fit => self.span = None,
            Act::Zoom(true) => self.zoom = (self.zoom + 1).min(ZOOMS - 1),
            Act::Zoom(false) => self.zoom = self.zoom.saturating_sub(1),
            Act::SlowVotes => (self.slow_votes, self.slowed) = (!self.slow_votes, false),
            Act::Do(deed, on) => {
                self.menu = None;
                let done = self.session.act(deed, on);
                self.answer(done);
            }
            Act::Rule(switch) => {
                let done = self.session.flip(switch);
                self.answer(done);
            }
            Act::NodeRule(node, switch) => {
                let done = self.session.flip_one(node, switch);
                self.answer(done);
            }
            Act::SetRule(of, switch, value) => {
                self.door.keep_focus(format!("[data-testid=rule-{switch}]"));
                let done = match of {
                    Some(node) => self.session.set_rule_of(node, switch, &value),
                    None => self.session.set_rule(switch, &value),
                };
                self.answer(done);
            }
            Act::SetPreset(of, preset) => {
                let done = match of {
                    Some(node) => self.session.set_preset_of(node, &preset),
                    None => self.session.set_preset(&preset),
                };
                self.answer(done);
            }
            Act::RulesOf(node) => (self.tab, self.rules_of_node) = (Tab::Rules, node),
            Act::Turn(fixed) => {
                self.playing = false;
                let done = self.session.turn(fixed);
                self.answer(done);
            }
            Act::Breach(at) => self.session.seek_breach(at),
            Act::Promise(id) => self.session.seek_promise(id),
            Act::Lab(order) => self.order(ctx, order),
            Act::Set(key, value) => {
                let done = self.session.set(key, &value);
                self.answer(done);
            }
            Act::Seed(text) => match text.trim().parse() {
                Ok(seed) => self.reseed(seed),
                Err(_) => self.toast(words::NO_SEED),
            },
            Act::NextSeed => self.reseed(self.session.script().seed.wrapping_add(1)),
            Act::RandomSeed => self.reseed(u64::from(door::chance())),
            Act::ForceSplit => self.force_split(),
            Act::Scenario(name) => self.scenario(&name),
            Act::Script(text) => {
                let before = js_sys::Date::now();
                self.session.typed(&text);
                #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a short span")]
                let cost = (js_sys::Date::now() - before).max(0.0) as u32;
                self.cost = cost;
            }
            Act::Undo => self.session.undo(),
            Act::Branch(at) => {
                self.playing = false;
                self.session.go_to(at);
            }
            Act::Compare(against) => self.compare(against),
            Act::Versus => {
                let usual = self.session.beside().is_none().then(|| self.session.usual_comparison());
                self.compare(usual);
            }
            Act::Select(node) => (self.session.selected, self.menu) = (node, None),
            Act::Group(node) => self.group(node),
            Act::Walk(shards, seats) => self.walk(shards, seats),
            Act::Pick(side, item) => self.pick(side, item),
            Act::Why(node) => self.why(node),
            Act::Cause(item, at) => self.go_to_cause(item, at),
            Act::Hand(hand) => self.in_hand(hand),
            Act::View(view) => (self.centre, self.menu) = (view, None),
            Act::Tab(tab) => self.tab = tab,
            Act::Pings => self.pings = !self.pings,
            Act::Learn(wish) => self.learn(wish),
            Act::Theme => {
                door::flip_theme();
                self.theme += 1;
                self.palette = Palette::read().unwrap_or_default();
            }
            Act::Language(tag) => {
                speech::remember(tag);
                ctx.link().send_future(async move {
                    speech::learn(tag).await;
                    Msg::Spoken
                });
            }
            Act::Menu(side, node, x, y) => {
                (self.session.selected, self.menu) = (Some(node), Some((side, node, x, y)));
            }
            Act::Share => {
                self.playing = false;
                self.sheet = Some(Sheet::Share(door::full(&share::fragment(&self.session, true)), false));
            }
            Act::Copy => {
                if let Some(Sheet::Share(link, _)) = &self.sheet {
                    door::copy(link.clone(), ctx.link().callback(Msg::Copied));
                }
            }
            Act::CopyFrame => {
                if let Some(Sheet::Share(link, _)) = &self.sheet {
                    door::copy(sheets::frame(link), ctx.link().callback(Msg::Copied));
                }
            }
            Act::Save(what) => self.save(what),
            Act::Present => self.present(ctx),
            Act::Notes => desk::open(),
            Act::Letters => door::flip_letters(),
            Act::Help => self.sheet = Some(Sheet::Help),
            Act::Close => {
                (self.sheet, self.menu) = (None, None);
                self.unpick();
            }
            Act::Filter(text) => self.filter = text,
            Act::About(about) => self.about = about,
            Act::Dismiss => self.wrong.clear(),
        }
        if before != self.session.text() {
            // What was chosen in another run is not there in this one.
            self.unpick();
        }
        self.look_at_deeds();
        let gone = match self.tab {
            Tab::Lesson => self.session.course().is_none(),
            Tab::Room => self.session.room().is_none(),
            Tab::Compare => self.session.beside().is_none(),
            Tab::Why => self.chosen.chain.is_empty(),
            _ => false,
        };
        if gone {
            self.tab = Tab::Node;
        }
        if let Some(place) = opens {
            self.door.show_soon(place);
        }
        self.remember();
    }

    /// A cluster in which nothing is wrong yet, and a primary at hand.
    fn free_play(&mut self) {
        self.scenario("calm");
        self.session.selected = Some(0);
        self.session.say(words::YOURS.to_owned());
        self.door.focus_soon("[data-testid=node-A0]");
    }

    fn compare(&mut self, against: Option<Against>) {
        let done = self.session.compare(against);
        self.answer(done);
        self.unpick();
        if self.session.beside().is_some() && self.session.course().is_none() {
            self.tab = Tab::Compare;
        }
    }

    fn play(&mut self) {
        if self.playing {
            self.stop();
            return;
        }
        self.travel = None;
        if self.session.ended() {
            let longer = self.session.longer();
            self.answer(longer);
        }
        self.unpick();
        self.playing = true;
    }

    fn reseed(&mut self, seed: u64) {
        let done = self.session.reseed(seed);
        self.answer(done);
    }

    fn scenario(&mut self, name: &str) {
        let Some(one) = splitvote::scenario::catalogue::find(name) else { return };
        // A room is a run with a card; its steps are opened from there.
        let room = ROOMS.iter().any(|room| room.name == one.name);
        if !room && Course::open(one.name, 0).is_some() {
            self.learn(Learn::Open(one.name));
            return;
        }
        self.session.leave();
        (self.travel, self.sheet) = (None, None);
        // Rooms open where links to them do: a second before anything happens.
        let done = self.session.open(one.text, 0);
        if self.session.room().is_some() {
            let start = self.session.first_fault().unwrap_or(0).saturating_sub(1_000_000);
            self.session.seek(start);
        }
        self.answer(done);
        self.session.say(one.blurb.to_owned());
        (self.playing, self.promised) = (false, None);
        self.wrong.clear();
        self.enter();
    }

    fn group(&mut self, node: NodeIndex) {
        let group = &mut self.session.group;
        match group.iter().position(|at| *at == node) {
            Some(at) => {
                group.remove(at);
            }
            None => group.push(node),
        }
        ordered::sort_by(group, Ord::cmp);
    }

    pub(super) fn key(&mut self, ctx: &Context<Self>, event: &KeyboardEvent) -> bool {
        let Some(place) = door::key_place(event) else { return false };
        let key = event.key();
        if key == "Escape" && door::unfolded() {
            // The browser takes the menu away, as long as nobody takes the key.
            return false;
        }
        if key != " " && key.chars().count() == 1 && !door::letters() {
            return false;
        }
        let act = match (event.key().as_str(), place) {
            // A remote control for slides knows few keys.
            ("PageDown" | "." | "ArrowRight", _) if self.mode == Mode::Present => {
                self.lesson_key("PageDown").or(Some(Act::Vote(true)))
            }
            ("PageUp" | "," | "ArrowLeft", _) if self.mode == Mode::Present => {
                self.lesson_key("PageUp").or(Some(Act::Vote(false)))
            }
            ("Escape", _) if self.mode == Mode::Present && self.menu.is_none() => Some(Act::Present),
            ("p", _) if self.mode == Mode::Embed => None,
            ("+" | "=", _) => Some(Act::Speed(self.speed + 1)),
            ("-" | "−", _) => Some(Act::Speed(self.speed.saturating_sub(1))),
            (key, place) if place != door::Place::Control && self.lesson_key(key).is_some() => {
                self.lesson_key(key)
            }
            ("Enter", door::Place::Node(at)) if event.shift_key() => Some(Act::Group(at)),
            ("Enter", door::Place::Node(at)) => Some(Act::Select(Some(at))),
            ("Enter" | " " | "ArrowLeft" | "ArrowRight" | "ArrowUp" | "ArrowDown", door::Place::Control) => {
                None
            }
            (key, door::Place::Control) if key.len() == 1 && self.lesson_key(key).is_some() => {
                self.lesson_key(key)
            }
            ("PageDown" | "PageUp", _) if self.session.course().is_some() => self.lesson_key(&event.key()),
            ("a", _) => self.session.selected.map(Act::Group),
            ("m" | "ContextMenu", _) if self.centre == View::Ring => self.session.selected.and_then(|at| {
                let seat = self.view.half().ring.seats.get(at)?;
                Some(Act::Menu(0, at, seat.x, seat.y))
            }),
            (key, _) => of_key(key),
        };
        // An open sheet has keys of its own, and the browser closes it on Escape.
        let Some(act) = act.filter(|act| self.sheet.is_none() || *act == Act::Close) else { return false };
        event.prevent_default();
        let opens = matches!(act, Act::Menu(..));
        self.act(ctx, act);
        if opens {
            self.door.focus_soon(".menu button");
        }
        self.look();
        true
    }
}

/// What a wish opens that may stand below the window.
fn opens(act: &Act) -> Option<&'static str> {
    match act {
        Act::Tab(_) | Act::RulesOf(_) | Act::Why(_) => Some(".side"),
        Act::Versus | Act::Compare(_) => Some(".ribbon"),
        Act::Learn(Learn::Open(_)) => Some(".beat"),
        _ => None,
    }
}
