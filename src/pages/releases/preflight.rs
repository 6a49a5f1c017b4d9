//! The preflight: what stands in the way of a version change, in the review before it is requested.

use kube_web::{Api, Error, ListParams, Resource};
use leptos::prelude::expect_context;
use rootcause_domain::{
    backup::BACKUP,
    certainty::Read,
    contract::Concept,
    helm::{self, HistoryRow},
    preflight::{self, Check, Facts, Objects, Source, Verdict},
};
use serde_json::{Value, json};

use crate::{
    browser::clock::Now,
    live::{Live, read_release, spawn_scoped},
    reactive::{Memo, RwSignal},
    session::Session,
    ui::{El, View, el, mark, p, show},
    words::{Problem, ProblemKind},
};

/// Pods of the whole cluster that are read to see what the nodes hold: about 10 MB. A larger cluster's are not counted,
/// and the check says so.
const PODS: usize = 500;

const BUDGETS: Resource = Resource::in_group("policy", "v1", "poddisruptionbudgets", "PodDisruptionBudget");

/// The checks of a change to `to`, kept current while the owner lives. `judged` is what the API server says of the
/// request.
pub fn checks(to: String, judged: impl Fn() -> Read<String> + 'static) -> Memo<Vec<Check>> {
    let live = expect_context::<Live>();
    let session = expect_context::<Session>();
    let now = expect_context::<Now>();
    let objects = RwSignal::new(Objects::default());
    for source in Source::ALL {
        spawn_scoped(async move {
            let read = read(live, session, source).await;
            objects.update(|it| it.set(source, read));
        });
    }
    let config = session.config();
    Memo::new(move || {
        let (Some(cr), Some(installation)) =
            (live.cr.with(|it| it.slice().first().cloned()), live.installation.get())
        else {
            return Vec::new();
        };
        let history = live.history.get();
        let denied = live.secrets.with(|it| it.denied().map(|it| it.title.clone()));
        let rollouts = live.rollouts.get().unwrap_or_default();
        let operator = live.operator.get();
        let operation = live.operation.get();
        live.pods.with(|pods| {
            objects.with(|objects| {
                preflight::checks(&Facts {
                    now: now.get(),
                    to: &to,
                    contract: &config.contract,
                    cr: &cr,
                    installation: &installation,
                    operator: &operator,
                    operation: operation.as_ref(),
                    history_denied: denied.as_deref(),
                    dependencies: &history.dependencies,
                    platform: &history.platform,
                    rollouts: &rollouts,
                    pods: pods.slice(),
                    judged: &judged(),
                    objects,
                })
            })
        })
    })
}

/// Reads one source.
async fn read(live: Live, session: Session, source: Source) -> Read<Vec<Value>> {
    let config = session.config();
    let all = ListParams::default;
    let (api, params) = match source {
        Source::Claims => (session.api(Resource::PVCS), all()),
        Source::Nodes => (session.client().all(Resource::NODES), all()),
        Source::Pods => (session.client().all(Resource::PODS), all().at_most(PODS)),
        Source::Budgets => (session.api(BUDGETS), all()),
        Source::Deployments => (session.api(Resource::DEPLOYMENTS), all()),
        Source::Jobs => (session.api(Resource::JOBS), all().labels(BACKUP)),
        Source::PullSecret => {
            let name = live.current().and_then(|cr| {
                Some(config.contract.get(Concept::ImagePullSecret, &cr)?.as_str()?.to_owned())
            });
            let Some(name) = name else { return Read::Absent };
            return match session.api(Resource::SECRETS).get::<Value>(&name).await.map(|it| it.object) {
                Ok(Ok(secret)) => Read::Found(vec![preflight::slim_pull_secret(&secret)]),
                Ok(Err(error)) => Read::Unreadable(error.to_string()),
                Err(Error::NotFound(_)) => Read::Absent,
                Err(error) => Read::Unreadable(words(&error)),
            };
        }
        Source::Certificates => return read_certificates(session).await,
        Source::Values => return read_values(live, &session.api(Resource::SECRETS)).await,
    };
    match api.list::<Value>(&params).await {
        Ok(list) if list.cut.is_some() => Read::Unreadable(format!("there are more than {PODS} pods.")),
        Ok(list) => Read::Found(list.items.into_iter().filter_map(|it| it.object.ok()).collect()),
        Err(error) => Read::Unreadable(words(&error)),
    }
}

