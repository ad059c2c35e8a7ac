//! Two runs side by side, and branches that stay.

use harness::{Outcome, axe, wait_until};
use serde_json::json;

use crate::play::{choose, clock, id, opened};

#[test]
fn two_rules_are_compared_and_the_link_keeps_the_comparison() -> Outcome {
    let (server, browser) = opened("#split-vote")?;
    browser.click(&id("compare"))?;
    browser.wait_for(&id("beside-ring"))?;
    for (side, figure) in [(0, "s"), (1, "ms")] {
        let shown = browser.text(&id(&format!("headline-{side}")))?;
        assert!(shown.ends_with(&format!(" {figure}")), "side {side}: {shown}");
    }
    browser.click(&id("parting"))?;
    browser.click(&id("vote-next"))?;
    let at = clock(&browser)?;
    assert!(browser.address()?.contains(";v=nack=on"), "{}", browser.address()?);
    let (figures, broken) = (browser.text(&id("figures"))?, axe(&browser)?);
    assert!(figures.contains("From FAIL to a new primary"), "{figures}");
    assert!(broken.is_empty(), "{}", broken.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n"));

    // A friend opens the link; what the friend does is done on both sides.
    let link = browser.address()?;
    browser.visit("about:blank")?;
    browser.visit(&link)?;
    browser.wait_for(&id("beside-ring"))?;
    assert_eq!(clock(&browser)?, at);
    browser.click(&id("node-D0"))?;
    browser.script("document.activeElement.blur()", &[])?;
    browser.keys("k")?;
    for node in ["node-D0", "beside-node-D0"] {
        wait_until(&format!("{node} is down"), || {
            let label = browser.attribute(&id(node), "aria-label")?.unwrap_or_default();
            Ok(label.contains("down").then_some(()))
        })?;
    }
    choose(&browser, "against", "valkey-8.1")?;
    browser.wait_for_text(".half + .half h2", "valkey-8.1")?;
    browser.click(&id("compare"))?;
    wait_until("one ring is left", || Ok((browser.count(&id("beside-ring"))? == 0).then_some(())))?;
    assert_eq!(browser.console_errors()?, [""; 0]);
    drop(server);
    Ok(())
}

#[test]
fn acting_in_the_past_keeps_the_run_that_was_there() -> Outcome {
    let (_server, browser) = opened(crate::play::SMALL)?;
    assert_eq!(browser.count(&id("branches"))?, 0, "one line of time needs no tree");
    browser.click(&id("node-B0"))?;
    browser.click(&id("kill"))?;
    browser.wait_for(&id("branches"))?;
    let rows =
        "return [...document.querySelectorAll('.branches .name')].map(name => name.textContent.trim())";
    let names = browser.script(rows, &[])?;
    assert_eq!(names.as_array().map(Vec::len), Some(2), "{names}");
    assert!(names[1].as_str().is_some_and(|name| name.starts_with("kill B0")), "{names}");
    browser.click(&id("beside-0"))?;
    browser.wait_for(&id("beside-ring"))?;
    assert_eq!(browser.attribute(&id("beside-0"), "aria-pressed")?.as_deref(), Some("true"));
    browser.click(&id("branch-0"))?;
    wait_until("the first run is back", || {
        Ok(browser.address()?.contains("kill+B0").then_some(()).map_or(Some(()), |()| None))
    })?;
    let here =
        browser.script("return document.querySelector('.branches [aria-current]').dataset.testid", &[])?;
    assert_eq!(here, json!("branch-0"));
    Ok(())
}
