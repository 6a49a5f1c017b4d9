//! What mends a finding: what is done here by a button, and the command that does the same.

use std::time::Duration;

use kube_web::Resource;
use leptos::prelude::*;
use rootcause_domain::{
    contract::Concept,
    diagnosis::{Act, Fix, Object, Source},
    pointer::Pointer,
    restart,
    route::{Place, Route},
};
use serde_json::{Value, json};

use crate::{
    browser::host::Host,
    diagnosis::Diagnoses,
    live::{Live, sleep},
    pages::{Draft, bootstrap::field::control_id, status::action},
    requests::Intent,
    session::Session,
    shell::confirm::{Confirm, Confirms},
    ui::{El, button, command, el, link, p},
    writes::{What, Write},
};

/// Between two looks whether a field is there, and how often its page and then the field itself is looked for.
const PAUSE: Duration = Duration::from_millis(100);
const PAGE: u32 = 100;
const FIELD: u32 = 5;

/// One line of what mends a finding.
pub fn fix(fix: &Fix) -> El {
    let line = el("li");
    let line = match &fix.act {
        None => return line.child(command(&fix.kubectl, Some(&fix.label))),
        Some(Act::Field(pointer)) => line.child(field(pointer.clone(), &fix.label)),
        Some(Act::Secret(name)) => {
            let place = Place::at(Route::Secrets { name: name.clone() });
            line.child(link(&place.hash(), &fix.label).class("button"))
        }
        Some(Act::ForceReconcile) => line.child(action(Intent::ForceReconcile, button(fix.label.as_str()))),
        Some(Act::Version(to)) => line.child(action(Intent::Version(to.clone()), button(fix.label.as_str()))),
        Some(act) => line.child(press(act.clone(), fix.label.clone(), fix.kubectl.clone())),
    };
    line.child(command(&fix.kubectl, None))
}

/// A link to the form that leads to a field of it.
fn field(pointer: Pointer, label: &str) -> El {
    let (host, draft) = (expect_context::<Host>(), Draft::current());
    let live = expect_context::<Live>();
    link(&Place::at(Route::Bootstrap).hash(), label)
        .class("button")
        .on("click", move |_| live.scope.get_value().spawn(lead_to(host, draft, pointer.clone())))
}

/// Shows a field once its page is there and drawn, which may have to be loaded and waits for the cluster's schema.
async fn lead_to(host: Host, draft: Draft, pointer: Pointer) {
    let id = control_id(&pointer);
    for _ in 0..PAGE {
        sleep(PAUSE).await;
        if host.holds("[id^='field/']") {
            break;
        }
    }
    // The heading had its focus by now; sections are drawn one after the other.
    for _ in 0..FIELD {
        draft.reveal(pointer.clone());
        sleep(PAUSE).await;
        if host.has_focus(&id) {
            return;
        }
    }
}

/// A button that opens the review of a change to one object.
fn press(act: Act, label: String, kubectl: String) -> El {
    let live = expect_context::<Live>();
    let confirms = expect_context::<Confirms>();
    let diagnoses = expect_context::<Diagnoses>();
    let named = label.clone();
    let target = move |act: &Act| write(act, &kubectl, live, diagnoses);
    let asked = (act.clone(), target.clone());
    let disabled = move || {
        let Some(write) = asked.1(&asked.0) else { return Some("It is gone already.".to_owned()) };
        let verb = if matches!(write.what, What::Delete(_)) { "delete" } else { "patch" };
        live.locked().or_else(|| live.denied(&live.right(verb, &write.resource, Some(&write.name))))
    };
    button(label).disabled(disabled).on_press(move || {
        let Some(write) = target(&act) else { return };
        let (effect, verb) = (effect(&act), named.clone());
        confirms.open(Confirm {
            title: format!("Review: {named}"),
            body: Box::new(move || p(effect).into()),
            write: std::rc::Rc::new(move || write.clone()),
            verb: std::rc::Rc::new(move || verb.clone()),
            done: format!("Done: {named}."),
            typed: None,
            then: std::rc::Rc::new(|_| ()),
        });
    })
}

/// What becomes of it, in a sentence.
fn effect(act: &Act) -> &'static str {
    match act {
        Act::Restart(_) => "Its pods are replaced one after the other, without any other change.",
        Act::Resume(_) => "The rollout goes on: its pods are replaced where their template has changed.",
        Act::Delete(it) if it.kind == "Pod" => "The pod ends, and its workload makes a new one.",
        Act::Delete(_) => "It was never bound, so it holds no data. Its StatefulSet makes it again.",
        Act::Set(..) => "The operator applies the installation with this value.",
        Act::ForceReconcile | Act::Version(_) | Act::Field(_) | Act::Secret(_) => "",
    }
}

/// The change of one object; `None` when the object is gone.
fn write(act: &Act, kubectl: &str, live: Live, diagnoses: Diagnoses) -> Option<Write> {
    let session = expect_context::<Session>();
    let (resource, name, what) = match act {
        Act::Restart(of) => {
            (workload(of), of.name.clone(), What::Patch(restart::patch(session.server_now())))
        }
        Act::Resume(of) => (workload(of), of.name.clone(), What::Patch(json!({"spec": {"paused": false}}))),
        Act::Delete(of) if of.kind == "Pod" => {
            let uid = live.pods.with(|it| {
                let pod = it.slice().iter().find(|it| it.metadata.name == of.name)?;
                Some(pod.metadata.uid.clone())
            })?;
            (Resource::PODS, of.name.clone(), What::Delete(uid))
        }
        Act::Delete(of) => {
            (Resource::PVCS, of.name.clone(), What::Delete(diagnoses.uid(Source::Claims, &of.name)?))
        }
        Act::Set(concept, value) => {
            let resource = live.installation_api()?.resource().clone();
            (resource, session.config().installation.clone(), What::Patch(patch(session, *concept, value)?))
        }
        Act::ForceReconcile | Act::Version(_) | Act::Field(_) | Act::Secret(_) => return None,
    };
    Some(Write { resource, name, what, kubectl: kubectl.to_owned() })
}

fn workload(object: &Object) -> Resource {
    if object.kind == "StatefulSet" { Resource::STATEFUL_SETS } else { Resource::DEPLOYMENTS }
}

fn patch(session: Session, concept: Concept, value: &str) -> Option<Value> {
    Some(session.config().contract.pointer(concept)?.merge_patch(value.into()))
}
