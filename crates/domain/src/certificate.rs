//! When an X.509 certificate ends: the one field of it that is shown, read without a parser of all the rest.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use crate::time::Timestamp;

/// The end of validity of the first certificate in a PEM file, which is the server's own; `None` where it cannot be
/// read.
pub fn ends(pem: &str) -> Option<Timestamp> {
    let body = pem.split_once("-----BEGIN CERTIFICATE-----")?.1.split_once("-----END CERTIFICATE-----")?.0;
    let base64: String = body.chars().filter(|it| !it.is_whitespace()).collect();
    not_after(&STANDARD.decode(base64).ok()?)
}

/// DER tags.
const SEQUENCE: u8 = 0x30;
const VERSION: u8 = 0xa0;
const UTC_TIME: u8 = 0x17;
const GENERALIZED_TIME: u8 = 0x18;

/// RFC 5280, section 4.1: Certificate { tbsCertificate { [0] version, serialNumber, signature, issuer, validity {
/// notBefore, notAfter }, … }, … }.
fn not_after(der: &[u8]) -> Option<Timestamp> {
    let (_, certificate, _) = element(der)?;
    let (_, mut tbs, _) = element(certificate)?;
    if *tbs.first()? == VERSION {
        tbs = element(tbs)?.2;
    }
    for _ in ["serialNumber", "signature", "issuer"] {
        tbs = element(tbs)?.2;
    }
    let (tag, validity, _) = element(tbs)?;
    let (_, _, rest) = element(validity).filter(|_| tag == SEQUENCE)?;
    let (tag, time, _) = element(rest)?;
    let text = std::str::from_utf8(time).ok().filter(|it| it.is_ascii())?;
    // RFC 5280, section 4.1.2.5: UTCTime is YYMMDDHHMMSSZ, of 1950 to 2049; GeneralizedTime is YYYYMMDDHHMMSSZ.
    let text = match tag {
        UTC_TIME if text.as_bytes().first()? >= &b'5' => format!("19{text}"),
        UTC_TIME => format!("20{text}"),
        GENERALIZED_TIME => text.to_owned(),
        _ => return None,
    };
    let part = |from: usize, to: usize| text.get(from..to);
    format!(
        "{}-{}-{}T{}:{}:{}Z",
        part(0, 4)?,
        part(4, 6)?,
        part(6, 8)?,
        part(8, 10)?,
        part(10, 12)?,
        part(12, 14)?
    )
    .parse()
    .ok()
}

/// The first element of DER: its tag, its content, and what follows.
fn element(der: &[u8]) -> Option<(u8, &[u8], &[u8])> {
    let [tag, length, rest @ ..] = der else { return None };
    let (length, rest) = if *length < 0x80 {
        (usize::from(*length), rest)
    } else {
        let digits = usize::from(length & 0x7f);
        let (number, rest) = rest.split_at_checked(digits).filter(|_| digits <= 4)?;
        (number.iter().fold(0, |length, byte| length << 8 | usize::from(*byte)), rest)
    };
    let (content, rest) = rest.split_at_checked(length)?;
    Some((*tag, content, rest))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const PEM: &str = include_str!("../tests/fixtures/certificate.pem");

    #[test]
    fn a_certificates_end_is_read() {
        assert_eq!(ends(PEM), "2036-11-20T00:09:07Z".parse().ok());
        assert_eq!(ends("no certificate"), None);
    }

    proptest! {
        #[test]
        fn no_bytes_are_too_odd(bytes in prop::collection::vec(any::<u8>(), 0..80), cut in 0..700_usize) {
            let _ = not_after(&bytes);
            if let Ok(whole) = STANDARD.decode(PEM.lines().filter(|it| !it.starts_with("---")).collect::<String>()) {
                let _ = not_after(&whole[..cut.min(whole.len())]);
            }
        }
    }
}
