use serde_json::json;

use super::*;
use crate::backup::{BACKUP, EVIDENCE, Evidence};
use crate::objects::Metadata;
use crate::texts::Texts;

/// All that the checks judge by, as it is when nothing is wrong.
struct World {
    cr: Value,
    to: &'static str,
    operator: OperatorState,
    denied: Option<&'static str>,
    platform: Vec<HistoryRow>,
    judged: Read<String>,
    objects: Objects,
}

fn now() -> Timestamp {
    "2026-03-01T12:00:00Z".parse().unwrap()
}

fn revision(status: &str, version: &str) -> HistoryRow {
    let mut labels = Texts::default();
    for (name, text) in
        [("owner", "helm"), ("name", "rootcause-platform"), ("version", "3"), ("status", status)]
    {
        labels.set(name, text);
    }
    let created = "2026-03-01T10:00:00Z".parse().ok();
    let metadata = Metadata { labels, creation_timestamp: created, ..Metadata::default() };
    let secret = crate::helm::ReleaseSecret::read(&metadata).unwrap();
    let mut row = crate::helm::history("rootcause-platform", &[secret], &[], now()).remove(0);
    row.chart_version = Some(version.into());
    row
}

impl World {
    fn good() -> Self {
        let schema = json!({"type": "object", "additionalProperties": false, "properties": {
            "ingress": {"type": "object", "additionalProperties": false, "properties": {"class": {"type": "string"}}},
            "cpu": {"type": ["string", "number"]},
            "part": {"$ref": "#/definitions/part"}},
            "definitions": {"part": {"type": "object", "required": ["replicas"],
                "properties": {"replicas": {"type": "integer", "minimum": 0}, "mode": {"enum": ["a", "b"]}}}}});
        let mut objects = Objects::default();
        for source in Source::ALL {
            objects.set(source, Read::Found(Vec::new()));
        }
        let values =
            json!({"platform": {"ingress": {"class": "nginx"}, "cpu": "500m", "part": {"replicas": 1}}});
        objects.set(Source::Values, Read::Found(vec![values]));
        let secret = json!({"name": "regcred", "registries": ["registry.example"]});
        objects.set(Source::PullSecret, Read::Found(vec![secret]));
        let job = |database: &str| {
            let evidence = Evidence { file: "f".into(), bytes: 5000, sha256: "a".repeat(64) };
            json!({"metadata": {"name": database, "labels": {BACKUP: database},
                "annotations": {EVIDENCE: evidence.line()}, "creationTimestamp": "2026-03-01T11:00:00Z"},
                "status": {"completionTime": "2026-03-01T11:01:00Z",
                    "conditions": [{"type": "Complete", "status": "True"}]}})
        };
        objects.set(Source::Jobs, Read::Found(vec![job("postgresql"), job("mongodb")]));
        Self {
            cr: json!({
                "spec": {"version": "0.1.16", "imagePullSecret": "regcred", "auth": {"mode": "managed"}},
                "status": {"deployedVersion": "0.1.16", "dependenciesVersion": "0.1.16", "operatorVersion": "0.1.20",
                    "conditions": [{"type": "SecretsReady", "status": "True"}],
                    "availableVersions": [{"version": "0.1.17", "valuesSchema": {"platform": schema.to_string()}},
                        {"version": "0.1.14", "valuesSchema": {"platform": schema}}, {"version": "0.1.16"}]},
            }),
            to: "0.1.17",
            operator: OperatorState::Alive { holder: None, renewed: Some(now()) },
            denied: None,
            platform: vec![revision("deployed", "0.1.16")],
            judged: Read::Absent,
            objects,
        }
    }

    fn checks(&self) -> Vec<Check> {
        let contract = Contract::builtin();
        let installation = Installation::read(&contract, &self.cr);
        checks(&Facts {
            now: now(),
            to: self.to,
            contract: &contract,
            cr: &self.cr,
            installation: &installation,
            operator: &self.operator,
            operation: None,
            history_denied: self.denied,
            dependencies: &[],
            platform: &self.platform,
            rollouts: &[],
            pods: &[],
            judged: &self.judged,
            objects: &self.objects,
        })
    }

    /// The verdict of one check, and that nothing else but it (and `also`) is amiss.
    fn verdict(&self, id: &str, also: &[&str]) -> (Verdict, String) {
        let checks = self.checks();
        for other in checks.iter().filter(|it| it.id != id && !also.contains(&it.id)) {
            assert_eq!(other.verdict, Verdict::Passed, "{other:?}");
        }
        let found = checks.iter().find(|it| it.id == id).unwrap();
        (found.verdict, found.evidence.clone())
    }
}

