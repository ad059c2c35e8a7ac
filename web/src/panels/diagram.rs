//! The space-time diagram, drawn: lanes, lines, marks, and a list of the same for those who do not see it.

use splitvote::sim::traffic::why::Item;
use wasm_bindgen::JsCast as _;
use yew::prelude::*;

use super::{Shared, Wish, icon, wish};
use crate::action::Act;
use crate::language::{t, tell, tf};
use crate::scene::diagram::{Diagram, End, HEAD, Lane, Light, Line, Mark, SPANS, Sign};
use crate::scene::flight::Sort;
use crate::scene::ring::Point;
use crate::scene::{NodeIndex, hue};
use crate::words;

/// What the diagram is drawn from.
#[derive(Properties, PartialEq)]
pub struct Props {
    /// The diagram.
    pub diagram: Shared<Diagram>,
    /// Its messages in words.
    pub listed: Shared<Vec<(Item, String)>>,
    /// The box, to measure it.
    pub frame: NodeRef,
    /// The node that is looked at.
    pub selected: Option<NodeIndex>,
    /// Whether its window is fitted to what happened last.
    pub fitted: bool,
    /// Where wishes go.
    pub on: Wish,
    /// Which of two diagrams it is; only the first has names for the keyboard to go to.
    pub side: usize,
}

/// The diagram.
#[component]
pub fn SpaceTime(props: &Props) -> Html {
    let diagram = &*props.diagram;
    let id = |name: &str| if props.side == 0 { name.to_owned() } else { format!("beside-{name}") };
    let click = {
        let (on, side, drawn) = (props.on.clone(), props.side, props.diagram.clone());
        Callback::from(move |event: MouseEvent| {
            let target = event.current_target().and_then(|target| target.dyn_into::<web_sys::Element>().ok());
            let Some(svg) = target else { return };
            let corner = svg.get_bounding_client_rect();
            let point = Point {
                x: f64::from(event.client_x()) - corner.left(),
                y: f64::from(event.client_y()) - corner.top(),
            };
            on.emit(match drawn.under(point) {
                Some(item) => Act::Pick(side, Some(item)),
                None => Act::Seek(drawn.moment(point.y)),
            });
        })
    };
    let (width, height, gutter) = (diagram.width.to_string(), diagram.height.to_string(), diagram.gutter);
    let floor = diagram.frontier.min(diagram.height);
    let gap = diagram.lanes.get(1).map_or(28.0, |lane| lane.x - diagram.lanes[0].x).min(28.0);
    html! {
        <div class="diagram" data-testid={id("diagram")}>
            <div class="diagram-frame" ref={props.frame.clone()} data-picture="">
                <div class="diagram-scroll">
                    <svg class={classes!("spacetime", (gap < 28.0).then_some("close"))} width={width.clone()} height={height.clone()} viewBox={format!("0 0 {width} {height}")} role="group" aria-label={t("Space and time")} onclick={click}>
                        { for diagram.ticks.iter().map(|(y, label)| html! {
                            <g aria-hidden="true"><path class="moment" d={format!("M{gutter} {y:.1}H{width}")} /><text class="small" x={(gutter - 8.0).to_string()} y={format!("{y:.1}")}>{ label.clone() }</text></g>
                        }) }
                        <g aria-hidden="true">
                            <rect class="unseen-yet" x={gutter.to_string()} y={format!("{floor:.1}")} width={(diagram.width - gutter).to_string()} height={format!("{:.1}", (diagram.height - floor).max(0.0))} />
                            if diagram.height - floor > 40.0 { <text class="small yet" x={(gutter + 8.0).to_string()} y={format!("{:.1}", floor + 22.0)}>{ t("not yet") }</text> }
                        </g>
                        { for diagram.lanes.iter().map(|one| lane(one, floor)) }
                        { for diagram.strips.iter().map(|strip| html! {
                            <rect class="dust" x={format!("{:.1}", strip.at.x - 4.0)} y={format!("{:.1}", strip.at.y)} width="8" height="6" style={format!("opacity:{:.2}", (f64::from(strip.count) / 12.0).clamp(0.15, 1.0))} />
                        }) }
                        <g aria-hidden="true">
                            <path class="cursor" d={format!("M{} {:.1}H{width}", gutter - 4.0, diagram.cursor)} />
                            { for diagram.lines.iter().map(line) }
                            { for diagram.marks.iter().map(|one| mark(one, diagram.width)) }
                        </g>
                        <rect class="roof" width={width.clone()} height={HEAD.to_string()} />
                        { for diagram.lanes.iter().map(|one| head(props, one, gap, &id(&format!("node-{}", one.name)))) }
                    </svg>
                </div>
                if diagram.lines.is_empty() && diagram.strips.is_empty() { { quiet(props, &id) } }
            </div>
            <div class="diagram-foot">
                { legend() }
                { zoom(props, &id) }
            </div>
            <ul class="unseen" aria-label={t("Messages in the diagram")} data-testid={id("diagram-list")}>
                { for props.listed.iter().map(|(_, sentence)| html! { <li>{ tell(sentence) }</li> }) }
            </ul>
        </div>
    }
}

