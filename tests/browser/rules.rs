//! Every rule is within reach: found by a word, turned for all or for one, and the same seed shown again.

use harness::{Key, Outcome, wait_until};
use serde_json::json;
use splitvote::base::rules::{PRESETS, SWITCHES};

use crate::play::{SMALL, caption_says, choose, clock, id, opened};

/// How many switches stand in the panel, and how many of them can be seen.
const ROWS: &str = "const rows = [...document.querySelectorAll('.rules .rule')]; \
                    return [rows.length, rows.filter(row => row.offsetParent !== null && row.checkVisibility()).length]";

#[test]
fn every_switch_stands_in_its_group_and_a_word_finds_it() -> Outcome {
    let (_server, browser) = opened(SMALL)?;
    browser.click(&id("tab-rules"))?;
    browser.wait_for(&id("rules"))?;
    // Nothing differs from the preset yet, so nothing stands open.
    assert_eq!(browser.script(ROWS, &[])?, json!([SWITCHES.len(), 0]));
    let presets = browser.count(&format!("{} option", id("preset")))?;
    assert_eq!(presets, PRESETS.len());
    assert_eq!(browser.count(&format!("{} option", id("rule-nack")))?, 6);
    browser.type_into(&id("rule-filter"), "#1009")?;
    wait_until("one is left", || Ok((browser.script(ROWS, &[])? == json!([1, 1])).then_some(())))?;
    let row = browser.text(".rules .rule")?;
    assert!(row.contains("claim-reset") && row.contains("another primary has claimed"), "{row}");
    browser.clear(&id("rule-filter"))?;
    browser.type_into(&id("rule-filter"), "no such word")?;
    browser.wait_for_text(&id("rules"), "No switch has these words")?;
    assert_eq!(browser.console_errors()?, [""; 0]);
    Ok(())
}

#[test]
fn a_value_for_everyone_shows_the_same_seed_from_the_first_fault() -> Outcome {
    let (_server, browser) = opened(SMALL)?;
    browser.click(&id("tab-rules"))?;
    choose(&browser, "rule-nack", "echoed")?;
    caption_says(&browser, "NACK is echoed")?;
    assert!(browser.address()?.contains("rules+nack=echoed"), "{}", browser.address()?);
    choose(&browser, "preset", "valkey-9.1")?;
    caption_says(&browser, "Everyone obeys valkey-9.1")?;
    assert!(!browser.address()?.contains("nack"), "{}", browser.address()?);
    browser.script("document.querySelector('[data-testid=tape]').focus()", &[])?;
    browser.press(Key::End)?;
    browser.type_into(&id("rule-filter"), "exact-acks")?;
    browser.click(&id("rule-exact-acks"))?;
    caption_says(&browser, "exact-acks is on. Here is the same seed again")?;
    assert_eq!(clock(&browser)?, "2.000 s");
    assert!(browser.address()?.contains("rules+valkey-9.1+exact-acks=on"), "{}", browser.address()?);
    browser.wait_for_text(&id("changed"), "exact-acks")?;
    browser.wait_for_text(&id("changed"), "valkey-9.1 has off")?;
    browser.click(&id("reset-rules"))?;
    wait_until("nothing differs", || {
        Ok((browser.count(&format!("{} li", id("changed")))? == 0).then_some(()))
    })?;
    assert_eq!(browser.console_errors()?, [""; 0]);
    Ok(())
}

#[test]
fn one_node_is_upgraded_alone_from_this_moment() -> Outcome {
    let (_server, browser) = opened(SMALL)?;
    browser.click(&id("node-C1"))?;
    browser.click(&id("node-rules"))?;
    browser.wait_for_text(&id("rules-one"), "C1, from now on")?;
    assert_eq!(browser.attribute(&id("rules-one"), "aria-pressed")?.as_deref(), Some("true"));
    browser.type_into(&id("rule-filter"), "persist-first")?;
    browser.click(&id("rule-persist-first"))?;
    browser.wait_for_text(&id("changed"), "persist-first")?;
    assert!(browser.address()?.contains("rules+C1+persist-first=off"), "{}", browser.address()?);
    browser.click(&id("rules-all"))?;
    wait_until("the others are as before", || {
        Ok((browser.count(&format!("{} li", id("changed")))? == 0).then_some(()))
    })?;
    Ok(())
}

#[test]
fn a_group_opens_by_key_and_time_stands_still() -> Outcome {
    let (_server, browser) = opened(SMALL)?;
    browser.keys("8")?;
    browser.wait_for(&id("rules"))?;
    browser.script("document.querySelector('details summary').focus()", &[])?;
    browser.press(Key::Space)?;
    wait_until("the group is open", || Ok((browser.count("details[open]")? == 1).then_some(())))?;
    browser.wait_for_text(&id("play"), "Play")?;
    browser.press(Key::Tab)?;
    let focused = browser.script("return document.activeElement.dataset.testid", &[])?;
    assert_eq!(focused, json!("rule-nack"));
    let means = browser.script(
        "const one = document.querySelector('[data-testid=rule-exact-acks]'); \
         return [one.getAttribute('aria-label'), document.getElementById(one.getAttribute('aria-describedby')).textContent]",
        &[],
    )?;
    let sentence = SWITCHES.iter().find(|switch| switch.id == "exact-acks").map(|switch| switch.meaning);
    assert_eq!(means, json!(["exact-acks", sentence]));
    Ok(())
}
