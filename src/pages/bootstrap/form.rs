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
    field::{choices, field, fields, fields_of_forms, tell_origin},
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
    let sections = sections(schema.root(), contract);
    let owners: Vec<Field> = sections.iter().flat_map(|it| it.choices.clone()).collect();
    View::list(sections.into_iter().map(|it| form_section(draft, it, &owners)))
}

/// A section; the forms of `owners`, in whichever section they are chosen, decide on which of its fields stand there.
fn form_section(draft: Draft, of: Section, owners: &[Field]) -> El {
    let chosen = View::list(of.choices.iter().map(|it| choices(draft, it)));
    let groups = View::list(of.groups.into_iter().map(|it| group(draft, it, owners)));
    section(&of.id, &of.title, ())
        .class("form")
        .on("focusin", move |event| tell_origin(draft, &event))
        .on("mouseover", move |event| tell_origin(draft, &event))
        .child(chosen)
        .child(groups)
}

fn group(draft: Draft, of: Group, owners: &[Field]) -> El {
    let draw = move |it| shown(draft, it);
    let ours =
        |owner: &Field| of.fields.iter().any(|it| it.pointer.parent().as_ref() == Some(&owner.pointer));
    let owners: Vec<Field> = owners.iter().filter(|it| ours(it)).cloned().collect();
    let fields = match owners.is_empty() {
        true => fields(of.fields, draw),
        false => fields_of_forms(draft, of.fields, owners, draw),
    };
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
