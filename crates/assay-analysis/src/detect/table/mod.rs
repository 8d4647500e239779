//! Tables: rows to mentions.
//!
//! A sheet may hold title rows, several tables one below the other or side by side, forms of labels and values, or data
//! without any header. [`header`] tells header rows, [`columns`] what a column holds by its content. One mention a row and
//! person; a second person in a row (next of kin) is a mention of its own, a clinician a bare name once a table.

mod columns;
mod form;
pub(super) mod header;
pub(super) mod rows;

use std::collections::{BTreeMap, BTreeSet};

use assay_model::{Cell, ExhibitKind, Place, Role, SpecialCategory, Table};

use super::category::Count;
use super::draft::Origin;
use super::field::{Field, Scope};
use super::names::NameOrder;
use super::{Detector, Found, ItemContext};

/// What a column holds.
#[derive(Clone, Debug)]
struct Column {
    index: usize,
    scope: Scope,
    field: Field,
    order: NameOrder,
    by_content: bool,
}

/// The table that rows are read under.
#[derive(Clone, Debug)]
pub(super) struct Layout {
    /// One for each table side by side; nearly always one.
    groups: Vec<Vec<Column>>,
    role: Role,
    reason: &'static str,
    /// True for order lines, stock, inventories: rows are no people.
    goods: bool,
    /// Special categories that title rows speak of, with the place.
    titled: Vec<(SpecialCategory, String, Place)>,
    /// Clinicians already named in this table.
    named: BTreeSet<String>,
}

/// Reads the tables of one item, in order.
pub(super) struct Reader<'a> {
    detector: &'a Detector,
    item: ItemContext<'a>,
    origin: Origin<'a>,
    count: &'a Count,
    /// The table still open at the end of a sheet's last passage.
    open: BTreeMap<String, Layout>,
}

/// Rows from which what a column holds is judged.
const SAMPLE: usize = 200;

impl<'a> Reader<'a> {
    /// `open` are the tables that earlier passages left open.
    pub(super) fn new(
        detector: &'a Detector,
        item: ItemContext<'a>,
        origin: Origin<'a>,
        count: &'a Count,
        open: BTreeMap<String, Layout>,
    ) -> Self {
        Self { detector, item, origin, count, open }
    }

    /// The tables left open, for the passages that follow.
    pub(super) fn into_open(self) -> BTreeMap<String, Layout> {
        self.open
    }

    pub(super) fn read(&mut self, passage: usize, sheet: &str, table: &Table, found: &mut Found) {
        let place = rows::Sheet { origin: self.origin, name: sheet, first_row: table.first_row, passage, lines: &[] };
        self.read_at(&place, table, found);
    }

    /// As [`Reader::read`], where the caller tells how places are made.
    pub(super) fn read_at(&mut self, sheet: &rows::Sheet<'_>, table: &Table, found: &mut Found) {
        let rows = &table.rows;
        let headers = self.header_rows(rows);
        let mut active = if table.continued { self.open.remove(sheet.name) } else { None };
        let mut at = 0;
        let first_header = headers.first().copied().unwrap_or(rows.len());
        // What stands before the first header belongs to the open table, or is titles, a form or data without header.
        self.read_body(sheet, rows, 0..first_header, active.as_mut(), found);
        for (place, header) in headers.iter().enumerate() {
            let end = headers.get(place + 1).copied().unwrap_or(rows.len());
            let titles = rows.get(at..*header).unwrap_or_default();
            let title_start = at;
            let mut layout = self.layout(sheet, rows, *header, end, (titles, title_start));
            found.fields.extend(layout.groups.iter().flatten().map(|column| column.field.kind()));
            rows::read(self.detector, sheet, rows, *header + 1..end, &mut layout, found);
            if self.looks_like_form(rows, *header + 1..end, &layout) {
                form::read(self.detector, sheet, rows, *header + 1..end, found);
            }
            active = Some(layout);
            at = end;
        }
        if let Some(layout) = active {
            self.open.insert(sheet.name.to_owned(), layout);
        }
    }

