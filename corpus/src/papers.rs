//! What stands beside the letters: orders and invoices, gifts, pay and rotas, policies, passwords.
//!
//! Each gives as much of a person as such a paper does: an order its supplier's contact, a policy its author's bare name.

use crate::{
    CorpusError,
    bodies::Body,
    dice::Dice,
    document::{Document, Draft},
    format::{self, Form},
    leak::Share,
    page::{Block, bold, line, pairs, paragraph},
    people::{Kind, Person},
    sheet::{self, Cell, Encoding, Sheet},
};
use assay_model::{Element, Role};
use jiff::{ToSpan, civil::Date};

const COMPANIES: [&str; 14] = [
    "Halvard Medical Supplies Ltd",
    "Brightwell Imaging Ltd",
    "Castleford Linen Services Ltd",
    "Orrin Diagnostics plc",
    "Pennant Catering Ltd",
    "Quillfeather Stationery Ltd",
    "Redmire Gases Ltd",
    "Saxby Surgical Ltd",
    "Tolland Facilities Ltd",
    "Umberslade Software Ltd",
    "Vantry Pharma Wholesale Ltd",
    "Westerdale Electrical Ltd",
    "Yarrow Waste Ltd",
    "Zephyr Lifts Ltd",
];
const GOODS: [&str; 12] = [
    "Nitrile gloves, medium, box 200",
    "Suture kit, sterile",
    "Infusion set 20 drops",
    "A4 paper 80 g, 5 reams",
    "Theatre gown, large",
    "Oxygen regulator",
    "Toner black",
    "Syringe 10 ml, box 100",
    "Bed linen hire, week",
    "Monitor cable, 3 lead",
    "Hand gel 500 ml",
    "Annual maintenance, ventilator",
];

pub(crate) fn day_of_years(reference: Date, dice: &mut Dice) -> Date {
    reference.saturating_sub(dice.between(10, 2400).days())
}

fn money(dice: &mut Dice, most: i64) -> String {
    format!("{}.{:02}", dice.between(4, most), dice.below(100))
}

/// `given.family@domain`.
pub(crate) fn work_address(person: &Person, body: Body) -> String {
    let plain = |text: &str| text.to_lowercase().chars().filter(char::is_ascii_alphanumeric).collect::<String>();
    format!("{}.{}{}@{}", plain(person.first()), plain(&person.family), person.at % 7, body.domain())
}

fn supplier_address(person: &Person, company: &str) -> String {
    let host: String = company.split(' ').next().unwrap_or("firm").to_lowercase();
    let letters = |text: &str| text.to_lowercase().chars().filter(char::is_ascii_alphabetic).collect::<String>();
    format!("{}.{}@{host}.example", letters(person.first()).chars().next().unwrap_or('x'), letters(&person.family))
}

fn company_of(person: &Person) -> &'static str {
    COMPANIES[person.at % COMPANIES.len()]
}

/// An order or an invoice: the supplier's contact with telephone and mail address, the requester by name.
pub(crate) fn procurement(share: &Share<'_>, n: usize, dice: &mut Dice) -> Result<Document, CorpusError> {
    let (office, town) = (&share.office, share.office.town);
    let body = office.body;
    let contact = town.person(dice.pick(town.all(Kind::Supplier)));
    let requester = town.person(dice.pick(town.all(Kind::Staff(body))));
    let (company, date) = (company_of(contact), day_of_years(office.reference, dice));
    let number = if dice.percent(40) {
        town.passing_number(dice.pick(&["4", "6", "7", "999"]), dice)
    } else {
        format!("PO{}", dice.digits(7))
    };
    let address = supplier_address(contact, company);
    let phone = contact.phone.clone().unwrap_or_else(|| "0161 496 0990".to_owned());
    let mut decoys = vec![number.clone()];
    let mut rows = vec![vec!["Item".to_owned(), "Code".to_owned(), "Quantity".to_owned(), "Price".to_owned()]];
    for _ in 0..dice.between(1, 6) {
        let code = if dice.percent(30) { town.passing_number("5", dice) } else { dice.digits(8) };
        decoys.push(code.clone());
        rows.push(vec![dice.pick(&GOODS).to_owned(), code, dice.between(1, 60).to_string(), money(dice, 900)]);
    }
    let invoice = n % 3 == 1;
    let mut blocks = if invoice {
        vec![
            bold(company),
            line("INVOICE"),
            line(format!("Invoice to: {}, Accounts Payable, {}", body.name(), body.site_address())),
        ]
    } else {
        vec![bold(body.name()), line("Procurement Department"), line("PURCHASE ORDER")]
    };
    blocks.extend([
        Block::Gap,
        pairs(&[("Order number", &number), ("Date", &date.strftime("%d/%m/%Y").to_string()), ("Supplier", company)]),
        line(format!("Supplier contact: {}, {phone}, {address}", contact.titled())),
        Block::Gap,
        Block::Table(rows),
        Block::Gap,
    ]);
    let mut drafts = vec![Draft::of(contact, Role::SupplierContact).reached_at(None, Some(&phone), Some(&address))];
    if invoice {
        blocks.push(line(format!(
            "Pay {company}, sort code 00-20-{}, account {}",
            dice.between(10, 99),
            dice.digits(8)
        )));
        blocks.push(line(format!("Total including VAT: GBP {}", money(dice, 20_000))));
    } else {
        blocks.push(line(format!("Requested by: {} {}", requester.first(), requester.family)));
        drafts.push(Draft::named(requester, Role::Staff));
    }
    let form = dice.weighted(&[(Form::Pdf, 5), (Form::Docx, 3), (Form::Text, 1)]);
    let (bytes, ending) = format::write(&blocks, form, "Procurement", dice)?;
    let name = share.path(&format!(
        "Procurement/{}/{} {number}.{ending}",
        date.year(),
        if invoice { "Invoice" } else { "PO" }
    ));
    Ok(Document::new(name, bytes, "procurement", body).about(drafts).beside(decoys))
}

