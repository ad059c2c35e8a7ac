//! What a script says, as values. Nothing here runs: the simulator does.

mod action;
mod cluster;
mod condition;
mod rule_line;

use crate::base::{Duration, Instant, Rules};

use super::name::{NodeName, ShardName};
use super::settings::{SetLine, Settings};

pub use action::{Action, DiskState, FailoverMode, Hand, MessageFilter, OneMessage, Share};
pub use cluster::{ClusterSpec, ShardSpec};
pub use condition::{Condition, PropertyId, REASONS};
pub use rule_line::RuleLine;

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

    /// Lets something happen at a moment; the line stands before the first that runs or expects.
    pub fn act(&mut self, at: Instant, action: Action) {
        let ends =
            |line: &Located<Statement>| matches!(line.value, Statement::Run(_) | Statement::Expect { .. });
        let place = self.statements.iter().position(ends).unwrap_or(self.statements.len());
        self.statements.insert(place, Located { line: 0, value: Statement::At { at, action } });
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
        /// `covered` and `converged` must hold at the end, and whenever they are lost be back this long
        /// after that at the latest: a fault that takes no cover away starts no clock. Anything else must
        /// come true this long after the script's first fault at the latest (or after time zero if there
        /// is none). With `not` the whole of that must not be so.
        within: Option<Duration>,
    },
}

impl Script {
    /// A moment at which nothing has happened yet: a little before the first `at` line.
    pub fn opening(&self) -> Instant {
        const BEFORE: Duration = Duration::from_millis(500);
        let moments = self.statements.iter().filter_map(|line| match &line.value {
            Statement::At { at, .. } => Some(*at),
            _ => None,
        });
        let first = moments.min().unwrap_or(Instant::ZERO);
        Instant::ZERO + first.since(Instant::ZERO + BEFORE)
    }
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
