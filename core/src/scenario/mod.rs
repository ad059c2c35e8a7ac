//! The scenario language (design.md §4): one statement a line, as text, as values and as a link.
//!
//! Data only. What a script means is worked out by the simulator and by the driver of real nodes.

pub mod ast;
pub mod catalogue;
pub mod error;
pub mod language;
pub mod lesson;
pub mod lessons;
pub mod library;
pub mod link;
pub mod museum;
pub mod name;
pub mod parse;
mod print;
pub mod settings;
mod value;
mod versus;

pub use ast::{
    Action, ClusterSpec, Condition, DiskState, FailoverMode, Hand, Located, MessageFilter, OneMessage,
    PropertyId, RuleLine, Run, Script, Selector, ShardSpec, Share, Statement,
};
pub use error::{Problem, ScriptError, nearest};
pub use library::{Builtin, LIBRARY};
pub use link::{LinkView, from_link, from_link_lenient, to_link, to_short_link};
pub use name::{NodeName, ShardName};
pub use parse::{ACTIONS, Offer, Offers, STATEMENTS, Sort, Token, offers, parse, parse_lenient, tokens};
pub use settings::{Assignment, Between, Bytes, Key, PerSecond, Program, SaveBehavior, SetLine, Settings};
pub use value::time as read_time;
pub use versus::Versus;

#[cfg(test)]
mod tests;
