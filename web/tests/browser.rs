//! The page in a headless browser, inside of the test runner's document.
#![cfg(target_family = "wasm")]

use wasm_bindgen::JsValue;
use wasm_bindgen_futures::JsFuture;
use wasm_bindgen_test::{wasm_bindgen_test, wasm_bindgen_test_configure};
use web_sys::Element;

wasm_bindgen_test_configure!(run_in_browser);

#[wasm_bindgen_test]
async fn the_page_opens_paused_on_a_cluster_that_is_well() {
    let root = new_element();
    splitvote_web::start_in(root.clone());
    drawn(&root, ".node").await;
    let text = |selector: &str| -> String {
        let found = root.query_selector(selector).expect("a valid selector");
        found.and_then(|element| element.text_content()).unwrap_or_default()
    };
    assert!(text("[data-testid=play]").contains("Play"), "{}", text("[data-testid=play]"));
    assert!(
        text("[data-testid=caption]").contains("7 shards, all well"),
        "{}",
        text("[data-testid=caption]")
    );
    let nodes = root.query_selector_all("svg.world .node").expect("a valid selector").length();
    assert_eq!(nodes, 14);
}

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

/// Waits until the page has drawn such an element: components of components take turns with the browser.
async fn drawn(root: &Element, selector: &str) {
    for _ in 0..200 {
        if root.query_selector(selector).expect("a valid selector").is_some() {
            return;
        }
        let soon = js_sys::Promise::new(&mut |done, _| {
            let window = web_sys::window().expect("a browser has a window");
            window
                .set_timeout_with_callback_and_timeout_and_arguments_0(&done, 20)
                .expect("a browser has timers");
        });
        JsFuture::from(soon).await.expect("a timer fires");
    }
    panic!("no {selector} after four seconds");
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
