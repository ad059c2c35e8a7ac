//! Sorted sets: members in and out, scores and ranks.

use super::super::strings::SYNTAX;
use super::super::{Call, Effect, Flow};
use super::{Refusal, count, decimal, number, one_place, places, positive, tried};
use crate::native::values::{Score, Scored, Sorted, float};
use crate::resp::{Proto, Writer};

/// Members, with their scores if asked: pairs of their own in RESP3, in turn in RESP2.
pub(super) fn write_scored(out: &mut Writer, found: &[Scored<'_>], with_scores: bool) {
    let nested = with_scores && out.proto == Proto::Resp3;
    out.array(if with_scores && !nested { found.len() * 2 } else { found.len() });
    for (score, member) in found {
        if nested {
            out.array(2);
        }
        out.bulk(member);
        if with_scores {
            out.double(score.get());
        }
    }
}

/// Which members ZADD may touch.
#[derive(Default)]
struct Conditions {
    only_new: bool,
    only_old: bool,
    greater: bool,
    less: bool,
    /// Answer how many changed, not only how many are new.
    changes: bool,
    increment: bool,
}

impl Conditions {
    /// Reads options; where the scores begin.
    fn read(words: &[&[u8]]) -> Result<(Self, usize), Refusal> {
        let mut read = Self::default();
        let mut at = 2;
        while let Some(word) = words.get(at) {
            match word.to_ascii_lowercase().as_slice() {
                b"nx" => read.only_new = true,
                b"xx" => read.only_old = true,
                b"gt" => read.greater = true,
                b"lt" => read.less = true,
                b"ch" => read.changes = true,
                b"incr" => read.increment = true,
                _ => break,
            }
            at += 1;
        }
        let pairs = words.len() - at;
        if pairs == 0 || !pairs.is_multiple_of(2) {
            return Err(SYNTAX.into());
        }
        if read.only_new && read.only_old {
            return Err("ERR XX and NX options at the same time are not compatible".into());
        }
        if (read.greater && read.less) || (read.only_new && (read.greater || read.less)) {
            return Err("ERR GT, LT, and/or NX options at the same time are not compatible".into());
        }
        if read.increment && pairs > 2 {
            return Err("ERR INCR option supports a single increment-element pair".into());
        }
        Ok((read, at))
    }

    /// The score a member gets, if it gets one; an error if that is no number.
    fn score(&self, before: Option<Score>, stated: f64) -> Result<Option<Score>, Refusal> {
        let Some(before) = before else { return Ok(Score::new(stated).filter(|_| !self.only_old)) };
        if self.only_new {
            return Ok(None);
        }
        let wanted = if self.increment { float::sum(before.get(), stated) } else { Some(stated) };
        let wanted = wanted.and_then(Score::new).ok_or("ERR resulting score is not a number (NaN)")?;
        let refused = (self.greater && wanted <= before) || (self.less && wanted >= before);
        Ok((!refused).then_some(wanted))
    }
}

pub(in super::super) fn zadd(call: &mut Call<'_>) -> Flow {
    tried(call, |call| {
        let (conditions, at) = Conditions::read(call.words)?;
        add(call, &conditions, at)
    })
}

/// ZINCRBY key increment member: ZADD with INCR.
pub(in super::super) fn zincrby(call: &mut Call<'_>) -> Flow {
    tried(call, |call| add(call, &Conditions { increment: true, ..Conditions::default() }, 2))
}

fn add(call: &mut Call<'_>, conditions: &Conditions, at: usize) -> Result<(), Refusal> {
    let key = call.words[1];
    let pairs = call.words[at..].chunks_exact(2);
    let pairs = pairs.map(|pair| Ok((decimal(pair[0])?, pair[1]))).collect::<Result<Vec<_>, Refusal>>()?;
    let longest = pairs.iter().map(|(_, member)| member.len()).max().unwrap_or(0);
    let (new, changed, last) = call.server.keyspace.grow(key, call.now_ms, |sorted: &mut Sorted| {
        sorted.expect(pairs.len(), longest);
        let (mut new, mut changed, mut last) = (0, 0, None);
        for (stated, member) in pairs {
            let before = sorted.score(member);
            last = conditions.score(before, stated)?;
            let Some(score) = last else { continue };
            new += usize::from(before.is_none());
            changed += usize::from(before != Some(score));
            if before != Some(score) {
                sorted.insert(member, score);
            }
        }
        Ok::<_, Refusal>((new, changed, last))
    })??;
    if changed > 0 {
        call.changed(key);
    }
    match (conditions.increment, last) {
        (true, Some(score)) => call.out.double(score.get()),
        (true, None) => call.out.null(),
        (false, _) => call.out.len(if conditions.changes { changed } else { new }),
    }
    Ok(())
}

pub(in super::super) fn zrem(call: &mut Call<'_>) -> Flow {
    tried(call, |call| {
        let (words, key) = (call.words, call.words[1]);
        let gone = call.server.keyspace.change(key, call.now_ms, |sorted: &mut Sorted| {
            words[2..].iter().filter(|member| sorted.remove(member).is_some()).count()
        })?;
        if gone.is_some_and(|gone| gone > 0) {
            call.changed(key);
        }
        call.out.len(gone.unwrap_or(0));
        Ok(())
    })
}

pub(in super::super) fn zcard(call: &mut Call<'_>) -> Flow {
    tried(call, |call| {
        let sorted = call.server.keyspace.held::<Sorted>(call.words[1], call.now_ms)?;
        call.out.len(sorted.map_or(0, Sorted::len));
        Ok(())
    })
}

fn write_score(out: &mut Writer, score: Option<Score>) {
    match score {
        Some(score) => out.double(score.get()),
        None => out.null(),
    }
}

pub(in super::super) fn zscore(call: &mut Call<'_>) -> Flow {
    tried(call, |call| {
        let sorted = call.server.keyspace.held::<Sorted>(call.words[1], call.now_ms)?;
        write_score(call.out, sorted.and_then(|sorted| sorted.score(call.words[2])));
        Ok(())
    })
}

pub(in super::super) fn zmscore(call: &mut Call<'_>) -> Flow {
    tried(call, |call| {
        let sorted = call.server.keyspace.held::<Sorted>(call.words[1], call.now_ms)?;
        call.out.array(call.words.len() - 2);
        for member in &call.words[2..] {
            write_score(call.out, sorted.and_then(|sorted| sorted.score(member)));
        }
        Ok(())
    })
}

pub(in super::super) fn zrank(call: &mut Call<'_>) -> Flow {
    rank(call, false)
}

pub(in super::super) fn zrevrank(call: &mut Call<'_>) -> Flow {
    rank(call, true)
}

fn rank(call: &mut Call<'_>, from_top: bool) -> Flow {
    tried(call, |call| {
        let with_score = match call.words.get(3) {
            None => false,
            Some(word) if word.eq_ignore_ascii_case(b"withscore") && call.words.len() == 4 => true,
            Some(_) => return Err(SYNTAX.into()),
        };
        let sorted = call.server.keyspace.held::<Sorted>(call.words[1], call.now_ms)?;
        let found = sorted.and_then(|sorted| {
            let rank = sorted.rank(call.words[2])?;
            let rank = if from_top { sorted.len() - 1 - rank } else { rank };
            Some((rank, sorted.score(call.words[2])))
        });
        match found {
            Some((rank, score)) => {
                if with_score {
                    call.out.array(2);
                }
                call.out.len(rank);
                if with_score {
                    write_score(call.out, score);
                }
            }
            None if with_score => call.out.null_array(),
            None => call.out.null(),
        }
        Ok(())
    })
}

pub(in super::super) fn zpopmin(call: &mut Call<'_>) -> Flow {
    pop(call, false)
}

pub(in super::super) fn zpopmax(call: &mut Call<'_>) -> Flow {
    pop(call, true)
}

/// The members taken from one end.
fn taken(sorted: &mut Sorted, top: bool, most: usize) -> Vec<(Score, Vec<u8>)> {
    let own = |(score, member): Scored<'_>| (score, member.to_vec());
    let found: Vec<(Score, Vec<u8>)> = if top {
        sorted.iter().rev().take(most).map(own).collect()
    } else {
        sorted.iter().take(most).map(own).collect()
    };
    for (_, member) in &found {
        sorted.remove(member);
    }
    found
}

fn pop(call: &mut Call<'_>, top: bool) -> Flow {
    tried(call, |call| {
        if call.words.len() > 3 {
            return Err(SYNTAX.into());
        }
        let (key, wanted) = (call.words[1], call.words.get(2).map(|word| count(word)).transpose()?);
        let work = |sorted: &mut Sorted| taken(sorted, top, wanted.unwrap_or(1));
        let gone = call.server.keyspace.change(key, call.now_ms, work)?.unwrap_or_default();
        if !gone.is_empty() {
            call.changed(key);
        }
        let pairs: Vec<Scored<'_>> = gone.iter().map(|(score, member)| (*score, member.as_slice())).collect();
        match (wanted, pairs.as_slice()) {
            // A single pair stands alone in both versions.
            (None, [(score, member)]) => {
                call.out.array(2);
                call.out.bulk(member);
                call.out.double(score.get());
            }
            _ => write_scored(call.out, &pairs, true),
        }
        Ok(())
    })
}

/// `numkeys key... MIN|MAX [COUNT n]`: from the first sorted set that holds something.
pub(super) struct Several<'a> {
    keys: &'a [&'a [u8]],
    top: bool,
    wanted: usize,
}