/// The supplier contacts in a list.
pub(crate) fn supplier_list(share: &Share<'_>, dice: &mut Dice) -> Result<Document, CorpusError> {
    let town = share.office.town;
    let mut sheet = Sheet::new("");
    sheet.push_texts(&["Supplier", "Supplier no", "Contact name", "E-mail", "Telephone", "Last order"]);
    let (mut drafts, mut decoys) = (Vec::new(), Vec::new());
    for &at in town.all(Kind::Supplier).iter().filter(|at| *at % 2 == share.office.body as usize) {
        let person = town.person(at);
        let company = company_of(person);
        let number = town.passing_number("8", dice);
        decoys.push(number.clone());
        let row = sheet.push(vec![
            Cell::text(company),
            Cell::Number(number),
            Cell::text(format!("{} {}", person.first(), person.family)),
            Cell::text(supplier_address(person, company)),
            Cell::text(person.phone.clone().unwrap_or_default()),
            Cell::Date(day_of_years(share.office.reference, dice)),
        ]);
        let contact = Draft::of(person, Role::SupplierContact);
        let address = supplier_address(person, company);
        drafts.push(contact.reached_at(None, person.phone.as_deref(), Some(&address)).in_row("", row));
    }
    let bytes = sheet::delimited(&sheet, ';', Encoding::Utf8Mark, "%d.%m.%Y");
    Ok(Document::new(share.path("Procurement/Supplier contacts.csv"), bytes, "procurement", share.office.body)
        .about(drafts)
        .beside(decoys))
}

