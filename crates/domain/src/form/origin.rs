//! Where a field's value comes from.

use serde_json::Value;

use crate::owner;
use crate::pointer::Pointer;
use crate::request::{Writer, who_changed};

/// Where a field's value comes from.
#[derive(Debug, Clone, PartialEq)]
pub enum Origin {
    /// Nothing stands there, and nothing is filled in.
    Unset,
    /// The schema's default, kept or filled in by the API server.
    Default,
    /// A preset, in this draft.
    Preset(String),
    /// Typed in this draft.
    Draft,
    /// The resource has it, by this field manager's doing where the API server knows.
    Resource(Option<Writer>),
}

/// Where the value at `pointer` of `draft` comes from, by the resource that the draft began with and the presets that
/// set something in it.
pub fn origin(
    pointer: &Pointer,
    draft: &Value,
    resource: &Value,
    default: Option<&Value>,
    presets: &[(Pointer, String)],
) -> Origin {
    let value = pointer.get(draft);
    if value != pointer.get(resource) {
        let preset = presets.iter().rev().find(|(set, _)| set == pointer);
        return preset.map_or(Origin::Draft, |(_, name)| Origin::Preset(name.clone()));
    }
    let writer = who_changed(resource, pointer);
    match value {
        None if default.is_some() => Origin::Default,
        None => Origin::Unset,
        // The API server writes the defaults it fills in, and no manager owns them.
        Some(value) if writer.is_none() && default == Some(value) => Origin::Default,
        Some(_) => Origin::Resource(writer),
    }
}

impl Origin {
    /// In a few words, without the time.
    pub fn words(&self) -> String {
        match self {
            Self::Unset => "Not set".to_owned(),
            Self::Default => "Default".to_owned(),
            Self::Preset(name) => format!("Preset {name}, not applied yet"),
            Self::Draft => "Changed here, not applied yet".to_owned(),
            Self::Resource(None) => "Set in the resource".to_owned(),
            Self::Resource(Some(writer)) if writer.manager == owner::MANAGER => {
                "Set with this app".to_owned()
            }
            Self::Resource(Some(writer)) => format!("Set by {}", writer.manager),
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_value_is_traced_to_where_it_came_from() {
        let resource = json!({
            "metadata": {"managedFields": [
                {"manager": "kubectl-edit", "time": "2026-03-01T12:00:00Z", "fieldsV1": {"f:spec": {"f:host": {}}}},
            ]},
            "spec": {"host": "a", "secret": "regcred", "size": 1},
        });
        let draft = json!({"spec": {"host": "a", "secret": "regcred", "size": 2, "count": 3}});
        let presets = [(Pointer::of(["spec", "count"]), "Small".to_owned())];
        let check = |field: &str, default: Option<Value>, expect: &str| {
            let pointer = Pointer::of(["spec", field]);
            assert_eq!(origin(&pointer, &draft, &resource, default.as_ref(), &presets).words(), expect);
        };
        check("host", None, "Set by kubectl-edit");
        check("secret", Some(json!("regcred")), "Default");
        check("secret", None, "Set in the resource");
        check("size", None, "Changed here, not applied yet");
        check("count", None, "Preset Small, not applied yet");
        check("absent", Some(json!(1)), "Default");
        check("absent", None, "Not set");
    }
}
