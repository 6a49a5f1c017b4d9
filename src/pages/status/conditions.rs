//! The operator's conditions, one for each subsystem.

use leptos::prelude::*;
use rootcause_domain::{objects::Condition, phase::Tone, redact::redact};

use crate::{
    live::Live,
    session::Session,
    ui::{Ago, Mark, Table, part},
};

#[component]
pub fn ConditionsSection() -> impl IntoView {
    let live = expect_context::<Live>();
    let session = expect_context::<Session>();
    let conditions = Memo::new(move |_| {
        live.installation.with(|it| it.as_ref().map(|it| it.conditions.clone()).unwrap_or_default())
    });
    let generations = Memo::new(move |_| {
        live.installation.with(|it| {
            let it = it.as_ref()?;
            Some(format!("generation {}, observed {}", it.generation?, it.observed_generation?))
        })
    });
    // True is good for each of them but this one, which says that something is going on.
    let reconciling = session.config().contract.conditions.reconciling.clone();
    let row = move |condition: Condition| {
        let tone = match (condition.status.as_str(), condition.kind == reconciling) {
            ("True", true) => Tone::Busy,
            ("False", true) => Tone::Off,
            ("True", false) => Tone::Ok,
            ("False", false) => Tone::Bad,
            _ => Tone::Unknown,
        };
        view! {
            <tr>
                <th scope="row">{condition.kind}</th>
                <td><Mark tone=tone word=condition.status /></td>
                <td>
                    {condition.reason}
                    {(!condition.message.is_empty()).then(|| view! { <span class="soft">" " {redact(&condition.message)}</span> })}
                </td>
                <td>{condition.last_transition_time.map(|at| view! { <Ago at=at /> })}</td>
            </tr>
        }
    };
    view! {
        <section aria-labelledby="conditions">
            <div class="section-head">
                <h2 id="conditions">"Conditions"</h2>
                <span class="reason">{generations}</span>
            </div>
            {part(move || if conditions.with(Vec::is_empty) {
                view! { <p class="empty">"The operator reports no conditions."</p> }.into_any()
            } else {
                let rows = conditions.get().into_iter().map(row.clone()).collect_view();
                view! { <Table heads=&["Subsystem", "Status", "Reason", "Since"]>{rows}</Table> }
                .into_any()
            })}
        </section>
    }
}
