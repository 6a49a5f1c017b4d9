//! The smoke test: by itself after each version change, and on demand.

use std::time::Duration;

use futures::StreamExt;
use kube_web::{Error, ListParams, LogParams, Patch, Resource, WriteParams, logs};
use leptos::prelude::{GetValue as _, SetValue as _, StoredValue, expect_context};
use rootcause_domain::{
    route::{Place, Route},
    smoke::{self, Answer, ENDPOINTS, Facts, Hook, Report},
    time::Timestamp,
};
use serde_json::Value;

use super::preflight::words;
use crate::{
    browser::download,
    live::{Live, Scope, sleep, spawn_scoped},
    reactive::{Memo, RwSignal, effect},
    requests::Intent,
    session::Session,
    shell::review::Reviews,
    ui::{El, Tone, View, alert, button, el, link, mark, notice, p, section, show, since, soft},
};

/// The field manager of the record: of its own, so that the writer of the spec stays known.
const MANAGER: &str = "rootcause-admin-smoke-test";

/// The pause between an operation's end and its test: pods and Helm's last words arrive a little later.
const SETTLE: Duration = Duration::from_secs(4);

/// The last lines of a failed hook's log that are kept.
const LINES: u32 = 8;

/// The reports that are kept in the installation.
fn reports(live: Live, session: Session) -> Vec<Report> {
    let mark = session.config().contract.marks.smoke_tests.clone();
    live.cr.with(|cr| {
        let text = mark.as_ref().and_then(|mark| mark.get(cr.slice().first()?)?.as_str());
        text.map(smoke::read).unwrap_or_default()
    })
}

/// Tests each version change once it has ended, as long as a page is open.
pub fn test_after_operations() {
    let live = expect_context::<Live>();
    let session = expect_context::<Session>();
    let tested = StoredValue::new(None::<Timestamp>);
    // What the effect reads changes while a page opens; a test that is under way must not end with that.
    let scope = StoredValue::new(Scope::here());
    let due = Memo::new(move || {
        let operation = live.operation.get()?;
        let due = operation.outcome.ended().is_some() && smoke::due(&operation, session.server_now());
        let known = smoke::of(&reports(live, session), &operation).is_some();
        operation.requested.filter(|_| due && !known)
    });
    effect(move || {
        let Some(requested) = due.get() else { return };
        if tested.get_value() == Some(requested) || live.write_locked().is_some() {
            return;
        }
        tested.set_value(Some(requested));
        scope.get_value().spawn(async move {
            sleep(SETTLE).await;
            // Somebody else's tab may have been first.
            if due.get_untracked() == Some(requested)
                && let Some(report) = test(live, session).await
            {
                // Whoever opens the page next tries again.
                let _ = keep(live, session, &report).await;
            }
        });
    });
}

/// Runs the test on the operation that is shown.
async fn test(live: Live, session: Session) -> Option<Report> {
    let operation = live.operation.get_untracked()?;
    let hooks = failed_hooks(live, session, operation.requested).await;
    let mut answers = Vec::new();
    for ((_, name), endpoint) in ENDPOINTS.iter().zip(&session.config().smoke) {
        answers.push(match endpoint {
            Some(endpoint) => (*name, Some(ask(session, endpoint).await)),
            None => (*name, None),
        });
    }
    let (rollouts, answers): (_, Vec<Answer>) = (live.rollouts.get_untracked(), answers);
    let who = live.user.get_untracked().unwrap_or_else(|| "unknown".to_owned());
    live.pods.with_untracked(|pods| {
        Some(smoke::run(&Facts {
            now: session.server_now(),
            who: &who,
            operation: &operation,
            rollouts: rollouts.as_ref().map(|it| it.as_slice()),
            pods: pods.items.as_ref().filter(|_| pods.denied().is_none()).map(|it| it.as_slice()),
            hooks: &hooks,
            answers: &answers,
        }))
    })
}

/// The hooks that failed, with the last lines of their logs.
async fn failed_hooks(live: Live, session: Session, since: Option<Timestamp>) -> Result<Vec<Hook>, String> {
    let list = session.api(Resource::JOBS).list::<Value>(&ListParams::default()).await;
    let jobs: Vec<Value> =
        list.map_err(|error| words(&error))?.items.into_iter().filter_map(|it| it.object.ok()).collect();
    let mut hooks = live.pods.with_untracked(|pods| smoke::failed_hooks(&jobs, pods.slice(), since));
    let api = session.api(Resource::PODS);
    for hook in &mut hooks {
        let Some(pod) = &hook.pod else { continue };
        let params = LogParams { tail_lines: Some(LINES), ..LogParams::default() };
        let mut pieces = Box::pin(logs(&api, pod, &params));
        while let Some(piece) = pieces.next().await {
            match piece {
                Ok(lines) => hook.log.extend(lines.iter().map(|it| it.text().into_owned())),
                Err(error) => hook.log.push(format!("(its log cannot be read: {})", words(&error))),
            }
        }
    }
    Ok(hooks)
}

