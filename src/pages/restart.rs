//! The rolling restart of a workload, as a button wherever a workload is shown.

use std::rc::Rc;

use kube_web::Resource;
use leptos::prelude::*;
use rootcause_domain::{
    objects::{Workload, WorkloadKind},
    restart,
};

use crate::{
    live::Live,
    session::Session,
    shell::confirm::{Confirm, Confirms},
    ui::{El, View, button, p},
    writes::{What, Write},
};

/// The resource of a kind of workload.
pub fn resource(kind: WorkloadKind) -> Resource {
    match kind {
        WorkloadKind::Deployment => Resource::DEPLOYMENTS,
        WorkloadKind::StatefulSet => Resource::STATEFUL_SETS,
    }
}

/// The write that restarts.
pub fn write(session: Session, kind: WorkloadKind, name: &str) -> Write {
    Write {
        resource: resource(kind),
        name: name.to_owned(),
        what: What::Patch(restart::patch(session.server_now())),
        kubectl: restart::command(kind, name, &session.config().namespace),
    }
}

/// The workload of this name, with its kind.
pub fn find(live: Live, kind: WorkloadKind, name: &str) -> Option<Workload> {
    let feed = match kind {
        WorkloadKind::Deployment => live.deployments,
        WorkloadKind::StatefulSet => live.stateful_sets,
    };
    let found = feed.with(|it| it.slice().iter().find(|it| it.metadata.name == name).cloned());
    found.map(|it| Workload { kind, ..it })
}

/// Why it cannot be restarted now; `None` where it can.
pub fn cannot(live: Live, kind: WorkloadKind, name: &str) -> Option<String> {
    let impossible = find(live, kind, name).and_then(|it| restart::impossible(&it).map(str::to_owned));
    let right = live.right("patch", &resource(kind), Some(name));
    live.locked().or(impossible).or_else(|| live.denied(&right))
}

/// The button that asks for it.
pub fn restart_button(kind: WorkloadKind, name: &str) -> El {
    let live = expect_context::<Live>();
    let session = expect_context::<Session>();
    let confirms = expect_context::<Confirms>();
    let (own, asked) = (name.to_owned(), name.to_owned());
    button("Restart…")
        .quiet()
        .small()
        .label(&format!("Restart {name}"))
        .disabled(move || cannot(live, kind, &own))
        .on_press(move || {
            let how = find(live, kind, &asked).map(|it| restart::how(&it)).unwrap_or_default();
            // One time for the review and the write: what was judged is what is sent.
            let write = write(session, kind, &asked);
            let verb = format!("Restart {asked}");
            confirms.open(Confirm {
                title: format!("Review the restart of {asked}"),
                body: Box::new(move || {
                    let what = p("Its pods are replaced by new ones of the same configuration.");
                    View::list([what, p(format!("{how}."))])
                }),
                write: Rc::new(move || write.clone()),
                verb: Rc::new(move || verb.clone()),
                done: format!("Asked for the restart of {asked}."),
                typed: None,
                then: Rc::new(|_| {}),
            });
        })
}
