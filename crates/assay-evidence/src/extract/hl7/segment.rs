//! Segments of HL7 version 2: fields, repetitions, components, escapes (HL7 v2.5.1, 2.5 to 2.7).

use std::borrow::Cow;

/// The separators that a message declares in its first segment.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Mark {
    pub(super) field: char,
    pub(super) component: char,
    pub(super) repetition: char,
    pub(super) escape: char,
    pub(super) subcomponent: char,
}

impl Mark {
    /// Those that nearly all messages have.
    pub(super) const USUAL: Self =
        Self { field: '|', component: '^', repetition: '~', escape: '\\', subcomponent: '&' };

    /// The separators of a text that begins with a message's or a batch's header; `None` where it does not.
    pub(super) fn of(text: &str) -> Option<Self> {
        let rest = ["MSH", "FHS", "BHS"].iter().find_map(|name| text.strip_prefix(name))?;
        let mut signs = rest.chars();
        let sign = |one: &char| one.is_ascii_graphic() && !one.is_ascii_alphanumeric() || one.is_ascii_control();
        let field = signs.next().filter(sign)?;
        let others: Vec<char> = signs.take_while(|one| *one != field && !one.is_control()).take(6).collect();
        let distinct =
            others.iter().enumerate().all(|(at, one)| sign(one) && !others.iter().take(at).any(|other| other == one));
        if others.is_empty() || others.len() > 5 || !distinct {
            return None;
        }
        let other = |place: usize, usual: char| others.get(place).copied().unwrap_or(usual);
        Some(Self {
            field,
            component: other(0, '^'),
            repetition: other(1, '~'),
            escape: other(2, '\\'),
            subcomponent: other(3, '&'),
        })
    }
}

/// A segment.
pub(super) struct Segment<'t> {
    fields: Vec<&'t str>,
    mark: Mark,
}

impl<'t> Segment<'t> {
    /// A header, whose first field is the separator itself.
    pub(super) fn of(text: &'t str, mark: Mark) -> Self {
        let mut fields: Vec<&str> = text.split(mark.field).collect();
        fields.insert(1, "");
        Self { fields, mark }
    }