/// What to do where nothing is drawn.
fn quiet(props: &Props, id: &impl Fn(&str) -> String) -> Html {
    html! {
        <div class="quiet">
            <b>{ t("Only pings here") }</b>
            <div class="row wrap">
                <button type="button" class="btn" data-testid={id("quiet-pings")} onclick={wish(&props.on, Act::Pings)}>{ t("Show pings") }</button>
                <button type="button" class="btn" data-testid={id("quiet-vote")} onclick={wish(&props.on, Act::Vote(true))}>{ t("Go to the next vote") }</button>
            </div>
        </div>
    }
}

fn zoom(props: &Props, id: &impl Fn(&str) -> String) -> Html {
    let window = props.diagram.window;
    let step = Diagram::step(window).unwrap_or(0);
    html! {
        <div class="diagram-zoom" role="group" aria-label={t("Zoom of the diagram")}>
            <button type="button" class="btn icon" aria-label={t("Show more time")} title={t("Show more time (o)")} disabled={step == 0} data-testid={id("diagram-out")} onclick={wish(&props.on, Act::Zoom(false))}>{ icon("minus") }</button>
            <output>{ tell(&words::span(window.to - window.from)) }</output>
            <button type="button" class="btn icon" aria-label={t("Show less time")} title={t("Show less time (i)")} disabled={step + 1 >= SPANS.len()} data-testid={id("diagram-in")} onclick={wish(&props.on, Act::Zoom(true))}>{ icon("plus") }</button>
            <button type="button" class="btn" aria-pressed={if props.fitted { "true" } else { "false" }} title={t("Show what happened last, whole")} data-testid={id("diagram-fit")} onclick={wish(&props.on, Act::Fit)}>{ t("Fit") }</button>
        </div>
    }
}

/// What its lines and marks mean.
fn legend() -> Html {
    let way = |class: &'static str, words: &'static str| html! { <span><svg viewBox="0 0 22 10" aria-hidden="true"><g class={classes!("msg", class)}><path class="under" d="M1 5H16" /><path class="way" d="M1 5H16" /><path class="tip" d="M21 5L14 2V8Z" /></g></svg>{ words }</span> };
    let sign = |glyph: &'static str, words: &'static str| html! { <span><b aria-hidden="true">{ glyph }</b>{ words }</span> };
    html! {
        <p class="diagram-legend">
            { way("ballot", t("votes, in the colour of their epoch")) }{ way("fail", t("news of a failure")) }{ way("update", t("other news")) }
            { sign("✕", t("killed")) }{ sign("×", t("message lost")) }{ sign("?", t("asks")) }{ sign("✓", t("votes")) }{ sign("★", t("won")) }
        </p>
    }
}

fn lane(lane: &Lane, floor: f64) -> Html {
    let x = format!("{:.1}", lane.x);
    html! {
        <g key={lane.name.clone()} aria-hidden="true">
            { for lane.stretches.iter().map(|part| html! {
                <path class={classes!("lane-line", hue(part.epoch), (!part.up).then_some("down"))} d={format!("M{x} {:.1}V{:.1}", part.from, part.to)} />
            }) }
            if let Some((from, to)) = lane.dim { <path class="lane-dim" d={format!("M{x} {:.1}V{:.1}", from.max(HEAD), to.min(floor))} /> }
        </g>
    }
}

/// A lane's name, which is chosen as a node of the ring is.
fn head(props: &Props, lane: &Lane, gap: f64, id: &str) -> Html {
    let at = lane.node;
    let chosen = props.selected == Some(at);
    let pick = {
        let on = props.on.clone();
        Callback::from(move |event: MouseEvent| {
            event.stop_propagation();
            on.emit(if event.shift_key() { Act::Group(at) } else { Act::Select(Some(at)) });
        })
    };
    html! {
        <g key={format!("head-{}", lane.name)} class={classes!("lane-head", chosen.then_some("on"))} id={id.to_owned()} data-testid={id.to_owned()} data-index={at.to_string()}
            role="button" tabindex={if props.selected.unwrap_or(0) == at { "0" } else { "-1" }} aria-pressed={if chosen { "true" } else { "false" }}
            aria-label={tf("Lane of {node}", &[("node", &lane.name)])} transform={format!("translate({:.1} 17)", lane.x)} onclick={pick}>
            <rect x={(-gap / 2.0).to_string()} y="-13" width={gap.to_string()} height="26" rx="6" /><text>{ &lane.name }</text>
        </g>
    }
}

