//! What the panels are drawn from, worked out once for each look, and the page they stand in.

use splitvote::scenario::museum::ROOMS;
use splitvote::scenario::{Builtin, LIBRARY};
use splitvote::sim::traffic::why::Item;
use yew::prelude::*;

use super::{App, Mode, Msg, door};
use crate::action::{self, Act, Deed, Tab};
use crate::language::{self, later, t, tell, tf};
use crate::panels::chart::{Chart, Sample};
use crate::panels::diagram::SpaceTime;
use crate::panels::inspector::Inspector;
use crate::panels::log::{Log, ROWS, Row, THEMES};
use crate::panels::rail::{Dials, Rail};
use crate::panels::rules::Rules;
use crate::panels::script::Script;
use crate::panels::sheets::Over;
use crate::panels::stage::Stage;
use crate::panels::table::Table;
use crate::panels::top::Top;
use crate::panels::transport::Transport;
use crate::panels::vote::Vote;
use crate::panels::{
    Shared, Wish, branches, compare, front, hand, icon, lab, lesson, promises, room, verdict, views, why,
    wish,
};
use crate::scene::diagram::{Causes, Diagram};
use crate::scene::flight;
use crate::scene::ring::{LEGEND, Point, Ring};
use crate::scene::story::Theme;
use crate::scene::tape::{Tape, Window};
use crate::scene::{Beliefs, NodeIndex, Scene, build, table};
use crate::session::Session;
use crate::session::run::Run;
use crate::{share, words};

/// Keys of `set` that have a dial, with their labels.
const DIALS: &[(&str, &str)] = &[
    ("node-timeout", later("Node timeout")),
    ("latency", later("Latency")),
    ("loss", later("Loss")),
    ("writes", later("Writes")),
];

/// What the ring's box is taken for before it was measured.
const UNMEASURED: (f64, f64) = (600.0, 600.0);

/// What is drawn of one run.
pub(super) struct Half {
    pub(super) scene: Shared<Scene>,
    pub(super) ring: Shared<Ring>,
    tape: Shared<Tape>,
    beliefs: Shared<Beliefs>,
    rows: Shared<Vec<table::Row>>,
    /// What is on its way, in words.
    flights: Shared<Vec<(Option<Item>, String)>>,
    pub(super) diagram: Option<Shared<Diagram>>,
    /// The messages of the diagram, in words.
    listed: Shared<Vec<(Item, String)>>,
}

impl Half {
    fn of(
        run: &Run,
        side: usize,
        selected: Option<NodeIndex>,
        size: (f64, f64),
        window: Window,
        legend: f64,
        stand: Stand<'_>,
    ) -> Self {
        let diagram = (stand.view == action::View::Diagram).then(|| {
            let causes = stand.causes.filter(|_| stand.side == Some(side));
            run.diagram(stand.space, size, stand.pings, causes)
        });
        let scene = run.scene();
        let beliefs =
            selected.map(|at| build::beliefs(run.reel().here(), run.cast(), at)).unwrap_or_default();
        Self {
            ring: Shared::new(Ring::new(&scene, size, legend)),
            tape: Shared::new(Tape::new(run.whole(), &run.outcome().breaches, run.frontier(), window)),
            beliefs: Shared::new(beliefs),
            rows: Shared::new(stand.rows(run, &scene)),
            flights: Shared::new(flights(run, &scene)),
            listed: Shared::new(diagram.as_ref().map_or_else(Vec::new, |diagram| listed(run, diagram))),
            diagram: diagram.map(Shared::new),
            scene: Shared::new(scene),
        }
    }
}

/// What stands in the centre, and how it is looked at.
#[derive(Clone, Copy, Debug)]
pub(super) struct Stand<'a> {
    pub(super) view: action::View,
    pub(super) playing: bool,
    pub(super) pings: bool,
    /// What the diagram shows.
    pub(super) space: Window,
    /// In which of two runs something is chosen.
    pub(super) side: Option<usize>,
    /// What can have to do with it.
    pub(super) causes: Option<&'a Causes>,
}

impl Stand<'_> {
    fn rows(self, run: &Run, scene: &Scene) -> Vec<table::Row> {
        if self.view != action::View::Table {
            return Vec::new();
        }
        // Winding a world back takes too long for ten times a second, and nobody reads so fast.
        let before = if self.playing { None } else { run.nodes_before() };
        table::rows(scene, before.as_deref())
    }
}

