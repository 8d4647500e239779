//! Builds, virtual servers and log settings out of `ns.conf`, `ns.conf.0` to `.4` and the answer of `show ns version`.
//!
//! What exposure and the reading of logs need: which build saved the configuration and when, whether it has a Gateway or AAA
//! virtual server, how the audit log writes dates and in which zone, the pair, the networks that the appliance has or gives
//! out. Anything else is passed over.

use super::digest::{Settings, SourceDigest, SourceKind};
use super::event::LINE_LIMIT;
use super::scan::{address, number, text};
use assay_model::{ApplianceBuild, ExhibitId, ItemPath, Locator, Place, VserverKind};
use jiff::civil::Date;
use memchr::memmem;
use std::net::IpAddr;

/// Builds kept of one file: a configuration has one, a pasted history a handful.
const BUILDS_KEPT: usize = 256;

/// Networks kept of one file.
const NETWORKS_KEPT: usize = 1024;

/// True for a line that names a build or is a command that only a configuration has.
pub(super) fn is_config(line: &[u8]) -> bool {
    build(line).is_some()
        || vserver(line).is_some()
        || line.starts_with(b"set ns config ")
        || line.starts_with(b"enable ns feature ")
        || line.starts_with(b"set audit syslogParams ")
}

/// Reads one line of a configuration into a digest; `number` is the line's.
pub(super) fn take(line: &[u8], number: u64, exhibit: &ExhibitId, path: &ItemPath, into: &mut SourceDigest) {
    into.kind = SourceKind::Configuration;
    if line.len() > LINE_LIMIT {
        return;
    }
    if let Some((release, build)) = build(line).filter(|_| into.builds.len() < BUILDS_KEPT) {
        into.builds.push(ApplianceBuild { release, build, as_of: None, locator: locator(exhibit, path, number) });
    } else if let Some(saved) = last_modified(line) {
        // The line follows the build that it dates.
        if let Some(latest) = into.builds.last_mut().filter(|build| build.as_of.is_none()) {
            latest.as_of = Some(saved);
        }
    } else if let Some(kind) = vserver(line) {
        if !into.vservers.contains(&kind) {
            into.vservers.push(kind);
            into.vservers.sort_unstable();
        }
    } else {
        setting(line, &mut into.settings);
    }
}

/// A line of a source.
pub(super) fn locator(exhibit: &ExhibitId, path: &ItemPath, line: u64) -> Locator {
    let line = u32::try_from(line).unwrap_or(u32::MAX);
    let place = Place::Line { part: String::new(), first: line, last: line };
    Locator { exhibit: exhibit.clone(), path: path.clone(), place }
}

fn setting(line: &[u8], settings: &mut Settings) {
    let word = |at: usize| line.split(|b| b.is_ascii_whitespace()).filter(|w| !w.is_empty()).nth(at);
    let of_log = line.starts_with(b"set audit syslogParams ") || line.starts_with(b"add audit syslogAction ");
    if of_log {
        let keep = |list: &mut Vec<String>, option: &[u8], known: &[&str]| {
            let Some(value) = argument(line, option) else { return };
            let Some(value) = known.iter().find(|known| value.eq_ignore_ascii_case(known.as_bytes())) else { return };
            if !list.iter().any(|kept| kept == value) {
                list.push((*value).to_owned());
                list.sort();
            }
        };
        keep(&mut settings.date_forms, b"-dateFormat", &["MMDDYYYY", "DDMMYYYY", "YYYYMMDD"]);
        keep(&mut settings.log_zones, b"-timeZone", &["GMT_TIME", "LOCAL_TIME"]);
    } else if line.starts_with(b"set ns hostName ") {
        settings.host = word(3).map(text).unwrap_or_default();
    } else if line.starts_with(b"set ns param ") {
        if let Some(zone) = argument(line, b"-timezone") {
            settings.timezone = text(zone);
        }
    } else if line.starts_with(b"add HA node ") {
        settings.pair.extend(word(4).and_then(address).filter(|_| settings.pair.len() < 8));
    } else if let Some(network) = network(line).filter(|_| settings.networks.len() < NETWORKS_KEPT)
        && !settings.networks.contains(&network)
    {
        settings.networks.push(network);
    }
}

