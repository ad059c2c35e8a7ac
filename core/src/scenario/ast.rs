//! What a script says, as values. Nothing here runs: the simulator does.

use crate::base::{Duration, Instant, Rules, SLOTS, SlotSet};
use crate::wire::{Kind, NackReason};

use super::name::{NodeName, ShardName};
use super::settings::{SetLine, Settings};
use super::words::RuleLine;

/// A value and the line of the text it came from. Where it stood is no part of what it says, so
/// two values are equal whatever their lines.
#[derive(Clone, Debug)]
pub struct Located<T> {
    /// The line, counted from 1; 0 if it came from no text.
    pub line: u32,
    /// What stood there.
    pub value: T,
}

impl<T: PartialEq> PartialEq for Located<T> {
    fn eq(&self, other: &Self) -> bool {
        self.value == other.value
    }
}

/// A whole script, in canonical form: global rules and settings are merged and without defaults.
#[derive(Clone, Debug, PartialEq)]
pub struct Script {
    /// What it is called.
    pub title: Option<String>,
    /// The cluster that stands formed at time zero.
    pub cluster: ClusterSpec,
    /// Rules: at most one line for everyone, first, then lines for some, in the order they apply.
    pub rules: Vec<Located<RuleLine>>,
    /// Settings: at most one line for everyone, first, then lines for some, in the order they apply.
    pub settings: Vec<Located<SetLine>>,
    /// Where chance starts.
    pub seed: u64,
    /// What happens and what is expected, in the order of the text.
    pub statements: Vec<Located<Statement>>,
}

/// The seed of a script that names none.
pub const DEFAULT_SEED: u64 = 1;

/// What a script without a `run` line runs for.
pub const DEFAULT_RUN: Run = Run::For(Duration::from_secs(60));

impl Script {
    /// What everyone obeys who has no rules of their own.
    pub fn common_rules(&self) -> Rules {
        let mut rules = Rules::default();
        for line in self.rules.iter().filter(|line| line.value.nodes.is_none()) {
            // A line is only ever built from words of the table.
            let known = line.value.apply(&mut rules);
            debug_assert!(known.is_ok(), "{} is not in the table", line.value);
        }
        rules
    }

    /// The world's settings and those of every node that has none of its own.
    pub fn common_settings(&self) -> Settings {
        let mut settings = Settings::default();
        for line in self.settings.iter().filter(|line| line.value.nodes.is_none()) {
            line.value.apply(&mut settings);
        }
        settings
    }

    /// The `run` lines in order, or the default one.
    pub fn runs(&self) -> Vec<Run> {
        let runs = self.statements.iter().filter_map(|statement| match &statement.value {
            Statement::Run(run) => Some(run.clone()),
            _ => None,
        });
        let runs: Vec<Run> = runs.collect();
        if runs.is_empty() { vec![DEFAULT_RUN] } else { runs }
    }
}

impl Default for Script {
    fn default() -> Self {
        Self {
            title: None,
            cluster: ClusterSpec::default(),
            rules: Vec::new(),
            settings: Vec::new(),
            seed: DEFAULT_SEED,
            statements: Vec::new(),
        }
    }
}

/// The cluster at time zero.
#[derive(Clone, Debug, PartialEq)]
pub enum ClusterSpec {
    /// `cluster shards=7 replicas=1`: all shards alike, the slots dealt out evenly.
    Even {
        /// How many shards.
        shards: u16,
        /// How many replicas each.
        replicas: u16,
    },
    /// `shard A slots=0-5000 replicas=2` lines, named `A`, `B`... in order.
    Listed(Vec<ShardSpec>),
}

impl Default for ClusterSpec {
    fn default() -> Self {
        Self::Even { shards: 3, replicas: 1 }
    }
}

/// One shard at time zero.
#[derive(Clone, Debug, PartialEq)]
pub struct ShardSpec {
    /// The slots of its primary; may be empty.
    pub slots: SlotSet,
    /// How many replicas it has.
    pub replicas: u16,
}

