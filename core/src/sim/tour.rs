//! A room of the museum as the steps of a lesson, made of what its file says already: the harm, the switch
//! that mends it. Where it breaks, and on which node, is seen by playing it.

use crate::scenario::lesson::{Beat, Change, Choice, Claim, Lesson, Moment, Part, Turn};
use crate::scenario::museum::{Card, Harm};
use crate::scenario::{Builtin, Condition, PropertyId, Script, Statement, Versus, parse};

use super::Simulator;

const BEFORE: &str = "These are the rules of the card, and nothing has happened yet.";
const BREAKS: &str = "Here it breaks, on the node that is lit.";
const HAPPENS: &str = "Here happens what was expected never to happen.";
const LACKS: &str = "The run is over, and what was expected of it is not so.";
const ASKS: &str = "The same run, the same dice, and the fix. Does it go wrong again?";
const AGAIN: &str = "It goes wrong again";
const MENDED: &str = "It goes well";
const WHY: &str = "Nothing else was changed: the two runs part where the switch decides for the first time.";
const BESIDE: &str = "Side by side: on the left as it was, on the right with the fix.";

/// What the steps of every room say, for those who translate.
pub const SENTENCES: [&str; 9] = [BEFORE, BREAKS, HAPPENS, LACKS, ASKS, AGAIN, MENDED, WHY, BESIDE];

/// The steps of a room: before, where it breaks, what the fix makes of it, both side by side. None if its text
/// is no room's, or shows no harm.
pub fn tour(room: &Builtin) -> Option<Lesson<'static>> {
    let (card, script) = (Card::of(room.text)?, parse(room.text).ok()?);
    let harm = harm(card.harm, &script)?;
    let mut world = Simulator::new(&script);
    world.run();
    let over = Moment::At(world.now());
    let breaks = match &harm {
        Claim::Holds(Condition::Violation(property), _) => {
            let node = world.names().host(world.broken_on(*property)?);
            let until = Some(Moment::When(Condition::Violation(*property)));
            Beat { show: vec![Part::Node(node)], until, ..Beat::new(BREAKS) }
        }
        Claim::Holds(condition, None)
            if !matches!(condition, Condition::Not(_)) && !condition.is_standing() =>
        {
            Beat { until: Some(Moment::When(condition.clone())), ..Beat::new(HAPPENS) }
        }
        _ => Beat { until: Some(over.clone()), ..Beat::new(LACKS) },
    };
    let opening = Some(Moment::At(script.opening()));
    let choices =
        vec![Choice { text: AGAIN, claim: harm.clone() }, Choice { text: MENDED, claim: opposite(&harm)? }];
    let asks = Beat {
        changes: vec![Change::Rules(card.fix)],
        until: opening.clone(),
        part: Turn::Predict(choices),
        why: WHY,
        ..Beat::new(ASKS)
    };
    let beside = Beat {
        changes: vec![Change::Afresh],
        beside: Versus::read(card.fix),
        show: breaks.show.clone(),
        until: Some(over),
        ..Beat::new(BESIDE)
    };
    let beats = vec![Beat { until: opening, ..Beat::new(BEFORE) }, breaks, asks, beside];
    Some(Lesson { minutes: 2, goal: room.blurb, needs: Vec::new(), beats, script })
}

/// What is so where a room shows its harm.
fn harm(harm: Harm<'_>, script: &Script) -> Option<Claim> {
    match harm {
        Harm::Violation(id) => {
            script.condition(&format!("violation {id}")).ok().map(|it| Claim::Holds(it, None))
        }
        Harm::Unmet(words) => script.statements.iter().find_map(|line| match &line.value {
            Statement::Expect { condition, within }
                if line.value.to_string() == format!("expect {words}") =>
            {
                opposite(&Claim::Holds(condition.clone(), *within))
            }
            _ => None,
        }),
    }
}

fn opposite(claim: &Claim) -> Option<Claim> {
    let Claim::Holds(condition, within) = claim else { return None };
    let condition = match condition {
        Condition::Not(inner) => (**inner).clone(),
        plain => Condition::Not(Box::new(plain.clone())),
    };
    Some(Claim::Holds(condition, *within))
}

impl Simulator {
    /// Where a property first broke.
    fn broken_on(&self, property: PropertyId) -> Option<super::HostIx> {
        let property = property.to_string();
        let broken = self.violations().iter().find(|(.., violation)| violation.property == property);
        broken.and_then(|(_, host, _)| *host)
    }
}
