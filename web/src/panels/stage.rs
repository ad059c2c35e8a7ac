//! The ring: everything that stands still between two messages, as SVG under the canvas.

use yew::prelude::*;

use super::{Shared, Wish, icon, wish};
use crate::action::{Act, Deed};
use crate::language::{later, t, tf};
use crate::scene::ring::{Point, Ring};
use crate::scene::{Node, NodeIndex, Opinion, Phase, Process, Role, Scene, claim_hue, hue};
use crate::words;

/// What the ring is drawn from.
#[derive(Properties, PartialEq)]
pub struct Props {
    /// The moment.
    pub scene: Shared<Scene>,
    /// The places.
    pub ring: Shared<Ring>,
    /// The box, to measure it.
    pub frame: NodeRef,
    /// Where messages are painted.
    pub canvas: NodeRef,
    /// The node that is looked at.
    pub selected: Option<NodeIndex>,
    /// Nodes chosen for a cut.
    pub group: Vec<NodeIndex>,
    /// Nodes that are lit up; if there are any, the others step back.
    pub lit: Vec<NodeIndex>,
    /// The open menu: whose, and where.
    pub menu: Option<(usize, NodeIndex, f64, f64)>,
    /// Where wishes go.
    pub on: Wish,
    /// Which of two rings it is; only the first has names for the keyboard to go to.
    pub side: usize,
    /// A click on no node, at this place.
    pub probe: Callback<Point>,
}

/// The ring.
#[component]
pub fn Stage(props: &Props) -> Html {
    let (scene, ring) = (&*props.scene, &*props.ring);
    let probe = {
        let (probe, frame) = (props.probe.clone(), props.frame.clone());
        Callback::from(move |event: MouseEvent| {
            if let Some(frame) = frame.cast::<web_sys::Element>() {
                let corner = frame.get_bounding_client_rect();
                probe.emit(Point {
                    x: f64::from(event.client_x()) - corner.left(),
                    y: f64::from(event.client_y()) - corner.top(),
                });
            }
        })
    };
    let (across, down) = ring.size;
    let in_tab_order = props.selected.unwrap_or(0);
    html! {
        <div class="ring" ref={props.frame.clone()} style={format!("--across:{across};--down:{down}")} data-picture="" data-testid={id(props, "ring")}>
            <svg class="world" viewBox={format!("0 0 {across} {down}")} role="group" aria-label={t("The cluster")} onclick={probe}>
                <defs>
                    <linearGradient id="half"><stop offset="50%" stop-color="var(--ink)" /><stop offset="50%" stop-color="var(--card)" /></linearGradient>
                    <pattern id="hatch" width="6" height="6" patternUnits="userSpaceOnUse" patternTransform="rotate(45)">
                        <path d="M0 0v6" stroke="var(--edge)" stroke-width="1.5" />
                    </pattern>
                </defs>
                { for scene.shards.iter().enumerate().map(|(at, _)| shard(scene, ring, at)) }
                { for ring.walls(scene).into_iter().map(|path| html! {
                    <g><path class="wall" d={path.clone()} /><path class="wall teeth" d={path} /></g>
                }) }
                { for ring.lone_faults(scene).into_iter().map(|(from, to, cut)| lone(from, to, cut, ring.node)) }
                { hub(scene, ring) }
                { for scene.nodes.iter().enumerate().map(|(at, one)| node(props, at, one, at == in_tab_order)) }
                <g aria-hidden="true" style="pointer-events:none">{ for scene.nodes.iter().enumerate().map(|(at, one)| plate(props, at, one)) }</g>
            </svg>
            <canvas ref={props.canvas.clone()} aria-hidden="true"></canvas>
            { legend(scene, ring.node < CROWDED) }
            if let Some((_, at, x, y)) = props.menu.filter(|menu| menu.0 == props.side) { { menu(props, at, x, y) } }
        </div>
    }
}

/// A name that the second of two rings does not share with the first.
fn id(props: &Props, name: &str) -> String {
    if props.side == 0 { name.to_owned() } else { format!("beside-{name}") }
}

