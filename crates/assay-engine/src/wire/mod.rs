//! The one schema of frames and segments: each table's columns, and the rows to and from values of the model.
//!
//! A worker is not trusted: [`Rows::from_batch`] checks names and types of columns, and every conversion to the model
//! checks its words, so that a worker taken over by its input can at worst lie about that input.

mod gateway;
mod item;
mod listed;
mod loose;
mod mention;
mod password;

pub use gateway::{gateway_session_rows, gateway_sessions_into, gateway_source_rows, gateway_sources_of};
pub use item::{item_rows, items_of};
pub use listed::{listed_of, listed_rows};
pub use loose::{loose_of, loose_rows};
pub use mention::{MentionRecord, mention_rows, mentions_of};
pub use password::{password_rows, passwords_of};

use arrow_array::builder::{Float64Builder, StringBuilder, UInt64Builder};
use arrow_array::{Array, ArrayRef, Float64Array, RecordBatch, StringArray, UInt64Array};
use arrow_ipc::reader::StreamReader;
use arrow_ipc::writer::StreamWriter;
use arrow_schema::{DataType, Field, Schema};
use std::sync::Arc;

/// The version of the schema; part of every fingerprint.
pub const SCHEMA_VERSION: &str = "assay.segment/6";

/// The tables of a segment.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum TableId {
    /// Items.
    Item,
    /// Mentions, without their findings.
    Mention,
    /// Findings, each naming its mention by item and ordinal.
    Finding,
    /// Files of the gateway's evidence: what was read of each.
    GatewaySource,
    /// Sessions in those files: stretches of them, and ordinary ones by user and address.
    GatewaySession,
    /// Passwords that stand in items.
    Password,
    /// Findings beside nobody that may harm all the same.
    Loose,
    /// Files that listings name.
    Listed,
}

impl TableId {
    /// Every table.
    pub const ALL: [Self; 8] = [
        Self::Item,
        Self::Mention,
        Self::Finding,
        Self::GatewaySource,
        Self::GatewaySession,
        Self::Password,
        Self::Loose,
        Self::Listed,
    ];

    /// The table's name in files and messages.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Item => "item",
            Self::Mention => "mention",
            Self::Finding => "finding",
            Self::GatewaySource => "gateway_source",
            Self::GatewaySession => "gateway_session",
            Self::Password => "password",
            Self::Loose => "loose",
            Self::Listed => "listed",
        }
    }

    /// The table's columns in order.
    pub fn columns(self) -> &'static [(&'static str, Kind)] {
        use Kind::{Number, Real, Text};
        match self {
            Self::Item => &[
                ("exhibit", Text),
                ("path", Text),
                ("bytes", Number),
                ("sha256", Text),
                ("media_type", Text),
                ("status", Text),
                ("category", Text),
                ("category_reasons", Text),
                ("controller_hints", Text),
                ("other_body", Text),
                ("oldest", Text),
                ("newest", Text),
                ("warnings", Text),
                ("wants", Text),
                ("opened_with", Text),
                ("words", Text),
                ("sketch", Text),
                ("message", Text),
                ("refers", Text),
            ],
            Self::Mention => &[
                ("exhibit", Text),
                ("path", Text),
                ("ordinal", Number),
                ("place", Text),
                ("part", Text),
                ("first", Number),
                ("last", Number),
                ("role", Text),
                ("role_reason", Text),
                ("recovery", Text),
            ],
            Self::Finding | Self::Loose => &[
                ("exhibit", Text),
                ("path", Text),
                ("ordinal", Number),
                ("place", Text),
                ("part", Text),
                ("first", Number),
                ("last", Number),
                ("detector", Text),
                ("element", Text),
                ("form", Text),
                ("value", Text),
                ("controller", Text),
                ("confidence", Real),
            ],
            Self::GatewaySource => &[
                ("exhibit", Text),
                ("path", Text),
                ("kind", Text),
                ("lines", Number),
                ("unparsed", Text),
                ("messages", Text),
                ("clock", Text),
                ("counters", Text),
                ("jumps", Text),
                ("failures", Text),
                ("traces", Text),
                ("builds", Text),
                ("vservers", Text),
                ("settings", Text),
            ],
            Self::GatewaySession => &[
                ("exhibit", Text),
                ("path", Text),
                ("form", Text),
                ("host", Text),
                ("session", Number),
                ("user", Text),
                ("facts", Text),
                ("agents", Text),
                ("uses", Text),
            ],
            Self::Listed => &[("exhibit", Text), ("path", Text), ("listed", Text), ("bytes", Text), ("sha256", Text)],
            Self::Password => &[
                ("exhibit", Text),
                ("path", Text),
                ("ordinal", Number),
                ("place", Text),
                ("part", Text),
                ("first", Number),
                ("last", Number),
                ("basis", Text),
                ("value", Text),
            ],
        }
    }

    /// The Arrow schema; no column is nullable, an absent value is an empty text.
    pub fn schema(self) -> Arc<Schema> {
        let field = |&(name, kind): &(&str, Kind)| Field::new(name, kind.data_type(), false);
        Arc::new(Schema::new(self.columns().iter().map(field).collect::<Vec<_>>()))
    }
}

