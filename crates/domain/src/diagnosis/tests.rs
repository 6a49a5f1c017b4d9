//! Every rule on whole namespaces that were recorded from a real API server (`tests/fixtures/diagnosis`), as they were
//! or with one thing changed.

use std::path::Path;

use proptest::prelude::*;
use serde_json::{Value, json};

use super::facts::{Facts, Source, Surroundings, pull_secret, tls_secret};
use super::{Act, Diagnosis, Finding, Object, Severity};
use crate::certainty::{Certain, Read};
use crate::config::Config;
use crate::contract::Concept;
use crate::helm::{ReleaseSecret, history};
use crate::installation::Installation;
use crate::objects::{Event, FromObject, Lease, Partial, Pod, Workload};
use crate::operation::{self, operation};
use crate::operator::{Signs, operator_state};
use crate::rollout::Rollout;
use crate::time::{SignedDuration, Timestamp};

/// A namespace as it was recorded, to be changed before it is looked at.
struct Recorded {
    objects: Vec<Value>,
    recorded: Timestamp,
    now: Timestamp,
    denied: Vec<Source>,
}

impl Recorded {
    fn read(name: &str) -> Self {
        let path =
            Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("tests/fixtures/diagnosis/{name}.json"));
        let mut file: Value = serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
        let Value::Array(objects) = file["items"].take() else { panic!("no objects") };
        let now: Timestamp = file["now"].as_str().unwrap().parse().unwrap();
        Self { objects, recorded: now, now, denied: Vec::new() }
    }

    /// The object of this kind and name (or its beginning).
    fn object(&mut self, kind: &str, name: &str) -> &mut Value {
        let is = |it: &&mut Value| {
            it["kind"] == kind && it["metadata"]["name"].as_str().is_some_and(|it| it.starts_with(name))
        };
        self.objects.iter_mut().find(is).unwrap()
    }

    fn cr(&mut self) -> &mut Value {
        self.object("RootCauseInstallation", "")
    }

    fn with(mut self, change: impl FnOnce(&mut Self)) -> Self {
        change(&mut self);
        self
    }

    fn later(self, seconds: i64) -> Self {
        self.with(|it| it.now = it.now.checked_add(SignedDuration::from_secs(seconds)).unwrap())
    }

    fn diagnosis(&self) -> Diagnosis {
        let config = Config::default();
        let of =
            |kind: &str| self.objects.iter().filter(|it| it["kind"] == kind).cloned().collect::<Vec<_>>();
        let cr = of("RootCauseInstallation").into_iter().next().unwrap();
        let installation = Installation::read(&config.contract, &cr);
        let mut pods: Vec<Pod> = of("Pod").iter().map(Pod::from_object).collect();
        pods.sort_by(|a, b| a.metadata.name.cmp(&b.metadata.name));
        let mut workloads: Vec<Workload> = of("Deployment").iter().map(Workload::from_object).collect();
        workloads.extend(of("StatefulSet").iter().map(Workload::from_object));
        let events: Vec<Event> = of("Event").iter().map(Event::from_object).collect();
        let secrets: Vec<ReleaseSecret> = of("Secret")
            .iter()
            .filter_map(|it| ReleaseSecret::read(&Partial::from_object(it).metadata))
            .collect();
        let dependencies = history("rootcause-dependencies", &secrets, &[], self.now);
        let platform = history("rootcause-platform", &secrets, &[], self.now);
        let lease = match of("Lease").first() {
            // It was recorded a moment before or after the rest.
            Some(lease) => {
                let mut lease = lease.clone();
                let renewed: Option<Timestamp> =
                    lease["spec"]["renewTime"].as_str().and_then(|it| it.parse().ok());
                let old = renewed.is_some_and(|it| self.recorded.duration_since(it).as_secs() > 60);
                if lease["spec"].is_object() && !old {
                    lease["spec"]["renewTime"] = self.now.to_string().into();
                }
                Read::Found(Lease::from_object(&lease))
            }
            None => Read::Absent,
        };
        let signs =
            Signs { place: &config.operator, lease: &lease, deployment: &Read::Absent, pods: Some(&pods) };
        let operator = operator_state(signs, self.now);
        let rollouts: Vec<Rollout> = workloads.iter().map(|it| Rollout::of(it, Some(&pods))).collect();
        let operation = operation(&operation::Facts {
            contract: &config.contract,
            installation: &installation,
            dependencies: &dependencies,
            platform: &platform,
            rollouts: &rollouts,
        });
        let typed = |kind: &str| of("Secret").into_iter().filter(|it| it["type"] == kind).collect::<Vec<_>>();
        let around: Surroundings = vec![
            (Source::Claims, Ok(of("PersistentVolumeClaim"))),
            (Source::StorageClasses, Ok(of("StorageClass"))),
            (Source::Nodes, Ok(of("Node"))),
            (Source::Quotas, Ok(of("ResourceQuota"))),
            (Source::Budgets, Ok(of("PodDisruptionBudget"))),
            (Source::Secrets, Ok(of("Secret"))),
            (
                Source::PullSecrets,
                Ok(typed("kubernetes.io/dockerconfigjson").iter().map(pull_secret).collect()),
            ),
            (Source::Certificates, Ok(typed("kubernetes.io/tls").iter().map(tls_secret).collect())),
            (Source::Symptoms, Ok(of("Symptom"))),
        ];
        let denied = |source: Source| self.denied.contains(&source);
        let around = around.into_iter().map(|(source, read)| match denied(source) {
            true => (source, Err("you may not list them".to_owned())),
            false => (source, read),
        });
        let around: Surroundings = around.collect();
        Diagnosis::of(&Facts {
            config: &config,
            installation: &installation,
            cr: &cr,
            operator: &operator,
            operation: operation.as_ref(),
            dependencies: &dependencies,
            platform: &platform,
            history: Ok(()),
            workloads: Ok(&workloads),
            pods: if denied(Source::Pods) {
                Err("you may not list them")
            } else {
                Ok(pods.as_slice().into())
            },
            events: Ok(&events),
            around: &around,
            now: self.now,
        })
    }
}

