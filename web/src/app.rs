//! The component that owns everything: it turns wishes into changes of the session, and the session
//! into what the panels are drawn from.

mod acts;
mod causes;
mod desk;
pub(crate) mod door;
mod files;
mod frames;
mod lab;
mod lessons;
mod mode;
pub(crate) mod speech;
mod view;

use web_sys::KeyboardEvent;
use yew::prelude::*;

use crate::action::{self, Act, Tab};
use crate::clock::{Clock, Pace};
use crate::lesson::Marks;
use crate::panels::paint::Palette;
use crate::panels::sheets::Sheet;
use crate::scene::diagram::Diagram;
use crate::scene::flight;
use crate::scene::ring::Point;
use crate::scene::{NodeIndex, build};
use crate::search::{Found, Search};
use crate::session::Session;
use crate::{share, words};

pub(crate) use desk::Desk;
use door::Door;
use frames::STILL;
use lessons::Travel;
pub(crate) use mode::{Mode, asked};
use view::{Stand, View};

/// What comes in.
pub(crate) enum Msg {
    /// A wish.
    Act(Act),
    /// A frame, and the milliseconds since the last.
    Frame(f64),
    /// A key.
    Key(KeyboardEvent),
    /// A click beside the nodes.
    Probe(usize, Point),
    /// The address changed under us.
    Address,
    /// The clipboard took the link, or did not.
    Copied(bool),
    /// The browser's theme changed.
    Look,
    /// Something that a worker of the lab says.
    Told(lab::Word),
    /// The page speaks another language.
    Spoken,
}

/// The page.
pub(crate) struct App {
    session: Session,
    view: View,
    promised: Option<u32>,
    wrong: Vec<String>,
    front: bool,
    playing: bool,
    speed: usize,
    slow_votes: bool,
    zoom: u32,
    slowed: bool,
    pings: bool,
    centre: action::View,
    tab: Tab,
    /// Milliseconds that the last typed script took.
    cost: u32,
    filter: String,
    about: &'static str,
    rules_of_node: bool,
    menu: Option<(usize, NodeIndex, f64, f64)>,
    sheet: Option<Sheet>,
    toast: Option<(String, f64)>,
    search: Option<Search>,
    chosen: causes::Chosen,
    /// The step of the diagram's zoom; none fits it to what happened last.
    span: Option<usize>,
    travel: Option<Travel>,
    marks: Marks,
    pace: Pace,
    since_look: f64,
    still: f64,
    stale: bool,
    theme: usize,
    palette: Palette,
    frames: [NodeRef; 2],
    canvases: [NodeRef; 2],
    door: Door,
    lab: lab::Room,
    mode: Mode,
    desk: Option<desk::Line>,
    _clock: Clock,
}

impl Component for App {
    type Message = Msg;
    type Properties = ();

    fn create(ctx: &Context<Self>) -> Self {
        let opened = share::open(&door::address());
        let link = ctx.link().clone();
        let clock = Clock::start(move |gap| link.send_message(Msg::Frame(gap)));
        let door = Door::open(ctx.link());
        let in_lab = opened.session.course().is_some_and(crate::lesson::Course::in_lab);
        let centre = if in_lab { action::View::Lab } else { action::View::default() };
        let mut app = Self {
            view: View::empty(&opened.session),
            session: opened.session,
            promised: opened.promised,
            wrong: opened.wrong.into_iter().map(|one| one.what).collect(),
            front: opened.fresh,
            playing: false,
            speed: words::REAL_TIME,
            slow_votes: true,
            zoom: 0,
            slowed: false,
            pings: false,
            centre,
            tab: Tab::Node,
            cost: 0,
            filter: String::new(),
            about: "",
            rules_of_node: false,
            menu: None,
            sheet: None,
            toast: None,
            search: None,
            chosen: causes::Chosen::default(),
            span: None,
            travel: None,
            marks: lessons::marks(),
            pace: Pace::default(),
            since_look: 0.0,
            still: STILL,
            stale: true,
            theme: 0,
            palette: Palette::default(),
            frames: Default::default(),
            canvases: Default::default(),
            door,
            lab: lab::Room::default(),
            mode: Mode::Whole,
            desk: None,
            _clock: clock,
        };
        door::restore_theme();
        match door::mode() {
            Mode::Present => app.present(ctx),
            mode => app.mode = mode,
        }
        app.front &= app.mode == Mode::Whole;
        app.verify();
        app.enter();
        app.look();
        app
    }

    fn update(&mut self, ctx: &Context<Self>, msg: Msg) -> bool {
        match msg {
            Msg::Frame(gap) => return self.frame(gap),
            Msg::Told(word) => return self.lab.hear(word),
            Msg::Act(act) => self.act(ctx, act),
            Msg::Key(event) => return self.key(ctx, &event),
            Msg::Probe(side, point) => self.probe(side, point),
            Msg::Address => self.reopen(),
            Msg::Copied(done) => {
                if let Some(Sheet::Share(_, copied)) = &mut self.sheet {
                    *copied = done;
                }
                self.toast(if done { words::COPIED } else { words::NOT_COPIED });
            }
            Msg::Spoken => self.door.focus_soon("[data-testid=language]"),
            Msg::Look => self.palette = Palette::read().unwrap_or_default(),
        }
        self.stale = true;
        self.look();
        true
    }

