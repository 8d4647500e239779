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

/// One cell of a row.
#[derive(Clone, Debug, PartialEq)]
pub enum Datum {
    /// Of a text column.
    Text(String),
    /// Of a number column.
    Number(u64),
    /// Of a real column.
    Real(f64),
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

/// Makes a record batch of rows; each row has the table's columns in order.
pub fn batch(table: TableId, rows: &[Vec<Datum>]) -> Result<RecordBatch, WireError> {
    let columns = table.columns();
    let mismatch = || WireError::Columns { table: table.as_str() };
    if rows.iter().any(|row| row.len() != columns.len()) {
        return Err(mismatch());
    }
    let arrays = columns.iter().enumerate().map(|(n, (_, kind))| column(rows, n, *kind).ok_or_else(mismatch));
    let arrays = arrays.collect::<Result<Vec<ArrayRef>, _>>()?;
    RecordBatch::try_new(table.schema(), arrays).map_err(|source| WireError::Arrow { table: table.as_str(), source })
}

/// Column `n` of the rows as an array; none where a cell is of another kind.
fn column(rows: &[Vec<Datum>], n: usize, kind: Kind) -> Option<ArrayRef> {
    let cells = rows.iter().map(|row| row.get(n));
    Some(match kind {
        Kind::Text => {
            let mut texts = StringBuilder::new();
            for cell in cells {
                let Some(Datum::Text(text)) = cell else { return None };
                texts.append_value(text);
            }
            Arc::new(texts.finish())
        }
        Kind::Number => {
            let mut numbers = UInt64Builder::new();
            for cell in cells {
                let Some(Datum::Number(number)) = cell else { return None };
                numbers.append_value(*number);
            }
            Arc::new(numbers.finish())
        }
        Kind::Real => {
            let mut reals = Float64Builder::new();
            for cell in cells {
                let Some(Datum::Real(real)) = cell else { return None };
                reals.append_value(*real);
            }
            Arc::new(reals.finish())
        }
    })
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
        let array = self.batch.column_by_name(column).and_then(|array| array.as_any().downcast_ref());
        array.ok_or(WireError::Columns { table: self.table.as_str() })
    }

    fn text(&self, row: usize, column: &'static str) -> Result<&'a str, WireError> {
        let array: &StringArray = self.array(column)?;
        if row < array.len() { Ok(array.value(row)) } else { Err(self.refuse(row, column)) }
    }

    fn number(&self, row: usize, column: &'static str) -> Result<u64, WireError> {
        let array: &UInt64Array = self.array(column)?;
        if row < array.len() { Ok(array.value(row)) } else { Err(self.refuse(row, column)) }
    }

    fn real(&self, row: usize, column: &'static str) -> Result<f64, WireError> {
        let array: &Float64Array = self.array(column)?;
        if row < array.len() { Ok(array.value(row)) } else { Err(self.refuse(row, column)) }
    }

    fn refuse(&self, row: usize, column: &'static str) -> WireError {
        WireError::Value { table: self.table.as_str(), row, column }
    }
}