/// Exactly these root causes are found, by rule and sentence.
#[track_caller]
fn check(recorded: &Recorded, expect: &[(&str, &str)]) -> Diagnosis {
    let diagnosis = recorded.diagnosis();
    let found: Vec<_> = diagnosis.findings.iter().map(|it| (it.rule, it.sentence.as_str())).collect();
    assert_eq!(found, expect);
    diagnosis
}

/// The words of a finding's chain.
fn chain(finding: &Finding) -> Vec<&str> {
    finding.chain.iter().map(|it| it.words.as_str()).collect()
}

/// What a finding offers to do here.
fn acts(finding: &Finding) -> Vec<&Act> {
    finding.fixes.iter().filter_map(|it| it.act.as_ref()).collect()
}

#[test]
fn a_healthy_installation_has_no_finding() {
    let diagnosis = check(&Recorded::read("healthy"), &[]);
    assert_eq!(
        diagnosis.sentence().0,
        format!("Nothing is wrong: {} checks passed.", diagnosis.checked.len())
    );
    // Nor has it one after a year: what was recorded is then no younger than now.
    check(&Recorded::read("healthy").later(300 * 86_400), &[]);
}

#[test]
fn what_may_not_be_read_is_said_and_not_taken_for_fine() {
    let diagnosis = check(&Recorded::read("healthy").with(|it| it.denied = vec![Source::Nodes]), &[]);
    let open: Vec<_> =
        diagnosis.checked.iter().filter(|it| it.unknown.is_some()).map(|it| it.words).collect();
    assert_eq!(open, ["A node takes every pod", "The nodes are ready and under no pressure"]);
    assert!(diagnosis.sentence().0.ends_with("2 could not be made."));
}

#[test]
fn one_root_explains_the_rest() {
    let refused = "The registry registry.example refuses the credentials of pull secret regcred, or does not have the image.";
    let diagnosis = check(&Recorded::read("pull-denied"), &[("image", refused)]);
    let finding = &diagnosis.findings[0];
    let [pod, rest @ ..] = chain(finding).try_into().map(|it: [_; 4]| it).unwrap();
    assert!(pod.starts_with("Pod platform-"));
    assert_eq!(rest, ["Deployment platform", "Helm release rootcause-platform", "phase Degraded"]);
    assert_eq!(finding.explains.len(), 2);
    assert!(
        finding.explains[0]
            .starts_with("Helm failed on rootcause-platform: its workloads were not ready in time.")
    );
    assert!(finding.evidence.iter().any(|it| it.words.contains("pull access denied")));
}

