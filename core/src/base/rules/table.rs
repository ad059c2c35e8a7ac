//! The table of switches: one row each, one column a preset.

use serde::{Deserialize, Serialize};

use super::{Group, Nack, Switch};

const ON_OFF: &[&str] = &["on", "off"];

/// The revision of NACK in each preset.
const NACKS: [Nack; 8] =
    [Nack::Off, Nack::Off, Nack::Off, Nack::Off, Nack::Off, Nack::Off, Nack::Echoed, Nack::On];

macro_rules! rules {
    ($($columns:literal $group:ident $field:ident, $id:literal, $source:literal, $meaning:literal;)*) => {
        /// What one node obeys. The default is preset `splitvote`.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
        pub struct Rules {
            /// How a refused candidate learns of it.
            pub nack: Nack,
            $(#[doc = $meaning] pub $field: bool,)*
        }

        impl Rules {
            /// Preset `splitvote`: all fixes.
            pub const SPLITVOTE: Self = Self::column(7);

            /// The rules of the preset at this place of [`PRESETS`](super::PRESETS).
            pub(super) const fn column(at: usize) -> Self {
                Self { nack: NACKS[at], $($field: $columns.as_bytes()[at] == b'+',)* }
            }
        }

        /// Every switch, in the order in which a canonical script writes them.
        pub const SWITCHES: &[Switch] = &[
            Switch {
                id: "nack",
                group: Group::Nack,
                source: "#3833 #4654 #4700 #4655",
                meaning: "A voter that refuses says so and why, so a lost round ends at once.",
                values: &["on", "filtered", "echoed", "merged", "proposed", "off"],
                get: |rules| rules.nack.word(),
                set: |rules, value| {
                    let revision = Nack::ALL.into_iter().find(|revision| revision.word() == value);
                    revision.map(|revision| rules.nack = revision).is_some()
                },
            },
            $(Switch {
                id: $id,
                group: Group::$group,
                source: $source,
                meaning: $meaning,
                values: ON_OFF,
                get: |rules| if rules.$field { "on" } else { "off" },
                set: |rules, value| match value {
                    "on" => { rules.$field = true; true }
                    "off" => { rules.$field = false; true }
                    _ => false,
                },
            },)*
        ];
    };
}

rules! {
    // Columns: Redis 7.0, Valkey 7.2, 8.0, 8.1, 9.0, 9.1, 9.2, splitvote. A preset is the last patch
    // release of its version (protocol.md §6.8); `+` is on.
    // election
    "-----+++" Election fast_failover, "fast-failover", "#2227",
        "A replica that is provably the best asks for votes without any delay.";
    "-------+" Election prompt_fast_path, "prompt-fast-path", "protocol.md E13",
        "Being provably the best is noticed when a sibling's header says so, not at the next cron.";
    "------++" Election primary_fail_cleared, "primary-fail-cleared", "#4533",
        "A replica stops saying that its primary has failed when that is no longer so.";
    "----++++" Election scaled_delay, "scaled-delay", "#2449",
        "The election delay scales with the node timeout instead of being a fixed half second.";
    "----++++" Election offset_zero_waits, "offset-zero-waits", "#2449",
        "A candidate at offset 0 waits half a second longer.";
    "-------+" Election wait_for_data, "wait-for-data", "protocol.md E14",
        "A candidate at offset 0 waits a further round while a sibling with data can stand.";
    "--++++++" Election id_tiebreak, "id-tiebreak", "#762",
        "Equal offsets are ranked by node id instead of sharing a rank.";
    "--++++++" Election rank_improves, "rank-improves", "#762",
        "A rank that gets better while waiting brings the election forward.";
    "------++" Election priority_in_rank, "priority-in-rank", "#2204",
        "Among equal offsets the replica with the lower priority number goes first.";
    "---+++++" Election failed_primary_rank, "failed-primary-rank", "#1018",
        "Shards whose primaries fail together take turns by shard id.";
    "----++++" Election start_on_fail, "start-on-fail", "#2209",
        "An election is prepared the moment the primary is marked fail, not at the next cron.";
    "--++++++" Election stand_without_slots, "stand-without-slots", "#445",
        "A replica may stand even if its primary owns no slot.";
    "--++++++" Election claim_reset, "claim-reset", "#1009",
        "A candidate whose epoch another primary has claimed starts a new round at once.";
    "++++++++" Election claim_reset_after_request, "claim-reset-after-request", "#1339",
        "Only a round that has asked for votes is started anew by a claim.";
    "--++++++" Election rehoming_resets, "rehoming-resets", "#782",
        "Following another primary forgets the election of the old one.";
    "---+++++" Election win_resets, "win-resets", "#1711",
        "Winning forgets the election that was won.";
    "-------+" Election defer_to_sibling, "defer-to-sibling", "M28",
        "A candidate that hears a sibling with as much data ask gives that round time to end before it asks.";
    "-------+" Election exact_acks, "exact-acks", "M12",
        "A vote counts once for each voter, and only for the epoch that is being asked for.";
    "-------+" Election stable_quorum, "stable-quorum", "protocol.md §8.6",
        "A round needs the majority of the voters known when it asked, even if fewer are known later.";
    "-------+" Election paced_restarts, "paced-restarts", "protocol.md §8.6",
        "Rounds that are lost to refusals are followed by growing pauses.";
    // voting
    "---+++++" Voting no_vote_memory, "no-vote-memory", "#1305 #1356",
        "A voter may vote about the same primary again before twice the node timeout has passed.";
    "-----+++" Voting unsafe_join_refuses, "unsafe-join-refuses", "#1032",
        "A primary that has just restarted does not vote.";
    "-+++++++" Voting update_on_stale, "update-on-stale", "#2178",
        "A candidate refused for an old config epoch is told the newer one.";
    "-------+" Voting link_before_vote, "link-before-vote", "protocol.md E3",
        "A voter without a link to the candidate keeps its vote.";
    "-------+" Voting persist_first, "persist-first", "protocol.md §12.3",
        "What a message depends on is on disk before the message leaves, always.";
    // manual
    "--++++++" Manual manual_resets, "manual-resets", "#1274",
        "A manual failover does not wait for an earlier election's retry time.";
    "--++++++" Manual force_at_once, "force-at-once", "#1067",
        "A forced failover starts with the command, not at the next cron.";
    "---+++++" Manual manual_ends_at_win, "manual-ends-at-win", "8.1",
        "A manual failover is over before its winner tells of its win, so no winner says that it is paused.";
    "++++++++" Manual zero_offset_known, "zero-offset-known", "redis #8651",
        "A primary at offset 0 has told its offset; it is not taken for one that has not.";
    "----++++" Manual atomic_promotion, "atomic-promotion", "#2510",
        "Becoming a primary and ending replication are one step.";
    // failure
    "-+++++++" Failure voters_report, "voters-report", "#634",
        "Only primaries with slots count as witnesses of a failure.";
    "---+++++" Failure check_at_pfail, "check-at-pfail", "#1061",
        "A voter that suspects a node counts the witnesses at once, not at the next gossip.";
    "----++++" Failure reports_end_at_fail, "reports-end-at-fail", "9.0",
        "No reports are taken about a node that is failed already.";
    "---+++++" Failure report_cleared_by_all, "report-cleared-by-all", "8.1",
        "Any sender that sees a node well again takes back its failure report.";
    "---+++++" Failure demotion_drops_reports, "demotion-drops-reports", "#1184",
        "Failure reports about a primary end when it becomes a replica.";
    "----+++-" Failure whole_second_reports, "whole-second-reports", "9.0",
        "The time of a failure report is rounded up to a whole second.";
    "---+++++" Failure noaddr_fails, "noaddr-fails", "#1191",
        "A node whose address answers with another id is marked fail.";
    "----++++" Failure normal_pongs_only, "normal-pongs-only", "#2512",
        "Gossip about when a node was heard counts only while nothing at all is wrong with it.";
    // topology
    "---+++++" Topology broadcast_changes, "broadcast-changes", "#1295 #1813 #1677",
        "A change of role or config epoch is told to everyone at once.";
    "--++++++" Topology primary_config_epoch_only, "primary-config-epoch-only", "8.0",
        "Only headers of primaries raise a stored config epoch.";
    "+++++++-" Topology cron_before_new_links, "cron-before-new-links", "protocol.md appendix C",
        "Who wakes up repeats its old claim to everyone before it reads connections made while it slept.";
    "--++++++" Topology shard_aware_demotion, "shard-aware-demotion", "8.0",
        "A primary that says it follows one of its own shard is taken to say who won, not only that it lost.";
    "--++++++" Topology stale_guard_target, "stale-guard-target", "#1777",
        "A header naming a primary we know in a newer epoch does not demote its sender.";
    "-----+++" Topology stale_guard_sender, "stale-guard-sender", "#2811",
        "A header older than what we know of its sender does not demote it.";
    "-------+" Topology circle_guard, "circle-guard", "S10",
        "A header that would make two nodes copy each other is taken as one of another time.";
    "-------+" Topology checked_promotion, "checked-promotion", "#798",
        "A replica that says it is primary must show an epoch that is not older than ours of it.";
    "----++++" Topology move_slots_from_loser, "move-slots-from-loser", "#2301",
        "Hearing of a failover from the loser first moves its slots to the winner.";
    "-------+" Topology loser_hands_over, "loser-hands-over", "S10",
        "The slots of a loser move to the winner that it names even if that one is known to be primary already.";
    "-------+" Topology successor_wins_tie, "successor-wins-tie", "#974",
        "A primary whose own replica claims its slots in the very same epoch gives them up, whoever's id is smaller.";
    "-------+" Topology empty_primary_joins, "empty-primary-joins", "M26",
        "An empty primary that learns late that another with slots is of its shard follows it.";
    "--++++++" Topology chain_from_headers, "chain-from-headers", "#944",
        "A replica moves up when a header shows that its primary has become a replica, not when slots move.";
    "--++++++" Topology reduce_chain_first, "reduce-chain-first", "#944",
        "A replica of a replica moves up before shard ids are updated.";
    "--++++++" Topology same_shard_follows, "same-shard-follows", "8.0",
        "Who loses its last slot within its shard follows the winner even where replicas may not move.";
    "--++++++" Topology empty_shard_moves, "empty-shard-moves", "8.0",
        "The losers of a failover in a shard without slots follow the winner, too.";
    "++++++++" Topology setslot_follows, "setslot-follows", "redis #10489",
        "A primary that gives its last slot away by command follows the taker at once.";
    "-------+" Topology ignore_update_about_self, "ignore-update-about-self", "protocol.md E7",
        "An UPDATE about the receiver itself is ignored.";
    "-+++++++" Topology shard_ids, "shard-ids", "7.2",
        "Nodes announce which shard they are of.";
    "--++++++" Topology replica_keeps_shard, "replica-keeps-shard", "#573",
        "A replica that announces another shard than its primary's is not believed.";
    "----++++" Topology soft_reset_new_shard, "soft-reset-new-shard", "#2283",
        "A soft reset starts a new shard, as a hard one does.";
    // replication
    "--++++++" Replication full_sync_across_shards, "full-sync-across-shards", "#885",
        "Following a primary of another shard drops the history of the old one.";
    "-------+" Replication drop_cached_history, "drop-cached-history", "M5",
        "The drop holds for a cached history of a dead link, too.";
    "-------+" Replication drop_refused_history, "drop-refused-history", "protocol.md §10.3",
        "What the primary cannot continue is dropped when it says so, not when new data is loaded.";
    "--++++++" Replication repeat_replicate_is_noop, "repeat-replicate-is-noop", "#884",
        "Telling a replica to follow the primary it follows changes nothing.";
    "--++++++" Replication gossip_moves_primary, "gossip-moves-primary", "#965",
        "A replica follows its primary to an address that it learns from gossip.";
    "+++++++-" Replication silent_offset, "silent-offset", "protocol.md §10.3",
        "A primary announces offset 0 until it has had a replica.";
    // membership
    "-+++++++" Membership meet_until_answered, "meet-until-answered", "#461",
        "MEET is repeated until it is answered.";
    "---+++++" Membership meet_again, "meet-again", "#1307",
        "A peer that never called back is met again.";
    "---+++++" Membership one_handshake_a_link, "one-handshake-a-link", "#1436 #1441",
        "A MEET repeated on one link starts only one handshake.";
    "----++++" Membership throttle_reconnects, "throttle-reconnects", "#2154",
        "Reconnecting to an unreachable node is paced.";
    "-+++++++" Membership forget_spreads, "forget-spreads", "7.2",
        "Forgetting a node is told to the others.";
    "-------+" Membership forget_keeps_owners, "forget-keeps-owners", "M31",
        "A node that owns slots is not forgotten while a replica of it could take them over.";
    "--++++++" Membership gossip_skips_receiver, "gossip-skips-receiver", "8.0",
        "A node is not told about itself.";
    "-----+++" Membership batch_gossip, "batch-gossip", "9.1",
        "Gossip entries are one sample of the nodes, not draws that may fail.";
    "-------+" Membership full_gossip, "full-gossip", "protocol.md §3.6",
        "The sample goes on until it holds as many nodes as are wanted, not two more and then the unfit go.";
    // wire
    "-+++++++" Wire extensions, "extensions", "7.2",
        "Every heartbeat says that extensions are understood.";
    "----++++" Wire own_extension_flag, "own-extension-flag", "9.0",
        "A node's own flags say so, too.";
    "--++++++" Wire light_publish, "light-publish", "8.0",
        "Short headers for PUBLISH are understood.";
    "---+++++" Wire light_module, "light-module", "#2840",
        "Short headers for MODULE, and repeated MEETs, are understood.";
    "--++++++" Wire client_addresses, "client-addresses", "#736",
        "The addresses for clients are told apart from those of the bus.";
    "----++++" Wire client_ports, "client-ports", "#2429",
        "The ports for clients are told apart from those of the bus.";
    "-----+++" Wire announces_zone, "announces-zone", "#3156",
        "Availability zones are told.";
    "-------+" Wire capabilities_from_headers, "capabilities-from-headers", "protocol.md E12",
        "What a peer can read is believed of its own headers only, not of gossip.";
}