/// How to read what is on the ring now, in small copies of its marks.
fn legend(scene: &Scene, crowded: bool) -> Html {
    let holds = |opinion| scene.nodes.iter().any(|node| node.opinions.contains(&opinion));
    let mark = |picture: Html, words: &'static str| {
        html! { <span><svg viewBox="0 0 16 16" aria-hidden="true">{ picture }</svg>{ t(words) }</span> }
    };
    let half = html! { <><circle cx="8" cy="8" r="4" /><path class="solid" d="M8 4a4 4 0 0 0 0 8z" /></> };
    html! {
        <p class="legend-bar">
            { mark(html! { <rect x="2" y="2" width="12" height="12" rx="3.5" /> }, later("primary")) }
            { mark(html! { <circle cx="8" cy="8" r="6" /> }, later("replica")) }
            { mark(html! { <><path class="full" d="M2.500 8.500A6 6 0 0 0 13.500 8.500z" /><circle cx="8" cy="8" r="6" /><path class="thin" d="M2.500 6.500h11" /></> }, later("its data")) }
            { mark(html! { <rect class={classes!("current", hue(scene.epoch))} x=".5" y="3" width="15" height="10" rx="5" /> }, later("current epoch")) }
            if !crowded { { mark(html! { <rect class="claim" x="1" y="3" width="14" height="10" rx="2" /> }, later("config epoch")) } }
            if scene.shards.iter().any(|shard| !shard.served) { { mark(html! { <path class="lost" d="M0 8h16" /> }, later("slots nobody serves")) } }
            if holds(Opinion::Fail) { { mark(html! { <circle class="solid" cx="8" cy="8" r="4" /> }, later("a voter marks it failed")) } }
            else if holds(Opinion::Pfail) { { mark(half, later("a voter suspects it")) } }
        </p>
    }
}

fn shard(scene: &Scene, ring: &Ring, at: usize) -> Html {
    let shard = &scene.shards[at];
    let angle = ring.angle(at);
    let class = classes!("arc", if shard.served { "served" } else { "lost" });
    let stem = shard.owner.and_then(|owner| ring.seats.get(owner)).map(|seat| {
        let rim = ring.at(angle, ring.arc);
        html! { <path class="stem" d={format!("M{:.1} {:.1}L{:.1} {:.1}", rim.x, rim.y, seat.x, seat.y)} /> }
    });
    let who = match shard.owner {
        Some(owner) if shard.served => scene.nodes[owner].name.clone(),
        _ => t("nobody").to_owned(),
    };
    html! {
        <g key={at}>
            { spokes(scene, ring, at) }
            { stem }
            <path class={class} d={ring.arc_path(at)} stroke-width="5"><title>{ tf("Shard {shard}: {n} slots, served by {who}", &[("shard", &shard.name), ("n", &shard.slots), ("who", &who)]) }</title></path>
        </g>
    }
}

/// Thin lines from each replica to the node it follows.
fn spokes(scene: &Scene, ring: &Ring, at: usize) -> Html {
    let lines =
        scene.nodes.iter().enumerate().filter(|(_, node)| node.shard == at && node.role == Role::Replica);
    lines
        .filter_map(|(me, node)| {
            let (from, to) = (ring.seats.get(me)?, ring.seats.get(node.primary?)?);
            Some(html! { <path class="spoke" d={format!("M{:.1} {:.1}L{:.1} {:.1}", from.x, from.y, to.x, to.y)} /> })
        })
        .collect()
}

fn lone(from: Point, to: Point, cut: bool, node: f64) -> Html {
    let far = from.distance(to).max(1.0);
    let (start, end) = (from.towards(to, node / far), to.towards(from, (node + 6.0) / far));
    let line = format!("M{:.1} {:.1}L{:.1} {:.1}", start.x, start.y, end.x, end.y);
    let middle = start.towards(end, 0.5);
    let turn = (to.y - from.y).atan2(to.x - from.x).to_degrees();
    html! {
        <g>
            <path class="slow" d={line} />
            <g transform={format!("translate({:.1} {:.1}) rotate({turn:.1})", middle.x, middle.y)}>
                if cut { <path class="wall" d="M0 -11V11" /><path class="wall" style="stroke-width:2" d="M-12 -4L-6 0L-12 4" /> }
                else { <path d="M-4 -4L2 0L-4 4" fill="none" stroke="var(--edge)" stroke-width="2" /> }
            </g>
        </g>
    }
}

