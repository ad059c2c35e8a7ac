//! What is seen and what happened leaves the page as files that other programs read.

use harness::{Browser, Outcome, wait_until};
use serde_json::{Value, json};

use crate::play::{SMALL, id, opened};

/// Catches what the page hands over instead of saving it, and says what that was.
fn saved(browser: &Browser, name: &str) -> Outcome<(String, String)> {
    browser.script(
        "window.saved = null; HTMLAnchorElement.prototype.click = function() { \
         fetch(this.href).then(file => file.text()).then(text => window.saved = [this.download, text]) }; \
         const hold = URL.revokeObjectURL; URL.revokeObjectURL = address => setTimeout(() => hold(address), 2000);",
        &[],
    )?;
    browser.click(&id(name))?;
    let file = wait_until("a file is saved", || {
        let file = browser.script("return window.saved", &[])?;
        Ok((file != Value::Null).then_some(file))
    })?;
    let part = |at: usize| file[at].as_str().unwrap_or_default().to_owned();
    Ok((part(0), part(1)))
}

#[test]
fn pictures_traces_and_the_script_are_saved() -> Outcome {
    let (_server, browser) = opened(SMALL)?;
    browser.click(&id("share"))?;
    browser.wait_for(&id("qr"))?;
    let (name, drawing) = saved(&browser, "save-svg")?;
    assert!(name.starts_with("splitvote-") && ends(&name, "svg"), "{name}");
    assert!(
        drawing.contains("A0") && drawing.contains("stroke-width:") && !drawing.contains("var(--"),
        "{drawing}"
    );
    let reads = "const page = new DOMParser().parseFromString(arguments[0], 'image/svg+xml'); \
                 return [page.querySelector('parsererror') === null, page.querySelectorAll('image').length, \
                 [...page.querySelectorAll('*')].filter(one => one.hasAttribute('class')).length]";
    let whole = browser.script(reads, &[json!(drawing)])?;
    assert_eq!((whole[0].as_bool(), whole[1].as_u64()), (Some(true), Some(1)));
    let (_, lines) = saved(&browser, "save-jsonl")?;
    for line in lines.lines() {
        let value: Value = serde_json::from_str(line).expect("a line of JSON");
        assert!(value["at_us"].is_u64() && value["told"].is_string(), "{line}");
    }
    assert!(lines.lines().count() > 20 && lines.contains("kill A"), "{lines}");
    let (_, trace) = saved(&browser, "save-json")?;
    let trace: Value = serde_json::from_str(&trace).expect("JSON");
    assert!(trace["traceEvents"].as_array().is_some_and(|events| events.len() > 20));
    let (_, script) = saved(&browser, "save-scn")?;
    assert!(script.contains("at 2s kill A"), "{script}");
    let (name, _) = saved(&browser, "save-png")?;
    assert!(ends(&name, "png"), "{name}");
    assert_eq!(browser.console_errors()?, [""; 0]);
    Ok(())
}

fn ends(name: &str, kind: &str) -> bool {
    std::path::Path::new(name).extension().is_some_and(|its| its == kind)
}
