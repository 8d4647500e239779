//! From what was read to the dossier: people, verdicts, sessions, duties. No clock and no file but the claims' posts.

use crate::case::Case;
use crate::cmd_judge::judgements;
use crate::keys;
use crate::load::{self, Read};
use crate::scan;
use crate::standing::Standing;
use anyhow::Context;
use assay_analysis::duties::DutiesInput;
use assay_analysis::gateway::{DeclaredNetwork, GatewayInput, GatewaySource, Networks, Purpose};
use assay_analysis::harm::HarmInput;
use assay_analysis::resolve::link::Fitted;
use assay_analysis::resolve::tokens::{TokenKey, TokenRegister};
use assay_analysis::resolve::{CaseRules, Grouped, Kept, Question, Resolution, ResolveInput, Waiting};
use assay_analysis::restricted::{self, RestrictedLink};
use assay_analysis::verify::{Fingerprints, Verified, VerifyInput};
use assay_analysis::{alike, claims, detect, duties, gateway, resolve, verify};
use assay_case::sealed::SealedExhibit;
use assay_case::{CaseFile, RegisterSource, store};
use assay_engine::wire::MentionRecord;
use assay_engine::work::{VOLUME_TYPE, mention_id};
use assay_evidence::volumes;
use assay_model::{
    Claim, Coverage, DataSubject, Dossier, Exhibit, ExhibitId, ExhibitKind, Finding, GatewayAssessment, HintBasis,
    Item, ItemPath, ItemStatus, ListedFile, Mention, RegisterMatch, RegisterPerson, Sha256, SourceCoverage,
    TokenCoverage,
};
use std::collections::{BTreeMap, BTreeSet};

/// What a case comes to.
pub(crate) struct Assembled {
    pub(crate) dossier: Dossier,
    /// Registers of which no person could be read: matching against them would say that nobody is known.
    pub(crate) empty_registers: Vec<ExhibitId>,
    /// What a person may be asked.
    pub(crate) questions: Vec<Question>,
    /// Decisions that cannot be held to.
    pub(crate) unheld: Vec<u64>,
    /// The match weights, to be kept.
    pub(crate) fitted: Option<Fitted>,
    /// How mentions were put together, to be kept.
    pub(crate) grouped: Grouped,
}

