//! A TLS certificate has ended or is about to.

use crate::ago::ago;
use crate::diagnosis::facts::name;
use crate::diagnosis::{Act, Facts, Finding, Fix, Object, Rule, Severity, Source};
use crate::objects::time;
use crate::time::SignedDuration;

pub(in crate::diagnosis) const RULE: Rule =
    Rule { checks: "No TLS certificate ends within two weeks", needs: &[Source::Certificates], find };

/// Time to have a new one issued by people.
const SOON: SignedDuration = SignedDuration::from_secs(14 * 86_400);

fn find(facts: &Facts<'_>, out: &mut Vec<Finding>) {
    for secret in facts.list(Source::Certificates) {
        let Some(ends) = time(secret, "ends") else { continue };
        let left = ends.duration_since(facts.now);
        if left > SOON {
            continue;
        }
        let object = Object::new("Secret", name(secret));
        let (severity, verb) =
            if left.is_negative() { (Severity::Broken, "ended") } else { (Severity::Warning, "ends") };
        let when = if left.is_negative() {
            ago(ends, facts.now)
        } else {
            format!("in {}", crate::ago::duration(left))
        };
        out.push(
            Finding::new("certificate", severity, object.clone(), format!("The certificate in secret {} {verb} {when}.", object.name))
                .seen(format!("{}, tls.crt, notAfter", object.words()), ends.to_string())
                .fix(Fix::here(
                    format!("Replace the certificate in {}", object.name),
                    Act::Secret(Some(name(secret).to_owned())),
                    format!(
                        "kubectl create secret tls {} --cert=FILE --key=FILE {} --dry-run=client -o yaml | kubectl apply -f -",
                        object.name,
                        facts.n()
                    ),
                )),
        );
    }
}
