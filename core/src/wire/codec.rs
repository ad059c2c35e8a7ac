//! One whole frame, both ways.

use super::body;
use super::cursor::Writer;
use super::deframer::MAX_FRAME;
use super::error::{FrameError, Malformed, Misframed};
use super::header::{self, Lead};
use super::layout::{LEAD_LEN, LIGHT_BIT, SIGNATURE, VERSION, full, light};
use super::message::{Body, Frame, LightBody, Message, MessageFlags};
use crate::base::SlotSet;

/// The frame as bytes.
///
/// Three things are mended in silence, because their alternatives are frames nobody can read:
/// `EXT_DATA` is set when there are extensions, extensions over 65,528 bytes are left out, and so
/// are entries and extensions beyond the 65,535th.
pub fn encode(frame: &Frame) -> Vec<u8> {
    let mut out = Vec::new();
    encode_into(frame, &mut out);
    out
}

/// Appends the frame to `out`; see [`encode`].
pub fn encode_into(frame: &Frame, out: &mut Vec<u8>) {
    match frame {
        Frame::Full(message) => write_full(message, out),
        Frame::Light(body) => write_light(body, out),
    }
}

/// The message as bytes; see [`encode`].
pub fn encode_message(message: &Message) -> Vec<u8> {
    let mut out = Vec::new();
    write_full(message, &mut out);
    out
}

/// How many bytes [`encode`] will make of the frame: what send buffers and statistics count.
pub fn encoded_len(frame: &Frame) -> usize {
    match frame {
        Frame::Full(message) => full::LEN.saturating_add(message.body.encoded_len()),
        Frame::Light(body) => light::LEN.saturating_add(body.encoded_len()),
    }
}

/// The frame that these bytes are, all of them. For a stream take a [`Deframer`](super::Deframer).
pub fn decode(bytes: &[u8]) -> Result<Frame, FrameError> {
    decode_like(bytes, &SlotSet::EMPTY)
}

/// [`decode`] for who has a guess at the header's slots: a right one saves a copy of their bitmap, a
/// wrong one changes nothing.
pub fn decode_like(bytes: &[u8], likely: &SlotSet) -> Result<Frame, FrameError> {
    let found = bytes.len() as u64;
    let framing = Framing::read(bytes).ok_or(Misframed::NotOne { totlen: 0, found })??;
    if u64::from(framing.totlen) != found {
        return Err(Misframed::NotOne { totlen: framing.totlen, found }.into());
    }
    Ok(read_frame(bytes, likely)?)
}

/// What the first bytes of a frame say about where it ends.
#[derive(Clone, Copy, Debug)]
pub(super) struct Framing {
    /// Bytes of the whole frame.
    pub(super) totlen: u32,
}

impl Framing {
    /// Reads the framing; `None` until enough bytes are there.
    pub(super) fn read(bytes: &[u8]) -> Option<Result<Self, Misframed>> {
        let lead: &[u8; LEAD_LEN] = bytes.first_chunk()?;
        Some(Self::check(lead))
    }

    fn check(lead: &[u8; LEAD_LEN]) -> Result<Self, Misframed> {
        let signature = *full::SIG.of(lead);
        if signature != SIGNATURE {
            return Err(Misframed::Signature(signature));
        }
        let totlen = full::TOTLEN.u32(lead);
        let is_light = full::TYPE.u16(lead) & LIGHT_BIT != 0;
        let minimum = length(if is_light { light::LEN } else { full::LEN });
        if totlen < minimum {
            return Err(Misframed::TooShort { totlen, minimum });
        }
        if totlen > MAX_FRAME {
            return Err(Misframed::TooLong { totlen });
        }
        Ok(Self { totlen })
    }
}

/// Reads one frame whose framing has been checked. The order of the checks is Valkey's.
pub(super) fn read_frame(bytes: &[u8], likely: &SlotSet) -> Result<Frame, Malformed> {
    let version = full::VER.u16(bytes);
    if version != VERSION {
        return Err(Malformed::Version(version));
    }
    let kind = full::TYPE.u16(bytes);
    if kind & LIGHT_BIT != 0 {
        let payload = bytes.get(light::LEN..).unwrap_or_default();
        return body::read_light(kind & !LIGHT_BIT, payload).map(Frame::Light);
    }
    let found = bytes.len() as u64;
    let (head, payload) = bytes.split_first_chunk::<{ full::LEN }>().ok_or(Malformed::Length {
        kind,
        needs: full::LEN as u64,
        found,
    })?;
    // Upstream walks the extensions by count alone and so past the buffer when the flag is unset.
    let flags = MessageFlags::from_bits_retain(full::MFLAGS.u8(head));
    let extensions = if flags.contains(MessageFlags::EXT_DATA) { full::EXTENSIONS.u16(head) } else { 0 };
    let body = body::read(kind, full::COUNT.u16(head), extensions, payload)?;
    Ok(Frame::Full(Message { header: header::read(head, likely)?, body }))
}

fn write_full(message: &Message, out: &mut Vec<u8>) {
    let total = full::LEN.saturating_add(message.body.encoded_len());
    let end = out.len().saturating_add(total);
    out.reserve(total);
    header::write(&message.header, lead(message, total), out);
    body::write(&message.body, out);
    debug_assert_eq!(out.len(), end, "a frame is as long as it says");
}

fn lead(message: &Message, total: usize) -> Lead {
    let (mut count, mut extensions, mut flags) = (0, 0, message.header.message_flags);
    if let Body::Ping(gossip) | Body::Pong(gossip) | Body::Meet(gossip) = &message.body {
        count = gossip.sendable_entries().len();
        extensions = gossip.sendable_extensions().count();
    }
    if extensions > 0 {
        flags |= MessageFlags::EXT_DATA;
    }
    Lead {
        totlen: length(total),
        kind: message.body.code(),
        count: u16::try_from(count).unwrap_or(u16::MAX),
        extensions: u16::try_from(extensions).unwrap_or(u16::MAX),
        flags,
    }
}

fn write_light(body: &LightBody, out: &mut Vec<u8>) {
    let total = light::LEN.saturating_add(body.encoded_len());
    let end = out.len().saturating_add(total);
    out.reserve(total);
    let mut to = Writer::new(out);
    to.put(full::SIG, &SIGNATURE);
    to.u32(full::TOTLEN, length(total));
    to.u16(full::VER, VERSION);
    to.zeros(light::NOTUSED_1);
    to.u16(full::TYPE, body.code() | LIGHT_BIT);
    to.zeros(light::NOTUSED_2);
    body::write_light(body, out);
    debug_assert_eq!(out.len(), end, "a frame is as long as it says");
}

fn length(bytes: usize) -> u32 {
    u32::try_from(bytes).unwrap_or(u32::MAX)
}
