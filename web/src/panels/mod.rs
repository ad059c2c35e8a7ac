//! The parts of the page. Each is a function of what it is handed; wishes go up as [`Act`]s.

pub mod branches;
pub mod chart;
pub mod compare;
pub mod diagram;
pub mod front;
pub mod hand;
pub mod histogram;
pub mod inspector;
pub mod lab;
pub mod learn;
pub mod lesson;
pub mod log;
pub mod paint;
pub mod promises;
pub mod rail;
pub mod room;
pub mod rules;
pub mod script;
pub mod sheets;
pub mod stage;
pub mod table;
pub mod top;
pub mod transport;
pub mod verdict;
pub mod views;
pub mod vote;
pub mod why;

use std::ops::Deref;
use std::rc::Rc;

use yew::prelude::*;

use crate::action::Act;

/// A value that many panels look at; two are equal if they are the same one, so that a comparison
/// of properties costs nothing.
#[derive(Debug)]
pub struct Shared<T>(Rc<T>);

impl<T> Shared<T> {
    /// Makes a value shared.
    pub fn new(value: T) -> Self {
        Self(Rc::new(value))
    }
}

impl<T> Clone for Shared<T> {
    fn clone(&self) -> Self {
        Self(Rc::clone(&self.0))
    }
}

impl<T> PartialEq for Shared<T> {
    fn eq(&self, other: &Self) -> bool {
        Rc::ptr_eq(&self.0, &other.0)
    }
}

impl<T> Deref for Shared<T> {
    type Target = T;
    fn deref(&self) -> &T {
        &self.0
    }
}

/// Where wishes go.
pub type Wish = Callback<Act>;

/// A handler that wishes for `act`, whatever the event.
pub fn wish<E>(on: &Wish, act: Act) -> Callback<E> {
    let on = on.clone();
    Callback::from(move |_: E| on.emit(act.clone()))
}

/// A drawing of 16 by 16, by name.
pub fn icon(name: &str) -> Html {
    let path = match name {
        "kill" | "close" => "M4 4l8 8M12 4l-8 8",
        "pause" => "M5.5 3.5v9M10.5 3.5v9",
        "play" => "M5 3.2v9.6l7.5-4.8z",
        "restart" => "M13 8a5 5 0 1 1-1.6-3.7M13 2.5v3h-3",
        "failover" => "M3 11l3-7 2 4 2-4 3 7zM3 13.5h10",
        "cut" => "M8 1.5v3M8 6.5v3M8 11.5v3M2 8h3M11 8h3",
        "slow" => "M8 4.5V8l2.5 1.5M14 8A6 6 0 1 1 2 8a6 6 0 0 1 12 0z",
        "heal" => "M2 8h4l1.5-4 2 8L11 8h3",
        "next" => "M3.500 7.500a.5.5 0 1 0 0 1 .5.5 0 0 0 0-1M8 3.500L12.500 8 8 12.500",
        "back" => "M12.500 7.500a.5.5 0 1 0 0 1 .5.5 0 0 0 0-1M8 3.500L3.500 8 8 12.500",
        "vote-next" => "M2.500 3.500v9L8 8zM8.500 3.500v9L14 8z",
        "vote-back" => "M13.500 3.500v9L8 8zM7.500 3.500v9L2 8z",
        "start" => "M3.5 3.5v9M13 3.5v9L6 8z",
        "share" => "M8 10V2M5 4.5L8 1.5l3 3M3 8.5v5h10v-5",
        "learn" => "M8 3L1.500 6.500 8 10l6.500-3.500zM4 8v3.500c2.500 2 5.500 2 8 0V8",
        "help" => "M6 6a2 2 0 1 1 2.6 1.9c-.4.2-.6.5-.6 1v.4M8 11.8v.2",
        "theme" => "M8 2a6 6 0 1 0 6 6 4.5 4.5 0 0 1-6-6z",
        "sun" => {
            "M8 5a3 3 0 1 0 0 6 3 3 0 0 0 0-6zM8 1.500v1M8 13.500v1M1.500 8h1M13.500 8h1M3.400 3.400l.7.7M11.900 11.900l.7.7M12.600 3.400l-.7.7M4.100 11.900l-.7.7"
        }
        "more" => {
            "M3 7.600a.4.4 0 1 0 0 .8.4.4 0 0 0 0-.8M8 7.600a.4.4 0 1 0 0 .8.4.4 0 0 0 0-.8M13 7.600a.4.4 0 1 0 0 .8.4.4 0 0 0 0-.8"
        }
        "lens-in" => {
            "M7 2.500a4.500 4.500 0 1 0 0 9 4.500 4.500 0 0 0 0-9zM10.300 10.300l3.200 3.200M7 5v4M5 7h4"
        }
        "lens-out" => "M7 2.500a4.500 4.500 0 1 0 0 9 4.500 4.500 0 0 0 0-9zM10.300 10.300l3.200 3.200M5 7h4",
        "list" => "M4 6l4 4 4-4",
        "dice" => "M3 3h10v10H3zM6 6h.01M10 10h.01M10 6h.01M6 10h.01",
        "undo" => "M6 3L3 6l3 3M3 6h6.5a3.5 3.5 0 0 1 0 7H7",
        "present" => "M2 3.500h12v7.500H2zM8 11v2.500M5.500 13.500h5",
        "lock" => "M4 7.500h8v6H4zM5.500 7.500V5a2.500 2.500 0 0 1 5 0v2.500",
        "chevron" => "M6 3.500L10.500 8 6 12.500",
        "done" => "M3 8.500l3.500 3.500L13 4.500",
        "copy" => "M6 5.500h7v8H6zM3 10.500v-8h7",
        "plus" => "M8 3.5v9M3.500 8h9",
        "minus" => "M3.500 8h9",
        "versus" => "M2.500 3.500h4.500v9H2.500zM9 3.500h4.500v9H9z",
        "split" => "M8 14V9M8 9L3.5 4.5M8 9l4.5-4.5M3 7.500V4h3.500M13 7.500V4H9.500",
        _ => "",
    };
    let filled = matches!(name, "play" | "vote-next" | "vote-back" | "start");
    let fill = if filled { "currentColor" } else { "none" };
    html! {
        <svg viewBox="0 0 16 16" aria-hidden="true" fill={fill} stroke="currentColor" stroke-width="1.6"
            stroke-linecap="round" stroke-linejoin="round"><path d={path} /></svg>
    }
}

/// An epoch's number: a current epoch on its hue, a config epoch, which is square, on grey.
pub fn chip(epoch: u64, square: bool) -> Html {
    let hue = if square { "past" } else { crate::scene::hue(epoch) };
    html! { <span class={classes!("chip", hue, square.then_some("sq"))}>{ epoch }</span> }
}

/// A switch with its name and, in the rail, what it means.
pub fn switch(label: &str, meaning: Option<&str>, id: &str, on: bool, click: Callback<MouseEvent>) -> Html {
    let checked = if on { "true" } else { "false" };
    html! {
        <button type="button" class="switch" role="switch" aria-checked={checked} aria-label={label.to_owned()} data-testid={id.to_owned()} onclick={click}>
            <span class="track" aria-hidden="true"></span>
            <span><b>{ label }</b>if let Some(meaning) = meaning { <small>{ meaning }</small> }</span>
        </button>
    }
}
