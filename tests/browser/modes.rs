//! The page on a projector, beside the speaker, and in a frame of a foreign page.

use harness::{Browser, Key, Outcome, axe, wait_until};
use serde_json::json;

use crate::play::{SMALL, caption_says, id, opened};

fn clean(browser: &Browser) -> Outcome {
    for scheme in ["light", "dark"] {
        browser.prefer(&[("prefers-color-scheme", scheme)])?;
        let broken: Vec<String> = axe(browser)?.iter().map(ToString::to_string).collect();
        assert!(broken.is_empty(), "in the {scheme} scheme:\n{}", broken.join("\n"));
    }
    Ok(())
}

#[test]
fn a_projector_shows_the_stage_and_a_remote_turns_the_pages() -> Outcome {
    let (_server, browser) = opened(SMALL)?;
    browser.keys("p")?;
    browser.wait_for(&id("present"))?;
    assert_eq!(browser.count(".rail, .side, .top")?, 0);
    clean(&browser)?;
    browser.press(Key::PageDown)?;
    caption_says(&browser, "A: killed")?;
    browser.press(Key::PageDown)?;
    let there = browser.text(&id("caption"))?;
    assert!(!there.contains("A: killed"), "{there}");
    // The desk, in a page of its own, knows what is shown and what comes next, and turns the pages, too.
    let ask = "const line = new BroadcastChannel('splitvote-desk'); const said = new Promise(done => line.onmessage = \
               event => done(event.data)); line.postMessage([arguments[0]]); return await said";
    let said = browser.script_async(ask, &[json!("where")])?;
    assert_eq!((said[0].as_str(), said[2].as_str()), (Some("now"), Some(there.as_str())));
    let next = said[3].as_str().unwrap_or_default().to_owned();
    browser.script_async(ask, &[json!("next")])?;
    caption_says(&browser, &next)?;
    browser.press(Key::Escape)?;
    browser.wait_for(&id("tab-node"))?;
    assert_eq!(browser.console_errors()?, [""; 0]);
    Ok(())
}

#[test]
fn the_speaker_has_a_desk() -> Outcome {
    let (server, browser) = opened("?notes")?;
    drop(server);
    browser.wait_for(&id("elapsed"))?;
    clean(&browser)?;
    let say =
        "new BroadcastChannel('splitvote-desk').postMessage(['now', '2.000 s', 'This is.', 'That will be.'])";
    browser.script(say, &[])?;
    browser.wait_for_text(&id("now"), "This is.")?;
    browser.wait_for_text(&id("then"), "That will be.")?;
    clean(&browser)
}

#[test]
fn a_frame_of_another_page_plays_and_leads_to_the_whole_one() -> Outcome {
    let (_server, browser) = opened(SMALL)?;
    browser.click(&id("share"))?;
    browser.wait_for(&id("qr"))?;
    let frame = browser.script("return document.querySelector('[data-testid=frame]').value", &[])?;
    let frame = frame.as_str().unwrap_or_default().to_owned();
    assert!(frame.contains("?embed#v1;") && !frame.contains('\n'), "{frame}");
    let put =
        "document.body.innerHTML = arguments[0]; document.querySelector('iframe').style.width = '640px'";
    browser.script(put, &[json!(frame)])?;
    let inside = "return frames[0].document.querySelectorAll('[data-testid=embed] svg.world .node').length";
    wait_until("the frame plays", || Ok((browser.script(inside, &[])? == json!(6)).then_some(())))?;
    let address = browser.script("return document.querySelector('iframe').src", &[])?;
    browser.visit(address.as_str().unwrap_or_default())?;
    browser.wait_for(&id("embed"))?;
    assert_eq!(browser.count(".rail, .side, .top")?, 0);
    browser.resize(800, 520)?;
    clean(&browser)?;
    browser.click(&id("vote-next"))?;
    caption_says(&browser, "A: killed")?;
    let out = browser.attribute(&id("open"), "href")?.unwrap_or_default();
    assert!(out.contains("#v1;") && !out.contains("embed"), "{out}");
    browser.reload()?;
    browser.wait_for(&id("embed"))?;
    wait_until("the run is kept", || Ok(browser.address()?.contains("t=").then_some(())))?;
    assert_eq!(browser.console_errors()?, [""; 0]);
    Ok(())
}
