//! Pods, by workload: how each is, where it runs, what it uses; a stuck one can be deleted, a workload restarted.

use std::{rc::Rc, sync::Arc, time::Duration};

use kube_web::{ListParams, Resource};
use leptos::prelude::expect_context;
use rootcause_domain::{
    ago,
    certainty::Certain,
    objects::Pod,
    pods::{self, Line, line},
    rollout::{Rollout, owns},
    sort,
};

use crate::{
    browser::clock::Now,
    live::{Live, sleep, spawn_scoped},
    pages::restart::restart_button,
    reactive::{Memo, RwSignal},
    session::Session,
    shell::confirm::{Confirm, Confirms},
    ui::{
        Columns, El, Heads, Tone, View, button, el, empty, mark, notice, p, row_head, rows, section, show,
        since, skeleton, soft, table, td, text,
    },
    words::{Problem, ProblemKind},
    writes::{What, Write},
};

/// How often the metrics API is asked: it measures no more often.
const MEASURED: Duration = Duration::from_secs(15);

const HEADS: Heads = Heads {
    label: "Pods",
    columns: &[
        ("Pod", "minmax(13rem, 3fr)"),
        ("Workload", "minmax(7rem, 2fr)"),
        ("Status", "14rem"),
        ("Restarts", "8rem"),
        ("Age", "7rem"),
        ("Node", "minmax(5rem, 1fr)"),
        ("Uses", "minmax(7rem, 1fr)"),
        ("Action", "5rem"),
    ],
};

/// A pod of the list, with the workload that it belongs to.
#[derive(Clone, PartialEq)]
struct Listed {
    workload: Rc<str>,
    pod: Pod,
}

/// The pods by name, as far as they are known. Of thousands, to touch each once more than needed is what takes time.
#[derive(PartialEq)]
struct Pods {
    pods: Arc<Vec<Pod>>,
    /// The workload of each.
    workloads: Vec<Rc<str>>,
    /// Whether there may be more.
    arriving: bool,
}

impl Pods {
    fn find(&self, name: &str) -> Option<Listed> {
        let at = self.pods.binary_search_by(|it| it.metadata.name.as_str().cmp(name)).ok()?;
        Some(Listed { workload: Rc::clone(&self.workloads[at]), pod: self.pods[at].clone() })
    }

    /// How many there are.
    fn count(&self) -> String {
        let count = self.pods.len();
        if self.arriving { Certain::AtLeast(count).badge() } else { count.to_string() }
    }
}

/// What pods use, by name; why it is not known.
type Usage = Option<Result<Vec<(String, String)>, String>>;

pub fn pods() -> View {
    let live = expect_context::<Live>();
    let columns = Columns::of(&HEADS);
    let filter = RwSignal::new(String::new());
    let usage = measure();
    let all = Memo::new(move || listed(live));
    let shown = Memo::new(move || {
        let text = filter.with(|it| it.trim().to_lowercase());
        let matches = |(pod, workload): &(&Pod, &Rc<str>)| {
            let has = |it: &str| it.to_lowercase().contains(&text);
            text.is_empty()
                || has(&pod.metadata.name)
                || has(workload)
                || has(&pod.spec.node_name)
                || has(&line(pod).status)
        };
        all.with(|all| {
            let each = all.iter().flat_map(|it| it.pods.iter().zip(&it.workloads));
            let mut matching: Vec<_> = each.filter(matches).collect();
            // They are in the order of their names.
            sort::by(&mut matching, |(_, a), (_, b)| a.cmp(b));
            Arc::new(matching.into_iter().map(|(pod, _)| pod.metadata.name.clone()).collect::<Vec<_>>())
        })
    });
    let search = el("input")
        .class("input")
        .attr("type", "search")
        .attr("aria-label", "Filter pods")
        .attr("placeholder", "Filter by name, workload, status or node")
        .bind(filter);
    let state = move || {
        let denied = live.pods.with(|it| it.denied().map(Problem::line));
        (denied, all.with(Option::is_none), all.with(|it| it.as_ref().is_some_and(|it| it.pods.is_empty())))
    };
    let body = show(state, move |(denied, loading, none)| -> View {
        match denied {
            Some(words) => notice(Tone::Unknown, "Pods are not known.", p(words.as_str())).into(),
            None if *loading => skeleton(4).into(),
            None if *none => empty(
                "No pods run in this namespace. If some should, the Events may say why they do not start.",
            )
            .into(),
            None => rows(columns, shown, move |name| row(live, all, usage, name)).into(),
        }
    });
    let unmeasured = move || match usage.get() {
        Some(Err(why)) => Some(format!("What pods use is not known: {why}")),
        _ => None,
    };
    let count = move || all.with(|it| it.as_ref().map(Pods::count).unwrap_or_default());
    let list = section("pods", "Pods", text(count))
        .child(el("div").class("filter").child(search).child(columns.chooser()))
        .child(show(unmeasured, |it| it.as_ref().map(|it| p(it.as_str()).class("soft"))))
        .child(body);
    View::list([workloads(live), list])
}

/// The workloads, each with its restart.
fn workloads(live: Live) -> El {
    let all = move || live.rollouts.get().unwrap_or_default();
    let row = |it: &Rollout| {
        el("tr")
            .child(row_head(it.name.as_str()))
            .child(td(it.kind.name()))
            .child(td(mark(it.tone(), &it.sentence())))
            .child(td(restart_button(it.kind, &it.name)))
    };
    section("workloads", "Workloads", ()).child(show(all, move |all| {
        let rows: Vec<_> = all.iter().map(row).collect();
        table(&["Workload", "Kind", "Pods", "Action"], "kinds", Some("Workloads"), rows)
    }))
}

