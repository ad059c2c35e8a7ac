//! The path of somebody who has never been here: from the front page through the lesson of the split vote
//! to a link of one's own, which proves itself to whoever opens it.

use harness::{Key, Outcome, wait_until};
use serde_json::json;

use crate::play::{id, opened};

#[test]
fn a_stranger_learns_predicts_compares_changes_one_thing_and_shares_it() -> Outcome {
    let (server, browser) = opened("")?;
    browser.prefer(&[("prefers-reduced-motion", "reduce")])?;
    browser.wait_for_text(&id("front"), "watch it vote")?;
    browser.screenshot("stranger-1-front")?;
    browser.click(&id("way-learn"))?;
    browser.click(&id("learn-L3"))?;
    browser.wait_for_text(&id("place"), "Lesson 3 ")?;

    let asks = || Ok(browser.count(".choices .btn:not(:disabled)")? > 0);
    next_until(&browser, "the lesson asks", asks)?;
    browser.screenshot("stranger-2-question")?;
    browser.keys("1")?;
    browser.wait_for_text(&id("lesson-verdict"), "The engine ran ahead: Nobody.")?;

    // The same dice with NACK stand beside.
    next_until(&browser, "two runs are compared", || Ok(browser.count(&id("beside-ring"))? > 0))?;
    browser.screenshot("stranger-3-compared")?;

    next_until(&browser, "it is one's own turn", || {
        if asks()? {
            browser.keys("1")?;
        }
        Ok(browser.count(&id("task"))? > 0)
    })?;
    browser.keys("n")?;
    browser.wait_for_text(&id("lesson-verdict"), "Done.")?;
    browser.screenshot("stranger-4-done")?;

    browser.click(&id("share"))?;
    browser.wait_for(&id("qr"))?;
    let link = browser.script("return document.querySelector(\"[data-testid='link']\").value", &[])?;
    let link = link.as_str().unwrap_or_default();
    assert!(link.contains(";d=") && link.contains("nack=on"), "it proves itself: {link}");
    browser.visit("about:blank")?;
    browser.visit(link)?;
    browser.wait_for_text(&id("toast"), "Verified")?;
    browser.wait_for_text(&id("lesson-verdict"), "Done.")?;
    assert_eq!(browser.console_errors()?, [""; 0]);
    drop(server);
    Ok(())
}

/// Presses Enter, which is Next, until something holds.
fn next_until(browser: &harness::Browser, what: &str, mut holds: impl FnMut() -> Outcome<bool>) -> Outcome {
    browser.script("document.activeElement.blur()", &[])?;
    wait_until(what, || {
        if holds()? {
            return Ok(Some(()));
        }
        let waits = browser.script(
            "const next = document.querySelector('[data-testid=next-step]'); return !next || next.disabled",
            &[],
        )?;
        if waits == json!(false) {
            browser.press(Key::Enter)?;
        }
        Ok(None)
    })
}
