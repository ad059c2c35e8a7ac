//! Everything between the page and the browser around it: address, clipboard, theme, focus, keys.

use wasm_bindgen::JsCast as _;
use wasm_bindgen::closure::Closure;
use wasm_bindgen_futures::JsFuture;
use web_sys::{Element, HtmlElement, KeyboardEvent};
use yew::Callback;
use yew::html::Scope;

use super::{App, Mode, Msg, asked, speech};

const THEME: &str = "splitvote-theme";
const LETTERS: &str = "splitvote-letters";

/// Listeners on the window, which end with it, and the address that we wrote last.
pub(super) struct Door {
    written: String,
    wanted: Option<&'static str>,
    kept: Option<String>,
    shown: Option<&'static str>,
    keys: Closure<dyn FnMut(KeyboardEvent)>,
    address: Closure<dyn FnMut()>,
    scheme: Closure<dyn FnMut()>,
}

/// Where a key was pressed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Place {
    /// On nothing in particular.
    Page,
    /// On this node of the ring.
    Node(usize),
    /// On a button or the like, which has keys of its own.
    Control,
}

impl Door {
    /// Listens to keys, to the address and to the browser's theme.
    pub(super) fn open(app: &Scope<App>) -> Self {
        let (keys, address, scheme) = (app.clone(), app.clone(), app.clone());
        let door = Self {
            written: String::new(),
            wanted: None,
            kept: None,
            shown: None,
            keys: Closure::new(move |event| keys.send_message(Msg::Key(event))),
            address: Closure::new(move || address.send_message(Msg::Address)),
            scheme: Closure::new(move || scheme.send_message(Msg::Look)),
        };
        if let Some(window) = web_sys::window() {
            // These fail for no name of ours.
            let _ = window.add_event_listener_with_callback("keydown", door.keys.as_ref().unchecked_ref());
            let _ =
                window.add_event_listener_with_callback("hashchange", door.address.as_ref().unchecked_ref());
            if let Ok(Some(query)) = window.match_media("(prefers-color-scheme: dark)") {
                let _ =
                    query.add_event_listener_with_callback("change", door.scheme.as_ref().unchecked_ref());
            }
        }
        door
    }

    /// Puts a fragment into the address, without a new entry in the history.
    pub(super) fn put(&mut self, fragment: &str) {
        if self.written == fragment {
            return;
        }
        fragment.clone_into(&mut self.written);
        let history = web_sys::window().and_then(|window| window.history().ok());
        if let Some(history) = history {
            // A browser that counts our calls and refuses one gets the next.
            let _ = history.replace_state_with_url(&wasm_bindgen::JsValue::NULL, "", Some(&here(fragment)));
        }
    }

    /// Whether the address is the one we wrote.
    pub(super) fn is_ours(&self, address: &str) -> bool {
        !self.written.is_empty() && address.ends_with(&self.written)
    }

    /// Moves the focus once the page is drawn.
    pub(super) fn focus_soon(&mut self, selector: &'static str) {
        self.wanted = Some(selector);
    }

    /// Scrolls this into sight once the page is drawn, where the page is one long column.
    pub(super) fn show_soon(&mut self, selector: &'static str) {
        self.shown = Some(selector);
    }

    /// Puts the focus here if it gets lost, because what has it is drawn anew elsewhere.
    pub(super) fn keep_focus(&mut self, selector: String) {
        self.kept = Some(selector);
    }

    /// The page is drawn: the focus goes where it should.
    pub(super) fn settle(&mut self) {
        if let Some(selector) = self.wanted.take() {
            focus_on(selector);
        }
        if let Some(selector) = self.shown.take().filter(|_| matches("(max-width: 1023px)"))
            && let Some(element) = page().and_then(|page| page.query_selector(selector).ok().flatten())
        {
            element.scroll_into_view();
        }
        let Some(selector) = self.kept.take() else { return };
        if is_lost() {
            focus_on(&selector);
        }
        // In a closed group nothing takes the focus but its head.
        if is_lost() {
            focus_on(&format!("details:has({selector}) summary"));
        }
    }
}

fn is_lost() -> bool {
    page().and_then(|page| page.active_element()).is_none_or(|element| element.tag_name() == "BODY")
}

fn focus_on(selector: &str) {
    let found = page().and_then(|page| page.query_selector(selector).ok().flatten());
    if let Some(element) = found {
        // SVG elements have no class of their own here, but all have `focus`.
        let _ = element.unchecked_into::<HtmlElement>().focus();
    }
}

impl Drop for Door {
    fn drop(&mut self) {
        if let Some(window) = web_sys::window() {
            let _ = window.remove_event_listener_with_callback("keydown", self.keys.as_ref().unchecked_ref());
            let _ = window
                .remove_event_listener_with_callback("hashchange", self.address.as_ref().unchecked_ref());
            if let Ok(Some(query)) = window.match_media("(prefers-color-scheme: dark)") {
                let _ =
                    query.remove_event_listener_with_callback("change", self.scheme.as_ref().unchecked_ref());
            }
        }
    }
}

fn page() -> Option<web_sys::Document> {
    web_sys::window()?.document()
}

