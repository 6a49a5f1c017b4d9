//! What undeploying destroys and what it leaves: the blast radius, read from the cluster, and what holds an undeploy up.
//!
//! The operator uninstalls both Helm releases and removes its own secrets; the databases' data goes with their volumes.
//! What of that is certain follows from Kubernetes' own bookkeeping: Helm's annotations, owners, the claims' retention
//! policy and the volumes' reclaim policy. Where that says that Kubernetes would keep something that belongs to a
//! release, the operator may still delete it, and the data is counted as lost.

use serde_json::Value;

use crate::certainty::Read;
use crate::contract::ReleaseNames;
use crate::objects::{items, text, time};
use crate::quantity::Quantity;
use crate::sort;
use crate::time::{SignedDuration, Timestamp};

/// What becomes of something.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Fate {
    Dies,
    Stays,
    /// The cluster does not say, or not to this user.
    Unknown,
}

impl Fate {
    /// In one word.
    pub fn word(self) -> &'static str {
        match self {
            Self::Dies => "deleted",
            Self::Stays => "stays",
            Self::Unknown => "unknown",
        }
    }
}

/// The kinds of things that an undeploy may reach.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Sort {
    Workload,
    Secret,
    Claim,
}

/// One thing and its fate.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Victim {
    pub sort: Sort,
    /// Its kind, as Kubernetes writes it.
    pub kind: &'static str,
    pub name: String,
    pub fate: Fate,
    /// Why, as a sentence.
    pub why: String,
    /// Of a claim: what its volume holds at most.
    pub size: Option<Quantity>,
    /// Of a claim: what becomes of the data on its volume.
    pub data: Option<(Fate, String)>,
}

/// What was read of the namespace (volumes and classes: of the cluster).
#[derive(Debug, Clone)]
pub struct Lists {
    pub deployments: Read<Vec<Value>>,
    pub stateful_sets: Read<Vec<Value>>,
    /// Metadata is enough.
    pub secrets: Read<Vec<Value>>,
    pub claims: Read<Vec<Value>>,
    pub volumes: Read<Vec<Value>>,
    pub classes: Read<Vec<Value>>,
}

/// The blast radius.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Blast {
    /// Those that die first, then those whose fate is unknown, then those that stay; by sort and name.
    pub victims: Vec<Victim>,
    /// What could not be read, and so may hold more: the plural and why.
    pub unread: Vec<(&'static str, String)>,
}

/// The field manager that writes the custom resource's status: the operator's, by the API server's bookkeeping.
pub fn operator_manager(cr: &Value) -> Option<&str> {
    let entries = items(&cr["metadata"], "managedFields").iter();
    entries
        .filter(|entry| entry["subresource"] == "status")
        .max_by_key(|entry| time(entry, "time"))
        .and_then(|entry| entry["manager"].as_str())
}

impl Blast {
    /// The fate of everything that `lists` has. `cr` is the custom resource, which itself always stays.
    pub fn of(releases: &ReleaseNames, cr: &Value, lists: &Lists) -> Self {
        let releases = [releases.platform.as_str(), releases.dependencies.as_str()];
        let mut victims = Vec::new();
        let mut unread = Vec::new();
        let mut read = |list: &Read<Vec<Value>>, plural: &'static str| -> Vec<Value> {
            match list {
                Read::Found(found) => found.clone(),
                Read::Absent => Vec::new(),
                Read::Loading => {
                    unread.push((plural, "still being read".to_owned()));
                    Vec::new()
                }
                Read::Unreadable(why) => {
                    unread.push((plural, why.clone()));
                    Vec::new()
                }
            }
        };
        let deployments = read(&lists.deployments, "deployments");
        let sets = read(&lists.stateful_sets, "stateful sets");
        let secrets = read(&lists.secrets, "secrets");
        let claims = read(&lists.claims, "volume claims");

