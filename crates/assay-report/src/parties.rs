//! Who is named, whose gateway it was and whose data it is, kept apart: `parties` of `report.json`, and sentences for the page.

use assay_model::Dossier;
use serde::Serialize;

use crate::{
    summary::controller_name,
    tally::Tally,
    words::{counted, line, list, thousands},
};

/// `parties` of `report.json`.
#[derive(Serialize)]
pub(crate) struct Parties {
    named: Vec<Named>,
    host: Vec<Host>,
    data_of: Vec<DataOf>,
    unlisted: Vec<Unlisted>,
}

#[derive(Serialize)]
struct Named {
    words: String,
    controllers: Vec<String>,
}

#[derive(Serialize)]
struct Host {
    controller: String,
    basis: Vec<String>,
}

#[derive(Serialize)]
struct DataOf {
    controller: String,
    people: u64,
    items: u64,
}

#[derive(Serialize)]
struct Unlisted {
    name: String,
    items: u64,
}

impl Parties {
    pub(crate) fn of(dossier: &Dossier) -> Self {
        let parties = &dossier.parties;
        let named = parties.named.iter().map(|named| Named {
            words: line(&named.words),
            controllers: named.controllers.iter().map(ToString::to_string).collect(),
        });
        let host = parties.host.iter().map(|host| Host {
            controller: host.controller.to_string(),
            basis: host.basis.iter().map(|basis| line(basis)).collect(),
        });
        let data_of = parties.data_of.iter().map(|row| DataOf {
            controller: row.controller.to_string(),
            people: row.people,
            items: row.items,
        });
        let unlisted = parties.unlisted.iter().map(|row| Unlisted { name: line(&row.name), items: row.items });
        Self { named: named.collect(), host: host.collect(), data_of: data_of.collect(), unlisted: unlisted.collect() }
    }
}

/// One sentence a part; those of which nothing is known are left out.
pub(crate) fn sentences(dossier: &Dossier) -> Vec<String> {
    let parties = &dossier.parties;
    let name = |id| controller_name(dossier, id);
    let mut out = Vec::new();
    for named in &parties.named {
        let bodies: Vec<String> = named.controllers.iter().map(name).collect();
        let who = match bodies.as_slice() {
            [] => "no controller of the case".to_owned(),
            [only] => only.clone(),
            several => several.join(" or "),
        };
        out.push(format!("Named by the claim: \u{201c}{}\u{201d}, which is {who}.", line(&named.words)));
    }
    for host in &parties.host {
        let basis: Vec<String> = host.basis.iter().map(|basis| line(basis)).collect();
        out.push(format!("The way in belongs to {} ({}).", name(&host.controller), list(&basis)));
    }
    let data: Vec<String> = parties
        .data_of
        .iter()
        .map(|row| {
            let (people, items) = (counted(row.people, "person", "people"), counted(row.items, "item", "items"));
            format!("{} ({people}, {items})", name(&row.controller))
        })
        .collect();
    if !data.is_empty() {
        out.push(format!("The data is of {}.", list(&data)));
    }
    let unlisted: Vec<String> = parties
        .unlisted
        .iter()
        .map(|row| format!("{} ({})", line(&row.name), counted(row.items, "item", "items")))
        .collect();
    if !unlisted.is_empty() {
        out.push(format!(
            "At the head of papers, and no controller of this case: {}. A charity, a supplier or a council may be a controller of its own: list it with [[controller]] where its data is here.",
            list(&unlisted)
        ));
    }
    out
}

/// Why the controllers' numbers need not sum to the count.
pub(crate) fn overlap_note(tally: &Tally) -> String {
    let several = match tally.several_controllers {
        0 => "no person belongs to several controllers".to_owned(),
        1 => "one person belongs to several controllers and is counted under each".to_owned(),
        n => format!("{} people belong to several controllers and are counted under each", thousands(n)),
    };
    let none = match tally.no_controller {
        0 => "nobody is left without one".to_owned(),
        1 => "one person could be given to none".to_owned(),
        n => format!("{} could be given to none", thousands(n)),
    };
    format!("Numbers may overlap: {several}; {none}.")
}