#[test]
fn the_recorded_faults_are_found() {
    let one = |name: &str, rule: &str, sentence: &str| {
        check(&Recorded::read(name).later(30), &[(rule, sentence)]);
    };
    one("blocked", "secret", "The required secret other is missing: it pulls the platform's images.");
    one(
        "budget",
        "budget",
        "The disruption budget platform can never allow an eviction: it wants 1 of 1 pods, so no node with one of them can be drained.",
    );
    one("cpu", "scheduling", "No node has enough cpu left (2 Insufficient cpu).");
    one("crash", "crash", "litellm crashes again and again: last exit code 1, an error of the application.");
    one("hook", "helm", "Helm failed on rootcause-platform: a hook of the chart failed.");
    one("missing-secret", "image", "The pull secret regcred does not exist.");
    one(
        "on-delete",
        "old-pods",
        "redis still has 1 pod of the version before: its pods are replaced only by hand.",
    );
    one("oom", "memory", "ml-jobs uses more than its memory limit of 16Gi and is killed again and again.");
    one(
        "override",
        "values",
        "The platform chart 0.1.15 refuses the raw override replicaz: additional properties 'replicaz' not allowed.",
    );
    one(
        "override2",
        "values",
        "The platform chart 0.1.15 refuses the raw override components.platform.replicas: got string, want integer.",
    );
    one("paused", "old-pods", "The rollout of platform is paused: no change reaches its pods.");
    one("quota", "quota", "The quota tight is used up (pods=6): pods cannot be created.");
    one("quota-sts", "quota", "The quota tight is used up (pods=2): pods cannot be created.");
    one(
        "registry",
        "image",
        "The pull secret regcred has no credentials for registry.invalid, only those of registry.example.",
    );
    one(
        "schema",
        "values",
        "The platform chart 0.1.17 refuses spec.ingress.className: additional properties 'className' not allowed.",
    );
    one(
        "selector",
        "scheduling",
        "No node has the labels that the pods ask for (2 node(s) didn't match Pod's node affinity/selector).",
    );
    one(
        "storage-class",
        "claim",
        "Volumes wait for StorageClass nvme, which the cluster does not have; it has fast, standard.",
    );
    one(
        "taint",
        "scheduling",
        "The nodes that would fit have a taint that the pods do not tolerate, dedicated=gpu:NoSchedule (1 node(s) had untolerated taint(s), 2 node(s) didn't match Pod's node affinity/selector).",
    );
}

#[test]
fn the_recorded_faults_with_names_of_their_own_are_found() {
    // By the beginning of their sentences: what follows has generated names or times.
    let all = |name: &str, expect: &[(&str, &str)]| -> Diagnosis {
        let diagnosis = Recorded::read(name).later(15).diagnosis();
        let found: Vec<_> = diagnosis.findings.iter().map(|it| (it.rule, it.sentence.as_str())).collect();
        let same = |(found, expect): (&(&str, &str), &(&str, &str))| {
            found.0 == expect.0 && found.1.starts_with(expect.1)
        };
        assert!(found.len() == expect.len() && found.iter().zip(expect).all(same), "{name}: {found:#?}");
        diagnosis
    };
    let one = |name: &str, rule: &str, sentence: &str| all(name, &[(rule, sentence)]).findings.remove(0);
    let absent = all(
        "absent",
        &[
            ("config", "Container litellm cannot be created: secret \"platform-session\" not found."),
            ("image", "The images of registry.example are pulled without a pull secret"),
            ("image", "The registry registry.example cannot be reached from the nodes."),
            ("image", "The registry registry.example has no tag 0.1.15 of rootcause/platform."),
        ],
    );
    let keys: std::collections::HashSet<_> = absent.findings.iter().map(Finding::key).collect();
    assert_eq!(keys.len(), absent.findings.len());
    one("stalled", "readiness", "The rollout of ml-jobs makes no progress.");
    let unready = one("not-ready", "readiness", "litellm has run for 6 min ");
    assert_eq!(acts(&unready), [&Act::Restart(Object::new("Deployment", "litellm"))]);
    assert!(unready.evidence.iter().any(|it| it.words.ends_with("statuscode: 503")));
    let evicted = one("evicted", "evicted", "Pod litellm-");
    assert!(evicted.sentence.contains(" was evicted from node node-"), "{}", evicted.sentence);
    assert!(matches!(acts(&evicted)[..], [Act::Delete(it)] if it.name.starts_with("litellm-")));
    let immutable = one("immutable", "immutable", "The volume claim templates of postgres cannot be changed");
    assert_eq!(acts(&immutable), [&Act::ForceReconcile]);
    assert!(immutable.fixes[0].kubectl.starts_with("kubectl delete statefulset postgres --cascade=orphan"));
    one(
        "node-pressure",
        "node",
        "The node small-rootcause is short of memory; pods of the installation run on it.",
    );
    one("node-down", "node", "The node small-rootcause is not ready; pods of the installation run on it.");
    one("cordoned", "scheduling", "The nodes that would fit are cordoned, gpu-rootcause (");
    one("certificate", "certificate", "The certificate in secret platform-tls ended ");
    one("operator-gone", "operator", "The operator is not running: its lease was last renewed 5 min ago");
    one("stuck", "stuck", "The operator has been reconciling for 25 min");
    one("phase", "phase", "The installation is blocked");
    one("unseen", "stuck", "The operator has not looked at the last change for more than a minute.");
    one("chart-registry", "registry", "The operator cannot read oci://");
    one("release", "release", "rootcause-platform is stuck: revision ");
    one("finalizer", "finalizer", "PersistentVolumeClaim kept has been being deleted for 1 min");
    one("models", "models", "The PostgreSQL database was made anew ");
}