        for (kind, workloads) in [("Deployment", &deployments), ("StatefulSet", &sets)] {
            for workload in workloads {
                let (fate, why) = helm_fate(workload, releases).unwrap_or_else(foreign);
                victims.push(victim(Sort::Workload, kind, workload, fate, why));
            }
        }
        let operator = operator_manager(cr);
        for secret in &secrets {
            let (fate, why) = secret_fate(secret, releases, operator, cr);
            victims.push(victim(Sort::Secret, "Secret", secret, fate, why));
        }
        for claim in &claims {
            let (fate, why) = claim_fate(claim, &sets, releases);
            let mut row = victim(Sort::Claim, "PersistentVolumeClaim", claim, fate, why);
            let stored = claim.pointer("/status/capacity/storage");
            row.size =
                stored.or_else(|| claim.pointer("/spec/resources/requests/storage")).and_then(Quantity::of);
            row.data = (fate == Fate::Dies).then(|| data_fate(claim, &lists.volumes, &lists.classes));
            victims.push(row);
        }
        sort::by(&mut victims, |a, b| {
            let order = |it: &Victim| match it.fate {
                Fate::Dies => 0,
                Fate::Unknown => 1,
                Fate::Stays => 2,
            };
            (order(a), a.sort, &a.name).cmp(&(order(b), b.sort, &b.name))
        });
        Self { victims, unread }
    }

    /// Those of this sort and fate.
    pub fn those(&self, sort: Sort, fate: Fate) -> impl Iterator<Item = &Victim> {
        self.victims.iter().filter(move |it| it.sort == sort && it.fate == fate)
    }

    /// What the claims that die can hold together.
    pub fn data(&self) -> Quantity {
        self.those(Sort::Claim, Fate::Dies).filter_map(|it| it.size).sum()
    }

    /// In one sentence: "Undeploying deletes 8 workloads, 5 secrets and 5 volume claims with up to 143Gi of data." What
    /// could not be read is never counted as none.
    pub fn sentence(&self) -> String {
        let part = |sort, one: &str, many: &str| {
            let count = self.those(sort, Fate::Dies).count();
            let hidden = self.unread.iter().any(|(plural, _)| match sort {
                Sort::Workload => *plural == "deployments" || *plural == "stateful sets",
                Sort::Secret => *plural == "secrets",
                Sort::Claim => *plural == "volume claims",
            });
            let noun = if count == 1 { one } else { many };
            match (count, hidden) {
                (0, true) => format!("an unknown number of {many}"),
                (0, false) => format!("no {many}"),
                (_, true) => format!("at least {count} {noun}"),
                (_, false) => format!("{count} {noun}"),
            }
        };
        let claims = part(Sort::Claim, "volume claim", "volume claims");
        let data = self.data();
        let data = if data > Quantity::ZERO {
            format!(" with up to {} of data", data.bytes())
        } else {
            String::new()
        };
        format!(
            "Undeploying deletes {}, {} and {claims}{data}.",
            part(Sort::Workload, "workload", "workloads"),
            part(Sort::Secret, "secret", "secrets"),
        )
    }
}

fn victim(sort: Sort, kind: &'static str, object: &Value, fate: Fate, why: String) -> Victim {
    Victim { sort, kind, name: text(&object["metadata"], "name"), fate, why, size: None, data: None }
}

fn foreign() -> (Fate, String) {
    (Fate::Stays, "It belongs to neither release.".to_owned())
}

/// The fate of what Helm made; `None` for what it did not make.
fn helm_fate(object: &Value, releases: [&str; 2]) -> Option<(Fate, String)> {
    let annotations = &object["metadata"]["annotations"];
    let release = annotations["meta.helm.sh/release-name"].as_str().filter(|it| releases.contains(it))?;
    Some(if annotations["helm.sh/resource-policy"] == "keep" {
        (Fate::Stays, format!("Helm keeps it when it uninstalls {release} (helm.sh/resource-policy: keep)."))
    } else {
        (Fate::Dies, format!("Helm deletes it with {release}."))
    })
}

