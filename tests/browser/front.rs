//! The front page and the two languages: what a stranger sees first, and that nobody is left at a dead end.

use harness::{Browser, Outcome, Server, axe, wait_until};
use serde_json::json;

use crate::play::{caption_says, id, opened};

/// The test id of what has the focus.
fn focused(browser: &Browser) -> Outcome<String> {
    let value = browser.script("return document.activeElement.dataset.testid || ''", &[])?;
    Ok(value.as_str().unwrap_or_default().to_owned())
}

fn focus_is_on(browser: &Browser, name: &str) -> Outcome {
    wait_until(&format!("{name} has the focus"), || Ok((focused(browser)? == name).then_some(())))
}

#[test]
fn the_front_page_has_one_start_and_every_way_in_leads_on_and_back() -> Outcome {
    let (_server, browser) = opened("")?;
    browser.wait_for_text(&id("front"), "Break a Valkey cluster")?;
    assert_eq!(
        browser.count(".rail")? + browser.count(".side")?,
        0,
        "nothing to learn before the first step"
    );
    let address = browser.address()?;
    assert!(!address.contains("split-vote"), "{address}");
    browser.click(&id("begin"))?;
    focus_is_on(&browser, "play")?;
    browser.wait_for_text(&id("play"), "Pause")?;
    assert_eq!(browser.count(&id("front"))?, 0);
    browser.keys(" ")?;
    wait_until("the address holds the run", || Ok(browser.address()?.contains("#split-vote").then_some(())))?;
    browser.click(&id("brand"))?;
    focus_is_on(&browser, "begin")?;
    browser.click(&id("way-break"))?;
    caption_says(&browser, "it is yours")?;
    focus_is_on(&browser, "node-A0")?;
    browser.keys("k")?;
    caption_says(&browser, "A0: killed")?;
    browser.click(&id("brand"))?;
    browser.click(&id("way-compare"))?;
    browser.wait_for(&id("ribbon"))?;
    browser.click(&id("brand"))?;
    browser.wait_for(&id("front"))?;
    browser.keys(" ")?;
    browser.wait_for_text(&id("play"), "Pause")?;
    assert_eq!(browser.console_errors()?, [""; 0]);
    Ok(())
}

#[test]
fn the_page_speaks_chinese_when_asked_and_remembers_it() -> Outcome {
    let (server, browser) = opened("#split-vote")?;
    let language = || browser.script("return document.documentElement.lang", &[]);
    browser.click(&id("language"))?;
    caption_says(&browser, "分片")?;
    assert_eq!(language()?, json!("zh-Hans"));
    focus_is_on(&browser, "language")?;
    browser.reload()?;
    caption_says(&browser, "分片")?;
    let broken: Vec<String> = axe(&browser)?.iter().map(ToString::to_string).collect();
    assert!(broken.is_empty(), "{}", broken.join("\n"));
    browser.click(&id("language"))?;
    caption_says(&browser, "shards")?;
    browser.reload()?;
    caption_says(&browser, "shards")?;
    assert_eq!(language()?, json!("en"));
    browser.visit(&format!("{}?lang=zh-Hans#kill-one;t=9s", server.url("")))?;
    browser.wait_for(&id("play"))?;
    assert_eq!(language()?, json!("zh-Hans"));
    browser.click(&id("tab-log"))?;
    browser.wait_for_text(&id("log"), "怀疑 A0 下线")?;
    assert_eq!(browser.console_errors()?, [""; 0]);
    Ok(())
}

#[test]
fn without_webassembly_the_page_says_what_it_is_and_what_to_do() -> Outcome {
    let server = Server::of_bundle()?;
    let browser = Browser::open()?;
    let without = json!({"source": "delete self.WebAssembly"});
    browser.devtools("Page.addScriptToEvaluateOnNewDocument", &without)?;
    browser.visit(&server.url(""))?;
    let told = browser.wait_for_text("#plain", "It needs JavaScript and WebAssembly")?;
    assert!(told.contains("cargo splitvote run split-vote") && told.contains("终端"), "{told}");
    let broken: Vec<String> = axe(&browser)?.iter().map(ToString::to_string).collect();
    assert!(broken.is_empty(), "{}", broken.join("\n"));
    Ok(())
}

#[test]
fn a_bad_link_keeps_what_could_be_read_and_leads_on() -> Outcome {
    let (_server, browser) = opened("#v1;cluster+shards=3+replicas=1;at+1s+kil+A;run+for+9s")?;
    browser.wait_for_text(&id("banner"), "could not be read")?;
    assert!(browser.text(&id("banner"))?.contains("did you mean “kill”?"));
    browser.click(&id("brand"))?;
    browser.wait_for(&id("front"))?;
    assert_eq!(browser.count(&id("banner"))?, 0, "a new page, a clean slate");
    Ok(())
}