/// The dossier of a case as it was read under a fingerprint; `label` is that of the report.
pub(crate) fn assemble(
    case: &Case,
    sealed: &[SealedExhibit],
    fingerprint: &str,
    label: &str,
) -> anyhow::Result<Assembled> {
    let standing = Standing::read(&case.store, label)?;
    let tokens = token_registers(&case.file)?;
    let info = &case.file.info;
    let controllers = &case.file.controllers;
    let read = load::read(&case.file, &case.store, sealed, fingerprint)?;
    let exhibits: Vec<Exhibit> = sealed.iter().map(|sealed| sealed.exhibit.clone()).collect();
    let mut gateway = assess_gateway(case, &exhibits, &read)?;
    let People { items, mentions, prior_mentions, loose, register, listed, mut resolution } =
        people((&case.file, &case.rules), &exhibits, read, &[], &tokens, standing.kept());
    let changes = standing.known.as_deref().map(|known| resolve::changes(&resolution.subjects, known, &mentions));
    let grouped = std::mem::take(&mut resolution.grouped);
    let Resolution { questions, unheld, fitted, .. } = &resolution;
    let (questions, unheld, fitted) = (questions.clone(), unheld.clone(), fitted.clone());
    if let Some(gateway) = &mut gateway {
        gateway::join_leak(gateway, leak_held(&exhibits, &items));
    }
    let mut empty_registers = empty_registers(&exhibits, &register);
    empty_registers.retain(|id| !tokens.iter().any(|tokens| tokens.exhibit == *id));
    let claims = read_claims(case)?;
    let mut prior = read_fingerprints(case)?;
    prior.extend(prior_leaks(&exhibits, &items, &prior_mentions, &prior));
    let assertions = claims::assertions(&claims, controllers);
    let Verified { verdicts, parties } = verify::verify(&VerifyInput {
        case: info,
        nhs_test_range: case.file.nhs_test_range,
        controllers,
        relationships: &case.file.relationships,
        exhibits: &exhibits,
        items: &items,
        mentions: &mentions,
        subjects: &resolution.subjects,
        estimate: &resolution.estimate,
        register: &register,
        listed: &listed,
        prior: &prior,
        canaries: &case.file.canaries,
        token_people: tokens.iter().map(TokenRegister::rows).sum::<u64>(),
        assertions: &assertions,
        gateway: gateway.as_ref(),
    });
    let duties = duties::duties(&DutiesInput {
        case: info,
        controllers,
        relationships: &case.file.relationships,
        exhibits: &exhibits,
        items: &items,
        subjects: &resolution.subjects,
        estimate: &resolution.estimate,
        parts: &resolution.parts,
        verdicts: &verdicts,
        gateway: gateway.as_ref(),
    });
    let urgent = verify::urgent(&HarmInput {
        reference_date: info.reference_date,
        mentions: &mentions,
        loose: &loose,
        subjects: &resolution.subjects,
    });
    let token_registers = tokens.iter().map(|tokens| token_coverage(tokens, &resolution.subjects)).collect();
    let own_passwords = keys::own_passwords(case, fingerprint, &items)?;
    let alike = alike::alike(&items);
    let dossier = Dossier {
        case: info.clone(),
        controllers: controllers.clone(),
        authority: case.file.authority.clone(),
        exhibits,
        items,
        mentions,
        subjects: resolution.subjects,
        estimate: resolution.estimate,
        parts: resolution.parts,
        changes,
        urgent,
        unassigned: loose,
        claims,
        statements: case.file.statements.clone(),
        verdicts,
        parties,
        gateway,
        duties,
        coverage: Coverage {
            sandbox: scan::jail_of(case, fingerprint)?.sentence().to_owned(),
            // No tool is used yet; pictures are counted as unread for want of OCR.
            missing_tools: Vec::new(),
            own_passwords,
            token_registers,
            weights_fitted_to: fitted.as_ref().map(|fitted| fitted.rows),
        },
        alike,
    };
    Ok(Assembled { dossier, empty_registers, questions, unheld, fitted, grouped })
}

/// Who was found in what was read.
pub(crate) struct People {
    /// The items of leaks, duplicates decided.
    pub(crate) items: Vec<Item>,
    mentions: Vec<Mention>,
    /// Of prior leaks: compared, and nobody is counted in them.
    prior_mentions: Vec<Mention>,
    /// Findings beside nobody.
    loose: Vec<Finding>,
    register: Vec<RegisterPerson>,
    /// Files that listings name.
    listed: Vec<ListedFile>,
    /// The people.
    pub(crate) resolution: Resolution,
}

/// The people of what was read while some items wait.
pub(crate) fn people(
    (file, rules): (&CaseFile, &CaseRules),
    exhibits: &[Exhibit],
    mut read: Read,
    waiting: &[Waiting],
    tokens: &[TokenRegister],
    kept: Kept<'_>,
) -> People {
    let register = register_people(exhibits, &read);
    let links = restricted_links(exhibits, &read);
    let listed = std::mem::take(&mut read.listed);
    let Leaked { items, mentions, mut loose } = leaked(exhibits, read);
    let prior = prior_ids(exhibits);
    let (prior_mentions, mentions): (Vec<_>, Vec<_>) =
        mentions.into_iter().partition(|mention| prior.contains(&mention.locator.exhibit));
    loose.retain(|finding| !prior.contains(&finding.locator.exhibit));
    let held: Vec<Item>;
    let counted = match prior.is_empty() {
        true => &items,
        false => {
            held = items.iter().filter(|item| !prior.contains(&item.exhibit)).cloned().collect();
            &held
        }
    };
    let mut resolution = resolve::resolve(&ResolveInput {
        case: &file.info,
        controllers: &file.controllers,
        exhibits,
        items: counted,
        waiting,
        mentions: &mentions,
        register: &register,
        tokens,
        kept,
        rules,
    });
    restricted::count_once(&mut resolution, &links, &mentions);
    People { items, mentions, prior_mentions, loose, register, listed, resolution }
}

