//! The page as it is shown: whole, on a projector, or inside of another page.

use yew::prelude::*;

use super::{App, Msg, door};
use crate::action::Act;
use crate::language::{self, t, tell};
use crate::panels::{Wish, icon, lesson, wish};
use crate::{share, words};

/// How much of the page is shown.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Mode {
    /// All of it.
    #[default]
    Whole,
    /// The stage in big type, for a projector.
    Present,
    /// The stage and a way to the whole page, in a frame of another page.
    Embed,
    /// What the speaker sees beside the projector.
    Notes,
}

/// Words behind the question mark of an address that choose what is shown.
const ASKED: [(&str, Mode); 3] =
    [("?present", Mode::Present), ("?embed", Mode::Embed), ("?notes", Mode::Notes)];

/// What an address asks for, and the address without that: the rest is the run's.
pub(crate) fn asked(address: &str) -> (Mode, String) {
    for (word, mode) in ASKED {
        if let Some((before, after)) = address.split_once(word)
            && (after.is_empty() || after.starts_with(['#', '=', '&']))
        {
            let fragment = after.find('#').map_or("", |at| &after[at..]);
            return (mode, format!("{before}{fragment}"));
        }
    }
    (Mode::Whole, address.to_owned())
}

impl App {
    /// The stage, the sentence and three keys.
    pub(super) fn bare(&self, ctx: &Context<Self>) -> Html {
        let (session, on) = (&self.session, &ctx.link().callback(Msg::Act));
        let caption = tell(&self.view.caption.1);
        let class = if self.mode == Mode::Embed { "embed" } else { "present" };
        html! {
            <div key={format!("{class}-{}", language::tag())} class={classes!("app", "stand", class)} data-testid={class}>
                <main class="centre">
                    <h1 class="unseen">{ words::NAME }</h1>
                    { self.stage(ctx, on) }
                    if let Some(course) = session.course().filter(|_| self.mode == Mode::Present) {
                        { lesson::strip(course, on) }
                    } else {
                        <div class="caption">
                            <p data-testid="caption">{ &caption }</p>
                        </div>
                    }
                </main>
                <footer class="dock" aria-label={t("Time")}>
                    <span class="clock" data-testid="clock">{ words::clock(session.now()) }</span>
                    { self.three(on) }
                    <div class="row">{ if self.mode == Mode::Embed { self.way_out() } else { leave(on) } }</div>
                </footer>
                <div class="unseen" role="status" aria-live="polite" data-testid="live">{ if self.playing && !self.slowed { "" } else { caption.as_str() } }</div>
                if let Some((toast, _)) = &self.toast { <div class="toast" role="status" data-testid="toast">{ tell(toast) }</div> }
            </div>
        }
    }

    fn three(&self, on: &Wish) -> Html {
        let play = if self.playing { ("pause", t("Pause")) } else { ("play", t("Play")) };
        html! {
            <div class="keys">
                <button type="button" class="btn icon" aria-label={t("Previous step of an election")} data-testid="vote-back" onclick={wish(on, Act::Vote(false))}>{ icon("vote-back") }</button>
                <button type="button" class="btn solid play" data-testid="play" onclick={wish(on, Act::Play)}>{ icon(play.0) }{ play.1 }</button>
                <button type="button" class="btn icon" aria-label={t("Next step of an election")} data-testid="vote-next" onclick={wish(on, Act::Vote(true))}>{ icon("vote-next") }</button>
            </div>
        }
    }

    /// The way from a frame to the page.
    fn way_out(&self) -> Html {
        let address = door::full(&share::fragment(&self.session, false));
        html! { <a class="btn bare" href={address} target="_blank" rel="noopener" data-testid="open">{ t("Open in Splitvote") }</a> }
    }
}

fn leave(on: &Wish) -> Html {
    html! { <>
        <button type="button" class="btn bare" data-testid="notes" onclick={wish(on, Act::Notes)}>{ t("Speaker notes") }</button>
        <button type="button" class="btn bare icon" aria-label={t("Leave the projector's view")} data-testid="leave" onclick={wish(on, Act::Present)}>{ icon("close") }</button>
    </> }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_says_how_much_is_shown_and_keeps_its_run() {
        let run = "http://a/b/#v1;seed+2".to_owned();
        assert_eq!(asked("http://a/b/?embed#v1;seed+2"), (Mode::Embed, run.clone()));
        assert_eq!(asked("http://a/b/?present=1#v1;seed+2"), (Mode::Present, run.clone()));
        assert_eq!(asked("http://a/b/?notes"), (Mode::Notes, "http://a/b/".to_owned()));
        assert_eq!(asked("http://a/b/?v1;seed+2"), (Mode::Whole, "http://a/b/?v1;seed+2".to_owned()));
        assert_eq!(asked("http://a/b/?embedded"), (Mode::Whole, "http://a/b/?embedded".to_owned()));
    }
}