    /// After a table's header a form may follow that no row of the table is: only where the table gave nothing.
    fn looks_like_form(&self, rows: &[Vec<Cell>], range: std::ops::Range<usize>, layout: &Layout) -> bool {
        layout.groups.iter().all(|columns| columns.iter().all(|c| !c.field.is_key()))
            && form::is_form(self.detector, rows.get(range).unwrap_or_default())
    }

    fn header_rows(&self, rows: &[Vec<Cell>]) -> Vec<usize> {
        (0..rows.len()).filter(|at| header::is_header(&self.detector.headers, self.overrides(), rows, *at)).collect()
    }

    /// The case's own column titles for this register.
    fn overrides(&self) -> Vec<(&'a str, Field)> {
        self.detector
            .overrides
            .iter()
            .filter(|(exhibit, ..)| exhibit == self.item.exhibit)
            .map(|(_, title, field)| (title.as_str(), *field))
            .collect()
    }

    fn read_body(
        &self,
        sheet: &rows::Sheet<'_>,
        rows: &[Vec<Cell>],
        range: std::ops::Range<usize>,
        active: Option<&mut Layout>,
        found: &mut Found,
    ) {
        let body = rows.get(range.clone()).unwrap_or_default();
        if body.iter().all(|row| row.iter().all(Cell::is_blank)) {
            return;
        }
        if let Some(layout) = active {
            rows::read(self.detector, sheet, rows, range, layout, found);
            return;
        }
        if form::is_form(self.detector, body) {
            form::read(self.detector, sheet, rows, range, found);
            return;
        }
        let columns = columns::by_content(body.iter().take(SAMPLE));
        let mut layout = self.layout_of(vec![columns], Vec::new());
        if layout.groups.iter().flatten().any(|column| column.field.is_key()) {
            found.fields.extend(layout.groups.iter().flatten().map(|column| column.field));
            rows::read(self.detector, sheet, rows, range, &mut layout, found);
        }
    }

    fn layout(
        &self,
        sheet: &rows::Sheet<'_>,
        rows: &[Vec<Cell>],
        header: usize,
        end: usize,
        titles: (&[Vec<Cell>], usize),
    ) -> Layout {
        let above = header.checked_sub(1).and_then(|row| rows.get(row));
        let mut columns = header::columns(&self.detector.headers, &self.overrides(), &rows[header], above);
        let body = rows.get(header + 1..end).unwrap_or_default();
        columns::refine(
            &mut columns,
            &rows[header],
            body.iter().filter(|r| !r.iter().all(Cell::is_blank)).take(SAMPLE),
        );
        let titled = self.titled(sheet, titles.0, titles.1);
        self.layout_of(header::side_by_side(columns, &rows[header]), titled)
    }

    fn titled(
        &self,
        sheet: &rows::Sheet<'_>,
        titles: &[Vec<Cell>],
        start: usize,
    ) -> Vec<(SpecialCategory, String, Place)> {
        let mut out: Vec<(SpecialCategory, String, Place)> = Vec::new();
        // Only the last few rows are this table's titles; above them stands another table's body.
        let skip = titles.len().saturating_sub(6);
        for (at, row) in titles.iter().enumerate().skip(skip) {
            let filled: Vec<(usize, &Cell)> = row.iter().enumerate().filter(|(_, cell)| !cell.is_blank()).collect();
            let [(column, Cell::Text(text))] = filled.as_slice() else { continue };
            for (from, to, category) in self.detector.words.special(text) {
                let word = text.get(from..to).unwrap_or("").to_owned();
                out.push((category, word, sheet.cell(start + at, *column)));
            }
        }
        for (from, to, category) in self.detector.words.special(sheet.name) {
            out.push((category, sheet.name.get(from..to).unwrap_or("").to_owned(), Place::Whole));
        }
        let name = self.item.path.file_name().replace(['_', '-'], " ");
        for (from, to, category) in self.detector.words.special(&name) {
            out.push((category, name.get(from..to).unwrap_or("").to_owned(), Place::Whole));
        }
        out
    }