/// `add ns ip A MASK ...`, `set ns config -IPAddress A -netmask M`, `bind ... -intranetIP A MASK`.
fn network(line: &[u8]) -> Option<(IpAddr, u8)> {
    let mut words = line.split(|b| b.is_ascii_whitespace()).filter(|w| !w.is_empty());
    if line.starts_with(b"add ns ip ") {
        // An address of the appliance speaks for itself, not for its whole network.
        return Some((address(words.nth(3)?)?, 32));
    }
    if line.starts_with(b"set ns config ") {
        return Some((address(argument(line, b"-IPAddress")?)?, 32));
    }
    if !line.starts_with(b"bind ") {
        return None;
    }
    words.find(|word| word.eq_ignore_ascii_case(b"-intranetIP"))?;
    let ip = address(words.next()?)?;
    let mask = words.next().and_then(address).unwrap_or(IpAddr::from([255, 255, 255, 255]));
    let IpAddr::V4(mask) = mask else { return None };
    Some((ip, u8::try_from(u32::from(mask).leading_ones()).unwrap_or(32)))
}

/// The word after an option, without quotes.
fn argument<'a>(line: &'a [u8], option: &[u8]) -> Option<&'a [u8]> {
    let mut from = 0;
    loop {
        let at = from + memmem::find(line.get(from..)?, option)?;
        from = at + option.len();
        let rest = line.get(from..)?;
        if at > 0 && line.get(at - 1) == Some(&b' ') && rest.first() == Some(&b' ') {
            let rest = rest.trim_ascii_start();
            return match rest.strip_prefix(b"\"") {
                Some(inner) => inner.get(..memchr::memchr(b'"', inner)?),
                None => Some(super::scan::word(rest)),
            };
        }
    }
}

/// `#NS13.1 Build 48.47` or `NetScaler NS13.1: Build 37.38.nc, Date: ...`: release and build. The word FIPS or NDcPP on the
/// line goes into the release (`13.1-FIPS`), since the number alone does not tell the branch.
pub(super) fn build(line: &[u8]) -> Option<(String, String)> {
    let line = line.trim_ascii();
    let line = line.get(..256).unwrap_or(line);
    let release_at = match line.strip_prefix(b"#NS") {
        Some(rest) => rest,
        None => line.get(memmem::find(line, b"NetScaler NS")? + 12..)?,
    };
    let (major, rest) = number(release_at)?;
    let (minor, rest) = number(rest.strip_prefix(b".")?)?;
    let after = rest.get(memmem::find(rest.get(..48).unwrap_or(rest), b"Build ")? + 6..)?;
    let (high, rest) = number(after)?;
    let (low, _) = number(rest.strip_prefix(b".")?)?;
    let upper = line.to_ascii_uppercase();
    let branch = if memmem::find(&upper, b"FIPS").is_some() {
        "-FIPS"
    } else if memmem::find(&upper, b"NDCPP").is_some() {
        "-NDcPP"
    } else {
        ""
    };
    Some((format!("{major}.{minor}{branch}"), format!("{high}.{low}")))
}

/// ``# Last modified by `save config`, Mon Sep 28 08:12:41 2026``.
fn last_modified(line: &[u8]) -> Option<Date> {
    let rest = line.strip_prefix(b"# Last modified by ")?;
    let text = std::str::from_utf8(rest.get(..256).unwrap_or(rest)).ok()?;
    let (_, date) = text.rsplit_once(',')?;
    let mut words = date.split_ascii_whitespace();
    let (_weekday, month, day, _time, year) =
        (words.next()?, words.next()?, words.next()?, words.next()?, words.next()?);
    const MONTHS: [&str; 12] = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
    let month = MONTHS.iter().position(|name| *name == month)? + 1;
    Date::new(year.parse().ok()?, i8::try_from(month).ok()?, day.parse().ok()?).ok()
}

