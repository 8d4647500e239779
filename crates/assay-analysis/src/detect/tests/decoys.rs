//! What looks like a person and is none.

use super::{check_table, check_text};

#[test]
fn order_lines_and_stock_are_no_people() {
    check_table(
        "po.xlsx",
        "
Line|Item Code|Description|Barcode|Qty|Unit Price
1|9991234500|Surgical gloves|9991234519|10|4.50
2|9991234527|May Day drapes|9991234535|4|2.20",
        "",
    );
    check_table(
        "inventory.csv",
        "
Name|Serial Number|IP Address|Model|Location
SRV-01|9991234500|10.0.0.1|ProLiant|Room 1
Victoria Ward Printer|9991234519|10.0.0.2|LaserJet|Ward",
        "",
    );
}

#[test]
fn a_column_of_passing_numbers_without_people_is_nothing() {
    check_table("numbers.csv", "9991234500|Box\n9991234519|Box\n9991234527|Crate\n9991234535|Box", "");
}

#[test]
fn numbers_in_a_text_about_goods() {
    check_text(
        "delivery.txt",
        "
Delivery note
Your order 9991234500 was dispatched. Barcode: 9991234519
Serial number 999 123 4527
Call 0151 496 0123 or 7991234500.",
        "",
    );
}

#[test]
fn a_purchase_order_names_its_contact() {
    check_text(
        "po.txt",
        "
PURCHASE ORDER 4600012345
Supplier: Acme Medical Ltd
Contact: Peter Brown
Tel: 0161 496 0123
Email: p.brown@acme.example
Requested by: Karen White
Order number: 9991234500",
        "
supplier contact 3-5: name=/Peter/Brown; phone=+441614960123; email=p.brown@acme.example
staff 6-6: name=/Karen/White",
    );
}

#[test]
fn suppliers_with_contacts() {
    check_table(
        "suppliers.xlsx",
        "
Supplier|Contact Name|Phone|Email|Contract Ref
Acme Medical Ltd|Peter Brown|0161 496 0123|p.brown@acme.example|C-100",
        "supplier contact row 2: name=/Peter/Brown; phone=+441614960123; email=p.brown@acme.example",
    );
}

#[test]
fn a_policy_is_about_nobody() {
    check_text(
        "policy.txt",
        "
Safeguarding Policy
Author: Sarah Ahmed
Version: 3
Review date: 01/01/2026

All staff must report a safeguarding concern. NHS number must be used, for example 999 999 9999.
If a patient is HIV positive, see page 4. Contact the Trust at East Road, Liverpool, L12 2AP.",
        "staff 2-2: name=/Sarah/Ahmed",
    );
}

#[test]
fn a_price_list_with_person_like_products() {
    check_table(
        "products.csv",
        "
Product Name|Product Code|Price
Victoria Rose|9991234500|3.00
Jack Russell|9991234519|4.00",
        "",
    );
}
