//! The harness itself, on a page made for it: a tool that sees no errors must not pass for a clean page.

use harness::{Browser, Key, Outcome, axe, wait_until};
use serde_json::json;

const PAGE: &str = "<!doctype html><html lang=en><title>t</title><main><h1>Heading</h1>\
    <button id=b onclick=\"this.textContent='pressed'\">press</button>\
    <input id=i aria-label=field><img src=\"data:image/gif;base64,R0lGODlhAQABAAAAACw=\"></main>";

#[test]
fn clicks_keys_and_texts_reach_the_page() -> Outcome {
    let browser = page()?;
    browser.click("#b")?;
    browser.wait_for_text("#b", "pressed")?;
    browser.press(Key::Tab)?;
    browser.keys("abc")?;
    browser.type_into("#i", "d")?;
    assert_eq!(browser.script("return document.querySelector('#i').value", &[])?, json!("abcd"));
    browser.press_with_shift(Key::Tab)?;
    assert_eq!(browser.script("return document.activeElement.id", &[])?, json!("b"));
    assert_eq!(browser.attribute("#i", "aria-label")?.as_deref(), Some("field"));
    assert_eq!(browser.attribute("#i", "aria-hidden")?, None);
    assert_eq!(browser.count("main > *")?, 4);
    Ok(())
}

#[test]
fn console_errors_and_exceptions_are_seen() -> Outcome {
    let browser = page()?;
    assert_eq!(browser.console_errors()?, [""; 0]);
    browser.script("console.error('bad news'); setTimeout(() => { throw new Error('worse') }, 0)", &[])?;
    let mut seen = Vec::new();
    wait_until("both errors are told", || {
        seen.extend(browser.console_errors()?);
        Ok((seen.len() == 2).then_some(()))
    })?;
    assert!(seen[0].contains("bad news") && seen[1].contains("worse"), "{seen:?}");
    Ok(())
}

#[test]
fn the_page_can_be_small_dark_and_still() -> Outcome {
    let browser = page()?;
    browser.resize(390, 844)?;
    assert_eq!(browser.script("return innerWidth", &[])?, json!(390));
    browser.prefer(&[("prefers-color-scheme", "dark"), ("prefers-reduced-motion", "reduce")])?;
    let both =
        "return matchMedia('(prefers-color-scheme: dark) and (prefers-reduced-motion: reduce)').matches";
    assert_eq!(browser.script(both, &[])?, json!(true));
    Ok(())
}

#[test]
fn axe_names_the_rule_and_the_element() -> Outcome {
    let violations = axe(&page()?)?;
    let broken = violations.iter().find(|violation| violation.rule == "image-alt");
    assert_eq!(broken.map(|violation| violation.elements.clone()), Some(vec![r#"["img"]"#.to_owned()]));
    Ok(())
}

#[test]
fn a_missing_element_is_an_error_that_names_it() -> Outcome {
    let error = page()?.click("#nowhere").unwrap_err().to_string();
    assert!(error.contains("no such element") && error.contains("#nowhere"), "{error}");
    Ok(())
}

fn page() -> Outcome<Browser> {
    let browser = Browser::open()?;
    browser.visit(&format!("data:text/html,{}", PAGE.replace('#', "%23")))?;
    Ok(browser)
}
