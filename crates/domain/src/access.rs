//! What the user may do, and the Role that would grant the rest.

use serde_json::{Value, json};

use crate::sort;
use crate::yaml;

/// One right to ask the API server for (a SelfSubjectAccessReview).
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Check {
    pub verb: String,
    /// Empty for the core group.
    pub group: String,
    pub resource: String,
    pub subresource: Option<String>,
    /// `None` for all namespaces or a cluster-scoped resource.
    pub namespace: Option<String>,
    /// `None` for all objects.
    pub name: Option<String>,
}

impl Check {
    /// The right to `verb` all `resource` of `group`, cluster-wide.
    pub fn new(verb: impl Into<String>, group: impl Into<String>, resource: impl Into<String>) -> Self {
        Self {
            verb: verb.into(),
            group: group.into(),
            resource: resource.into(),
            subresource: None,
            namespace: None,
            name: None,
        }
    }

    /// The same right in one namespace.
    #[must_use]
    pub fn within(mut self, namespace: impl Into<String>) -> Self {
        self.namespace = Some(namespace.into());
        self
    }

    /// The same right on one object.
    #[must_use]
    pub fn named(mut self, name: impl Into<String>) -> Self {
        self.name = Some(name.into());
        self
    }

    /// The same right on a subresource.
    #[must_use]
    pub fn subresource(mut self, subresource: impl Into<String>) -> Self {
        self.subresource = Some(subresource.into());
        self
    }

    /// The body of a SelfSubjectAccessReview (authorization.k8s.io/v1).
    pub fn review(&self) -> Value {
        json!({
            "apiVersion": "authorization.k8s.io/v1",
            "kind": "SelfSubjectAccessReview",
            "spec": {"resourceAttributes": {
                "verb": self.verb,
                "group": self.group,
                "resource": self.resource,
                "subresource": self.subresource.as_deref().unwrap_or_default(),
                "namespace": self.namespace.as_deref().unwrap_or_default(),
                "name": self.name.as_deref().unwrap_or_default(),
            }},
        })
    }

    /// In words: "patch rootcauseinstallations.example.org named rootcause in namespace rootcause".
    pub fn words(&self) -> String {
        let mut words = format!("{} {}", self.verb, self.resource);
        if !self.group.is_empty() {
            words.push_str(&format!(".{}", self.group));
        }
        if let Some(subresource) = &self.subresource {
            words.push_str(&format!("/{subresource}"));
        }
        if let Some(name) = &self.name {
            words.push_str(&format!(" named {name}"));
        }
        match &self.namespace {
            Some(namespace) => format!("{words} in namespace {namespace}"),
            None => format!("{words} in all namespaces"),
        }
    }
}

/// Whether the user may.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Permission {
    Allowed,
    /// With the authorizer's words, which may be empty.
    Denied(String),
    /// Not asked, or not answered: why.
    Unknown(String),
}

impl Permission {
    /// Reads an answered SelfSubjectAccessReview.
    pub fn of_review(review: &Value) -> Self {
        let text =
            |pointer: &str| review.pointer(pointer).and_then(Value::as_str).unwrap_or_default().to_owned();
        match review.pointer("/status/allowed").and_then(Value::as_bool) {
            Some(true) => Self::Allowed,
            Some(false) if text("/status/evaluationError").is_empty() => Self::Denied(text("/status/reason")),
            // An authorizer that failed has not denied: another one might have allowed it.
            Some(false) => Self::Unknown(text("/status/evaluationError")),
            None => Self::Unknown("the answer has no verdict".to_owned()),
        }
    }
}

/// The answers so far.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Rights(Vec<(Check, Permission)>);

impl Rights {
    /// Keeps an answer.
    pub fn set(&mut self, check: Check, permission: Permission) {
        self.0.retain(|(known, _)| *known != check);
        self.0.push((check, permission));
    }

    /// The answer; unknown as long as it was not asked.
    pub fn get(&self, check: &Check) -> Permission {
        self.find(check).cloned().unwrap_or_else(|| Permission::Unknown("not checked yet".to_owned()))
    }