impl<'a> Several<'a> {
    /// Reads what stands from this word on.
    pub(super) fn read(call: &Call<'a>, at: usize) -> Result<Self, Refusal> {
        let keys = call.counted(at)?;
        let after = at + 1 + keys.len();
        let top = match call.words.get(after).map(|word| word.to_ascii_lowercase()).as_deref() {
            Some(b"min") => false,
            Some(b"max") => true,
            _ => return Err(SYNTAX.into()),
        };
        let wanted = match &call.words[after + 1..] {
            [] => 1,
            [word, wanted] if word.eq_ignore_ascii_case(b"count") => positive(wanted)?,
            _ => return Err(SYNTAX.into()),
        };
        Ok(Self { keys, top, wanted })
    }

    /// Takes and answers; false if there was nothing to take, which is not answered.
    pub(super) fn take(&self, call: &mut Call<'_>) -> Result<bool, Refusal> {
        for key in self.keys {
            let gone = take_from(call, key, self.top, self.wanted)?;
            if gone.is_empty() {
                continue;
            }
            call.out.array(2);
            call.out.bulk(key);
            call.out.array(gone.len());
            for (score, member) in &gone {
                call.out.array(2);
                call.out.bulk(member);
                call.out.double(score.get());
            }
            return Ok(true);
        }
        Ok(false)
    }
}

