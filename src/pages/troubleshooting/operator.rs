//! The operator: is it alive, which version, which pods, who holds its lease.

use leptos::prelude::expect_context;
use rootcause_domain::{
    objects::Pod,
    operator::OperatorState,
    phase::Tone,
    pods::line,
    route::{Place, Route},
};

use crate::{
    browser::clock::Now,
    live::Live,
    session::Session,
    ui::{El, View, command, el, empty, facts, link, mark, p, section, show, since, soft, table, td, text},
};

pub fn operator() -> View {
    let live = expect_context::<Live>();
    let now = expect_context::<Now>();
    let config = expect_context::<Session>().config();
    let place = config.operator.clone();
    let tone = move || {
        live.operator.with(|it| match it {
            OperatorState::Alive { .. } => (Tone::Ok, "alive"),
            OperatorState::Late { .. } => (Tone::Warn, "late"),
            OperatorState::Absent { .. } => (Tone::Bad, "absent"),
            OperatorState::Loading | OperatorState::Unknown { .. } => (Tone::Unknown, "unknown"),
        })
    };
    let sentence = move || live.operator.with(|it| it.sentence(now.get()));
    let version = move || {
        let version = live.installation.with(|it| it.as_ref()?.operator_version.clone());
        version.unwrap_or_else(|| "not reported".to_owned())
    };
    let lease = move || {
        live.operator.with(|it| match it {
            OperatorState::Alive { holder, renewed } => Some((holder.clone(), *renewed)),
            OperatorState::Late { holder, renewed } => Some((holder.clone(), Some(*renewed))),
            _ => None,
        })
    };
    let held = show(lease, |it| -> View {
        match it {
            Some((holder, renewed)) => {
                let holder = holder.clone().unwrap_or_else(|| "nobody".to_owned());
                let renewed = renewed.map(|it| el("span").child(", renewed ").child(since(it)));
                View::list([el("span").child(format!("held by {holder}")).into(), View::from(renewed)])
            }
            None => soft("not held, or not readable").into(),
        }
    });
    let (namespace, deployment) = (place.namespace.clone(), place.deployment.clone());
    let list = facts([
        ("State", show(tone, |it| mark(it.0, it.1))),
        ("Version", text(version)),
        ("Namespace", namespace.as_str().into()),
        ("Deployment", el("code").child(deployment.as_str()).into()),
        ("Lease", el("code").child(place.lease.as_str()).into()),
        ("Leader", held),
    ]);
    let logs = Place::at(Route::Troubleshooting { tab: Some("logs".to_owned()) }).with("of", "operator");
    let here = place.namespace == config.namespace;
    let own = place.clone();
    let pods = move || {
        let ours = |it: &&Pod| own.has_pod(&it.metadata.name);
        live.pods.with(|it| it.slice().iter().filter(ours).cloned().collect::<Vec<_>>())
    };
    let pods = show(pods, move |pods| -> View {
        match pods.is_empty() {
            true if here => empty("No pod of its Deployment runs in this namespace.").into(),
            true => empty(&format!("Its pods run in namespace {namespace}, which this page does not watch."))
                .into(),
            false => {
                let rows: Vec<El> = pods.iter().map(row).collect();
                table(&["Pod", "Status", "Restarts", "Node", "Image"], "", Some("The operator's pods"), rows)
                    .into()
            }
        }
    });
    let n = format!("-n {}", place.namespace);
    View::list([
        section("operator", "Operator", ())
            .child(p(text(sentence)))
            .child(list)
            .child(p(link(&logs.hash(), "Read its log"))),
        section("operator-pods", "Its pods", ()).child(pods),
        section("operator-commands", "Commands", ())
            .child(command(
                &format!("kubectl logs deployment/{deployment} {n} --tail=200 -f"),
                Some("Follow its log"),
            ))
            .child(command(
                &format!("kubectl rollout restart deployment/{deployment} {n}"),
                Some("Restart it"),
            ))
            .child(command(&format!("kubectl get lease {} {n} -o yaml", place.lease), Some("See its lease"))),
    ])
}

fn row(pod: &Pod) -> El {
    let line = line(pod);
    let images: Vec<&str> = pod.spec.containers.iter().map(|it| it.image.as_str()).collect();
    el("tr")
        .child(td(el("code").child(pod.metadata.name.as_str())))
        .child(td(mark(line.tone, &line.status)))
        .child(td(line.restarts.to_string()))
        .child(td(pod.spec.node_name.as_str()))
        .child(td(images.join(", ")))
}
