//! Accuracy of takeover verdicts on logs of many seeds in five forms, and what is said of a few hours of log alone.
//!
//! Sessions are compared by number and beginning. Targets: recall 0.95, no false alarm.

use anyhow::Context;
use assay_analysis::gateway::{GatewayInput, GatewaySource, Networks, assess, read};
use assay_corpus::{LogForm, SessionLog, SessionTruth, session_log};
use assay_model::{ExhibitId, GatewayAssessment, ItemPath, TakeoverVerdict};
use std::collections::BTreeMap;
use std::io::Read;
use std::ops::RangeInclusive;

/// What came of all logs.
#[derive(Default)]
pub(crate) struct Tally {
    benign: u64,
    alarms: u64,
    taken: u64,
    found: u64,
    explained: u64,
    open: u64,
    without_reason: u64,
    /// Called taken over in a few hours of log that do not hold their login.
    invented: u64,
}

/// Measures every seed in every form.
pub(crate) fn takeovers(seeds: RangeInclusive<u64>, sessions: u32, list: bool) -> anyhow::Result<Tally> {
    let mut all = Tally::default();
    let mut stories: BTreeMap<&'static str, (u64, u64)> = BTreeMap::new();
    println!(
        "{:>16}{:>9}{:>8}{:>9}{:>8}{:>8}{:>11}{:>10}",
        "form", "benign", "alarms", "taken", "found", "recall", "explained", "open"
    );
    for form in LogForm::ALL {
        let mut of_form = Tally::default();
        for seed in seeds.clone() {
            let log = session_log(seed, form, sessions)?;
            let assessment = assessed(&log.files)?;
            score(&log.truth, &assessment, &mut of_form, &mut stories, list.then_some((form, seed)));
        }
        print(&format!("{form:?}"), &of_form);
        for (sum, part) in [
            (&mut all.benign, of_form.benign),
            (&mut all.alarms, of_form.alarms),
            (&mut all.taken, of_form.taken),
            (&mut all.found, of_form.found),
            (&mut all.explained, of_form.explained),
            (&mut all.open, of_form.open),
            (&mut all.without_reason, of_form.without_reason),
        ] {
            *sum += part;
        }
    }
    print("all", &all);
    println!("\nflagged without a reason: {}", all.without_reason);
    println!("\ntaken over, by what happened");
    for (story, (all, found)) in stories {
        println!("{story:40}{found:>6} of {all:>6}");
    }
    all.invented = few_hours(seeds)?;
    Ok(all)
}

fn print(name: &str, t: &Tally) {
    let recall = t.found as f64 / t.taken.max(1) as f64;
    println!(
        "{name:>16}{:>9}{:>8}{:>9}{:>8}{recall:>8.4}{:>11}{:>10}",
        t.benign, t.alarms, t.taken, t.found, t.explained, t.open
    );
}

fn assessed(files: &[(String, Vec<u8>)]) -> anyhow::Result<GatewayAssessment> {
    let exhibit = ExhibitId::new("GW/1");
    let mut sources = Vec::new();
    for (name, bytes) in files {
        let bytes = match name.ends_with(".gz") {
            true => {
                let mut plain = Vec::new();
                flate2::read::GzDecoder::new(bytes.as_slice()).read_to_end(&mut plain)?;
                plain
            }
            false => bytes.clone(),
        };
        let path = ItemPath::of_file(name);
        let digest = read(&exhibit, &path, &bytes).with_context(|| format!("{name} was not recognised"))?;
        sources.push(GatewaySource { exhibit: exhibit.clone(), path, digest });
    }
    let networks = Networks::default();
    Ok(assess(&GatewayInput { sources: &sources, reference_date: "2024-11-28".parse()?, networks: &networks }))
}

