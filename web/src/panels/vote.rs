//! Elections: lanes while candidates wait, votes-left bars while they ask, ballots as they were cast.

use splitvote::base::ordered;
use yew::prelude::*;

use super::{Shared, chip};
use crate::language::{t, tell, tf};
use crate::scene::{Answer, Cell, Phase, Process, Race, Scene, hue};
use crate::words;

/// What the panel is drawn from.
#[derive(Properties, PartialEq)]
pub struct Props {
    /// The moment.
    pub scene: Shared<Scene>,
    /// What its parts are called in tests, before their own names.
    #[prop_or_default]
    pub id: &'static str,
    /// Which of two runs it is of.
    #[prop_or_default]
    pub of: String,
}

/// The panel.
#[component]
pub fn Vote(props: &Props) -> Html {
    let scene = &*props.scene;
    html! {
        <section class={classes!("vote", (scene.races.is_empty() && scene.ballots.is_empty()).then_some("idle"))} tabindex="0" aria-label={if props.of.is_empty() { t("Elections").to_owned() } else { tf("Elections, {of}", &[("of", &tell(&props.of))]) }} data-testid={format!("{}elections", props.id)}>
            <h2>{ t("Elections") }</h2>
            if scene.races.is_empty() { <p class="note">{ idle(scene) }</p> }
            <div class="races">{ for scene.races.iter().map(|race| candidate(scene, race, props.id)) }</div>
            { ballots(scene, props.id) }
        </section>
    }
}

/// That nothing is voted on, and who is down.
fn idle(scene: &Scene) -> String {
    let down: Vec<&str> = scene
        .nodes
        .iter()
        .filter(|node| node.process == Process::Down)
        .map(|node| node.name.as_str())
        .collect();
    match down.as_slice() {
        [] => t("No election under way").to_owned(),
        down => tf("No election under way · down: {names}", &[("names", &down.join(t(", ")))]),
    }
}

/// A span of time in the reader's language.
fn span(micros: u64) -> String {
    tell(&words::span(micros))
}

fn candidate(scene: &Scene, race: &Race, id: &'static str) -> Html {
    let name = scene.nodes.get(race.node).map_or("?", |node| node.name.as_str());
    let what = match &race.phase {
        Phase::Waiting if race.best => t("best, asks at once").to_owned(),
        Phase::Waiting if race.starts <= scene.now => t("asks").to_owned(),
        Phase::Waiting => tf("asks in {span}", &[("span", &span(race.starts.saturating_sub(scene.now)))]),
        Phase::Asking => t("asks").to_owned(),
        Phase::Lost(_) => t("lost").to_owned(),
        Phase::Won => t("won").to_owned(),
    };
    let lost = matches!(race.phase, Phase::Lost(_));
    html! {
        <article key={name.to_owned()} class={classes!("race", lost.then_some("lost"))} data-testid={format!("{id}race-{name}")}>
            <header>
                <b>{ name }</b>
                if race.phase == Phase::Waiting {
                    <span class="note">{ tf("rank {n}", &[("n", &race.rank)]) }</span>
                } else {
                    { chip(race.epoch, false) }
                }
                <span class="what">{ what }</span>
            </header>
            if race.phase == Phase::Waiting { { lane(race, scene.now) } } else { { bar(scene, race) } }
        </article>
    }
}

/// Fixed wait, drawn wait, wait for those with more data; the puck runs through.
fn lane(race: &Race, now: u64) -> Html {
    let zone = |class: &'static str, micros: u64, what: &str| {
        if micros == 0 {
            return Html::default();
        }
        let title = format!("{what}: {}", tell(&words::span(micros)));
        html! { <i class={class} style={format!("flex:{micros}")} title={title}></i> }
    };
    let at = race.progress(now);
    html! { <>
        <div class="lane" role="progressbar" aria-label={t("Wait before asking")} aria-valuemin="0" aria-valuemax="1000" aria-valuenow={at.to_string()}>
            { zone("fixed", race.fixed, t("Everyone waits")) }
            { zone("random", race.random, t("Drawn by chance")) }
            { zone("rank", race.ranked, t("For those who go first")) }
            <span class="puck" style={format!("left:calc(7px + (100% - 14px) * {at} / 1000)")}></span>
        </div>
        <div class="sum"><span>{ tf("offset {n}", &[("n", &words::number(race.offset))]) }</span><span>{ tf("{span} in all", &[("span", &span(race.starts.saturating_sub(race.scheduled)))]) }</span></div>
    </> }
}

