//! Builds and virtual servers out of `ns.conf`, `ns.conf.0` to `.4` and the answer of `show ns version`.
//!
//! Only what exposure needs is read: which build saved the configuration and when, and whether it has a Gateway or AAA
//! virtual server. Not read yet: `dateFormat`, `timeZone` and `set ns param -timezone`.

use super::log::{LINE_LIMIT, lines};
use super::scan::number;
use assay_model::{ApplianceBuild, ExhibitId, GatewayParse, ItemPath, Locator, Place, VserverKind};
use jiff::civil::Date;
use memchr::memmem;

/// Lines looked at to tell a configuration from anything else.
const PROBED_LINES: usize = 256;

/// Builds kept of one file: a configuration has one, a pasted history a handful.
const BUILDS_KEPT: usize = 256;

/// True where a line near the start names a build or is a command that only a configuration has.
pub(super) fn is_config(bytes: &[u8]) -> bool {
    lines(bytes).take(PROBED_LINES).any(|line| {
        build(line).is_some()
            || vserver(line).is_some()
            || line.starts_with(b"set ns config ")
            || line.starts_with(b"enable ns feature ")
    })
}

/// Parses a configuration. Its lines are commands, so none is unparsed.
pub(super) fn parse(exhibit: &ExhibitId, path: &ItemPath, bytes: &[u8]) -> GatewayParse {
    let mut parse = GatewayParse::default();
    for line in lines(bytes) {
        parse.lines += 1;
        if line.len() > LINE_LIMIT {
            continue;
        }
        if let Some((release, build)) = build(line).filter(|_| parse.builds.len() < BUILDS_KEPT) {
            let number = u32::try_from(parse.lines).unwrap_or(u32::MAX);
            let place = Place::Line { part: String::new(), first: number, last: number };
            let locator = Locator { exhibit: exhibit.clone(), path: path.clone(), place };
            parse.builds.push(ApplianceBuild { release, build, as_of: None, locator });
        } else if let Some(saved) = last_modified(line) {
            // The line follows the build that it dates.
            if let Some(latest) = parse.builds.last_mut().filter(|build| build.as_of.is_none()) {
                latest.as_of = Some(saved);
            }
        } else if let Some(kind) = vserver(line) {
            parse.vservers.push(kind);
        }
    }
    parse.vservers.sort_unstable();
    parse.vservers.dedup();
    parse
}

/// `#NS13.1 Build 48.47` or `NetScaler NS13.1: Build 37.38.nc, Date: ...`: release and build. The word FIPS or NDcPP on the
/// line goes into the release (`13.1-FIPS`), since the number alone does not tell the branch.
fn build(line: &[u8]) -> Option<(String, String)> {
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
    use super::{is_config, parse};
    use assay_model::{ExhibitId, ItemPath};

    fn check(text: &str) -> String {
        if !is_config(text.as_bytes()) {
            return "no configuration".to_owned();
        }
        let parse = parse(&ExhibitId::new("GW/1"), &ItemPath::of_file("ns.conf"), text.as_bytes());
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
}