fn score(
    truth: &[SessionTruth],
    assessment: &GatewayAssessment,
    tally: &mut Tally,
    stories: &mut BTreeMap<&'static str, (u64, u64)>,
    list: Option<(LogForm, u64)>,
) {
    let mut flagged: Vec<_> = assessment.flagged.iter().map(Some).collect();
    tally.without_reason += assessment.flagged.iter().filter(|f| f.indicators_for.is_empty()).count() as u64;
    for session in truth {
        let near = |f: &assay_model::SessionVerdict| {
            let from = f.session.login.unwrap_or(f.session.first);
            f.session.session_id == session.session && from.duration_since(session.start).abs().as_secs() < 6 * 3600
        };
        let found = flagged.iter_mut().find(|slot| slot.is_some_and(near)).and_then(Option::take);
        let verdict = found.map(|f| f.verdict);
        let is_alarm = verdict == Some(TakeoverVerdict::ConsistentWithTakeover);
        if session.taken {
            tally.taken += 1;
            tally.found += u64::from(is_alarm);
            let story = stories.entry(session.story).or_default();
            *story = (story.0 + 1, story.1 + u64::from(is_alarm));
        } else {
            tally.benign += 1;
            tally.alarms += u64::from(is_alarm);
            tally.explained += u64::from(verdict == Some(TakeoverVerdict::BenignExplained));
            tally.open += u64::from(verdict == Some(TakeoverVerdict::NotAssessable));
        }
        if let Some((form, seed)) = list.filter(|_| is_alarm != session.taken) {
            let rules = |list: &[assay_model::HijackIndicator]| {
                list.iter().map(|i| i.rule.clone()).collect::<Vec<_>>().join(" ")
            };
            let why = found.map(|f| {
                format!("{:?} {} [{}] [{}]", f.verdict, f.score, rules(&f.indicators_for), rules(&f.indicators_against))
            });
            println!(
                "{form:?} seed {seed} session {} of {}: {}: {}",
                session.session,
                session.start,
                session.story,
                why.unwrap_or_else(|| "not flagged".to_owned())
            );
        }
    }
    // Flagged, and no session of the truth: invented.
    for invented in flagged.into_iter().flatten().filter(|f| f.verdict == TakeoverVerdict::ConsistentWithTakeover) {
        tally.alarms += 1;
        if let Some((form, seed)) = list {
            println!(
                "{form:?} seed {seed}: session {} from {} is none",
                invented.session.session_id, invented.session.first
            );
        }
    }
}

/// Five hours of each log, cut out around a takeover: what began before them must not be called one.
fn few_hours(seeds: RangeInclusive<u64>) -> anyhow::Result<u64> {
    let (mut known, mut called, mut said, mut wrong) = (0, 0, 0, 0);
    for seed in seeds {
        let SessionLog { files, truth } = session_log(seed, LogForm::Remote, 700)?;
        let Some(taken) = truth.iter().find(|t| t.taken && t.story == "one address in many sessions") else { continue };
        let from = taken.start.saturating_add(jiff::SignedDuration::from_mins(30));
        let to = from.saturating_add(jiff::SignedDuration::from_hours(5));
        let mut cut = Vec::new();
        for (_, bytes) in files.iter().filter(|(name, _)| name.starts_with("ns.log")) {
            for line in bytes.split_inclusive(|b| *b == b'\n') {
                let text = String::from_utf8_lossy(line.get(6..25).unwrap_or_default()).into_owned();
                let time = jiff::civil::DateTime::strptime("%m/%d/%Y:%H:%M:%S", &text);
                if time.is_ok_and(|time| (from..to).contains(&time)) {
                    cut.extend_from_slice(line);
                }
            }
        }
        let assessment = assessed(&[("ns.log".to_owned(), cut)])?;
        for flagged in &assessment.flagged {
            let has_login = flagged.session.login.is_some();
            match (flagged.verdict, has_login) {
                (TakeoverVerdict::ConsistentWithTakeover, false) => wrong += 1,
                (TakeoverVerdict::ConsistentWithTakeover, true) => called += 1,
                (TakeoverVerdict::NotAssessable, _) => said += 1,
                _ => known += 1,
            }
        }
    }
    println!(
        "\nfive hours of log only: {wrong} sessions without a login in them called taken over (target 0), {said} said to be not \
         assessable, {called} with their login inside called, {known} explained"
    );
    Ok(wrong)
}

#[cfg(test)]
mod tests {
    use super::takeovers;

    #[test]
    fn takeovers_are_found_and_nobody_else_is_called_one() {
        let all = takeovers(3..=3, 150, true).unwrap();
        assert_eq!((all.alarms, all.invented, all.without_reason), (0, 0, 0));
        assert!(all.found * 100 >= all.taken * 90, "{} of {}", all.found, all.taken);
    }

    /// The table of `cargo xtask accuracy gateway`, where the program is not built.
    #[test]
    #[ignore = "a measurement"]
    fn table() {
        takeovers(1..=10, 700, true).unwrap();
    }
}
