//! The page is kept: it opens without its server, and from a single file without any.

use harness::{Browser, Failure, Outcome, target, wait_until};
use serde_json::json;

use crate::play::{SMALL, id, opened};

#[test]
fn a_page_that_was_open_once_opens_without_its_server() -> Outcome {
    let (server, browser) = opened(SMALL)?;
    let manifest = browser.script_async("return (await fetch('app.webmanifest')).json()", &[])?;
    assert_eq!((manifest["start_url"].as_str(), manifest["scope"].as_str()), (Some("./"), Some("./")));
    browser.script_async("await navigator.serviceWorker.ready", &[])?;
    wait_until("the page is kept", || {
        let kept = "const names = (await (await caches.open('splitvote')).keys()).map(one => one.url); \
                    return names.some(name => name.endsWith('_bg.wasm')) && names.some(name => name.endsWith('/'))";
        Ok((browser.script_async(kept, &[])? == json!(true)).then_some(()))
    })?;
    drop(server);
    browser.reload()?;
    browser.wait_for(&id("play"))?;
    assert_eq!(browser.count("svg.world .node")?, 6);
    Ok(())
}

#[test]
fn a_release_throws_the_files_of_the_last_one_out() -> Outcome {
    let (_server, browser) = opened(SMALL)?;
    browser.script_async("await navigator.serviceWorker.ready", &[])?;
    let old = "const cache = await caches.open('splitvote'); \
               await cache.put('app-0123456789abcdef.js', new Response('old')); return (await cache.keys()).length";
    browser.script_async(old, &[])?;
    browser.reload()?;
    browser.wait_for(&id("play"))?;
    wait_until("the old file is gone", || {
        let gone = "return !(await (await caches.open('splitvote')).match('app-0123456789abcdef.js'))";
        Ok((browser.script_async(gone, &[])? == json!(true)).then_some(()))
    })
}

#[test]
fn a_single_file_opens_from_a_memory_stick() -> Outcome {
    let file = target("single/splitvote.html");
    let file = file.canonicalize().map_err(|_| Failure::Missing { path: file, step: "bundle" })?;
    let browser = Browser::open()?;
    browser.resize(1440, 900)?;
    browser.visit(&format!("file://{}{SMALL}", file.display()))?;
    browser.wait_for(&id("play"))?;
    assert_eq!(browser.count("svg.world .node")?, 6);
    browser.click(&id("vote-next"))?;
    wait_until("the address follows", || Ok(browser.address()?.contains("t=").then_some(())))?;
    assert_eq!(browser.console_errors()?, [""; 0]);
    Ok(())
}

#[test]
fn paper_gets_the_sentence_the_stage_and_the_script() -> Outcome {
    let (_server, browser) = opened(SMALL)?;
    browser.devtools("Emulation.setEmulatedMedia", &json!({"media": "print"}))?;
    let seen = "return arguments[0].map(css => document.querySelector(css).checkVisibility())";
    let parts = json!([".caption p", ".ring svg.world", ".paper", ".dock", ".top", ".rail", ".side"]);
    assert_eq!(browser.script(seen, &[parts])?, json!([true, true, true, false, false, false, false]));
    assert!(browser.text(".paper")?.contains("at 2s kill A"));
    Ok(())
}
