//! Logs of pods, workloads and the operator: whose, from when, and which of their lines.

mod line;
mod pane;

use std::sync::Arc;

use leptos::prelude::*;
use rootcause_domain::{
    logs::{
        level::Level,
        pattern::Pattern,
        reading::{self, Reading},
        source::{self, Source, Subject},
        view::Filter,
    },
    objects::{Pod, Workload, WorkloadKind},
};

use crate::{
    app::Navigation,
    browser::{clock, download},
    live::{Feed, Live},
    logs::{self, Logs, Wanted},
    reactive::{Memo, RwSignal, effect},
    session::Session,
    ui::{El, Tone, View, button, dom::is_checked, el, notice, p, part, show, text, value_of},
};

/// How much of a log is read: as in the address, and in words.
const EXTENTS: [(&str, &str, Option<u32>, Option<u32>); 6] = [
    ("", "last 1,000 lines each", Some(1000), None),
    ("10000", "last 10,000 lines each", Some(10_000), None),
    ("15m", "last 15 minutes", None, Some(900)),
    ("1h", "last hour", None, Some(3600)),
    ("1d", "last day", None, Some(86_400)),
    ("all", "everything kept", None, None),
];

/// Whose logs are read, and how much of them: what the address says.
#[derive(Clone, PartialEq)]
struct Request {
    subject: Subject,
    /// Only the containers of this name; empty for all.
    container: String,
    wanted: Wanted,
}

/// How lines are shown. Kept while other logs are read.
#[derive(Clone, Copy)]
struct Look {
    search: RwSignal<String>,
    expression: RwSignal<bool>,
    /// Whether lines without what is looked for are shown all the same.
    all: RwSignal<bool>,
    hidden: RwSignal<Vec<Level>>,
    wrap: RwSignal<bool>,
    times: RwSignal<bool>,
    fields: RwSignal<bool>,
    unfold: RwSignal<bool>,
}

pub fn logs() -> View {
    let navigation = expect_context::<Navigation>();
    let request = Memo::new(move || {
        let place = navigation.place();
        let of = |name: &str| place.query.get(name).unwrap_or_default().to_owned();
        let extent = of("from");
        let (.., tail, since) = EXTENTS.into_iter().find(|(name, ..)| *name == extent).unwrap_or(EXTENTS[0]);
        let wanted = Wanted { previous: of("previous") == "1", tail, since };
        Request { subject: Subject::parse(&of("of")), container: of("container"), wanted }
    });
    let look = Look {
        search: RwSignal::new(String::new()),
        expression: RwSignal::new(false),
        all: RwSignal::new(false),
        hidden: RwSignal::new(Vec::new()),
        wrap: RwSignal::new(false),
        times: RwSignal::new(true),
        fields: RwSignal::new(false),
        unfold: RwSignal::new(false),
    };
    View::list([whose(request).into(), show(move || request.get(), move |it| stream(it, look))])
}

/// A part of the address that a control sets.
fn set(name: &str, value: &str) {
    let navigation = expect_context::<Navigation>();
    navigation.go(&navigation.place_untracked().with(name, value));
}

/// A select with a label before it; `options` are values and words, and groups of them.
fn select(label: &str, name: &'static str, options: View) -> El {
    el("label").class("inline").child(label.to_owned()).child(
        el("select").class("input").on("change", move |event| set(name, &value_of(&event))).child(options),
    )
}

fn option(value: &str, words: &str, chosen: &str) -> El {
    let option = el("option").attr("value", value).child(words);
    if value == chosen { option.attr("selected", "") } else { option }
}

