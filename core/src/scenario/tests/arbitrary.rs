//! Any script there can be, in canonical form.

use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;
use proptest::sample::select;

use crate::base::{Duration, Instant, SlotSet};
use crate::scenario::ast::{DEFAULT_SEED, REASONS};
use crate::scenario::settings::{KEYS, Key};
use crate::scenario::{
    Action, Assignment, ClusterSpec, Condition, DiskState, FailoverMode, Hand, Located, MessageFilter,
    NodeName, OneMessage, PropertyId, RuleLine, Run, Script, Selector, SetLine, ShardName, ShardSpec, Share,
    Statement,
};
use crate::wire::Kind;

/// The smallest cluster drawn; names are drawn from it, so that they are right in all.
const SHARDS: u16 = 2;
const REPLICAS: u16 = 1;

pub(super) fn script() -> impl Strategy<Value = Script> {
    let seed = prop_oneof![Just(DEFAULT_SEED), any::<u64>()];
    let title = option::of("[!-~\u{a1}-\u{2ff}]{1,8}( [!-~]{1,8}){0,3}");
    let lines = (vec(rule_line(), 0..4), vec(set_line(), 0..4), vec(statement(), 0..12));
    (title, cluster(), seed, lines).prop_map(|(title, cluster, seed, (rules, settings, statements))| Script {
        title,
        cluster,
        rules: located(canonical_rules(rules)),
        settings: located(canonical_settings(settings)),
        seed,
        statements: located(statements),
    })
}

fn located<T>(values: Vec<T>) -> Vec<Located<T>> {
    values.into_iter().map(|value| Located { line: 0, value }).collect()
}

/// As a script keeps them: one merged line for everyone in front, if it says anything.
fn canonical_rules(lines: Vec<RuleLine>) -> Vec<RuleLine> {
    let (common, own): (Vec<RuleLine>, Vec<RuleLine>) =
        lines.into_iter().partition(|line| line.nodes.is_none());
    let common = common.iter().fold(RuleLine::default(), |before, line| before.merged(line));
    Some(common)
        .filter(|line| line.preset.is_some() || !line.switches.is_empty())
        .into_iter()
        .chain(own)
        .collect()
}

fn canonical_settings(lines: Vec<SetLine>) -> Vec<SetLine> {
    let (common, own): (Vec<SetLine>, Vec<SetLine>) =
        lines.into_iter().partition(|line| line.nodes.is_none());
    let common = common.iter().fold(SetLine::default(), |before, line| before.merged(line));
    Some(common).filter(|line| !line.assignments.is_empty()).into_iter().chain(own).collect()
}

fn cluster() -> impl Strategy<Value = ClusterSpec> {
    let even =
        (SHARDS..=20, REPLICAS..=40).prop_map(|(shards, replicas)| ClusterSpec::Even { shards, replicas });
    let listed = vec((0_u16..5000, REPLICAS..=5), usize::from(SHARDS)..=4).prop_map(|shards| {
        // Each shard gets two ranges of its own quarter.
        let shards = (0_u16..).zip(shards).map(|(at, (length, replicas))| {
            let first = at * 4096;
            let slots =
                SlotSet::from_ranges([(first, first + length.min(2000)), (first + 3000, first + 3000)]);
            let slots = if length == 0 { SlotSet::EMPTY } else { slots };
            ShardSpec { slots, replicas }
        });
        ClusterSpec::Listed(shards.collect())
    });
    prop_oneof![even, listed]
}

fn shard() -> impl Strategy<Value = ShardName> {
    (0..SHARDS).prop_map(ShardName)
}

fn node() -> impl Strategy<Value = NodeName> {
    (0..SHARDS, 0..=REPLICAS).prop_map(|(shard, index)| NodeName::new(shard, index))
}

fn one_node() -> impl Strategy<Value = Selector> {
    prop_oneof![
        node().prop_map(Selector::Node),
        shard().prop_map(Selector::Primary),
        shard().prop_map(Selector::Best),
        Just(Selector::One),
    ]
}

fn selector() -> impl Strategy<Value = Selector> {
    prop_oneof![
        4 => one_node(),
        1 => shard().prop_map(Selector::Replicas),
        1 => shard().prop_map(Selector::Shard),
        1 => select(vec![Selector::Primaries, Selector::AllReplicas, Selector::All]),
    ]
}

fn nodes() -> impl Strategy<Value = Vec<Selector>> {
    vec(selector(), 1..4)
}

