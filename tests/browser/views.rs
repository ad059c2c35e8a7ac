//! Three views of one cursor: what is chosen in one is chosen in all, and every message has a reason.

use harness::{Key, Outcome, axe, wait_until};
use serde_json::json;

use crate::play::{caption_says, id, opened};

/// One primary dies, and the votes for its replica are on their way.
const RUN: &str = "#v1;cluster+shards=3+replicas=1;set+node-timeout=1s+latency=5ms;at+1s+kill+A;run+for+8s";

#[test]
fn the_views_are_switched_by_keys_and_share_what_is_chosen() -> Outcome {
    let (_server, browser) = opened(RUN)?;
    browser.keys("2")?;
    browser.wait_for(&id("diagram"))?;
    browser.click(&id("node-B0"))?;
    browser.wait_for_text(&id("inspected"), "B0")?;
    browser.keys("3")?;
    browser.wait_for(&id("table"))?;
    assert_eq!(browser.attribute(&id("node-B0"), "aria-selected")?.as_deref(), Some("true"));
    browser.script("document.getElementById('node-B0').focus()", &[])?;
    browser.press(Key::Down)?;
    browser.wait_for_text(&id("inspected"), "B1")?;
    browser.keys("1")?;
    browser.wait_for(&id("ring"))?;
    assert_eq!(browser.attribute(&id("node-B1"), "aria-pressed")?.as_deref(), Some("true"));
    browser.script("document.getElementById('view-ring').focus()", &[])?;
    browser.press(Key::Right)?;
    browser.wait_for(&id("diagram"))?;
    let focused = "return document.activeElement.id";
    assert_eq!(browser.script(focused, &[])?, json!("view-diagram"));
    assert_eq!(browser.console_errors()?, [""; 0]);
    Ok(())
}

#[test]
fn why_goes_back_to_the_kill_and_each_line_leads_there() -> Outcome {
    let (_server, browser) = opened(RUN)?;
    browser.keys("2")?;
    for _ in 0..40 {
        browser.keys("]")?;
        if browser.text(&id("caption"))?.contains("is the primary now") {
            break;
        }
    }
    caption_says(&browser, "is the primary now")?;
    browser.keys("y")?;
    browser.wait_for(&id("why"))?;
    let chain = browser.text(&id("why"))?;
    for part in ["wins epoch", "gives its vote", "asks for a vote", "has failed", "suspects", "A0 is killed"]
    {
        assert!(chain.contains(part), "{part}: {chain}");
    }
    let last = browser.count(&format!("{} li", id("why")))? - 1;
    let root = browser.text(&id(&format!("why-{last}")))?;
    assert!(root.contains("You (the script) killed A0.") && root.contains("start of the chain"), "{root}");
    browser.click(&id(&format!("why-{last}")))?;
    browser.wait_for_text(&id("clock"), "1.000 s")?;
    assert_eq!(browser.console_errors()?, [""; 0]);
    Ok(())
}

#[test]
fn a_message_taken_away_by_hand_is_a_statement_and_survives_in_the_link() -> Outcome {
    let (_server, browser) = opened(RUN)?;
    browser.keys("3")?;
    for _ in 0..40 {
        browser.keys("]")?;
        if browser.text(&id("caption"))?.contains("gives its only vote") {
            break;
        }
    }
    // The vote leaves once it is on the voter's disk.
    wait_until("a vote is on its way", || {
        browser.keys(".")?;
        Ok(browser.text(&id("flying"))?.contains("gives its vote").then_some(()))
    })?;
    let vote = "[...document.querySelectorAll('[data-testid=flying] button')].find(one => one.textContent.includes('gives its vote'))";
    browser.script(&format!("{vote}.click()"), &[])?;
    browser.wait_for(&id("hand"))?;
    browser.click(&id("hand-drop"))?;
    caption_says(&browser, "taken away by hand")?;
    let link = browser.address()?;
    assert!(link.contains("drop+auth-ack+from+") && link.contains("+sent+"), "{link}");
    browser.visit("about:blank")?;
    browser.visit(&link)?;
    browser.wait_for(&id("play"))?;
    browser.keys("9")?;
    browser.wait_for(&id("script"))?;
    let text = browser.script("return document.querySelector('.script textarea').value", &[])?;
    assert!(text.as_str().is_some_and(|text| text.contains("drop auth-ack from ")), "{text}");
    assert_eq!(browser.console_errors()?, [""; 0]);
    Ok(())
}

#[test]
fn every_view_breaks_no_rule_of_accessibility() -> Outcome {
    let (_server, browser) = opened(RUN)?;
    for _ in 0..8 {
        browser.keys("]")?;
    }
    browser.keys("y")?;
    for (key, name) in [("1", "ring"), ("2", "diagram"), ("3", "table")] {
        browser.keys(key)?;
        browser.wait_for(&id(name))?;
        for width in [1440, 390] {
            browser.resize(width, 900)?;
            for scheme in ["light", "dark"] {
                browser.prefer(&[("prefers-color-scheme", scheme)])?;
                let broken: Vec<String> = axe(&browser)?.iter().map(ToString::to_string).collect();
                assert!(broken.is_empty(), "{name} at {width} px, {scheme}:\n{}", broken.join("\n"));
                browser.screenshot(&format!("view-{name}-{width}-{scheme}"))?;
            }
        }
    }
    Ok(())
}
