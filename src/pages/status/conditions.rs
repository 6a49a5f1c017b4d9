//! The operator's conditions, one for each subsystem.

use leptos::prelude::*;
use rootcause_domain::{objects::Condition, phase::Tone, redact::redact};

use crate::{
    live::Live,
    session::Session,
    ui::{El, el, empty, mark, row_head, section, show, since, soft, table, td, text},
};

pub fn conditions_section() -> El {
    let live = expect_context::<Live>();
    let session = expect_context::<Session>();
    let conditions =
        move || live.installation.with(|it| it.as_ref().map(|it| it.conditions.clone()).unwrap_or_default());
    let generations = move || {
        live.installation.with(|it| {
            let it = it.as_ref()?;
            Some(format!("generation {}, observed {}", it.generation?, it.observed_generation?))
        })
    };
    // True is good for each of them but this one, which says that something is going on.
    let reconciling = session.config().contract.conditions.reconciling.clone();
    section("conditions", "Conditions", text(move || generations().unwrap_or_default())).child(show(
        conditions,
        move |conditions| {
            if conditions.is_empty() {
                return empty("The operator reports no conditions.");
            }
            let rows: Vec<_> = conditions.iter().map(|it| row(it, &reconciling)).collect();
            table(&["Subsystem", "Status", "Reason", "Since"], "conditions", None, rows)
        },
    ))
}

fn row(condition: &Condition, reconciling: &str) -> El {
    let tone = match (condition.status.as_str(), condition.kind == reconciling) {
        ("True", true) => Tone::Busy,
        ("False", true) => Tone::Off,
        ("True", false) => Tone::Ok,
        ("False", false) => Tone::Bad,
        _ => Tone::Unknown,
    };
    let message = Some(&condition.message).filter(|it| !it.is_empty());
    el("tr")
        .child(row_head(condition.kind.as_str()))
        .child(td(mark(tone, &condition.status)))
        .child(td(condition.reason.as_str()).child(message.map(|it| soft(format!(" {}", redact(it))))))
        .child(td(condition.last_transition_time.map(since)))
}
