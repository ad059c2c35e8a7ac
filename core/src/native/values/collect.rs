//! The structures behind values of several elements, as one kind of thing.

use super::{Hash, List, Set, Sorted, Value};

/// What a command for one type answers about another.
pub const WRONG_TYPE: &str = "WRONGTYPE Operation against a key holding the wrong kind of value";

/// Containers larger than this lose elements in no order, in return for doing it at once.
const ORDERED: usize = 512;

/// A structure that a key can hold and that vanishes when it is empty.
pub trait Held: Default {
    /// The structure, if the value is one.
    fn of(value: &Value) -> Option<&Self>;
    /// The same, to change it.
    fn of_mut(value: &mut Value) -> Option<&mut Self>;
    /// The structure as a value.
    fn held(self) -> Value;
    /// Whether nothing is in it.
    fn is_void(&self) -> bool;
}

macro_rules! held {
    ($($variant:ident: $type:ty),+) => {$(
        impl Held for $type {
            fn of(value: &Value) -> Option<&Self> {
                if let Value::$variant(found) = value { Some(&**found) } else { None }
            }

            fn of_mut(value: &mut Value) -> Option<&mut Self> {
                if let Value::$variant(found) = value { Some(&mut **found) } else { None }
            }

            fn held(self) -> Value {
                Value::$variant(Box::new(self))
            }

            fn is_void(&self) -> bool {
                self.is_empty()
            }
        }
    )+};
}

held!(List: List, Hash: Hash, Set: Set, Sorted: Sorted);

/// Takes a member out of a set; whether it was in.
pub fn forget(set: &mut Set, member: &[u8]) -> bool {
    if set.len() > ORDERED { set.swap_remove(member) } else { set.shift_remove(member) }
}

/// Takes a field out of a hash; whether it was in.
pub fn forget_field(hash: &mut Hash, field: &[u8]) -> bool {
    let gone = if hash.len() > ORDERED { hash.swap_remove(field) } else { hash.shift_remove(field) };
    gone.is_some()
}