fn hub(scene: &Scene, ring: &Ring) -> Html {
    let Point { x, y } = ring.centre;
    let served = scene.shards.iter().filter(|shard| shard.served).count();
    let served = tf("{n} of {m} shards served", &[("n", &served), ("m", &scene.shards.len())]);
    let room = ring.inner - ring.node;
    if room < 76.0 {
        // Papers that fly through the middle need it more, and the cards beside them tell the epoch.
        if scene.races.iter().any(|race| race.phase == Phase::Asking) {
            return Html::default();
        }
        let lines = if room < 60.0 { 0.0 } else { 8.0 };
        return html! {
            <g class="hub" aria-hidden="true">
                <text class="small strong" x={x.to_string()} y={(y - lines).to_string()}>{ tf("epoch {n}", &[("n", &scene.epoch)]) }</text>
                if lines > 0.0 { <text class="small" x={x.to_string()} y={(y + lines).to_string()}>{ served }</text> }
            </g>
        };
    }
    html! {
        <g class="hub" aria-hidden="true">
            <text class="small" x={x.to_string()} y={(y - 34.0).to_string()}>{ t("epoch") }</text>
            <text class="big" x={x.to_string()} y={(y - 4.0).to_string()}>{ scene.epoch }</text>
            <rect class={classes!(hue(scene.epoch), "hue-fill")} x={(x - 22.0).to_string()} y={(y + 20.0).to_string()} width="44" height="5" rx="2.5" stroke="var(--shape)" stroke-width=".75" />
            <text class="small" x={x.to_string()} y={(y + 42.0).to_string()}>{ served }</text>
        </g>
    }
}

/// The outline of a role, around (0, 0).
pub fn outline(role: Role, radius: f64, class: Classes) -> Html {
    match role {
        Role::Primary => {
            let side = radius * 0.92;
            html! { <rect class={class} x={(-side).to_string()} y={(-side).to_string()} width={(side * 2.0).to_string()} height={(side * 2.0).to_string()} rx={(radius * 0.3).to_string()} /> }
        }
        Role::Replica => html! { <circle class={class} r={radius.to_string()} /> },
    }
}

/// How full a node is drawn, `0.0..=1.0`, where 0.7 is the tide line.
fn level(node: &Node) -> f64 {
    const TIDE: f64 = 0.7;
    if node.offset == 0 {
        return 0.0;
    }
    // The first bytes of lag matter most, so each tenfold costs as much again.
    #[expect(clippy::cast_precision_loss, reason = "a height on the screen")]
    let lag = (node.lag as f64 / 10.0 + 1.0).log10() * 0.16;
    (TIDE - lag).max(0.08)
}

fn node(props: &Props, at: NodeIndex, node: &Node, in_tab_order: bool) -> Html {
    let Some(seat) = props.ring.seats.get(at) else { return Html::default() };
    let radius = props.ring.node;
    let class = classes!(
        "node",
        (node.process == Process::Down).then_some("down"),
        (props.selected == Some(at) || props.group.contains(&at)).then_some("on"),
        light(props, at),
    );
    let select = {
        let on = props.on.clone();
        Callback::from(move |event: MouseEvent| {
            event.stop_propagation();
            on.emit(if event.shift_key() { Act::Group(at) } else { Act::Select(Some(at)) });
        })
    };
    let menu = {
        let (on, side, seat) = (props.on.clone(), props.side, *seat);
        Callback::from(move |event: MouseEvent| {
            event.prevent_default();
            on.emit(Act::Menu(side, at, seat.x, seat.y));
        })
    };
    let clip = format!("clip{}-{at}", props.side);
    let top = radius - 2.0 * radius * level(node);
    let tide = radius - 2.0 * radius * 0.7;
    html! {
        <g key={node.name.clone()} class={class} id={id(props, &format!("node-{}", node.name))} data-testid={id(props, &format!("node-{}", node.name))}
            transform={format!("translate({:.1} {:.1})", seat.x, seat.y)}
            role="button" tabindex={if in_tab_order { "0" } else { "-1" }} aria-label={label(node)}
            aria-pressed={if props.selected == Some(at) { "true" } else { "false" }}
            data-index={at.to_string()} onclick={select} oncontextmenu={menu}>
            { outline(node.role, radius + 6.0, classes!("halo")) }
            { outline(node.role, radius, classes!("body")) }
            <clipPath id={clip.clone()}>{ outline(node.role, radius - 2.0, classes!()) }</clipPath>
            <g clip-path={format!("url(#{clip})")}>
                if node.process == Process::Down {
                    <rect fill="url(#hatch)" x={(-radius).to_string()} y={(-radius).to_string()} width={(2.0 * radius).to_string()} height={(2.0 * radius).to_string()} />
                } else {
                    <rect class="water" x={(-radius).to_string()} y={top.to_string()} width={(2.0 * radius).to_string()} height={(2.0 * radius).to_string()} />
                    if radius >= CROWDED { <path class="tide" d={format!("M{} {tide}H{}", -radius, radius)} /> }
                }
            </g>
            { outline(node.role, radius, classes!("rim", "hue-stroke", hue(node.epoch))) }
            if node.process != Process::Down { { outline(node.role, radius + 2.0, classes!("edge")) } }
            { timer(node, radius) }
            if node.process == Process::Paused { <path d="M-3.500 5v8M3.500 5v8" stroke="var(--ink)" stroke-width="3" /> }
            { pips(node, radius) }
            <circle class="hit" r={(radius + 4.0).max(24.0).to_string()} />
        </g>
    }
}

