//! An image cannot be pulled: the pull secret is missing, not referenced, of another registry or refused; the tag is
//! not there; the registry is out of reach.

use super::state_of;
use crate::contract::Concept;
use crate::diagnosis::facts::{name, registry};
use crate::diagnosis::{Act, Facts, Finding, Fix, Object, Rule, Severity, Source};
use crate::objects::{Pod, Waiting, items};

pub(in crate::diagnosis) const RULE: Rule = Rule {
    checks: "Every image can be pulled",
    needs: &[Source::Pods, Source::Secrets, Source::PullSecrets],
    find,
};

/// The kubelet's words for a pull that failed.
const REASONS: [&str; 6] = [
    "ErrImagePull",
    "ImagePullBackOff",
    "InvalidImageName",
    "ErrImageNeverPull",
    "RegistryUnavailable",
    "ImageInspectError",
];

fn find(facts: &Facts<'_>, out: &mut Vec<Finding>) {
    let mut mine: Vec<Finding> = Vec::new();
    for pod in facts.unwell().filter(|it| it.metadata.deletion_timestamp.is_none()) {
        for container in pod.status.init_container_statuses.iter().chain(&pod.status.container_statuses) {
            let Some(waiting) = &container.state.waiting else { continue };
            if !REASONS.contains(&waiting.reason.as_str()) {
                continue;
            }
            let pulled = Object::new("Pod", &pod.metadata.name);
            let finding = judge(facts, pod, &container.image, waiting).seen(
                format!("{}, {}", pulled.words(), state_of(&container.name, "state.waiting")),
                format!("{}: {}", waiting.reason, waiting.message),
            );
            // What is wrong with a secret or a registry is one finding, however many pods it holds.
            match mine.iter_mut().find(|it| it.key() == finding.key() && it.sentence == finding.sentence) {
                Some(known) => known.holds.push(pulled),
                None => mine.push(finding.holding([pulled])),
            }
        }
    }
    out.append(&mut mine);
}

/// Why the pull failed: what the cluster's objects tell before what the registry's answer hints at.
fn judge(facts: &Facts<'_>, pod: &Pod, image: &str, waiting: &Waiting) -> Finding {
    let said = waiting.message.to_ascii_lowercase();
    let says = |signs: &[&str]| signs.iter().any(|it| said.contains(it));
    let host = registry(image);
    let at = |object, sentence: String| {
        Finding::new("image", Severity::Broken, object, sentence).seen("image", image)
    };
    let registry = Object::new("Registry", host);
    if waiting.reason == "InvalidImageName" || waiting.reason == "ErrImageNeverPull" {
        let pod = Object::new("Pod", &pod.metadata.name);
        return at(pod, format!("The image {image} cannot be pulled: {}.", waiting.reason))
            .fix(overrides(facts));
    }
    if says(&[
        "no such host",
        "i/o timeout",
        "connection refused",
        "x509",
        "tls handshake",
        "server gave http response",
        "dial tcp",
    ]) {
        return at(registry, format!("The registry {host} cannot be reached from the nodes.")).fix(
            Fix::command(
                format!("Look at what a node says of {host}"),
                format!("kubectl describe pod {} {}", pod.metadata.name, facts.n()),
            ),
        );
    }
    let refused =
        says(&["unauthorized", "authorization", "denied", "forbidden", "no basic auth", "401", "403"]);
    if !refused && says(&["not found", "manifest unknown"]) {
        let (repository, tag) = image.rsplit_once(':').unwrap_or((image, "latest"));
        let found = at(
            Object::new("Image", image),
            format!(
                "The registry {host} has no tag {tag} of {}.",
                repository.trim_start_matches(host).trim_start_matches('/')
            ),
        );
        return found.fix(match super::helm::before(facts) {
            Some(version) => super::helm::to_version(facts, &version),
            None => overrides(facts),
        });
    }
    let secrets = &pod.spec.image_pull_secrets;
    let Some(first) = secrets.first() else {
        return at(registry, format!("The images of {host} are pulled without a pull secret, since the pods name none."))
            .seen(format!("Pod {}, spec.imagePullSecrets", pod.metadata.name), "none")
            .fix(Fix::here(
                "Set the image pull secret",
                facts.form(Concept::ImagePullSecret),
                format!(
                    "kubectl create secret docker-registry regcred --docker-server={host} --docker-username=USER --docker-password=PASSWORD {}",
                    facts.n()
                ),
            ));
    };
    let known = facts.list(Source::Secrets);
    let missing = secrets.iter().find(|it| !known.iter().any(|one| name(one) == it.as_str()));
    let edit = |secret: &str| {
        Fix::here(
            format!("Look at secret {secret}"),
            Act::Secret(known.iter().any(|it| name(it) == secret).then(|| secret.to_owned())),
            format!(
                "kubectl create secret docker-registry {secret} --docker-server={host} --docker-username=USER --docker-password=PASSWORD {} --dry-run=client -o yaml | kubectl apply -f -",
                facts.n()
            ),
        )
    };
    if let Some(missing) = missing.filter(|_| facts.around(Source::Secrets).is_ok()) {
        return at(Object::new("Secret", missing), format!("The pull secret {missing} does not exist."))
            .seen(format!("Pod {}, spec.imagePullSecrets", pod.metadata.name), secrets.join(", "))
            .fix(edit(missing));
    }
    let hosts = |secret: &String| {
        let found = facts.list(Source::PullSecrets).iter().find(|it| name(it) == secret.as_str());
        found.map(|it| items(it, "hosts").iter().filter_map(|it| it.as_str()).collect::<Vec<_>>())
    };
    let known: Vec<Vec<&str>> = secrets.iter().filter_map(hosts).collect();
    let covered = known.iter().flatten().any(|it| *it == host);
    if known.len() == secrets.len() && !covered {
        let has = known.concat().join(", ");
        let has = if has.is_empty() { "none at all".to_owned() } else { format!("those of {has}") };
        return at(
            Object::new("Secret", first),
            format!("The pull secret {first} has no credentials for {host}, only {has}."),
        )
        .seen(format!("Secret {first}, .dockerconfigjson, auths"), known.concat().join(", "))
        .fix(edit(first));
    }
    let field = facts.field(Concept::ImagePullSecret);
    at(
        Object::new("Secret", first),
        format!(
            "The registry {host} refuses the credentials of pull secret {first}, or does not have the image."
        ),
    )
    .seen(field, first)
    .fix(edit(first))
}

fn overrides(facts: &Facts<'_>) -> Fix {
    Fix::here(
        "Look at the overrides that name images",
        facts.form(Concept::RawOverridesPlatform),
        format!("{} -o yaml", facts.command("get")),
    )
}