#[test]
fn what_happens_to_many_pods_of_a_node_is_one_finding() {
    let many = |pressure: bool| {
        Recorded::read("evicted").later(15).with(|it| {
            let gone = it.objects.iter().find(|it| it["status"]["reason"] == "Evicted").unwrap().clone();
            for copy in 0..6 {
                let mut pod = gone.clone();
                pod["metadata"]["name"] = json!(format!("copy-{copy}"));
                it.objects.push(pod);
            }
            let node = gone["spec"]["nodeName"].as_str().unwrap().to_owned();
            if pressure {
                it.object("Node", &node)["status"]["conditions"] = json!([
                    {"type": "MemoryPressure", "status": "True", "reason": "Low", "message": "low"},
                    {"type": "DiskPressure", "status": "True", "reason": "Full", "message": "full"}]);
            }
        })
    };
    let found = many(false).diagnosis().findings;
    assert_eq!(found.len(), 1);
    assert!(found[0].sentence.starts_with("7 pods were evicted from node node-"), "{}", found[0].sentence);
    assert_eq!((acts(&found[0]).len(), found[0].fixes.len()), (5, 6));
    let found = many(true).diagnosis().findings;
    assert_eq!((found.len(), found[0].rule), (1, "node"));
    assert!(found[0].sentence.contains(" is short of memory and is short of disk space; "));
    assert!(found[0].explains[0].starts_with("7 pods were evicted"));
}

#[test]
fn a_statefulset_that_cannot_change_explains_the_claims_that_wait() {
    let waits = |words: &str| {
        Recorded::read("storage-class").later(30).with(|it| {
            let cr = it.cr();
            cr["spec"]["storageClass"] = json!("fast");
            cr["status"]["phase"] = json!("Degraded");
            cr["status"]["lastError"] = json!(words);
            cr["status"]["conditions"] = json!([{"type": "DependenciesReady", "status": "False",
                "reason": "HelmFailed", "message": words}]);
        })
    };
    let check = |words: &str| {
        let found = waits(words).diagnosis().findings;
        assert_eq!(found.iter().map(|it| it.rule).collect::<Vec<_>>(), ["immutable"]);
        assert!(found[0].sentence.starts_with("The volume claim templates of redis cannot be changed"));
        assert!(found[0].explains[0].starts_with("Volumes wait for StorageClass nvme"));
        assert!(chain(&found[0])[0].starts_with("PersistentVolumeClaims data-"));
    };
    // Before 1.37, and since.
    check(
        "UPGRADE FAILED: cannot patch \"redis\" with kind StatefulSet: StatefulSet.apps \"redis\" is invalid: spec: \
        Forbidden: updates to statefulset spec for fields other than 'replicas', 'template' are forbidden",
    );
    check(
        "UPGRADE FAILED: server-side apply failed for object a/redis apps/v1, Kind=StatefulSet: StatefulSet.apps \
        \"redis\" is invalid: spec.volumeClaimTemplates: Invalid value: []: field is immutable",
    );
    let found = waits("UPGRADE FAILED: context deadline exceeded").diagnosis().findings;
    assert_eq!(found.iter().map(|it| it.rule).collect::<Vec<_>>(), ["claim"]);
}

