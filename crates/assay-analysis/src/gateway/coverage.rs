//! How far each source reaches and what is missing in it; and all counters of a case joined.

use super::digest::{CounterRun, SourceKind};
use super::scan::{Seconds, civil};
use super::zones::Settled;
use assay_model::{CoverageDetail, SourceCoverage};
use std::collections::{BTreeMap, BTreeSet};

/// Messages that a rotated file holds at least: fewer missing between two files are lost lines.
const FILE_OF_MESSAGES: u64 = 100;

/// The message counters of every appliance, over all sources.
pub(super) struct Counters {
    /// Stretches without messages, and the first message, by appliance.
    hosts: BTreeMap<String, HostCounters>,
    /// What a source's remarks say of files missing before it, by place.
    missing: BTreeMap<u32, Vec<String>>,
}

#[derive(Default)]
struct HostCounters {
    begins: Option<Seconds>,
    /// From the last message before a gap to the first after it.
    gaps: Vec<(Seconds, Seconds)>,
}

impl Counters {
    pub(super) fn of(sources: &[Settled<'_>]) -> Self {
        let mut runs: BTreeMap<(&str, &str), Vec<(u32, CounterRun)>> = BTreeMap::new();
        for settled in sources {
            for counter in &settled.source.digest.counters {
                let entry = runs.entry((&counter.host, &counter.engine)).or_default();
                for run in &counter.runs {
                    let mut run = run.clone();
                    for stretch in &mut run.stretches {
                        (stretch.from, stretch.to) = (settled.time(stretch.from), settled.time(stretch.to));
                    }
                    entry.push((settled.place, run));
                }
            }
        }
        let mut all = Self { hosts: BTreeMap::new(), missing: BTreeMap::new() };
        for ((host, engine), mut of_engine) in runs {
            of_engine.sort_by_key(|(place, run)| {
                let first = run.stretches.first();
                (first.map(|s| s.from), first.map(|s| s.low), *place)
            });
            all.engine(host, engine, of_engine, sources);
        }
        for of_host in all.hosts.values_mut() {
            of_host.gaps.sort_unstable();
        }
        all
    }

    fn engine(&mut self, host: &str, engine: &str, runs: Vec<(u32, CounterRun)>, sources: &[Settled<'_>]) {
        let mut joined: Vec<CounterRun> = Vec::new();
        let mut latest: Option<(u32, u64)> = None;
        for (place, run) in runs {
            let low = run.stretches.first().map_or(0, |s| s.low);
            match joined.last_mut().filter(|last| last.joins(&run)) {
                Some(last) => {
                    if let Some((before, high)) = latest
                        && before != place
                        && low.saturating_sub(high) > FILE_OF_MESSAGES
                    {
                        let name = sources.iter().find(|s| s.place == before).map_or("", |s| s.source.path.file_name());
                        let engine = if engine.is_empty() { "the counter" } else { engine };
                        self.missing.entry(place).or_default().push(format!(
                            "{} messages of {engine} are missing between the end of {name} and its own beginning: a rotated file may be missing",
                            low - high - 1
                        ));
                    }
                    last.absorb(&run);
                }
                None => joined.push(run.clone()),
            }
            let high = run.stretches.last().map_or(0, |s| s.high);
            latest = Some(latest.filter(|(_, known)| *known >= high && low <= *known).unwrap_or((place, high)));
        }
        let of_host = self.hosts.entry(host.to_owned()).or_default();
        for run in &joined {
            let Some(first) = run.stretches.first() else { continue };
            of_host.begins = Some(of_host.begins.map_or(first.from, |begins| begins.min(first.from)));
            if run.more_gaps > 0 {
                of_host.gaps.push((Seconds::MIN, first.from));
            }
            let gaps = run.stretches.windows(2).filter_map(|pair| match pair {
                [a, b] => Some((a.to, b.from)),
                _ => None,
            });
            of_host.gaps.extend(gaps);
        }
    }

    /// True where an appliance's messages are all there from one time to another.
    pub(super) fn is_whole(&self, host: &str, from: Seconds, to: Seconds) -> bool {
        self.hosts.get(host).is_some_and(|of_host| {
            of_host.begins.is_some_and(|begins| begins <= from)
                && !of_host.gaps.iter().any(|(before, after)| *before < to && *after > from)
        })
    }

    /// How long the messages of an appliance reach back before a time.
    pub(super) fn reach(&self, host: &str, time: Seconds) -> Option<Seconds> {
        Some(time - self.hosts.get(host)?.begins?)
    }
}

/// Coverage a source, in the order of the sources.
pub(super) fn of(sources: &[Settled<'_>], counters: &Counters) -> Vec<SourceCoverage> {
    let numbers = missing_numbers(sources);
    let one = |settled: &Settled<'_>| {
        let digest = &settled.source.digest;
        let unparsed = digest.unparsed.values().map(|one| one.count).sum::<u64>();
        let gaps = digest.counters.iter().flat_map(|c| &c.runs).map(CounterRun::gaps);
        let (gaps, lost) = gaps.fold((0, 0), |(a, b), (x, y)| (a + x, u64::saturating_add(b, y)));
        let mut remarks: Vec<String> = counters.missing.get(&settled.place).cloned().unwrap_or_default();
        remarks.extend(numbers.get(&settled.place).cloned());
        for (line, before, after) in &digest.jumps {
            let (before, after) = (civil(settled.time(*before)), civil(settled.time(*after)));
            remarks.push(format!("line {line}: the clock goes from {before} to {after} while the counter goes on"));
        }
        if digest.kind == SourceKind::Shell {
            remarks.push("its lines carry no year: they are not placed in time".to_owned());
        }
        let (from, to) = (digest.from.map(|t| settled.time(t)), digest.to.map(|t| settled.time(t)));
        // A date that was turned may change which is first.
        let (from, to) = (from.min(to), from.max(to));
        SourceCoverage {
            exhibit: settled.source.exhibit.clone(),
            source: settled.source.path.as_str().to_owned(),
            from: from.map(civil),
            to: to.map(civil),
            lines: digest.lines,
            parsed: digest.lines.saturating_sub(unparsed),
            unparsed,
            gaps,
            detail: CoverageDetail {
                kind: digest.kind.as_str().to_owned(),
                lost,
                clock: settled.said(),
                reasons: digest.unparsed.iter().map(|(why, u)| (why.clone(), u.count, u.lines.clone())).collect(),
                messages: digest.messages.iter().map(|(name, count)| (name.clone(), *count)).collect(),
                remarks,
            },
        }
    };
    sources.iter().map(one).collect()
}

/// Rotated files whose numbers are left out: `ns.log.0.gz`, `ns.log.2.gz`. Said at the file after the hole.
fn missing_numbers(sources: &[Settled<'_>]) -> BTreeMap<u32, String> {
    let mut sets: BTreeMap<(&str, &str, &str), BTreeMap<u32, u32>> = BTreeMap::new();
    for settled in sources {
        let path = settled.source.path.as_str();
        let (folder, name) = path.rsplit_once(['/', '!']).unwrap_or(("", path));
        let name = name.strip_suffix(".gz").unwrap_or(name);
        if let Some((base, number)) = name.rsplit_once('.')
            && let Ok(number) = number.parse::<u32>()
            && number < 10_000
        {
            sets.entry((settled.source.exhibit.as_str(), folder, base)).or_default().insert(number, settled.place);
        }
    }
    let mut said = BTreeMap::new();
    for ((_, _, base), numbers) in sets {
        let known: BTreeSet<u32> = numbers.keys().copied().collect();
        for (number, place) in &numbers {
            let before = known.range(..*number).next_back().map_or(0, |n| n + 1);
            let missing = if *number > before { number - before } else { 0 };
            if missing > 0 {
                let list = if missing == 1 {
                    format!("{base}.{before}")
                } else {
                    format!("{base}.{before} to .{}", number - 1)
                };
                said.insert(*place, format!("{list} missing between the rotated files"));
            }
        }
    }
    said
}
