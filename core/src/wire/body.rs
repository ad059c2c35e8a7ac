//! Payloads by type (protocol.md §2.3, §2.4, §2.8, §8.1).

use super::cursor::Writer;
use super::error::{IdField, Malformed};
use super::gossip;
use super::header::{id, write_slots};
use super::layout::{LIGHT_BIT, fail, module, publish, update};
use super::message::{Body, LightBody, ModuleMessage, Publication};
use super::nack;
use crate::base::{Epoch, SlotSet};

const PING: u16 = 0;
const PONG: u16 = 1;
const MEET: u16 = 2;
const FAIL: u16 = 3;
const PUBLISH: u16 = 4;
const AUTH_REQUEST: u16 = 5;
const AUTH_ACK: u16 = 6;
const UPDATE: u16 = 7;
const MFSTART: u16 = 8;
const MODULE: u16 = 9;
const PUBLISHSHARD: u16 = 10;
const AUTH_NACK: u16 = 11;

impl Body {
    /// The type on the wire.
    pub const fn code(&self) -> u16 {
        match self {
            Self::Ping(_) => PING,
            Self::Pong(_) => PONG,
            Self::Meet(_) => MEET,
            Self::Fail(_) => FAIL,
            Self::Publish(_) => PUBLISH,
            Self::AuthRequest => AUTH_REQUEST,
            Self::AuthAck => AUTH_ACK,
            Self::Update { .. } => UPDATE,
            Self::ManualStart => MFSTART,
            Self::Module(_) => MODULE,
            Self::PublishShard(_) => PUBLISHSHARD,
            Self::AuthNack { .. } => AUTH_NACK,
            // The bit would promise a light header, which this body does not have.
            Self::Unknown { kind, .. } => *kind & !LIGHT_BIT,
        }
    }

    /// Bytes behind the header.
    pub(super) fn encoded_len(&self) -> usize {
        match self {
            Self::Ping(gossip) | Self::Pong(gossip) | Self::Meet(gossip) => gossip.encoded_len(),
            Self::Fail(_) => fail::LEN,
            Self::Publish(text) | Self::PublishShard(text) => publication_len(text),
            Self::AuthRequest | Self::AuthAck | Self::ManualStart => 0,
            Self::Update { .. } => update::LEN,
            Self::Module(message) => module_len(message),
            Self::AuthNack { form, .. } => form.len(),
            Self::Unknown { payload, .. } => payload.len(),
        }
    }
}

impl LightBody {
    /// The type on the wire, without the bit that announces a light header.
    pub const fn code(&self) -> u16 {
        match self {
            Self::Publish(_) => PUBLISH,
            Self::Module(_) => MODULE,
            Self::PublishShard(_) => PUBLISHSHARD,
        }
    }

    /// Bytes behind the header.
    pub(super) fn encoded_len(&self) -> usize {
        match self {
            Self::Publish(text) | Self::PublishShard(text) => publication_len(text),
            Self::Module(message) => module_len(message),
        }
    }
}

/// Appends what follows a full header.
pub(super) fn write(body: &Body, out: &mut Vec<u8>) {
    match body {
        Body::Ping(gossip) | Body::Pong(gossip) | Body::Meet(gossip) => gossip::write(gossip, out),
        Body::Fail(node) => Writer::new(out).put(fail::NODE, node.as_bytes()),
        Body::Publish(text) | Body::PublishShard(text) => write_publication(text, out),
        Body::AuthRequest | Body::AuthAck | Body::ManualStart => {}
        Body::Update { config_epoch, owner, slots } => {
            let mut to = Writer::new(out);
            to.u64(update::CONFIG_EPOCH, config_epoch.0);
            to.put(update::OWNER, owner.as_bytes());
            write_slots(slots, update::SLOTS, &mut to);
        }
        Body::Module(message) => write_module(message, out),
        Body::AuthNack { form, reason } => nack::write(*form, *reason, out),
        Body::Unknown { payload, .. } => out.extend_from_slice(payload),
    }
}

/// Appends what follows a light header.
pub(super) fn write_light(body: &LightBody, out: &mut Vec<u8>) {
    match body {
        LightBody::Publish(text) | LightBody::PublishShard(text) => write_publication(text, out),
        LightBody::Module(message) => write_module(message, out),
    }
}

