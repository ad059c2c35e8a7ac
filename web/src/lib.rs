//! The Splitvote playground: one cursor over one run, and views that are functions of it.
//!
//! [`session`] is everything a person can do, without a document; [`scene`] is what a moment looks
//! like, as plain data; [`panels`] draw it; `app` owns the rest: keys, frames, the address.

pub mod action;
mod app;
pub mod clock;
pub mod editor;
pub mod lab;
pub mod language;
pub mod lesson;
pub mod museum;
pub mod panels;
pub mod reel;
pub mod scene;
pub mod script_edit;
pub mod search;
pub mod session;
pub mod share;
pub mod words;

/// Puts the page in the place of the skeleton that `index.html` shows first, in the reader's language.
pub fn start() {
    app::door::keep_offline();
    let tag = app::speech::wanted();
    if tag == language::ENGLISH {
        return mount();
    }
    wasm_bindgen_futures::spawn_local(async move {
        app::speech::learn(tag).await;
        mount();
    });
}

fn mount() {
    let place =
        web_sys::window().and_then(|window| window.document()).and_then(|page| page.get_element_by_id("app"));
    match place {
        Some(place) => start_in(place),
        None => {
            yew::Renderer::<app::App>::new().render();
        }
    }
}

/// Puts the page into an element.
pub fn start_in(place: web_sys::Element) {
    place.set_inner_html("");
    if app::door::mode() == app::Mode::Notes {
        yew::Renderer::<app::Desk>::with_root(place).render();
        return;
    }
    yew::Renderer::<app::App>::with_root(place).render();
}