    /// The rights that were asked for and are missing, in the order of their words.
    pub fn missing(&self) -> Vec<Check> {
        let denied = self.0.iter().filter(|(_, permission)| matches!(permission, Permission::Denied(_)));
        let mut missing: Vec<_> = denied.map(|(check, _)| check.clone()).collect();
        sort::by(&mut missing, |a, b| a.words().cmp(&b.words()));
        missing
    }

    fn find(&self, check: &Check) -> Option<&Permission> {
        self.0.iter().find(|(known, _)| known == check).map(|(_, permission)| permission)
    }

    /// Why an action that needs this right is off, as a sentence; `None` where it is allowed, or unknown: the API
    /// server will say.
    pub fn denied(&self, check: &Check) -> Option<String> {
        match self.find(check)? {
            Permission::Denied(reason) if reason.is_empty() => {
                Some(format!("You may not {}.", check.words()))
            }
            Permission::Denied(reason) => Some(format!("You may not {}: {reason}", check.words())),
            Permission::Allowed | Permission::Unknown(_) => None,
        }
    }

    /// The missing right that [`Self::denied`] gave this reason for.
    pub fn behind(&self, reason: &str) -> Option<&Check> {
        let mut checks = self.0.iter().map(|(check, _)| check);
        checks.find(|check| self.denied(check).as_deref() == Some(reason))
    }
}

/// Whom a Role is bound to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Subject {
    User(String),
    Group(String),
    ServiceAccount { namespace: String, name: String },
}

/// The Roles and RoleBindings that would grant these rights, as YAML to hand to whoever may. A check without a namespace
/// is granted in `namespace`, since a Role reaches no further.
pub fn role_yaml(checks: &[Check], subject: &Subject, namespace: &str) -> String {
    let mut grants: Vec<Grant<'_>> = checks.iter().map(|check| Grant::of(check, namespace)).collect();
    sort::by(&mut grants, |a, b| a.place().cmp(&b.place()));
    let mut manifests = Vec::new();
    for grants in grants.chunk_by(|a, b| a.namespace == b.namespace) {
        let rules: Vec<Value> = grants.chunk_by(|a, b| a.place() == b.place()).map(rule).collect();
        let reference = json!({"apiGroup": GROUP, "kind": "Role", "name": NAME});
        let manifest = |kind: &str, mut fields: Value| {
            fields["apiVersion"] = "rbac.authorization.k8s.io/v1".into();
            fields["kind"] = kind.into();
            fields["metadata"] = json!({"name": NAME, "namespace": grants[0].namespace});
            yaml::document(&fields)
        };
        manifests.push(manifest("Role", json!({"rules": rules})));
        manifests
            .push(manifest("RoleBinding", json!({"roleRef": reference, "subjects": [subject.reference()]})));
    }
    manifests.join("---\n")
}

const GROUP: &str = "rbac.authorization.k8s.io";

/// The name of the Roles and of their bindings.
const NAME: &str = "rootcause-admin";

impl Subject {
    fn reference(&self) -> Value {
        match self {
            Self::User(name) => json!({"apiGroup": GROUP, "kind": "User", "name": name}),
            Self::Group(name) => json!({"apiGroup": GROUP, "kind": "Group", "name": name}),
            Self::ServiceAccount { namespace, name } => {
                json!({"kind": "ServiceAccount", "name": name, "namespace": namespace})
            }
        }
    }
}

/// One verb on what it is granted on.
struct Grant<'a> {
    namespace: &'a str,
    group: &'a str,
    resource: String,
    name: Option<&'a str>,
    verb: &'a str,
}

impl<'a> Grant<'a> {
    fn of(check: &'a Check, namespace: &'a str) -> Self {
        // RBAC cannot restrict these to a name: the request carries none.
        let nameless = ["create", "list", "watch", "deletecollection"].contains(&check.verb.as_str());
        Self {
            namespace: check.namespace.as_deref().unwrap_or(namespace),
            group: &check.group,
            resource: match &check.subresource {
                Some(subresource) => format!("{}/{subresource}", check.resource),
                None => check.resource.clone(),
            },
            name: check.name.as_deref().filter(|_| !nameless),
            verb: &check.verb,
        }
    }

