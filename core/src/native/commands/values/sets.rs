//! Sets.

use super::super::strings::SYNTAX;
use super::super::{Call, Effect, Flow};
use super::{count, number, one_place, places, tried};
use crate::native::values::{Bytes, Set, forget, members};

pub(in super::super) fn sadd(call: &mut Call<'_>) -> Flow {
    tried(call, |call| {
        let (words, key) = (call.words, call.words[1]);
        let new = call.server.keyspace.grow(key, call.now_ms, |set: &mut Set| {
            words[2..].iter().filter(|member| set.insert(Bytes::from(**member))).count()
        })?;
        if new > 0 {
            call.changed(key);
        }
        call.out.len(new);
        Ok(())
    })
}

pub(in super::super) fn srem(call: &mut Call<'_>) -> Flow {
    tried(call, |call| {
        let (words, key) = (call.words, call.words[1]);
        let gone = call.server.keyspace.change(key, call.now_ms, |set: &mut Set| {
            words[2..].iter().filter(|member| forget(set, member)).count()
        })?;
        if gone.is_some_and(|gone| gone > 0) {
            call.changed(key);
        }
        call.out.len(gone.unwrap_or(0));
        Ok(())
    })
}

pub(in super::super) fn scard(call: &mut Call<'_>) -> Flow {
    tried(call, |call| {
        let set = call.server.keyspace.held::<Set>(call.words[1], call.now_ms)?;
        call.out.len(set.map_or(0, Set::len));
        Ok(())
    })
}

pub(in super::super) fn smembers(call: &mut Call<'_>) -> Flow {
    tried(call, |call| {
        let set = call.server.keyspace.held::<Set>(call.words[1], call.now_ms)?;
        let members = set.map(members).unwrap_or_default();
        call.out.set(members.len());
        for member in members {
            call.out.bulk(member);
        }
        Ok(())
    })
}

pub(in super::super) fn sismember(call: &mut Call<'_>) -> Flow {
    tried(call, |call| {
        let set = call.server.keyspace.held::<Set>(call.words[1], call.now_ms)?;
        call.out.len(usize::from(set.is_some_and(|set| set.contains(call.words[2]))));
        Ok(())
    })
}

pub(in super::super) fn smismember(call: &mut Call<'_>) -> Flow {
    tried(call, |call| {
        let set = call.server.keyspace.held::<Set>(call.words[1], call.now_ms)?;
        call.out.array(call.words.len() - 2);
        for member in &call.words[2..] {
            call.out.len(usize::from(set.is_some_and(|set| set.contains(*member))));
        }
        Ok(())
    })
}

/// SMOVE from to member.
pub(in super::super) fn smove(call: &mut Call<'_>) -> Flow {
    tried(call, |call| {
        let (from, to, member, now) = (call.words[1], call.words[2], call.words[3], call.now_ms);
        let keyspace = &mut call.server.keyspace;
        let Some(source) = keyspace.held::<Set>(from, now)? else {
            call.out.int(0);
            return Ok(());
        };
        let there = source.contains(member);
        keyspace.held::<Set>(to, now)?;
        if from == to || !there {
            call.out.len(usize::from(there));
            return Ok(());
        }
        keyspace.change(from, now, |set: &mut Set| forget(set, member))?;
        keyspace.grow(to, now, |set: &mut Set| set.insert(member.into()))?;
        call.changed(from);
        call.changed(to);
        call.out.int(1);
        Ok(())
    })
}

/// SPOP key [count]: replicas are told which ones went.
pub(in super::super) fn spop(call: &mut Call<'_>) -> Flow {
    tried(call, |call| {
        let wanted = call.words.get(2).map(|word| count(word)).transpose()?;
        if call.words.len() > 3 {
            return Err(SYNTAX.into());
        }
        let key = call.words[1];
        let len = call.server.keyspace.held::<Set>(key, call.now_ms)?.map_or(0, Set::len);
        let many = i64::try_from(wanted.unwrap_or(1)).unwrap_or(i64::MAX);
        let mut places = places(&mut call.server.chance, len, many)?;
        // From the last on, so that a removal moves no place that is still to go.
        places.sort_unstable_by(|left, right| right.cmp(left));
        let gone = call.server.keyspace.change(key, call.now_ms, |set: &mut Set| -> Vec<Bytes> {
            places.iter().filter_map(|at| set.swap_remove_index(*at)).collect()
        })?;
        let gone = gone.unwrap_or_default();
        if !gone.is_empty() {
            call.changed(key);
            let whole = gone.len() == len && wanted.is_some();
            let mut words = vec![if whole { b"DEL".to_vec() } else { b"SREM".to_vec() }, key.to_vec()];
            if !whole {
                words.extend(gone.iter().map(|member| member.to_vec()));
            }
            call.effect = Effect::Instead(vec![words]);
        }
        match (wanted, gone.first()) {
            (None, Some(member)) => call.out.bulk(member),
            (None, None) => call.out.null(),
            (Some(_), _) => {
                call.out.set(gone.len());
                for member in &gone {
                    call.out.bulk(member);
                }
            }
        }
        Ok(())
    })
}

/// SRANDMEMBER key [count]: a negative count may name a member more than once.
pub(in super::super) fn srandmember(call: &mut Call<'_>) -> Flow {
    tried(call, |call| {
        let wanted = call.words.get(2).map(|word| number(word)).transpose()?;
        if call.words.len() > 3 {
            return Err(SYNTAX.into());
        }
        let set = call.server.keyspace.held::<Set>(call.words[1], call.now_ms)?;
        let len = set.map_or(0, Set::len);
        let Some(wanted) = wanted else {
            let at = one_place(&mut call.server.chance, len);
            match set.and_then(|set| set.get_index(at)) {
                Some(member) => call.out.bulk(member),
                None => call.out.null(),
            }
            return Ok(());
        };
        let places = places(&mut call.server.chance, len, wanted)?;
        let drawn: Vec<&Bytes> = places.iter().filter_map(|at| set?.get_index(*at)).collect();
        call.out.bulks(&drawn);
        Ok(())
    })
}
