//! What the custom resource asks for, read through the mapping.

use serde::Deserialize;
use serde_json::Value;

use crate::mapping::{Mapping, SpecPointers};

/// The identity of one request: a new generation or a new force-reconcile token asks for another run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Request {
    pub generation: i64,
    pub force: Option<String>,
}

/// One user of the managed identity provider.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct User {
    pub email: String,
    pub first_name: String,
    pub last_name: String,
    pub admin: bool,
}

/// A secret that must be there before anything is deployed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RequiredSecret {
    pub name: String,
    pub keys: Vec<String>,
    pub reason: &'static str,
}

/// A patch of one deployed object, laid over what the charts made.
#[derive(Clone, Debug, PartialEq, Deserialize)]
pub struct ResourcePatch {
    pub target: PatchTarget,
    pub patch: Value,
}

/// The object that a [`ResourcePatch`] changes.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct PatchTarget {
    /// As in a manifest, `apps/v1`. Without it the first served kind of that name is taken.
    pub api_version: Option<String>,
    pub kind: String,
    pub name: String,
}

/// Reads the custom resource's spec by its pointers.
pub struct Spec<'a> {
    object: &'a Value,
    at: &'a SpecPointers,
}

impl<'a> Spec<'a> {
    pub fn new(object: &'a Value, mapping: &'a Mapping) -> Self {
        Self { object, at: &mapping.spec }
    }

    /// A field that is there and not null.
    pub fn field(&self, pointer: impl Fn(&'a SpecPointers) -> &'a str) -> Option<&'a Value> {
        self.object.pointer(pointer(self.at)).filter(|value| !value.is_null())
    }

    fn text(&self, pointer: impl Fn(&'a SpecPointers) -> &'a str) -> Option<&'a str> {
        self.field(pointer).and_then(Value::as_str).filter(|text| !text.is_empty())
    }

    pub fn version(&self) -> Option<&'a str> {
        self.text(|at| &at.version)
    }

    pub fn undeploy(&self) -> bool {
        self.field(|at| &at.undeploy).and_then(Value::as_bool).unwrap_or(false)
    }

    /// Whether the operator keeps the accounts itself. An absent mode means it does, as in the CRD's default.
    pub fn manages_users(&self) -> bool {
        self.text(|at| &at.auth_mode).is_none_or(|mode| mode != "external")
    }

    pub fn users(&self) -> Vec<User> {
        self.list(|at| &at.users)
    }

    pub fn resource_patches(&self) -> Result<Vec<ResourcePatch>, serde_json::Error> {
        self.field(|at| &at.resource_patches).map_or(Ok(Vec::new()), Vec::<ResourcePatch>::deserialize)
    }

    /// The platform's administrators: those named, and with managed users those marked as such.
    pub fn admin_emails(&self) -> Vec<String> {
        let mut emails: Vec<String> = self.list(|at| &at.platform_admin_emails);
        if self.manages_users() {
            emails.extend(self.users().into_iter().filter(|user| user.admin).map(|user| user.email));
        }
        let mut seen = std::collections::HashSet::new();
        emails.retain(|email| seen.insert(email.clone()));
        emails
    }

    /// The secret and the key in it that hold the OIDC client's secret. A bare name means the key `clientSecret`.
    pub fn oidc_client_secret(&self) -> Option<(String, String)> {
        let reference = self.field(|at| &at.oidc)?.get("clientSecretRef")?;
        let part = |name| reference.get(name).and_then(Value::as_str);
        let name = reference.as_str().or_else(|| part("name")).filter(|name| !name.is_empty())?;
        Some((name.to_owned(), part("key").unwrap_or("clientSecret").to_owned()))
    }

    pub fn required_secrets(&self) -> Vec<RequiredSecret> {
        let pull = self.text(|at| &at.image_pull_secret).map(|name| RequiredSecret {
            name: name.to_owned(),
            keys: vec![".dockerconfigjson".to_owned()],
            reason: "pulls the platform's images",
        });
        let oidc = (!self.manages_users()).then(|| self.oidc_client_secret()).flatten();
        let oidc = oidc.map(|(name, key)| RequiredSecret {
            name,
            keys: vec![key],
            reason: "authenticates the platform at the OIDC provider",
        });
        let mut secrets: Vec<RequiredSecret> = Vec::new();
        for secret in pull.into_iter().chain(oidc) {
            match secrets.iter_mut().find(|earlier| earlier.name == secret.name) {
                Some(earlier) => earlier.keys.extend(secret.keys),
                None => secrets.push(secret),
            }
        }
        secrets
    }

    fn list<T: for<'de> Deserialize<'de>>(&self, pointer: impl Fn(&'a SpecPointers) -> &'a str) -> Vec<T> {
        let items = self.field(pointer).and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
        items.iter().filter_map(|item| T::deserialize(item).ok()).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn required_secrets_follow_the_mode() {
        let check = |auth: Value, expect: &[(&str, &str)]| {
            let object = json!({"spec": {"imagePullSecret": "regcred", "auth": auth}});
            let mapping = Mapping::default();
            let secrets = Spec::new(&object, &mapping).required_secrets();
            let found: Vec<_> = secrets.iter().map(|s| (s.name.as_str(), s.keys[0].as_str())).collect();
            assert_eq!(found, expect);
        };
        let pull = ("regcred", ".dockerconfigjson");
        let reference = json!({"name": "oidc", "key": "secret"});
        check(json!({"mode": "managed"}), &[pull]);
        check(json!({"mode": "managed", "oidc": {"clientSecretRef": reference}}), &[pull]);
        check(
            json!({"mode": "external", "oidc": {"clientSecretRef": reference}}),
            &[pull, ("oidc", "secret")],
        );
        check(
            json!({"mode": "external", "oidc": {"clientSecretRef": "oidc"}}),
            &[pull, ("oidc", "clientSecret")],
        );
    }

    #[test]
    fn admins_are_named_once() {
        let mapping = Mapping::default();
        let object = json!({"spec": {"auth": {
            "platformAdminEmails": ["a@x.io", "b@x.io"],
            "users": [{"email": "b@x.io", "admin": true}, {"email": "c@x.io", "admin": true}, {"email": "d@x.io"}]
        }}});
        assert_eq!(Spec::new(&object, &mapping).admin_emails(), ["a@x.io", "b@x.io", "c@x.io"]);
    }
}