/// One look at everything.
pub(super) struct View {
    /// The run and, if there is one, the run beside it.
    pub(super) halves: Vec<Half>,
    pub(super) size: (f64, f64),
    pub(super) window: Window,
    /// What the diagram shows.
    pub(super) space: Window,
    rows: Shared<Vec<Row>>,
    matching: usize,
    samples: Shared<Vec<Sample>>,
    pub(super) caption: (u64, String),
}

impl View {
    pub(super) fn empty(session: &Session) -> Self {
        let stand = Stand {
            view: action::View::default(),
            playing: false,
            pings: false,
            space: Window::default(),
            side: None,
            causes: None,
        };
        Self::of(session, UNMEASURED, Window::default(), stand, ("", ""))
    }

    pub(super) fn of(
        session: &Session,
        size: (f64, f64),
        window: Window,
        stand: Stand<'_>,
        filter: (&str, &str),
    ) -> Self {
        let (rows, matching) = rows(session, filter.0, filter.1);
        // Of two runs side by side neither has a legend.
        let legend = if session.beside().is_some() { 0.0 } else { LEGEND };
        let half =
            |(side, run): (usize, &Run)| Half::of(run, side, session.selected, size, window, legend, stand);
        let halves: Vec<Half> = session.runs().enumerate().map(half).collect();
        Self {
            size,
            window,
            space: stand.space,
            rows: Shared::new(rows),
            matching,
            samples: Shared::new(session.samples()),
            caption: session.caption(&halves[0].scene),
            halves,
        }
    }

    /// The run itself.
    pub(super) fn half(&self) -> &Half {
        &self.halves[0]
    }
}

impl App {
    pub(super) fn page(&self, ctx: &Context<Self>) -> Html {
        let (session, view, on) = (&self.session, &self.view, &ctx.link().callback(Msg::Act));
        let (when, caption) = (&view.caption.0, tell(&view.caption.1));
        // The step of a lesson has its sentence in a strip of its own.
        let told = session.course().is_some_and(|course| course.beat().allow.is_empty());
        html! {
            <div key={language::tag()} class={classes!("app", self.front.then_some("at-front"))}>
                <div>
                    { self.top(on) }{ self.banner(on) }if !self.front { { verdict::breaches(&session.outcome().breaches, session.now(), on) } }
                </div>
                <main class="house">
                    if self.front { { front::ways(on) } } else { <aside class="rail" aria-label={t("Do")}>{ self.rail(on, "") }</aside> }
                    <div class="centre">
                        if !self.front { <div class="bar">{ views::tabs(self.centre, on) }{ promises::strip(&session.promises(), on) }</div> }
                        { compare::ribbon(session, on) }
                        { self.stage(ctx, on) }
                        if let Some(sentence) = self.held() { { hand::bar(&sentence, on) } }
                        { session.course().map(|course| lesson::strip(course, on)).unwrap_or_default() }
                        <div class={classes!("caption", told.then_some("told"))}>
                            <span class="when">{ words::clock(*when) }</span>
                            <p data-testid="caption">{ &caption }</p>
                        </div>
                        <ul class="unseen" aria-label={t("Messages in flight")} data-testid="flights">{ for view.half().flights.iter().map(|(_, one)| html! { <li>{ tell(one) }</li> }) }</ul>
                    </div>
                    if !self.front { <aside class="side" aria-label={t("Know")}>{ self.tabs(on) }{ self.pane(on) }</aside> }
                </main>
                <Transport tape={view.half().tape.clone()} beside={self.tape_beside()} lanes={session.sides()} branches={branches::strip(session, view.window, on)} now={session.now()} end={session.end()} spoken={self.spoken()} playing={self.playing}
                    steps={session.steps()} space={!told} speed={self.speed} slow_votes={self.slow_votes} zoom={self.zoom} slowed={self.slowed} on={on.clone()} />
                <div class="unseen" role="status" aria-live="polite" data-testid="live">{ if (self.playing || self.travel.is_some() && !told) && !self.slowed { "" } else { caption.as_str() } }</div>
                <pre class="paper" aria-hidden="true">{ session.text() }</pre>
                if let Some((toast, _)) = &self.toast { <div class="toast" role="status" data-testid="toast">{ tell(toast) }</div> }
                if let Some(sheet) = &self.sheet { <Over sheet={sheet.clone()} letters={door::letters()} on={on.clone()} /> }
            </div>
        }
    }

