//! `FAILOVER_AUTH_NACK` in its three revisions, which share one type and differ in length
//! (protocol.md §8.1).

use super::cursor::Writer;
use super::layout::nack;
use super::message::{Body, NackReason};
use crate::base::Epoch;

/// What a refusal says besides its reason.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NackForm {
    /// Revision A, 2281 bytes: nothing, in 24 bytes.
    Spare,
    /// Revision B, 2257 bytes: nothing.
    Plain,
    /// Revision C, 2272 bytes: the epoch of the refused request.
    Echo(Epoch),
}

impl NackForm {
    /// The epoch of the refused request, if the form says it.
    pub const fn epoch(self) -> Option<Epoch> {
        match self {
            Self::Spare | Self::Plain => None,
            Self::Echo(epoch) => Some(epoch),
        }
    }

    /// Bytes behind the header.
    pub(super) const fn len(self) -> usize {
        match self {
            Self::Spare => nack::SPARE_LEN,
            Self::Plain => nack::PLAIN_LEN,
            Self::Echo(_) => nack::LEN,
        }
    }
}

/// Appends a refusal.
pub(super) fn write(form: NackForm, reason: NackReason, out: &mut Vec<u8>) {
    let mut to = Writer::new(out);
    match form {
        NackForm::Spare => {
            to.u8(nack::SPARE_REASON, reason.code());
            to.zeros(nack::SPARE);
        }
        NackForm::Plain => to.u8(nack::SPARE_REASON, reason.code()),
        NackForm::Echo(epoch) => {
            to.u64(nack::EPOCH, epoch.0);
            to.u8(nack::REASON, reason.code());
            to.zeros(nack::RESERVED);
        }
    }
}

/// The refusal in these bytes; `None` if they are as long as none.
pub(super) fn read(payload: &[u8]) -> Option<Body> {
    let (form, code) = match payload.len() {
        nack::SPARE_LEN => (NackForm::Spare, nack::SPARE_REASON.u8(payload)),
        nack::PLAIN_LEN => (NackForm::Plain, nack::SPARE_REASON.u8(payload)),
        nack::LEN => (NackForm::Echo(Epoch(nack::EPOCH.u64(payload))), nack::REASON.u8(payload)),
        _ => return None,
    };
    Some(Body::AuthNack { form, reason: NackReason::from_code(code) })
}
