//! Every option that does something here, by name.

use super::endpoint::Endpoint;
use super::kinds::{Kind, addresses, host_name, kind, memory, name, number, span, word, yes};
use crate::base::Duration;
use crate::native::log::Level;
use crate::native::persist::{SyncPolicy, file_name, save_points, save_words};

/// One option.
#[derive(Debug)]
pub struct Spec {
    /// Its name.
    pub name: &'static str,
    /// An older name of it, or the same.
    pub alias: &'static str,
    /// Whether it may change while the node runs.
    pub live: bool,
    /// What it takes.
    pub kind: Kind,
}

impl Spec {
    /// Whether this is one of its names.
    pub fn is(&self, name: &str) -> bool {
        self.name == name || self.alias == name
    }
}

macro_rules! options {
    ($($live:ident $name:literal $(| $alias:literal)?: $kind:ident $value:tt;)*) => {
        /// Every option that does something.
        pub const OPTIONS: &[Spec] = &[$(Spec {
            name: $name,
            alias: { let alias = $name; $(let alias = { let _ = alias; $alias };)? alias },
            live: options!(@live $live),
            kind: kind!($kind $value),
        },)*];
    };
    (@live live) => { true };
    (@live start) => { false };
}

options! {
    // Where it listens and what it writes.
    start "port": number(port, 1, 65535);
    start "cluster-port": number(cluster_port, 0, 65535);
    start "bind": several("addresses such as `127.0.0.1 ::1`",
        |o| o.bind.iter().map(ToString::to_string).collect::<Vec<_>>().join(" "),
        |o, v| { o.bind = addresses(v)?; Some(()) });
    start "tcp-backlog": number(tcp_backlog, 1, 65535);
    start "dir": path(dir);
    start "logfile": path(logfile);
    start "splitvote-event-log": path(event_log);
    live "loglevel": one("debug, verbose, notice, warning or nothing", |o| o.loglevel.word().to_owned(),
        |o, v| { o.loglevel = Level::named(v)?; Some(()) });
    start "cluster-config-file": one("a file name", |o| o.cluster_config_file.clone(),
        |o, v| { (!v.is_empty()).then(|| v.clone_into(&mut o.cluster_config_file)) });

    // Who may come, and how much they may ask.
    live "requirepass": text(requirepass, "a password");
    live "primaryauth" | "masterauth": text(primaryauth, "a password");
    live "primaryuser" | "masteruser": text(primaryuser, "a user's name");
    live "protected-mode": flag(protected_mode);
    start "enable-debug-command": one("yes, no or local", |o| o.debug_commands.clone(),
        |o, v| { ["yes", "no", "local"].contains(&v).then(|| v.clone_into(&mut o.debug_commands)) });
    live "maxclients": number(maxclients, 1, 4_294_967_295);
    live "timeout": seconds(timeout, 0);
    live "tcp-keepalive": seconds(tcp_keepalive, 0);
    live "client-query-buffer-limit": memory(query_buffer);
    live "proto-max-bulk-len": memory(longest_word);
    live "client-output-buffer-limit": several("`CLASS HARD SOFT SECONDS`, once or more, CLASS being normal, \
        replica or pubsub", |o| o.output.to_string(), |o, v| o.output.read(v));
    live "cluster-link-sendbuf-limit": memory(link_sendbuf);

    // What others are told of it.
    live "cluster-announce-ip": one("an address", |o| o.announce_ip.map_or_else(String::new, |ip| ip.to_string()),
        |o, v| { o.announce_ip = if v.is_empty() { None } else { Some(v.parse().ok()?) }; Some(()) });
    live "cluster-announce-port": number(announce_port, 0, 65535);
    live "cluster-announce-bus-port": number(announce_bus_port, 0, 65535);
    live "cluster-announce-hostname": one("fewer than 256 letters, digits, `-` and `.`",
        |o| o.cluster.names.hostname.clone(),
        |o, v| { o.cluster.names.hostname = host_name(v)?; Some(()) });
    live "cluster-announce-human-nodename": name(cluster.names.human_name);
    live "cluster-announce-client-ipv4": one("an IPv4 address", |o| o.cluster.names.client_ipv4.clone(),
        |o, v| (v.is_empty() || v.parse::<std::net::Ipv4Addr>().is_ok())
            .then(|| v.clone_into(&mut o.cluster.names.client_ipv4)));
    live "cluster-announce-client-ipv6": one("an IPv6 address", |o| o.cluster.names.client_ipv6.clone(),
        |o, v| (v.is_empty() || v.parse::<std::net::Ipv6Addr>().is_ok())
            .then(|| v.clone_into(&mut o.cluster.names.client_ipv6)));
    live "cluster-announce-client-port": number(cluster.names.client_port, 0, 65535);
    live "cluster-announce-client-tls-port": number(cluster.names.client_tls_port, 0, 65535);
    live "availability-zone": name(cluster.names.availability_zone);
    live "cluster-replica-priority": number(cluster.names.replica_priority, 0, 4_294_967_295);
    live "cluster-preferred-endpoint-type": one("ip, hostname or unknown-endpoint",
        |o| o.endpoint.word().to_owned(), |o, v| { o.endpoint = Endpoint::named(v)?; Some(()) });

    // What the core decides by.
    live "splitvote-rules": several("a preset and `switch=value`s that `splitvote rules` lists, such as \
        `valkey-9.1 nack=off`", |o| o.rules.to_string(), |o, v| { o.rules = v.parse().ok()?; Some(()) });
    start "splitvote-bus-latency": one("microseconds from least to most, such as `1000..5000`",
        |o| format!("{}..{}", o.bus_latency.0.as_micros(), o.bus_latency.1.as_micros()),
        |o, v| {
            let (low, high) = v.split_once("..")?;
            let micros = |text| number(text, 0, 60_000_000).map(Duration::from_micros);
            o.bus_latency = Some((micros(low)?, micros(high)?)).filter(|(low, high)| low <= high)?;
            Some(())
        });
    live "cluster-node-timeout": millis(cluster.node_timeout, 0);
    live "cluster-ping-interval": one("milliseconds; 0 is half of cluster-node-timeout",
        |o| o.cluster.ping_interval.map_or(0, Duration::as_millis).to_string(),
        |o, v| { o.cluster.ping_interval = Some(span(v, 1, 0)?).filter(|span| !span.is_zero()); Some(()) });
    live "cluster-message-gossip-perc": number(cluster.gossip_percent, 1, 100);
    live "cluster-replica-validity-factor" | "cluster-slave-validity-factor":
        number(cluster.replica_validity_factor, 0, 2_147_483_647);
    live "cluster-replica-no-failover" | "cluster-slave-no-failover": flag(cluster.replica_no_failover);
    live "cluster-manual-failover-timeout": millis(cluster.manual_failover_timeout, 1);
    live "cluster-migration-barrier": number(cluster.migration_barrier, 0, 4_294_967_295);
    live "cluster-allow-replica-migration": flag(cluster.allow_replica_migration);
    live "cluster-require-full-coverage": flag(cluster.require_full_coverage);
    live "cluster-blacklist-ttl": seconds(cluster.blacklist_ttl, 0);
    live "cluster-allow-reads-when-down": flag(reads_when_down);

    // What is on the disk.
    live "save": several("pairs of seconds and changes, or nothing",
        |o| save_words(&o.persist.save), |o, v| { o.persist.save = save_points(v)?; Some(()) });
    start "dbfilename": one("a file name", |o| o.persist.snapshot.clone(),
        |o, v| { o.persist.snapshot = file_name(v)?; Some(()) });
    live "appendonly": flag(persist.log);
    live "appendfsync": one("always, everysec or no", |o| o.persist.sync.word().to_owned(),
        |o, v| { o.persist.sync = SyncPolicy::of(v)?; Some(()) });
    start "appenddirname": one("a folder's name", |o| o.persist.folder.clone(),
        |o, v| { o.persist.folder = file_name(v)?; Some(()) });
    start "appendfilename": one("a file name", |o| o.persist.name.clone(),
        |o, v| { o.persist.name = file_name(v)?; Some(()) });
    live "aof-load-truncated": flag(persist.load_truncated);
    live "auto-aof-rewrite-percentage": number(persist.growth, 0, 2_147_483_647);
    live "auto-aof-rewrite-min-size": memory(persist.growth_least);

    live "key-load-delay": number(key_load_delay, 0, 1_000_000);

    // Replication.
    live "repl-ping-replica-period" | "repl-ping-slave-period": seconds(cluster.repl_ping_replica_period, 1);
    live "repl-timeout": seconds(cluster.repl_timeout, 1);
    live "repl-backlog-size": memory(cluster.repl_backlog_size);
    live "repl-backlog-ttl": seconds(backlog_ttl, 0);
    live "replica-serve-stale-data" | "slave-serve-stale-data": flag(serve_stale_data);
    live "min-replicas-to-write" | "min-slaves-to-write": number(min_replicas, 0, 2_147_483_647);
    live "min-replicas-max-lag" | "min-slaves-max-lag": seconds(max_lag, 0);
}
