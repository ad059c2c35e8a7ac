//! What happens sixty times a second, and what happens then only ten times.

use splitvote::sim::traffic::why::Item;
use web_sys::HtmlCanvasElement;

use super::{App, door};
use crate::panels::paint::{Frame, paint};
use crate::scene::build;
use crate::{share, words};

/// Real milliseconds between two looks at everything that is not a message.
const LOOK: f64 = 100.0;
/// While votes fly, time runs at one two-hundredth.
const VOTES: (u64, u64) = (1, 200);
/// With reduced motion, one step of an election every two seconds.
pub(super) const STILL: f64 = 2000.0;

impl App {
    /// One frame: time moves, messages are painted; everything else is looked at ten times a second.
    pub(super) fn frame(&mut self, gap: f64) -> bool {
        let mut look = false;
        if let Some((_, left)) = &mut self.toast {
            *left -= gap;
            if *left <= 0.0 {
                self.toast = None;
                look = true;
            }
        }
        look |= self.seek_split();
        if self.playing || self.travel.is_some() {
            if !self.travel(gap) {
                self.run(gap);
            }
            self.since_look += gap;
            self.stale = true;
            if self.since_look >= LOOK || !(self.playing || self.travel.is_some()) {
                self.since_look = 0.0;
                look = true;
            }
        }
        if self.measure() {
            look = true;
        }
        if look {
            self.look();
        }
        if self.stale {
            self.stale = false;
            self.paint();
        }
        look
    }

    pub(super) fn run(&mut self, gap: f64) {
        if door::wants_stillness() {
            self.still += gap;
            if self.still >= STILL {
                self.still = 0.0;
                self.session.next_vote();
            }
        } else {
            let (times, part) = self.rate();
            let span = self.pace.take(gap, times, part);
            let to = self.session.now() + span;
            let watch = self.slow_votes && !self.slowed;
            self.slowed = self.session.advance(to, watch) && self.slow_votes;
        }
        if self.session.ended() {
            self.stop();
        }
    }

    pub(super) fn rate(&self) -> (u64, u64) {
        let chosen = words::SPEEDS.get(self.speed).copied().unwrap_or((1, 1));
        if self.slowed && chosen.0 * VOTES.1 > chosen.1 * VOTES.0 { VOTES } else { chosen }
    }

    pub(super) fn stop(&mut self) {
        self.playing = false;
        self.slowed = false;
        self.remember();
    }

    /// Puts the run into the address: only while paused, for browsers count such calls.
    pub(super) fn remember(&mut self) {
        if !self.playing && !self.front && self.travel.is_none() {
            self.door.put(&share::fragment(&self.session, self.session.ended()));
        }
    }

    pub(super) fn paint(&self) {
        for (side, run) in self.session.runs().enumerate() {
            let canvas = self.canvases[side].cast::<HtmlCanvasElement>();
            let (Some(canvas), Some(half)) = (canvas, self.view.halves.get(side)) else { continue };
            let flights = build::flights(run.reel().here(), run.cast(), self.pings);
            let packet = match self.chosen.item {
                Some((its, Item::Message(at))) if its == side => run.packet_of(at),
                _ => None,
            };
            let picked = packet.and_then(|packet| flights.iter().position(|one| one.id == packet));
            let frame =
                Frame { flights: &flights, ring: &half.ring, now: run.now(), pings: self.pings, picked };
            paint(&canvas, &self.palette, &frame);
        }
    }

    /// Lays the ring out anew if its box changed.
    pub(super) fn measure(&mut self) -> bool {
        let Some(frame) = self.frames[0].cast::<web_sys::Element>() else { return false };
        let size = (f64::from(frame.client_width()), f64::from(frame.client_height()));
        if size == self.view.size || size.0 < 1.0 {
            return false;
        }
        self.view.size = size;
        true
    }
}