#[test]
fn nothing_wrong_passes_all() {
    let checks = World::good().checks();
    assert_eq!(sentence(&checks), "15 of 15 checks passed.");
    assert!(!blocks(&checks));
    assert_eq!(reason(&checks, " CVE "), "CVE");
}

#[test]
fn each_check_sees_its_own_trouble() {
    let check = |id: &str, also: &[&str], spoil: &dyn Fn(&mut World), verdict: Verdict, words: &str| {
        let mut world = World::good();
        spoil(&mut world);
        let found = world.verdict(id, also);
        assert_eq!(found.0, verdict, "{id}: {}", found.1);
        assert!(found.1.contains(words), "{id}: {}", found.1);
    };
    let read = |words: &str| Read::Unreadable(words.to_owned());
    check(
        "operator",
        &[],
        &|it| it.operator = OperatorState::Absent { why: "gone".into() },
        Verdict::Warn,
        "gone",
    );
    check(
        "operator",
        &[],
        &|it| it.cr["status"]["operatorVersion"] = "0.1.13".into(),
        Verdict::Warn,
        "0.1.14",
    );
    check(
        "operator",
        &[],
        &|it| it.operator = OperatorState::Unknown { why: "denied".into() },
        Verdict::Unknown,
        "denied",
    );
    check(
        "stuck",
        &["attempts", "releases", "backup"],
        &|it| it.platform = vec![revision("pending-upgrade", "0.1.16")],
        Verdict::Block,
        "stuck",
    );
    check(
        "stuck",
        &["attempts"],
        &|it| it.denied = Some("You may not list secrets."),
        Verdict::Unknown,
        "You may not",
    );
    check(
        "releases",
        &[],
        &|it| it.cr["status"]["dependenciesVersion"] = "0.1.15".into(),
        Verdict::Warn,
        "0.1.15",
    );
    check(
        "releases",
        &["attempts"],
        &|it| it.platform = vec![revision("failed", "0.1.16")],
        Verdict::Warn,
        "failed",
    );
    check(
        "attempts",
        &["releases"],
        &|it| it.platform = vec![revision("failed", "0.1.17")],
        Verdict::Warn,
        "0.1.17",
    );
    check("schema", &[], &|it| it.judged = Read::Found("spec.version: bad".into()), Verdict::Block, "bad");
    check(
        "secrets",
        &[],
        &|it| {
            it.cr["status"]["conditions"][0] =
                json!({"type": "SecretsReady", "status": "False", "message": "regcred is missing"})
        },
        Verdict::Block,
        "regcred",
    );
    check("secrets", &[], &|it| it.cr["status"]["conditions"] = json!([]), Verdict::Unknown, "does not say");
    let claim = json!({"metadata": {"name": "data-postgres-0"}, "status": {"phase": "Pending"}});
    check(
        "volumes",
        &[],
        &|it| it.objects.set(Source::Claims, Read::Found(vec![claim.clone()])),
        Verdict::Warn,
        "data-postgres-0",
    );
    check(
        "volumes",
        &[],
        &|it| it.objects.set(Source::Claims, read("You may not list claims.")),
        Verdict::Unknown,
        "You may not",
    );
    let node = json!({"metadata": {"name": "a"}, "status": {"allocatable": {"cpu": "2", "memory": "4Gi", "pods": "9"},
        "conditions": [{"type": "Ready", "status": "True"}]}});
    let deployment = |cpu: &str| {
        json!({"metadata": {"name": "platform"}, "spec": {"template": {"spec": {
        "containers": [{"resources": {"requests": {"cpu": cpu}}}]}}}})
    };
    for (cpu, verdict) in [("1500m", Verdict::Passed), ("2500m", Verdict::Warn)] {
        check(
            "capacity",
            &[],
            &|it| {
                it.objects.set(Source::Nodes, Read::Found(vec![node.clone()]));
                it.objects.set(Source::Deployments, Read::Found(vec![deployment(cpu)]));
            },
            verdict,
            "",
        );
    }
    let budget =
        json!({"metadata": {"name": "mongo"}, "status": {"disruptionsAllowed": 0, "expectedPods": 1}});
    check(
        "disruption",
        &[],
        &|it| it.objects.set(Source::Budgets, Read::Found(vec![budget.clone()])),
        Verdict::Warn,
        "mongo",
    );
    check(
        "pull-secret",
        &[],
        &|it| it.objects.set(Source::PullSecret, Read::Absent),
        Verdict::Warn,
        "regcred",
    );
    check(
        "pull-secret",
        &[],
        &|it| it.objects.set(Source::PullSecret, Read::Found(vec![json!({"name": "regcred"})])),
        Verdict::Warn,
        "dockerconfigjson",
    );
    check(
        "backup",
        &[],
        &|it| it.objects.set(Source::Jobs, Read::Found(Vec::new())),
        Verdict::Warn,
        "no backup yet",
    );
    check("backup", &[], &|it| it.objects.set(Source::Jobs, Read::Loading), Verdict::Waiting, "");
    // What somebody saved to disk counts, what somebody only says to have done does not.
    let marked = |when: &str, bytes: Option<u64>| {
        let mark = |item: &str| json!({"item": item, "who": "ana", "when": when, "bytes": bytes});
        json!([mark("postgresql"), mark("mongodb")]).to_string()
    };
    for (when, bytes, verdict, words) in [
        ("2026-03-01T11:00:00Z", Some(5000), Verdict::Passed, "MongoDB was saved to a disk by ana 1 h ago."),
        ("2026-03-01T11:00:00Z", None, Verdict::Warn, "MongoDB: there is no backup yet."),
        ("2026-03-01T11:00:00Z", Some(20), Verdict::Warn, "MongoDB: there is no backup yet."),
        // The revision is of 10:00.
        ("2026-03-01T09:00:00Z", Some(5000), Verdict::Warn, "MongoDB: there is no backup yet."),
    ] {
        let spoil = |it: &mut World| {
            it.objects.set(Source::Jobs, Read::Found(Vec::new()));
            it.cr["metadata"]["annotations"]["admin.rootcause.dev/checklist"] = marked(when, bytes).into();
        };
        check("backup", &[], &spoil, verdict, words);
    }
}

