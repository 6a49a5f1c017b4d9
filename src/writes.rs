//! Writing objects other than the installation: judged by a dry run, sent once, and read back where the answer was lost.
//! Only what a write names is compared; nothing of an answer is kept.

use kube_web::{Api, DeleteParams, Error, Patch, Preconditions, PropagationPolicy, Resource, WriteParams};
use rootcause_domain::owner;
use serde_json::Value;

use crate::reactive::RwSignal;
use crate::{live::surely, requests::Refusal, session::Session, words::Problem};

/// A change of one object in the installation's namespace.
#[derive(Clone)]
pub struct Write {
    pub resource: Resource,
    pub name: String,
    pub what: What,
    /// The same as a command.
    pub kubectl: String,
}

/// What happens to it.
#[derive(Clone)]
pub enum What {
    Create(Value),
    /// A JSON merge patch; with a resourceVersion it is refused where anything has changed since.
    Patch(Value),
    /// Deletes the object of this uid, and what it owns.
    Delete(String),
    /// Others, one after the other; what this write itself names is not touched.
    Several(Vec<Write>),
}

impl Write {
    /// The single writes that it is.
    fn each(&self) -> &[Write] {
        match &self.what {
            What::Several(all) => all,
            _ => std::slice::from_ref(self),
        }
    }
}

/// Has the API server judge it (`dryRun=All`); gives its warnings.
pub async fn judge(session: Session, write: &Write) -> Result<Vec<String>, Refusal> {
    let mut warnings = Vec::new();
    for write in write.each() {
        let api = session.api(write.resource.clone());
        warnings.extend(carry_out(&api, write, true).await.map_err(refusal)?);
    }
    Ok(warnings)
}

/// Sends it. While the API server does not answer it reads back until it knows what became of it; `waiting` is told so,
/// because nothing else may be sent meanwhile.
pub async fn send(
    session: Session,
    write: &Write,
    waiting: RwSignal<Option<Problem>>,
) -> Result<(), Refusal> {
    for (done, write) in write.each().iter().enumerate() {
        send_one(session, write, waiting).await.map_err(|refusal| match refusal {
            refusal if done == 0 => refusal,
            Refusal::Refused(problem) => Refusal::HalfWay(format!("{}: {}", write.name, problem.line())),
            Refusal::Impossible(words) | Refusal::Overtaken(words) | Refusal::HalfWay(words) => {
                Refusal::HalfWay(format!("{}: {words}", write.name))
            }
            unknown @ Refusal::Unknown(_) => unknown,
        })?;
    }
    Ok(())
}

async fn send_one(
    session: Session,
    write: &Write,
    waiting: RwSignal<Option<Problem>>,
) -> Result<(), Refusal> {
    let api = session.api(write.resource.clone());
    match carry_out(&api, write, false).await {
        Ok(_) => Ok(()),
        Err(error) if error.outcome_unknown() => {
            waiting.set(Some(Problem::from(&error)));
            let arrived = read_back(&api, write, waiting).await?;
            if arrived { Ok(()) } else { Err(error.into()) }
        }
        // A browser may send again by itself what it got no answer to: then this is what its own first try has led to.
        Err(error) if is_there_already(&error, &write.what) && read_back(&api, write, waiting).await? => {
            Ok(())
        }
        Err(error) => Err(refusal(error)),
    }
}

/// Whether it was refused because what it is to bring about may be so.
fn is_there_already(error: &Error, what: &What) -> bool {
    match what {
        What::Create(_) => matches!(error, Error::AlreadyExists(_)),
        What::Patch(_) => matches!(error, Error::Conflict { .. }),
        What::Delete(_) => matches!(error, Error::NotFound(_) | Error::Conflict { .. }),
        What::Several(_) => false,
    }
}

fn refusal(error: Error) -> Refusal {
    match error {
        Error::Conflict { .. } => {
            Refusal::Overtaken("It is not what it was when this page read it.".to_owned())
        }
        error => error.into(),
    }
}

async fn carry_out(api: &Api, write: &Write, dry_run: bool) -> Result<Vec<String>, Error> {
    let params = WriteParams { dry_run, ..WriteParams::by(owner::MANAGER) };
    match &write.what {
        What::Create(object) => Ok(api.create::<Value>(object, &params).await?.warnings),
        What::Patch(patch) => {
            Ok(api.patch::<Value>(&write.name, &Patch::Merge(patch.clone()), &params).await?.warnings)
        }
        What::Delete(uid) => {
            let preconditions = Some(Preconditions { uid: Some(uid.clone()), resource_version: None });
            // A Job's pods would outlive it otherwise.
            let propagation_policy = Some(PropagationPolicy::Background);
            let params =
                DeleteParams { dry_run, preconditions, propagation_policy, ..DeleteParams::default() };
            Ok(api.delete(&write.name, &params).await?.warnings)
        }
        What::Several(_) => Ok(Vec::new()),
    }
}

/// Whether the object shows that the write was carried out.
async fn read_back(api: &Api, write: &Write, waiting: RwSignal<Option<Problem>>) -> Result<bool, Refusal> {
    let told = |error: Option<&Error>| waiting.set(error.map(Problem::from));
    match surely(|| api.get::<Value>(&write.name), told).await {
        Ok(item) => {
            let uid = item.meta.uid;
            let now = item.object.unwrap_or_default();
            Ok(match &write.what {
                What::Create(wanted) | What::Patch(wanted) => holds(&now, wanted),
                What::Several(_) => true,
                What::Delete(gone) => uid != *gone || !now["metadata"]["deletionTimestamp"].is_null(),
            })
        }
        Err(Error::NotFound(_)) => Ok(matches!(write.what, What::Delete(_))),
        Err(error) => Err(Refusal::unknown(error)),
    }
}

/// Whether `object` has all that a merge patch names, but for the resourceVersion that it was decided on.
fn holds(object: &Value, patch: &Value) -> bool {
    match patch {
        Value::Object(fields) => fields
            .iter()
            .filter(|(key, _)| key.as_str() != "resourceVersion")
            .all(|(key, value)| holds(&object[key.as_str()], value)),
        value => object == value,
    }
}