/// The class of a node that is lit up, or that steps back for those that are.
fn light(props: &Props, at: NodeIndex) -> Option<&'static str> {
    (!props.lit.is_empty()).then(|| if props.lit.contains(&at) { "lit" } else { "dim" })
}

/// A node's texts stand beside it, not in it: the node has a name of its own for those who do not see.
fn plate(props: &Props, at: NodeIndex, node: &Node) -> Html {
    let Some(seat) = props.ring.seats.get(at) else { return Html::default() };
    let radius = props.ring.node;
    let font = format!("font-size:{:.0}px", (radius * 0.6).clamp(10.0, 15.0));
    let down = node.process == Process::Down;
    html! {
        <g key={node.name.clone()} class={classes!("plate", down.then_some("down"), light(props, at))} transform={format!("translate({:.1} {:.1})", seat.x, seat.y)}>
            <text class="name" y={if node.process == Process::Paused { "-5" } else { "0" }} style={font}>{ &node.name }</text>
            if !down { { tags(node, props.scene.epoch, radius) } }
            { seal(props, at, node) }
        </g>
    }
}

/// Nodes smaller than this have room for their name and one number.
const CROWDED: f64 = 17.0;

/// The current epoch on a round tag, the config epoch on a square one.
fn tags(node: &Node, newest: u64, radius: f64) -> Html {
    let size = (radius / 24.0).clamp(0.78, 1.0);
    let width = |epoch: u64| if epoch > 99 { 26.0 } else { 19.0 };
    let (round, square) = (width(node.epoch), width(node.config_epoch));
    let y = (radius + 1.0) / size;
    let tag = |x: f64, width: f64, corner: &'static str, epoch: u64, hue: &'static str| {
        html! {
            <g class={classes!("tag", hue)} transform={format!("translate({x:.1} {y:.1})")}>
                <rect class="hue-fill" x={(-width / 2.0).to_string()} y="-8" width={width.to_string()} height="16" rx={corner} />
                <text class="on-hue">{ epoch }</text>
            </g>
        }
    };
    if radius < CROWDED {
        return html! { <g transform={format!("scale({size:.2})")}>{ tag(0.0, round, "8", node.epoch, hue(node.epoch)) }</g> };
    }
    let left = -f64::midpoint(round, square) / 2.0 - 0.5;
    let right = left + f64::midpoint(round, square) + 1.0;
    html! {
        <g transform={format!("scale({size:.2})")}>
            { tag(left, round, "8", node.epoch, hue(node.epoch)) }
            { tag(right, square, "3", node.config_epoch, claim_hue(node.config_epoch, newest)) }
        </g>
    }
}

/// One dot for each voter: hollow for well, half for pfail, full for fail.
fn pips(node: &Node, radius: f64) -> Html {
    let count = node.opinions.len();
    if node.opinions.iter().all(|opinion| *opinion == Opinion::Well) {
        return Html::default();
    }
    let step = 7.0;
    #[expect(clippy::cast_precision_loss, reason = "a handful of dots")]
    let x = |at: usize| (at as f64 - (count as f64 - 1.0) / 2.0) * step;
    node.opinions
        .iter()
        .enumerate()
        .map(|(at, opinion)| {
            let class = match opinion {
                Opinion::Well => "pip",
                Opinion::Pfail => "pip half",
                Opinion::Fail => "pip full",
            };
            html! { <circle class={class} cx={x(at).to_string()} cy={(-radius - 11.0).to_string()} r="2.6" /> }
        })
        .collect()
}

