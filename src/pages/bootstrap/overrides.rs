//! Raw Helm Overrides: for each chart an editor that knows the installed chart's schema, what is commonly written there,
//! and what is wrong with what is there.

use std::{rc::Rc, sync::Arc};

use leptos::prelude::*;
use rootcause_domain::{
    contract::Contract,
    helm::{ReleaseSecret, Status},
    overrides::{self, Chart, Finding, Insertion, Release},
    pointer::{Pointer, apply_merge_patch},
};
use serde_json::{Map, Value};

use super::{
    draft::{Draft, Text},
    field::control_id,
};
use crate::{
    browser::regex,
    live::{Live, Scope},
    reactive::{Memo, RwSignal, effect},
    session::Session,
    ui::{Document, El, Judge, Problem, Tone, button, editor, el, mark, p, part, show, soft, text},
};

/// The chart that is installed; why it cannot be read, `None` while it is.
type Installed = RwSignal<Option<Result<Arc<Chart>, String>>>;

/// The chart that overrides are judged by: the one that the draft asks for, else the installed one.
type Judging = Memo<Option<Result<Arc<Chart>, String>>>;

/// The overrides of one release.
pub fn overrides_editor(draft: Draft, release: Release) -> El {
    let live = expect_context::<Live>();
    let session = expect_context::<Session>();
    let title = match release {
        Release::Platform => "Platform",
        Release::Dependencies => "Dependencies",
    };
    let name = format!("Raw Helm Overrides: {title}");
    let fields = el("div")
        .class("stack wide")
        .attr("role", "group")
        .attr("aria-label", &name)
        .child(el("h4").child(title));
    let config = session.config();
    let Some(at) = config.contract.pointer(release.concept()).cloned() else {
        return fields.child(part(move || live.lacks(release.concept()).map(|it| p(it).class("soft"))));
    };
    let lacking = move || live.lacks(release.concept());
    // Whoever is led to this field is led here.
    let fields = fields.id(&control_id(&at)).attr("tabindex", "-1");
    let read = installed(live, release, session);
    let contract = config.contract.clone();
    let chart: Judging = Memo::new(move || {
        let installed = read.get()?;
        let version = installed.as_ref().map(|it| it.version.clone()).unwrap_or_default();
        let wanted = overrides::wanted(&contract, &draft.resource(), &draft.value(), release, &version);
        Some(wanted.map_or(installed, |it| Ok(Arc::new(it))))
    });
    let whole = at.clone();
    let over = Memo::new(move || draft.get(&whole).unwrap_or_default());
    let judge = judge(config.contract.clone(), draft, release, at.clone(), chart);
    let opened = RwSignal::new(false);
    let set: Rc<dyn Fn(Value)> = Rc::new(move |value: Value| {
        let empty = value.is_null() || value.as_object().is_some_and(Map::is_empty);
        draft.set(&at, (!empty).then_some(value));
    });

    let status = text(move || match chart.get() {
        None => "The installed chart is being read.".to_owned(),
        Some(Ok(chart)) if chart.values.is_null() => {
            format!("Judged by the values schema of {}, which the draft asks for.", chart.version)
        }
        Some(Ok(chart)) if chart.schema.is_some() => {
            format!("Judged by the values schema of the installed chart, {}.", chart.version)
        }
        Some(Ok(chart)) => {
            format!("The installed chart, {}, has no values schema to judge by.", chart.version)
        }
        Some(Err(why)) => format!("Only the operator will judge them: {why}"),
    });
    let insertions = (release == Release::Platform).then(|| {
        let set = Rc::clone(&set);
        part(move || {
            let chart = chart.get().and_then(Result::ok);
            let set = Rc::clone(&set);
            let insert = move |it: Insertion| insertion(it, over, opened, Rc::clone(&set));
            el("div")
                .class("actions")
                .children(overrides::insertions(chart.as_deref()).into_iter().map(insert))
        })
    });
    let found = Rc::clone(&judge);
    let closed = move || if opened.get() { Vec::new() } else { over.with(|it| found(it)) };
    let findings = show(closed, |found| {
        (!found.is_empty()).then(|| el("ul").class("problems").children(found.iter().map(finding)))
    });
    let document = Document {
        label: format!("Raw Helm overrides of {}", release.word()),
        text: draft.text(if release == Release::Platform {
            Text::PlatformOverrides
        } else {
            Text::DependenciesOverrides
        }),
        value: Rc::new(move || over.get()),
        changed: set,
        judge,
        schema: Rc::new(move || chart.with(|it| it.as_ref()?.as_ref().ok()?.schema.clone())),
    };
    let body = show(move || opened.get(), move |opened| opened.then(|| editor(document.clone())));
    let words = move || match (opened.get(), over.with(|it| it.as_object().map_or(0, Map::len))) {
        (true, _) => "Close the editor".to_owned(),
        (false, 0) => "Write overrides as YAML".to_owned(),
        (false, _) => "Edit overrides as YAML".to_owned(),
    };
    let open = button(text(words)).disabled(lacking).on_press(move || opened.update(|it| *it = !*it));
    let status = p(soft(status));
    fields.child(status).child(findings).child(insertions).child(el("div").child(open)).child(body)
}

