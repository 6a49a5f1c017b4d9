//! X.509 certificates and private keys in PEM, as far as a person needs to judge them: whose, until when, for which
//! hosts, and whether a key belongs to a certificate. Signatures and chains are not checked: that is for whoever serves.

use base64::{Engine, engine::general_purpose::STANDARD};

use crate::time::Timestamp;

/// What a certificate says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Certificate {
    /// As in `CN=rootcause.example.com, O=Example`.
    pub subject: String,
    pub issuer: String,
    pub not_before: Timestamp,
    pub not_after: Timestamp,
    /// DNS names and IP addresses that it is for.
    pub hosts: Vec<String>,
    /// What tells one key pair from another: an RSA modulus or the point of an elliptic curve.
    key: Vec<u8>,
}

/// What a private key in PEM says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PrivateKey {
    /// The part that its certificate has, too; `None` for kinds that do not carry it, such as most Ed25519 keys.
    Plain(Option<Vec<u8>>),
    /// A server that reads it from a secret cannot use it.
    Encrypted,
}

/// One block of a PEM text: its label, such as `CERTIFICATE`, and its bytes.
struct Block<'a> {
    label: &'a str,
    der: Vec<u8>,
}

/// All blocks of a PEM text; what is between them is left out, and so is what is no base64.
fn blocks(text: &str) -> Vec<Block<'_>> {
    let mut blocks = Vec::new();
    let mut rest = text;
    while let Some((_, after)) = rest.split_once("-----BEGIN ") {
        let Some((label, body)) = after.split_once("-----") else { break };
        let Some((body, after)) = body.split_once(&format!("-----END {label}-----")) else { break };
        // Old encrypted keys have header lines with a colon, which leave no base64 behind.
        let base64: String = body.split_whitespace().collect();
        if let Ok(der) = STANDARD.decode(base64) {
            blocks.push(Block { label, der });
        } else {
            blocks.push(Block { label, der: Vec::new() });
        }
        rest = after;
    }
    blocks
}

/// The certificates of a PEM text, the first one first; blocks that cannot be read are left out.
pub fn read_pem(text: &str) -> Vec<Certificate> {
    let of = blocks(text);
    of.iter().filter(|it| it.label == "CERTIFICATE").filter_map(|it| Certificate::read(&it.der)).collect()
}

/// The first private key of a PEM text; `None` where there is none.
pub fn read_key(text: &str) -> Option<PrivateKey> {
    let of = blocks(text);
    let block = of.iter().find(|it| it.label.ends_with("PRIVATE KEY"))?;
    if block.label.starts_with("ENCRYPTED") || text.contains("Proc-Type: 4,ENCRYPTED") {
        return Some(PrivateKey::Encrypted);
    }
    let mut outer = Reader(&block.der);
    let public = match block.label {
        "RSA PRIVATE KEY" => outer.sequence().and_then(rsa_modulus),
        "EC PRIVATE KEY" => outer.sequence().and_then(curve_point),
        _ => outer.sequence().and_then(pkcs8),
    };
    Some(PrivateKey::Plain(public))
}

impl Certificate {
    fn read(der: &[u8]) -> Option<Self> {
        let mut signed = Reader(der).sequence()?.sequence()?;
        // The version, absent in version 1.
        signed.optional(0xa0);
        signed.take(INTEGER)?;
        signed.take(SEQUENCE)?;
        let issuer = name(signed.sequence()?);
        let mut validity = signed.sequence()?;
        let (not_before, not_after) = (validity.time()?, validity.time()?);
        let subject = name(signed.sequence()?);
        let key = public_key(signed.sequence()?)?;
        // Unique identifiers of version 2, which nobody writes.
        signed.optional(0x81);
        signed.optional(0x82);
        let hosts = signed.optional(0xa3).and_then(|it| hosts(Reader(it))).unwrap_or_default();
        Some(Self { subject, issuer, not_before, not_after, hosts, key })
    }

