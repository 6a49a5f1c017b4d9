//! The namespace's recent events, newest first.

use leptos::prelude::*;
use rootcause_domain::{objects::Event, phase::Tone, redact::redact, sort};

use crate::{
    live::Live,
    ui::{Ago, Mark, Notice, Skeleton, Table, part},
};

/// Events that are shown.
const SHOWN: usize = 12;

#[component]
pub fn EventsSection() -> impl IntoView {
    let live = expect_context::<Live>();
    let newest = Memo::new(move |_| {
        let mut all = live.events.with(|it| it.items.clone())?.as_ref().clone();
        sort::by(&mut all, |a, b| b.last_seen().cmp(&a.last_seen()));
        let total = all.len();
        all.truncate(SHOWN);
        Some((all, total))
    });
    let row = |event: Event| {
        let tone = if event.is_warning() { Tone::Warn } else { Tone::Off };
        let times = event.times();
        let at = event.last_seen();
        let Event { reason, message, involved_object: object, .. } = event;
        view! {
            <tr>
                <td>{at.map(|at| view! { <Ago at=at /> })}</td>
                <td><Mark tone=tone word=reason /></td>
                <td><span class="soft">{object.kind} " "</span> {object.name}</td>
                <td>{redact(&message)} {(times > 1).then(|| view! { <span class="soft">{format!(" × {times}")}</span> })}</td>
            </tr>
        }
    };
    view! {
        <section aria-labelledby="events">
            <div class="section-head">
                <h2 id="events">"Recent events"</h2>
                <span class="reason">
                    {part(move || newest.get().map(|(shown, total)| {
                        if shown.len() < total { format!("newest {} of {total}", shown.len()) } else { String::new() }
                    }))}
                </span>
            </div>
            {part(move || match (newest.get(), live.events.with(|it| it.denied().cloned())) {
                (_, Some(problem)) => view! {
                    <Notice tone=Tone::Unknown title="Events are not known."><p>{problem.line()}</p></Notice>
                }
                .into_any(),
                (None, None) => view! { <Skeleton lines=4 /> }.into_any(),
                (Some((shown, _)), None) if shown.is_empty() => {
                    view! { <p class="empty">"No events in the last hour or so; the cluster keeps no older ones."</p> }.into_any()
                }
                (Some((shown, _)), None) => view! {
                    <Table heads=&["Last seen", "Reason", "Object", "Message"] class="events">
                        {shown.into_iter().map(row).collect_view()}
                    </Table>
                }
                .into_any(),
            })}
        </section>
    }
}
