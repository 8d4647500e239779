//! What a column holds by its content, whatever its title says or where there is none.

use assay_model::Cell;

use super::super::dates::{self, DateSense};
use super::super::field::{Field, Scope};
use super::super::names::{self, NameOrder};
use super::super::{contact, numbers};
use super::Column;

/// Values from which a column without a helpful title is judged.
const ENOUGH: usize = 3;

/// Counts over one column.
#[derive(Default)]
struct Tally {
    filled: usize,
    nhs: usize,
    nhs_spaced: usize,
    email: usize,
    phone: usize,
    postcode: usize,
    insurance: usize,
    card: usize,
    iban: usize,
    date: usize,
    old_dates: usize,
    named: usize,
    named_well: usize,
}

impl Tally {
    fn of<'c>(cells: impl Iterator<Item = &'c Cell>) -> Self {
        let mut tally = Self::default();
        for cell in cells.filter(|cell| !cell.is_blank()) {
            tally.filled += 1;
            tally.add(cell);
        }
        tally
    }

    fn add(&mut self, cell: &Cell) {
        if let Some(date) = dates::of_cell(cell, DateSense::Birth).filter(|_| !matches!(cell, Cell::Number(_))) {
            let whole = match cell {
                Cell::Text(text) => dates::is_only_date(text, DateSense::Birth).is_some(),
                _ => true,
            };
            self.date += usize::from(whole);
            self.old_dates += usize::from(whole && date.year() < 2005);
        }
        let number = match cell {
            Cell::Number(number) => numbers::nhs_number_typed(*number),
            Cell::Text(text) => numbers::nhs_number(text),
            _ => None,
        };
        self.nhs += usize::from(number.is_some_and(|n| numbers::is_issued_range(&n)));
        let Cell::Text(text) = cell else { return };
        let text = text.trim();
        let blanks: Vec<usize> = text.match_indices([' ', '-']).map(|(place, _)| place).collect();
        self.nhs_spaced += usize::from(text.len() == 12 && blanks == [3, 7]);
        self.email += usize::from(contact::email(text).is_some());
        self.phone += usize::from(contact::phone(text).is_some());
        self.postcode += usize::from(contact::postcode(text).is_some());
        self.insurance += usize::from(numbers::national_insurance_number(text).is_some());
        self.card += usize::from(numbers::payment_card(text).is_some());
        self.iban += usize::from(numbers::iban(text).is_some());
        if text.len() <= 60 && text.bytes().filter(u8::is_ascii_digit).count() == 0 {
            let likeness = names::likeness(text);
            self.named += usize::from(likeness > 0);
            self.named_well += usize::from(likeness == 2);
        }
    }

    fn most(&self, count: usize) -> bool {
        count >= ENOUGH && count * 10 >= self.filled * 9
    }

    fn guess(&self) -> Option<Field> {
        match () {
            () if self.most(self.nhs) => Some(Field::NhsNumber),
            () if self.most(self.email) => Some(Field::Email),
            () if self.most(self.insurance) => Some(Field::NationalInsuranceNumber),
            () if self.most(self.card) => Some(Field::PaymentCard),
            () if self.most(self.iban) => Some(Field::Iban),
            () if self.most(self.phone) => Some(Field::Phone),
            () if self.most(self.postcode) => Some(Field::Postcode),
            () if self.most(self.date) && self.old_dates * 4 >= self.date => Some(Field::DateOfBirth),
            () if self.most(self.date) => Some(Field::RecordDate),
            () if self.named_well * 2 >= self.filled && self.named * 4 >= self.filled * 3 && self.named_well >= 2 => {
                Some(Field::FullName)
            }
            () => None,
        }
    }
}

fn column_cells<'r>(rows: &[&'r Vec<Cell>], index: usize) -> impl Iterator<Item = &'r Cell> {
    rows.iter().filter_map(move |row| row.get(index))
}

/// The columns of data without a header. A number alone makes no person: a name or a date of birth must stand beside it,
/// or it is written in the national form throughout.
pub(super) fn by_content<'r>(rows: impl Iterator<Item = &'r Vec<Cell>>) -> Vec<Column> {
    let rows: Vec<&Vec<Cell>> = rows.filter(|row| !row.iter().all(Cell::is_blank)).collect();
    let width = rows.iter().map(|row| row.len()).max().unwrap_or(0).min(200);
    let mut columns = Vec::new();
    let mut spaced = false;
    for index in 0..width {
        let tally = Tally::of(column_cells(&rows, index));
        let Some(field) = tally.guess() else { continue };
        // A second column of names is another person's: nothing tells whose.
        if field == Field::FullName && columns.iter().any(|c: &Column| c.field == Field::FullName) {
            continue;
        }
        spaced |= field == Field::NhsNumber && tally.most(tally.nhs_spaced);
        columns.push(Column { index, scope: Scope::Subject, field, order: NameOrder::GivenFirst, by_content: true });
    }
    split_names(&mut columns, &rows, width);
    order_names(&mut columns, &rows);
    let has = |field: Field| columns.iter().any(|c| c.field == field);
    let of_people = has(Field::FullName) || has(Field::FamilyName) || has(Field::DateOfBirth) || has(Field::Postcode);
    if !of_people && !spaced {
        columns.clear();
    }
    columns
}

