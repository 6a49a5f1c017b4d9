//! Texts: of logs, of fields, of files that people paste.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use kube_web::wire::lines::LineSplitter;
use kube_web::{LONGEST_LINE, LogLine};
use rootcause_domain::helm::manifest;
use rootcause_domain::logs::ansi::{plain, styled};
use rootcause_domain::logs::buffer::Buffer;
use rootcause_domain::logs::pattern::Pattern;
use rootcause_domain::logs::record::{expanded, record};
use rootcause_domain::logs::resume::{Moment, Resume};
use rootcause_domain::logs::view::{Filter, View};
use rootcause_domain::pointer::Pointer;
use rootcause_domain::quantity::Quantity;
use rootcause_domain::redact::redact;
use rootcause_domain::route::Place;
use rootcause_domain::secrets::{certificate as pem, kinds, value};
use rootcause_domain::time::Timestamp;
use rootcause_domain::users;
use rootcause_domain::{ago, backup::schedule, token as jwt, version};

fn now() -> Timestamp {
    Timestamp::from_second(1_800_000_000).unwrap_or(Timestamp::UNIX_EPOCH)
}

/// What containers write, in pieces that end anywhere; the first line is also what is looked for.
pub fn log(data: &[u8]) {
    let mut splitter = LineSplitter::new(LONGEST_LINE);
    let mut lines: Vec<Vec<u8>> = data.chunks(13).flat_map(|piece| splitter.push(piece)).collect();
    lines.extend(splitter.finish());
    let mut buffer = Buffer::new(4096);
    let mut resume = Resume::default();
    let pattern = lines.first().and_then(|it| Pattern::expression(&String::from_utf8_lossy(it)).ok());
    for (index, line) in lines.into_iter().enumerate() {
        let line = LogLine(line);
        let (at, text) = match line.timestamp() {
            Some((time, rest)) => (Moment::parse(time), rest),
            None => (None, line.text()),
        };
        if index % 5 == 4 {
            resume.reopen();
        }
        let _ = (resume.accept(at), resume.since());
        buffer.push((index % 3) as u16, at, &text);
        let shown = styled(&text);
        assert_eq!(shown.text, plain(&text));
        assert!(!shown.text.chars().any(char::is_control), "{:?}", shown.text);
        for (range, _) in &shown.styles {
            assert!(shown.text.get(range.clone()).is_some_and(|it| !it.is_empty()));
        }
        let _ = (record(&text).map(|it| it.line()), expanded(&text));
        for found in pattern.iter().flat_map(|it| it.find_all(&shown.text)) {
            assert!(shown.text.get(found).is_some());
        }
    }
    buffer.merge();
    assert!(buffer.bytes() <= 4096);
    for wrap in [None, Some(7)] {
        let mut view = View::default();
        view.show(Filter { pattern: pattern.clone(), fields: true, wrap, ..Filter::default() });
        while view.advance(&buffer, 5) {}
        for row in view.rows(&buffer, view.first_row()..view.end_row()) {
            let ranges = row.styles.iter().map(|(range, _)| range).chain(&row.found);
            assert!(ranges.into_iter().all(|range| row.text.get(range.clone()).is_some()), "{row:?}");
        }
    }
}

/// Quantities: what is read is written exactly and read back.
pub fn quantity(data: &[u8]) {
    for text in String::from_utf8_lossy(data).split([',', '\n']) {
        let Ok(quantity) = text.parse::<Quantity>() else { continue };
        let _ = (
            quantity.cores(),
            quantity.bytes(),
            quantity.times(u32::MAX),
            quantity - Quantity::units(i64::MAX),
        );
        assert_eq!(quantity.decimal().parse(), Ok(quantity), "{text}");
        assert_eq!(quantity.binary().parse(), Ok(quantity), "{text}");
    }
}

/// Certificates and keys: as PEM, and the bytes as the DER in one. Values of secrets are shown by the same code.
pub fn certificate(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    let mut certificates = pem::read_pem(&text);
    let mut keys = vec![pem::read_key(&text)];
    let base64 = STANDARD.encode(data);
    for label in ["CERTIFICATE", "PRIVATE KEY", "RSA PRIVATE KEY", "EC PRIVATE KEY"] {
        let wrapped = format!("-----BEGIN {label}-----\n{base64}\n-----END {label}-----\n");
        certificates.extend(pem::read_pem(&wrapped));
        keys.push(pem::read_key(&wrapped));
    }
    for certificate in &certificates {
        let _ = (certificate.covers("a.example.com"), ago::ago(certificate.not_after, now()));
        for key in keys.iter().flatten() {
            let _ = certificate.belongs_to(key);
        }
    }
    let _ = (value::Shown::of(data), value::not_editable(data));
    for kind in kinds::KINDS {
        for key in kind.keys {
            let _ = kinds::valid(kind.name, &[((*key).to_owned(), data.to_vec())], "account");
        }
    }
}

/// A pasted token, and what it says of its end.
pub fn token(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    if let Ok(token) = jwt::pasted(&text) {
        assert!(token.bytes().all(|byte| byte.is_ascii_graphic()));
    }
    if let Some(end) = jwt::expires(&text) {
        let _ = jwt::left(end, now());
    }
    // The claims by themselves.
    let claims = base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(data);
    if let Some(end) = jwt::expires(&format!("e30.{claims}.c2ln")) {
        let _ = (jwt::left(end, now()), end.to_string());
    }
}

/// Texts that are shown, masked or followed: notes, manifests, times, versions, schedules, addresses, lists of people.
pub fn text(data: &[u8]) {
    let text = &*String::from_utf8_lossy(data);
    let _ = (redact(text), manifest::masked(text), manifest::difference(text, ""));
    let _ = users::paste(text, &[]);
    let ahead = |_| Some(20_700);
    for line in text.lines() {
        if let Ok(time) = line.parse::<Timestamp>() {
            assert_eq!(time.to_string().parse(), Ok(time));
            let _ = (ago::ago(time, now()), ago::ago(now(), time), schedule::next("0 3 * * *", time, &ahead));
        }
        let _ =
            (version::order(line, "0.1.15"), version::order("0.1.15", line), version::is_prerelease(line));
        let _ = (schedule::words(line), schedule::next(line, now(), &ahead), schedule::offset(line));
        let place = Place::parse(line);
        assert_eq!(Place::parse(&place.hash()), place);
        if let Ok(pointer) = Pointer::parse(line) {
            assert_eq!(Pointer::parse(&pointer.to_string()), Ok(pointer));
        }
    }
}
