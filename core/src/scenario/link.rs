//! The link form: the canonical script, its lines joined by `;`, in the fragment of an address.
//!
//! Chat programs, mail gateways and word processors rewrite addresses, so only characters that they
//! leave alone stand for themselves, and what they are known to do to `#`, `;` and blanks is undone.

use std::borrow::Cow;
use std::fmt::Write as _;

use base64::Engine as _;
use base64::alphabet::URL_SAFE;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use miniz_oxide::deflate::compress_to_vec;
use miniz_oxide::inflate::{TINFLStatus, decompress_to_vec_with_limit};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};

use crate::base::Instant;

use super::ast::Script;
use super::catalogue;
use super::error::{Problem, ScriptError, nearest, shown};
use super::lessons::{GOALS, LESSONS};
use super::museum::ROOMS;
use super::name::NodeName;
use super::parse::{MAX_TEXT, check_node, parse_lenient};
use super::value;
use super::versus::Versus;

/// A longer link is packed.
pub const MAX_PLAIN: usize = 1200;
/// The hardest the packer tries; scripts are small.
const LEVEL: u8 = 9;

/// Where one looks at the run of a link.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct LinkView {
    /// `t=4312ms`: the moment.
    pub at: Option<Instant>,
    /// `n=A1`: the selected node.
    pub node: Option<NodeName>,
    /// `v=nack=off`: what the run is compared with.
    pub versus: Option<Versus>,
    /// `l=L3.4`: the step of a lesson, counted from 1.
    pub lesson: Option<(&'static str, u16)>,
    /// `d=1a2b3c4d`: the digest at the end of the run, by which the link proves itself.
    pub digest: Option<u32>,
}

/// What stands for itself in a link; `+` is a blank and `;` ends a line.
const SAFE: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'=')
    .remove(b',')
    .remove(b':')
    .remove(b'/')
    .remove(b' ');

/// Without padding; a link that lost its last letters may end in the middle of a byte.
const BASE64: GeneralPurpose = GeneralPurpose::new(
    &URL_SAFE,
    GeneralPurposeConfig::new()
        .with_encode_padding(false)
        .with_decode_allow_trailing_bits(true)
        .with_decode_padding_mode(DecodePaddingMode::RequireNone),
);

/// The link of a script, beginning with `#`.
pub fn to_link(script: &Script, view: &LinkView) -> String {
    let text = script.to_string();
    let mut link = String::from("#v1");
    for line in text.lines() {
        link.push(';');
        link.extend(utf8_percent_encode(line, SAFE).map(|part| part.replace(' ', "+")));
    }
    if link.len() > MAX_PLAIN {
        let packed = BASE64.encode(compress_to_vec(text.as_bytes(), LEVEL));
        link = format!("#v1z={packed}");
    }
    push_view(&mut link, view);
    link
}

/// The link of a built-in scenario, beginning with `#`.
pub fn to_short_link(name: &str, view: &LinkView) -> String {
    let mut link = format!("#{name}");
    push_view(&mut link, view);
    link
}

fn push_view(link: &mut String, view: &LinkView) {
    // Writing to a `String` cannot fail.
    if let Some(at) = view.at {
        let micros = at.as_micros();
        let _ = if micros.is_multiple_of(1000) {
            write!(link, ";t={}ms", micros / 1000)
        } else {
            write!(link, ";t={micros}us")
        };
    }
    if let Some(node) = view.node {
        let _ = write!(link, ";n={node}");
    }
    if let Some(versus) = view.versus {
        let _ = write!(link, ";v={versus}");
    }
    if let Some((name, step)) = view.lesson {
        let _ = write!(link, ";l={name}.{step}");
    }
    if let Some(digest) = view.digest {
        let _ = write!(link, ";d={digest:08x}");
    }
}

/// The script and the view of a link, or everything that is wrong with it.
pub fn from_link(link: &str) -> Result<(Script, LinkView), Vec<ScriptError>> {
    let (script, view, errors) = from_link_lenient(link);
    if errors.is_empty() { Ok((script, view)) } else { Err(errors) }
}

