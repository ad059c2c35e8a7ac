//! The page in a headless browser, inside of the test runner's document.
#![cfg(target_family = "wasm")]

use wasm_bindgen::JsValue;
use wasm_bindgen_futures::JsFuture;
use wasm_bindgen_test::{wasm_bindgen_test, wasm_bindgen_test_configure};
use web_sys::Element;

wasm_bindgen_test_configure!(run_in_browser);

#[wasm_bindgen_test]
async fn the_page_shows_its_name() {
    // Not the body itself: the test runner keeps its report there.
    let root = new_element();
    splitvote_web::start_in(root.clone());
    // Yew renders in a microtask; one resolved promise later the page stands.
    JsFuture::from(js_sys::Promise::resolve(&JsValue::NULL)).await.expect("a resolved promise resolves");
    let text = root.text_content().unwrap_or_default();
    assert!(text.contains("Splitvote"), "the page says {text:?}");
}

fn new_element() -> Element {
    let document = web_sys::window().and_then(|window| window.document()).expect("a browser has a document");
    let element = document.create_element("div").expect("div is a valid name");
    document
        .body()
        .expect("the runner's page has a body")
        .append_child(&element)
        .expect("a body takes elements");
    element
}
