//! Dates and zones settled over all sources: what one file leaves open, its configuration or its neighbours may tell.
//!
//! A date without a field over 12 reads either way; what decides is, in this order, such a date in the source itself, the
//! configuration's `dateFormat`, a source of the same appliance that shows it, the order of the lines. Lines that name no zone
//! are the appliance's local time; where its configuration names the zone they are turned to UTC, else they stay as written
//! and that is said. A clock that was wrong stays wrong: nothing is corrected.

use super::digest::{Clock, FormBasis, SourceKind};
use super::scan::{DateForm, Seconds, civil, seconds};
use super::{GatewaySource, Settings};
use jiff::tz::{Offset, TimeZone, TimeZoneDatabase};
use std::collections::{BTreeMap, BTreeSet};

/// A source whose times can be compared with those of the others.
pub(super) struct Settled<'a> {
    pub(super) source: &'a GatewaySource,
    /// Its place in the case.
    pub(super) place: u32,
    pub(super) clock: Clock,
    /// Day and month change places.
    swaps: bool,
    zone: Zone,
}

/// The zone that a source's times are turned from.
#[derive(Clone)]
enum Zone {
    /// None to turn from: they are UTC.
    Utc,
    /// They are local, and nothing says where.
    Unknown,
    /// Local, by the configuration.
    Local(String, TimeZone),
    /// Some lines say GMT, some nothing.
    Mixed,
}

impl Settled<'_> {
    /// A time of the source on the common clock.
    pub(super) fn time(&self, time: Seconds) -> Seconds {
        let time = if self.swaps { swapped(time) } else { time };
        match &self.zone {
            Zone::Local(_, zone) => {
                zone.to_ambiguous_timestamp(civil(time)).compatible().map_or(time, |timestamp| timestamp.as_second())
            }
            _ => time,
        }
    }

    /// How dates and zone were read and what that rests on, for the reader.
    pub(super) fn said(&self) -> String {
        let digest = &self.source.digest;
        if digest.from.is_none() {
            return String::new();
        }
        let form = match self.clock.form {
            DateForm::MonthFirst => "month first",
            DateForm::DayFirst => "day first",
        };
        let dates = match (digest.kind, self.clock.basis) {
            (SourceKind::Log, FormBasis::Proved) => format!("{form}, as its own dates show"),
            (SourceKind::Log, FormBasis::Likelier) => format!("{form}, inferred from the order of its lines"),
            (SourceKind::Log, FormBasis::Default) => format!("{form}: ambiguous, the appliance's default is taken"),
            (SourceKind::Log, FormBasis::Configured) => format!("{form}, as the configuration says"),
            (SourceKind::Log, FormBasis::Neighbours) => format!("{form}, as other files of the appliance show"),
            _ => "dates unambiguous".to_owned(),
        };
        let zone = match &self.zone {
            Zone::Utc => "GMT".to_owned(),
            Zone::Unknown => "local time of a zone that no evidence names, as written".to_owned(),
            Zone::Local(name, _) => format!("local time turned to GMT ({name}, as the configuration says)"),
            Zone::Mixed => "some lines say GMT, others no zone; all as written".to_owned(),
        };
        format!("{dates}; {zone}")
    }
}

/// Settles every source.
pub(super) fn settled(sources: &[GatewaySource]) -> Vec<Settled<'_>> {
    let settings: Vec<&Settings> = sources.iter().map(|source| &source.digest.settings).collect();
    let forms: BTreeSet<&str> = settings.iter().flat_map(|s| &s.date_forms).map(String::as_str).collect();
    let zones: BTreeSet<&str> = settings.iter().map(|s| s.timezone.as_str()).filter(|zone| !zone.is_empty()).collect();
    let zone = match zones.iter().collect::<Vec<_>>().as_slice() {
        [one] => time_zone(one),
        _ => None,
    };
    let neighbours = forms_by_host(sources);
    let all = sources.iter().enumerate();
    all.map(|(n, source)| settle(n, source, &forms, zone.as_ref(), &neighbours)).collect()
}