/// What is right of a link, and everything that is wrong with it. Lines count from the first `;`.
pub fn from_link_lenient(link: &str) -> (Script, LinkView, Vec<ScriptError>) {
    if link.len() > 4 * MAX_TEXT {
        let by = Some(format!("{} bytes", link.len()));
        return failed(Problem::OverCap { what: "text", cap: "64 KiB", by });
    }
    let payload = payload(link);
    let mut parts = payload.split(';');
    let head = parts.next().unwrap_or("");
    let rest: Vec<&str> = parts.collect();
    let (extras, lines): (Vec<&str>, Vec<&str>) = rest.iter().partition(|part| is_extra(part));
    let mut errors = Vec::new();
    let (text, problem) = match text_of(head, &lines) {
        Ok(found) => found,
        Err(problem) => return failed(problem),
    };
    let (script, wrong) = parse_lenient(&text);
    errors.extend(problem.map(ScriptError::whole));
    errors.extend(wrong);
    let mut view = LinkView::default();
    for extra in extras {
        if let Err(problem) = read_extra(extra, &script, &mut view) {
            errors.push(ScriptError::whole(problem));
        }
    }
    (script, view, errors)
}

fn failed(problem: Problem) -> (Script, LinkView, Vec<ScriptError>) {
    (Script::default(), LinkView::default(), vec![ScriptError::whole(problem)])
}

/// The part of an address that holds the link, as we wrote it.
fn payload(link: &str) -> String {
    let link = link.trim().trim_matches(['<', '>', '"']);
    let starts = ["#", "%23", "?"];
    let ends: Vec<&str> = starts
        .iter()
        .filter_map(|start| link.find(start).map(|at| &link[at + start.len()..]))
        .chain([link])
        .collect();
    let versioned = ends.iter().find(|end| is_versioned(end));
    let fallback = || if link.contains("://") && ends.len() == 1 { "" } else { ends[0] };
    let mut end = versioned.copied().unwrap_or_else(fallback);
    if link[..link.len() - end.len()].ends_with('?') {
        // What trackers hang on behind a query; our own `&` and `#` are always encoded.
        end = end.split(['&', '#']).next().unwrap_or("");
    }
    // Encoded once more on its way: then no `;` or `=` of ours is left in it.
    let again = end.starts_with("v1%3B") || end.starts_with("v1%3b") || end.starts_with("v1z%3");
    if again { percent_decode_str(end).decode_utf8_lossy().into_owned() } else { end.to_owned() }
}

/// `v1` and whatever comes behind a version number.
fn is_versioned(text: &str) -> bool {
    let digits = text.strip_prefix('v').map(|rest| rest.trim_start_matches(|c: char| c.is_ascii_digit()));
    let Some(rest) = digits.filter(|rest| rest.len() + 1 < text.len()) else { return false };
    let rest = rest.strip_prefix('z').unwrap_or(rest);
    rest.is_empty() || rest.starts_with([';', '=', '%', '&'])
}

/// The text of the script that a link names, holds, or holds packed, and what is wrong with the rest.
fn text_of(head: &str, lines: &[&str]) -> Result<(String, Option<Problem>), Problem> {
    if head == "v1" {
        return Ok(plain(lines));
    }
    if let Some(packed) = head.strip_prefix("v1z=") {
        let (text, problem) = unpacked(packed);
        return Ok((text, problem.or_else(|| no_lines(lines))));
    }
    if is_versioned(head) {
        return Err(Problem::LinkVersion(shown(head.split('=').next().unwrap_or(head))));
    }
    if head.is_empty() {
        return Err(Problem::NoLink);
    }
    let name = unescaped(head).ok_or(Problem::NoText)?;
    if let Some(builtin) = catalogue::find(&name) {
        return Ok((builtin.text.to_owned(), no_lines(lines)));
    }
    if name.strip_prefix('L').is_some_and(|number| value::whole(number).is_some()) {
        return Err(Problem::NoLesson(shown(&name)));
    }
    let nearest = nearest(&name, catalogue::names());
    Err(Problem::Unknown {
        what: "scenario",
        word: shown(&name),
        nearest,
        known: catalogue::names().collect(),
    })
}

