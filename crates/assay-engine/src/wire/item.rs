//! Items as rows. Lists inside a cell are parted by line feeds; what they hold never has one.

use super::{RowWriter, Rows, TableId, WireError, batch};
use arrow_array::RecordBatch;
use assay_model::{
    ControllerHint, ControllerId, ExhibitId, HintBasis, Item, ItemCategory, ItemPath, ItemStatus, Likeness,
    PasswordOrigin, Sha256, Sketch, UnreadReason, Want, Warning, hex, of_hex,
};

const BASES: [HintBasis; 6] = [
    HintBasis::Canary,
    HintBasis::Path,
    HintBasis::Letterhead,
    HintBasis::OdsCode,
    HintBasis::HospitalNumber,
    HintBasis::Domain,
];

/// The rows of items. [`ItemStatus::Duplicate`] is decided over all items, never by one worker: it travels as read.
pub fn item_rows(items: &[Item]) -> Result<RecordBatch, WireError> {
    batch(TableId::Item, items, write)
}

fn write(row: &mut RowWriter, item: &Item) {
    let status = match &item.status {
        ItemStatus::Read | ItemStatus::Duplicate(..) => "read",
        ItemStatus::Partial => "partial",
        ItemStatus::Unread(reason) => reason.as_str(),
    };
    let hints = item.controller_hints.iter().map(|hint| format!("{}\t{}", hint.basis.as_str(), hint.controller));
    row.text(item.exhibit.as_str());
    row.text(item.path.as_str());
    row.number(item.bytes);
    row.text(item.sha256.to_string());
    row.text(&item.media_type);
    row.text(status);
    row.text(item.category.as_str());
    row.text(lines(item.category_reasons.iter().cloned()));
    row.text(lines(hints));
    row.text(item.other_body.clone().unwrap_or_default().replace('\n', " "));
    row.text(item.oldest.map(|date| date.to_string()).unwrap_or_default());
    row.text(item.newest.map(|date| date.to_string()).unwrap_or_default());
    row.text(lines(item.warnings.iter().map(|warning| warning.0.clone())));
    row.text(lines(item.wants.iter().map(|want| want.as_str().to_owned())));
    row.text(item.opened_with.map(PasswordOrigin::as_str).unwrap_or_default());
    row.text(item.likeness.words.map(|words| hex(&words)).unwrap_or_default());
    row.text(item.likeness.sketch.map(|sketch| hex(&sketch.0.map(u16::to_be_bytes).concat())).unwrap_or_default());
    row.text(item.likeness.message.map(token).unwrap_or_default());
    row.text(lines(item.likeness.refers.iter().copied().map(token)));
}

fn lines(texts: impl Iterator<Item = String>) -> String {
    texts.map(|text| text.replace('\n', " ")).collect::<Vec<_>>().join("\n")
}

fn token(digest: u64) -> String {
    hex(&digest.to_be_bytes())
}

/// The items of a checked batch.
pub fn items_of(rows: &Rows<'_>) -> Result<Vec<Item>, WireError> {
    (0..rows.len()).map(|n| item(rows, n)).collect()
}