#[test]
fn values_that_the_target_refuses_block_and_are_named() {
    let check = |values: Value, expect: &str| {
        let mut world = World::good();
        world.objects.set(Source::Values, Read::Found(vec![json!({"platform": values})]));
        let (verdict, words) = world.verdict("values", &[]);
        assert_eq!((verdict, words.contains(expect)), (Verdict::Block, true), "{words}");
    };
    check(json!({"ingress": {"className": "nginx"}}), "platform: ingress.className: ");
    check(json!({"cpu": true}), "platform: cpu: Must be a text or a number.");
    check(json!({"part": {"replicas": -1}}), "part.replicas: Must be at least 0.");
    check(json!({"part": {"mode": "c"}}), "part.mode: Must be");
    let mut world = World::good();
    world.to = "0.1.16";
    assert_eq!(world.verdict("values", &[]).0, Verdict::Unknown);
    world.to = "0.1.14";
    assert_eq!(world.verdict("values", &[]).0, Verdict::Passed);
}

#[test]
fn a_one_way_migration_on_the_way_warns_forward_and_blocks_back() {
    let check = |deployed: &str, to: &'static str, expect: Verdict| {
        let mut world = World::good();
        world.cr["status"]["deployedVersion"] = deployed.into();
        world.cr["status"]["dependenciesVersion"] = deployed.into();
        world.cr["status"]["availableVersions"][2]["oneWay"] = true.into();
        world.to = to;
        let found = world.checks().into_iter().find(|it| it.id == "direction").unwrap();
        assert_eq!(found.verdict, expect, "{deployed} to {to}: {}", found.evidence);
    };
    check("0.1.15", "0.1.17", Verdict::Warn);
    check("0.1.15", "0.1.16", Verdict::Warn);
    check("0.1.17", "0.1.14", Verdict::Block);
    check("0.1.17", "0.1.16", Verdict::Passed);
    check("0.1.16", "0.1.17", Verdict::Passed);
    check("0.1.15", "0.1.14", Verdict::Passed);
}

#[test]
fn an_override_names_what_it_goes_over() {
    let mut world = World::good();
    world.judged = Read::Found("bad".into());
    world.cr["status"]["conditions"][0]["status"] = "False".into();
    let checks = world.checks();
    assert_eq!(reason(&checks, " for the demo "), "[despite schema, secrets] for the demo");
    assert_eq!(sentence(&checks), "Blocked: The request is valid, Required secrets.");
    assert_eq!((checks[0].verdict, checks[1].verdict), (Verdict::Block, Verdict::Block));
    assert!(reason(&checks, &"x".repeat(900)).chars().count() == WHY);
}

#[test]
fn a_pull_secret_is_seen_without_its_values() {
    let config = r#"{"auths":{"https://registry.example/v1/":{"auth":"c2VjcmV0"}}}"#;
    use base64::Engine;
    let data = base64::engine::general_purpose::STANDARD.encode(config);
    let slim =
        slim_pull_secret(&json!({"metadata": {"name": "regcred"}, "data": {".dockerconfigjson": data}}));
    assert_eq!(slim, json!({"name": "regcred", "registries": ["registry.example"]}));
    let broken =
        slim_pull_secret(&json!({"metadata": {"name": "regcred"}, "data": {".dockerconfigjson": "!"}}));
    assert_eq!(broken["registries"], Value::Null);
}
