//! What mends a finding: what is done here by a button, and the command that does the same.

use rootcause_domain::diagnosis::{Act, Fix};

use crate::{
    pages::status::action,
    requests::Intent,
    ui::{El, button, command, el, link},
};

/// One line of what mends a finding.
pub fn fix(fix: &Fix) -> El {
    let line = el("li");
    let line = match &fix.act {
        Some(Act::Go(hash)) => line.child(link(hash, &fix.label).class("button")),
        Some(Act::ForceReconcile) => line.child(action(Intent::ForceReconcile, button(fix.label.as_str()))),
        Some(Act::Version(to)) => line.child(action(Intent::Version(to.clone()), button(fix.label.as_str()))),
        _ => return line.child(command(&fix.kubectl, Some(&fix.label))),
    };
    line.child(command(&fix.kubectl, None))
}
