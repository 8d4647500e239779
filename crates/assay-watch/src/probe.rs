//! One request, and what came of it. The certificate is taken as it is shown: whether a browser would trust it is not decided.

use crate::certificate::{Certificate, read};
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::{CryptoProvider, ring, verify_tls12_signature, verify_tls13_signature};
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::{ClientConfig, ClientConnection, DigitallySignedStruct, SignatureScheme, StreamOwned};
use std::io::{self, ErrorKind, Read, Write};
use std::net::{TcpStream, ToSocketAddrs};
use std::sync::Arc;
use std::time::Duration;

/// How long an answer may take.
const PATIENCE: Duration = Duration::from_secs(20);

/// A page of a host.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Target {
    is_tls: bool,
    host: String,
    port: u16,
    path: String,
}

/// What was seen.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Seen {
    /// Something that speaks HTTP answered.
    pub(crate) answers: bool,
    /// The status, or why there is none.
    pub(crate) detail: String,
    /// The certificate shown, even where nothing answered after it.
    pub(crate) certificate: Option<Certificate>,
}

impl Seen {
    /// True where an observation should be recorded: it answers or not, another status, another certificate.
    pub(crate) fn differs(&self, other: &Self) -> bool {
        self.answers != other.answers
            || self.detail != other.detail
            || other.certificate.is_some() && self.certificate != other.certificate
    }
}

impl Target {
    /// `https://host[:port][/path]`, or `http://`.
    pub(crate) fn parse(url: &str) -> Option<Self> {
        let (is_tls, rest) = match url.split_once("://")? {
            ("https", rest) => (true, rest),
            ("http", rest) => (false, rest),
            _ => return None,
        };
        let (authority, path) =
            rest.split_once('/').map_or((rest, "/".to_owned()), |(host, path)| (host, format!("/{path}")));
        let after_bracket = authority.rfind(']').map_or(0, |at| at + 1);
        let (host, port) = match authority.get(after_bracket..)?.rfind(':').map(|at| after_bracket + at) {
            Some(at) => (authority.get(..at)?, authority.get(at + 1..)?.parse().ok()?),
            None => (authority, if is_tls { 443 } else { 80 }),
        };
        let is_plain = |text: &str| !text.is_empty() && text.chars().all(|c| c.is_ascii_graphic() && c != '@');
        (is_plain(host) && is_plain(&path)).then(|| Self { is_tls, host: host.to_owned(), port, path })
    }

    pub(crate) fn host(&self) -> &str {
        &self.host
    }

    /// Asks once.
    pub(crate) fn ask(&self) -> Seen {
        let mut seen = Seen::default();
        match self.request(&mut seen) {
            Ok(status) => (seen.answers, seen.detail) = (true, status),
            Err(why) => seen.detail = why,
        }
        seen
    }

    fn request(&self, seen: &mut Seen) -> Result<String, String> {
        let bare = self.host.trim_start_matches('[').trim_end_matches(']');
        let mut addresses = (bare, self.port).to_socket_addrs().map_err(|_| "the name does not resolve".to_owned())?;
        let address = addresses.next().ok_or("the name does not resolve")?;
        let stream = TcpStream::connect_timeout(&address, PATIENCE).map_err(|error| why(&error))?;
        stream
            .set_read_timeout(Some(PATIENCE))
            .and_then(|()| stream.set_write_timeout(Some(PATIENCE)))
            .map_err(|e| why(&e))?;
        if !self.is_tls {
            return self.status(stream);
        }
        let name = ServerName::try_from(bare.to_owned()).map_err(|_| "the host is no name for TLS".to_owned())?;
        let verifier = Arc::new(AsShown(ring::default_provider()));
        let config = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_safe_default_protocol_versions()
            .map_err(|_| "TLS cannot be set up".to_owned())?
            .dangerous()
            .with_custom_certificate_verifier(verifier)
            .with_no_client_auth();
        let connection =
            ClientConnection::new(Arc::new(config), name).map_err(|_| "TLS cannot be set up".to_owned())?;
        let mut stream = StreamOwned::new(connection, stream);
        let shaken = stream.conn.complete_io(&mut stream.sock);
        seen.certificate = stream.conn.peer_certificates().and_then(|shown| read(shown.first()?));
        shaken.map_err(|error| format!("no TLS connection: {}", why(&error)))?;
        self.status(stream)
    }

