//! What Helm did to both releases, by the secrets that it keeps.

use std::sync::Arc;

use leptos::prelude::*;
use rootcause_domain::{
    helm::HistoryRow,
    phase::Tone,
    redact::redact,
    route::{Place, Route},
};

use crate::{
    browser::clock::Now,
    live::Live,
    session::Session,
    ui::{Ago, Button, Kind, Mark, Notice, Skeleton, Table, part},
};

/// Revisions of each release shown at first.
const SHOWN: usize = 5;

#[component]
pub fn HistorySection() -> impl IntoView {
    let live = expect_context::<Live>();
    let session = expect_context::<Session>();
    let names = session.config().contract.releases.clone();
    let shown = RwSignal::new(SHOWN);
    let dependencies = Memo::new(move |_| live.history.with(|it| Arc::clone(&it.dependencies)));
    let platform = Memo::new(move |_| live.history.with(|it| Arc::clone(&it.platform)));
    let longest = move || dependencies.with(|it| it.len()).max(platform.with(|it| it.len()));
    let more = move |()| {
        shown.update(|it| *it += SHOWN);
        let wanted = |rows: Memo<Arc<Vec<HistoryRow>>>| {
            rows.with_untracked(|it| {
                it.iter().take(shown.get_untracked() + 1).map(|it| it.secret.clone()).collect::<Vec<_>>()
            })
        };
        live.read_payloads([wanted(dependencies), wanted(platform)].concat());
    };
    let denied = Memo::new(move |_| live.secrets.with(|it| it.denied().cloned()));
    view! {
        <section aria-labelledby="history">
            <h2 id="history">"History"</h2>
            {part(move || match denied.get() {
                Some(problem) => view! {
                    <Notice tone=Tone::Unknown title="The history is not known.">
                        <p>{problem.line()}</p>
                        <p>"Helm keeps it in secrets of the namespace."</p>
                    </Notice>
                }
                .into_any(),
                None if live.secrets.with(|it| it.items.is_none()) => view! { <Skeleton lines=5 /> }.into_any(),
                None => view! {
                    <Release name=names.platform.clone() rows=platform shown />
                    <Release name=names.dependencies.clone() rows=dependencies shown />
                    {part(move || (longest() > shown.get()).then(|| view! {
                        <div><Button on_press=more kind=Kind::Quiet>"Show older revisions"</Button></div>
                    }))}
                }
                .into_any(),
            })}
        </section>
    }
}

#[component]
fn Release(name: String, rows: Memo<Arc<Vec<HistoryRow>>>, shown: RwSignal<usize>) -> impl IntoView {
    let visible = move || rows.get().iter().take(shown.get()).cloned().collect::<Vec<_>>();
    let label = name.clone();
    view! {
        <div class="stack">
            <h3 class="mono">{name}</h3>
            {part(move || if rows.with(|it| it.is_empty()) {
                view! { <p class="empty">"Helm keeps no revision of this release."</p> }.into_any()
            } else {
                view! {
                    <Table heads=&["Revision", "Status", "What", "When", "Helm's words"] class="history" label=format!("History of {label}")>
                        <For each=visible key=|it| it.clone() let:row>
                            <Revision row />
                        </For>
                    </Table>
                }
                .into_any()
            })}
        </div>
    }
}

#[component]
fn Revision(row: HistoryRow) -> impl IntoView {
    let live = expect_context::<Live>();
    let now = expect_context::<Now>();
    let href = Place::at(Route::Revision { release: row.release.clone(), revision: row.revision }).hash();
    let secret = row.secret.clone();
    let words = row.description.clone();
    let said = move || match (&words, live.payload_problem(&secret)) {
        (Some(words), _) => view! { <span>{redact(words)}</span> }.into_any(),
        (None, Some(problem)) => view! { <span class="soft">"not readable: " {problem}</span> }.into_any(),
        (None, None) => view! { <span class="soft">"reading…"</span> }.into_any(),
    };
    let sentence = {
        let row = row.clone();
        move || row.sentence(now.get())
    };
    view! {
        <tr>
            <th scope="row"><a href=href>{row.revision}</a></th>
            <td><Mark tone=row.tone() word=row.status.word().to_owned() /></td>
            <td>{part(sentence)}</td>
            <td>{row.when.map(|at| view! { <Ago at=at /> })}</td>
            <td>{part(said)}</td>
        </tr>
    }
}
