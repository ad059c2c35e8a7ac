//! The words that lines, actions and conditions begin with: one table for the parser, for errors and
//! for editors that complete and explain.

/// A word, what follows it, and what it does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Form {
    /// The word.
    pub word: &'static str,
    /// The whole form; capitals stand for what a writer puts in.
    pub form: &'static str,
    /// What it does, in one sentence.
    pub meaning: &'static str,
}

const fn form(word: &'static str, form: &'static str, meaning: &'static str) -> Form {
    Form { word, form, meaning }
}

/// What lines begin with.
pub const STATEMENT_FORMS: [Form; 11] = [
    form("title", "title WORDS", "What the run is called."),
    form("cluster", "cluster shards=N replicas=N", "How many shards, and how many replicas each has."),
    form("shard", "shard A slots=0-5000 replicas=N", "One shard with slots and replicas of its own."),
    form(
        "rules",
        "rules [NODE] PRESET SWITCH=VALUE",
        "Whose behaviour nodes have, and which switches differ.",
    ),
    form("set", "set [NODE] KEY=VALUE", "Settings of nodes and of the world."),
    form("seed", "seed N", "Which throw of the dice."),
    form("at", "at TIME ACTION", "Does something at a moment."),
    form("every", "every TIME ACTION [until TIME]", "Does something again and again."),
    form("when", "when CONDITION ACTION", "Does something once, as soon as something is true."),
    form("run", "run for TIME | run until CONDITION, at most TIME", "How long the world runs."),
    form("expect", "expect CONDITION [within TIME]", "What must be true for the run to pass."),
];

/// What actions begin with.
pub const ACTION_FORMS: [Form; 26] = [
    form("kill", "kill NODES", "The processes end; what they wrote to disk stays."),
    form("restart", "restart NODES [wiped]", "The processes start again, wiped without their nodes.conf."),
    form("powercut", "powercut NODES", "The machines lose power, and what was not synced."),
    form("pause", "pause NODES", "The processes stand still; their mail piles up."),
    form("resume", "resume NODES", "Paused processes go on."),
    form(
        "cut",
        "cut NODES | NODES, cut NODES -> NODES",
        "Nothing passes between groups, or in one direction.",
    ),
    form("heal", "heal", "The network is whole again."),
    form("slow", "slow NODES -> NODES by TIME", "Messages of this direction come later."),
    form("lose", "lose NODES -> NODES SHARE", "Some messages of this direction get lost."),
    form(
        "duplicate",
        "duplicate [NODES -> NODES SHARE] | duplicate MESSAGE from NODE to NODE sent TIME [nth N]",
        "Messages arrive twice; with `sent`, the one on its way that left then.",
    ),
    form(
        "drop",
        "drop MESSAGE [from NODES] [to NODES] [times N] | drop MESSAGE from NODE to NODE sent TIME [nth N]",
        "Such messages vanish in silence; with `sent`, the one on its way that left then.",
    ),
    form(
        "deliver",
        "deliver MESSAGE from NODE to NODE sent TIME [nth N]",
        "The one message on its way that left then arrives now, and what is ahead of it on its connection.",
    ),
    form(
        "delay",
        "delay MESSAGE from NODE to NODE sent TIME [nth N] by TIME",
        "The one message on its way that left then arrives so much later, and what is behind it no earlier.",
    ),
    form("hold", "hold MESSAGE [from NODES] [to NODES]", "Such messages wait until they are released."),
    form("release", "release [MESSAGE] [from NODES] [to NODES]", "Held messages travel on."),
    form("failover", "failover NODE [force|takeover]", "An operator asks a replica to take over."),
    form("replicate", "replicate NODE NODE", "The first node becomes a replica of the second."),
    form("move", "move slots RANGE|all from NODE to NODE", "Slots get another owner."),
    form("forget", "forget NODE [on NODES]", "Others take the node out of their tables."),
    form("reset", "reset NODE [hard]", "The node forgets the cluster, hard also its name."),
    form("meet", "meet NODE NODE", "The first node is told of the second."),
    form("write", "write N to NODE", "Clients send so many writes at once."),
    form("lag", "lag NODES by TIME", "Replicas fall behind by so much."),
    form("disk", "disk NODES ok|slow|full", "How well disks write."),
    form("set", "set [NODE] KEY=VALUE", "Settings of nodes and of the world."),
    form(
        "rules",
        "rules [NODE] PRESET SWITCH=VALUE",
        "Whose behaviour nodes have, and which switches differ.",
    ),
];

/// What conditions begin with, where that is not a node.
pub const CONDITION_FORMS: [Form; 11] = [
    form("covered", "covered", "Every slot has a live primary that all live nodes agree on."),
    form("converged", "converged", "All live nodes tell the same story."),
    form("primary", "primary of SHARD is NODE", "This node serves the shard."),
    form("split", "split vote", "Two candidates had votes in one epoch and neither won."),
    form("epoch", "epoch >= N", "A live node has come to this epoch."),
    form("offset", "offset of NODE >= N", "The node has so much of the write history."),
    form("no", "no lost writes | no violations | no broken promises", "Nothing of the kind has happened."),
    form("lost", "lost writes <= N", "At most so many acknowledged writes are gone."),
    form("violation", "violation S3", "This property is broken."),
    form("rounds", "rounds of SHARD <= N", "A failover took at most so many rounds."),
    form("not", "not CONDITION", "The opposite."),
];

/// The words of a table.
pub(super) const fn words<const N: usize>(forms: &[Form; N]) -> [&'static str; N] {
    let mut words = [""; N];
    let mut at = 0;
    while at < N {
        words[at] = forms[at].word;
        at += 1;
    }
    words
}
