//! Pods are not created, because a quota or an admission rule forbids them.

use crate::diagnosis::facts::name;
use crate::diagnosis::{Act, Facts, Finding, Fix, Object, Rule, Severity, Source};
use crate::objects::WorkloadKind;

pub(in crate::diagnosis) const RULE: Rule = Rule {
    checks: "Every pod that is asked for may be created",
    needs: &[Source::Workloads, Source::Events],
    find,
};

fn find(facts: &Facts<'_>, out: &mut Vec<Finding>) {
    let mut mine: Vec<Finding> = Vec::new();
    for workload in facts.workloads() {
        let object = Object::new(workload.kind.name(), &workload.metadata.name);
        let wanted = workload.spec.replicas.unwrap_or(1);
        if workload.status.replicas >= wanted {
            continue;
        }
        let said = match workload.kind {
            WorkloadKind::Deployment => {
                let mut conditions = workload.status.conditions.iter();
                let failed = conditions.find(|it| it.kind == "ReplicaFailure" && it.is_true());
                failed.map(|it| ("status.conditions[ReplicaFailure]", it.message.as_str()))
            }
            // A StatefulSet has no such condition: its events are all that tells.
            WorkloadKind::StatefulSet => {
                let event = facts.warnings(&object).into_iter().find(|it| it.reason == "FailedCreate");
                event.map(|it| ("event FailedCreate", it.message.as_str()))
            }
        };
        let Some((place, words)) = said else { continue };
        let from = format!("{}, {place}", object.words());
        let quota =
            words.split_once("exceeded quota: ").map(|(_, rest)| rest.split(',').next().unwrap_or(rest));
        let finding = match quota {
            Some(quota) => exceeded(facts, &object.name, quota, words),
            None => {
                let words = words.rsplit_once(" is forbidden: ").map_or(words, |(_, why)| why);
                let sentence = format!("The pods of {} may not be created: {words}.", object.name);
                let commands = format!(
                    "kubectl get events --field-selector involvedObject.name={} {}",
                    object.name,
                    facts.n()
                );
                Finding::new("quota", Severity::Broken, object.clone(), sentence)
                    .fix(Fix::command("Look at what refuses them", commands))
            }
        };
        match mine.iter_mut().find(|it| it.key() == finding.key()) {
            Some(known) => known.holds.push(object),
            None => mine.push(finding.seen(from, words).holding([object])),
        }
    }
    out.append(&mut mine);
}

fn exceeded(facts: &Facts<'_>, workload: &str, quota: &str, words: &str) -> Finding {
    // `exceeded quota: NAME, requested: pods=1, used: pods=6, limited: pods=6`
    let part = |key: &str| words.split_once(key).map(|(_, rest)| rest.split(", ").next().unwrap_or(rest));
    let limit = part("limited: ").unwrap_or("its limit");
    let object = Object::new("ResourceQuota", quota);
    let sentence = format!("The quota {quota} is used up ({limit}): pods cannot be created.");
    let mut finding = Finding::new("quota", Severity::Broken, object.clone(), sentence);
    if let Some(found) = facts.list(Source::Quotas).iter().find(|it| name(it) == quota) {
        let status = &found["status"];
        let of = |key: &str| status[key].as_object().into_iter().flatten();
        for (resource, hard) in of("hard") {
            let used = status["used"][resource].as_str().unwrap_or("?");
            let from = format!("{}, status.used.{resource}", object.words());
            finding = finding.seen(from, format!("{used} of {}", hard.as_str().unwrap_or("?")));
        }
    }
    finding
        .fix(Fix::here(
            "Ask for fewer replicas or less",
            asked(facts, workload, limit),
            format!("kubectl describe quota {quota} {}", facts.n()),
        ))
        .fix(Fix::command("Raise the quota", format!("kubectl edit quota {quota} {}", facts.n())))
}

/// The form, at what a workload asks for of a quota's resource, such as `pods=6`, `requests.cpu=4` or `memory=8Gi`.
fn asked(facts: &Facts<'_>, workload: &str, limit: &str) -> Act {
    let resource = limit.split('=').next().unwrap_or(limit);
    match resource.split_once('.') {
        Some((part @ ("requests" | "limits"), resource @ ("cpu" | "memory"))) => {
            facts.resources(workload, part, resource)
        }
        _ if matches!(resource, "cpu" | "memory") => facts.resources(workload, "requests", resource),
        _ => facts.replicas(workload),
    }
}
