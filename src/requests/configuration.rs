//! Applying a configuration: judged by the API server field by field, then sent as a server-side apply.

use std::sync::Arc;

use kube_web::{Api, Error, FieldCause, Patch, WriteParams, Written};
use leptos::prelude::*;
use rootcause_domain::{
    diff::{self, Change},
    form::{self, Applying, Edit, configuration},
    owner::MANAGER,
    pointer::Pointer,
    request::{self, Asker},
    schema::{Schema, locate},
};
use serde_json::{Value, json};

use super::{RETRIES, Refusal, asker, not_open, read, read_surely, too_busy};
use crate::{live::Live, reactive::RwSignal, session::Session, words::Problem};

/// What is to be applied.
#[derive(Clone, Debug)]
pub struct Proposal {
    /// The resource that the edits were made on; `null` where there is none yet.
    pub base: Arc<Value>,
    /// The whole configuration with the edits.
    pub configuration: Arc<Value>,
    pub edits: Arc<Vec<Edit>>,
    /// Fields that others manage, and that are taken over.
    pub taken_over: Vec<Pointer>,
    pub schema: Arc<Schema>,
}

/// How it is sent.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Way {
    Create,
    Apply,
    /// A server-side apply takes away only what its manager owns.
    Patch,
}

/// A proposal that the API server would take.
#[derive(Clone, Debug)]
pub struct Judged {
    proposal: Proposal,
    way: Way,
    pub changes: Vec<Change>,
    /// The API server's warnings.
    pub warnings: Vec<String>,
    pub kubectl: String,
    pub git_snippet: String,
}

/// A field of the proposal that others manage.
#[derive(Clone, Debug, PartialEq)]
pub struct Claim {
    pub pointer: Pointer,
    pub managers: Vec<String>,
    pub theirs: Option<Value>,
    pub mine: Option<Value>,
}

/// What the API server says of a proposal.
#[derive(Clone, Debug)]
pub enum Verdict {
    Taken(Judged),
    /// Others manage these fields: each is left to them or taken over first.
    Claimed(Vec<Claim>),
    /// It breaks rules: where, in the API server's words; and the answer as a whole.
    Invalid(Vec<(Pointer, String)>, Problem),
}

/// Has the API server judge a proposal (`dryRun=All`).
pub async fn judge(live: Live, session: Session, proposal: Proposal) -> Result<Verdict, Refusal> {
    let api = live.installation_api().ok_or_else(not_open)?;
    let ask = Ask { live, session, api: &api, proposal: &proposal, why: None, dry_run: true };
    if proposal.base.is_null() {
        let answer = ask.send(&Value::Null, Way::Create, false).await;
        return ask.verdict(&Value::Null, Way::Create, answer);
    }
    for _ in 0..RETRIES {
        let fresh = read(&api, session).await?;
        if configuration(&fresh) != configuration(&proposal.base) {
            return Err(changed());
        }
        let claims = removals_claimed(&proposal, &fresh);
        if !claims.is_empty() {
            return Ok(Verdict::Claimed(claims));
        }
        let answer = ask.send(&fresh, Way::Apply, false).await;
        let answer = match answer {
            Err(Error::Conflict { causes, .. }) if causes.is_empty() => continue,
            Err(Error::Conflict { causes, .. }) => {
                let claims = claimed(&proposal, &fresh, &causes);
                if !claims.is_empty() {
                    return Ok(Verdict::Claimed(claims));
                }
                // What is left is this client's own in another role, or is taken over.
                ask.send(&fresh, Way::Apply, true).await
            }
            answer => answer,
        };
        let holds = |after: &Value| form::holds(&proposal.edits, &fresh, after);
        let removes = proposal.edits.iter().any(|edit| edit.value.is_none());
        // What an apply leaves in place may be just what must not stand beside the rest: the other form of an object.
        let patch = match &answer {
            Ok(Answer { after, .. }) => !holds(after),
            Err(Error::Invalid { .. }) => removes,
            Err(_) => false,
        };
        let answer = match patch {
            true => (Way::Patch, ask.send(&fresh, Way::Patch, false).await),
            false => (Way::Apply, answer),
        };
        match answer {
            (_, Err(Error::Conflict { .. })) => {}
            (way, answer) => return ask.verdict(&fresh, way, answer),
        }
    }
    Err(too_busy())
}

