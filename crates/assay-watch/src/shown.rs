//! Against a TLS server on this machine: certificates are recorded as they are shown, whoever vouches for them, but only from
//! who holds their key.

use crate::probe::{Seen, Target};
use crate::record;
use ring::rand::SystemRandom;
use ring::signature::{ECDSA_P256_SHA256_ASN1_SIGNING, EcdsaKeyPair, KeyPair};
use rustls::crypto::ring::{default_provider, sign::any_supported_type};
use rustls::pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer};
use rustls::server::{ClientHello, ResolvesServerCert};
use rustls::sign::CertifiedKey;
use rustls::{ServerConfig, ServerConnection, StreamOwned};
use sha2::{Digest, Sha256};
use std::io::{Read, Write};
use std::net::TcpListener;
use std::sync::Arc;

/// A new key in PKCS #8.
fn key() -> Vec<u8> {
    EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_ASN1_SIGNING, &SystemRandom::new()).unwrap().as_ref().to_vec()
}

/// A value of DER, its length at the shortest.
fn der(tag: u8, parts: &[&[u8]]) -> Vec<u8> {
    let content = parts.concat();
    let length = match content.len() {
        length @ 0..0x80 => vec![length as u8],
        length @ 0x80..0x100 => vec![0x81, length as u8],
        length => vec![0x82, (length >> 8) as u8, length as u8],
    };
    [&[tag], length.as_slice(), &content].concat()
}

/// A certificate of a key, signed by itself (RFC 5280; ECDSA of P-256 with SHA-256, RFC 5758).
fn certificate(key: &[u8], subject: &str, from: &str, to: &str) -> CertificateDer<'static> {
    let random = SystemRandom::new();
    let pair = EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_ASN1_SIGNING, key, &random).unwrap();
    let common_name = |text: &str| {
        let pair = der(0x30, &[&[6, 3, 0x55, 4, 3], &der(0x0c, &[text.as_bytes()])]);
        der(0x30, &[&der(0x31, &[&pair])])
    };
    let algorithm = der(0x30, &[&[6, 8, 0x2a, 0x86, 0x48, 0xce, 0x3d, 4, 3, 2]]);
    let of_key =
        der(0x30, &[&[6, 7, 0x2a, 0x86, 0x48, 0xce, 0x3d, 2, 1], &[6, 8, 0x2a, 0x86, 0x48, 0xce, 0x3d, 3, 1, 7]]);
    let bits = |bytes: &[u8]| der(3, &[&[0], bytes]);
    let inner = der(
        0x30,
        &[
            &[0xa0, 3, 2, 1, 2],
            &[2, 1, 7],
            &algorithm,
            &common_name("Nobody's Authority"),
            &der(0x30, &[&der(0x17, &[from.as_bytes()]), &der(0x17, &[to.as_bytes()])]),
            &common_name(subject),
            &der(0x30, &[&of_key, &bits(pair.public_key().as_ref())]),
        ],
    );
    let signature = pair.sign(&random, &inner).unwrap();
    der(0x30, &[&inner, &algorithm, &bits(signature.as_ref())]).into()
}

/// Shows one certificate, whether or not the key belongs to it.
#[derive(Debug)]
struct Shows(Arc<CertifiedKey>);

impl ResolvesServerCert for Shows {
    fn resolve(&self, _hello: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        Some(Arc::clone(&self.0))
    }
}

/// What the watch sees of a server that shows `certificate` and holds `key`.
fn seen(certificate: CertificateDer<'static>, key: &[u8]) -> Seen {
    let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(key.to_vec()));
    let shows = Shows(Arc::new(CertifiedKey::new(vec![certificate], any_supported_type(&key).unwrap())));
    let config = ServerConfig::builder_with_provider(Arc::new(default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_cert_resolver(Arc::new(shows));
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("https://{}/vpn/index.html", listener.local_addr().unwrap());
    let server = std::thread::spawn(move || {
        let (stream, _) = listener.accept().unwrap();
        let mut stream = StreamOwned::new(ServerConnection::new(Arc::new(config)).unwrap(), stream);
        let mut bytes = [0; 512];
        // A client that does not believe us goes away here.
        let Ok(read) = stream.read(&mut bytes) else { return String::new() };
        stream.write_all(b"HTTP/1.1 302 Found\r\n\r\n").unwrap();
        stream.conn.send_close_notify();
        stream.flush().unwrap();
        String::from_utf8_lossy(&bytes[..read]).into_owned()
    });
    let seen = Target::parse(&url).unwrap().ask();
    let asked = server.join().unwrap();
    assert_eq!(asked.starts_with("GET /vpn/index.html HTTP/1.1\r\n"), seen.answers, "{asked}");
    seen
}

#[test]
fn a_certificate_that_expired_and_that_nobody_vouches_for_is_an_observation_and_no_error() {
    let key = key();
    let expired = certificate(&key, "gw.example", "200131000000Z", "210131235959Z");
    let fingerprint: String = Sha256::digest(&expired).iter().map(|byte| format!("{byte:02x}")).collect();
    let before = seen(expired, &key);
    assert_eq!((before.answers, before.detail.as_str()), (true, "HTTP 302"));
    let time = "2024-11-28T10:15:00Z".parse().unwrap();
    let record: serde_json::Value = serde_json::from_str(&record::line("gw.example", time, &before, None)).unwrap();
    assert_eq!(
        record["certificate"],
        serde_json::json!({
            "sha256": fingerprint,
            "subject": "gw.example",
            "issuer": "Nobody's Authority",
            "valid_from": "2020-01-31T00:00:00Z",
            "valid_to": "2021-01-31T23:59:59Z",
        })
    );
    assert_eq!((&record["state"], &record["grade"]), (&"answering".into(), &"A1".into()));

    // Renewed: recorded as a change of the certificate.
    let renewed = seen(certificate(&key, "gw.example", "240131000000Z", "490131235959Z"), &key);
    assert!(before.differs(&renewed));
    let record: serde_json::Value =
        serde_json::from_str(&record::line("gw.example", time, &renewed, Some(&before))).unwrap();
    assert_eq!(
        (&record["changed"], &record["certificate"]["valid_to"]),
        (&"certificate".into(), &"2049-01-31T23:59:59Z".into())
    );
}

#[test]
fn a_certificate_without_its_key_is_not_taken() {
    let shown = certificate(&key(), "gw.example", "240131000000Z", "490131235959Z");
    let seen = seen(shown, &key());
    assert_eq!((seen.answers, seen.detail.as_str()), (false, "no TLS connection: the other side broke the protocol"));
}