/// `Smith | John` in two neighbouring columns of single words, where no column holds whole names.
fn split_names(columns: &mut Vec<Column>, rows: &[&Vec<Cell>], width: usize) {
    use crate::reference::{fold, given_name_count, surname_count};
    if columns.iter().any(|c| c.field == Field::FullName) || columns.is_empty() {
        return;
    }
    let share = |index: usize, test: &dyn Fn(&str) -> bool| {
        let (mut hits, mut all) = (0usize, 0usize);
        for cell in column_cells(rows, index).filter(|cell| !cell.is_blank()) {
            all += 1;
            if let Cell::Text(text) = cell {
                hits += usize::from(!text.trim().contains(' ') && test(&fold(text.trim())));
            }
        }
        all >= ENOUGH && hits * 10 >= all * 8
    };
    let surname = |word: &str| surname_count(word) > 0;
    let given = |word: &str| given_name_count(word) > 0;
    let more_given = |word: &str| given_name_count(word) > surname_count(word);
    for index in 0..width.saturating_sub(1) {
        let pair = [(index, index + 1), (index + 1, index)]
            .into_iter()
            .find(|(family, first)| share(*family, &surname) && share(*first, &given) && share(*first, &more_given));
        if let Some((family, first)) = pair {
            let column = |index, field| Column {
                index,
                scope: Scope::Subject,
                field,
                order: NameOrder::GivenFirst,
                by_content: true,
            };
            columns.push(column(family, Field::FamilyName));
            columns.push(column(first, Field::GivenNames));
            return;
        }
    }
}

/// Corrects what titles said by what stands below them, and adds what no title told.
pub(super) fn refine<'r>(columns: &mut Vec<Column>, header: &[Cell], rows: impl Iterator<Item = &'r Vec<Cell>>) {
    let rows: Vec<&Vec<Cell>> = rows.collect();
    let has = |columns: &[Column], field: Field| columns.iter().any(|c| c.field == field && c.scope == Scope::Subject);
    let of_people = columns
        .iter()
        .any(|c| c.scope == Scope::Subject && (c.field.is_key() || matches!(c.field, Field::Sex | Field::Age)));
    let goods = has(columns, Field::Goods);
    let of_others = of_people && columns.iter().any(|c| c.field.is_key() && c.field != Field::FullName)
        || columns.iter().any(|c| {
            matches!(
                c.field.kind(),
                Field::Giving
                    | Field::Employment
                    | Field::Care
                    | Field::Sex
                    | Field::Age
                    | Field::Postcode
                    | Field::Salary
                    | Field::Email
            )
        });
    // A generic "Name" may be a product's: most of its entries must read like persons' names.
    columns.retain(|column| {
        let generic = column.scope == Scope::Subject && column.field == Field::FullName && !rows.is_empty();
        if !generic || (!goods && (of_others || of_identity(&rows))) {
            return true;
        }
        let tally = Tally::of(column_cells(&rows, column.index));
        tally.named * 2 >= tally.filled
    });
    let width = rows.iter().map(|row| row.len()).max().unwrap_or(0).min(200);
    let mut more = Vec::new();
    for index in 0..width {
        let titled = columns.iter().find(|c| c.index == index).map(|c| c.field);
        // A title that says goods is believed: a barcode that passes the check is a barcode.
        let open = matches!(titled, None | Some(Field::OtherNumber | Field::HospitalNumber));
        if !open {
            continue;
        }
        let tally = Tally::of(column_cells(&rows, index));
        let Some(field) = tally.guess() else { continue };
        let untitled = header.get(index).is_none_or(Cell::is_blank);
        let taken = has(columns, field);
        let accept = match field {
            Field::NhsNumber => !taken && !goods && of_people && (tally.filled >= 5 || tally.most(tally.nhs_spaced)),
            Field::Email | Field::NationalInsuranceNumber | Field::PaymentCard | Field::Iban => {
                titled.is_none() && of_people
            }
            Field::Postcode | Field::Phone | Field::DateOfBirth => titled.is_none() && of_people && untitled && !taken,
            Field::FullName => titled.is_none() && !columns.iter().any(|c| c.field.is_name()) && !goods,
            Field::RecordDate => titled.is_none(),
            _ => false,
        };
        if accept {
            more.push(Column { index, scope: Scope::Subject, field, order: NameOrder::GivenFirst, by_content: true });
        }
    }
    columns.retain(|column| !more.iter().any(|new: &Column| new.index == column.index));
    columns.extend(more);
    columns.sort_by_key(|column| column.index);
    order_names(columns, &rows);
}

fn of_identity(rows: &[&Vec<Cell>]) -> bool {
    rows.iter().take(20).any(|row| {
        row.iter().any(|cell| match cell {
            Cell::Number(number) => numbers::nhs_number_typed(*number).is_some(),
            Cell::Text(text) => numbers::nhs_number(text).is_some(),
            _ => false,
        })
    })
}

fn order_names(columns: &mut [Column], rows: &[&Vec<Cell>]) {
    for column in columns.iter_mut().filter(|column| column.field == Field::FullName) {
        let samples: Vec<&str> = column_cells(rows, column.index)
            .filter_map(|cell| match cell {
                Cell::Text(text) => Some(text.as_str()),
                _ => None,
            })
            .collect();
        column.order = names::column_order(samples.into_iter());
    }
}
