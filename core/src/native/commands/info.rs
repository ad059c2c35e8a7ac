//! INFO: the node in lines of `name:value`.

use std::fmt::Write as _;

use super::table::COMMANDS;
use super::{Call, Flow};
use crate::native::server::Server;
use crate::protocol::replication::Path;

type Section = fn(&mut String, &Server);

/// Sections of `INFO` without arguments, then those that must be named.
const SECTIONS: &[(&str, Section)] = &[
    ("server", server),
    ("clients", clients),
    ("memory", memory),
    ("persistence", persistence),
    ("stats", stats),
    ("replication", replication),
    ("cluster", cluster),
    ("keyspace", keyspace),
    ("commandstats", command_stats),
    ("errorstats", error_stats),
];
const UNASKED: usize = 8;

pub(super) fn info(call: &mut Call<'_>) -> Flow {
    let mut asked: Vec<String> =
        call.words[1..].iter().map(|word| String::from_utf8_lossy(word).to_ascii_lowercase()).collect();
    if asked.is_empty() {
        asked.push("default".to_owned());
    }
    let all = asked.iter().any(|word| word == "all" || word == "everything");
    let usual = asked.iter().any(|word| word == "default");
    let mut text = String::new();
    for (at, (name, section)) in SECTIONS.iter().enumerate() {
        if all || (usual && at < UNASKED) || asked.iter().any(|word| word == name) {
            if !text.is_empty() {
                text.push_str("\r\n");
            }
            let _ = write!(text, "# {}{}\r\n", name[..1].to_ascii_uppercase(), &name[1..]);
            section(&mut text, call.server);
        }
    }
    call.out.verbatim(&text);
    Flow::Done
}

/// Writing to a `String` cannot fail.
fn line(text: &mut String, name: &str, value: impl std::fmt::Display) {
    let _ = write!(text, "{name}:{value}\r\n");
}

fn server(text: &mut String, server: &Server) {
    line(text, "redis_version", "7.2.4");
    line(text, "server_name", "splitvote");
    line(text, "splitvote_version", env!("CARGO_PKG_VERSION"));
    line(text, "splitvote_rules", server.options.rules);
    line(text, "valkey_version", "9.1.2");
    line(text, "server_mode", "cluster");
    line(text, "process_id", std::process::id());
    line(text, "run_id", server.node.id());
    line(text, "tcp_port", server.options.port);
    line(text, "uptime_in_seconds", server.now().as_secs());
    line(text, "hz", 10);
}

fn clients(text: &mut String, server: &Server) {
    line(text, "connected_clients", server.clients.known.len());
    line(text, "maxclients", server.options.maxclients);
    line(text, "blocked_clients", server.clients.waiting());
}

fn memory(text: &mut String, server: &Server) {
    // The second number of the kernel's file is the resident set, in pages of 4 KiB.
    let statm = std::fs::read_to_string("/proc/self/statm").unwrap_or_default();
    let pages = statm.split_whitespace().nth(1).and_then(|pages| pages.parse::<u64>().ok()).unwrap_or(0);
    line(text, "used_memory", pages * 4096);
    line(text, "used_memory_rss", pages * 4096);
    // What each link holds beside what waits on it: the room it reads into.
    let links: usize = server.links.values().map(|end| end.queued() + 16 * 1024).sum();
    line(text, "mem_cluster_links", links);
}

fn persistence(text: &mut String, server: &Server) {
    let loading = server.loading.upgrade();
    line(text, "loading", u8::from(loading.is_some()));
    line(text, "async_loading", 0);
    if let Some(progress) = loading {
        let (done, total) = (progress.done.get(), progress.total);
        let spent = server.now().since(progress.begun).as_millis() / 1000;
        line(text, "loading_start_time", (server.clock.unix_birth_ms() + progress.begun.as_millis()) / 1000);
        line(text, "loading_total_bytes", total);
        line(text, "loading_loaded_bytes", done);
        line(text, "loading_loaded_perc", format_args!("{}.00", done.saturating_mul(100) / total.max(1)));
        let left = spent.saturating_mul(total.saturating_sub(done)).checked_div(done);
        line(text, "loading_eta_seconds", left.unwrap_or(1));
        line(text, "rdb_last_load_keys_loaded", progress.keys.get());
    }
    let status = |failed: bool| if failed { "err" } else { "ok" };
    let saved = &server.persist.saved;
    line(text, "rdb_changes_since_last_save", server.unsaved());
    line(text, "rdb_bgsave_in_progress", u8::from(saved.saving));
    line(text, "rdb_last_save_time", saved.last);
    line(text, "rdb_last_bgsave_status", status(saved.failed));
    line(text, "rdb_saves", saved.count);
    let log = server.persist.log.as_ref();
    line(text, "aof_enabled", u8::from(log.is_some()));
    line(text, "aof_rewrite_in_progress", u8::from(log.is_some_and(|log| log.rewriting)));
    line(text, "aof_rewrite_scheduled", 0);
    line(text, "aof_last_bgrewrite_status", status(server.persist.rewrite_failed));
    // A log that cannot be written ends the process.
    line(text, "aof_last_write_status", "ok");
    if let Some(log) = log {
        line(text, "aof_current_size", log.before + log.size);
        line(text, "aof_base_size", log.base_size);
        line(text, "aof_buffer_length", server.feed.unlogged.len());
        line(text, "aof_increment_size", log.size);
        line(text, "aof_increment_synced", log.synced_size);
        line(text, "aof_whole", if log.whole { "yes" } else { "no" });
        line(text, "aof_synced_offset", log.durable);
    }
}

