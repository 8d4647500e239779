//! Names in scripts other than Latin, numbers of staff, numbers of two signs, photographs, several people in one text.

use super::*;

#[test]
fn names_in_other_scripts_in_columns() {
    check_passages(
        "a.csv",
        &[table(
            "",
            "NHS Number|Name|DOB\n9990000018|Иванов Иван Иванович|04/03/1961\n9990000026|محمد علي حسن|12/11/1971\n\
             9990000034|王小明|01/02/1980\n9990000042|Γιώργος Παπαδόπουλος|01/02/1981\n9990000050|欧阳小明|02/02/1981\n",
        )],
        "patient row 2: name=/Иван Иванович/Иванов; date of birth=1961-03-04; nhs number=9990000018
         patient row 3: name=/محمد علي/حسن; date of birth=1971-11-12; nhs number=9990000026
         patient row 4: name=/小明/王; date of birth=1980-02-01; nhs number=9990000034
         patient row 5: name=/Γιώργος/Παπαδόπουλος; date of birth=1981-02-01; nhs number=9990000042
         patient row 6: name=/小明/欧阳; date of birth=1981-02-02; nhs number=9990000050",
    );
}

#[test]
fn names_in_other_scripts_behind_labels() {
    for (written, name) in [("محمد علي", "/محمد/علي"), ("王小明", "/小明/王"), ("Мария Кузнецова", "/Мария/Кузнецова")]
    {
        check_text(
            "a.txt",
            &format!("Patient: {written}\nNHS No: 999 000 0018\nDOB: 04/03/1961\n"),
            &format!("patient 1-3: name={name}; date of birth=1961-03-04; nhs number=9990000018"),
        );
    }
}

#[test]
fn numbers_of_staff_and_of_two_signs() {
    check_passages(
        "rota.csv",
        &[table("", "Surname|Forename|GMC Number|Grade\nPatel|Anita|1234567|Consultant\n")],
        "staff row 2: name=/Anita/Patel; other identifier=1234567",
    );
    check_passages(
        "a.csv",
        &[table("", "Patient ID|Surname|Forename|DOB\n12|Thompson|Margaret|03/04/1961\n14|Henderson|John|\n")],
        "patient row 2: name=/Margaret/Thompson; date of birth=1961-04-03; hospital number=12
         patient row 3: name=/John/Henderson",
    );
}

#[test]
fn a_photograph_is_tied_by_its_path() {
    let photograph = "patient whole: hospital number=AH1234567; photograph=jpg file";
    let detected = detect("fs01/Clinical Photography/AH1234567_left.jpg", ExhibitKind::Leak, &[]);
    assert_eq!(print(&detected).trim().split(": ").nth(1), photograph.split(": ").nth(1), "{}", print(&detected));
    assert!(detect("fs01/Estates/AH1234567_left.jpg", ExhibitKind::Leak, &[]).mentions.is_empty());
}

#[test]
fn a_photograph_is_tied_by_what_is_read_on_it() {
    let of = |path: &str, part: &str, words: &str| {
        let detected = detect(path, ExhibitKind::Leak, &[text(part, words)]);
        let tied = |mention: &Mention| mention.findings.iter().any(|f| f.element == Element::Photograph);
        detected.mentions.iter().map(|mention| (mention.role, tied(mention))).collect::<Vec<_>>()
    };
    let (patient, doctor) = ("Patient: Margaret Thompson, NHS 999 000 0018", "Consultant: Dr John Henderson");
    let second = "Patient: John Henderson, NHS 999 000 0026";
    let folder = "fs01/Clinical Photography/IMG_0042.jpg";
    assert_eq!(of(folder, "page 1", patient), [(Role::Patient, true)]);
    assert_eq!(of("fs01/Scans/IMG_0042.jpg", "page 1", patient), [(Role::Patient, false)]);
    assert!(of(folder, "page 1", &format!("{patient}\n{second}")).iter().all(|(_, tied)| !tied));
    for (modality, tied) in [("XC", true), ("CT", false)] {
        let header = format!("{patient}\n{doctor}\nModality: {modality}");
        let seen = of("pacs/IM0001.dcm", "header", &header);
        assert!(
            seen.contains(&(Role::Patient, tied)) && seen.iter().filter(|(_, tied)| *tied).count() <= 1,
            "{seen:?}"
        );
    }
}

#[test]
fn a_number_that_may_be_either_ones_is_nobodys() {
    check_text(
        "l.txt",
        "Patient: Margaret Thompson, NHS 999 000 0018\nPatient: John Henderson, NHS 999 000 0026\n\n\
         The family can be reached on 0151 496 0123.\n",
        "patient 1-1: name=/Margaret/Thompson; nhs number=9990000018
         patient 2-2: name=/John/Henderson; nhs number=9990000026",
    );
}

#[test]
fn a_key_tells_the_category() {
    let detected = detect("keys.txt", ExhibitKind::Leak, &[text("", "backup AKIAIOSFODNN7EXA2PLE for the bucket\n")]);
    assert_eq!(detected.category, ItemCategory::Credentials);
}