fn finding(problem: &Problem) -> El {
    let mark = if problem.warning { mark(Tone::Warn, "warning") } else { mark(Tone::Bad, "error") };
    el("li").child(mark).child(el("code").child(problem.pointer.dotted())).child(problem.message.as_str())
}

/// A button that merges what it is called into the overrides, and opens them.
fn insertion(it: Insertion, over: Memo<Value>, opened: RwSignal<bool>, set: Rc<dyn Fn(Value)>) -> El {
    let Insertion { title, values } = it;
    let why = values.as_ref().err().cloned();
    button(title).small().disabled(move || why.clone()).on_press(move || {
        let Ok(values) = &values else { return };
        let mut merged = over.get_untracked();
        apply_merge_patch(&mut merged, values);
        set(merged);
        opened.set(true);
    })
}

/// What is wrong with overrides, or worth knowing of them.
fn judge(contract: Contract, draft: Draft, release: Release, at: Pointer, chart: Judging) -> Judge {
    Rc::new(move |over| {
        let found = chart.with(|chart| match chart {
            Some(Ok(chart)) => overrides::judge(chart, over, &regex::matches),
            _ => Vec::new(),
        });
        let unjudged = chart.with(|chart| match chart {
            Some(Ok(chart)) => overrides::unjudged(chart, over),
            _ => Vec::new(),
        });
        let said =
            |warning: bool| move |it: Finding| Problem { pointer: it.pointer, message: it.message, warning };
        let wrong = found.into_iter().map(said(false)).chain(unjudged.into_iter().map(said(true)));
        let mut cr = draft.value().as_ref().clone();
        rootcause_domain::form::set(&mut cr, &at, over.clone());
        let shadows = overrides::shadows(&contract, &cr, release);
        let warned = shadows.into_iter().map(|it| {
            let message = it.sentence();
            Problem { pointer: it.pointer, message, warning: true }
        });
        wrong.chain(warned).collect()
    })
}

/// Reads the chart of the revision that is deployed, again when another one is.
fn installed(live: Live, release: Release, session: Session) -> Installed {
    let chart: Installed = RwSignal::new(None);
    let scope = Scope::here();
    let deployed = Memo::new(move || -> Option<ReleaseSecret> {
        let history = live.history.get();
        let rows = if release == Release::Platform { history.platform } else { history.dependencies };
        let deployed = rows.iter().find(|it| it.status == Status::Deployed).or_else(|| rows.first());
        deployed.map(|it| it.secret.clone())
    });
    effect(move || {
        let Some(secret) = deployed.get() else {
            let denied = live.secrets.with(|it| it.denied().map(|it| it.title.clone()));
            let read = live.secrets.with(|it| it.items.is_some());
            let name = match release {
                Release::Platform => session.config().contract.releases.platform.clone(),
                Release::Dependencies => session.config().contract.releases.dependencies.clone(),
            };
            let absent = read.then(|| format!("{name} is not installed."));
            chart.set(denied.or(absent).map(Err));
            return;
        };
        scope.spawn(async move {
            chart.set(Some(live.read_chart(&secret).await.map(Arc::new)));
        });
    });
    chart
}