/// The exhibits that are prior leaks.
fn prior_ids(exhibits: &[Exhibit]) -> BTreeSet<ExhibitId> {
    exhibits.iter().filter(|exhibit| exhibit.kind == ExhibitKind::PriorLeak).map(|exhibit| exhibit.id.clone()).collect()
}

/// Fingerprints of the prior leaks that are at hand as files.
fn prior_leaks(
    exhibits: &[Exhibit],
    items: &[Item],
    mentions: &[Mention],
    known: &[(ExhibitId, Fingerprints)],
) -> Vec<(ExhibitId, Fingerprints)> {
    let as_files = exhibits
        .iter()
        .filter(|exhibit| exhibit.kind == ExhibitKind::PriorLeak && !known.iter().any(|(id, _)| id == &exhibit.id));
    as_files.map(|exhibit| (exhibit.id.clone(), Fingerprints::of_exhibit(exhibit, items, mentions))).collect()
}

/// The rows of the registers as people.
fn register_people(exhibits: &[Exhibit], read: &Read) -> Vec<RegisterPerson> {
    let controllers: BTreeMap<&ExhibitId, _> = exhibits
        .iter()
        .filter(|exhibit| exhibit.kind == ExhibitKind::Register)
        .filter_map(|exhibit| Some((&exhibit.id, exhibit.controller.as_ref()?)))
        .collect();
    let person = |record: &MentionRecord| {
        let controller = controllers.get(&record.mention.locator.exhibit)?;
        detect::register_person(controller, &record.mention)
    };
    read.mentions.iter().filter_map(person).collect()
}

/// The registers that came as tokens, with their keys.
pub(crate) fn token_registers(file: &CaseFile) -> anyhow::Result<Vec<TokenRegister>> {
    let read = |register: &RegisterSource| -> anyhow::Result<Option<TokenRegister>> {
        let Some(key) = &register.token_key else { return Ok(None) };
        let key = TokenKey::parse(&store::read_text(key, 4096)?).with_context(|| {
            format!(
                "{}: is no key of tokens\n  remedy: 64 hexadecimal digits, as `assay register key` writes",
                key.display()
            )
        })?;
        let text = String::from_utf8_lossy(&store::read_file(&register.path)?).into_owned();
        let name = register.path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        let path = ItemPath::of_file(&name);
        let tokens = TokenRegister::parse(&text, &register.exhibit, &path, &register.controller, key);
        Ok(Some(tokens.with_context(|| register.path.display().to_string())?))
    };
    file.registers.iter().filter_map(|register| read(register).transpose()).collect()
}

/// Whom a register of tokens fits, of those who count.
fn token_coverage(tokens: &TokenRegister, subjects: &[DataSubject]) -> TokenCoverage {
    let of = |subject: &&DataSubject| {
        subject.counts && subject.register_rows.iter().any(|(_, at)| at.exhibit == tokens.exhibit)
    };
    let is_exact = |subject: &&DataSubject| subject.register_match == RegisterMatch::Exact;
    let all = subjects.iter().filter(of).count() as u64;
    let exact = subjects.iter().filter(of).filter(is_exact).count() as u64;
    TokenCoverage { exhibit: tokens.exhibit.clone(), rows: tokens.rows(), exact, otherwise: all - exact }
}

/// What the registers know of people's numbers before, and nobody is shown.
fn restricted_links(exhibits: &[Exhibit], read: &Read) -> Vec<RestrictedLink> {
    let registers: BTreeSet<&ExhibitId> =
        exhibits.iter().filter(|exhibit| exhibit.kind == ExhibitKind::Register).map(|exhibit| &exhibit.id).collect();
    let rows = read.mentions.iter().filter(|record| registers.contains(&record.mention.locator.exhibit));
    rows.flat_map(|record| detect::restricted_links(&record.mention)).collect()
}

