//! Who the user is and what the user may do, as the API server judges it.

use crate::api::WriteParams;
use crate::client::Client;
use crate::error::Error;
use crate::json::{string, strings};
use crate::resource::Resource;
use serde_json::{Value, json};

/// The user that the API server sees.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct User {
    /// The username, as in `system:serviceaccount:rootcause:admin`.
    pub username: String,
    /// The groups.
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
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Access {
    /// Whether it is allowed.
    pub allowed: bool,
    /// Why, if the authorizer says so.
    pub reason: String,
    /// What went wrong while judging: other authorizers may still allow it.
    pub evaluation_error: String,
}

impl Client {
    /// Asks the API server who it takes the user for.
    ///
    /// # Errors
    /// As [`Client::send`].
    pub async fn who_am_i(&self) -> Result<User, Error> {
        let object = json!({"apiVersion": "authentication.k8s.io/v1", "kind": "SelfSubjectReview"});
        let status = self.review(Resource::SELF_SUBJECT_REVIEWS, &object).await?;
        let user = &status["userInfo"];
        match user["username"].as_str() {
            Some(name) => Ok(User { username: name.to_owned(), groups: strings(user, "groups") }),
            None => Err(incomplete("it names no user")),
        }
    }

    /// Asks the API server whether the user may do something.
    ///
    /// # Errors
    /// As [`Client::send`].
    pub async fn can_i(&self, question: &Question<'_>) -> Result<Access, Error> {
        let Question { verb, group, resource, subresource, namespace, name } = question;
        let asked = [
            ("verb", verb),
            ("group", group),
            ("resource", resource),
            ("subresource", subresource),
            ("namespace", namespace),
            ("name", name),
        ];
        let mut object = json!({"apiVersion": "authorization.k8s.io/v1", "kind": "SelfSubjectAccessReview"});
        for (key, value) in asked {
            object["spec"]["resourceAttributes"][key] = (*value).into();
        }
        let status = self.review(Resource::SELF_SUBJECT_ACCESS_REVIEWS, &object).await?;
        Ok(Access {
            allowed: status["allowed"] == true,
            reason: string(&status, "reason"),
            evaluation_error: string(&status, "evaluationError"),
        })
    }

    /// The status of a review, which is the API server's answer.
    async fn review(&self, resource: Resource, object: &Value) -> Result<Value, Error> {
        let written = self.all(resource).create::<Value>(object, &WriteParams::default()).await?;
        let mut review = written.item.object.map_err(|malformed| incomplete(&malformed.message))?;
        match review.get_mut("status") {
            Some(status) => Ok(status.take()),
            None => Err(incomplete("it has no status")),
        }
    }
}

fn incomplete(message: &str) -> Error {
    Error::Decode { what: "review", message: message.to_owned() }
}
