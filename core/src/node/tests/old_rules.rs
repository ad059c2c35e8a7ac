//! What a candidate does under the rules of older versions.

use super::bus::{Bus, id};
use crate::base::{Epoch, Nack};
use crate::node::*;
use crate::wire::{Body, Kind, Message, MessageFlags, NackForm, NackReason, NodeFlags};

/// A formed cluster in which a1, a sole replica, is handed this body by b0.
fn told(bus: &mut Bus, by: usize, body: Body) {
    let link = bus.nodes[3].view().get(id(by)).and_then(|peer| peer.inbound).expect("linked");
    let mut header = bus.nodes[by].header();
    header.current_epoch = bus.nodes[3].view().current_epoch;
    bus.nodes[3].handle_frame(bus.now, link, Frame::Full(Message { header, body }));
}

fn formed(rules: Rules) -> Bus {
    let mut bus = Bus::formed(rules);
    bus.run(Duration::from_secs(1));
    bus
}

/// Whether the epoch of a request is on disk when the request leaves; `None` if none leaves.
fn written_first(node: &mut Node) -> Option<bool> {
    let mut written = false;
    while let Some(output) = node.poll_output() {
        match output {
            Output::Persist(conf, Durability::Synced) => written |= conf.current_epoch == Epoch(4),
            Output::Send(_, frame) if frame.kind() == Kind::AuthRequest => return Some(written),
            _ => {}
        }
    }
    None
}

#[test]
fn a_request_decided_on_while_settling_left_before_it_was_written() {
    for (persist_first, start_on_fail, in_settle, at_cron) in
        [(true, true, Some(true), None), (false, true, Some(false), None), (false, false, None, Some(true))]
    {
        let rules = Rules { persist_first, start_on_fail, prompt_fast_path: false, ..Rules::default() };
        let mut bus = formed(rules);
        told(&mut bus, 1, Body::Fail(id(0)));
        let node = &mut bus.nodes[3];
        assert_eq!(written_first(node), in_settle, "{rules}");
        while node.poll_output().is_some() {}
        let cron = bus.now + CRON;
        node.handle_timeout(cron);
        assert_eq!(written_first(node), at_cron, "{rules}");
    }
}

#[test]
fn a_priority_is_told_and_kept_only_where_it_is_known_and_not_zero() {
    for (priority_in_rank, number, told) in [(true, 7, true), (true, 0, false), (false, 7, false)] {
        let mut bus = Bus::formed(Rules { priority_in_rank, ..Rules::default() });
        let mut config = bus.nodes[3].config().clone();
        config.names.replica_priority = number;
        bus.nodes[3].set_config(bus.now, config);
        bus.run(Duration::from_secs(4));
        let names = bus.nodes[1].view().get(id(3)).and_then(|peer| peer.names.as_deref());
        assert_eq!(names.is_some_and(|names| names.replica_priority == 7), told, "{number}");
        for conf in [bus.nodes[3].conf(), bus.nodes[1].conf()] {
            let text = conf.to_string();
            assert_eq!(text.contains("replica-priority=7"), told, "{text}");
            assert_eq!(text.parse(), Ok(conf), "{text}");
        }
    }
}

/// How a replica comes to have no failed primary any more.
type End = fn(&mut Bus);

#[test]
fn a_failed_primary_was_spoken_of_for_ever() {
    let recovery = |bus: &mut Bus| {
        let ix = bus.nodes[3].view.lookup(id(0)).expect("known");
        bus.nodes[3].view.peer_mut(ix).flags.remove(NodeFlags::FAIL);
    };
    let promotion = |bus: &mut Bus| {
        let takeover = Command::Failover(FailoverMode::Takeover);
        assert_eq!(bus.nodes[3].handle_command(bus.now, takeover), Ok(()));
    };
    let rehoming = |bus: &mut Bus| {
        assert_eq!(bus.nodes[3].handle_command(bus.now, Command::Replicate(id(1))), Ok(()));
    };
    let ends: [(&str, End); 3] = [("recovery", recovery), ("promotion", promotion), ("re-homing", rehoming)];
    for (what, end) in ends {
        for primary_fail_cleared in [true, false] {
            let mut bus = formed(Rules { primary_fail_cleared, ..Rules::default() });
            let says = |bus: &Bus| bus.nodes[3].header().flags.contains(NodeFlags::MY_PRIMARY_FAIL);
            assert!(!says(&bus));
            told(&mut bus, 1, Body::Fail(id(0)));
            assert!(says(&bus));
            end(&mut bus);
            assert_eq!(says(&bus), !primary_fail_cleared, "{what}");
        }
    }
}

#[test]
fn a_nack_is_read_only_by_candidates_of_its_revision() {
    let forms = [NackForm::Spare, NackForm::Plain, NackForm::Echo(Epoch(4))];
    for nack in Nack::ALL {
        for (at, form) in forms.into_iter().enumerate() {
            let mut bus = formed(Rules { nack, ..Rules::default() });
            told(&mut bus, 1, Body::Fail(id(0)));
            told(&mut bus, 1, Body::AuthNack { form, reason: NackReason::AlreadyVoted });
            bus.nodes[3].outputs.retain(|output| matches!(output, Output::Notify(_)));
            bus.drain(3);
            let own = match nack {
                Nack::Off => None,
                Nack::Proposed => Some(0),
                Nack::Merged => Some(1),
                Nack::Echoed | Nack::Filtered | Nack::On => Some(2),
            };
            let read = bus.saw(3, |event| matches!(event, Event::NackReceived { .. }));
            assert_eq!(read, own == Some(at), "{nack:?}, {form:?}:\n{}", bus.trace());
        }
    }
}

#[test]
fn a_voter_writes_the_nack_of_its_revision() {
    for (nack, form) in [
        (Nack::Off, None),
        (Nack::Proposed, Some(NackForm::Spare)),
        (Nack::Merged, Some(NackForm::Plain)),
        (Nack::Echoed, Some(NackForm::Echo(Epoch(4)))),
        (Nack::On, Some(NackForm::Echo(Epoch(4)))),
    ] {
        let mut bus = formed(Rules { nack, ..Rules::default() });
        let link = bus.nodes[1].view().get(id(3)).and_then(|peer| peer.inbound).expect("linked");
        let mut header = bus.nodes[3].header();
        header.current_epoch = Epoch(4);
        header.message_flags = MessageFlags::empty();
        let frame = Frame::Full(Message { header, body: Body::AuthRequest });
        bus.nodes[1].handle_frame(bus.now, link, frame);
        bus.sent.clear();
        bus.drain(1);
        let told = bus.sent.iter().find_map(|(_, _, message)| match message.body {
            Body::AuthNack { form, .. } => Some(form),
            _ => None,
        });
        assert_eq!(told, form, "{nack:?}");
    }
}
