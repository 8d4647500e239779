//! Items as rows. Lists inside a cell are parted by line feeds; what they hold never has one.

use super::{Datum, Rows, TableId, WireError, batch};
use arrow_array::RecordBatch;
use assay_model::{
    ControllerHint, ControllerId, ExhibitId, HintBasis, Item, ItemCategory, ItemPath, ItemStatus, Sha256, UnreadReason,
    Warning,
};

const BASES: [HintBasis; 5] =
    [HintBasis::Path, HintBasis::Letterhead, HintBasis::OdsCode, HintBasis::HospitalNumber, HintBasis::Domain];

/// The rows of items. [`ItemStatus::Duplicate`] is decided over all items, never by one worker: it travels as read.
pub fn item_rows(items: &[Item]) -> Result<RecordBatch, WireError> {
    batch(TableId::Item, &items.iter().map(row).collect::<Vec<_>>())
}

fn row(item: &Item) -> Vec<Datum> {
    let status = match &item.status {
        ItemStatus::Read | ItemStatus::Duplicate(..) => "read",
        ItemStatus::Partial => "partial",
        ItemStatus::Unread(reason) => reason.as_str(),
    };
    let hints = item.controller_hints.iter().map(|hint| format!("{}\t{}", hint.basis.as_str(), hint.controller));
    vec![
        Datum::Text(item.exhibit.to_string()),
        Datum::Text(item.path.as_str().to_owned()),
        Datum::Number(item.bytes),
        Datum::Text(item.sha256.to_string()),
        Datum::Text(item.media_type.clone()),
        Datum::Text(status.to_owned()),
        Datum::Text(item.category.as_str().to_owned()),
        Datum::Text(lines(item.category_reasons.iter().cloned())),
        Datum::Text(lines(hints)),
        Datum::Text(item.oldest.map(|date| date.to_string()).unwrap_or_default()),
        Datum::Text(item.newest.map(|date| date.to_string()).unwrap_or_default()),
        Datum::Text(lines(item.warnings.iter().map(|warning| warning.0.clone()))),
    ]
}

fn lines(texts: impl Iterator<Item = String>) -> String {
    texts.map(|text| text.replace('\n', " ")).collect::<Vec<_>>().join("\n")
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
        sha256: digest(rows.text(n, "sha256")?).ok_or_else(|| rows.refuse(n, "sha256"))?,
        media_type: rows.text(n, "media_type")?.to_owned(),
        status: status(rows.text(n, "status")?).ok_or_else(|| rows.refuse(n, "status"))?,
        category: ItemCategory::ALL
            .into_iter()
            .find(|known| known.as_str() == category)
            .ok_or_else(|| rows.refuse(n, "category"))?,
        category_reasons: rows.text(n, "category_reasons")?.lines().map(str::to_owned).collect(),
        controller_hints: hints.collect::<Option<_>>().ok_or_else(|| rows.refuse(n, "controller_hints"))?,
        oldest: date("oldest")?,
        newest: date("newest")?,
        warnings: rows.text(n, "warnings")?.lines().map(|line| Warning(line.to_owned())).collect(),
    })
}

fn status(word: &str) -> Option<ItemStatus> {
    match word {
        "read" => Some(ItemStatus::Read),
        "partial" => Some(ItemStatus::Partial),
        other => UnreadReason::ALL.into_iter().find(|r| r.as_str() == other).map(ItemStatus::Unread),
    }
}

fn digest(hex: &str) -> Option<Sha256> {
    if hex.len() != 64 || !hex.is_ascii() {
        return None;
    }
    let mut bytes = [0; 32];
    for (n, byte) in bytes.iter_mut().enumerate() {
        *byte = u8::from_str_radix(hex.get(2 * n..2 * n + 2)?, 16).ok()?;
    }
    Some(Sha256(bytes))
}
