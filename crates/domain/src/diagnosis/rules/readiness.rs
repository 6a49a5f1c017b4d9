//! A container runs and never becomes ready, or a rollout has given up waiting.

use crate::diagnosis::{Facts, Finding, Fix, LogRef, Object, Rule, Severity, Source};
use crate::time::SignedDuration;

pub(in crate::diagnosis) const RULE: Rule =
    Rule { checks: "What runs becomes ready", needs: &[Source::Pods, Source::Workloads], find };

/// Longer than the databases take to recover from a crash.
const PATIENCE: SignedDuration = SignedDuration::from_mins(5);

fn find(facts: &Facts<'_>, out: &mut Vec<Finding>) {
    for pod in facts.unwell().filter(|it| it.status.phase == "Running" && !it.is_ready()) {
        if pod.metadata.deletion_timestamp.is_some() || !super::crash::ended(pod).is_empty() {
            continue;
        }
        for container in pod.status.container_statuses.iter().filter(|it| !it.ready) {
            let Some(since) = container.state.running.as_ref().and_then(|it| it.started_at) else { continue };
            if !facts.since(Some(since), PATIENCE) {
                continue;
            }
            let object = Object::new("Pod", &pod.metadata.name);
            let age = facts.minutes_since(since);
            let sentence = format!(
                "{} has run for {age} and is not ready: its readiness probe does not pass.",
                container.name
            );
            // Its node, or an operator that is too old for it, may say why.
            let mut finding = Finding::new("readiness", Severity::Broken, object.clone(), sentence).symptom();
            if let Some(event) = facts.warnings(&object).into_iter().find(|it| it.reason == "Unhealthy") {
                finding = finding.seen(format!("{}, event Unhealthy", object.words()), &event.message);
            }
            finding.log =
                Some(LogRef { pod: object.name.clone(), container: container.name.clone(), previous: false });
            out.push(finding.fix(super::crash::restart(facts, pod)).fix(Fix::command(
                "Read its log",
                format!("kubectl logs {} -c {} --tail=50 {}", object.name, container.name, facts.n()),
            )));
        }
    }
    for workload in facts.workloads() {
        let conditions = workload.status.conditions.iter();
        let mut stalled =
            conditions.filter(|it| it.kind == "Progressing" && it.reason == "ProgressDeadlineExceeded");
        let Some(stalled) = stalled.next() else { continue };
        let object = Object::new(workload.kind.name(), &workload.metadata.name);
        let from = format!("{}, status.conditions[Progressing]", object.words());
        let command = format!("kubectl rollout status deployment {} {}", object.name, facts.n());
        out.push(
            Finding::new(
                "readiness",
                Severity::Broken,
                object.clone(),
                format!("The rollout of {} makes no progress.", object.name),
            )
            .seen(from, &stalled.message)
            .symptom()
            .fix(Fix::command("Look at the rollout", command)),
        );
    }
}
