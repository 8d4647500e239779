//! The banks' own check of a sort code with an account number, by their table of weights.
//!
//! Source: Pay.UK (VocaLink), *Validating account numbers: UK modulus checking*, with its files `VALACDOS.txt` (weights) and
//! `SCSUBTAB.txt` (sort codes checked as others). The files may not be shipped: a case names its own copy. A pair that fails
//! cannot be an account; one that passes may be one; of sort codes outside of the table nothing is said.
//!
//! Digits are called as in the specification: `u v w x y z` of the sort code, `a b c d e f g h` of the account.

use std::collections::BTreeMap;

use assay_model::{Element, Finding, ModulusTable, Value};

use super::draft::Basis;
use super::rules::RuleError;

/// Rows that are read at most; the published table has some eleven hundred.
const ROWS: usize = 20_000;
/// Euro accounts of one bank are kept at this sort code, whatever the customer quotes (exceptions 2 and 9).
const EURO: u32 = 309_634;
/// Exception 8 is checked as this sort code.
const EXCEPTION_8: u32 = 90_126;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Method {
    Modulus10,
    Modulus11,
    DoubleAlternate,
}

#[derive(Clone, Copy, Debug)]
struct Row {
    method: Method,
    /// Some are -1, some 128.
    weights: [i32; 14],
    /// 0 where the row has none.
    exception: u8,
}

/// The checks of a range of sort codes, one or two, in the order of the table.
#[derive(Debug)]
struct Range {
    last: u32,
    rows: Vec<Row>,
}

/// A case's copy of the table.
#[derive(Debug, Default)]
pub(super) struct Modulus {
    /// By first sort code.
    ranges: BTreeMap<u32, Range>,
    substitutes: BTreeMap<u32, u32>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Outcome {
    /// No range holds the sort code, or its accounts in foreign currency cannot be checked.
    NotCovered,
    Passes,
    Fails,
}

impl Modulus {
    /// Reads the texts of a case's copy; without one nothing is checked.
    ///
    /// # Errors
    /// A line out of form, by file and number.
    pub(super) fn new(table: Option<&ModulusTable>) -> Result<Self, RuleError> {
        let mut modulus = Self::default();
        let Some(table) = table else { return Ok(modulus) };
        for (number, line) in lines(&table.weights) {
            let fault = |problem| fault("detect.modulus_weights", number, problem, FORM_OF_WEIGHTS);
            let (first, last, row) = row_of(line).ok_or_else(|| fault("is out of form"))?;
            let range = modulus.ranges.entry(first).or_insert(Range { last, rows: Vec::new() });
            if range.last != last || range.rows.len() == 2 {
                return Err(fault("gives a range a third check, or begins where another range does"));
            }
            range.rows.push(row);
        }
        for (number, line) in lines(&table.substitutions) {
            let codes = line.split_once(' ').and_then(|(from, to)| Some((code(from)?, code(to.trim())?)));
            let (from, to) = codes.ok_or_else(|| {
                fault("detect.sort_code_substitutions", number, "is out of form", "two sort codes of six digits")
            })?;
            modulus.substitutes.insert(from, to);
        }
        Ok(modulus)
    }

    /// Checks every account among the findings of a record. One that fails and that nothing but its shape calls an account is
    /// taken away; one under a label, a title or beside a word stays, since a mistyped account is somebody's all the same, less
    /// sure and with the reason.
    pub(super) fn weigh(&self, findings: &mut Vec<Finding>) {
        if !self.ranges.is_empty() {
            findings.retain_mut(|finding| self.keeps(finding));
        }
    }

    /// As [`Modulus::weigh`], of one finding.
    pub(super) fn keeps(&self, finding: &mut Finding) -> bool {
        const LESS: f32 = 0.4;
        if finding.element != Element::BankAccount || self.ranges.is_empty() {
            return true;
        }
        let Value::Text(text) = finding.value.reveal() else { return true };
        if pair(text).map(|(sort, account)| self.check(sort, account)) != Some(Outcome::Fails) {
            return true;
        }
        if finding.detector.starts_with("rule: ") && finding.confidence < Basis::Label.confidence() {
            return false;
        }
        finding.confidence *= LESS;
        finding.detector.push_str(", fails the banks' check");
        true
    }