fn span() -> impl Strategy<Value = Duration> {
    // Seconds that never add up to the cap, and any number of microseconds.
    (0_u64..3600, prop_oneof![Just(0), 0_u64..1_000_000])
        .prop_map(|(secs, micros)| Duration::from_secs(secs) + Duration::from_micros(micros))
}

fn moment() -> impl Strategy<Value = Instant> {
    span().prop_map(|span| Instant::ZERO + span)
}

fn share() -> impl Strategy<Value = Share> {
    (0..=Share::WHOLE.0).prop_map(Share)
}

fn rule_line() -> impl Strategy<Value = RuleLine> {
    let switches = (option::of(select(vec!["on", "off"])), option::of(select(vec!["on", "off"])));
    (option::of(selector()), option::of(Just("splitvote")), switches)
        .prop_map(|(nodes, preset, (nack, fast))| RuleLine {
            nodes,
            preset,
            switches: nack
                .map(|value| ("nack", value))
                .into_iter()
                .chain(fast.map(|value| ("fast-failover", value)))
                .collect(),
        })
        .prop_filter("a line says something", |line| line.preset.is_some() || !line.switches.is_empty())
}

/// Any value of `key`: of all these texts some are values of it.
fn assignment(key: &'static Key) -> impl Strategy<Value = Assignment> {
    let texts = (0_u64..200_000).prop_map(move |number| {
        let word = key.words.get(usize::try_from(number).unwrap_or(0) % key.words.len().max(1));
        let texts = [
            format!("{number}ms"),
            format!("{number}ms..{}ms", number + 7),
            format!("{}", number % 100 + 1),
            format!("{}.{}%", number % 100, number % 10_000),
            format!("{}kb", number % 100 + 1),
            format!("{}/s", number % 10_000),
            word.copied().unwrap_or_default().to_owned(),
        ];
        texts.iter().find_map(|text| key.canonical(text))
    });
    texts.prop_filter_map("a value of the key", move |value| Some(Assignment { key, value: value? }))
}

fn set_line() -> impl Strategy<Value = SetLine> {
    let keys = proptest::sample::subsequence(KEYS.iter().collect::<Vec<_>>(), 1..5);
    let line = keys.prop_flat_map(|keys| keys.into_iter().map(assignment).collect::<Vec<_>>());
    (option::of(selector()), line)
        .prop_map(|(nodes, mut assignments)| {
            assignments.retain(|set| nodes.is_none() || set.key.per_node);
            SetLine { nodes, assignments }
        })
        .prop_filter("a line says something", |line| !line.assignments.is_empty())
}

fn statement() -> impl Strategy<Value = Statement> {
    let least = Duration::from_millis(1);
    prop_oneof![
        5 => (moment(), action()).prop_map(|(at, action)| Statement::At { at, action }),
        1 => (span(), action(), option::of(span())).prop_map(move |(period, action, until)| {
            let period = period + least;
            Statement::Every { period, action, until: until.map(|more| Instant::ZERO + period + more) }
        }),
        1 => (condition(), action()).prop_map(|(condition, action)| Statement::When { condition, action }),
        1 => span().prop_map(|span| Statement::Run(Run::For(span))),
        1 => (condition(), span())
            .prop_map(|(condition, at_most)| Statement::Run(Run::Until { condition, at_most })),
        2 => (condition(), option::of(span()))
            .prop_map(|(condition, within)| Statement::Expect { condition, within }),
    ]
}

fn filter() -> impl Strategy<Value = MessageFilter> {
    let kinds = Kind::ALL.into_iter().filter(|kind| *kind != Kind::Unknown).collect::<Vec<_>>();
    (option::of(select(kinds)), vec(selector(), 0..3), vec(selector(), 0..3))
        .prop_map(|(kind, from, to)| MessageFilter { kind, from, to })
}

fn action() -> impl Strategy<Value = Action> {
    prop_oneof![fault().boxed(), network_fault().boxed(), operation().boxed()]
}

fn fault() -> impl Strategy<Value = Action> {
    let state = select(vec![DiskState::Ok, DiskState::Slow, DiskState::Full]);
    prop_oneof![
        nodes().prop_map(Action::Kill),
        (nodes(), any::<bool>()).prop_map(|(nodes, wiped)| Action::Restart { nodes, wiped }),
        nodes().prop_map(Action::PowerCut),
        nodes().prop_map(Action::Pause),
        nodes().prop_map(Action::Resume),
        (nodes(), span()).prop_map(|(nodes, by)| Action::Lag { nodes, by }),
        (nodes(), state).prop_map(|(nodes, state)| Action::Disk { nodes, state }),
    ]
}

