//! The operator cannot read the chart registry: no new version is seen, and none can be deployed.

use crate::contract::Concept;
use crate::diagnosis::{Facts, Finding, Fix, Object, Rule, Severity, Source};

pub(in crate::diagnosis) const RULE: Rule =
    Rule { checks: "The operator can read the chart registry", needs: &[Source::Installation], find };

fn find(facts: &Facts<'_>, out: &mut Vec<Finding>) {
    let Some(registry) = &facts.installation.registry else { return };
    let Some(error) = registry.error.as_deref().filter(|it| !it.is_empty()) else { return };
    let url = registry.url.as_deref().unwrap_or("the registry");
    let first = error.lines().next().unwrap_or_default().trim_end_matches('.');
    out.push(
        Finding::new(
            "registry",
            Severity::Warning,
            Object::new("Registry", url),
            format!("The operator cannot read {url}: {first}."),
        )
        .seen(facts.field(Concept::Registry), error)
        .fix(Fix::command(
            "Read the operator's log",
            format!(
                "kubectl logs deployment/{} --tail=50 -n {}",
                facts.config.operator.deployment, facts.config.operator.namespace
            ),
        )),
    );
}
