//! Builds held against the flaws of `rules/gateway/builds.toml`, and since when an appliance stood open.
//!
//! Vulnerable is not exploited: nothing here says how anybody got in. A window ends with evidence of a fixed build and, as its
//! basis says, exposure ends only when sessions were ended too. The first day is the first on which use by attackers is
//! reported, since the evidence rarely says when a build was installed.

use super::scan::{Seconds, civil};
use super::sessions::Sessions;
use super::traces::{self, Meaning};
use super::zones::Settled;
use assay_model::{
    ApplianceBuild, ExhibitId, GatewayAssessment, ItemPath, Locator, Place, Vulnerability, VulnerableStatus,
};
use jiff::civil::Date;
use serde::Deserialize;
use std::collections::BTreeSet;
use std::sync::LazyLock;

/// What the builds seen say.
pub(super) struct Builds {
    /// The newest build: `13.1-48.47`.
    pub(super) newest: Option<String>,
    /// A line a flaw, in the order of the rule file.
    pub(super) vulnerable: Vec<Vulnerability>,
}

/// Holds the builds seen against every flaw of the table.
pub(super) fn assess(sources: &[Settled<'_>], sessions: &Sessions, reference_date: Date) -> Builds {
    if sources.is_empty() {
        return Builds { newest: None, vulnerable: Vec::new() };
    }
    let seen: Vec<&ApplianceBuild> = sources.iter().flat_map(|settled| &settled.source.digest.builds).collect();
    let newest = newest(&seen);
    let exposed = gateway_configured(sources, sessions);
    let acts = acts(sources);
    let weigh = |cve| {
        let mut flaw = weigh(cve, &seen, newest, exposed, reference_date);
        if flaw.from.is_some() {
            flaw.to_basis.push_str(&said_of(&acts, flaw.to));
        }
        flaw
    };
    Builds { newest: newest.map(name), vulnerable: TABLE.cves.iter().map(weigh).collect() }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Table {
    as_of: String,
    #[serde(rename = "trap")]
    traps: Vec<Trap>,
    #[serde(rename = "cve")]
    cves: Vec<Cve>,
}

/// A release whose builds of one number may be of its FIPS branch.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Trap {
    release: String,
    major: u32,
    fips: String,
    reason: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Cve {
    id: String,
    /// Flaws of the same advisory with the same fixed builds.
    #[serde(default)]
    also: Vec<String>,
    public: String,
    public_basis: String,
    kev: Option<String>,
    exploited: Option<String>,
    exploited_basis: Option<String>,
    source: String,
    branches: Vec<Branch>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Branch {
    release: String,
    fixed: Option<String>,
    #[serde(default)]
    end_of_life: bool,
    #[serde(default)]
    not_affected: bool,
    unknown_from: Option<String>,
}

static TABLE: LazyLock<Table> = LazyLock::new(|| {
    // Compiled in and read by a test: no input reaches this.
    toml::from_str(include_str!("../../../../rules/gateway/builds.toml"))
        .expect("rules/gateway/builds.toml is well-formed")
});

/// Which exposure the configuration allows.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Exposure {
    /// A Gateway or AAA virtual server is configured, or session messages prove one.
    Yes,
    /// A saved configuration has neither.
    No,
    /// No configuration was read.
    NotKnown,
}

fn gateway_configured(sources: &[Settled<'_>], sessions: &Sessions) -> Exposure {
    let has_server = sessions.total > 0 || sources.iter().any(|settled| !settled.source.digest.vservers.is_empty());
    // Only a saved configuration carries the day it was saved; the answer of `show ns version` lists no servers.
    let has_config =
        sources.iter().any(|settled| settled.source.digest.builds.iter().any(|build| build.as_of.is_some()));
    match (has_server, has_config) {
        (true, _) => Exposure::Yes,
        (false, true) => Exposure::No,
        (false, false) => Exposure::NotKnown,
    }
}

/// What administrators did that bears on a window: installs, restarts, the end of sessions.
struct Acts {
    installed: Vec<Seconds>,
    restarted: Vec<Seconds>,
    ended: Vec<Seconds>,
}

fn acts(sources: &[Settled<'_>]) -> Acts {
    let of = |wanted: Meaning| {
        let hits =
            sources.iter().flat_map(|settled| settled.source.digest.traces.iter().map(move |hit| (settled, hit)));
        let meant =
            hits.filter(|(_, hit)| traces::shipped().rule(&hit.rule).is_some_and(|rule| rule.meaning == wanted));
        let mut times: Vec<Seconds> = meant.filter_map(|(settled, hit)| Some(settled.time(hit.last?))).collect();
        times.sort_unstable();
        times
    };
    Acts { installed: of(Meaning::Install), restarted: of(Meaning::Start), ended: of(Meaning::SessionsEnded) }
}

/// Whether sessions were ended after the window closed, and what was installed when.
fn said_of(acts: &Acts, to: Option<Date>) -> String {
    let mut said = String::new();
    if let Some(install) = acts.installed.last() {
        said.push_str(&format!("; a build was installed by command on {}", civil(*install)));
        if let Some(start) = acts.restarted.iter().find(|start| *start >= install) {
            said.push_str(&format!(", and the appliance started on {}", civil(*start)));
        }
    }
    let Some(to) = to else { return said };
    let closed = super::scan::seconds(to.at(0, 0, 0, 0));
    said.push_str(&match acts.ended.iter().find(|ended| **ended >= closed) {
        Some(ended) => format!("; sessions were ended by command on {}: exposure lasted until then", civil(*ended)),
        None => "; no command that ends sessions after it is in the logs held".to_owned(),
    });
    said
}

/// The newest build: of the last configuration saved, unless an undated answer names a higher one.
fn newest<'a>(seen: &[&'a ApplianceBuild]) -> Option<&'a ApplianceBuild> {
    let dated = seen.iter().filter(|b| b.as_of.is_some()).max_by_key(|b| (b.as_of, version(b)));
    let undated = seen.iter().filter(|b| b.as_of.is_none()).max_by_key(|b| version(b));
    match (dated, undated) {
        (Some(dated), Some(undated)) if version(undated) > version(dated) => Some(undated),
        (Some(dated), _) => Some(dated),
        (None, undated) => undated.copied(),
    }
}

fn name(build: &ApplianceBuild) -> String {
    format!("{}-{}", build.release, build.build)
}

type Version = (Option<(u32, u32)>, Option<(u32, u32)>);

fn version(build: &ApplianceBuild) -> Version {
    let release = build.release.split('-').next().unwrap_or_default();
    (pair(release), pair(&build.build))
}

fn pair(text: &str) -> Option<(u32, u32)> {
    let (high, low) = text.split_once('.')?;
    Some((high.parse().ok()?, low.parse().ok()?))
}

fn weigh(
    cve: &Cve,
    seen: &[&ApplianceBuild],
    newest: Option<&ApplianceBuild>,
    exposure: Exposure,
    reference_date: Date,
) -> Vulnerability {
    let mut result = Vulnerability {
        cve: cve.id.clone(),
        status: VulnerableStatus::Unknown,
        from: None,
        from_basis: String::new(),
        to: None,
        to_basis: String::new(),
    };
    let Some(newest) = newest else {
        result.from_basis = "no build is named in the evidence held".to_owned();
        return result;
    };
    if exposure == Exposure::No {
        result.status = VulnerableStatus::NotApplicable;
        result.from_basis = "the configuration adds no Gateway or AAA virtual server".to_owned();
        return result;
    }
    let standing = standing(cve, newest);
    result.status = standing.status;
    let was_open = |build: &ApplianceBuild| self::standing(cve, build).is_open;
    if seen.iter().any(|build| was_open(build)) {
        let (from, basis) = opened(cve, reference_date);
        result.from = from;
        result.from_basis = basis;
    } else {
        result.from_basis = match standing.status {
            VulnerableStatus::Unknown | VulnerableStatus::Ambiguous => standing.reason.clone(),
            _ => "no vulnerable build in the evidence held; what ran before it is not known".to_owned(),
        };
    }
    (result.to, result.to_basis) = closed(cve, seen, newest, &standing, result.from.is_some());
    if exposure == Exposure::NotKnown && standing.is_open {
        result.from_basis.push_str("; no configuration was read: applies only with a Gateway or AAA virtual server");
    }
    result
}

/// What a build is to a flaw.
struct Standing {
    status: VulnerableStatus,
    /// Affected beyond doubt, whichever branch it is of.
    is_open: bool,
    reason: String,
}

fn standing(cve: &Cve, build: &ApplianceBuild) -> Standing {
    let Some(number) = pair(&build.build) else {
        return Standing {
            status: VulnerableStatus::Unknown,
            is_open: false,
            reason: "the build has no number".to_owned(),
        };
    };
    let (status, reason) = on_branch(cve, &build.release, number);
    let trap = TABLE.traps.iter().find(|trap| trap.release == build.release && trap.major == number.0);
    let Some(trap) = trap else {
        return Standing { is_open: status == VulnerableStatus::Vulnerable, status, reason };
    };
    let (as_fips, _) = on_branch(cve, &trap.fips, number);
    let is_open = status == VulnerableStatus::Vulnerable && as_fips == VulnerableStatus::Vulnerable;
    let remark =
        if is_open { "; under either reading it is below the first fixed build: treat it as vulnerable" } else { "" };
    Standing {
        status: VulnerableStatus::Ambiguous,
        is_open,
        reason: format!("{}: ask for `show ns version` and the platform's FIPS word{remark}", trap.reason),
    }
}

fn on_branch(cve: &Cve, release: &str, number: (u32, u32)) -> (VulnerableStatus, String) {
    let Some(branch) = cve.branches.iter().find(|branch| branch.release == release) else {
        return (VulnerableStatus::Unknown, format!("release {release} is not in the table of {}", TABLE.as_of));
    };
    if branch.not_affected {
        return (VulnerableStatus::Fixed, format!("release {release} never had the flaw"));
    }
    if branch.unknown_from.as_deref().and_then(pair).is_some_and(|from| number >= from) {
        return (VulnerableStatus::Unknown, format!("late builds of release {release} are of unknown standing"));
    }
    if branch.end_of_life {
        return (VulnerableStatus::Vulnerable, format!("release {release} was at its end of life and never fixed"));
    }
    match branch.fixed.as_deref().and_then(|fixed| Some((fixed, pair(fixed)?))) {
        Some((fixed, first)) if number < first => {
            (VulnerableStatus::Vulnerable, format!("the first fixed build of release {release} is {fixed}"))
        }
        Some((fixed, _)) => (VulnerableStatus::Fixed, format!("release {release} is fixed from build {fixed}")),
        None => (VulnerableStatus::Unknown, format!("the table of {} names no fixed build", TABLE.as_of)),
    }
}

/// The first day on which the flaw was used, or known, as far as reported.
fn opened(cve: &Cve, reference_date: Date) -> (Option<Date>, String) {
    let public = day(&cve.public);
    let listed = cve.kev.as_deref().and_then(day);
    let exploited = cve.exploited.as_deref().and_then(day);
    let (from, mut basis) = match (exploited, listed, public) {
        (Some(used), ..) => (Some(used), cve.exploited_basis.clone().unwrap_or_else(|| "reported use".to_owned())),
        (None, Some(listed), Some(public)) if listed < public => {
            (Some(listed), "listed by CISA as known to be exploited".to_owned())
        }
        (None, _, public) => (public, format!("made public ({})", cve.public_basis)),
    };
    if let Some(listed) = listed {
        basis.push_str(&format!("; listed by CISA as exploited on {listed}"));
    }
    basis.push_str(&format!("; source: {}", cve.source));
    if !cve.also.is_empty() {
        basis.push_str(&format!("; the same builds fix {}", cve.also.join(", ")));
    }
    if from.is_some_and(|from| from > reference_date) {
        basis.push_str(
            "; known only after the day of the breach: it speaks to what must be patched, not to how they got in",
        );
    }
    (from, basis)
}

fn closed(
    cve: &Cve,
    seen: &[&ApplianceBuild],
    newest: &ApplianceBuild,
    standing: &Standing,
    was_open: bool,
) -> (Option<Date>, String) {
    let saved = newest.as_of.map(|day| format!(", saved {day},")).unwrap_or_default();
    let build = name(newest);
    match (standing.status, was_open) {
        (VulnerableStatus::Fixed, true) => {
            let is_fixed = |b: &&&ApplianceBuild| self::standing(cve, b).status == VulnerableStatus::Fixed;
            let first = seen.iter().filter(is_fixed).filter_map(|b| Some((b.as_of?, name(b)))).min();
            match first {
                Some((day, build)) => (
                    Some(day),
                    format!(
                        "first configuration saved with a fixed build ({build}); sessions begun before stay exposed until they were ended"
                    ),
                ),
                None => (None, format!("build {build} is fixed; since when it runs, the evidence does not say")),
            }
        }
        (VulnerableStatus::Fixed, false) => {
            (None, format!("build {build}{saved} is not affected: {}", standing.reason))
        }
        (VulnerableStatus::Vulnerable, _) => (
            None,
            format!(
                "build {build}{saved} is affected ({}); a patch ends exposure only when sessions are ended too",
                standing.reason
            ),
        ),
        _ => (None, format!("build {build}{saved} cannot be judged: {}", standing.reason)),
    }
}

/// Says beside every flaw which images of builds lie in the evidence, by the names of files and folders (`/flash/ns-13.1-49.15.gz`,
/// `/var/nsinstall/build-13.1-49.15_nc_64/`): each was brought to the appliance; that it ran, only a configuration or a boot says.
pub fn note_images<'p>(assessment: &mut GatewayAssessment, paths: impl Iterator<Item = &'p str>) {
    let images: BTreeSet<(Version, String)> =
        paths.filter_map(image).map(|build| (version(&build), name(&build))).collect();
    let ran = assessment.build.as_deref();
    let others: Vec<&str> = images.iter().map(|(_, name)| name.as_str()).filter(|name| Some(*name) != ran).collect();
    if others.is_empty() {
        return;
    }
    let said = format!(
        "; images of {} lie in the evidence: brought to the appliance, which is not proof that they ran",
        others.join(", ")
    );
    for flaw in &mut assessment.vulnerable {
        let open = flaw.from.is_some();
        if open { &mut flaw.to_basis } else { &mut flaw.from_basis }.push_str(&said);
    }
}