fn network_fault() -> impl Strategy<Value = Action> {
    prop_oneof![
        vec(nodes(), 2..4).prop_map(Action::Cut),
        (nodes(), nodes()).prop_map(|(from, to)| Action::CutOneWay { from, to }),
        Just(Action::Heal),
        (nodes(), nodes(), span()).prop_map(|(from, to, by)| Action::Slow { from, to, by }),
        (nodes(), nodes(), share()).prop_map(|(from, to, share)| Action::Lose { from, to, share }),
        (nodes(), nodes(), share()).prop_map(|(from, to, share)| Action::Duplicate { from, to, share }),
        (filter(), option::of(1_u32..=1_000_000)).prop_map(|(filter, times)| Action::Drop { filter, times }),
        one_message(),
        filter().prop_map(Action::Hold),
        filter().prop_map(Action::Release),
    ]
}

/// In a box: a test has little stack, and this is one of many branches.
fn one_message() -> BoxedStrategy<Action> {
    let kinds: Vec<Kind> = Kind::ALL.into_iter().filter(|kind| *kind != Kind::Unknown).collect();
    let hand = prop_oneof![
        Just(Hand::Deliver),
        Just(Hand::Drop),
        Just(Hand::Duplicate),
        span().prop_map(Hand::Delay),
    ];
    (select(kinds), one_node(), one_node(), moment(), 1_u32..=1_000_000, hand)
        .prop_map(|(kind, from, to, sent, nth, hand)| {
            let message = OneMessage { kind, from, to, sent, nth };
            Action::Handle { message, hand }
        })
        .boxed()
}

fn operation() -> impl Strategy<Value = Action> {
    let mode = select(vec![FailoverMode::Graceful, FailoverMode::Force, FailoverMode::Takeover]);
    let slots = option::of((0_u16..9000, 0_u16..99).prop_map(|(first, length)| {
        SlotSet::from_ranges([(first, first + length), (first + 200, first + 200)])
    }));
    prop_oneof![
        (one_node(), mode).prop_map(|(node, mode)| Action::Failover { node, mode }),
        (one_node(), one_node()).prop_map(|(node, primary)| Action::Replicate { node, primary }),
        (slots, one_node(), one_node()).prop_map(|(slots, from, to)| Action::MoveSlots { slots, from, to }),
        (one_node(), vec(selector(), 0..3)).prop_map(|(node, on)| Action::Forget { node, on }),
        (one_node(), any::<bool>()).prop_map(|(node, hard)| Action::Reset { node, hard }),
        (one_node(), one_node()).prop_map(|(node, with)| Action::Meet { node, with }),
        (1_u32..100_000, one_node()).prop_map(|(count, to)| Action::Write { count, to }),
        set_line().prop_map(Action::Set),
        rule_line().prop_map(Action::Rules),
    ]
}

fn condition() -> impl Strategy<Value = Condition> {
    let reason = option::of(select(REASONS.map(|(_, reason)| reason).to_vec()));
    let property =
        prop_oneof![(1_u8..=22).prop_map(PropertyId::Safety), (1_u8..=10).prop_map(PropertyId::Liveness),];
    let simple = prop_oneof![
        select(vec![
            Condition::Covered,
            Condition::Converged,
            Condition::SplitVote,
            Condition::NoLostWrites,
            Condition::NoViolations,
            Condition::NoBrokenPromises,
        ]),
        (shard(), node()).prop_map(|(shard, node)| Condition::PrimaryOf { shard, node }),
        selector().prop_map(Condition::Failed),
        selector().prop_map(Condition::Asks),
        selector().prop_map(Condition::Won),
        (selector(), selector()).prop_map(|(voter, candidate)| Condition::VotesFor { voter, candidate }),
        (selector(), selector(), reason).prop_map(|(voter, candidate, reason)| Condition::Refuses {
            voter,
            candidate,
            reason
        }),
        any::<u64>().prop_map(Condition::EpochAtLeast),
        (one_node(), any::<u64>()).prop_map(|(node, offset)| Condition::OffsetAtLeast { node, offset }),
        any::<u64>().prop_map(Condition::LostWritesAtMost),
        property.prop_map(Condition::Violation),
        (shard(), any::<u64>()).prop_map(|(shard, rounds)| Condition::RoundsAtMost { shard, rounds }),
    ];
    (simple, any::<bool>())
        .prop_map(|(simple, not)| if not { Condition::Not(Box::new(simple)) } else { simple })
}
