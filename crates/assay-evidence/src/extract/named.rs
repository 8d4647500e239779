//! Kinds of file that are told by their beginnings and not read: what each is, and what can be done about it, in words for
//! the report. Looked through after all formats that are read.

use super::databases;
use super::registry::{Format, Reader, Signature, row};
use Reader::Named;
use Signature::Magic;
use assay_model::UnreadReason::{Encrypted, Unsupported};

const DISK: &str =
    "an image of a disk: mount it read-only beside the exhibit and add its files as an exhibit of their own";
const LOCKED: &str = "an encrypted volume: open it with its key, and add its files as an exhibit of their own";
const PICTURE: &str = "a picture of a kind that is not decoded: turn it into PNG or TIFF and add the result";
const SOUND: &str = "sound or film: it is not listened to or looked at";
const NO_TEXT: &str = "no text about people is expected in this kind of file";
const ARCHIVE: &str =
    "an archive of an old kind: unpack it beside the exhibit and add its files as an exhibit of their own";
const DATABASE: &str =
    "files of a database server: restore them with the server, and add what it exports as an exhibit";

const fn named(at: usize, magic: &'static [u8], media_type: &'static str, words: &'static str) -> Format {
    row(Magic(at, magic), media_type, Named(Unsupported, words))
}

const fn locked(at: usize, magic: &'static [u8], media_type: &'static str, words: &'static str) -> Format {
    row(Magic(at, magic), media_type, Named(Encrypted, words))
}

