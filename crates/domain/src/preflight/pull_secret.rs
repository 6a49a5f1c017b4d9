//! The image pull secret is there, can be read by the kubelet, and names the images' registry.

use serde_json::{Value, json};

use super::{Facts, Finding, Source, Verdict};
use crate::contract::Concept;

/// The image pull secret without its values: `{"name": …, "registries": […]}`; `registries` is `null` where its
/// `.dockerconfigjson` cannot be read.
pub fn slim(secret: &Value) -> Value {
    let text = secret["data"][".dockerconfigjson"].as_str();
    let bytes = text.and_then(crate::secrets::value::decode).unwrap_or_default();
    let config = std::str::from_utf8(&bytes).ok().and_then(|it| serde_json::from_str::<Value>(it).ok());
    let registries = config.as_ref().and_then(|it| it["auths"].as_object()).map(|auths| {
        let host = |it: &String| host(it).to_owned();
        auths.keys().map(host).collect::<Vec<_>>()
    });
    json!({"name": secret["metadata"]["name"], "registries": registries})
}

pub(super) fn check(facts: &Facts<'_>) -> Finding {
    let Some(name) = facts.contract.get(Concept::ImagePullSecret, facts.cr).and_then(Value::as_str) else {
        return Finding::passed("The installation names none.");
    };
    let secrets = match facts.objects.get(Source::PullSecret) {
        Ok(secrets) => secrets,
        Err(finding) => return finding,
    };
    // No block: a node may have the images already, and what the operator cannot do without it says itself.
    let fix = "Create it anew on the Secrets page.";
    let Some(secret) = secrets.first() else {
        return Finding::new(Verdict::Warn, format!("There is no secret {name}.")).fix(fix);
    };
    let Some(registries) = secret["registries"].as_array() else {
        return Finding::new(Verdict::Warn, format!("{name} holds no readable .dockerconfigjson.")).fix(fix);
    };
    // Images of other registries than the platform's may be public.
    let images = facts.rollouts.iter().flat_map(|it| &it.images);
    let known = images.map(|it| host(it)).find(|host| registries.iter().any(|it| it == host));
    match known {
        Some(host) => Finding::passed(format!("{name} has credentials for {host}.")),
        None if facts.rollouts.is_empty() => Finding::passed(format!("{name} can be read.")),
        None => {
            Finding::new(Verdict::Warn, format!("{name} names none of the registries of the running images."))
                .fix("Add the images' registry to it on the Secrets page.")
        }
    }
}

/// The registry of an image, or of a key of `auths`, which may be an address.
fn host(image: &str) -> &str {
    let image = image.split_once("://").map_or(image, |(_, rest)| rest);
    image.split('/').next().unwrap_or_default()
}