fn empty_registers(exhibits: &[Exhibit], people: &[RegisterPerson]) -> Vec<ExhibitId> {
    let known: BTreeSet<&ExhibitId> = people.iter().map(|person| &person.locator.exhibit).collect();
    let registers = exhibits.iter().filter(|exhibit| exhibit.kind == ExhibitKind::Register);
    registers.map(|exhibit| &exhibit.id).filter(|id| !known.contains(id)).cloned().collect()
}

/// What is held of the leak: its size as sealed, and the newest date of a record in it.
fn leak_held(exhibits: &[Exhibit], items: &[Item]) -> Option<gateway::Leaked> {
    let held = || exhibits.iter().filter(|exhibit| matches!(exhibit.kind, ExhibitKind::Leak | ExhibitKind::ProofPack));
    let ids: BTreeSet<&ExhibitId> = held().map(|exhibit| &exhibit.id).collect();
    let newest = items.iter().filter(|item| ids.contains(&item.exhibit)).filter_map(|item| item.newest).max();
    held().next().is_some().then(|| gateway::Leaked { bytes: held().map(|exhibit| exhibit.bytes).sum(), newest })
}

fn assess_gateway(case: &Case, exhibits: &[Exhibit], read: &Read) -> anyhow::Result<Option<GatewayAssessment>> {
    let of_gateway: BTreeSet<&ExhibitId> =
        exhibits.iter().filter(|e| e.kind == ExhibitKind::Gateway).map(|e| &e.id).collect();
    if of_gateway.is_empty() {
        return Ok(None);
    }
    let networks = networks(case)?;
    let input =
        GatewayInput { sources: &read.sources, reference_date: case.file.info.reference_date, networks: &networks };
    let mut assessment = gateway::assess(&input);
    assessment.coverage.extend(unrecognised(&of_gateway, &read.items, &read.sources));
    let paths = read.items.iter().filter(|item| of_gateway.contains(&item.exhibit)).map(|item| item.path.as_str());
    gateway::note_images(&mut assessment, paths);
    let judged = judgements(case)?;
    for flagged in &mut assessment.flagged {
        let session = &flagged.session;
        flagged.judged = judged.get(&(session.session_id, session.first.to_string())).copied();
    }
    Ok(Some(assessment))
}

/// What the case says of networks. Databases are no evidence: they are read as the case file is.
fn networks(case: &Case) -> anyhow::Result<Networks> {
    let said = &case.file.networks;
    let mut declared = Vec::new();
    for (purpose, written, field) in &said.declared {
        let purpose = Purpose::ALL.into_iter().find(|known| known.as_str() == purpose).unwrap_or(Purpose::Office);
        let network = DeclaredNetwork::parse(purpose, written);
        declared.push(network.with_context(|| format!("case.toml: {field}: \"{written}\" is no network"))?);
    }
    let databases = said
        .databases
        .iter()
        .map(|path| store::read_file(path).with_context(|| format!("{}: cannot be read", path.display())));
    let databases = databases.collect::<anyhow::Result<Vec<_>>>()?;
    Networks::new(declared, databases).map_err(|n| {
        let path = said.databases.get(n).map(|path| path.display().to_string()).unwrap_or_default();
        anyhow::anyhow!("{path}: is no database of networks\n  remedy: name a file in the MaxMind DB format (.mmdb)")
    })
}

/// Files of the gateway's evidence in which no log and no configuration was recognised: said, not dropped.
fn unrecognised(of_gateway: &BTreeSet<&ExhibitId>, items: &[Item], sources: &[GatewaySource]) -> Vec<SourceCoverage> {
    let read: BTreeSet<(&ExhibitId, &ItemPath)> = sources.iter().map(|s| (&s.exhibit, &s.path)).collect();
    let containers: BTreeSet<(&ExhibitId, ItemPath)> =
        items.iter().filter_map(|item| Some((&item.exhibit, item.path.container()?))).collect();
    let silent = items.iter().filter(|item| {
        of_gateway.contains(&item.exhibit)
            && !read.contains(&(&item.exhibit, &item.path))
            && !containers.contains(&(&item.exhibit, item.path.clone()))
    });
    let coverage = silent.map(|item| SourceCoverage {
        exhibit: item.exhibit.clone(),
        source: item.path.as_str().to_owned(),
        from: None,
        to: None,
        lines: 0,
        parsed: 0,
        unparsed: 0,
        gaps: 0,
        detail: assay_model::CoverageDetail::default(),
    });
    coverage.collect()
}