fn secret_fate(secret: &Value, releases: [&str; 2], operator: Option<&str>, cr: &Value) -> (Fate, String) {
    let metadata = &secret["metadata"];
    let labels = &metadata["labels"];
    if labels["owner"] == "helm" {
        let release = labels["name"].as_str().unwrap_or_default();
        return match releases.contains(&release) {
            true => (Fate::Dies, format!("It is part of Helm's history of {release}.")),
            false => foreign(),
        };
    }
    if let Some(fate) = helm_fate(secret, releases) {
        return fate;
    }
    let uid = cr["metadata"]["uid"].as_str();
    if items(metadata, "ownerReferences").iter().any(|it| uid.is_some() && it["uid"].as_str() == uid) {
        return (Fate::Dies, "It belongs to the installation; the operator removes it.".to_owned());
    }
    let managers = items(metadata, "managedFields").iter().filter_map(|it| it["manager"].as_str());
    let managers: Vec<&str> = managers.collect();
    match operator {
        Some(operator) if managers.contains(&operator) => {
            (Fate::Dies, format!("The operator ({operator}) made it and removes it."))
        }
        Some(_) if !managers.is_empty() => (Fate::Stays, "The operator did not make it.".to_owned()),
        _ => (Fate::Unknown, "Who made it is not recorded.".to_owned()),
    }
}

fn claim_fate(claim: &Value, sets: &[Value], releases: [&str; 2]) -> (Fate, String) {
    let metadata = &claim["metadata"];
    let name = metadata["name"].as_str().unwrap_or_default();
    if let Some(fate) = helm_fate(claim, releases) {
        return fate;
    }
    let ours = |set: &&Value| {
        let release = set["metadata"]["annotations"]["meta.helm.sh/release-name"].as_str();
        release.is_some_and(|it| releases.contains(&it)) && is_of_set(name, set)
    };
    if let Some(set) = sets.iter().find(ours) {
        let set_name = text(&set["metadata"], "name");
        let kept = set.pointer("/spec/persistentVolumeClaimRetentionPolicy/whenDeleted");
        return match kept.and_then(Value::as_str) {
            Some("Delete") => (Fate::Dies, format!("It is deleted with StatefulSet {set_name}.")),
            _ => (
                Fate::Dies,
                format!(
                    "StatefulSet {set_name} would leave it, but the operator removes the databases' claims: count it \
                     as lost."
                ),
            ),
        };
    }
    match metadata["labels"]["app.kubernetes.io/instance"].as_str().filter(|it| releases.contains(it)) {
        Some(release) => (Fate::Dies, format!("It is labelled as part of {release}: count it as lost.")),
        None => foreign(),
    }
}

/// Whether the claim's name is one that this StatefulSet gives: TEMPLATE-SET-ORDINAL.
fn is_of_set(claim: &str, set: &Value) -> bool {
    let set_name = set["metadata"]["name"].as_str().unwrap_or_default();
    items(&set["spec"], "volumeClaimTemplates").iter().any(|template| {
        let template = template["metadata"]["name"].as_str().unwrap_or_default();
        let ordinal = claim.strip_prefix(&format!("{template}-{set_name}-"));
        ordinal.is_some_and(|it| !it.is_empty() && it.bytes().all(|b| b.is_ascii_digit()))
    })
}

