//! The budgets of extraction. What a hostile file can cost is decided here and nowhere else.

/// Budgets that decide content. All are counted, none is timed: the same evidence gives the same passages on any
/// machine.
#[derive(Clone, Debug, PartialEq)]
pub struct Limits {
    /// The largest item read into memory, bytes. Containers, archives and what is read as it comes (text, tables in text,
    /// JSON, XML, SQL, messages) are not bound by it; members of archives are. Of what is read as it comes, no record (a
    /// line, a row, a message) may be longer than 16 MiB.
    pub item_bytes: u64,
    /// All members of one container together, bytes, decoded.
    pub expanded_bytes: u64,
    /// How many times its own size a container may expand to, above a floor of 64 MiB. Deflate reaches 1032; logs and
    /// tables of one phrase reach 200.
    pub expansion_ratio: u64,
    /// Members listed of one container.
    pub members: u32,
    /// Containers inside containers; kept by the caller, who alone knows how deep an item lies.
    pub depth: u32,
    /// Cells of one item's tables, empty ones within a row included. Where passages are handed on one by one
    /// ([`extract_each`]) nothing is held, and the item's own bytes, each once, are allowed beyond it: then it bounds what
    /// a small file may expand to.
    pub cells: u64,
    /// Pages of one document.
    pub pages: u32,
    /// Text of one item, bytes of UTF-8. Where passages are handed on one by one, four times the item's own bytes are
    /// allowed beyond it, as with `cells`.
    pub text_bytes: u64,
    /// Elements of one document nested in each other, or objects referring to each other.
    pub nesting: u32,
    /// Rows in one table passage; what follows comes as `continued`.
    pub passage_rows: u32,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            // A worker has 2 GiB; a table costs up to five times its file as cells.
            item_bytes: 256 << 20,
            // The largest dumps in one archive that leak sites have posted in single files are of this order.
            expanded_bytes: 64 << 30,
            expansion_ratio: 250,
            // A file server's share has a few hundred thousand files.
            members: 1_000_000,
            depth: 16,
            // 1,048,576 rows of twenty columns: a full Excel sheet of a patient administration system.
            cells: 24_000_000,
            pages: 20_000,
            text_bytes: 256 << 20,
            nesting: 256,
            passage_rows: 20_000,
        }
    }
}