/// A case as far as it was read: items, mentions and what harms first of them, people not put together.
pub(crate) fn so_far(case: &Case, sealed: &[SealedExhibit], fingerprint: &str) -> anyhow::Result<Dossier> {
    let read = load::read(&case.file, &case.store, sealed, fingerprint)?;
    let exhibits: Vec<Exhibit> = sealed.iter().map(|sealed| sealed.exhibit.clone()).collect();
    let Leaked { items, mentions, loose } = leaked(&exhibits, read);
    let info = &case.file.info;
    let harm = HarmInput { reference_date: info.reference_date, mentions: &mentions, loose: &loose, subjects: &[] };
    let urgent = verify::urgent(&harm);
    Ok(Dossier {
        case: info.clone(),
        controllers: case.file.controllers.clone(),
        authority: case.file.authority.clone(),
        exhibits,
        items,
        mentions,
        subjects: Vec::new(),
        estimate: Default::default(),
        parts: BTreeMap::new(),
        changes: None,
        urgent,
        unassigned: loose,
        claims: Vec::new(),
        statements: Vec::new(),
        verdicts: Vec::new(),
        parties: Default::default(),
        gateway: None,
        duties: Vec::new(),
        coverage: Coverage::default(),
        alike: Default::default(),
    })
}

/// What exhibits that hold leaked data gave.
struct Leaked {
    items: Vec<Item>,
    mentions: Vec<Mention>,
    /// Findings beside nobody.
    loose: Vec<Finding>,
}

/// Items, mentions and findings beside nobody of exhibits that hold leaked data; duplicates decided, mentions with their ids, oldest
/// first.
fn leaked(exhibits: &[Exhibit], read: Read) -> Leaked {
    let hashes: BTreeMap<&ExhibitId, [u8; 32]> = exhibits
        .iter()
        .filter(|e| matches!(e.kind, ExhibitKind::Leak | ExhibitKind::ProofPack | ExhibitKind::PriorLeak))
        .map(|exhibit| (&exhibit.id, exhibit.blake3))
        .collect();
    let prior = prior_ids(exhibits);
    let mut items = read.items;
    items.retain(|item| hashes.contains_key(&item.exhibit));
    mark_duplicates(&mut items, &prior);
    let duplicates: BTreeSet<(&ExhibitId, &ItemPath)> = items
        .iter()
        .filter(|item| matches!(item.status, ItemStatus::Duplicate(..)))
        .map(|item| (&item.exhibit, &item.path))
        .collect();
    let mentions = read.mentions.into_iter().filter_map(|record| {
        let locator = &record.mention.locator;
        let hash = hashes.get(&locator.exhibit)?;
        // A prior leak is remembered whole, whatever of it was leaked again.
        if duplicates.contains(&(&locator.exhibit, &locator.path)) && !prior.contains(&locator.exhibit) {
            return None;
        }
        let id = mention_id(hash, &record);
        Some(Mention { id, ..record.mention })
    });
    let mentions: Vec<Mention> = mentions.collect();
    let mut loose = read.loose;
    loose.retain(|finding| {
        let at = &finding.locator;
        hashes.contains_key(&at.exhibit) && !duplicates.contains(&(&at.exhibit, &at.path))
    });
    Leaked { items, mentions, loose }
}