/// The whole address, but for the language and the mode it asks for.
pub(super) fn address() -> String {
    asked(&speech::without_language(&href())).1
}

/// How much of the page the address asks for.
pub(crate) fn mode() -> Mode {
    asked(&href()).0
}

fn href() -> String {
    web_sys::window().and_then(|window| window.location().href().ok()).unwrap_or_default()
}

/// This fragment at the present address. A frame stays one when its page is loaded again.
fn here(fragment: &str) -> String {
    match mode() {
        Mode::Embed => format!("?embed{fragment}"),
        _ => fragment.to_owned(),
    }
}

/// The address with this fragment in place of its own.
pub(super) fn full(fragment: &str) -> String {
    let address = address();
    let end = address.find(['#', '?']).unwrap_or(address.len());
    format!("{}{fragment}", &address[..end])
}

/// Gives the clipboard a text, and tells whether it took it.
pub(super) fn copy(text: String, done: Callback<bool>) {
    wasm_bindgen_futures::spawn_local(async move {
        let Some(window) = web_sys::window() else { return };
        let promise = window.navigator().clipboard().write_text(&text);
        done.emit(JsFuture::from(promise).await.is_ok());
    });
}

/// A number from the browser.
pub(super) fn chance() -> u32 {
    #[cfg(target_family = "wasm")]
    {
        getrandom::u32().unwrap_or(1)
    }
    #[cfg(not(target_family = "wasm"))]
    {
        1
    }
}

/// Whether the reader wants nothing to move.
pub(super) fn wants_stillness() -> bool {
    matches("(prefers-reduced-motion: reduce)")
}

fn matches(query: &str) -> bool {
    let list = web_sys::window().and_then(|window| window.match_media(query).ok().flatten());
    list.is_some_and(|list| list.matches())
}

/// Whether a menu of the bars is open.
pub(super) fn unfolded() -> bool {
    page().and_then(|page| page.query_selector(":popover-open").ok().flatten()).is_some()
}

/// The root of the page.
pub(super) fn root() -> Option<Element> {
    page()?.document_element()
}

fn storage() -> Option<web_sys::Storage> {
    web_sys::window()?.local_storage().ok()?
}

/// What the browser keeps for us under a name.
pub(super) fn stored(name: &str) -> Option<String> {
    storage()?.get_item(name).ok()?
}

/// Lets the browser keep something; one that keeps nothing forgets the choice, no more.
pub(super) fn store(name: &str, value: &str) {
    if let Some(storage) = storage() {
        let _ = storage.set_item(name, value);
    }
}

/// The theme chosen the last time.
pub(super) fn restore_theme() {
    if let (Some(root), Some(theme)) = (root(), stored(THEME)) {
        let _ = root.set_attribute("data-theme", &theme);
    }
}

/// Whether letters and signs are keys: those who speak to their computer can switch them off.
pub(super) fn letters() -> bool {
    stored(LETTERS).is_none_or(|value| value != "off")
}

/// Switches letters and signs on or off as keys.
pub(super) fn flip_letters() {
    store(LETTERS, if letters() { "off" } else { "on" });
}

/// The other theme.
pub(super) fn flip_theme() {
    let Some(root) = root() else { return };
    let dark = match root.get_attribute("data-theme").as_deref() {
        Some("dark") => true,
        Some("light") => false,
        _ => matches("(prefers-color-scheme: dark)"),
    };
    let theme = if dark { "light" } else { "dark" };
    let _ = root.set_attribute("data-theme", theme);
    store(THEME, theme);
}

/// Puts the focus on an element.
pub(super) fn focus(id: &str) {
    focus_on(&format!("#{id}"));
}

/// Where a key was pressed, or nothing if it is none of ours: with a modifier, or in a text field.
pub(super) fn key_place(event: &KeyboardEvent) -> Option<Place> {
    if event.ctrl_key() || event.meta_key() || event.alt_key() || event.default_prevented() {
        return None;
    }
    let Some(target) = event.target().and_then(|target| target.dyn_into::<Element>().ok()) else {
        return Some(Place::Page);
    };
    let tag = target.tag_name().to_ascii_lowercase();
    let range = target.get_attribute("type").as_deref() == Some("range");
    match tag.as_str() {
        "textarea" | "select" => return None,
        "input" if !range => return None,
        "input" | "button" | "a" | "summary" => return Some(Place::Control),
        _ => {}
    }
    if let Some(index) = target.get_attribute("data-index").and_then(|index| index.parse().ok()) {
        return Some(Place::Node(index));
    }
    let own = matches!(target.get_attribute("role").as_deref(), Some("slider" | "region" | "tabpanel"));
    Some(if own { Place::Control } else { Place::Page })
}

/// Lets the browser keep the page for when there is no network.
pub(crate) fn keep_offline() {
    // From a file, or where the page is no secure one, there is nobody to keep it.
    let Some(window) = web_sys::window().filter(web_sys::Window::is_secure_context) else { return };
    if href().starts_with("http") {
        let kept = window.navigator().service_worker().register("sw.js");
        wasm_bindgen_futures::spawn_local(async move {
            let _ = JsFuture::from(kept).await;
        });
    }
}