fn item(rows: &Rows<'_>, n: usize) -> Result<Item, WireError> {
    let category = rows.text(n, "category")?;
    let hints = rows.text(n, "controller_hints")?.lines().map(|line| {
        let (basis, controller) = line.split_once('\t')?;
        let basis = BASES.into_iter().find(|known| known.as_str() == basis)?;
        Some(ControllerHint { controller: ControllerId::new(controller), basis })
    });
    let date = |column| match rows.text(n, column)? {
        "" => Ok(None),
        text => text.parse().map(Some).map_err(|_| rows.refuse(n, column)),
    };
    Ok(Item {
        exhibit: ExhibitId::new(rows.text(n, "exhibit")?),
        path: ItemPath::from_encoded(rows.text(n, "path")?),
        bytes: rows.number(n, "bytes")?,
        sha256: of_hex(rows.text(n, "sha256")?).map(Sha256).ok_or_else(|| rows.refuse(n, "sha256"))?,
        media_type: rows.text(n, "media_type")?.to_owned(),
        status: status(rows.text(n, "status")?).ok_or_else(|| rows.refuse(n, "status"))?,
        category: ItemCategory::ALL
            .into_iter()
            .find(|known| known.as_str() == category)
            .ok_or_else(|| rows.refuse(n, "category"))?,
        category_reasons: rows.text(n, "category_reasons")?.lines().map(str::to_owned).collect(),
        controller_hints: hints.collect::<Option<_>>().ok_or_else(|| rows.refuse(n, "controller_hints"))?,
        other_body: Some(rows.text(n, "other_body")?.to_owned()).filter(|name| !name.is_empty()),
        oldest: date("oldest")?,
        newest: date("newest")?,
        warnings: rows.text(n, "warnings")?.lines().map(|line| Warning(line.to_owned())).collect(),
        wants: rows
            .text(n, "wants")?
            .lines()
            .map(|word| Want::parse(word).ok_or_else(|| rows.refuse(n, "wants")))
            .collect::<Result<_, _>>()?,
        opened_with: match rows.text(n, "opened_with")? {
            "" => None,
            "given" => Some(PasswordOrigin::Given),
            "found" => Some(PasswordOrigin::Found),
            _ => return Err(rows.refuse(n, "opened_with")),
        },
        likeness: likeness(rows, n)?,
    })
}

fn likeness(rows: &Rows<'_>, n: usize) -> Result<Likeness, WireError> {
    let token = |text: &str| of_hex(text).map(u64::from_be_bytes);
    let sketch = |text: &str| {
        let bytes: [u8; 64] = of_hex(text)?;
        let mut sketch = [0; 32];
        sketch.iter_mut().zip(bytes.chunks_exact(2)).for_each(|(least, pair)| {
            *least = pair.iter().fold(0, |sum, byte| sum << 8 | u16::from(*byte));
        });
        Some(Sketch(sketch))
    };
    Ok(Likeness {
        words: optional(rows, n, "words", of_hex)?,
        sketch: optional(rows, n, "sketch", sketch)?,
        message: optional(rows, n, "message", token)?,
        refers: rows
            .text(n, "refers")?
            .lines()
            .map(|line| token(line).ok_or_else(|| rows.refuse(n, "refers")))
            .collect::<Result<_, _>>()?,
    })
}

/// A value that may be absent; text that is there and none is refused.
fn optional<T>(
    rows: &Rows<'_>,
    n: usize,
    column: &'static str,
    read: impl Fn(&str) -> Option<T>,
) -> Result<Option<T>, WireError> {
    match rows.text(n, column)? {
        "" => Ok(None),
        text => read(text).map(Some).ok_or_else(|| rows.refuse(n, column)),
    }
}

fn status(word: &str) -> Option<ItemStatus> {
    match word {
        "read" => Some(ItemStatus::Read),
        "partial" => Some(ItemStatus::Partial),
        other => UnreadReason::ALL.into_iter().find(|r| r.as_str() == other).map(ItemStatus::Unread),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use assay_model::ExhibitKind;

    #[test]
    fn an_item_comes_back_with_its_wants_and_its_likeness() {
        let unit =
            crate::unit::Unit::of_file(&ExhibitId::new("LEAK/1"), ExhibitKind::Leak, &ItemPath::of_file("a.zip"));
        let mut item = crate::work::unread(&unit, ItemPath::of_file("a.zip"), 7, UnreadReason::Encrypted);
        item.wants = Want::ALL.into();
        item.opened_with = Some(PasswordOrigin::Found);
        let sketch = Sketch(std::array::from_fn(|n| n as u16 * 2_000 + 1));
        item.likeness =
            Likeness { words: Some([9; 16]), sketch: Some(sketch), message: Some(1), refers: vec![2, u64::MAX] };
        let rows = item_rows(std::slice::from_ref(&item)).unwrap();
        let back = items_of(&Rows::from_batch(TableId::Item, &rows).unwrap()).unwrap();
        assert_eq!(back[0].likeness, item.likeness);
        assert_eq!((&back[0].wants, back[0].opened_with), (&item.wants, item.opened_with));
    }
}