/// Asks an endpoint through the API server's service proxy. Whatever it answers with success is an answer.
async fn ask(session: Session, endpoint: &str) -> Result<(), String> {
    let (service, path) = endpoint.split_once('/').unwrap_or((endpoint, ""));
    let namespace = &session.config().namespace;
    let path = format!("/api/v1/namespaces/{namespace}/services/{service}/proxy/{path}");
    match session.client().get_json::<Value>(&path).await {
        Ok(_) | Err(Error::NotJson { status: 200..300, .. } | Error::Decode { .. }) => Ok(()),
        Err(error) => Err(words(&error)),
    }
}

/// Keeps the report in the installation.
async fn keep(live: Live, session: Session, report: &Report) -> Result<(), String> {
    let mark = session.config().contract.marks.smoke_tests.clone();
    let (Some(mark), Some(api)) = (mark, live.installation_api()) else { return Ok(()) };
    let text = live.cr.with_untracked(|cr| {
        let text = cr.slice().first().and_then(|cr| mark.get(cr)?.as_str());
        smoke::with(&text.map(smoke::read).unwrap_or_default(), report)
    });
    let patch = Patch::Merge(mark.merge_patch(text.into()));
    let name = &session.config().installation;
    let written = api.patch::<Value>(name, &patch, &WriteParams::by(MANAGER)).await;
    written.map(|_| ()).map_err(|error| words(&error))
}

pub fn smoke_section() -> El {
    let live = expect_context::<Live>();
    let session = expect_context::<Session>();
    let busy = RwSignal::new(false);
    let unkept = RwSignal::new(None::<String>);
    // Run here and not kept, for want of a right.
    let own = RwSignal::new(None::<Report>);
    let report = Memo::new(move || {
        let operation = live.operation.get()?;
        let kept = smoke::of(&reports(live, session), &operation).cloned();
        let own = own.get().filter(|it| it.requested == operation.requested);
        own.filter(|own| kept.as_ref().is_none_or(|kept| kept.at < own.at)).or(kept)
    });
    let none = move || {
        let none = live.operation.with(Option::is_none);
        none.then(|| "Nothing was ever asked of this installation.".to_owned())
    };
    let run = move || {
        busy.set(true);
        spawn_scoped(async move {
            let found = test(live, session).await;
            if let Some(report) = found {
                own.set(Some(report.clone()));
                let locked = live.write_locked();
                let kept = match locked {
                    Some(why) => Err(why),
                    None => keep(live, session, &report).await,
                };
                unkept.set(kept.err());
            }
            busy.set(false);
        });
    };
    let go = button("Run smoke test").disabled(none).busy(move || busy.get()).on_press(run);
    section("smoke-test", "Smoke test", "by itself after each version change")
        .child(show(
            move || report.get(),
            |report| match report {
                Some(report) => shown(report),
                None => p(soft("Not run for this operation.")).into(),
            },
        ))
        .child(show(
            move || unkept.get(),
            |why| {
                why.as_ref().map(|why| {
                    notice(Tone::Warn, "The result is not kept with the operation.", p(why.as_str()))
                })
            },
        ))
        .child(el("div").class("actions").child(go))
}

fn shown(report: &Report) -> View {
    let item = |it: &smoke::Item| {
        let said = it.said.lines().map(p);
        let words = el("div").child(el("strong").child(it.title.as_str())).children(said);
        el("li").child(mark(it.verdict.tone(), it.verdict.word())).child(words)
    };
    let items =
        el("ul").class("checks").attr("aria-label", "Smoke test").children(report.items.iter().map(item));
    let save = {
        let report = report.clone();
        button("Save as text").small().on_press(move || {
            download::save(&format!("smoke-test-{}.txt", report.version), &[report.text().as_bytes()]);
        })
    };
    let by = p(report.at.map(since)).child(soft(format!(" by {}, of {}", report.who, report.version)));
    let way_back = report.failed().then(|| {
        let reviews = expect_context::<Reviews>();
        let diagnosis = link(&Place::at(Route::Troubleshooting { tab: None }).hash(), "See the diagnosis");
        let back = report.from.clone().filter(|it| *it != report.version).map(|from| {
            button(format!("Review going back to {from}…"))
                .primary()
                .on_press(move || reviews.open(Intent::Version(from.clone())))
        });
        let actions = el("div").class("actions").child(diagnosis).child(back);
        alert(Tone::Bad, &report.sentence(), actions)
    });
    let fine = (!report.failed()).then(|| p(report.sentence()));
    View::list::<View>([
        way_back.into(),
        fine.into(),
        by.into(),
        items.into(),
        el("div").class("actions").child(save).into(),
    ])
}
