//! Archives of documents: the same bytes for the same members, with fixed times.

use crate::{CorpusError, document::Document};
use flate2::{Compression, GzBuilder};
use std::io::{Cursor, Write};
use zip::{CompressionMethod, DateTime, ZipWriter, write::SimpleFileOptions};

/// A zip of named bytes. Times are those of no clock: the first day that the format knows.
pub(crate) fn zip_bytes<'a>(members: impl Iterator<Item = (&'a str, &'a [u8])>) -> Result<Vec<u8>, CorpusError> {
    let options = SimpleFileOptions::default()
        .compression_method(CompressionMethod::Deflated)
        .last_modified_time(DateTime::default())
        .unix_permissions(0o644);
    let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
    for (name, bytes) in members {
        writer.start_file(name, options)?;
        writer.write_all(bytes)?;
    }
    Ok(writer.finish()?.into_inner())
}

/// A zip of documents.
pub(crate) fn zip(members: &[Document]) -> Result<Vec<u8>, CorpusError> {
    zip_bytes(members.iter().map(|member| (member.name.as_str(), member.bytes.as_slice())))
}

/// A tar in gzip of documents.
pub(crate) fn tar_gz(members: &[Document]) -> Result<Vec<u8>, CorpusError> {
    let mut tar = tar::Builder::new(Vec::new());
    for member in members {
        let mut header = tar::Header::new_gnu();
        header.set_size(member.bytes.len() as u64);
        header.set_mode(0o644);
        header.set_mtime(0);
        tar.append_data(&mut header, &member.name, member.bytes.as_slice())?;
    }
    gz(&tar.into_inner()?)
}

/// A document in gzip, with its name in the header.
pub(crate) fn gz_of(member: &Document) -> Result<Vec<u8>, CorpusError> {
    let builder = GzBuilder::new().mtime(0).filename(member.name.as_bytes());
    let mut writer = builder.write(Vec::new(), Compression::default());
    writer.write_all(&member.bytes)?;
    Ok(writer.finish()?)
}

/// Bytes in gzip, without name and time.
pub(crate) fn gz(bytes: &[u8]) -> Result<Vec<u8>, CorpusError> {
    let mut writer = GzBuilder::new().mtime(0).write(Vec::new(), Compression::default());
    writer.write_all(bytes)?;
    Ok(writer.finish()?)
}
