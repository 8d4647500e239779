//! Sentences of clinics: findings, plans, medicines. General knowledge, about nobody.

use crate::{dice::Dice, names::Sex};

const CHILD: [&str; 16] = [
    "ventricular septal defect",
    "asthma",
    "bronchiolitis",
    "febrile convulsions",
    "epilepsy",
    "inguinal hernia",
    "acute lymphoblastic leukaemia",
    "type 1 diabetes mellitus",
    "tonsillitis",
    "cystic fibrosis",
    "cerebral palsy",
    "coeliac disease",
    "patent ductus arteriosus",
    "autism spectrum disorder",
    "recurrent otitis media",
    "sickle cell disease",
];
const ADULT: [&str; 16] = [
    "atrial fibrillation",
    "aortic stenosis",
    "ischaemic heart disease",
    "congestive heart failure",
    "hypertension",
    "chronic obstructive pulmonary disease",
    "mitral regurgitation",
    "lung cancer",
    "bronchiectasis",
    "hypertrophic cardiomyopathy",
    "pulmonary embolism",
    "myocardial infarction",
    "sleep apnoea",
    "endocarditis",
    "aortic aneurysm",
    "interstitial lung disease",
];
const COMMUNITY: [&str; 8] = [
    "leg ulcer",
    "dementia",
    "depression",
    "generalised anxiety disorder",
    "diabetic foot ulcer",
    "bipolar disorder",
    "pressure ulcer",
    "alcohol dependence",
];

const OPENINGS: [&str; 8] = [
    "I reviewed {N} in the {S} clinic today.",
    "Thank you for referring {N}, whom I saw with {d}.",
    "It was a pleasure to see {N} again, who has a background of {d}.",
    "{N} attended for review of {d}.",
    "This is to let you know the outcome of {N}'s recent attendance under {S}.",
    "{N} was seen urgently because of worsening symptoms of {d}.",
    "{N} came a little early, and we went through {p} results.",
    "We discussed {N} at the multidisciplinary meeting.",
];
const FINDINGS: [&str; 14] = [
    "On examination the chest was clear and the heart sounds were normal with no added murmur.",
    "Blood pressure was {b}, pulse {h} and regular, saturations {o} per cent on air.",
    "The echocardiogram showed good function with an ejection fraction of {o} per cent.",
    "Bloods including full blood count, renal function and thyroid were within normal limits.",
    "{P} weight was {w} kg, which is in keeping with the last visit.",
    "There have been no admissions since the last review in this department.",
    "{N} reports some breathlessness on stairs but manages shopping without stopping.",
    "Sleep and appetite are good and there are no concerns at home.",
    "The scan of last month was reported as unchanged.",
    "There is a family history of {d} on the mother's side.",
    "{N} remains under the care of social services and the safeguarding lead is aware of this letter.",
    "{N} is a vegetarian for religious reasons and would prefer capsules without gelatine.",
    "We noted that the interpreter was present throughout.",
    "The wound has healed well and the clips were removed.",
];
const PLANS: [&str; 9] = [
    "I have made no changes to treatment and will see {N} again in {m} months.",
    "I have asked for a repeat echocardiogram and will write with the result.",
    "Please could you start {x} and check renal function in two weeks.",
    "We agreed to continue {x} at the present dose.",
    "I have put {N} on the waiting list for surgery and explained the risks.",
    "I would be grateful if you could review {x} in the light of this.",
    "I have discharged {N} from this clinic with an open appointment.",
    "The specialist nurse will ring {N} in {m} weeks.",
    "A referral to the dietitian has been made.",
];
const MEDICINES: [(&str, &str, &str); 12] = [
    ("bisoprolol", "2.5 mg", "once daily"),
    ("ramipril", "5 mg", "once daily"),
    ("apixaban", "5 mg", "twice daily"),
    ("furosemide", "40 mg", "morning"),
    ("salbutamol inhaler", "2 puffs", "as needed"),
    ("amoxicillin", "500 mg", "three times daily"),
    ("atorvastatin", "40 mg", "night"),
    ("omeprazole", "20 mg", "once daily"),
    ("levetiracetam", "250 mg", "twice daily"),
    ("prednisolone", "30 mg", "morning, 5 days"),
    ("paracetamol", "1 g", "as needed"),
    ("insulin glargine", "14 units", "night"),
];

/// A diagnosis of the specialty's field.
pub(crate) fn diagnosis(specialty: &str, dice: &mut Dice) -> &'static str {
    let heart = [
        "Cardiology",
        "Cardiac Surgery",
        "Thoracic Medicine",
        "Electrophysiology",
        "Heart Failure",
        "Adult Congenital",
    ];
    if heart.contains(&specialty) {
        dice.pick(&ADULT)
    } else if ["Community Nursing", "Older Adults Mental Health", "Podiatry"].contains(&specialty) {
        dice.pick(&COMMUNITY)
    } else {
        dice.pick(&CHILD)
    }
}

/// Why an appointment is made, in a sentence.
pub(crate) fn reason(diagnosis: &str, given: &str, dice: &mut Dice) -> String {
    match dice.below(3) {
        0 => format!("This is to follow up {given}'s {diagnosis}."),
        1 => format!("The visit is a yearly check because of {diagnosis}."),
        _ => "A blood test may be needed; the play team can help with that.".to_owned(),
    }
}

/// Two to five paragraphs.
pub(crate) fn paragraphs(specialty: &str, named: &str, given: &str, sex: Sex, dice: &mut Dice) -> Vec<String> {
    let mut paragraphs = vec![format!("Diagnosis: {}", named)];
    let mut opening = vec![dice.pick(&OPENINGS)];
    opening.extend(dice.sample(&FINDINGS, 2));
    let findings: Vec<&str> = dice.sample(&FINDINGS, 3);
    let plans: Vec<&str> = dice.sample(&PLANS, 2);
    let parts = if dice.percent(70) { vec![opening, findings, plans] } else { vec![opening, plans] };
    for sentences in parts {
        let filled: Vec<String> = sentences.iter().map(|s| fill(s, specialty, given, named, sex, dice)).collect();
        paragraphs.push(filled.join(" "));
    }
    paragraphs
}

fn fill(sentence: &str, specialty: &str, given: &str, diagnosis: &str, sex: Sex, dice: &mut Dice) -> String {
    let (his, his_capital) = if sex == Sex::Female { ("her", "Her") } else { ("his", "His") };
    sentence
        .replace("{N}", given)
        .replace("{S}", specialty)
        .replace("{d}", diagnosis)
        .replace("{p}", his)
        .replace("{P}", his_capital)
        .replace("{b}", &format!("{}/{}", dice.between(98, 162), dice.between(58, 94)))
        .replace("{h}", &dice.between(54, 118).to_string())
        .replace("{o}", &dice.between(48, 99).to_string())
        .replace("{w}", &format!("{}.{}", dice.between(8, 104), dice.below(10)))
        .replace("{m}", &dice.between(2, 12).to_string())
        .replace("{x}", dice.pick(&MEDICINES).0)
}

/// Rows of a table of medicines.
pub(crate) fn medicines(dice: &mut Dice) -> Vec<Vec<String>> {
    let count = dice.between(1, 5) as usize;
    let rows = dice.sample(&MEDICINES, count).into_iter();
    rows.map(|(drug, dose, often)| vec![drug.to_owned(), dose.to_owned(), often.to_owned()]).collect()
}
