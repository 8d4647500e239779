//! Names in scripts that have no capitals, that need no blank, or that end in a father's name.

/// `Петровна`, `Ivanovich`: a father's name in the form of Eastern Slavs.
pub(super) fn is_patronymic(word: &str) -> bool {
    const ENDS: [&str; 12] =
        ["ович", "евич", "ьич", "овна", "евна", "ична", "йович", "івна", "ovich", "evich", "ovna", "evna"];
    let folded = word.to_lowercase();
    ENDS.iter().any(|end| folded.strip_suffix(end).is_some_and(|stem| stem.chars().count() >= 2))
}

/// Ideographs and Hangul: names of two to four signs without a blank, the family name first.
fn is_east_asian(sign: char) -> bool {
    matches!(sign, '\u{3400}'..='\u{4dbf}' | '\u{4e00}'..='\u{9fff}' | '\u{ac00}'..='\u{d7a3}')
}

/// True for a whole name written in one word.
pub(crate) fn is_one_word_name(word: &str) -> bool {
    (2..=4).contains(&word.chars().count()) && word.chars().all(is_east_asian)
}

/// True for what a name's word begins with: a capital, or a letter of a script that has none.
pub(crate) fn begins_name(word: &str) -> bool {
    let mut signs = word.chars().skip_while(|sign| matches!(sign, '\'' | '('));
    signs.next().is_some_and(|sign| sign.is_alphabetic() && !sign.is_lowercase())
}

/// Family and given name of a name in one word. Source: the compound family names that are still common.
pub(super) fn parts_of_one_word(word: &str) -> (String, String) {
    const OF_TWO: [&str; 13] =
        ["欧阳", "歐陽", "司马", "司馬", "上官", "诸葛", "諸葛", "夏侯", "东方", "皇甫", "尉迟", "司徒", "남궁"];
    let count = if OF_TWO.iter().any(|family| word.starts_with(family)) && word.chars().count() > 2 { 2 } else { 1 };
    (word.chars().take(count).collect(), word.chars().skip(count).collect())
}