/// What a column holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// UTF-8.
    Text,
    /// A whole number from 0.
    Number,
    /// A real number.
    Real,
}

impl Kind {
    fn data_type(self) -> DataType {
        match self {
            Self::Text => DataType::Utf8,
            Self::Number => DataType::UInt64,
            Self::Real => DataType::Float64,
        }
    }
}

/// Why rows were refused. Never carries a value.
#[derive(Debug, thiserror::Error)]
pub enum WireError {
    /// Rows or a batch do not have the table's columns.
    #[error("table {table}: columns differ from {SCHEMA_VERSION}")]
    Columns {
        /// The table.
        table: &'static str,
    },
    /// A word or number that the schema does not allow.
    #[error("table {table}, row {row}, column {column}: not an allowed value")]
    Value {
        /// The table.
        table: &'static str,
        /// The row, from 0.
        row: usize,
        /// The column.
        column: &'static str,
    },
    /// Arrow refused.
    #[error("table {table}: Arrow could not hold it")]
    Arrow {
        /// The table.
        table: &'static str,
        /// Why.
        #[source]
        source: arrow_schema::ArrowError,
    },
}

/// Makes a record batch: `write` puts each row's cells in the order of the table's columns.
fn batch<T>(
    table: TableId,
    rows: impl IntoIterator<Item = T>,
    write: impl Fn(&mut RowWriter, T),
) -> Result<RecordBatch, WireError> {
    let mut writer = RowWriter::new(table);
    rows.into_iter().for_each(|row| write(&mut writer, row));
    writer.finish()
}

/// A record batch in the making, cell by cell; a cell of the wrong kind or a row cut short shows at the end.
struct RowWriter {
    table: TableId,
    columns: Vec<Column>,
    next: usize,
    fits: bool,
}

enum Column {
    Text(StringBuilder),
    Number(UInt64Builder),
    Real(Float64Builder),
}

impl RowWriter {
    fn new(table: TableId) -> Self {
        let column = |(_, kind): &(&str, Kind)| match kind {
            Kind::Text => Column::Text(StringBuilder::new()),
            Kind::Number => Column::Number(UInt64Builder::new()),
            Kind::Real => Column::Real(Float64Builder::new()),
        };
        Self { table, columns: table.columns().iter().map(column).collect(), next: 0, fits: true }
    }

    fn text(&mut self, text: impl AsRef<str>) {
        match self.next() {
            Some(Column::Text(column)) => column.append_value(text),
            _ => self.fits = false,
        }
    }

    fn number(&mut self, number: u64) {
        match self.next() {
            Some(Column::Number(column)) => column.append_value(number),
            _ => self.fits = false,
        }
    }

    fn real(&mut self, real: f64) {
        match self.next() {
            Some(Column::Real(column)) => column.append_value(real),
            _ => self.fits = false,
        }
    }

    fn next(&mut self) -> Option<&mut Column> {
        let at = self.next;
        self.next = (at + 1) % self.columns.len();
        self.columns.get_mut(at)
    }

    fn finish(self) -> Result<RecordBatch, WireError> {
        let Self { table, columns, next, fits } = self;
        if !fits || next != 0 {
            return Err(WireError::Columns { table: table.as_str() });
        }
        let array = |column| -> ArrayRef {
            match column {
                Column::Text(mut texts) => Arc::new(texts.finish()),
                Column::Number(mut numbers) => Arc::new(numbers.finish()),
                Column::Real(mut reals) => Arc::new(reals.finish()),
            }
        };
        let arrays = columns.into_iter().map(array).collect();
        RecordBatch::try_new(table.schema(), arrays)
            .map_err(|source| WireError::Arrow { table: table.as_str(), source })
    }
}