/// Who gave what: a report with the donors, who are in no register, and letters of thanks.
pub(crate) fn donors(share: &Share<'_>, letters: usize, dice: &mut Dice) -> Result<Vec<Document>, CorpusError> {
    let (office, town) = (&share.office, share.office.town);
    let of_this_body = |at: &usize| at.is_multiple_of(4) == (office.body == Body::Heart);
    let all: Vec<usize> = town.all(Kind::Donor).iter().copied().filter(of_this_body).collect();
    let people = dice.sample(&all, all.len() * 4 / 5);
    let mut sheet = Sheet::new("Gifts");
    sheet.push_texts(&[&format!("{} Charity", office.body.site())]);
    sheet.push_texts(&["Donor report 2018 - 2024, gifts over 25 pounds"]);
    sheet.merged.extend(["A1:H1".to_owned(), "A2:H2".to_owned()]);
    sheet.push_blank();
    sheet.push_texts(&[
        "Donor ID",
        "Title",
        "First name",
        "Surname",
        "Address",
        "E-mail",
        "Amount",
        "Gift Aid",
        "Date of gift",
    ]);
    let mut drafts = Vec::new();
    for at in &people {
        let person = town.person(*at);
        let row = sheet.push(vec![
            Cell::text(format!("D{}", dice.digits(6))),
            Cell::text(person.title.clone()),
            Cell::text(person.first()),
            Cell::text(person.family.clone()),
            Cell::text(person.home.address()),
            Cell::text(person.email.clone().unwrap_or_default()),
            Cell::Number(dice.between(25, 2500).to_string()),
            Cell::text(dice.pick(&["Yes", "Yes", "No"])),
            Cell::Date(day_of_years(office.reference, dice)),
        ]);
        let donor = Draft::of(person, Role::Donor);
        let donor = donor.reached_at(Some(&person.home.postcode), None, person.email.as_deref());
        drafts.push(donor.in_row("Gifts", row));
    }
    sheet.push_blank();
    sheet.push_texts(&["Number of donors", &people.len().to_string()]);
    let bytes = crate::office::xlsx(&[sheet], "Fundraising")?;
    let mut documents = vec![
        Document::new(share.path("Charity/Donor report 2018-2024.xlsx"), bytes, "donor report", office.body)
            .about(drafts),
    ];
    for (n, at) in people.iter().take(letters).enumerate() {
        let person = town.person(*at);
        let date = day_of_years(office.reference, dice);
        let blocks = vec![
            bold(format!("{} Charity", office.body.site())),
            line(office.body.site_address()),
            Block::Gap,
            line(person.titled()),
            line(person.home.street.clone()),
            line(format!("{} {}", person.home.town, person.home.postcode)),
            Block::Gap,
            line(date.strftime("%d %B %Y").to_string()),
            line(format!("Dear {} {}", person.title, person.family)),
            Block::Gap,
            paragraph(format!(
                "Thank you for your kind donation of GBP {}, which we have added to the {} appeal. If you pay tax in the UK, Gift Aid makes it worth a quarter more at no cost to you.",
                money(dice, 500),
                dice.pick(&["new ward", "play room", "scanner"])
            )),
            line("The Fundraising Team"),
        ];
        let (bytes, ending) =
            format::write(&blocks, if n.is_multiple_of(2) { Form::Docx } else { Form::Pdf }, "Fundraising", dice)?;
        let name = share.path(&format!("Charity/Thank you letters/{}/thanks {n:03}.{ending}", date.year()));
        documents.push(
            Document::new(name, bytes, "donor report", office.body)
                .about(vec![Draft::of(person, Role::Donor).giving(Element::Postcode, &person.home.postcode)]),
        );
    }
    Ok(documents)
}

/// Pay, a rota with addresses, a rota of bare names, and where somebody keeps passwords.
pub(crate) fn staff(share: &Share<'_>, dice: &mut Dice) -> Result<Vec<Document>, CorpusError> {
    let (office, town) = (&share.office, share.office.town);
    let body = office.body;
    let people = town.all(Kind::Staff(body));
    Ok(vec![
        payroll(share, people, dice),
        rota(share, &dice.sample(people, 24), Detail::Addresses, dice)?,
        rota(share, &dice.sample(people, 16), Detail::Names, dice)?,
        passwords(share, &dice.sample(people, 6), dice),
    ])
}

