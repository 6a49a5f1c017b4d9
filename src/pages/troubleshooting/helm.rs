//! Both Helm releases with all their revisions: what each says, and what changed from one to another. A revision is
//! fetched and unpacked when it is looked at, and everything of it is masked before it is shown.

use std::{rc::Rc, sync::Arc};

use leptos::prelude::*;
use rootcause_domain::{
    helm::{
        HistoryRow, ReleaseSecret,
        contents::{Contents, Difference, Part},
        manifest::TextLine,
    },
    route::Place,
};

use crate::{
    app::Navigation,
    browser::clock::Now,
    live::{Live, spawn_scoped},
    reactive::{Memo, RwSignal},
    session::Session,
    ui::{
        El, Tone, View, changes, copy_button, el, empty, link, mark, notice, p, part, row_head, section,
        show, since, skeleton, soft, table, td, text, value_of,
    },
};

/// Characters that are shown of a text: a manifest may have megabytes.
const SHOWN: usize = 300_000;

/// What is looked at: what the address says.
#[derive(Clone, PartialEq)]
struct Chosen {
    release: String,
    revision: u32,
    part: Part,
    /// The revision that it is compared with.
    against: Option<u32>,
}

pub fn helm() -> View {
    let live = expect_context::<Live>();
    let session = expect_context::<Session>();
    let navigation = expect_context::<Navigation>();
    let chosen = Memo::new(move || {
        let place = navigation.place();
        let of = |name: &str| place.query.get(name).unwrap_or_default().to_owned();
        let spelled = of("part");
        let part = Part::ALL.into_iter().find(|(_, spelling, _)| *spelling == spelled);
        Some(Chosen {
            release: of("release"),
            revision: of("revision").parse().ok()?,
            part: part.map_or(Part::User, |(part, ..)| part),
            against: of("against").parse().ok(),
        })
    });
    let names = session.config().contract.releases.clone();
    let denied = part(move || {
        let problem = live.secrets.with(|it| it.denied().cloned());
        problem.map(|it| {
            let words = [p(it.line()), p("Helm keeps its revisions in secrets of the namespace.")];
            notice(Tone::Unknown, "The releases are not known.", View::list(words))
        })
    });
    View::list([
        denied,
        release(&names.platform).into(),
        release(&names.dependencies).into(),
        show(move || chosen.get(), |it| it.as_ref().map(revision)),
    ])
}

fn rows(live: Live, release: &str) -> Arc<Vec<HistoryRow>> {
    let history = live.history.get();
    let of = |rows: &Arc<Vec<HistoryRow>>| rows.first().is_some_and(|it| it.release == release);
    [history.platform, history.dependencies].into_iter().find(of).unwrap_or_default()
}

fn release(name: &str) -> El {
    let live = expect_context::<Live>();
    let id = format!("helm-{name}");
    let release = name.to_owned();
    let label = format!("Revisions of {name}");
    let list = show(
        move || rows(live, &release),
        move |rows| {
            if rows.is_empty() {
                return empty("Helm keeps no revision of this release.");
            }
            let heads = ["Revision", "Status", "What", "Chart", "When"];
            table(&heads, "history", Some(&label), rows.iter().map(row).collect::<Vec<_>>())
        },
    );
    section(&id, name, ()).child(list)
}

fn row(row: &HistoryRow) -> El {
    let now = expect_context::<Now>();
    let navigation = expect_context::<Navigation>();
    let chart = row.chart_version.clone().map_or_else(|| soft("when looked at"), |it| el("span").child(it));
    let href = {
        let place = Place::at(navigation.place_untracked().route);
        place.with("release", &row.release).with("revision", &row.revision.to_string()).hash()
    };
    let told = row.clone();
    el("tr")
        .child(row_head(link(&href, &row.revision.to_string())))
        .child(td(mark(row.tone(), row.status.word())))
        .child(td(text(move || told.sentence(now.get()))))
        .child(td(chart))
        .child(td(row.when.map(since)))
}

/// What one revision says, or what changed since another.
fn revision(chosen: &Chosen) -> View {
    let live = expect_context::<Live>();
    let Chosen { release, revision, part: shown, against } = chosen.clone();
    let find = move |number: u32| {
        let rows = rows(live, &release);
        rows.iter().find(|it| it.revision == number).map(|it| it.secret.clone())
    };
    let here = Memo::new({
        let find = find.clone();
        move || find(revision)
    });
    let name = format!("{}, revision {revision}", chosen.release);
    let controls = controls(chosen);
    let body = show(
        move || here.get(),
        move |secret| match secret {
            None => empty("Helm keeps no such revision, or no longer.").into(),
            Some(secret) => {
                let before = against.and_then(|it| untrack(|| find(it)));
                if let (Some(number), None) = (against, &before) {
                    return empty(&format!("Helm keeps no revision {number} to compare with.")).into();
                }
                loaded(secret.clone(), before, shown)
            }
        },
    );
    section("helm-revision", &name, soft("Secret values are masked, here and in what is copied."))
        .child(controls)
        .child(body)
        .into()
}