    fn view(&self, ctx: &Context<Self>) -> Html {
        if self.mode == Mode::Whole { self.page(ctx) } else { self.bare(ctx) }
    }

    fn rendered(&mut self, _: &Context<Self>, first: bool) {
        if first {
            self.palette = Palette::read().unwrap_or_default();
            self.stale = true;
        }
        self.door.settle();
    }
}

impl App {
    fn look(&mut self) {
        let window = self.view.window.follow(self.session.now(), self.session.end(), self.zoom);
        let space = match self.span {
            _ if self.centre != action::View::Diagram => self.view.space,
            Some(span) => Diagram::window(self.view.space, self.session.now(), self.session.end(), span),
            None => self.session.run().fitted(self.view.space),
        };
        let stand = Stand {
            view: self.centre,
            playing: self.playing,
            pings: self.pings,
            space,
            side: self.chosen.item.map(|chosen| chosen.0),
            causes: self.chosen.causes.as_deref(),
        };
        self.view = View::of(&self.session, self.view.size, window, stand, (&self.filter, self.about));
        self.stale = true;
        self.brief();
    }

    fn probe(&mut self, side: usize, point: Point) {
        self.menu = None;
        let (Some(run), Some(half)) = (self.session.runs().nth(side), self.view.halves.get(side)) else {
            return;
        };
        let flights = build::flights(run.reel().here(), run.cast(), self.pings);
        let under = flight::under(&flights, &half.ring, run.now(), point);
        let item = under.and_then(|at| run.message_of(flights[at].id));
        self.pick(side, item);
        if item.is_none() {
            self.session.selected = None;
        }
    }

    fn reopen(&mut self) {
        if self.door.is_ours(&door::address()) {
            return;
        }
        self.arrive(share::open(&door::address()));
    }

    /// To the front page: the first scenario as it came, and no run in the address.
    fn front_page(&mut self) {
        self.arrive(share::open(""));
        self.door.put("#");
        self.door.focus_soon("[data-testid=begin]");
    }

    fn arrive(&mut self, opened: share::Opened) {
        self.session = opened.session;
        self.promised = opened.promised;
        self.wrong = opened.wrong.into_iter().map(|one| one.what).collect();
        self.front = opened.fresh && self.mode == Mode::Whole;
        if self.front {
            self.centre = action::View::Ring;
        }
        (self.playing, self.menu, self.travel) = (false, None, None);
        self.verify();
        self.enter();
    }

    /// Shows the card of a room that was opened, and leaves that of one that was left.
    fn enter(&mut self) {
        self.look_at_deeds();
        self.see_room();
        match self.session.room() {
            _ if self.session.course().is_some() => self.tab = Tab::Lesson,
            _ if self.session.beside().is_some() => self.tab = Tab::Compare,
            Some(_) => self.tab = Tab::Room,
            None if matches!(self.tab, Tab::Room | Tab::Compare | Tab::Lesson) => self.tab = Tab::Node,
            None => {}
        }
    }

    /// Says whether the link kept its promise.
    fn verify(&mut self) {
        match share::kept(&self.session, self.promised) {
            Some(true) => self.toast(&words::verified(&self.session.outcome().digest)),
            Some(false) => self.wrong.push(words::DIFFERS.to_owned()),
            None => {}
        }
    }

    fn toast(&mut self, text: &str) {
        self.toast = Some((text.to_owned(), 5000.0));
    }

    fn seek_split(&mut self) -> bool {
        let Some(search) = &mut self.search else { return false };
        match search.advance() {
            Found::Searching(tried) => {
                self.session.say(words::searching(tried));
            }
            Found::Split(text, how) => {
                self.search = None;
                let start = self.session.first_fault().unwrap_or(0);
                let changed = self.session.vary(&text, start);
                self.answer(changed);
                self.session.say(how);
                self.remember();
            }
            Found::Nothing(why) => {
                self.search = None;
                self.session.say(why);
            }
        }
        true
    }

    fn force_split(&mut self) {
        self.playing = false;
        if self.session.first_fault().is_none() {
            let kill = self.session.majority_minus_one();
            let killed = self.session.perform(&kill);
            self.answer(killed);
        }
        let until = self.session.first_fault().unwrap_or(0) + 12_000_000;
        self.search = Some(Search::new(self.session.text().to_owned(), self.session.script().seed, until));
    }

    fn answer(&mut self, done: Result<(), String>) {
        if let Err(why) = done {
            self.toast(&why);
        }
    }
}
