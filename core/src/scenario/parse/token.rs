//! A text cut into coloured pieces, by the same cuts that the parser makes.

use super::cursor::split;
use super::selector::selector;
use super::{ACTIONS, STATEMENTS};
use crate::base::rules::PRESETS;

/// What a piece of text is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sort {
    /// What stands between words, ends of lines among them.
    Blank,
    /// The first word of a line.
    Statement,
    /// The first word of an action.
    Action,
    /// Nodes, by name or role.
    Nodes,
    /// A time, a share, a size, a number.
    Amount,
    /// What is set: all up to the sign `=`.
    Key,
    /// What it is set to, or a preset.
    Value,
    /// `|`, `->`, `=` and the like.
    Sign,
    /// Any other word.
    Word,
    /// A title.
    Title,
    /// A comment.
    Comment,
}

/// A piece of a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Token<'a> {
    /// What it is.
    pub sort: Sort,
    /// It itself.
    pub text: &'a str,
}

/// The pieces of a text; put together they are the text.
pub fn tokens(text: &str) -> Vec<Token<'_>> {
    let mut tokens = Vec::new();
    for line in text.split_inclusive('\n') {
        cut(line, &mut tokens);
    }
    tokens.retain(|token| !token.text.is_empty());
    tokens
}

fn cut<'a>(line: &'a str, tokens: &mut Vec<Token<'a>>) {
    let mut rest = line;
    let mut statement = "";
    let mut before = "";
    for (at, word) in split(line).into_iter().enumerate() {
        // Words come in the order of the line with nothing but blanks between them.
        let blank = rest.len() - rest.trim_start().len();
        push(tokens, Sort::Blank, &rest[..blank]);
        rest = &rest[blank..];
        if at == 1 && statement == "title" {
            let end = rest.trim_end().len();
            push(tokens, Sort::Title, &rest[..end]);
            rest = &rest[end..];
            break;
        }
        if at == 0 {
            statement = word.text;
        }
        one(tokens, &rest[..word.text.len()], at, before, statement);
        rest = &rest[word.text.len()..];
        before = word.text;
    }
    let code = rest.trim_start().trim_end();
    let blank = rest.len() - rest.trim_start().len();
    push(tokens, Sort::Blank, &rest[..blank]);
    let sort = if statement == "title" { Sort::Title } else { Sort::Comment };
    push(tokens, sort, code);
    push(tokens, Sort::Blank, &rest[blank + code.len()..]);
}

fn one<'a>(tokens: &mut Vec<Token<'a>>, word: &'a str, at: usize, before: &str, statement: &str) {
    if at == 0 {
        let sort = if STATEMENTS.contains(&word) { Sort::Statement } else { Sort::Word };
        push(tokens, sort, word);
    } else if let Some(equals) = word.find('=').filter(|_| !matches!(word, ">=" | "<=")) {
        let value = &word[equals + 1..];
        push(tokens, Sort::Key, &word[..equals]);
        push(tokens, Sort::Sign, &word[equals..=equals]);
        push(tokens, if amount(value) { Sort::Amount } else { Sort::Value }, value);
    } else {
        let sort = match word {
            "->" | "|" | "," | ">=" | "<=" => Sort::Sign,
            _ if amount(word) => Sort::Amount,
            _ if before == "violation" || PRESETS.contains(&word) => Sort::Value,
            _ if ACTIONS.contains(&word) && matches!(statement, "at" | "every" | "when") => Sort::Action,
            _ if selector(word).is_some() => Sort::Nodes,
            _ => Sort::Word,
        };
        push(tokens, sort, word);
    }
}

fn amount(word: &str) -> bool {
    word.strip_prefix('-').unwrap_or(word).starts_with(|letter: char| letter.is_ascii_digit())
}

fn push<'a>(tokens: &mut Vec<Token<'a>>, sort: Sort, text: &'a str) {
    tokens.push(Token { sort, text });
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::scenario::catalogue;

    fn told(text: &str) -> String {
        let pieces = tokens(text).into_iter().filter(|token| token.sort != Sort::Blank);
        pieces.map(|token| format!("{:?}:{}", token.sort, token.text)).collect::<Vec<_>>().join(" ")
    }

    fn joined(text: &str) -> String {
        tokens(text).into_iter().map(|token| token.text).collect()
    }

    #[test]
    fn words_have_the_colour_of_what_they_are() {
        assert_eq!(
            told("at 10s kill A0 B.best # why\n"),
            "Statement:at Amount:10s Action:kill Nodes:A0 Nodes:B.best Comment:# why"
        );
        assert_eq!(
            told("rules A0 valkey-9.1 nack=off"),
            "Statement:rules Nodes:A0 Value:valkey-9.1 Key:nack Sign:= Value:off"
        );
        assert_eq!(told("title  Votes # split "), "Statement:title Title:Votes # split");
        assert_eq!(told("title # 1"), "Statement:title Title:# 1");
        assert_eq!(
            told("run until covered, at most 60s"),
            "Statement:run Word:until Word:covered Sign:, Word:at Word:most Amount:60s"
        );
        assert_eq!(told("expect violation S3"), "Statement:expect Word:violation Value:S3");
        assert_eq!(told("at 1s cut A->B"), "Statement:at Amount:1s Action:cut Nodes:A Sign:-> Nodes:B");
        assert_eq!(told("kilt A0"), "Word:kilt Nodes:A0");
    }

    #[test]
    fn what_is_built_in_is_put_together_again() {
        for builtin in catalogue::all() {
            assert_eq!(joined(builtin.text), builtin.text);
        }
    }

    proptest! {
        #[test]
        fn any_text_is_put_together_again(text in "(?s).{0,80}", blanks in "[ \t\r\n#=|,>\u{a0}A-C0-9a-t-]{0,80}") {
            prop_assert_eq!(joined(&text), text);
            prop_assert_eq!(joined(&blanks), blanks);
        }
    }
}
