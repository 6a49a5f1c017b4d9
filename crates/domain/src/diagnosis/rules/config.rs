//! A container cannot be created, mostly for want of a secret, a config map or a key in one.

use super::state_of;
use crate::diagnosis::{Act, Facts, Finding, Fix, Object, Rule, Severity, Source};

pub(in crate::diagnosis) const RULE: Rule = Rule {
    checks: "Every container has the secrets and config maps that it names",
    needs: &[Source::Pods],
    find,
};

fn find(facts: &Facts<'_>, out: &mut Vec<Finding>) {
    for pod in facts.unwell() {
        for container in pod.status.init_container_statuses.iter().chain(&pod.status.container_statuses) {
            let Some(waiting) = &container.state.waiting else { continue };
            if !matches!(
                waiting.reason.as_str(),
                "CreateContainerConfigError" | "CreateContainerError" | "RunContainerError"
            ) {
                continue;
            }
            let object = Object::new("Pod", &pod.metadata.name);
            let words = waiting.message.trim_end_matches('.');
            let from = format!("{}, {}", object.words(), state_of(&container.name, "state.waiting"));
            out.push(
                Finding::new(
                    "config",
                    Severity::Broken,
                    object,
                    format!("Container {} cannot be created: {words}.", container.name),
                )
                .seen(from, format!("{}: {}", waiting.reason, waiting.message))
                .fix(Fix::here(
                    "Look at the secrets",
                    Act::Secret(None),
                    format!("kubectl get secrets,configmaps {}", facts.n()),
                )),
            );
        }
    }
}
