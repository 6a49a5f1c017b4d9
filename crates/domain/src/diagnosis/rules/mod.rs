//! The rules, one a file: each says what it looks for, on what its verdict rests and what mends it.
//!
//! The order matters between two symptoms of one object: the first is kept, so the particular stand before the general.

mod budget;
mod certificate;
mod claim;
mod config;
mod crash;
mod finalizer;
mod helm;
mod image;
mod immutable;
mod memory;
mod models;
mod node;
mod old_pods;
mod operator;
pub(super) mod operator_version;
mod phase;
mod quota;
mod readiness;
mod registry;
mod release;
mod scheduling;
mod secret;
mod stuck;
mod values;

use super::Rule;

pub(super) const ALL: &[Rule] = &[
    operator::RULE,
    operator_version::RULE,
    secret::RULE,
    values::RULE,
    immutable::RULE,
    release::RULE,
    helm::RULE,
    image::RULE,
    config::RULE,
    memory::RULE,
    crash::RULE,
    claim::RULE,
    quota::RULE,
    scheduling::RULE,
    node::RULE,
    readiness::RULE,
    old_pods::RULE,
    stuck::RULE,
    finalizer::RULE,
    budget::RULE,
    certificate::RULE,
    registry::RULE,
    models::RULE,
    phase::RULE,
];

/// The containers of a pod that wait, with the index of the list they stand in: for the words of evidence.
fn state_of(container: &str, state: &str) -> String {
    format!("status.containerStatuses[{container}].{state}")
}