    /// Whether `key` belongs to it; `None` where the key does not tell.
    pub fn belongs_to(&self, key: &PrivateKey) -> Option<bool> {
        match key {
            PrivateKey::Plain(Some(public)) => Some(*public == self.key),
            PrivateKey::Plain(None) | PrivateKey::Encrypted => None,
        }
    }

    /// Whether it is for this host, by its names or by a wildcard of one label.
    pub fn covers(&self, host: &str) -> bool {
        let host = host.to_lowercase();
        self.hosts.iter().any(|known| {
            let known = known.to_lowercase();
            match known.strip_prefix("*.") {
                Some(domain) => {
                    host.split_once('.').is_some_and(|(label, rest)| !label.is_empty() && rest == domain)
                }
                None => known == host,
            }
        })
    }
}

const INTEGER: u8 = 0x02;
const BIT_STRING: u8 = 0x03;
const OCTET_STRING: u8 = 0x04;
const OBJECT_ID: u8 = 0x06;
const SEQUENCE: u8 = 0x30;
const SET: u8 = 0x31;

/// DER values one after another ([X.690], section 10): each is a tag, a length and that many bytes.
///
/// [X.690]: https://www.itu.int/rec/T-REC-X.690
#[derive(Clone, Copy)]
struct Reader<'a>(&'a [u8]);

impl<'a> Reader<'a> {
    /// The next value, whatever it is.
    fn next(&mut self) -> Option<(u8, &'a [u8])> {
        let (&tag, rest) = self.0.split_first()?;
        let (&first, mut rest) = rest.split_first()?;
        let mut length = usize::from(first);
        if first & 0x80 != 0 {
            let count = usize::from(first & 0x7f);
            // Four bytes of length are 4 GiB; none is a length that DER does not allow.
            if count == 0 || count > 4 || count > rest.len() {
                return None;
            }
            let (bytes, after) = rest.split_at(count);
            length = bytes.iter().fold(0, |length, &byte| length << 8 | usize::from(byte));
            rest = after;
        }
        let (content, rest) = rest.split_at_checked(length)?;
        self.0 = rest;
        Some((tag, content))
    }

    /// The next value, if it has this tag.
    fn take(&mut self, tag: u8) -> Option<&'a [u8]> {
        let before = self.0;
        match self.next() {
            Some((found, content)) if found == tag => Some(content),
            _ => {
                self.0 = before;
                None
            }
        }
    }

    /// As [`Reader::take`], where the value may be missing.
    fn optional(&mut self, tag: u8) -> Option<&'a [u8]> {
        self.take(tag)
    }

    fn sequence(&mut self) -> Option<Reader<'a>> {
        self.take(SEQUENCE).map(Reader)
    }

    /// A bit string of whole bytes.
    fn bits(&mut self) -> Option<&'a [u8]> {
        self.take(BIT_STRING)?.strip_prefix(&[0])
    }

    /// `UTCTime` (years 1950 to 2049) or `GeneralizedTime`, always in UTC in a certificate (RFC 5280, 4.1.2.5).
    fn time(&mut self) -> Option<Timestamp> {
        let (tag, content) = self.next()?;
        let text = std::str::from_utf8(content).ok()?.strip_suffix('Z')?;
        let text = match tag {
            0x17 => format!("{}{text}", if text.get(..2)? < "50" { "20" } else { "19" }),
            0x18 => text.to_owned(),
            _ => return None,
        };
        let part = |from: usize, to: usize| text.get(from..to);
        let (date, time) =
            ((part(0, 4)?, part(4, 6)?, part(6, 8)?), (part(8, 10)?, part(10, 12)?, part(12, 14)?));
        format!("{}-{}-{}T{}:{}:{}Z", date.0, date.1, date.2, time.0, time.1, time.2).parse().ok()
    }
}

