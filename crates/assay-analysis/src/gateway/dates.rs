//! Which of day and month stands first in a source's dates.
//!
//! The appliance writes `MMDDYYYY`, `DDMMYYYY` or `YYYYMMDD`, as its configuration says; a log alone only shows numbers.
//! Headers and bodies of a source are inferred apart, since real samples mix the two. What a configuration or another source
//! says is settled when all sources are known ([`super::zones`]).

use super::digest::{Clock, FormBasis};
use super::header;
use super::scan::{DateForm, STAMP_LENGTH, Seconds, Stamp};
use memchr::memmem;

/// Distinct neighbouring dates kept for the second test; a source that needs more is older than a log ring.
const DATES_KEPT: usize = 4096;

/// Infers the forms of a source, line by line, until [`FormSearch::is_settled`].
pub(super) struct FormSearch {
    header: Candidates,
    body: Candidates,
    start_time: memmem::Finder<'static>,
}

impl FormSearch {
    pub(super) fn new() -> Self {
        let start_time = memmem::Finder::new(b"Start_time");
        Self { header: Candidates::default(), body: Candidates::default(), start_time }
    }

    pub(super) fn see(&mut self, line: &[u8]) {
        if self.header.decided.is_none() {
            self.header.see(header::find_stamp(line).map(|(_, stamp)| stamp));
        }
        if self.body.decided.is_none() {
            let body = line.get(..4096).unwrap_or(line);
            self.body.see(self.start_time.find(body).and_then(|at| stamp_within(body.get(at + 10..)?)));
        }
    }

    /// True where no further line can change what [`FormSearch::clock`] says of headers.
    pub(super) fn is_settled(&self) -> bool {
        self.header.decided.is_some() && (self.body.decided.is_some() || self.body.dates.len() > 64)
    }

    /// A date with a field over 12 decides; else the reading in which the lines run forward; else the one that spans fewer
    /// days; else `MMDDYYYY`, the appliance's default.
    pub(super) fn clock(&self) -> Clock {
        let of_header = self.header.conclude();
        let basis = match (self.header.decided.is_some() || self.header.year_first, of_header) {
            (true, _) => FormBasis::Proved,
            (false, Some(_)) => FormBasis::Likelier,
            (false, None) => FormBasis::Default,
        };
        let form = of_header.unwrap_or_default();
        let body = self.body.conclude().or(of_header).unwrap_or_default();
        Clock { form, body, basis, utc_lines: 0, local_lines: 0 }
    }
}

/// The first date in the next few bytes, whatever quotes stand before it.
fn stamp_within(bytes: &[u8]) -> Option<Stamp> {
    (0..6).find_map(|skip| Stamp::read(bytes.get(skip..skip + STAMP_LENGTH)?))
}

#[derive(Default)]
struct Candidates {
    decided: Option<DateForm>,
    year_first: bool,
    dates: Vec<Stamp>,
}

impl Candidates {
    fn see(&mut self, stamp: Option<Stamp>) {
        let Some(stamp) = stamp else { return };
        if stamp.year_first {
            self.year_first = true;
            return;
        }
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
    fn cost(&self, form: DateForm) -> Option<(usize, Seconds)> {
        let days: Vec<Seconds> =
            self.dates.iter().filter_map(|stamp| Some(stamp.resolve(form)?.div_euclid(86_400))).collect();
        let steps_back = days.windows(2).filter(|pair| matches!(pair, [a, b] if b < a)).count();
        let (first, last) = (days.iter().min()?, days.iter().max()?);
        Some((steps_back, last - first))
    }
}

#[cfg(test)]
mod tests {
    use super::{DateForm, FormSearch};

    fn check(lines: &[&str]) -> (DateForm, DateForm) {
        let mut search = FormSearch::new();
        lines.iter().for_each(|line| search.see(line.as_bytes()));
        (search.clock().form, search.clock().body)
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
