//! A chart refuses its values: the wizard's field, or the override, that it means.

use serde_json::Value;

use crate::contract::Concept;
use crate::diagnosis::{Act, Facts, Finding, Fix, Object, Rule, Severity, Source};
use crate::pointer::Pointer;

pub(in crate::diagnosis) const RULE: Rule =
    Rule { checks: "The charts accept the configuration", needs: &[Source::Installation], find };

/// Helm's words for values that break a chart's `values.schema.json`.
pub(super) const SIGN: &str = "values don't meet the specifications of the schema";

fn find(facts: &Facts<'_>, out: &mut Vec<Finding>) {
    let Some((release, words)) = super::helm::failure(facts) else { return };
    if !words.contains(SIGN) {
        return;
    }
    let complaints = complaints(words);
    let object = Object::new("Helm release", release);
    let version = facts.installation.target_version.as_deref().unwrap_or_default();
    let first = complaints.first();
    let place = first.and_then(|it| place(facts, release, &it.path));
    let said = first.map_or("a value", |it| it.words.as_str());
    let chart = release.rsplit_once('-').map_or(release, |(_, chart)| chart);
    let at = match (&place, first) {
        (Some(Place::Override(path)), _) => format!("the raw override {}", path.dotted()),
        (Some(Place::Field(pointer)), _) => pointer.dotted(),
        (None, Some(it)) if !it.path.tokens().is_empty() => it.path.dotted(),
        _ => "its values".to_owned(),
    };
    let sentence = format!("The {chart} chart {version} refuses {at}: {said}.");
    let mut finding = Finding::new("values", Severity::Broken, object, sentence)
        .seen(facts.field(Concept::LastError), words);
    for one in &complaints {
        let value = written(facts, release, &one.path).map(Value::to_string).unwrap_or_default();
        finding = finding.seen(format!("what is set at {}", one.path.dotted()), value);
    }
    let overridden = matches!(place, Some(Place::Override(_)));
    let label = if overridden { "Change the Raw Helm Overrides" } else { "Change the field" };
    let edit = facts.command("edit");
    let act = match &place {
        Some(Place::Field(pointer)) => Act::Field(pointer.clone()),
        Some(Place::Override(_)) => facts.form(raw(facts, release)),
        None => Act::Field(Pointer::root()),
    };
    finding = finding.fix(Fix::here(label, act, edit));
    if let Some(version) = super::helm::before(facts) {
        finding = finding.fix(super::helm::to_version(facts, &version));
    }
    out.push(finding);
}

/// One line of Helm's complaint.
struct Complaint {
    /// Into the chart's values.
    path: Pointer,
    words: String,
}

/// Reads `- at '/ingress': additional properties 'className' not allowed` (Helm 4) and `- ingress.host: Invalid type`
/// (Helm 3).
fn complaints(words: &str) -> Vec<Complaint> {
    let lines = words.lines().filter_map(|it| it.trim().strip_prefix("- "));
    let read = lines.filter_map(|line| {
        let (at, said) = line.split_once(": ")?;
        let mut path = match at.strip_prefix("at '").and_then(|it| it.strip_suffix('\'')) {
            Some(pointer) => Pointer::parse(pointer).ok()?,
            None if at == "(root)" => Pointer::root(),
            None => Pointer::of(at.split('.')),
        };
        // The member that should not be there is the place.
        let extra = said.strip_prefix("additional properties '").and_then(|it| it.split('\'').next());
        let extra = extra.or_else(|| said.strip_prefix("Additional property ")?.split(' ').next());
        if let Some(extra) = extra {
            path = path.child(extra);
        }
        Some(Complaint { path, words: said.to_owned() })
    });
    read.collect()
}

/// What of the custom resource a place in a chart's values comes from.
enum Place {
    Override(Pointer),
    Field(Pointer),
}

fn place(facts: &Facts<'_>, release: &str, path: &Pointer) -> Option<Place> {
    if path.tokens().is_empty() {
        return None;
    }
    if overrides(facts, release).is_some_and(|it| path.get(it).is_some()) {
        return Some(Place::Override(path.clone()));
    }
    field(facts, path).map(|(pointer, _)| Place::Field(pointer))
}

/// The raw overrides that are laid over this release's values.
fn overrides<'a>(facts: &Facts<'a>, release: &str) -> Option<&'a Value> {
    facts.config.contract.get(raw(facts, release), facts.cr)
}

/// The concept of a release's raw overrides.
fn raw(facts: &Facts<'_>, release: &str) -> Concept {
    match release == facts.config.contract.releases.platform {
        true => Concept::RawOverridesPlatform,
        false => Concept::RawOverridesDependencies,
    }
}

/// Where in the custom resource a value of the chart is set, and the value: the operator passes fields on under their own
/// names, so it is the field called like the beginning of the path. The longest match counts, and two of the same length
/// are none.
fn field<'a>(facts: &Facts<'a>, path: &Pointer) -> Option<(Pointer, Option<&'a Value>)> {
    let tokens = path.tokens();
    let mut best: Option<(usize, Pointer)> = None;
    let mut tied = false;
    for &concept in Concept::ALL {
        let Some(pointer) = facts.config.contract.pointer(concept) else { continue };
        if pointer.get(facts.cr).is_none() {
            continue;
        }
        let own = pointer.tokens();
        let ends = |it: &usize| own.ends_with(&tokens[..*it]);
        let Some(length) = (1..=tokens.len().min(own.len())).rev().find(ends) else { continue };
        match &best {
            Some((known, _)) if *known > length => {}
            Some((known, _)) if *known == length => tied = true,
            _ => {
                tied = false;
                best = Some((length, pointer.clone()));
            }
        }
    }
    let (length, pointer) = best.filter(|_| !tied)?;
    let pointer = tokens[length..].iter().fold(pointer, |it, token| it.child(token));
    let value = pointer.get(facts.cr);
    Some((pointer, value))
}

/// The value at a place of the chart's values, where it is written in the custom resource.
fn written<'a>(facts: &Facts<'a>, release: &str, path: &Pointer) -> Option<&'a Value> {
    if let Some(value) = overrides(facts, release).and_then(|it| path.get(it)) {
        return Some(value);
    }
    field(facts, path)?.1
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn complaints_of_both_helms_are_read() {
        let check = |words: &str, expect: &[(&str, &str)]| {
            let read = complaints(words);
            let read: Vec<_> = read.iter().map(|it| (it.path.to_string(), it.words.as_str())).collect();
            let read: Vec<_> = read.iter().map(|(path, words)| (path.as_str(), *words)).collect();
            assert_eq!(read, expect);
        };
        check(
            "values don't meet the specifications of the schema(s) in the following chart(s):\nplatform:\n\
             - at '/ingress': additional properties 'className' not allowed\n- at '/components': got string, want object",
            &[
                ("/ingress/className", "additional properties 'className' not allowed"),
                ("/components", "got string, want object"),
            ],
        );
        check(
            "platform:\n- (root): Additional property x is not allowed\n- a.b: Invalid type. Expected: integer",
            &[("/x", "Additional property x is not allowed"), ("/a/b", "Invalid type. Expected: integer")],
        );
    }
}
