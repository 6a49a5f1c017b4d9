//! Resource Patches: changes of single deployed objects, and those of them that are commonly made for dedicated nodes.

use serde_json::{Map, Value, json};

use crate::contract::ResourcePatchKeys;
use crate::pointer::Pointer;

/// A patch of one object.
#[derive(Debug, Clone, PartialEq)]
pub struct ResourcePatch {
    pub kind: String,
    pub name: String,
    /// A strategic merge patch.
    pub patch: Value,
}

/// The patches of the list at the contract's place; what is none yet, because something of it is missing, is left out.
pub fn read(keys: &ResourcePatchKeys, list: &Value) -> Vec<ResourcePatch> {
    let one = |item: &Value| {
        let target = &item[&keys.target];
        Some(ResourcePatch {
            kind: target[&keys.kind].as_str()?.to_owned(),
            name: target[&keys.name].as_str()?.to_owned(),
            patch: Some(&item[&keys.patch]).filter(|it| it.is_object())?.clone(),
        })
    };
    list.as_array().into_iter().flatten().filter_map(one).collect()
}

/// What is commonly patched into a workload's pods.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Guide {
    /// Only nodes with a label.
    NodeAffinity,
    /// Nodes with a taint, too.
    Toleration,
    /// Graphics processors for a container.
    Gpu,
}

impl Guide {
    pub const ALL: [Self; 3] = [Self::NodeAffinity, Self::Toleration, Self::Gpu];

    /// What it does, for a choice.
    pub fn title(self) -> &'static str {
        match self {
            Self::NodeAffinity => "Only nodes with a label (node affinity)",
            Self::Toleration => "Nodes with a taint, too (toleration)",
            Self::Gpu => "GPUs",
        }
    }

    /// What its two texts are called, and an example of each.
    pub fn texts(self) -> [(&'static str, &'static str); 2] {
        match self {
            Self::NodeAffinity => [("Label", "node-pool"), ("Value", "ml")],
            Self::Toleration => [("Taint's key", "dedicated"), ("Value (empty for any)", "ml")],
            Self::Gpu => [("Resource", "nvidia.com/gpu"), ("Number", "1")],
        }
    }

    /// The patch of a workload, one of whose containers is `container`.
    ///
    /// # Errors
    /// What is missing, as a sentence.
    pub fn patch(self, container: &str, first: &str, second: &str) -> Result<Value, String> {
        let (first, second) = (first.trim(), second.trim());
        let needed = |at: usize| format!("{} is needed.", self.texts()[at].0);
        if first.is_empty() {
            return Err(needed(0));
        }
        let pod = match self {
            Self::NodeAffinity if second.is_empty() => return Err(needed(1)),
            Self::NodeAffinity => {
                let wanted = json!([{"key": first, "operator": "In", "values": [second]}]);
                let terms = json!({"nodeSelectorTerms": [{"matchExpressions": wanted}]});
                json!({"affinity": {"nodeAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": terms}}})
            }
            Self::Toleration => {
                let mut toleration = json!({"key": first, "operator": "Exists", "effect": "NoSchedule"});
                if !second.is_empty() {
                    toleration["operator"] = "Equal".into();
                    toleration["value"] = second.into();
                }
                json!({"tolerations": [toleration]})
            }
            Self::Gpu => {
                let count: u32 =
                    second.parse().map_err(|_| "The number of GPUs is a whole number.".to_owned())?;
                if container.is_empty() {
                    return Err("The workload's containers are not known yet.".to_owned());
                }
                // A request of such a resource is its limit.
                let limits =
                    Value::Object(Map::from_iter([(first.to_owned(), Value::from(count.to_string()))]));
                json!({"containers": [{"name": container, "resources": {"limits": limits}}]})
            }
        };
        Ok(Pointer::of(["spec", "template", "spec"]).merge_patch(pod))
    }
}

/// The list with `patch` in it: merged into the patch of the same object, else at its end.
pub fn add(keys: &ResourcePatchKeys, list: &Value, patch: &ResourcePatch) -> Value {
    let mut items = list.as_array().cloned().unwrap_or_default();
    let same = |item: &&mut Value| {
        let target = &item[&keys.target];
        target[&keys.kind] == *patch.kind && target[&keys.name] == *patch.name
    };
    match items.iter_mut().find(same) {
        Some(item) => {
            let mut merged = item[&keys.patch].clone();
            merge(&mut merged, &patch.patch);
            if let Some(fields) = item.as_object_mut() {
                fields.insert(keys.patch.clone(), merged);
            }
        }
        None => {
            let target = Map::from_iter([
                (keys.kind.clone(), patch.kind.clone().into()),
                (keys.name.clone(), patch.name.clone().into()),
            ]);
            items.push(Value::Object(Map::from_iter([
                (keys.target.clone(), Value::Object(target)),
                (keys.patch.clone(), patch.patch.clone()),
            ])));
        }
    }
    items.into()
}