    /// The chosen view of the run, or of two runs side by side.
    pub(super) fn stage(&self, ctx: &Context<Self>, on: &Wish) -> Html {
        let session = &self.session;
        if self.centre == action::View::Lab {
            let rules = session.script().common_rules().to_string();
            let inside = lab::view(&self.lab.state, &rules, self.theme, on);
            return html! { <div key="lab" class="stage lab" id="centre" role="tabpanel" aria-labelledby="view-lab">{ inside }</div> };
        }
        let sides = session.sides().unwrap_or_default();
        let half = |(side, half): (usize, &Half)| {
            let vote = html! { <Vote scene={half.scene.clone()} id={if side == 0 { "" } else { "beside-" }} of={sides[side].clone()} /> };
            html! { <section key={side} class="half" aria-label={tf("Run under {rules}", &[("rules", &tell(&sides[side]))])}>{ compare::head(session, side) }{ self.sight(ctx, side, half, on) }{ vote }</section> }
        };
        let (class, inside) = match self.view.halves.as_slice() {
            [one] => {
                let vote = match self.centre {
                    action::View::Ring if self.front => Some(front::start(on)),
                    action::View::Ring => {
                        Some(html! { <Vote scene={one.scene.clone()} of={sides[0].clone()} /> })
                    }
                    _ => None,
                };
                (self.centre.id(), html! { <>{ self.sight(ctx, 0, one, on) }{ for vote }</> })
            }
            halves => ("two", html! { <>{ for halves.iter().enumerate().map(half) }</> }),
        };
        let tabs = self.mode == Mode::Whole;
        html! { <div class={classes!("stage", class)} id="centre" role={tabs.then_some("tabpanel")} aria-labelledby={tabs.then(|| format!("view-{}", self.centre.id()))}>{ inside }</div> }
    }

    /// One run in the chosen view.
    fn sight(&self, ctx: &Context<Self>, side: usize, half: &Half, on: &Wish) -> Html {
        let (scene, selected, group) =
            (half.scene.clone(), self.session.selected, self.session.group.clone());
        match self.centre {
            action::View::Ring => {
                let probe = ctx.link().callback(move |point: Point| Msg::Probe(side, point));
                html! {
                    <Stage scene={scene} ring={half.ring.clone()} frame={self.frames[side].clone()} canvas={self.canvases[side].clone()}
                        selected={selected} group={group} lit={self.session.lit()} menu={self.menu} side={side} on={on.clone()} probe={probe} />
                }
            }
            action::View::Diagram => {
                let Some(diagram) = half.diagram.clone() else { return Html::default() };
                html! { <SpaceTime diagram={diagram} listed={half.listed.clone()} frame={self.frames[side].clone()} selected={selected} fitted={self.span.is_none()} side={side} on={on.clone()} /> }
            }
            action::View::Lab => Html::default(),
            action::View::Table => {
                let chosen = self.chosen.item.filter(|chosen| chosen.0 == side).map(|chosen| chosen.1);
                html! { <Table scene={scene} rows={half.rows.clone()} flying={half.flights.clone()} chosen={chosen} selected={selected} group={group} side={side} on={on.clone()} /> }
            }
        }
    }

    fn tape_beside(&self) -> Option<(Shared<Tape>, Option<f64>)> {
        let (beside, half) = (self.session.beside()?, self.view.halves.get(1)?);
        let place = |parting: splitvote::sim::Parting| self.view.window.place(parting.at.as_micros());
        Some((half.tape.clone(), beside.parting.map(place)))
    }

    fn top(&self, on: &Wish) -> Html {
        let session = &self.session;
        let title = session.script().title.clone().unwrap_or_default();
        let name = |one: &Builtin| (one.name.to_owned(), tell(&words::title(one.name)));
        let room = |one: &Builtin| {
            let (number, title) = words::room(one.name, one.text);
            (one.name.to_owned(), format!("{number}  {}", t(title)))
        };
        html! {
            <Top scenarios={LIBRARY.iter().map(name).collect::<Vec<_>>()} rooms={ROOMS.iter().map(room).collect::<Vec<_>>()}
                scenario={share::builtin(session).filter(|_| session.course().is_none()).unwrap_or_default()}
                title={title} seed={session.script().seed.to_string()} nack={session.rule("nack")} compares={session.beside().is_some()} lesson={session.course().is_some()} on={on.clone()} />
        }
    }

