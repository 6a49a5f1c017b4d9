//! The support bundle: collected and masked in this page, looked at before it is saved, and sent nowhere.

use std::rc::Rc;

use leptos::prelude::*;
use rootcause_domain::{
    bundle::{self, File},
    logs::reading::grouped,
    zip::{self, Entry},
};

use crate::{
    browser::{deflate::deflate, download},
    bundle::{Collected, collect},
    diagnosis::Diagnoses,
    live::{Live, Scope},
    reactive::RwSignal,
    session::Session,
    ui::{
        El, Tone, View, button, dialog, dom::is_checked, el, hidden, notice, p, part, row_head, section,
        show, soft, table, td, text,
    },
};

/// Characters of a file that its panel shows.
const SHOWN: usize = 200_000;

pub fn bundle() -> View {
    let live = expect_context::<Live>();
    let session = expect_context::<Session>();
    let diagnoses = expect_context::<Diagnoses>();
    let scope = Scope::here();
    let collected = RwSignal::new(None::<Rc<Collected>>);
    // Paths that the user leaves out.
    let left = RwSignal::new(Vec::<String>::new());
    let reading = RwSignal::new(None::<RwSignal<String>>);
    let at = RwSignal::new(String::new());
    let begin = {
        let scope = scope.clone();
        move || {
            reading.set(Some(at));
            let diagnosis = diagnoses.current.get_untracked();
            scope.spawn(async move {
                let all = collect(live, session, diagnosis, at).await;
                left.set(Vec::new());
                collected.set(Some(Rc::new(all)));
                reading.set(None);
            });
        }
    };
    let busy = move || reading.with(Option::is_some);
    let progress = text(move || match busy() {
        true => format!("Reading {}…", at.get()),
        false => String::new(),
    });
    let words = "What one needs to look at this installation from afar, as one zip file. It is made in this page and \
                 sent nowhere; below it shows, before you save it, exactly what it holds.";
    let start = part({
        move || {
            let again = collected.with(Option::is_some);
            let button = button(if again { "Collect again" } else { "Collect the bundle" });
            let button = if again { button } else { button.primary() };
            button.busy(busy).on_press(begin.clone())
        }
    });
    let shown = show(
        move || collected.get().map(|it| Rc::as_ptr(&it)),
        move |_| collected.get_untracked().map(|it| contents(it, left, scope.clone())),
    );
    let intro = section("bundle", "Support bundle", ()).child(p(words)).child(
        el("div")
            .class("toolbar")
            .child(start)
            .child(el("span").class("reason").attr("role", "status").child(progress)),
    );
    View::list([intro.into(), shown])
}

/// What was collected, file by file, and the button that saves it.
fn contents(all: Rc<Collected>, left: RwSignal<Vec<String>>, scope: Scope) -> View {
    let session = expect_context::<Session>();
    let open = RwSignal::new(None::<usize>);
    let saving = RwSignal::new(false);
    let sum = {
        let all = Rc::clone(&all);
        text(move || {
            let taken = || all.files.iter().filter(|it| left.with(|left| !left.contains(&it.path)));
            let (bytes, masked) = taken().fold((0, 0), |sum, it| (sum.0 + it.text.len(), sum.1 + it.masked));
            format!(
                "{} files, {} KB before packing; {} values masked or left out.",
                grouped(taken().count() as u32),
                grouped(bytes.div_ceil(1000) as u32),
                grouped(masked as u32)
            )
        })
    };
    let save = {
        let all = Rc::clone(&all);
        move || {
            let all = Rc::clone(&all);
            saving.set(true);
            scope.spawn(async move {
                let mut entries = Vec::new();
                for file in all.files.iter().filter(|it| left.with_untracked(|left| !left.contains(&it.path)))
                {
                    let entry = Entry::stored(&file.path, file.text.clone().into_bytes());
                    entries.push(match deflate(file.text.as_bytes()).await {
                        Some(packed) => entry.with_deflated(packed),
                        None => entry,
                    });
                }
                let now = session.server_now();
                let name = bundle::name(&session.config().installation, now);
                download::save(&name, &[zip::zip(&entries, now)]);
                saving.set(false);
            });
        }
    };
    let unread = (!all.unread.is_empty()).then(|| {
        let list = el("ul").children(all.unread.iter().map(|it| el("li").child(it.as_str())));
        notice(Tone::Unknown, &format!("Not read, and so not in it: {}", all.unread.len()), list)
    });
    let rows: Vec<El> =
        all.files.iter().enumerate().map(|(index, file)| row(index, file, left, open)).collect();
    let files = table(&["Take", "File", "Bytes", "Masked"], "", Some("Files of the bundle"), rows);
    let panel = {
        let all = Rc::clone(&all);
        show(move || open.get(), move |index| index.and_then(|it| all.files.get(it)).map(|it| file(it, open)))
    };
    section("bundle-files", "What will leave", sum)
        .child(unread)
        .child(files)
        .child(el("div").child(button("Save the bundle").primary().busy(move || saving.get()).on_press(save)))
        .child(panel)
        .into()
}

fn row(index: usize, file: &File, left: RwSignal<Vec<String>>, open: RwSignal<Option<usize>>) -> El {
    let path = file.path.clone();
    let here = path.clone();
    let take = el("input")
        .attr("type", "checkbox")
        .prop_live("checked", move || left.with(|it| !it.contains(&here)))
        .on("change", move |event| {
            let taken = is_checked(&event);
            left.update(|it| {
                it.retain(|one| *one != path);
                if !taken {
                    it.push(path.clone());
                }
            });
        });
    let name = button(file.path.as_str()).quiet().small().on_press(move || open.set(Some(index)));
    el("tr")
        .child(td(el("label").child(take).child(hidden(&format!("Take {}", file.path)))))
        .child(row_head(name).class("mono path"))
        .child(td(grouped(file.text.len() as u32)))
        .child(td(if file.masked == 0 {
            soft("none")
        } else {
            el("span").child(grouped(file.masked as u32))
        }))
}

/// One file, as it will leave.
fn file(file: &File, open: RwSignal<Option<usize>>) -> El {
    let end = file.text.char_indices().nth(SHOWN).map_or(file.text.len(), |(at, _)| at);
    let cut = (end < file.text.len()).then(|| p(soft(format!("The first {} bytes.", grouped(end as u32)))));
    let pre = el("pre").class("log-full").attr("tabindex", "0").attr("aria-label", "Content");
    // Only what is shown is made visible; the file has its bytes as they are.
    let shown = file.text[..end].split_inclusive('\n').map(|line| {
        let bare = line.trim_end_matches('\n');
        format!("{}\n", rootcause_domain::logs::ansi::plain(bare))
    });
    let body = View::list([View::from(pre.child(shown.collect::<String>())), cut.into()]);
    dialog(file.path.as_str(), body)
        .side()
        .footer(button("Close").on_press(move || open.set(None)))
        .on_close(move || open.set(None))
}