fn settle<'a>(
    n: usize,
    source: &'a GatewaySource,
    forms: &BTreeSet<&str>,
    zone: Option<&(String, TimeZone)>,
    neighbours: &BTreeMap<&str, BTreeSet<bool>>,
) -> Settled<'a> {
    let mut clock = source.digest.clock;
    let was = clock.form;
    if source.digest.kind == SourceKind::Log && clock.basis != FormBasis::Proved {
        let configured = match forms.iter().copied().collect::<Vec<_>>().as_slice() {
            ["MMDDYYYY"] => Some(DateForm::MonthFirst),
            ["DDMMYYYY"] => Some(DateForm::DayFirst),
            _ => None,
        };
        let hosts = source.digest.counters.iter().filter_map(|counter| neighbours.get(counter.host.as_str()));
        let shown: BTreeSet<bool> = hosts.flatten().copied().collect();
        let shown = match shown.iter().collect::<Vec<_>>().as_slice() {
            [true] => Some(DateForm::MonthFirst),
            [false] => Some(DateForm::DayFirst),
            _ => None,
        };
        if let Some(form) = configured {
            (clock.form, clock.basis) = (form, FormBasis::Configured);
        } else if let Some(form) = shown {
            (clock.form, clock.basis) = (form, FormBasis::Neighbours);
        }
    }
    let is_local = matches!(source.digest.kind, SourceKind::Log | SourceKind::WebError);
    let zone = match (is_local, clock.utc_lines, clock.local_lines, zone) {
        (false, ..) | (_, _, 0, _) => Zone::Utc,
        (true, 0, _, Some((name, zone))) => Zone::Local(name.clone(), zone.clone()),
        (true, 0, _, None) => Zone::Unknown,
        (true, ..) => Zone::Mixed,
    };
    let place = u32::try_from(n).unwrap_or(u32::MAX);
    Settled { source, place, swaps: clock.form != was, clock, zone }
}

/// The forms that sources of an appliance show beyond doubt; true for month first.
fn forms_by_host(sources: &[GatewaySource]) -> BTreeMap<&str, BTreeSet<bool>> {
    let mut forms: BTreeMap<&str, BTreeSet<bool>> = BTreeMap::new();
    for source in sources.iter().filter(|source| source.digest.clock.basis == FormBasis::Proved) {
        for counter in &source.digest.counters {
            let is_month_first = source.digest.clock.form == DateForm::MonthFirst;
            forms.entry(&counter.host).or_default().insert(is_month_first);
        }
    }
    forms
}

/// `GMT+01:00-CET-Europe/Paris`: the region's rules, where they are known, else the offset.
fn time_zone(written: &str) -> Option<(String, TimeZone)> {
    let rest = written.strip_prefix("GMT")?;
    let (offset, rest) = rest.split_at_checked(6)?;
    let region = rest.strip_prefix('-').and_then(|rest| rest.split_once('-')).map(|(_, region)| region);
    if let Some(zone) = region.and_then(|region| TimeZoneDatabase::bundled().get(region).ok()) {
        return Some((region.unwrap_or_default().to_owned(), zone));
    }
    let (hours, minutes) = offset.get(1..)?.split_once(':')?;
    let sum = hours.parse::<i32>().ok()? * 3600 + minutes.parse::<i32>().ok()? * 60;
    let sum = if offset.starts_with('-') { -sum } else { sum };
    Some((format!("GMT{offset}, summer time not known"), TimeZone::fixed(Offset::from_seconds(sum).ok()?)))
}

/// Day and month in each other's place, where the calendar allows it.
fn swapped(time: Seconds) -> Seconds {
    let date = civil(time).date();
    match jiff::civil::Date::new(date.year(), date.day(), date.month()) {
        Ok(other) => seconds(other.at(0, 0, 0, 0)) + time.rem_euclid(86_400),
        Err(_) => time,
    }
}

#[cfg(test)]
mod tests {
    use super::{civil, seconds, swapped, time_zone};

    #[test]
    fn a_zone_is_read_as_the_appliance_writes_it() {
        let check = |written: &str| {
            let (name, zone) = time_zone(written)?;
            let summer = zone.to_ambiguous_timestamp("2024-07-01T12:00:00".parse().unwrap()).compatible().unwrap();
            Some(format!("{name} {summer}"))
        };
        assert_eq!(check("GMT+01:00-CET-Europe/Paris").as_deref(), Some("Europe/Paris 2024-07-01T10:00:00Z"));
        assert_eq!(check("GMT+00:00-GMT-Europe/London").as_deref(), Some("Europe/London 2024-07-01T11:00:00Z"));
        assert_eq!(
            check("GMT-05:00-EST-Nowhere/Town").as_deref(),
            Some("GMT-05:00, summer time not known 2024-07-01T17:00:00Z")
        );
        assert_eq!(check("CoordinatedUniversalTime"), None);
    }

    #[test]
    fn days_and_months_change_places_where_the_calendar_allows() {
        let check = |text: &str| civil(swapped(seconds(text.parse().unwrap()))).to_string();
        assert_eq!(check("2024-05-08T01:02:03"), "2024-08-05T01:02:03");
        assert_eq!(check("2024-05-13T01:02:03"), "2024-05-13T01:02:03");
    }
}
