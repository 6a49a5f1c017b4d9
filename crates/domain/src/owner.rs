//! Who else writes the custom resource, and may revert what is written here.

use serde_json::Value;

use crate::pointer::Pointer;

/// The field manager under which this client writes.
pub const MANAGER: &str = "rootcause-admin";

/// A tool that owns the resource, or fields of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Tool {
    ArgoCd,
    Flux,
    Helm,
    /// A field manager that is none of these.
    Other(String),
}

/// Somebody else who writes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Owner {
    pub tool: Tool,
    /// The application, Kustomization or release, where the resource names it.
    pub object: Option<String>,
    /// What says so: "label argocd.argoproj.io/instance", "managedFields: argocd-controller writes spec.version".
    pub evidence: String,
    /// The warning: who owns it and what may come of a write here.
    pub sentence: String,
}

/// Who else writes this resource, or the fields at `touches` of it; the strongest evidence per tool.
pub fn owners(cr: &Value, touches: &[Pointer]) -> Vec<Owner> {
    let _ = (cr, touches);
    todo!()
}
