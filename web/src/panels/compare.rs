//! Two runs side by side: what differs in their rules, where they part, what they come to.

use crate::language::{t, tell, tf};
use splitvote::base::rules::{PRESETS, SWITCHES};
use splitvote::scenario::Versus;
use yew::prelude::*;

use super::{Shared, Wish, icon, wish};
use crate::action::Act;
use crate::scene::Beliefs;
use crate::session::Session;
use crate::session::compare::{Against, Figure};
use crate::words;

/// The line over both rings: where they part, and the way there.
pub fn ribbon(session: &Session, on: &Wish) -> Html {
    let Some(sides) = session.sides() else { return Html::default() };
    let side = |at: usize, text: &str| {
        html! {
            <p class="part"><b>{ tell(&sides[at]) }</b><span>{ tell(text) }</span></p>
        }
    };
    let inside = match session.parting_words() {
        Some((at, [left, right])) => html! { <>
            <button type="button" class="btn" title={t("To where the two runs part")} data-testid="parting" onclick={wish(on, Act::Seek(at))}>
                { icon("split") }{ tf("They part at {time}", &[("time", &words::clock(at))]) }
            </button>
            { side(0, &left) }{ side(1, &right) }
        </> },
        None => html! { <p class="part"><span>{ t(words::ALIKE) }</span></p> },
    };
    html! { <section class="ribbon" aria-label={t("Where the two runs part")} data-testid="ribbon">{ inside }</section> }
}

/// The line over one ring: what it obeys, and its headline figure.
pub fn head(session: &Session, side: usize) -> Html {
    let name = session.sides().map_or_else(String::new, |mut sides| std::mem::take(&mut sides[side]));
    let headline = session.figures().into_iter().next().map(|figure| figure.values[side].clone());
    html! {
        <header class="half-head">
            <h2>{ tell(&name) }</h2>
            if let Some(headline) = headline {
                <p><span>{ t(words::AFTER_FAIL) }</span><b class="num" data-testid={format!("headline-{side}")}>{ tell(&headline) }</b></p>
            }
        </header>
    }
}

/// Figures and beliefs in two columns; what is alike is only named.
pub fn pane(session: &Session, beliefs: &[Shared<Beliefs>; 2], on: &Wish) -> Html {
    let Some(sides) = session.sides() else { return Html::default() };
    let (alike, differing): (Vec<Figure>, Vec<Figure>) =
        session.figures().into_iter().partition(|figure| figure.values[0] == figure.values[1]);
    let alike: Vec<String> = alike
        .into_iter()
        .map(|one| format!("{} {}", t(one.label).to_lowercase(), tell(&one.values[0])))
        .collect();
    let chosen = session.selected.map(|at| session.cast().names[at].clone());
    html! { <>
        <section class="sect"><label class="preset"><span>{ t("Against") }</span>{ picker(session, on) }</label></section>
        <section class="sect">
            <h2>{ t("What the runs come to") }</h2>
            { table(&sides, differing.iter().map(|one| (t(one.label).to_owned(), &one.values, one.better)), "figures") }
            if !alike.is_empty() { <p class="note alike">{ tf("Alike: {figures}.", &[("figures", &alike.join(t(", ")))]) }</p> }
        </section>
        if let Some(name) = chosen {
            <section class="sect"><h2>{ tf("Where {name} differs now", &[("name", &name)]) }</h2>{ differences(&sides, beliefs) }</section>
        }
    </> }
}

/// Rows of a node's beliefs that differ.
fn differences(sides: &[String; 2], beliefs: &[Shared<Beliefs>; 2]) -> Html {
    let facts = |at: usize| beliefs[at].facts.iter();
    let of = |at: usize, label: &str| {
        facts(at).find(|fact| fact.0 == label).map_or_else(|| "—".to_owned(), |fact| fact.1.clone())
    };
    let mut labels: Vec<&str> = facts(0).chain(facts(1)).map(|fact| fact.0).collect();
    let mut seen = Vec::new();
    labels.retain(|label| {
        !seen.contains(label) && {
            seen.push(*label);
            true
        }
    });
    let rows: Vec<(String, [String; 2])> = labels
        .into_iter()
        .map(|label| (label.to_owned(), [of(0, label), of(1, label)]))
        .filter(|(_, values)| values[0] != values[1])
        .collect();
    if rows.is_empty() {
        return html! { <p class="note">{ t("Nowhere, at this moment.") }</p> };
    }
    table(sides, rows.iter().map(|(label, values)| (tell(label), values, None)), "differences")
}