fn stats(text: &mut String, server: &Server) {
    line(text, "total_connections_received", server.stats.connections);
    line(text, "total_commands_processed", server.stats.commands);
    line(text, "rejected_connections", server.stats.rejected);
    line(text, "client_output_buffer_limit_disconnections", server.stats.output_closed);
    line(text, "total_error_replies", server.stats.errors.values().sum::<u64>());
    line(text, "expired_keys", server.stats.expired);
}

fn replication(text: &mut String, server: &Server) {
    let replication = server.node.replication();
    let end = server.feed.end();
    let primary = server.node.view().my_primary().map(|ix| server.node.view().peer(ix));
    line(text, "role", if primary.is_some() { "slave" } else { "master" });
    if let Some(primary) = primary {
        line(text, "master_host", primary.address.ip.map_or_else(String::new, |ip| ip.to_string()));
        line(text, "master_port", primary.address.port);
        let up = replication.path() == Path::Streaming;
        line(text, "master_link_status", if up { "up" } else { "down" });
        // As in Valkey, -1 is a link that is not up.
        let seconds =
            |span: crate::base::Duration| i64::try_from(span.as_millis() / 1000).unwrap_or(i64::MAX);
        line(text, "master_last_io_seconds_ago", replication.silence(server.now()).map_or(-1, seconds));
        line(text, "master_sync_in_progress", u8::from(matches!(replication.path(), Path::Receiving(_))));
        if !up {
            let down = replication.down_for(server.now()).map_or(-1, seconds);
            line(text, "master_link_down_since_seconds", down);
        }
        line(text, "slave_repl_offset", end);
        line(text, "slave_read_only", 1);
        line(text, "replica_data_whole", if replication.whole() { "yes" } else { "no" });
    }
    line(text, "connected_slaves", server.feed.replicas.len());
    let now = server.clock.unix_ms();
    for (at, fed) in server.feed.replicas.values().enumerate() {
        let ip = fed.ip.clone().unwrap_or_else(|| fed.remote.ip().to_string());
        let state = if fed.online { "online" } else { "send_bulk" };
        let lag = now.saturating_sub(fed.heard_ms) / 1000;
        let _ = write!(
            text,
            "slave{at}:ip={ip},port={},state={state},offset={},lag={lag},type=replica\r\n",
            fed.port, fed.acked
        );
    }
    line(text, "master_replid", replication.history());
    let (second, until) = replication.previous().map_or_else(
        || ("0".repeat(40), -1),
        |point| (point.history.to_string(), i64::try_from(point.offset.0).unwrap_or(i64::MAX)),
    );
    line(text, "master_replid2", second);
    line(text, "master_repl_offset", end);
    line(text, "second_repl_offset", until);
    line(text, "repl_backlog_active", u8::from(server.feed.remembers()));
    line(text, "repl_backlog_size", server.options.cluster.repl_backlog_size);
    line(text, "repl_backlog_first_byte_offset", server.feed.first());
    line(text, "repl_backlog_histlen", end + 1 - server.feed.first());
}

fn cluster(text: &mut String, _: &Server) {
    line(text, "cluster_enabled", 1);
}

fn keyspace(text: &mut String, server: &Server) {
    let keys = &server.keyspace;
    if !keys.is_empty() {
        line(text, "db0", format_args!("keys={},expires={},avg_ttl=0", keys.len(), keys.ending()));
    }
}

fn command_stats(text: &mut String, server: &Server) {
    for (command, stats) in COMMANDS.iter().zip(&server.stats.of) {
        if stats.calls + stats.rejected > 0 {
            line(
                text,
                &format!("cmdstat_{}", command.name),
                format_args!(
                    "calls={},usec=0,usec_per_call=0.00,rejected_calls={},failed_calls={}",
                    stats.calls, stats.rejected, stats.failed
                ),
            );
        }
    }
}

fn error_stats(text: &mut String, server: &Server) {
    for (code, count) in &server.stats.errors {
        line(text, &format!("errorstat_{code}"), format_args!("count={count}"));
    }
}
