//! Real nodes: sockets, clients, disks and clocks around the same [`Node`](crate::node::Node).
//!
//! One thread, one owner: [`Server`](server::Server) holds the node, the data and everything that
//! belongs to them; tasks of the one-threaded runtime borrow it between two awaits and never across
//! one. `server` is the driver: inputs in, outputs carried out in order (`carry`). `bus` moves frames,
//! `client` and `commands` serve clients, `keyspace` holds data, `disk` keeps `nodes.conf`, `persist` the data.
//!
//! What is *not* here: any decision of the protocol. If a question is about epochs, votes or roles, it
//! is answered in `protocol`, through `node`.

pub mod accept;
pub mod bus;
mod carry;
pub mod client;
pub mod clock;
pub mod commands;
pub mod disk;
pub mod event_log;
pub mod feed;
pub mod feeding;
pub mod keyspace;
pub mod link;
pub mod loading;
pub mod log;
pub mod migrate;
pub mod options;
pub mod persist;
pub mod pubsub;
pub mod pulse;
pub mod rdb;
pub mod replica;
pub mod server;
pub mod stage;
pub mod start;
pub mod stream;
mod told;
pub mod values;

pub use options::Options;
pub use start::{StartError, run};