fn payroll(share: &Share<'_>, people: &[usize], dice: &mut Dice) -> Document {
    let mut sheet = Sheet::new("");
    sheet.push_texts(&[
        "EMP_NO",
        "SURNAME",
        "FORENAMES",
        "NI_NUMBER",
        "DOB",
        "ADDRESS",
        "POSTCODE",
        "SORT_CODE",
        "ACCOUNT_NO",
        "GROSS_ANNUAL",
        "GRADE",
    ]);
    let mut drafts = Vec::new();
    for at in people {
        let person = share.office.town.person(*at);
        let row = sheet.push(vec![
            Cell::Number(format!("2{}", dice.digits(7))),
            Cell::text(person.family.to_uppercase()),
            Cell::text(person.given.join(" ").to_uppercase()),
            Cell::text(person.nino.clone()),
            Cell::Date(person.birth),
            Cell::text(format!("{}, {}", person.home.street, person.home.town)),
            Cell::text(person.home.postcode.clone()),
            Cell::text(person.bank.0.clone()),
            Cell::text(person.bank.1.clone()),
            Cell::Number(money(dice, 88_000)),
            Cell::text(format!("Band {}", dice.between(2, 8))),
        ]);
        let draft = Draft { birth: Some(person.birth), ..Draft::of(person, Role::Staff) }
            .giving(Element::NationalInsuranceNumber, &person.nino)
            .giving(Element::BankAccount, &format!("{} {}", person.bank.0, person.bank.1))
            .giving(Element::Postcode, &person.home.postcode);
        drafts.push(draft.in_row("", row));
    }
    let bytes = sheet::delimited(&sheet, ',', Encoding::Utf8, "%d-%b-%Y");
    Document::new(share.path("HR/Payroll/ESR extract M08.csv"), bytes, "staff record", share.office.body).about(drafts)
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Detail {
    Addresses,
    Names,
}

fn rota(share: &Share<'_>, people: &[usize], detail: Detail, dice: &mut Dice) -> Result<Document, CorpusError> {
    let ward = dice.pick(&["Ward 3", "Ward 7", "Theatres", "Outpatients"]);
    let month = dice.pick(&["January", "March", "June", "September"]);
    let mut sheet = Sheet::new(month);
    sheet.push_texts(&[&format!("{ward} rota, {month} 2024")]);
    let mut header = vec!["Name", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"];
    if detail == Detail::Addresses {
        header.extend(["E-mail", "Mobile"]);
    }
    sheet.push_texts(&header);
    let mut drafts = Vec::new();
    for at in people {
        let person = share.office.town.person(*at);
        let mut row = vec![Cell::text(format!("{} {}", person.first(), person.family))];
        row.extend((0..7).map(|_| Cell::text(dice.pick(&["E", "L", "N", "-", "LD", "A/L"]))));
        let draft = if detail == Detail::Addresses {
            row.push(Cell::text(work_address(person, share.office.body)));
            let mobile = person.phone.as_deref().filter(|phone| phone.starts_with("07"));
            row.push(Cell::text(mobile.unwrap_or_default()));
            let address = work_address(person, share.office.body);
            Draft::of(person, Role::Staff).reached_at(None, mobile, Some(&address))
        } else {
            Draft::named(person, Role::Staff)
        };
        let number = sheet.push(row);
        drafts.push(draft.in_row(month, number));
    }
    let bytes = crate::office::xlsx(&[sheet], "Ward manager")?;
    let name = share.path(&format!(
        "HR/Rotas/{ward} {month} {}.xlsx",
        if detail == Detail::Addresses { "contacts" } else { "print" }
    ));
    Ok(Document::new(name, bytes, "staff record", share.office.body).about(drafts))
}

fn passwords(share: &Share<'_>, people: &[usize], dice: &mut Dice) -> Document {
    let mut sheet = Sheet::new("");
    sheet.push_texts(&["Name", "System", "Username", "Password"]);
    let mut drafts = Vec::new();
    for at in people {
        let person = share.office.town.person(*at);
        let user = format!("{}{}", person.first().to_lowercase(), dice.digits(2));
        let password =
            format!("{}{}!", dice.pick(&["Summer", "Everton", "Winter", "Password", "Biscuit"]), dice.digits(2));
        let row = sheet.push(vec![
            Cell::text(format!("{} {}", person.first(), person.family)),
            Cell::text(dice.pick(&["PAS", "Pathology portal", "Rota system"])),
            Cell::text(user),
            Cell::text(password),
        ]);
        drafts.push(Draft::of(person, Role::Staff).in_row("", row));
    }
    let bytes = sheet::delimited(&sheet, ',', Encoding::Windows, "%d/%m/%Y");
    let drafts = drafts.into_iter().map(format::as_in_windows).collect();
    Document::new(share.path("IT/do not share/logins.csv"), bytes, "credentials", share.office.body).about(drafts)
}

/// A policy or leaflet: its author by name, its subject about nobody.
pub(crate) fn policy(share: &Share<'_>, n: usize, dice: &mut Dice) -> Result<Document, CorpusError> {
    const TOPICS: [&str; 9] = [
        "HIV: testing and treatment",
        "Hand hygiene",
        "Safeguarding children",
        "Managing type 1 diabetes",
        "Consent to treatment",
        "Visiting hours",
        "Epilepsy and school",
        "Stopping smoking before surgery",
        "Information governance",
    ];
    let (office, body) = (&share.office, share.office.body);
    let author = office.town.person(dice.pick(office.clinicians()));
    let topic = TOPICS[n % TOPICS.len()];
    let kind = if n.is_multiple_of(2) { "Patient information leaflet" } else { "Policy" };
    let mut blocks = vec![bold(body.name()), bold(format!("{kind}: {topic}")), Block::Gap];
    for _ in 0..dice.between(3, 9) {
        blocks.push(paragraph(format!("{} {} {}", dice.pick(&POLICY), dice.pick(&POLICY), dice.pick(&POLICY))));
    }
    blocks.push(line(format!("Author: Dr {} {}, Consultant", author.first(), author.family)));
    blocks.push(line(format!(
        "Version {}.{}, review date {}",
        dice.between(1, 6),
        dice.below(4),
        dice.between(2025, 2027)
    )));
    let form = dice.weighted(&[(Form::Pdf, 5), (Form::Docx, 4), (Form::Html, 1)]);
    let (bytes, ending) = format::write(&blocks, form, &author.titled(), dice)?;
    let name = share.path(&format!("Policies/{} v{n}.{ending}", topic.replace(':', "")));
    Ok(Document::new(name, bytes, "other", body).about(vec![Draft::named(author, Role::Staff)]))
}

const POLICY: [&str; 10] = [
    "This document applies to all staff and to contractors who work on our sites.",
    "Please ask a nurse if there is anything that you do not understand.",
    "Records are kept in line with the national retention schedule.",
    "Treatment is free, confidential and available without an appointment.",
    "The condition is common and can be managed well with the right support.",
    "Managers must make sure that their teams have read the latest version.",
    "Side effects are usually mild and settle within a few days.",
    "Audit is carried out every year and reported to the board.",
    "If symptoms get worse, ring 111 or go to the nearest emergency department.",
    "An easy read version and translations can be had from the advice service.",
];

/// Lists that hold numbers and no people: what a check digit alone takes for patients.
pub(crate) fn decoys(share: &Share<'_>, dice: &mut Dice) -> Result<Vec<Document>, CorpusError> {
    let (body, town) = (share.office.body, share.office.town);
    let mut catalogue = Sheet::new("");
    catalogue.push_texts(&["Product", "Supplier code", "Bar code", "Order no", "Pack", "Price"]);
    let mut decoys: [Vec<String>; 4] = Default::default();
    for _ in 0..dice.between(60, 140) {
        let goods = dice.pick(&GOODS);
        let code = town.passing_number(dice.pick(&["4", "6", "7"]), dice);
        let bar_code = format!("50{}", dice.digits(11));
        let order =
            if dice.percent(60) { town.passing_number("999", dice) } else { dice.digits(10).replacen('0', "1", 1) };
        decoys[0].extend([code.clone(), bar_code.clone(), order.clone()]);
        catalogue.push(vec![
            Cell::text(goods),
            Cell::Number(code),
            Cell::Number(bar_code),
            Cell::Number(order),
            Cell::Number(dice.between(1, 200).to_string()),
            Cell::Number(money(dice, 300)),
        ]);
    }
    let mut network = Sheet::new("Switches");
    network.push_texts(&["Host name", "IP address", "Serial", "Asset tag", "Room", "Warranty until"]);
    for n in 0..dice.between(40, 90) {
        let address = format!("10.{}.{}.{}", 20 + body as u8, n, dice.between(1, 254));
        let (serial, tag) = (town.passing_number("7", dice), town.passing_number("6", dice));
        decoys[1].extend([serial.clone(), tag.clone()]);
        network.push(vec![
            Cell::text(format!("{}-sw{n:03}", body.id().to_lowercase())),
            Cell::text(address),
            Cell::text(serial),
            Cell::Number(tag),
            Cell::text(format!("{}{:03}", dice.pick(&["A", "B", "C"]), dice.below(400))),
            Cell::Date(day_of_years(share.office.reference, dice).saturating_add(1500.days())),
        ]);
    }
    let mut bars = String::from("STOCK COUNT STORE 4\r\n");
    for _ in 0..dice.between(80, 160) {
        let number = town.passing_number(dice.pick(&["4", "999", "7"]), dice);
        bars += &format!("{number}\t{}\t{}\r\n", dice.digits(4), dice.between(0, 99));
        decoys[2].push(number);
    }
    let mut telephones = Sheet::new("");
    telephones.push_texts(&["Ward", "Extension", "Direct line", "Fax"]);
    for n in 1..30 {
        let direct = town.passing_number("0151496", dice);
        decoys[3].push(direct.clone());
        telephones.push(vec![
            Cell::text(format!("Ward {n}")),
            Cell::Number(dice.digits(4)),
            Cell::text(direct),
            Cell::text(""),
        ]);
    }
    let [goods, network_numbers, bar_numbers, lines] = decoys;
    Ok(vec![
        Document::new(
            share.path("Procurement/Catalogue.csv"),
            sheet::delimited(&catalogue, ',', Encoding::Utf8, "%d/%m/%Y"),
            "procurement",
            body,
        )
        .beside(goods),
        Document::new(share.path("IT/Network inventory.xlsx"), crate::office::xlsx(&[network], "IT")?, "other", body)
            .beside(network_numbers),
        Document::new(share.path("Stores/count04.txt"), bars.into_bytes(), "procurement", body).beside(bar_numbers),
        Document::new(
            share.path("Switchboard/ward numbers.csv"),
            sheet::delimited(&telephones, ';', Encoding::Windows, "%d/%m/%Y"),
            "other",
            body,
        )
        .beside(lines),
    ])
}