    fn banner(&self, on: &Wish) -> Html {
        if self.wrong.is_empty() {
            return Html::default();
        }
        let script = self.session.script();
        let title = script.title.as_deref().map_or_else(|| t("a run without a title").to_owned(), tell);
        html! {
            <div class="banner" role="alert" data-testid="banner">
                <div><b>{ t(words::BAD_LINK) }</b>
                    <ul>{ for self.wrong.iter().take(5).map(|one| html! { <li>{ words::quoted(&tell(one)) }</li> }) }</ul>
                    <p class="note">{ tf("What you see instead: {title}.", &[("title", &title)]) }</p>
                </div>
                <button type="button" class="btn" data-testid="banner-script" onclick={wish(on, Act::Tab(Tab::Script))}>{ t("Open the script") }</button>
                <button type="button" class="btn bare icon" aria-label={t("Dismiss")} data-testid="dismiss" onclick={wish(on, Act::Dismiss)}>{ icon("close") }</button>
            </div>
        }
    }

    fn rail(&self, on: &Wish, id: &'static str) -> Html {
        let session = &self.session;
        let dials = Dials {
            nack: session.rule("nack"),
            fast: session.rule("fast-failover"),
            settings: DIALS.iter().map(|(key, label)| (*key, *label, session.setting(key))).collect(),
            undo: session.can_undo(),
            pings: self.pings,
            locked: Deed::ALL
                .map(|deed| deed.0)
                .into_iter()
                .filter(|deed| session.forbids(&Act::Do(*deed, None)).is_some())
                .collect(),
            fixed: [Act::ForceSplit, Act::Rule("nack"), Act::Set("loss", String::new())]
                .map(|act| session.forbids(&act).is_some()),
        };
        html! { <Rail scene={self.view.half().scene.clone()} selected={session.selected} group={session.group.clone()} dials={dials} id={id} on={on.clone()} /> }
    }

    fn tabs(&self, on: &Wish) -> Html {
        let one = |tab: Tab, label: &'static str, name: &'static str, narrow: bool| {
            let chosen = self.tab == tab;
            html! {
                <button type="button" role="tab" id={format!("tab-{name}")} aria-controls="pane" aria-selected={if chosen { "true" } else { "false" }}
                    class={classes!(narrow.then_some("only-narrow"))} data-testid={format!("tab-{name}")} onclick={wish(on, Act::Tab(tab))}>{ label }</button>
            }
        };
        html! {
            <div class="tabs" role="tablist" aria-label={t("Panels")}>
                if self.session.beside().is_some() { { one(Tab::Compare, t("Compare"), "compare", false) } }
                if self.session.course().is_some() { { one(Tab::Lesson, t("Lesson"), "lesson", false) } }
                if self.session.room().is_some() { { one(Tab::Room, t("Room"), "room", false) } }
                if !self.chosen.chain.is_empty() { { one(Tab::Why, later("Why"), "why", false) } }
                { one(Tab::Do, t("Do"), "do", true) }{ one(Tab::Node, t("Node"), "node", false) }{ one(Tab::Log, t("Log"), "log", false) }
                { one(Tab::Chart, t("Chart"), "chart", false) }{ one(Tab::Rules, t("Rules"), "rules", false) }{ one(Tab::Script, t("Script"), "script", false) }
            </div>
        }
    }

    fn pane(&self, on: &Wish) -> Html {
        let (session, view) = (&self.session, &self.view);
        let flush = matches!(self.tab, Tab::Log | Tab::Script | Tab::Rules);
        let inside = match self.tab {
            Tab::Rules => self.rules(on),
            Tab::Compare => match view.halves.as_slice() {
                [left, right] => compare::pane(session, &[left.beliefs.clone(), right.beliefs.clone()], on),
                _ => Html::default(),
            },
            Tab::Lesson => session.course().map_or_else(Html::default, |course| lesson::card(course, on)),
            Tab::Room => session.room().map_or_else(Html::default, |(room, side)| {
                room::card(room, side, &session.outcome().breaches, on)
            }),
            Tab::Node => {
                let rules = session.selected.and_then(|at| session.rules_of(at));
                html! { <Inspector scene={view.half().scene.clone()} selected={session.selected} rules={rules} beliefs={view.half().beliefs.clone()} on={on.clone()} /> }
            }
            Tab::Log => {
                html! { <Log rows={view.rows.clone()} matching={view.matching} filter={self.filter.clone()} about={self.about} on={on.clone()} /> }
            }
            Tab::Why => why::card(&self.chosen.chain, self.chosen.item.map(|chosen| chosen.1), on),
            Tab::Chart => self.chart(),
            Tab::Script => {
                let draft = session.draft().map(|(draft, _)| AttrValue::from(draft.clone()));
                html! { <Script text={session.text().to_owned()} undo={session.can_undo()} draft={draft} cost={self.cost} on={on.clone()} /> }
            }
            Tab::Do => self.rail(on, "narrow-"),
        };
        let class = classes!("pane", flush.then_some("flush"), (self.tab == Tab::Script).then_some("whole"));
        html! { <div class={class} id="pane" role="tabpanel" tabindex="0" aria-label={t("Panel")}>{ inside }</div> }
    }

