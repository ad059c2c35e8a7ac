//! Parts of a sorted set: by place, by score, by name; shown, counted, taken away, stored.

use super::super::strings::{NOT_INTEGER, SYNTAX};
use super::super::{Call, Flow};
use super::sorted::write_scored;
use super::{Refusal, number, span, together, tried};
use crate::native::values::{Held as _, Score, Scored, Sorted, float, integer};

/// One end of a range of scores.
#[derive(Clone, Copy)]
struct Edge {
    score: Score,
    open: bool,
}

impl Edge {
    fn read(word: &[u8]) -> Result<Self, Refusal> {
        let (open, digits) = word.strip_prefix(b"(").map_or((false, word), |rest| (true, rest));
        let score = float::bound(digits).and_then(Score::new);
        Ok(Self { score: score.ok_or("ERR min or max is not a float")?, open })
    }

    fn admits_above(self, score: Score) -> bool {
        score > self.score || (score == self.score && !self.open)
    }

    fn admits_below(self, score: Score) -> bool {
        score < self.score || (score == self.score && !self.open)
    }
}

/// One end of a range of names.
#[derive(Clone, Copy)]
enum Name<'a> {
    First,
    Last,
    At(&'a [u8]),
    Beside(&'a [u8]),
}

impl<'a> Name<'a> {
    fn read(word: &'a [u8]) -> Result<Self, Refusal> {
        match word.split_first() {
            Some((b'-', [])) => Ok(Self::First),
            Some((b'+', [])) => Ok(Self::Last),
            Some((b'[', rest)) => Ok(Self::At(rest)),
            Some((b'(', rest)) => Ok(Self::Beside(rest)),
            _ => Err("ERR min or max not valid string range item".into()),
        }
    }

    fn admits_above(self, name: &[u8]) -> bool {
        match self {
            Self::First => true,
            Self::Last => false,
            Self::At(edge) => name >= edge,
            Self::Beside(edge) => name > edge,
        }
    }

    fn admits_below(self, name: &[u8]) -> bool {
        match self {
            Self::First => false,
            Self::Last => true,
            Self::At(edge) => name <= edge,
            Self::Beside(edge) => name < edge,
        }
    }
}

/// Which members are meant.
enum Part<'a> {
    Places(i64, i64),
    Scores(Edge, Edge),
    Names(Name<'a>, Name<'a>),
}

/// What orders the members of a range.
#[derive(Clone, Copy, PartialEq, Eq)]
enum By {
    Place,
    Score,
    Name,
}

impl<'a> Part<'a> {
    fn read(by: By, low: &'a [u8], high: &'a [u8]) -> Result<Self, Refusal> {
        Ok(match by {
            By::Place => Self::Places(number(low)?, number(high)?),
            By::Score => Self::Scores(Edge::read(low)?, Edge::read(high)?),
            By::Name => Self::Names(Name::read(low)?, Name::read(high)?),
        })
    }

    /// The members from the lowest on; places are counted from the top if `rev`.
    fn of<'s>(&self, sorted: &'s Sorted, rev: bool) -> Vec<Scored<'s>> {
        match self {
            Self::Places(first, last) => {
                let span = span(*first, *last, sorted.len());
                let skip = if rev { sorted.len() - span.end } else { span.start };
                sorted.iter().skip(skip).take(span.len()).collect()
            }
            Self::Scores(low, high) => {
                let from = sorted.from_score(low.score).skip_while(|(score, _)| !low.admits_above(*score));
                from.take_while(|(score, _)| high.admits_below(*score)).collect()
            }
            Self::Names(low, high) => {
                let from = sorted.iter().skip_while(|(_, name)| !low.admits_above(name));
                from.take_while(|(_, name)| high.admits_below(name)).collect()
            }
        }
    }
}

/// A range as it is asked for.
struct Range<'a> {
    part: Part<'a>,
    rev: bool,
    limit: Option<(i64, i64)>,
    with_scores: bool,
}

/// What a command's name says already.
#[derive(Clone, Copy)]
struct Kind {
    by: Option<By>,
    rev: Option<bool>,
    stores: bool,
}

