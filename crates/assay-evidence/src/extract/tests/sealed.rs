//! Office and OpenDocument packages behind a password; sealed here, step by step as the specifications say.

use super::{msg, odf, office, printed, printed_with, zipped};
use crate::extract::{Limits, Reading};
use aes::cipher::{BlockCipherEncrypt, KeyInit};
use assay_model::Sensitive;
use sha1::Sha1;
use sha2::{Digest, Sha256, Sha512};
use std::io::Read;

const PASSWORD: &str = "winter-7";

fn sealed(key: &[u8], start: Option<&[u8]>, plain: &[u8]) -> Vec<u8> {
    let mut before: [u8; 16] = start.map_or([0; 16], |start| start.try_into().unwrap());
    let mut out = Vec::new();
    for chunk in plain.chunks(16) {
        let mut bytes = [0_u8; 16];
        bytes[..chunk.len()].copy_from_slice(chunk);
        if start.is_some() {
            bytes.iter_mut().zip(before).for_each(|(byte, with)| *byte ^= with);
        }
        let mut block = aes::Block::from(bytes);
        match key.len() {
            16 => aes::Aes128::new_from_slice(key).unwrap().encrypt_block(&mut block),
            _ => aes::Aes256::new_from_slice(key).unwrap().encrypt_block(&mut block),
        }
        before = block.into();
        out.extend_from_slice(&before);
    }
    out
}

fn base64(bytes: &[u8]) -> String {
    const LETTERS: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut out = String::new();
    for chunk in bytes.chunks(3) {
        let held = chunk.iter().fold(0_u32, |held, byte| held << 8 | u32::from(*byte)) << (8 * (3 - chunk.len()));
        for place in 0..4 {
            let letter = LETTERS[(held >> (18 - 6 * place) & 63) as usize];
            out.push(if place <= chunk.len() { char::from(letter) } else { '=' });
        }
    }
    out
}

fn wide(text: &str) -> Vec<u8> {
    text.encode_utf16().flat_map(u16::to_le_bytes).collect()
}

/// A package sealed in the agile scheme.
pub(super) fn agile(package: &[u8], password: &str) -> Vec<u8> {
    const ROUNDS: u32 = 10;
    let hash = |pieces: &[&[u8]]| Sha512::digest(pieces.concat()).to_vec();
    let (salt, data_salt, key) = ([7_u8; 16], [9_u8; 16], [5_u8; 32]);
    let mut spun = hash(&[&salt, &wide(password)]);
    for round in 0..ROUNDS {
        spun = hash(&[&round.to_le_bytes(), &spun]);
    }
    let seal = |block: [u8; 8], plain: &[u8]| sealed(&hash(&[&spun, &block])[..32], Some(&salt), plain);
    let input = [3_u8; 16];
    let info = format!(
        "<encryption><keyData saltSize=\"16\" blockSize=\"16\" keyBits=\"256\" hashSize=\"64\" cipherAlgorithm=\"AES\" cipherChaining=\"ChainingModeCBC\" \
         hashAlgorithm=\"SHA512\" saltValue=\"{}\"/><keyEncryptors><keyEncryptor><p:encryptedKey spinCount=\"{ROUNDS}\" saltSize=\"16\" blockSize=\"16\" \
         keyBits=\"256\" hashSize=\"64\" cipherAlgorithm=\"AES\" cipherChaining=\"ChainingModeCBC\" hashAlgorithm=\"SHA512\" saltValue=\"{}\" \
         encryptedVerifierHashInput=\"{}\" encryptedVerifierHashValue=\"{}\" encryptedKeyValue=\"{}\"/></keyEncryptor></keyEncryptors></encryption>",
        base64(&data_salt),
        base64(&salt),
        base64(&seal([0xfe, 0xa7, 0xd2, 0x76, 0x3b, 0x4b, 0x9e, 0x79], &input)),
        base64(&seal([0xd7, 0xaa, 0x0f, 0x6d, 0x30, 0x61, 0x34, 0x4e], &hash(&[&input]))),
        base64(&seal([0x14, 0x6e, 0x0b, 0xe7, 0xab, 0xac, 0xd0, 0xd6], &key)),
    );
    let mut body = (package.len() as u64).to_le_bytes().to_vec();
    for (number, segment) in (0_u32..).zip(package.chunks(4096)) {
        body.extend(sealed(&key, Some(&hash(&[&data_salt, &number.to_le_bytes()])[..16]), segment));
    }
    let info = [&[4, 0, 4, 0, 0x40, 0, 0, 0][..], info.as_bytes()].concat();
    msg::compound(&[(0, "EncryptionInfo", Some(&info)), (0, "EncryptedPackage", Some(&body))])
}

/// A package sealed in the scheme of Office 2007.
fn standard(package: &[u8], password: &str) -> Vec<u8> {
    let hash = |pieces: &[&[u8]]| Sha1::digest(pieces.concat()).to_vec();
    let salt = [7_u8; 16];
    let mut spun = hash(&[&salt, &wide(password)]);
    for round in 0..50_000_u32 {
        spun = hash(&[&round.to_le_bytes(), &spun]);
    }
    let last = hash(&[&spun, &0_u32.to_le_bytes()]);
    let mut block = [0x36_u8; 64];
    block.iter_mut().zip(&last).for_each(|(byte, with)| *byte ^= with);
    let key = &hash(&[&block])[..16];
    let verifier = [3_u8; 16];
    let mut info = vec![4, 0, 2, 0, 0x24, 0, 0, 0];
    let header: Vec<u8> =
        [0x24_u32, 0, 0x660e, 0x8004, 128, 0x18, 0, 0].iter().flat_map(|long| long.to_le_bytes()).collect();
    info.extend((header.len() as u32).to_le_bytes());
    info.extend(header);
    info.extend(16_u32.to_le_bytes());
    info.extend(salt);
    info.extend(sealed(key, None, &verifier));
    info.extend(20_u32.to_le_bytes());
    info.extend(sealed(key, None, &hash(&[&verifier])));
    let body = [(package.len() as u64).to_le_bytes().to_vec(), sealed(key, None, package)].concat();
    msg::compound(&[(0, "EncryptionInfo", Some(&info)), (0, "EncryptedPackage", Some(&body))])
}

