//! The language as a whole: what it reads, what it says of what it cannot read, and that nothing breaks it.

mod arbitrary;
mod errors;
mod forms;
mod links;
mod overrides;
mod properties;
