//! What leaves the page as a file: pictures of what is seen, and texts.

use js_sys::{Array, encode_uri_component};
use splitvote::base::Instant;
use splitvote::sim::export::{JsonLine, trace_events};
use wasm_bindgen::{JsCast as _, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::{
    Blob, BlobPropertyBag, CanvasRenderingContext2d, Document, Element, HtmlAnchorElement, HtmlCanvasElement,
    HtmlImageElement, NodeList, Url, XmlSerializer,
};

use super::App;
use crate::action::Save;
use crate::words;

const SVG: &str = "http://www.w3.org/2000/svg";
/// What a drawing takes from the page's style, which does not travel with it.
const STYLES: [&str; 16] = [
    "fill",
    "stroke",
    "stroke-width",
    "stroke-dasharray",
    "stroke-linecap",
    "stroke-linejoin",
    "opacity",
    "font-family",
    "font-size",
    "font-weight",
    "font-style",
    "letter-spacing",
    "text-anchor",
    "dominant-baseline",
    "stop-color",
    "display",
];
/// Those of them that the page also writes as attributes, in its own names for colours.
const PAINTS: [&str; 3] = ["fill", "stroke", "stop-color"];
/// A PNG has so many pixels for one of the page: sharp on a slide.
const SHARP: f64 = 2.0;

impl App {
    /// Hands the reader a file.
    pub(super) fn save(&mut self, what: Save) {
        let run = self.session.run();
        let name = format!("splitvote-{}.{}", self.session.now() / 1000, what.end());
        let (records, names) = (&run.outcome().records, run.reel().here().names());
        match what {
            Save::Svg => match drawing().and_then(|(drawing, _)| written(&drawing)) {
                Some(drawing) => offer_text(&name, "image/svg+xml", &drawing),
                None => self.toast(words::NO_PICTURE),
            },
            Save::Png if drawing().is_none() => self.toast(words::NO_PICTURE),
            Save::Png => wasm_bindgen_futures::spawn_local(async move {
                if let Some(address) = pixels().await {
                    offer(&name, &address);
                }
            }),
            Save::Lines => {
                let line = |record| format!("{}\n", JsonLine { record, names });
                let lines: String = records.iter().map(line).collect();
                offer_text(&name, "application/jsonl", &lines);
            }
            Save::Chrome => {
                let end = Instant::from_micros(run.outcome().end);
                offer_text(&name, "application/json", &trace_events(records, names, end));
            }
            Save::Csv => offer_text(&name, "text/csv", &self.lab.csv()),
            Save::Script => offer_text(&name, "text/plain", run.text()),
        }
    }
}

/// Hands a text to the reader as a file.
pub(super) fn offer_text(name: &str, kind: &str, text: &str) {
    let options = BlobPropertyBag::new();
    options.set_type(kind);
    let blob = Blob::new_with_str_sequence_and_options(&Array::of1(&JsValue::from_str(text)), &options);
    if let Some(address) = blob.ok().and_then(|blob| Url::create_object_url_with_blob(&blob).ok()) {
        offer(name, &address);
        // The browser holds on to what it has begun to save.
        let _ = Url::revoke_object_url(&address);
    }
}

fn offer(name: &str, address: &str) -> Option<()> {
    let link: HtmlAnchorElement = document()?.create_element("a").ok()?.dyn_into().ok()?;
    link.set_href(address);
    link.set_download(name);
    link.click();
    Some(())
}

fn document() -> Option<Document> {
    web_sys::window()?.document()
}

fn written(drawing: &Element) -> Option<String> {
    XmlSerializer::new().ok()?.serialize_to_string(drawing).ok()
}

fn all(found: &NodeList) -> impl Iterator<Item = Element> + '_ {
    (0..found.length()).filter_map(|at| found.get(at)?.dyn_into().ok())
}

/// The view in the centre as a drawing that needs nothing else, and its size.
fn drawing() -> Option<(Element, (f64, f64))> {
    let frame = document()?.query_selector("[data-picture]").ok()??;
    // What can be scrolled is drawn whole.
    let whole = frame.query_selector(".spacetime").ok()?.unwrap_or_else(|| frame.clone());
    let size = (f64::from(whole.client_width()), f64::from(whole.client_height()));
    let (width, height) = (size.0.to_string(), size.1.to_string());
    let part = |name: &str| {
        let part = document()?.create_element_ns(Some(SVG), name).ok()?;
        part.set_attribute("width", &width).ok()?;
        part.set_attribute("height", &height).ok()?;
        Some(part)
    };
    let whole = part("svg")?;
    whole.set_attribute("viewBox", &format!("0 0 {width} {height}")).ok()?;
    let paper = part("rect")?;
    let colour = style(&frame.closest("body").ok()??)?.get_property_value("background-color").ok()?;
    paper.set_attribute("fill", &colour).ok()?;
    whole.append_child(&paper).ok()?;
    // In the order in which they lie over each other.
    for layer in all(&frame.query_selector_all(".world,.spacetime,canvas").ok()?) {
        let layer = match layer.dyn_ref::<HtmlCanvasElement>() {
            Some(canvas) => {
                let picture = part("image")?;
                picture.set_attribute("href", &canvas.to_data_url().ok()?).ok()?;
                picture
            }
            None => by_itself(&layer)?,
        };
        whole.append_child(&layer).ok()?;
    }
    Some((whole, size))
}

fn style(element: &Element) -> Option<web_sys::CssStyleDeclaration> {
    web_sys::window()?.get_computed_style(element).ok().flatten()
}

/// A drawing of the page with its styles written into it.
fn by_itself(drawing: &Element) -> Option<Element> {
    let copy: Element = drawing.clone_node_with_deep(true).ok()?.dyn_into().ok()?;
    let (from, to) = (drawing.query_selector_all("*").ok()?, copy.query_selector_all("*").ok()?);
    for (from, to) in all(&from).zip(all(&to)) {
        let style = style(&from)?;
        let value = |name: &str| style.get_property_value(name).ok().filter(|value| !value.is_empty());
        let written: String =
            STYLES.iter().filter_map(|name| Some(format!("{name}:{};", value(name)?))).collect();
        to.set_attribute("style", &written).ok()?;
        // What the style says now is not said again in words of the page.
        for name in PAINTS {
            to.remove_attribute(name).ok()?;
        }
        to.remove_attribute("class").ok()?;
    }
    Some(copy)
}

/// The same as pixels, as an address that holds them.
async fn pixels() -> Option<String> {
    let (drawing, (width, height)) = drawing()?;
    let image = HtmlImageElement::new().ok()?;
    let text = String::from(encode_uri_component(&written(&drawing)?));
    image.set_src(&format!("data:image/svg+xml;charset=utf-8,{text}"));
    JsFuture::from(image.decode()).await.ok()?;
    let canvas: HtmlCanvasElement = document()?.create_element("canvas").ok()?.dyn_into().ok()?;
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a size on the screen")]
    let (across, down) = ((width * SHARP) as u32, (height * SHARP) as u32);
    canvas.set_width(across);
    canvas.set_height(down);
    let paint: CanvasRenderingContext2d = canvas.get_context("2d").ok()??.dyn_into().ok()?;
    paint
        .draw_image_with_html_image_element_and_dw_and_dh(
            &image,
            0.0,
            0.0,
            f64::from(across),
            f64::from(down),
        )
        .ok()?;
    canvas.to_data_url().ok()
}