/// A text whose parts are sealed.
pub(super) fn text() -> Vec<u8> {
    let (salt, start) = ([7_u8; 16], [9_u8; 16]);
    let mut key = [0_u8; 32];
    pbkdf2::pbkdf2_hmac::<Sha1>(&Sha256::digest(PASSWORD), &salt, 10, &mut key);
    let mut entries = String::new();
    let mut seal = |name: &str, plain: &[u8]| {
        let mut packed = Vec::new();
        flate2::bufread::DeflateEncoder::new(plain, flate2::Compression::fast()).read_to_end(&mut packed).unwrap();
        entries.push_str(&format!(
            "<file-entry full-path=\"{name}\" size=\"{}\"><encryption-data checksum-type=\"x#sha256-1k\" checksum=\"{}\"><algorithm algorithm-name=\"x#aes256-cbc\" \
             initialisation-vector=\"{}\"/><key-derivation key-derivation-name=\"PBKDF2\" key-size=\"32\" iteration-count=\"10\" salt=\"{}\"/>\
             <start-key-generation start-key-generation-name=\"x#sha256\"/></encryption-data></file-entry>",
            plain.len(),
            base64(&Sha256::digest(&packed[..packed.len().min(1024)])),
            base64(&start),
            base64(&salt),
        ));
        let fill = 16 - packed.len() % 16;
        packed.resize(packed.len() + fill, fill as u8);
        sealed(&key, Some(&start), &packed)
    };
    let content = seal("content.xml", b"<o><body><text:p>Dear Ann Stone</text:p></body></o>");
    let picture = seal("Pictures/a.png", b"pixels");
    let manifest = format!("<manifest>{entries}</manifest>");
    zipped(&[
        ("mimetype", b"application/vnd.oasis.opendocument.text"),
        ("content.xml", &content),
        ("Pictures/a.png", &picture),
        ("META-INF/manifest.xml", manifest.as_bytes()),
    ])
}

fn with_passwords(bytes: &[u8], passwords: &[&str]) -> String {
    let passwords: Vec<Sensitive<String>> =
        passwords.iter().map(|password| Sensitive::new((*password).to_owned())).collect();
    let limits = Limits::default();
    printed_with(bytes, "x", &Reading { passwords: &passwords, ..Reading::within(&limits) })
}

#[test]
fn a_package_behind_a_password_is_read_as_what_it_is() {
    let inside = office::docx();
    let plain = printed(&inside, "x", &Limits::default());
    for file in [agile(&inside, PASSWORD), standard(&inside, PASSWORD)] {
        let refused = with_passwords(&file, &["summer"]);
        assert_eq!(refused.trim(), "unread encrypted application/x-ole-encrypted");
        let got = with_passwords(&file, &["summer", PASSWORD]);
        let (first, rest) = plain.split_once('\n').unwrap();
        assert_eq!(got, format!("{first}\n! was encrypted; opened with a password that was given for it\n{rest}"));
    }
}

#[test]
fn the_password_of_excel_itself_needs_no_giving() {
    let got = with_passwords(&agile(&office::xlsx(), "VelvetSweatshop"), &[]);
    assert!(got.contains("! was encrypted with the password that Excel itself uses"), "{got}");
    assert!(got.contains("4 - | Ann Stone | n9990000018"), "{got}");
}

#[test]
fn a_text_whose_parts_are_sealed_is_opened_with_its_password() {
    let file = text();
    assert!(with_passwords(&file, &["summer"]).starts_with("unread encrypted application/vnd.oasis.opendocument.text"));
    let got = with_passwords(&file, &["summer", PASSWORD]);
    assert!(got.contains("1 Dear Ann Stone"), "{got}");
    assert!(got.contains("> Pictures/a.png"), "{got}");
    assert!(got.contains(": pixels"), "{got}");
}

#[test]
fn a_text_with_what_is_rare_gives_it_as_hidden() {
    super::check(
        &odf::rare_odt(),
        "x",
        "read application/vnd.oasis.opendocument.text
         = [properties]
         1 title: Letter
         2 author: Dr Brown
         3 Ward: Seven
         = [body]
         1 Dear Ann
         = [body] (hidden)
         1 Dear Ann and Bo
         = [body] (hidden)
         2 not shown
         # [table 1]
         1 Name | -
         2 - | 9990000018
         = [object 1]
         1 Visits
         = [form]
         1 Stone
         = [description] (hidden)
         1 Ann at home
         = [macro] (hidden)
         1 Sub Main
         = [link] (hidden)
         1 mailto:ann@example.org
         > Object 2 3: ole",
    );
}

#[test]
fn a_document_of_one_file_gives_its_pictures() {
    super::check(
        odf::FLAT.as_bytes(),
        "x.xml",
        "read application/vnd.oasis.opendocument.text-flat-xml
         = [properties]
         1 title: Letter
         = [body]
         1 Dear Ann
         > picture 1 3: abc",
    );
}
