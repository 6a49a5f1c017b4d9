//! The sizes that docs/limits.md names, gone through by the code that meets them. None has a time of its own to keep: what
//! grows with the square of its input would make itself felt.

#![allow(clippy::unwrap_used, reason = "a failed step is a failed test")]

use rootcause_domain::contract::Contract;
use rootcause_domain::diff;
use rootcause_domain::form;
use rootcause_domain::helm::{self, HelmRelease, ReleaseSecret, history};
use rootcause_domain::objects::{FromObject, Partial, Pod, Workload};
use rootcause_domain::pointer::Pointer;
use rootcause_domain::rollout::Rollout;
use rootcause_domain::schema::{Schema, check, locate};
use rootcause_domain::secrets::{kinds, value};
use rootcause_domain::time::Timestamp;
use serde_json::{Map, Value, json};

/// An OpenAPI document of over a megabyte: a hundred groups of a hundred described fields.
fn large_schema() -> Schema {
    let words = "Says what it is for, and when one would rather leave it alone. ".repeat(2);
    let field = json!({"type": "integer", "minimum": 0, "maximum": 100, "description": words});
    let fields = |prefix: &str, of: &Value| -> Value {
        Value::Object((0..100).map(|it| (format!("{prefix}{it:02}"), of.clone())).collect::<Map<_, _>>())
    };
    let group = json!({"type": "object", "description": words, "properties": fields("field", &field)});
    let spec = json!({"type": "object", "properties": fields("group", &group)});
    let document = json!({"components": {"schemas": {"Large": {
        "type": "object",
        "x-kubernetes-group-version-kind": [{"group": "g.example", "version": "v1", "kind": "Large"}],
        "properties": {"spec": spec},
    }}}});
    assert!(document.to_string().len() > 1 << 20);
    Schema::read(document, "g.example", "v1", "Large").unwrap()
}

/// A value for each of its fields.
fn large_value(number: i64) -> Value {
    let fields = |prefix: &str, of: &Value| -> Value {
        Value::Object((0..100).map(|it| (format!("{prefix}{it:02}"), of.clone())).collect::<Map<_, _>>())
    };
    json!({"spec": fields("group", &fields("field", &json!(number)))})
}

#[test]
fn a_schema_of_a_megabyte_is_drawn_searched_and_judged_by() {
    let schema = large_schema();
    let (root, contract) = (schema.root(), Contract::builtin());
    assert!(contract.check(schema.value()).iter().count() > 0);
    let fields: Vec<_> = form::sections(root, &contract)
        .into_iter()
        .flat_map(|section| section.groups.into_iter().flat_map(|group| group.fields))
        .collect();
    assert_eq!(fields.len(), 100);
    assert_eq!(fields[0].children(root, &json!({})).len(), 100);
    // All 10,000 fields are looked at: the last one is found.
    let found = form::search(root, &json!({}), "group99 field99");
    assert_eq!(found[0].pointer, Pointer::of(["spec", "group99", "field99"]));

    let (good, bad) = (large_value(7), large_value(700));
    assert_eq!(check(root, &good, &|_, _| None), []);
    let issues = check(root, &bad, &|_, _| None);
    assert_eq!((issues.len(), issues[0].message.as_str()), (10_000, "Must be at most 100."));
    let at = locate(root, &good, "spec.group42.field42", "").unwrap();
    assert_eq!(at, Pointer::of(["spec", "group42", "field42"]));
    assert_eq!(form::edits(&good, &bad).len(), 10_000);
    assert_eq!(diff::diff(&good, &bad).len(), 10_000);
}

#[test]
fn ten_thousand_pods_are_read_and_counted() {
    let pod = |index: usize| {
        Pod::from_object(&json!({
            "metadata": {"name": format!("web-{index}"), "labels": {"app": format!("web-{}", index % 20)},
                "ownerReferences": [{"kind": "ReplicaSet", "name": "x", "controller": true}]},
            "status": {"phase": "Running", "conditions": [{"type": "Ready", "status": "True"}]},
        }))
    };
    let pods: Vec<Pod> = (0..10_000).map(pod).collect();
    for app in 0..20 {
        let labels = json!({"app": format!("web-{app}")});
        let workload = Workload::from_object(&json!({
            "kind": "Deployment",
            "metadata": {"name": format!("web-{app}"), "generation": 1},
            "spec": {"replicas": 500, "selector": {"matchLabels": labels},
                "template": {"metadata": {"labels": labels}, "spec": {}}},
            "status": {"observedGeneration": 1, "replicas": 500, "updatedReplicas": 500, "readyReplicas": 500,
                "availableReplicas": 500},
        }));
        let rollout = Rollout::of(&workload, Some(&pods));
        assert_eq!((rollout.desired, rollout.new_ready), (500, 500));
    }
}

#[test]
fn a_thousand_helm_revisions_are_one_history() {
    let now: Timestamp = "2026-03-01T12:00:00Z".parse().unwrap();
    let secret = |revision: u32| {
        let status = if revision == 1000 { "deployed" } else { "superseded" };
        let labels = json!({"owner": "helm", "name": "a", "version": revision.to_string(), "status": status});
        let name = format!("sh.helm.release.v1.a.v{revision}");
        ReleaseSecret::read(
            &Partial::from_object(&json!({"metadata": {"name": name, "namespace": "n", "labels": labels}}))
                .metadata,
        )
    };
    let decoded = |revision: u32| {
        let version = format!("0.1.{}", revision % 2);
        let json = json!({"name": "a", "namespace": "n", "version": revision, "chart": {"metadata": {"version": version}}});
        helm::decode(json.to_string().as_bytes())
    };
    let secrets: Vec<ReleaseSecret> = (1..=1000).filter_map(secret).collect();
    let payloads: Vec<HelmRelease> = (1..=1000).filter_map(|it| decoded(it).ok()).collect();
    let rows = history("a", &secrets, &payloads, now);
    assert_eq!((rows.len(), rows[0].revision), (1000, 1000));
    assert_eq!(rows[0].sentence(now), "Rollback from 0.1.1 to 0.1.0");
}

#[test]
fn a_secret_of_a_megabyte_is_shown_and_one_byte_more_is_refused() {
    let text = vec![b'x'; value::LARGEST];
    assert!(matches!(value::Shown::of(&text), value::Shown::Text(it) if it.len() == value::LARGEST));
    assert_eq!(kinds::valid(kinds::OPAQUE, &[("a".into(), text.clone())], ""), Ok(()));
    let more = [("a".to_owned(), text), ("b".to_owned(), vec![0])];
    assert!(matches!(kinds::valid(kinds::OPAQUE, &more, ""), Err(kinds::Invalid::TooLarge(_))));
    let json = format!("[{}0]", "0,".repeat(value::LARGEST / 2 - 2));
    assert!(matches!(value::Shown::of(json.as_bytes()), value::Shown::Json(_)));
}