    fn check(&self, sort: u32, account: [u32; 8]) -> Outcome {
        let range = self.ranges.range(..=sort).next_back().map(|(_, range)| range).filter(|range| sort <= range.last);
        let Some((first, second)) = range.and_then(|range| Some((range.rows.first()?, range.rows.get(1)))) else {
            return Outcome::NotCovered;
        };
        let [a, _, c, .., g, h] = account;
        let passes = |row: &Row| self.passes(row, sort, account);
        let either = |second: &Row| passes(first) || passes(second);
        let passed = match (first.exception, second) {
            (6, _) | (_, Some(Row { exception: 6, .. })) if (4..=8).contains(&a) && g == h => {
                return Outcome::NotCovered;
            }
            (14, _) => passes(first) || (matches!(h, 0 | 1 | 9) && self.passes(first, sort, without_last(account))),
            (_, None) => passes(first),
            (2, Some(second)) if second.exception == 9 => either(second),
            (10, Some(second)) if second.exception == 11 => either(second),
            (12, Some(second)) if second.exception == 13 => either(second),
            (_, Some(second)) if second.exception == 3 && matches!(c, 6 | 9) => passes(first),
            (_, Some(second)) => passes(first) && passes(second),
        };
        if passed { Outcome::Passes } else { Outcome::Fails }
    }