/// Members taken from one end, which replicas take, too.
fn take_from(
    call: &mut Call<'_>,
    key: &[u8],
    top: bool,
    most: usize,
) -> Result<Vec<(Score, Vec<u8>)>, Refusal> {
    let work = |sorted: &mut Sorted| taken(sorted, top, most);
    let gone = call.server.keyspace.change(key, call.now_ms, work)?.unwrap_or_default();
    if !gone.is_empty() {
        call.changed(key);
        let name = if top { "ZPOPMAX" } else { "ZPOPMIN" };
        let words = vec![name.as_bytes().to_vec(), key.to_vec(), gone.len().to_string().into_bytes()];
        call.effect = Effect::Instead(vec![words]);
    }
    Ok(gone)
}

/// Takes one member and answers it with its key; false if the key holds nothing.
pub(super) fn take_one(call: &mut Call<'_>, key: &[u8], top: bool) -> Result<bool, Refusal> {
    let gone = take_from(call, key, top, 1)?;
    let [(score, member)] = gone.as_slice() else { return Ok(false) };
    call.out.array(3);
    call.out.bulk(key);
    call.out.bulk(member);
    call.out.double(score.get());
    Ok(true)
}

/// ZMPOP numkeys key... MIN|MAX [COUNT n].
pub(in super::super) fn zmpop(call: &mut Call<'_>) -> Flow {
    tried(call, |call| {
        if !Several::read(call, 1)?.take(call)? {
            call.out.null_array();
        }
        Ok(())
    })
}

/// ZRANDMEMBER key [count [WITHSCORES]].
pub(in super::super) fn zrandmember(call: &mut Call<'_>) -> Flow {
    tried(call, |call| {
        let wanted = call.words.get(2).map(|word| number(word)).transpose()?;
        let with_scores = match call.words.get(3) {
            None => false,
            Some(word) if word.eq_ignore_ascii_case(b"withscores") && call.words.len() == 4 => true,
            Some(_) => return Err(SYNTAX.into()),
        };
        let sorted = call.server.keyspace.held::<Sorted>(call.words[1], call.now_ms)?;
        let all: Vec<Scored<'_>> = sorted.map(|sorted| sorted.iter().collect()).unwrap_or_default();
        let Some(wanted) = wanted else {
            let at = one_place(&mut call.server.chance, all.len());
            match all.get(at) {
                Some((_, member)) => call.out.bulk(member),
                None => call.out.null(),
            }
            return Ok(());
        };
        let places = places(&mut call.server.chance, all.len(), wanted)?;
        let drawn: Vec<Scored<'_>> = places.iter().filter_map(|at| all.get(*at).copied()).collect();
        write_scored(call.out, &drawn, with_scores);
        Ok(())
    })
}