/// The same bytes as an item before it, which was read: a duplicate. Where it lay speaks for the first's origin too. An item
/// that holds a set of volumes is the same as one whose volumes are, all of them.
fn mark_duplicates(items: &mut [Item], prior: &BTreeSet<ExhibitId>) {
    let sets = sets(items);
    let mut first: BTreeMap<Vec<(u32, Sha256)>, usize> = BTreeMap::new();
    // What was leaked is read for itself, and what a prior leak has of it is the copy.
    let is_prior = |n: &usize| items.get(*n).is_some_and(|item| prior.contains(&item.exhibit));
    let (copies, leaked): (Vec<usize>, Vec<usize>) = (0..items.len()).partition(is_prior);
    for n in leaked.into_iter().chain(copies) {
        let Some(item) = items.get(n) else { continue };
        let readable = matches!(item.status, ItemStatus::Read | ItemStatus::Partial);
        if item.bytes == 0 || !readable || item.sha256 == Sha256::default() {
            continue;
        }
        let content = sets.get(&n).cloned().unwrap_or_else(|| vec![(0, item.sha256)]);
        let at = *first.entry(content).or_insert(n);
        if at == n {
            continue;
        }
        let paths: Vec<_> =
            item.controller_hints.iter().filter(|hint| hint.basis == HintBasis::Path).cloned().collect();
        let Some(original) = items.get_mut(at) else { continue };
        original.controller_hints.extend(paths);
        original.controller_hints.sort();
        original.controller_hints.dedup();
        let status = ItemStatus::Duplicate(original.exhibit.clone(), original.path.clone());
        if let Some(item) = items.get_mut(n) {
            item.status = status;
        }
    }
}

/// The items that hold sets of volumes, with the numbers and digests of these.
fn sets(items: &[Item]) -> BTreeMap<usize, Vec<(u32, Sha256)>> {
    let folder = |item: &Item| {
        let path = item.path.as_str();
        (item.exhibit.clone(), path.get(..path.len() - item.path.file_name().len()).unwrap_or_default().to_owned())
    };
    let is_volume = |item: &&Item| item.media_type == VOLUME_TYPE;
    let folders: BTreeSet<_> = items.iter().filter(is_volume).map(folder).collect();
    if folders.is_empty() {
        return BTreeMap::new();
    }
    let mut by_folder: BTreeMap<_, Vec<(usize, &Item)>> = BTreeMap::new();
    for (n, item) in items.iter().enumerate() {
        if let Some(folder) = folders.get(&folder(item)) {
            by_folder.entry(folder).or_default().push((n, item));
        }
    }
    let mut found = BTreeMap::new();
    for items in by_folder.into_values() {
        for set in volumes::sets(items.iter().map(|(_, item)| item.path.file_name())) {
            let of = |(number, index): &(u32, usize)| Some((*number, items.get(*index)?));
            let volumes: Vec<_> = set.volumes.iter().filter_map(of).collect();
            if volumes.iter().any(|(_, (_, item))| is_volume(item))
                && let Some((root, _)) = items.get(set.root)
            {
                found.insert(*root, volumes.iter().map(|(number, (_, item))| (*number, item.sha256)).collect());
            }
        }
    }
    found
}

/// Prior leaks of which the case has fingerprints only, made by `assay export fingerprints`.
fn read_fingerprints(case: &Case) -> anyhow::Result<Vec<(ExhibitId, Fingerprints)>> {
    let mut all = Vec::new();
    for source in case.file.evidence.iter().filter(|source| source.kind == ExhibitKind::PriorLeak) {
        if !source.path.is_file() {
            continue;
        }
        let bytes = store::read_head(&source.path, Fingerprints::MAGIC.len())
            .with_context(|| format!("{}: cannot be read", source.path.display()))?;
        if Fingerprints::are_in(&bytes) {
            let text = String::from_utf8_lossy(&store::read_file(&source.path)?).into_owned();
            let prints = Fingerprints::read(&text).with_context(|| format!("{}", source.path.display()))?;
            all.push((source.exhibit.clone(), prints));
        }
    }
    Ok(all)
}

fn read_claims(case: &Case) -> anyhow::Result<Vec<Claim>> {
    let mut all = Vec::new();
    for source in &case.file.claims {
        let text = store::read_claim(&source.path)?;
        let claims = claims::read(&source.exhibit, &source.format, &text)
            .with_context(|| format!("{}", source.path.display()))?;
        all.extend(claims);
    }
    Ok(all)
}
