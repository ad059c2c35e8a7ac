//! The lines of time under the tape: where each left the one before, and the way to it.

use yew::prelude::*;

use super::{Wish, wish};
use crate::action::Act;
use crate::language::{t, tell, tf};
use crate::scene::tape::Window;
use crate::session::Session;
use crate::session::compare::Against;

/// One row a branch; nothing while there is only one.
pub fn strip(session: &Session, window: Window, on: &Wish) -> Html {
    let branches = session.branches();
    let family = branches.family();
    if family.len() < 2 {
        return Html::default();
    }
    let against = session.beside().map(|beside| beside.against);
    let row = |(at, depth): (usize, usize)| {
        let branch = &branches.all()[at];
        let name = tell(&session.branch_name(at));
        let here = at == branches.here();
        let (from, to) = (window.place(if depth == 0 { 0 } else { branch.left }), window.place(branch.end));
        let beside = against == Some(Against::Branch(at));
        let wanted = (!beside).then_some(Against::Branch(at));
        let broken = if branch.breaches > 0 { " ✖" } else { "" };
        html! {
            <li key={at} class={classes!(here.then_some("here"), beside.then_some("beside"))}>
                <span class="line" aria-hidden="true"><i style={format!("left:{from:.2}%;width:{:.2}%", (to - from).max(0.4))}></i></span>
                <button type="button" class="name" style={format!("left:calc({:.2}% + 8px)", from.min(56.0))} aria-current={here.then_some("true")} data-testid={format!("branch-{at}")} onclick={wish(on, Act::Branch(at))}>{ name.clone() }{ broken }</button>
                <button type="button" class="btn bare" disabled={here} aria-pressed={if beside { "true" } else { "false" }} aria-label={tf("Compare with {name}", &[("name", &name)])}
                    data-testid={format!("beside-{at}")} onclick={wish(on, Act::Compare(wanted))}>{ t("Compare") }</button>
            </li>
        }
    };
    html! { <ul class="branches" aria-label={t("Branches")} data-testid="branches">{ for family.into_iter().map(row) }</ul> }
}