/// The certificates of the ingresses, without their keys.
async fn read_certificates(session: Session) -> Read<Vec<Value>> {
    let ingresses = match session.api(Resource::INGRESSES).list::<Value>(&ListParams::default()).await {
        Ok(list) => list.items,
        Err(error) => return Read::Unreadable(words(&error)),
    };
    let mut found = Vec::new();
    for ingress in ingresses.into_iter().filter_map(|it| it.object.ok()) {
        let entries = ingress["spec"]["tls"].as_array().into_iter().flatten();
        for name in entries.filter_map(|it| it["secretName"].as_str()) {
            match session.api(Resource::SECRETS).get::<Value>(name).await.map(|it| it.object) {
                Ok(Ok(secret)) => found.push(preflight::slim_certificate(&secret)),
                // Said as one that holds none.
                Ok(Err(_)) | Err(Error::NotFound(_)) => found.push(json!({"name": name})),
                Err(error) => return Read::Unreadable(words(&error)),
            }
        }
    }
    Read::Found(found)
}

/// The values that were given to both charts last, whatever came of it. They stay in this review and are not shown: only
/// the names of those that do not fit are.
async fn read_values(live: Live, secrets: &Api) -> Read<Vec<Value>> {
    let history = live.history.get_untracked();
    let newest = |rows: &[HistoryRow]| rows.first().map(|it| it.secret.clone());
    let mut values = json!({});
    for (chart, secret) in
        [("dependencies", newest(&history.dependencies)), ("platform", newest(&history.platform))]
    {
        let Some(secret) = secret else { continue };
        let json = match read_release(secrets, &secret).await {
            Ok(json) => json,
            Err(words) => return Read::Unreadable(words),
        };
        match helm::values(&json) {
            Ok(given) => values[chart] = given,
            Err(error) => return Read::Unreadable(error.to_string()),
        }
    }
    Read::Found(vec![values])
}

/// A missing right is told by itself, without the server's longer words.
pub fn words(error: &Error) -> String {
    let problem = Problem::from(error);
    if matches!(problem.kind, ProblemKind::Forbidden(_)) { problem.title } else { problem.line() }
}

/// The checks, those that need a look in the open.
pub fn preflight(checks: Memo<Vec<Check>>) -> El {
    let heading = el("h2").id("preflight").child("Preflight");
    el("section").attr("aria-labelledby", "preflight").child(heading).child(show(
        move || checks.get(),
        |checks| {
            let of = |passed: bool| {
                let rows = checks.iter().filter(|it| (it.verdict == Verdict::Passed) == passed).map(row);
                rows.collect::<Vec<_>>()
            };
            let passed = of(true);
            let summary = el("summary").child(format!("{} passed", passed.len()));
            View::list::<View>([
                p(preflight::sentence(checks)).attr("role", "status").into(),
                el("ul").class("checks").attr("aria-label", "Checks").children(of(false)).into(),
                el("details").child(summary).child(el("ul").class("checks").children(passed)).into(),
            ])
        },
    ))
}

fn row(check: &Check) -> El {
    let fix = (!check.fix.is_empty()).then(|| el("p").class("soft").child(check.fix));
    el("li")
        .child(mark(check.verdict.tone(), check.verdict.word()))
        .child(el("div").child(el("strong").child(check.title)).child(p(check.evidence.as_str())).child(fix))
}