/// Reads what follows a full header. `count` and `extensions` are the header's; `extensions` is 0
/// unless `EXT_DATA` is set.
pub(super) fn read(kind: u16, count: u16, extensions: u16, payload: &[u8]) -> Result<Body, Malformed> {
    let gossip = |payload| gossip::read(kind, count, extensions, payload);
    Ok(match kind {
        PING => Body::Ping(gossip(payload)?),
        PONG => Body::Pong(gossip(payload)?),
        MEET => Body::Meet(gossip(payload)?),
        FAIL => Body::Fail(id(fail::NODE.of(exactly::<{ fail::LEN }>(kind, payload)?), IdField::Failing)?),
        PUBLISH => Body::Publish(read_publication(kind, payload)?),
        AUTH_REQUEST => exactly::<0>(kind, payload).map(|_| Body::AuthRequest)?,
        AUTH_ACK => exactly::<0>(kind, payload).map(|_| Body::AuthAck)?,
        UPDATE => read_update(exactly(kind, payload)?)?,
        MFSTART => exactly::<0>(kind, payload).map(|_| Body::ManualStart)?,
        MODULE => Body::Module(read_module(kind, payload)?),
        PUBLISHSHARD => Body::PublishShard(read_publication(kind, payload)?),
        other => {
            let nack = (other == AUTH_NACK).then(|| nack::read(payload)).flatten();
            nack.unwrap_or_else(|| Body::Unknown { kind, payload: payload.to_vec() })
        }
    })
}

/// Reads what follows a light header; `kind` comes without its light bit.
pub(super) fn read_light(kind: u16, payload: &[u8]) -> Result<LightBody, Malformed> {
    Ok(match kind {
        PUBLISH => LightBody::Publish(read_publication(kind, payload)?),
        MODULE => LightBody::Module(read_module(kind, payload)?),
        PUBLISHSHARD => LightBody::PublishShard(read_publication(kind, payload)?),
        other => return Err(Malformed::NotLight(other)),
    })
}

fn exactly<const N: usize>(kind: u16, payload: &[u8]) -> Result<&[u8; N], Malformed> {
    let found = payload.len() as u64;
    payload.try_into().map_err(|_| Malformed::Length { kind, needs: N as u64, found })
}

fn read_update(payload: &[u8; update::LEN]) -> Result<Body, Malformed> {
    Ok(Body::Update {
        config_epoch: Epoch(update::CONFIG_EPOCH.u64(payload)),
        owner: id(update::OWNER.of(payload), IdField::Owner)?,
        slots: SlotSet::from_bitmap(update::SLOTS.of(payload)),
    })
}

fn publication_len(text: &Publication) -> usize {
    publish::LEN.saturating_add(text.channel.len()).saturating_add(text.message.len())
}

fn write_publication(text: &Publication, out: &mut Vec<u8>) {
    let mut to = Writer::new(out);
    to.u32(publish::CHANNEL_LEN, short(&text.channel));
    to.u32(publish::MESSAGE_LEN, short(&text.message));
    to.tail(&text.channel);
    to.tail(&text.message);
}

fn read_publication(kind: u16, payload: &[u8]) -> Result<Publication, Malformed> {
    let head: &[u8; publish::LEN] = head(kind, payload)?;
    let channel_len = u64::from(publish::CHANNEL_LEN.u32(head));
    let message_len = u64::from(publish::MESSAGE_LEN.u32(head));
    let tail = tail(kind, payload, publish::LEN, channel_len.saturating_add(message_len))?;
    let (channel, message) =
        tail.split_at_checked(usize::try_from(channel_len).unwrap_or(usize::MAX)).unwrap_or((tail, &[]));
    Ok(Publication { channel: channel.to_vec(), message: message.to_vec() })
}

fn module_len(message: &ModuleMessage) -> usize {
    module::LEN.saturating_add(message.payload.len())
}

fn write_module(message: &ModuleMessage, out: &mut Vec<u8>) {
    let mut to = Writer::new(out);
    to.put(module::ID, &message.module);
    to.u32(module::PAYLOAD_LEN, short(&message.payload));
    to.u8(module::TYPE, message.kind);
    to.tail(&message.payload);
}

fn read_module(kind: u16, payload: &[u8]) -> Result<ModuleMessage, Malformed> {
    let head: &[u8; module::LEN] = head(kind, payload)?;
    let tail = tail(kind, payload, module::LEN, u64::from(module::PAYLOAD_LEN.u32(head)))?;
    Ok(ModuleMessage { module: *module::ID.of(head), kind: module::TYPE.u8(head), payload: tail.to_vec() })
}

// The fixed head of a payload of variable length.
fn head<const N: usize>(kind: u16, payload: &[u8]) -> Result<&[u8; N], Malformed> {
    let found = payload.len() as u64;
    payload.first_chunk().ok_or(Malformed::Length { kind, needs: N as u64, found })
}

// What follows the head, which must be `len` bytes: neither less nor more.
fn tail(kind: u16, payload: &[u8], head: usize, len: u64) -> Result<&[u8], Malformed> {
    let found = payload.len() as u64;
    let tail = payload.get(head..).unwrap_or_default();
    if tail.len() as u64 == len {
        Ok(tail)
    } else {
        Err(Malformed::Length { kind, needs: len.saturating_add(head as u64), found })
    }
}

// A length field. Longer texts cannot be framed at all: whoever sends keeps to `MAX_FRAME`.
fn short(bytes: &[u8]) -> u32 {
    u32::try_from(bytes.len()).unwrap_or(u32::MAX)
}