/// What attributes of a name are called (RFC 4514), by their object identifiers in DER.
const ATTRIBUTES: [(&[u8], &str); 7] = [
    (&[0x55, 4, 3], "CN"),
    (&[0x55, 4, 10], "O"),
    (&[0x55, 4, 11], "OU"),
    (&[0x55, 4, 6], "C"),
    (&[0x55, 4, 7], "L"),
    (&[0x55, 4, 8], "ST"),
    (&[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 9, 1], "email"),
];

/// A distinguished name in words; attributes without a short name are left out.
fn name(mut of: Reader<'_>) -> String {
    let mut parts = Vec::new();
    while let Some(set) = of.take(SET) {
        let mut set = Reader(set);
        while let Some(mut attribute) = set.sequence() {
            let (Some(id), Some((tag, value))) = (attribute.take(OBJECT_ID), attribute.next()) else {
                continue;
            };
            if let Some((_, known)) = ATTRIBUTES.iter().find(|(known, _)| *known == id) {
                parts.push(format!("{known}={}", words(tag, value)));
            }
        }
    }
    parts.join(", ")
}

/// A string of whatever kind; `BMPString` is UTF-16, the others are UTF-8 or a part of it.
fn words(tag: u8, value: &[u8]) -> String {
    if tag == 0x1e {
        let units: Vec<u16> = value.chunks_exact(2).map(|it| u16::from_be_bytes([it[0], it[1]])).collect();
        String::from_utf16_lossy(&units)
    } else {
        String::from_utf8_lossy(value).into_owned()
    }
}

/// The alternative names of a certificate's extensions.
fn hosts(mut explicit: Reader<'_>) -> Option<Vec<String>> {
    let mut extensions = explicit.sequence()?;
    while let Some(mut extension) = extensions.sequence() {
        let id = extension.take(OBJECT_ID)?;
        extension.optional(0x01);
        let value = extension.take(OCTET_STRING)?;
        if id != [0x55, 0x1d, 0x11] {
            continue;
        }
        let mut names = Reader(value).sequence()?;
        let mut hosts = Vec::new();
        while let Some((tag, value)) = names.next() {
            match (tag, value) {
                (0x82, name) => hosts.push(String::from_utf8_lossy(name).into_owned()),
                (0x87, &[a, b, c, d]) => hosts.push(format!("{a}.{b}.{c}.{d}")),
                (0x87, address) => hosts.extend(
                    <[u8; 16]>::try_from(address).ok().map(|it| std::net::Ipv6Addr::from(it).to_string()),
                ),
                _ => {}
            }
        }
        return Some(hosts);
    }
    None
}

/// The telling part of a `SubjectPublicKeyInfo`.
fn public_key(mut info: Reader<'_>) -> Option<Vec<u8>> {
    info.take(SEQUENCE)?;
    let bits = info.bits()?;
    let modulus = Reader(bits).sequence().and_then(|mut it| it.take(INTEGER));
    Some(modulus.map_or_else(|| bits.to_vec(), positive))
}

/// An integer without the zero byte that keeps it positive.
fn positive(integer: &[u8]) -> Vec<u8> {
    integer.strip_prefix(&[0]).unwrap_or(integer).to_vec()
}

/// PKCS #1: version, modulus, …
fn rsa_modulus(mut key: Reader<'_>) -> Option<Vec<u8>> {
    key.take(INTEGER)?;
    key.take(INTEGER).map(positive)
}

/// SEC 1: version, private key, parameters, public key.
fn curve_point(mut key: Reader<'_>) -> Option<Vec<u8>> {
    key.take(INTEGER)?;
    key.take(OCTET_STRING)?;
    key.optional(0xa0);
    Reader(key.optional(0xa1)?).bits().map(<[u8]>::to_vec)
}

