//! What happens to a cluster.

use crate::base::{Duration, Instant, SlotSet};
use crate::scenario::settings::SetLine;
use crate::wire::Kind;

use super::{RuleLine, Selector};

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

/// One message on its way: `auth-ack from B0 to A1 sent 8s4ms [nth 2]`.
#[derive(Clone, Debug, PartialEq)]
pub struct OneMessage {
    /// Its type.
    pub kind: Kind,
    /// Its sender.
    pub from: Selector,
    /// Its receiver.
    pub to: Selector,
    /// When it left.
    pub sent: Instant,
    /// Which of those that are alike in all this, counted from 1 in the order of leaving.
    pub nth: u32,
}

/// What a hand does to one message on its way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Hand {
    /// `deliver`: it arrives now, and what is ahead of it on its connection, too.
    Deliver,
    /// `delay ... by 200ms`: it arrives so much later, and what is behind it no earlier.
    Delay(Duration),
    /// `drop`: it is lost, and nobody learns of it.
    Drop,
    /// `duplicate`: it arrives twice.
    Duplicate,
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
    /// `deliver|delay|drop|duplicate auth-ack from B0 to A1 sent 8s4ms [nth 2] [by 200ms]`: this one message.
    Handle {
        /// Which.
        message: OneMessage,
        /// What is done to it.
        hand: Hand,
    },
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
    /// `reset A0 [hard]`: CLUSTER RESET.
    Reset {
        /// Who forgets everyone.
        node: Selector,
        /// Whether it forgets who it was, too.
        hard: bool,
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