/// Which part, and what it is compared with.
fn controls(chosen: &Chosen) -> El {
    let live = expect_context::<Live>();
    let option = |value: &str, words: &str, chosen: bool| {
        let option = el("option").attr("value", value).child(words);
        if chosen { option.attr("selected", "") } else { option }
    };
    let select = |label: &str, name: &'static str, options: Vec<El>| {
        let set = move |value: String| {
            let navigation = expect_context::<Navigation>();
            navigation.go(&navigation.place_untracked().with(name, &value));
        };
        let select = el("select").class("input").on("change", move |event| set(value_of(&event)));
        el("label").class("inline").child(label).child(select.children(options))
    };
    let parts = Part::ALL.map(|(part, spelling, words)| option(spelling, words, part == chosen.part));
    let against = {
        let chosen = chosen.clone();
        part(move || {
            let others = rows(live, &chosen.release);
            let others = others.iter().filter(|it| it.revision != chosen.revision);
            let mut options = vec![option("", "nothing", chosen.against.is_none())];
            options.extend(others.map(|it| {
                let words = format!("revision {}", it.revision);
                option(&it.revision.to_string(), &words, chosen.against == Some(it.revision))
            }));
            select("Compare with", "against", options)
        })
    };
    el("div").class("toolbar").child(select("Show", "part", parts.into())).child(against)
}

type Loaded = RwSignal<Option<Result<Rc<Contents>, String>>>;

fn load(secret: ReleaseSecret) -> Loaded {
    let live = expect_context::<Live>();
    let loaded = Loaded::new(None);
    spawn_scoped(async move {
        let contents = live.revision(secret).await;
        loaded.set(Some(contents.map(Rc::new)));
    });
    loaded
}

fn loaded(secret: ReleaseSecret, before: Option<ReleaseSecret>, shown: Part) -> View {
    let now = load(secret);
    let before = before.map(load);
    part(move || -> View {
        let before = before.map(|it| it.get());
        match (now.get(), before) {
            (Some(Err(words)), _) | (_, Some(Some(Err(words)))) => {
                notice(Tone::Bad, "The revision cannot be read.", p(words)).into()
            }
            (None, _) | (_, Some(None)) => skeleton(6).into(),
            (Some(Ok(now)), None) => whole(&now.text(shown)),
            (Some(Ok(now)), Some(Some(Ok(before)))) => difference(now.difference(&before, shown)),
        }
    })
}

fn whole(text: &str) -> View {
    if text.trim().is_empty() || text.trim() == "{}" {
        return empty("There is nothing in it.").into();
    }
    let end = text.char_indices().nth(SHOWN).map_or(text.len(), |(at, _)| at);
    let cut =
        (end < text.len()).then(|| p(format!("The first {end} of {} bytes; copying takes all.", text.len())));
    let pre =
        el("pre").class("log-full").attr("tabindex", "0").attr("aria-label", "Content").child(&text[..end]);
    let copy = el("div").child(copy_button(text.to_owned()));
    View::list([View::from(pre), cut.into(), copy.into()])
}

fn difference(difference: Difference) -> View {
    match difference {
        Difference::Values(all) if all.is_empty() => same(),
        Difference::Values(all) => changes(&all).into(),
        Difference::Text(all) if all.is_empty() => same(),
        Difference::Text(all) => lines(&all, "Changes").into(),
        Difference::Objects(all) if all.is_empty() => same(),
        Difference::Objects(all) => {
            let object = |it: &rootcause_domain::helm::manifest::ObjectChange| {
                el("div")
                    .class("stack")
                    .child(el("h3").class("mono").child(it.name.as_str()))
                    .child(lines(&it.lines, &it.name))
            };
            View::list(all.iter().map(object))
        }
    }
}

fn same() -> View {
    empty("Nothing differs.").into()
}

fn lines(lines: &[TextLine], label: &str) -> El {
    let line = |line: &TextLine| match line {
        TextLine::Same(text) => el("span").child(format!("  {text}\n")),
        TextLine::Removed(text) => el("del").child(format!("- {text}\n")),
        TextLine::Added(text) => el("ins").child(format!("+ {text}\n")),
        TextLine::Folded(1) => el("span").class("soft").child("  … 1 line the same\n"),
        TextLine::Folded(run) => el("span").class("soft").child(format!("  … {run} lines the same\n")),
    };
    el("pre")
        .class("log-full changes-text")
        .attr("tabindex", "0")
        .attr("aria-label", label)
        .children(lines.iter().map(line))
}
