//! Resource Patches: the list as YAML, what is commonly patched by a few fields, and a trial on the objects as they are.

use std::rc::Rc;

use kube_web::{Error, Patch, Resource, WriteParams};
use leptos::prelude::*;
use rootcause_domain::{
    contract::{Concept, ResourcePatchKeys},
    owner,
    patches::{self, Guide, ResourcePatch},
    pointer::Pointer,
    rollout::Rollout,
    schema,
};
use serde_json::Value;

use super::{
    draft::{Draft, Text},
    field::control_id,
};
use crate::{
    browser::regex,
    live::{Live, Scope},
    reactive::{Memo, RwSignal},
    session::Session,
    ui::{
        Document, El, Judge, Problem, Tone, View, button, editor, el, mark, p, part, show, soft, text,
        value_of,
    },
    words::Problem as Trouble,
};

/// What came of trying a patch on its object.
#[derive(Clone, PartialEq)]
struct Trial {
    target: String,
    /// Why the API server would refuse it.
    refused: Option<String>,
}

/// How far the trial is.
#[derive(Clone, PartialEq)]
enum Trials {
    None,
    Running,
    /// Of the patches as they were then.
    Done(Vec<Trial>),
}

/// The resource patches.
pub fn patches_editor(draft: Draft) -> El {
    let live = expect_context::<Live>();
    let session = expect_context::<Session>();
    let config = session.config();
    let keys = config.contract.items.resource_patches.clone();
    let group = el("div")
        .class("stack wide")
        .attr("role", "group")
        .attr("aria-label", "Resource Patches")
        .child(el("h3").child("Resource Patches"))
        .child(p(soft(
            "Changes of single objects, laid over what the charts make: for dedicated nodes and GPUs.",
        )));
    let Some(at) = config.contract.pointer(Concept::ResourcePatches).cloned() else {
        return group.child(part(move || live.lacks(Concept::ResourcePatches).map(|it| p(it).class("soft"))));
    };
    // Whoever is led to this field is led here.
    let group = group.id(&control_id(&at)).attr("tabindex", "-1");
    let whole = at.clone();
    let list = Memo::new(move || draft.get(&whole).unwrap_or_default());
    let opened = RwSignal::new(false);
    let trials = RwSignal::new(Trials::None);
    let place = at.clone();
    let set: Rc<dyn Fn(Value)> = Rc::new(move |value: Value| {
        let empty = value.is_null() || value.as_array().is_some_and(Vec::is_empty);
        draft.set(&place, (!empty).then_some(value));
        trials.set(Trials::None);
    });
    let document = Document {
        label: "Resource patches".to_owned(),
        text: draft.text(Text::Patches),
        value: Rc::new(move || list.get()),
        changed: Rc::clone(&set),
        judge: judge(draft, at.clone()),
        schema: Rc::new(move || {
            let schema = draft.schema()?;
            // The schema of a custom resource has no references.
            let at: String = at.tokens().iter().map(|it| format!("/properties/{it}")).collect();
            schema.value().pointer(&at).cloned()
        }),
    };
    let count = move || list.with(|it| it.as_array().map_or(0, Vec::len));
    let words = move || match (opened.get(), count()) {
        (true, _) => "Close the editor",
        (false, 0) => "Write patches as YAML",
        (false, _) => "Edit patches as YAML",
    };
    let open = button(text(move || words().to_owned())).on_press(move || opened.update(|it| *it = !*it));
    let scope = Scope::here();
    let tried = keys.clone();
    let attempt = button("Try on the cluster")
        .disabled(move || (count() == 0).then(|| "There is no patch to try.".to_owned()))
        .busy(move || trials.with(|it| *it == Trials::Running))
        .on_press(move || {
            let wanted = list.with_untracked(|it| patches::read(&tried, it));
            trials.set(Trials::Running);
            scope.spawn(async move {
                let mut done = Vec::new();
                for patch in wanted {
                    done.push(trial(session, patch).await);
                }
                trials.set(Trials::Done(done));
            });
        });
    let results = show(
        move || trials.get(),
        |trials| match trials {
            Trials::Done(trials) => Some(el("ul").class("problems").children(trials.iter().map(result))),
            Trials::None | Trials::Running => None,
        },
    );
    let body = show(move || opened.get(), move |opened| opened.then(|| editor(document.clone())));
    group
        .child(guides(live, keys, list, opened, set))
        .child(el("div").class("actions").child(open).child(attempt))
        .child(el("div").attr("role", "status").attr("aria-label", "Trial of the patches").child(results))
        .child(body)
}

fn result(trial: &Trial) -> El {
    let (mark, words) = match &trial.refused {
        None => (mark(Tone::Ok, "accepted"), "The API server would take it as the object is now."),
        Some(why) => (mark(Tone::Bad, "refused"), why.as_str()),
    };
    el("li").child(mark).child(el("code").child(trial.target.as_str())).child(words)
}

