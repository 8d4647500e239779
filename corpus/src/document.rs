//! A file of the leak, or a member of one, with what is true of it; and the leak as a tree of them.

use crate::{bodies::Body, people::Person};
use assay_model::{Element, ItemPath, Role};
use jiff::civil::Date;
use std::collections::BTreeMap;

/// What a careful reader with the usual programs makes of an item.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Standing {
    /// Read whole.
    Read,
    /// Not readable, and why, in the word of report.json.
    Unread(&'static str),
}

/// One record about one person in an item, as written there.
#[derive(Clone, Debug)]
pub(crate) struct Draft {
    pub(crate) person: usize,
    /// Sheet of a workbook; empty elsewhere.
    pub(crate) sheet: String,
    /// Rows of a table, as the program that made it numbers them; 0 for text.
    pub(crate) first: u32,
    pub(crate) last: u32,
    pub(crate) role: Role,
    pub(crate) nhs: String,
    pub(crate) family: String,
    pub(crate) given: String,
    pub(crate) birth: Option<Date>,
    /// Whether there is more than a bare name.
    pub(crate) extent: Extent,
    /// What else the record gives of the person, as an export writes it.
    pub(crate) values: Vec<(Element, String)>,
    /// Numbers in the record that are nobody's and look as if they were.
    pub(crate) decoys: Vec<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Extent {
    /// A name or number with at least one element beside it: the person counts.
    More,
    /// A bare name: a line of its own in a report.
    NameOnly,
}

impl Draft {
    /// A person of whom a text gives name and more.
    pub(crate) fn of(person: &Person, role: Role) -> Self {
        Self {
            person: person.at,
            sheet: String::new(),
            first: 0,
            last: 0,
            role,
            nhs: String::new(),
            family: person.family.clone(),
            given: person.first().to_owned(),
            birth: None,
            extent: Extent::More,
            values: Vec::new(),
            decoys: Vec::new(),
        }
    }

    /// With one more thing that the record gives; nothing where the text is empty.
    pub(crate) fn giving(mut self, element: Element, text: &str) -> Self {
        let text = match element {
            // Numbers of this corpus are national ones.
            Element::Phone => text.replace(' ', "").replacen('0', "+44", 1),
            Element::Email => text.to_lowercase(),
            _ => text.to_owned(),
        };
        if !text.is_empty() {
            self.values.push((element, text));
        }
        self
    }

    /// With where the person can be reached, as far as it is known.
    pub(crate) fn reached_at(self, postcode: Option<&str>, phone: Option<&str>, email: Option<&str>) -> Self {
        self.giving(Element::Postcode, postcode.unwrap_or_default())
            .giving(Element::Phone, phone.unwrap_or_default())
            .giving(Element::Email, email.unwrap_or_default())
    }

    /// A person who is named and no more.
    pub(crate) fn named(person: &Person, role: Role) -> Self {
        Self { extent: Extent::NameOnly, ..Self::of(person, role) }
    }

    /// The same in a row of a table.
    pub(crate) fn in_row(self, sheet: &str, row: u32) -> Self {
        Self { sheet: sheet.to_owned(), first: row, last: row, ..self }
    }
}

#[derive(Clone, Debug)]
pub(crate) struct Document {
    /// Path below its parent: folder in the leak, or name in the container.
    pub(crate) name: String,
    pub(crate) bytes: Vec<u8>,
    pub(crate) standing: Standing,
    /// Category in the words of report.json.
    pub(crate) category: &'static str,
    /// Whose system it comes from.
    pub(crate) origin: Body,
    pub(crate) drafts: Vec<Draft>,
    pub(crate) members: Vec<Self>,
    /// Numbers that are nobody's and pass for somebody's.
    pub(crate) decoys: Vec<String>,
}

impl Document {
    pub(crate) fn new(name: impl Into<String>, bytes: Vec<u8>, category: &'static str, origin: Body) -> Self {
        let (drafts, members, decoys) = (Vec::new(), Vec::new(), Vec::new());
        Self { name: name.into(), bytes, standing: Standing::Read, category, origin, drafts, members, decoys }
    }

    pub(crate) fn standing(mut self, standing: Standing) -> Self {
        self.standing = standing;
        self
    }

    pub(crate) fn about(mut self, drafts: Vec<Draft>) -> Self {
        self.drafts = drafts;
        self
    }

    /// With the numbers in it that are nobody's.
    pub(crate) fn beside(mut self, decoys: Vec<String>) -> Self {
        self.decoys = decoys;
        self
    }

    pub(crate) fn holding(mut self, members: Vec<Self>) -> Self {
        self.members = members;
        self
    }
}

/// An item with its whole path.
pub(crate) struct Placed<'a> {
    pub(crate) path: ItemPath,
    pub(crate) document: &'a Document,
    /// The first item of the same bytes, where there is one before it.
    pub(crate) same_as: Option<ItemPath>,
}

/// Lists every item in the order of paths. The members of a second copy are not listed: its first copy is read instead.
pub(crate) fn place(documents: &[Document]) -> Vec<Placed<'_>> {
    let mut placed = BTreeMap::new();
    for document in documents {
        walk(document, ItemPath::of_file(&document.name), &mut placed);
    }
    let mut first: BTreeMap<&[u8], ItemPath> = BTreeMap::new();
    let mut out: Vec<Placed<'_>> = Vec::new();
    let mut copy = None;
    for (path, document) in placed {
        if copy.as_ref().is_some_and(|copy: &String| path.as_str().starts_with(copy.as_str())) {
            continue;
        }
        let same_as = first.get(document.bytes.as_slice()).cloned();
        match same_as {
            None => {
                first.insert(&document.bytes, path.clone());
            }
            Some(_) => copy = Some(format!("{path}!")),
        }
        out.push(Placed { path, document, same_as });
    }
    out
}

fn walk<'a>(document: &'a Document, path: ItemPath, placed: &mut BTreeMap<ItemPath, &'a Document>) {
    for member in &document.members {
        walk(member, path.member(&member.name), placed);
    }
    placed.insert(path, document);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_second_copy_is_told_and_its_members_are_left_out() {
        let member = Document::new("a!.txt", b"a".to_vec(), "other", Body::Heart);
        let pack =
            |name: &str| Document::new(name, b"zip".to_vec(), "other", Body::Heart).holding(vec![member.clone()]);
        let documents =
            [pack("x/2.zip"), pack("x/1.zip"), Document::new("x/3.txt", b"a".to_vec(), "other", Body::Heart)];
        let placed = place(&documents);
        let shown: Vec<(&str, Option<&str>)> =
            placed.iter().map(|p| (p.path.as_str(), p.same_as.as_ref().map(ItemPath::as_str))).collect();
        let expected = [
            ("x/1.zip", None),
            ("x/1.zip!a%21.txt", None),
            ("x/2.zip", Some("x/1.zip")),
            ("x/3.txt", Some("x/1.zip!a%21.txt")),
        ];
        assert_eq!(shown, expected);
    }
}