/// Sends what was judged, once; gives the resource as it is then. While the API server does not answer, `waiting` is
/// told so.
pub async fn apply(
    live: Live,
    session: Session,
    judged: &Judged,
    why: &str,
    waiting: RwSignal<Option<Problem>>,
) -> Result<Value, Refusal> {
    let api = live.installation_api().ok_or_else(not_open)?;
    let Judged { proposal, way, .. } = judged;
    let why = Some(why.trim()).filter(|it| !it.is_empty());
    let ask = Ask { live, session, api: &api, proposal, why, dry_run: false };
    let mut sent = false;
    for _ in 0..RETRIES {
        let fresh = match way {
            Way::Create if !sent => Value::Null,
            _ => read_surely(&api, session, waiting).await?,
        };
        // A browser may send again by itself what it got no answer to: then this is what its own first try has led to.
        if sent && form::holds(&proposal.edits, &proposal.base, &fresh) {
            return Ok(fresh);
        }
        // What was reviewed is what is sent: on the same configuration, or not at all.
        if configuration(&fresh) != configuration(&proposal.base) {
            return Err(changed());
        }
        sent = true;
        match ask.send(&fresh, *way, true).await {
            Ok(answer) => return Ok(answer.after),
            Err(Error::Conflict { .. } | Error::AlreadyExists(_)) => {}
            Err(error) if error.outcome_unknown() => {
                waiting.set(Some(Problem::from(&error)));
                let now = read_surely(&api, session, waiting).await.map_err(Refusal::unknown)?;
                return match form::holds(&proposal.edits, &fresh, &now) {
                    true => Ok(now),
                    false => Err(error.into()),
                };
            }
            Err(error) => return Err(error.into()),
        }
    }
    Err(too_busy())
}

/// One proposal on its way to the API server.
struct Ask<'a> {
    live: Live,
    session: Session,
    api: &'a Api,
    proposal: &'a Proposal,
    why: Option<&'a str>,
    dry_run: bool,
}

/// What the API server made of it, or would have made.
struct Answer {
    after: Value,
    warnings: Vec<String>,
    kubectl: String,
    git_snippet: String,
}

