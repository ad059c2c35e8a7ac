//! The seed lab: thousands of seeds of the present scenario, and hunts. It is drawn from what workers have
//! told so far.

use splitvote::sim::sweep::{COUNTED, FIGURES};
use wasm_bindgen::JsCast as _;
use web_sys::{HtmlInputElement, HtmlSelectElement};
use yew::prelude::*;

use super::{Wish, icon, wish};
use crate::action::Act;
use crate::lab::bench::{Bench, Form, LISTED, Pick, State};
use crate::lab::{Lab, Order, vary};
use crate::language::{t, tell, tf};
use crate::words;

mod drawn;
mod hunt;
mod names;

use names::{counted_name, figure_name, short};

/// The lab; `rules` are those of the present script.
pub fn view(lab: &Lab, rules: &str, theme: usize, on: &Wish) -> Html {
    html! {
        <div class="lab" data-testid="lab">
            <section class="sect" aria-labelledby="lab-seeds-head">
                <h2 id="lab-seeds-head">{ t("Many seeds of this scenario") }</h2>
                <p class="note">{ t("One run is a story, ten thousand are a fact. Every seed throws the dice anew; workers run them beside the page.") }</p>
                { form(lab, on) }
                if let Some(wrong) = &lab.wrong { <p class="wrong" role="alert" data-testid="lab-wrong">{ tell(wrong) }</p> }
            </section>
            if let Some(bench) = &lab.bench { { results(bench, lab.command(), theme, on) } } else { { drawn::example() } }
            { hunt::section(&lab.quarry, lab.chase.as_ref(), rules, on) }
        </div>
    }
}

/// A wish of what is typed or chosen.
fn entered(on: &Wish, order: fn(String) -> Order) -> Callback<Event> {
    let on = on.clone();
    Callback::from(move |event: Event| {
        let Some(target) = event.target() else { return };
        let input = target.dyn_ref::<HtmlInputElement>().map(HtmlInputElement::value);
        let chosen = || target.dyn_ref::<HtmlSelectElement>().map(HtmlSelectElement::value);
        if let Some(value) = input.or_else(chosen) {
            on.emit(Act::Lab(order(value)));
        }
    })
}

fn form(lab: &Lab, on: &Wish) -> Html {
    let form = &lab.form;
    let runs = lab.bench.as_ref().is_some_and(Bench::is_running);
    let go = if runs {
        html! { <button type="button" class="btn solid" data-testid="lab-stop" onclick={wish(on, Act::Lab(Order::Stop))}>{ icon("close") }{ t("Stop") }</button> }
    } else {
        html! { <button type="button" class="btn solid" data-testid="lab-go" onclick={wish(on, Act::Lab(Order::Go))}>{ icon("play") }{ t("Run the seeds") }</button> }
    };
    html! {
        <div class="lab-form">
            <label><span>{ t("Seeds") }</span><input inputmode="numeric" value={form.seeds.clone()} data-testid="lab-count" onchange={entered(on, Order::Seeds)} /></label>
            <label><span>{ t("From seed") }</span><input inputmode="numeric" value={form.first.clone()} data-testid="lab-first" onchange={entered(on, Order::First)} /></label>
            <label class="grow"><span>{ t("Side by side") }</span>{ picker(form, on) }</label>
            { go }
            <details class="fold"><summary>{ t("Advanced") }</summary>
                <label class="grow"><span>{ t("Side by side, as --vary of the command line has it") }</span><input value={form.vary.clone()} spellcheck="false" placeholder="nack=off,on" data-testid="lab-vary" onchange={entered(on, Order::Vary)} /></label>
            </details>
        </div>
    }
}

/// What can be varied, by name; the words beside it say anything else.
fn picker(form: &Form, on: &Wish) -> Html {
    let option = |words: &String| {
        html! { <option value={words.clone()} selected={*words == form.vary}>{ vary::label(words) }</option> }
    };
    let all = vary::choices();
    let of = |group: vary::Group| {
        all.iter().filter(move |one| one.0 == group).map(|one| option(&one.1)).collect::<Html>()
    };
    let known = form.vary.is_empty() || all.iter().any(|one| one.1 == form.vary);
    html! {
        <select class="pick" data-testid="lab-pick" onchange={entered(on, Order::Vary)}>
            <option value="" selected={form.vary.is_empty()}>{ t("Nothing: this scenario alone") }</option>
            if !known { { option(&form.vary) } }
            <optgroup label={t("Rules")}>{ of(vary::Group::Rules) }</optgroup>
            <optgroup label={t("One dial, step by step")}>{ of(vary::Group::Dials) }</optgroup>
        </select>
    }
}

fn results(bench: &Bench, command: String, theme: usize, on: &Wish) -> Html {
    html! { <>
        <section class="sect" aria-label={t("What the runs came to")}>
            { progress(bench) }
            { drawn::headline(bench) }
            { drawn::chart(bench, theme, on) }
        </section>
        { listed(bench, on) }
        <section class="sect lab-tables">
            { spreads(bench) }
            { rates(bench, on) }
            <p class="note">{ t("The same figures, to the last digit, on the command line:") }<code data-testid="lab-command">{ command }</code></p>
        </section>
    </> }
}