/// Whose logs, and from when.
fn whose(request: Memo<Request>) -> El {
    let live = expect_context::<Live>();
    let names = Memo::new(move || {
        let names = |kind: WorkloadKind, of: Vec<String>| {
            of.into_iter().map(move |it| format!("{}/{it}", kind.name())).collect::<Vec<_>>()
        };
        let of = |feed: RwSignal<Feed<Workload>>| {
            feed.with(|it| {
                it.items.iter().flat_map(|it| it.iter()).map(|it| it.metadata.name.clone()).collect()
            })
        };
        let mut workloads = names(WorkloadKind::Deployment, of(live.deployments));
        workloads.extend(names(WorkloadKind::StatefulSet, of(live.stateful_sets)));
        let mut pods: Vec<String> = live
            .pods
            .with(|it| it.items.iter().flat_map(|it| it.iter()).map(|it| it.metadata.name.clone()).collect());
        rootcause_domain::sort::by(&mut workloads, Ord::cmp);
        rootcause_domain::sort::by(&mut pods, Ord::cmp);
        (workloads, pods)
    });
    let subjects = part(move || {
        let (workloads, pods) = names.get();
        let chosen = request.with(|it| it.subject.spelling());
        let known = chosen.is_empty()
            || chosen == "operator"
            || workloads.contains(&chosen)
            || pods.iter().any(|it| chosen == format!("pod/{it}"));
        let workloads = workloads.iter().map(|it| option(it, it, &chosen));
        let pods = pods.iter().map(|it| option(&format!("pod/{it}"), it, &chosen));
        select(
            "Of",
            "of",
            View::list([
                option("", "All pods", &chosen).into(),
                option("operator", "The operator", &chosen).into(),
                View::from((!known).then(|| option(&chosen, &chosen, &chosen))),
                el("optgroup").attr("label", "Workloads").children(workloads).into(),
                el("optgroup").attr("label", "Pods").children(pods).into(),
            ]),
        )
    });
    let containers = Memo::new(move || {
        let subject = request.with(|it| it.subject.clone());
        let mut names: Vec<String> =
            here(live, &subject).iter().map(|source| source.container.clone()).collect();
        rootcause_domain::sort::by(&mut names, Ord::cmp);
        names.dedup();
        names
    });
    let container = part(move || {
        let chosen = request.with(|it| it.container.clone());
        let mut names = containers.get();
        if !chosen.is_empty() && !names.contains(&chosen) {
            names.push(chosen.clone());
        }
        (names.len() > 1 || !chosen.is_empty()).then(|| {
            let named = names.iter().map(|it| option(it, it, &chosen).into());
            let all = [View::from(option("", "all", &chosen))].into_iter();
            select("Container", "container", View::list(all.chain(named).collect::<Vec<View>>()))
        })
    });
    let from = part(move || {
        let wanted = request.with(|it| it.wanted.clone());
        let chosen =
            EXTENTS.into_iter().find(|(.., tail, since)| (*tail, *since) == (wanted.tail, wanted.since));
        let chosen = chosen.map_or("", |(name, ..)| name);
        select("Read", "from", View::list(EXTENTS.map(|(name, words, ..)| option(name, words, chosen))))
    });
    let previous = el("label")
        .class("inline")
        .child(
            el("input")
                .attr("type", "checkbox")
                .prop_live("checked", move || request.with(|it| it.wanted.previous))
                .on("change", |event| set("previous", if is_checked(&event) { "1" } else { "" })),
        )
        .child("Previous run");
    el("div").class("toolbar").child(subjects).child(container).child(from).child(previous)
}

/// The containers of a subject in the installation's namespace, tracked.
fn here(live: Live, subject: &Subject) -> Vec<Source> {
    let workloads = |feed: RwSignal<Feed<Workload>>, kind: WorkloadKind| {
        let of = |it: &Workload| Workload { kind, ..it.clone() };
        feed.with(|it| it.items.iter().flat_map(|it| it.iter()).map(of).collect::<Vec<_>>())
    };
    let all = match subject {
        Subject::Operator => live.operator_workload().into_iter().collect(),
        Subject::Workload(_) => {
            let mut all = workloads(live.deployments, WorkloadKind::Deployment);
            all.extend(workloads(live.stateful_sets, WorkloadKind::StatefulSet));
            all
        }
        Subject::All | Subject::Pod(_) => Vec::new(),
    };
    let pods: Arc<Vec<Pod>> = live.pods.with(|it| it.items.clone()).unwrap_or_default();
    source::sources(&subject.pods(&pods, &all))
}

/// The logs of a request, read for as long as it is the one that is asked for.
fn stream(request: &Request, look: Look) -> View {
    let live = expect_context::<Live>();
    let session = expect_context::<Session>();
    let config = session.config();
    let Request { subject, container, wanted } = request.clone();
    let elsewhere = subject == Subject::Operator && config.operator.namespace != config.namespace;
    let namespace = if elsewhere { &config.operator.namespace } else { &config.namespace };
    let all = Logs::open(session, namespace, wanted);
    let remote = elsewhere.then(|| logs::pods_of(session, namespace));
    let found = Memo::new(move || match remote.map(|it| it.get()) {
        None => here(live, &subject),
        Some(Some(Ok(pods))) => {
            let operator: Vec<Workload> = live.operator_workload().into_iter().collect();
            source::sources(&subject.pods(&pods, &operator))
        }
        Some(_) => Vec::new(),
    });
    effect(move || {
        let found = found.get().into_iter();
        all.read(found.filter(|it| container.is_empty() || it.container == container).collect());
    });

    let mistake = RwSignal::new(None::<String>);
    let columns = RwSignal::new(None::<u32>);
    // Counts the ways in which lines were shown: rows of another way are other rows.
    let way = RwSignal::new(0_u32);
    effect(move || {
        let search = look.search.get();
        let pattern = match (search.is_empty(), look.expression.get()) {
            (true, _) => Ok(None),
            (false, false) => Ok(Some(Pattern::words(&search))),
            (false, true) => Pattern::expression(&search).map(Some),
        };
        let mistaken = pattern.as_ref().err().map(ToString::to_string);
        if mistake.with_untracked(|it| *it != mistaken) {
            mistake.set(mistaken);
        }
        all.show(Filter {
            hidden: look.hidden.get(),
            pattern: pattern.unwrap_or_default(),
            only_mark: look.all.get(),
            unfold: look.unfold.get(),
            fields: look.fields.get(),
            wrap: columns.get().filter(|_| look.wrap.get()),
        });
        way.update(|it| *it += 1);
    });
    let denied = part(move || {
        let problem = match remote.map(|it| it.get()) {
            Some(Some(Err(problem))) => Some(problem),
            Some(_) => None,
            None => live.pods.with(|it| it.denied().cloned()),
        };
        problem.map(|it| notice(Tone::Unknown, "The pods are not known.", p(it.line())))
    });
    View::list([
        which(look, mistake).into(),
        denied,
        standing(all).into(),
        pane::pane(all, look, columns, way).into(),
    ])
}

