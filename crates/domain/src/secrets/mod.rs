//! Secrets: who uses them, which are needed, what their values are fit for, and how they are changed and rotated.
//!
//! A value is bytes. What the API server keeps, base64, is canonical: a change touches the keys that the user changed and
//! no other. Nothing here puts a value into words that are shown, logged or kept.

pub mod certificate;
pub mod check;
pub mod consumers;
pub mod generate;
pub mod kinds;
pub mod required;
pub mod rotation;
pub mod value;
pub mod write;

use serde_json::Value;

/// One row of the list of secrets: what the API server's table tells, which is no value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
    pub name: String,
    /// The type, such as `kubernetes.io/tls`.
    pub kind: String,
    /// How many keys it has.
    pub keys: u64,
    /// As kubectl prints it, such as `5d`: the table tells no time of creation.
    pub age: String,
    /// Who made it by its label, where that is known.
    pub managed_by: Option<String>,
}

impl Row {
    /// Whether the row's name, type or maker holds `filter`, whatever the case.
    pub fn matches(&self, filter: &str) -> bool {
        let filter = filter.trim().to_lowercase();
        // Most of the time there is none, and thousands of rows to ask.
        if filter.is_empty() {
            return true;
        }
        let maker = self.managed_by.as_deref().unwrap_or_default();
        [&self.name, &self.kind, maker].iter().any(|text| text.to_lowercase().contains(&filter))
    }
}

/// The type of the secrets in which Helm keeps its releases: Helm's own business, and large.
pub const HELM_RELEASE: &str = "helm.sh/release.v1";

/// Who looks after the secret with this `metadata`: its controller, else whom the label
/// `app.kubernetes.io/managed-by` names, else the field managers that wrote it.
pub fn managed_by(metadata: &Value) -> Option<String> {
    let items = |field: &str| metadata[field].as_array().map_or(&[][..], Vec::as_slice);
    let controller = items("ownerReferences").iter().find(|it| it["controller"] == true);
    if let Some(owner) = controller {
        return Some(format!("{} {}", owner["kind"].as_str()?, owner["name"].as_str()?));
    }
    if let Some(named) = metadata["labels"]["app.kubernetes.io/managed-by"].as_str() {
        return Some(named.to_owned());
    }
    let mut managers: Vec<&str> =
        items("managedFields").iter().filter_map(|it| it["manager"].as_str()).collect();
    managers.dedup();
    (!managers.is_empty()).then(|| managers.join(", "))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn the_controller_comes_before_the_label_and_that_before_the_writers() {
        let check = |metadata: Value, expect: Option<&str>| {
            assert_eq!(managed_by(&metadata).as_deref(), expect, "{metadata}");
        };
        let owner = json!([{"kind": "Certificate", "name": "web", "controller": true}]);
        let labels = json!({"app.kubernetes.io/managed-by": "Helm"});
        let fields =
            json!([{"manager": "kubectl-create"}, {"manager": "kubectl-create"}, {"manager": "app"}]);
        check(json!({"ownerReferences": owner, "labels": labels}), Some("Certificate web"));
        check(json!({"ownerReferences": [{"kind": "Pod", "name": "a"}], "labels": labels}), Some("Helm"));
        check(json!({"managedFields": fields}), Some("kubectl-create, app"));
        check(json!({}), None);
    }

    #[test]
    fn rows_match_by_any_of_their_words() {
        let row = Row {
            name: "regcred".into(),
            kind: "kubernetes.io/dockerconfigjson".into(),
            keys: 1,
            age: "5d".into(),
            managed_by: Some("Helm".into()),
        };
        let check = |filter: &str, expect: bool| assert_eq!(row.matches(filter), expect, "{filter}");
        check("", true);
        check(" REG ", true);
        check("docker", true);
        check("helm", true);
        check("tls", false);
    }
}