/// A ring that empties while the node waits.
fn timer(node: &Node, radius: f64) -> Html {
    let Some((left, whole)) = node.timer else { return Html::default() };
    #[expect(clippy::cast_precision_loss, reason = "an angle on the screen")]
    let share = (left as f64 / whole.max(1) as f64).clamp(0.0, 1.0);
    let radius = radius + 10.0;
    let round = std::f64::consts::TAU * radius;
    html! {
        <circle class="timer" r={radius.to_string()} transform="rotate(-90)"
            stroke-dasharray={format!("{:.1} {:.1}", round * share, round)} />
    }
}

/// The vote this node has spent in the epoch that is being voted on.
fn seal(props: &Props, at: NodeIndex, node: &Node) -> Html {
    let Some(seal) = node.seal.as_ref().filter(|_| node.process != Process::Down) else {
        return Html::default();
    };
    if props.scene.ballots.first().is_none_or(|ballot| ballot.epoch != seal.epoch) {
        return Html::default();
    }
    let Some(seat) = props.ring.seats.get(at) else { return Html::default() };
    let out = props.ring.centre.distance(*seat).max(1.0);
    let reach = props.ring.node + if node.seat == 0 { 41.0 } else { 20.0 };
    let (x, y) = ((seat.x - props.ring.centre.x) / out * reach, (seat.y - props.ring.centre.y) / out * reach);
    html! {
        <g class={classes!("seal", hue(seal.epoch))} transform={format!("translate({x:.1} {y:.1})")}>
            <rect x="-25" y="-10" width="50" height="20" rx="5" />
            <rect class="hue-fill" x="-25" y="-10" width="6" height="20" rx="2" />
            <text x="3">{ format!("✓ {}", seal.candidate) }</text>
            <title>{ tf("{who} has spent its vote of epoch {epoch} on {candidate}", &[("who", &node.name), ("epoch", &seal.epoch), ("candidate", &seal.candidate)]) }</title>
        </g>
    }
}

/// A node in words, for those who do not see it.
pub fn label(node: &Node) -> String {
    tf(
        "{who}, epoch {epoch}, config epoch {claim}, offset {offset}",
        &[
            ("who", &short(node)),
            ("epoch", &node.epoch),
            ("claim", &node.config_epoch),
            ("offset", &words::number(node.offset)),
        ],
    )
}

/// Who a node is and how it is.
fn short(node: &Node) -> String {
    let role = match node.role {
        Role::Primary => t("primary"),
        Role::Replica => t("replica"),
    };
    let state = match node.process {
        Process::Up => None,
        Process::Paused => Some(t("paused")),
        Process::Down => Some(t("down")),
    };
    let fails = node.opinions.iter().filter(|opinion| **opinion != Opinion::Well).count();
    let doubted = tf("doubted by {n} of {m}", &[("n", &fails), ("m", &node.opinions.len())]);
    let mut parts = vec![node.name.as_str(), role];
    parts.extend(state);
    parts.extend((fails > 0).then_some(doubted.as_str()));
    parts.join(t(", "))
}

fn menu(props: &Props, at: NodeIndex, x: f64, y: f64) -> Html {
    let Some(node) = props.scene.nodes.get(at) else { return Html::default() };
    let width = props.ring.centre.x * 2.0;
    let left = (x + props.ring.node + 8.0).min(width - 216.0).max(8.0);
    let top = (y - 40.0).min(props.ring.centre.y * 2.0 - 330.0).max(8.0);
    let item = |deed: Deed, label: &'static str, key: &'static str, name: &'static str| {
        let label =
            if deed == Deed::Pause && node.process == Process::Paused { t("Resume") } else { t(label) };
        html! {
            <button type="button" role="menuitem" data-testid={format!("menu-{name}")} onclick={wish(&props.on, Act::Do(deed, Some(at)))}>
                { icon(name) }<span>{ label }</span><kbd>{ key }</kbd>
            </button>
        }
    };
    html! {
        <div class="menu" role="menu" aria-label={tf("Act on {name}", &[("name", &node.name)])} style={format!("left:{left:.0}px;top:{top:.0}px")}>
            <h3>{ short(node) }</h3>
            <div class="acts">{ for Deed::ALL.iter().map(|(deed, label, key, name)| item(*deed, label, key, name)) }</div>
        </div>
    }
}
