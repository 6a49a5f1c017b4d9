//! The claims of the databases' volumes are bound.

use super::{Facts, Finding, Source, Verdict};

pub(super) fn check(facts: &Facts<'_>) -> Finding {
    let claims = match facts.objects.get(Source::Claims) {
        Ok(claims) => claims,
        Err(finding) => return finding,
    };
    let unbound = claims.iter().filter(|it| it["status"]["phase"] != "Bound");
    let names: Vec<_> = unbound.filter_map(|it| it["metadata"]["name"].as_str()).collect();
    if names.is_empty() {
        return Finding::passed(format!("{} claims, all bound.", claims.len()));
    }
    Finding::new(Verdict::Warn, format!("Not bound: {}.", names.join(", ")))
        .fix("A pod that mounts one cannot start; see the claim's storage class and events.")
}
