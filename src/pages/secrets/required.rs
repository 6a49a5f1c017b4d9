//! The secrets that something needs: missing ones first, each with who waits and a form that makes the right one.

use leptos::prelude::*;
use rootcause_domain::{
    phase::Tone,
    route::{Place, Route},
    secrets::required::{Need, Verdict, some},
    sort,
};

use super::{
    create::{Creating, Wanted},
    store::{Checked, Store},
};
use crate::{
    live::{Live, Scope},
    ui::{El, View, alert, button, each, el, empty, link, mark, p, section, show, soft},
};

pub fn required_section() -> El {
    let live = expect_context::<Live>();
    let store = expect_context::<Store>();
    let scope = StoredValue::new(Scope::here());
    let rows = move || {
        let mut rows = store.judged.get().to_vec();
        sort::by(&mut rows, |a, b| (!a.1.is_bad(), &a.0.name).cmp(&(!b.1.is_bad(), &b.0.name)));
        rows
    };
    let none = move || store.judged.with(|it| it.is_empty());
    let nothing = move || none().then(|| "Nothing needs a secret.".to_owned());
    let check = button("Check values")
        .small()
        .busy(move || store.checking.get())
        .disabled(move || live.stale().or_else(nothing))
        .on_press(move || scope.get_value().spawn(store.check_values()));
    let words = soft("“Check values” reads the values of these secrets, judges them here and shows none.");
    let problems = move || {
        let failed = |(name, read): &Checked| read.as_ref().err().map(|why| format!("{name}: {why}"));
        store.checked.with(|it| it.iter().filter_map(failed).collect::<Vec<_>>())
    };
    section("required", "Required", check)
        .child(words)
        .child(show(problems, |all| {
            let words = View::list(all.iter().map(|it| p(it.as_str())));
            (!all.is_empty()).then(|| alert(Tone::Warn, "Not all values could be checked.", words))
        }))
        .child(show(none, |none| none.then(|| empty("Nothing that runs here names a secret. Once a version is deployed, what it needs stands here."))))
        .child(el("ul").class("needs").attr("aria-label", "Required secrets").child(each(
            rows,
            |it| format!("{it:?}"),
            row,
        )))
}

fn row((need, verdict): (Need, Verdict)) -> El {
    let live = expect_context::<Live>();
    let creating = expect_context::<Creating>();
    let tone = match &verdict {
        _ if verdict.holds_up() => Tone::Bad,
        Verdict::Faulty(_) => Tone::Warn,
        Verdict::Unknown(_) => Tone::Unknown,
        _ => Tone::Ok,
    };
    let name = match verdict {
        Verdict::Missing => el("span").class("mono").child(need.name.as_str()),
        _ => link(&Place::at(Route::Secrets { name: Some(need.name.clone()) }).hash(), &need.name)
            .class("mono"),
    };
    let faults = match &verdict {
        Verdict::Faulty(faults) => faults.iter().map(|it| p(format!("{}: {}", it.key, it.words))).collect(),
        _ => Vec::new(),
    };
    let waits = match (need.blocks.is_empty(), verdict.holds_up()) {
        (true, _) => String::new(),
        (_, true) => format!(
            "{} {} for it.",
            some(&need.blocks),
            if need.blocks.len() == 1 { "waits" } else { "wait" }
        ),
        (_, false) => format!("Used by {}.", some(&need.blocks)),
    };
    let keys = match need.keys.is_empty() {
        true => String::new(),
        false => format!("Keys: {}. ", need.keys.join(", ")),
    };
    let reasons = need.reasons.iter().map(|it| format!("It {it}. ")).collect::<String>();
    let right = live.right("create", &kube_web::Resource::SECRETS, None);
    let create = (verdict == Verdict::Missing).then(|| {
        let wanted = Wanted::of(&need);
        button("Create…")
            .small()
            .label(&format!("Create {}", need.name))
            .disabled(move || live.locked().or_else(|| live.denied(&right)))
            .on_press(move || creating.open(wanted.clone()))
    });
    el("li")
        .child(el("div").class("actions").child(name).child(mark(tone, &verdict.words())).child(create))
        .child(soft(format!("{reasons}{keys}{waits}")))
        .children(faults)
}
