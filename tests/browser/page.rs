//! The page as it opens.

use harness::{Browser, Outcome, Server, axe};

#[test]
fn the_page_loads_without_an_error_on_the_console() -> Outcome {
    let (_server, browser) = opened()?;
    assert_eq!(browser.console_errors()?, [""; 0]);
    let picture = browser.screenshot("page")?;
    assert!(picture.metadata().is_ok_and(|file| file.len() > 1_000), "{} is no picture", picture.display());
    Ok(())
}

#[test]
fn the_page_breaks_no_rule_of_accessibility() -> Outcome {
    let (_server, browser) = opened()?;
    for scheme in ["light", "dark"] {
        browser.prefer(&[("prefers-color-scheme", scheme)])?;
        let broken: Vec<String> = axe(&browser)?.iter().map(ToString::to_string).collect();
        assert!(broken.is_empty(), "in the {scheme} scheme:\n{}", broken.join("\n"));
    }
    Ok(())
}

/// The page, drawn.
fn opened() -> Outcome<(Server, Browser)> {
    let server = Server::of_bundle()?;
    let browser = Browser::open()?;
    browser.visit(&server.url(""))?;
    // The document shows a waiting line of its own until the wasm has started.
    browser.wait_for_text("body", "Splitvote")?;
    Ok((server, browser))
}
