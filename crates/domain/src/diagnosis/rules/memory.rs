//! A container is killed for using more memory than its limit.

use super::crash::{ended, restart};
use crate::diagnosis::{Facts, Finding, Fix, Object, Rule, Severity, Source};
use crate::rollout::restarts;

pub(in crate::diagnosis) const RULE: Rule =
    Rule { checks: "No container is killed for want of memory", needs: &[Source::Pods], find };

fn find(facts: &Facts<'_>, out: &mut Vec<Finding>) {
    for (pod, container, end) in facts.unwell().flat_map(ended) {
        if end.reason != "OOMKilled" {
            continue;
        }
        let object = Object::new("Pod", &pod.metadata.name);
        let workload = facts.workload_of(pod).map(|it| it.metadata.name.as_str()).unwrap_or_default();
        let spec = pod.spec.containers.iter().find(|it| it.name == container.name);
        let limit = spec.and_then(|it| it.limits.get("memory"));
        let words = limit.map_or_else(
            || "the memory of its node".to_owned(),
            |limit| format!("its memory limit of {limit}"),
        );
        let sentence = format!("{} uses more than {words} and is killed again and again.", container.name);
        let from = object.words();
        let finding = Finding::new("memory", Severity::Broken, object, sentence)
            .seen(
                format!("{from}, {}", super::state_of(&container.name, "lastState.terminated")),
                format!(
                    "{} (exit code {}), {}",
                    end.reason,
                    end.exit_code,
                    restarts(container.restart_count)
                ),
            )
            .seen(
                format!("{from}, spec.containers[{}].resources.limits.memory", container.name),
                limit.unwrap_or("none"),
            );
        out.push(
            finding
                .fix(Fix::here(
                    "Raise its memory limit",
                    facts.resources(workload, "limits", "memory"),
                    format!("kubectl top pod {} --containers {}", pod.metadata.name, facts.n()),
                ))
                .fix(restart(facts, pod)),
        );
    }
}
