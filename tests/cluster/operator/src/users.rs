//! The accounts of the managed identity provider.
//!
//! The fake pods of the rig run no FusionAuth, so the accounts live in a secret that the operator manages; everything
//! that a client sees of them (creating, active, removing, an error) is what the real thing shows.

use std::collections::{BTreeMap, BTreeSet};

use k8s_openapi::api::core::v1::Secret;
use kube::{
    Api,
    api::{ObjectMeta, Patch, PatchParams},
};
use serde::{Deserialize, Serialize};

use crate::{spec::User, status::FIELD_MANAGER};

/// The label of every secret that the operator makes, and that an undeploy removes.
pub const MANAGED_BY: (&str, &str) = ("rootcause.dev/managed-by", "operator");
const SECRET: &str = "rootcause-accounts";
const KEY: &str = "accounts.json";

/// One line of the status about a user.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct UserStatus {
    pub email: String,
    pub state: State,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub message: Option<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub enum State {
    Creating,
    Active,
    Removing,
    Error,
}

/// An account as it is stored.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Account {
    pub first_name: String,
    pub last_name: String,
    pub admin: bool,
}

/// The accounts by email address.
pub type Accounts = BTreeMap<String, Account>;

/// What has to be done, and how it looks before and after.
#[derive(Debug, PartialEq, Eq)]
pub struct Plan {
    pub during: Vec<UserStatus>,
    pub after: Vec<UserStatus>,
    pub accounts: Accounts,
}

/// Compares the users that are wanted with the accounts that exist.
pub fn plan(wanted: &[User], existing: &Accounts) -> Plan {
    let mut plan = Plan { during: Vec::new(), after: Vec::new(), accounts: Accounts::new() };
    let mut seen = BTreeSet::new();
    for user in wanted {
        // The status lists an address once.
        if plan.after.iter().any(|line: &UserStatus| line.email == user.email) {
            continue;
        }
        let line = |state, message: Option<&str>| UserStatus {
            email: user.email.clone(),
            state,
            message: message.map(str::to_owned),
        };
        let problem = if !is_email(&user.email) {
            Some("not an email address")
        } else if !seen.insert(user.email.to_lowercase()) {
            Some("listed more than once")
        } else {
            None
        };
        if problem.is_some() {
            plan.during.push(line(State::Error, problem));
            plan.after.push(line(State::Error, problem));
            continue;
        }
        let known = existing.contains_key(&user.email);
        plan.during.push(line(if known { State::Active } else { State::Creating }, None));
        plan.after.push(line(State::Active, None));
        let account = Account {
            first_name: user.first_name.clone(),
            last_name: user.last_name.clone(),
            admin: user.admin,
        };
        plan.accounts.insert(user.email.clone(), account);
    }
    let gone = existing.keys().filter(|email| !plan.accounts.contains_key(*email));
    plan.during.extend(gone.map(|email| UserStatus {
        email: email.clone(),
        state: State::Removing,
        message: None,
    }));
    plan
}

fn is_email(text: &str) -> bool {
    text.split_once('@').is_some_and(|(name, host)| {
        !name.is_empty() && !host.is_empty() && !host.contains('@') && !text.contains(char::is_whitespace)
    })
}

/// Reads the stored accounts.
pub async fn load(secrets: &Api<Secret>) -> Result<Accounts, kube::Error> {
    let data = secrets.get_opt(SECRET).await?.and_then(|secret| secret.data).unwrap_or_default();
    let Some(bytes) = data.get(KEY) else { return Ok(Accounts::new()) };
    serde_json::from_slice(&bytes.0).map_err(kube::Error::SerdeError)
}

/// Stores the accounts.
pub async fn store(secrets: &Api<Secret>, accounts: &Accounts) -> Result<(), kube::Error> {
    let text = serde_json::to_string(accounts).map_err(kube::Error::SerdeError)?;
    let secret = Secret {
        metadata: ObjectMeta {
            name: Some(SECRET.to_owned()),
            labels: Some([(MANAGED_BY.0.to_owned(), MANAGED_BY.1.to_owned())].into()),
            ..ObjectMeta::default()
        },
        string_data: Some([(KEY.to_owned(), text)].into()),
        ..Secret::default()
    };
    secrets.patch(SECRET, &PatchParams::apply(FIELD_MANAGER).force(), &Patch::Apply(secret)).await?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn users_come_and_go() {
        let user = |email: &str| User { email: email.to_owned(), ..User::default() };
        let existing =
            Accounts::from([("a@x.io".into(), Account::default()), ("b@x.io".into(), Account::default())]);
        let plan = plan(&[user("a@x.io"), user("c@x.io"), user("A@x.io"), user("nobody")], &existing);
        let states = |lines: &[UserStatus]| -> Vec<(String, State)> {
            lines.iter().map(|line| (line.email.clone(), line.state)).collect()
        };
        let expect = |lines: &[(&str, State)]| -> Vec<(String, State)> {
            lines.iter().map(|(email, state)| ((*email).to_owned(), *state)).collect()
        };
        use State::{Active, Creating, Error, Removing};
        assert_eq!(
            states(&plan.during),
            expect(&[
                ("a@x.io", Active),
                ("c@x.io", Creating),
                ("A@x.io", Error),
                ("nobody", Error),
                ("b@x.io", Removing)
            ])
        );
        assert_eq!(
            states(&plan.after),
            expect(&[("a@x.io", Active), ("c@x.io", Active), ("A@x.io", Error), ("nobody", Error)])
        );
        assert_eq!(plan.accounts.keys().collect::<Vec<_>>(), ["a@x.io", "c@x.io"]);
    }
}