impl ClusterSpec {
    /// Every shard in order: the first is `A`. Even clusters deal slots as `valkey-cli --cluster create` does.
    pub fn shards(&self) -> Vec<ShardSpec> {
        match self {
            Self::Listed(shards) => shards.clone(),
            &Self::Even { shards, replicas } => {
                // The end of a share is rounded to the nearest slot, not down.
                let end = |at: u16| {
                    let doubled = u64::from(at) * 2 * u64::from(SLOTS) / u64::from(shards);
                    u16::try_from(doubled.div_ceil(2)).unwrap_or(SLOTS)
                };
                (0..shards)
                    .map(|at| ShardSpec {
                        slots: SlotSet::from_ranges([(end(at), end(at + 1) - 1)]),
                        replicas,
                    })
                    .collect()
            }
        }
    }

    /// Every node's name, shard by shard.
    pub fn nodes(&self) -> Vec<NodeName> {
        let replicas: Vec<u16> = match self {
            Self::Listed(shards) => shards.iter().map(|shard| shard.replicas).collect(),
            &Self::Even { shards, replicas } => vec![replicas; usize::from(shards)],
        };
        (0..)
            .zip(replicas)
            .flat_map(|(at, last)| (0..=last).map(move |index| NodeName::new(at, index)))
            .collect()
    }

    /// Whether `shard` is one of the cluster's.
    pub fn has_shard(&self, shard: ShardName) -> bool {
        self.replicas_of(shard).is_some()
    }

    /// Whether `node` is one of the cluster's.
    pub fn has_node(&self, node: NodeName) -> bool {
        self.replicas_of(node.shard).is_some_and(|replicas| node.index <= replicas)
    }

    /// How many shards there are.
    pub fn shard_count(&self) -> u16 {
        match self {
            Self::Listed(shards) => u16::try_from(shards.len()).unwrap_or(u16::MAX),
            &Self::Even { shards, .. } => shards,
        }
    }

    /// How many replicas `shard` has at time zero, if it is one of the cluster's.
    pub fn replicas_of(&self, shard: ShardName) -> Option<u16> {
        match self {
            Self::Listed(shards) => shards.get(usize::from(shard.0)).map(|shard| shard.replicas),
            &Self::Even { shards, replicas } => (shard.0 < shards).then_some(replicas),
        }
    }
}

/// Which nodes are meant, by name or by the role they have at that moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Selector {
    /// `A1`: exactly this node.
    Node(NodeName),
    /// `A`: the node that is A's primary now.
    Primary(ShardName),
    /// `A.replicas`: the replicas A has now.
    Replicas(ShardName),
    /// `A.best`: the replica of A that ranks first now.
    Best(ShardName),
    /// `A.all`: every node of A now.
    Shard(ShardName),
    /// `primaries`: every primary of now.
    Primaries,
    /// `replicas`: every replica of now.
    AllReplicas,
    /// `all`: every node.
    All,
    /// `one`: a node drawn from the seed.
    One,
}

/// One line after the head of a script.
#[derive(Clone, Debug, PartialEq)]
pub enum Statement {
    /// `at TIME ACTION`.
    At {
        /// The moment, counted from time zero.
        at: Instant,
        /// What happens.
        action: Action,
    },
    /// `every TIME ACTION [until TIME]`: first after one period, then again and again.
    Every {
        /// The period, never zero.
        period: Duration,
        /// What happens.
        action: Action,
        /// The last moment at which it may happen; none is the end of the run.
        until: Option<Instant>,
    },
    /// `when CONDITION ACTION`: once, the first time it holds.
    When {
        /// What is waited for.
        condition: Condition,
        /// What happens.
        action: Action,
    },
    /// `run ...`.
    Run(Run),
    /// `expect CONDITION [within TIME]`. Without a time a [standing](Condition::is_standing) condition must
    /// hold when the run ends, any other must have come true at some moment of the run.
    Expect {
        /// What must hold.
        condition: Condition,
        /// It must come true this long after the script's first fault at the latest (or after time
        /// zero if there is none).
        within: Option<Duration>,
    },
}

impl Statement {
    /// What happens, if this line makes anything happen.
    pub fn action(&self) -> Option<&Action> {
        match self {
            Self::At { action, .. } | Self::Every { action, .. } | Self::When { action, .. } => Some(action),
            Self::Run(_) | Self::Expect { .. } => None,
        }
    }
}

