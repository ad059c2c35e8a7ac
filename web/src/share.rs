//! Addresses that hold a run.

use splitvote::base::Instant;
use splitvote::scenario::museum::ROOMS;
use splitvote::scenario::{LIBRARY, LinkView, Script, catalogue, from_link_lenient, to_link, to_short_link};

use crate::panels::script::Mistake;
use crate::session::compare::Against;
use crate::session::{Session, mistakes};

/// What a fresh page shows.
pub const FIRST: &str = "split-vote";

/// What an address gave.
pub struct Opened {
    /// The run, at the moment of the link.
    pub session: Session,
    /// The digest that the link promises.
    pub promised: Option<u32>,
    /// What was wrong with it; what was right is in the run.
    pub wrong: Vec<Mistake>,
    /// Whether the address named no run at all.
    pub fresh: bool,
}

/// The run of an address; the first scenario if it names none.
pub fn open(address: &str) -> Opened {
    let holds = address.contains(['#', '?']) || address.contains("%23");
    let empty = address.ends_with(['#', '?']);
    let (script, view, errors) = if holds && !empty {
        from_link_lenient(address)
    } else {
        (Script::default(), LinkView::default(), Vec::new())
    };
    let wrong = mistakes(&errors);
    let text = if script == Script::default() { first() } else { text_of(&script) };
    let mut session = Session::new(&text)
        .or_else(|_| Session::new(&first()))
        .unwrap_or_else(|_| unreachable!("the library is tested"));
    session.selected =
        view.node.and_then(|node| session.cast().names.iter().position(|name| *name == node.to_string()));
    if view.node.is_none() && view.at.is_none() {
        session.selected = Some(0);
    }
    // A room opens with its card; its steps are opened from there.
    let plain = builtin(&session).filter(|name| ROOMS.iter().all(|room| room.name != *name));
    let lesson = view.lesson.or_else(|| Some((plain?, 1)));
    let step = lesson.filter(|(name, step)| session.learn(name, usize::from(step.saturating_sub(1))));
    // What a learner made of a lesson is in the link, and is not to be replaced by the lesson's own run.
    if step.is_some() && view.at.is_none() && view.versus.is_none() && builtin(&session).is_some() {
        // A step without a moment of its own is at the lesson's.
        let to = session.show_step();
        session.seek(to.unwrap_or(0));
        return Opened { session, promised: view.digest, wrong, fresh: false };
    }
    // Without a moment of its own a run opens a second before anything happens.
    let start = session.first_fault().unwrap_or(0).saturating_sub(1_000_000);
    session.seek(view.at.map_or(start, Instant::as_micros));
    // A comparison that the script cannot carry leaves the script as it is.
    let _ = session.compare(view.versus.map(Against::Rules));
    Opened { session, promised: view.digest, wrong, fresh: !holds || empty }
}

fn first() -> String {
    LIBRARY.iter().find(|one| one.name == FIRST).map_or_else(String::new, |one| one.text.to_owned())
}

/// The text of a script: with its comments if it is a built-in one.
fn text_of(script: &Script) -> String {
    catalogue::known(script).map_or_else(|| script.to_string(), |one| one.text.to_owned())
}

/// The name of the built-in scenario that runs, if it is one as it came.
pub fn builtin(session: &Session) -> Option<&'static str> {
    catalogue::known(session.script()).map(|one| one.name)
}

/// The fragment that holds a run, the cursor and the selection; with the digest if it is to prove itself.
pub fn fragment(session: &Session, prove: bool) -> String {
    let view = LinkView {
        at: (session.now() > 0).then(|| Instant::from_micros(session.now())),
        node: session.selected.and_then(|at| session.cast().names.get(at)).and_then(|name| name.parse().ok()),
        versus: session.versus(),
        lesson: session
            .course()
            .and_then(|course| Some((course.built.name, u16::try_from(course.step() + 1).ok()?))),
        digest: prove.then(|| u32::from_str_radix(&session.outcome().digest, 16).ok()).flatten(),
    };
    match builtin(session) {
        Some(name) => to_short_link(name, &view),
        None => to_link(session.script(), &view),
    }
}

/// Whether a link keeps its promise: `None` if it made none.
pub fn kept(session: &Session, promised: Option<u32>) -> Option<bool> {
    promised.map(|digest| format!("{digest:08x}") == session.outcome().digest)
}