#[test]
fn findings_offer_what_mends_them() {
    let first = |name: &str| Recorded::read(name).later(30).diagnosis().findings.remove(0);
    assert_eq!(
        acts(&first("storage-class")),
        [
            &Act::Set(Concept::StorageClass, "standard".into()),
            &Act::Set(Concept::StorageClass, "fast".into())
        ]
    );
    assert_eq!(acts(&first("crash")), [&Act::Restart(Object::new("Deployment", "litellm"))]);
    assert_eq!(acts(&first("hook")), [&Act::Version("0.1.16".into()), &Act::ForceReconcile]);
    assert_eq!(acts(&first("on-delete")), [&Act::Delete(Object::new("Pod", "redis-0"))]);
    assert_eq!(acts(&first("paused")), [&Act::Resume(Object::new("Deployment", "platform"))]);
    let field = |pointer: &str| Act::Field(pointer.parse().unwrap());
    assert_eq!(acts(&first("schema"))[0], &field("/spec/ingress/className"));
    assert_eq!(acts(&first("override"))[0], &field("/spec/advanced/rawHelmOverrides/platform"));
    assert_eq!(acts(&first("oom"))[0], &field("/spec/components/mlJobs/resources/limits/memory"));
    assert_eq!(acts(&first("quota")), [&field("/spec/components/mlJobs/replicas")]);
    let of_quota = |limited: &str| {
        let limited = format!("limited: {limited}");
        let changed = Recorded::read("quota").with(|it| {
            let conditions = &mut it.object("Deployment", "ml-jobs")["status"]["conditions"];
            let failed =
                conditions.as_array_mut().unwrap().iter_mut().find(|it| it["type"] == "ReplicaFailure");
            let message = &mut failed.unwrap()["message"];
            *message = message.as_str().unwrap().replace("limited: pods=6", &limited).into();
        });
        acts(&changed.diagnosis().findings[0])[0].clone()
    };
    assert_eq!(of_quota("limits.memory=8Gi"), field("/spec/components/mlJobs/resources/limits/memory"));
    assert_eq!(of_quota("requests.cpu=4"), field("/spec/components/mlJobs/resources/requests/cpu"));
    assert_eq!(of_quota("memory=8Gi,pods=6"), field("/spec/components/mlJobs/resources/requests/memory"));
    assert_eq!(acts(&first("cpu")), [&field("/spec/components/platform/resources/requests/cpu")]);
    assert_eq!(acts(&first("pull-denied")), [&Act::Secret(Some("regcred".into()))]);
    assert_eq!(acts(&first("missing-secret")), [&Act::Secret(None)]);
    let log = first("crash").log.unwrap();
    assert!(log.previous && log.container == "litellm");
    // Once another class is asked for, the claims of the one before stand in the way.
    let asked =
        Recorded::read("storage-class").later(30).with(|it| it.cr()["spec"]["storageClass"] = json!("fast"));
    let finding = asked.diagnosis().findings.remove(0);
    assert_eq!(acts(&finding).len(), 3);
    assert!(
        acts(&finding).iter().all(|it| matches!(it, Act::Delete(claim) if claim.name.starts_with("data-")))
    );
}

#[test]
fn the_registrys_answer_tells_the_rest() {
    let says = |message: &str, sentence: &str| {
        let recorded = Recorded::read("pull-denied").with(|it| {
            let pod = it.object("Pod", "platform");
            pod["status"]["containerStatuses"][0]["state"]["waiting"]["message"] = json!(message);
        });
        check(&recorded, &[("image", sentence)]);
    };
    says(
        "failed to resolve reference \"registry.example/rootcause/platform:0.1.15\": registry.example/rootcause/platform:0.1.15: not found",
        "The registry registry.example has no tag 0.1.15 of rootcause/platform.",
    );
    says(
        "failed to do request: Head \"https://registry.example/v2/\": dial tcp: lookup registry.example: no such host",
        "The registry registry.example cannot be reached from the nodes.",
    );
    let unnamed = Recorded::read("pull-denied").with(|it| {
        it.object("Pod", "platform")["spec"]["imagePullSecrets"] = json!([]);
    });
    check(
        &unnamed,
        &[(
            "image",
            "The images of registry.example are pulled without a pull secret, since the pods name none.",
        )],
    );
    // Without the right to see secrets none is said to be missing.
    let denied =
        Recorded::read("missing-secret").with(|it| it.denied = vec![Source::Secrets, Source::PullSecrets]);
    check(
        &denied,
        &[(
            "image",
            "The registry registry.example refuses the credentials of pull secret regcred, or does not have the image.",
        )],
    );
}