    fn passes(&self, row: &Row, sort: u32, account: [u32; 8]) -> bool {
        let [a, b, .., g, h] = account;
        let sort = match row.exception {
            5 => self.substitutes.get(&sort).copied().unwrap_or(sort),
            8 => EXCEPTION_8,
            9 => EURO,
            _ => sort,
        };
        let weights = match row.exception {
            2 if a != 0 && g != 9 => [0, 0, 1, 2, 5, 3, 6, 4, 8, 7, 10, 9, 3, 1],
            2 if a != 0 => [0, 0, 0, 0, 0, 0, 0, 0, 8, 7, 10, 9, 3, 1],
            7 if g == 9 => of_account_alone(row.weights),
            10 if matches!((a, b), (0 | 9, 9)) && g == 9 => of_account_alone(row.weights),
            _ => row.weights,
        };
        let code = [100_000, 10_000, 1_000, 100, 10, 1].map(|power| sort / power % 10);
        let products = code.into_iter().chain(account).zip(weights).map(|(digit, weight)| digit as i32 * weight);
        let total: i32 = match row.method {
            // Weights have at most three digits, so a product has at most four.
            Method::DoubleAlternate => products.map(|n| n / 1_000 + n / 100 % 10 + n / 10 % 10 + n % 10).sum(),
            Method::Modulus10 | Method::Modulus11 => products.sum(),
        };
        let total = if row.exception == 1 { total + 27 } else { total };
        let modulus = if row.method == Method::Modulus11 { 11 } else { 10 };
        let remainder = total.rem_euclid(modulus) as u32;
        match (row.exception, row.method) {
            (4, _) => remainder == 10 * g + h,
            (5, Method::Modulus11) => remainder != 1 && (11 - remainder) % 11 == g,
            (5, _) => (10 - remainder) % 10 == h,
            _ => remainder == 0,
        }
    }
}

const FORM_OF_WEIGHTS: &str = "first and last sort code of six digits, MOD10, MOD11 or DBLAL, fourteen weights, and an exception from 1 to 14 where there is one";

fn fault(field: &'static str, line: usize, problem: &str, form: &str) -> RuleError {
    RuleError::Identifier {
        owner: "case.toml".to_owned(),
        field,
        problem: format!("line {line} of the file {problem}"),
        remedy: format!("name the file as the publisher gives it; each line has {form}"),
    }
}

fn lines(text: &str) -> impl Iterator<Item = (usize, &str)> {
    text.lines().take(ROWS).enumerate().map(|(n, line)| (n + 1, line.trim())).filter(|(_, line)| !line.is_empty())
}

fn code(text: &str) -> Option<u32> {
    (text.len() == 6 && text.bytes().all(|b| b.is_ascii_digit())).then(|| text.parse().ok()).flatten()
}

fn row_of(line: &str) -> Option<(u32, u32, Row)> {
    let mut words = line.split_ascii_whitespace();
    let (first, last) = (code(words.next()?)?, code(words.next()?)?);
    let method = match words.next()? {
        "MOD10" => Method::Modulus10,
        "MOD11" => Method::Modulus11,
        "DBLAL" => Method::DoubleAlternate,
        _ => return None,
    };
    let mut weights = [0; 14];
    for weight in &mut weights {
        *weight = words.next()?.parse().ok().filter(|weight: &i32| weight.abs() < 1_000)?;
    }
    let exception = words.next().map_or(Some(0), |word| word.parse().ok().filter(|n| (1..=14).contains(n)))?;
    (first <= last && words.next().is_none()).then_some((first, last, Row { method, weights, exception }))
}

fn of_account_alone(mut weights: [i32; 14]) -> [i32; 14] {
    weights[..8].fill(0);
    weights
}

/// The second check of exception 14: without the last digit, with a zero in front.
fn without_last([a, b, c, d, e, f, g, _]: [u32; 8]) -> [u32; 8] {
    [0, a, b, c, d, e, f, g]
}

/// Sort code and account of `12-34-56 12345678` or of a British IBAN.
fn pair(value: &str) -> Option<(u32, [u32; 8])> {
    let digits: Vec<u8> = match value.strip_prefix("GB") {
        Some(iban) => iban.bytes().skip(6).collect(),
        None => value.bytes().filter(|b| !matches!(b, b'-' | b' ')).collect(),
    };
    if digits.len() != 14 || !digits.iter().all(u8::is_ascii_digit) {
        return None;
    }
    let digit = |n: usize| digits.get(n).map_or(0, |b| u32::from(b - b'0'));
    Some(((0..6).fold(0, |sort, n| sort * 10 + digit(n)), std::array::from_fn(|n| digit(n + 6))))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A table of this project's own; the weights are plain, the sort codes of no bank.
    const WEIGHTS: &str = "
990000 990099 MOD11 0 0 0 0 0 0 8 7 6 5 4 3 2 1
990100 990199 MOD10 0 0 0 0 0 0 7 1 3 7 1 3 7 1
990200 990299 DBLAL 2 1 2 1 2 1 2 1 2 1 2 1 2 1
990300 990399 DBLAL 2 1 2 1 2 1 2 1 2 1 2 1 2 1 1
990400 990499 MOD11 0 0 0 0 0 0 8 7 6 5 4 3 2 1 2
990400 990499 MOD11 2 3 4 5 6 7 0 0 8 7 6 5 4 3 9
990500 990599 MOD11 0 0 0 0 0 0 8 7 6 5 4 3 2 1
990500 990599 DBLAL 2 1 2 1 2 1 2 1 2 1 2 1 2 1 3
990600 990699 MOD11 0 0 0 0 0 0 8 7 6 5 4 3 0 0 4
990700 990799 MOD11 7 6 5 4 3 2 7 6 5 4 3 2 0 0 5
990700 990799 DBLAL 2 1 2 1 2 1 2 1 2 1 2 1 2 0 5
990800 990899 MOD11 0 0 0 0 0 0 8 7 6 5 4 3 2 1 6
990900 990999 MOD11 9 9 9 9 9 9 9 9 6 5 4 3 2 1 7
991000 991099 MOD11 8 7 6 5 4 3 2 1 8 7 6 5 4 1 8
991100 991199 MOD11 9 9 9 9 9 9 9 9 6 5 4 3 2 1 10
991100 991199 MOD11 0 0 0 0 0 0 0 0 0 0 0 0 1 1 11
991200 991299 MOD11 0 0 0 0 0 0 8 7 6 5 4 3 2 1 12
991200 991299 MOD10 0 0 0 0 0 0 0 0 0 0 0 0 0 1 13
991400 991499 MOD11 0 0 0 0 0 0 8 7 6 5 4 3 2 1 14
991500 991599 MOD11 0 0 7 6 5 8 9 4 5 6 7 8 9 -1
991600 991699 MOD11 0 0 0 0 0 0 128 64 32 16 8 4 2 1
";

    fn modulus() -> Modulus {
        let table =
            ModulusTable { weights: WEIGHTS.to_owned(), substitutions: "990701 990000\n990702 991111\n".to_owned() };
        Modulus::new(Some(&table)).unwrap()
    }

    fn outcome(value: &str) -> Outcome {
        let (sort, account) = pair(value).unwrap();
        modulus().check(sort, account)
    }

    /// Each exception with an account on either side, given by another program after the specification's steps.
    #[test]
    fn every_exception_of_the_specification() {
        use Outcome::{Fails, NotCovered, Passes};
        for (value, expected, why) in [
            ("99-99-99 12345678", NotCovered, "outside of every range"),
            ("89-99-99 12345678", NotCovered, "before every range"),
            ("99-00-12 83604451", Fails, "modulus 11"),
            ("99-00-12 15194248", Passes, "modulus 11"),
            ("99-01-12 49901260", Fails, "modulus 10"),
            ("99-01-12 62957382", Passes, "modulus 10"),
            ("99-02-12 33094446", Fails, "double alternate"),
            ("99-02-12 29088982", Passes, "double alternate"),
            ("99-03-12 54781108", Fails, "exception 1: 27 more"),
            ("99-03-12 17749068", Passes, "exception 1: 27 more"),
            ("99-04-12 00238218", Fails, "exception 2, a is 0"),
            ("99-04-12 07266952", Passes, "exception 2, a is 0"),
            ("99-04-12 42594109", Fails, "exception 2, own weights"),
            ("99-04-12 55034948", Passes, "exception 2, own weights"),
            ("99-04-12 47193393", Fails, "exception 2, own weights of g = 9"),
            ("99-04-12 39631990", Passes, "exception 2, own weights of g = 9"),
            ("99-04-12 56250909", Fails, "exception 9, as the sort code of euro accounts"),
            ("99-04-12 17335529", Passes, "exception 9, as the sort code of euro accounts"),
            ("99-05-12 64013227", Fails, "two checks, the second decides"),
            ("99-05-12 58783393", Passes, "two checks, the second decides"),
            ("99-05-12 21633200", Fails, "exception 3, no second check"),
            ("99-05-12 81954948", Passes, "exception 3, no second check"),
            ("99-06-12 28607007", Fails, "exception 4"),
            ("99-06-12 74044606", Passes, "exception 4"),
            ("99-07-01 12237741", Fails, "exception 5, first check"),
            ("99-07-01 07202015", Passes, "exception 5, first check"),
            ("99-07-02 48616138", Fails, "exception 5, second check"),
            ("99-07-02 83143236", Passes, "exception 5, second check"),
            ("99-08-12 81695755", NotCovered, "exception 6, foreign currency"),
            ("99-08-12 97498745", Fails, "exception 6"),
            ("99-08-12 36334251", Passes, "exception 6"),
            ("99-09-12 61997090", Fails, "exception 7"),
            ("99-09-12 05047198", Passes, "exception 7"),
            ("99-09-12 26104973", Fails, "exception 7, g is not 9"),
            ("99-09-12 59218413", Passes, "exception 7, g is not 9"),
            ("99-10-12 72428327", Fails, "exception 8"),
            ("99-10-12 83899405", Passes, "exception 8"),
            ("99-11-12 99597490", Fails, "exception 10"),
            ("99-11-12 99754897", Passes, "exception 10"),
            ("99-11-12 06963102", Fails, "exception 11"),
            ("99-11-12 11014156", Passes, "exception 11"),
            ("99-12-12 98554724", Fails, "exception 12"),
            ("99-12-12 78722721", Passes, "exception 12"),
            ("99-12-12 40230061", Fails, "exception 13"),
            ("99-12-12 16397530", Passes, "exception 13"),
            ("99-14-12 78094032", Fails, "exception 14, first check"),
            ("99-14-12 82187827", Passes, "exception 14, first check"),
            ("99-14-12 21445190", Fails, "exception 14, second check"),
            ("99-14-12 90240181", Passes, "exception 14, second check"),
            ("99-15-12 62143796", Fails, "a weight of -1"),
            ("99-15-12 00863699", Passes, "a weight of -1"),
            ("99-16-12 45409282", Fails, "weights of three digits"),
            ("99-16-12 35800374", Passes, "weights of three digits"),
        ] {
            assert_eq!(outcome(value), expected, "{value}: {why}");
        }
    }

    #[test]
    fn a_line_out_of_form_is_named() {
        for (weights, said) in [
            ("990000 990099 MOD12 0 0 0 0 0 0 8 7 6 5 4 3 2 1", "line 1 of the file is out of form"),
            ("990000 990099 MOD11 0 0 0 0 0 0 8 7 6 5 4 3 2", "line 1"),
            ("990000 990099 MOD11 0 0 0 0 0 0 8 7 6 5 4 3 2 1 15", "line 1"),
            ("\n\n990099 990000 MOD11 0 0 0 0 0 0 8 7 6 5 4 3 2 1", "line 3"),
            (
                &WEIGHTS.lines().nth(1).map(|row| format!("{row}\n{row}\n{row}")).unwrap(),
                "line 3 of the file gives a range",
            ),
        ] {
            let table = ModulusTable { weights: weights.to_owned(), substitutions: String::new() };
            let error = Modulus::new(Some(&table)).unwrap_err().to_string();
            assert!(error.contains("detect.modulus_weights") && error.contains(said), "{error}");
        }
        let table = ModulusTable { weights: String::new(), substitutions: "12345 123456".to_owned() };
        assert!(Modulus::new(Some(&table)).unwrap_err().to_string().contains("detect.sort_code_substitutions"));
    }
}
