//! Which of day and month stands first in a file's dates.
//!
//! The appliance writes `MMDDYYYY`, `DDMMYYYY` or `YYYYMMDD`, as its configuration says; a log alone only shows numbers.
//! Each header and each body of a file is inferred apart, since real samples mix the two. What is not done here: reading
//! `dateFormat` from ns.conf, which would decide without inference.

use super::header;
use super::scan::{DateForm, STAMP_LENGTH, Stamp};
use jiff::civil::DateTime;
use memchr::memmem;

/// The forms of one file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Forms {
    /// Of the time at the start of a line.
    pub(super) header: DateForm,
    /// Of `Start_time` and `End_time`.
    pub(super) body: DateForm,
}

/// Distinct neighbouring dates kept for the second test; a file that needs more is older than a log ring.
const DATES_KEPT: usize = 4096;

/// Infers the forms. A date with a field over 12 decides; else the reading in which the lines run forward; else the one
/// that spans fewer days; else `MMDDYYYY`, the appliance's default.
pub(super) fn infer<'a>(lines: impl Iterator<Item = &'a [u8]>) -> Forms {
    let start_time = memmem::Finder::new(b"Start_time");
    let mut header = Candidates::default();
    let mut body = Candidates::default();
    for line in lines {
        if header.decided.is_none() {
            header.see(header::find_stamp(line).map(|(_, stamp)| stamp));
        }
        if body.decided.is_none() {
            body.see(start_time.find(line).and_then(|at| stamp_within(line.get(at + 10..)?)));
        }
        if header.decided.is_some() && body.decided.is_some() {
            break;
        }
    }
    let of_header = header.conclude();
    Forms {
        header: of_header.unwrap_or(DateForm::MonthFirst),
        body: body.conclude().or(of_header).unwrap_or(DateForm::MonthFirst),
    }
}

/// The first date in the next few bytes, whatever quotes stand before it.
fn stamp_within(bytes: &[u8]) -> Option<Stamp> {
    (0..6).find_map(|skip| Stamp::read(bytes.get(skip..skip + STAMP_LENGTH)?))
}

#[derive(Default)]
struct Candidates {
    decided: Option<DateForm>,
    dates: Vec<Stamp>,
}

impl Candidates {
    fn see(&mut self, stamp: Option<Stamp>) {
        let Some(stamp) = stamp.filter(|stamp| !stamp.year_first) else { return };
        self.decided = stamp.proves();
        let is_new = self
            .dates
            .last()
            .is_none_or(|last| (last.first, last.second, last.year) != (stamp.first, stamp.second, stamp.year));
        if is_new && self.dates.len() < DATES_KEPT {
            self.dates.push(stamp);
        }
    }

    fn conclude(&self) -> Option<DateForm> {
        if self.decided.is_some() {
            return self.decided;
        }
        let (month_first, day_first) = (self.cost(DateForm::MonthFirst)?, self.cost(DateForm::DayFirst)?);
        match month_first.cmp(&day_first) {
            std::cmp::Ordering::Less => Some(DateForm::MonthFirst),
            std::cmp::Ordering::Greater => Some(DateForm::DayFirst),
            // Equal costs decide nothing: a single day, or a day like 04/04.
            std::cmp::Ordering::Equal => None,
        }
    }

    /// How odd a reading is: steps back in time first, then days spanned.
    fn cost(&self, form: DateForm) -> Option<(usize, i32)> {
        let days: Vec<DateTime> = self.dates.iter().filter_map(|stamp| stamp.resolve(form)).collect();
        let steps_back = days.windows(2).filter(|pair| matches!(pair, [a, b] if b.date() < a.date())).count();
        let (first, last) = (days.iter().min()?, days.iter().max()?);
        Some((steps_back, (last.date() - first.date()).get_days()))
    }
}

#[cfg(test)]
mod tests {
    use super::{DateForm, infer};

    fn check(lines: &[&str]) -> (DateForm, DateForm) {
        let forms = infer(lines.iter().map(|line| line.as_bytes()));
        (forms.header, forms.body)
    }

    #[test]
    fn a_field_over_twelve_decides() {
        assert_eq!(
            check(&["07/09/2024:01:00:00 GMT ns 0-PPE-0 : x", "07/13/2024:01:00:00 GMT ns 0-PPE-0 : x"]).0,
            DateForm::MonthFirst
        );
        assert_eq!(
            check(&["07/09/2024:01:00:00 GMT ns 0-PPE-0 : x", "13/09/2024:01:00:00 GMT ns 0-PPE-0 : x"]).0,
            DateForm::DayFirst
        );
    }

    #[test]
    fn neighbouring_days_are_likelier_than_leaps_of_months() {
        assert_eq!(
            check(&["09/11/2024:23:00:00  ns 0-PPE-0 : x", "10/11/2024:01:00:00  ns 0-PPE-0 : x"]).0,
            DateForm::DayFirst
        );
        assert_eq!(
            check(&["11/09/2024:23:00:00  ns 0-PPE-0 : x", "11/10/2024:01:00:00  ns 0-PPE-0 : x"]).0,
            DateForm::MonthFirst
        );
    }

    #[test]
    fn one_day_alone_is_read_as_the_appliance_writes_by_default() {
        assert_eq!(check(&["05/08/2025:03:13:15 GMT ns 0-PPE-0 : x"]), (DateForm::MonthFirst, DateForm::MonthFirst));
    }

    #[test]
    fn header_and_body_may_differ() {
        let line = "05/08/2025:03:13:15 GMT ns 0-PPE-0 : x - Start_time \"26/07/2025:21:13:15 GMT\"";
        assert_eq!(check(&[line]), (DateForm::MonthFirst, DateForm::DayFirst));
    }
}