/// The lines of a link; one that is no text stays empty, so that the others keep their numbers.
fn plain(lines: &[&str]) -> (String, Option<Problem>) {
    let texts: Vec<Option<String>> = lines.iter().map(|line| unescaped(line)).collect();
    let problem = texts.iter().any(Option::is_none).then_some(Problem::NoText);
    (texts.into_iter().map(Option::unwrap_or_default).collect::<Vec<_>>().join("\n"), problem)
}

/// A packed link and a short one are whole: a line behind them would be skipped in silence.
fn no_lines(lines: &[&str]) -> Option<Problem> {
    let line = lines.iter().find(|line| !line.is_empty())?;
    Some(Problem::Extra {
        word: shown(line),
        expected: "`t=` and a time, `n=` and a node, `v=` and a rule, `l=` and a lesson or `d=` and a digest",
    })
}

fn unescaped(line: &str) -> Option<String> {
    let blanks = line.replace('+', " ");
    percent_decode_str(&blanks).decode_utf8().ok().map(Cow::into_owned)
}

/// The end of a link is the first thing to get lost, and what is left of it still unpacks.
fn unpacked(packed: &str) -> (String, Option<Problem>) {
    let packed = packed.trim_end_matches("%3D").trim_end_matches('=');
    let is_letter = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
    let good = packed.find(|c| !is_letter(c)).unwrap_or(packed.len());
    // One letter alone is six bits: less than a byte.
    let good = if good % 4 == 1 { good - 1 } else { good };
    let mut problem = (good < packed.len()).then_some(Problem::Packed("it is no base64url text"));
    let bytes = BASE64.decode(&packed[..good]).unwrap_or_default();
    // The limit is kept while unpacking: a small link may hold gigabytes.
    let mut bytes = decompress_to_vec_with_limit(&bytes, MAX_TEXT).unwrap_or_else(|error| {
        problem.get_or_insert(match error.status {
            TINFLStatus::HasMoreOutput => Problem::OverCap { what: "text", cap: "64 KiB", by: None },
            _ => Problem::Packed("it does not unpack; perhaps its end is missing"),
        });
        error.output
    });
    if problem.is_some() {
        // The last line may be half a line that means something else.
        let whole = bytes.iter().rposition(|byte| *byte == b'\n').unwrap_or(0);
        bytes.truncate(whole);
    }
    match String::from_utf8(bytes) {
        Ok(text) => (text, problem),
        Err(_) => (String::new(), problem.or(Some(Problem::NoText))),
    }
}

fn is_extra(part: &str) -> bool {
    let equals = part.as_bytes().get(1) == Some(&b'=');
    equals && part.starts_with(['t', 'n', 'v', 'l', 'd'])
}

fn read_extra(extra: &str, script: &Script, view: &mut LinkView) -> Result<(), Problem> {
    let (key, text) = extra.split_once('=').unwrap_or((extra, ""));
    let wrong = |expected| Problem::Extra { word: shown(extra), expected };
    match key {
        "t" => {
            let at = value::time(text).ok_or_else(|| wrong("a time such as `t=4312ms`"))?;
            view.at = Some(Instant::ZERO + at);
        }
        "n" => {
            let node = text.parse().map_err(|_| wrong("a node such as `n=A1`"))?;
            check_node(&script.cluster, node)?;
            view.node = Some(node);
        }
        "v" => {
            let versus = Versus::read(text);
            view.versus = Some(versus.ok_or_else(|| {
                wrong("a switch and its value such as `v=nack=off`, or a preset such as `v=valkey-9.1`")
            })?);
        }
        "l" => {
            let place = text.rsplit_once('.').and_then(|(name, step)| {
                let known = LESSONS.iter().chain(GOALS).chain(ROOMS).find(|one| one.name == name)?;
                Some((known.name, u16::try_from(value::whole(step)?).ok()?))
            });
            view.lesson = Some(place.ok_or_else(|| wrong("a lesson and its step such as `l=L3.4`"))?);
        }
        _ => {
            let digest = Some(text).filter(|text| text.len() == 8 && !text.starts_with('+'));
            let digest = digest.and_then(|text| u32::from_str_radix(text, 16).ok());
            view.digest = Some(digest.ok_or_else(|| wrong("eight hexadecimal digits such as `d=1a2b3c4d`"))?);
        }
    }
    Ok(())
}
