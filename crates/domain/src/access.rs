//! What the user may do, and the Role that would grant the rest.

use std::collections::BTreeMap;

use serde_json::{Value, json};

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
    pub fn sub(mut self, subresource: impl Into<String>) -> Self {
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
        let _ = self;
        todo!()
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
        let _ = review;
        todo!()
    }
}

/// The answers so far.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Rights(BTreeMap<Check, Permission>);

impl Rights {
    /// Keeps an answer.
    pub fn set(&mut self, check: Check, permission: Permission) {
        self.0.insert(check, permission);
    }

    /// The answer; unknown as long as it was not asked.
    pub fn get(&self, check: &Check) -> Permission {
        self.0.get(check).cloned().unwrap_or_else(|| Permission::Unknown("not checked yet".to_owned()))
    }

    /// Why an action that needs this right is off, as a sentence; `None` where it is allowed, or unknown: the API
    /// server will say.
    pub fn denied(&self, check: &Check) -> Option<String> {
        let _ = check;
        todo!()
    }
}

/// Whom a Role is bound to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Subject {
    User(String),
    Group(String),
    ServiceAccount { namespace: String, name: String },
}

/// The Role and RoleBinding that would grant these rights in `namespace`, as YAML.
pub fn role_yaml(checks: &[Check], subject: &Subject, namespace: &str) -> String {
    let _ = (checks, subject, namespace);
    todo!()
}