    /// The status of the answer; of the rest nothing is read.
    fn status(&self, mut stream: impl Read + Write) -> Result<String, String> {
        let host = if matches!((self.is_tls, self.port), (true, 443) | (false, 80)) {
            self.host.clone()
        } else {
            format!("{}:{}", self.host, self.port)
        };
        let request = format!(
            "GET {} HTTP/1.1\r\nHost: {host}\r\nUser-Agent: assay-watch\r\nAccept: */*\r\nConnection: close\r\n\r\n",
            self.path
        );
        stream.write_all(request.as_bytes()).and_then(|()| stream.flush()).map_err(|error| why(&error))?;
        let mut head = Vec::new();
        let mut bytes = [0; 256];
        while head.len() < 64 && !head.contains(&b'\n') {
            match stream.read(&mut bytes) {
                Ok(0) => break,
                Ok(read) => head.extend_from_slice(bytes.get(..read).unwrap_or_default()),
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) => return Err(why(&error)),
            }
        }
        let text = String::from_utf8_lossy(&head);
        let mut words = text.split_ascii_whitespace();
        let is_http = words.next().is_some_and(|word| word.starts_with("HTTP/"));
        let status = words.next().filter(|word| is_http && word.len() == 3 && word.bytes().all(|b| b.is_ascii_digit()));
        status.map(|status| format!("HTTP {status}")).ok_or_else(|| match head.is_empty() {
            true => "connected, and nothing was answered".to_owned(),
            false => "what answered does not speak HTTP".to_owned(),
        })
    }
}

/// Why, in words that are the same whenever the cause is.
fn why(error: &io::Error) -> String {
    match error.kind() {
        ErrorKind::ConnectionRefused => "connection refused",
        ErrorKind::TimedOut | ErrorKind::WouldBlock => "timed out",
        ErrorKind::ConnectionReset | ErrorKind::BrokenPipe | ErrorKind::ConnectionAborted => "connection broken off",
        ErrorKind::UnexpectedEof => "connection closed before an answer",
        ErrorKind::HostUnreachable | ErrorKind::NetworkUnreachable => "no route from here",
        ErrorKind::InvalidData => "the other side broke the protocol",
        _ => "failed",
    }
    .to_owned()
}

/// Takes any certificate, but only from who holds its key.
#[derive(Debug)]
struct AsShown(CryptoProvider);

impl ServerCertVerifier for AsShown {
    fn verify_server_cert(
        &self,
        _shown: &CertificateDer<'_>,
        _chain: &[CertificateDer<'_>],
        _name: &ServerName<'_>,
        _ocsp: &[u8],
        _now: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        shown: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        verify_tls12_signature(message, shown, signed, &self.0.signature_verification_algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        shown: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        verify_tls13_signature(message, shown, signed, &self.0.signature_verification_algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.0.signature_verification_algorithms.supported_schemes()
    }
}

#[cfg(test)]
mod tests {
    use super::{Seen, Target};

    #[test]
    fn a_page_is_read_off_its_url() {
        let check = |url: &str| Target::parse(url).map(|t| format!("{} {} {} {}", t.is_tls, t.host, t.port, t.path));
        assert_eq!(check("https://gw.example").as_deref(), Some("true gw.example 443 /"));
        assert_eq!(
            check("https://gw.example:8443/vpn/index.html").as_deref(),
            Some("true gw.example 8443 /vpn/index.html")
        );
        assert_eq!(check("http://[2001:db8::1]:81/").as_deref(), Some("false [2001:db8::1] 81 /"));
        for bad in [
            "gw.example",
            "ftp://gw.example/",
            "https://",
            "https://u:p@gw.example/",
            "https://gw.example/a b",
            "https://gw:port/",
        ] {
            assert_eq!(check(bad), None, "{bad}");
        }
    }

    #[test]
    fn a_certificate_that_could_not_be_seen_is_no_change() {
        let seen = |answers, certificate: Option<&str>| Seen {
            answers,
            detail: "x".into(),
            certificate: certificate
                .map(|sha256| crate::certificate::Certificate { sha256: sha256.into(), ..Default::default() }),
        };
        assert!(seen(true, Some("a")).differs(&seen(true, Some("b"))));
        assert!(!seen(true, Some("a")).differs(&seen(true, None)));
        assert!(seen(true, None).differs(&seen(false, None)));
    }
}
