//! The ingress' TLS certificates last longer than a bad day after the upgrade.

use serde_json::{Value, json};

use super::{Facts, Finding, Source, Verdict};
use crate::ago::ago;
use crate::objects::time;
use crate::secrets::certificate::read_pem;
use crate::time::SignedDuration;

/// Certificates that run out sooner are pointed out: the last week of what renewal is usually begun in.
const SOON: SignedDuration = SignedDuration::from_secs(14 * 86_400);

/// A TLS secret without its values: `{"name": …, "notAfter": …}`, the earliest of its chain.
pub fn slim(secret: &Value) -> Value {
    let bytes =
        secret["data"]["tls.crt"].as_str().and_then(crate::secrets::value::decode).unwrap_or_default();
    let ends =
        read_pem(std::str::from_utf8(&bytes).unwrap_or_default()).into_iter().map(|it| it.not_after).min();
    json!({"name": secret["metadata"]["name"], "notAfter": ends.map(|it| it.to_string())})
}

pub(super) fn check(facts: &Facts<'_>) -> Finding {
    let certificates = match facts.objects.get(Source::Certificates) {
        Ok(certificates) => certificates,
        Err(finding) => return finding,
    };
    for certificate in certificates {
        let name = certificate["name"].as_str().unwrap_or_default();
        let Some(ends) = time(certificate, "notAfter") else {
            return Finding::new(Verdict::Warn, format!("{name} holds no readable certificate."))
                .fix("Replace it on the Secrets page.");
        };
        let left = ends.duration_since(facts.now);
        if left < SOON {
            let verb = if left.is_negative() { "expired" } else { "expires" };
            return Finding::new(Verdict::Warn, format!("{name} {verb} {}.", ago(ends, facts.now)))
                .fix("Renew it, so that a failed sign-in is not taken for a failed upgrade.");
        }
    }
    Finding::passed(match certificates.len() {
        0 => "No ingress uses one.".to_owned(),
        count => format!("{count} certificates, none expires within two weeks."),
    })
}