#[test]
fn an_operator_that_is_gone_explains_what_nobody_does() {
    let gone = Recorded::read("healthy").later(600).with(|it| {
        it.object("Lease", "")["spec"]["renewTime"] = json!("2020-01-01T00:00:00.000000Z");
        let changed = it.now.checked_add(SignedDuration::from_mins(-5)).unwrap().to_string();
        let cr = it.cr();
        cr["metadata"]["generation"] = json!(9);
        cr["metadata"]["managedFields"] = json!([{"manager": "kubectl", "time": changed,
            "fieldsV1": {"f:spec": {"f:host": {}}}}]);
    });
    let diagnosis = gone.diagnosis();
    assert_eq!(diagnosis.findings.len(), 1);
    assert_eq!(diagnosis.findings[0].rule, "operator");
    assert_eq!(
        diagnosis.findings[0].explains,
        ["The operator has not looked at the last change for more than a minute."]
    );
}

#[test]
fn an_operator_that_crashes_is_one_finding() {
    let crashing = Recorded::read("crash").with(|it| {
        it.object("Lease", "")["spec"]["renewTime"] = json!("2020-01-01T00:00:00.000000Z");
        let name = "rootcause-operator";
        let pod = it.object("Pod", "litellm");
        pod["metadata"]["name"] = json!(format!("{name}-1-x"));
        pod["metadata"]["ownerReferences"][0]["name"] = json!(format!("{name}-1"));
        it.object("Deployment", "litellm")["metadata"]["name"] = json!(name);
    });
    let diagnosis = crashing.diagnosis();
    let found: Vec<_> = diagnosis.findings.iter().map(|it| it.rule).collect();
    assert_eq!(found, ["crash"]);
    assert!(chain(&diagnosis.findings[0]).contains(&"Operator rootcause-operator"));
    assert!(diagnosis.findings[0].explains.iter().any(|it| it.starts_with("The operator is not running")));
}

#[test]
fn an_old_operator_is_named_with_its_faults() {
    let operator = |version: &str| {
        Recorded::read("healthy").with(|it| it.cr()["status"]["operatorVersion"] = json!(version))
    };
    check(
        &operator("0.1.13"),
        &[(
            "operator-version",
            "The operator 0.1.13 is older than 0.1.16: FusionAuth stays in Maintenance Mode, and signing in answers invalid_redirect_uri.",
        )],
    );
    check(
        &operator("v0.1.15"),
        &[(
            "operator-version",
            "The operator v0.1.15 is older than 0.1.16: signing in answers invalid_redirect_uri.",
        )],
    );
    check(&operator("0.1.16"), &[]);
    check(&operator("0.1.13").with(|it| it.cr()["spec"]["auth"]["mode"] = json!("external")), &[]);
}

#[test]
fn what_is_said_of_an_old_operators_faults_is_shown_and_explained() {
    let said = |told: bool| {
        Recorded::read("healthy").later(600).with(|it| {
            it.cr()["status"]["operatorVersion"] = json!("0.1.13");
            let pod = it.object("Pod", "fusionauth");
            let name = pod["metadata"]["name"].clone();
            pod["status"]["containerStatuses"][0]["ready"] = json!(false);
            for condition in pod["status"]["conditions"].as_array_mut().unwrap() {
                condition["status"] = json!("False");
            }
            if told {
                let symptom = |line: &str| json!({"kind": "Symptom", "pod": name, "container": "fusionauth", "line": line});
                it.objects.push(symptom("FusionAuth is in Maintenance Mode, password=hunter2"));
                it.cr()["status"]["lastError"] = json!("sign-in: invalid_redirect_uri");
            }
        })
    };
    let rules = |it: &Diagnosis| it.findings.iter().map(|it| it.rule).collect::<Vec<_>>();
    assert_eq!(rules(&said(false).diagnosis()), ["readiness", "operator-version"]);
    let told = said(true).diagnosis();
    assert_eq!(rules(&told), ["operator-version"]);
    let finding = &told.findings[0];
    assert_eq!(finding.severity, Severity::Broken);
    assert!(
        chain(finding)[1..].starts_with(&["Deployment fusionauth", "Helm release rootcause-dependencies"])
    );
    assert!(finding.explains[0].ends_with("its readiness probe does not pass."));
    let words: Vec<_> = finding.evidence.iter().map(|it| it.words.as_str()).collect();
    assert_eq!(
        words[2..],
        ["FusionAuth is in Maintenance Mode, password=•••", "sign-in: invalid_redirect_uri"]
    );
}

