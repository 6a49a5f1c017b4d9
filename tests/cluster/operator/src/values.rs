//! The spec as the values of the two charts.
//!
//! Only what the spec says is passed on, so that everything else keeps the chart's own default. The raw overrides are
//! laid over the result and so win over every field.

use serde_json::{Value, json};

use crate::{json, mapping::SpecPointers, spec::Spec};

/// One field of the spec and the value of the chart that it becomes.
type Rule = (fn(&SpecPointers) -> &str, &'static str);

const DEPENDENCIES: [Rule; 9] = [
    (|at| &at.image_pull_secret, "/imagePullSecret"),
    (|at| &at.storage_class, "/storageClass"),
    (|at| &at.mongodb_members, "/mongodb/members"),
    (|at| &at.mongodb_storage, "/mongodb/storage"),
    (|at| &at.mongodb_resources, "/mongodb/resources"),
    (|at| &at.postgresql_storage, "/postgresql/storage"),
    (|at| &at.postgresql_resources, "/postgresql/resources"),
    (|at| &at.postgresql_read_replicas, "/postgresql/readReplicas"),
    (|at| &at.redis_resources, "/redis/resources"),
];

const PLATFORM: [Rule; 9] = [
    (|at| &at.image_pull_secret, "/imagePullSecret"),
    (|at| &at.host, "/host"),
    (|at| &at.ingress, "/ingress"),
    (|at| &at.platform_replicas, "/components/platform/replicas"),
    (|at| &at.platform_resources, "/components/platform/resources"),
    (|at| &at.data_service_replicas, "/components/dataService/replicas"),
    (|at| &at.data_service_resources, "/components/dataService/resources"),
    (|at| &at.ml_jobs_replicas, "/components/mlJobs/replicas"),
    (|at| &at.ml_jobs_resources, "/components/mlJobs/resources"),
];

/// The values of the chart `dependencies`.
pub fn dependencies(spec: &Spec<'_>) -> Value {
    let mut values = apply(spec, &DEPENDENCIES);
    json::set(&mut values, "/fusionauth/enabled", json!(spec.manages_users()));
    overridden(values, spec.field(|at| &at.raw_dependencies))
}

/// The values of the chart `platform`.
pub fn platform(spec: &Spec<'_>) -> Value {
    let mut values = apply(spec, &PLATFORM);
    let mode = if spec.manages_users() { "managed" } else { "external" };
    json::set(&mut values, "/auth/mode", json!(mode));
    json::set(&mut values, "/auth/platformAdminEmails", json!(spec.admin_emails()));
    if !spec.manages_users() {
        if let Some(oidc) = spec.field(|at| &at.oidc) {
            json::set(&mut values, "/auth/oidc", oidc.clone());
        }
        if let Some((name, key)) = spec.oidc_client_secret() {
            json::set(&mut values, "/auth/oidc/clientSecretRef", json!({ "name": name, "key": key }));
        }
    }
    overridden(values, spec.field(|at| &at.raw_platform))
}

fn apply(spec: &Spec<'_>, rules: &[Rule]) -> Value {
    let mut values = json!({});
    for (from, to) in rules {
        if let Some(value) = spec.field(from) {
            json::set(&mut values, to, value.clone());
        }
    }
    values
}

fn overridden(mut values: Value, raw: Option<&Value>) -> Value {
    if let Some(raw) = raw {
        json::merge(&mut values, raw);
    }
    values
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mapping::Mapping;

    fn check(make: fn(&Spec<'_>) -> Value, spec: &Value, expect: &Value) {
        let object = json!({ "spec": spec });
        let mapping = Mapping::default();
        assert_eq!(&make(&Spec::new(&object, &mapping)), expect);
    }

    #[test]
    fn what_the_spec_leaves_out_keeps_the_charts_default() {
        check(dependencies, &json!({}), &json!({"fusionauth": {"enabled": true}}));
        let external = json!({"auth": {"mode": "external"}});
        check(dependencies, &external, &json!({"fusionauth": {"enabled": false}}));
        check(platform, &json!({}), &json!({"auth": {"mode": "managed", "platformAdminEmails": []}}));
    }

    #[test]
    fn fields_become_values() {
        let spec = json!({
            "storageClass": "fast", "imagePullSecret": "regcred",
            "dependencies": {"mongodb": {"members": 3, "storage": "100Gi"}, "redis": {"resources": {"limits": {"cpu": "2"}}}}
        });
        check(
            dependencies,
            &spec,
            &json!({
                "storageClass": "fast", "imagePullSecret": "regcred", "fusionauth": {"enabled": true},
                "mongodb": {"members": 3, "storage": "100Gi"}, "redis": {"resources": {"limits": {"cpu": "2"}}}
            }),
        );
    }

    #[test]
    fn raw_overrides_win() {
        let spec = json!({
            "components": {"platform": {"replicas": 2}},
            "advanced": {"rawHelmOverrides": {"platform": {"components": {"platform": {"replicas": 9}}, "extra": [1]}}}
        });
        check(
            platform,
            &spec,
            &json!({
                "components": {"platform": {"replicas": 9}}, "extra": [1],
                "auth": {"mode": "managed", "platformAdminEmails": []}
            }),
        );
    }

    #[test]
    fn an_external_provider_is_passed_on() {
        let spec = json!({"auth": {
            "mode": "external", "platformAdminEmails": ["a@x.io"],
            "oidc": {"issuer": "https://id.x.io", "clientId": "rc", "clientSecretRef": "oidc"}
        }});
        check(
            platform,
            &spec,
            &json!({"auth": {
                "mode": "external", "platformAdminEmails": ["a@x.io"],
                "oidc": {"issuer": "https://id.x.io", "clientId": "rc", "clientSecretRef": {"name": "oidc", "key": "clientSecret"}}
            }}),
        );
    }
}
