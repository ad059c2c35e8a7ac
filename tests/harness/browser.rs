//! A headless Chromium with one page, driven over `WebDriver`.

use std::fs;
use std::path::PathBuf;
use std::time::Duration;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use serde_json::{Value, json};
use ureq::Agent;
use ureq::http::Method;

use crate::driver::Driver;
use crate::{Failure, Outcome, target, wait_until};

/// The browser is started with the same options as for the wasm tests.
const CAPABILITIES: &str = include_str!("../webdriver.json");
/// The name under which `WebDriver` hands out elements.
const ELEMENT: &str = "element-6066-11e4-a52e-4f735466cecf";
const SHIFT: char = '\u{e008}';
/// Longer than any command; a stuck browser then fails one test instead of hanging all.
const PATIENCE: Duration = Duration::from_mins(1);

/// A key without a letter of its own, as `WebDriver` encodes it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "these are the names printed on the keys")]
pub enum Key {
    Tab,
    Enter,
    Escape,
    Space,
    Left,
    Up,
    Right,
    Down,
    Home,
    End,
    Backspace,
    PageDown,
}

impl Key {
    fn code(self) -> char {
        match self {
            Key::Tab => '\u{e004}',
            Key::Enter => '\u{e007}',
            Key::Escape => '\u{e00c}',
            Key::Space => ' ',
            Key::Left => '\u{e012}',
            Key::Up => '\u{e013}',
            Key::Right => '\u{e014}',
            Key::Down => '\u{e015}',
            Key::Home => '\u{e011}',
            Key::End => '\u{e010}',
            Key::Backspace => '\u{e003}',
            Key::PageDown => '\u{e00f}',
        }
    }
}

/// One browser with one page and a fresh profile; both end when it is dropped.
#[derive(Debug)]
pub struct Browser {
    agent: Agent,
    session: String,
    // Last, because fields are dropped in order and the session must end before its driver.
    _driver: Driver,
}

impl Browser {
    /// Starts a browser.
    pub fn open() -> Outcome<Self> {
        let driver = Driver::start()?;
        // Its errors are answers with a body that explains them, so none is turned into a failure here.
        let config =
            Agent::config_builder().http_status_as_error(false).timeout_global(Some(PATIENCE)).build();
        let mut browser = Self { agent: config.into(), session: driver.url(), _driver: driver };
        let answer = browser.post("/session", &json!({"capabilities": {"alwaysMatch": capabilities()}}))?;
        let id = string("new session", answer["sessionId"].clone())?;
        browser.session = format!("{}/session/{id}", browser.session);
        Ok(browser)
    }

    /// Opens an address and waits until it has loaded.
    pub fn visit(&self, url: &str) -> Outcome {
        self.post("/url", &json!({"url": url})).map(drop)
    }

    /// The address of the page.
    pub fn address(&self) -> Outcome<String> {
        string("address", self.get("/url")?)
    }

    /// Loads the page again.
    pub fn reload(&self) -> Outcome {
        self.post("/refresh", &json!({})).map(drop)
    }

    /// Clicks where a hand would: the element must be visible and uncovered.
    pub fn click(&self, css: &str) -> Outcome {
        let element = self.element(css)?;
        self.post(&format!("/element/{element}/click"), &json!({})).map(drop)
    }

    /// Types text into an element.
    pub fn type_into(&self, css: &str, text: &str) -> Outcome {
        let element = self.element(css)?;
        self.post(&format!("/element/{element}/value"), &json!({"text": text})).map(drop)
    }

    /// Empties a field.
    pub fn clear(&self, css: &str) -> Outcome {
        let element = self.element(css)?;
        self.post(&format!("/element/{element}/clear"), &json!({})).map(drop)
    }

    /// Presses a key, wherever the focus is.
    pub fn press(&self, key: Key) -> Outcome {
        self.act(&stroke(key.code()))
    }

    /// Presses a key while Shift is held.
    pub fn press_with_shift(&self, key: Key) -> Outcome {
        let [down, up] = stroke(SHIFT);
        let [key_down, key_up] = stroke(key.code());
        self.act(&[down, key_down, key_up, up])
    }

    /// Types keys, wherever the focus is.
    pub fn keys(&self, text: &str) -> Outcome {
        self.act(&text.chars().flat_map(stroke).collect::<Vec<_>>())
    }

    /// The visible text of the first element that matches.
    pub fn text(&self, css: &str) -> Outcome<String> {
        let element = self.element(css)?;
        string(css, self.get(&format!("/element/{element}/text"))?)
    }

    /// An attribute of the first element that matches, or `None` when it has no such attribute.
    pub fn attribute(&self, css: &str, name: &str) -> Outcome<Option<String>> {
        let element = self.element(css)?;
        let value = self.get(&format!("/element/{element}/attribute/{name}"))?;
        Ok(value.as_str().map(str::to_owned))
    }

    /// How many elements match.
    pub fn count(&self, css: &str) -> Outcome<usize> {
        let found = self.post("/elements", &json!({"using": "css selector", "value": css}))?;
        found.as_array().map(Vec::len).ok_or_else(|| wrong(css, found.clone(), "a list of elements"))
    }

    /// Waits until an element is there.
    pub fn wait_for(&self, css: &str) -> Outcome {
        wait_until(&format!("{css:?} is in the page"), || Ok((self.count(css)? > 0).then_some(())))
    }

