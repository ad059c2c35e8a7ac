//! The scenario language (design.md §4): one statement a line, as text, as values and as a link.
//!
//! Data only. What a script means is worked out by the simulator and by the driver of real nodes.

pub mod ast;
pub mod name;
pub mod settings;
mod value;
pub mod words;

pub use ast::{
    Action, ClusterSpec, Condition, DiskState, FailoverMode, Located, MessageFilter, PropertyId, Run, Script,
    Selector, ShardSpec, Share, Statement,
};
pub use name::{NodeName, ShardName};
pub use settings::{Assignment, Between, Bytes, Key, PerSecond, SetLine, Settings};
pub use words::RuleLine;
