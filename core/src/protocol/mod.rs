//! The rules, one concern a file. A rule changes only what it is handed and answers with a value
//! that explains itself; nothing here sends, persists or reads a clock. The files do not know each
//! other: `node` lets them speak in turn. Section numbers are those of protocol.md; C names are
//! those of Valkey's `cluster_legacy.c`, 9.1.

pub mod claims;
pub mod election;
pub mod failure;
pub mod gossip;
pub mod health;
pub mod manual;
pub mod membership;
pub mod migration;
pub mod replication;
pub mod voting;
