//! What is wrong, and why: root causes first, each with what it rests on and what mends it; then what was looked at.

use futures::StreamExt;
use kube_web::{LogParams, Resource, logs};
use leptos::prelude::expect_context;
use rootcause_domain::{
    diagnosis::{Checked, Evidence, Finding, LogRef},
    redact::redact,
};

use super::act;
use crate::{
    diagnosis::Diagnoses,
    live::spawn_scoped,
    reactive::{Memo, RwSignal},
    session::Session,
    ui::{El, Tone, View, each, el, empty, mark, p, section, show, skeleton, soft, text},
    words::Problem,
};

/// Lines of a log that a finding shows.
const LINES: u32 = 12;

pub fn findings() -> View {
    let diagnoses = expect_context::<Diagnoses>();
    let all = move || diagnoses.current.get().map(|it| it.findings.clone());
    let known = move || all().is_some();
    let none = move || all().is_some_and(|it| it.is_empty());
    let list = el("div").class("findings").child(each(
        move || all().unwrap_or_default(),
        Finding::key,
        move |first: Finding| finding(first.key(), diagnoses),
    ));
    let body = section("findings", "Findings", ())
        .child(show(known, |known| (!known).then(|| skeleton(3))))
        .child(show(none, |none| none.then(|| empty("Nothing wrong was found."))))
        .child(list);
    View::list([body, checked(diagnoses)])
}

/// One finding, kept current while its key is there.
fn finding(key: String, diagnoses: Diagnoses) -> El {
    let current = Memo::new(move || {
        diagnoses
            .current
            .with(|it| it.as_ref().and_then(|it| it.findings.iter().find(|it| it.key() == key).cloned()))
    });
    let of = move |read: fn(&Finding) -> String| {
        move || current.with(|it| it.as_ref().map(read).unwrap_or_default())
    };
    let severity = move || current.with(|it| it.as_ref().map(|it| it.severity));
    let head = el("h3")
        .child(show(severity, |it| it.map(|it| mark(it.tone(), it.word()))))
        .child(" ")
        .child(el("span").child(text(of(|it| it.sentence.clone()))));
    el("article")
        .class("finding")
        .attr_live("aria-label", move || current.with(|it| it.as_ref().map(|it| it.sentence.clone())))
        .child(head)
        .child(show(of(chain), |it| (!it.is_empty()).then(|| p(it.as_str()).class("chain"))))
        .child(show(
            move || current.with(|it| it.as_ref().map(|it| it.evidence.clone())),
            |it| it.as_ref().map(|it| evidence(it)),
        ))
        .child(show(move || current.with(|it| it.as_ref()?.log.clone()), |it| it.as_ref().map(log)))
        .child(show(
            move || current.with(|it| it.as_ref().map(|it| it.fixes.clone())),
            |it| it.as_ref().map(|it| el("ul").class("fixes").children(it.iter().map(act::fix))),
        ))
        .child(show(
            move || current.with(|it| it.as_ref().map(|it| it.explains.clone()).unwrap_or_default()),
            |it| explains(it),
        ))
}

fn chain(finding: &Finding) -> String {
    let links: Vec<&str> = finding.chain.iter().map(|it| it.words.as_str()).collect();
    if links.is_empty() { String::new() } else { format!("Holds up: {}", links.join(" → ")) }
}

fn evidence(all: &[Evidence]) -> El {
    let mut list = el("dl").class("evidence").attr("aria-label", "Evidence");
    for one in all {
        list = list
            .child(el("dt").child(one.from.as_str()))
            .child(el("dd").child(el("pre").child(one.words.as_str())));
    }
    list
}

/// What of this finding's consequences other rules found.
fn explains(all: &[String]) -> Option<El> {
    let more = |it: &String| el("li").child(it.as_str());
    (!all.is_empty()).then(|| {
        el("details")
            .child(el("summary").child("It explains"))
            .child(el("ul").class("explains").children(all.iter().map(more)))
    })
}

/// The last lines of a log, read once.
fn log(of: &LogRef) -> El {
    let session = expect_context::<Session>();
    let lines = RwSignal::new(None::<Result<Vec<String>, String>>);
    let params = LogParams {
        container: of.container.clone(),
        previous: of.previous,
        tail_lines: Some(LINES),
        ..LogParams::default()
    };
    let pod = of.pod.clone();
    spawn_scoped(async move {
        let api = session.api(Resource::PODS);
        let mut read = Box::pin(logs(&api, &pod, &params));
        let mut all = Vec::new();
        while let Some(batch) = read.next().await {
            match batch {
                Ok(batch) => all.extend(batch.iter().map(|it| plain(&it.text()))),
                Err(error) => return lines.set(Some(Err(Problem::from(&error).line()))),
            }
        }
        lines.set(Some(Ok(all)));
    });
    let title = match of.previous {
        true => format!("Last lines of {} before it ended", of.pod),
        false => format!("Last lines of {}", of.pod),
    };
    let body = show(
        move || lines.get(),
        |it| -> View {
            match it {
                None => skeleton(2).into(),
                Some(Err(words)) => p(soft(format!("They cannot be read: {words}"))).into(),
                Some(Ok(all)) if all.is_empty() => p(soft("It wrote none.")).into(),
                Some(Ok(all)) => el("pre").attr("tabindex", "0").child(all.join("\n")).into(),
            }
        },
    );
    el("section").class("last-lines").attr("aria-label", &title).child(p(soft(title.as_str()))).child(body)
}

/// A line without colours and other controls, cut and redacted.
fn plain(line: &str) -> String {
    let mut plain = String::new();
    let mut chars = line.chars();
    while let Some(c) = chars.next() {
        match c {
            // ESC [ … letter: a colour.
            '\u{1b}' => drop(chars.find(|it| it.is_ascii_alphabetic())),
            '\t' => plain.push(' '),
            c if c.is_control() => {}
            c => plain.push(c),
        }
        if plain.len() > 500 {
            plain.push('…');
            break;
        }
    }
    redact(&plain)
}

/// Every check, so that "nothing is wrong" says what was looked at.
fn checked(diagnoses: Diagnoses) -> El {
    let all = move || diagnoses.current.get().map(|it| it.checked.clone()).unwrap_or_default();
    let row = |it: &Checked| {
        let (tone, word) = match (&it.unknown, it.found) {
            (_, true) => (Tone::Bad, "not so"),
            (Some(_), false) => (Tone::Unknown, "not known"),
            (None, false) => (Tone::Ok, "fine"),
        };
        let why = it.unknown.as_ref().map(|why| soft(format!(" ({why})")));
        let more = (it.unlisted > 0).then(|| soft(format!(" ({} more are not listed)", it.unlisted)));
        el("li").child(mark(tone, word)).child(el("span").child(it.words).child(why).child(more))
    };
    section("checked", "What was looked at", ())
        .child(show(all, move |all| el("ul").class("checked").children(all.iter().map(row))))
}
