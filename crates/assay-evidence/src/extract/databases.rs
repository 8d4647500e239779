//! Databases that are recognised and not read: how those show that have no plain mark. What is said of them stands with all
//! kinds that are only named.

use super::Head;
use super::little_endian::u16_at;

/// A page of SQL Server's files, bytes.
const PAGE: usize = 8192;

/// A file header of SQL Server (header version 1, page type 15), with a page of free space (type 11) after it.
pub(super) fn is_mdf(head: &Head<'_>) -> bool {
    head.first.starts_with(&[1, 15]) && head.first.get(PAGE..PAGE + 2) == Some(&[1, 11])
}

/// A file header of SQL Server without pages after it: a log.
pub(super) fn is_ldf(head: &Head<'_>) -> bool {
    head.first.starts_with(&[1, 15]) && head.bytes > PAGE as u64 && head.bytes.is_multiple_of(512) && !is_mdf(head)
}

/// A page of InnoDB that numbers itself 0 and heads a space (type 8), and a bitmap of the insert buffer (type 5) after it.
pub(super) fn is_ibd(head: &Head<'_>) -> bool {
    let first = head.first.get(4..8) == Some(&[0; 4]) && head.first.get(24..26) == Some(&[0, 8]);
    let sizes = [4096, 8192, 16_384, 32_768];
    first && sizes.iter().any(|size| head.first.get(size + 24..size + 26) == Some(&[0, 5]))
}

/// A header page of Firebird or InterBase: type 1, the size of pages, the version of the structure.
pub(super) fn is_firebird(head: &Head<'_>) -> bool {
    let Some(size) = u16_at(&head.first, 16).filter(|size| size.is_power_of_two() && *size >= 1024) else {
        return false;
    };
    head.first.first() == Some(&1)
        && u16_at(&head.first, 18).is_some_and(|version| matches!(version & 0x7fff, 10..=14))
        && head.bytes.is_multiple_of(u64::from(size))
}
