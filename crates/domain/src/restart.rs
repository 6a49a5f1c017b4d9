//! Rolling restarts: pods replaced without another change, as `kubectl rollout restart` does it.

use serde_json::{Value, json};

use crate::objects::{Workload, WorkloadKind, number_or_text};
use crate::texts::Texts;
use crate::time::Timestamp;

/// The annotation on a pod template by which kubectl restarts: a new time is a new template.
pub const RESTARTED_AT: &str = "kubectl.kubernetes.io/restartedAt";

/// The merge patch of a restart.
pub fn patch(now: Timestamp) -> Value {
    // kubectl writes whole seconds, too.
    let second = Timestamp::from_second(now.as_millisecond().div_euclid(1000)).unwrap_or(now);
    json!({"spec": {"template": {"metadata": {"annotations": {RESTARTED_AT: second.to_string()}}}}})
}

/// The same as a command.
pub fn command(kind: WorkloadKind, name: &str, namespace: &str) -> String {
    format!("kubectl rollout restart {}/{name} -n {namespace}", kind.name().to_lowercase())
}

/// Why a restart would replace no pod; `None` where it would.
pub fn impossible(workload: &Workload) -> Option<&'static str> {
    if workload.spec.paused {
        Some("The workload is paused: nothing rolls until it is resumed.")
    } else if workload.spec.strategy.kind == "OnDelete" {
        Some("The workload replaces pods only when they are deleted.")
    } else if workload.spec.replicas == Some(0) {
        Some("The workload is scaled to zero: it has no pods.")
    } else {
        None
    }
}

/// How the pods are replaced, in a sentence: whether something serves meanwhile.
pub fn how(workload: &Workload) -> String {
    let replicas = workload.spec.replicas.unwrap_or(1);
    let pods = if replicas == 1 { "1 pod".to_owned() } else { format!("{replicas} pods") };
    let strategy = &workload.spec.strategy;
    let missing = strategy.rolling_update.max_unavailable.as_str();
    match workload.kind {
        _ if strategy.kind == "Recreate" => {
            format!("{pods}; all end before new ones start, so it does not serve meanwhile")
        }
        WorkloadKind::StatefulSet if replicas == 1 => {
            format!("{pods}; it ends before the new one starts, so it does not serve meanwhile")
        }
        WorkloadKind::StatefulSet => format!("{pods}, one after another"),
        WorkloadKind::Deployment if missing == "0" => {
            format!("{pods}; none ends before a new one is ready")
        }
        WorkloadKind::Deployment if missing.is_empty() => pods,
        WorkloadKind::Deployment => format!("{pods}, at most {missing} missing at a time"),
    }
}

/// What PodDisruptionBudgets say of pods with these labels, one sentence each. A rolling restart does not ask them;
/// who set one wants to know all the same.
pub fn budgets(budgets: &[Value], labels: &Texts) -> Vec<String> {
    let covers = |budget: &&Value| {
        let wanted = budget["spec"]["selector"]["matchLabels"].as_object();
        wanted.is_some_and(|wanted| {
            !wanted.is_empty() && wanted.iter().all(|(key, value)| labels.get(key) == value.as_str())
        })
    };
    let sentence = |budget: &Value| {
        let spec = &budget["spec"];
        let name = budget["metadata"]["name"].as_str().unwrap_or_default();
        let bound = match (number_or_text(&spec["minAvailable"]), number_or_text(&spec["maxUnavailable"])) {
            (min, _) if !min.is_empty() => format!("at least {min} available"),
            (_, max) => format!("at most {max} unavailable"),
        };
        let allowed = budget["status"]["disruptionsAllowed"].as_i64().unwrap_or_default();
        format!(
            "PodDisruptionBudget {name} wants {bound} and allows {allowed} now; a restart does not ask it"
        )
    };
    budgets.iter().filter(covers).map(sentence).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::objects::FromObject;

    fn workload(kind: WorkloadKind, spec: &Value) -> Workload {
        Workload { kind, ..Workload::from_object(&json!({"spec": spec})) }
    }

    #[test]
    fn a_restart_is_what_kubectl_does() {
        let now = "2026-03-01T12:00:00.75Z".parse().unwrap();
        let patch = patch(now);
        assert_eq!(
            patch,
            json!({"spec": {"template": {"metadata": {"annotations":
                {"kubectl.kubernetes.io/restartedAt": "2026-03-01T12:00:00Z"}}}}})
        );
        let read = Workload::from_object(&patch).spec.template.restarted_at;
        assert_eq!(read.map(|it| it.to_string()).as_deref(), Some("2026-03-01T12:00:00Z"));
        assert_eq!(
            command(WorkloadKind::StatefulSet, "db", "n"),
            "kubectl rollout restart statefulset/db -n n"
        );
    }

    #[test]
    fn what_a_restart_does_to_service_is_said() {
        use WorkloadKind::{Deployment, StatefulSet};
        let check = |kind, spec: Value, expect: &str| assert_eq!(how(&workload(kind, &spec)), expect);
        check(
            Deployment,
            json!({"replicas": 3, "strategy": {"type": "Recreate"}}),
            "3 pods; all end before new ones start, so it does not serve meanwhile",
        );
        check(
            Deployment,
            json!({"replicas": 2, "strategy": {"rollingUpdate": {"maxUnavailable": 0}}}),
            "2 pods; none ends before a new one is ready",
        );
        check(
            Deployment,
            json!({"replicas": 4, "strategy": {"rollingUpdate": {"maxUnavailable": "25%"}}}),
            "4 pods, at most 25% missing at a time",
        );
        check(
            StatefulSet,
            json!({"replicas": 1}),
            "1 pod; it ends before the new one starts, so it does not serve meanwhile",
        );
        check(StatefulSet, json!({"replicas": 3}), "3 pods, one after another");
    }

    #[test]
    fn what_would_replace_nothing_is_said_before() {
        let check = |spec: Value, expect: bool| {
            assert_eq!(impossible(&workload(WorkloadKind::Deployment, &spec)).is_some(), expect, "{spec}");
        };
        check(json!({}), false);
        check(json!({"paused": true}), true);
        check(json!({"replicas": 0}), true);
        check(json!({"updateStrategy": {"type": "OnDelete"}}), true);
    }

    #[test]
    fn budgets_are_told_of_the_pods_that_they_cover() {
        let all = [
            json!({"metadata": {"name": "web"}, "spec": {"minAvailable": 1, "selector": {"matchLabels": {"app": "web"}}},
                "status": {"disruptionsAllowed": 1}}),
            json!({"metadata": {"name": "other"}, "spec": {"maxUnavailable": "50%", "selector": {"matchLabels": {"app": "x"}}}}),
            json!({"metadata": {"name": "none"}, "spec": {"selector": {}}}),
        ];
        let mut labels = Texts::default();
        labels.set("app", "web");
        labels.set("more", "1");
        let expect =
            "PodDisruptionBudget web wants at least 1 available and allows 1 now; a restart does not ask it";
        assert_eq!(budgets(&all, &labels), [expect]);
    }
}