/// What becomes of the data of a claim that dies: its volume's reclaim policy decides, else its class's.
fn data_fate(claim: &Value, volumes: &Read<Vec<Value>>, classes: &Read<Vec<Value>>) -> (Fate, String) {
    let Some(volume) = claim["spec"]["volumeName"].as_str().filter(|it| !it.is_empty()) else {
        return (Fate::Dies, "It has no volume yet.".to_owned());
    };
    let of = |list: &Read<Vec<Value>>, name: &str, pointer: &str| -> Option<String> {
        let Read::Found(found) = list else { return None };
        let object = found.iter().find(|it| it["metadata"]["name"] == name)?;
        Some(object.pointer(pointer)?.as_str()?.to_owned())
    };
    let class = claim["spec"]["storageClassName"].as_str().unwrap_or_default();
    let policy = of(volumes, volume, "/spec/persistentVolumeReclaimPolicy")
        .map(|it| (it, format!("volume {volume}")))
        .or_else(|| Some((of(classes, class, "/reclaimPolicy")?, format!("StorageClass {class}"))));
    match policy {
        Some((policy, whose)) if policy == "Retain" => (
            Fate::Stays,
            format!("The data stays on volume {volume} ({whose}: Retain); no claim holds it any more."),
        ),
        Some((policy, whose)) => (Fate::Dies, format!("The data is destroyed ({whose}: {policy}).")),
        None => (
            Fate::Unknown,
            format!("Whether volume {volume} keeps the data is not readable for you: count it as lost."),
        ),
    }
}

/// Something that is being deleted and is held by finalizers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stuck {
    pub kind: String,
    pub name: String,
    /// When its deletion was due.
    pub since: Timestamp,
    /// Each finalizer, and who has to remove it, in words.
    pub finalizers: Vec<(String, String)>,
}

/// How long a deletion may take before its finalizers are named: claims wait for their pods' grace period of 30 seconds,
/// twice that is unusual.
pub const STUCK_AFTER: SignedDuration = SignedDuration::from_secs(60);

/// Who removes the finalizers that Kubernetes itself sets.
const OWNERS: [(&str, &str); 7] = [
    ("kubernetes.io/pvc-protection", "Kubernetes, once no pod uses the claim any more"),
    ("kubernetes.io/pv-protection", "Kubernetes, once no claim is bound to the volume any more"),
    ("foregroundDeletion", "Kubernetes' garbage collector, once what it owns is deleted"),
    ("orphan", "Kubernetes' garbage collector"),
    ("batch.kubernetes.io/job-tracking", "Kubernetes' Job controller"),
    ("service.kubernetes.io/load-balancer-cleanup", "the cloud's load balancer controller"),
    ("external-provisioner.volume.kubernetes.io/finalizer", "the volume's CSI provisioner"),
];

/// What of `objects` is being deleted for longer than [`STUCK_AFTER`], with the owners of the finalizers that hold it.
pub fn stuck<'a>(objects: impl IntoIterator<Item = (&'a str, &'a Value)>, now: Timestamp) -> Vec<Stuck> {
    let held = objects.into_iter().filter_map(|(kind, object)| {
        let metadata = &object["metadata"];
        let since = time(metadata, "deletionTimestamp")?;
        let finalizers = items(metadata, "finalizers").iter().filter_map(Value::as_str);
        let finalizers: Vec<_> =
            finalizers.map(|it| (it.to_owned(), finalizer_owner(it, metadata))).collect();
        let late = now.duration_since(since) >= STUCK_AFTER;
        (late && !finalizers.is_empty()).then(|| Stuck {
            kind: kind.to_owned(),
            name: text(metadata, "name"),
            since,
            finalizers,
        })
    });
    held.collect()
}

