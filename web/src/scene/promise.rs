//! What was promised, and how it stands at the cursor.

use splitvote::base::Rules;
use splitvote::base::ordered;
use splitvote::sim::hunt::Target;
use splitvote::sim::properties::{Kind, Property};

use super::breach::Breach;
use crate::words;

/// One property at the cursor.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Promise {
    /// Which.
    pub property: &'static Property,
    /// How it stands.
    pub standing: Standing,
    /// Whether the rules of all nodes promise it; where they do not, it is known to break.
    pub promised: bool,
}

/// How a property stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// It is judged at the end, when all is mended.
    Open,
    /// Judged after every step, and kept so far.
    Holds,
    /// Broken since this moment, as this one of the breaches says.
    Broken(u64, usize),
}

impl Promise {
    /// Its standing and its statement in a sentence.
    pub fn sentence(&self) -> String {
        words::promise(self.property, self.standing, self.promised)
    }
}

/// Every property that a run can break, at a moment.
pub fn of(breaches: &[Breach], now: u64, rules: &[Rules]) -> Vec<Promise> {
    let properties = Target::any().into_iter().filter_map(|target| match target {
        Target::Property(property) => Some(property),
        _ => None,
    });
    let promise = |property: &'static Property| {
        let found = breaches.iter().position(|one| one.property.as_deref() == Some(property.id));
        let standing = match found.map(|at| (breaches[at].at, at)) {
            Some((since, at)) if since <= now => Standing::Broken(since, at),
            _ if property.kind == Kind::Eventually => Standing::Open,
            _ => Standing::Holds,
        };
        Promise { property, standing, promised: rules.iter().all(|rules| property.is_claimed(rules)) }
    };
    let mut all: Vec<Promise> = properties.map(promise).collect();
    ordered::sort_by_key(&mut all, |one| order(one.property.id));
    all
}

/// What must never happen before what must happen at last, each by its number: `S2`, `S13`, `L2`.
fn order(id: &str) -> (bool, u32) {
    (!id.starts_with('S'), id.trim_start_matches(char::is_alphabetic).parse().unwrap_or(u32::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn properties_stand_in_the_order_of_their_numbers() {
        let ids: Vec<&str> = of(&[], 0, &[]).iter().map(|one| one.property.id).collect();
        assert!(ids.starts_with(&["S1", "S2"]), "{ids:?}");
        let place = |id: &str| ids.iter().position(|one| *one == id).expect(id);
        assert!(
            place("S9") < place("S10") && place("S22") < place("L2") && place("L8") < place("L10"),
            "{ids:?}"
        );
    }

    #[test]
    fn a_property_holds_until_it_breaks_and_no_longer() {
        let breach = Breach {
            property: Some("S3".to_owned()),
            statement: String::new(),
            what: String::new(),
            at: 5,
            node: None,
            times: 1,
            promised: false,
        };
        let release = Rules::preset("valkey-9.1").expect("a preset");
        let at = |now: u64, rules: &[Rules], id: &str| {
            let all = of(std::slice::from_ref(&breach), now, rules);
            all.into_iter().find(|one| one.property.id == id).map(|one| (one.standing, one.promised))
        };
        let ours = Rules::default();
        assert_eq!(at(4, &[ours], "S3"), Some((Standing::Holds, true)));
        assert_eq!(at(5, &[ours, release], "S3"), Some((Standing::Broken(5, 0), false)));
        assert_eq!(at(5, &[ours], "L5").map(|one| one.0), Some(Standing::Open));
        assert_eq!(at(5, &[ours], "L1"), None, "nothing in a run can break it");
    }
}
