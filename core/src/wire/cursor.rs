//! Reading and writing one structure after another. Neither side can panic: reading past the end
//! is `None`, writing grows.

use super::layout::Field;

/// What is left to read.
#[derive(Clone, Copy, Debug)]
pub(super) struct Reader<'a> {
    rest: &'a [u8],
}

impl<'a> Reader<'a> {
    /// Reads `bytes` from their beginning.
    pub(super) const fn new(bytes: &'a [u8]) -> Self {
        Self { rest: bytes }
    }

    /// The next `len` bytes, or `None` (and nothing consumed) if fewer are left.
    #[inline]
    pub(super) fn take(&mut self, len: usize) -> Option<&'a [u8]> {
        let (head, rest) = self.rest.split_at_checked(len)?;
        self.rest = rest;
        Some(head)
    }

    /// All that is left.
    pub(super) const fn rest(&self) -> &'a [u8] {
        self.rest
    }
}

/// Appends one structure, field by field in wire order.
#[derive(Debug)]
pub(super) struct Writer<'a> {
    out: &'a mut Vec<u8>,
    start: usize,
}

impl<'a> Writer<'a> {
    /// Starts a structure at the end of `out`.
    pub(super) const fn new(out: &'a mut Vec<u8>) -> Self {
        let start = out.len();
        Self { out, start }
    }

    /// Appends a field. Its width is checked by the compiler, its place in debug builds.
    #[inline]
    pub(super) fn put<const N: usize>(&mut self, field: Field<N>, value: &[u8; N]) {
        self.check(field);
        self.out.extend_from_slice(value);
    }

    /// Appends a number.
    #[inline]
    pub(super) fn u8(&mut self, field: Field<1>, value: u8) {
        self.put(field, &[value]);
    }

    /// Appends a number.
    #[inline]
    pub(super) fn u16(&mut self, field: Field<2>, value: u16) {
        self.put(field, &value.to_be_bytes());
    }

    /// Appends a number.
    #[inline]
    pub(super) fn u32(&mut self, field: Field<4>, value: u32) {
        self.put(field, &value.to_be_bytes());
    }

    /// Appends a number.
    #[inline]
    pub(super) fn u64(&mut self, field: Field<8>, value: u64) {
        self.put(field, &value.to_be_bytes());
    }

    /// Appends a field of zeros.
    #[inline]
    pub(super) fn zeros<const N: usize>(&mut self, field: Field<N>) {
        self.put(field, &[0; N]);
    }

    /// Appends bytes behind the structure's fixed fields.
    pub(super) fn tail(&mut self, bytes: &[u8]) {
        self.out.extend_from_slice(bytes);
    }

    fn check<const N: usize>(&self, field: Field<N>) {
        debug_assert_eq!(
            self.out.len(),
            self.start.saturating_add(field.at),
            "fields are written in wire order"
        );
    }
}