fn bar(scene: &Scene, race: &Race) -> Html {
    let mut cells: Vec<&Cell> = race.cells.iter().collect();
    // Yes first, then what is open: the quorum mark then parts enough from not enough.
    ordered::sort_by_key(&mut cells, |cell| match cell.truth {
        Answer::Yes => 0,
        Answer::Open => 1,
        Answer::No(_) => 2,
        Answer::Gone => 3,
    });
    let count = cells.len().max(1);
    let share = f64::from(race.needed) * 100.0 / f64::from(u32::try_from(count).unwrap_or(1));
    let verdict = match &race.phase {
        Phase::Lost(why) => html! { <span>{ tell(why) }</span> },
        Phase::Won => html! { <span>{ t("has a majority") }</span> },
        _ if race.hopeless() => html! { <span class="hopeless">{ t("cannot win") }</span> },
        _ => html! { <span>{ tf("{n} still possible", &[("n", &race.achievable())]) }</span> },
    };
    html! { <>
        <div class="cells" role="img" aria-label={spoken(scene, race)}>
            { for cells.iter().map(|cell| square(scene, cell)) }
            <span class="quorum" style={format!("left:calc({share:.2}% + {:.2}px)", share / 100.0 * 3.0)} title={tf("{n} needed", &[("n", &race.needed)])}></span>
        </div>
        <div class="who" aria-hidden="true">{ for cells.iter().map(|cell| html! { <span>{ &scene.nodes[cell.voter].name }</span> }) }</div>
        <div class="sum"><span><b>{ race.have() }</b>{ tf(" · {n} needed", &[("n", &race.needed)]) }</span>{ verdict }</div>
    </> }
}

fn square(scene: &Scene, cell: &Cell) -> Html {
    let truth = match cell.truth {
        Answer::Open => "",
        Answer::Yes => "t-yes",
        Answer::No(_) => "t-no",
        Answer::Gone => "t-gone",
    };
    let (known, glyph) = match cell.known {
        Answer::Yes => ("k-yes", "✓"),
        Answer::No(_) => ("k-no", "⊘"),
        Answer::Open => ("", "?"),
        Answer::Gone => ("", "×"),
    };
    html! { <span class={classes!("cell", truth, known)} title={explain(scene, cell)}>{ glyph }</span> }
}

fn explain(scene: &Scene, cell: &Cell) -> String {
    let voter = &scene.nodes[cell.voter].name;
    let truth = match &cell.truth {
        Answer::Open => t("has not answered").to_owned(),
        Answer::Yes => t("votes yes").to_owned(),
        Answer::No(why) => tf("refuses: {why}", &[("why", &tell(why))]),
        Answer::Gone => t("cannot be reached").to_owned(),
    };
    if cell.known == Answer::Open && cell.truth != Answer::Open {
        tf("{voter} {truth}; the candidate does not know", &[("voter", voter), ("truth", &truth)])
    } else {
        format!("{voter} {truth}")
    }
}

fn spoken(scene: &Scene, race: &Race) -> String {
    let each: Vec<String> = race.cells.iter().map(|cell| explain(scene, cell)).collect();
    tf(
        "Votes: {n}, needed: {m}. {each}.",
        &[("n", &race.have()), ("m", &race.needed), ("each", &each.join(t(". ")))],
    )
}

fn ballots(scene: &Scene, id: &'static str) -> Html {
    let Some(epoch) = scene.ballots.first().map(|ballot| ballot.epoch) else { return Html::default() };
    let row = |ballot: &crate::scene::Ballot| {
        let (voter, candidate) = (&scene.nodes[ballot.voter].name, &scene.nodes[ballot.candidate].name);
        match &ballot.refusal {
            None => {
                html! { <li><span class="glyph-yes">{ "✓" }</span><b>{ voter }</b><span class="arrow">{ "→" }</span>{ candidate }</li> }
            }
            Some(why) => {
                html! { <li><span class="glyph-no">{ "⊘" }</span><b>{ voter }</b><span class="arrow">{ "→" }</span>{ candidate }<span class="note">{ tell(why) }</span></li> }
            }
        }
    };
    html! { <>
        <h2 style="margin-top:var(--s4)">{ t("Ballots of epoch") }{ " " }<span class={classes!("chip", hue(epoch))}>{ epoch }</span></h2>
        <ul class="ballots" data-testid={format!("{id}ballots")}>{ for scene.ballots.iter().map(row) }</ul>
    </> }
}