#[test]
fn what_hangs_is_found_by_the_clock() {
    let reconciling = |minutes: i64| {
        Recorded::read("healthy").with(|it| {
            let since = it.now.checked_add(SignedDuration::from_mins(-minutes)).unwrap().to_string();
            let status = &mut it.cr()["status"];
            status["phase"] = json!("Reconciling");
            status["conditions"] = json!([{"type": "Reconciling", "status": "True", "reason": "Forced",
                "message": "Applying the configuration", "lastTransitionTime": since}]);
        })
    };
    check(&reconciling(2), &[]);
    let stuck = reconciling(25).diagnosis();
    assert_eq!(stuck.findings.len(), 1);
    assert!(stuck.findings[0].sentence.starts_with("The operator has been reconciling for 25 min"));
    assert_eq!(acts(&stuck.findings[0]), [&Act::ForceReconcile]);

    let pending = Recorded::read("healthy").later(1200).with(|it| {
        it.object("Secret", "sh.helm.release.v1.rootcause-platform")["metadata"]["labels"]["status"] =
            json!("pending-upgrade");
    });
    check(
        &pending,
        &[("release", "rootcause-platform is stuck: revision 1 is pending-upgrade and no Helm works on it.")],
    );

    let deleting = Recorded::read("healthy").later(120).with(|it| {
        let since = it.now.checked_add(SignedDuration::from_mins(-5)).unwrap().to_string();
        it.object("PersistentVolumeClaim", "data-redis-0")["metadata"]["deletionTimestamp"] = json!(since);
    });
    check(
        &deleting,
        &[(
            "finalizer",
            "PersistentVolumeClaim data-redis-0 has been being deleted for 5 min: held by kubernetes.io/pvc-protection.",
        )],
    );
}

#[test]
fn nodes_certificates_registries_and_databases() {
    let pressed = Recorded::read("healthy").with(|it| {
        let node = it.object("Pod", "platform")["spec"]["nodeName"].as_str().unwrap().to_owned();
        it.object("Node", &node)["status"]["conditions"] = json!([{"type": "MemoryPressure", "status": "True",
            "reason": "KubeletHasInsufficientMemory", "message": "kubelet has insufficient memory available"}]);
    });
    let found = pressed.diagnosis().findings;
    assert_eq!((found.len(), found[0].rule), (1, "node"));
    assert!(found[0].sentence.ends_with("is short of memory; pods of the installation run on it."));

    use base64::Engine;
    let pem = include_str!("../../tests/fixtures/certificate.pem");
    let tls = json!({"kind": "Secret", "type": "kubernetes.io/tls", "metadata": {"name": "tls"},
        "data": {"tls.crt": base64::engine::general_purpose::STANDARD.encode(pem)}});
    let with_tls = |now: &str| {
        let tls = tls.clone();
        Recorded::read("healthy").with(|it| {
            it.objects.push(tls);
            it.now = now.parse().unwrap();
        })
    };
    check(&with_tls("2036-11-01T00:00:00Z"), &[]);
    check(
        &with_tls("2036-11-15T00:09:07Z"),
        &[("certificate", "The certificate in secret tls ends in 5 d.")],
    );
    check(
        &with_tls("2036-11-22T00:09:07Z"),
        &[("certificate", "The certificate in secret tls ended 2 d ago.")],
    );

    let registry = Recorded::read("healthy").with(|it| {
        it.cr()["status"]["registry"]["error"] = json!("dial tcp 127.0.0.1:1: connection refused");
    });
    let found = registry.diagnosis().findings;
    assert_eq!((found.len(), found[0].rule), (1, "registry"));

    let remade = Recorded::read("healthy").with(|it| {
        let before = it.now.checked_add(SignedDuration::from_mins(-60)).unwrap().to_string();
        let record =
            json!([{"action": "upgrade", "who": "ana", "when": before, "from": "0.1.14", "to": "0.1.15"}]);
        it.cr()["metadata"]["annotations"] = json!({"admin.rootcause.dev/requests": record.to_string()});
    });
    let found = remade.diagnosis();
    assert_eq!((found.findings[0].rule, found.count()), ("models", Certain::Exactly(0)));
}