/// Who has to remove a finalizer: known for Kubernetes' own, else who set it by the API server's bookkeeping, else whose
/// domain it bears.
fn finalizer_owner(finalizer: &str, metadata: &Value) -> String {
    if let Some((_, owner)) = OWNERS.iter().find(|(known, _)| *known == finalizer) {
        return (*owner).to_owned();
    }
    let key = format!("v:\"{finalizer}\"");
    let setter = items(metadata, "managedFields").iter().find(|entry| {
        let fields = &entry["fieldsV1"]["f:metadata"]["f:finalizers"];
        fields.get(&key).is_some() || fields.as_object().is_some_and(serde_json::Map::is_empty)
    });
    let domain = finalizer.split_once('/').map(|(domain, _)| domain);
    match (setter.and_then(|it| it["manager"].as_str()), domain) {
        (Some(manager), _) => format!("{manager}, which set it"),
        (None, Some(domain)) => format!("the controller of {domain}"),
        (None, None) => "an unknown controller".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn releases() -> ReleaseNames {
        ReleaseNames { dependencies: "deps".into(), platform: "plat".into() }
    }

    fn helm(name: &str, release: &str) -> Value {
        json!({"metadata": {"name": name, "annotations": {"meta.helm.sh/release-name": release}}})
    }

    fn cr() -> Value {
        json!({"metadata": {"uid": "u1", "managedFields": [
            {"manager": "kubectl", "time": "2026-03-01T10:00:00Z"},
            {"manager": "the-operator", "subresource": "status", "time": "2026-03-01T11:00:00Z"},
            {"manager": "old-operator", "subresource": "status", "time": "2026-02-01T11:00:00Z"},
        ]}})
    }

    fn lists() -> Lists {
        let mut set = helm("postgres", "deps");
        set["spec"] = json!({"persistentVolumeClaimRetentionPolicy": {"whenDeleted": "Delete"},
            "volumeClaimTemplates": [{"metadata": {"name": "data"}}]});
        let mut keeps = helm("redis", "deps");
        keeps["spec"] = json!({"volumeClaimTemplates": [{"metadata": {"name": "data"}}]});
        let claim = |name: &str, volume: &str| {
            json!({"metadata": {"name": name}, "spec": {"volumeName": volume, "storageClassName": "std",
                "resources": {"requests": {"storage": "20Gi"}}}})
        };
        let mut kept = helm("kept", "plat");
        kept["metadata"]["annotations"]["helm.sh/resource-policy"] = "keep".into();
        let made_by = |name: &str, manager: &str| json!({"metadata": {"name": name, "managedFields": [{"manager": manager}]}});
        Lists {
            deployments: Read::Found(vec![helm("platform", "plat"), made_by("other", "me")]),
            stateful_sets: Read::Found(vec![set, keeps]),
            secrets: Read::Found(vec![
                json!({"metadata": {"name": "sh.helm.release.v1.plat.v1", "labels": {"owner": "helm", "name": "plat"}}}),
                json!({"metadata": {"name": "sh.helm.release.v1.x.v1", "labels": {"owner": "helm", "name": "x"}}}),
                helm("postgres", "deps"),
                kept,
                made_by("accounts", "the-operator"),
                made_by("regcred", "kubectl"),
                json!({"metadata": {"name": "owned", "ownerReferences": [{"uid": "u1"}]}}),
                json!({"metadata": {"name": "old"}}),
            ]),
            claims: Read::Found(vec![
                claim("data-postgres-0", "pv-a"),
                claim("data-redis-0", "pv-b"),
                claim("data-postgres-x", "pv-c"),
                claim("pending-0", ""),
                json!({"metadata": {"name": "labelled", "labels": {"app.kubernetes.io/instance": "deps"}}, "spec": {}}),
            ]),
            volumes: Read::Found(vec![
                json!({"metadata": {"name": "pv-a"}, "spec": {"persistentVolumeReclaimPolicy": "Retain"}}),
            ]),
            classes: Read::Found(vec![json!({"metadata": {"name": "std"}, "reclaimPolicy": "Delete"})]),
        }
    }

    #[test]
    fn everything_has_a_fate_and_a_reason() {
        let blast = Blast::of(&releases(), &cr(), &lists());
        let fates: Vec<String> =
            blast.victims.iter().map(|it| format!("{} {}: {}", it.fate.word(), it.name, it.why)).collect();
        assert_eq!(
            fates,
            [
                "deleted platform: Helm deletes it with plat.",
                "deleted postgres: Helm deletes it with deps.",
                "deleted redis: Helm deletes it with deps.",
                "deleted accounts: The operator (the-operator) made it and removes it.",
                "deleted owned: It belongs to the installation; the operator removes it.",
                "deleted postgres: Helm deletes it with deps.",
                "deleted sh.helm.release.v1.plat.v1: It is part of Helm's history of plat.",
                "deleted data-postgres-0: It is deleted with StatefulSet postgres.",
                "deleted data-redis-0: StatefulSet redis would leave it, but the operator removes the databases' claims: \
                 count it as lost.",
                "deleted labelled: It is labelled as part of deps: count it as lost.",
                "unknown old: Who made it is not recorded.",
                "stays other: It belongs to neither release.",
                "stays kept: Helm keeps it when it uninstalls plat (helm.sh/resource-policy: keep).",
                "stays regcred: The operator did not make it.",
                "stays sh.helm.release.v1.x.v1: It belongs to neither release.",
                "stays data-postgres-x: It belongs to neither release.",
                "stays pending-0: It belongs to neither release.",
            ]
        );
        assert_eq!(
            blast.sentence(),
            "Undeploying deletes 3 workloads, 4 secrets and 3 volume claims with up to 40Gi of data."
        );
    }

    #[test]
    fn the_volume_decides_about_the_data_then_the_class() {
        let data = |lists: Lists| -> Vec<String> {
            let blast = Blast::of(&releases(), &cr(), &lists);
            blast
                .victims
                .into_iter()
                .filter_map(|it| it.data)
                .map(|(fate, why)| format!("{}: {why}", fate.word()))
                .collect()
        };
        assert_eq!(
            data(lists()),
            [
                "stays: The data stays on volume pv-a (volume pv-a: Retain); no claim holds it any more.",
                "deleted: The data is destroyed (StorageClass std: Delete).",
                "deleted: It has no volume yet.",
            ]
        );
        let denied = Read::Unreadable("may not".to_owned());
        assert_eq!(
            data(Lists { volumes: denied.clone(), classes: denied, ..lists() })[0],
            "unknown: Whether volume pv-a keeps the data is not readable for you: count it as lost."
        );
    }

    #[test]
    fn what_may_not_be_read_is_not_none() {
        let denied = || Read::Unreadable("You may not list it.".to_owned());
        let blast = Blast::of(
            &releases(),
            &cr(),
            &Lists { secrets: denied(), claims: denied(), stateful_sets: Read::Loading, ..lists() },
        );
        assert_eq!(
            blast.sentence(),
            "Undeploying deletes at least 1 workload, an unknown number of secrets and an unknown number of volume claims."
        );
        let plurals: Vec<_> = blast.unread.iter().map(|(plural, _)| *plural).collect();
        assert_eq!(plurals, ["stateful sets", "secrets", "volume claims"]);
    }

    #[test]
    fn a_held_deletion_names_who_must_let_go() {
        let now: Timestamp = "2026-03-01T12:05:00Z".parse().unwrap();
        let object = |deleted: &str, finalizers: Value| {
            json!({"metadata": {"name": "x", "deletionTimestamp": deleted, "finalizers": finalizers, "managedFields": [
                {"manager": "backup-tool", "fieldsV1": {"f:metadata": {"f:finalizers": {"v:\"a.io/hold\"": {}}}}}]}})
        };
        let check = |object: Value, expect: &[&str]| {
            let found = stuck([("PersistentVolumeClaim", &object)], now);
            let owners: Vec<_> =
                found.iter().flat_map(|it| &it.finalizers).map(|(_, owner)| owner.as_str()).collect();
            assert_eq!(owners, expect);
        };
        let late = "2026-03-01T12:00:00Z";
        check(
            object(late, json!(["kubernetes.io/pvc-protection", "a.io/hold", "b.io/hold", "odd"])),
            &[
                "Kubernetes, once no pod uses the claim any more",
                "backup-tool, which set it",
                "the controller of b.io",
                "an unknown controller",
            ],
        );
        check(object("2026-03-01T12:04:30Z", json!(["a.io/hold"])), &[]);
        check(object(late, json!([])), &[]);
        check(json!({"metadata": {"finalizers": ["a"]}}), &[]);
    }
}
