//! The Splitvote playground.

use web_sys::Element;
use yew::prelude::*;

/// The whole page.
#[component]
fn App() -> Html {
    html! {
        <main>
            <h1>{ "Splitvote" }</h1>
        </main>
    }
}

/// Puts the page into the document's body.
pub fn start() {
    yew::Renderer::<App>::new().render();
}

/// Puts the page into an element, beside whatever else the document has.
pub fn start_in(root: Element) {
    yew::Renderer::<App>::with_root(root).render();
}