#[test]
fn what_runs_and_is_never_ready_is_found_after_a_while() {
    let recorded = Recorded::read("crash").later(600).with(|it| {
        let pod = it.object("Pod", "litellm");
        pod["status"]["containerStatuses"][0]["lastState"] = json!({});
        pod["status"]["containerStatuses"][0]["restartCount"] = json!(0);
    });
    let found = recorded.diagnosis().findings;
    assert_eq!((found.len(), found[0].rule), (1, "readiness"));
    assert!(found[0].sentence.ends_with("its readiness probe does not pass."));
}

#[test]
fn what_thousands_of_pods_share_is_one_finding_and_of_each_ones_own_the_first_are_listed() {
    let pods = |pod: fn(&str) -> Value| {
        Recorded::read("healthy").with(|it| {
            it.objects.extend((0..3000).map(|index| pod(&format!("many-{index:05}"))));
        })
    };
    let waiting = pods(|name| {
        let message = "0/2 nodes are available: 2 Insufficient memory.";
        let requests = json!({"requests": {"memory": "1Ti"}});
        json!({"kind": "Pod", "metadata": {"name": name},
            "spec": {"containers": [{"name": "main", "resources": requests}]},
            "status": {"phase": "Pending", "conditions": [{"type": "PodScheduled", "status": "False",
                "message": message, "lastTransitionTime": "2020-01-01T00:00:00Z"}]}})
    });
    let found = waiting.diagnosis();
    assert_eq!((found.findings.len(), found.count()), (1, Certain::Exactly(1)));
    assert_eq!(found.findings[0].chain[0].words, "Pods many-00000, many-00001, many-00002 and 2997 more");

    let crashing = pods(|name| {
        let ended = json!({"exitCode": 1, "reason": "Error"});
        let status = json!({"name": "main", "restartCount": 9, "state": {"waiting": {"reason": "CrashLoopBackOff"}},
            "lastState": {"terminated": ended}});
        json!({"kind": "Pod", "metadata": {"name": name}, "spec": {"nodeName": "a", "containers": [{"name": "main"}]},
            "status": {"phase": "Running", "containerStatuses": [status]}})
    });
    let found = crashing.diagnosis();
    assert_eq!((found.findings.len(), found.count()), (100, Certain::AtLeast(100)));
    assert!(
        found.sentence().0.starts_with("At least 100 things are wrong. First: "),
        "{}",
        found.sentence().0
    );
    assert_eq!(found.checked.iter().map(|it| it.unlisted).sum::<usize>(), 2900);
}

#[test]
fn hostile_words_are_masked_and_cut() {
    let recorded = Recorded::read("pull-denied").with(|it| {
        let message =
            format!("pull access denied: https://robot:hunter2@registry.example/ {}", "x".repeat(1 << 20));
        let pod = it.object("Pod", "platform");
        pod["status"]["containerStatuses"][0]["state"]["waiting"]["message"] = json!(message);
    });
    let finding = recorded.diagnosis().findings.remove(0);
    assert!(finding.evidence.iter().all(|it| it.words.len() < 2000 && !it.words.contains("hunter2")));
}

proptest! {
    /// Whatever is missing or of another type in one of the objects, every rule comes to an end.
    #[test]
    fn no_object_is_too_odd(
        name in prop::sample::select(vec!["crash", "quota", "storage-class", "schema", "taint"]),
        at in any::<prop::sample::Index>(),
        part in prop::sample::select(vec!["spec", "status", "metadata"]),
        value in crate::pointer::tests::any_json(),
    ) {
        let mut recorded = Recorded::read(name);
        let at = at.index(recorded.objects.len());
        recorded.objects[at][part] = value;
        recorded.diagnosis();
    }
}
