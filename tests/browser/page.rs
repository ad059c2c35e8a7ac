//! The page as it opens.

use harness::{Browser, Outcome, Server, axe, wait_until};

#[test]
fn the_page_loads_without_an_error_on_the_console() -> Outcome {
    let (server, browser) = opened()?;
    let said = wait_until("the page shows something", || {
        Ok(Some(browser.text("body")?).filter(|text| !text.trim().is_empty()))
    })?;
    assert!(said.contains("Splitvote"), "the page says {said:?}");
    assert_eq!(browser.console_errors()?, [""; 0]);
    let picture = browser.screenshot("page")?;
    assert!(picture.metadata().is_ok_and(|file| file.len() > 1_000), "{} is no picture", picture.display());
    drop(server);
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
    browser.wait_for("main")?;
    Ok((server, browser))
}