impl Ask<'_> {
    /// `force` takes over what others own, with a server-side apply.
    async fn send(&self, fresh: &Value, way: Way, force: bool) -> Result<Answer, Error> {
        let config = self.session.config();
        let Some(target) = untrack(|| self.live.target()) else {
            return Err(Error::Request("The installation is not open.".to_owned()));
        };
        let user = self.live.user.get_untracked();
        let who = asker(user.as_ref());
        let asker = Asker { who, now: self.session.server_now(), why: self.why };
        let mut params = WriteParams::by(MANAGER);
        params.dry_run = self.dry_run;
        let written = match way {
            Way::Create => {
                let body = form::create(&config.contract, &target, &self.proposal.configuration, asker);
                let written = self.api.create::<Value>(&body, &params).await?;
                let manifest = form::manifest(&target, &self.proposal.configuration);
                return answer(written, format!("kubectl apply -f - <<'EOF'\n{manifest}EOF"), manifest);
            }
            Way::Apply | Way::Patch => {
                form::configure(&config.contract, &target, fresh, &self.proposal.edits, asker)
            }
        };
        let Applying { apply, patch, kubectl, git_snippet } = written;
        params.force = force && way == Way::Apply;
        let patch = if way == Way::Apply { Patch::Apply(apply) } else { Patch::Json(patch) };
        answer(self.api.patch::<Value>(&config.installation, &patch, &params).await?, kubectl, git_snippet)
    }

    fn verdict(&self, before: &Value, way: Way, answer: Result<Answer, Error>) -> Result<Verdict, Refusal> {
        match answer {
            Ok(Answer { after, warnings, kubectl, git_snippet }) => {
                let record = self.session.config().contract.marks.requests.clone();
                let before = if before.is_null() { &json!({}) } else { before };
                let mut changes =
                    diff::diff(&diff::without_server_fields(before), &diff::without_server_fields(&after));
                let own = ["apiVersion", "kind", "metadata"].map(|it| Pointer::of([it]));
                changes.retain(|it| {
                    record.as_ref().is_none_or(|record| !record.is_within(&it.path))
                        && !own.contains(&it.path)
                });
                let proposal = self.proposal.clone();
                Ok(Verdict::Taken(Judged { proposal, way, changes, warnings, kubectl, git_snippet }))
            }
            Err(Error::Invalid { status, causes }) => {
                let node = self.proposal.schema.root();
                let places = causes.iter().filter_map(|cause| {
                    let at = locate(node, &self.proposal.configuration, &cause.field, &cause.message)?;
                    Some((at, cause.message.clone()))
                });
                let places = places.collect();
                Ok(Verdict::Invalid(places, Problem::from(&Error::Invalid { status, causes })))
            }
            Err(error) => Err(error.into()),
        }
    }
}

fn answer(written: Written<Value>, kubectl: String, git_snippet: String) -> Result<Answer, Error> {
    let after = written.item.object;
    let after = after.map_err(|error| Error::Decode { what: "installation", message: error.to_string() })?;
    Ok(Answer { after, warnings: written.warnings, kubectl, git_snippet })
}

/// The edits that the API server says would change what others manage, and whom.
fn claimed(proposal: &Proposal, fresh: &Value, causes: &[FieldCause]) -> Vec<Claim> {
    let mut claims = Vec::new();
    for cause in causes {
        // conflict with "kubectl-patch" using example.org/v1
        let manager = cause.message.split('"').nth(1).unwrap_or("somebody else");
        let at = locate(proposal.schema.root(), &proposal.configuration, &cause.field, "");
        let edit = proposal.edits.iter().find(|edit| {
            at.as_ref().is_some_and(|at| at.is_within(&edit.pointer) || edit.pointer.is_within(at))
        });
        if let Some(edit) = edit.filter(|_| manager != MANAGER) {
            claim(proposal, fresh, edit, manager, &mut claims);
        }
    }
    claims
}

/// The edits that take away what others manage: a server-side apply has no conflict about those, it leaves them.
fn removals_claimed(proposal: &Proposal, fresh: &Value) -> Vec<Claim> {
    let mut claims = Vec::new();
    for edit in proposal.edits.iter().filter(|edit| edit.value.is_none()) {
        for writer in request::writers(fresh, &edit.pointer).filter(|it| it.manager != MANAGER) {
            claim(proposal, fresh, edit, &writer.manager, &mut claims);
        }
    }
    claims
}

fn claim(proposal: &Proposal, fresh: &Value, edit: &Edit, manager: &str, claims: &mut Vec<Claim>) {
    if proposal.taken_over.contains(&edit.pointer) {
        return;
    }
    if let Some(known) = claims.iter_mut().find(|claim| claim.pointer == edit.pointer) {
        if known.managers.iter().all(|it| it != manager) {
            known.managers.push(manager.to_owned());
        }
        return;
    }
    claims.push(Claim {
        pointer: edit.pointer.clone(),
        managers: vec![manager.to_owned()],
        theirs: edit.pointer.get(fresh).cloned(),
        mine: edit.value.clone(),
    });
}

fn changed() -> Refusal {
    Refusal::Overtaken("The configuration is another one now than the one that was edited.".to_owned())
}
