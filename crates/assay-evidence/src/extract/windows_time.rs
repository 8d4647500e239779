//! Moments as Windows counts them.

use jiff::civil::{Date, DateTime};

/// Tenths of microseconds since 1601 (MS-DTYP 2.3.3), in universal time to the second.
pub(super) fn moment(ticks: u64) -> Option<DateTime> {
    let seconds = ticks / 10_000_000;
    let days = i64::try_from(seconds / 86_400).ok()?;
    let date = Date::new(1601, 1, 1).ok()?.checked_add(jiff::Span::new().try_days(days).ok()?).ok()?;
    let part = |of: u64, within: u64| i8::try_from(seconds / of % within).unwrap_or(0);
    Some(date.at(part(3600, 24), part(60, 60), part(1, 60), 0))
}