/// A batch as a frame carries it: the table's number, then an Arrow stream.
pub fn rows_payload(table: TableId, batch: &RecordBatch) -> Result<Vec<u8>, WireError> {
    let fail = |source| WireError::Arrow { table: table.as_str(), source };
    let number = TableId::ALL.iter().position(|known| *known == table).unwrap_or_default();
    let mut payload = vec![u8::try_from(number).unwrap_or_default()];
    let mut writer = StreamWriter::try_new(&mut payload, &batch.schema()).map_err(fail)?;
    writer.write(batch).and_then(|()| writer.finish()).map_err(fail)?;
    drop(writer);
    Ok(payload)
}

/// Reads what [`rows_payload`] wrote: one batch of a known table. Its columns are still to be checked.
pub fn payload_rows(payload: &[u8]) -> Result<(TableId, RecordBatch), WireError> {
    let none = WireError::Columns { table: "frame" };
    let Some((number, stream)) = payload.split_first() else { return Err(none) };
    let Some(&table) = TableId::ALL.get(usize::from(*number)) else { return Err(none) };
    let fail = |source| WireError::Arrow { table: table.as_str(), source };
    let mut reader = StreamReader::try_new(stream, None).map_err(fail)?;
    let batch = reader.next().ok_or(WireError::Columns { table: table.as_str() })?.map_err(fail)?;
    Ok((table, batch))
}

/// A checked batch, read by row and column name.
pub struct Rows<'a> {
    table: TableId,
    batch: &'a RecordBatch,
}

impl<'a> Rows<'a> {
    /// Takes a batch that has exactly the table's columns and no null.
    pub fn from_batch(table: TableId, batch: &'a RecordBatch) -> Result<Self, WireError> {
        let same = batch
            .schema()
            .fields()
            .iter()
            .map(|f| (f.name().as_str(), f.data_type().clone()))
            .eq(table.columns().iter().map(|(name, kind)| (*name, kind.data_type())));
        if !same || batch.columns().iter().any(|column| column.null_count() > 0) {
            return Err(WireError::Columns { table: table.as_str() });
        }
        Ok(Self { table, batch })
    }

    /// How many rows.
    pub fn len(&self) -> usize {
        self.batch.num_rows()
    }

    /// True where there is none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    fn array<T: 'static>(&self, column: &'static str) -> Result<&'a T, WireError> {
        // The columns are the table's, in its order.
        let at = self.table.columns().iter().position(|(name, _)| *name == column);
        let array = at.and_then(|at| self.batch.columns().get(at)?.as_any().downcast_ref());
        array.ok_or(WireError::Columns { table: self.table.as_str() })
    }

    fn texts(&self, column: &'static str) -> Result<Texts<'a>, WireError> {
        self.array(column).map(Texts)
    }

    fn numbers(&self, column: &'static str) -> Result<Numbers<'a>, WireError> {
        self.array(column).map(Numbers)
    }

    fn reals(&self, column: &'static str) -> Result<Reals<'a>, WireError> {
        self.array(column).map(Reals)
    }

    fn text(&self, row: usize, column: &'static str) -> Result<&'a str, WireError> {
        let array: &StringArray = self.array(column)?;
        if row < array.len() { Ok(array.value(row)) } else { Err(self.refuse(row, column)) }
    }

    fn number(&self, row: usize, column: &'static str) -> Result<u64, WireError> {
        let array: &UInt64Array = self.array(column)?;
        if row < array.len() { Ok(array.value(row)) } else { Err(self.refuse(row, column)) }
    }

    fn refuse(&self, row: usize, column: &'static str) -> WireError {
        WireError::Value { table: self.table.as_str(), row, column }
    }
}

/// A column of texts, found once for all rows. No row lies outside of its batch.
struct Texts<'a>(&'a StringArray);

impl<'a> Texts<'a> {
    fn get(&self, row: usize) -> &'a str {
        if row < self.0.len() { self.0.value(row) } else { "" }
    }
}

/// A column of numbers, likewise.
struct Numbers<'a>(&'a UInt64Array);

impl Numbers<'_> {
    fn get(&self, row: usize) -> u64 {
        self.0.values().get(row).copied().unwrap_or_default()
    }
}

/// A column of real numbers, likewise.
struct Reals<'a>(&'a Float64Array);

impl Reals<'_> {
    fn get(&self, row: usize) -> f64 {
        self.0.values().get(row).copied().unwrap_or(f64::NAN)
    }
}