/// PKCS #8: version, algorithm, the key in its own form.
fn pkcs8(mut key: Reader<'_>) -> Option<Vec<u8>> {
    key.take(INTEGER)?;
    key.take(SEQUENCE)?;
    let own = Reader(key.take(OCTET_STRING)?).sequence()?;
    curve_point(own).or_else(|| rsa_modulus(own))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Self-signed; the keys protect nothing.
    const RSA: &str = include_str!("testdata/rsa.crt");
    const RSA_KEY: &str = include_str!("testdata/rsa.key");
    const RSA_KEY_OLD: &str = include_str!("testdata/rsa-pkcs1.key");
    const EC: &str = include_str!("testdata/ec.crt");
    const EC_KEY: &str = include_str!("testdata/ec.key");
    const EC_KEY_OLD: &str = include_str!("testdata/ec-sec1.key");
    const ED: &str = include_str!("testdata/ed25519.crt");
    const ED_KEY: &str = include_str!("testdata/ed25519.key");
    const ENCRYPTED: &str = include_str!("testdata/encrypted.key");

    fn one(pem: &str) -> Certificate {
        let [certificate] = <[_; 1]>::try_from(read_pem(pem)).unwrap();
        certificate
    }

    #[test]
    fn a_certificate_tells_whose_it_is_and_until_when() {
        let rsa = one(RSA);
        assert_eq!(rsa.subject, "C=NL, O=Example Ünlimited, CN=rootcause.example.com");
        assert_eq!(rsa.issuer, rsa.subject);
        assert_eq!(rsa.not_before.to_string(), "2026-01-01T00:00:00Z");
        assert_eq!(rsa.not_after.to_string(), "2027-01-01T00:00:00Z");
        assert_eq!(rsa.hosts, ["rootcause.example.com", "*.apps.example.com", "10.0.0.7", "2001:db8::1"]);
        assert_eq!(one(EC).not_after.to_string(), "2060-01-01T00:00:00Z");
        assert_eq!(one(ED).hosts, Vec::<String>::new());
        assert_eq!(read_pem(&format!("{RSA}\nnoise\n{EC}")).len(), 2);
    }

    #[test]
    fn a_key_belongs_to_its_own_certificate() {
        let check = |certificate: &str, key: &str, expect: Option<bool>| {
            assert_eq!(one(certificate).belongs_to(&read_key(key).unwrap()), expect);
        };
        for key in [RSA_KEY, RSA_KEY_OLD] {
            check(RSA, key, Some(true));
            check(EC, key, Some(false));
        }
        for key in [EC_KEY, EC_KEY_OLD] {
            check(EC, key, Some(true));
            check(RSA, key, Some(false));
        }
        check(ED, ED_KEY, None);
        assert_eq!(read_key(ENCRYPTED), Some(PrivateKey::Encrypted));
        assert_eq!(read_key(RSA), None);
    }

    #[test]
    fn hosts_are_covered_by_name_or_by_one_wildcard() {
        let check = |host: &str, expect: bool| assert_eq!(one(RSA).covers(host), expect, "{host}");
        check("RootCause.example.com", true);
        check("a.apps.example.com", true);
        check("a.b.apps.example.com", false);
        check("apps.example.com", false);
        check("10.0.0.7", true);
        check("example.com", false);
    }

    #[test]
    fn what_is_cut_off_is_no_certificate() {
        let der = blocks(RSA).remove(0).der;
        for end in 0..der.len() {
            assert_eq!(Certificate::read(&der[..end]), None);
        }
        assert!(read_pem(&RSA[..RSA.len() / 2]).is_empty());
    }

    proptest! {
        #[test]
        fn any_bytes_are_read_without_panic(at in 0..1000_usize, byte in any::<u8>()) {
            for pem in [RSA, EC, RSA_KEY, EC_KEY] {
                let mut der = blocks(pem).remove(0).der;
                let at = at % der.len();
                der[at] = byte;
                Certificate::read(&der);
                pkcs8(Reader(&der));
            }
        }
    }
}
