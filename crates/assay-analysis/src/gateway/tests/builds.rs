//! Builds against flaws: CVE-2023-4966 above all.

use super::*;

const SERVER: &str = "add vpn vserver gw SSL 192.0.2.11 443\n";

fn config(release: &str, build: &str, saved: &str, rest: &str) -> String {
    format!(
        "#NS{release} Build {build}\n# Last modified by `save config`, {saved}\nset ns config -IPAddress 192.0.2.10\n{rest}"
    )
}

/// Status, window and bases of CVE-2023-4966, and the newest build.
fn bleed(sources: &[(&str, String)]) -> String {
    let sources: Vec<GatewaySource> = sources.iter().map(|(name, text)| source(name, text)).collect();
    let assessment = assess_all(&sources);
    let flaw = assessment.vulnerable.iter().find(|flaw| flaw.cve == "CVE-2023-4966").expect("in the table");
    let day = |day: Option<jiff::civil::Date>| day.map_or_else(|| "-".to_owned(), |day| day.to_string());
    format!(
        "{} {} {}..{}",
        assessment.build.as_deref().unwrap_or("-"),
        flaw.status.as_str(),
        day(flaw.from),
        day(flaw.to)
    )
}

fn one(release: &str, build: &str) -> String {
    bleed(&[("ns.conf", config(release, build, "Mon Nov 20 08:12:41 2023", SERVER))])
}

#[test]
fn a_build_below_the_first_fixed_one_of_its_branch_is_vulnerable_since_use_is_reported() {
    assert_eq!(one("13.1", "48.47"), "13.1-48.47 vulnerable 2023-08-21..-");
    assert_eq!(one("13.1", "49.14"), "13.1-49.14 vulnerable 2023-08-21..-");
    assert_eq!(one("13.1", "49.15"), "13.1-49.15 fixed -..-");
    assert_eq!(one("14.1", "8.50"), "14.1-8.50 fixed -..-");
    assert_eq!(one("14.1", "4.42"), "14.1-4.42 vulnerable 2023-08-21..-");
    assert_eq!(one("13.0", "92.18"), "13.0-92.18 vulnerable 2023-08-21..-");
    // Never fixed on its branch; its last builds are of unknown standing; a release that nobody listed.
    assert_eq!(one("12.1", "65.15"), "12.1-65.15 vulnerable 2023-08-21..-");
    assert_eq!(one("12.1", "65.37"), "12.1-65.37 unknown -..-");
    assert_eq!(one("11.1", "65.20"), "11.1-65.20 unknown -..-");
}

#[test]
fn a_number_that_the_fips_branch_shares_is_ambiguous_until_the_word_stands_beside_it() {
    // Under one reading fixed, under the other not.
    assert_eq!(one("13.1", "37.164"), "13.1-37.164 ambiguous -..-");
    // Below the first fixed build of both: open whichever it is.
    assert_eq!(one("13.1", "37.38"), "13.1-37.38 ambiguous 2023-08-21..-");
    let version = |build: &str| format!("NetScaler NS13.1: Build {build}.nc (FIPS), Date: Feb  1 2024\n");
    assert_eq!(bleed(&[("version.txt", version("37.164"))]), "13.1-FIPS-37.164 fixed -..-");
    assert_eq!(bleed(&[("version.txt", version("37.163"))]), "13.1-FIPS-37.163 vulnerable 2023-08-21..-");
}

#[test]
fn a_window_closes_on_the_day_a_fixed_build_was_saved() {
    let sources = [
        ("ns.conf", config("13.1", "51.15", "Fri Feb  2 08:12:41 2024", SERVER)),
        ("ns.conf.0", config("13.1", "49.15", "Tue Nov 21 08:12:41 2023", SERVER)),
        ("ns.conf.1", config("13.1", "48.47", "Mon Aug 28 08:12:41 2023", SERVER)),
    ];
    assert_eq!(bleed(&sources), "13.1-51.15 fixed 2023-08-21..2023-11-21");
    let sources: Vec<GatewaySource> = sources.iter().map(|(name, text)| source(name, text)).collect();
    let assessment = assess_all(&sources);
    let flaw = assessment.vulnerable.iter().find(|flaw| flaw.cve == "CVE-2023-4966").unwrap();
    assert!(flaw.to_basis.contains("sessions begun before stay exposed until they were ended"), "{}", flaw.to_basis);
    // The window was open: what to end is said though the newest build is fixed.
    assert!(assessment.terminate.iter().any(|command| command == "kill aaa session -all"));
}

#[test]
fn without_a_gateway_or_aaa_server_the_flaw_does_not_apply() {
    let saved = "Mon Nov 20 08:12:41 2023";
    let bare = config("13.1", "48.47", saved, "add lb vserver web HTTP 192.0.2.12 80\n");
    assert_eq!(bleed(&[("ns.conf", bare.clone())]), "13.1-48.47 not applicable -..-");
    let aaa = config("13.1", "48.47", saved, "add authentication vserver aaa SSL 0.0.0.0\n");
    assert_eq!(bleed(&[("ns.conf", aaa)]), "13.1-48.47 vulnerable 2023-08-21..-");
    // Session messages prove a Gateway that this configuration does not add.
    assert_eq!(
        bleed(&[("ns.conf", bare), ("ns.log", log_of("08:00 login 7 ann 198.51.100.4"))]),
        "13.1-48.47 vulnerable 2023-08-21..-"
    );
    // A log alone names no build.
    assert_eq!(bleed(&[("ns.log", log_of("08:00 login 7 ann 198.51.100.4"))]), "- unknown -..-");
}

#[test]
fn a_flaw_known_only_after_the_breach_says_so() {
    let sources = [source("ns.conf", &config("14.1", "43.50", "Thu Nov 28 08:00:00 2024", SERVER))];
    let assessment = assess_all(&sources);
    let later = assessment.vulnerable.iter().find(|flaw| flaw.cve == "CVE-2025-5777").unwrap();
    assert_eq!(later.status.as_str(), "vulnerable");
    assert!(later.from_basis.contains("known only after the day of the breach"), "{}", later.from_basis);
}

#[test]
fn images_by_their_names_are_told_and_prove_nothing() {
    let text = config("13.1", "48.47", "Mon Nov 20 08:12:41 2023", SERVER);
    let mut assessment = assess_all(&[source("ns.conf", &text)]);
    let before = assessment.clone().vulnerable;
    note_images(&mut assessment, ["flash/ns-13.1-48.47.gz", "var/log/ns.log.0.gz", "flash/ns-backup-1"].into_iter());
    assert_eq!(assessment.vulnerable, before);
    note_images(
        &mut assessment,
        ["flash/ns-13.1-49.15.gz", "var/nsinstall/build-13.1-49.15_nc_64/installns"].into_iter(),
    );
    let bleed = assessment.vulnerable.iter().find(|flaw| flaw.cve == "CVE-2023-4966").unwrap();
    assert!(bleed.to_basis.ends_with(
        "images of 13.1-49.15 lie in the evidence: brought to the appliance, which is not proof that they ran"
    ));
}