impl<'a> Range<'a> {
    /// Reads what stands from the two ends on.
    fn read(words: &'a [&'a [u8]], kind: Kind) -> Result<Self, Refusal> {
        let (mut by, mut rev) = (kind.by, kind.rev.unwrap_or(false));
        let (mut limit, mut with_scores) = (None, false);
        let mut at = 2;
        while let Some(word) = words.get(at) {
            match word.to_ascii_lowercase().as_slice() {
                b"byscore" if kind.by.is_none() => by = Some(By::Score),
                b"bylex" if kind.by.is_none() => by = Some(By::Name),
                b"rev" if kind.rev.is_none() => rev = true,
                b"withscores" if !kind.stores => with_scores = true,
                b"limit" => {
                    let offset = words.get(at + 1).ok_or(SYNTAX)?;
                    let most = words.get(at + 2).ok_or(SYNTAX)?;
                    limit = Some((number(offset)?, number(most)?));
                    at += 2;
                }
                _ => return Err(SYNTAX.into()),
            }
            at += 1;
        }
        let by = by.unwrap_or(By::Place);
        if limit.is_some() && by == By::Place {
            return Err(
                "ERR syntax error, LIMIT is only supported in combination with either BYSCORE or BYLEX"
                    .into(),
            );
        }
        if with_scores && by == By::Name {
            return Err("ERR syntax error, WITHSCORES not supported in combination with BYLEX".into());
        }
        // From the top on, the higher end stands first.
        let turned = rev && by != By::Place;
        let (low, high) = if turned { (words[1], words[0]) } else { (words[0], words[1]) };
        Ok(Self { part: Part::read(by, low, high)?, rev, limit, with_scores })
    }

    fn of<'s>(&self, sorted: &'s Sorted) -> Vec<Scored<'s>> {
        let mut found = self.part.of(sorted, self.rev);
        if self.rev {
            found.reverse();
        }
        if let Some((offset, most)) = self.limit {
            let Ok(offset) = usize::try_from(offset) else { return Vec::new() };
            found.drain(..offset.min(found.len()));
            // Fewer than none means all.
            found.truncate(usize::try_from(most).unwrap_or(usize::MAX));
        }
        found
    }
}

fn show(call: &mut Call<'_>, by: Option<By>, rev: Option<bool>) -> Flow {
    tried(call, |call| {
        let range = Range::read(&call.words[2..], Kind { by, rev, stores: false })?;
        let sorted = call.server.keyspace.held::<Sorted>(call.words[1], call.now_ms)?;
        let found = sorted.map(|sorted| range.of(sorted)).unwrap_or_default();
        write_scored(call.out, &found, range.with_scores);
        Ok(())
    })
}

pub(in super::super) fn zrange(call: &mut Call<'_>) -> Flow {
    show(call, None, None)
}

pub(in super::super) fn zrevrange(call: &mut Call<'_>) -> Flow {
    show(call, Some(By::Place), Some(true))
}

pub(in super::super) fn zrangebyscore(call: &mut Call<'_>) -> Flow {
    show(call, Some(By::Score), Some(false))
}

pub(in super::super) fn zrevrangebyscore(call: &mut Call<'_>) -> Flow {
    show(call, Some(By::Score), Some(true))
}

pub(in super::super) fn zrangebylex(call: &mut Call<'_>) -> Flow {
    show(call, Some(By::Name), Some(false))
}

pub(in super::super) fn zrevrangebylex(call: &mut Call<'_>) -> Flow {
    show(call, Some(By::Name), Some(true))
}

/// ZRANGESTORE to from min max [options].
pub(in super::super) fn zrangestore(call: &mut Call<'_>) -> Flow {
    tried(call, |call| {
        let range = Range::read(&call.words[3..], Kind { by: None, rev: None, stores: true })?;
        let sorted = call.server.keyspace.held::<Sorted>(call.words[2], call.now_ms)?;
        let found = sorted.map(|sorted| range.of(sorted)).unwrap_or_default();
        let mut out = Sorted::default();
        if matches!(range.part, Part::Places(..)) {
            out.expect(found.len(), 0);
        }
        for (score, member) in found {
            out.insert(member, score);
        }
        let len = out.len();
        together::store(call, out.held(), len);
        Ok(())
    })
}

fn tally(call: &mut Call<'_>, by: By) -> Flow {
    tried(call, |call| {
        let part = Part::read(by, call.words[2], call.words[3])?;
        let sorted = call.server.keyspace.held::<Sorted>(call.words[1], call.now_ms)?;
        call.out.len(sorted.map_or(0, |sorted| part.of(sorted, false).len()));
        Ok(())
    })
}

pub(in super::super) fn zcount(call: &mut Call<'_>) -> Flow {
    tally(call, By::Score)
}

pub(in super::super) fn zlexcount(call: &mut Call<'_>) -> Flow {
    tally(call, By::Name)
}

fn remove(call: &mut Call<'_>, by: By) -> Flow {
    tried(call, |call| {
        if by == By::Place && (integer(call.words[2]).is_none() || integer(call.words[3]).is_none()) {
            return Err(NOT_INTEGER.into());
        }
        let (key, part) = (call.words[1], Part::read(by, call.words[2], call.words[3])?);
        let gone = call.server.keyspace.change(key, call.now_ms, |sorted: &mut Sorted| {
            let doomed: Vec<Vec<u8>> =
                part.of(sorted, false).iter().map(|(_, member)| member.to_vec()).collect();
            doomed.iter().filter(|member| sorted.remove(member).is_some()).count()
        })?;
        if gone.is_some_and(|gone| gone > 0) {
            call.changed(key);
        }
        call.out.len(gone.unwrap_or(0));
        Ok(())
    })
}

pub(in super::super) fn zremrangebyrank(call: &mut Call<'_>) -> Flow {
    remove(call, By::Place)
}

pub(in super::super) fn zremrangebyscore(call: &mut Call<'_>) -> Flow {
    remove(call, By::Score)
}

pub(in super::super) fn zremrangebylex(call: &mut Call<'_>) -> Flow {
    remove(call, By::Name)
}
