//! What is a name, and in which order its parts stand.

use super::*;
use proptest::prelude::*;

fn check(text: &str, order: NameOrder) -> String {
    parse(text, order).map_or_else(|| "-".to_owned(), |n| format!("{}|{}|{}", n.title, n.given.join(" "), n.family))
}

#[test]
fn names_in_all_orders() {
    for (text, want) in [
        ("John Smith", "|John|Smith"),
        ("Mr John Paul Smith", "Mr|John Paul|Smith"),
        ("SMITH, John", "|John|SMITH"),
        ("Smith, Mr John", "Mr|John|Smith"),
        ("SMITH John", "|John|SMITH"),
        ("John SMITH", "|John|SMITH"),
        ("Mrs O\u{2019}Brien-Jones", "Mrs||O'Brien-Jones"),
        ("Ludwig van der Berg", "|Ludwig|van der Berg"),
        ("Dr. A. B. Patel", "Dr|A B|Patel"),
        ("Margaret (Peggy) Jones", "|Margaret|Jones"),
        ("Prof Sarah Ahmed, FRCP", "Prof|Sarah|Ahmed"),
        ("Baby Smith", "Baby||Smith"),
        ("Grand Total", "-"),
        ("Test Patient", "-"),
        ("Ward 3", "-"),
        ("Acme Medical Ltd", "-"),
        ("", "-"),
        ("Dr", "-"),
        ("D.O.B.", "-"),
        ("Ahmed S", "|S|Ahmed"),
        ("JONES MARY", "|MARY|JONES"),
        ("Karen White, Chief Nurse", "|Karen|White"),
        ("Garcia Lopez, Maria", "|Maria|Garcia Lopez"),
        ("Mr & Mrs P Brown", "Mr|P|Brown"),
        ("Sir or Madam", "-"),
    ] {
        assert_eq!(check(text, NameOrder::GivenFirst), want, "{text}");
    }
    assert_eq!(check("Smith John", NameOrder::FamilyFirst), "|John|Smith");
}

#[test]
fn the_order_of_a_column_is_told_by_its_names() {
    assert_eq!(
        column_order(["Smith John", "Jones Mary", "Patel Susan", "Brown Peter"].into_iter()),
        NameOrder::FamilyFirst
    );
    assert_eq!(column_order(["John Smith", "Mary Jones", "Susan Patel"].into_iter()), NameOrder::GivenFirst);
}

#[test]
fn likeness_keeps_words_apart() {
    assert_eq!(likeness("Margaret Thompson"), 2);
    assert_eq!(likeness("SMITH, John"), 2);
    assert_eq!(likeness("BROWN, Peter"), 2);
    assert_eq!(likeness("Surgical Gloves"), 0);
    assert_eq!(likeness("hip replacement"), 0);
}

#[test]
fn compatible_names() {
    let name = |text| parse(text, NameOrder::GivenFirst).unwrap();
    assert!(compatible(&name("Mrs Jones"), &name("Margaret Jones")));
    assert!(compatible(&name("J Smith"), &name("John Smith")));
    assert!(!compatible(&name("Mr Jones"), &name("Mrs Jones")));
    assert!(!compatible(&name("Ann Smith"), &name("John Smith")));
}

proptest! {
    #[test]
    fn no_text_makes_it_panic(text in "\\PC{0,60}") {
        let _ = parse(&text, NameOrder::FamilyFirst);
        let _ = from_parts("", &text, &text);
        let _ = likeness(&text);
    }
}

#[test]
fn a_family_name_that_is_a_word_of_hospitals_needs_company() {
    let family = |name: Option<PersonName>| name.map(|name| name.family);
    assert_eq!(family(parse("Rose Ward", NameOrder::GivenFirst)), None);
    assert_eq!(family(parse_field("Rose Ward", NameOrder::GivenFirst)).as_deref(), Some("Ward"));
    assert_eq!(family(parse("Mr Ward", NameOrder::GivenFirst)).as_deref(), Some("Ward"));
    assert_eq!(family(parse("Dr Alan Page", NameOrder::GivenFirst)).as_deref(), Some("Page"));
    assert_eq!(family(parse("WARD, Sarah", NameOrder::GivenFirst)).as_deref(), Some("WARD"));
    assert_eq!(family(from_parts("", "Penny", "Lane")).as_deref(), Some("Lane"));
    for text in ["Cardiology Ward", "Ward", "Master List", "Ward List", "Total Page"] {
        assert_eq!(parse_field(text, NameOrder::GivenFirst), None, "{text}");
    }
}