#[rustfmt::skip]
pub(super) static NAMED: &[Format] = &[
    // Volumes behind a key; before the disks that they lie in.
    locked(0, b"LUKS\xba\xbe", "application/x-luks", LOCKED),
    locked(3, b"-FVE-FS-", "application/x-bitlocker", LOCKED),
    locked(0, b"Salted__", "application/x-openssl-encrypted", "encrypted with OpenSSL: decrypt it beside the exhibit and add the result"),
    locked(0, b"-----BEGIN PGP MESSAGE", "application/pgp-encrypted", "encrypted with PGP: decrypt it beside the exhibit and add the result"),
    locked(0, b"age-encryption.org/v1", "application/x-age", "encrypted with age: decrypt it beside the exhibit and add the result"),
    locked(0, b"\x03\xd9\xa2\x9a", "application/x-keepass", "a store of passwords: who holds its key should know that it is out"),
    locked(0, b"encrdsa", "application/x-apple-encrypted-disk", LOCKED),
    locked(0, b"AES\x02", "application/x-aescrypt", "encrypted with AES Crypt: decrypt it beside the exhibit and add the result"),
    // Images of disks.
    named(0, b"vhdxfile", "application/x-vhdx", DISK),
    named(0, b"conectix", "application/x-vhd", DISK),
    named(0, b"KDMV", "application/x-vmdk", DISK),
    named(0, b"COWD", "application/x-vmdk", DISK),
    named(0, b"QFI\xfb", "application/x-qcow2", DISK),
    named(0x40, b"\x7f\x10\xda\xbe", "application/x-virtualbox-vdi", DISK),
    named(0, b"EVF\x09\r\n\xff\0", "application/x-ewf", DISK),
    named(0, b"EVF2\r\n\x81\0", "application/x-ewf", DISK),
    named(0, b"# Disk DescriptorFile", "application/x-vmdk", DISK),
    named(0, b"LVF\x09\x0d\x0a\xff\0", "application/x-ewf", DISK),
    named(0, b"AFF10\x0d\x0a\0", "application/x-aff", DISK),
    named(0, b"MSWIM\0\0\0", "application/x-ms-wim", DISK),
    named(0, b"hsqs", "application/x-squashfs", DISK),
    named(3, b"NTFS    ", "application/x-raw-disk-image", DISK),
    named(512, b"EFI PART", "application/x-raw-disk-image", DISK),
    named(1080, b"\x53\xef", "application/x-ext-image", DISK),
    named(32769, b"BEA01", "application/x-udf-image", DISK),
    row(Signature::Head(|head| head.first.get(510..512) == Some(b"\x55\xaa") && partitioned(&head.first)), "application/x-raw-disk-image", Named(Unsupported, DISK)),
    row(Signature::Head(|head| head.first.get(510..512) == Some(b"\x55\xaa") && head.first.get(54..57) == Some(b"FAT")), "application/x-raw-disk-image", Named(Unsupported, DISK)),
    row(Signature::Head(|head| head.first.get(510..512) == Some(b"\x55\xaa") && head.first.get(82..85) == Some(b"FAT")), "application/x-raw-disk-image", Named(Unsupported, DISK)),
    // Backups and databases.
    named(0, b"TAPE\0\0", "application/x-ms-backup", "a backup of SQL Server or Windows (MTF): restore it on a server apart and export its tables"),
    named(0, b"MSSQLBAK", "application/x-ms-backup", "a compressed backup of SQL Server: restore it on a server apart and export its tables"),
    named(0, b"PGDMP", "application/x-postgresql-dump", "a PostgreSQL dump in custom form: turn it into SQL with pg_restore -f"),
    named(0, b"\x03\0\x01EXPORT:V", "application/x-oracle-dump", "an export of Oracle: import it into a server apart and export its tables"),
    named(0, b"\x03\0\x1fEXPORT:V", "application/x-oracle-dump", "an export of Oracle: import it into a server apart and export its tables"),
    named(0, b"Obj\x01", "application/vnd.apache.avro", "an Avro file: turn it into CSV or JSON"),
    named(0, b"ORC\x0a", "application/vnd.apache.orc", "an ORC file: turn it into CSV or Parquet"),
    named(0, b"ARROW1\0\0", "application/vnd.apache.arrow.file", "an Arrow file: turn it into CSV or Parquet"),
    named(0, b"FEA1", "application/vnd.apache.arrow.file", "a Feather file: turn it into CSV or Parquet"),
    named(0, b"\x89HDF\r\n\x1a\n", "application/x-hdf5", "an HDF5 file: export its tables"),
    named(4, b"\xef\xcd\xab\x89", "application/x-ese-database", "an ESE database (Exchange, Active Directory or Windows): open it with the server that it is of"),
    named(14, b"HBAM", "application/x-filemaker", "a FileMaker database: export its tables from FileMaker"),
    named(0, b"\xfe\x01\x09", "application/x-mysql-table-definition", "the definition of a MySQL table (FRM): ask for the rows beside it (IBD, MYD) or a dump"),
    named(0, b"\xfe\x01\x0a", "application/x-mysql-table-definition", "the definition of a MySQL table (FRM): ask for the rows beside it (IBD, MYD) or a dump"),
    named(0, b"\xfe\xfe\x07\x01", "application/x-mysql-misam", "the index of a MySQL table (MYI): ask for a dump"),
    named(0, b"\0\0\0\0\0\0\0\0\0\0\0\0\xc2\xea\x81\x60\xb3\x14\x11\xcf\xbd\x92\x08\0\x09\xc7\x31\x8c\x18\x1f\x10\x11", "application/x-sas-data", "a SAS table: turn it into CSV"),
    named(0, b"$FL2@(#)", "application/x-spss-sav", "an SPSS table: turn it into CSV"),
    named(0, b"$FL3@(#)", "application/x-spss-sav", "an SPSS table: turn it into CSV"),
    named(0, b"<stata_dta>", "application/x-stata-dta", "a Stata table: turn it into CSV"),
    named(0, b"RDX2\n", "application/x-r-data", "data of R: turn it into CSV"),
    named(0, b"RDX3\n", "application/x-r-data", "data of R: turn it into CSV"),
    row(Signature::Head(databases::is_mdf), "application/x-mssql-mdf", Named(Unsupported, "a data file of SQL Server (MDF): attach it on a server apart and export its tables")),
    row(Signature::Head(databases::is_ldf), "application/x-mssql-ldf", Named(Unsupported, "a log file of SQL Server (LDF): ask for the data file that it belongs to")),
    row(Signature::Head(databases::is_ibd), "application/x-mysql-innodb", Named(Unsupported, "a table space of MySQL (InnoDB): import it on a server apart and dump its tables")),
    row(Signature::Head(databases::is_firebird), "application/x-firebird", Named(Unsupported, "a Firebird or InterBase database: open it on a server apart and export its tables")),
    named(0, b"\xfe\x62\x69\x6e", "application/x-mysql-binlog", DATABASE),
    named(0, b"regf", "application/x-windows-registry", NO_TEXT),
    named(0, b"ElfFile\0", "application/x-windows-event-log", "an event log of Windows: export it as text and add the result"),
    named(12, b"\x62\x31\x05\0", "application/x-berkeley-db", DATABASE),
    named(12, b"\x61\x15\x06\0", "application/x-berkeley-db", DATABASE),
    named(0, b"CDF\x01", "application/x-netcdf", NO_TEXT),
    named(0, b"CDF\x02", "application/x-netcdf", NO_TEXT),
    named(0, b"GRIB", "application/x-grib", NO_TEXT),
    // Archives that are rare by now.
    named(7, b"**ACE**", "application/x-ace", ARCHIVE),
    named(0, b"StuffIt", "application/x-stuffit", ARCHIVE),
    named(0, b"SIT!", "application/x-stuffit", ARCHIVE),
    named(0, b"ZOO ", "application/x-zoo", ARCHIVE),
    named(0, b"xar!", "application/x-xar", ARCHIVE),
    named(0, b"LZIP", "application/x-lzip", ARCHIVE),
    named(0, b"\x89LZO\0\r\n\x1a\n", "application/x-lzop", ARCHIVE),
    named(0, b"\xed\xab\xee\xdb", "application/x-rpm", NO_TEXT),
    named(0, b"\xca\xfe\xd0\x0d", "application/x-java-pack200", NO_TEXT),
    named(0, b"ITSF\x03", "application/vnd.ms-htmlhelp", "a book of Windows help: no text about people is expected in it"),
    named(0, b"\x3f\x5f\x03\0", "application/winhlp", NO_TEXT),
    named(0, b"bplist", "application/x-bplist", "a property list of Apple: turn it into XML and add the result"),
    // Sound and film without labels that are read.
    named(0, b"\x1aE\xdf\xa3", "video/x-matroska", SOUND),
    named(0, b"\x30\x26\xb2\x75\x8e\x66\xcf\x11", "video/x-ms-asf", SOUND),
    named(0, b"FLV\x01", "video/x-flv", SOUND),
    named(0, b"#!AMR", "audio/amr", SOUND),
    named(0, b"MThd", "audio/midi", SOUND),
    named(0, b".snd", "audio/basic", SOUND),
    named(0, b"\0\0\x01\xba", "video/mpeg", SOUND),
    named(0, b"\0\0\x01\xb3", "video/mpeg", SOUND),
    named(0, b"\x0b\x77", "audio/ac3", SOUND),
    named(0, b"\xff\xf1", "audio/aac", SOUND),
    named(0, b"\xff\xf9", "audio/aac", SOUND),
    named(0, b"FORM", "audio/x-aiff", SOUND),
    // Pictures beyond those that are decoded.
    named(0, b"\0\0\x01\0", "image/x-icon", NO_TEXT),
    named(0, b"8BPS", "image/vnd.adobe.photoshop", PICTURE),
    named(0, b"\xff\x0a", "image/jxl", PICTURE),
    named(0, b"\0\0\0\x0cJXL \r\n\x87\n", "image/jxl", PICTURE),
    named(0, b"II\xbc", "image/jxr", PICTURE),
    named(0, b"II+\0", "image/tiff", PICTURE),
    named(0, b"MM\0+", "image/tiff", PICTURE),
    named(0, b"\x8aMNG\r\n\x1a\n", "video/x-mng", PICTURE),
    named(0, b"\x8bJNG\r\n\x1a\n", "image/x-jng", PICTURE),
    named(0, b"qoif", "image/qoi", PICTURE),
    named(0, b"\x0a\x05\x01\x01", "image/vnd.zbrush.pcx", PICTURE),
    named(0, b"\x0a\x05\x01\x02", "image/vnd.zbrush.pcx", PICTURE),
    named(0, b"\x0a\x05\x01\x04", "image/vnd.zbrush.pcx", PICTURE),
    named(0, b"\x0a\x05\x01\x08", "image/vnd.zbrush.pcx", PICTURE),
    named(0, b"P7\n", "image/x-portable-arbitrarymap", PICTURE),
    named(0, b"#?RADIANCE\n", "image/vnd.radiance", PICTURE),
    named(0, b"\x01\xda\x01", "image/x-sgi", PICTURE),
    named(0, b"\x59\xa6\x6a\x95", "image/x-sun-raster", PICTURE),
    named(0, b"FUJIFILMCCD-RAW ", "image/x-fuji-raf", PICTURE),
    named(0, b"IIRO", "image/x-olympus-orf", PICTURE),
    named(0, b"IIRS", "image/x-olympus-orf", PICTURE),
    named(0, b"IIU\0", "image/x-panasonic-rw2", PICTURE),
    named(6, b"HEAPCCDR", "image/x-canon-crw", PICTURE),
    named(0, b"\0MRM", "image/x-minolta-mrw", PICTURE),
    named(0, b"DDS ", "image/vnd.ms-dds", NO_TEXT),
    named(0, b"icns", "image/icns", NO_TEXT),
    named(0, b"\0\0\x02\0", "image/x-cursor", NO_TEXT),
    named(0, b"\x01\0\x09\0\0\x03", "image/wmf", PICTURE),
    named(0, b"AT&TFORM", "image/vnd.djvu", PICTURE),
    named(0, b"\xd7\xcd\xc6\x9a", "image/wmf", PICTURE),
    named(40, b" EMF", "image/emf", PICTURE),
    named(0, b"FPX", "image/vnd.fpx", PICTURE),
    named(0, b"\x76\x2f\x31\x01", "image/x-exr", PICTURE),
    named(0, b"BPG\xfb", "image/x-bpg", PICTURE),
    named(0, b"gimp xcf", "image/x-xcf", PICTURE),
    named(0, b"SIMPLE  =", "application/fits", NO_TEXT),
    named(0, b"DCX", "image/x-dcx", PICTURE),
    named(0, b"\xb1\x68\xde\x3a", "image/x-dcx", PICTURE),
    named(0, b"AC10", "image/vnd.dwg", "a drawing of AutoCAD: the words in it are not read"),
    named(0, b"(DWF V", "model/vnd.dwf", "a drawing of AutoCAD: the words in it are not read"),
    // Programs, fonts, keys, traces of networks.
    named(0, b"\x7fELF", "application/x-elf", NO_TEXT),
    named(0, b"\xca\xfe\xba\xbe", "application/java-vm", NO_TEXT),
    named(0, b"\xcf\xfa\xed\xfe", "application/x-mach-o", NO_TEXT),
    named(0, b"\xce\xfa\xed\xfe", "application/x-mach-o", NO_TEXT),
    named(0, b"dex\n", "application/x-dex", NO_TEXT),
    named(0, b"\0asm", "application/wasm", NO_TEXT),
    named(0, b"BC\xc0\xde", "application/x-llvm", NO_TEXT),
    named(0, b"CWS", "application/x-shockwave-flash", NO_TEXT),
    named(0, b"FWS", "application/x-shockwave-flash", NO_TEXT),
    named(0, b"ZWS", "application/x-shockwave-flash", NO_TEXT),
    named(0, b"\0\x01\0\0\0", "font/ttf", NO_TEXT),
    named(0, b"OTTO", "font/otf", NO_TEXT),
    named(0, b"ttcf", "font/collection", NO_TEXT),
    named(0, b"wOFF", "font/woff", NO_TEXT),
    named(0, b"wOF2", "font/woff2", NO_TEXT),
    named(0, b"\x80\x01", "application/x-font-type1", NO_TEXT),
    named(0, b"\xfe\xed\xfe\xed", "application/x-java-keystore", "a store of keys: who uses them should know that they are out"),
    named(0, b"\xce\xce\xce\xce", "application/x-java-keystore", "a store of keys: who uses them should know that they are out"),
    named(0, b"\xd4\xc3\xb2\xa1", "application/vnd.tcpdump.pcap", "a trace of a network: its contents are not read"),
    named(0, b"\xa1\xb2\xc3\xd4", "application/vnd.tcpdump.pcap", "a trace of a network: its contents are not read"),
    named(0, b"\x0a\x0d\x0d\x0a", "application/x-pcapng", "a trace of a network: its contents are not read"),
    named(0, b"L\0\0\0\x01\x14\x02\0", "application/x-ms-shortcut", NO_TEXT),
    named(0, b"\x89PNG", "image/png", PICTURE),
];

/// Whether the first sector lists partitions: kinds that there are, and flags that are on or off.
fn partitioned(first: &[u8]) -> bool {
    let entries = first.get(446..510).unwrap_or_default();
    entries.chunks(16).all(|entry| matches!(entry.first(), Some(0 | 0x80)))
        && entries
            .chunks(16)
            .any(|entry| entry.get(4).is_some_and(|kind| *kind != 0) && entry.get(12..16) != Some(&[0; 4]))
}
