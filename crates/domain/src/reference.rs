//! The operations guide's useful commands, with the names of this installation.

use crate::config::Config;
use crate::contract::Concept;
use crate::objects::{Workload, WorkloadKind};
use crate::request::Target;

/// A few commands for one purpose.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Section {
    pub title: &'static str,
    /// What each does, and the command.
    pub commands: Vec<(String, String)>,
}

/// The commands. `target` is the custom resource as it was discovered; `workloads` those of the namespace, of which the
/// databases' pods and an example for logs are taken.
pub fn sections(config: &Config, target: &Target, workloads: &[Workload]) -> Vec<Section> {
    let n = format!("-n {}", target.namespace);
    let object = format!("{} {}", target.resource, target.name);
    let operator = &config.operator;
    let releases = &config.contract.releases;
    let mut commands: Vec<(&'static str, String, String)> = Vec::new();
    let mut add = |title: &'static str, what: &str, command: String| {
        commands.push((title, what.to_owned(), command));
    };

    let look = "Look";
    add(
        look,
        "The installation's phase, last error and conditions",
        format!("kubectl get {object} {n} -o yaml"),
    );
    if let Some(phase) = config.contract.pointer(Concept::Phase) {
        let path = phase.to_jsonpath();
        add(look, "The phase alone", format!("kubectl get {object} {n} -o jsonpath='{path}'"));
    }
    add(look, "Both Helm releases", format!("helm list {n}"));
    for release in [&releases.dependencies, &releases.platform] {
        add(look, &format!("The history of {release}"), format!("helm history {release} {n}"));
    }
    add(look, "All pods", format!("kubectl get pods {n} -o wide"));
    add(look, "The newest events last", format!("kubectl get events {n} --sort-by=.lastTimestamp"));

    let logs = "Logs";
    add(
        logs,
        "The operator's log",
        format!("kubectl logs deployment/{} -n {} --tail=200 -f", operator.deployment, operator.namespace),
    );
    for workload in workloads {
        let (kind, name) = (workload.kind.name().to_lowercase(), &workload.metadata.name);
        add(logs, &format!("The log of {name}"), format!("kubectl logs {kind}/{name} {n} --tail=200 -f"));
    }
    add(logs, "The log of the run before a crash", format!("kubectl logs POD --previous {n}"));

    let change = "Change";
    if let Some(version) = config.contract.pointer(Concept::TargetVersion) {
        let patch = version.merge_patch("VERSION".into());
        add(
            change,
            "Upgrade, or go back, to a version",
            format!("kubectl patch {object} {n} --type merge -p '{patch}'"),
        );
    }
    if let Some(mark) = &config.contract.marks.force_reconcile {
        let now = "\"'$(date -u +%Y-%m-%dT%H:%M:%SZ)'\"";
        let patch = mark.merge_patch("@".into()).to_string().replace("\"@\"", now);
        add(change, "Force reconcile", format!("kubectl patch {object} {n} --type merge -p '{patch}'"));
    }
    add(change, "Watch what comes of it", format!("kubectl get {object} {n} -w"));
    for workload in workloads.iter().filter(|it| it.kind == WorkloadKind::Deployment) {
        let name = &workload.metadata.name;
        add(change, &format!("Restart {name}"), format!("kubectl rollout restart deployment {name} {n}"));
    }

    let backup = "Back up";
    add(
        backup,
        "The configuration",
        format!("kubectl get {object} {n} -o yaml > rc-backup-$(date +%Y%m%d).yaml"),
    );
    let of_image = |word: &str| {
        let sets = workloads.iter().filter(|it| it.kind == WorkloadKind::StatefulSet);
        let has =
            |it: &&Workload| it.spec.template.spec.containers.iter().any(|one| one.image.contains(word));
        sets.filter(has).map(|it| format!("{}-0", it.metadata.name)).next()
    };
    if let Some(pod) = of_image("postgres") {
        add(
            backup,
            "PostgreSQL: the platform's data and LiteLLM's models",
            format!("kubectl exec {pod} {n} -- pg_dumpall -U postgres > postgres-backup-$(date +%Y%m%d).sql"),
        );
        add(
            backup,
            "PostgreSQL, back from a backup",
            format!("kubectl exec -i {pod} {n} -- psql -U postgres < postgres-backup.sql"),
        );
    }
    if let Some(pod) = of_image("mongo") {
        add(
            backup,
            "MongoDB",
            format!("kubectl exec {pod} {n} -- mongodump --archive > mongo-backup-$(date +%Y%m%d).archive"),
        );
        add(
            backup,
            "MongoDB, back from a backup",
            format!("kubectl exec -i {pod} {n} -- mongorestore --archive < mongo-backup.archive"),
        );
    }

    let mut sections: Vec<Section> = Vec::new();
    for (title, what, command) in commands {
        match sections.iter_mut().find(|it| it.title == title) {
            Some(section) => section.commands.push((what, command)),
            None => sections.push(Section { title, commands: vec![(what, command)] }),
        }
    }
    sections
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::objects::FromObject;

    #[test]
    fn commands_have_the_installations_names() {
        let config = Config::default();
        let target = Target {
            api_version: "g.example/v1".into(),
            kind: "Installation".into(),
            resource: "installations.g.example".into(),
            namespace: "apps".into(),
            name: "main".into(),
        };
        let workload = |kind: &str, name: &str, image: &str| {
            Workload::from_object(&json!({"kind": kind, "metadata": {"name": name},
                "spec": {"template": {"spec": {"containers": [{"image": image}]}}}}))
        };
        let workloads = [
            workload("Deployment", "platform", "r/platform:1"),
            workload("StatefulSet", "pg", "r/postgres:16"),
        ];
        let sections = sections(&config, &target, &workloads);
        let titles: Vec<_> = sections.iter().map(|it| it.title).collect();
        assert_eq!(titles, ["Look", "Logs", "Change", "Back up"]);
        let all: Vec<_> = sections.iter().flat_map(|it| &it.commands).map(|it| it.1.as_str()).collect();
        for expect in [
            "kubectl get installations.g.example main -n apps -o jsonpath='{.status.phase}'",
            "helm history rootcause-platform -n apps",
            "kubectl logs statefulset/pg -n apps --tail=200 -f",
            "kubectl patch installations.g.example main -n apps --type merge -p '{\"spec\":{\"version\":\"VERSION\"}}'",
            "kubectl rollout restart deployment platform -n apps",
            "kubectl exec pg-0 -n apps -- pg_dumpall -U postgres > postgres-backup-$(date +%Y%m%d).sql",
        ] {
            assert!(all.contains(&expect), "{expect} in {all:#?}");
        }
        assert!(!all.iter().any(|it| it.contains("mongo")));
    }
}