/// What is wrong with the list by the schema of the custom resource.
fn judge(draft: Draft, at: Pointer) -> Judge {
    Rc::new(move |list| {
        let Some(schema) = draft.schema().filter(|_| !list.is_null()) else { return Vec::new() };
        let Some(node) = schema.root().at(&at) else { return Vec::new() };
        let issues = schema::check(node, list, &regex::matches).into_iter();
        issues.map(|it| Problem { pointer: it.pointer, message: it.message, warning: false }).collect()
    })
}

/// A few fields that add what is commonly patched.
fn guides(
    live: Live,
    keys: ResourcePatchKeys,
    list: Memo<Value>,
    opened: RwSignal<bool>,
    set: Rc<dyn Fn(Value)>,
) -> El {
    let guide = RwSignal::new(Guide::ALL[0]);
    let target = RwSignal::new(String::new());
    let (first, second) = (RwSignal::new(String::new()), RwSignal::new(String::new()));
    let workloads = Memo::new(move || {
        let of = |it: &Rollout| (it.kind.name().to_owned(), it.name.clone());
        live.rollouts.with(|it| {
            it.iter()
                .flat_map(|it| it.iter())
                .filter(|it| it.helm_release.is_some())
                .map(of)
                .collect::<Vec<_>>()
        })
    });
    let choice = move |(kind, name): &(String, String)| {
        el("option").attr("value", &format!("{kind}/{name}")).child(format!("{kind} {name}"))
    };
    let select = el("select")
        .id("patch-target")
        .class("input")
        .on("change", move |event| target.set(value_of(&event)))
        .child(el("option").attr("value", "").child("Choose a workload"))
        .child(show(move || workloads.get(), move |all| View::list(all.iter().map(choice))));
    let kinds = el("select")
        .id("patch-guide")
        .class("input")
        .on("change", move |event| {
            let chosen = value_of(&event);
            if let Some(chosen) = Guide::ALL.into_iter().find(|it| it.title() == chosen) {
                guide.set(chosen);
            }
        })
        .children(Guide::ALL.map(|it| el("option").attr("value", it.title()).child(it.title())));
    let field = |id: &'static str, at: usize, value: RwSignal<String>| {
        let label = el("label").attr("for", id).child(text(move || guide.get().texts()[at].0.to_owned()));
        let input = el("input")
            .id(id)
            .class("input")
            .attr("type", "text")
            .attr("autocomplete", "off")
            .attr_live("placeholder", move || Some(guide.get().texts()[at].1.to_owned()))
            .bind(value);
        el("div").class("field").child(label).child(input)
    };
    let wanted = move || -> Result<ResourcePatch, String> {
        let chosen = target.get();
        let (kind, name) = chosen.split_once('/').ok_or("Choose a workload first.")?;
        let container = live.container_of(kind, name).unwrap_or_default();
        let patch = guide.get().patch(&container, &first.get(), &second.get())?;
        Ok(ResourcePatch { kind: kind.to_owned(), name: name.to_owned(), patch })
    };
    let add = button("Add to the patches").small().disabled(move || wanted().err()).on_press(move || {
        if let Ok(patch) = wanted() {
            set(list.with_untracked(|it| patches::add(&keys, it, &patch)));
            opened.set(true);
        }
    });
    let labelled = |id: &str, label: &str, control: El| {
        el("div").class("field").child(el("label").attr("for", id).child(label)).child(control)
    };
    el("div")
        .class("guide")
        .child(labelled("patch-target", "Workload", select))
        .child(labelled("patch-guide", "Runs on", kinds))
        .child(field("patch-first", 0, first))
        .child(field("patch-second", 1, second))
        .child(el("div").child(add))
}

/// Tries a patch on the object as it is, storing nothing.
async fn trial(session: Session, patch: ResourcePatch) -> Trial {
    let ResourcePatch { kind, name, patch } = patch;
    let target = format!("{kind} {name}");
    let known = [
        Resource::DEPLOYMENTS,
        Resource::STATEFUL_SETS,
        Resource::SERVICES,
        Resource::INGRESSES,
        Resource::CONFIG_MAPS,
        Resource::core("serviceaccounts", "ServiceAccount"),
    ];
    let Some(resource) = known.into_iter().find(|it| it.kind == kind) else {
        let refused = Some(format!("Only the operator can tell: {kind} is no kind that is tried here."));
        return Trial { target, refused };
    };
    let params = WriteParams::by(owner::MANAGER).dry_run();
    let tried = session.api(resource).patch::<Value>(&name, &Patch::Strategic(patch), &params).await;
    let refused = tried.err().map(|error: Error| Trouble::from(&error).line());
    Trial { target, refused }
}
