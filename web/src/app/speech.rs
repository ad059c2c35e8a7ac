//! Which language the reader wants, and how its catalogue comes from beside the page.

use wasm_bindgen::JsCast as _;
use wasm_bindgen_futures::JsFuture;

use crate::language::{self, CHINESE, Catalogue, ENGLISH};

use super::door;

const LANGUAGE: &str = "splitvote-language";

/// The reader's language: that of the address (`?lang=zh-Hans`), the one chosen last, or the browser's.
pub(crate) fn wanted() -> &'static str {
    let href = web_sys::window().and_then(|window| window.location().href().ok()).unwrap_or_default();
    let query = query(&href).map(str::to_owned);
    let chosen = || door::stored(LANGUAGE);
    let browser = || web_sys::window()?.navigator().language();
    let tag = query.or_else(chosen).or_else(browser).unwrap_or_default();
    if tag.starts_with("zh") { CHINESE } else { ENGLISH }
}

/// The language that an address asks for.
fn query(address: &str) -> Option<&str> {
    let (_, rest) = address.split_once("?lang=")?;
    rest.split(['#', '&']).next()
}

/// An address without its language: the rest is the run's.
pub(super) fn without_language(address: &str) -> String {
    match query(address) {
        Some(tag) => address.replacen(&format!("?lang={tag}"), "", 1),
        None => address.to_owned(),
    }
}

/// Remembers a choice.
pub(super) fn remember(tag: &str) {
    door::store(LANGUAGE, tag);
}

/// Speaks a language; English if its words do not come.
pub(crate) async fn learn(tag: &str) {
    let words = if tag == CHINESE { fetched().await } else { None };
    language::speak(words);
    if let Some(root) = door::root() {
        // A page whose root takes no attribute is still read.
        let _ = root.set_attribute("lang", language::tag());
    }
}

/// The catalogue. It is kept as long as the page, so that every text in it can be handed on as it is.
async fn fetched() -> Option<&'static Catalogue> {
    let response = JsFuture::from(web_sys::window()?.fetch_with_str("words/zh-Hans.txt")).await.ok()?;
    let response: web_sys::Response = response.dyn_into().ok()?;
    let text = response.ok().then(|| response.text().ok()).flatten()?;
    let text = JsFuture::from(text).await.ok()?.as_string()?;
    Some(Box::leak(Box::new(Catalogue::read(text.leak()))))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_gives_its_language_and_keeps_its_run() {
        assert_eq!(query("http://a/?lang=zh-Hans#split-vote"), Some("zh-Hans"));
        assert_eq!(without_language("http://a/?lang=zh-Hans#split-vote"), "http://a/#split-vote");
        assert_eq!(without_language("http://a/?lang=en"), "http://a/");
        assert_eq!(without_language("http://a/#v1;seed+2"), "http://a/#v1;seed+2");
    }
}