fn progress(bench: &Bench) -> Html {
    let (done, of) = bench.progress();
    let numbers = tf("{done} of {of} runs", &[("done", &words::number(done)), ("of", &words::number(of))]);
    let pace = tf("{pace} runs a second", &[("pace", &words::number(bench.pace()))]);
    let state = match &bench.state {
        State::Running(_) => String::new(),
        State::Done => tf(
            "Done in {time}: {numbers}.",
            &[("time", &tell(&words::span(bench.took().as_micros()))), ("numbers", &numbers)],
        ),
        State::Stopped => tf("Stopped: {numbers}.", &[("numbers", &numbers)]),
        State::Failed(why) => tell(why),
    };
    html! {
        <div class="lab-progress">
            if bench.is_running() {
                <progress max={of.to_string()} value={done.to_string()} aria-label={t("Runs done")}></progress>
                <span class="num" data-testid="lab-progress">{ format!("{numbers} · {pace}") }</span>
            }
            <span role="status" data-testid="lab-state">{ state }</span>
        </div>
    }
}

fn spreads(bench: &Bench) -> Html {
    let rows = bench.spreads();
    // Of fewer runs the ninety-ninth of a hundred is hardly more than the last.
    let few = bench.sweep().variants.iter().any(|(_, tally)| tally.runs < 1000);
    let line = |(figure, variant, cells): &(usize, usize, [String; 4])| {
        html! {
            <tr class={(*variant == 0).then_some("first")}>
                <th scope="row">{ figure_name(*figure, FIGURES[*figure].name) }<small>{ short(&bench.name(*variant)) }</small></th>
                { for cells.iter().enumerate().map(|(at, cell)| html! { <td class={classes!("num", (few && at == 2).then_some("few"))}>{ cell }</td> }) }
            </tr>
        }
    };
    html! {
        <table class="view lab-table" data-testid="lab-spreads">
            <thead><tr><th scope="col">{ t("Figure") }</th>{ for ["p50", "p95", "p99", "max"].map(|head| html! {
                <th scope="col">{ head }if few && head == "p99" { <small>{ t("needs 1,000 runs") }</small> }</th>
            }) }</tr></thead>
            <tbody>{ for rows.iter().map(line) }</tbody>
        </table>
    }
}

fn rates(bench: &Bench, on: &Wish) -> Html {
    let rows = bench.rates();
    let line = |(what, variant, runs, rate): &(usize, usize, u64, String)| {
        let name = counted_name(*what, COUNTED[*what].name);
        let runs = if *runs == 0 {
            html! { "0" }
        } else {
            let label = tf(
                "{what}, {variant}: {runs} runs; list their seeds",
                &[("runs", runs), ("what", &name), ("variant", &short(&bench.name(*variant)))],
            );
            let order = Order::List(Pick::Shows(*variant, *what));
            html! { <button type="button" class="link" aria-label={label} data-testid={format!("lab-shows-{variant}-{what}")} onclick={wish(on, Act::Lab(order))}>{ words::number(*runs) }</button> }
        };
        html! {
            <tr class={(*variant == 0).then_some("first")}>
                <th scope="row">{ name }<small>{ short(&bench.name(*variant)) }</small></th>
                <td class="num">{ runs }</td><td class="num">{ rate }</td>
            </tr>
        }
    };
    html! {
        <table class="view lab-table" data-testid="lab-rates">
            <thead><tr><th scope="col">{ t("Counted") }</th><th scope="col">{ t("Runs") }</th><th scope="col">{ t("Rate, and its interval of 95\u{a0}%") }</th></tr></thead>
            <tbody>{ for rows.iter().map(line) }</tbody>
        </table>
    }
}

/// Seeds of the runs that were picked: each opens that very run.
fn listed(bench: &Bench, on: &Wish) -> Html {
    let Some(pick) = bench.pick else { return Html::default() };
    let (rows, variant) = (bench.picked(), bench.picked_of());
    let name = short(&bench.name(variant));
    let title = match pick {
        Pick::Bar(_, figure, from, to) => tf(
            "{figure} {from} to {to}, {variant}",
            &[
                ("figure", &figure_name(figure, FIGURES[figure].name)),
                ("from", &(FIGURES[figure].print)(from)),
                ("to", &(FIGURES[figure].print)(to)),
                ("variant", &name),
            ],
        ),
        Pick::Shows(_, what) => {
            tf("{what}, {variant}", &[("what", &counted_name(what, COUNTED[what].name)), ("variant", &name)])
        }
    };
    let one = |(seed, value): &(u64, Option<u64>)| {
        html! {
            <li><button type="button" class="btn" title={t("Open this run")} data-testid={format!("lab-seed-{seed}")} onclick={wish(on, Act::Lab(Order::Open(variant, *seed)))}>
                <span>{ tf("seed {seed}", &[("seed", seed)]) }</span>
                if let Some(value) = value { <small class="num">{ bench.print(*value) }</small> }
            </button></li>
        }
    };
    let more = rows.len().saturating_sub(LISTED);
    html! {
        <section class="sect" aria-labelledby="lab-list-head" data-testid="lab-seeds">
            <h2 id="lab-list-head" tabindex="-1">{ format!("{title} · {}", tf("{runs} runs", &[("runs", &words::number(rows.len() as u64))])) }</h2>
            <ul class="lab-seeds">{ for rows.iter().take(LISTED).map(one) }</ul>
            if more > 0 { <p class="note">{ tf("and {count} more", &[("count", &words::number(more as u64))]) }</p> }
        </section>
    }
}
