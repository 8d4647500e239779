//! Texts: letters, forms, mail, lists of lines.

use assay_model::Passage;

use super::category::Count;
use super::draft::Origin;
use super::{Detector, Found, ItemContext};

pub(super) fn read(
    _detector: &Detector,
    _item: ItemContext<'_>,
    _origin: Origin<'_>,
    _count: &Count,
    _passages: &[Passage],
    _found: &mut Found,
) {
}