/// The pods that are known; `None` while nothing of them is read.
fn listed(live: Live) -> Option<Pods> {
    let (pods, arriving) = live.pods.with(|it| match (&it.items, &it.arriving) {
        (None, Some(some)) => Some((Arc::clone(some), true)),
        (all, _) => Some((Arc::clone(all.as_ref()?), false)),
    })?;
    let workloads: Vec<_> =
        live.workloads().into_iter().map(|it| (Rc::<str>::from(it.metadata.name.as_str()), it)).collect();
    let none = Rc::<str>::from("");
    let workload = |pod: &Pod| {
        if let Some((name, _)) = workloads.iter().find(|(_, it)| owns(it, pod)) {
            return Rc::clone(name);
        }
        let owner = pod.metadata.owner_references.first();
        owner.map_or_else(|| Rc::clone(&none), |it| format!("{} {}", it.kind, it.name).into())
    };
    Some(Pods { workloads: pods.iter().map(workload).collect(), pods, arriving })
}

/// The cells of one pod, kept current while it is there.
fn row(live: Live, all: Memo<Option<Pods>>, usage: RwSignal<Usage>, name: &str) -> Vec<El> {
    let now = expect_context::<Now>();
    let own = name.to_owned();
    let listed = Memo::new(move || all.with(|it| it.as_ref()?.find(&own)));
    let of = move |read: fn(&Listed) -> String| {
        text(move || listed.with(|it| it.as_ref().map(read).unwrap_or_default()))
    };
    let status = move || listed.with(|it| it.as_ref().map(|it| line(&it.pod)));
    let age = move || listed.with(|it| it.as_ref()?.pod.metadata.creation_timestamp);
    let restarts = move || {
        let Line { restarts, restarted, .. } = status()?;
        let when = restarted.map(|it| format!(" ({})", ago::ago(it, now.get()))).unwrap_or_default();
        Some(format!("{restarts}{when}"))
    };
    let images = move || {
        listed.with(|it| {
            let containers = it.as_ref()?.pod.spec.containers.iter();
            Some(containers.map(|it| format!("{}: {}", it.name, it.image)).collect::<Vec<_>>().join("\n"))
        })
    };
    let used = name.to_owned();
    let uses = move || {
        usage.with(|it| {
            let known = it.as_ref()?.as_ref().ok()?;
            known.iter().find(|(name, _)| *name == used).map(|(_, words)| words.clone())
        })
    };
    vec![
        el("div").attr_live("title", images).child(el("code").child(name)),
        el("div").child(of(|it| it.workload.to_string())),
        el("div").child(show(status, |it| {
            let it = it.as_ref()?;
            Some(View::list([mark(it.tone, &it.status), soft(format!(" {}", it.ready))]))
        })),
        el("div").child(text(move || restarts().unwrap_or_default())),
        el("div").child(show(age, |it| it.map(since))),
        el("div").child(of(|it| it.pod.spec.node_name.clone())),
        el("div").child(text(move || uses().unwrap_or_else(|| "–".to_owned()))),
        el("div").child(delete_button(live, name)),
    ]
}

/// The button that asks for a pod's deletion.
fn delete_button(live: Live, name: &str) -> El {
    let session = expect_context::<Session>();
    let confirms = expect_context::<Confirms>();
    let asked = name.to_owned();
    let disabled =
        move || live.locked().or_else(|| live.denied(&live.right("delete", &Resource::PODS, None)));
    let delete = button("Delete…").quiet().small().label(&format!("Delete pod {name}")).disabled(disabled);
    delete.on_press(move || {
        let uid = live.pods.with(|it| {
            it.slice().iter().find(|it| it.metadata.name == asked).map(|it| it.metadata.uid.clone())
        });
        // It went while the pointer was on its way.
        let Some(uid) = uid else { return };
        let write = Write {
            resource: Resource::PODS,
            name: asked.clone(),
            what: What::Delete(uid),
            kubectl: format!("kubectl delete pod {asked} -n {}", session.config().namespace),
        };
        let verb = format!("Delete pod {asked}");
        confirms.open(Confirm {
            title: format!("Review the deletion of {asked}"),
            body: Box::new(|| p("The pod ends, and its workload makes a new one.").into()),
            write: Rc::new(move || write.clone()),
            verb: Rc::new(move || verb.clone()),
            done: format!("Deleted pod {asked}."),
            typed: None,
            then: Rc::new(|_| {}),
        });
    })
}

/// What pods use, read again and again; given up where the cluster has no metrics API.
fn measure() -> RwSignal<Usage> {
    let session = expect_context::<Session>();
    let usage = RwSignal::new(None);
    let api = session.api(Resource::in_group("metrics.k8s.io", "v1beta1", "pods", "PodMetrics"));
    spawn_scoped(async move {
        loop {
            match api.list(&ListParams::default()).await {
                Ok(list) => {
                    let one = |it: &serde_json::Value| {
                        let (cpu, memory) = pods::usage(it);
                        let name = it["metadata"]["name"].as_str().unwrap_or_default().to_owned();
                        (name, format!("{cpu} CPU, {memory}"))
                    };
                    usage.set(Some(Ok(list.items.iter().filter_map(|it| it.ok().map(one)).collect())));
                }
                Err(error) => {
                    let problem = Problem::from(&error);
                    let absent = problem.kind == ProblemKind::NotFound;
                    let why =
                        if absent { "metrics.k8s.io does not answer.".to_owned() } else { problem.title };
                    usage.set(Some(Err(why)));
                    if absent {
                        return;
                    }
                }
            }
            sleep(MEASURED).await;
        }
    });
    usage
}