    /// All but the verb.
    fn place(&self) -> (&str, &str, &str, Option<&str>) {
        (self.namespace, self.group, &self.resource, self.name)
    }
}

/// The rule with all verbs of these grants, which are in one place.
fn rule(grants: &[Grant<'_>]) -> Value {
    let mut verbs: Vec<&str> = Vec::new();
    for grant in grants {
        if !verbs.contains(&grant.verb) {
            verbs.push(grant.verb);
        }
    }
    let of = &grants[0];
    let mut rule = json!({"apiGroups": [of.group], "resources": [of.resource], "verbs": verbs});
    if let Some(name) = of.name {
        rule["resourceNames"] = json!([name]);
    }
    rule
}

#[cfg(test)]
mod tests {
    use super::*;

    fn patch() -> Check {
        Check::new("patch", "example.org", "rootcauseinstallations").within("rootcause").named("rootcause")
    }

    #[test]
    fn rights_are_said_in_words() {
        let check = |check: Check, expect: &str| assert_eq!(check.words(), expect);
        check(patch(), "patch rootcauseinstallations.example.org named rootcause in namespace rootcause");
        check(Check::new("get", "", "pods").subresource("log").within("a"), "get pods/log in namespace a");
        check(Check::new("list", "", "nodes"), "list nodes in all namespaces");
    }

    #[test]
    fn a_review_asks_and_answers() {
        let spec = &patch().review()["spec"]["resourceAttributes"];
        assert_eq!(
            (&spec["verb"], &spec["name"], &spec["subresource"]),
            (&json!("patch"), &json!("rootcause"), &json!(""))
        );
        let check =
            |status: Value, expect| assert_eq!(Permission::of_review(&json!({"status": status})), expect);
        check(json!({"allowed": true}), Permission::Allowed);
        check(json!({"allowed": false, "reason": "no"}), Permission::Denied("no".into()));
        check(
            json!({"allowed": false, "evaluationError": "webhook down"}),
            Permission::Unknown("webhook down".into()),
        );
        check(json!({}), Permission::Unknown("the answer has no verdict".into()));
    }

    #[test]
    fn only_a_denial_switches_an_action_off() {
        let mut rights = Rights::default();
        assert_eq!(rights.get(&patch()), Permission::Unknown("not checked yet".into()));
        assert_eq!(rights.denied(&patch()), None);
        rights.set(patch(), Permission::Denied(String::new()));
        assert_eq!(
            rights.denied(&patch()).as_deref(),
            Some(
                "You may not patch rootcauseinstallations.example.org named rootcause in namespace rootcause."
            )
        );
    }

    #[test]
    fn a_reason_leads_back_to_the_right_that_is_missing() {
        let mut rights = Rights::default();
        rights.set(Check::new("list", "", "nodes"), Permission::Denied("by policy".to_owned()));
        rights.set(patch(), Permission::Denied(String::new()));
        let reason = rights.denied(&patch()).unwrap();
        assert_eq!(rights.behind(&reason), Some(&patch()));
        assert_eq!(rights.behind("What you see is too old."), None);
    }

    #[test]
    fn the_role_grants_what_was_checked() {
        let checks = [
            patch(),
            Check::new("get", "example.org", "rootcauseinstallations").within("rootcause").named("rootcause"),
            Check::new("watch", "example.org", "rootcauseinstallations")
                .within("rootcause")
                .named("rootcause"),
        ];
        assert_eq!(
            role_yaml(&checks, &Subject::User("ana@example.com".into()), "rootcause"),
            r#"apiVersion: rbac.authorization.k8s.io/v1
kind: Role
metadata:
  name: rootcause-admin
  namespace: rootcause
rules:
- apiGroups:
  - example.org
  resources:
  - rootcauseinstallations
  verbs:
  - watch
- apiGroups:
  - example.org
  resourceNames:
  - rootcause
  resources:
  - rootcauseinstallations
  verbs:
  - patch
  - get
---
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata:
  name: rootcause-admin
  namespace: rootcause
roleRef:
  apiGroup: rbac.authorization.k8s.io
  kind: Role
  name: rootcause-admin
subjects:
- apiGroup: rbac.authorization.k8s.io
  kind: User
  name: "ana@example.com"
"#
        );
    }
}