/// Which lines, and how they are shown.
fn which(look: Look, mistake: RwSignal<Option<String>>) -> El {
    let search = el("input")
        .class("input mono")
        .attr("type", "search")
        .attr("aria-label", "Search the lines")
        .attr("placeholder", "Search")
        .attr("spellcheck", "false")
        .attr("autocomplete", "off")
        .attr_live("aria-invalid", move || mistake.get().map(|_| "true".to_owned()))
        .attr("aria-describedby", "search-mistake")
        .bind(look.search);
    let level = move |level: Level| {
        el("label")
            .class("inline")
            .child(
                el("input")
                    .attr("type", "checkbox")
                    .prop_live("checked", move || look.hidden.with(|it| !it.contains(&level)))
                    .on("change", move |event| {
                        let shown = is_checked(&event);
                        look.hidden.update(|it| {
                            it.retain(|one| *one != level);
                            if !shown {
                                it.push(level);
                            }
                        });
                    }),
            )
            .child(level.word())
    };
    let levels = el("fieldset")
        .class("inline")
        .child(el("legend").class("visually-hidden").child("Levels"))
        .children(Level::ALL.map(level));
    el("div")
        .class("toolbar")
        .child(search)
        .child(tick("Regular expression", look.expression))
        .child(tick("Show all lines", look.all))
        .child(levels)
        .child(tick("Wrap", look.wrap))
        .child(tick("Times", look.times))
        .child(tick("Read JSON", look.fields))
        .child(tick("Unfold traces", look.unfold))
        .child(el("p").id("search-mistake").class("reason bad").attr("role", "status").child(text(
            move || mistake.get().map(|it| format!("No regular expression: {it}.")).unwrap_or_default(),
        )))
}

fn tick(words: &str, on: RwSignal<bool>) -> El {
    el("label")
        .class("inline")
        .child(
            el("input")
                .attr("type", "checkbox")
                .prop_live("checked", move || on.get())
                .on("change", move |event| on.set(is_checked(&event))),
        )
        .child(words.to_owned())
}

/// How the reading stands, what could not be read and why, and the download.
fn standing(all: Logs) -> El {
    let told = Memo::new(move || {
        let extent = all.extent();
        let readings: Vec<Reading> = all.sources.with(|it| it.iter().map(|(_, it)| it.clone()).collect());
        let mut told = reading::told(&readings, extent.lines, extent.gone, extent.broken);
        if extent.searched < 100 && extent.lines > 0 {
            told.push_str(&format!(" {} % gone through.", extent.searched));
        }
        told
    });
    let failed = Memo::new(move || {
        let failed = |(source, reading): &(Source, Reading)| match reading {
            Reading::Failed(why) => Some(format!("{}: {why}", source.name())),
            Reading::NotStarted => Some(format!("{}: has not started.", source.name())),
            Reading::NoPrevious => Some(format!("{}: has had no earlier run.", source.name())),
            _ => None,
        };
        all.sources.with(|it| it.iter().filter_map(failed).collect::<Vec<_>>())
    });
    let unread = part(move || {
        let failed = failed.get();
        (!failed.is_empty()).then(|| {
            el("details")
                .class("unread")
                .child(el("summary").child(format!("Not read: {}", failed.len())))
                .child(el("ul").children(failed.into_iter().map(|it| el("li").child(it))))
        })
    });
    let save = button("Download").small().on_press(move || {
        let time = clock::now().to_string().replace(':', "-");
        download::save(
            &format!("rootcause-logs-{}.log", time.split('.').next().unwrap_or_default()),
            &all.download(),
        );
    });
    el("div")
        .class("log-standing")
        .child(el("p").attr("aria-label", "Reading").child(text(move || told.get())))
        .child(save)
        .child(unread)
}