    fn layout_of(&self, groups: Vec<Vec<Column>>, titled: Vec<(SpecialCategory, String, Place)>) -> Layout {
        let fields: BTreeSet<Field> =
            groups.iter().flatten().filter(|c| c.scope == Scope::Subject).map(|c| c.field.kind()).collect();
        let all: BTreeSet<(Scope, Field)> = groups.iter().flatten().map(|c| (c.scope, c.field)).collect();
        let goods = is_goods(&groups);
        let (role, reason) = if self.item.kind == ExhibitKind::Register {
            (Role::Patient, "row of a register")
        } else {
            role_of(&fields, &all, self.count.leading())
        };
        let goods = goods && self.item.kind != ExhibitKind::Register;
        Layout { groups, role, reason, goods, titled, named: BTreeSet::new() }
    }
}

/// Goods: at least two columns of them, and nothing that only people have.
fn is_goods(groups: &[Vec<Column>]) -> bool {
    let count =
        |field: Field| groups.iter().flatten().filter(|c| c.field.kind() == field && c.scope == Scope::Subject).count();
    let has = |field: Field| {
        groups.iter().flatten().any(|c| c.field.kind() == field && !c.by_content && c.scope == Scope::Subject)
    };
    let of_people = has(Field::DateOfBirth)
        || has(Field::NhsNumber)
        || has(Field::HospitalNumber)
        || has(Field::NationalInsuranceNumber)
        || (has(Field::FamilyName) && has(Field::GivenNames))
        || has(Field::Sex)
        || has(Field::Giving);
    count(Field::Goods) >= 1 && !of_people && count(Field::Goods) > count(Field::Care) + count(Field::Employment)
}

fn role_of(
    fields: &BTreeSet<Field>,
    all: &BTreeSet<(Scope, Field)>,
    leading: Option<assay_model::ItemCategory>,
) -> (Role, &'static str) {
    use assay_model::ItemCategory as Category;
    let has = |field| fields.contains(&field);
    match () {
        () if has(Field::Giving) && !has(Field::NhsNumber) => (Role::Donor, "row of a table with columns of gifts"),
        () if has(Field::NhsNumber) || has(Field::HospitalNumber) => {
            (Role::Patient, "row of a table with patients' numbers")
        }
        () if has(Field::NationalInsuranceNumber) || has(Field::Salary) => {
            (Role::Staff, "row of a table with columns of pay")
        }
        // The systems that accounts are of are named after what they hold: that is not what the people are.
        () if has(Field::Password) && ![Field::DateOfBirth, Field::Diagnosis, Field::Care].into_iter().any(has) => {
            (Role::Staff, "row of a table of accounts")
        }
        () if has(Field::Employment) && !has(Field::Diagnosis) && !has(Field::Care) => {
            (Role::Staff, "row of a table with columns of staff")
        }
        () if leading == Some(Category::DonorReport) => (Role::Donor, "row of a table in a donor report"),
        () if leading == Some(Category::StaffRecord) => (Role::Staff, "row of a table in a staff record"),
        () if has(Field::Diagnosis) || has(Field::Care) => (Role::Patient, "row of a table with columns of care"),
        () if leading == Some(Category::Procurement) || has(Field::Organisation) && !has(Field::DateOfBirth) => {
            (Role::SupplierContact, "row of a table of suppliers")
        }
        () if leading == Some(Category::PatientRecord) => (Role::Patient, "row of a table in a patient record"),
        () if all.contains(&(Scope::Relative, Field::FullName)) => (Role::Patient, "row that names next of kin"),
        () if has(Field::Employment) => (Role::Staff, "row of a table with columns of staff"),
        () => (Role::Unknown, "row of a table that tells no role"),
    }
}