/// How long the world runs. Several lines run one after the other; no run ends before the last `at`
/// line has happened, so that none is skipped in silence.
#[derive(Clone, Debug, PartialEq)]
pub enum Run {
    /// `run for TIME`.
    For(Duration),
    /// `run until CONDITION, at most TIME`.
    Until {
        /// What ends the run.
        condition: Condition,
        /// How long it may take.
        at_most: Duration,
    },
}

/// Which messages a fault touches; an empty list of nodes is "any".
#[derive(Clone, Debug, Default, PartialEq)]
pub struct MessageFilter {
    /// The type; none is any.
    pub kind: Option<Kind>,
    /// Senders.
    pub from: Vec<Selector>,
    /// Receivers.
    pub to: Vec<Selector>,
}

/// What a person or fate does to the cluster. Lists of nodes are never empty unless said otherwise.
#[derive(Clone, Debug, PartialEq)]
pub enum Action {
    /// `kill A B`: the process ends; what was written stays written.
    Kill(Vec<Selector>),
    /// `restart A [wiped]`: it comes back, or comes back with an empty disk.
    Restart {
        /// Which.
        nodes: Vec<Selector>,
        /// Whether the disk is empty.
        wiped: bool,
    },
    /// `powercut A`: the process ends and what was not synced is lost.
    PowerCut(Vec<Selector>),
    /// `pause A`: the process stands still, its sockets stay open.
    Pause(Vec<Selector>),
    /// `resume A`.
    Resume(Vec<Selector>),
    /// `cut A B | C D`: no message passes between the groups. Nodes in no group reach everyone.
    Cut(Vec<Vec<Selector>>),
    /// `cut A -> B`: no message passes in this direction.
    CutOneWay {
        /// Senders.
        from: Vec<Selector>,
        /// Receivers.
        to: Vec<Selector>,
    },
    /// `heal`: cuts, slowness, losses, duplicates, drops and holds end.
    Heal,
    /// `slow A -> B by 200ms`: later by this much.
    Slow {
        /// Senders.
        from: Vec<Selector>,
        /// Receivers.
        to: Vec<Selector>,
        /// How much later.
        by: Duration,
    },
    /// `lose A -> B 10%`.
    Lose {
        /// Senders.
        from: Vec<Selector>,
        /// Receivers.
        to: Vec<Selector>,
        /// How many.
        share: Share,
    },
    /// `duplicate A -> B 10%`; `duplicate` alone is everything between all.
    Duplicate {
        /// Senders.
        from: Vec<Selector>,
        /// Receivers.
        to: Vec<Selector>,
        /// How many.
        share: Share,
    },
    /// `drop auth-ack [from A] [to B] [times N]`: the next N such messages, or all of them, get lost.
    Drop {
        /// Which messages.
        filter: MessageFilter,
        /// How many; none is all from now on.
        times: Option<u32>,
    },
    /// `hold auth-ack [from A] [to B]`: such messages wait for `release`.
    Hold(MessageFilter),
    /// `release [auth-ack] [from A] [to B]`: held messages go on, and holding them ends.
    Release(MessageFilter),
    /// `failover A1 [force|takeover]`: CLUSTER FAILOVER on this node.
    Failover {
        /// The replica that shall take over.
        node: Selector,
        /// How.
        mode: FailoverMode,
    },
    /// `replicate A1 B0`: CLUSTER REPLICATE on the first, naming the second.
    Replicate {
        /// Who follows.
        node: Selector,
        /// Whom.
        primary: Selector,
    },
    /// `move slots 0-99|all from A to B`.
    MoveSlots {
        /// Which slots; none is all of the giver's.
        slots: Option<SlotSet>,
        /// The giver.
        from: Selector,
        /// The taker.
        to: Selector,
    },
    /// `forget A1 [on B]`: CLUSTER FORGET; on everyone else if nobody is named.
    Forget {
        /// Who is forgotten.
        node: Selector,
        /// By whom; empty is everyone else.
        on: Vec<Selector>,
    },
    /// `meet A0 B0`: CLUSTER MEET on the first, naming the second.
    Meet {
        /// Who greets.
        node: Selector,
        /// Whom.
        with: Selector,
    },
    /// `write 100 to A`: as many writes at once.
    Write {
        /// How many.
        count: u32,
        /// To whom.
        to: Selector,
    },
    /// `lag A1 by 5s`: its replication link delivers this much later.
    Lag {
        /// Which replicas.
        nodes: Vec<Selector>,
        /// How much.
        by: Duration,
    },
    /// `disk A slow|full|ok`.
    Disk {
        /// Whose.
        nodes: Vec<Selector>,
        /// What becomes of it.
        state: DiskState,
    },
    /// `set [NODE] key=value...`, from now on.
    Set(SetLine),
    /// `rules [NODE] [PRESET] switch=value...`, from now on.
    Rules(RuleLine),
}