    /// The switches of everyone, or of the chosen node if its process runs.
    fn rules(&self, on: &Wish) -> Html {
        let session = &self.session;
        let node = session.selected.and_then(|at| Some((at, session.rules_of(at)?)));
        let name = |at: NodeIndex| session.cast().names[at].clone();
        let (values, preset) = match node {
            Some((_, rules)) if self.rules_of_node => (rules, rules.nearest().0),
            _ => session.rules(),
        };
        let other = node.map(|(at, _)| name(at));
        let of = node.filter(|_| self.rules_of_node).map(|(at, _)| (at, name(at)));
        html! { <Rules values={values} preset={preset} of={of} other={other} on={on.clone()} /> }
    }

    fn chart(&self) -> Html {
        let scene = &self.view.half().scene;
        let shard = self.session.selected.and_then(|at| scene.nodes.get(at)).map_or(0, |node| node.shard);
        let nodes = scene.nodes.iter().enumerate().filter(|(_, node)| node.shard == shard);
        let lines: Vec<(usize, String)> = nodes.map(|(at, node)| (at, node.name.clone())).collect();
        let name = scene.shards.get(shard).map(|shard| shard.name.clone()).unwrap_or_default();
        html! { <Chart samples={self.view.samples.clone()} lines={lines} shard={name} end={self.session.outcome().end} /> }
    }

    fn spoken(&self) -> String {
        tf(
            "{time}, epoch {n}, {caption}",
            &[
                ("time", &words::clock(self.session.now())),
                ("n", &self.view.half().scene.epoch),
                ("caption", &tell(&self.view.caption.1)),
            ],
        )
    }
}

/// Rows for the log, and how many match.
fn rows(session: &Session, filter: &str, about: &str) -> (Vec<Row>, usize) {
    let theme = THEMES.iter().find(|theme| theme.0 == about).and_then(|theme| theme.2);
    let words = filter.trim().to_lowercase();
    let name =
        |at: Option<NodeIndex>| at.map_or_else(|| "—".to_owned(), |at| session.cast().names[at].clone());
    let lines = session.story().lines.iter().enumerate();
    let mut rows: Vec<Row> = lines
        .filter(|(_, line)| theme.is_none_or(|theme| line.theme == theme))
        .filter(|(_, line)| {
            words.is_empty()
                || format!("{} {}", name(line.node), line.text).to_lowercase().contains(&words)
                || tell(&line.text).to_lowercase().contains(&words)
        })
        .map(|(entry, line)| Row {
            entry,
            at: line.at,
            who: name(line.node),
            text: line.text.clone(),
            user: line.theme == Theme::User,
        })
        .collect();
    let matching = rows.len();
    rows.drain(..matching.saturating_sub(ROWS));
    (rows, matching)
}

/// What the canvas shows, in words, for those who do not see it.
fn flights(run: &Run, scene: &Scene) -> Vec<(Option<Item>, String)> {
    const MOST: usize = 20;
    let all = build::flights(run.reel().here(), run.cast(), false);
    let told = |one: &flight::Flight| (run.message_of(one.id), flight::sentence(one, scene));
    let mut words: Vec<_> = all.iter().take(MOST).map(told).collect();
    if all.len() > MOST {
        words.push((None, tf("and {n} more", &[("n", &(all.len() - MOST))])));
    }
    words
}

/// What the diagram shows, in words: its messages from top to bottom.
fn listed(run: &Run, diagram: &Diagram) -> Vec<(Item, String)> {
    const MOST: usize = 40;
    let messages = diagram.items(None).into_iter().filter(|item| matches!(item, Item::Message(_)));
    messages.take(MOST).map(|item| (item, run.told(item))).collect()
}