fn table<'a>(
    sides: &[String; 2],
    rows: impl Iterator<Item = (String, &'a [String; 2], Option<usize>)>,
    id: &'static str,
) -> Html {
    let cell = |values: &[String; 2], at: usize, better: Option<usize>| {
        html! { <td class={classes!("num", (better == Some(at)).then_some("better"))}>{ tell(&values[at]) }</td> }
    };
    html! {
        <table class="view versus" data-testid={id}>
            <thead><tr><th scope="col"><span class="unseen">{ t("Figure") }</span></th>{ for sides.iter().map(|side| html! { <th scope="col">{ tell(side) }</th> }) }</tr></thead>
            <tbody>{ for rows.map(|(label, values, better)| html! {
                <tr><th scope="row">{ label }</th>{ cell(values, 0, better) }{ cell(values, 1, better) }</tr>
            }) }</tbody>
        </table>
    }
}

/// What can be put beside the run: a rule turned, a release, another branch.
fn picker(session: &Session, on: &Wish) -> Html {
    let present = session.beside().map(|beside| token(beside.against)).unwrap_or_default();
    let (rules, preset) = session.rules();
    let mut turned: Vec<(String, String)> = Vec::new();
    for switch in SWITCHES {
        let mine = switch.get(&rules);
        for value in switch.values.iter().filter(|value| **value != mine) {
            turned
                .push((token(Against::Rules(Versus::Rule(switch.id, value))), words::side(switch.id, value)));
        }
    }
    let presets = PRESETS
        .iter()
        .filter(|name| **name != preset)
        .map(|name| (token(Against::Rules(Versus::Preset(name))), (*name).to_owned()));
    let here = session.branches().here();
    let family = session.branches().family().into_iter().filter(|(at, _)| *at != here);
    let branches: Vec<_> =
        family.map(|(at, _)| (token(Against::Branch(at)), tell(&session.branch_name(at)))).collect();
    let option = |(value, label): (String, String)| {
        let selected = value == present;
        html! { <option value={value} selected={selected}>{ label }</option> }
    };
    let choose = {
        let on = on.clone();
        Callback::from(move |event: Event| {
            if let Some(input) = event.target_dyn_into::<web_sys::HtmlSelectElement>() {
                on.emit(Act::Compare(read(&input.value())));
            }
        })
    };
    html! {
        <select class="pick" aria-label={t("Compare with")} data-testid="against" onchange={choose}>
            if !branches.is_empty() { <optgroup label={t("Branches")}>{ for branches.into_iter().map(option) }</optgroup> }
            <optgroup label={t("Releases")}>{ for presets.map(option) }</optgroup>
            <optgroup label={t("One rule turned")}>{ for turned.into_iter().map(option) }</optgroup>
        </select>
    }
}

/// An option's value.
fn token(against: Against) -> String {
    match against {
        Against::Rules(versus) => versus.to_string(),
        Against::Branch(at) => format!("#{at}"),
    }
}

fn read(token: &str) -> Option<Against> {
    match token.strip_prefix('#') {
        Some(at) => at.parse().ok().map(Against::Branch),
        None => Versus::read(token).map(Against::Rules),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_chosen_is_read_back() {
        for against in [
            Against::Rules(Versus::Rule("nack", "merged")),
            Against::Rules(Versus::Preset("valkey-9.1")),
            Against::Branch(3),
        ] {
            assert_eq!(read(&token(against)), Some(against));
        }
        assert_eq!(read("no-such-switch=on"), None);
    }
}
