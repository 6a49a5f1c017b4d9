//! A container ends again and again.

use crate::diagnosis::{Act, Facts, Finding, Fix, LogRef, Object, Rule, Severity, Source};
use crate::objects::{ContainerStatus, Pod, Terminated};
use crate::rollout::restarts;

pub(in crate::diagnosis) const RULE: Rule =
    Rule { checks: "No container crashes again and again", needs: &[Source::Pods], find };

fn find(facts: &Facts<'_>, out: &mut Vec<Finding>) {
    for (pod, container, end) in facts.unwell().flat_map(ended) {
        if end.reason == "OOMKilled" {
            continue;
        }
        let object = Object::new("Pod", &pod.metadata.name);
        let from =
            format!("{}, {}", object.words(), super::state_of(&container.name, "lastState.terminated"));
        let sentence = format!(
            "{} crashes again and again: last exit code {}, {}.",
            container.name,
            end.exit_code,
            meaning(end.exit_code)
        );
        let mut finding = Finding::new("crash", Severity::Broken, object, sentence)
            .seen(
                from,
                format!(
                    "exit code {} ({}), {}",
                    end.exit_code,
                    end.reason,
                    restarts(container.restart_count)
                ),
            )
            .seen("its last words", &end.message)
            .fix(Fix::command(
                "Read the log of the run that crashed",
                format!("kubectl logs {} -c {} --previous {}", pod.metadata.name, container.name, facts.n()),
            ))
            .fix(restart(facts, pod));
        finding.log = Some(LogRef {
            pod: pod.metadata.name.clone(),
            container: container.name.clone(),
            previous: true,
        });
        out.push(finding);
    }
}

/// The containers of a pod that crash: not ready, and their last end was no success. A container that crashes is seen
/// waiting, running and ended in turn; its last end stays.
pub(super) fn ended(pod: &Pod) -> Vec<(&Pod, &ContainerStatus, &Terminated)> {
    if pod.metadata.deletion_timestamp.is_some()
        || matches!(pod.status.phase.as_str(), "Succeeded" | "Failed")
    {
        return Vec::new();
    }
    let containers = pod.status.init_container_statuses.iter().chain(&pod.status.container_statuses);
    let ends = containers.filter(|it| !it.ready).filter_map(|it| {
        let end = it.state.terminated.as_ref().or(it.last_state.terminated.as_ref())?;
        (end.exit_code != 0).then_some((pod, it, end))
    });
    ends.collect()
}

/// What an exit code mostly means (128 + n: ended by signal n).
fn meaning(code: i32) -> &'static str {
    match code {
        0 => "it ended by itself",
        126 => "its command may not be executed",
        127 => "its command does not exist",
        137 => "it was killed",
        139 => "it broke a memory rule (SIGSEGV)",
        143 => "it was asked to end",
        _ => "an error of the application",
    }
}

/// Starts the pod's workload anew; a pod of no workload is deleted.
pub(super) fn restart(facts: &Facts<'_>, pod: &Pod) -> Fix {
    match facts.workload_of(pod) {
        Some(workload) => {
            let (kind, name) = (workload.kind.name(), &workload.metadata.name);
            Fix::here(
                format!("Restart {kind} {name}"),
                Act::Restart(Object::new(kind, name)),
                format!("kubectl rollout restart {} {name} {}", kind.to_lowercase(), facts.n()),
            )
        }
        None => Fix::here(
            format!("Delete pod {}", pod.metadata.name),
            Act::Delete(Object::new("Pod", &pod.metadata.name)),
            format!("kubectl delete pod {} {}", pod.metadata.name, facts.n()),
        ),
    }
}
