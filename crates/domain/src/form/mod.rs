//! The configuration as a form: which fields there are and where they stand, and what an edit of them comes to.
//!
//! The form is drawn from the cluster's schema and has no state but a draft: the custom resource's JSON with the
//! user's edits in it. What the form does not show stays in the draft as it was.

mod edit;
mod field;
mod layout;
mod origin;
mod union;
mod write;

pub use edit::{Edit, apply, edits, json_patch, merge_patch, remove, set};
pub use field::{Field, Found, choice_key, is_secret, parse, search, shown};
pub use layout::{Group, Section, sections};
pub use origin::{Origin, origin};
pub use union::{Form, Kept, Union, unions};
pub use write::{Applying, ImportError, applied, configure, create, effects, holds, import, manifest};

use serde_json::Value;

/// What of a custom resource is configuration: all but its metadata, its status and its type.
pub fn configuration(object: &Value) -> Value {
    let mut object = object.clone();
    if let Some(fields) = object.as_object_mut() {
        for own in ["apiVersion", "kind", "metadata", "status"] {
            fields.remove(own);
        }
    }
    object
}
