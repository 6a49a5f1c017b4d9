//! Useful commands with this installation's names, each to be copied.

use leptos::prelude::expect_context;
use rootcause_domain::reference::{Section, sections};

use crate::{
    live::Live,
    session::Session,
    ui::{El, View, command, section, show},
};

pub fn reference() -> View {
    let live = expect_context::<Live>();
    let session = expect_context::<Session>();
    let all = move || {
        let target = live.target()?;
        Some(sections(&session.config(), &target, &live.workloads()))
    };
    show(all, |all| all.as_ref().map(|all| View::list(all.iter().map(one))))
}

fn one(of: &Section) -> El {
    let id = of.title.to_lowercase().replace(' ', "-");
    let commands = of.commands.iter().map(|(what, line)| command(line, Some(what)));
    section(&id, of.title, ()).children(commands)
}
