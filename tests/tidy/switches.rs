//! A switch that nothing asks would be a promise without a deed.

use splitvote::base::rules::SWITCHES;

use crate::tree::Source;

/// The switches that no rule file asks about.
pub(crate) fn unasked(sources: &[Source]) -> Vec<String> {
    let deeds: Vec<&str> = sources.iter().filter(|source| is_rule(source)).map(without_tests).collect();
    let asked = |id: &str| {
        let field = format!(".{}", id.replace('-', "_"));
        deeds.iter().any(|text| {
            text.match_indices(&field).any(|(at, found)| {
                !text[at + found.len()..].starts_with(|next: char| next.is_alphanumeric() || next == '_')
            })
        })
    };
    SWITCHES
        .iter()
        .filter(|switch| !asked(switch.id))
        .map(|switch| format!("`{}` is a switch, but no rule asks it: give it its old side", switch.id))
        .collect()
}

fn is_rule(source: &Source) -> bool {
    let rooms =
        ["core/src/protocol/", "core/src/node/", "core/src/wire/", "core/src/cluster/", "core/src/sim/"];
    rooms.iter().any(|room| source.path.starts_with(room)) && !source.path.contains("tests")
}

fn without_tests(source: &Source) -> &str {
    source.text.split("#[cfg(test)]\nmod tests").next().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sample;

    #[test]
    fn only_a_deed_counts() {
        let all: Vec<String> =
            SWITCHES.iter().map(|switch| format!("rules.{};", switch.id.replace('-', "_"))).collect();
        let text = all.join("\n");
        assert!(unasked(&[sample("core/src/protocol/x.rs", &text)]).is_empty());
        let without = text.replace("rules.exact_acks;", "rules.exact_acks_are;");
        assert_eq!(unasked(&[sample("core/src/protocol/x.rs", &without)]).len(), 1);
        assert_eq!(unasked(&[sample("core/src/base/rules.rs", &text)]).len(), SWITCHES.len());
        let tested = format!("#[cfg(test)]\nmod tests {{\n{text}\n}}");
        assert_eq!(unasked(&[sample("core/src/node/x.rs", &tested)]).len(), SWITCHES.len());
    }
}