fn light(light: Light) -> Option<&'static str> {
    match light {
        Light::Dim => Some("dim"),
        Light::Chain => Some("chain"),
        Light::Chosen => Some("chosen"),
        Light::Plain | Light::Cone => None,
    }
}

fn line(one: &Line) -> Html {
    let Line { from, to, .. } = *one;
    let ballot = matches!(one.sort, Sort::Request | Sort::Yes | Sort::No);
    let kind = match one.sort {
        Sort::Gossip | Sort::Other => "gossip",
        Sort::Fail => "fail",
        Sort::Update => "update",
        Sort::Request | Sort::Yes | Sort::No => "ballot",
    };
    let path = format!("M{:.1} {:.1}L{:.1} {:.1}", from.x, from.y, to.x, to.y);
    let key = format!("{:?}", one.item);
    html! {
        <g key={key} class={classes!("msg", kind, hue(one.epoch), light(one.light), one.pale.then_some("pale"), (one.end == End::Open).then_some("open"))}>
            if ballot || one.light >= Light::Chain { <path class="under" d={path.clone()} /> }
            <path class="way" d={path} />
            if let Some(y) = one.waits { <path class="waits" d={format!("M{:.1} {:.1}V{y:.1}", to.x, to.y)} /> }
            { end(one) }
            if one.sort > Sort::Other { { paper(one) } }
        </g>
    }
}

/// An arrow's head where it arrives, a cross where it is lost.
fn end(line: &Line) -> Html {
    let Point { x, y } = line.to;
    match line.end {
        End::Lost => {
            html! { <path class="cross" d={format!("M{:.1} {:.1}l8 8m0 -8l-8 8", x - 4.0, y - 4.0)} /> }
        }
        End::Open => Html::default(),
        End::Read => {
            let (dx, dy) = (x - line.from.x, y - line.from.y);
            let length = dx.hypot(dy).max(1.0);
            let (ux, uy) = (dx / length * 7.0, dy / length * 7.0);
            let (left, right) =
                ((x - ux - uy * 0.45, y - uy + ux * 0.45), (x - ux + uy * 0.45, y - uy - ux * 0.45));
            html! { <path class="tip" d={format!("M{x:.1} {y:.1}L{:.1} {:.1}L{:.1} {:.1}Z", left.0, left.1, right.0, right.1)} /> }
        }
    }
}

/// What it says, a third of the way where the line is long enough to carry it.
fn paper(line: &Line) -> Html {
    let length = line.from.distance(line.to);
    if (length < 56.0 || line.pale) && line.light < Light::Chain {
        return Html::default();
    }
    let share = if line.end == End::Read { 0.36 } else { 0.6 };
    let Point { x, y } = line.from.towards(line.to, share);
    let wide = if line.stamp.chars().count() > 2 { 28.0 } else { 20.0 };
    html! {
        <g class={classes!("paper", (line.sort == Sort::No).then_some("no"))} transform={format!("translate({x:.1} {y:.1})")}>
            <rect x={(-wide / 2.0).to_string()} y="-7" width={wide.to_string()} height="14" rx="3" /><text>{ &line.stamp }</text>
        </g>
    }
}

fn mark(mark: &Mark, width: f64) -> Html {
    let (class, glyph) = match mark.sign {
        Sign::User => ("user", "▾"),
        Sign::Killed => ("killed", "✕"),
        Sign::Suspect => ("suspect", "◇"),
        Sign::Fail => ("fail", "◆"),
        Sign::Wait => ("wait", "…"),
        Sign::Ask => ("ask", "?"),
        Sign::Yes => ("yes", "✓"),
        Sign::No => ("no", "⊘"),
        Sign::Lost => ("lost", "−"),
        Sign::Won => ("won", "★"),
        Sign::Broken => ("broken", "✖"),
        Sign::Other => ("other", "·"),
    };
    let small = mark.sign == Sign::Other;
    html! {
        <g key={format!("{:?}", mark.item)} class={classes!("event", class, light(mark.light))}>
            if mark.node.is_none() { <path class="act" d={format!("M{:.1} {:.1}H{width:.1}", mark.at.x, mark.at.y)} /> }
            <circle cx={format!("{:.1}", mark.at.x)} cy={format!("{:.1}", mark.at.y)} r={if small { "3" } else { "8" }} />
            if !small { <text x={format!("{:.1}", mark.at.x)} y={format!("{:.1}", mark.at.y)}>{ glyph }</text> }
        </g>
    }
}