#[test]
fn letters_can_be_switched_off_and_do_nothing_in_fields() -> Outcome {
    let (_server, browser) = opened("#split-vote;n=A0")?;
    let killed = || Ok::<bool, harness::Failure>(browser.text(&id("caption"))?.contains("killed"));
    browser.type_into("#seed", "k")?;
    assert!(!killed()?, "a letter in a field is a letter");
    browser.click(&id("help"))?;
    browser.click(&id("letters"))?;
    assert_eq!(browser.attribute(&id("letters"), "aria-checked")?.as_deref(), Some("false"));
    browser.click(&id("close-sheet"))?;
    browser.click(&id("node-A0"))?;
    browser.keys("k")?;
    browser.reload()?;
    browser.wait_for(&id("play"))?;
    browser.click(&id("node-A0"))?;
    browser.keys("k")?;
    assert!(!killed()?, "off, and remembered");
    browser.click(&id("help"))?;
    browser.click(&id("letters"))?;
    browser.click(&id("close-sheet"))?;
    browser.click(&id("node-A0"))?;
    browser.keys("k")?;
    caption_says(&browser, "A0: killed")
}

#[test]
fn a_switch_that_moves_to_another_list_takes_the_focus_with_it() -> Outcome {
    let (_server, browser) = opened("#split-vote;n=A0")?;
    browser.click(&id("tab-rules"))?;
    browser.type_into(&id("rule-filter"), "exact-acks")?;
    browser.script("document.querySelector('[data-testid=rule-exact-acks]').focus()", &[])?;
    browser.keys(" ")?;
    wait_until("it stands among those that differ", || {
        Ok((browser.count(&format!("{} {}", id("changed"), id("rule-exact-acks")))? == 1).then_some(()))
    })?;
    focus_is_on(&browser, "rule-exact-acks")?;
    browser.keys(" ")?;
    wait_until("it is back", || {
        Ok((browser.count(&format!("{} {}", id("changed"), id("rule-exact-acks")))? == 0).then_some(()))
    })?;
    focus_is_on(&browser, "rule-exact-acks")
}

/// What of the page stands outside of a narrow window, or is too small for a finger.
const NARROW: &str = "const seen = one => !one.closest('.unseen, .log') && one.getClientRects().length > 0; \
    const scrolls = one => one.closest('.tabs, .pane, .branches, .promises, .plain pre'); \
    const rect = one => one.getBoundingClientRect(); \
    const wide = [...document.querySelectorAll('.app *')].filter(one => seen(one) && !scrolls(one) && \
        !one.closest('svg') && rect(one).right > innerWidth + 1); \
    const small = [...document.querySelectorAll('button, a, select, input')].filter(one => seen(one) && \
        rect(one).width > 0 && (rect(one).width < 24 || rect(one).height < 24)); \
    const over = document.documentElement.scrollWidth - document.documentElement.clientWidth; \
    return [over > 0 ? 'scrolls ' + over : '', ...wide.map(one => 'wide ' + one.outerHTML.slice(0, 120)), \
        ...small.map(one => 'small ' + one.outerHTML.slice(0, 160))].filter(one => one)";

#[test]
fn every_view_reflows_at_320_pixels_in_both_languages_with_spaced_text_and_24_pixel_targets() -> Outcome {
    let (server, browser) = opened("")?;
    browser.resize(320, 640)?;
    let spaced = "const sheet = document.createElement('style'); sheet.textContent = '* { line-height: 1.5 \
                  !important; letter-spacing: .12em !important; word-spacing: .16em !important }'; \
                  document.head.append(sheet)";
    for language in ["en", "zh-Hans"] {
        for (name, fragment, tab) in [
            ("front", "", ""),
            ("node", "#split-vote;t=12s;n=A1", ""),
            ("log", "#split-vote;t=12s", "tab-log"),
            ("chart", "#split-vote;t=12s", "tab-chart"),
            ("rules", "#split-vote;t=12s", "tab-rules"),
            ("script", "#split-vote;t=12s", "tab-script"),
            ("room", "#museum/m12", ""),
            ("compare", "#split-vote;v=nack=on", ""),
        ] {
            browser.visit("about:blank")?;
            browser.visit(&format!("{}?lang={language}{fragment}", server.url("")))?;
            browser.wait_for(&id("brand"))?;
            if !tab.is_empty() {
                // Where it lies under the dock, a reader would scroll first.
                browser.script("document.querySelector(arguments[0]).click()", &[json!(id(tab))])?;
            }
            assert_eq!(browser.script(NARROW, &[])?, json!([]), "{name} in {language}");
            browser.screenshot(&format!("{name}-320-{language}"))?;
            browser.script(spaced, &[])?;
            let over = "return document.documentElement.scrollWidth - document.documentElement.clientWidth";
            assert_eq!(browser.script(over, &[])?, json!(0), "{name} in {language}, with spaced text");
        }
    }
    Ok(())
}
