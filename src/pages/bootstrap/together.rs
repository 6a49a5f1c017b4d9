//! Somebody else changed the configuration while it was being edited: both sides' edits, brought together by the user.

use std::sync::Arc;

use leptos::prelude::*;
use rootcause_domain::{
    diff,
    form::configuration,
    merge::{Conflict, Merge, Side, merge},
    owner::MANAGER,
    phase::Tone,
    request::who_changed,
};
use serde_json::Value;

use super::draft::Draft;
use crate::{
    reactive::RwSignal,
    ui::{El, View, alert, button, changes, el, p, show},
};

/// Stands on the page for as long as the two differ.
pub fn together(draft: Draft) -> View {
    show(move || draft.theirs.get(), move |theirs| theirs.clone().map(|theirs| panel(draft, theirs)))
}

fn panel(draft: Draft, theirs: Arc<Value>) -> El {
    let before = draft.before.get_untracked();
    let config = configuration(&theirs);
    let changed = diff::diff(&before, &config);
    let writer = changed.first().and_then(|it| who_changed(&theirs, &it.path)).map(|it| it.manager);
    let who = match writer.as_deref() {
        Some(MANAGER) => "somebody with this app".to_owned(),
        Some(manager) => manager.to_owned(),
        None => "somebody".to_owned(),
    };
    if theirs.is_null() {
        let words = p("Discard the changes to leave it so, or export them first.");
        return alert(Tone::Warn, "Meanwhile the installation was deleted.", words);
    }
    let merged = {
        let schema = draft.schema();
        let mine = untrack(|| draft.value());
        merge(schema.as_ref().map(|it| it.root()), &before, &mine, &config)
    };
    let sides = RwSignal::new(vec![None::<Side>; merged.conflicts.len()]);
    let rows =
        View::list(merged.conflicts.iter().enumerate().map(|(number, it)| conflict(number, it, sides)));
    let conflicts = (!merged.conflicts.is_empty())
        .then(|| View::list::<View>([p("You both changed these fields. Choose for each:").into(), rows]));
    let open = move || {
        let open = sides.with(|it| it.iter().filter(|it| it.is_none()).count());
        (open > 0).then(|| "Choose for each field first.".to_owned())
    };
    let bring = button("Bring both together").primary().disabled(open).on_press(move || {
        settle(draft, &theirs, &merged, &sides.get_untracked());
    });
    let words = View::list::<View>([
        p("Your changes are kept apart until you bring them together with these:").into(),
        changes(&changed).attr("aria-label", "Their changes").into(),
        conflicts.into(),
        el("div").class("actions").child(bring).into(),
    ]);
    alert(Tone::Warn, &format!("Meanwhile {who} changed the configuration."), words)
}

fn settle(draft: Draft, theirs: &Arc<Value>, merged: &Merge, sides: &[Option<Side>]) {
    let sides: Vec<Side> = sides.iter().map(|it| it.unwrap_or(Side::Mine)).collect();
    draft.rebase(Arc::clone(theirs), merged.settled(&sides));
}

/// A field that both changed: whose value stands.
fn conflict(number: usize, of: &Conflict, sides: RwSignal<Vec<Option<Side>>>) -> El {
    let name = of.pointer.dotted();
    let choice = |side: Side, whose: &str, value: &Option<Value>| {
        let words = value.as_ref().map_or_else(|| "nothing".to_owned(), changes::text);
        let radio = el("input")
            .attr("type", "radio")
            .attr("name", &format!("conflict-{number}"))
            .prop_live("checked", move || sides.with(|it| it.get(number) == Some(&Some(side))))
            .on("change", move |_| sides.update(|it| it[number] = Some(side)));
        el("label").class("choice").child(radio).child(format!("{whose}: ")).child(el("code").child(words))
    };
    let was = of.base.as_ref().map_or_else(|| "nothing".to_owned(), changes::text);
    el("fieldset")
        .class("conflict")
        .child(el("legend").child(el("code").child(name)).child(format!(", which was {was}")))
        .child(choice(Side::Mine, "Mine", &of.mine))
        .child(choice(Side::Theirs, "Theirs", &of.theirs))
}
