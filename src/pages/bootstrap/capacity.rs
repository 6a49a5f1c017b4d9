//! The capacity picture: whether the nodes have room for the configuration as it stands in the draft.

use std::time::Duration;

use futures::join;
use kube_web::{Error, Item, List, ListParams, Resource};
use leptos::prelude::*;
use rootcause_domain::{
    capacity::{Amount, Cluster, Fit, Node, Picture, Placed, Total, Usage, demands},
    certainty::Read,
    overrides,
    quantity::Quantity,
};
use serde_json::Value;

use crate::{
    live::{Scope, sleep},
    reactive::RwSignal,
    session::Session,
    ui::{El, Tone, View, el, mark, notice, p, row_head, section, show, table, td},
    words::{Problem, ProblemKind},
};

/// How often nodes and pods are looked at again: they change slowly, and all pods of a cluster are a large list.
const LOOK: Duration = Duration::from_secs(30);

const NODE_METRICS: Resource =
    Resource::in_group("metrics.k8s.io", "v1beta1", "nodes", "NodeMetrics").cluster_wide();

/// What was read of the cluster.
#[derive(Clone)]
struct Seen {
    nodes: Read<Vec<Node>>,
    pods: Read<Vec<Placed>>,
    everywhere: bool,
    usage: Read<Vec<Usage>>,
}

/// The picture of the configuration that `draft` holds, drawn anew as it changes.
pub fn capacity(draft: impl Fn() -> Value + 'static) -> El {
    let session = expect_context::<Session>();
    let loading = Seen { nodes: Read::Loading, pods: Read::Loading, everywhere: true, usage: Read::Loading };
    let seen = RwSignal::new(loading);
    Scope::here().spawn(async move {
        loop {
            seen.set(look(session).await);
            sleep(LOOK).await;
        }
    });
    let config = session.config();
    let picture = move || {
        // Overrides win over the form, so what they say is what the cluster will be asked for.
        let asked = overrides::effective(&config.contract, &draft());
        seen.with(|Seen { nodes, pods, everywhere, usage }| {
            let cluster =
                Cluster { namespace: &config.namespace, nodes, pods, everywhere: *everywhere, usage };
            Picture::of(demands(&config.contract, &asked), cluster)
        })
    };
    section("capacity", "Capacity", "by requests, as the scheduler counts").child(show(picture, drawn))
}

fn drawn(picture: &Picture) -> View {
    let short = picture.fits.iter().any(|it| it.problem.is_some());
    let opening = match short {
        true => notice(Tone::Bad, &picture.sentence(), problems(picture)),
        false => p(picture.sentence()),
    };
    let bars = picture.total.map(|it| {
        let used = |of: fn(Amount) -> Quantity| it.used.map(of);
        el("div")
            .class("capacity")
            .child(bar("CPU", &it, |it| it.cpu, used(|it| it.cpu), Quantity::cores))
            .child(bar("Memory", &it, |it| it.memory, used(|it| it.memory), Quantity::bytes))
    });
    let heads = ["Workload", "Pods", "Each requests", "Storage", "Room"];
    let rows = View::list(picture.fits.iter().map(row));
    let table = table(&heads, "", Some("What each workload requests"), rows);
    let storage = format!("All volumes together: {}.", picture.storage.bytes());
    let notes = picture.notes.iter().map(|it| p(it.as_str()).class("soft"));
    View::list([opening.into(), bars.into(), table.into(), p(storage).into(), View::list(notes)])
}

/// The problems beside the first, which the opening says.
fn problems(picture: &Picture) -> View {
    let rest = picture.fits.iter().filter_map(|it| it.problem.as_deref()).skip(1);
    View::list(rest.map(p))
}

/// One resource: what others request, what the configuration requests, what is free, and what is really used.
fn bar(
    name: &str,
    total: &Total,
    of: fn(Amount) -> Quantity,
    used: Option<Quantity>,
    words: fn(Quantity) -> String,
) -> El {
    let (all, others, wanted) = (of(total.allocatable), of(total.others), of(total.wanted));
    let asked = others + wanted;
    let whole = all.max(asked);
    // In whole hundredths of a percent.
    let share = |of: Quantity| {
        let share = (of.share_of(whole) * 10_000.0) as i64;
        format!("{}.{:02}%", share / 100, share % 100)
    };
    let part = |class: &str, of: Quantity| el("i").class(class).style("width", &share(of));
    let missing =
        if asked > all { format!(", {} more than there is", words(asked - all)) } else { String::new() };
    let really = used.map(|it| format!(" {} is really used now.", words(it))).unwrap_or_default();
    let text = format!(
        "{} for this configuration and {} for other pods, of {} that the nodes can allocate{missing}.{really}",
        words(wanted),
        words(others),
        words(all),
    );
    let tone = if asked > all { "bad" } else { "busy" };
    let drawing = el("div")
        .class("bar")
        .attr("role", "img")
        .attr("aria-label", &format!("{name}: {text}"))
        .child(part("off", others))
        .child(part(tone, wanted));
    // Where the nodes end, when more is asked than they have.
    let drawing = if asked > all { drawing.child(el("b").style("left", &share(all))) } else { drawing };
    let drawing = drawing.child(used.map(|it| el("u").style("left", &share(it))));
    el("div").child(p(el("strong").child(name)).child(" ").child(text.as_str())).child(drawing)
}

fn row(fit: &Fit) -> El {
    let Fit { demand, placed, problem } = fit;
    let storage = if demand.storage > Quantity::ZERO { demand.storage.bytes() } else { "none".to_owned() };
    let room = match (placed, problem) {
        (None, _) => mark(Tone::Unknown, "not known"),
        (Some(_), None) => mark(Tone::Ok, "fits"),
        (Some(placed), Some(_)) => mark(Tone::Bad, &format!("{placed} of {} fit", demand.pods)),
    };
    el("tr")
        .child(row_head(demand.name))
        .child(td(demand.pods.to_string()))
        .child(td(demand.each.words()))
        .child(td(storage))
        .child(td(room))
}

async fn look(session: Session) -> Seen {
    let all = |resource| session.client().all(resource);
    let everything = ListParams::default();
    let nodes =
        async { told(all(Resource::NODES).list::<Value>(&everything).await, |it| Some(Node::read(it))) };
    let usage =
        async { told(all(NODE_METRICS).list::<Value>(&everything).await, |it| Some(Usage::read(it))) };
    let pods = async {
        // Those that have ended request nothing.
        let params = ListParams::default().fields("status.phase!=Succeeded,status.phase!=Failed");
        match all(Resource::PODS).list::<Value>(&params).await {
            Err(Error::Forbidden(_)) => {
                (told(session.api(Resource::PODS).list::<Value>(&params).await, Placed::read), false)
            }
            list => (told(list, Placed::read), true),
        }
    };
    let (nodes, usage, (pods, everywhere)) = join!(nodes, usage, pods);
    Seen { nodes, pods, everywhere, usage }
}

fn told<T>(list: Result<List<Value>, Error>, read: fn(&Value) -> Option<T>) -> Read<Vec<T>> {
    match list {
        Ok(list) => {
            let object = |it: Item<Value>| read(&it.object.ok()?);
            Read::Found(list.items.into_iter().filter_map(object).collect())
        }
        Err(error) => {
            let problem = Problem::from(&error);
            // Nobody has installed what would answer.
            if problem.kind == ProblemKind::NotFound { Read::Absent } else { Read::Unreadable(problem.title) }
        }
    }
}