/// The build that a path names as an image.
fn image(path: &str) -> Option<ApplianceBuild> {
    let named = |part: &str| {
        let rest = ["ns-", "build-"].into_iter().find_map(|lead| part.strip_prefix(lead))?;
        let (release, rest) = rest.split_once('-')?;
        let digits = |text: &str| text.bytes().take_while(|b| b.is_ascii_digit() || *b == b'.').count();
        let build = rest.get(..digits(rest))?.trim_end_matches('.');
        (pair(release).is_some() && pair(build).is_some()).then(|| (release.to_owned(), build.to_owned()))
    };
    let (release, build) = path.split(['/', '!']).rev().find_map(named)?;
    let locator = Locator { exhibit: ExhibitId::new(""), path: ItemPath::of_file(""), place: Place::Whole };
    Some(ApplianceBuild { release, build, as_of: None, locator })
}

fn day(text: &str) -> Option<Date> {
    text.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::{TABLE, day, pair};

    #[test]
    fn the_table_reads_and_its_dates_and_builds_are_well_formed() {
        assert!(day(&TABLE.as_of).is_some() && TABLE.cves.len() >= 8);
        for cve in &TABLE.cves {
            assert!(cve.id.starts_with("CVE-") && !cve.source.is_empty(), "{}", cve.id);
            for date in [Some(&cve.public), cve.kev.as_ref(), cve.exploited.as_ref()].into_iter().flatten() {
                assert!(day(date).is_some(), "{} {date}", cve.id);
            }
            assert_eq!(cve.exploited.is_some(), cve.exploited_basis.is_some(), "{}", cve.id);
            for branch in &cve.branches {
                let states = [branch.fixed.is_some(), branch.end_of_life, branch.not_affected];
                assert_eq!(states.iter().filter(|state| **state).count(), 1, "{} {}", cve.id, branch.release);
                for build in [&branch.fixed, &branch.unknown_from].into_iter().flatten() {
                    assert!(pair(build).is_some(), "{} {build}", cve.id);
                }
            }
        }
        for trap in &TABLE.traps {
            assert!(TABLE.cves.iter().any(|cve| cve.branches.iter().any(|branch| branch.release == trap.fips)));
        }
    }
}
