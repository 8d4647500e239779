//! The claim: what was posted, and each statement with its grade and the evidence each way.

use super::{
    chart::{self, ShareRow},
    figure::Figure,
};
use crate::{
    annex::grade_words,
    explain::reason_words,
    mask::Veil,
    words::{instant, line, percent, plain, rounded},
};
use assay_model::{Claim, Dossier, Evidence, Statement, Verdict, VerdictKind};

/// Section "The claim".
pub(super) struct Claims {
    pub(super) posts: Vec<Post>,
    pub(super) assertions: Vec<Graded>,
    pub(super) chart: String,
}

/// A claim as posted.
pub(super) struct Post {
    pub(super) exhibit: String,
    pub(super) group: String,
    pub(super) title: String,
    pub(super) lines: Vec<String>,
    pub(super) website: String,
    pub(super) data_size: String,
    pub(super) published: String,
}

/// One statement.
pub(super) struct Graded {
    /// What was said in public of the same matter.
    pub(super) statements: Vec<Said>,
    pub(super) id: String,
    pub(super) kind: &'static str,
    pub(super) text: String,
    pub(super) verdict: &'static str,
    /// `untested: nothing at hand tests it`; empty where decided.
    pub(super) reason: String,
    pub(super) share: Option<(Figure, Figure, Figure)>,
    pub(super) term: Option<(&'static str, Figure, Figure)>,
    pub(super) confidence: &'static str,
    pub(super) evidence_for: Vec<Piece>,
    pub(super) evidence_against: Vec<Piece>,
}

/// A public statement.
pub(super) struct Said {
    pub(super) source: String,
    pub(super) date: String,
    pub(super) words: String,
    pub(super) grade: String,
}

/// One piece of evidence.
pub(super) struct Piece {
    pub(super) text: String,
    pub(super) basis: String,
}

impl Claims {
    pub(super) fn of(dossier: &Dossier, veil: &Veil<'_>) -> Self {
        Self {
            posts: dossier.claims.iter().map(|claim| post(claim, veil)).collect(),
            assertions: dossier
                .verdicts
                .iter()
                .enumerate()
                .map(|(n, verdict)| graded(dossier, n, verdict, veil))
                .collect(),
            chart: share_chart(&dossier.verdicts),
        }
    }
}

fn post(claim: &Claim, veil: &Veil<'_>) -> Post {
    let words = |text: &str| quoted(&veil.without_users(text));
    Post {
        exhibit: claim.exhibit.to_string(),
        group: words(&claim.group),
        title: words(&claim.title),
        lines: plain(&claim.description).lines().filter(|l| !l.trim().is_empty()).map(words).collect(),
        website: words(&claim.website),
        data_size: words(&claim.data_size),
        published: claim.published.map_or_else(|| "not dated".to_owned(), instant),
    }
}

/// A post's words, fit to be passed on: an address of the leak cannot be followed, and mail addresses and long numbers,
/// which gangs post to expose a person, are masked.
fn quoted(text: &str) -> String {
    let word = |word: &str| {
        // A span of years has eight digits in two runs; a number that reaches a person has more or a longer run.
        let digits = word.bytes().filter(u8::is_ascii_digit).count();
        let run = word.split(|c: char| !c.is_ascii_digit()).map(str::len).max().unwrap_or_default();
        if word.contains('@') {
            "[mail address]".to_owned()
        } else if (digits > 8 || run > 6) && !word.contains("://") {
            "[number]".to_owned()
        } else {
            word.replace("://", "[:]//")
        }
    };
    text.split(' ').map(word).collect::<Vec<_>>().join(" ")
}

fn graded(dossier: &Dossier, number: usize, verdict: &Verdict, veil: &Veil<'_>) -> Graded {
    let key = |name: &str| format!("/claim/{number}/{name}");
    let about = dossier.statements.iter().filter(|s| s.about == verdict.assertion.kind.as_str());
    let said = |s: &Statement| Said {
        source: line(&s.source),
        date: s.date.map_or_else(|| "not dated".to_owned(), |date| date.to_string()),
        words: quoted(&veil.without_users(&s.words)),
        grade: grade_words(s.grade),
    };
    Graded {
        statements: about.map(said).collect(),
        id: verdict.assertion.id.to_string(),
        kind: verdict.assertion.kind.as_str(),
        text: veil.without_users(&verdict.assertion.text),
        verdict: verdict.verdict.as_str(),
        reason: match verdict.verdict {
            VerdictKind::Undetermined(reason) => format!("{}: {}", reason.as_str(), reason_words(reason)),
            _ => String::new(),
        },
        share: verdict.share.map(|s| {
            let figure = |name: &str, share| Figure::share(&key(name), share);
            (figure("share", s.share), figure("share_low", s.low), figure("share_high", s.high))
        }),
        term: verdict.term.map(|t| {
            let figure = |name: &str, bound: u8| Figure::count(&key(name), u64::from(bound));
            (t.term, figure("low", t.low), figure("high", t.high))
        }),
        confidence: verdict.confidence.as_str(),
        evidence_for: pieces(&verdict.evidence_for, veil),
        evidence_against: pieces(&verdict.evidence_against, veil),
    }
}

fn pieces(evidence: &[Evidence], veil: &Veil<'_>) -> Vec<Piece> {
    let piece = |e: &Evidence| Piece { text: veil.without_users(&e.text), basis: veil.without_users(&e.basis) };
    evidence.iter().map(piece).collect()
}

fn share_chart(verdicts: &[Verdict]) -> String {
    if verdicts.iter().all(|v| v.share.is_none() && v.term.is_none()) {
        return String::new();
    }
    let rows: Vec<ShareRow> = verdicts
        .iter()
        .map(|v| ShareRow {
            label: format!("{} {}", v.assertion.id, v.assertion.kind.as_str()),
            verdict: match v.verdict {
                VerdictKind::Undetermined(reason) => format!("undetermined, {}", reason.as_str()),
                decided => decided.as_str().to_owned(),
            },
            share: v.share,
            term: v.term,
        })
        .collect();
    let described = |v: &Verdict| {
        let share = v.share.map_or_else(String::new, |s| {
            format!(
                ", share {} ({} to {})",
                percent(rounded(s.share)),
                percent(rounded(s.low)),
                percent(rounded(s.high))
            )
        });
        let term = v.term.map_or_else(String::new, |t| format!(", {}", t.term));
        format!("{} {}{share}{term}", line(v.assertion.id.as_str()), v.verdict.as_str())
    };
    let description: Vec<String> = verdicts.iter().map(described).collect();
    let title = "Each statement's share of the data with its 95 % interval, and its likelihood";
    chart::shares("chart-claim", title, &format!("{}.", description.join("; ")), &rows)
}

#[cfg(test)]
mod tests {
    use super::quoted;

    #[test]
    fn a_post_is_quoted_without_a_link_a_mail_address_or_a_telephone_number() {
        assert_eq!(
            quoted("Ask ceo@example.org, +441632960001 or see http://leak.example/a about 2018-2024, 1,204 files"),
            "Ask [mail address] [number] or see http[:]//leak.example/a about 2018-2024, 1,204 files"
        );
    }
}
