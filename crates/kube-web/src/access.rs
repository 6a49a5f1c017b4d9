//! Who the user is and what the user may do, as the API server judges it.

use crate::api::WriteParams;
use crate::client::Client;
use crate::error::Error;
use crate::resource::Resource;
use serde::Deserialize;
use serde_json::json;

/// The user that the API server sees.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct User {
    /// The username, as in `system:serviceaccount:rootcause:admin`.
    pub username: String,
    /// The groups.
    #[serde(default)]
    pub groups: Vec<String>,
}

/// What is asked of [`Client::can_i`]. Empty fields stand for "none", as in the API; `*` stands for "any".
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Question<'a> {
    /// `get`, `list`, `watch`, `create`, `patch`, `delete`, …
    pub verb: &'a str,
    /// The API group.
    pub group: &'a str,
    /// The plural resource.
    pub resource: &'a str,
    /// The subresource.
    pub subresource: &'a str,
    /// The namespace, empty for all of them.
    pub namespace: &'a str,
    /// The object's name, empty for all of them.
    pub name: &'a str,
}

/// The API server's judgement.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Access {
    /// Whether it is allowed.
    #[serde(default)]
    pub allowed: bool,
    /// Why, if the authorizer says so.
    #[serde(default)]
    pub reason: String,
    /// What went wrong while judging: other authorizers may still allow it.
    #[serde(default)]
    pub evaluation_error: String,
}

#[derive(Deserialize)]
struct Review<S> {
    status: S,
}

#[derive(Deserialize)]
struct Identity {
    #[serde(rename = "userInfo")]
    user_info: User,
}

impl Client {
    /// Asks the API server who it takes the user for.
    ///
    /// # Errors
    /// As [`Client::send`].
    pub async fn who_am_i(&self) -> Result<User, Error> {
        let object = json!({"apiVersion": "authentication.k8s.io/v1", "kind": "SelfSubjectReview"});
        let review: Review<Identity> = self.review(Resource::SELF_SUBJECT_REVIEWS, &object).await?;
        Ok(review.status.user_info)
    }

    /// Asks the API server whether the user may do something.
    ///
    /// # Errors
    /// As [`Client::send`].
    pub async fn can_i(&self, question: &Question<'_>) -> Result<Access, Error> {
        let Question { verb, group, resource, subresource, namespace, name } = question;
        let object = json!({
            "apiVersion": "authorization.k8s.io/v1",
            "kind": "SelfSubjectAccessReview",
            "spec": {"resourceAttributes": {
                "verb": verb, "group": group, "resource": resource, "subresource": subresource,
                "namespace": namespace, "name": name,
            }},
        });
        let review: Review<Access> = self.review(Resource::SELF_SUBJECT_ACCESS_REVIEWS, &object).await?;
        Ok(review.status)
    }

    async fn review<T: serde::de::DeserializeOwned>(
        &self,
        resource: Resource,
        object: &serde_json::Value,
    ) -> Result<T, Error> {
        let written = self.all(resource).create(object, &WriteParams::default()).await?;
        written.item.object.map_err(|malformed| Error::Decode { what: "review", message: malformed.message })
    }
}