/// How CLUSTER FAILOVER is meant.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum FailoverMode {
    /// With the primary's help, losing nothing.
    #[default]
    Graceful,
    /// `force`: the primary is not asked, the voters are.
    Force,
    /// `takeover`: nobody is asked.
    Takeover,
}

/// What a disk does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DiskState {
    /// As set by `fsync`.
    Ok,
    /// Each sync takes a hundred times as long.
    Slow,
    /// Each write fails.
    Full,
}

/// A share in millionths, so that no float decides anything: `10%` is 100,000.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Share(pub u32);

impl Share {
    /// Nothing.
    pub const NONE: Self = Self(0);
    /// Everything: 100%.
    pub const WHOLE: Self = Self(1_000_000);
}

/// What can be waited for or expected. Where a selector means several nodes, any of them will do.
#[derive(Clone, Debug, PartialEq)]
pub enum Condition {
    /// `covered`: every slot has a live primary that all live nodes agree on.
    Covered,
    /// `converged`: all live nodes agree on everything.
    Converged,
    /// `primary of A is A1`.
    PrimaryOf {
        /// Of which shard.
        shard: ShardName,
        /// Who.
        node: NodeName,
    },
    /// `A0 failed`: someone has marked it fail.
    Failed(Selector),
    /// `A1 asks`: for votes.
    Asks(Selector),
    /// `B0 votes for A1`.
    VotesFor {
        /// Who votes.
        voter: Selector,
        /// For whom.
        candidate: Selector,
    },
    /// `B0 refuses A1 [already-voted]`.
    Refuses {
        /// Who refuses.
        voter: Selector,
        /// Whom.
        candidate: Selector,
        /// Why; none is any reason.
        reason: Option<NackReason>,
    },
    /// `split vote`: two candidates had votes in one epoch and neither won.
    SplitVote,
    /// `A1 won`: an election.
    Won(Selector),
    /// `epoch >= 7`: some live node's current epoch.
    EpochAtLeast(u64),
    /// `offset of A1 >= 1000`.
    OffsetAtLeast {
        /// Whose.
        node: Selector,
        /// How far.
        offset: u64,
    },
    /// `no lost writes`: none that were acknowledged.
    NoLostWrites,
    /// `lost writes <= 10`.
    LostWritesAtMost(u64),
    /// `no violations`: of any property.
    NoViolations,
    /// `violation S3`.
    Violation(PropertyId),
    /// `rounds of A <= 1`: requests for votes by A's replicas.
    RoundsAtMost {
        /// Of which shard.
        shard: ShardName,
        /// How many.
        rounds: u64,
    },
    /// `not CONDITION`: as an expectation, that it does not hold at the end, or never came true.
    Not(Box<Condition>),
}

impl Condition {
    /// True for a state that lasts (judged when the run ends), false for something that happens at a
    /// moment (judged over the whole run).
    pub fn is_standing(&self) -> bool {
        match self {
            Self::Covered
            | Self::Converged
            | Self::PrimaryOf { .. }
            | Self::EpochAtLeast(_)
            | Self::OffsetAtLeast { .. }
            | Self::NoLostWrites
            | Self::LostWritesAtMost(_)
            | Self::NoViolations
            | Self::RoundsAtMost { .. } => true,
            Self::Failed(_)
            | Self::Asks(_)
            | Self::VotesFor { .. }
            | Self::Refuses { .. }
            | Self::SplitVote
            | Self::Won(_)
            | Self::Violation(_) => false,
            Self::Not(inner) => inner.is_standing(),
        }
    }
}

/// A property of protocol.md §15: `S1`..`S19`, `L1`..`L10`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum PropertyId {
    /// Nothing bad happens.
    Safety(u8),
    /// Something good happens in the end.
    Liveness(u8),
}
