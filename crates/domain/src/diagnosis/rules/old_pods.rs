//! Pods of an earlier version still run after a change, and nothing replaces them: the Deployment is paused, or the
//! StatefulSet replaces pods only when somebody deletes them.

use crate::diagnosis::{Act, Facts, Finding, Fix, Object, Rule, Severity, Source};
use crate::objects::WorkloadKind;
use crate::phase::Phase;
use crate::rollout::Rollout;

pub(in crate::diagnosis) const RULE: Rule = Rule {
    checks: "No pod of an earlier version is left over",
    needs: &[Source::Workloads, Source::Pods],
    find,
};

fn find(facts: &Facts<'_>, out: &mut Vec<Finding>) {
    for workload in facts.workloads() {
        let rollout = Rollout::of(workload, facts.pods.as_ref().ok().map(|_| facts.pods()));
        let by_hand = workload.kind == WorkloadKind::StatefulSet && workload.spec.strategy.kind == "OnDelete";
        let partition = workload.spec.strategy.rolling_update.partition;
        let object = Object::new(workload.kind.name(), &rollout.name);
        let (from, said) = match workload.kind {
            _ if rollout.paused => ("spec.paused", "true".to_owned()),
            _ if by_hand && rollout.old > 0 => ("spec.updateStrategy.type", "OnDelete".to_owned()),
            WorkloadKind::StatefulSet if partition > 0 && rollout.old > 0 => {
                ("spec.updateStrategy.rollingUpdate.partition", partition.to_string())
            }
            _ => continue,
        };
        let sentence = if rollout.paused {
            format!("The rollout of {} is paused: no change reaches its pods.", rollout.name)
        } else {
            let pods = if rollout.old == 1 { "pod" } else { "pods" };
            format!(
                "{} still has {} {pods} of the version before: its pods are replaced only by hand.",
                rollout.name, rollout.old
            )
        };
        let severity =
            if facts.installation.phase == Phase::Ready { Severity::Warning } else { Severity::Broken };
        let mut finding = Finding::new("old-pods", severity, object.clone(), sentence)
            .seen(format!("{}, {from}", object.words()), said);
        if rollout.paused {
            finding = finding.fix(Fix::here(
                format!("Resume Deployment {}", rollout.name),
                Act::Resume(object.clone()),
                format!("kubectl rollout resume deployment {} {}", rollout.name, facts.n()),
            ));
        } else {
            let old = facts.pods().iter().filter(|it| {
                crate::rollout::owns(workload, it)
                    && it.metadata.labels.get("controller-revision-hash")
                        != Some(&workload.status.update_revision)
            });
            for pod in old {
                let name = &pod.metadata.name;
                finding = finding.fix(Fix::here(
                    format!("Delete pod {name}"),
                    Act::Delete(Object::new("Pod", name)),
                    format!("kubectl delete pod {name} {}", facts.n()),
                ));
            }
        }
        out.push(finding);
    }
}
