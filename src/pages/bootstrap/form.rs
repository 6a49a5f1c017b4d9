//! The sections of the form.

use leptos::prelude::*;
use rootcause_domain::{
    contract::Concept,
    form::{Field, Group, Section, sections},
    overrides::Release,
    version,
};

use super::{
    draft::Draft,
    field::{field, fields, tell_origin},
    overrides::overrides_editor,
    patches::patches_editor,
};
use crate::{
    live::Live,
    session::Session,
    ui::{El, View, el, section},
};

/// All sections that the cluster's schema has fields for.
pub fn form_sections(draft: Draft) -> View {
    let contract = &expect_context::<Session>().config().contract;
    let Some(schema) = draft.schema() else { return ().into() };
    View::list(sections(schema.root(), contract).into_iter().map(|it| form_section(draft, it)))
}

fn form_section(draft: Draft, of: Section) -> El {
    let groups = View::list(of.groups.into_iter().map(|it| group(draft, it)));
    section(&of.id, &of.title, ())
        .class("form")
        .on("focusin", move |event| tell_origin(draft, &event))
        .on("mouseover", move |event| tell_origin(draft, &event))
        .child(groups)
}

fn group(draft: Draft, of: Group) -> El {
    let fields = fields(of.fields, move |it| shown(draft, it));
    let fields = el("div").class("fields").child(fields);
    match of.title.is_empty() {
        true => fields,
        false => {
            let legend = el("legend").child(el("h3").child(of.title));
            el("fieldset").class("group").child(legend).child(fields)
        }
    }
}

/// A field, or in place of one that holds YAML its editor.
fn shown(draft: Draft, of: Field) -> El {
    match of.concept {
        Some(Concept::RawOverridesPlatform) => overrides_editor(draft, Release::Platform),
        Some(Concept::RawOverridesDependencies) => overrides_editor(draft, Release::Dependencies),
        Some(Concept::ResourcePatches) => patches_editor(draft),
        _ => field(draft, of, 1),
    }
}

/// The versions that the registry lists, for the field of the version.
pub fn known_versions(live: Live) -> El {
    let versions = live.installation.with_untracked(|it| {
        let listed = it.as_ref().map(|it| version::releases(it)).unwrap_or_default();
        listed.into_iter().map(|it| it.version).collect::<Vec<_>>()
    });
    el("datalist").id("known-versions").children(versions.iter().map(|it| el("option").attr("value", it)))
}
