//! The table: nodes as rows, and what flies between them under it.

use splitvote::sim::traffic::why::Item;
use yew::prelude::*;

use super::{Shared, Wish, chip, wish};
use crate::action::Act;
use crate::language::{t, tell};
use crate::scene::table::{COLUMNS, CONFIG, EPOCH, OFFSET, Row, filled};
use crate::scene::{NodeIndex, Process, Scene};

/// What the table is drawn from.
#[derive(Properties, PartialEq)]
pub struct Props {
    /// The moment.
    pub scene: Shared<Scene>,
    /// The rows.
    pub rows: Shared<Vec<Row>>,
    /// What is on its way, in words.
    pub flying: Shared<Vec<(Option<Item>, String)>>,
    /// The item that is chosen.
    pub chosen: Option<Item>,
    /// The node that is looked at.
    pub selected: Option<NodeIndex>,
    /// Nodes chosen for a cut.
    pub group: Vec<NodeIndex>,
    /// Where wishes go.
    pub on: Wish,
    /// Which of two tables it is; only the first has names for the keyboard to go to.
    pub side: usize,
}

/// The table.
#[component]
pub fn Table(props: &Props) -> Html {
    let id = |name: &str| if props.side == 0 { name.to_owned() } else { format!("beside-{name}") };
    let shown = filled(&props.rows);
    let head = |column: &usize| html! { <th scope="col" class={(*column == OFFSET).then_some("offset")}>{ t(COLUMNS[*column]) }</th> };
    html! {
        <div class="table-view" data-testid={id("table")}>
            <p class="note marked"><i></i>{ t("marked: changed by this event") }</p>
            <div class="nodes-box"><table class="nodes" role="grid" aria-label={t("The nodes")}>
                <thead><tr><th scope="col">{ t("Node") }</th>{ for shown.iter().map(head) }</tr></thead>
                <tbody>{ for props.rows.iter().map(|one| row(props, one, &shown, &id(&format!("node-{}", one.name)))) }</tbody>
            </table></div>
            <section class="flying" aria-label={t("On their way")}>
                <h2>{ t("On their way") }</h2>
                if props.flying.is_empty() { <p class="note">{ t("No message is on its way but pings.") }</p> }
                <ul data-testid={id("flying")}>{ for props.flying.iter().map(|one| flying(props, one)) }</ul>
            </section>
        </div>
    }
}

fn row(props: &Props, row: &Row, shown: &[usize], id: &str) -> Html {
    let at = row.node;
    let chosen = props.selected == Some(at) || props.group.contains(&at);
    let pick = {
        let on = props.on.clone();
        Callback::from(move |event: MouseEvent| {
            on.emit(if event.shift_key() { Act::Group(at) } else { Act::Select(Some(at)) });
        })
    };
    let down = props.scene.nodes.get(at).is_some_and(|node| node.process == Process::Down);
    let first =
        row.shard > 0 && props.rows.get(at.wrapping_sub(1)).is_some_and(|last| last.shard != row.shard);
    html! {
        <tr key={row.name.clone()} id={id.to_owned()} data-testid={id.to_owned()} data-index={at.to_string()} onclick={pick}
            class={classes!(chosen.then_some("on"), down.then_some("down"), first.then_some("first"))}
            tabindex={if props.selected.unwrap_or(0) == at { "0" } else { "-1" }} aria-selected={if chosen { "true" } else { "false" }}>
            <th scope="row">{ &row.name }</th>
            { for shown.iter().filter_map(|at| Some((*at, row.cells.get(*at)?))).map(|(column, cell)| html! {
                <td class={classes!(cell.changed.then_some("changed"), (column == OFFSET).then_some("offset"))}>
                    if cell.text.is_empty() { <span class="none">{ "–" }</span> }
                    else if column == EPOCH || column == CONFIG { { epoch(&cell.text, column == CONFIG) } }
                    else if column == OFFSET { <i style={format!("width:{}%", row.level / 10)}></i><b>{ &cell.text }</b> }
                    else { { tell(&cell.text) } }
                    if cell.changed { <span class="unseen">{ t(", changed") }</span> }
                </td>
            }) }
        </tr>
    }
}

fn flying(props: &Props, (item, sentence): &(Option<Item>, String)) -> Html {
    let Some(item) = *item else { return html! { <li class="note">{ tell(sentence) }</li> } };
    let chosen = props.chosen == Some(item);
    html! {
        <li><button type="button" aria-pressed={if chosen { "true" } else { "false" }} onclick={wish(&props.on, Act::Pick(props.side, Some(item)))}>{ tell(sentence) }</button></li>
    }
}

fn epoch(text: &str, square: bool) -> Html {
    text.parse().map_or_else(|_| Html::default(), |epoch| chip(epoch, square))
}