fn vserver(line: &[u8]) -> Option<VserverKind> {
    if line.starts_with(b"add vpn vserver ") {
        Some(VserverKind::Gateway)
    } else if line.starts_with(b"add authentication vserver ") {
        Some(VserverKind::Authentication)
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::super::{SourceKind, read};
    use assay_model::{ExhibitId, ItemPath};

    fn check(text: &str) -> String {
        let parse = read(&ExhibitId::new("GW/1"), &ItemPath::of_file("ns.conf"), text.as_bytes());
        let Some(parse) = parse.filter(|parse| parse.kind == SourceKind::Configuration) else {
            return "no configuration".to_owned();
        };
        let builds = parse.builds.iter().map(|b| match b.as_of {
            Some(day) => format!("{} {} saved {day} at {}", b.release, b.build, b.locator.place),
            None => format!("{} {} at {}", b.release, b.build, b.locator.place),
        });
        format!("{}; {:?}; {} lines", builds.collect::<Vec<_>>().join(", "), parse.vservers, parse.lines)
    }

    #[test]
    fn a_configuration_names_its_build_the_day_it_was_saved_and_its_servers() {
        let text = "#NS13.1 Build 48.47\n# Last modified by `save config`, Mon Sep 28 08:12:41 2026\n\
                    set ns config -IPAddress 192.0.2.10 -netmask 255.255.255.0\r\nadd vpn vserver gw SSL 192.0.2.11 443\n\
                    add authentication vserver aaa SSL 0.0.0.0\nadd lb vserver web HTTP 192.0.2.12 80\n";
        insta::assert_snapshot!(check(text), @"13.1 48.47 saved 2026-09-28 at line 1; [Gateway, Authentication]; 6 lines");
    }

    #[test]
    fn the_answer_of_show_version_is_read_and_its_build_date_is_not_taken_for_the_day_it_ran() {
        let text =
            "> show ns version\n\tNetScaler NS13.1: Build 37.38.nc, Date: Nov 23 2022, 04:42:36   (64-bit)\n Done\n";
        insta::assert_snapshot!(check(text), @"13.1 37.38 at line 2; []; 3 lines");
    }

    #[test]
    fn the_fips_word_goes_into_the_release() {
        insta::assert_snapshot!(check("NetScaler NS13.1: Build 37.176.nc (FIPS), Date: Feb  1 2024\n"), @"13.1-FIPS 37.176 at line 1; []; 1 lines");
    }

    #[test]
    fn a_date_that_no_calendar_has_dates_nothing() {
        let text = "#NS14.1 Build 8.50\n# Last modified by `save config`, Mon Feb 31 08:12:41 2026\n";
        insta::assert_snapshot!(check(text), @"14.1 8.50 at line 1; []; 2 lines");
    }

    #[test]
    fn other_text_is_no_configuration() {
        assert_eq!(check("#NSFW Build 1.2\nadd vpn later\n"), "no configuration");
        assert_eq!(check(""), "no configuration");
    }

    #[test]
    fn how_the_log_is_written_and_what_the_appliance_has_is_read() {
        let text = "#NS13.1 Build 48.47\nset ns config -IPAddress 192.0.2.10 -netmask 255.255.255.0\nset ns hostName nsgw01\n\
                    set ns param -timezone \"GMT+01:00-CET-Europe/Paris\"\nadd HA node 1 192.0.2.11\nadd ns ip 192.0.2.12 255.255.255.0 -type SNIP\n\
                    set audit syslogParams -dateFormat DDMMYYYY -logLevel ALL -timeZone LOCAL_TIME\n\
                    add audit syslogAction siem 10.0.0.9 -logLevel ALL -dateFormat MMDDYYYY -timeZone GMT_TIME\n\
                    bind vpn global -intranetIP 10.99.0.0 255.255.0.0\n";
        let parse = read(&ExhibitId::new("GW/1"), &ItemPath::of_file("ns.conf"), text.as_bytes()).unwrap();
        let s = parse.settings;
        insta::assert_snapshot!(
            format!("{} {:?} {:?} {} {:?} {:?}", s.host, s.date_forms, s.log_zones, s.timezone, s.pair, s.networks),
            @r#"nsgw01 ["DDMMYYYY", "MMDDYYYY"] ["GMT_TIME", "LOCAL_TIME"] GMT+01:00-CET-Europe/Paris [192.0.2.11] [(192.0.2.10, 32), (192.0.2.12, 32), (10.99.0.0, 16)]"#
        );
    }
}