    /// Waits until the text of an element contains `part`, and gives the whole text.
    pub fn wait_for_text(&self, css: &str, part: &str) -> Outcome<String> {
        wait_until(&format!("{css:?} says {part:?}"), || {
            Ok(Some(self.text(css)?).filter(|text| text.contains(part)))
        })
    }

    /// Runs a script; its arguments are in `arguments`, its `return` is the answer.
    pub fn script(&self, body: &str, arguments: &[Value]) -> Outcome<Value> {
        self.post("/execute/sync", &json!({"script": body, "args": arguments}))
    }

    /// Runs a script that returns a promise, and waits for its value.
    pub fn script_async(&self, body: &str, arguments: &[Value]) -> Outcome<Value> {
        // WebDriver waits for a promise returned by a synchronous script as well.
        self.script(&format!("return (async function() {{ {body} }}).apply(null, arguments);"), arguments)
    }

    /// Writes what is seen to `target/screenshots/NAME.png`, to be looked at.
    pub fn screenshot(&self, name: &str) -> Outcome<PathBuf> {
        let picture = string("screenshot", self.get("/screenshot")?)?;
        let bytes = BASE64_STANDARD
            .decode(&picture)
            .map_err(|_| wrong("screenshot", Value::String(picture), "a picture in base64"))?;
        let folder = target("screenshots");
        let path = folder.join(format!("{name}.png"));
        let written = fs::create_dir_all(&folder).and_then(|()| fs::write(&path, bytes));
        written.map_err(|cause| Failure::File { path: path.clone(), cause })?;
        Ok(path)
    }

    /// Makes the page this large, also smaller than a window can be.
    pub fn resize(&self, width: u32, height: u32) -> Outcome {
        self.devtools(
            "Emulation.setDeviceMetricsOverride",
            &json!({"width": width, "height": height, "deviceScaleFactor": 1, "mobile": false}),
        )
        .map(drop)
    }

    /// Claims what the user prefers, such as `("prefers-color-scheme", "dark")`. Each call replaces the
    /// one before.
    pub fn prefer(&self, features: &[(&str, &str)]) -> Outcome {
        let features: Vec<_> =
            features.iter().map(|(name, value)| json!({"name": name, "value": value})).collect();
        self.devtools("Emulation.setEmulatedMedia", &json!({"features": features})).map(drop)
    }

    /// Sends a command of the browser's own protocol.
    pub fn devtools(&self, command: &str, parameters: &Value) -> Outcome<Value> {
        self.post("/goog/cdp/execute", &json!({"cmd": command, "params": parameters}))
    }

    /// The errors on the console since the last call: exceptions, panics, `console.error`, failed requests.
    pub fn console_errors(&self) -> Outcome<Vec<String>> {
        let lines = self.post("/se/log", &json!({"type": "browser"}))?;
        let lines = lines.as_array().ok_or_else(|| wrong("console", lines.clone(), "a list of lines"))?;
        let severe = lines.iter().filter(|line| line["level"] == "SEVERE");
        Ok(severe.map(|line| line["message"].as_str().unwrap_or_default().to_owned()).collect())
    }

    fn act(&self, strokes: &[Value]) -> Outcome {
        let actions = json!({"actions": [{"type": "key", "id": "keyboard", "actions": strokes}]});
        self.post("/actions", &actions).map(drop)
    }

    fn element(&self, css: &str) -> Outcome<String> {
        let found = self.post("/element", &json!({"using": "css selector", "value": css}))?;
        string(css, found[ELEMENT].clone())
    }

    fn get(&self, path: &str) -> Outcome<Value> {
        self.send(Method::GET, path, None)
    }

    fn post(&self, path: &str, body: &Value) -> Outcome<Value> {
        self.send(Method::POST, path, Some(body))
    }

    fn send(&self, method: Method, path: &str, body: Option<&Value>) -> Outcome<Value> {
        let command = format!("{method} {path}");
        let request = ureq::http::Request::builder()
            .method(method)
            .uri(format!("{}{path}", self.session))
            .header("Content-Type", "application/json")
            .body(body.map(Value::to_string).unwrap_or_default())
            .map_err(ureq::Error::from)?;
        let mut answer = self.agent.run(request)?;
        let mut value: Value = answer.body_mut().with_config().limit(u64::MAX).read_json()?;
        let value = value["value"].take();
        match value["error"].as_str() {
            Some(error) => Err(Failure::Command {
                command,
                error: error.to_owned(),
                message: value["message"]
                    .as_str()
                    .and_then(|text| text.lines().next())
                    .unwrap_or_default()
                    .to_owned(),
            }),
            None => Ok(value),
        }
    }
}

impl Drop for Browser {
    fn drop(&mut self) {
        // Killing the driver alone would leave Chromium running.
        drop(self.send(Method::DELETE, "", None));
    }
}

fn capabilities() -> Value {
    let mut all: Value = serde_json::from_str(CAPABILITIES).expect("tests/webdriver.json is JSON");
    all["browserName"] = json!("chrome");
    all["goog:loggingPrefs"] = json!({"browser": "ALL"});
    all
}

/// One key, down and up.
fn stroke(key: char) -> [Value; 2] {
    ["keyDown", "keyUp"].map(|kind| json!({"type": kind, "value": key}))
}

fn string(command: &str, value: Value) -> Outcome<String> {
    match value {
        Value::String(text) => Ok(text),
        other => Err(wrong(command, other, "a text")),
    }
}

fn wrong(command: &str, value: Value, expected: &'static str) -> Failure {
    Failure::Answer { command: command.to_owned(), value, expected }
}
