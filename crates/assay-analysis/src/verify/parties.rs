//! Who is who, kept apart: the body that a claim names, the body whose gateway it was, the bodies whose data it is, and bodies at the
//! head of papers that the case does not list.
//!
//! Four facts that a post, a press release and a tired reader mix up. Nothing here decides a controller: that is done person by person by
//! the origin of the items.

use std::collections::BTreeMap;

use assay_model::{AssertionKind, ControllerId, DataOf, Exhibit, ExhibitKind, Host, NamedBody, Parties, Unlisted};

use super::VerifyInput;
use super::held::Held;
use crate::claims::{VictimMatch, resolve_name};
use crate::resolve::by_origin;

/// Items at whose head a body must stand to be told of: one paper of another body is in everybody's post.
const ENOUGH: u64 = 3;
/// Bodies that are told of.
const MOST: usize = 12;
/// Words of a service by which people come in from outside.
const WAYS_IN: [&str; 8] = ["gateway", "remote access", "citrix", "netscaler", "vpn", "hosting", "hosted", "access"];

/// Everybody's part.
pub(super) fn parties(input: &VerifyInput<'_>, held: &Held<'_>) -> Parties {
    Parties { named: named(input), host: hosts(input), data_of: data_of(input, held), unlisted: unlisted(held) }
}

fn named(input: &VerifyInput<'_>) -> Vec<NamedBody> {
    let words = input.assertions.iter().filter_map(|assertion| match &assertion.kind {
        AssertionKind::Victim { named } => Some(named),
        _ => None,
    });
    let mut out: Vec<NamedBody> = words
        .map(|words| NamedBody {
            words: words.clone(),
            controllers: match resolve_name(words, input.controllers) {
                VictimMatch::Named(id) => vec![id],
                VictimMatch::Candidates(ids) => ids,
                VictimMatch::Unresolved => Vec::new(),
            },
        })
        .collect();
    out.dedup();
    out
}

/// By the relationships of the case, and by who handed over the gateway's evidence.
fn hosts(input: &VerifyInput<'_>) -> Vec<Host> {
    let mut out: BTreeMap<&ControllerId, Vec<String>> = BTreeMap::new();
    for relationship in input.relationships {
        let service = relationship.service.to_lowercase();
        if WAYS_IN.iter().any(|word| service.contains(word)) {
            let basis = format!("runs \"{}\" for {}", relationship.service, relationship.controller);
            out.entry(&relationship.processor).or_default().push(basis);
        }
    }
    for exhibit in input.exhibits.iter().filter(|exhibit| exhibit.kind == ExhibitKind::Gateway) {
        for id in custodians(input, exhibit) {
            out.entry(id).or_default().push(format!("handed over {}", exhibit.id));
        }
    }
    out.into_iter().map(|(id, basis)| Host { controller: id.clone(), basis }).collect()
}

/// `Network team, Northshore Children's` names a body in one of its parts.
fn custodians<'a>(input: &VerifyInput<'a>, exhibit: &Exhibit) -> Vec<&'a ControllerId> {
    let named = exhibit.custodian.split([',', ';']).filter_map(|part| match resolve_name(part, input.controllers) {
        VictimMatch::Named(id) => input.controllers.iter().map(|c| &c.id).find(|known| **known == id),
        VictimMatch::Candidates(_) | VictimMatch::Unresolved => None,
    });
    named.take(1).collect()
}

fn data_of(input: &VerifyInput<'_>, held: &Held<'_>) -> Vec<DataOf> {
    let mut out: BTreeMap<&ControllerId, (u64, u64)> =
        input.controllers.iter().map(|controller| (&controller.id, (0, 0))).collect();
    for id in held.people.iter().flat_map(|subject| &subject.controllers) {
        out.entry(id).or_default().0 += 1;
    }
    let origins: Vec<_> = held.readable().map(|item| by_origin(item.content)).collect();
    for id in origins.iter().flatten() {
        out.entry(id).or_default().1 += 1;
    }
    let rows = out.into_iter().map(|(id, (people, items))| DataOf { controller: id.clone(), people, items });
    let mut rows: Vec<DataOf> = rows.filter(|row| row.people + row.items > 0).collect();
    rows.sort_by(|a, b| (b.people, b.items).cmp(&(a.people, a.items)).then(a.controller.cmp(&b.controller)));
    rows
}

fn unlisted(held: &Held<'_>) -> Vec<Unlisted> {
    let mut items: BTreeMap<String, (String, u64)> = BTreeMap::new();
    for name in held.readable().filter_map(|item| item.content.other_body.as_ref()) {
        // One body writes itself in capitals and not.
        items.entry(name.to_lowercase()).or_insert_with(|| (name.clone(), 0)).1 += 1;
    }
    let rows = items.into_values().filter(|(_, items)| *items >= ENOUGH);
    let mut rows: Vec<Unlisted> = rows.map(|(name, items)| Unlisted { name, items }).collect();
    rows.sort_by(|a, b| b.items.cmp(&a.items).then_with(|| a.name.cmp(&b.name)));
    rows.truncate(MOST);
    rows
}
