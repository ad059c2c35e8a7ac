//! The script is written on the page: colours, mistakes where they are, words offered, and a drawing
//! that follows.

use harness::{Browser, Key, Outcome, axe, wait_until};
use serde_json::json;

use crate::play::{SMALL, id, opened};

/// The cursor behind the first time that these words stand in the script.
fn cursor_behind(browser: &Browser, words: &str) -> Outcome {
    let put = "const field = document.querySelector('[data-testid=script]'); field.focus(); \
               const at = field.value.indexOf(arguments[0]) + arguments[0].length; field.setSelectionRange(at, at); return at";
    assert_ne!(browser.script(put, &[json!(words)])?, json!(words.len() - 1), "{words:?} stands there");
    Ok(())
}

fn script(browser: &Browser) -> Outcome<String> {
    let text = browser.script("return document.querySelector('[data-testid=script]').value", &[])?;
    Ok(text.as_str().unwrap_or_default().to_owned())
}

#[test]
fn the_drawing_follows_what_is_typed_and_keeps_the_last_good_run() -> Outcome {
    let (_server, browser) = opened(SMALL)?;
    browser.click(&id("tab-script"))?;
    // What is seen is what is written, to the letter.
    let seen = "const field = document.querySelector('[data-testid=script]'); \
                return document.querySelector('.code pre').textContent === field.value + '\\n'";
    assert_eq!(browser.script(seen, &[])?, json!(true));
    assert_eq!(browser.text(".code .k-action")?, "kill");
    cursor_behind(&browser, "shards=3")?;
    browser.press(Key::Backspace)?;
    browser.keys("4")?;
    wait_until("eight nodes stand", || Ok((browser.count("svg.world .node")? == 8).then_some(())))?;
    assert!(browser.address()?.contains("shards=4"), "{}", browser.address()?);
    cursor_behind(&browser, "kill")?;
    browser.keys("t")?;
    browser.wait_for(&id("draft"))?;
    assert_eq!(browser.text(".code .wrong")?, "killt");
    assert!(browser.text(".code .why")?.contains("did you mean `kill`"));
    assert_eq!(browser.attribute(&id("script"), "aria-invalid")?.as_deref(), Some("true"));
    assert_eq!(browser.count("svg.world .node")?, 8);
    for scheme in ["light", "dark"] {
        browser.prefer(&[("prefers-color-scheme", scheme)])?;
        let broken: Vec<String> = axe(&browser)?.iter().map(ToString::to_string).collect();
        assert!(broken.is_empty(), "in the {scheme} scheme:\n{}", broken.join("\n"));
    }
    browser.press(Key::Backspace)?;
    wait_until("nothing is wrong", || Ok((browser.count(&id("draft"))? == 0).then_some(())))?;
    // What is done on the page appears in the text, and what is half written elsewhere is not lost.
    browser.click(&id("node-B0"))?;
    browser.click(&id("tab-script"))?;
    browser.click(&id("kill"))?;
    wait_until("the deed is a line", || Ok(script(&browser)?.contains("kill B0").then_some(())))?;
    assert_eq!(browser.console_errors()?, [""; 0]);
    Ok(())
}

#[test]
fn words_are_offered_and_taken_by_keyboard_alone() -> Outcome {
    let (_server, browser) = opened(SMALL)?;
    browser.click(&id("tab-script"))?;
    cursor_behind(&browser, "kill A\n")?;
    browser.keys("at 4s pa")?;
    browser.wait_for_text(&id("offers"), "pause")?;
    assert_eq!(browser.attribute(&id("script"), "aria-activedescendant")?.as_deref(), Some("offer-0"));
    for scheme in ["light", "dark"] {
        browser.prefer(&[("prefers-color-scheme", scheme)])?;
        let broken: Vec<String> = axe(&browser)?.iter().map(ToString::to_string).collect();
        assert!(broken.is_empty(), "in the {scheme} scheme:\n{}", broken.join("\n"));
    }
    browser.press(Key::Tab)?;
    browser.keys("c")?;
    browser.wait_for_text(&id("offers"), "Its primary at that moment")?;
    browser.press(Key::Down)?;
    browser.press(Key::Enter)?;
    wait_until("it stands there", || Ok(script(&browser)?.contains("at 4s pause C0 run").then_some(())))?;
    browser.press(Key::Enter)?;
    browser.keys("rules nack=")?;
    browser.wait_for_text(&id("offers"), "echoed")?;
    browser.press(Key::Escape)?;
    wait_until("the list is gone", || Ok((browser.count(&id("offers"))? == 0).then_some(())))?;
    browser.keys("off")?;
    browser.press(Key::Enter)?;
    wait_until("it runs", || Ok(browser.address()?.contains("pause+C0").then_some(())))?;
    assert!(browser.address()?.contains("nack=off"), "{}", browser.address()?);
    assert_eq!(browser.console_errors()?, [""; 0]);
    Ok(())
}