/// Merges as a strategic merge patch does for what guides write: items of lists by their `name`, others added. (A second
/// affinity is so an alternative to the first.)
fn merge(target: &mut Value, patch: &Value) {
    match (target, patch) {
        (Value::Object(target), Value::Object(patch)) => {
            for (key, value) in patch {
                merge(target.entry(key.clone()).or_insert(Value::Null), value);
            }
        }
        (Value::Array(target), Value::Array(patch)) => {
            for item in patch {
                let named = item["name"].as_str();
                let same = |it: &Value| named.is_some() && it["name"].as_str() == named;
                match target.iter().position(same) {
                    Some(at) => merge(&mut target[at], item),
                    None if target.contains(item) => {}
                    None => target.push(item.clone()),
                }
            }
        }
        (target, patch) => *target = patch.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::contract::Contract;

    fn keys() -> ResourcePatchKeys {
        Contract::builtin().items.resource_patches
    }

    #[test]
    fn guides_write_what_kubernetes_takes() {
        let pod = |guide: Guide, first, second| {
            let patch = guide.patch("ml-jobs", first, second);
            patch.map(|it| it.pointer("/spec/template/spec").cloned().unwrap())
        };
        let affinity = pod(Guide::NodeAffinity, " pool ", "ml").unwrap();
        let terms =
            "/affinity/nodeAffinity/requiredDuringSchedulingIgnoredDuringExecution/nodeSelectorTerms/0";
        assert_eq!(
            affinity.pointer(terms),
            Some(&json!({"matchExpressions": [{"key": "pool", "operator": "In", "values": ["ml"]}]}))
        );
        assert_eq!(
            pod(Guide::Toleration, "gpu", ""),
            Ok(json!({"tolerations": [{"key": "gpu", "operator": "Exists", "effect": "NoSchedule"}]}))
        );
        assert_eq!(
            pod(Guide::Gpu, "nvidia.com/gpu", "2"),
            Ok(
                json!({"containers": [{"name": "ml-jobs", "resources": {"limits": {"nvidia.com/gpu": "2"}}}]})
            )
        );
        assert_eq!(pod(Guide::NodeAffinity, "pool", " "), Err("Value is needed.".into()));
        assert_eq!(pod(Guide::Toleration, "", ""), Err("Taint's key is needed.".into()));
        assert_eq!(pod(Guide::Gpu, "x", "some"), Err("The number of GPUs is a whole number.".into()));
        assert!(Guide::Gpu.patch("", "x", "1").is_err());
    }

    #[test]
    fn a_patch_joins_the_one_of_the_same_object() {
        let patch = |guide: Guide, name: &str, first, second| ResourcePatch {
            kind: "Deployment".into(),
            name: name.into(),
            patch: guide.patch("main", first, second).unwrap(),
        };
        let mut list = Value::Null;
        let added = [
            patch(Guide::Toleration, "ml-jobs", "gpu", ""),
            patch(Guide::Gpu, "ml-jobs", "nvidia.com/gpu", "1"),
            patch(Guide::Gpu, "ml-jobs", "nvidia.com/gpu", "2"),
            patch(Guide::Toleration, "ml-jobs", "gpu", ""),
            patch(Guide::Toleration, "ml-jobs", "spot", ""),
            patch(Guide::Toleration, "platform", "gpu", ""),
        ];
        for patch in &added {
            list = add(&keys(), &list, patch);
        }
        let read = read(&keys(), &list);
        let names: Vec<_> = read.iter().map(|it| it.name.as_str()).collect();
        assert_eq!(names, ["ml-jobs", "platform"]);
        let pod = &read[0].patch["spec"]["template"]["spec"];
        assert_eq!(pod["tolerations"].as_array().map(Vec::len), Some(2));
        assert_eq!(
            pod["containers"],
            json!([{"name": "main", "resources": {"limits": {"nvidia.com/gpu": "2"}}}])
        );
    }

    #[test]
    fn what_is_no_patch_yet_is_left_out() {
        let list = json!([1, {"target": {"kind": "Deployment"}}, {"target": {"kind": "Service", "name": "x"}, "patch": []}]);
        assert_eq!(read(&keys(), &list), []);
        assert_eq!(read(&keys(), &json!("x")), []);
    }
}