    /// Any other segment: three letters or digits and a separator.
    pub(super) fn named(text: &'t str, mark: Mark) -> Option<Self> {
        let name = text.get(..3)?;
        let named = name.bytes().all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit())
            && name.starts_with(|first: char| first.is_ascii_uppercase());
        let separated = text.get(3..)?.chars().next().is_none_or(|next| next == mark.field);
        (named && separated).then(|| Self { fields: text.split(mark.field).collect(), mark })
    }

    pub(super) fn name(&self) -> &'t str {
        self.fields.first().copied().unwrap_or_default()
    }

    pub(super) fn count(&self) -> usize {
        self.fields.len()
    }

    /// A field as it is written; nothing where it says `""`, which deletes what was said before.
    pub(super) fn raw(&self, field: usize) -> &'t str {
        self.fields.get(field).copied().map(str::trim).filter(|text| *text != "\"\"").unwrap_or_default()
    }

    /// The segment without one of its fields.
    pub(super) fn without(&self, field: usize) -> Self {
        let mut fields = self.fields.clone();
        if let Some(held) = fields.get_mut(field) {
            *held = "";
        }
        Self { fields, mark: self.mark }
    }

    pub(super) fn repeats(&self, field: usize) -> impl Iterator<Item = &'t str> + use<'t> {
        self.raw(field).split(self.mark.repetition).filter(|text| !text.trim().is_empty())
    }

    /// The first component of a field.
    pub(super) fn text(&self, field: usize) -> String {
        self.part(self.raw(field).split(self.mark.repetition).next().unwrap_or_default(), 0)
    }

    /// A component of a value, of its first subcomponent.
    pub(super) fn part(&self, value: &str, place: usize) -> String {
        let part = value.split(self.mark.component).nth(place).unwrap_or_default();
        let part = part.split(self.mark.subcomponent).next().unwrap_or_default().trim();
        if part == "\"\"" { String::new() } else { self.plain(part).into_owned() }
    }

    /// A field as a person reads it: components parted by blanks, repetitions by semicolons.
    pub(super) fn shown(&self, field: usize) -> String {
        // Signs that declare themselves are no values.
        if matches!(self.name(), "MSH" | "FHS" | "BHS") && field <= 2 {
            return String::new();
        }
        let values = self.repeats(field).map(|value| {
            let parts = value.split([self.mark.component, self.mark.subcomponent]).map(str::trim);
            let parts = parts.filter(|part| !part.is_empty() && *part != "\"\"").map(|part| self.plain(part));
            parts.collect::<Vec<_>>().join(" ")
        });
        values.filter(|value| !value.is_empty()).collect::<Vec<_>>().join("; ").replace('\n', " ")
    }

    /// A field of formatted text, its repetitions as lines.
    pub(super) fn lines(&self, field: usize) -> String {
        self.raw(field).split(self.mark.repetition).map(|line| self.plain(line)).collect::<Vec<_>>().join("\n")
    }

    /// Text without escapes.
    pub(super) fn plain<'a>(&self, text: &'a str) -> Cow<'a, str> {
        if !text.contains(self.mark.escape) {
            return Cow::Borrowed(text);
        }
        let mut out = String::with_capacity(text.len());
        let mut rest = text;
        while let Some((before, after)) = rest.split_once(self.mark.escape) {
            out.push_str(before);
            let sequence = after.split_once(self.mark.escape).filter(|(inner, _)| inner.len() <= 256);
            rest = match sequence.and_then(|(inner, tail)| self.escaped(inner, &mut out).then_some(tail)) {
                Some(tail) => tail,
                None => {
                    out.push(self.mark.escape);
                    after
                }
            };
        }
        out.push_str(rest);
        Cow::Owned(out)
    }

    /// Writes what a sequence stands for; false where it is none.
    fn escaped(&self, inner: &str, out: &mut String) -> bool {
        match inner {
            "F" => out.push(self.mark.field),
            "S" => out.push(self.mark.component),
            "T" => out.push(self.mark.subcomponent),
            "R" => out.push(self.mark.repetition),
            "E" => out.push(self.mark.escape),
            // Highlighting.
            "H" | "N" => {}
            _ => {
                let lower = inner.to_ascii_lowercase();
                if let Some(digits) = inner.strip_prefix(['X', 'x']) {
                    let bytes = (0..digits.len() / 2)
                        .map(|at| digits.get(2 * at..2 * at + 2).and_then(|two| u8::from_str_radix(two, 16).ok()));
                    let Some(bytes) = bytes.collect::<Option<Vec<u8>>>().filter(|bytes| !bytes.is_empty()) else {
                        return false;
                    };
                    match std::str::from_utf8(&bytes) {
                        Ok(text) => out.push_str(&text.replace('\r', "\n")),
                        Err(_) => out.push_str(&encoding_rs::WINDOWS_1252.decode_without_bom_handling(&bytes).0),
                    }
                } else if [".br", ".sp", ".ce", ".fi", ".nf", ".in", ".ti", ".sk"]
                    .iter()
                    .any(|start| lower.starts_with(start))
                {
                    out.push(if lower.starts_with(".br") || lower.starts_with(".sp") || lower.starts_with(".ce") {
                        '\n'
                    } else {
                        ' '
                    });
                } else {
                    // Character sets and what sites define for themselves.
                    let known = inner.starts_with(['C', 'M', 'Z'])
                        && inner.get(1..).is_some_and(|rest| {
                            rest.len() >= 2 && rest.bytes().all(|byte| byte.is_ascii_alphanumeric())
                        });
                    return known;
                }
            }
        }
        true
    }
}
